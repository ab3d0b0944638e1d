//! The thread of a sink that is a network away: takes lines out of its spool and brings them.

use super::clock::{has_passed, now};
use super::courier::{Courier, Fate, Trouble};
use super::record::Record;
use super::refused::Refused;
use super::spool::{Position, Reader};
use super::standing::Standing;
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Lines that are brought at once, at most.
const BATCH: usize = 500;

/// How long the thread sleeps when nothing waits, at most.
const IDLE: Duration = Duration::from_millis(500);

/// How often the spool is made safe from a power failure.
const SYNC: Duration = Duration::from_secs(1);

/// Pauses after a sink took nothing: the first, and the longest that is not asked for.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// The longest pause that a sink may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Lines that were brought and are not known to have arrived.
struct Unsettled {
    since: Instant,
    end: Position,
    octets: u64,
    lines: u64,
}

/// Brings what is in a spool to a sink.
pub(super) struct Sender {
    name: String,
    reader: Reader,
    courier: Box<dyn Courier>,
    refused: Refused,
    standing: Arc<Standing>,
    /// What is being brought, and where it ends in the spool.
    pending: Vec<Record>,
    underway: Unsettled,
    unsettled: VecDeque<Unsettled>,
    pause: Duration,
    synced_at: Instant,
    /// All segments before this one are safe from a power failure.
    synced: u64,
}

impl Sender {
    pub(super) fn new(
        name: String,
        reader: Reader,
        courier: Box<dyn Courier>,
        standing: Arc<Standing>,
    ) -> Self {
        Self {
            refused: Refused::new(reader.folder()),
            name,
            reader,
            courier,
            standing,
            pending: Vec::new(),
            underway: Unsettled {
                since: now(),
                end: Position::default(),
                octets: 0,
                lines: 0,
            },
            unsettled: VecDeque::new(),
            pause: PAUSES.0,
            synced_at: now(),
            synced: 0,
        }
    }

    /// Until no more lines come and all have arrived, or until it is told to give up.
    pub(super) fn run(mut self) {
        while !self.standing.is_abandoned() {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break,
                Err(trouble) => self.failed(trouble),
            }
        }
        self.standing.done();
    }

    /// Brings a batch; false at the end.
    fn step(&mut self) -> Result<bool, Trouble> {
        self.settle();
        self.sync();
        if self.pending.is_empty() && !self.load()? {
            if !self.standing.is_over() {
                self.courier.check()?;
                self.standing.up();
                self.standing.wait(IDLE);
                return Ok(true);
            }
            // Lines may have come since the spool was looked into.
            if self.load()? {
                return Ok(true);
            }
            if !self.unsettled.is_empty() {
                self.courier.finish()?;
                self.settle_all();
            }
            return Ok(false);
        }
        let fates = self.courier.deliver(&self.pending)?;
        let all = mem::take(&mut self.pending);
        for (record, fate) in all.into_iter().zip(fates) {
            match fate {
                Fate::Taken => self.underway.lines += 1,
                Fate::Refused(why) => self.put_aside(&record, &why)?,
                Fate::Later => self.pending.push(record),
            }
        }
        if !self.pending.is_empty() {
            return Err(Trouble::new("it is too busy"));
        }
        self.arrived();
        Ok(true)
    }

    /// Reads the next batch; whether there is one.
    fn load(&mut self) -> Result<bool, Trouble> {
        let newest = self.standing.newest();
        let batch = self.reader.next(BATCH, newest);
        let batch =
            batch.map_err(|error| Trouble::new(format!("its spool cannot be read: {error}")))?;
        if batch.unreadable > 0 {
            tracing::error!(
                "{}: {} lines of its spool are none of ours",
                self.name,
                batch.unreadable
            );
            self.standing.dropped(batch.unreadable);
        }
        self.underway = Unsettled {
            since: now(),
            end: batch.end,
            octets: batch.octets,
            lines: 0,
        };
        self.pending = batch.records;
        if self.pending.is_empty() && batch.octets > 0 {
            self.arrived();
        }
        Ok(!self.pending.is_empty())
    }

    /// The batch was taken.
    fn arrived(&mut self) {
        self.standing.up();
        self.pause = PAUSES.0;
        let none = Unsettled {
            since: now(),
            end: self.underway.end,
            octets: 0,
            lines: 0,
        };
        let mut batch = mem::replace(&mut self.underway, none);
        batch.since = now();
        self.unsettled.push_back(batch);
        self.settle();
    }

    /// Notes what has arrived for good by now.
    fn settle(&mut self) {
        let pause = self.courier.settles_after().unwrap_or_default();
        let is_settled = |batch: &Unsettled| has_passed(batch.since, pause);
        let count = self
            .unsettled
            .iter()
            .take_while(|batch| is_settled(batch))
            .count();
        self.settle_first(count);
    }

    fn settle_all(&mut self) {
        self.settle_first(self.unsettled.len());
    }

    fn settle_first(&mut self, count: usize) {
        let settled: Vec<Unsettled> = self.unsettled.drain(..count).collect();
        let Some(last) = settled.last() else { return };
        for batch in &settled {
            self.standing.taken(batch.octets, batch.lines);
        }
        if let Err(error) = self.reader.commit(last.end) {
            // The lines are sent once more after a kill, with the same `event_id`.
            tracing::debug!("{}: {error}", self.name);
        }
    }

    /// Nothing was taken: all that is not known to have arrived is brought once more, later.
    fn failed(&mut self, trouble: Trouble) {
        self.standing.down(trouble.why);
        if self.courier.settles_after().is_some() {
            self.pending.clear();
            self.unsettled.clear();
            self.reader.rewind();
        }
        let pause = trouble.pause.unwrap_or(self.pause).min(LONGEST_PAUSE);
        self.pause = (self.pause * 2).min(PAUSES.1);
        let since = now();
        while !has_passed(since, pause) && !self.standing.is_abandoned() {
            self.sync();
            self.standing
                .rest(pause.saturating_sub(since.elapsed()).min(SYNC));
        }
    }

    fn put_aside(&mut self, record: &Record, why: &str) -> Result<(), Trouble> {
        tracing::error!(
            "{} refused the line {}: {why}",
            self.name,
            record.envelope.id
        );
        let kept = self.refused.keep(record, why);
        if let Err(error) = kept {
            // It is brought again, and refused again, until there is room to put it aside.
            self.pending.push(record.clone());
            return Err(Trouble::new(format!(
                "a line that it refused ({why}) cannot be put aside: {error}"
            )));
        }
        self.standing.refused(why);
        Ok(())
    }

    /// Makes safe what the tail has added: it does not wait for the disk.
    fn sync(&mut self) {
        if !has_passed(self.synced_at, SYNC) {
            return;
        }
        self.synced_at = now();
        let newest = self.standing.newest();
        let first = self.synced.max(self.reader.segment());
        for segment in first..=newest {
            if let Err(error) = self.reader.sync(segment) {
                tracing::debug!("{}: {error}", self.name);
            }
        }
        self.synced = newest;
    }
}
