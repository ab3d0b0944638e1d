//! Fragments and streams together.

use super::counters::Counters;
use super::direction::Out;
use super::fragment::Fragments;
use super::stream::Streams;
use super::{Datagram, Flow, Fragment, Payload, Piece, Ports, Segment, Vlan, network};
use crate::capture::FrameNumber;
use crate::time::Timestamp;
use std::net::IpAddr;

/// Puts fragments and TCP segments together, in capture order.
///
/// Driven by capture time alone, which never runs backwards here.
#[derive(Debug)]
pub struct Reassembly {
    ports: Ports,
    fragments: Fragments,
    streams: Streams,
    counters: Counters,
    clock: Timestamp,
}

/// Fragments that overlap or contradict each other: nobody sends such by accident.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FragmentOverlap {
    /// The frame that showed it.
    pub frame: FrameNumber,
    /// When that frame passed.
    pub time: Timestamp,
    /// The sender that the fragments claim.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
}

/// Where octets came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) frame: FrameNumber,
    pub(super) time: Timestamp,
    /// The latest time seen so far.
    pub(super) now: Timestamp,
    pub(super) vlan: Vlan,
}

impl Reassembly {
    /// Nothing seen yet.
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            fragments: Fragments::default(),
            streams: Streams::default(),
            counters: Counters::default(),
            clock: Timestamp::from_nanos(i64::MIN),
        }
    }

    /// Takes a piece and adds the payloads that it completes to `out`.
    ///
    /// Payloads that waited for a lost piece may come late: their frames are earlier then.
    pub fn accept(
        &mut self,
        piece: &Piece<'_>,
        frame: FrameNumber,
        time: Timestamp,
        out: &mut Vec<Payload>,
    ) {
        self.clock = self.clock.max(time);
        self.fragments.expire(self.clock, &mut self.counters);
        self.streams.expire(
            self.clock,
            &mut Out {
                payloads: out,
                counters: &mut self.counters,
            },
        );
        let origin = |vlan| Origin {
            frame,
            time,
            now: self.clock,
            vlan,
        };
        match piece {
            Piece::Datagram(datagram) => out.push(datagram.payload(frame, time)),
            Piece::Fragment(fragment) => self.fragment(fragment, &origin(fragment.vlan), out),
            Piece::Segment(segment) => self.segment(segment, &origin(segment.vlan), out),
        }
    }

    /// Gives what can still be given when the input has ended.
    pub fn finish(&mut self, out: &mut Vec<Payload>) {
        self.fragments.finish(&mut self.counters);
        self.streams.finish(&mut Out {
            payloads: out,
            counters: &mut self.counters,
        });
    }

    /// What was met so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What waits for its other parts: datagrams, streams, and the octets that both hold.
    pub fn unfinished(&self) -> [usize; 3] {
        let octets = self.fragments.octets() + self.streams.octets();
        [self.fragments.count(), self.streams.count(), octets]
    }

    /// The overlaps of fragments found since the last call; at most some thousand.
    pub fn take_overlaps(&mut self) -> Vec<FragmentOverlap> {
        self.fragments.take_overlaps()
    }

    fn segment(&mut self, segment: &Segment<'_>, origin: &Origin, out: &mut Vec<Payload>) {
        let out = &mut Out {
            payloads: out,
            counters: &mut self.counters,
        };
        self.streams.accept(segment, origin, &self.ports, out);
    }

    fn fragment(&mut self, fragment: &Fragment<'_>, origin: &Origin, out: &mut Vec<Payload>) {
        let whole = self
            .fragments
            .accept(fragment, origin, &self.ports, &mut self.counters);
        let Some(whole) = whole else { return };
        let Ok((piece, is_mixed)) = network::reassembled(fragment, &whole, &self.ports) else {
            self.counters.fragments_other += 1;
            return;
        };
        self.counters.checksum_failures += u64::from(is_mixed);
        match piece {
            Piece::Datagram(datagram) => {
                let is_incomplete = datagram.is_incomplete || whole.is_incomplete || is_mixed;
                let datagram = Datagram {
                    is_incomplete,
                    ..datagram
                };
                out.push(datagram.payload(origin.frame, origin.time));
            }
            // Of a segment that is not whole nothing is sure, so that it is left out of its stream.
            Piece::Segment(segment) if !whole.is_incomplete => {
                let out = &mut Out {
                    payloads: out,
                    counters: &mut self.counters,
                };
                self.streams.accept(&segment, origin, &self.ports, out);
            }
            // Of a tunnel: what was sent into it was fragmented too.
            Piece::Fragment(inner) if !whole.is_incomplete => {
                let vlan = inner.vlan;
                let octets = inner.octets.to_vec();
                let inner = inner.with(&octets);
                self.fragment(&inner, &Origin { vlan, ..*origin }, out);
            }
            Piece::Segment(_) | Piece::Fragment(_) => {}
        }
    }
}

impl Fragment<'_> {
    /// The same, with octets from elsewhere.
    fn with(self, octets: &[u8]) -> Fragment<'_> {
        Fragment {
            source: self.source,
            destination: self.destination,
            identification: self.identification,
            protocol: self.protocol,
            offset: self.offset,
            is_last: self.is_last,
            wire_octets: self.wire_octets,
            octets,
            vlan: self.vlan,
            tunnels: self.tunnels,
        }
    }
}

impl Datagram<'_> {
    /// Its payload, copied out of the frame.
    pub fn payload(&self, frame: FrameNumber, time: Timestamp) -> Payload {
        Payload {
            frame,
            time,
            flow: self.flow,
            vlan: self.vlan.as_slice().to_vec(),
            octets: self.octets.to_vec(),
            is_incomplete: self.is_incomplete,
        }
    }
}

impl FragmentOverlap {
    pub(super) const fn new(fragment: &Fragment<'_>, origin: &Origin) -> Self {
        Self {
            frame: origin.frame,
            time: origin.time,
            source: fragment.source,
            destination: fragment.destination,
        }
    }
}

impl Origin {
    /// The one that was captured later.
    pub(super) fn later(self, other: Self) -> Self {
        if self.frame > other.frame {
            self
        } else {
            other
        }
    }

    /// A message of a stream.
    pub(super) fn payload(self, flow: Flow, message: &[u8], is_incomplete: bool) -> Payload {
        Payload {
            frame: self.frame,
            time: self.time,
            flow,
            vlan: self.vlan.as_slice().to_vec(),
            octets: message.to_vec(),
            is_incomplete,
        }
    }
}
