//! The state file while a run writes to it.

use super::history::{Entry, EntryKind, Head};
use super::pending::{Lost, Pending};
use super::resume::{Resumes, Room};
use super::retention::Looks;
use super::sets::Sights;
use super::{Error, account, lock, schema, surplus};
use crate::chain::Fact;
use crate::message::Name;
use crate::signature::sha256;
use crate::time::Timestamp;
use crate::watch::Delegation;
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Commits between two looks for what is too old, unless the last one left some.
const LOOK_COMMITS: u32 = 600;

/// Free pages that one such look gives back to the file system: 8 MiB, so that it is short.
const SHRINK_PAGES: u32 = 2048;

/// How much is remembered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Days of capture time after which what is no longer in force is dropped.
    pub days: u32,
    /// MiB that the file may take; then the oldest goes first.
    pub mib: u32,
}

impl Default for Limits {
    /// A year and a month, so that a yearly rollover is seen beside the one before.
    fn default() -> Self {
        Self {
            days: 400,
            mib: 2048,
        }
    }
}

/// The state file of a run. What it takes in waits for [`State::commit`].
#[derive(Debug)]
pub struct State {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) limits: Limits,
    head: Head,
    sights: Sights,
    entries: Pending,
    /// Since the last commit that came through.
    lost: Lost,
    resumes: Resumes,
    /// No line stands behind this entry of the history.
    lines_until: i64,
    /// All lines up to this entry have reached the outputs.
    delivered: i64,
    /// The end of what the file has seen.
    pub(super) seen_until: Timestamp,
    commits: u32,
    looks: Looks,
    /// The last look left something to do.
    is_behind: bool,
    /// The history tells of each set that goes.
    is_accounted: bool,
    /// Held as long as the file is written to.
    _lock: File,
}

impl State {
    /// Opens the state file at `path`, or begins one, and locks it for this run. `is_drill` must
    /// be what it was begun with.
    pub fn open(path: &Path, is_drill: bool, limits: Limits) -> Result<Self, Error> {
        schema::refuse_foreign(path)?;
        let lock = lock::take(path)?;
        let connection = schema::open(path)?;
        let failed = |source| schema::failure(path, source);
        let given = content(is_drill);
        let content_before = meta(&connection, "content").map_err(failed)?;
        match content_before.as_deref() {
            None => set_meta(&connection, "content", given).map_err(failed)?,
            Some(before) if before == given => {}
            Some(_) => {
                return Err(Error::Mixed {
                    path: path.to_path_buf(),
                    held: content(!is_drill),
                    given,
                });
            }
        }
        let head = Head::read(&connection).map_err(failed)?;
        let lines_until = head.seq;
        let is_accounted = meta(&connection, "accounted").map_err(failed)?.is_some();
        let seen_until = meta(&connection, "seen_until").map_err(failed)?;
        let seen_until = seen_until.and_then(|text| text.parse().ok());
        let delivered = meta(&connection, "delivered").map_err(failed)?;
        let delivered = delivered.and_then(|text| text.parse().ok());
        Ok(Self {
            path: path.to_path_buf(),
            connection,
            limits,
            head,
            sights: Sights::default(),
            entries: Pending::default(),
            lost: Lost::default(),
            resumes: Resumes::default(),
            lines_until,
            delivered: delivered.unwrap_or_default(),
            seen_until: Timestamp::from_nanos(seen_until.unwrap_or_default()),
            commits: 0,
            looks: Looks::default(),
            is_behind: false,
            is_accounted,
            _lock: lock,
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The end of what the file has seen, as capture time; the epoch if nothing.
    pub fn seen_until(&self) -> Timestamp {
        self.seen_until
    }

    /// The hash of the last entry of the history; empty if there is none.
    pub fn head(&self) -> &str {
        &self.head.hash
    }

    /// Takes in what was verified.
    pub fn fact(&mut self, fact: &Fact) {
        if !self.sights.see(fact) {
            self.lose_set(fact.exchange.message.time);
        }
    }

    /// Takes in where a zone's parent leads.
    pub fn delegation(&mut self, zone: &Name, delegation: &Delegation<'_>) {
        if !self.sights.delegate(zone, delegation) {
            self.lose_set(delegation.last_seen);
        }
    }

    fn lose_set(&mut self, time: Timestamp) {
        self.lost.sets += 1;
        self.lost.note(time);
    }

    fn enter(&mut self, entry: Entry) {
        self.entries.push(entry, &mut self.lost);
    }

    /// What could not be taken in since the last commit that came through, since too much waits.
    /// The next one enters it in the history.
    pub fn lost(&self) -> Lost {
        self.lost
    }

    /// Entries of the history that wait to be written.
    pub fn waiting(&self) -> usize {
        self.entries.all().len()
    }

    /// Takes in that a run begins or ends in good order, with what it is told by.
    pub fn run(&mut self, event: &str, detail: &impl Serialize, time: Timestamp) {
        let body = json!({ "event": event, "detail": detail }).to_string();
        self.enter(Entry {
            time,
            kind: EntryKind::Run,
            zone: None,
            body,
        });
    }

    /// Takes in a planned change of a zone, as the portfolio declares it. The first time that it
    /// does is entered in the history, with `time`: whether that was before the change is seen
    /// there.
    pub fn declare(
        &mut self,
        zone: String,
        plan: &impl Serialize,
        time: Timestamp,
    ) -> Result<(), Error> {
        let body = json!({ "change": plan }).to_string();
        let key = format!("{zone} {}", HEXLOWER.encode(&sha256(body.as_bytes())));
        let known = "SELECT 1 FROM resume WHERE room = ?1 AND key = ?2";
        let known: Option<i64> = self
            .connection
            .query_row(known, params![Room::Declared.name(), key], |row| row.get(0))
            .optional()
            .map_err(|source| schema::failure(&self.path, source))?;
        if known.is_none() {
            self.keep(Room::Declared, key, Some(&time));
            self.enter(Entry {
                time,
                kind: EntryKind::Declared,
                zone: Some(zone),
                body,
            });
        }
        Ok(())
    }

    /// Takes in a line that is about to be told: it is to be committed before.
    pub fn line(&mut self, line: &str, zone: Option<String>, time: Timestamp) {
        self.enter(Entry {
            time,
            kind: EntryKind::Line,
            zone,
            body: line.to_owned(),
        });
    }

    /// Takes in what a room knows by a key, for the next run; nothing if it knows it no longer.
    pub fn keep(&mut self, room: Room, key: String, value: Option<&impl Serialize>) {
        if !self.resumes.keep(room, key, value) {
            self.lost.values += 1;
            self.lost.note(self.seen_until);
        }
    }

    /// Whether a line waits to be committed.
    pub fn has_lines(&self) -> bool {
        let mut entries = self.entries.all().iter();
        entries.any(|entry| entry.kind == EntryKind::Line)
    }

    /// Writes down that all committed lines have reached the outputs.
    pub fn delivered(&mut self) -> Result<(), Error> {
        if self.delivered < self.lines_until {
            set_meta(&self.connection, "delivered", &self.head.seq.to_string())
                .map_err(|source| schema::failure(&self.path, source))?;
            self.delivered = self.head.seq;
        }
        Ok(())
    }

    /// Writes down all that was taken in, whole or not at all, as seen until `now`. What could
    /// not be written waits for the next call.
    pub fn commit(&mut self, now: Timestamp) -> Result<(), Error> {
        self.seen_until = now;
        let is_idle = self.sights.is_empty() && self.entries.is_empty() && self.resumes.is_empty();
        if is_idle && !self.lost.is_some() {
            return Ok(());
        }
        let head = self
            .write()
            .map_err(|source| schema::failure(&self.path, source))?;
        if self.has_lines() {
            self.lines_until = head.seq;
        }
        self.head = head;
        self.is_accounted = true;
        self.sights.clear();
        self.entries.clear();
        self.resumes.clear();
        self.lost = Lost::default();
        self.commits += 1;
        if self.is_behind || self.commits.is_multiple_of(LOOK_COMMITS) {
            self.is_behind = self.look()?;
        }
        Ok(())
    }

    /// Drops all that is too old or too much: for the end of a run, when nothing waits.
    pub fn prune(&mut self) -> Result<(), Error> {
        while self.look()? {}
        Ok(())
    }

    /// Drops some of what is too old or too much; gives whether there is more.
    fn look(&mut self) -> Result<bool, Error> {
        if !self.is_accounted {
            // Nothing was ever written.
            return Ok(false);
        }
        let (limits, until) = (self.limits, self.seen_until);
        let (mut head, mut looks) = (self.head.clone(), self.looks.clone());
        let looked = (|| {
            let transaction = self.connection.transaction()?;
            let has_more = looks.look(&transaction, &mut head, limits, until)?;
            set_meta(&transaction, "head", &head.hash)?;
            transaction.commit()?;
            Ok(has_more)
        })();
        let failed = |source| schema::failure(&self.path, source);
        let has_more = looked.map_err(failed)?;
        (self.head, self.looks) = (head, looks);
        // Files of earlier versions have no such pages, and keep their size.
        self.shrink().map_err(failed)?;
        Ok(has_more)
    }

    /// Gives free pages back; each step of the statement frees one.
    fn shrink(&self) -> rusqlite::Result<()> {
        let shrink = format!("PRAGMA incremental_vacuum({SHRINK_PAGES})");
        let mut shrink = self.connection.prepare(&shrink)?;
        let mut steps = shrink.query([])?;
        while steps.next()?.is_some() {}
        Ok(())
    }

    fn write(&mut self) -> rusqlite::Result<Head> {
        let mut head = self.head.clone();
        let transaction = self.connection.transaction()?;
        if !self.is_accounted {
            account::begin(&transaction, &mut head, self.seen_until)?;
            set_meta(&transaction, "accounted", "since then")?;
        }
        self.sights.write(&transaction, &mut head)?;
        for entry in self.entries.all().iter().chain(&self.lost.entry()) {
            head.append(&transaction, entry)?;
        }
        self.resumes.write(&transaction)?;
        for (zone, rtype) in self.sights.grown() {
            surplus::drop_surplus(&transaction, &mut head, (zone, rtype), self.seen_until)?;
        }
        let seen_until = self.seen_until.as_nanos().to_string();
        set_meta(&transaction, "seen_until", &seen_until)?;
        set_meta(&transaction, "head", &head.hash)?;
        transaction.commit()?;
        Ok(head)
    }

    /// The lines of an earlier run that never reached its outputs, in order.
    pub fn undelivered(&self) -> Result<Vec<String>, Error> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let lines = "SELECT body FROM history WHERE kind = ?1 AND seq > ?2 ORDER BY seq";
            let mut lines = self.connection.prepare(lines)?;
            let kind = EntryKind::Line.name();
            lines
                .query_map(params![kind, self.delivered], |row| row.get(0))?
                .collect()
        };
        read().map_err(|source| schema::failure(&self.path, source))
    }
}

pub(super) const fn content(is_drill: bool) -> &'static str {
    if is_drill { "a drill" } else { "real traffic" }
}

pub(super) fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let value = "SELECT value FROM meta WHERE name = ?1";
    connection
        .query_row(value, [name], |row| row.get(0))
        .optional()
}

pub(super) fn set_meta(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let set = "INSERT INTO meta (name, value) VALUES (?1, ?2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.prepare_cached(set)?.execute([name, value])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::audit;

    const DAY: i64 = 86_400;

    fn at(days: i64) -> Timestamp {
        Timestamp::new(1_790_000_000 + days * DAY, 0)
    }

    /// A state file in a folder of its own, which is gone with the first.
    fn begun(name: &str, limits: Limits) -> (PathBuf, State) {
        let path = std::env::temp_dir().join(format!("sigtap-{name}-{}", std::process::id()));
        for ending in ["", "-wal", "-shm", "-lock"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        let state = State::open(&path, false, limits).unwrap();
        (path, state)
    }

    fn count(state: &State, table: &str) -> i64 {
        let count = format!("SELECT count(*) FROM {table}");
        state
            .connection
            .query_row(&count, [], |row| row.get(0))
            .unwrap()
    }

    /// Enters a set of `zone` with its entry, as facts do.
    fn set(state: &mut State, zone: &str, records: &str, day: i64) {
        let mut head = state.head.clone();
        let transaction = state.connection.transaction().unwrap();
        let time = crate::state::history::moment(at(day));
        let body = json!({
            "type": "DS", "records": records, "first_seen": time, "ttl": 60, "inception": time,
            "expiration": time, "signer": ".", "key_tag": 1, "algorithm": 13, "server": "",
            "resolver": "", "zone_file": "",
        });
        let entry = Entry {
            time: at(day),
            kind: EntryKind::Set,
            zone: Some(zone.to_owned()),
            body: body.to_string(),
        };
        let seq = head.append(&transaction, &entry).unwrap();
        transaction
            .execute(
                "INSERT INTO sets VALUES (?1, 'DS', ?2, ?3, ?4, ?4, ?4, NULL, 60, ?4, ?4, '.', 1, 13, \
                 '', '', '', ?5)",
                params![
                    zone,
                    crate::state::sets::digest(records),
                    records,
                    time,
                    seq
                ],
            )
            .unwrap();
        set_meta(&transaction, "head", &head.hash).unwrap();
        transaction.commit().unwrap();
        state.head = head;
    }

    #[test]
    fn what_is_old_goes_and_what_is_in_force_stays() {
        let limits = Limits { days: 30, mib: 100 };
        let (path, mut state) = begun("old", limits);
        set(&mut state, "a.", "1 13 2 01", 0);
        set(&mut state, "a.", "2 13 2 02", 1);
        for day in 0..100 {
            state.line("{}", Some("a.".to_owned()), at(day));
            state.commit(at(day)).unwrap();
        }
        // The present is what some entries agree on.
        for _ in 0..20 {
            state.line("{}", None, at(99));
        }
        state.line("{}", None, at(40_000));
        state.commit(at(99)).unwrap();
        state.prune().unwrap();
        // The first set is past and old, the second is old and in force.
        let left: String = state
            .connection
            .query_row("SELECT group_concat(records) FROM sets", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(left, "2 13 2 02");
        assert!(
            (50..60).contains(&count(&state, "history")),
            "{}",
            count(&state, "history")
        );
        state.commit(at(100)).unwrap();
        let found = audit(&path, None).unwrap();
        assert_eq!(found.flaw, None);
        assert_eq!(found.sets, 1);
    }

    #[test]
    fn a_file_stays_in_its_bounds() {
        let limits = Limits { days: 400, mib: 1 };
        let (path, mut state) = begun("large", limits);
        let line = format!("\"{}\"", "x".repeat(2000));
        state.keep(Room::Watch, "z1.".to_owned(), Some(&1));
        for number in 0..3000 {
            set(
                &mut state,
                &format!("z{number}."),
                "1 13 2 01",
                number / 100,
            );
            state.line(&line, None, at(number / 100));
            state.commit(at(number / 100)).unwrap();
        }
        state.prune().unwrap();
        let used: i64 = state
            .connection
            .query_row(
                "SELECT (page_count - freelist_count) * page_size \
                 FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!(used <= 1 << 20, "{used} octets");
        state.prune().unwrap();
        state.prune().unwrap();
        let free: i64 = state
            .connection
            .query_row("PRAGMA freelist_count", [], |row| row.get(0))
            .unwrap();
        assert_eq!(free, 0, "pages are given back, some with each look");
        let kept: i64 = state
            .connection
            .query_row("SELECT count(*) FROM sets WHERE zone = 'z1.'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(kept, 1, "a set in force of a zone whose history is kept");
        assert_eq!(audit(&path, None).unwrap().flaw, None);
    }

    /// Sees the parent lead to server number `server`, at second `time`.
    fn lead(state: &mut State, server: usize, time: i64) {
        let zone = Name::parse("a.").unwrap();
        let names = [Name::parse(&format!("ns{server}.")).unwrap()].into();
        let last_seen = Timestamp::new(1_790_000_000 + time, 0);
        let delegation = Delegation {
            names: &names,
            last_seen,
            held_until: last_seen.plus_seconds(60),
        };
        state.delegation(&zone, &delegation);
    }

    #[test]
    fn a_zone_has_so_many_past_sets_and_no_more() {
        let (path, mut state) = begun("past", Limits::default());
        for minute in 0..1500 {
            lead(&mut state, usize::try_from(minute).unwrap(), minute * 60);
            if minute % 100 == 99 {
                state.commit(at(0)).unwrap();
            }
        }
        let sets = "SELECT group_concat(records) FROM sets ORDER BY last_seen";
        let sets: String = state
            .connection
            .query_row(sets, [], |row| row.get(0))
            .unwrap();
        assert_eq!(sets.split(',').count(), 1001);
        assert!(sets.contains("ns1499.") && sets.contains("ns499.") && !sets.contains("ns498."));
        assert_eq!(audit(&path, None).unwrap().flaw, None);
    }

    /// Has the file take no page more, or as many as it likes.
    fn fill(state: &State, is_full: bool) {
        let pages = if is_full { 1 } else { 1 << 30 };
        let pages = format!("PRAGMA max_page_count = {pages}");
        state.connection.query_row(&pages, [], |_| Ok(())).unwrap();
    }

    #[test]
    fn what_a_full_disk_costs_has_a_bound_and_is_told() {
        let (path, mut state) = begun("full", Limits::default());
        state.line("1", None, at(0));
        state.commit(at(0)).unwrap();
        fill(&state, true);
        let line = format!("\"{}\"", "x".repeat(100_000));
        for second in 0..1000 {
            let time = at(1).plus_seconds(second);
            state.line(&line, None, time);
            lead(&mut state, usize::try_from(second).unwrap(), second);
            if second % 100 == 0 {
                assert!(state.commit(time).is_err());
            }
        }
        let lost = state.lost();
        assert!((300..400).contains(&lost.entries), "{lost:?}");
        assert_eq!(
            state.waiting() + usize::try_from(lost.entries).unwrap(),
            1000
        );
        assert_eq!(lost.span.unwrap().1, at(1).plus_seconds(999));
        fill(&state, false);
        state.commit(at(2)).unwrap();
        assert_eq!(state.lost(), Lost::default());
        let found = audit(&path, None).unwrap();
        assert_eq!(found.flaw, None);
        assert_eq!(found.lost.len(), 1);
        let said = found.to_string();
        assert!(said.contains("whole and unedited"), "{said}");
        let gap = format!(
            "{} entries and 0 sights of sets could not be written",
            lost.entries
        );
        assert!(said.contains(&gap), "{said}");
    }

    #[test]
    fn sets_and_what_rooms_leave_have_bounds_too() {
        let (path, mut state) = begun("full-sets", Limits::default());
        for server in 0..140_000 {
            lead(&mut state, server, 0);
        }
        let value = "x".repeat(1 << 20);
        for key in 0..150 {
            state.keep(Room::Watch, key.to_string(), Some(&value));
        }
        let lost = state.lost();
        assert!(lost.sets > 10_000 && lost.sets < 20_000, "{lost:?}");
        assert!((20..25).contains(&lost.values), "{lost:?}");
        // What waits already may still be replaced by less.
        state.keep(Room::Watch, "1".to_owned(), Some(&1));
        state.keep(Room::Watch, "149".to_owned(), Some(&1));
        assert_eq!(state.lost(), lost);
        drop(state);
        let _ = std::fs::remove_file(path);
    }

    #[test]
    fn a_set_that_went_unseen_is_missed_but_for_what_earlier_versions_dropped() {
        let (path, mut state) = begun("account", Limits::default());
        for (zone, records) in [
            ("a.", "1 13 2 01"),
            ("a.", "2 13 2 02"),
            ("b.", "1 13 2 01"),
        ] {
            set(&mut state, zone, records, 0);
        }
        let drop = |state: &State, records: &str| {
            let drop = "DELETE FROM sets WHERE zone = 'a.' AND records = ?1";
            assert_eq!(state.connection.execute(drop, [records]), Ok(1));
        };
        drop(&state, "1 13 2 01");
        let before = audit(&path, None).unwrap();
        assert_eq!((before.flaw.as_ref(), before.is_accounted), (None, false));
        assert!(before.to_string().contains("is not proven"), "{before}");
        state.line("1", None, at(1));
        state.commit(at(1)).unwrap();
        let found = audit(&path, None).unwrap();
        assert_eq!((found.flaw.as_ref(), found.is_accounted), (None, true));
        assert!(!found.to_string().contains("is not proven"), "{found}");
        drop(&state, "2 13 2 02");
        state
            .connection
            .execute("DELETE FROM meta WHERE name = 'accounted'", [])
            .unwrap();
        std::mem::drop(state);
        let mut state = State::open(&path, false, Limits::default()).unwrap();
        state.line("2", None, at(1));
        state.commit(at(1)).unwrap();
        let flaw = audit(&path, None).unwrap().flaw.unwrap();
        let missing = "the DS set of a. of entry 2 of the history is missing";
        assert!(flaw.to_string().starts_with(missing), "{flaw}");
    }

    #[test]
    fn a_look_does_bounded_work_and_the_next_goes_on() {
        let (path, mut state) = begun("steps", Limits { days: 30, mib: 100 });
        for number in 0..3000 {
            set(&mut state, &format!("z{number}."), "1 13 2 01", 0);
            set(&mut state, &format!("z{number}."), "2 13 2 02", 1);
        }
        for number in 0..20_000 {
            state.line("{}", None, at(2));
            if number % 1000 == 0 {
                state.commit(at(2)).unwrap();
            }
        }
        for _ in 0..20 {
            state.line("{}", None, at(99));
        }
        state.commit(at(99)).unwrap();
        let mut before = (count(&state, "history"), count(&state, "sets"));
        let mut looks = 0;
        while state.look().unwrap() {
            let after = (count(&state, "history"), count(&state, "sets"));
            assert!(
                before.0 - after.0 <= 4096 && before.1 - after.1 <= 1024,
                "{before:?} {after:?}"
            );
            before = after;
            looks += 1;
            assert!(looks < 50, "it comes to an end");
        }
        assert!(looks > 4, "{looks}");
        assert_eq!(count(&state, "sets"), 3000);
        assert!(
            count(&state, "history") < 3100,
            "{}",
            count(&state, "history")
        );
        assert_eq!(audit(&path, None).unwrap().flaw, None);
        // Commits go on with what is left, up to the end.
        state.is_behind = true;
        for _ in 0..4 {
            state.line("{}", None, at(99));
            state.commit(at(99)).unwrap();
        }
        assert!(!state.is_behind);
    }

    #[test]
    fn lines_are_undelivered_until_it_is_said() {
        let (path, mut state) = begun("lines", Limits::default());
        state.line("1", None, at(0));
        state.commit(at(0)).unwrap();
        state.delivered().unwrap();
        state.line("2", None, at(1));
        assert!(state.has_lines());
        state.commit(at(1)).unwrap();
        drop(state);
        let state = State::open(&path, false, Limits::default()).unwrap();
        assert_eq!(state.undelivered().unwrap(), ["2"]);
        assert_eq!(state.seen_until(), at(1));
    }
}
