//! What is known of one zone, and how it grows.

use super::announcement::Announcements;
use super::bootstrap::Signals;
use super::change::{Change, ChangeKind, Rule};
use super::danger::Dangers;
use super::ds::DsSet;
use super::expiry::Expiry;
use super::keys::{KeyList, Lineage};
use super::link::Link;
use super::open::{OpenDs, OpenKeys, Signature, draft};
use super::premature::Steps;
use super::providers::Providers;
use super::servers::{Delegation, Referral, Servers};
use super::settle::Judged;
use super::signed::Signed;
use super::sole::SoleSigners;
use super::standing::Standing;
use super::timeline::{Place, Proof, Timeline};
use super::unpublished::Unpublished;
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name, Rrset};
use crate::portfolio;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// The longest wait for a DNSKEY fetch where the old DNSKEY RRset has left all caches already.
const FETCH_SECONDS: i64 = 3600;

/// The history of one zone. Outside of this room it can be written down and resumed, no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct History {
    pub(super) zone: Name,
    pub(super) ds: Timeline<DsSet>,
    pub(super) keys: Timeline<KeyList>,
    /// The keys that sign the current DNSKEY RRset.
    pub(super) signers: Vec<Arc<Dnskey>>,
    pub(super) lineage: Lineage,
    pub(super) announcements: Announcements,
    /// What the operators of its servers said of its first DS set.
    #[serde(default)]
    pub(super) signals: Signals,
    pub(super) servers: Servers,
    /// DS changes that wait, in the order of their first sights.
    pub(super) open: Vec<OpenDs>,
    /// A change of keys that waits for what vouches for it.
    pub(super) open_keys: Option<OpenKeys>,
    /// A change of servers that waits for a DS change that it may belong to.
    pub(super) open_move: Option<Change>,
    /// The latest judged DS changes, oldest first.
    pub(super) judged: VecDeque<Judged>,
    pub(super) link: Link,
    pub(super) steps: Steps,
    /// The premature steps that still do harm.
    #[serde(default)]
    pub(super) dangers: Dangers,
    pub(super) providers: Providers,
    /// The keys that alone sign data, by server.
    pub(super) sole: SoleSigners,
    pub(super) expiry: Expiry,
    /// The unknown key that data was last signed with.
    pub(super) unpublished: Option<Unpublished>,
    /// How the zone fares where. Files of earlier versions lack it.
    #[serde(default)]
    pub(super) standing: Standing,
    /// What the portfolio says of the zone.
    #[serde(skip)]
    pub(super) declared: Option<Arc<portfolio::Zone>>,
    /// What is in force was held against the portfolio.
    #[serde(skip)]
    pub(super) is_measured: bool,
    /// What was found and not handed out yet.
    #[serde(skip)]
    pub(super) told: Vec<Change>,
}

impl History {
    /// Of a zone that nothing is known of.
    pub(super) fn new(zone: Name) -> Self {
        Self {
            zone,
            ds: Timeline::default(),
            keys: Timeline::default(),
            signers: Vec::new(),
            lineage: Lineage::default(),
            announcements: Announcements::default(),
            signals: Signals::default(),
            servers: Servers::default(),
            open: Vec::new(),
            open_keys: None,
            open_move: None,
            judged: VecDeque::new(),
            link: Link::default(),
            steps: Steps::default(),
            dangers: Dangers::default(),
            providers: Providers::default(),
            sole: SoleSigners::default(),
            expiry: Expiry::default(),
            unpublished: None,
            standing: Standing::default(),
            declared: None,
            is_measured: false,
            told: Vec::new(),
        }
    }

    /// When a set of the zone was last seen.
    pub(super) fn last_seen(&self) -> Timestamp {
        let ds = self.ds.current().map(|entry| entry.last_seen);
        let keys = self.keys.current().map(|entry| entry.last_seen);
        ds.max(keys).unwrap_or_default()
    }

    /// How the zone fares where, as far as it was noted.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What waits to be settled, judged by what is known now: as if nothing came any more.
    /// `declared` is what the portfolio says of the zone.
    pub fn pending(&self, declared: Option<Arc<portfolio::Zone>>) -> Vec<Change> {
        let mut settled = self.clone();
        settled.declare(declared);
        settled.told.clear();
        settled.lapse(Timestamp::MAX);
        settled.tell()
    }

    /// The servers that the parent named last, if the zone ever had a DS set.
    pub fn delegation(&self) -> Option<Delegation<'_>> {
        let mut sets = self.ds.entries();
        let is_signed = sets.any(|entry| !entry.set.is_empty());
        self.servers.delegation().filter(|_| is_signed)
    }

    /// Whether no change waits to be settled, and no step is under way.
    pub(super) fn is_at_rest(&self) -> bool {
        self.deadline().is_none()
            && self.open.is_empty()
            && self.open_keys.is_none()
            && self.unpublished.is_none()
            && !self.expiry.is_told()
            && !self.is_withdrawn()
    }

    /// Whether it had a DS set and has none: what its servers give out since is looked at.
    fn is_withdrawn(&self) -> bool {
        let is_unsigned = self.ds.current().is_some_and(|entry| entry.set.is_empty());
        is_unsigned && self.ds.past().any(|entry| entry.set.is_usable())
    }

    /// Hands out what was found.
    pub(super) fn tell(&mut self) -> Vec<Change> {
        self.dangers.note(&self.told);
        std::mem::take(&mut self.told)
    }

    /// Takes in the servers that the parent names.
    pub(super) fn see_referral(&mut self, referral: Referral, exchange: &Arc<Exchange>) {
        let Some(moved) = self.servers.note(referral) else {
            return;
        };
        let is_signed = self.ds.entries().any(|entry| !entry.set.is_empty());
        if !is_signed {
            return;
        }
        let change = moved.draft(&self.zone, exchange);
        if let Some(earlier) = self.open_move.replace(change) {
            self.tell_move(earlier, true);
        }
        self.settle();
        self.raise_to_hijack(exchange);
    }

    /// Takes in a verified DS set, or the proof that there is none.
    pub(super) fn see_ds(&mut self, set: DsSet, proof: &Proof<'_>) {
        if self.servers.is_unknown()
            && let Some(referral) = Referral::of(&proof.fact.exchange)
            && referral.zone == self.zone
        {
            self.servers.note(referral);
        }
        let set = Arc::new(set);
        match self.ds.place(set.clone(), &proof.sight) {
            Place::First => self.tell_first(&set, proof),
            Place::Same => self.measure(&set, proof),
            Place::Stale { is_news, is_replay } => {
                let is_replay = is_replay && self.link.is_first_replay(&set);
                if is_news || is_replay {
                    self.tell_stale(&set, is_replay, proof);
                }
            }
            Place::New => {
                self.is_measured = true;
                self.begin(proof);
            }
        }
        self.ease(proof.sight.time);
    }

    fn tell_first(&mut self, set: &DsSet, proof: &Proof<'_>) {
        self.lineage.vouch(&self.zone, set);
        self.measure(set, proof);
        if set.is_empty() || !self.told.is_empty() {
            return;
        }
        self.told.push(Change {
            after: set.texts(),
            is_expected: true,
            why: format!("the first DS set seen of the zone ({})", set.keys()),
            ..draft(&self.zone, ChangeKind::DsFirstSeen, proof)
        });
    }

    fn tell_stale(&mut self, set: &DsSet, is_replay: bool, proof: &Proof<'_>) {
        let Some(current) = self.ds.current() else {
            return;
        };
        let what = if set.is_empty() {
            "a proof that there is no DS".to_owned()
        } else {
            format!("a DS set ({})", set.keys())
        };
        let (signed, newer) = (proof.sight.inception, current.first_seen);
        let why = if is_replay {
            format!(
                "{what}, signed at {signed}, came from {}, which has shown the newer set of \
                 {newer}; the TTL has run out since, so this may be a replay",
                proof.sight.server
            )
        } else {
            format!(
                "{what}, signed at {signed}, came after the newer set that was first seen at \
                 {newer}: a server that lags, or a cache"
            )
        };
        self.told.push(Change {
            before: current.set.texts(),
            before_seen: Some(current.last_seen),
            after: set.texts(),
            is_expected: !is_replay,
            why,
            ..draft(&self.zone, ChangeKind::DsStale, proof)
        });
    }

    /// A new DS set is in force.
    fn begin(&mut self, proof: &Proof<'_>) {
        let (Some(before), Some(after)) = (self.ds.previous(), self.ds.current()) else {
            return;
        };
        let mut open = OpenDs::new(before, after, proof);
        let waits_until = match self.keys.current() {
            Some(keys) if keys.held_until > open.time => keys.held_until,
            Some(keys) => {
                let wait = i64::from(keys.ttl.seconds()).min(FETCH_SECONDS);
                open.time.plus_seconds(wait)
            }
            None => open.held_until,
        };
        open.deadline = open.deadline.max(waits_until);
        let keys = self.keys.current();
        let premature = keys
            .and_then(|keys| Link::check_ds(&self.zone, &open, keys))
            .or_else(|| self.check_early_ds(&open));
        let is_way_back = self.open.iter().any(|out| out.before == open.after);
        self.open.push(open);
        self.make_room(is_way_back);
        self.settle();
        // Neither a hijack nor the way back from one is a rollover step that came too early.
        let is_rollover = !self.open.is_empty()
            || self.judged.back().is_none_or(|judged| {
                !judged.change.is_hijack && judged.change.rule != Some(Rule::Flap)
            });
        self.told.extend(premature.filter(|_| is_rollover));
    }

    /// Takes in a DNSKEY RRset that nothing vouches for, or none where one should be.
    pub(super) fn see_unproven(&mut self, rrset: Option<&Rrset>, exchange: &Arc<Exchange>) {
        let keys = rrset.into_iter().flat_map(Rrset::dnskeys);
        let keys = KeyList::new(keys.map(Arc::new));
        let sets = (&self.ds, &self.keys);
        let mismatch = self.link.check_unproven(&self.zone, sets, &keys, exchange);
        self.told.extend(mismatch);
        if rrset.is_none() {
            self.see_unsigned(exchange);
        }
    }

    /// Takes in a verified CDS or CDNSKEY RRset.
    pub(super) fn see_announcement(&mut self, rrset: &Rrset, proof: &Proof<'_>) {
        let key = proof.by.key.as_ref();
        let Some(key) = key.filter(|key| self.lineage.has(&self.zone, key)) else {
            return;
        };
        self.announcements.note(rrset, &proof.sight, key.key_tag);
        self.settle();
        self.rejudge(proof);
    }

    /// Takes in that an RRset verified with a key.
    pub(super) fn see_signed(&mut self, signed: &Signed<'_>) {
        let expiring = self.expiry.note(&self.zone, signed);
        self.told.extend(expiring);
        if signed.is_over_keys() {
            return;
        }
        if signed.is_fresh() && signed.is_sole() {
            self.check_early_signer(signed);
            self.sole.note(signed);
            self.check_providers(signed.exchange());
        }
        self.see_signature(&signed.signature());
    }

    /// Takes in that zone data verified with a key.
    fn see_signature(&mut self, signature: &Signature) {
        let Signature {
            key,
            time,
            decided_at,
            ..
        } = signature;
        if !self.lineage.has_seen(key) {
            for open in self.open.iter_mut().filter(|open| *time >= open.time) {
                open.has_strangers_data = true;
            }
            if let Some(open) = self.open_keys.as_mut() {
                open.has_strangers_data |= *decided_at >= open.change.time;
            }
            return;
        }
        for open in &mut self.open {
            open.note_data(signature);
        }
        self.settle();
        // Beside new servers, or out of a cache, only a signature made since is no copy.
        let is_doubtful = self.servers.stranger().is_some() || !signature.is_fresh;
        let is_vouched = |open: &mut OpenKeys| {
            *decided_at >= open.change.time
                && open.keys.keys().contains(key)
                && (!is_doubtful || signature.inception > open.change.time)
        };
        if self.open.is_empty()
            && let Some(open) = self.open_keys.take_if(is_vouched)
        {
            self.adopt(&open.keys);
            let why = format!("key {} of before still signs the zone's data", key.key_tag);
            self.tell_keys(open.change, &why);
        }
        if self.open_keys.is_none() && signature.is_fresh {
            self.settle_move(*time);
        }
    }
}
