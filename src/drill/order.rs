//! What is asked for, and why it may not be had.

use super::dice::Dice;
use super::sheet::Scenario;
use super::{Drill, stories, told};
use crate::message::Name;
use crate::time::Timestamp;
use std::fmt::Write;
use std::io;
use std::path::PathBuf;

/// The zone of a drill where none is given.
const DEFAULT_ZONE: &str = "bank.example";

/// The longest name, in octets, that leaves room for what a zone holds: an NSEC3 owner has 33 octets more.
const MAX_ZONE_OCTETS: usize = 200;

/// Seconds before a drill for which signatures are valid already.
const LEAD: i64 = 86_400;

/// A drill that somebody wants.
#[derive(Clone, Debug)]
pub struct Order {
    /// The scenario's name.
    pub scenario: String,
    /// The zones; the incident strikes the first. If there is none, a made-up one.
    pub zones: Vec<Name>,
    /// When the story begins; if not given, so that it ends at `now`.
    pub start: Option<Timestamp>,
    /// The time of day.
    pub now: Timestamp,
    /// The same seed gives the same octets.
    pub seed: String,
    /// Where the files go.
    pub folder: PathBuf,
    /// Files that are there already are written over.
    pub overwrites: bool,
}

/// Why there is no drill.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No scenario has this name.
    #[error("there is no drill {name}; the nearest is {nearest} (sigtap drill list shows all)")]
    Unknown {
        /// As given.
        name: String,
        /// The one that was meant, perhaps.
        nearest: &'static str,
    },
    /// A zone cannot be played with.
    #[error("cannot make a drill for {zone}: {why}")]
    Zone {
        /// The zone.
        zone: Name,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The story would leave the time that a capture can hold.
    #[error(
        "a drill of {hours} hours cannot begin at {start}: a capture counts seconds from 1970-01-02 to 2106-02-07"
    )]
    Time {
        /// When it was to begin.
        start: Timestamp,
        /// How long it lasts.
        hours: i64,
    },
    /// A file is there already.
    #[error("{} is there already; --force writes over it", path.display())]
    There {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Order {
    /// Makes the drill.
    pub fn drill(&self) -> Result<Drill, Error> {
        let scenario = find(&self.scenario)?;
        let zones = self.checked_zones()?;
        let length = scenario.hours * 3600;
        let to_the_hour =
            |time: Timestamp| Timestamp::new(time.seconds().div_euclid(3600) * 3600, 0);
        let start = self
            .start
            .unwrap_or_else(|| to_the_hour(self.now.plus_seconds(-length)));
        let off = Error::Time {
            start,
            hours: scenario.hours,
        };
        let is_in_range = start.seconds() >= LEAD && start.seconds() + length < i64::from(u32::MAX);
        if !is_in_range {
            return Err(off);
        }
        told(scenario, &self.seed, start, &zones).ok_or(off)
    }

    fn checked_zones(&self) -> Result<Vec<Name>, Error> {
        let mut zones: Vec<Name> = Vec::new();
        for zone in &self.zones {
            if let Some(why) = unfit(zone) {
                let zone = zone.clone();
                return Err(Error::Zone { zone, why });
            }
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        if zones.is_empty() {
            zones.extend(Name::parse(DEFAULT_ZONE));
        }
        Ok(zones)
    }
}

/// What is wrong with a zone for a drill.
fn unfit(zone: &Name) -> Option<&'static str> {
    if zone.label_count() < 2 {
        Some("it needs a TLD above it, which the drill makes as well")
    } else if zone.wire().len() > MAX_ZONE_OCTETS {
        Some("its name leaves no room for names below it")
    } else if zone.is_wildcard() {
        Some("a wildcard is no zone")
    } else {
        None
    }
}

fn find(name: &str) -> Result<&'static Scenario, Error> {
    let found = stories::ALL.iter().find(|scenario| scenario.name == name);
    found.copied().ok_or_else(|| Error::Unknown {
        name: name.to_owned(),
        nearest: nearest(name),
    })
}

/// Whether a scenario has this name.
pub fn is_known(name: &str) -> bool {
    find(name).is_ok()
}

/// The scenario whose name is the most like this one.
pub fn nearest(name: &str) -> &'static str {
    let likeness = |scenario: &&&Scenario| strsim::jaro_winkler(name, scenario.name);
    let best = stories::ALL
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or("", |scenario| scenario.name)
}

/// All scenarios, a line each: name, hours, what happens, and after which incident.
pub fn list() -> String {
    let width = stories::ALL
        .iter()
        .map(|scenario| scenario.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for Scenario {
        name,
        hours,
        title,
        model,
        ..
    } in stories::ALL
    {
        // Writing to a string never fails.
        let _ = writeln!(text, "{name:width$}  {hours:>4} h  {title} ({model})");
    }
    text
}

/// A seed of chance.
pub(super) fn seed_of(octets: [u8; 32]) -> String {
    let mut dice = Dice::new(&octets.map(|octet| format!("{octet:02x}")).concat());
    format!("{:04x}{:04x}", dice.short(), dice.short())
}

/// A seed that nobody has used before; nothing if the system has no chance to give.
pub fn new_seed() -> Option<String> {
    crate::signature::random_octets().map(seed_of)
}
