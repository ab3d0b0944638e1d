//! UDP and TCP headers.

use super::{Datagram, Flow, Ports, Segment, Skip, Transport, Vlan};
use etherparse::{TcpHeaderSlice, UdpHeaderSlice};
use std::net::{IpAddr, SocketAddr};

/// Octets of a UDP header.
const UDP_HEADER: usize = 8;

/// What an IP packet carries, as far as it was captured.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) octets: &'a [u8],
    /// Octets that the IP header claims beyond those.
    pub(super) missing_octets: usize,
    /// Whether the snap length cut the frame.
    pub(super) is_cut: bool,
}

/// Who sent it to whom.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) vlan: Vlan,
}

impl<'a> Body<'a> {
    /// As many of the octets as the IP header claims; all, if it does not say.
    pub(super) fn new(behind: &'a [u8], claimed: Option<usize>, is_cut: bool) -> Self {
        let claimed = claimed.unwrap_or(behind.len());
        let octets = behind.get(..claimed).unwrap_or(behind);
        Self {
            octets,
            missing_octets: claimed - octets.len(),
            is_cut,
        }
    }

    /// Without a header that was found at its start.
    pub(super) fn behind(self, octets: usize) -> Self {
        Self {
            octets: self.octets.get(octets..).unwrap_or_default(),
            ..self
        }
    }

    /// What it means that a header does not fit.
    pub(super) const fn short(self, malformed: Skip) -> Skip {
        if self.is_cut || self.missing_octets > 0 {
            Skip::Truncated
        } else {
            malformed
        }
    }

    /// Octets that it had on the wire.
    pub(super) fn wire_octets(self) -> u32 {
        u32::try_from(self.octets.len() + self.missing_octets).unwrap_or(u32::MAX)
    }
}

/// A datagram to or from a DNS port.
pub(super) fn datagram<'a>(
    ends: Ends,
    body: Body<'a>,
    ports: &Ports,
) -> Result<Datagram<'a>, Skip> {
    let malformed = body.short(Skip::MalformedUdp);
    let header = UdpHeaderSlice::from_slice(body.octets).map_err(|_| malformed)?;
    ports.screen(header.source_port(), header.destination_port())?;
    let claimed = match usize::from(header.length()) {
        // Of a jumbogram (RFC 2675 §4).
        0 if ends.source.is_ipv6() => body.octets.len() + body.missing_octets,
        length if length < UDP_HEADER => return Err(Skip::MalformedUdp),
        length => length,
    };
    let is_incomplete = claimed > body.octets.len();
    let end = claimed.min(body.octets.len());
    Ok(Datagram {
        flow: ends.flow(
            header.source_port(),
            header.destination_port(),
            Transport::Udp,
        ),
        vlan: ends.vlan,
        octets: body.octets.get(UDP_HEADER..end).unwrap_or_default(),
        is_incomplete,
    })
}

/// A segment to or from a DNS port.
pub(super) fn segment<'a>(ends: Ends, body: Body<'a>, ports: &Ports) -> Result<Segment<'a>, Skip> {
    let malformed = body.short(Skip::MalformedTcp);
    let (source, destination) = self::ports(body.octets).ok_or(malformed)?;
    ports.screen(source, destination)?;
    let header = TcpHeaderSlice::from_slice(body.octets).map_err(|error| match error {
        etherparse::err::tcp::HeaderSliceError::Len(_) => malformed,
        etherparse::err::tcp::HeaderSliceError::Content(_) => Skip::MalformedTcp,
    })?;
    let behind = body.behind(header.slice().len());
    Ok(Segment {
        flow: ends.flow(
            header.source_port(),
            header.destination_port(),
            Transport::Tcp,
        ),
        vlan: ends.vlan,
        sequence: header.sequence_number(),
        is_syn: header.syn(),
        is_fin: header.fin(),
        is_reset: header.rst(),
        wire_octets: behind.wire_octets(),
        octets: behind.octets,
    })
}

/// The ports at the start of a UDP or TCP header, if so much is there.
pub(super) fn ports(octets: &[u8]) -> Option<(u16, u16)> {
    let [s1, s2, d1, d2] = *octets.first_chunk()?;
    Some((u16::from_be_bytes([s1, s2]), u16::from_be_bytes([d1, d2])))
}

/// Whether a whole UDP datagram, header first, has a checksum that does not fit.
pub(super) fn has_wrong_checksum(source: IpAddr, destination: IpAddr, octets: &[u8]) -> bool {
    let Ok(slice) = UdpHeaderSlice::from_slice(octets) else {
        return false;
    };
    let header = slice.to_header();
    let end = usize::from(header.length);
    let Some(payload) = octets.get(UDP_HEADER..end) else {
        return false;
    };
    let right = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            header.calc_checksum_ipv4_raw(source.octets(), destination.octets(), payload)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            header.calc_checksum_ipv6_raw(source.octets(), destination.octets(), payload)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    // Zero stands for none.
    header.checksum != 0 && right != Ok(header.checksum)
}

impl Ends {
    fn flow(&self, source_port: u16, destination_port: u16, transport: Transport) -> Flow {
        Flow {
            source: SocketAddr::new(self.source, source_port),
            destination: SocketAddr::new(self.destination, destination_port),
            transport,
        }
    }
}
