//! Link layers: from a frame to an IP packet.

use super::{Skip, Vlan};
use crate::capture::{Frame, LinkType};
use etherparse::{EtherType, Ethernet2HeaderSlice, SingleVlanHeaderSlice, ether_type};

/// `PPPoE` session stage (RFC 2516 §6).
const PPPOE_SESSION: EtherType = EtherType(0x8864);
/// The tag type that came before 802.1ad and is still met.
const OLD_QINQ: EtherType = EtherType(0x9100);
/// MPLS (RFC 3032 §5).
const MPLS_UNICAST: EtherType = EtherType(0x8847);
const MPLS_MULTICAST: EtherType = EtherType(0x8848);
/// MPLS labels that are followed.
const LABELS: usize = 8;
/// Tunnels that are followed: a mirror's, around a cloud's, around whatever the hosts have.
pub(super) const TUNNELS: u8 = 4;
/// Below this an `EtherType` is the length of an 802.3 frame.
const SMALLEST_TYPE: u16 = 0x0600;
/// 802.2 headers that announce an `EtherType` (RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];
/// `AF_INET`, the same on all systems.
const AF_INET: u32 = 2;
/// `AF_INET6` on Linux, NetBSD and OpenBSD, FreeBSD, Darwin.
const AF_INET6: [u32; 4] = [10, 24, 28, 30];

/// An IP packet with what may stand behind it in the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// IPv4 or IPv6, if the link layer says which.
    pub(super) version: Option<Version>,
    /// From the IP header to the end of the frame.
    pub(super) octets: &'a [u8],
    /// Whether the snap length cut the frame.
    pub(super) is_cut: bool,
    /// The VLAN tags before it, inside of the innermost tunnel.
    pub(super) vlan: Vlan,
    /// Tunnels that it came through.
    pub(super) tunnels: u8,
}

/// Of IP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    Four,
    Six,
}

/// Takes the link headers off a frame.
pub(super) fn packet<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Skip> {
    let is_cut =
        u32::try_from(frame.octets.len()).is_ok_and(|length| length < frame.original_octets);
    let link = Link::new(frame.octets, is_cut, 0);
    match frame.link {
        LinkType::ETHERNET => link.ethernet(),
        LinkType::LINUX_SLL => link.typed(14, 16),
        LinkType::LINUX_SLL2 => link.typed(0, 20),
        LinkType::RAW | LinkType(12 | 14) => Ok(link.raw(None)),
        LinkType::IPV4 => Ok(link.raw(Some(Version::Four))),
        LinkType::IPV6 => Ok(link.raw(Some(Version::Six))),
        LinkType::NULL | LinkType::LOOP => link.loopback(),
        LinkType(other) => Err(Skip::UnsupportedLink(other)),
    }
}

/// What is left of a frame, or of what a tunnel carries.
#[derive(Clone, Copy)]
pub(super) struct Link<'a> {
    octets: &'a [u8],
    is_cut: bool,
    /// What it means if a header does not fit.
    short: Skip,
    tunnels: u8,
}

impl<'a> Link<'a> {
    /// All of it.
    pub(super) const fn new(octets: &'a [u8], is_cut: bool, tunnels: u8) -> Self {
        let short = if is_cut {
            Skip::Truncated
        } else {
            Skip::MalformedLink
        };
        Self {
            octets,
            is_cut,
            short,
            tunnels,
        }
    }

    /// The octets at its start.
    pub(super) fn start<const N: usize>(self) -> Result<[u8; N], Skip> {
        self.octets.first_chunk().copied().ok_or(self.short)
    }

    /// Without so many octets at its start.
    pub(super) fn behind(self, octets: usize) -> Result<Self, Skip> {
        Ok(Self {
            octets: self.octets.get(octets..).ok_or(self.short)?,
            ..self
        })
    }

    /// An IP packet, nothing before it.
    pub(super) const fn raw(self, version: Option<Version>) -> Packet<'a> {
        let vlan = Vlan::EMPTY;
        Packet {
            version,
            octets: self.octets,
            is_cut: self.is_cut,
            vlan,
            tunnels: self.tunnels,
        }
    }

    /// An Ethernet frame.
    pub(super) fn ethernet(self) -> Result<Packet<'a>, Skip> {
        let header = Ethernet2HeaderSlice::from_slice(self.octets).map_err(|_| self.short)?;
        let behind = self.behind(header.slice().len())?;
        if header.ether_type().0 >= SMALLEST_TYPE {
            return behind.ether_type(header.ether_type());
        }
        match behind.octets.strip_prefix(&SNAP) {
            Some(&[high, low, ..]) => behind
                .behind(8)?
                .ether_type(EtherType(u16::from_be_bytes([high, low]))),
            _ => Err(Skip::NotIp),
        }
    }

    /// A header of fixed size that holds an `EtherType`, as in Linux cooked captures.
    fn typed(self, place: usize, size: usize) -> Result<Packet<'a>, Skip> {
        let kind = self
            .octets
            .get(place..)
            .and_then(|rest| rest.first_chunk())
            .ok_or(self.short)?;
        self.behind(size)?
            .ether_type(EtherType(u16::from_be_bytes(*kind)))
    }

    /// The address family of BSD loopback, in the byte order of whatever host captured it.
    fn loopback(self) -> Result<Packet<'a>, Skip> {
        let family = *self.octets.first_chunk().ok_or(self.short)?;
        let behind = self.behind(4)?;
        for family in [u32::from_le_bytes(family), u32::from_be_bytes(family)] {
            if family == AF_INET {
                return Ok(behind.raw(Some(Version::Four)));
            }
            if AF_INET6.contains(&family) {
                return Ok(behind.raw(Some(Version::Six)));
            }
        }
        Err(Skip::NotIp)
    }

    /// Follows `EtherType`s through tags and labels down to IP.
    pub(super) fn ether_type(self, first: EtherType) -> Result<Packet<'a>, Skip> {
        let (mut rest, mut kind, mut vlan) = (self, first, Vlan::EMPTY);
        loop {
            match kind {
                ether_type::IPV4 => {
                    return Ok(Packet {
                        vlan,
                        ..rest.raw(Some(Version::Four))
                    });
                }
                ether_type::IPV6 => {
                    return Ok(Packet {
                        vlan,
                        ..rest.raw(Some(Version::Six))
                    });
                }
                ether_type::VLAN_TAGGED_FRAME | ether_type::PROVIDER_BRIDGING | OLD_QINQ => {
                    let tag =
                        SingleVlanHeaderSlice::from_slice(rest.octets).map_err(|_| rest.short)?;
                    if !vlan.push(tag.vlan_identifier().value()) {
                        return Err(Skip::TooDeep);
                    }
                    rest = rest.behind(tag.slice().len())?;
                    kind = tag.ether_type();
                }
                PPPOE_SESSION => {
                    return Ok(Packet {
                        vlan,
                        ..rest.pppoe()?
                    });
                }
                MPLS_UNICAST | MPLS_MULTICAST => {
                    return Ok(Packet {
                        vlan,
                        ..rest.labelled()?
                    });
                }
                _ => return Err(Skip::NotIp),
            }
        }
    }

    /// Behind MPLS labels nothing says what follows: IP tells itself by its version, and 0 is the
    /// control word of an Ethernet pseudowire (RFC 4385 §3), or the Ethernet frame itself.
    fn labelled(self) -> Result<Packet<'a>, Skip> {
        let mut rest = self;
        for _ in 0..LABELS {
            let [_, _, bottom, _] = rest.start()?;
            rest = rest.behind(4)?;
            if bottom & 1 == 0 {
                continue;
            }
            let [first] = rest.start()?;
            return match first >> 4 {
                4 => Ok(rest.raw(Some(Version::Four))),
                6 => Ok(rest.raw(Some(Version::Six))),
                0 => rest
                    .behind(4)
                    .and_then(Link::carried)
                    .or_else(|_| rest.carried()),
                _ => rest.carried(),
            };
        }
        Err(Skip::TooDeep)
    }

    /// An Ethernet frame in a tunnel.
    pub(super) fn carried(self) -> Result<Packet<'a>, Skip> {
        if self.tunnels >= TUNNELS {
            return Err(Skip::TooDeep);
        }
        let tunnels = self.tunnels + 1;
        Self { tunnels, ..self }.ethernet()
    }

    /// A `PPPoE` session header and the protocol field of PPP (RFC 2516 §4).
    fn pppoe(self) -> Result<Packet<'a>, Skip> {
        let [version_type, code, _, _, _, _, high, low] =
            *self.octets.first_chunk::<8>().ok_or(self.short)?;
        if (version_type, code) != (0x11, 0) {
            return Err(Skip::MalformedLink);
        }
        let behind = self.behind(8)?;
        match u16::from_be_bytes([high, low]) {
            0x0021 => Ok(behind.raw(Some(Version::Four))),
            0x0057 => Ok(behind.raw(Some(Version::Six))),
            _ => Err(Skip::NotIp),
        }
    }
}
