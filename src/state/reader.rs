//! A state file while somebody reads it.

use super::resume::Room;
use super::told::{Incident, Incidents};
use super::{Error, schema, store};
use crate::message::{Name, Rrset, zone_file};
use crate::time::{Timestamp, Ttl};
use crate::watch::{History, Presence};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What kind of set it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SetKind {
    /// The DS set, or the proof that there is none.
    Ds,
    /// The DNSKEY RRset.
    Dnskey,
    /// What the parent names as servers.
    Ns,
}

impl SetKind {
    /// As the file names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ds => "DS",
            Self::Dnskey => "DNSKEY",
            Self::Ns => "NS",
        }
    }
}

/// A set that a zone had, as its latest proof showed it.
#[derive(Clone, Debug)]
pub struct StoredSet {
    /// The records in zone-file form, without owner, TTL, class and type; none if it is proven
    /// that there is none.
    pub records: Vec<String>,
    /// The same, to be computed with, with its signatures; nothing for NS sets and proofs.
    pub rrset: Option<Rrset>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// When a server itself last showed it.
    pub first_hand: Option<Timestamp>,
    /// The TTL that it has in its zone; of a proof, that of the NSEC or NSEC3.
    pub ttl: Ttl,
    /// From when on its signature is valid.
    pub inception: Timestamp,
    /// Until when.
    pub expiration: Timestamp,
    /// Who signed it; nothing for NS sets.
    pub signer: Option<Name>,
    /// Tag of the key that signed it.
    pub key_tag: u16,
    /// No later set of the zone and kind is known.
    pub is_current: bool,
}

/// A state file that is read, all of it as of one moment, while a run may write to it.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    connection: Connection,
}

/// What the rows of both tables give.
const COLUMNS: &str = "records, zone_file, first_seen, last_seen, first_hand, ttl, inception, expiration, key_tag, \
     signer";

impl Reader {
    /// Opens the state file at `path`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = schema::open_to_read(path)?;
        // All reads in one transaction see the file as of the first of them.
        connection
            .execute_batch("BEGIN")
            .map_err(|source| schema::failure(path, source))?;
        Ok(Self {
            path: path.to_path_buf(),
            connection,
        })
    }

    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        read(&self.connection).map_err(|source| schema::failure(&self.path, source))
    }

    /// The end of what the file has seen, as capture time.
    pub fn seen_until(&self) -> Result<Timestamp, Error> {
        let text = self.read(|connection| store::meta(connection, "seen_until"))?;
        let nanos = text.and_then(|text| text.parse().ok());
        Ok(Timestamp::from_nanos(nanos.unwrap_or_default()))
    }

    /// Whether it holds an exercise.
    pub fn is_drill(&self) -> Result<bool, Error> {
        let content = self.read(|connection| store::meta(connection, "content"))?;
        Ok(content.as_deref() == Some(store::content(true)))
    }

    /// All zones that something is known of, in canonical order.
    pub fn zones(&self) -> Result<Vec<Name>, Error> {
        let zones = "SELECT DISTINCT zone FROM sets WHERE type <> 'NS' \
                     UNION SELECT DISTINCT zone FROM history WHERE kind = 'line' \
                     AND zone IS NOT NULL UNION SELECT key FROM resume WHERE room = ?1";
        let zones: BTreeSet<Name> = self.read(|connection| {
            let mut rows = connection.prepare(zones)?;
            let rows = rows.query_map([Room::Presence.name()], |row| row.get::<_, String>(0))?;
            let names = rows.map(|text| text.map(|text| Name::parse(&text).ok()));
            names.filter_map(Result::transpose).collect()
        })?;
        Ok(zones.into_iter().collect())
    }

    /// The sets of one kind that a zone had, in the order of their signatures; the one in force
    /// is the last.
    pub fn sets(&self, zone: &Name, kind: SetKind) -> Result<Vec<StoredSet>, Error> {
        let sets = format!(
            "SELECT {COLUMNS}, EXISTS (SELECT 1 FROM current_sets AS current \
                 WHERE current.zone = sets.zone AND current.type = sets.type \
                   AND current.digest = sets.digest) \
             FROM sets WHERE zone = ?1 AND type = ?2 ORDER BY 11, inception, last_seen, digest"
        );
        self.read(|connection| {
            let mut rows = connection.prepare_cached(&sets)?;
            let rows = rows.query_map(params![zone.to_string(), kind.name()], stored)?;
            rows.collect()
        })
    }

    /// The set of one kind that was in force at a moment: of those seen by then, the one that was
    /// signed last. The history tells, as far as it reaches.
    pub fn set_at(
        &self,
        zone: &Name,
        kind: SetKind,
        time: Timestamp,
    ) -> Result<Option<StoredSet>, Error> {
        let moment = super::history::moment(time);
        // A set that is proven to be empty has an entry for its first proof only, so the table
        // tells of later ones.
        let entry = "SELECT json_extract(body, '$.records'), json_extract(body, '$.zone_file'), \
                            json_extract(body, '$.first_seen'), time, NULL, \
                            json_extract(body, '$.ttl'), json_extract(body, '$.inception'), \
                            json_extract(body, '$.expiration'), \
                            json_extract(body, '$.key_tag'), \
                            json_extract(body, '$.signer'), 0 \
                     FROM history WHERE zone = ?1 AND kind = 'set' AND time <= ?3 \
                       AND json_extract(body, '$.type') = ?2 \
                       AND json_extract(body, '$.first_seen') <= ?3 \
                     ORDER BY json_extract(body, '$.inception') DESC, seq DESC LIMIT 1";
        let row = format!(
            "SELECT {COLUMNS}, 0 FROM sets WHERE zone = ?1 AND type = ?2 AND last_seen <= ?3 \
             ORDER BY inception DESC, last_seen DESC, digest LIMIT 1"
        );
        let find = |query: &str| {
            self.read(|connection| {
                connection
                    .prepare_cached(query)?
                    .query_row(params![zone.to_string(), kind.name(), moment], stored)
                    .optional()
            })
        };
        let (entry, row) = (find(entry)?, find(&row)?);
        Ok(match (entry, row) {
            (Some(entry), Some(row)) if row.inception > entry.inception => Some(row),
            (entry, row) => entry.or(row),
        })
    }

    /// The incidents of a zone, or of all zones and resolvers, in the order of their first lines.
    pub fn incidents(&self, zone: Option<&Name>) -> Result<Vec<Incident>, Error> {
        let lines = "SELECT zone, body FROM history WHERE kind = 'line' \
                     AND (?1 IS NULL OR zone = ?1) \
                     AND json_extract(body, '$.event_type') = 'alert' ORDER BY seq";
        let zone = zone.map(ToString::to_string);
        self.read(|connection| {
            let mut rows = connection.prepare_cached(lines)?;
            let mut rows = rows.query([&zone])?;
            let mut incidents = Incidents::default();
            while let Some(row) = rows.next()? {
                let (zone, body): (Option<String>, String) = (row.get(0)?, row.get(1)?);
                incidents.take(zone.and_then(|zone| Name::parse(&zone).ok()), &body);
            }
            Ok(incidents.into_all())
        })
    }

    /// What is known of a zone beside its sets.
    pub fn history(&self, zone: &Name) -> Result<Option<History>, Error> {
        self.left(Room::Watch, zone)
    }

    /// Whether something of a zone passed at all; runs with a portfolio note that of its zones.
    pub fn presence(&self, zone: &Name) -> Result<Option<Presence>, Error> {
        self.left(Room::Presence, zone)
    }

    /// What a room left of a zone; nothing if another version wrote it.
    fn left<T: DeserializeOwned>(&self, room: Room, zone: &Name) -> Result<Option<T>, Error> {
        let value = "SELECT value FROM resume WHERE room = ?1 AND key = ?2";
        let value: Option<String> = self.read(|connection| {
            connection
                .prepare_cached(value)?
                .query_row([room.name(), &zone.to_string()], |row| row.get(0))
                .optional()
        })?;
        Ok(value.and_then(|value| serde_json::from_str(&value).ok()))
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredSet> {
    let moment = |column| -> rusqlite::Result<Timestamp> {
        let text: String = row.get(column)?;
        Ok(Timestamp::parse(&text).unwrap_or_default())
    };
    let (records, zone_file): (String, String) = (row.get(0)?, row.get(1)?);
    let first_hand: Option<String> = row.get(4)?;
    let rrset = zone_file::parse(&zone_file).ok();
    Ok(StoredSet {
        records: records.lines().map(str::to_owned).collect(),
        rrset: rrset.and_then(|mut sets| sets.pop()),
        first_seen: moment(2)?,
        last_seen: moment(3)?,
        first_hand: first_hand.and_then(|text| Timestamp::parse(&text)),
        ttl: Ttl::new(row.get(5)?),
        inception: moment(6)?,
        expiration: moment(7)?,
        key_tag: row.get(8)?,
        signer: Some(row.get::<_, String>(9)?)
            .filter(|text| !text.is_empty())
            .and_then(|text| Name::parse(&text).ok()),
        is_current: row.get(10)?,
    })
}

/// The server that a text names; nothing if it names none.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Limits, State};

    #[test]
    fn a_reader_waits_for_no_writer_and_sees_one_moment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut state = State::open(&path, true, Limits::default()).unwrap();
        let at = |second: i64| Timestamp::new(1_800_000_000 + second, 0);
        state.line("{}", Some("a.test.".to_owned()), at(0));
        state.commit(at(0)).unwrap();
        // A transaction that writes is open.
        state
            .connection
            .execute_batch("BEGIN IMMEDIATE; INSERT INTO meta VALUES ('x', 'y')")
            .unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.seen_until().unwrap(), at(0));
        assert!(reader.is_drill().unwrap());
        state.connection.execute_batch("COMMIT").unwrap();
        state.line("{}", Some("b.test.".to_owned()), at(1));
        state.commit(at(1)).unwrap();
        assert_eq!(reader.seen_until().unwrap(), at(0));
        assert_eq!(reader.zones().unwrap(), [Name::parse("a.test").unwrap()]);
        assert_eq!(Reader::open(&path).unwrap().seen_until().unwrap(), at(1));
    }
}
