//! What the sensor says of itself: that it starts and stops, its figures, its blindness.

use super::Settings;
use crate::alert::{Health, HealthEvent, KnownBogus, Loss};
use crate::chain::anchor::TrustPoints;
use crate::portfolio::Portfolio;
use crate::signature::sha256;
use crate::time::Timestamp;
use std::fmt::Write;

/// A live sensor that has judged nothing for so long from its start says so.
const BLIND_SECONDS: i64 = 300;

/// When what is said, and what was said.
pub(super) struct Pulse {
    configuration: String,
    stats_seconds: Option<i64>,
    started: Option<Timestamp>,
    last_stats: Timestamp,
    last_loss: Loss,
    is_blindness_told: bool,
    /// What to say of the start besides.
    pub(super) at_start: Option<String>,
}

impl Pulse {
    /// Before the first frame, with the hash of the configuration. Without `stats_seconds` the
    /// figures come at the end only.
    pub(super) fn new(configuration: String, stats_seconds: Option<i64>) -> Self {
        Self {
            configuration,
            stats_seconds,
            started: None,
            last_stats: Timestamp::default(),
            last_loss: Loss::default(),
            is_blindness_told: false,
            at_start: None,
        }
    }

    /// From now on the configuration is another.
    pub(super) fn adopt(&mut self, configuration: String) {
        self.configuration = configuration;
    }

    /// Whether the first moment has passed.
    pub(super) const fn has_started(&self) -> bool {
        self.started.is_some()
    }

    /// The first moment: what there is to say of the start.
    pub(super) fn start(&mut self, points: &TrustPoints, now: Timestamp) -> Option<Health> {
        if self.started.is_some() {
            return None;
        }
        self.started = Some(now);
        self.last_stats = now;
        Some(Health {
            detail: self.at_start.take(),
            ..self.health(HealthEvent::Start, points, now)
        })
    }

    /// What there is to say at the end.
    pub(super) fn health(
        &self,
        event: HealthEvent,
        points: &TrustPoints,
        now: Timestamp,
    ) -> Health {
        Health {
            event,
            configuration: Some(self.configuration.clone()),
            anchors: points.described(now),
            detail: None,
        }
    }

    /// Whether it is time for the figures.
    pub(super) fn is_stats_due(&mut self, now: Timestamp) -> bool {
        let is_due = self
            .stats_seconds
            .is_some_and(|seconds| now.seconds_since(self.last_stats) >= seconds);
        if is_due {
            self.last_stats = now;
        }
        is_due
    }

    /// What was lost since the last call, of what was lost in all.
    pub(super) fn newly_lost(&mut self, loss: Loss) -> Loss {
        loss.since(std::mem::replace(&mut self.last_loss, loss))
    }

    /// Whether it is time to say, once, that nothing could be judged since the start.
    pub(super) fn is_blind(&mut self, now: Timestamp, has_judged: bool) -> bool {
        let is_time = self
            .started
            .is_some_and(|started| now.seconds_since(started) >= BLIND_SECONDS);
        if !is_time || self.is_blindness_told {
            return false;
        }
        self.is_blindness_told = true;
        !has_judged
    }
}

/// SHA-256 of what decides verdicts and alerts, in hexadecimal.
pub(super) fn configuration(settings: &Settings) -> String {
    let (trust, filter, ports) = (&settings.trust, &settings.filter, &settings.ports);
    let mut decides = format!("{trust:?} {filter:?} {ports:?}");
    let (portfolio, known_bogus) = (&*settings.portfolio, &settings.known_bogus);
    // Writing to a string never fails.
    if *portfolio != Portfolio::default() {
        let _ = write!(decides, " {portfolio:?}");
    }
    if *known_bogus != KnownBogus::default() {
        let _ = write!(decides, " {known_bogus:?}");
    }
    if !settings.zone_data.is_empty() {
        let _ = write!(decides, " {:?}", settings.zone_data);
    }
    hexadecimal(&sha256(decides.as_bytes()))
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string never fails.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::anchor::TrustAnchors;

    fn points() -> TrustPoints {
        TrustPoints::new(TrustAnchors::built_in())
    }

    fn pulse() -> Pulse {
        Pulse::new(hexadecimal(&sha256(b"configuration")), Some(60))
    }

    #[test]
    fn the_start_is_told_once_with_the_anchors_in_force() {
        let mut pulse = pulse();
        let start = Timestamp::parse("2026-11-24T00:00:00Z").unwrap();
        let health = pulse.start(&points(), start).unwrap();
        assert_eq!(health.anchors, [". DS 20326 8 2", ". DS 38696 8 2"]);
        assert_eq!(health.configuration.map(|hash| hash.len()), Some(64));
        assert!(pulse.start(&points(), start).is_none());
    }

    #[test]
    fn figures_come_at_their_interval() {
        let mut pulse = pulse();
        pulse.start(&points(), Timestamp::new(0, 0));
        let due: Vec<_> = (0..200)
            .filter(|second| pulse.is_stats_due(Timestamp::new(*second, 0)))
            .collect();
        assert_eq!(due, [60, 120, 180]);
    }

    #[test]
    fn blindness_is_told_once_and_only_of_the_blind() {
        for (has_judged, expected) in [(false, 1), (true, 0)] {
            let mut pulse = pulse();
            pulse.start(&points(), Timestamp::new(0, 0));
            let told =
                (0..1000).filter(|second| pulse.is_blind(Timestamp::new(*second, 0), has_judged));
            assert_eq!(told.count(), expected, "{has_judged}");
        }
    }
}
