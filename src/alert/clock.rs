//! Tells a wrong clock of the sensor from zones that really are out of time.

use super::waiting::Waiting;
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
    /// Gives whether that is news.
    fn add(&mut self, zone: &Name, time: Timestamp) -> bool {
        let has_turned = self.turn(time);
        if self.now.len() < BOUND && !self.now.contains(zone) {
            let was_before = usize::from(self.before.contains(zone));
            self.only_before = self.only_before.saturating_sub(was_before);
            self.now.insert(zone.clone());
            return true;
        }
        has_turned
    }

    /// Gives whether a window ended.
    fn turn(&mut self, time: Timestamp) -> bool {
        let has_turned = time.seconds_since(self.turned) >= WINDOW;
        if has_turned {
            let is_old = time.seconds_since(self.turned) >= 2 * WINDOW;
            self.before = std::mem::take(&mut self.now);
            if is_old {
                self.before.clear();
            }
            self.only_before = self.before.len();
            self.turned = time;
        }
        has_turned
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
    #[serde(skip)]
    pub(super) held: Waiting<Verdict>,
    /// All but those that are held is written down.
    #[serde(skip)]
    is_written: bool,
    /// There was something to be written down last time.
    #[serde(skip)]
    is_kept: bool,
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
        self.is_written &= !self.verifying.add(zone, time);
    }

    /// A response fails by nothing but time.
    pub(super) fn failed(&mut self, verdict: &Verdict) -> Timing {
        let now = verdict.decided_at;
        self.is_written = false;
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
            Timing::Sensor(self.held.take())
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
        if self.held.front().is_some_and(is_over) || self.failing.len() <= self.verifying.count() {
            return self.held.take();
        }
        Vec::new()
    }

    /// Whether it suspects nobody.
    pub(super) fn is_calm(&self) -> bool {
        self.failing.is_empty() && self.held.is_empty()
    }

    /// Who fails and who verifies, if that changed since this was last asked; nothing within if
    /// it suspects nobody.
    #[expect(clippy::option_option, reason = "a change, and what it is")]
    pub(super) fn take_changed(&mut self) -> Option<Option<Self>> {
        let is_calm = self.is_calm();
        let is_new = if is_calm {
            self.is_kept
        } else {
            !self.is_written
        };
        self.is_written = !is_calm;
        self.is_kept = !is_calm;
        let kept = || Self {
            verifying: self.verifying.clone(),
            failing: self.failing.clone(),
            ..Self::default()
        };
        is_new.then(|| (!is_calm).then(kept))
    }

    /// Takes up who failed and who verified.
    pub(super) fn resume(&mut self, clock: Self) {
        self.verifying = clock.verifying;
        self.failing = clock.failing;
    }

    /// Those that are still held when input ends.
    pub(super) fn rest(&mut self) -> Vec<Verdict> {
        self.held.take()
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
