//! BPF in user space.

use super::{Error, Frame, LinkType};
use pcap::{BpfProgram, Capture, Linktype};

/// A filter expression, compiled once for each link type that comes by.
pub(super) struct Filter {
    expression: String,
    programs: Vec<(LinkType, BpfProgram)>,
}

impl Filter {
    /// A filter that is not compiled yet.
    pub(super) const fn new(expression: String) -> Self {
        Self {
            expression,
            programs: Vec::new(),
        }
    }

    /// Whether the filter lets a frame through.
    pub(super) fn accepts(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
        Ok(self.program(frame.link)?.filter(frame.octets))
    }

    /// The program for a link type; an error if libpcap cannot make one.
    pub(super) fn program(&mut self, link: LinkType) -> Result<&BpfProgram, Error> {
        let place = self.programs.iter().position(|(known, _)| *known == link);
        let place = if let Some(place) = place {
            place
        } else {
            self.programs.push((link, compile(&self.expression, link)?));
            self.programs.len() - 1
        };
        let program = self.programs.get(place).map(|(_, program)| program);
        program.ok_or_else(|| self.error(link, pcap::Error::InvalidLinktype))
    }

    fn error(&self, link: LinkType, source: pcap::Error) -> Error {
        Error::Filter {
            expression: self.expression.clone(),
            link,
            source,
        }
    }
}

/// Says what libpcap has against an expression, for Ethernet.
pub fn check(expression: &str) -> Result<(), Error> {
    compile(expression, LinkType::ETHERNET).map(|_| ())
}

/// Compiles an expression for a link type.
pub(super) fn compile(expression: &str, link: LinkType) -> Result<BpfProgram, Error> {
    let error = |source| Error::Filter {
        expression: expression.to_owned(),
        link,
        source,
    };
    // libpcap wants its own number here; on all systems but OpenBSD raw IP is 12.
    let dlt = if link == LinkType::RAW {
        12
    } else {
        i32::from(link.0)
    };
    let capture = Capture::dead(Linktype(dlt)).map_err(error)?;
    capture.compile(expression, true).map_err(error)
}

/// An expression that lets through whatever can hold DNS at these ports.
///
/// `port 53` alone misses fragments but the first, IPv6 packets with extension headers, and what
/// stands behind VLAN tags, MPLS labels, a `PPPoE` header or in a tunnel. A filter cannot look into
/// tunnels, so that all of them are let through. Of port 853 only the start of a flow is let
/// through, to be counted.
pub(super) fn everything_dns(ports: &[u16], link: LinkType) -> String {
    let list =
        |each: &dyn Fn(u16) -> String| ports.iter().map(|port| each(*port)).collect::<Vec<_>>();
    let plain = list(&|port| format!("port {port}")).join(" or ");
    let base = format!(
        "({plain} or ip[6:2] & 0x1fff != 0 or ip proto 51 \
         or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 51 or ip6[6] = 60 \
         or ip proto 4 or ip proto 41 or ip proto 47 or ip6[6] = 4 or ip6[6] = 41 or ip6[6] = 47 \
         or udp dst port 4789 or udp dst port 8472 or udp dst port 6081 \
         or (tcp port 853 and (tcp[13] & 2 != 0 or (ip6[6] = 6 and ip6[53] & 2 != 0))) \
         or (udp port 853 and (udp[8] & 128 != 0 or (ip6[6] = 17 and ip6[48] & 128 != 0))))"
    );
    let labelled = "ether proto 0x8847 or ether proto 0x8848";
    if matches!(link, LinkType::LINUX_SLL | LinkType::LINUX_SLL2) {
        return format!("{base} or {labelled} or ether proto 0x8864");
    }
    if link != LinkType::ETHERNET {
        return base;
    }
    // Places from the start of the frame: `pppoes` would change the meaning of all that follows.
    let at = |source: u8, destination: u8| {
        let port = |port| format!("ether[{source}:2] = {port} or ether[{destination}:2] = {port}");
        list(&port).join(" or ")
    };
    let four = format!(
        "ether[22] != 0x45 or ether[28:2] & 0x1fff != 0 or {}",
        at(42, 44)
    );
    let six = format!("(ether[28] != 6 and ether[28] != 17) or {}", at(62, 64));
    let session = format!(
        "(ether[12:2] = 0x8864 and ((ether[20:2] = 0x21 and ({four})) or (ether[20:2] = 0x57 and ({six}))))"
    );
    // Behind tags the places are others in the kernel, which takes the first tag off, and in a file.
    let tagged = format!("({base} or {labelled} or ether proto 0x8864)");
    format!("{base} or {labelled} or {session} or (vlan and ({tagged} or (vlan and {tagged})))")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Batch, Filled, Offline};
    use std::path::Path;

    fn passes(link: LinkType, octets: &[u8]) -> bool {
        compile(&everything_dns(&[53, 5353], link), link)
            .unwrap()
            .filter(octets)
    }

    fn four(protocol: u8, fragment: u8, port: u8) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 48, 0, 0, fragment, 0, 64, protocol, 0, 0];
        packet.extend([192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0, port]);
        packet.extend([0; 24]);
        packet
    }

    fn six(next: u8, port: u8) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 24, next, 64];
        packet.extend([0x20; 32]);
        packet.extend([0x9c, 0x40, 0, port]);
        packet.extend([0; 24]);
        packet
    }

    #[test]
    fn the_default_filter_compiles_for_all_link_types() {
        for link in [0, 1, 101, 108, 113, 228, 229, 276].map(LinkType) {
            compile(&everything_dns(&[53, 5353, 54], link), link).unwrap();
        }
    }

    #[test]
    fn the_default_filter_lets_through_what_may_be_dns() {
        let pppoe = |protocol| vec![0x88, 0x64, 0x11, 0, 0, 1, 0, 47, 0, protocol];
        let table = [
            ("UDP", vec![8, 0], four(17, 0, 53), true),
            ("TCP", vec![0x86, 0xdd], six(6, 53), true),
            ("NTP", vec![8, 0], four(17, 0, 123), false),
            ("a later fragment", vec![8, 0], four(17, 0x10, 123), true),
            ("an IPv6 fragment", vec![0x86, 0xdd], six(44, 123), true),
            ("IPv6 options", vec![0x86, 0xdd], six(0, 123), true),
            ("VLAN", vec![0x81, 0, 0, 7, 8, 0], four(17, 0, 53), true),
            (
                "VLAN, NTP",
                vec![0x81, 0, 0, 7, 8, 0],
                four(17, 0, 123),
                false,
            ),
            (
                "QinQ",
                vec![0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 0x86, 0xdd],
                six(17, 53),
                true,
            ),
            (
                "VLAN, fragment",
                vec![0x81, 0, 0, 7, 8, 0],
                four(17, 0x10, 123),
                true,
            ),
            ("PPPoE", pppoe(0x21), four(17, 0, 53), true),
            ("PPPoE, IPv6", pppoe(0x57), six(17, 53), true),
            ("PPPoE, NTP", pppoe(0x21), four(17, 0, 123), false),
            ("ARP", vec![8, 6], vec![0; 28], false),
        ];
        for (what, types, packet, expected) in table {
            let octets = [vec![0; 12], types, packet].concat();
            assert_eq!(passes(LinkType::ETHERNET, &octets), expected, "{what}");
        }
        assert!(passes(LinkType::RAW, &four(17, 0, 53)));
        assert!(!passes(LinkType::RAW, &four(17, 0, 123)));
    }

    #[test]
    fn the_default_filter_lets_every_tunnel_through() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tunnels/tunnels.pcap");
        let mut offline = Offline::open(&[path]).unwrap();
        let mut batch = Batch::new();
        assert_eq!(offline.fill(&mut batch).unwrap(), Filled::End);
        assert!(!batch.is_empty());
        for frame in batch.frames() {
            assert!(passes(frame.link, frame.octets), "frame {}", frame.number);
        }
    }

    #[test]
    fn of_encrypted_dns_only_the_start_of_a_flow_passes() {
        let to_853 = |mut packet: Vec<u8>, port: usize, flags: usize, value: u8| {
            packet[port..port + 2].copy_from_slice(&853_u16.to_be_bytes());
            packet[flags] = value;
            packet
        };
        let table = [
            ("SYN", to_853(four(6, 0, 0), 22, 33, 2), true),
            ("ACK", to_853(four(6, 0, 0), 22, 33, 16), false),
            ("IPv6 SYN", to_853(six(6, 0), 42, 53, 2), true),
            ("IPv6 ACK", to_853(six(6, 0), 42, 53, 16), false),
            ("QUIC start", to_853(four(17, 0, 0), 22, 28, 0xc0), true),
            ("QUIC", to_853(four(17, 0, 0), 22, 28, 0x40), false),
            ("IPv6 QUIC start", to_853(six(17, 0), 42, 48, 0xc0), true),
        ];
        for (what, packet, expected) in table {
            assert_eq!(passes(LinkType::RAW, &packet), expected, "{what}");
        }
    }
}
