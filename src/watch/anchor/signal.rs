//! What resolvers say of the trust anchors that they have (RFC 8145).

use crate::message::{Name, Outline, Rtype};

/// How the first label of a key tag query begins (RFC 8145 §5.1).
const PREFIX: &[u8] = b"_ta-";

/// Digits of a key tag in such a label.
const DIGITS: usize = 4;

/// Key tags of one signal that are looked at; a label has room for a dozen.
const MAX_TAGS: usize = 16;

/// The zone that a query speaks of and the key tags of its sender's anchors, sorted: in a key tag
/// query, or as an option in a query for the keys. Nothing for all other queries, at the cost of a
/// look at their first label.
pub(super) fn signal(query: &Outline) -> Option<(Name, Vec<u16>)> {
    let question = query.question.as_ref()?;
    let (zone, mut tags) = if question.rtype == Rtype::DNSKEY {
        let edns = query.edns.as_ref()?;
        (question.name.clone(), edns.key_tags.clone())
    } else {
        // The type is NULL, but resolvers that minimise names begin with another, and end there
        // when they hear that there is no such name.
        let label = question.name.labels().next()?;
        let tags = named(label)?;
        (question.name.parent()?, tags)
    };
    if query.header.opcode() != 0 || !query.is_class_in() {
        return None;
    }
    tags.truncate(MAX_TAGS);
    tags.sort_unstable();
    tags.dedup();
    (!tags.is_empty()).then_some((zone, tags))
}

/// The tags that a label names; nothing for any other label.
fn named(label: &[u8]) -> Option<Vec<u16>> {
    let rest = label.strip_prefix(PREFIX)?;
    rest.split(|octet| *octet == b'-').map(tag).collect()
}

fn tag(digits: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(digits).ok()?;
    let is_whole = text.len() == DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_whole.then(|| u16::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::outline;

    /// A query without, or with an OPT with these octets of options.
    fn query(name: &str, rtype: u16, options: Option<&[u8]>) -> Outline {
        let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(options.is_some())];
        octets.extend(Name::parse(name).unwrap().wire());
        octets.extend(rtype.to_be_bytes());
        octets.extend([0, 1]);
        if let Some(options) = options {
            octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0");
            octets.extend(u16::try_from(options.len()).unwrap().to_be_bytes());
            octets.extend(options);
        }
        outline(&octets).unwrap()
    }

    #[test]
    fn key_tag_queries_name_zone_and_tags() {
        type Row = (&'static str, u16, Option<(&'static str, &'static [u16])>);
        let table: [Row; 10] = [
            ("_ta-4f66.", 10, Some((".", &[20326]))),
            ("_ta-4f66-9728.", 10, Some((".", &[20326, 38696]))),
            (
                "_TA-9728-4F66.isle.test.",
                10,
                Some(("isle.test.", &[20326, 38696])),
            ),
            ("_ta-4f66.", 1, Some((".", &[20326]))),
            ("_ta-4f66.", 48, None),
            ("_ta-4f6.", 10, None),
            ("_ta-4f66-.", 10, None),
            ("_ta-+f66.", 10, None),
            ("_ta.", 10, None),
            (".", 10, None),
        ];
        for (name, rtype, expected) in table {
            let expected = expected.map(|(zone, tags)| (Name::parse(zone).unwrap(), tags.to_vec()));
            assert_eq!(
                signal(&query(name, rtype, None)),
                expected,
                "{name} {rtype}"
            );
        }
    }

    #[test]
    fn options_count_in_queries_for_keys_only() {
        let option = [0, 14, 0, 4, 0x97, 0x28, 0x4f, 0x66];
        let said = signal(&query(".", 48, Some(&option)));
        assert_eq!(said, Some((Name::root(), vec![20326, 38696])));
        assert_eq!(signal(&query(".", 2, Some(&option))), None);
        assert_eq!(signal(&query(".", 48, Some(&[]))), None);
        assert_eq!(signal(&query(".", 48, None)), None);
        let many: Vec<u8> = [&[0, 14, 2, 0][..], &[7; 512]].concat();
        let said = signal(&query(".", 48, Some(&many)));
        assert_eq!(said, Some((Name::root(), vec![0x0707])));
    }
}
