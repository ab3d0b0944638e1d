//! Trust anchors and who has which, as they are written down between runs.

use super::heard::Heard;
use super::{Anchors, Point};
use crate::message::Name;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How a trust point was last told to stand. Outside of this room it can be written down and
/// resumed, no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SavedReport(Point);

/// What a resolver said of its anchors. Outside of this room it can be written down and resumed,
/// no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SavedSignals {
    zone: Name,
    resolver: IpAddr,
    heard: Heard,
}

impl Anchors {
    /// The trust points that changed since this was last asked.
    pub(in crate::watch) fn take_points(&mut self) -> Vec<(Name, SavedReport)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed
            .filter_map(|zone| {
                let point = self.points.get(&zone)?.clone()?;
                Some((zone, SavedReport(point)))
            })
            .collect()
    }

    /// Who said something since this was last asked, by a text of its own; nothing where it is
    /// known no longer.
    pub(in crate::watch) fn take_signals(&mut self) -> Vec<(String, Option<SavedSignals>)> {
        let changed = self.signals.take_changed().into_iter();
        changed
            .map(|((zone, resolver), heard)| {
                let key = format!("{zone} {resolver}");
                let saved = heard.map(|heard| SavedSignals {
                    zone,
                    resolver,
                    heard,
                });
                (key, saved)
            })
            .collect()
    }

    /// Takes up how a trust point stood, if it still is one.
    pub(in crate::watch) fn resume_point(&mut self, zone: &Name, saved: SavedReport) {
        if let Some(point) = self.points.get_mut(zone) {
            *point = Some(saved.0);
        }
    }

    /// Takes up what a resolver said.
    pub(in crate::watch) fn resume_signals(&mut self, saved: SavedSignals) {
        if self.points.contains_key(&saved.zone) {
            let source = (saved.zone, saved.resolver);
            self.signals.resume(source, saved.heard);
        }
    }
}
