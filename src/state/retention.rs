//! What a state file drops when it gets old or large.

use super::account::{self, Named};
use super::history::{Entry, EntryKind, Head, moment};
use super::sets;
use super::store::Limits;
use crate::time::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;

/// Seconds in a day.
const DAY: i64 = 86_400;

/// Parts of the history that go one after the other where the file is too large, and how many
/// entries such a part has at least: so many that pages get free.
const PARTS: i64 = 8;
const LEAST_PART: i64 = 64;

/// Entries and records that one look goes through at most, and sets, each of which is held against
/// the others of its zone: traffic waits for it.
const LOOK_ROWS: i64 = 4096;
const LOOK_SETS: i64 = 1024;

/// Entries with later times than all others that are not taken for the present.
const OUTLIERS: i64 = 16;

/// For how long a told audit record is remembered: longer than a repeated one is no news.
const RECORD_DAYS: i64 = 2;

/// Where the looks for what is too old or too much go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    /// The last record that was looked at.
    record: String,
    /// The last set that was looked at for its age.
    old: Place,
    /// The last set that was looked at since the file is too large.
    surplus: Place,
}

/// A set's place among all sets by age: when it was last seen, and what names it.
#[derive(Clone, Debug, Default)]
struct Place(String, Named);

impl Looks {
    /// Takes one look of bounded work; gives whether there is more to do at once.
    ///
    /// Drops the entries of the history that are older than the limit, or the oldest ones while
    /// the file is too large. Of the sets, those go that are as old and no longer in force, and
    /// where the file is too large those of zones that nobody remembers otherwise. A set that
    /// stays gets a new entry where its own goes.
    pub(super) fn look(
        &mut self,
        transaction: &Transaction<'_>,
        head: &mut Head,
        limits: Limits,
        until: Timestamp,
    ) -> rusqlite::Result<bool> {
        let until = present(transaction, until)?;
        let age = i64::from(limits.days).saturating_mul(DAY);
        let from = until.plus_seconds(-age);
        let mut has_more = self.drop_records(transaction, until)?;
        let (mut old, is_full) = page(transaction, &mut self.old, from)?;
        retain(&mut old, |named| is_past(transaction, named))?;
        account::drop_sets(transaction, head, until, &old)?;
        // Sets that go anyway need no new entries.
        has_more |= is_full || drop_old(transaction, head, from, until)?;
        let before = octets(transaction)?;
        if before <= i64::from(limits.mib) << 20 {
            return Ok(has_more);
        }
        self.drop_much(transaction, head, until)?;
        // Where nothing gets less, the next look is soon enough.
        Ok(has_more || octets(transaction)? < before)
    }

    /// Drops told audit records that are old; gives whether others were not looked at.
    fn drop_records(
        &mut self,
        transaction: &Transaction<'_>,
        until: Timestamp,
    ) -> rusqlite::Result<bool> {
        let from = until.plus_seconds(-RECORD_DAYS * DAY).as_nanos();
        let last = "SELECT max(key), count(*) FROM (SELECT key FROM resume \
                    WHERE room = 'record' AND key > ?1 ORDER BY key LIMIT ?2)";
        let last = transaction
            .prepare_cached(last)?
            .query_row(params![self.record, LOOK_ROWS], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let (Some(last), count): (Option<String>, i64) = last else {
            self.record.clear();
            return Ok(false);
        };
        let drop = "DELETE FROM resume WHERE room = 'record' AND key > ?1 AND key <= ?2 \
                    AND CAST(value AS INTEGER) < ?3";
        transaction
            .prepare_cached(drop)?
            .execute(params![self.record, last, from])?;
        let is_full = count == LOOK_ROWS;
        self.record = if is_full { last } else { String::new() };
        Ok(is_full)
    }

    /// Drops a part of the history, and the sets that went out of force within it or that belong
    /// to zones that are not watched: there were too many, and these were seen longest ago.
    fn drop_much(
        &mut self,
        transaction: &Transaction<'_>,
        head: &mut Head,
        until: Timestamp,
    ) -> rusqlite::Result<()> {
        let first = first(transaction)?;
        let part = (head.seq - first).div_euclid(PARTS);
        let part = part.clamp(LEAST_PART, LOOK_ROWS).min(head.seq - first);
        let cut = first + part;
        let time = "SELECT time FROM history WHERE seq = ?1";
        let time: Option<String> = transaction
            .query_row(time, [cut], |row| row.get(0))
            .optional()?;
        let from = time.and_then(|time| Timestamp::parse(&time));
        let (mut surplus, _) = page(transaction, &mut self.surplus, from.unwrap_or_default())?;
        retain(&mut surplus, |named| {
            Ok(is_past(transaction, named)? || is_forgotten(transaction, named)?)
        })?;
        account::drop_sets(transaction, head, until, &surplus)?;
        drop_history(transaction, head, cut, until)
    }
}

/// The present, as far as the latest entries agree on one: a few frames with times of their own
/// make nothing old.
fn present(transaction: &Transaction<'_>, until: Timestamp) -> rusqlite::Result<Timestamp> {
    let newest = "SELECT time FROM (SELECT time FROM history ORDER BY seq DESC LIMIT ?1) \
                  ORDER BY time DESC LIMIT 1 OFFSET ?2";
    let newest: Option<String> = transaction
        .query_row(newest, [LOOK_ROWS, OUTLIERS], |row| row.get(0))
        .optional()?;
    let newest = newest.and_then(|time| Timestamp::parse(&time));
    Ok(newest.map_or(until, |newest| newest.min(until)))
}

/// The next sets that were last seen before `from`, oldest first, and whether there may be more.
/// After the last one the next page is the first again.
fn page(
    transaction: &Transaction<'_>,
    place: &mut Place,
    from: Timestamp,
) -> rusqlite::Result<(Vec<Named>, bool)> {
    let page = "SELECT zone, type, digest, last_seen FROM sets WHERE last_seen < ?1 \
                AND (last_seen, zone, type, digest) > (?2, ?3, ?4, ?5) \
                ORDER BY last_seen, zone, type, digest LIMIT ?6";
    let Place(seen, Named(zone, rtype, digest)) = &*place;
    let values = params![moment(from), seen, zone, rtype, digest, LOOK_SETS];
    let mut page = transaction.prepare_cached(page)?;
    let page = page.query_map(values, |row| Ok(Place(row.get(3)?, Named::read(row)?)))?;
    let page: Vec<Place> = page.collect::<rusqlite::Result<_>>()?;
    let is_full = i64::try_from(page.len()) == Ok(LOOK_SETS);
    *place = page.last().filter(|_| is_full).cloned().unwrap_or_default();
    let sets = page.into_iter().map(|Place(_, named)| named).collect();
    Ok((sets, is_full))
}

fn retain(
    sets: &mut Vec<Named>,
    mut is_kept: impl FnMut(&Named) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let mut failed = None;
    sets.retain(|named| {
        is_kept(named).unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    });
    failed.map_or(Ok(()), Err)
}

/// Whether a set is no longer in force.
fn is_past(transaction: &Transaction<'_>, named: &Named) -> rusqlite::Result<bool> {
    let Named(zone, rtype, digest) = named;
    let past = "SELECT NOT EXISTS (SELECT 1 FROM current_sets \
                WHERE zone = ?1 AND type = ?2 AND digest = ?3)";
    let mut past = transaction.prepare_cached(past)?;
    past.query_row([zone, rtype, digest], |row| row.get(0))
}

/// Whether nobody remembers the zone otherwise.
fn is_forgotten(transaction: &Transaction<'_>, named: &Named) -> rusqlite::Result<bool> {
    let forgotten = "SELECT NOT EXISTS (SELECT 1 FROM resume WHERE room = 'watch' AND key = ?1)";
    let mut forgotten = transaction.prepare_cached(forgotten)?;
    forgotten.query_row([&named.0], |row| row.get(0))
}

/// Drops the history before `from`; gives whether more of it may be as old.
fn drop_old(
    transaction: &Transaction<'_>,
    head: &mut Head,
    from: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let oldest = "SELECT min(seq) FILTER (WHERE time >= ?1), max(seq), count(*) \
                  FROM (SELECT seq, time FROM history ORDER BY seq LIMIT ?2)";
    let (first_kept, last, count): (Option<i64>, Option<i64>, i64) =
        transaction.query_row(oldest, params![moment(from), LOOK_ROWS], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let cut = first_kept.map(|seq| seq - 1).or(last);
    drop_history(transaction, head, cut.unwrap_or_default(), now)?;
    Ok(first_kept.is_none() && count == LOOK_ROWS)
}

/// Drops the history up to `cut`, and appends what the rest is held against from then on.
fn drop_history(
    transaction: &Transaction<'_>,
    head: &mut Head,
    cut: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let last: Option<String> = transaction
        .query_row("SELECT hash FROM history WHERE seq = ?1", [cut], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(hash) = last else { return Ok(()) };
    sets::carry(transaction, head, cut, now)?;
    let pruned = Entry {
        time: now,
        kind: EntryKind::Pruned,
        zone: None,
        body: json!({ "through": cut, "hash": hash, "accounted": true }).to_string(),
    };
    head.append(transaction, &pruned)?;
    transaction.execute("DELETE FROM history WHERE seq <= ?1", params![cut])?;
    Ok(())
}

fn first(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    let first = "SELECT coalesce(min(seq), 0) FROM history";
    transaction.query_row(first, [], |row| row.get(0))
}

/// Octets in use, without the pages that are free again.
fn octets(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    let used = "SELECT (page_count - freelist_count) * page_size \
                FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    transaction.query_row(used, [], |row| row.get(0))
}
