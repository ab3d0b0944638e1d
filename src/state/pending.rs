//! Entries that wait to be written, and what became of those for which there was no room.

use super::history::{Entry, EntryKind, moment};
use crate::time::Timestamp;
use serde_json::json;

/// Entries that wait at most, and their octets: hours of alerts while the disk is full.
const ENTRIES: usize = 50_000;
const ENTRY_OCTETS: usize = 64 << 20;

/// Octets of an entry besides its body, roughly.
const ENTRY_OVERHEAD: usize = 256;

/// What a state file could not take in, since too much waited already.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lost {
    /// Entries of the history: lines, and starts and ends of runs.
    pub entries: u64,
    /// Sights of sets.
    pub sets: u64,
    /// What a room would have left for the next run.
    pub values: u64,
    /// The earliest and the latest capture time at which something was lost.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Lost {
    /// Whether something was.
    pub fn is_some(&self) -> bool {
        self.span.is_some()
    }

    /// Notes that something was lost at `time`.
    pub(super) fn note(&mut self, time: Timestamp) {
        let (from, until) = self.span.unwrap_or((time, time));
        self.span = Some((from.min(time), until.max(time)));
    }

    /// What the history tells of it, once it can be written again.
    pub(super) fn entry(&self) -> Option<Entry> {
        let (from, until) = self.span?;
        let body = json!({
            "entries": self.entries,
            "sets": self.sets,
            "values": self.values,
            "from": moment(from),
            "until": moment(until),
        });
        Some(Entry {
            time: until,
            kind: EntryKind::Lost,
            zone: None,
            body: body.to_string(),
        })
    }
}

/// Entries in the order in which they came, as many as fit.
#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: Vec<Entry>,
    octets: usize,
}

impl Pending {
    /// Takes in an entry; if there is no room, it is lost. Those that came first stay, so that the
    /// history has one gap and not many.
    pub(super) fn push(&mut self, entry: Entry, lost: &mut Lost) {
        let octets = self.octets + entry.body.len() + ENTRY_OVERHEAD;
        if self.entries.len() >= ENTRIES || octets > ENTRY_OCTETS {
            lost.entries += 1;
            lost.note(entry.time);
        } else {
            self.octets = octets;
            self.entries.push(entry);
        }
    }

    pub(super) fn all(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets what was written.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.octets = 0;
    }
}
