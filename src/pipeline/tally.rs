//! What became of what came in.

use crate::chain::{Reason, ValidationState, Verdict};
use crate::exchange::Unchecked;
use crate::message::Malformed;
use crate::packet::{Counters, Skip};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Counts that add up: nothing that comes in is lost without a name.
///
/// Frames are skipped, parts of something larger, broken or datagrams. Messages, out of datagrams
/// and parts, are malformed, queries, copies of a mirror, unchecked, or responses that are judged.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Frames read.
    pub frames: u64,
    /// The first and the last moment of the capture.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Frames that hold no DNS, by reason.
    pub skipped: BTreeMap<Skip, u64>,
    /// Fragments and TCP segments.
    pub parts: u64,
    /// What became of them.
    pub reassembly: Counters,
    /// Frames and messages that a decoder could not stand.
    pub panicked: u64,
    /// DNS messages, out of datagrams and parts.
    pub messages: u64,
    /// Messages that are none, by reason.
    pub malformed: BTreeMap<Malformed, u64>,
    /// Queries.
    pub queries: u64,
    /// Copies of datagrams that a mirror made.
    pub mirrored: u64,
    /// Responses that are not judged, by reason.
    pub unchecked: BTreeMap<Unchecked, u64>,
    /// Responses that are judged, at the latest at the end.
    pub responses: u64,
    /// Verdicts, by state and reason.
    pub verdicts: BTreeMap<(&'static str, Option<Reason>), u64>,
    /// Incidents opened, by kind.
    pub incidents: BTreeMap<&'static str, u64>,
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
        let key = (verdict.state.name(), verdict.reason);
        *self.verdicts.entry(key).or_default() += 1;
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

/// One more of a kind.
pub(super) fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, kind: K) {
    *counts.entry(kind).or_default() += 1;
}
