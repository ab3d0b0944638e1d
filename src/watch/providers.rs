//! Servers of one zone whose DNSKEY RRsets do not go together (RFC 8901 §2.1).
//!
//! Each provider of a zone signs with keys of its own. A resolver takes the DNSKEY RRset from
//! one server and data from another, so each set has to hold the keys that sign anywhere.

use super::change::{Change, ChangeKind};
use super::ds::tags;
use super::history::History;
use super::keys::KeyList;
use super::open::draft_at;
use super::sole::{Sole, lacks};
use super::timeline::Entry;
use crate::exchange::Exchange;
use crate::message::Dnskey;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Servers that are named in a sentence.
const NAMED: usize = 4;

/// Seconds after which what still holds is told again.
const AGAIN_SECONDS: i64 = 3600;

/// A DNSKEY RRset, and a key that signs elsewhere and that it lacks.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Gap {
    /// The DNSKEY RRset.
    set: Arc<KeyList>,
    /// The servers that show it.
    shown_by: BTreeSet<IpAddr>,
    /// The key.
    key: Arc<Dnskey>,
    /// The servers that give out what the key signs.
    signed_at: BTreeSet<IpAddr>,
    /// Until when caches may hold the set.
    held_until: Timestamp,
    /// Who serves the set does not only lag: it signs for itself.
    is_apart: bool,
}

/// What was told of a zone's providers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Providers {
    told: Option<Told>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Told {
    /// The servers that lacked keys, and the keys.
    lacking: Vec<(IpAddr, Arc<Dnskey>)>,
    time: Timestamp,
}

impl Providers {
    /// Whether servers were told of that lack keys, and still do.
    pub(super) const fn has_gap(&self) -> bool {
        self.told.is_some()
    }
}

impl History {
    /// Looks whether the sets that the servers show now go together.
    pub(super) fn check_providers(&mut self, exchange: &Arc<Exchange>) {
        let now = exchange.message.time;
        if self.keys.previous().is_none() {
            return;
        }
        self.mend_providers(exchange);
        let gaps = self.gaps(now);
        let lacking: Vec<_> = gaps
            .iter()
            .flat_map(|gap| gap.shown_by.iter().map(|server| (*server, gap.key.clone())))
            .collect();
        let told = self.providers.told.as_ref();
        let is_news = told.is_none_or(|told| {
            let is_told = |lack: &(IpAddr, Arc<Dnskey>)| told.lacking.contains(lack);
            now.seconds_since(told.time) >= AGAIN_SECONDS || !lacking.iter().all(is_told)
        });
        if let Some(first) = gaps.first().filter(|_| is_news) {
            let has_key = |entry: &&Entry<KeyList>| entry.set.keys().contains(&first.key);
            let signers = self.keys.entries().find(has_key);
            let change = Change {
                before: first.set.texts(),
                after: signers.map_or_else(Vec::new, |entry| entry.set.texts()),
                before_seen: Some(now),
                breaks_at: Some(now),
                caches_hold_until: gaps.iter().map(|gap| gap.held_until).max(),
                why: self.gap_text(&gaps),
                ..draft_at(&self.zone, ChangeKind::DnskeyIncomplete, now, exchange)
            };
            self.told.push(change);
            self.providers.told = Some(Told { lacking, time: now });
        }
    }

    /// Forgets gaps that were told and are closed: the server's set has the key now.
    fn mend_providers(&mut self, exchange: &Arc<Exchange>) {
        let Some(told) = self.providers.told.as_mut() else {
            return;
        };
        let keys = &self.keys;
        told.lacking.retain(|(server, key)| {
            let latest = keys.latest_from(*server);
            latest.is_some_and(|entry| lacks(&entry.set, key))
        });
        if !told.lacking.is_empty() {
            return;
        }
        self.providers.told = None;
        // The incident is about more than that.
        if !self.dangers.is_empty() {
            return;
        }
        let now = exchange.message.time;
        let keys = self.keys.latest_from(exchange.server());
        self.told.push(Change {
            after: keys.map_or_else(Vec::new, |entry| entry.set.texts()),
            is_expected: true,
            why: "each of its servers that were told of shows all keys that sign now".to_owned(),
            reverts: Some(ChangeKind::DnskeyIncomplete),
            ..draft_at(&self.zone, ChangeKind::DnskeyIncomplete, now, exchange)
        });
    }

    /// The gaps between what servers show and what others sign with.
    fn gaps(&self, now: Timestamp) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for entry in self.keys.entries().filter(|entry| entry.is_held(now)) {
            for sole in self
                .sole
                .held(now)
                .filter(|sole| lacks(&entry.set, &sole.key))
            {
                let Some(side) = self.side(entry, sole, now) else {
                    continue;
                };
                let known = gaps
                    .iter_mut()
                    .find(|gap| gap.set == entry.set && gap.key == sole.key);
                match known {
                    Some(gap) => {
                        gap.shown_by.extend(side.shown_by);
                        gap.signed_at.extend(side.signed_at);
                    }
                    None => gaps.push(side),
                }
            }
        }
        gaps
    }

    /// The servers that show a set without the key that alone signs what another gives out; none
    /// where that can be a server that lags during a rollover.
    fn side(&self, entry: &Entry<KeyList>, sole: &Sole, now: Timestamp) -> Option<Gap> {
        let published = self.published(&sole.key)?;
        let begin = published.max(entry.known_since);
        // For longer than servers take to follow.
        let is_long = |seen: Timestamp| seen > begin.plus_ttl(entry.ttl);
        let has_own_ksk = self.has_own_ksk(entry, sole);
        let is_side = |server: &IpAddr| {
            let latest = self.keys.latest_from(*server);
            let shown_at = entry.seen_at(*server);
            let spoke_at = self.sole.last_from(*server).max(shown_at);
            let is_lasting = shown_at.is_some_and(is_long) && is_long(sole.last_seen);
            let is_apart = has_own_ksk
                && !self.knows(*server, &sole.key)
                && spoke_at.min(Some(sole.last_seen)) > Some(begin);
            *server != sole.server
                && latest.is_some_and(|latest| latest.set == entry.set)
                && entry.held_from(*server).is_some_and(|until| until > now)
                && (is_lasting || is_apart)
        };
        let shown_by: BTreeSet<IpAddr> = entry.servers().filter(is_side).collect();
        let held = shown_by.iter().filter_map(|by| entry.held_from(*by));
        Some(Gap {
            set: entry.set.clone(),
            held_until: held.max()?,
            is_apart: has_own_ksk || entry.inception > published,
            shown_by,
            key: sole.key.clone(),
            signed_at: BTreeSet::from([sole.server]),
        })
    }

    /// Whether the DS set names a key of the server that gives the data out that is not in this
    /// set (RFC 8901 §2.1.2).
    fn has_own_ksk(&self, entry: &Entry<KeyList>, sole: &Sole) -> bool {
        let (Some(ds), Some(shown)) = (self.ds.current(), self.keys.latest_from(sole.server))
        else {
            return false;
        };
        let mut keys = shown.set.keys().iter();
        keys.any(|key| ds.set.names(&self.zone, key) && !entry.set.keys().contains(key))
    }

    /// Whether a server ever showed a key, or gave out what it alone signed.
    fn knows(&self, server: IpAddr, key: &Arc<Dnskey>) -> bool {
        let has_key = |entry: &Entry<KeyList>| entry.set.keys().contains(key);
        let mut entries = self.keys.entries();
        entries.any(|entry| has_key(entry) && entry.seen_at(server).is_some())
            || self.sole.is_from(server, key)
    }

    /// Since when a key is known to be published.
    fn published(&self, key: &Arc<Dnskey>) -> Option<Timestamp> {
        let entries = self.keys.entries();
        let holding = entries.filter(|entry| entry.set.keys().contains(key));
        holding.map(|entry| entry.known_since).min()
    }

    fn gap_text(&self, gaps: &[Gap]) -> String {
        let one = |gap: &Gap| {
            format!(
                "{} without key {}, which alone signs what {} out",
                self.shown_text(gap),
                gap.key.key_tag,
                match gap.signed_at.len() {
                    1 => format!("{} gives", self.servers_text(&gap.signed_at)),
                    _ => format!("{} give", self.servers_text(&gap.signed_at)),
                }
            )
        };
        let texts: Vec<String> = gaps.iter().map(one).collect();
        let advice = if gaps.iter().any(|gap| gap.is_apart) {
            "each provider has to import the others' ZSKs"
        } else {
            "the former have not followed"
        };
        format!(
            "{}: resolvers with the one cannot verify the other; {advice}",
            texts.join("; ")
        )
    }

    fn shown_text(&self, gap: &Gap) -> String {
        let verb = if gap.shown_by.len() == 1 {
            "serves"
        } else {
            "serve"
        };
        let keys = tags(gap.set.keys().iter().map(|key| key.key_tag));
        format!(
            "{} {verb} a DNSKEY RRset (keys {keys})",
            self.servers_text(&gap.shown_by)
        )
    }

    /// Servers for a sentence, by name where the parent's glue tells it.
    fn servers_text(&self, servers: &BTreeSet<IpAddr>) -> String {
        let named = |server: &IpAddr| match self.servers.name_of(*server) {
            Some(name) => format!("{name} ({server})"),
            None => server.to_string(),
        };
        let mut texts: Vec<String> = servers.iter().take(NAMED).map(named).collect();
        if servers.len() > NAMED {
            texts.push("…".to_owned());
        }
        texts.join(", ")
    }
}
