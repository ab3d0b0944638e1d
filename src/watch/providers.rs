//! Servers of one zone whose DNSKEY RRsets do not go together (RFC 8901 §2.1).
//!
//! Each provider of a zone signs with keys of its own. A resolver takes the DNSKEY RRset from
//! one server and data from another, so each set has to hold the keys that sign anywhere.

use super::change::{Change, ChangeKind};
use super::ds::tags;
use super::history::History;
use super::keys::KeyList;
use super::open::draft_at;
use super::sole::lacks;
use super::timeline::Entry;
use crate::exchange::Exchange;
use crate::message::Dnskey;
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Servers that are named in a sentence.
const NAMED: usize = 4;

/// Seconds after which what still holds is told again.
const AGAIN_SECONDS: i64 = 3600;

/// A DNSKEY RRset, and a key that signs elsewhere and that it lacks.
#[derive(Clone, Debug)]
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
    /// The set has been signed anew since the key is known: its provider works for itself.
    is_apart: bool,
}

/// What was told of a zone's providers.
#[derive(Clone, Debug, Default)]
pub(super) struct Providers {
    told: Option<Told>,
}

#[derive(Clone, Debug)]
struct Told {
    /// The servers that lacked keys, and the keys.
    lacking: Vec<(IpAddr, Arc<Dnskey>)>,
    time: Timestamp,
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
        let held = self.keys.entries().filter(|entry| entry.is_held(now));
        for entry in held {
            for sole in self
                .sole
                .held(now)
                .filter(|sole| lacks(&entry.set, &sole.key))
            {
                let Some(published) = self.published(&sole.key) else {
                    continue;
                };
                // Both sides are seen for longer than servers take to follow.
                let since = published.max(entry.known_since).plus_ttl(entry.ttl);
                if sole.last_seen <= since {
                    continue;
                }
                let shown_by = self.showing(entry, since, now);
                let shown_by: BTreeSet<_> = shown_by.filter(|by| *by != sole.server).collect();
                let known = gaps
                    .iter_mut()
                    .find(|gap| gap.set == entry.set && gap.key == sole.key);
                if let Some(gap) = known {
                    gap.signed_at.insert(sole.server);
                } else if !shown_by.is_empty() {
                    let held = shown_by.iter().filter_map(|by| entry.held_from(*by));
                    gaps.push(Gap {
                        set: entry.set.clone(),
                        held_until: held.max().unwrap_or(now),
                        shown_by,
                        key: sole.key.clone(),
                        signed_at: BTreeSet::from([sole.server]),
                        is_apart: entry.inception > published,
                    });
                }
            }
        }
        gaps
    }

    /// Since when a key is known to be published.
    fn published(&self, key: &Arc<Dnskey>) -> Option<Timestamp> {
        let entries = self.keys.entries();
        let holding = entries.filter(|entry| entry.set.keys().contains(key));
        holding.map(|entry| entry.known_since).min()
    }

    /// The servers that show this set and no other since a moment.
    fn showing(
        &self,
        entry: &Entry<KeyList>,
        since: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = IpAddr> {
        entry.servers().filter(move |server| {
            let latest = self.keys.latest_from(*server);
            let is_latest = latest.is_some_and(|latest| latest.set == entry.set);
            let is_late = |seen: Timestamp| seen > since;
            is_latest
                && entry.seen_at(*server).is_some_and(is_late)
                && entry.held_from(*server).is_some_and(|until| until > now)
        })
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
            "they are signed apart, so each provider has to import the others' ZSKs"
        } else {
            "the former have not followed"
        };
        format!(
            "{}; resolvers that hold the one set cannot verify the others' data; {advice}",
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
