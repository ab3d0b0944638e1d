//! The bound on the sets that one zone had of one type.

use super::account::{self, Named};
use super::history::Head;
use super::resume::Room;
use crate::alert::SavedIncidents;
use crate::message::{Rtype, zone_file};
use crate::time::Timestamp;
use crate::watch::{Change, History, Set};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Sets of before that a zone has of one type at most, besides the one in force: one a day over
/// more than two years. A zone that signs something else each minute fills no file.
const PAST_SETS: i64 = 1000;

/// The texts by which changes name sets of one type.
type Texts = BTreeSet<Vec<String>>;

/// Drops the sets that were seen last longest ago, where a zone has too many of this type: never
/// the one in force, nor one that an open incident or an open change names.
pub(super) fn drop_surplus(
    transaction: &Transaction<'_>,
    head: &mut Head,
    (zone, rtype): (&str, &str),
    now: Timestamp,
) -> rusqlite::Result<()> {
    let count = "SELECT count(*) FROM sets WHERE zone = ?1 AND type = ?2";
    let count: i64 = transaction
        .prepare_cached(count)?
        .query_row([zone, rtype], |row| row.get(0))?;
    let surplus = usize::try_from(count - 1 - PAST_SETS).unwrap_or_default();
    if surplus == 0 {
        return Ok(());
    }
    let named = named(transaction, zone, rtype)?;
    let oldest = oldest(transaction, zone, rtype, surplus, &named)?;
    account::drop_sets(transaction, head, now, &oldest)
}

/// The oldest sets that may go, so many at most.
fn oldest(
    transaction: &Transaction<'_>,
    zone: &str,
    rtype: &str,
    count: usize,
    named: &Texts,
) -> rusqlite::Result<Vec<Named>> {
    // As in the view of current sets.
    let current = "SELECT digest FROM sets WHERE zone = ?1 AND type = ?2 \
                   ORDER BY CASE type WHEN 'NS' THEN '' ELSE inception END DESC, \
                   last_seen DESC, digest DESC LIMIT 1";
    let current: String = transaction
        .prepare_cached(current)?
        .query_row([zone, rtype], |row| row.get(0))?;
    let oldest = "SELECT zone, type, digest, zone_file FROM sets \
                  WHERE zone = ?1 AND type = ?2 AND digest <> ?3 ORDER BY last_seen, digest";
    let mut oldest = transaction.prepare_cached(oldest)?;
    let mut rows = oldest.query(params![zone, rtype, current])?;
    let mut found = Vec::new();
    while found.len() < count {
        let Some(row) = rows.next()? else { break };
        let text: String = row.get(3)?;
        let is_named = !named.is_empty() && named.contains(&texts(&text));
        if !is_named {
            found.push(Named::read(row)?);
        }
    }
    Ok(found)
}

/// What changes call the set that is written down so.
fn texts(text: &str) -> Vec<String> {
    let rrset = zone_file::parse(text).ok().and_then(|mut sets| sets.pop());
    rrset.map_or_else(Vec::new, |rrset| Change::texts(&rrset))
}

/// The sets of a zone that its open incidents and open changes name.
fn named(transaction: &Transaction<'_>, zone: &str, rtype: &str) -> rusqlite::Result<Texts> {
    let set = [Rtype::DS, Rtype::DNSKEY, Rtype::NS]
        .into_iter()
        .find(|known| known.to_string() == rtype);
    let Some(set) = set.and_then(Set::of) else {
        return Ok(Texts::new());
    };
    let mut named = Texts::new();
    let mut name = |change: &Change| {
        if change.set == set {
            named.insert(change.before.clone());
            named.insert(change.after.clone());
        }
    };
    if let Some(saved) = left::<SavedIncidents>(transaction, Room::Incidents, zone)? {
        saved.changes().for_each(&mut name);
    }
    if let Some(history) = left::<History>(transaction, Room::Watch, zone)? {
        history.open_changes().iter().for_each(name);
    }
    Ok(named)
}

/// What a room left of a zone; nothing also where another version wrote it.
fn left<T: DeserializeOwned>(
    transaction: &Transaction<'_>,
    room: Room,
    zone: &str,
) -> rusqlite::Result<Option<T>> {
    let value = "SELECT value FROM resume WHERE room = ?1 AND key = ?2";
    let value: Option<String> = transaction
        .prepare_cached(value)?
        .query_row([room.name(), zone], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|value| serde_json::from_str(&value).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::schema;
    use crate::state::sets::digest;

    #[test]
    fn the_oldest_go_but_for_the_one_in_force_and_those_that_are_named() {
        let path = std::env::temp_dir().join(format!("sigtap-surplus-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut connection = schema::open(&path).unwrap();
        let transaction = connection.transaction().unwrap();
        let texts: Vec<_> = (1..6).map(|tag| format!("{tag} 13 2 0{tag}")).collect();
        for (at, text) in texts.iter().enumerate() {
            let insert = "INSERT INTO sets VALUES ('a.', 'DS', ?1, ?2, '', ?3, NULL, NULL, 60, ?4, \
                          '', '.', 1, 13, '', '', ?5, 1)";
            // The one that was seen longest ago was signed last.
            let inception = if at == 0 { 9 } else { at };
            let zone_file = format!("a. 60 IN DS {text}\n");
            transaction
                .execute(
                    insert,
                    params![
                        digest(text),
                        text,
                        at.to_string(),
                        inception.to_string(),
                        zone_file
                    ],
                )
                .unwrap();
        }
        let named = [vec![texts[2].clone()]].into();
        let oldest = oldest(&transaction, "a.", "DS", 2, &named).unwrap();
        let expected = [1, 3].map(|at: usize| Named::new("a.", "DS", &digest(&texts[at])));
        assert_eq!(oldest, expected);
        let _ = std::fs::remove_file(&path);
    }
}
