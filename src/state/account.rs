//! The account of which sets there are: each comes with an entry of the history, and goes with one.

use super::history::{Entry, EntryKind, Head};
use super::sets::digest;
use crate::signature::sha256;
use crate::time::Timestamp;
use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Sets that one entry tells of at most.
const DROPPED: usize = 500;

/// What names a set: its zone, its type and the digest of its records.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) struct Named(pub(super) String, pub(super) String, pub(super) String);

impl Named {
    #[cfg(test)]
    pub(super) fn new(zone: &str, rtype: &str, digest: &str) -> Self {
        Self(zone.to_owned(), rtype.to_owned(), digest.to_owned())
    }

    /// The columns that [`Named::read`] wants, in order.
    pub(super) const COLUMNS: &'static str = "zone, type, digest";

    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self(row.get(0)?, row.get(1)?, row.get(2)?))
    }

    /// The set that an entry tells of.
    fn told(zone: Option<&str>, body: &str) -> Option<Self> {
        let body: Value = serde_json::from_str(body).ok()?;
        let rtype = body.get("type")?.as_str()?.to_owned();
        let digest = digest(body.get("records")?.as_str()?);
        Some(Self(zone?.to_owned(), rtype, digest))
    }

    /// Short, so that an account of millions of sets fits.
    fn key(&self) -> [u8; 16] {
        let Self(zone, rtype, digest) = self;
        // Neither types nor digests have blanks.
        let hash = sha256(format!("{digest} {rtype} {zone}").as_bytes());
        hash.first_chunk().copied().unwrap_or_default()
    }
}

/// Drops sets, and tells so.
pub(super) fn drop_sets(
    transaction: &Transaction<'_>,
    head: &mut Head,
    now: Timestamp,
    sets: &[Named],
) -> rusqlite::Result<()> {
    let drop = "DELETE FROM sets WHERE zone = ?1 AND type = ?2 AND digest = ?3";
    let mut drop = transaction.prepare_cached(drop)?;
    for Named(zone, rtype, digest) in sets {
        drop.execute([zone, rtype, digest])?;
    }
    for dropped in sets.chunks(DROPPED) {
        tell(transaction, head, now, dropped, false)?;
    }
    Ok(())
}

fn tell(
    transaction: &Transaction<'_>,
    head: &mut Head,
    now: Timestamp,
    dropped: &[Named],
    begins: bool,
) -> rusqlite::Result<()> {
    let body = if begins {
        json!({ "sets": dropped, "begins": true })
    } else {
        json!({ "sets": dropped })
    };
    let entry = Entry {
        time: now,
        kind: EntryKind::Dropped,
        zone: None,
        body: body.to_string(),
    };
    head.append(transaction, &entry)?;
    Ok(())
}

/// Begins the account, if the history does not keep it already. In a file of an earlier version, which told nothing of sets that it dropped,
/// all goes into one entry that is missing until then.
pub(super) fn begin(
    transaction: &Transaction<'_>,
    head: &mut Head,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let kept = "SELECT EXISTS (SELECT 1 FROM history WHERE kind = ?1 \
                OR (kind = ?2 AND json_extract(body, '$.accounted')))";
    let kinds = [EntryKind::Dropped, EntryKind::Pruned].map(EntryKind::name);
    let is_kept: bool = transaction.query_row(kept, kinds, |row| row.get(0))?;
    if is_kept {
        return Ok(());
    }
    let told = "SELECT zone, body FROM history WHERE kind = ?1";
    let mut told = transaction.prepare(told)?;
    let mut rows = told.query(params![EntryKind::Set.name()])?;
    let mut missing = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (zone, body): (Option<String>, String) = (row.get(0)?, row.get(1)?);
        if let Some(named) = Named::told(zone.as_deref(), &body) {
            missing.insert(named);
        }
    }
    let there = format!("SELECT {} FROM sets", Named::COLUMNS);
    let mut there = transaction.prepare(&there)?;
    for named in there.query_map([], Named::read)? {
        missing.remove(&named?);
    }
    let missing: Vec<_> = missing.into_iter().collect();
    tell(transaction, head, now, &missing, true)
}

/// The account as the history tells it from its first entry on.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Everything that was dropped is told. An earlier version did not.
    pub(super) is_kept: bool,
    /// The last entry of each set that must be there.
    there: BTreeMap<[u8; 16], i64>,
}

impl Account {
    /// Takes in the next entry.
    pub(super) fn take(&mut self, seq: i64, kind: &str, zone: Option<&str>, body: &str) {
        if kind == EntryKind::Set.name() {
            let named = Named::told(zone, body);
            self.there.extend(named.map(|named| (named.key(), seq)));
        } else if kind == EntryKind::Dropped.name() {
            let told: Option<Dropped> = serde_json::from_str(body).ok();
            let Some(told) = told else { return };
            self.is_kept |= told.begins;
            for named in told.sets {
                self.there.remove(&named.key());
            }
        }
    }

    /// Strikes out a set that is there; gives whether it must be, with this entry.
    pub(super) fn strike(&mut self, named: &Named, entry: i64) -> bool {
        self.there.remove(&named.key()) == Some(entry)
    }

    /// The first entry of a set that must be there and was not struck out.
    pub(super) fn missing(&self) -> Option<i64> {
        self.there.values().min().copied()
    }
}

#[derive(Deserialize)]
struct Dropped {
    sets: Vec<Named>,
    #[serde(default)]
    begins: bool,
}
