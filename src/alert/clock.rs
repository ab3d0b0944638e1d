//! Tells a wrong clock of the sensor from zones that really are out of time.

use crate::chain::Verdict;
use crate::message::{Name, Rrset};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// "The same minutes".
const WINDOW: i64 = 600;

/// For how long a failure waits to see whether it is one of a crowd.
const HOLD: i64 = 60;

/// A crowd: so many zones, under so many parents, at so many servers.
const CROWD: (usize, usize, usize) = (5, 3, 3);

/// Zones and verdicts remembered at most.
const BOUND: usize = 256;

/// Zones that verify, counted over one to two windows.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Verifying {
    now: BTreeSet<Name>,
    before: BTreeSet<Name>,
    /// Members of `before` that are not in `now`.
    only_before: usize,
    turned: Timestamp,
}

impl Verifying {
    fn add(&mut self, zone: &Name, time: Timestamp) {
        self.turn(time);
        if self.now.len() < BOUND && !self.now.contains(zone) {
            let was_before = usize::from(self.before.contains(zone));
            self.only_before = self.only_before.saturating_sub(was_before);
            self.now.insert(zone.clone());
        }
    }

    fn turn(&mut self, time: Timestamp) {
        if time.seconds_since(self.turned) >= WINDOW {
            let is_old = time.seconds_since(self.turned) >= 2 * WINDOW;
            self.before = std::mem::take(&mut self.now);
            if is_old {
                self.before.clear();
            }
            self.only_before = self.before.len();
            self.turned = time;
        }
    }

    fn count(&self) -> usize {
        self.now.len() + self.only_before
    }
}

/// In which direction zones look out of time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
enum Side {
    Expired,
    Early,
}

/// What a failure by time means.
#[derive(Debug)]
pub(super) enum Timing {
    /// The zone is out of time.
    Zone,
    /// Too early to say: it was kept and comes back.
    Held,
    /// The sensor's clock is wrong; so it was for those that were held.
    Sensor(Vec<Verdict>),
}

/// The crowd rule (DESIGN section 5).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Clock {
    verifying: Verifying,
    #[serde(with = "pairs")]
    failing: BTreeMap<(Side, Name), (Timestamp, IpAddr)>,
    held: Vec<Verdict>,
}

/// Who fails, as a list: a key of JSON is a text.
mod pairs {
    use super::{IpAddr, Name, Side, Timestamp};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    type Failing = BTreeMap<(Side, Name), (Timestamp, IpAddr)>;

    pub(super) fn serialize<S: Serializer>(
        failing: &Failing,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(failing)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Failing, D::Error> {
        let pairs: Vec<_> = Vec::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

impl Clock {
    /// A zone verified.
    pub(super) fn verified(&mut self, zone: &Name, time: Timestamp) {
        self.verifying.add(zone, time);
    }

    /// A response fails by nothing but time.
    pub(super) fn failed(&mut self, verdict: &Verdict) -> Timing {
        let now = verdict.decided_at;
        self.verifying.turn(now);
        self.failing
            .retain(|_, (time, _)| now.seconds_since(*time) < WINDOW);
        let Some(side) = side(verdict) else {
            return Timing::Zone;
        };
        for zone in zones(verdict, side) {
            if self.failing.len() < BOUND {
                let seen = (now, verdict.exchange.server());
                self.failing.insert((side, zone), seen);
            }
        }
        let (failing, is_crowd) = self.crowd(side);
        if failing <= self.verifying.count() {
            Timing::Zone
        } else if is_crowd {
            Timing::Sensor(std::mem::take(&mut self.held))
        } else if self.held.len() < BOUND {
            self.held.push(verdict.clone());
            Timing::Held
        } else {
            Timing::Zone
        }
    }

    /// Those that were held and turn out to be the zones' own: they have waited long enough, or
    /// enough verifies.
    pub(super) fn released(&mut self, now: Timestamp) -> Vec<Verdict> {
        let is_over = |held: &Verdict| now.seconds_since(held.decided_at) >= HOLD;
        if self.held.first().is_some_and(is_over) || self.failing.len() <= self.verifying.count() {
            return std::mem::take(&mut self.held);
        }
        Vec::new()
    }

    /// Whether it suspects nobody.
    pub(super) fn is_calm(&self) -> bool {
        self.failing.is_empty() && self.held.is_empty()
    }

    /// Those that are still held when input ends.
    pub(super) fn rest(&mut self) -> Vec<Verdict> {
        std::mem::take(&mut self.held)
    }

    /// How many zones fail on one side, and whether they make a crowd.
    fn crowd(&self, side: Side) -> (usize, bool) {
        let mine = || self.failing.iter().filter(|((other, _), _)| *other == side);
        let zones = mine().count();
        let parents: BTreeSet<Option<Name>> = mine().map(|((_, zone), _)| zone.parent()).collect();
        let servers: BTreeSet<IpAddr> = mine().map(|(_, (_, server))| *server).collect();
        let is_crowd = zones >= CROWD.0 && parents.len() >= CROWD.1 && servers.len() >= CROWD.2;
        (zones, is_crowd)
    }
}

/// Whether the signature held against a response is past or ahead.
fn side(verdict: &Verdict) -> Option<Side> {
    let by = verdict.subject.signed_by.as_ref()?;
    let time = verdict.exchange.message.time;
    if time > by.expiration {
        Some(Side::Expired)
    } else if time < by.inception {
        Some(Side::Early)
    } else {
        None
    }
}

/// The zones that a response shows to be out of time: its own, and where the root itself is
/// out of time, whose keys nothing below can verify with, those that signed it.
fn zones(verdict: &Verdict, side: Side) -> BTreeSet<Name> {
    let mut zones: BTreeSet<Name> = verdict.subject.zone.iter().cloned().collect();
    if zones.iter().all(Name::is_root) {
        let message = &verdict.exchange.message;
        let now = message.time.serial();
        let signatures = message.rrsets().flat_map(|set: &Rrset| &set.signatures);
        let is_out = |rrsig: &&crate::message::Rrsig| match side {
            Side::Expired => now.is_after(rrsig.expiration),
            Side::Early => rrsig.inception.is_after(now),
        };
        zones.extend(signatures.filter(is_out).map(|rrsig| rrsig.signer.clone()));
    }
    zones
}
