//! What became of what came in.

use super::clock::Tick;
use crate::alert::{Counts, Frames, Kind, Loss, Severity, Stats};
use crate::chain::{Reason, ValidationState, Verdict};
use crate::exchange::Unchecked;
use crate::message::Malformed;
use crate::packet::{Counters, Skip};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Counts that add up: nothing that comes in is lost without a name.
///
/// Frames are skipped, parts of something larger, broken or datagrams. Messages, out of datagrams
/// and parts, are malformed, queries, copies, unchecked, or responses that are judged or wait.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Frames read.
    pub frames: u64,
    /// Live, what the kernel says.
    pub(super) kernel: Option<Tick>,
    /// When the run began: at the first frame, or live at once.
    pub(super) started: Option<Timestamp>,
    /// The first and the last moment of the capture.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Frames that hold no DNS, by reason.
    pub skipped: BTreeMap<Skip, u64>,
    /// Fragments and TCP segments.
    pub parts: u64,
    /// What became of them.
    pub reassembly: Counters,
    /// Frames that hold a message.
    pub datagrams: u64,
    /// Messages put together from parts.
    pub reassembled: u64,
    /// Frames and messages that a decoder could not stand.
    pub panicked: u64,
    /// The frames among them.
    pub(super) panicked_frames: u64,
    /// DNS messages, out of datagrams and parts.
    pub messages: u64,
    /// Messages that are none, by reason.
    pub malformed: BTreeMap<Malformed, u64>,
    /// Queries.
    pub queries: u64,
    /// Responses left out as copies: a mirror's, or the network's.
    pub copies: u64,
    /// Responses that are not judged, by reason.
    pub unchecked: BTreeMap<Unchecked, u64>,
    /// Responses that are judged, at the latest at the end.
    pub responses: u64,
    /// Verdicts, by state and reason.
    pub verdicts: BTreeMap<(&'static str, Option<Reason>), u64>,
    /// Lines of alerts, by kind and severity.
    pub(super) alerts: BTreeMap<(Kind, Severity), u64>,
    /// Keys of a trust anchor's zone passed, and the anchor vouches for them.
    pub has_anchor_keys: bool,
}

impl Tally {
    /// Takes note of a frame's time.
    pub(super) fn frame(&mut self, time: Timestamp) {
        self.frames += 1;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// Takes note of a verdict.
    pub(super) fn verdict(&mut self, verdict: &Verdict) {
        self.settled(verdict.state, verdict.reason);
    }

    /// Takes note of a response that is worth this.
    pub(super) fn settled(&mut self, state: ValidationState, reason: Option<Reason>) {
        *self.verdicts.entry((state.name(), reason)).or_default() += 1;
    }

    /// The figures of a stats line.
    pub(super) fn stats(&self, counts: Counts) -> Stats {
        let start = self.started.unwrap_or_else(|| self.end());
        let seconds = self.end().seconds_since(start);
        Stats {
            uptime_seconds: u64::try_from(seconds).unwrap_or_default(),
            kernel_packets: self.kernel.map_or(self.frames, |tick| tick.received),
            frames: Frames {
                read: self.frames,
                datagrams: self.datagrams,
                parts: self.parts,
                panicked: self.panicked_frames,
            },
            loss: self.loss(),
            lost_by_stage: self.lost(),
            skipped: named(&self.skipped, |skip| skip.name()),
            messages_reassembled: self.reassembled,
            messages: self.messages,
            queries: self.queries,
            copies: self.copies,
            waiting: self.responses.saturating_sub(self.verdicts.values().sum()),
            responses: STATES
                .map(|state| (state.name().to_owned(), self.of_state(state)))
                .into(),
            reasons: self.reasons(),
            unchecked: named(&self.unchecked, |unchecked| unchecked.name()),
            counts,
            history_head: None,
        }
    }

    /// The last moment, as far as there is one.
    pub(super) fn end(&self) -> Timestamp {
        let last = self.span.map(|(_, last)| last);
        let now = self.kernel.map(|tick| tick.now);
        last.max(now).unwrap_or_default()
    }

    /// What was lost before the first stage.
    pub fn loss(&self) -> Loss {
        self.kernel.map(|tick| tick.loss).unwrap_or_default()
    }

    /// Whether some response got a verdict that tells something.
    pub(super) fn has_judged(&self) -> bool {
        self.told() > 0
    }

    /// Verdicts that tell something.
    pub(super) fn told(&self) -> u64 {
        let told = [
            ValidationState::Secure,
            ValidationState::Insecure,
            ValidationState::Bogus,
        ];
        told.iter().map(|state| self.of_state(*state)).sum()
    }

    /// What was lost between frames and messages, by stage.
    pub(super) fn lost(&self) -> BTreeMap<String, u64> {
        let parts = &self.reassembly;
        let figures = [
            ("malformed", self.malformed.values().sum()),
            ("decoder_panicked", self.panicked),
            ("datagrams_timed_out", parts.datagrams_timed_out),
            ("datagrams_evicted", parts.datagrams_evicted),
            ("stream_messages", parts.messages_lost),
            ("streams_evicted", parts.streams_evicted),
        ];
        figures.map(|(name, count)| (name.to_owned(), count)).into()
    }

    /// Verdicts by reason.
    fn reasons(&self) -> BTreeMap<String, u64> {
        let mut reasons = BTreeMap::new();
        for ((_, reason), count) in &self.verdicts {
            if let Some(reason) = reason {
                *reasons.entry(reason.name().to_owned()).or_default() += count;
            }
        }
        reasons
    }

    /// Verdicts of this state.
    pub fn of_state(&self, state: ValidationState) -> u64 {
        let all = self.verdicts.iter();
        all.filter(|((name, _), _)| *name == state.name())
            .map(|(_, count)| count)
            .sum()
    }

    /// Verdicts for this reason.
    pub fn of_reason(&self, reason: Reason) -> u64 {
        let all = self.verdicts.iter();
        all.filter(|((_, known), _)| *known == Some(reason))
            .map(|(_, count)| count)
            .sum()
    }
}

/// The states, in the order in which they are told.
pub(super) const STATES: [ValidationState; 4] = [
    ValidationState::Secure,
    ValidationState::Insecure,
    ValidationState::Bogus,
    ValidationState::Indeterminate,
];

fn named<K>(counts: &BTreeMap<K, u64>, name: impl Fn(&K) -> &'static str) -> BTreeMap<String, u64> {
    let mut by_name = BTreeMap::new();
    for (kind, count) in counts {
        *by_name.entry(name(kind).to_owned()).or_default() += count;
    }
    by_name
}

/// One more of a kind.
pub(super) fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, kind: K) {
    *counts.entry(kind).or_default() += 1;
}
