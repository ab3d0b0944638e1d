//! A dialogue as a capture, so that it is judged as if it had passed a tap.

use super::dialogue::Dialogue;
use crate::time::Timestamp;
use std::net::{IpAddr, SocketAddr};

/// Frames that begin with the IP header (`LINKTYPE_RAW`).
const RAW: u32 = 101;

/// The port at which the tap listens: where a resolver was asked at another one, it is as if it
/// were this.
const PORT: u16 = 53;

/// UDP in the header of IP.
const UDP: u8 = 17;

/// A capture of the queries and answers, in the order of time: libpcap's format with nanoseconds.
/// Answers over TCP stand there as datagrams; the very largest fit into none and are left out.
pub fn capture(dialogues: &[Dialogue]) -> Vec<u8> {
    let mut frames: Vec<(Timestamp, Vec<u8>)> = Vec::new();
    for dialogue in dialogues {
        let client = dialogue.client;
        let resolver = SocketAddr::new(dialogue.resolver.ip(), PORT);
        frames.extend(Some(dialogue.asked).zip(datagram(client, resolver, &dialogue.query)));
        let answer = dialogue.answer.as_ref();
        let answer = answer.and_then(|answer| datagram(resolver, client, answer));
        frames.extend(Some(dialogue.answered).zip(answer));
    }
    frames.sort_by_key(|(time, _)| *time);
    let mut octets = Vec::new();
    for word in [0xa1b2_3c4d, 0x0004_0002, 0, 0, 0x0004_0000, RAW] {
        octets.extend(u32::to_le_bytes(word));
    }
    for (time, frame) in frames {
        let nanos = time.as_nanos().rem_euclid(1_000_000_000);
        let length = u32::try_from(frame.len()).unwrap_or_default();
        let seconds = u32::try_from(time.seconds()).unwrap_or_default();
        let nanos = u32::try_from(nanos).unwrap_or_default();
        for word in [seconds, nanos, length, length] {
            octets.extend(word.to_le_bytes());
        }
        octets.extend(frame);
    }
    octets
}

/// A datagram in its IP packet; nothing if it is too large for one.
fn datagram(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(payload.len() + 8).ok()?;
    let mut octets = match (from.ip(), to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let total = length.checked_add(20)?;
            let mut header = vec![0x45, 0];
            header.extend(total.to_be_bytes());
            header.extend([0, 0, 0x40, 0, 64, UDP, 0, 0]);
            header.extend(source.octets());
            header.extend(destination.octets());
            let sum = checksum(&header);
            header.splice(10..12, sum.to_be_bytes());
            header
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut header = vec![0x60, 0, 0, 0];
            header.extend(length.to_be_bytes());
            header.extend([UDP, 64]);
            header.extend(source.octets());
            header.extend(destination.octets());
            header
        }
        _ => return None,
    };
    // A checksum of zero says that there is none (RFC 768, RFC 6936 section 4).
    for word in [from.port(), to.port(), length, 0] {
        octets.extend(word.to_be_bytes());
    }
    octets.extend(payload);
    Some(octets)
}

/// The checksum of an IPv4 header (RFC 1071).
fn checksum(header: &[u8]) -> u16 {
    let words = header.chunks_exact(2).filter_map(<[u8]>::first_chunk::<2>);
    let mut sum: u32 = words.map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_sums_up_to_nothing() {
        let [from, to] = ["192.0.2.1:4000", "192.0.2.2:53"].map(|text| text.parse().unwrap());
        let packet = datagram(from, to, b"query").unwrap();
        assert_eq!(checksum(&packet[..20]), 0);
        assert_eq!(packet.len(), 33);
        let [from, to] =
            ["[2001:db8::1]:4000", "[2001:db8::2]:53"].map(|text| text.parse().unwrap());
        assert_eq!(datagram(from, to, b"query").unwrap().len(), 53);
        assert_eq!(datagram(from, to, &vec![0; 65_530]), None);
    }
}
