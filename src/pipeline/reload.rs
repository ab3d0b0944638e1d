//! What the operator decides anew while traffic passes.

use super::Settings;
use super::judge::Judge;
use super::pulse::configuration;
use super::stuck::Stuck;
use super::tail::Tail;
use crate::alert::{Health, HealthEvent, KnownBogus};
use crate::chain::NegativeAnchor;
use crate::message::Name;
use crate::signature::sha256;
use crate::time::Timestamp;
use crate::watch;
use std::fmt;
use std::sync::Arc;

/// How what the operator says is read again.
#[derive(Clone)]
pub struct Reread(Arc<dyn Fn() -> Result<Reading, String> + Send + Sync>);

/// What the operator says by now.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The same that another start would be given.
    pub settings: Settings,
    /// The names of options that are others, and take a restart.
    pub needs_restart: Vec<String>,
}

impl Reread {
    /// By this function; an error is a text for people.
    pub fn new(read: impl Fn() -> Result<Reading, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl fmt::Debug for Reread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reread")
    }
}

/// What is in force of what can be read again.
pub(super) struct InForce {
    reread: Reread,
    negative_anchors: Vec<NegativeAnchor>,
    known_bogus: KnownBogus,
    /// A digest of it.
    zone_data: [u8; 32],
    configuration: String,
}

impl InForce {
    /// At the start; nothing if it is never read again.
    pub(super) fn new(settings: &Settings) -> Option<Self> {
        let reread = settings.reread.clone()?;
        Some(Self::of(settings, reread))
    }

    fn of(settings: &Settings, reread: Reread) -> Self {
        Self {
            reread,
            negative_anchors: settings.trust.negative_anchors.clone(),
            known_bogus: settings.known_bogus.clone(),
            zone_data: sha256(format!("{:?}", settings.zone_data).as_bytes()),
            configuration: configuration(settings),
        }
    }
}

impl Tail {
    /// Reads again what the operator says. If that cannot be used, all stays as it was.
    pub(super) fn reload(&mut self) -> Result<(), Stuck> {
        let Some(before) = self.in_force.take() else {
            return Ok(());
        };
        let now = self.judge.tally.end();
        let reread = before.reread.clone();
        let (told, after) = match (reread.0)() {
            Ok(reading) => {
                let after = InForce::of(&reading.settings, reread);
                let told = self.adopt(&before, &after, reading, now)?;
                tracing::info!("{told}");
                (told, after)
            }
            Err(error) => {
                let told = format!("nothing was read anew, all stays as it was: {error}");
                tracing::error!("{told}");
                (told, before)
            }
        };
        self.pulse.adopt(after.configuration.clone());
        self.in_force = Some(after);
        let points = self.judge.chain.trust_points();
        let health = Health {
            detail: Some(told),
            ..self.pulse.health(HealthEvent::Reload, points, now)
        };
        if let Some(memory) = &mut self.judge.memory {
            memory.health(&health, now);
        }
        self.judge.lines.health(&health, now)
    }

    /// Takes up what the operator says by now, and tells what changed.
    fn adopt(
        &mut self,
        before: &InForce,
        after: &InForce,
        reading: Reading,
        now: Timestamp,
    ) -> Result<String, Stuck> {
        let Reading {
            settings,
            needs_restart,
        } = reading;
        let mut told = self.judge.adopt(&settings, before, now)?;
        if before.known_bogus != after.known_bogus {
            let (was, is) = (before.known_bogus.count(), after.known_bogus.count());
            told.push(format!("known bogus domains: {is}, before {was}"));
        }
        let is_data_new = before.zone_data != after.zone_data;
        if is_data_new {
            told.push(format!("zone data: {} sets", settings.zone_data.len()));
        }
        if is_data_new || told.iter().any(|told| told.starts_with(ANCHORS)) {
            self.judge.preload(&settings.zone_data, now);
        }
        let told = if told.is_empty() {
            "nothing changed".to_owned()
        } else {
            told.join("; ")
        };
        Ok(if needs_restart.is_empty() {
            format!("read anew: {told}")
        } else {
            let names = needs_restart.join(", ");
            format!("read anew: {told}; a restart is needed for what changed of: {names}")
        })
    }
}

/// How what is told of changed trust anchors begins.
const ANCHORS: &str = "trust anchors";

impl Judge {
    /// What changed, each in a few words.
    fn adopt(
        &mut self,
        settings: &Settings,
        before: &InForce,
        now: Timestamp,
    ) -> Result<Vec<String>, Stuck> {
        let mut told = Vec::new();
        let portfolio = &settings.portfolio;
        let redecided = self.chain.reload(settings.trust.clone());
        if !redecided.anchors.is_empty() {
            let zones = names(&redecided.anchors);
            told.push(format!("{ANCHORS} of {zones}"));
        }
        for zone in &redecided.negative_anchors {
            told.push(excepted(zone, before, &settings.trust.negative_anchors));
        }
        self.anchors = settings.trust.anchors.clone();
        if self.portfolio != *portfolio {
            let (was, is) = (self.portfolio.zones().len(), portfolio.zones().len());
            told.push(format!("portfolio: {is} zones, before {was}"));
        }
        self.portfolio = Arc::clone(portfolio);
        self.chain
            .protect(portfolio.zones().map(|zone| zone.name.clone()));
        self.watch.reload(&watch::Config {
            anchored: self.anchors.zones().cloned().collect(),
            portfolio: Arc::clone(portfolio),
            ..watch::Config::default()
        });
        self.incidents
            .reload(settings.known_bogus.clone(), Arc::clone(portfolio));
        self.declare(now)?;
        // Each may be worth something else by now.
        self.repeats.stir_all();
        Ok(told)
    }
}

fn names(zones: &[Name]) -> String {
    let zones: Vec<String> = zones.iter().map(ToString::to_string).collect();
    zones.join(", ")
}

/// What became of the negative anchor of a zone.
fn excepted(zone: &Name, before: &InForce, after: &[NegativeAnchor]) -> String {
    let of = |anchors: &[NegativeAnchor]| {
        let mut anchors = anchors.iter().filter(|anchor| anchor.zone == *zone);
        anchors.next().map(|anchor| anchor.until)
    };
    let until = |until: Option<Timestamp>| {
        until.map_or_else(|| "for good".to_owned(), |until| format!("until {until}"))
    };
    match (of(&before.negative_anchors), of(after)) {
        (_, None) => format!("negative anchor of {zone} ended"),
        (None, Some(now)) => format!("negative anchor of {zone} {}", until(now)),
        (Some(_), Some(now)) => format!("negative anchor of {zone} now {}", until(now)),
    }
}
