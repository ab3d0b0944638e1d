//! What verified lately, and what changed: what causes are told by.

use super::prose::clip;
use crate::capture::FrameNumber;
use crate::chain::{ValidationState, Verdict};
use crate::exchange::Vantage;
use crate::message::{Name, Rrset, Rtype};
use crate::signature::rrset_digest;
use crate::time::Timestamp;
use crate::watch::{Change, ChangeKind};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Verified RRsets kept a zone.
const SIGHTINGS: usize = 48;

/// Changes kept a zone.
const CHANGES: usize = 8;

/// Characters of a change's reason that are kept.
const WHAT: usize = 200;

/// Zones kept in each of the two generations.
const ZONES: usize = 4096;

/// An RRset that verified, as it was last seen from one server.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Sighting {
    pub(super) name: Name,
    pub(super) rtype: Rtype,
    pub(super) server: IpAddr,
    pub(super) resolver: IpAddr,
    pub(super) vantage: Vantage,
    pub(super) time: Timestamp,
    /// When it was first seen, as far as that is kept.
    pub(super) since: Timestamp,
    #[serde(skip)]
    pub(super) frame: FrameNumber,
    /// When the signature that covered it ends.
    pub(super) expiration: Timestamp,
    /// The key that signed.
    pub(super) key_tag: u16,
    /// A proof that there is no such RRset.
    pub(super) is_denial: bool,
    /// What a DS set says: a digest of its records.
    #[serde(skip)]
    ds: Option<[u8; 32]>,
}

impl Sighting {
    pub(super) fn is_same_place(&self, other: &Self) -> bool {
        self.rtype == other.rtype && self.server == other.server && self.name == other.name
    }
}

/// A change, as diagnoses need it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ChangeNote {
    pub(super) kind: ChangeKind,
    pub(super) time: Timestamp,
    pub(super) is_hijack: bool,
    pub(super) is_expected: bool,
    /// What it was, in words.
    #[serde(default)]
    pub(super) what: String,
}

/// What is known of one zone.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct ZoneEvidence {
    /// Oldest sight first.
    pub(super) sightings: VecDeque<Sighting>,
    pub(super) changes: VecDeque<ChangeNote>,
    /// When a DS set of it last verified.
    pub(super) ds_at: Option<Timestamp>,
    /// The DS set that verified last: a digest of its records.
    #[serde(default)]
    ds: Option<[u8; 32]>,
    /// When a DS set verified that was another than the one before.
    #[serde(default)]
    pub(super) ds_changed_at: Option<Timestamp>,
    /// When its DNSKEY RRset last verified.
    pub(super) keys_at: Option<Timestamp>,
    /// When one of its servers last said, without proof, that it has no DNSKEY.
    pub(super) keys_gone_at: Option<Timestamp>,
}

impl ZoneEvidence {
    fn see(&mut self, sighting: Sighting) {
        if sighting.rtype == Rtype::DNSKEY {
            self.keys_at = self.keys_at.max(Some(sighting.time));
        }
        let known = self
            .sightings
            .iter()
            .rposition(|known| known.is_same_place(&sighting));
        if let Some(at) = known {
            self.sightings.remove(at);
        } else if self.sightings.len() >= SIGHTINGS {
            self.sightings.pop_front();
        }
        self.sightings.push_back(sighting);
    }

    /// Takes note of a DS set of it that verified.
    fn see_ds(&mut self, sighting: &Sighting) {
        self.ds_at = self.ds_at.max(Some(sighting.time));
        if sighting.ds.is_none() || sighting.ds == self.ds {
            return;
        }
        if self.ds.is_some() {
            self.ds_changed_at = self.ds_changed_at.max(Some(sighting.time));
        }
        self.ds = sighting.ds;
    }

    /// Whether its DS set became another since keys last verified under one.
    pub(super) fn has_untried_ds(&self) -> bool {
        self.ds_changed_at.is_some() && self.ds_changed_at > self.keys_at
    }

    /// The last change of these kinds.
    pub(super) fn latest(&self, kinds: &[ChangeKind]) -> Option<&ChangeNote> {
        let mut changes = self.changes.iter().rev();
        changes.find(|change| kinds.contains(&change.kind))
    }

    /// Whether its servers answer as if it had never been signed.
    pub(super) fn has_lost_keys(&self) -> bool {
        self.keys_gone_at > self.keys_at
    }

    /// Whether it had a change that looks like a hijack.
    pub(super) fn was_hijacked(&self) -> bool {
        self.hijacked_at().is_some()
    }

    /// When it first had a change that looks like a hijack.
    pub(super) fn hijacked_at(&self) -> Option<Timestamp> {
        let mut changes = self.changes.iter();
        let change = changes.find(|change| change.is_hijack)?;
        Some(change.time)
    }

    /// Whether it was unsigned until its DS set came, and has not verified since.
    pub(super) fn is_new(&self) -> bool {
        self.keys_at.is_none() && self.has_changed(&[ChangeKind::ZoneSigned])
    }

    /// Whether it had a change of this kind.
    pub(super) fn has_changed(&self, kinds: &[ChangeKind]) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| kinds.contains(&change.kind))
    }

    fn note(&mut self, change: &Change) {
        if change.kind == ChangeKind::SignatureExpiring {
            // Nothing has changed yet.
            return;
        }
        if change.is_announced_late() {
            let same = self.changes.iter_mut();
            for note in same.filter(|note| note.kind == change.kind) {
                note.is_hijack = false;
            }
        }
        if self.changes.len() >= CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(ChangeNote {
            kind: change.kind,
            time: change.time,
            is_hijack: change.is_hijack,
            is_expected: change.is_expected,
            what: clip(&change.why, WHAT),
        });
    }
}

/// The evidence of all zones, in two generations: a zone not touched while a whole generation
/// of others was is forgotten.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    young: HashMap<Name, ZoneEvidence>,
    old: HashMap<Name, ZoneEvidence>,
}

impl Evidence {
    /// What is known of `zone`.
    pub(super) fn of(&self, zone: &Name) -> Option<&ZoneEvidence> {
        self.young.get(zone).or_else(|| self.old.get(zone))
    }

    /// Takes up what an earlier run knew of a zone.
    pub(super) fn resume(&mut self, zone: &Name, known: ZoneEvidence) {
        *self.of_mut(zone) = known;
    }

    /// Remembers what a secure response verified.
    pub(super) fn verified(&mut self, zone: &Name, sightings: &[Sighting]) {
        let evidence = self.of_mut(zone);
        for sighting in sightings {
            evidence.see(sighting.clone());
        }
        for sighting in sightings {
            if sighting.rtype == Rtype::DS {
                self.of_mut(&sighting.name).see_ds(sighting);
            }
        }
    }

    /// Remembers what a response that failed says of its zone's keys.
    pub(super) fn failed(&mut self, verdict: &Verdict) {
        let message = &verdict.exchange.message;
        let question = message.question.as_ref();
        let asked = question.filter(|question| question.rtype == Rtype::DNSKEY);
        if let (Some(zone), Some(question)) = (&verdict.subject.zone, asked)
            && question.name == *zone
            && message.answer.is_empty()
            && verdict.exchange.standing.may_accuse()
        {
            let known = self.of_mut(zone);
            known.keys_gone_at = known.keys_gone_at.max(Some(message.time));
        }
    }

    /// Remembers a change.
    pub(super) fn changed(&mut self, change: &Change) {
        self.of_mut(&change.zone).note(change);
    }

    fn of_mut(&mut self, zone: &Name) -> &mut ZoneEvidence {
        if !self.young.contains_key(zone) {
            if self.young.len() >= ZONES {
                self.old = std::mem::take(&mut self.young);
            }
            let known = self.old.remove(zone).unwrap_or_default();
            self.young.insert(zone.clone(), known);
        }
        self.young.entry(zone.clone()).or_default()
    }
}

/// What a secure response verified of the zone that settled it. A link outside that zone may
/// have been left aside (DESIGN section 5), so it proves nothing here.
pub(super) fn sightings(verdict: &Verdict) -> Option<(&Name, Vec<Sighting>)> {
    if verdict.state != ValidationState::Secure {
        return None;
    }
    let zone = verdict.subject.zone.as_ref()?;
    let message = &verdict.exchange.message;
    let see = |set: &Rrset| {
        let signature = set.signatures.iter().find(|rrsig| rrsig.signer == *zone)?;
        Some(Sighting {
            name: set.owner.clone(),
            rtype: set.rtype,
            server: verdict.exchange.server(),
            resolver: verdict.exchange.resolver(),
            vantage: verdict.exchange.vantage,
            time: message.time,
            since: message.time,
            frame: message.frame,
            expiration: signature.expiration.near(message.time),
            key_tag: signature.key_tag,
            is_denial: false,
            ds: (set.rtype == Rtype::DS).then(|| rrset_digest(set)),
        })
    };
    let mut seen: Vec<Sighting> = message.rrsets().filter_map(see).collect();
    let denied = seen
        .iter()
        .find(|proof| proof.rtype == Rtype::SOA && message.answer.is_empty())
        .zip(message.question.as_ref())
        .filter(|(_, question)| question.name.is_at_or_below(zone))
        .map(|(proof, question)| Sighting {
            name: question.name.clone(),
            rtype: question.rtype,
            is_denial: true,
            ds: None,
            ..proof.clone()
        });
    seen.extend(denied);
    Some((zone, seen))
}
