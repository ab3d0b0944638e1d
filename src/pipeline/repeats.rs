//! Responses that say again what was judged a moment ago.
//!
//! Most responses do. One that says the same, from the same server to the same resolver, as one
//! that was judged less than a minute before, is worth the same, as long as nothing has changed
//! of what is trusted, watched or told; and no room learns anything from it. So it is counted,
//! and goes no further (docs/decisions/0015).

use crate::alert::Answer;
use crate::chain::{Reason, ValidationState, Verdict};
use crate::exchange::{Paired, Standing, Vantage};
use crate::message::{Name, Salt, Shape};
use crate::packet::Flow;
use crate::time::Timestamp;
use nohash_hasher::IntMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// For how long a verdict is good for others, in seconds: what rooms note of the times at which
/// something was seen is no more than this behind.
const GOOD_SECONDS: i64 = 60;

/// Verdicts remembered in each of two generations.
const REMEMBERED: usize = 32_768;

/// Places of the forecast; a power of two.
const PLACES: usize = 1 << 16;

/// Zones and addresses of which something changed, remembered at most.
const STIRRED: usize = 65_536;

/// What a verdict came to that is good for repeats of its response.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) state: ValidationState,
    pub(super) reason: Option<Reason>,
    /// What the response answers, to be held against a second answer.
    pub(super) answer: Answer,
    /// The verdict, if lines of verdicts are written.
    pub(super) verdict: Option<Arc<Verdict>>,
    digest: [u64; 2],
    since: Timestamp,
    until: Timestamp,
    /// Of what it depends, as digests: names and zones up to the root, and addresses.
    depends: Box<[u64]>,
    /// Nothing of that has changed up to this turn.
    turn: u64,
}

/// The responses that were judged lately, and what they came to.
pub(super) struct Repeats {
    salt: Salt,
    forecast: Arc<Forecast>,
    young: IntMap<u64, Settled>,
    old: IntMap<u64, Settled>,
    /// The turn at which something of a name or an address changed last.
    stirred: IntMap<u64, u64>,
    turn: u64,
}

/// One that says the same is a repeat of this.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sameness {
    shape: Shape,
    place: u64,
}

impl Repeats {
    pub(super) fn new(salt: Salt, forecast: Arc<Forecast>) -> Self {
        Self {
            salt,
            forecast,
            young: IntMap::default(),
            old: IntMap::default(),
            stirred: IntMap::default(),
            turn: 0,
        }
    }

    /// What a response must have in common with another to be its repeat; nothing for one that
    /// is no first answer to a query that was seen.
    pub(super) fn sameness(
        &self,
        flow: Flow,
        shape: Option<Shape>,
        paired: &Paired,
    ) -> Option<Sameness> {
        let shape = shape.filter(|_| paired.standing == Standing::Matched)?;
        let asked = paired.asked?;
        let flags = [
            asked.dnssec_ok,
            asked.checking_disabled,
            paired.vantage == Vantage::Upstream,
        ];
        let flags = flags
            .into_iter()
            .fold(0, |flags, flag| flags << 1 | u64::from(flag));
        let ends = [flow.source.ip(), flow.destination.ip()];
        let place = self.salt.digest_of_ends(ends, flags);
        Some(Sameness { shape, place })
    }

    /// What a response of which there was one before is worth.
    pub(super) fn find(&mut self, same: Sameness, time: Timestamp) -> Option<&Settled> {
        let key = same.key();
        let known = self.young.get_mut(&key);
        let settled = known.or_else(|| self.old.get_mut(&key))?;
        let is_good =
            settled.digest == same.shape.digest && settled.since <= time && time < settled.until;
        if !is_good {
            return None;
        }
        if settled.turn != self.turn {
            let stirred = &self.stirred;
            let is_stirred = |of: &u64| stirred.get(of).is_some_and(|turn| *turn > settled.turn);
            if settled.depends.iter().any(is_stirred) {
                settled.until = settled.since;
                return None;
            }
            settled.turn = self.turn;
        }
        Some(settled)
    }

    /// Remembers what a response came to, and of which zones that depends.
    pub(super) fn settle(
        &mut self,
        same: Sameness,
        verdict: &Verdict,
        zones: &[&Name],
        is_written: bool,
    ) {
        let exchange = &verdict.exchange;
        let message = &exchange.message;
        let since = message.time;
        let mut until = since.plus_seconds(GOOD_SECONDS);
        if exchange.vantage == Vantage::Upstream {
            // How long caches hold something is counted from when it was last seen.
            let half = i64::from(same.shape.least_ttl / 2);
            until = until.min(since.plus_seconds(half));
        }
        for rrsig in message.rrsets().flat_map(|set| &set.signatures) {
            until = until.min(rrsig.expiration.near(since));
        }
        if until <= since {
            return;
        }
        let question = message.question.as_ref().map(|question| &question.name);
        let names = zones.iter().copied().chain(question);
        let mut depends: Vec<u64> = names
            .flat_map(Name::ancestry)
            .map(|name| self.salt.digest(name.wire()))
            .collect();
        depends.extend([exchange.server(), exchange.resolver()].map(|address| self.of(address)));
        depends.sort_unstable();
        depends.dedup();
        let settled = Settled {
            state: verdict.state,
            reason: verdict.reason,
            answer: Answer::of(exchange),
            verdict: is_written.then(|| Arc::new(verdict.clone())),
            digest: same.shape.digest,
            since,
            until,
            depends: depends.into(),
            turn: self.turn,
        };
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(same.key(), settled);
        self.forecast.expect(same.shape, until);
    }

    /// Something of a zone changed.
    pub(super) fn stir(&mut self, zone: &Name) {
        let digest = self.salt.digest(zone.wire());
        self.stir_digest(digest);
    }

    /// Something of a server or a resolver changed.
    pub(super) fn stir_address(&mut self, address: IpAddr) {
        let digest = self.of(address);
        self.stir_digest(digest);
    }

    /// Something changed that everything may depend on.
    pub(super) fn stir_all(&mut self) {
        self.turn += 1;
        self.young.clear();
        self.old.clear();
        self.stirred.clear();
    }

    fn stir_digest(&mut self, digest: u64) {
        if self.stirred.len() >= STIRRED {
            self.stir_all();
        }
        self.turn += 1;
        self.stirred.insert(digest, self.turn);
    }

    fn of(&self, address: IpAddr) -> u64 {
        self.salt.digest_of_ends([address; 2], 0)
    }
}

impl Sameness {
    fn key(self) -> u64 {
        let [low, high] = self.shape.digest;
        low ^ high.rotate_left(1) ^ self.place
    }
}

/// Which responses are likely to be repeats, for workers: it saves them the decoding. Where it is
/// wrong, the tail decodes, so it changes how long a run takes, never what it finds.
#[derive(Debug)]
pub(super) struct Forecast {
    /// By one half of the digest: high bits of the other, and until when, in seconds modulo 2^32.
    places: Box<[AtomicU64]>,
    /// Workers decode all, since every response is written of.
    is_off: bool,
}

impl Forecast {
    pub(super) fn new(is_off: bool) -> Self {
        let count = if is_off { 1 } else { PLACES };
        Self {
            places: (0..count).map(|_| AtomicU64::new(0)).collect(),
            is_off,
        }
    }

    /// Whether a response of this shape was settled, and for as long as this.
    pub(super) fn is_repeat(&self, shape: Shape, time: Timestamp) -> bool {
        let [low, high] = shape.digest;
        let known = self
            .place(low)
            .map_or(0, |place| place.load(Ordering::Relaxed));
        !self.is_off && known >> 32 == high >> 32 && seconds(time) < known & 0xffff_ffff
    }

    fn expect(&self, shape: Shape, until: Timestamp) {
        let [low, high] = shape.digest;
        if let Some(place) = self.place(low) {
            place.store(high >> 32 << 32 | seconds(until), Ordering::Relaxed);
        }
    }

    fn place(&self, low: u64) -> Option<&AtomicU64> {
        let count = u64::try_from(self.places.len()).ok()?;
        let at = usize::try_from(low % count).ok()?;
        self.places.get(at)
    }
}

/// Seconds of the epoch, modulo 2^32.
fn seconds(time: Timestamp) -> u64 {
    u64::from(time.serial().value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_is_good_for_its_shape_and_its_time_only() {
        let forecast = Forecast::new(false);
        let shape = |low, high| Shape {
            digest: [low, high],
            least_ttl: 60,
        };
        let at = |seconds| Timestamp::new(1_700_000_000_i64 + seconds, 0);
        let high = 7 << 32;
        forecast.expect(shape(5, high), at(60));
        let table = [
            ("the same", shape(5, high), at(0), true),
            ("the end", shape(5, high), at(60), false),
            ("another half", shape(5, 8 << 32), at(0), false),
            ("another place", shape(6, high), at(0), false),
        ];
        for (what, shape, time, expected) in table {
            assert_eq!(forecast.is_repeat(shape, time), expected, "{what}");
        }
        let off = Forecast::new(true);
        off.expect(shape(0, high), at(60));
        assert!(!off.is_repeat(shape(0, high), at(0)));
    }

    /// Something that depends on `a.test.` and on one server, good for thirty seconds.
    fn remember(repeats: &mut Repeats, number: u64, since: Timestamp) -> Sameness {
        let same = Sameness {
            shape: Shape {
                digest: [number, number],
                least_ttl: 60,
            },
            place: 0,
        };
        let zone = Name::parse("a.test.").unwrap();
        let depends = zone
            .ancestry()
            .map(|name| repeats.salt.digest(name.wire()))
            .chain([repeats.of([192, 0, 2, 1].into())])
            .collect();
        let settled = Settled {
            state: ValidationState::Secure,
            reason: None,
            answer: Answer::default(),
            verdict: None,
            digest: same.shape.digest,
            since,
            until: since.plus_seconds(30),
            depends,
            turn: repeats.turn,
        };
        repeats.young.insert(same.key(), settled);
        same
    }

    #[test]
    fn what_is_stirred_is_judged_anew_and_the_rest_is_not() {
        type Stir = fn(&mut Repeats);
        let salt = Salt::default();
        let mut repeats = Repeats::new(salt, Arc::new(Forecast::new(false)));
        let at = |seconds| Timestamp::new(1_700_000_000_i64 + seconds, 0);
        let mut number = 0;
        let stirs: [(&str, Stir, bool); 6] = [
            ("nothing", |_| {}, true),
            (
                "the zone",
                |all| all.stir(&Name::parse("a.test.").unwrap()),
                false,
            ),
            (
                "above it",
                |all| all.stir(&Name::parse("test.").unwrap()),
                false,
            ),
            (
                "below it",
                |all| all.stir(&Name::parse("x.a.test.").unwrap()),
                true,
            ),
            (
                "its server",
                |all| all.stir_address([192, 0, 2, 1].into()),
                false,
            ),
            ("everything", Repeats::stir_all, false),
        ];
        for (what, stir, is_kept) in stirs {
            number += 1;
            let same = remember(&mut repeats, number, at(0));
            assert!(repeats.find(same, at(1)).is_some(), "{what}: before");
            stir(&mut repeats);
            assert_eq!(repeats.find(same, at(2)).is_some(), is_kept, "{what}");
            assert!(
                repeats.find(same, at(30)).is_none(),
                "{what}: its time is over"
            );
            assert!(
                repeats.find(same, at(-1)).is_none(),
                "{what}: not yet its time"
            );
        }
    }
}
