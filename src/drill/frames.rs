//! Frames on the wire, and the capture file that holds them.

use crate::time::Timestamp;
use etherparse::PacketBuilder;
use std::net::{IpAddr, SocketAddr};

/// Octets of a TCP segment on an Ethernet, options and IPv6 allowed for.
const SEGMENT_OCTETS: usize = 1400;

/// Nanoseconds between two frames of one exchange that follow at once.
const AT_ONCE: i64 = 40_000;

/// A frame and its time.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) time: Timestamp,
    pub(super) octets: Vec<u8>,
}

/// From whom to whom.
#[derive(Clone, Copy)]
pub(super) struct Route {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

impl Route {
    pub(super) fn back(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
        }
    }
}

/// Locally administered addresses: the resolvers' side of the tap, and the router.
fn hardware(address: IpAddr) -> [u8; 6] {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            [2, 0, a, b, c, d]
        }
        IpAddr::V6(address) => {
            let [.., a, b, c, d] = address.octets();
            [2, 6, a, b, c, d]
        }
    }
}

/// IPv4 or IPv6 below Ethernet; the checksums are those of the octets.
macro_rules! packet {
    ($route:expr, $transport:ident ( $($argument:expr),* ) $(.$flag:ident( $($value:expr)? ))*, $payload:expr) => {{
        let (from, to) = ($route.from, $route.to);
        let ethernet = PacketBuilder::ethernet2(hardware(from.ip()), hardware(to.ip()));
        let below = match (from.ip(), to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => Some(ethernet.ipv4(from.octets(), to.octets(), 60)),
            (IpAddr::V6(from), IpAddr::V6(to)) => Some(ethernet.ipv6(from.octets(), to.octets(), 60)),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        };
        let mut octets = Vec::new();
        if let Some(below) = below {
            let packet = below.$transport(from.port(), to.port() $(, $argument)*)$(.$flag($($value)?))*;
            // Fails only for payloads that no packet takes; messages are shorter.
            let _ = packet.write(&mut octets, $payload);
        }
        octets
    }};
}

/// One datagram.
pub(super) fn datagram(time: Timestamp, route: Route, payload: &[u8]) -> Frame {
    let octets = packet!(route, udp(), payload);
    Frame { time, octets }
}

/// A query and its response over a TCP connection of their own (RFC 7766).
///
/// `first` are the sequence numbers that both sides begin with.
pub(super) fn connection(
    times: (Timestamp, Timestamp),
    route: Route,
    first: (u32, u32),
    messages: (&[u8], &[u8]),
) -> Vec<Frame> {
    let mut talk = Talk {
        frames: Vec::new(),
        route,
        next: first,
    };
    let (asked, answered) = times;
    let half = (answered.as_nanos() - asked.as_nanos()) / 2;
    let opened = later(asked, half);
    talk.open(asked, opened);
    talk.says(later(opened, 2 * AT_ONCE), messages.0, true);
    let told = later(answered, half);
    talk.says(told, messages.1, false);
    talk.close(later(told, 4 * AT_ONCE));
    talk.frames
}

/// A connection, as its segments come.
struct Talk {
    frames: Vec<Frame>,
    route: Route,
    /// The next sequence number of the client and of the server.
    next: (u32, u32),
}

/// The window that both sides offer.
const WINDOW: u16 = 64_240;

impl Talk {
    fn open(&mut self, asked: Timestamp, opened: Timestamp) {
        let (client, server) = self.next;
        let there = packet!(self.route, tcp(client, WINDOW).syn(), &[]);
        self.push(asked, there);
        let back = packet!(
            self.route.back(),
            tcp(server, WINDOW).syn().ack(client.wrapping_add(1)),
            &[]
        );
        self.push(opened, back);
        self.next = (client.wrapping_add(1), server.wrapping_add(1));
        self.acknowledges(later(opened, AT_ONCE), true);
    }

    fn says(&mut self, time: Timestamp, message: &[u8], is_client: bool) {
        let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
        let stream = [&length.to_be_bytes(), message].concat();
        for (place, piece) in (0_i64..).zip(stream.chunks(SEGMENT_OCTETS)) {
            let (route, number, seen) = self.side(is_client);
            let octets = packet!(route, tcp(number, WINDOW).psh().ack(seen), piece);
            self.push(later(time, place * AT_ONCE), octets);
            let octets = u32::try_from(piece.len()).unwrap_or_default();
            self.moves_on(is_client, octets);
        }
        self.acknowledges(later(time, 3 * AT_ONCE), !is_client);
    }

    fn close(&mut self, time: Timestamp) {
        for (place, is_client) in [(0, true), (2, false)] {
            let (route, number, seen) = self.side(is_client);
            let octets = packet!(route, tcp(number, WINDOW).fin().ack(seen), &[]);
            self.push(later(time, place * AT_ONCE), octets);
            self.moves_on(is_client, 1);
        }
        self.acknowledges(later(time, 3 * AT_ONCE), true);
    }

    fn acknowledges(&mut self, time: Timestamp, is_client: bool) {
        let (route, number, seen) = self.side(is_client);
        let octets = packet!(route, tcp(number, WINDOW).ack(seen), &[]);
        self.push(time, octets);
    }

    fn side(&self, is_client: bool) -> (Route, u32, u32) {
        let (client, server) = self.next;
        if is_client {
            (self.route, client, server)
        } else {
            (self.route.back(), server, client)
        }
    }

    fn moves_on(&mut self, is_client: bool, octets: u32) {
        let next = if is_client {
            &mut self.next.0
        } else {
            &mut self.next.1
        };
        *next = next.wrapping_add(octets);
    }

    fn push(&mut self, time: Timestamp, octets: Vec<u8>) {
        self.frames.push(Frame { time, octets });
    }
}

/// The moment so many nanoseconds later.
pub(super) fn later(time: Timestamp, nanos: i64) -> Timestamp {
    Timestamp::from_nanos(time.as_nanos().saturating_add(nanos))
}

/// A capture in pcap's own format, with microseconds, of Ethernet frames; nothing if a time is none that the
/// format can hold: it counts seconds since 1970 in 32 bits.
pub(super) fn capture(frames: &[Frame]) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for Frame { time, octets } in frames {
        let seconds = u32::try_from(time.seconds()).ok()?;
        let micros = u32::try_from(time.as_nanos().rem_euclid(1_000_000_000) / 1000).ok()?;
        let length = u32::try_from(octets.len()).ok()?;
        for word in [seconds, micros, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(octets);
    }
    Some(file)
}
