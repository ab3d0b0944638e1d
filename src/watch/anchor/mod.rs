//! Watches trust anchors: how their zones change them, and which resolver has which.

mod change;
mod heard;
mod saved;
mod signal;
mod stale;

pub use saved::{SavedReport, SavedSignals};
pub use stale::StaleAnchor;

use super::change::{Change, ChangeKind};
use super::open::draft_at;
use crate::chain::Fact;
use crate::chain::anchor::{AnchorReport, AnchorStep};
use crate::exchange::Exchange;
use crate::message::{Name, Outline};
use crate::packet::Flow;
use crate::time::Timestamp;
use heard::{Signals, Source};
use serde::{Deserialize, Serialize};
use stale::Proof;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

/// A resolver that relays its client's signal does so within this time.
const RELAY_SECONDS: i64 = 30;

/// Signals to resolvers that are remembered for that.
const MAX_RELAYED: usize = 256;

/// How a trust point stands.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Point {
    report: Arc<AnchorReport>,
    /// The message that showed it.
    exchange: Arc<Exchange>,
    /// The sensor's own anchors were told to be old.
    strangers: Option<Strangers>,
}

/// Keys that sign in the place of the sensor's anchors.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Strangers {
    /// Tags of the anchors, which are listed.
    listed: Vec<u16>,
    /// Tags of the keys that sign.
    signing: Vec<u16>,
}

impl Strangers {
    fn of(step: &AnchorStep) -> Option<Self> {
        if let AnchorStep::SignedByStrangers { tags, listed } = step {
            return Some(Self {
                listed: listed.clone(),
                signing: tags.clone(),
            });
        }
        None
    }
}

/// A signal on its way to a resolver, which may relay it.
#[derive(Clone, Debug)]
struct Relayed {
    time: Timestamp,
    to: IpAddr,
    zone: Name,
    tags: Vec<u16>,
}

/// All trust points, and what resolvers say of them.
#[derive(Clone, Debug)]
pub(super) struct Anchors {
    /// By zone; nothing until its keys are seen.
    points: BTreeMap<Name, Option<Point>>,
    signals: Signals,
    relayed: VecDeque<Relayed>,
    stale: Vec<StaleAnchor>,
    /// The zones whose points changed since [`Anchors::take_points`].
    changed: BTreeSet<Name>,
}

impl Anchors {
    /// With the zones that have anchors.
    pub(super) fn new(zones: &[Name], is_kept: bool) -> Self {
        Self {
            changed: BTreeSet::new(),
            points: zones.iter().map(|zone| (zone.clone(), None)).collect(),
            signals: Signals::new(is_kept),
            relayed: VecDeque::new(),
            stale: Vec::new(),
        }
    }

    /// Takes up which zones have anchors by now.
    pub(super) fn reload(&mut self, zones: &[Name]) {
        self.points.retain(|zone, _| zones.contains(zone));
        for zone in zones {
            self.points.entry(zone.clone()).or_default();
        }
        let points = &self.points;
        self.changed.retain(|zone| points.contains_key(zone));
    }

    /// Hands out whose anchors were found to be old, or to be so no longer.
    pub(super) fn take_stale(&mut self) -> Vec<StaleAnchor> {
        std::mem::take(&mut self.stale)
    }

    /// Takes in how a trust point stands.
    pub(super) fn reported(&mut self, fact: &Fact, report: &Arc<AnchorReport>) -> Option<Change> {
        let point = self.points.get_mut(&fact.zone)?;
        let before = point.replace(Point {
            report: Arc::clone(report),
            exchange: Arc::clone(&fact.exchange),
            strangers: None,
        });
        let strangers = before.as_ref().and_then(|point| point.strangers.clone());
        self.changed.insert(fact.zone.clone());
        let time = fact.exchange.message.time;
        self.judge_sensor(&fact.zone, strangers, time);
        for source in self.signals.about(&fact.zone) {
            self.judge(&source, time);
        }
        let before = before.map(|point| point.report);
        change::of_report(fact, before.as_deref(), report)
    }

    /// Takes in a query, whatever it asks.
    pub(super) fn asked(&mut self, time: Timestamp, flow: Flow, query: &Outline) {
        let Some((zone, tags)) = signal::signal(query) else {
            return;
        };
        if !self.points.contains_key(&zone) {
            return;
        }
        let (from, to) = (flow.source.ip(), flow.destination.ip());
        let horizon = time.plus_seconds(-RELAY_SECONDS);
        self.relayed.retain(|known| known.time >= horizon);
        let is_same = |known: &Relayed| known.zone == zone && known.tags == tags;
        // Whose anchors these are was taken in as they came to whoever relays them.
        let is_relayed = |known: &Relayed| known.to == from && is_same(known);
        let is_relay = self.relayed.iter().any(is_relayed);
        if !self
            .relayed
            .iter()
            .any(|known| known.to == to && is_same(known))
        {
            if self.relayed.len() >= MAX_RELAYED {
                self.relayed.pop_front();
            }
            self.relayed.push_back(Relayed {
                time,
                to,
                zone: zone.clone(),
                tags: tags.clone(),
            });
        }
        let source = (zone, from);
        if !is_relay && self.signals.note(&source, &tags, time) {
            self.judge(&source, time);
        }
    }

    /// Looks whether a resolver's anchors are what their zone is signed with.
    fn judge(&mut self, source: &Source, now: Timestamp) {
        let (zone, resolver) = source;
        let Some(Some(point)) = self.points.get(zone) else {
            return;
        };
        let Some(heard) = self.signals.of(source) else {
            return;
        };
        let proof = stale::proof(&point.report, heard, now);
        let Some(run) = heard.runs.first() else {
            return;
        };
        let trusts = run.tags.clone();
        let found = match proof {
            Proof::Doubtful => return,
            Proof::Current if !heard.is_told => return,
            Proof::Current => StaleAnchor {
                resolver: Some(*resolver),
                lacks: Vec::new(),
                signals: run.times.len(),
                spread: 0,
                fails: false,
                is_over: true,
                change: change::of_renewed(zone, point, *resolver, &trusts, now),
                trusts,
            },
            Proof::Stale {
                lack,
                signals,
                spread,
            } => StaleAnchor {
                resolver: Some(*resolver),
                signals,
                spread,
                fails: lack.fails,
                is_over: false,
                change: change::of_stale(zone, point, (*resolver, run), &lack, now),
                trusts,
                lacks: lack.keys,
            },
        };
        heard.is_told = !found.is_over;
        self.stale.push(found);
    }

    /// Looks whether the sensor's own anchors are old, or not any more. `before` is what was told
    /// of them.
    fn judge_sensor(&mut self, zone: &Name, before: Option<Strangers>, now: Timestamp) {
        let Some(Some(point)) = self.points.get_mut(zone) else {
            return;
        };
        let found = point.report.steps.iter().find_map(Strangers::of);
        let is_over = found.is_none() && !point.report.signers.is_empty();
        let is_news = found.is_some() || is_over;
        let Some(told) = found.or(before) else {
            return;
        };
        if is_news {
            let change = change::of_sensor(zone, point, &told, is_over, now);
            self.stale.push(StaleAnchor {
                resolver: None,
                trusts: told.listed.clone(),
                lacks: told.signing.clone(),
                signals: 0,
                spread: 0,
                fails: true,
                is_over,
                change,
            });
        }
        point.strangers = (!is_over).then_some(told);
    }
}

/// A finding about the anchors of a zone, with its evidence only.
fn draft(zone: &Name, kind: ChangeKind, point: &Point, now: Timestamp) -> Change {
    draft_at(zone, kind, now, &point.exchange)
}
