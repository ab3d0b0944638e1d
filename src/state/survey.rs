//! What a state file tells of which zones passed.

use super::resume::Room;
use super::{Error, schema};
use crate::message::Name;
use crate::time::Timestamp;
use crate::watch::Presence;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;

/// What was seen of each zone. Runs with a portfolio wrote down that of its zones; of all others
/// the DS sets tell. Reads beside a run that writes.
pub fn survey(path: &Path) -> Result<BTreeMap<Name, Presence>, Error> {
    let connection = schema::open_to_read(path)?;
    read(&connection).map_err(|source| schema::failure(path, source))
}

fn read(connection: &Connection) -> rusqlite::Result<BTreeMap<Name, Presence>> {
    let mut seen: BTreeMap<Name, Presence> = BTreeMap::new();
    let mut see = |zone: &str, presence| {
        if let Ok(zone) = Name::parse(zone) {
            seen.entry(zone).or_default().merge(presence);
        }
    };
    let kept = "SELECT key, value FROM resume WHERE room = ?1";
    let mut kept = connection.prepare(kept)?;
    let mut rows = kept.query(params![Room::Presence.name()])?;
    while let Some(row) = rows.next()? {
        let (zone, value): (String, String) = (row.get(0)?, row.get(1)?);
        // What another version wrote is not known.
        if let Ok(presence) = serde_json::from_str(&value) {
            see(&zone, presence);
        }
    }
    let sets = "SELECT zone, records <> '', inception, first_seen, last_seen \
                FROM sets WHERE type = 'DS'";
    let mut sets = connection.prepare(sets)?;
    let mut rows = sets.query([])?;
    while let Some(row) = rows.next()? {
        let zone: String = row.get(0)?;
        let moment = |column| -> rusqlite::Result<Option<Timestamp>> {
            let text: String = row.get(column)?;
            Ok(Timestamp::parse(&text))
        };
        let has_ds: bool = row.get(1)?;
        let presence = Presence {
            first: moment(3)?,
            last: moment(4)?,
            signed: None,
            ds: moment(2)?.map(|inception| (inception, has_ds)),
            ..Presence::default()
        };
        see(&zone, presence);
    }
    Ok(seen)
}
