//! One direction of a TCP connection.

use super::counters::Counters;
use super::framing::{self, HEADER, Speaker};
use super::spans::{Overlap, Spans, length};
use super::unfinished::{About, Unfinished};
use super::{Flow, Origin, Payload, Segment};
use crate::time::Timestamp;

/// Octets of memory that a direction takes beside those of the stream.
const DIRECTION_COST: usize = 512;
/// Octets of memory that a direction may take in all.
const MOST_OCTETS: usize = 128 * 1024;
/// Octets that are kept while no message start is known.
const SEARCH_OCTETS: usize = 16 * 1024;
/// How far from what was seen last a segment may lie to be of the same connection.
const NEAR: u64 = 1024 * 1024;
/// Seconds to wait for a missing segment: some retransmissions (RFC 6298 §2).
const GAP_SECONDS: i64 = 5;
/// Seconds without traffic after which a connection is forgotten.
const IDLE_SECONDS: i64 = 120;
/// Seconds for which a closed connection is remembered, to tell late copies of its segments.
const CLOSED_SECONDS: i64 = 10;
/// One round of sequence numbers.
const ROUND: u64 = 1 << 32;

/// What one side says, put in order and cut into messages.
///
/// Places are sequence numbers that do not wrap: their low 32 bits are those of the segment.
#[derive(Debug)]
pub(super) struct Direction {
    flow: Flow,
    speaker: Speaker,
    phase: Phase,
    /// Where the segment before started.
    last_place: u64,
    last_time: Timestamp,
    /// What lies behind a gap; while searching, all.
    pending: Spans<Origin>,
    gap_since: Option<Timestamp>,
    syn: Option<u32>,
    fin: Option<u64>,
    is_reset: bool,
    /// The identifier of a zone transfer.
    transfer: Option<u16>,
}

/// Whether it is known where messages start.
#[derive(Debug)]
enum Phase {
    /// Not known; what lies before this place is done with.
    Searching(u64),
    /// Known: a message starts where `unfinished` does.
    Aligned(Unfinished),
}

impl Direction {
    /// A direction, seen first with this segment.
    pub(super) fn new(segment: &Segment<'_>, speaker: Speaker, now: Timestamp) -> Self {
        Self {
            flow: segment.flow,
            speaker,
            phase: Phase::Searching(0),
            last_place: ROUND + u64::from(segment.sequence),
            last_time: now,
            pending: Spans::new(),
            gap_since: None,
            syn: None,
            fin: None,
            is_reset: false,
            transfer: None,
        }
    }

    /// Whether the segment can be of this connection, not of another between the same ports.
    pub(super) fn is_of_this_connection(&self, segment: &Segment<'_>) -> bool {
        let place = self.place(segment.sequence);
        let is_start = match self.syn {
            Some(syn) => !segment.is_syn || syn == segment.sequence,
            // A start that lies behind what was seen is another connection's.
            None => !segment.is_syn || place <= self.last_place,
        };
        is_start && place.abs_diff(self.last_place) <= NEAR
    }

    /// Takes a segment in and gives the messages that it completes.
    pub(super) fn take(&mut self, segment: &Segment<'_>, origin: Origin, out: &mut Out<'_>) {
        self.last_time = origin.now;
        self.is_reset |= segment.is_reset;
        let mut start = self.place(segment.sequence);
        self.last_place = start;
        if segment.is_syn {
            start += 1;
            self.open(segment.sequence, start, out);
        }
        if segment.is_fin {
            self.fin = Some(start + u64::from(segment.wire_octets));
        }
        if !segment.octets.is_empty() && !segment.is_reset {
            self.insert(start, segment.octets, origin, out);
        }
        while self.cost() > MOST_OCTETS && !self.pending.is_empty() {
            self.give_up_gap(out);
        }
    }

    /// Octets of memory that it takes.
    pub(super) fn cost(&self) -> usize {
        let unfinished = match &self.phase {
            Phase::Searching(_) => 0,
            Phase::Aligned(unfinished) => unfinished.len(),
        };
        DIRECTION_COST + unfinished + self.pending.cost()
    }

    /// When something is due even if no segment comes.
    pub(super) fn deadline(&self) -> Timestamp {
        let end = self.end();
        self.gap_since
            .map_or(end, |since| since.plus_seconds(GAP_SECONDS).min(end))
    }

    /// Does what is due at `now`; true if the direction has ended.
    pub(super) fn lapse(&mut self, now: Timestamp, out: &mut Out<'_>) -> bool {
        while self
            .gap_since
            .is_some_and(|since| since.plus_seconds(GAP_SECONDS) < now)
        {
            self.give_up_gap(out);
        }
        let is_over = self.end() < now;
        if is_over {
            self.finish(out);
        }
        is_over
    }

    /// Gives what can be given although octets are missing, and counts what cannot.
    pub(super) fn finish(&mut self, out: &mut Out<'_>) {
        while matches!(self.phase, Phase::Aligned(_)) && !self.pending.is_empty() {
            self.give_up_gap(out);
        }
        if let Phase::Aligned(unfinished) = &mut self.phase {
            out.counters.messages_lost += u64::from(unfinished.abandon());
        }
    }

    /// Whether all that was said is done with.
    pub(super) fn is_closed(&self) -> bool {
        let is_finished = match &self.phase {
            Phase::Searching(_) => self.fin.is_some(),
            Phase::Aligned(unfinished) => self.fin.is_some_and(|fin| fin <= unfinished.next()),
        };
        is_finished || self.is_reset
    }

    /// When it is to be forgotten.
    fn end(&self) -> Timestamp {
        let seconds = if self.is_closed() {
            CLOSED_SECONDS
        } else {
            IDLE_SECONDS
        };
        self.last_time.plus_seconds(seconds)
    }

    /// The place of a sequence number, nearest to what was seen last.
    fn place(&self, sequence: u32) -> u64 {
        let low = u32::try_from(self.last_place % ROUND).unwrap_or_default();
        let distance = sequence.wrapping_sub(low).cast_signed();
        self.last_place.saturating_add_signed(i64::from(distance))
    }

    /// The connection starts here.
    fn open(&mut self, sequence: u32, start: u64, out: &mut Out<'_>) {
        let is_first = self.syn.replace(sequence).is_none();
        if is_first && matches!(self.phase, Phase::Searching(_)) {
            self.align(Unfinished::at(start, true), out);
        }
    }

    /// A message starts here; what lies before it is dropped.
    fn align(&mut self, start: Unfinished, out: &mut Out<'_>) {
        self.pending.drop_before(start.next());
        self.phase = Phase::Aligned(start);
        self.drain(out);
    }

    fn insert(&mut self, start: u64, octets: &[u8], origin: Origin, out: &mut Out<'_>) {
        let unfinished = match &mut self.phase {
            Phase::Searching(floor) => {
                let known = usize::try_from(floor.saturating_sub(start)).unwrap_or(usize::MAX);
                let fresh = octets.get(known..).unwrap_or_default();
                let start = start.max(*floor);
                return self.search_with(start, fresh, origin, out);
            }
            Phase::Aligned(unfinished) => unfinished,
        };
        let next = unfinished.next();
        // A keep-alive may hold one octet of no meaning (RFC 9293 §3.8.4).
        let is_keep_alive = start + 1 == next && octets.len() == 1;
        if start < next && !is_keep_alive && !unfinished.compare(start, octets) {
            out.counters.segments_conflicting += 1;
        }
        if start + length(octets) <= next {
            out.counters.segments_repeated += 1;
            return;
        }
        let known = usize::try_from(next.saturating_sub(start)).unwrap_or(usize::MAX);
        let fresh = octets.get(known..).unwrap_or_default();
        if start <= next && self.pending.is_empty() {
            return self.append(
                fresh,
                About {
                    origin,
                    is_contested: false,
                },
                out,
            );
        }
        match self.pending.insert(start.max(next), fresh, origin) {
            Overlap::None | Overlap::Agreeing => {}
            Overlap::Repeat => out.counters.segments_repeated += 1,
            Overlap::Conflicting => out.counters.segments_conflicting += 1,
        }
        self.drain(out);
    }

    /// Keeps a segment while no message start is known.
    fn search_with(&mut self, start: u64, octets: &[u8], origin: Origin, out: &mut Out<'_>) {
        self.pending.insert(start, octets, origin);
        self.search(out);
        while matches!(self.phase, Phase::Searching(_)) && self.pending.cost() > SEARCH_OCTETS {
            self.pending.pop_first();
        }
    }

    /// Looks for the start of a message in what is kept.
    fn search(&mut self, out: &mut Out<'_>) {
        let speaker = self.speaker;
        let start = self
            .pending
            .find(|octets| framing::looks_like_start(octets, speaker));
        if let Some(start) = start {
            self.align(Unfinished::at(start, false), out);
        }
    }

    /// Moves what has come in order from `pending` to the messages.
    fn drain(&mut self, out: &mut Out<'_>) {
        let mut has_moved = false;
        while let Phase::Aligned(unfinished) = &self.phase {
            if self.pending.first_place() != Some(unfinished.next()) {
                break;
            }
            let Some((_, span)) = self.pending.pop_first() else {
                break;
            };
            let about = About {
                origin: span.mark,
                is_contested: span.is_contested,
            };
            self.append(&span.octets, about, out);
            has_moved = true;
        }
        if self.pending.is_empty() || matches!(self.phase, Phase::Searching(_)) {
            self.gap_since = None;
        } else if has_moved || self.gap_since.is_none() {
            self.gap_since = Some(self.last_time);
        }
    }

    /// Adds octets that come next and gives the messages that are whole.
    fn append(&mut self, octets: &[u8], about: About, out: &mut Out<'_>) {
        let Phase::Aligned(unfinished) = &mut self.phase else {
            return;
        };
        let (flow, speaker, transfer) = (self.flow, self.speaker, &mut self.transfer);
        let is_on_track = unfinished.append(
            octets,
            about,
            |start| framing::looks_like_start(start, speaker),
            |message, about| give(flow, transfer, message, about, out),
        );
        if !is_on_track {
            out.counters.stream_gaps += 1;
            self.phase = Phase::Searching(unfinished.next());
        }
    }

    /// Octets are missing for good: goes on behind the message that they belong to, if its length
    /// is known and the gap lies within it; else looks for the start of another.
    fn give_up_gap(&mut self, out: &mut Out<'_>) {
        self.gap_since = None;
        let Some(first) = self.pending.first_place() else {
            return;
        };
        let Phase::Aligned(unfinished) = &mut self.phase else {
            self.pending.pop_first();
            return;
        };
        out.counters.stream_gaps += 1;
        let (end, is_sure) = (unfinished.end(), unfinished.is_sure());
        out.counters.messages_lost += u64::from(unfinished.abandon());
        if let Some(end) = end.filter(|end| first <= *end) {
            return self.align(Unfinished::at(end, is_sure), out);
        }
        self.phase = Phase::Searching(unfinished.next());
        self.search(out);
    }
}

/// Where messages go to.
pub(super) struct Out<'a> {
    pub(super) payloads: &'a mut Vec<Payload>,
    pub(super) counters: &'a mut Counters,
}

/// Gives a message, unless it is none or of a zone transfer.
fn give(flow: Flow, transfer: &mut Option<u16>, message: &[u8], about: About, out: &mut Out<'_>) {
    if message.len() < HEADER {
        out.counters.messages_too_short += 1;
        return;
    }
    *transfer = framing::transfer_identifier(message).or(*transfer);
    if transfer.is_some() && framing::identifier(message) == *transfer {
        out.counters.transfer_messages += 1;
        return;
    }
    out.payloads
        .push(about.origin.payload(flow, message, about.is_contested));
}
