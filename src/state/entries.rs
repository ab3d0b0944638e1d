//! What the history tells, entry by entry.

use super::Error;
use super::history::EntryKind;
use super::history::moment;
use super::reader::Reader;
use crate::message::Name;
use crate::time::Timestamp;
use rusqlite::params;
use serde_json::Value;

/// An entry of the history.
#[derive(Clone, Debug)]
pub struct Told {
    /// When it was made, as capture time.
    pub time: Timestamp,
    /// The zone that it is about.
    pub zone: Option<Name>,
    /// What kind of entry it is.
    pub kind: ToldKind,
    /// What it says.
    pub body: Value,
}

/// Kinds of entries that tell a story.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ToldKind {
    /// An alert, or the record of a change, as it was written.
    Line,
    /// A planned change, at the moment when the portfolio first named it.
    Declared,
    /// A run began or ended.
    Run,
    /// Something could not be written down.
    Lost,
}

impl ToldKind {
    fn of(name: &str) -> Option<Self> {
        [
            (EntryKind::Line, Self::Line),
            (EntryKind::Declared, Self::Declared),
            (EntryKind::Run, Self::Run),
            (EntryKind::Lost, Self::Lost),
        ]
        .into_iter()
        .find_map(|(kind, told)| (kind.name() == name).then_some(told))
    }
}

impl Reader {
    /// Goes through the entries of the history up to a moment, in their order. What this version
    /// cannot read is left out.
    pub fn entries(&self, until: Timestamp, mut take: impl FnMut(Told)) -> Result<(), Error> {
        let entries = "SELECT time, zone, kind, body FROM history \
                       WHERE kind IN ('line', 'declared', 'run', 'lost') AND time <= ?1 \
                       ORDER BY seq";
        self.read(|connection| {
            let mut entries = connection.prepare(entries)?;
            let mut rows = entries.query(params![moment(until)])?;
            while let Some(row) = rows.next()? {
                let (time, zone): (String, Option<String>) = (row.get(0)?, row.get(1)?);
                let (kind, body): (String, String) = (row.get(2)?, row.get(3)?);
                let told = Timestamp::parse(&time)
                    .zip(ToldKind::of(&kind))
                    .zip(serde_json::from_str(&body).ok());
                if let Some(((time, kind), body)) = told {
                    take(Told {
                        time,
                        zone: zone.and_then(|zone| Name::parse(&zone).ok()),
                        kind,
                        body,
                    });
                }
            }
            Ok(())
        })
    }
}
