//! What a state file drops when it gets old or large.

use super::account;
use super::history::{Entry, EntryKind, Head, moment};
use super::sets;
use super::store::Limits;
use crate::time::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;

/// Seconds in a day.
const DAY: i64 = 86_400;

/// Parts of the history that go one after the other where the file is too large.
const PARTS: i64 = 8;

/// Entries with later times than all others that are not taken for the present.
const OUTLIERS: i64 = 16;

/// For how long a told audit record is remembered: longer than a repeated one is no news.
const RECORD_DAYS: i64 = 2;

/// Drops the entries of the history that are older than the limit, or the oldest ones while the
/// file is too large. Of the sets, those go that are as old and no longer in force, and where the
/// file is too large those of zones that nobody remembers otherwise. A set that stays gets a new
/// entry where its own goes.
pub(super) fn prune(
    transaction: &Transaction<'_>,
    head: &mut Head,
    limits: Limits,
    until: Timestamp,
) -> rusqlite::Result<()> {
    // A few frames with times of their own make nothing old.
    let newest: Option<String> = transaction
        .query_row(
            "SELECT time FROM history ORDER BY time DESC LIMIT 1 OFFSET ?1",
            [OUTLIERS],
            |row| row.get(0),
        )
        .optional()?;
    let until = newest
        .and_then(|time| Timestamp::parse(&time))
        .map_or(until, |newest| newest.min(until));
    let age = i64::from(limits.days).saturating_mul(DAY);
    let from = until.plus_seconds(-age);
    let records = until.plus_seconds(-RECORD_DAYS * DAY).as_nanos();
    transaction.execute(
        "DELETE FROM resume WHERE room = 'record' AND CAST(value AS INTEGER) < ?1",
        [records],
    )?;
    drop_past(transaction, head, from, until)?;
    let first_kept: Option<i64> = transaction.query_row(
        "SELECT min(seq) FROM history WHERE time >= ?1",
        [moment(from)],
        |row| row.get(0),
    )?;
    let cut = first_kept.map_or(head.seq, |seq| seq - 1);
    drop_history(transaction, head, cut, until)?;
    for _ in 0..PARTS {
        if octets(transaction)? <= i64::from(limits.mib) << 20 {
            return Ok(());
        }
        let first = first(transaction)?;
        let part = (head.seq - first).div_euclid(PARTS).max(1);
        let cut = first + part;
        let until_cut: String =
            transaction.query_row("SELECT time FROM history WHERE seq = ?1", [cut], |row| {
                row.get(0)
            })?;
        let from = Timestamp::parse(&until_cut).unwrap_or(from);
        drop_past(transaction, head, from, until)?;
        drop_forgotten(transaction, head, from, until)?;
        drop_history(transaction, head, cut, until)?;
    }
    Ok(())
}

/// Drops the sets that were last seen before `from` and are no longer in force.
fn drop_past(
    transaction: &Transaction<'_>,
    head: &mut Head,
    from: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let past = "last_seen < ?1 AND NOT EXISTS ( \
                    SELECT 1 FROM current_sets AS current WHERE current.zone = sets.zone \
                    AND current.type = sets.type AND current.digest = sets.digest)";
    account::drop_sets(transaction, head, now, (past, &[&moment(from)]))
}

/// Drops the sets that were last seen before `from` of zones whose history is not kept: there
/// were too many zones, and these are the ones that were seen longest ago.
fn drop_forgotten(
    transaction: &Transaction<'_>,
    head: &mut Head,
    from: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let forgotten = "last_seen < ?1 AND NOT EXISTS ( \
                         SELECT 1 FROM resume WHERE room = 'watch' AND key = sets.zone)";
    account::drop_sets(transaction, head, now, (forgotten, &[&moment(from)]))
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
