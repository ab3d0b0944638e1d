//! DNS over TCP (RFC 7766): streams, put in order.

use super::direction::{Direction, Out};
use super::framing::Speaker;
use super::ledger::Ledger;
use super::{Origin, Ports, Segment};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;

/// Octets of memory that all streams may take.
const TOTAL_OCTETS: usize = 16 * 1024 * 1024;

/// The directions of TCP connections, each for itself.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: HashMap<Key, Stream>,
    /// In the order in which they were met.
    ages: BTreeMap<u64, Key>,
    deadlines: BTreeSet<(Timestamp, u64)>,
    ledger: Ledger,
    next_serial: u64,
}

/// Sender and receiver. VLAN tags are left out: a mirror shows the same segment with several.
type Key = (SocketAddr, SocketAddr);

/// A direction and what is noted of it elsewhere.
#[derive(Debug)]
struct Stream {
    serial: u64,
    direction: Direction,
    deadline: Timestamp,
    cost: usize,
}

impl Streams {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.open.len()
    }

    /// Octets that they cost.
    pub(super) const fn octets(&self) -> usize {
        self.ledger.octets()
    }

    /// Takes a segment; gives the messages that it completes.
    pub(super) fn accept(
        &mut self,
        segment: &Segment<'_>,
        origin: &Origin,
        ports: &Ports,
        out: &mut Out<'_>,
    ) {
        out.counters.segments += 1;
        let key = (segment.flow.source, segment.flow.destination);
        let says_something = segment.is_syn || !segment.octets.is_empty();
        match self.open.get_mut(&key) {
            Some(stream) if stream.direction.is_of_this_connection(segment) => {}
            // Its receiver ignores it, too.
            Some(_) | None if segment.is_reset || !says_something => return,
            Some(stream) => {
                stream.direction.finish(out);
                self.remove(&key);
                self.start(
                    key,
                    Direction::new(segment, speaker(segment, ports), origin.now),
                );
            }
            None => self.start(
                key,
                Direction::new(segment, speaker(segment, ports), origin.now),
            ),
        }
        let Some(stream) = self.open.get_mut(&key) else {
            return;
        };
        stream.direction.take(segment, *origin, out);
        self.note(&key);
        self.evict(&key, out);
    }

    /// Does what is due at `now`.
    pub(super) fn expire(&mut self, now: Timestamp, out: &mut Out<'_>) {
        while let Some((deadline, serial)) = self.deadlines.first().copied() {
            if deadline >= now {
                return;
            }
            let Some(key) = self.ages.get(&serial).copied() else {
                return;
            };
            let Some(stream) = self.open.get_mut(&key) else {
                return;
            };
            if stream.direction.lapse(now, out) {
                self.remove(&key);
            } else {
                self.note(&key);
            }
        }
    }

    /// Gives what can still be given at the end of the input.
    pub(super) fn finish(&mut self, out: &mut Out<'_>) {
        while let Some((_, key)) = self.ages.first_key_value() {
            let key = *key;
            if let Some(stream) = self.open.get_mut(&key) {
                stream.direction.finish(out);
            }
            self.remove(&key);
        }
    }

    fn start(&mut self, key: Key, direction: Direction) {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.ages.insert(serial, key);
        let deadline = direction.deadline();
        self.deadlines.insert((deadline, serial));
        self.open.insert(
            key,
            Stream {
                serial,
                direction,
                deadline,
                cost: 0,
            },
        );
    }

    /// Notes when a stream is due and what it costs.
    fn note(&mut self, key: &Key) {
        let Some(stream) = self.open.get_mut(key) else {
            return;
        };
        let (serial, before, after) = (stream.serial, stream.cost, stream.direction.cost());
        stream.cost = after;
        self.ledger.change(key.0.ip(), serial, before, after);
        let deadline = stream.direction.deadline();
        if deadline != stream.deadline {
            self.deadlines.remove(&(stream.deadline, serial));
            self.deadlines.insert((deadline, serial));
            stream.deadline = deadline;
        }
    }

    /// Makes room, at the cost of the sender that holds most; `current` is spared.
    fn evict(&mut self, current: &Key, out: &mut Out<'_>) {
        while self.ledger.octets() > TOTAL_OCTETS {
            let fullest = self
                .ledger
                .fullest()
                .and_then(|serial| self.ages.get(&serial).copied());
            let Some(key) = fullest.filter(|key| key != current) else {
                return;
            };
            if let Some(stream) = self.open.get_mut(&key) {
                stream.direction.finish(out);
                out.counters.streams_evicted += u64::from(!stream.direction.is_closed());
            }
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &Key) {
        let Some(stream) = self.open.remove(key) else {
            return;
        };
        self.ages.remove(&stream.serial);
        self.deadlines.remove(&(stream.deadline, stream.serial));
        self.ledger
            .change(key.0.ip(), stream.serial, stream.cost, 0);
    }
}

/// Who sends the segment, by its ports.
fn speaker(segment: &Segment<'_>, ports: &Ports) -> Speaker {
    let [from, to] =
        [segment.flow.source, segment.flow.destination].map(|end| ports.contains(end.port()));
    match (from, to) {
        (true, false) => Speaker::Server,
        (false, true) => Speaker::Client,
        (true, true) | (false, false) => Speaker::Either,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::FrameNumber;
    use crate::packet::counters::Counters;
    use crate::packet::{Flow, Payload, Piece, Reassembly, Transport, Vlan};
    use proptest::prelude::*;

    /// A response with this identifier, its length before it.
    fn message(identifier: u16, extra: usize, kind: u8) -> Vec<u8> {
        let mut body = identifier.to_be_bytes().to_vec();
        body.extend([0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, b'a', 0, 0, kind, 0, 1]);
        body.resize(body.len() + extra, 0xff);
        [&u16::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
    }

    fn segment(sequence: u32, octets: &[u8]) -> Segment<'_> {
        Segment {
            flow: Flow {
                source: "192.0.2.1:53".parse().unwrap(),
                destination: "192.0.2.2:4000".parse().unwrap(),
                transport: Transport::Tcp,
            },
            vlan: Vlan::EMPTY,
            sequence,
            is_syn: false,
            is_fin: false,
            is_reset: false,
            wire_octets: u32::try_from(octets.len()).unwrap(),
            octets,
        }
    }

    fn syn(sequence: u32) -> Segment<'static> {
        Segment {
            is_syn: true,
            ..segment(sequence, &[])
        }
    }

    fn fin(sequence: u32) -> Segment<'static> {
        Segment {
            is_fin: true,
            ..segment(sequence, &[])
        }
    }

    /// Feeds segments, one a millisecond, and ends.
    fn run(segments: &[Segment<'_>]) -> (Vec<Payload>, Counters) {
        let mut reassembly = Reassembly::new(Ports::default());
        let mut out = Vec::new();
        for (number, segment) in (1..).zip(segments) {
            let time = Timestamp::from_nanos(number * 1_000_000);
            let frame = FrameNumber::new(u64::try_from(number).unwrap());
            reassembly.accept(&Piece::Segment(*segment), frame, time, &mut out);
        }
        reassembly.finish(&mut out);
        (out, *reassembly.counters())
    }

    /// Identifier, frame, and whether it is incomplete.
    fn brief(payloads: &[Payload]) -> Vec<(u16, u64, bool)> {
        let identifier = |p: &Payload| u16::from_be_bytes([p.octets[0], p.octets[1]]);
        payloads
            .iter()
            .map(|p| (identifier(p), p.frame.value(), p.is_incomplete))
            .collect()
    }

    #[test]
    fn messages_come_one_or_many_a_segment_or_over_many() {
        let stream = [message(1, 0, 1), message(2, 90, 1), message(3, 0, 1)].concat();
        let cut = |ends: &[usize]| -> Vec<(u16, u64, bool)> {
            let mut segments = vec![syn(99)];
            for pair in ends.windows(2) {
                let sequence = 100 + u32::try_from(pair[0]).unwrap();
                segments.push(segment(sequence, &stream[pair[0]..pair[1]]));
            }
            brief(&run(&segments).0)
        };
        let all = stream.len();
        assert_eq!(
            cut(&[0, all]),
            [(1, 2, false), (2, 2, false), (3, 2, false)]
        );
        assert_eq!(
            cut(&[0, 1, 21, all]),
            [(1, 3, false), (2, 4, false), (3, 4, false)]
        );
        assert_eq!(
            cut(&[0, 40, 80, 100, all]),
            [(1, 2, false), (2, 5, false), (3, 5, false)]
        );
    }

    #[test]
    fn order_repeats_and_the_wrap_do_not_matter() {
        let [a, b] = [message(1, 30, 1), message(2, 30, 1)];
        let start = u32::MAX - 20;
        let second = start
            .wrapping_add(1)
            .wrapping_add(u32::try_from(a.len()).unwrap());
        let [a, b] = [segment(start.wrapping_add(1), &a), segment(second, &b)];
        let (out, counters) = run(&[syn(start), b, a, a, b]);
        // A message that waited for another was complete before it.
        assert_eq!(brief(&out), [(1, 3, false), (2, 2, false)]);
        assert_eq!((counters.segments_repeated, counters.stream_gaps), (2, 0));
    }

    #[test]
    fn copies_behind_the_end_give_nothing_again() {
        let a = message(1, 0, 1);
        let first = segment(100, &a);
        let end = fin(100 + u32::try_from(a.len()).unwrap());
        let (out, _) = run(&[syn(99), first, end, first, end]);
        assert_eq!(out.len(), 1);
    }

    #[test]
    fn of_two_octets_for_one_place_the_first_counts_and_the_message_is_incomplete() {
        let whole = message(1, 40, 1);
        let forged = message(1, 39, 1);
        let (out, counters) = run(&[
            syn(99),
            segment(100, &whole[..30]),
            segment(100, &forged),
            segment(130, &whole[30..]),
        ]);
        assert_eq!(counters.segments_conflicting, 1);
        assert_eq!(brief(&out), [(1, 4, true)]);
        let (out, _) = run(&[
            syn(99),
            segment(130, &whole[30..]),
            segment(130, &[0; 29]),
            segment(100, &whole[..30]),
        ]);
        assert_eq!(
            (&out[0].octets, out[0].is_incomplete),
            (&whole[2..].to_vec(), true)
        );
    }

    #[test]
    fn a_keep_alive_contests_nothing() {
        let a = message(1, 40, 1);
        let probe = segment(129, &[0]);
        let (out, _) = run(&[
            syn(99),
            segment(100, &a[..30]),
            probe,
            segment(130, &a[30..]),
        ]);
        assert_eq!(brief(&out), [(1, 4, false)]);
    }

    #[test]
    fn a_stream_is_picked_up_where_a_message_starts() {
        let [a, b] = [message(1, 40, 1), message(2, 0, 1)];
        let rest = 100 + u32::try_from(a.len()).unwrap();
        let (out, counters) = run(&[segment(120, &a[20..]), segment(rest, &b)]);
        assert_eq!(brief(&out), [(2, 2, false)]);
        assert_eq!(counters.messages_too_short, 0);
        let (out, _) = run(&[
            segment(rest, &b),
            segment(100, b"not DNS at all, though of a DNS port"),
        ]);
        assert_eq!(brief(&out), [(2, 1, false)]);
    }

    #[test]
    fn a_length_may_stand_in_a_segment_of_its_own() {
        let a = message(1, 0, 1);
        let parts = [segment(100, &a[..2]), segment(102, &a[2..])];
        assert_eq!(brief(&run(&parts).0), [(1, 2, false)]);
        let (out, _) = run(&[syn(9), parts[1], parts[0]]);
        assert_eq!(
            brief(&out),
            [(1, 3, false)],
            "behind a gap, in the wrong order"
        );
    }

    #[test]
    fn what_is_not_dns_gives_nothing_without_its_start() {
        let text = b"HTTP/1.1 200 OK\r\nServer: port 53, why not\r\n\r\n";
        assert!(run(&[segment(1, text), segment(1 + 46, text)]).0.is_empty());
    }

    #[test]
    fn a_gap_costs_only_the_message_that_it_hits() {
        let whole = [message(1, 200, 1), message(2, 50, 1), message(3, 0, 1)].concat();
        let at =
            |low: usize, high: usize| segment(100 + u32::try_from(low).unwrap(), &whole[low..high]);
        let table = [
            (
                "inside a message",
                vec![syn(99), at(0, 50), at(100, 300), at(300, whole.len())],
                vec![2, 3],
                1,
            ),
            (
                "over its end",
                vec![syn(99), at(0, 50), at(292, whole.len())],
                vec![3],
                1,
            ),
            (
                "at the start",
                vec![syn(99), at(50, 221), at(221, whole.len())],
                vec![2, 3],
                0,
            ),
            ("at the end", vec![syn(99), at(0, 250)], vec![1], 1),
            (
                "nowhere to go on",
                vec![syn(99), at(0, 50), at(230, 292)],
                vec![],
                1,
            ),
        ];
        for (what, segments, expected, lost) in table {
            let (out, counters) = run(&segments);
            let seen: Vec<_> = brief(&out)
                .into_iter()
                .map(|(identifier, ..)| identifier)
                .collect();
            assert_eq!(seen, expected, "{what}");
            assert_eq!(counters.messages_lost, lost, "{what}");
            assert!(out.iter().all(|payload| !payload.is_incomplete), "{what}");
        }
    }

    #[test]
    fn a_missing_segment_is_waited_for_some_seconds() {
        let whole = [message(1, 200, 1), message(2, 0, 1)].concat();
        for (delay, expected) in [(4, vec![1, 2]), (6, vec![2])] {
            let mut reassembly = Reassembly::new(Ports::default());
            let mut out = Vec::new();
            let pieces = [
                (0, syn(99)),
                (0, segment(100, &whole[..50])),
                (0, segment(200, &whole[100..])),
                (delay, segment(150, &whole[50..100])),
            ];
            for (second, piece) in pieces {
                let piece = Piece::Segment(piece);
                reassembly.accept(
                    &piece,
                    FrameNumber::new(1),
                    Timestamp::new(second, 0),
                    &mut out,
                );
            }
            let seen: Vec<_> = brief(&out)
                .into_iter()
                .map(|(identifier, ..)| identifier)
                .collect();
            assert_eq!(seen, expected, "after {delay} s");
        }
    }

    #[test]
    fn a_gap_may_be_given_up_in_a_stream_that_has_closed() {
        let a = message(1, 0, 1);
        let mut reassembly = Reassembly::new(Ports::default());
        let mut out = Vec::new();
        let pieces = [
            (0, syn(99)),
            (0, segment(150, b"behind a gap")),
            (0, fin(162)),
            (60, segment(100, &a)),
        ];
        for (second, piece) in pieces {
            let piece = Piece::Segment(piece);
            reassembly.accept(
                &piece,
                FrameNumber::new(1),
                Timestamp::new(second, 0),
                &mut out,
            );
        }
        assert_eq!(
            brief(&out),
            [(1, 1, false)],
            "picked up as another connection"
        );
    }

    #[test]
    fn a_new_connection_between_the_same_ports_starts_anew() {
        let [a, b] = [message(1, 0, 1), message(2, 0, 1)];
        let (out, counters) = run(&[syn(99), segment(100, &a[..9]), syn(5000), segment(5001, &b)]);
        assert_eq!(
            (brief(&out), counters.messages_lost),
            (vec![(2, 4, false)], 1)
        );
        let (out, _) = run(&[syn(99), segment(100, &a), segment(3_000_000_000, &b)]);
        assert_eq!(
            brief(&out),
            [(1, 2, false), (2, 3, false)],
            "its start was not seen"
        );
    }

    #[test]
    fn a_reset_out_of_place_is_ignored() {
        let a = message(1, 0, 1);
        let reset = Segment {
            is_reset: true,
            ..segment(3_000_000_000, &[])
        };
        let (out, _) = run(&[syn(99), segment(100, &a[..9]), reset, segment(109, &a[9..])]);
        assert_eq!(brief(&out), [(1, 4, false)]);
    }

    #[test]
    fn zone_transfers_are_left_out_other_messages_are_not() {
        let continued = message(1, 20, 6);
        let whole = [message(1, 0, 252), continued, message(2, 0, 6)].concat();
        let (out, counters) = run(&[syn(99), segment(100, &whole)]);
        assert_eq!(
            (brief(&out), counters.transfer_messages),
            (vec![(2, 2, false)], 2)
        );
    }

    #[test]
    fn a_flood_of_streams_costs_its_sender_not_others() {
        let a = message(1, 0, 1);
        let mut segments = vec![syn(99)];
        for port in 1..40_000 {
            let mut flood = syn(99);
            flood.flow.source = format!("198.51.100.7:{port}").parse().unwrap();
            flood.flow.destination.set_port(53);
            segments.push(flood);
        }
        segments.push(segment(100, &a));
        let (out, counters) = run(&segments);
        assert_eq!(out.len(), 1);
        assert!(counters.streams_evicted > 1000, "{counters:?}");
    }

    proptest! {
            #[test]
            fn a_stream_cut_anywhere_gives_the_same_payloads(
                extras in prop::collection::vec(0_usize..300, 1..6),
                cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
                swaps in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
                repeats in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40), 0..5),
                start: u32,
            ) {
                let messages: Vec<_> = (1..).zip(&extras).map(|(id, extra)| message(id, *extra, 1)).collect();
                let stream = messages.concat();
                let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
                ends.extend([0, stream.len()]);
                ends.sort_unstable();
                ends.dedup();
                let mut parts: Vec<_> = ends.windows(2).map(|pair| (pair[0], pair[1])).collect();
                for swap in swaps {
                    let place = swap.index(parts.len());
                    let other = (place + 2).min(parts.len() - 1);
                    parts.swap(place, other);
                }
                for (repeat, longer) in repeats {
                    let (low, high) = *repeat.get(&parts);
                    let copy = (low.saturating_sub(longer), (high + longer).min(stream.len()));
                    parts.insert(repeat.index(parts.len()), copy);
                }
                let mut segments = vec![syn(start)];
                for (low, high) in parts {
                    let sequence = start.wrapping_add(1).wrapping_add(u32::try_from(low).unwrap());
                    segments.push(segment(sequence, &stream[low..high]));
                }
                let (out, counters) = run(&segments);
                let seen: Vec<_> = out.iter().map(|payload| &payload.octets[..]).collect();
                let expected: Vec<_> = messages.iter().map(|message| &message[2..]).collect();
                prop_assert_eq!(seen, expected);
                prop_assert!(out.iter().all(|payload| !payload.is_incomplete));
                prop_assert_eq!((counters.stream_gaps, counters.messages_lost), (0, 0));
            }

            #[test]
            fn any_segments_are_taken_without_panic(
                pieces in prop::collection::vec((any::<u8>(), 0_u32..300, prop::collection::vec(any::<u8>(), 0..60), 0_i64..20), 0..60),
            ) {
                let mut reassembly = Reassembly::new(Ports::default());
                let mut out = Vec::new();
                for (flags, sequence, octets, second) in pieces {
                    let mut piece = segment(sequence.wrapping_sub(150), &octets);
    piece.is_syn = flags.is_multiple_of(7);
                    piece.is_fin = flags.is_multiple_of(5);
                    piece.is_reset = flags.is_multiple_of(11);
                    let piece = Piece::Segment(piece);
                    reassembly.accept(&piece, FrameNumber::new(1), Timestamp::new(second, 0), &mut out);
                }
                reassembly.finish(&mut out);
            }
        }
}
