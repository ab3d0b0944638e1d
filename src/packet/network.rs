//! IPv4 and IPv6, down to UDP, TCP or a fragment.

use super::fragment::Whole;
use super::link::{Packet, Version};
use super::transport::{self, Body};
use super::{Fragment, Piece, Ports, Skip, tunnel};
use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice, ip_number,
};
use std::net::IpAddr;

/// Extension headers that are followed.
const EXTENSIONS: usize = 8;
/// Octets that an IP datagram can have.
const LARGEST: u32 = 65_535;

/// Takes the IP headers off a packet and looks at what it carries.
pub(super) fn piece<'a>(packet: &Packet<'a>, ports: &Ports) -> Result<Piece<'a>, Skip> {
    let version = match (
        packet.version,
        packet.octets.first().map(|octet| octet >> 4),
    ) {
        (None, Some(4)) => Version::Four,
        (None, Some(6)) => Version::Six,
        (None, Some(_)) => return Err(Skip::MalformedIp),
        (None, None) => return Err(short(packet.is_cut)),
        (Some(version), _) => version,
    };
    match version {
        Version::Four => ipv4(packet, ports),
        Version::Six => ipv6(packet, ports),
    }
}

/// What a reassembled datagram carries, and whether its UDP checksum is wrong, which shows that
/// fragments of several datagrams were mixed (RFC 4963).
pub(super) fn reassembled<'a>(
    fragment: &Fragment<'_>,
    whole: &Whole<'a>,
    ports: &Ports,
) -> Result<(Piece<'a>, bool), Skip> {
    let Whole {
        octets,
        protocol,
        vlan,
        is_incomplete,
    } = *whole;
    let body = Body {
        octets,
        missing_octets: 0,
        is_cut: is_incomplete,
    };
    match Inside::of(fragment, protocol, body).behind_extensions()? {
        Behind::Whole(inside) => {
            let piece = inside.transport(vlan, ports)?;
            let is_udp = inside.next == ip_number::UDP;
            let is_mixed = is_udp && !is_incomplete && inside.has_wrong_checksum();
            Ok((piece, is_mixed))
        }
        Behind::Fragment(..) => Err(Skip::MalformedIp),
    }
}

/// Whether what is fragmented is DNS, as far as the first fragment tells.
pub(super) fn screen_first(fragment: &Fragment<'_>, ports: &Ports) -> Result<(), Skip> {
    let body = Body {
        octets: fragment.octets,
        missing_octets: 0,
        is_cut: true,
    };
    match Inside::of(fragment, fragment.protocol, body).behind_extensions() {
        Ok(Behind::Whole(Inside {
            next: ip_number::UDP | ip_number::TCP,
            body,
            ..
        })) => match transport::ports(body.octets) {
            Some((_, destination)) if tunnel::is_port(destination) => Ok(()),
            Some((source, destination)) => ports.screen(source, destination),
            None => Ok(()),
        },
        Ok(Behind::Whole(inside)) if tunnel::is_protocol(inside.next) => Ok(()),
        Ok(Behind::Whole(_)) => Err(Skip::OtherProtocol),
        Ok(Behind::Fragment(..)) => Err(Skip::MalformedIp),
        Err(Skip::Truncated) => Ok(()),
        Err(skip) => Err(skip),
    }
}

/// What stands behind an IP header, perhaps extension headers first.
#[derive(Clone, Copy)]
struct Inside<'a> {
    source: IpAddr,
    destination: IpAddr,
    next: IpNumber,
    body: Body<'a>,
    tunnels: u8,
}

/// What stands behind the extension headers.
enum Behind<'a> {
    Whole(Inside<'a>),
    Fragment(Inside<'a>, Ipv6FragmentHeaderSlice<'a>),
}

/// Where a fragment belongs.
#[derive(Clone, Copy)]
struct Place {
    identification: u32,
    offset: u32,
    is_last: bool,
}

fn ipv4<'a>(packet: &Packet<'a>, ports: &Ports) -> Result<Piece<'a>, Skip> {
    let header = Ipv4HeaderSlice::from_slice(packet.octets).map_err(|error| match error {
        etherparse::err::ipv4::HeaderSliceError::Len(_) => short(packet.is_cut),
        etherparse::err::ipv4::HeaderSliceError::Content(_) => Skip::MalformedIp,
    })?;
    let header_octets = header.slice().len();
    let behind = packet.octets.get(header_octets..).unwrap_or_default();
    let claimed = match usize::from(header.total_len()) {
        // Left empty by the sending host, for its network card to fill in.
        0 => None,
        total => Some(total.checked_sub(header_octets).ok_or(Skip::MalformedIp)?),
    };
    let inside = Inside {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        next: header.protocol(),
        body: Body::new(behind, claimed, packet.is_cut),
        tunnels: packet.tunnels,
    };
    if header.is_fragmenting_payload() {
        let place = Place {
            identification: u32::from(header.identification()),
            offset: u32::from(header.fragments_offset().value()) * 8,
            is_last: !header.more_fragments(),
        };
        return inside.fragment(place, packet);
    }
    match inside.behind_extensions()? {
        Behind::Whole(inside) => inside.transport(packet.vlan, ports),
        Behind::Fragment(..) => Err(Skip::MalformedIp),
    }
}

fn ipv6<'a>(packet: &Packet<'a>, ports: &Ports) -> Result<Piece<'a>, Skip> {
    let header = Ipv6HeaderSlice::from_slice(packet.octets).map_err(|error| match error {
        etherparse::err::ipv6::HeaderSliceError::Len(_) => short(packet.is_cut),
        etherparse::err::ipv6::HeaderSliceError::Content(_) => Skip::MalformedIp,
    })?;
    let behind = packet
        .octets
        .get(header.slice().len()..)
        .unwrap_or_default();
    let claimed = match usize::from(header.payload_length()) {
        // A jumbogram (RFC 2675 §3), or one that the network card is to cut up.
        0 => None,
        claimed => Some(claimed),
    };
    let inside = Inside {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        next: header.next_header(),
        body: Body::new(behind, claimed, packet.is_cut),
        tunnels: packet.tunnels,
    };
    match inside.behind_extensions()? {
        Behind::Whole(inside) => inside.transport(packet.vlan, ports),
        Behind::Fragment(inside, header) => {
            let place = Place {
                identification: header.identification(),
                offset: u32::from(header.fragment_offset().value()) * 8,
                is_last: !header.more_fragments(),
            };
            inside.fragment(place, packet)
        }
    }
}

impl<'a> Inside<'a> {
    const fn of(fragment: &Fragment<'_>, protocol: u8, body: Body<'a>) -> Self {
        let (source, destination) = (fragment.source, fragment.destination);
        Self {
            source,
            destination,
            next: IpNumber(protocol),
            body,
            tunnels: fragment.tunnels,
        }
    }

    /// Passes the extension headers, up to a fragment header: behind that, only the first
    /// fragment has any, so they are left to the reassembled datagram.
    fn behind_extensions(mut self) -> Result<Behind<'a>, Skip> {
        let is_six = self.source.is_ipv6();
        for _ in 0..EXTENSIONS {
            let octets = self.body.octets;
            let short = self.body.short(Skip::MalformedIp);
            let (next, size) = match self.next {
                ip_number::IPV6_HOP_BY_HOP
                | ip_number::IPV6_ROUTE
                | ip_number::IPV6_DEST_OPTIONS
                    if is_six =>
                {
                    let header = Ipv6RawExtHeaderSlice::from_slice(octets).map_err(|_| short)?;
                    (header.next_header(), header.slice().len())
                }
                ip_number::AUTH => {
                    let header = IpAuthHeaderSlice::from_slice(octets).map_err(|_| short)?;
                    (header.next_header(), header.slice().len())
                }
                ip_number::IPV6_FRAG if is_six => {
                    let header = Ipv6FragmentHeaderSlice::from_slice(octets).map_err(|_| short)?;
                    if header.is_fragmenting_payload() {
                        self.next = header.next_header();
                        self.body = self.body.behind(header.slice().len());
                        return Ok(Behind::Fragment(self, header));
                    }
                    (header.next_header(), header.slice().len())
                }
                _ => return Ok(Behind::Whole(self)),
            };
            self.next = next;
            self.body = self.body.behind(size);
        }
        Err(Skip::TooDeep)
    }

    /// What UDP or TCP carries, perhaps through a tunnel.
    fn transport(self, vlan: super::Vlan, ports: &Ports) -> Result<Piece<'a>, Skip> {
        let Self {
            source,
            destination,
            next,
            body,
            tunnels,
        } = self;
        let ends = transport::Ends {
            source,
            destination,
            vlan,
        };
        match next {
            ip_number::UDP => match transport::datagram(ends, body, ports) {
                // A client may have drawn the port of a tunnel for itself: DNS comes first.
                Err(Skip::OtherPort) => {
                    let inner = tunnel::in_datagram(body, tunnels)?;
                    piece(&inner, ports)
                }
                datagram => datagram.map(Piece::Datagram),
            },
            ip_number::TCP => transport::segment(ends, body, ports).map(Piece::Segment),
            other => piece(&tunnel::in_packet(other, body, tunnels)?, ports),
        }
    }

    fn has_wrong_checksum(&self) -> bool {
        transport::has_wrong_checksum(self.source, self.destination, self.body.octets)
    }

    fn fragment(self, place: Place, packet: &Packet<'_>) -> Result<Piece<'a>, Skip> {
        let can_carry_dns = match self.next {
            ip_number::UDP | ip_number::TCP | ip_number::AUTH => true,
            next if tunnel::is_protocol(next) => true,
            ip_number::IPV6_DEST_OPTIONS | ip_number::IPV6_ROUTE => self.source.is_ipv6(),
            _ => false,
        };
        if !can_carry_dns {
            return Err(Skip::OtherProtocol);
        }
        let wire_octets = self.body.wire_octets();
        let is_aligned = place.is_last || wire_octets.is_multiple_of(8);
        if wire_octets == 0 || !is_aligned || place.offset + wire_octets > LARGEST {
            return Err(Skip::MalformedIp);
        }
        Ok(Piece::Fragment(Fragment {
            source: self.source,
            destination: self.destination,
            identification: place.identification,
            protocol: self.next.0,
            offset: place.offset,
            is_last: place.is_last,
            wire_octets,
            octets: self.body.octets,
            vlan: packet.vlan,
            tunnels: self.tunnels,
        }))
    }
}

/// What it means that an IP header does not fit.
const fn short(is_cut: bool) -> Skip {
    if is_cut {
        Skip::Truncated
    } else {
        Skip::MalformedIp
    }
}
