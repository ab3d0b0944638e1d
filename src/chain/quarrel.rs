//! When data and a denial of one zone cannot both be right.

use super::contradiction::{About, Contradiction};
use super::fact::SignedBy;
use crate::exchange::Exchange;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Sides that follow each other within so many seconds were given at one moment: clients ask for
/// both kinds of address at once.
const MOMENT: i64 = 5;

/// Turns within a moment, and seconds from the first sight to the last, for which no change that
/// is on its way to all servers lasts.
const LASTING: (u32, i64) = (4, 600);

/// Turns for which one signing run is seen to stand by both sides.
const RUN_TURNS: u32 = 2;

/// Responses with both sides in them, and seconds between the first and the last.
const WHOLE: (u32, i64) = (2, 60);

/// Signers that set round times give many runs the same one.
const ROUND_SECONDS: i64 = 60;

/// Which side a response shows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Shown {
    Data,
    Denial,
    Both,
}

/// Data and a denial that contradicts it, from one server to one resolver.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Quarrel {
    pub(super) about: About,
    data: Inceptions,
    denial: Inceptions,
    first: Timestamp,
    last: (Shown, Timestamp),
    turns: u32,
    quick_turns: u32,
    whole: u32,
    is_told: bool,
}

/// The signatures of one side.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Inceptions {
    by: SignedBy,
    first: Timestamp,
    last: Timestamp,
}

impl Inceptions {
    fn new(by: SignedBy) -> Self {
        Self {
            first: by.inception,
            last: by.inception,
            by,
        }
    }

    fn add(&mut self, by: &SignedBy) {
        self.first = self.first.min(by.inception);
        self.last = self.last.max(by.inception);
        self.by = by.clone();
    }
}

impl Quarrel {
    /// One side was shown at `first`, the other is about to be.
    pub(super) fn new(
        about: About,
        (data, denial): (SignedBy, SignedBy),
        first: (Shown, Timestamp),
    ) -> Self {
        Self {
            about,
            data: Inceptions::new(data),
            denial: Inceptions::new(denial),
            first: first.1,
            last: first,
            turns: 0,
            quick_turns: 0,
            whole: 0,
            is_told: false,
        }
    }

    /// Whether the denial is still within its signature.
    pub(super) fn is_in_time(&self, now: Timestamp) -> bool {
        now <= self.denial.by.expiration
    }

    /// When the signature of the denial begins.
    pub(super) fn denied_since(&self) -> Timestamp {
        self.denial.last
    }

    /// A response shows a side, signed so. Gives the contradiction if it is one.
    pub(super) fn shown(
        &mut self,
        shown: Shown,
        (data, denial): (Option<&SignedBy>, Option<&SignedBy>),
        exchange: &Arc<Exchange>,
    ) -> Option<Contradiction> {
        let time = exchange.message.time;
        let (before, at) = self.last;
        if time < at {
            // It waited, and is late.
            return None;
        }
        if let Some(by) = data {
            self.data.add(by);
        }
        if let Some(by) = denial {
            self.denial.add(by);
        }
        let is_turn = before != shown && shown != Shown::Both;
        self.turns += u32::from(is_turn);
        self.quick_turns += u32::from(is_turn && time.seconds_since(at) <= MOMENT);
        self.whole += u32::from(shown == Shown::Both);
        self.last = (shown, time);
        let was_told = self.is_told;
        self.is_told |= self.is_proven();
        let is_news = !was_told || shown != Shown::Data;
        (self.is_told && is_news).then(|| self.tell(exchange, false))
    }

    /// No change of the zone explains it.
    fn is_proven(&self) -> bool {
        let span = self.last.1.seconds_since(self.first);
        let is_whole = self.whole >= WHOLE.0 && span >= WHOLE.1;
        let is_lasting = self.quick_turns >= LASTING.0 && span >= LASTING.1 && self.is_unordered();
        let is_run = self.turns >= RUN_TURNS && span >= 1 && self.is_one_run();
        is_whole || is_lasting || is_run
    }

    /// Both sides were signed in one go, so they stand in one version of the zone.
    fn is_one_run(&self) -> bool {
        let (data, denial) = (&self.data.by, &self.denial.by);
        let is_round = data.inception.seconds() % ROUND_SECONDS == 0;
        data.inception == denial.inception
            && data.expiration == denial.expiration
            && data.key_tag == denial.key_tag
            && !is_round
    }

    /// One change of the zone would have all signatures of one side begin before those of the
    /// other.
    fn is_unordered(&self) -> bool {
        self.data.first <= self.denial.last && self.denial.first <= self.data.last
    }

    /// The contradiction that is over, if it was told.
    pub(super) fn over(&self, exchange: &Arc<Exchange>) -> Option<Contradiction> {
        self.is_told.then(|| self.tell(exchange, true))
    }

    fn tell(&self, exchange: &Arc<Exchange>, is_over: bool) -> Contradiction {
        Contradiction {
            about: self.about.clone(),
            data_by: self.data.by.clone(),
            denial_by: self.denial.by.clone(),
            exchange: Arc::clone(exchange),
            is_over,
        }
    }
}
