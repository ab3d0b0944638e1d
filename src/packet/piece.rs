//! What a frame can carry of DNS.

use super::Flow;
use std::fmt;
use std::net::IpAddr;

/// The port of DNS over TLS (RFC 7858) and over QUIC (RFC 9250).
const ENCRYPTED_PORT: u16 = 853;

/// What one frame carries of DNS traffic; it borrows from the frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'a> {
    /// A whole UDP datagram.
    Datagram(Datagram<'a>),
    /// A part of an IP datagram, which may turn out to be DNS.
    Fragment(Fragment<'a>),
    /// A TCP segment.
    Segment(Segment<'a>),
}

/// A UDP datagram to or from a DNS port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Datagram<'a> {
    /// From whom to whom.
    pub flow: Flow,
    /// The VLAN tags before it.
    pub vlan: Vlan,
    /// The DNS message.
    pub octets: &'a [u8],
    /// Octets are missing: the frame was cut, or is shorter than its headers say.
    pub is_incomplete: bool,
}

/// A fragment of an IP datagram (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fragment<'a> {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// What the fragments of one datagram have in common.
    pub identification: u32,
    /// The protocol of what is fragmented; of IPv6 only that of the first fragment counts.
    pub protocol: u8,
    /// Where it belongs, in octets; a multiple of 8.
    pub offset: u32,
    /// Whether no fragment comes behind it.
    pub is_last: bool,
    /// Octets that it had on the wire.
    pub wire_octets: u32,
    /// Octets that were captured: fewer if the frame was cut.
    pub octets: &'a [u8],
    /// The VLAN tags before it.
    pub vlan: Vlan,
    /// Tunnels that it came through.
    pub tunnels: u8,
}

/// A TCP segment to or from a DNS port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment<'a> {
    /// From whom to whom.
    pub flow: Flow,
    /// The VLAN tags before it.
    pub vlan: Vlan,
    /// The sequence number of its first octet, or of its SYN.
    pub sequence: u32,
    /// It opens the connection.
    pub is_syn: bool,
    /// It closes this direction.
    pub is_fin: bool,
    /// It aborts the connection.
    pub is_reset: bool,
    /// Octets that it had on the wire.
    pub wire_octets: u32,
    /// Octets that were captured: fewer if the frame was cut.
    pub octets: &'a [u8],
}

/// The most VLAN tags that are followed.
const TAGS: usize = 4;

/// VLAN identifiers, outermost first. Priority tags (identifier 0) are left out.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Vlan {
    identifiers: [u16; TAGS],
    count: usize,
}

impl Vlan {
    /// No tags.
    pub const EMPTY: Self = Self {
        identifiers: [0; TAGS],
        count: 0,
    };

    /// The identifiers.
    pub fn as_slice(&self) -> &[u16] {
        self.identifiers.get(..self.count).unwrap_or_default()
    }

    /// Adds an inner tag; false if there are too many.
    pub(super) fn push(&mut self, identifier: u16) -> bool {
        if identifier == 0 {
            return true;
        }
        let Some(place) = self.identifiers.get_mut(self.count) else {
            return false;
        };
        *place = identifier;
        self.count += 1;
        true
    }
}

impl fmt::Debug for Vlan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(out)
    }
}

/// The ports at which DNS is spoken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ports(Vec<u16>);

impl Ports {
    /// These ports, or 53 if there are none.
    pub fn new(ports: &[u16]) -> Self {
        if ports.is_empty() {
            Self::default()
        } else {
            Self(ports.to_vec())
        }
    }

    /// The ports.
    pub fn as_slice(&self) -> &[u16] {
        &self.0
    }

    /// Whether DNS is spoken at this port.
    pub fn contains(&self, port: u16) -> bool {
        self.0.contains(&port)
    }

    /// Whether a flow between these ports is DNS; else why not.
    pub(super) fn screen(&self, source: u16, destination: u16) -> Result<(), super::Skip> {
        if self.contains(source) || self.contains(destination) {
            Ok(())
        } else if source == ENCRYPTED_PORT || destination == ENCRYPTED_PORT {
            Err(super::Skip::EncryptedDns)
        } else {
            Err(super::Skip::OtherPort)
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self(vec![53])
    }
}
