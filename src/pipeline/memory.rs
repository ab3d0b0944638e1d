//! What the tail keeps in the state file, and what it takes up from there.

use super::clock::Pace;
use super::error::{Error, with_causes};
use super::judge::Judge;
use super::resume::Left;
use crate::alert::{Alert, Health};
use crate::chain::Fact;
use crate::state::{Known, Limits, Lost, Room, State};
use crate::time::Timestamp;
use crate::watch::History;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::mem;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How much a kill may cost.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is said that nothing can be written.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Histories that were only seen again and that one commit writes at most: with more, zones take
/// turns, so that a busy sensor does not write its whole memory every second.
const SEEN_HISTORIES: usize = 1000;

/// Responses that wait and are written down, at most.
const HELD_RESPONSES: usize = 4096;

/// Seconds after which what failed may have been mended unseen.
const MENDED_SECONDS: i64 = 300;

/// Seconds by which a capture may begin before the end of what the state file has seen without
/// a word: merged captures and clocks are not that exact.
const OVERLAP_SECONDS: i64 = 1;

/// Where a state file is, and how much it keeps.
#[derive(Clone, Debug)]
pub struct StateFile {
    /// The file.
    pub path: PathBuf,
    /// How much is remembered.
    pub limits: Limits,
}

/// The state file of a run, if it has one.
pub(super) struct Memory {
    state: State,
    /// Since it was last written.
    pace: Pace,
    trouble: Option<Trouble>,
    /// What a line of health is to tell.
    news: Option<String>,
    /// The end of what the file had seen when it was opened.
    resumes_from: Timestamp,
    /// What an earlier run left was taken up, lines that did not get through included.
    has_resumed: bool,
    /// The responses that wait, as far as they are written down.
    held: BTreeSet<u64>,
    /// Since the histories were written that were only seen again.
    seen: Option<Pace>,
}

impl Memory {
    /// Opens the state file, or begins one.
    pub(super) fn open(file: &StateFile, is_drill: bool) -> Result<Self, Error> {
        let state = State::open(&file.path, is_drill, file.limits)?;
        Ok(Self {
            resumes_from: state.seen_until(),
            has_resumed: false,
            state,
            pace: Pace::start(),
            trouble: None,
            news: None,
            held: BTreeSet::new(),
            seen: None,
        })
    }

    /// Takes in what was verified.
    pub(super) fn fact(&mut self, fact: &Fact) {
        self.state.fact(fact);
    }

    /// Takes in a line that is about to be told.
    pub(super) fn line(&mut self, line: &str, alert: &Alert) {
        let zone = alert.zone.as_ref().map(ToString::to_string);
        self.state.line(line, zone, alert.time);
    }

    /// Takes in that the run begins or ends.
    pub(super) fn health(&mut self, health: &Health, now: Timestamp) {
        let detail = (health.configuration.as_deref(), &health.anchors);
        self.state.run(health.event.name(), &detail, now);
    }

    /// Takes in a planned change that the portfolio declares.
    pub(super) fn declare(
        &mut self,
        zone: String,
        plan: &impl Serialize,
        now: Timestamp,
    ) -> Result<(), Error> {
        Ok(self.state.declare(zone, plan, now)?)
    }

    /// Whether it is time to write.
    pub(super) fn is_due(&self) -> bool {
        (self.state.has_lines() && self.trouble.is_none()) || self.pace.has_passed(PAUSE)
    }

    /// The hash of the last entry of the history.
    pub(super) fn head(&self) -> Option<String> {
        Some(self.state.head().to_owned()).filter(|head| !head.is_empty())
    }

    /// All committed lines have reached the outputs.
    pub(super) fn delivered(&mut self) {
        if !self.has_resumed {
            return;
        }
        if let Err(error) = self.state.delivered() {
            // The lines are told once more by the next run.
            tracing::debug!("{}", with_causes(&error));
        }
    }

    /// Takes in which clients ask.
    pub(super) fn clients(&mut self, clients: Vec<IpAddr>) {
        for client in clients {
            self.state
                .keep(Room::Client, client.to_string(), Some(&true));
        }
    }

    /// The clients that an earlier run saw asking.
    pub(super) fn known_clients(&self) -> Result<Vec<IpAddr>, Error> {
        let known = self.known::<bool>(Room::Client)?.into_iter();
        Ok(known
            .filter_map(|(client, _)| client.parse().ok())
            .collect())
    }

    /// What an earlier run left that still holds at `now`.
    pub(super) fn left(&mut self, now: Timestamp) -> Result<Left, Error> {
        let seen_until = self.resumes_from;
        self.has_resumed = true;
        if now < seen_until.plus_seconds(-OVERLAP_SECONDS) {
            tracing::warn!(
                "this capture begins at {now}, before the end of what the state file has seen \
                 ({seen_until}): what it shows again may be taken for old"
            );
        }
        Ok(Left {
            is_stale: now.seconds_since(seen_until) > MENDED_SECONDS,
            lines: self.state.undelivered()?,
            histories: self.known(Room::Watch)?,
            incidents: self.known(Room::Incidents)?,
            records: self.known(Room::Record)?,
            undecided: self.known(Room::Undecided)?,
            zones: self.known(Room::Zone)?,
            reports: self.known(Room::Report)?,
            signals: self.known(Room::Signals)?,
            presences: self.known(Room::Presence)?,
            held: self.known(Room::Held)?,
            sets: self.state.known_sets(now)?,
        })
    }

    pub(super) fn known<T: DeserializeOwned>(&self, room: Room) -> Result<Vec<(String, T)>, Error> {
        let Known { values, unreadable } = self.state.known(room)?;
        if unreadable > 0 {
            tracing::warn!(
                "the state file holds {unreadable} records that this version cannot read: what \
                 they tell of is begun anew"
            );
        }
        Ok(values)
    }

    /// Drops what is too old or too much.
    pub(super) fn prune(&mut self) {
        if let Err(error) = self.state.prune() {
            tracing::warn!("{}", with_causes(&error));
        }
    }

    /// Has the file forget what this run has taken up as its own.
    pub(super) fn forget(&mut self, room: Room, key: String) {
        self.state.keep(room, key, None::<&()>);
    }
}

impl Judge {
    /// Writes down what is new, if there is a state file.
    pub(super) fn commit(&mut self, now: Timestamp) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let seen = memory.seen_histories();
        let state = &mut memory.state;
        for zone in self.watch.take_changed(seen) {
            let history = self.watch.history(&zone);
            if let Some(delegation) = history.and_then(History::delegation) {
                state.delegation(&zone, &delegation);
            }
            state.keep(Room::Watch, zone.to_string(), history);
        }
        for changed in self.incidents.take_changed() {
            state.keep(Room::Incidents, changed.subject, changed.saved.as_ref());
        }
        for (digest, told) in self.incidents.take_records() {
            state.keep(Room::Record, digest, Some(&told));
        }
        for (zone, saved) in self.chain.take_changed() {
            state.keep(Room::Zone, zone.to_string(), saved.as_ref());
        }
        for (zone, saved) in self.chain.take_points() {
            state.keep(Room::TrustPoint, zone.to_string(), Some(&saved));
        }
        for (zone, saved) in self.watch.take_points() {
            state.keep(Room::Report, zone.to_string(), Some(&saved));
        }
        for (zone, saved) in self.watch.take_presences() {
            state.keep(Room::Presence, zone.to_string(), Some(&saved));
        }
        for (resolver, saved) in self.watch.take_signals() {
            state.keep(Room::Signals, resolver, saved.as_ref());
        }
        for (key, undecided) in self.incidents.take_undecided() {
            state.keep(Room::Undecided, key, undecided.as_ref());
        }
        let mut gone = mem::take(&mut memory.held);
        for (place, exchange) in self.chain.held() {
            let is_written = gone.remove(&place);
            if !is_written && memory.held.len() < HELD_RESPONSES {
                state.keep(Room::Held, place_key(place), Some(exchange));
            }
            if is_written || memory.held.len() < HELD_RESPONSES {
                memory.held.insert(place);
            }
        }
        for place in gone {
            state.keep(Room::Held, place_key(place), None::<&()>);
        }
        memory.pace = Pace::start();
        memory.write(now);
    }
}

/// Nothing can be written.
#[derive(Debug)]
struct Trouble {
    /// Since when, as capture time.
    since: Timestamp,
    /// Since it was last said.
    said: Pace,
}

impl Memory {
    /// Writes what was taken in. If that fails, the alerts go out all the same, the next commit
    /// tries again, and it is said at once and once a minute.
    fn write(&mut self, now: Timestamp) {
        let (path, lost) = (self.state.path().display().to_string(), self.state.lost());
        let lost = told(&lost);
        match self.state.commit(now) {
            Ok(()) => {
                let Some(trouble) = self.trouble.take() else {
                    return;
                };
                let news = format!(
                    "the state file {path} is written to again; it could not be from {} to {now}, \
                     and {lost}",
                    trouble.since
                );
                tracing::warn!("{news}");
                self.news = Some(news);
            }
            Err(error) => {
                let said = self.trouble.as_ref().map(|trouble| &trouble.said);
                if said.is_some_and(|said| !said.has_passed(SAY_AGAIN)) {
                    return;
                }
                let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
                let said = Pace::start();
                self.trouble = Some(Trouble { since, said });
                let news = format!(
                    "{}; since {since} nothing was written to it: {} entries of the history wait, \
                     and {lost}; free space on its disk, or restart with another --state",
                    with_causes(&error),
                    self.state.waiting(),
                );
                tracing::error!("{news}");
                self.news = Some(news);
            }
        }
    }

    /// How many histories that were only seen again are to be written now: an alert does not wait
    /// for them, they have a second of their own.
    fn seen_histories(&mut self) -> usize {
        let is_due = self.seen.as_ref().is_none_or(|seen| seen.has_passed(PAUSE));
        if !is_due {
            return 0;
        }
        self.seen = Some(Pace::start());
        SEEN_HISTORIES
    }

    /// Nothing comes after the next commit: it is to leave nothing out.
    pub(super) fn end(&mut self) {
        self.seen = None;
    }

    /// What is wrong with the state file, if something is.
    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        let (path, since) = (self.state.path().display(), trouble.since);
        let waiting = self.state.waiting();
        Some(format!(
            "nothing was written to {path} since {since}, {waiting} entries of the history wait: \
             free space on its disk, or restart with another --state"
        ))
    }

    /// What is to be told of the state file, once.
    pub(super) fn take_news(&mut self) -> Option<String> {
        self.news.take()
    }
}

/// What was lost, for a sentence.
fn told(lost: &Lost) -> String {
    let Lost {
        entries,
        sets,
        values,
        span,
    } = lost;
    span.map_or_else(
        || "nothing is lost".to_owned(),
        |(from, until)| {
            format!(
                "{entries} entries of the history, {sets} sights of sets and {values} values for \
                 the next run are lost, of {from} to {until}"
            )
        },
    )
}

/// A key that sorts as the numbers do.
fn place_key(place: u64) -> String {
    format!("{place:020}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_does_not_wait_for_what_was_only_seen_again() {
        let path = std::env::temp_dir().join(format!("sigtap-memory-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let file = StateFile {
            path: path.clone(),
            limits: Limits::default(),
        };
        let mut memory = Memory::open(&file, false).unwrap();
        assert_eq!(memory.seen_histories(), SEEN_HISTORIES);
        assert_eq!(memory.seen_histories(), 0);
        memory.end();
        assert_eq!(memory.seen_histories(), SEEN_HISTORIES);
        let _ = std::fs::remove_file(path);
    }
}
