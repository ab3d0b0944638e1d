//! All that is known of one zone.

use super::error::Error;
use crate::message::{Dnskey, Ds, Name, Rrset};
use crate::portfolio::Portfolio;
use crate::signature::ds_matches;
use crate::state::{Incident, Reader, SetKind, StoredSet};
use crate::time::Timestamp;
use crate::watch::{Change, Presence, Standing};

/// All that is known of a zone.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The zone.
    pub(super) zone: Name,
    /// Its DS sets; the one in force is the last.
    pub(super) ds: Vec<StoredSet>,
    /// Its DNSKEY RRsets likewise.
    pub(super) keys: Vec<StoredSet>,
    /// Where its parent leads.
    pub(super) servers: Vec<String>,
    /// How it fares where.
    pub(super) standing: Standing,
    /// Whether anything of it passed; told of zones of a portfolio only.
    pub(super) presence: Option<Presence>,
    /// Changes that wait to be settled, as they would be if nothing came any more.
    pub(super) pending: Vec<Change>,
    /// Its incidents, in the order of their first lines.
    pub(super) incidents: Vec<Incident>,
}

impl Facts {
    /// Reads them.
    pub(super) fn read(reader: &Reader, zone: &Name, portfolio: &Portfolio) -> Result<Self, Error> {
        let ns = reader.sets(zone, SetKind::Ns)?;
        let history = reader.history(zone)?;
        Ok(Self {
            zone: zone.clone(),
            ds: reader.sets(zone, SetKind::Ds)?,
            keys: reader.sets(zone, SetKind::Dnskey)?,
            servers: ns
                .into_iter()
                .next_back()
                .map_or_else(Vec::new, |ns| ns.records),
            pending: history.as_ref().map_or_else(Vec::new, |history| {
                history.pending(portfolio.zone(zone).cloned())
            }),
            standing: history
                .map(|history| history.standing().clone())
                .unwrap_or_default(),
            presence: reader.presence(zone)?,
            incidents: reader.incidents(Some(zone))?,
        })
    }

    /// What was known at a moment that is past.
    pub(super) fn at(mut self, time: Timestamp) -> Self {
        for sets in [&mut self.ds, &mut self.keys] {
            sets.retain(|set| set.first_seen <= time);
            for set in &mut *sets {
                set.last_seen = set.last_seen.min(time);
            }
            if let Some(last) = sets.last_mut() {
                last.is_current = true;
            }
        }
        self.pending.clear();
        self.incidents.retain(|incident| incident.opened <= time);
        for incident in &mut self.incidents {
            if incident.told > time {
                incident.resolution = None;
            }
        }
        self
    }

    /// The DS set in force, or the proof that there is none.
    pub(super) fn current_ds(&self) -> Option<&StoredSet> {
        self.ds.last().filter(|set| set.is_current)
    }

    /// The DNSKEY RRset in force.
    ///
    /// If the DS set in force names none of the keys that were signed last, and names some that
    /// were seen later than those, it is these: a change was taken back.
    pub(super) fn current_keys(&self) -> Option<&StoredSet> {
        let newest = self.keys.last().filter(|set| set.is_current)?;
        let records = self.current_ds().map(ds_of).unwrap_or_default();
        let is_named = |set: &&StoredSet| !named(&self.zone, &records, &keys_of(set)).is_empty();
        if records.is_empty() || is_named(&newest) {
            return Some(newest);
        }
        let back = self.keys.iter().filter(is_named);
        let back = back.max_by_key(|set| set.last_seen);
        Some(
            back.filter(|set| set.last_seen > newest.last_seen)
                .unwrap_or(newest),
        )
    }

    /// The incidents that did not end.
    pub(super) fn open_incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.iter().filter(|incident| incident.is_open())
    }

    /// When any of its sets, or anything else of it, was last seen.
    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        let sets = self.ds.iter().chain(&self.keys).map(|set| set.last_seen);
        let sights = self.standing.servers.iter().chain(&self.standing.resolvers);
        let sights = sights.filter_map(crate::watch::Sight::last);
        let told = self.incidents.iter().map(|incident| incident.told);
        let passed = self.presence.and_then(|presence| presence.last);
        sets.chain(sights).chain(told).chain(passed).max()
    }
}

/// The DS records of a set.
pub(super) fn ds_of(set: &StoredSet) -> Vec<Ds> {
    set.rrset.iter().flat_map(Rrset::ds).collect()
}

/// The keys of a set.
pub(super) fn keys_of(set: &StoredSet) -> Vec<Dnskey> {
    set.rrset.iter().flat_map(Rrset::dnskeys).collect()
}

/// The keys that a DS set names.
pub(super) fn named<'a>(zone: &Name, ds: &[Ds], keys: &'a [Dnskey]) -> Vec<&'a Dnskey> {
    let is_named = |key: &&Dnskey| ds.iter().any(|ds| ds_matches(zone, ds, key));
    keys.iter().filter(is_named).collect()
}
