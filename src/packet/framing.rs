//! The little that must be known of DNS messages to find them in a stream.

/// Octets of a DNS header (RFC 1035 §4.1.1).
pub(super) const HEADER: usize = 12;
/// Octets of the length before each message (RFC 1035 §4.2.2).
pub(super) const PREFIX: usize = 2;
/// The query types IXFR (RFC 1995) and AXFR (RFC 5936).
const TRANSFERS: [u16; 2] = [251, 252];
/// The classes that are met in questions: IN, CH, HS, NONE, ANY.
const CLASSES: [u16; 5] = [1, 3, 4, 254, 255];

/// Who speaks in a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Speaker {
    /// It sends queries.
    Client,
    /// It sends responses.
    Server,
    /// Both ports are DNS ports.
    Either,
}

/// Whether a message with its length before it may start here.
///
/// Strict, since a wrong yes yields garbage, and a wrong no only loses a message.
pub(super) fn looks_like_start(octets: &[u8], speaker: Speaker) -> bool {
    let Some((prefix, rest)) = octets.split_first_chunk::<PREFIX>() else {
        return false;
    };
    let Some((header, question)) = rest.split_first_chunk::<HEADER>() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes(*prefix));
    let [_, _, flags, codes, q1, q2, a1, a2, n1, n2, r1, r2] = *header;
    let is_response = flags & 0x80 != 0;
    let may_speak = match speaker {
        Speaker::Client => !is_response,
        Speaker::Server => is_response,
        Speaker::Either => true,
    };
    let opcode = (flags >> 3) & 0x0f;
    let [answers, others, more] = [[a1, a2], [n1, n2], [r1, r2]].map(u16::from_be_bytes);
    let error = codes & 0x0f;
    // A query has neither answers nor an error code; updates use the sections otherwise.
    let is_plain = is_response || opcode != 0 || (answers == 0 && error == 0);
    // A root name, a type and a class are 5 octets; a record has 11 at least.
    let records = [answers, others, more]
        .map(usize::from)
        .iter()
        .sum::<usize>();
    may_speak
        && is_plain
        && matches!(opcode, 0 | 4 | 5)
        && codes & 0x40 == 0
        && [q1, q2] == [0, 1]
        && length >= HEADER + 5 + 11 * records
        && starts_with_question(question.get(..length - HEADER).unwrap_or(question))
}

/// The identifier of a message that asks for, or answers with, a zone transfer.
pub(super) fn transfer_identifier(message: &[u8]) -> Option<u16> {
    let (header, question) = message.split_first_chunk::<HEADER>()?;
    let [i1, i2, _, _, 0, 1, ..] = *header else {
        return None;
    };
    let (kind, _) = question_type(question)?;
    TRANSFERS
        .contains(&kind)
        .then_some(u16::from_be_bytes([i1, i2]))
}

/// The identifier of a message.
pub(super) fn identifier(message: &[u8]) -> Option<u16> {
    message.first_chunk().copied().map(u16::from_be_bytes)
}

/// Whether a question may start here, as far as the octets go.
fn starts_with_question(octets: &[u8]) -> bool {
    let mut rest = octets;
    loop {
        match rest.split_first() {
            Some((0, _)) => {
                return question_type(octets).is_none_or(|(_, class)| CLASSES.contains(&class));
            }
            Some((label @ 1..=63, behind)) if octets.len() - behind.len() < 255 => {
                // Without its end, the name may go on in the next segment.
                let Some(behind) = behind.get(usize::from(*label)..) else {
                    return true;
                };
                rest = behind;
            }
            Some(_) => return false,
            None => return true,
        }
    }
}

/// Type and class of a question; nothing if it is not whole.
fn question_type(octets: &[u8]) -> Option<(u16, u16)> {
    let mut rest = octets;
    loop {
        let (label, behind) = rest.split_first()?;
        rest = behind.get(usize::from(*label)..)?;
        if *label > 63 {
            return None;
        }
        if *label == 0 {
            let [t1, t2, c1, c2] = *rest.first_chunk()?;
            return Some((u16::from_be_bytes([t1, t2]), u16::from_be_bytes([c1, c2])));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message for `a.example`, with its length before it.
    fn message(flags: [u8; 2], counts: [u8; 4], kind: u8, class: u8) -> Vec<u8> {
        let mut body = vec![0x12, 0x34, flags[0], flags[1]];
        body.extend(counts.map(|count| [0, count]).concat());
        body.extend(b"\x01a\x07example\x00\x00");
        body.extend([kind, 0, class]);
        body.extend(vec![0; 11 * usize::from(counts[1] + counts[2] + counts[3])]);
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&length[..], &body].concat()
    }

    #[test]
    fn a_message_start_is_told_from_other_octets() {
        use Speaker::{Client, Either, Server};
        let query = message([1, 0], [1, 0, 0, 1], 1, 1);
        let response = message([0x84, 0], [1, 1, 0, 1], 1, 1);
        let with = |mut octets: Vec<u8>, place: usize, value: u8| {
            octets[place] = value;
            octets
        };
        let table = [
            ("query", query.clone(), Client, true),
            ("query of a server", query.clone(), Server, false),
            ("response", response.clone(), Server, true),
            ("response of a client", response.clone(), Client, false),
            ("either", response.clone(), Either, true),
            ("only a part", response[..18].to_vec(), Server, true),
            ("too little", response[..13].to_vec(), Server, false),
            (
                "length too small",
                with(response.clone(), 1, 30),
                Server,
                false,
            ),
            ("opcode", with(query.clone(), 4, 0x18), Client, false),
            ("reserved bit", with(query.clone(), 5, 0x40), Client, false),
            (
                "query with an error",
                with(query.clone(), 5, 3),
                Client,
                false,
            ),
            (
                "query with an answer",
                message([1, 0], [1, 1, 0, 0], 1, 1),
                Client,
                false,
            ),
            ("no question", with(query.clone(), 7, 0), Client, false),
            ("long label", with(query, 14, 64), Client, false),
            ("class", message([1, 0], [1, 0, 0, 0], 1, 9), Client, false),
            (
                "text",
                b"\x00\x2cSSH-2.0-OpenSSH_9.2 Debian and more".to_vec(),
                Client,
                false,
            ),
            ("zeros", vec![0; 60], Client, false),
        ];
        for (what, octets, speaker, expected) in table {
            assert_eq!(looks_like_start(&octets, speaker), expected, "{what}");
        }
    }

    #[test]
    fn zone_transfers_are_told_by_their_question() {
        let table = [(252, Some(0x1234)), (251, Some(0x1234)), (6, None)];
        for (kind, expected) in table {
            let octets = message([0x84, 0], [1, 1, 0, 0], kind, 1);
            assert_eq!(transfer_identifier(&octets[PREFIX..]), expected, "{kind}");
        }
        assert_eq!(transfer_identifier(&[0; 12]), None);
    }
}
