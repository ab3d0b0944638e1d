//! Which zones of the portfolio pass at all, and whether they are signed.

use super::signed::Signed;
use crate::chain::{Fact, Shown};
use crate::exchange::Exchange;
use crate::message::{Name, Question, Rtype};
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Sights closer together than this are not written down anew.
const AGAIN_SECONDS: i64 = 60;

/// What was seen of a zone.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Presence {
    /// When something of it first passed.
    pub first: Option<Timestamp>,
    /// When something of it last passed.
    pub last: Option<Timestamp>,
    /// When one of its servers last signed something with a key of the zone.
    pub signed: Option<Timestamp>,
    /// Whether it has a DS set, by the proof that was signed last, and when that was signed.
    pub ds: Option<(Timestamp, bool)>,
    /// When the signature ends that one of its servers showed over its keys and that was made
    /// last.
    #[serde(default)]
    pub keys: Option<Ends>,
    /// The same of any other signature with a key of the zone.
    #[serde(default)]
    pub data: Option<Ends>,
}

/// From when until when a signature is valid; what was made later is greater.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Ends {
    /// From when on.
    pub inception: Timestamp,
    /// Until when.
    pub expiration: Timestamp,
}

impl Presence {
    /// Takes in what another source saw of the zone.
    pub fn merge(&mut self, other: Self) {
        let firsts = [self.first, other.first].into_iter().flatten();
        self.first = firsts.min();
        self.last = self.last.max(other.last);
        self.signed = self.signed.max(other.signed);
        self.ds = self.ds.max(other.ds);
        self.keys = self.keys.max(other.keys);
        self.data = self.data.max(other.data);
    }
}

/// What was seen of the zones of the portfolio and of those above them.
#[derive(Debug, Default)]
pub(super) struct Census {
    portfolio: Arc<Portfolio>,
    zones: BTreeMap<Name, Presence>,
    /// The zones that are to be written down.
    changed: BTreeSet<Name>,
}

impl Census {
    pub(super) fn new(portfolio: Arc<Portfolio>) -> Self {
        Self {
            portfolio,
            ..Self::default()
        }
    }

    /// Takes in a response to this question.
    pub(super) fn answered(&mut self, time: Timestamp, question: Option<&Question>) {
        let Some(question) = question.filter(|_| !self.portfolio.is_empty()) else {
            return;
        };
        if let Some(zone) = self.portfolio.closest(&question.name) {
            let name = zone.name.clone();
            self.see(&name, time);
        }
    }

    /// The same, of a response that was decoded.
    pub(super) fn seen(&mut self, exchange: &Exchange) {
        let message = &exchange.message;
        self.answered(message.time, message.question.as_ref());
        if self.portfolio.is_empty() || !exchange.is_first_hand() {
            return;
        }
        let signatures = message.rrsets().flat_map(|set| &set.signatures);
        let signers: BTreeSet<&Name> = signatures.map(|signature| &signature.signer).collect();
        for signer in signers {
            if self.portfolio.zone(signer).is_some() {
                let presence = self.see(signer, message.time);
                presence.signed = presence.signed.max(Some(message.time));
            }
        }
    }

    /// Takes in a signature that verified. What a cache hands out may have been made anew long ago,
    /// and tells nothing.
    pub(super) fn signed(&mut self, signed: &Signed<'_>) {
        let zone = &signed.by.signer;
        if !signed.is_fresh() || self.portfolio.zone(zone).is_none() {
            return;
        }
        let ends = Some(Ends {
            inception: signed.by.inception,
            expiration: signed.by.expiration,
        });
        let presence = self.see(zone, signed.time());
        let known = if signed.is_over_keys() {
            &mut presence.keys
        } else {
            &mut presence.data
        };
        if ends > *known {
            *known = ends;
            self.changed.insert(zone.clone());
        }
    }

    /// Takes in what was verified.
    pub(super) fn learnt(&mut self, fact: &Fact) {
        let has_ds = match &fact.shown {
            Shown::Ds(rrset) if rrset.rtype == Rtype::DS => true,
            Shown::NoDs { .. } => false,
            Shown::Ds(_)
            | Shown::Keys(_)
            | Shown::UnprovenKeys(_)
            | Shown::Announcement(_)
            | Shown::Signal(_)
            | Shown::Anchors(_) => return,
        };
        if !self.portfolio.is_at_or_above(&fact.zone) {
            return;
        }
        let Some(by) = &fact.signed_by else { return };
        let presence = self.see(&fact.zone, fact.exchange.message.time);
        let ds = presence.ds.max(Some((by.inception, has_ds)));
        if ds != presence.ds {
            presence.ds = ds;
            self.changed.insert(fact.zone.clone());
        }
    }

    /// Takes up the portfolio of now.
    pub(super) fn reload(&mut self, portfolio: Arc<Portfolio>) {
        self.portfolio = portfolio;
        let portfolio = &self.portfolio;
        self.zones.retain(|zone, _| portfolio.is_at_or_above(zone));
        self.changed.retain(|zone| portfolio.is_at_or_above(zone));
    }

    /// Takes up what an earlier run saw.
    pub(super) fn resume(&mut self, zone: &Name, presence: Presence) {
        if self.portfolio.is_at_or_above(zone) {
            self.zones.entry(zone.clone()).or_default().merge(presence);
        }
    }

    /// What is to be written down since this was last asked.
    pub(super) fn take_changed(&mut self) -> Vec<(Name, Presence)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let known = changed.map(|zone| (self.zones.get(&zone).copied().unwrap_or_default(), zone));
        known.map(|(presence, zone)| (zone, presence)).collect()
    }

    /// All that was seen.
    pub(super) fn all(&self) -> &BTreeMap<Name, Presence> {
        &self.zones
    }

    fn see(&mut self, zone: &Name, time: Timestamp) -> &mut Presence {
        if !self.zones.contains_key(zone) {
            self.changed.insert(zone.clone());
        }
        let presence = self.zones.entry(zone.clone()).or_default();
        presence.first.get_or_insert(time);
        let before = presence.last;
        if before.is_none_or(|before| time.seconds_since(before) >= AGAIN_SECONDS) {
            self.changed.insert(zone.clone());
        }
        presence.last = before.max(Some(time));
        presence
    }
}
