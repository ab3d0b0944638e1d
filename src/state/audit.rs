//! Proves that a state file was not edited.

use super::account::{Account, Named};
use super::history::{EntryKind, GENESIS, Written};
use super::{Error, schema};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// What an audit found.
#[derive(Debug)]
pub struct Audit {
    /// Entries of the history that were looked at.
    pub entries: u64,
    /// Sets that were held against their entries.
    pub sets: u64,
    /// When the first and the last entry were made, as capture time; nothing if there is none.
    pub span: Option<(String, String)>,
    /// The hash of the last entry.
    pub head: String,
    /// The history proves which sets there are; an earlier version wrote one that does not.
    pub is_accounted: bool,
    /// What was never written, as the history itself tells, the first ones.
    pub lost: Vec<Gap>,
    /// The first thing that is wrong, if anything is.
    pub flaw: Option<Flaw>,
}

impl fmt::Display for Audit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            entries,
            sets,
            span,
            head,
            is_accounted,
            lost,
            flaw,
        } = self;
        match flaw {
            Some(flaw) => write!(out, "not as it was written: {flaw}")?,
            None => write!(out, "whole and unedited")?,
        }
        let span = span.as_ref();
        let span = span.map_or_else(String::new, |(first, last)| {
            format!(" from {first} to {last}")
        });
        write!(
            out,
            "\n{entries} entries of the history{span}, {sets} sets; head {}",
            if head.is_empty() { "none" } else { head }
        )?;
        if !is_accounted && *entries > 0 {
            write!(
                out,
                "\nwhich sets there are is not proven: an earlier version wrote this file, and \
                 the next run with it begins to keep account"
            )?;
        }
        lost.iter().try_for_each(|gap| write!(out, "\n{gap}"))
    }
}

/// Gaps that an audit lists at most.
const GAPS: usize = 100;

/// Something that could not be written while the disk was full or failing: no edit.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Gap {
    /// Entries of the history.
    pub entries: u64,
    /// Sights of sets.
    pub sets: u64,
    /// From when, as capture time.
    pub from: String,
    /// Until when.
    pub until: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            entries,
            sets,
            from,
            until,
        } = self;
        write!(
            out,
            "a gap: {entries} entries and {sets} sights of sets could not be written from {from} \
             to {until}, since the disk was full or failed for too long; that is no edit"
        )
    }
}

/// What is wrong with a state file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// The hash of an entry is not that of its content and the entry before it.
    Edited {
        /// The entry.
        seq: i64,
    },
    /// Entries are missing before this one.
    Gap {
        /// The entry.
        seq: i64,
    },
    /// The history ends before the end that was noted in the file.
    CutOff,
    /// A set is not what its entry says.
    Set {
        /// The zone.
        zone: String,
        /// The type.
        rtype: String,
    },
    /// A set is missing, and no entry says that it was dropped.
    SetMissing {
        /// The zone.
        zone: String,
        /// The type.
        rtype: String,
        /// The entry that told of it last.
        seq: i64,
    },
    /// No entry has the hash that the history is held against.
    HeadUnknown {
        /// The hash.
        hash: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited { seq } => write!(
                out,
                "entry {seq} of the history was edited, or one before it: its hash does not fit"
            ),
            Self::Gap { seq } => write!(
                out,
                "entries are missing before entry {seq} of the history, and no retention dropped them"
            ),
            Self::CutOff => write!(out, "the last entries of the history are missing"),
            Self::Set { zone, rtype } => write!(
                out,
                "the {rtype} set of {zone} was edited: the history says otherwise"
            ),
            Self::SetMissing { zone, rtype, seq } => write!(
                out,
                "the {rtype} set of {zone} of entry {seq} of the history is missing, and no \
                 retention dropped it"
            ),
            Self::HeadUnknown { hash } => write!(
                out,
                "no entry has the hash {hash}: the history was rewritten, or that part of it was dropped as too old"
            ),
        }
    }
}

/// Reads the state file at `path` from end to end and checks that its history is whole, that
/// the sets are those of the history and, if `head` is given, that the history goes through the
/// entry with that hash: the head that a `stats` line told once. Without it, a history that was
/// rewritten whole is not told from a true one.
pub fn audit(path: &Path, head: Option<&str>) -> Result<Audit, Error> {
    let connection = schema::open_to_read(path)?;
    look(&connection, head).map_err(|source| schema::failure(path, source))
}

fn look(connection: &Connection, head: Option<&str>) -> rusqlite::Result<Audit> {
    // One view of the file, also while a sensor writes to it.
    let connection = connection.unchecked_transaction()?;
    let mut audit = Audit {
        entries: 0,
        sets: 0,
        span: None,
        head: GENESIS.to_owned(),
        is_accounted: false,
        lost: Vec::new(),
        flaw: None,
    };
    let cut = cut(&connection)?.unwrap_or_default();
    let mut account = Account::default();
    account.is_kept = cut.is_accounted;
    let mut through = cut.through;
    audit.head = cut.hash;
    let mut is_head_seen = head == Some(&audit.head);
    let all = format!("SELECT {} FROM history ORDER BY seq", Written::COLUMNS);
    let mut all = connection.prepare(&all)?;
    for entry in all.query_map([], Written::read)? {
        let entry = entry?;
        audit.entries += 1;
        let flaw = if entry.seq != through + 1 {
            Some(Flaw::Gap { seq: entry.seq })
        } else if entry.hash != entry.expected_hash(&audit.head)
            // No zone and an empty one hash alike; the latter is never written.
            || entry.zone.as_deref() == Some("")
        {
            Some(Flaw::Edited { seq: entry.seq })
        } else {
            None
        };
        audit.flaw = audit.flaw.take().or(flaw);
        through = entry.seq;
        account.take(entry.seq, &entry.kind, entry.zone.as_deref(), &entry.body);
        if entry.kind == EntryKind::Lost.name() && audit.lost.len() < GAPS {
            let gap: Option<Gap> = serde_json::from_str(&entry.body).ok();
            audit.lost.extend(gap);
        }
        is_head_seen |= head == Some(&entry.hash);
        let first = audit
            .span
            .take()
            .map_or_else(|| entry.time.clone(), |(first, _)| first);
        audit.span = Some((first, entry.time));
        audit.head = entry.hash;
    }
    audit.is_accounted = account.is_kept;
    let noted = super::store::meta(&connection, "head")?;
    if audit.flaw.is_none() && noted.unwrap_or_default() != audit.head {
        audit.flaw = Some(Flaw::CutOff);
    }
    if audit.flaw.is_none() {
        audit.flaw = look_at_sets(&connection, &mut account, &mut audit.sets)?;
    }
    if let (None, Some(hash), false) = (&audit.flaw, head, is_head_seen) {
        let hash = hash.to_owned();
        audit.flaw = Some(Flaw::HeadUnknown { hash });
    }
    Ok(audit)
}

/// Where retention cut the history off.
#[derive(Debug, Default, Deserialize)]
struct Cut {
    /// The last entry that went.
    through: i64,
    /// Its hash.
    hash: String,
    /// From there on each set that went is told of.
    #[serde(default, rename = "accounted")]
    is_accounted: bool,
}

fn cut(connection: &Connection) -> rusqlite::Result<Option<Cut>> {
    let last = "SELECT body FROM history WHERE kind = ?1 ORDER BY seq DESC LIMIT 1";
    let body: Option<String> = connection
        .query_row(last, [EntryKind::Pruned.name()], |row| row.get(0))
        .optional()?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}

/// The columns that an entry tells of, as it names them; of a set that is empty, the first ones.
/// When a set was last seen, and how it was last proven to be empty, changes without one.
const PROVEN: [&str; 12] = [
    "type",
    "records",
    "first_seen",
    "ttl",
    "inception",
    "expiration",
    "signer",
    "key_tag",
    "algorithm",
    "server",
    "resolver",
    "zone_file",
];

/// How many of them an entry tells of a set that is empty.
const PROVEN_IF_EMPTY: usize = 3;

/// Holds each set against its entry, and all of them against the account.
fn look_at_sets(
    connection: &Connection,
    account: &mut Account,
    count: &mut u64,
) -> rusqlite::Result<Option<Flaw>> {
    let all = "SELECT sets.zone, sets.type, sets.digest, sets.records, sets.entry, history.zone, history.body, \
                      json_object('type', type, 'records', records, 'first_seen', first_seen, \
                          'ttl', ttl, 'inception', inception, 'expiration', expiration, \
                          'signer', signer, 'key_tag', key_tag, 'algorithm', algorithm, \
                          'server', server, 'resolver', resolver, 'zone_file', zone_file) \
               FROM sets LEFT JOIN history ON history.seq = sets.entry \
               AND history.kind = 'set' ORDER BY sets.zone, sets.type, sets.digest";
    let mut all = connection.prepare(all)?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        *count += 1;
        let text = |column: usize| row.get::<_, String>(column);
        let (zone, rtype, records) = (text(0)?, text(1)?, text(3)?);
        let told_of: Option<String> = row.get(5)?;
        let body: Option<String> = row.get(6)?;
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let (told, held) = (body.map(|body| read(&body)), read(&text(7)?));
        let count = if records.is_empty() {
            PROVEN_IF_EMPTY
        } else {
            PROVEN.len()
        };
        let mut proven = PROVEN.iter().take(count);
        let is_told = told_of.as_deref() == Some(&zone)
            && told.is_some_and(|told| proven.all(|name| told.get(name) == held.get(name)))
            && text(2)? == super::sets::digest(&records);
        let is_due = account.strike(&Named::read(row)?, row.get(4)?);
        if !is_told || (account.is_kept && !is_due) {
            return Ok(Some(Flaw::Set { zone, rtype }));
        }
    }
    let Some(seq) = account.missing().filter(|_| account.is_kept) else {
        return Ok(None);
    };
    let missing = "SELECT zone, json_extract(body, '$.type') FROM history WHERE seq = ?1";
    let missing = connection.query_row(missing, [seq], |row| {
        let (zone, rtype) = (row.get(0)?, row.get(1)?);
        Ok(Flaw::SetMissing { zone, rtype, seq })
    });
    missing.map(Some)
}
