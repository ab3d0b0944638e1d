//! What the rooms leave for the next run.

use super::history::moment;
use super::store::State;
use super::{Error, schema};
use crate::message::{Rrset, zone_file};
use crate::time::Timestamp;
use rusqlite::{Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Sets that are given back at most, those seen last first: each is verified anew.
const KNOWN_SETS: u32 = 50_000;

/// Who leaves something.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Room {
    /// `watch`: the history of a zone.
    Watch,
    /// `alert`: what is open about a subject.
    Incidents,
    /// `alert`: an audit record that was told.
    Record,
    /// `alert`: what waits until it is clear whom it accuses.
    Undecided,
    /// `chain`: a response that waits for its keys.
    Held,
    /// `chain`: what is known of a zone beside its sets.
    Zone,
    /// `exchange`: a client that was seen asking.
    Client,
    /// `chain`: a trust point (RFC 5011).
    TrustPoint,
    /// `watch`: how a trust point was last told to stand.
    Report,
    /// `watch`: which trust anchors a resolver said to have (RFC 8145).
    Signals,
    /// `watch`: what was seen of a zone of the portfolio, or above one.
    Presence,
    /// `portfolio`: a planned change that has its entry in the history, and since when.
    Declared,
}

impl Room {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Incidents => "incidents",
            Self::Record => "record",
            Self::Undecided => "undecided",
            Self::Held => "held",
            Self::Zone => "zone",
            Self::Client => "client",
            Self::TrustPoint => "trust_point",
            Self::Report => "report",
            Self::Signals => "signals",
            Self::Presence => "presence",
            Self::Declared => "declared",
        }
    }
}

/// Octets of keys and values that wait to be written at most.
const PENDING_OCTETS: usize = 128 << 20;

/// Octets of a row besides its key and value, roughly.
const ROW_OVERHEAD: usize = 128;

/// What waits to be written, by room and key; nothing where a key goes.
#[derive(Debug, Default)]
pub(super) struct Resumes {
    rows: BTreeMap<(Room, String), Option<String>>,
    octets: usize,
}

impl Resumes {
    /// Takes in a value in the place of the one before; gives whether there was room.
    pub(super) fn keep(&mut self, room: Room, key: String, value: Option<&impl Serialize>) -> bool {
        let value = match value.map(serde_json::to_string).transpose() {
            Ok(value) => value,
            // What was written before is worth more than nothing.
            Err(error) => {
                tracing::warn!(room = room.name(), key, %error, "cannot be written down");
                return true;
            }
        };
        let octets = |key: &str, value: &Option<String>| {
            ROW_OVERHEAD + key.len() + value.as_ref().map_or(0, String::len)
        };
        let place = (room, key);
        let before = self.rows.get(&place);
        let freed = before.map_or(0, |before| octets(&place.1, before));
        let taken = self.octets - freed + octets(&place.1, &value);
        if taken > PENDING_OCTETS {
            return false;
        }
        self.octets = taken;
        self.rows.insert(place, value);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let set = "INSERT INTO resume (room, key, value) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (room, key) DO UPDATE SET value = excluded.value";
        let mut set = transaction.prepare_cached(set)?;
        let drop = "DELETE FROM resume WHERE room = ?1 AND key = ?2";
        let mut drop = transaction.prepare_cached(drop)?;
        for ((room, key), value) in &self.rows {
            match value {
                Some(value) => set.execute(params![room.name(), key, value])?,
                None => drop.execute(params![room.name(), key])?,
            };
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.octets = 0;
    }
}

/// A set that an earlier run verified.
#[derive(Debug)]
pub struct KnownSet {
    /// The set with its signatures.
    pub rrset: Rrset,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// When a server itself last showed it, and which one that was.
    pub first_hand: Option<(Timestamp, IpAddr)>,
    /// No later set of the zone and type is known.
    pub is_current: bool,
}

/// What one room left, in the order of its keys.
#[derive(Debug)]
pub struct Known<T> {
    /// What could be read.
    pub values: Vec<(String, T)>,
    /// How much could not: another version wrote it, or it was damaged.
    pub unreadable: usize,
}

impl State {
    /// What a room left.
    pub fn known<T: DeserializeOwned>(&self, room: Room) -> Result<Known<T>, Error> {
        let read = || -> rusqlite::Result<Known<T>> {
            let rows = "SELECT key, value FROM resume WHERE room = ?1 ORDER BY key";
            let mut rows = self.connection.prepare(rows)?;
            let rows = rows.query_map([room.name()], |row| {
                let (key, value): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((key, value))
            })?;
            let mut known = Known {
                values: Vec::new(),
                unreadable: 0,
            };
            for row in rows {
                let (key, value) = row?;
                match serde_json::from_str(&value) {
                    Ok(value) => known.values.push((key, value)),
                    Err(error) => {
                        tracing::debug!(room = room.name(), key, %error, "unreadable");
                        known.unreadable += 1;
                    }
                }
            }
            Ok(known)
        };
        read().map_err(|source| schema::failure(&self.path, source))
    }

    /// The DS and DNSKEY sets whose signatures have not run out at `now`: parents first, of one
    /// owner the DS sets before the DNSKEY sets, older ones first. Of a zone that was proven to
    /// have no DS since, none: the proof itself does not come back, and without it the old sets
    /// would speak against a zone that is unsigned rightly.
    pub fn known_sets(&self, now: Timestamp) -> Result<Vec<KnownSet>, Error> {
        let read = || -> rusqlite::Result<Vec<KnownSet>> {
            let rows = "SELECT zone_file, last_seen, first_hand, first_hand_server, \
                        EXISTS (SELECT 1 FROM current_sets AS current \
                                WHERE current.zone = sets.zone AND current.type = sets.type \
                                  AND current.digest = sets.digest) \
                        FROM sets WHERE type IN ('DS', 'DNSKEY') AND zone_file <> '' \
                        AND expiration > ?1 AND NOT EXISTS ( \
                            SELECT 1 FROM current_sets AS current \
                            WHERE current.zone = sets.zone AND current.type = 'DS' \
                              AND current.records = '') \
                        ORDER BY last_seen DESC LIMIT ?2";
            let mut rows = self.connection.prepare(rows)?;
            let rows = rows.query_map(params![moment(now), KNOWN_SETS], |row| {
                let (text, last_seen): (String, String) = (row.get(0)?, row.get(1)?);
                let (first_hand, server): (Option<String>, Option<String>) =
                    (row.get(2)?, row.get(3)?);
                let server = server.and_then(|server| server.parse().ok());
                let first_hand = first_hand.and_then(|text| Timestamp::parse(&text));
                let is_current = row.get(4)?;
                let rrset = zone_file::parse(&text).ok().and_then(|mut sets| sets.pop());
                let known = rrset.zip(Timestamp::parse(&last_seen));
                Ok(known.map(|(rrset, last_seen)| KnownSet {
                    rrset,
                    last_seen,
                    first_hand: first_hand.zip(server),
                    is_current,
                }))
            })?;
            let known: Vec<Option<KnownSet>> = rows.collect::<rusqlite::Result<_>>()?;
            Ok(known.into_iter().flatten().collect())
        };
        let mut known = read().map_err(|source| schema::failure(&self.path, source))?;
        known.sort_by(|one, other| order(one).cmp(&order(other)));
        Ok(known)
    }
}

fn order(known: &KnownSet) -> (&crate::message::Name, u16, bool, Timestamp) {
    let KnownSet {
        rrset,
        last_seen,
        is_current,
        ..
    } = known;
    (&rrset.owner, rrset.rtype.number(), *is_current, *last_seen)
}
