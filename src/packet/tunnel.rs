//! Tunnels, as mirrors, clouds and providers put them around packets.

use super::Skip;
use super::link::{Link, Packet, TUNNELS, Version};
use super::transport::Body;
use etherparse::{EtherType, IpNumber, ip_number};

/// VXLAN (RFC 7348 §5), and where Linux had it before.
const VXLAN: [u16; 2] = [4789, 8472];
/// GENEVE (RFC 8926 §3.3).
const GENEVE: u16 = 6081;
/// Octets of a UDP header.
const UDP_HEADER: usize = 8;
/// What a tunnel header says of an Ethernet frame (RFC 7637 §3.2, RFC 8926 §3.4).
const BRIDGED: u16 = 0x6558;
/// ERSPAN, types I and II by the sequence number, and III.
const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;

/// Whether this is the UDP port of a tunnel.
pub(super) fn is_port(port: u16) -> bool {
    port == GENEVE || VXLAN.contains(&port)
}

/// Whether this protocol of IP is a tunnel.
pub(super) const fn is_protocol(protocol: IpNumber) -> bool {
    matches!(protocol, ip_number::GRE | ip_number::IPV4 | ip_number::IPV6)
}

/// The packet that an IP packet carries.
pub(super) fn in_packet(
    protocol: IpNumber,
    body: Body<'_>,
    tunnels: u8,
) -> Result<Packet<'_>, Skip> {
    match protocol {
        ip_number::IPV4 => Ok(entered(body, 0, tunnels)?.raw(Some(Version::Four))),
        ip_number::IPV6 => Ok(entered(body, 0, tunnels)?.raw(Some(Version::Six))),
        ip_number::GRE => gre(entered(body, 0, tunnels)?),
        _ => Err(Skip::OtherProtocol),
    }
}

/// The packet that a UDP datagram, header first, carries to the port of a tunnel.
pub(super) fn in_datagram(body: Body<'_>, tunnels: u8) -> Result<Packet<'_>, Skip> {
    let Some((_, port)) = super::transport::ports(body.octets) else {
        return Err(Skip::OtherPort);
    };
    if VXLAN.contains(&port) {
        vxlan(entered(body, UDP_HEADER, tunnels)?)
    } else if port == GENEVE {
        geneve(entered(body, UDP_HEADER, tunnels)?)
    } else {
        Err(Skip::OtherPort)
    }
}

/// What is in the tunnel, behind so many octets.
fn entered(body: Body<'_>, octets: usize, tunnels: u8) -> Result<Link<'_>, Skip> {
    if tunnels >= TUNNELS {
        return Err(Skip::TooDeep);
    }
    let is_cut = body.is_cut || body.missing_octets > 0;
    Link::new(body.octets, is_cut, tunnels + 1).behind(octets)
}

/// GRE (RFC 2784 §2, RFC 2890 §2): its flags say which fields follow.
fn gre(link: Link<'_>) -> Result<Packet<'_>, Skip> {
    let [flags, version, high, low] = link.start()?;
    let has = |flag: u8| flags & flag != 0;
    // Source routes went out of use (RFC 2784 §2.3); version 1 is PPTP's.
    if has(0x40) || version & 7 != 0 {
        return Err(Skip::OtherProtocol);
    }
    let has_sequence = has(0x10);
    let fields = [has(0x80), has(0x20), has_sequence];
    let size = 4 + 4 * fields.into_iter().filter(|is_there| *is_there).count();
    let inner = link.behind(size)?;
    match u16::from_be_bytes([high, low]) {
        BRIDGED => inner.ethernet(),
        ERSPAN if has_sequence => inner.behind(8)?.ethernet(),
        ERSPAN => inner.ethernet(),
        ERSPAN_III => {
            let [.., options]: [u8; 12] = inner.start()?;
            let size = if options & 1 == 0 { 12 } else { 20 };
            inner.behind(size)?.ethernet()
        }
        kind => inner.ether_type(EtherType(kind)),
    }
}

/// An Ethernet frame, if the header is one of VXLAN: other uses of its ports fail here.
fn vxlan(link: Link<'_>) -> Result<Packet<'_>, Skip> {
    let [flags, ..]: [u8; 8] = link.start()?;
    if flags & 0x08 == 0 {
        return Err(Skip::OtherPort);
    }
    link.behind(8)?.ethernet()
}

/// GENEVE (RFC 8926 §3.4): options of a stated length, then what the protocol type says.
fn geneve(link: Link<'_>) -> Result<Packet<'_>, Skip> {
    let [lengths, flags, high, low, ..]: [u8; 8] = link.start()?;
    // The version, and control packets, which carry nothing for hosts.
    if lengths >> 6 != 0 || flags & 0x80 != 0 {
        return Err(Skip::OtherPort);
    }
    let inner = link.behind(8 + 4 * usize::from(lengths & 0x3f))?;
    match u16::from_be_bytes([high, low]) {
        BRIDGED => inner.ethernet(),
        kind => inner.ether_type(EtherType(kind)),
    }
}
