//! The rules by which a DS change is expected or not (DS-1 to DS-8).

use super::announcement::Announcements;
use super::change::Rule;
use super::ds::DsSet;
use super::judgement::Judgement;
use super::keys::{KeyList, Lineage};
use super::open::OpenDs;
use super::servers::{Move, Servers};
use super::sole::SoleSigners;
use super::timeline::Timeline;
use crate::message::{Dnskey, Name};
use crate::portfolio;
use std::sync::Arc;

/// A change of servers this close to a DS change belongs to it: resolvers keep the NS set for
/// as long, so the two may show apart.
pub(super) const TOGETHER_SECONDS: i64 = 48 * 3600;

/// A zone that was not seen for this long may have rolled all its keys rightly meanwhile.
pub(super) const UNSEEN_SECONDS: i64 = 7 * 86_400;

/// All that a judgement rests on.
#[derive(Clone, Debug)]
pub(super) struct Case<'a> {
    pub(super) zone: &'a Name,
    pub(super) open: &'a OpenDs,
    /// The keys of the old chain.
    pub(super) lineage: &'a Lineage,
    /// The DNSKEY RRsets.
    pub(super) keys: &'a Timeline<KeyList>,
    /// The keys that sign the current DNSKEY RRset.
    pub(super) signers: &'a [Arc<Dnskey>],
    pub(super) announcements: &'a Announcements,
    /// Which signals announce a first DS set.
    pub(super) signalled: Option<String>,
    pub(super) servers: &'a Servers,
    /// The keys that alone sign data, by server.
    pub(super) sole: &'a SoleSigners,
    /// What the portfolio says of the zone.
    pub(super) declared: Option<&'a portfolio::Zone>,
}

impl Case<'_> {
    /// Judges by what is known; nothing if that does not settle it and there is still time.
    pub(super) fn judge(&self, is_last: bool) -> Option<Judgement> {
        if let Some(judgement) = self.same().or_else(|| self.planned()) {
            return Some(judgement);
        }
        if self.open.before.is_empty() {
            return Some(self.signed());
        }
        if let Some(judgement) = self.announced() {
            return Some(judgement);
        }
        if self.open.after.is_empty() {
            return Some(self.withdrawn());
        }
        self.continuous()
            .map(|why| self.with_algorithms(why))
            .or_else(|| self.contradicted())
            .or_else(|| is_last.then(|| self.last_word()))
    }

    /// The change of servers that came together with the change.
    pub(super) fn moved(&self) -> Option<&Move> {
        self.servers.stranger().filter(|moved| {
            let apart = moved.time.seconds_since(self.open.time);
            apart.abs() <= TOGETHER_SECONDS
        })
    }

    pub(super) fn move_text(&self, moved: &Move) -> String {
        let what = if moved.before == moved.after {
            "addresses of its servers"
        } else {
            "NS set"
        };
        let now = moved.leads_to();
        match moved.time.seconds_since(self.open.time) {
            0 => format!("the parent's {what} changed at the same time ({now})"),
            late @ 1.. => format!("the parent's {what} changed {late} s later ({now})"),
            early => format!("the parent's {what} changed {} s before ({now})", -early),
        }
    }

    /// DS-1: every record of either set digests a key that the DNSKEY RRset shows, and the keys
    /// are the same. A key tag alone can be forged to fit.
    fn same(&self) -> Option<Judgement> {
        let OpenDs { before, after, .. } = self.open;
        let is_known = |set: &DsSet| {
            let mut records = set.records().iter();
            !set.is_empty() && records.all(|ds| self.lineage.knows(self.zone, ds))
        };
        let named = |set| self.lineage.named_by(self.zone, set);
        (is_known(before) && is_known(after) && named(before) == named(after)).then(|| {
            let why = format!(
                "the DNSKEY RRset shows that the keys stay the same ({}): only their digests changed",
                after.tags()
            );
            Judgement::expected(Rule::Same, why)
        })
    }

    /// DS-3: the zone asked for it, signed by a key of its old chain (RFC 7344 §4.1).
    fn announced(&self) -> Option<Judgement> {
        let OpenDs {
            after, inception, ..
        } = self.open;
        let why = self.announcements.of(self.zone, after, *inception)?;
        Some(Judgement::expected(Rule::Announced, why))
    }

    /// A zone that had no DS gets one. There is no old chain that could vouch for it, only the
    /// operators of its servers (RFC 9615 §4.2).
    fn signed(&self) -> Judgement {
        if let Some(why) = self.signalled.clone() {
            return Judgement::expected(Rule::Announced, why);
        }
        let mut why = format!(
            "the zone was proven to have no DS until {}; nothing can vouch for the first keys ({})",
            self.open.before_seen,
            self.open.after.tags()
        );
        if let Some(moved) = self.moved() {
            why = format!("{why}, and {}", self.move_text(moved));
        }
        Judgement::unexpected(None, why)
    }

    /// DS-6, or DS-7 if the servers changed with it.
    fn withdrawn(&self) -> Judgement {
        let OpenDs {
            time, held_until, ..
        } = self.open;
        let span = if self.open.is_opt_out {
            " (by an opt-out span)"
        } else {
            ""
        };
        let proven = format!(
            "the parent proves that there is no DS any more{span}, and no CDS or CDNSKEY set asked \
             for that"
        );
        // An owner who leaves DNSSEC before moving waits for the caches; a thief does not. Where
        // the old servers were seen after the DS left, the two did not happen together.
        let is_together = |moved: &&Move| {
            moved.time <= *time || moved.before_seen < *time || moved.time <= *held_until
        };
        match self.moved().filter(is_together) {
            Some(moved) if self.unseen_days().is_none() => {
                Judgement::hijack(format!("{proven}; {}", self.move_text(moved)))
            }
            Some(_) | None => Judgement::unexpected(
                Some(Rule::Withdrawn),
                format!("{proven}; nothing else changed with it"),
            ),
        }
    }

    /// For how many days the zone had not passed, if a whole rollover fits in.
    pub(super) fn unseen_days(&self) -> Option<i64> {
        let unseen = self.open.time.seconds_since(self.open.before_seen);
        (unseen > UNSEEN_SECONDS).then_some(unseen / 86_400)
    }
}
