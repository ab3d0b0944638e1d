//! One direction of a TCP connection.

use super::counters::Counters;
use super::framing::{self, HEADER, PREFIX, Speaker};
use super::spans::{Overlap, Spans};
use super::{Flow, Origin, Payload, Segment};
use crate::time::Timestamp;

/// Octets of memory that a direction takes beside those of the stream.
const DIRECTION_COST: usize = 1024;
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

/// A message, its length first, that is not whole.
#[derive(Debug)]
struct Unfinished {
    octets: Vec<u8>,
    /// The place behind it, which comes next.
    next: u64,
    /// The latest frame that added to it.
    origin: Option<Origin>,
    is_contested: bool,
    /// Whether the start of the connection was seen; else it only looks as if messages start
    /// here, and each one is looked at.
    is_sure: bool,
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
            Phase::Aligned(unfinished) => unfinished.octets.len(),
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
        if self.end() < now {
            self.finish(out);
            return true;
        }
        while self.deadline() < now {
            self.give_up_gap(out);
        }
        false
    }

    /// Gives what can be given although octets are missing, and counts what cannot.
    pub(super) fn finish(&mut self, out: &mut Out<'_>) {
        while matches!(self.phase, Phase::Aligned(_)) && !self.pending.is_empty() {
            self.give_up_gap(out);
        }
        if let Phase::Aligned(unfinished) = &mut self.phase {
            out.counters.messages_lost += u64::from(!unfinished.octets.is_empty());
            unfinished.octets.clear();
        }
    }

    /// When it is to be forgotten.
    fn end(&self) -> Timestamp {
        let is_closed = match &self.phase {
            Phase::Searching(_) => self.fin.is_some(),
            Phase::Aligned(unfinished) => self.fin.is_some_and(|fin| fin <= unfinished.next),
        };
        let seconds = if is_closed || self.is_reset {
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
        self.pending.drop_before(start.next);
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
        let end = start + length(octets);
        if start < unfinished.next {
            let is_conflict = !unfinished.agrees_with(start, octets);
            unfinished.is_contested |= is_conflict;
            out.counters.segments_conflicting += u64::from(is_conflict);
        }
        if end <= unfinished.next {
            out.counters.segments_repeated += 1;
            return;
        }
        let known = usize::try_from(unfinished.next.saturating_sub(start)).unwrap_or(usize::MAX);
        let fresh = octets.get(known..).unwrap_or_default();
        if start <= unfinished.next && self.pending.is_empty() {
            self.append(fresh, origin, false, out);
            return;
        }
        match self
            .pending
            .insert(start.max(unfinished.next), fresh, origin)
        {
            Overlap::None | Overlap::Agreeing => {}
            Overlap::Repeat => out.counters.segments_repeated += 1,
            Overlap::Conflicting => out.counters.segments_conflicting += 1,
        }
        self.drain(out);
    }

    /// Looks whether a message starts with this segment.
    fn search_with(&mut self, start: u64, octets: &[u8], origin: Origin, out: &mut Out<'_>) {
        self.pending.insert(start, octets, origin);
        if framing::looks_like_start(octets, self.speaker) {
            self.align(Unfinished::at(start, false), out);
        }
        while matches!(self.phase, Phase::Searching(_)) && self.pending.cost() > SEARCH_OCTETS {
            self.pending.pop_first();
        }
    }

    /// Moves what has come in order from `pending` to the messages.
    fn drain(&mut self, out: &mut Out<'_>) {
        let mut has_moved = false;
        while let Phase::Aligned(unfinished) = &self.phase {
            if self.pending.first_place() != Some(unfinished.next) {
                break;
            }
            let Some((_, span)) = self.pending.pop_first() else {
                break;
            };
            self.append(&span.octets, span.mark, span.is_contested, out);
            has_moved = true;
        }
        if self.pending.is_empty() || matches!(self.phase, Phase::Searching(_)) {
            self.gap_since = None;
        } else if has_moved || self.gap_since.is_none() {
            self.gap_since = Some(self.last_time);
        }
    }

    /// Adds octets that come next and gives the messages that are whole.
    fn append(&mut self, octets: &[u8], origin: Origin, is_contested: bool, out: &mut Out<'_>) {
        let Phase::Aligned(unfinished) = &mut self.phase else {
            return;
        };
        let (mut about, is_sure) = (
            unfinished.add(octets, origin, is_contested),
            unfinished.is_sure,
        );
        let joined = std::mem::take(&mut unfinished.octets);
        let whole = if joined.is_empty() { octets } else { &joined };
        let mut rest = whole;
        loop {
            let is_header_here = rest.len() >= PREFIX + HEADER;
            if is_header_here && !is_sure && !framing::looks_like_start(rest, self.speaker) {
                out.counters.stream_gaps += 1;
                self.phase = Phase::Searching(unfinished.next);
                return;
            }
            let Some((message, behind)) = split_message(rest) else {
                break;
            };
            give(self.flow, &mut self.transfer, message, about, out);
            about = Completed {
                origin,
                is_contested,
            };
            rest = behind;
        }
        let given = whole.len() - rest.len();
        unfinished.origin = Some(about.origin);
        unfinished.is_contested = about.is_contested;
        unfinished.octets = if given == 0 && !joined.is_empty() {
            joined
        } else {
            rest.to_vec()
        };
    }

    /// Octets are missing for good: goes on behind the message that they belong to, if its length
    /// is known and the gap lies within it; else looks for the start of another.
    fn give_up_gap(&mut self, out: &mut Out<'_>) {
        self.gap_since = None;
        let Some(first) = self.pending.first_place() else {
            return;
        };
        let Phase::Aligned(unfinished) = &self.phase else {
            self.pending.pop_first();
            return;
        };
        out.counters.stream_gaps += 1;
        out.counters.messages_lost += u64::from(!unfinished.octets.is_empty());
        let is_sure = unfinished.is_sure;
        if let Some(end) = unfinished.message_end().filter(|end| first <= *end) {
            return self.align(Unfinished::at(end, is_sure), out);
        }
        self.phase = Phase::Searching(unfinished.next);
        let speaker = self.speaker;
        let start = self
            .pending
            .find(|octets| framing::looks_like_start(octets, speaker));
        if let Some(start) = start {
            self.align(Unfinished::at(start, false), out);
        }
    }
}

/// Where messages go to.
pub(super) struct Out<'a> {
    pub(super) payloads: &'a mut Vec<Payload>,
    pub(super) counters: &'a mut Counters,
}

/// What is known of a message beside its octets.
#[derive(Clone, Copy)]
struct Completed {
    origin: Origin,
    is_contested: bool,
}

impl Unfinished {
    const fn at(next: u64, is_sure: bool) -> Self {
        Self {
            octets: Vec::new(),
            next,
            origin: None,
            is_contested: false,
            is_sure,
        }
    }

    /// Adds octets if some are here that they join; tells of the message that they belong to.
    fn add(&mut self, octets: &[u8], origin: Origin, is_contested: bool) -> Completed {
        self.next += length(octets);
        if self.octets.is_empty() {
            return Completed {
                origin,
                is_contested,
            };
        }
        self.octets.extend_from_slice(octets);
        Completed {
            origin: self.origin.map_or(origin, |before| before.later(origin)),
            is_contested: self.is_contested || is_contested,
        }
    }

    /// Where the message ends, if its length is known.
    fn message_end(&self) -> Option<u64> {
        let prefix = self
            .octets
            .first_chunk::<PREFIX>()
            .filter(|_| !self.is_contested)?;
        let whole = length(prefix) + u64::from(u16::from_be_bytes(*prefix));
        Some(self.next - length(&self.octets) + whole)
    }

    /// Whether octets from `start` on are those that are here, as far as both go.
    fn agrees_with(&self, start: u64, octets: &[u8]) -> bool {
        let own_start = self.next - length(&self.octets);
        let [own_skip, skip] = [
            start.saturating_sub(own_start),
            own_start.saturating_sub(start),
        ]
        .map(|skip| usize::try_from(skip).unwrap_or(usize::MAX));
        let own = self.octets.get(own_skip..).unwrap_or_default();
        let other = octets.get(skip..).unwrap_or_default();
        own.iter().zip(other).all(|(own, other)| own == other)
    }
}

/// The first message and what is behind it, if the message is whole.
fn split_message(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = octets.split_first_chunk::<PREFIX>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*prefix)))
}

/// Gives a message, unless it is none or of a zone transfer.
fn give(
    flow: Flow,
    transfer: &mut Option<u16>,
    message: &[u8],
    about: Completed,
    out: &mut Out<'_>,
) {
    if message.len() < HEADER {
        out.counters.messages_too_short += 1;
        return;
    }
    *transfer = framing::transfer_identifier(message).or(*transfer);
    if transfer.is_some() && framing::identifier(message) == *transfer {
        out.counters.transfer_messages += 1;
        return;
    }
    let Completed {
        origin,
        is_contested,
    } = about;
    out.payloads
        .push(origin.payload(flow, message, is_contested));
}

fn length(octets: &[u8]) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}
