//! One frame, layer by layer.

use super::{Piece, Ports, Skip, link, network};
use crate::capture::Frame;

/// Takes the headers off a frame down to a piece of DNS traffic.
///
/// A pure function of the frame: what needs other frames is left to
/// [`Reassembly`](super::Reassembly).
pub fn take_apart<'a>(frame: &Frame<'a>, ports: &Ports) -> Result<Piece<'a>, Skip> {
    let packet = link::packet(frame)?;
    network::piece(&packet, ports)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{FrameNumber, LinkType};
    use crate::packet::{Datagram, Transport};
    use crate::time::Timestamp;
    use proptest::prelude::*;

    /// What it is, the types, the packet behind them, the VLAN identifiers.
    type Tagged<'a> = (&'a str, &'a [u8], &'a [u8], &'a [u16]);

    const MESSAGE: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01";

    fn frame(link: LinkType, octets: &[u8]) -> Frame<'_> {
        let original_octets = u32::try_from(octets.len()).unwrap();
        let number = FrameNumber::new(1);
        Frame {
            number,
            time: Timestamp::default(),
            link,
            original_octets,
            octets,
        }
    }

    fn udp(source: u16, destination: u16, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(8 + body.len()).unwrap();
        let mut out = Vec::new();
        for word in [source, destination, length, 0] {
            out.extend(word.to_be_bytes());
        }
        out.extend(body);
        out
    }

    fn ipv4(protocol: u8, offset_field: u16, body: &[u8]) -> Vec<u8> {
        let total = u16::try_from(20 + body.len()).unwrap().to_be_bytes();
        let [o1, o2] = offset_field.to_be_bytes();
        let mut out = vec![
            0x45, 0, total[0], total[1], 0, 7, o1, o2, 64, protocol, 0, 0,
        ];
        out.extend([192, 0, 2, 1, 192, 0, 2, 53]);
        out.extend(body);
        out
    }

    fn ipv6(next: u8, body: &[u8]) -> Vec<u8> {
        let [l1, l2] = u16::try_from(body.len()).unwrap().to_be_bytes();
        let mut out = vec![0x60, 0, 0, 0, l1, l2, next, 64];
        out.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        out.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 53]);
        out.extend(body);
        out
    }

    fn ethernet(types: &[u8], body: &[u8]) -> Vec<u8> {
        [&[0; 12], types, body].concat()
    }

    fn datagram(link: LinkType, octets: &[u8]) -> (Vec<u8>, bool, Vec<u16>) {
        match take_apart(&frame(link, octets), &Ports::default()) {
            Ok(Piece::Datagram(Datagram {
                octets,
                is_incomplete,
                vlan,
                flow,
            })) => {
                assert_eq!(flow.transport, Transport::Udp);
                (octets.to_vec(), is_incomplete, vlan.as_slice().to_vec())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_link_type_leads_to_the_datagram() {
        let four = ipv4(17, 0, &udp(4000, 53, MESSAGE));
        let six = ipv6(17, &udp(4000, 53, MESSAGE));
        let behind = |head: &[u8], packet: &[u8]| [head, packet].concat();
        let cooked = [0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0];
        let cooked_2 = [
            0x86, 0xdd, 0, 0, 0, 0, 0, 9, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0,
        ];
        let table = [
            ("cooked", LinkType::LINUX_SLL, behind(&cooked, &four)),
            ("cooked 2", LinkType::LINUX_SLL2, behind(&cooked_2, &six)),
            ("raw, IPv4", LinkType::RAW, four.clone()),
            ("raw, IPv6", LinkType(12), six.clone()),
            ("raw, OpenBSD", LinkType(14), six.clone()),
            ("IPv4", LinkType::IPV4, four.clone()),
            ("IPv6", LinkType::IPV6, six.clone()),
            ("null", LinkType::NULL, behind(&[2, 0, 0, 0], &four)),
            (
                "null, swapped",
                LinkType::NULL,
                behind(&[0, 0, 0, 30], &six),
            ),
            (
                "null, FreeBSD",
                LinkType::NULL,
                behind(&[28, 0, 0, 0], &six),
            ),
            ("loop", LinkType::LOOP, behind(&[0, 0, 0, 24], &six)),
        ];
        for (what, link, octets) in table {
            let expected = (MESSAGE.to_vec(), false, vec![]);
            assert_eq!(datagram(link, &octets), expected, "{what}");
        }
    }

    #[test]
    fn tags_and_sessions_before_ip_are_passed() {
        let four = ipv4(17, 0, &udp(4000, 53, MESSAGE));
        let six = ipv6(17, &udp(4000, 53, MESSAGE));
        let table: [Tagged<'_>; 7] = [
            ("IPv4", &[8, 0], &four, &[]),
            ("IPv6", &[0x86, 0xdd], &six, &[]),
            ("SNAP", &[0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &four, &[]),
            ("VLAN", &[0x81, 0, 0x20, 9, 8, 0], &four, &[9]),
            (
                "QinQ",
                &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 8, 0],
                &four,
                &[7, 9],
            ),
            ("priority", &[0x81, 0, 0xe0, 0, 0x86, 0xdd], &six, &[]),
            (
                "PPPoE",
                &[0x88, 0x64, 0x11, 0, 0, 1, 0, 47, 0, 0x21],
                &four,
                &[],
            ),
        ];
        for (what, types, packet, vlan) in table {
            let expected = (MESSAGE.to_vec(), false, vlan.to_vec());
            let octets = ethernet(types, packet);
            assert_eq!(datagram(LinkType::ETHERNET, &octets), expected, "{what}");
        }
    }

    #[test]
    fn padding_behind_the_datagram_does_not_leak_in() {
        let inner = [&udp(53, 4000, MESSAGE)[..], b"inside IP"].concat();
        let padded = [&ipv4(17, 0, &inner)[..], b"behind IP"].concat();
        assert_eq!(
            datagram(LinkType::RAW, &padded),
            (MESSAGE.to_vec(), false, vec![])
        );
    }

    #[test]
    fn a_cut_that_takes_octets_of_the_message_makes_it_incomplete() {
        let whole = ipv4(17, 0, &udp(53, 4000, MESSAGE));
        let cut = &whole[..whole.len() - 3];
        assert!(datagram(LinkType::RAW, cut).1, "octets are missing");
        let mut beyond = whole.clone();
        beyond[25] += 1;
        assert!(
            datagram(LinkType::RAW, &beyond).1,
            "UDP length beyond the packet"
        );
        let trailer = [&whole[..], b"trailer"].concat();
        let mut snapped = frame(LinkType::RAW, &trailer);
        snapped.original_octets += 100;
        let piece = take_apart(&snapped, &Ports::default());
        assert!(matches!(
            piece,
            Ok(Piece::Datagram(Datagram {
                is_incomplete: false,
                ..
            }))
        ));
    }

    #[test]
    fn a_client_may_have_drawn_the_port_of_a_tunnel() {
        for port in [4789, 8472, 6081] {
            let packet = ipv4(17, 0, &udp(53, port, MESSAGE));
            assert_eq!(datagram(LinkType::RAW, &packet).0, MESSAGE, "{port}");
        }
    }

    #[test]
    fn a_total_length_of_zero_means_the_rest_of_the_frame() {
        let mut packet = ipv4(17, 0, &udp(53, 4000, MESSAGE));
        packet[2..4].fill(0);
        assert_eq!(
            datagram(LinkType::RAW, &packet),
            (MESSAGE.to_vec(), false, vec![])
        );
    }

    #[test]
    fn extension_headers_are_passed() {
        let body = udp(53, 4000, MESSAGE);
        let options = |next| vec![next, 0, 1, 4, 0, 0, 0, 0];
        let authentication = |next| {
            vec![
                next, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
            ]
        };
        let atomic = vec![17, 0, 0, 0, 0, 0, 0, 9];
        let table = [
            ("hop by hop", 0, options(17)),
            (
                "hop by hop, routing, destination",
                0,
                [options(43), options(60), options(17)].concat(),
            ),
            ("authentication", 51, authentication(17)),
            ("atomic fragment", 44, atomic),
        ];
        for (what, next, headers) in table {
            let packet = ipv6(next, &[headers, body.clone()].concat());
            assert_eq!(datagram(LinkType::RAW, &packet).0, MESSAGE, "{what}");
        }
        let packet = ipv4(51, 0, &[authentication(17), body].concat());
        assert_eq!(
            datagram(LinkType::RAW, &packet).0,
            MESSAGE,
            "IPv4 authentication"
        );
    }

    #[test]
    fn a_fragment_is_not_looked_into() {
        // Behind a fragment header that is not the first lies no header, whatever it says.
        let packet = ipv6(44, &[60, 0, 0, 8, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]);
        let Ok(Piece::Fragment(six)) =
            take_apart(&frame(LinkType::RAW, &packet), &Ports::default())
        else {
            panic!("no fragment");
        };
        assert_eq!(
            (
                six.offset,
                six.is_last,
                six.identification,
                six.octets.len()
            ),
            (8, true, 9, 8)
        );
        let packet = ipv4(17, 0x2002, &[0; 16]);
        let Ok(Piece::Fragment(four)) =
            take_apart(&frame(LinkType::RAW, &packet), &Ports::default())
        else {
            panic!("no fragment");
        };
        assert_eq!(
            (four.offset, four.is_last, four.identification),
            (16, false, 7)
        );
    }

    #[test]
    fn what_is_not_dns_is_told_by_kind() {
        let raw = |octets: Vec<u8>| (LinkType::RAW, octets);
        let ether = |types: &[u8]| (LinkType::ETHERNET, ethernet(types, &[0; 40]));
        let tls = [
            0x9c, 0x40, 3, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0,
        ];
        let tags = [[0x81, 0, 0, 1]; 5].concat();
        let table = [
            ("ARP", ether(&[8, 6]), Skip::NotIp),
            ("spanning tree", ether(&[0, 38, 0x42, 0x42, 3]), Skip::NotIp),
            ("five tags", ether(&tags), Skip::TooDeep),
            ("ICMP", raw(ipv4(1, 0, &[8, 0, 0, 0])), Skip::OtherProtocol),
            ("no next header", raw(ipv6(59, &[])), Skip::OtherProtocol),
            (
                "NTP",
                raw(ipv4(17, 0, &udp(123, 123, MESSAGE))),
                Skip::OtherPort,
            ),
            ("DNS over TLS", raw(ipv4(6, 0, &tls)), Skip::EncryptedDns),
            (
                "DNS over QUIC",
                raw(ipv6(17, &udp(853, 4000, MESSAGE))),
                Skip::EncryptedDns,
            ),
            (
                "radiotap",
                (LinkType(127), vec![0; 90]),
                Skip::UnsupportedLink(127),
            ),
        ];
        for (what, (link, octets), expected) in table {
            assert_eq!(
                take_apart(&frame(link, &octets), &Ports::default()),
                Err(expected),
                "{what}"
            );
        }
    }

    #[test]
    fn what_contradicts_itself_is_told_by_layer() {
        let mut udp_length = ipv4(17, 0, &udp(53, 4000, MESSAGE));
        udp_length[25] = 7;
        let mut tcp = ipv4(6, 0, &udp(53, 4000, &[0; 12]));
        tcp[32] = 0x40;
        let table = [
            ("header length", vec![0x44; 40], Skip::MalformedIp),
            ("version", vec![0x10; 40], Skip::MalformedIp),
            ("odd fragment", ipv4(17, 0x2000, &[0; 9]), Skip::MalformedIp),
            (
                "fragment beyond 65535",
                ipv4(17, 0x1fff, &[0; 16]),
                Skip::MalformedIp,
            ),
            ("UDP length", udp_length, Skip::MalformedUdp),
            ("TCP header length", tcp, Skip::MalformedTcp),
        ];
        for (what, octets, expected) in table {
            let frame = frame(LinkType::RAW, &octets);
            assert_eq!(
                take_apart(&frame, &Ports::default()),
                Err(expected),
                "{what}"
            );
        }
        let short = frame(LinkType::ETHERNET, &[0; 13]);
        assert_eq!(
            take_apart(&short, &Ports::default()),
            Err(Skip::MalformedLink)
        );
    }

    #[test]
    fn a_cut_inside_a_header_is_no_malformed_packet() {
        let whole = ethernet(&[8, 0], &ipv4(17, 0, &udp(53, 4000, MESSAGE)));
        for length in 0..14 + 20 + 8 {
            let mut cut = frame(LinkType::ETHERNET, &whole[..length]);
            cut.original_octets = u32::try_from(whole.len()).unwrap();
            assert_eq!(
                take_apart(&cut, &Ports::default()),
                Err(Skip::Truncated),
                "{length}"
            );
        }
    }

    proptest! {
        #[test]
        fn taking_apart_never_panics(
            link in prop::sample::select(vec![0_u16, 1, 12, 14, 101, 108, 113, 228, 229, 276, 147]),
            lead in prop::sample::select(vec![
                vec![], vec![0x45, 0, 0, 40], vec![0x60, 0, 0, 0, 0, 40, 44], vec![2, 0, 0, 0, 0x45],
                vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 1, 8, 0, 0x45],
                vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 0],
                ipv4(47, 0, &[0x30, 0, 0x22, 0xeb]), ipv4(47, 0, &[0, 0, 0x88, 0x47]), ipv4(4, 0, &[0x45]),
                ipv4(17, 0, &udp(9, 6081, &[2, 0, 0x65, 0x58])), ipv4(17, 0, &udp(9, 4789, &[8])),
                ethernet(&[0x88, 0x47], &[0, 0, 1, 0]),
            ]),
            rest in prop::collection::vec(any::<u8>(), 0..120),
            missing in 0_u32..3,
        ) {
            let octets = [lead, rest].concat();
            let mut frame = frame(LinkType(link), &octets);
            frame.original_octets += missing;
            let _ = take_apart(&frame, &Ports::default());
        }
    }
}
