//! The history: append-only, each entry bound to the one before.

use crate::signature::sha256;
use crate::time::Timestamp;
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

/// The hash before the first entry.
pub(super) const GENESIS: &str = "";

/// What an entry tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EntryKind {
    /// A run began, or ended in good order.
    Run,
    /// A set of a zone that was not there before, or that was signed anew.
    Set,
    /// A line that was told: an alert or the record of a change.
    Line,
    /// The portfolio named a planned change that it did not name before.
    Declared,
    /// Older entries were dropped; their last hash stands in it.
    Pruned,
    /// Something could not be written down in time: how much, and from when to when.
    Lost,
    /// Which sets are no longer kept.
    Dropped,
}

impl EntryKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Set => "set",
            Self::Line => "line",
            Self::Declared => "declared",
            Self::Pruned => "pruned",
            Self::Lost => "lost",
            Self::Dropped => "dropped",
        }
    }
}

/// An entry before it has its place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) time: Timestamp,
    pub(super) kind: EntryKind,
    pub(super) zone: Option<String>,
    /// JSON.
    pub(super) body: String,
}

/// Where the history ends.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: String,
}

impl Head {
    /// The end as the file has it.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let last = "SELECT seq, hash FROM history ORDER BY seq DESC LIMIT 1";
        let head = connection
            .query_row(last, [], |row| {
                Ok(Self {
                    seq: row.get(0)?,
                    hash: row.get(1)?,
                })
            })
            .optional()?;
        Ok(head.unwrap_or_default())
    }

    /// Appends an entry, which is the end then. Gives its place.
    pub(super) fn append(
        &mut self,
        transaction: &Transaction<'_>,
        entry: &Entry,
    ) -> rusqlite::Result<i64> {
        let seq = self.seq + 1;
        let written = Written {
            seq,
            time: moment(entry.time),
            kind: entry.kind.name().to_owned(),
            zone: entry.zone.clone(),
            body: entry.body.clone(),
            hash: String::new(),
        };
        let hash = written.expected_hash(&self.hash);
        let insert = "INSERT INTO history (seq, time, kind, zone, body, hash) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        transaction.prepare_cached(insert)?.execute(params![
            seq,
            written.time,
            written.kind,
            written.zone,
            written.body,
            hash
        ])?;
        *self = Self { seq, hash };
        Ok(seq)
    }
}

/// A row of the history.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) seq: i64,
    pub(super) time: String,
    pub(super) kind: String,
    pub(super) zone: Option<String>,
    pub(super) body: String,
    pub(super) hash: String,
}

impl Written {
    /// The columns that [`Written::read`] wants, in order.
    pub(super) const COLUMNS: &'static str = "seq, time, kind, zone, body, hash";

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            time: row.get(1)?,
            kind: row.get(2)?,
            zone: row.get(3)?,
            body: row.get(4)?,
            hash: row.get(5)?,
        })
    }

    /// The hash that it must have behind an entry with hash `before`: of that one and of its own
    /// parts, each with its length, so that they do not run into each other.
    pub(super) fn expected_hash(&self, before: &str) -> String {
        let seq = self.seq.to_string();
        let zone = self.zone.as_deref().unwrap_or_default();
        let mut octets = Vec::with_capacity(self.body.len() + 256);
        for part in [before, &seq, &self.time, &self.kind, zone, &self.body] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            octets.extend_from_slice(&length.to_be_bytes());
            octets.extend_from_slice(part.as_bytes());
        }
        HEXLOWER.encode(&sha256(&octets))
    }
}

/// A moment as the tables have it: RFC 3339 in UTC, so that it sorts and that SQLite's own
/// functions read it.
pub(super) fn moment(time: Timestamp) -> String {
    time.to_string().replace("+0000", "Z")
}
