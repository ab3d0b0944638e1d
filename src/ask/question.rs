//! What is asked, and in which octets.

use crate::message::{Name, Rtype};

/// Octets that a UDP response may have: what passes everywhere without fragments.
const UDP_OCTETS: u16 = 1232;

/// What is asked of a zone: all links from the root down to it, then its data. The address at the
/// apex is there, or its denial is.
pub(super) fn questions(zone: &Name) -> Vec<(Name, Rtype)> {
    let mut zones: Vec<Name> = zone.ancestry().collect();
    zones.reverse();
    let links = zones.into_iter().flat_map(|link| {
        let ds = (!link.is_root()).then(|| (link.clone(), Rtype::DS));
        ds.into_iter().chain([(link, Rtype::DNSKEY)])
    });
    let apex = [Rtype::SOA, Rtype::A].map(|rtype| (zone.clone(), rtype));
    links.chain(apex).collect()
}

/// A query: RD and DO set, CD and AD not, so that the resolver validates and says so (RFC 1035
/// §4.1, RFC 6891 §6.1, RFC 3225 §3).
pub(super) fn query(id: u16, name: &Name, rtype: Rtype) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    let mut octets = vec![high, low, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    octets.extend(question(name, rtype));
    // The root, OPT, the size, extended RCODE and version 0, DO, no options.
    octets.extend([0, 0, 41]);
    octets.extend(UDP_OCTETS.to_be_bytes());
    octets.extend([0, 0, 0x80, 0, 0, 0]);
    octets
}

fn question(name: &Name, rtype: Rtype) -> Vec<u8> {
    let mut octets = name.wire().to_vec();
    octets.extend(rtype.number().to_be_bytes());
    octets.extend([0, 1]);
    octets
}

/// What is said of the octets that came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Match {
    /// They answer the query.
    Whole,
    /// They do, and not all came along: TC is set.
    Truncated,
    /// They are no answer to it.
    Other,
}

/// Whether octets answer a query: its ID, QR, one question, and that the same, in any case.
pub(super) fn matches(response: &[u8], id: u16, name: &Name, rtype: Rtype) -> Match {
    let head = response.first_chunk::<12>();
    let asked = question(name, rtype);
    let echo = response.get(12..12 + asked.len());
    match (head, echo) {
        (Some([high, low, flags, _, 0, 1, ..]), Some(echo))
            if u16::from_be_bytes([*high, *low]) == id
                && flags & 0x80 != 0
                && echo.eq_ignore_ascii_case(&asked) =>
        {
            if flags & 0x02 == 0 {
                Match::Whole
            } else {
                Match::Truncated
            }
        }
        _ => Match::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_asked_for_from_the_root_down() {
        let name = Name::parse("a.test").unwrap();
        let asked: Vec<String> = questions(&name)
            .iter()
            .map(|(name, rtype)| format!("{name} {rtype}"))
            .collect();
        let expected = [
            ". DNSKEY",
            "test. DS",
            "test. DNSKEY",
            "a.test. DS",
            "a.test. DNSKEY",
            "a.test. SOA",
            "a.test. A",
        ];
        assert_eq!(asked, expected);
    }

    #[test]
    fn only_the_answer_to_the_query_is_taken_for_one() {
        let name = Name::parse("a.test").unwrap();
        let mut whole = query(7, &name, Rtype::SOA);
        whole[2] |= 0x80;
        let change = |at: usize, octet: u8| {
            let mut other = whole.clone();
            other[at] = octet;
            other
        };
        let table = [
            ("as it should be", whole.clone(), Match::Whole),
            ("TC", change(2, 0x83), Match::Truncated),
            (
                "the query itself",
                query(7, &name, Rtype::SOA),
                Match::Other,
            ),
            ("another ID", change(1, 8), Match::Other),
            ("another case", change(13, b'A'), Match::Whole),
            ("another name", change(13, b'b'), Match::Other),
            ("no question", change(5, 0), Match::Other),
            ("cut", whole[..11].to_vec(), Match::Other),
        ];
        for (what, octets, expected) in table {
            assert_eq!(matches(&octets, 7, &name, Rtype::SOA), expected, "{what}");
        }
    }
}
