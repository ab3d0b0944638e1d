//! Which line goes where.

use super::sinks::{Mode, Place, Sinks, Stuck, Target};
use super::{Error, Form, Outputs};
use crate::alert::{
    Alert, Health, Kind, Sensor, Stats, alert_line, health_line, stats_line, text_block,
    verdict_line,
};
use crate::chain::Verdict;
use crate::time::Timestamp;

/// The open outputs, by what they take.
pub(super) struct Lines {
    sinks: Sinks,
    /// Where alerts go as readable blocks, and whether in colour.
    blocks: Option<(Place, bool)>,
    /// Where alerts, stats and health go as JSON lines.
    events: Vec<Place>,
    verdicts: Option<Place>,
    sensor: Sensor,
    /// Events so far.
    count: u64,
    /// Every event is written down as a JSON line, whether or not an output takes it.
    is_kept: bool,
}

impl Lines {
    /// Opens all outputs.
    pub(super) fn open(
        outputs: &Outputs,
        sensor: Sensor,
        mode: Mode,
        is_kept: bool,
    ) -> Result<Self, Error> {
        let mut sinks = Sinks::new(is_kept);
        let mut blocks = None;
        let mut events = Vec::new();
        for target in &outputs.alerts {
            let place = sinks.open(target, mode)?;
            match outputs.form {
                Form::Text { in_colour } if *target == Target::Stdout => {
                    blocks = Some((place, in_colour));
                }
                Form::Text { .. } | Form::Eve => events.push(place),
            }
        }
        let verdicts = outputs.verdicts.as_ref();
        let verdicts = verdicts
            .map(|target| sinks.open(target, mode))
            .transpose()?;
        Ok(Self {
            sinks,
            blocks,
            events,
            verdicts,
            sensor,
            count: 0,
            is_kept,
        })
    }

    /// Tells an alert, or records an expected change. Gives the line, if lines are kept.
    pub(super) fn alert(&mut self, alert: &Alert) -> Result<Option<String>, Stuck> {
        let line = self.event(|sensor, count| alert_line(alert, sensor, count))?;
        self.block(alert)?;
        Ok(line.filter(|_| self.is_kept))
    }

    /// Tells a line of an earlier run once more, which may never have got through.
    pub(super) fn repeat(&mut self, line: &str) -> Result<(), Stuck> {
        let sinks = &mut self.sinks;
        self.events
            .iter()
            .try_for_each(|place| sinks.write(*place, line))
    }

    /// The sensor, as lines tell of it.
    pub(super) const fn sensor(&self) -> &Sensor {
        &self.sensor
    }

    /// Whether any output takes JSON lines.
    pub(super) fn takes_events(&self) -> bool {
        !self.events.is_empty()
    }

    fn block(&mut self, alert: &Alert) -> Result<(), Stuck> {
        match self.blocks {
            // Every zone gives one of these: a person would not see the rest for them.
            _ if alert.kind == Kind::DsFirstSeen => Ok(()),
            Some((place, in_colour)) => {
                let block = text_block(alert, in_colour);
                self.sinks.write(place, block.trim_end_matches('\n'))?;
                self.sinks.write(place, "")
            }
            None => Ok(()),
        }
    }

    /// Whether an output takes verdicts.
    pub(super) fn takes_verdicts(&self) -> bool {
        self.verdicts.is_some()
    }

    /// Tells a verdict.
    pub(super) fn verdict(&mut self, verdict: &Verdict) -> Result<(), Stuck> {
        match self.verdicts {
            Some(place) => self
                .sinks
                .write(place, &verdict_line(verdict, &self.sensor)),
            None => Ok(()),
        }
    }

    /// Tells figures.
    pub(super) fn stats(&mut self, stats: &Stats, time: Timestamp) -> Result<(), Stuck> {
        self.event(|sensor, count| stats_line(stats, time, sensor, count))?;
        Ok(())
    }

    /// Tells how the sensor is.
    pub(super) fn health(&mut self, health: &Health, time: Timestamp) -> Result<(), Stuck> {
        self.event(|sensor, count| health_line(health, time, sensor, count))?;
        Ok(())
    }

    /// Whether something waits to be written.
    pub(super) fn has_gathered(&self) -> bool {
        self.sinks.has_gathered()
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), Stuck> {
        self.sinks.flush()
    }

    fn event(
        &mut self,
        line: impl FnOnce(&Sensor, u64) -> String,
    ) -> Result<Option<String>, Stuck> {
        self.count += 1;
        if self.events.is_empty() && !self.is_kept {
            return Ok(None);
        }
        let line = line(&self.sensor, self.count);
        self.repeat(&line)?;
        Ok(Some(line))
    }
}
