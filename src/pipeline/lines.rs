//! Which line goes where.

use super::stuck::{Stuck, ended};
use super::{Error, Form, Outputs};
use crate::alert::{
    Alert, Envelope, Format, Health, Kind, LineType, Sensor, Severity, Stats, alert_line,
    health_line, rendered, stats_line, text_block, verdict_line,
};
use crate::chain::Verdict;
use crate::sink::{Common, Figures, Place, Sinks};
use crate::time::Timestamp;

/// The open outputs, by what they take.
pub(super) struct Lines {
    sinks: Sinks,
    /// Where alerts go as readable blocks, and whether in colour.
    blocks: Option<(Place, bool)>,
    /// Where alerts, stats and health go as JSON lines, and of which form.
    events: Vec<(Place, Format)>,
    verdicts: Option<Place>,
    sensor: Sensor,
    /// Events so far.
    count: u64,
    /// Every event is written down as a JSON line, whether or not an output takes it.
    is_kept: bool,
}

impl Lines {
    /// Opens all outputs.
    pub(super) fn open(outputs: &Outputs, sensor: Sensor, common: Common) -> Result<Self, Error> {
        let is_kept = common.is_held;
        let mut sinks = Sinks::new(common);
        let mut blocks = None;
        let mut events = Vec::new();
        for output in &outputs.alerts {
            let place = sinks.open(&output.target)?;
            match output.form {
                Form::Text { in_colour } => blocks = Some((place, in_colour)),
                Form::Json(format) => events.push((place, format)),
            }
        }
        let verdicts = outputs.verdicts.as_ref();
        let verdicts = verdicts.map(|target| sinks.open(target)).transpose()?;
        sinks.look_for_strays();
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
        let Some(line) = self.line(|sensor, count| alert_line(alert, sensor, count)) else {
            self.block(alert)?;
            return Ok(None);
        };
        self.event(&Envelope::of_alert(alert), &line)?;
        self.block(alert)?;
        Ok(Some(line).filter(|_| self.is_kept))
    }

    /// Tells a line of an earlier run once more, which may never have got through.
    pub(super) fn repeat(&mut self, line: &str) -> Result<(), Stuck> {
        self.event(&Envelope::of_line(line), line)
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
                // The block ends with a line feed of its own, and a line gets one more.
                let block = block.trim_end_matches('\n').to_owned() + "\n";
                self.sinks.write(place, &block, alert.time).map_err(ended)
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
        let Some(place) = self.verdicts else {
            return Ok(());
        };
        let line = verdict_line(verdict, &self.sensor);
        let time = verdict.decided_at;
        self.sinks.write(place, &line, time).map_err(ended)
    }

    /// Tells figures.
    pub(super) fn stats(&mut self, stats: &Stats, time: Timestamp) -> Result<(), Stuck> {
        let Some(line) = self.line(|sensor, count| stats_line(stats, time, sensor, count)) else {
            return Ok(());
        };
        let severity = Severity::Informational;
        self.event(
            &Envelope::of_sensor(LineType::Stats, severity, time, &line),
            &line,
        )
    }

    /// Tells how the sensor is.
    pub(super) fn health(&mut self, health: &Health, time: Timestamp) -> Result<(), Stuck> {
        let Some(line) = self.line(|sensor, count| health_line(health, time, sensor, count)) else {
            return Ok(());
        };
        // What is told beside the start and the end is a trouble, or the end of one.
        let severity = match health.detail {
            Some(_) => Severity::Medium,
            None => Severity::Informational,
        };
        self.event(
            &Envelope::of_sensor(LineType::Health, severity, time, &line),
            &line,
        )
    }

    /// How the outputs do that are a network away, by name.
    pub(super) fn figures(&self) -> Vec<(&str, Figures)> {
        self.sinks.figures()
    }

    /// Whether something waits to be written.
    pub(super) fn has_gathered(&self) -> bool {
        self.sinks.has_gathered()
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), Stuck> {
        self.sinks.flush().map_err(ended)
    }

    /// Opens the files anew.
    pub(super) fn reopen(&mut self) {
        self.sinks.reopen();
    }

    /// What is to be told of the outputs, once.
    pub(super) fn take_news(&mut self) -> Vec<String> {
        self.sinks.take_news()
    }

    /// Lines that were lost to an output for want of room.
    pub(super) fn lost(&self) -> u64 {
        self.sinks.lost()
    }

    /// Nothing comes after this. Gives what did not get there.
    pub(super) fn end(&mut self) -> Result<Vec<String>, Stuck> {
        self.sinks.end().map_err(ended)
    }

    /// The next line, if anybody wants it.
    fn line(&mut self, line: impl FnOnce(&Sensor, u64) -> String) -> Option<String> {
        self.count += 1;
        let is_wanted = !self.events.is_empty() || self.is_kept;
        is_wanted.then(|| line(&self.sensor, self.count))
    }

    fn event(&mut self, envelope: &Envelope, line: &str) -> Result<(), Stuck> {
        let sinks = &mut self.sinks;
        for format in Format::ALL {
            let mut places = self
                .events
                .iter()
                .filter(|(_, taken)| *taken == format)
                .peekable();
            if places.peek().is_none() {
                continue;
            }
            let line = rendered(line, format);
            for (place, _) in places {
                sinks.tell(*place, envelope, &line).map_err(ended)?;
            }
        }
        Ok(())
    }
}
