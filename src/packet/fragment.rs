//! IP fragments, put together.

use super::counters::Counters;
use super::ledger::Ledger;
use super::spans::{Overlap, Spans};
use super::{Fragment, FragmentOverlap, Origin, Ports, Vlan, network};
use crate::time::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;

/// Seconds that a datagram may take, from its first fragment (RFC 791 §3.2 asks for 15 at least).
const PATIENCE_SECONDS: i64 = 30;
/// Seconds for which a datagram is remembered, to tell late copies from new fragments.
const MEMORY_SECONDS: i64 = 1;
/// Fragments that a datagram may have: one of 65535 octets has 53 at an MTU of 1280.
const PIECES: usize = 64;
/// Octets of memory that all fragments may take.
const TOTAL_OCTETS: usize = 4 * 1024 * 1024;
/// Octets of memory that a datagram takes beside its fragments.
const DATAGRAM_COST: usize = 256;
/// Findings about overlaps that wait to be taken.
const OVERLAPS: usize = 1024;

/// The datagrams whose fragments are coming in.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    datagrams: HashMap<Key, Gathering>,
    /// In the order of their first fragments.
    ages: BTreeMap<u64, Key>,
    /// Datagrams that were given, and when.
    given: VecDeque<(Timestamp, u64)>,
    ledger: Ledger,
    next_serial: u64,
    overlaps: Vec<FragmentOverlap>,
}

/// What the fragments of one datagram have in common (RFC 791 §3.2, RFC 8200 §4.5).
///
/// VLAN tags are left out: a mirror shows the same fragment with several.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    /// IPv4 only.
    protocol: u8,
}

/// One datagram.
#[derive(Debug)]
struct Gathering {
    serial: u64,
    started: Timestamp,
    cost: usize,
    has_overlap: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Some fragments are missing.
    Open(Parts),
    /// It was given.
    Given { octets: Vec<u8>, is_cut: bool },
    /// It is none of ours.
    Ignored,
}

#[derive(Debug)]
struct Parts {
    spans: Spans<()>,
    /// Octets in all, once the last fragment is here.
    end: Option<u64>,
    /// What the first fragment says; it alone counts.
    first: Option<(u8, Vlan)>,
    /// From where on octets are missing because a frame was cut.
    cut_at: Option<u64>,
}

/// A datagram that is whole.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) octets: &'a [u8],
    pub(super) protocol: u8,
    pub(super) vlan: Vlan,
    /// Frames were cut, or fragments overlap.
    pub(super) is_incomplete: bool,
}

impl Fragments {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.datagrams.len()
    }

    /// Octets that they cost.
    pub(super) const fn octets(&self) -> usize {
        self.ledger.octets()
    }

    /// Takes a fragment; gives the datagram that it completes.
    pub(super) fn accept(
        &mut self,
        fragment: &Fragment<'_>,
        origin: &Origin,
        ports: &Ports,
        counters: &mut Counters,
    ) -> Option<Whole<'_>> {
        counters.fragments += 1;
        let key = Key::of(fragment);
        if !self.datagrams.contains_key(&key) {
            self.open(key, origin.now);
        }
        let gathering = self.datagrams.get_mut(&key)?;
        let had_overlap = gathering.has_overlap;
        let is_complete = gathering.take(fragment, ports, counters);
        if gathering.has_overlap && !had_overlap {
            counters.fragment_overlaps += 1;
            if self.overlaps.len() < OVERLAPS {
                self.overlaps.push(FragmentOverlap::new(fragment, origin));
            }
        }
        let whole = if is_complete {
            gathering.complete()
        } else {
            None
        };
        let (serial, before, after) = (gathering.serial, gathering.cost, gathering.cost_now());
        gathering.cost = after;
        self.ledger.change(key.source, serial, before, after);
        if whole.is_some() {
            counters.datagrams_reassembled += 1;
            self.given.push_back((origin.now, serial));
        }
        self.evict(serial, counters);
        let (protocol, vlan, is_incomplete) = whole?;
        match &self.datagrams.get(&key)?.state {
            State::Given { octets, .. } => Some(Whole {
                octets,
                protocol,
                vlan,
                is_incomplete,
            }),
            State::Open(_) | State::Ignored => None,
        }
    }

    /// Gives up what is too old at `now`.
    pub(super) fn expire(&mut self, now: Timestamp, counters: &mut Counters) {
        while let Some((given, serial)) = self.given.front().copied() {
            if now <= given.plus_seconds(MEMORY_SECONDS) {
                break;
            }
            self.given.pop_front();
            self.remove(serial);
        }
        while let Some((serial, key)) = self.ages.first_key_value().map(|(s, k)| (*s, *k)) {
            let started = self
                .datagrams
                .get(&key)
                .map_or(Timestamp::default(), |g| g.started);
            if now <= started.plus_seconds(PATIENCE_SECONDS) {
                break;
            }
            if let Some(Gathering {
                state: State::Open(_),
                ..
            }) = self.remove(serial)
            {
                counters.datagrams_timed_out += 1;
            }
        }
    }

    /// Gives up all that is left at the end of the input.
    pub(super) fn finish(&mut self, counters: &mut Counters) {
        self.expire(Timestamp::MAX, counters);
    }

    /// The overlaps found since the last call.
    pub(super) fn take_overlaps(&mut self) -> Vec<FragmentOverlap> {
        std::mem::take(&mut self.overlaps)
    }

    fn open(&mut self, key: Key, now: Timestamp) {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.ages.insert(serial, key);
        let state = State::Open(Parts {
            spans: Spans::new(),
            end: None,
            first: None,
            cut_at: None,
        });
        let gathering = Gathering {
            serial,
            started: now,
            cost: 0,
            has_overlap: false,
            state,
        };
        self.datagrams.insert(key, gathering);
    }

    /// Makes room, at the cost of the sender that holds most; `current` is spared.
    fn evict(&mut self, current: u64, counters: &mut Counters) {
        while self.ledger.octets() > TOTAL_OCTETS {
            let Some(serial) = self.ledger.fullest().filter(|serial| *serial != current) else {
                return;
            };
            if let Some(Gathering {
                state: State::Open(_),
                ..
            }) = self.remove(serial)
            {
                counters.datagrams_evicted += 1;
            }
        }
    }

    fn remove(&mut self, serial: u64) -> Option<Gathering> {
        let key = self.ages.remove(&serial)?;
        let gathering = self.datagrams.remove(&key)?;
        self.ledger.change(key.source, serial, gathering.cost, 0);
        Some(gathering)
    }
}

impl Key {
    const fn of(fragment: &Fragment<'_>) -> Self {
        Self {
            source: fragment.source,
            destination: fragment.destination,
            identification: fragment.identification,
            protocol: if fragment.source.is_ipv4() {
                fragment.protocol
            } else {
                0
            },
        }
    }
}

impl Gathering {
    /// Puts a fragment in its place; true if none is missing any more.
    fn take(&mut self, fragment: &Fragment<'_>, ports: &Ports, counters: &mut Counters) -> bool {
        match &mut self.state {
            State::Ignored => {
                counters.fragments_other += 1;
                false
            }
            State::Given { octets, is_cut } => {
                let start = usize::try_from(fragment.offset).unwrap_or(usize::MAX);
                let place = octets.get(start..start.saturating_add(fragment.octets.len()));
                self.has_overlap |= place != Some(fragment.octets) && !*is_cut;
                counters.fragments_repeated += 1;
                false
            }
            State::Open(held) => {
                if fragment.offset == 0 && network::screen_first(fragment, ports).is_err() {
                    self.state = State::Ignored;
                    counters.fragments_other += 1;
                    return false;
                }
                match held.add(fragment) {
                    Overlap::None => {}
                    Overlap::Repeat => counters.fragments_repeated += 1,
                    // Where a frame was cut, there is nothing to compare with.
                    Overlap::Agreeing | Overlap::Conflicting => {
                        self.has_overlap |= held.cut_at.is_none();
                    }
                }
                if held.spans.len() > PIECES {
                    self.state = State::Ignored;
                    counters.datagrams_evicted += 1;
                    return false;
                }
                true
            }
        }
    }

    /// Moves on to `Given` if all fragments are here.
    fn complete(&mut self) -> Option<(u8, Vlan, bool)> {
        let State::Open(parts) = &self.state else {
            return None;
        };
        let (protocol, vlan) = parts.first?;
        let mut whole = parts.spans.whole(parts.end?)?;
        let cut_at = parts.cut_at;
        if let Some(cut_at) = cut_at {
            whole.truncate(usize::try_from(cut_at).unwrap_or_default());
        }
        self.state = State::Given {
            octets: whole,
            is_cut: cut_at.is_some(),
        };
        Some((protocol, vlan, self.has_overlap || cut_at.is_some()))
    }

    fn cost_now(&self) -> usize {
        DATAGRAM_COST
            + match &self.state {
                State::Open(parts) => parts.spans.cost(),
                State::Given { octets, .. } => octets.len(),
                State::Ignored => 0,
            }
    }
}

impl Parts {
    fn add(&mut self, fragment: &Fragment<'_>) -> Overlap {
        let start = u64::from(fragment.offset);
        let end = start + u64::from(fragment.wire_octets);
        if start == 0 && self.first.is_none() {
            self.first = Some((fragment.protocol, fragment.vlan));
        }
        let is_beyond = self
            .end
            .is_some_and(|known| end > known || (fragment.is_last && end != known));
        let is_before = fragment.is_last && end < self.spans.end();
        if is_beyond || is_before {
            return Overlap::Conflicting;
        }
        if fragment.is_last {
            self.end = Some(end);
        }
        let captured = u64::try_from(fragment.octets.len()).unwrap_or(u64::MAX);
        if start + captured >= end {
            return self.spans.insert(start, fragment.octets, ());
        }
        // What was cut off holds its place with zeros, which are never given on.
        let cut_at = start + captured;
        self.cut_at = Some(self.cut_at.map_or(cut_at, |known| known.min(cut_at)));
        let mut filled = fragment.octets.to_vec();
        filled.resize(wire(fragment), 0);
        self.spans.insert(start, &filled, ())
    }
}

/// Octets that a fragment had on the wire.
fn wire(fragment: &Fragment<'_>) -> usize {
    usize::try_from(fragment.wire_octets).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::FrameNumber;
    use crate::packet::{Payload, Piece, Reassembly};
    use proptest::prelude::*;

    /// A UDP datagram from port 53 with a right checksum (RFC 768).
    fn datagram(message: &[u8]) -> Vec<u8> {
        let builder = etherparse::PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64);
        let mut packet = Vec::new();
        builder.udp(53, 4000).write(&mut packet, message).unwrap();
        packet.split_off(20)
    }

    fn fragment(whole: &[u8], low: usize, high: usize) -> Fragment<'_> {
        Fragment {
            source: IpAddr::from([192, 0, 2, 1]),
            destination: IpAddr::from([192, 0, 2, 2]),
            identification: 7,
            protocol: 17,
            offset: u32::try_from(low).unwrap(),
            is_last: high == whole.len(),
            wire_octets: u32::try_from(high - low).unwrap(),
            octets: &whole[low..high],
            vlan: Vlan::EMPTY,
            tunnels: 0,
        }
    }

    /// Feeds fragments, one a second; gives the payloads and how often overlaps were reported.
    fn run(fragments: &[Fragment<'_>]) -> (Vec<Payload>, usize, Counters) {
        let mut reassembly = Reassembly::new(Ports::default());
        let mut out = Vec::new();
        for (number, fragment) in (1..).zip(fragments) {
            let time = Timestamp::from_nanos(number * 1_000_000);
            let frame = FrameNumber::new(u64::try_from(number).unwrap());
            reassembly.accept(&Piece::Fragment(*fragment), frame, time, &mut out);
        }
        reassembly.finish(&mut out);
        (
            out,
            reassembly.take_overlaps().len(),
            *reassembly.counters(),
        )
    }

    #[test]
    fn fragments_make_a_datagram_in_any_order() {
        let whole = datagram(&[9; 40]);
        let [a, b, c] =
            [(0, 16), (16, 24), (24, 48)].map(|(low, high)| fragment(&whole, low, high));
        for order in [[a, b, c], [c, b, a], [b, c, a]] {
            let (out, overlaps, counters) = run(&order);
            assert_eq!((out.len(), overlaps, counters.checksum_failures), (1, 0, 0));
            assert_eq!(
                (&out[0].octets[..], out[0].is_incomplete),
                (&[9; 40][..], false)
            );
            assert_eq!(out[0].frame.value(), 3, "the frame that completed it");
            assert_eq!(out[0].flow.source, "192.0.2.1:53".parse().unwrap());
        }
    }

    #[test]
    fn copies_of_fragments_are_no_overlap() {
        let whole = datagram(&[9; 40]);
        let [a, b] = [(0, 16), (16, 48)].map(|(low, high)| fragment(&whole, low, high));
        let (out, overlaps, counters) = run(&[a, a, b, b, a]);
        assert_eq!(
            (out.len(), overlaps, counters.fragments_repeated),
            (1, 0, 3)
        );
        assert_eq!(counters.datagrams_timed_out, 0, "late copies open nothing");
    }

    #[test]
    fn overlaps_make_a_datagram_incomplete_and_are_reported_once() {
        let whole = datagram(&[9; 40]);
        let other = datagram(&[8; 40]);
        let longer = datagram(&[9; 48]);
        let table = [
            (
                "agreeing",
                vec![fragment(&whole, 0, 24), fragment(&whole, 16, 48)],
                true,
            ),
            (
                "conflicting",
                vec![
                    fragment(&whole, 0, 16),
                    fragment(&other, 8, 16),
                    fragment(&whole, 16, 48),
                ],
                true,
            ),
            (
                "two ends",
                vec![
                    fragment(&whole, 16, 48),
                    fragment(&longer, 16, 56),
                    fragment(&whole, 0, 16),
                ],
                true,
            ),
            (
                "late",
                vec![
                    fragment(&whole, 0, 16),
                    fragment(&whole, 16, 48),
                    fragment(&other, 16, 48),
                ],
                false,
            ),
        ];
        for (what, fragments, is_incomplete) in table {
            let (out, overlaps, counters) = run(&fragments);
            assert_eq!((overlaps, counters.fragment_overlaps), (1, 1), "{what}");
            assert_eq!(out.len(), 1, "{what}");
            assert_eq!(
                (&out[0].octets[..], out[0].is_incomplete),
                (&[9; 40][..], is_incomplete),
                "{what}"
            );
        }
    }

    #[test]
    fn a_mix_of_two_datagrams_shows_in_the_checksum() {
        let [whole, other] = [datagram(&[9; 40]), datagram(&[8; 40])];
        let (out, _, counters) = run(&[fragment(&whole, 0, 16), fragment(&other, 16, 48)]);
        assert_eq!(
            (out[0].is_incomplete, counters.checksum_failures),
            (true, 1)
        );
    }

    #[test]
    fn a_cut_fragment_gives_what_stands_before_the_cut() {
        let whole = datagram(&[9; 40]);
        let mut first = fragment(&whole, 0, 24);
        first.octets = &whole[..20];
        let (out, overlaps, _) = run(&[first, fragment(&whole, 24, 48)]);
        assert_eq!(
            (&out[0].octets[..], out[0].is_incomplete, overlaps),
            (&[9; 12][..], true, 0)
        );
    }

    #[test]
    fn fragments_of_other_ports_are_dropped() {
        let mut whole = datagram(&[9; 40]);
        whole[1] = 99;
        let (out, _, counters) = run(&[fragment(&whole, 0, 16), fragment(&whole, 16, 48)]);
        assert_eq!(
            (
                out.len(),
                counters.fragments_other,
                counters.datagrams_timed_out
            ),
            (0, 2, 0)
        );
    }

    #[test]
    fn a_datagram_is_given_up_after_half_a_minute() {
        let whole = datagram(&[9; 40]);
        let mut reassembly = Reassembly::new(Ports::default());
        let mut out = Vec::new();
        for (second, low, high) in [(0, 0, 16), (31, 16, 48)] {
            let piece = Piece::Fragment(fragment(&whole, low, high));
            reassembly.accept(
                &piece,
                FrameNumber::new(1),
                Timestamp::new(second, 0),
                &mut out,
            );
        }
        assert_eq!(
            (out.len(), reassembly.counters().datagrams_timed_out),
            (0, 1)
        );
    }

    #[test]
    fn a_flood_of_fragments_costs_its_sender_not_others() {
        let whole = datagram(&[9; 40]);
        let flood = vec![1; 1480];
        let mut fragments = vec![fragment(&whole, 0, 16)];
        for identification in 0..4000 {
            let source = IpAddr::from([198, 51, 100, 7]);
            let piece = Fragment {
                is_last: false,
                offset: 8,
                ..fragment(&flood, 0, 1480)
            };
            fragments.push(Fragment {
                source,
                identification,
                ..piece
            });
        }
        fragments.push(fragment(&whole, 16, 48));
        let (out, _, counters) = run(&fragments);
        assert_eq!(out.len(), 1);
        assert!(counters.datagrams_evicted > 1000, "{counters:?}");
    }

    #[test]
    fn a_datagram_of_too_many_pieces_is_given_up() {
        let whole = datagram(&[9; 1000]);
        let pieces: Vec<_> = (0..whole.len() / 8)
            .map(|i| fragment(&whole, i * 8, i * 8 + 8))
            .collect();
        let (out, _, counters) = run(&pieces);
        assert_eq!((out.len(), counters.datagrams_evicted), (0, 1));
    }

    proptest! {
        #[test]
        fn a_datagram_cut_anywhere_in_any_order_is_the_same(
            message in prop::collection::vec(any::<u8>(), 1..400),
            cuts in prop::collection::vec(1_usize..50, 0..8),
            order in any::<prop::sample::Index>(),
            repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let whole = datagram(&message);
            let mut ends: Vec<_> = cuts.iter().map(|cut| cut * 8).filter(|end| *end < whole.len()).collect();
            ends.extend([0, whole.len()]);
            ends.sort_unstable();
            ends.dedup();
            let mut fragments: Vec<_> =
                ends.windows(2).map(|pair| fragment(&whole, pair[0], pair[1])).collect();
            if fragments.len() == 1 {
                return Ok(());
            }
            let middle = order.index(fragments.len());
            fragments.rotate_left(middle);
            fragments[middle / 2..].reverse();
            for repeat in repeats {
                let copy = *repeat.get(&fragments);
                fragments.insert(repeat.index(fragments.len()), copy);
            }
            let (out, overlaps, _) = run(&fragments);
            prop_assert_eq!((out.len(), overlaps), (1, 0));
            prop_assert_eq!(&out[0].octets, &message);
            prop_assert!(!out[0].is_incomplete);
        }

        #[test]
        fn any_fragments_are_taken_without_panic(
            pieces in prop::collection::vec((0_u32..40, any::<bool>(), 1_u32..90, 0_usize..90, 0_u8..3, any::<bool>()), 0..40),
        ) {
            let octets = [0x35_u8; 90];
            let mut fragments = Vec::new();
            for (offset, is_last, wire_octets, captured, protocol, is_six) in pieces {
                let protocol = [17, 6, 60][usize::from(protocol)];
                let octets = &octets[..captured.min(usize::try_from(wire_octets).unwrap())];
                let mut piece = Fragment { offset: offset * 8, is_last, wire_octets, protocol, octets, ..fragment(octets, 0, 0) };
                if is_six {
                    piece.source = "2001:db8::1".parse().unwrap();
                }
                fragments.push(piece);
            }
            run(&fragments);
        }
    }
}
