//! Identifiers that the same traffic gets every time: events, flows, community ids.

use crate::packet::{Flow, Transport};
use crate::signature::{sha1, sha256};
use data_encoding::{BASE64, HEXLOWER};
use std::net::{IpAddr, SocketAddr};

/// The `event_id`: 96 bits in hexadecimal, from parts that do not run into each other.
pub(super) fn event_id(parts: &[&[u8]]) -> String {
    let mut octets = Vec::new();
    for part in parts {
        octets.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        octets.extend_from_slice(part);
    }
    let digest = sha256(&octets);
    HEXLOWER.encode(digest.first_chunk::<12>().unwrap_or(&[0; 12]))
}

/// Whether a text is an identifier of that form, or that of nothing told yet: empty.
pub(super) fn is_event_id(text: &str) -> bool {
    let is_digit = |octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
    matches!(text.len(), 0 | 24) && text.bytes().all(is_digit)
}

/// A digest in hexadecimal.
pub(super) fn hex(digest: [u8; 32]) -> String {
    HEXLOWER.encode(&digest)
}

/// Base64 with padding.
pub(super) fn base64(octets: &[u8]) -> String {
    BASE64.encode(octets)
}

/// The community id, version 1, seed 0: the same for both directions of a flow.
pub(super) fn community_id(flow: &Flow) -> String {
    let octets = [&[0, 0][..], &ordered_tuple(flow)].concat();
    format!("1:{}", BASE64.encode(&sha1(&octets)))
}

/// Suricata's `flow_id`: a number under 2^53, the same for both directions of a flow.
pub(super) fn flow_id(flow: &Flow) -> u64 {
    let digest = sha256(&ordered_tuple(flow));
    let first = digest.first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(first) >> 11
}

/// Addresses, protocol, a zero and ports, the smaller endpoint first (community id, version 1).
fn ordered_tuple(flow: &Flow) -> Vec<u8> {
    let (low, high) = (endpoint(flow.source), endpoint(flow.destination));
    let (low, high) = if low <= high {
        (low, high)
    } else {
        (high, low)
    };
    let protocol = match flow.transport {
        Transport::Udp => 17,
        Transport::Tcp => 6,
    };
    let ports = [low.1.to_be_bytes(), high.1.to_be_bytes()].concat();
    [low.0, high.0, vec![protocol, 0], ports].concat()
}

fn endpoint(socket: SocketAddr) -> (Vec<u8>, u16) {
    let address = match socket.ip() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    (address, socket.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(source: &str, destination: &str, transport: Transport) -> Flow {
        Flow {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            transport,
        }
    }

    #[test]
    fn community_ids_match_the_published_vectors() {
        // The baseline of corelight/community-id-spec.
        let table = [
            (
                "192.168.1.52:54585",
                "8.8.8.8:53",
                Transport::Udp,
                "1:d/FP5EW3wiY1vCndhwleRRKHowQ=",
            ),
            (
                "128.232.110.120:34855",
                "66.35.250.204:80",
                Transport::Tcp,
                "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            ),
        ];
        for (source, destination, transport, expected) in table {
            assert_eq!(
                community_id(&flow(source, destination, transport)),
                expected
            );
            assert_eq!(
                community_id(&flow(destination, source, transport)),
                expected
            );
        }
    }

    #[test]
    fn flow_ids_fit_in_a_double_and_ignore_direction() {
        let there = flow("[2001:db8::1]:53", "[2001:db8::2]:4000", Transport::Udp);
        let back = flow("[2001:db8::2]:4000", "[2001:db8::1]:53", Transport::Udp);
        assert_eq!(flow_id(&there), flow_id(&back));
        assert!(flow_id(&there) < 1 << 53);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(event_id(&[b"ab", b"c"]), event_id(&[b"a", b"bc"]));
        assert_eq!(event_id(&[b"ab"]).len(), 24);
    }
}
