//! What an earlier run wrote down, or somebody else: it is read again or it is not, and who takes
//! it up goes on.

use super::records::MOMENT;
use super::sensor::{Sensor, verifier};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sigtap::alert::{SavedIncidents, Undecided};
use sigtap::chain::anchor::{SavedPoint, TrustAnchors};
use sigtap::chain::{ChainOfTrust, Config, SavedZone};
use sigtap::exchange::Exchange;
use sigtap::message::Name;
use sigtap::watch::{self, History, SavedReport, SavedSignals, Watch};
use std::sync::Arc;

/// The first octet tells which room wrote it, the rest is JSON.
pub fn run(octets: &[u8]) {
    let Some((room, text)) = octets.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    match room % 8 {
        0 => history(text),
        1 => incidents(text),
        2 => undecided(text),
        3 => zone(text),
        4 => held(text),
        5 => point(text),
        6 => report(text),
        _ => signals(text),
    }
}

/// What a text says, if it says anything; written again, it says the same.
fn read<T: Serialize + DeserializeOwned>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    let once = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&once).expect("what was written can be read");
    let twice = serde_json::to_string(&again).expect("what was read can be written");
    assert_eq!(once, twice, "what is written changes as it is read");
    Some(value)
}

fn history(text: &str) {
    if let Some(history) = read::<History>(text) {
        let mut watch = watch();
        watch.resume(history);
        watch.advance(MOMENT);
        watch.finish(MOMENT);
        for zone in watch.take_changed(10) {
            assert!(watch.history(&zone).is_some(), "{zone} is gone");
        }
    }
}

fn incidents(text: &str) {
    if let Some(saved) = read::<SavedIncidents>(text) {
        sensor().resume(|incidents| incidents.resume(saved));
    }
}

fn undecided(text: &str) {
    if let Some(undecided) = read::<Undecided>(text) {
        sensor().resume(|incidents| incidents.resume_undecided(undecided));
    }
}

fn sensor() -> Sensor {
    Sensor::new(TrustAnchors::built_in())
}

fn zone(text: &str) {
    if let Some(zone) = read::<SavedZone>(text) {
        let mut chain = chain();
        chain.resume_zone(&Name::root(), zone);
        chain.finish();
    }
}

fn held(text: &str) {
    if let Some(exchange) = read::<Exchange>(text) {
        let mut chain = chain();
        chain.observe(&Arc::new(exchange));
        chain.finish();
    }
}

fn point(text: &str) {
    if let Some(point) = read::<SavedPoint>(text) {
        let mut chain = chain();
        chain.resume_point(&Name::root(), point);
        chain.trust_points().described(MOMENT);
    }
}

fn report(text: &str) {
    if let Some(report) = read::<SavedReport>(text) {
        let mut watch = watch();
        watch.resume_point(&Name::root(), report);
        watch.finish(MOMENT);
    }
}

fn signals(text: &str) {
    if let Some(signals) = read::<SavedSignals>(text) {
        let mut watch = watch();
        watch.resume_signals(signals);
        watch.finish(MOMENT);
    }
}

fn watch() -> Watch {
    Watch::new(&watch::Config {
        anchored: vec![Name::root()],
        is_kept: true,
        ..watch::Config::default()
    })
}

fn chain() -> ChainOfTrust {
    let config = Config {
        anchors: TrustAnchors::built_in(),
        negative_anchors: Vec::new(),
        clock_skew: 60,
    };
    ChainOfTrust::new(config, Arc::clone(verifier()))
}
