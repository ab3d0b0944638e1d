//! Messages that are dear together: each waits, or makes the others be judged again.

use crate::attacks::{jammed, unknown_key};
use crate::world::{Key, MOMENT, Sent, Tap, World, spoilt};
use sigtap::exchange::Standing;
use sigtap::message::zone_file;
use sigtap::pipeline::REMEMBERED_CHECKS;
use sigtap::signature::Verifier;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A crowd of messages, each with the second in which it passes.
pub(crate) struct Crowd {
    pub(crate) what: &'static str,
    world: World,
    lessons: Vec<Sent>,
    members: Vec<(i64, Standing, Sent)>,
    /// Starts with a memo that has no room.
    is_memo_full: bool,
}

/// What came of a crowd.
pub(crate) struct Measured {
    pub(crate) messages: usize,
    pub(crate) waited: usize,
    pub(crate) octets: usize,
    /// The least time that one took on the average.
    pub(crate) mean: Duration,
    /// The least time that its dearest took.
    pub(crate) dearest: Duration,
}

impl Crowd {
    /// The least times of a few runs.
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    pub(crate) fn measure(&self) -> Measured {
        let memo = self.is_memo_full.then(full_memo);
        let (mut mean, mut dearest, mut waited) = (Duration::MAX, Duration::MAX, 0);
        // What the memo has no room for once, it may have the next time.
        let runs = if self.is_memo_full { 1 } else { 3 };
        for _ in 0..runs {
            let mut tap = self.tap(memo.as_ref());
            let (mut sum, mut worst) = (Duration::ZERO, Duration::ZERO);
            waited = 0;
            for (second, standing, sent) in &self.members {
                let start = Instant::now();
                std::hint::black_box(tap.take_at(*second, *standing, sent));
                let taken = start.elapsed();
                sum += taken;
                worst = worst.max(taken);
                waited = waited.max(tap.waiting());
            }
            mean = mean.min(sum / u32::try_from(self.members.len()).unwrap());
            dearest = dearest.min(worst);
        }
        Measured {
            messages: self.members.len(),
            waited,
            octets: self
                .members
                .iter()
                .map(|(.., sent)| sent.1.len())
                .max()
                .unwrap(),
            mean,
            dearest,
        }
    }

    fn tap(&self, memo: Option<&Arc<Verifier>>) -> Tap {
        match memo {
            Some(memo) => self.world.tap_with(Arc::clone(memo), &self.lessons),
            None => self.world.tap(&self.lessons),
        }
    }
}

/// A memo as large as that of a run, which has been full for long, with checks that cost nothing.
fn full_memo() -> Arc<Verifier> {
    let text = "a. IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==\n";
    let set = zone_file::parse(text).unwrap().pop().unwrap();
    let key = set.dnskeys().next().unwrap();
    let memo = Verifier::new(REMEMBERED_CHECKS);
    for number in 0..2 * u64::try_from(REMEMBERED_CHECKS).unwrap() {
        memo.check(&set, &spoilt(&set, number), &key);
    }
    Arc::new(memo)
}

/// All crowds.
pub(crate) fn crowds() -> Vec<Crowd> {
    vec![
        resigned(
            "2000 that wait for a key, and 200 key sets signed anew",
            2000,
            200,
        ),
        replayed("2000 that wait for a key, and 2000 copies of the key set by anybody"),
        exchanged("2000 that wait for a key, and 200 key sets with another key"),
        large("60 large ones that wait for keys, and 60 key sets signed anew"),
        failing("1000 that fail, ever other signatures", false),
        failing("1000 that fail, the memo full", true),
    ]
}

fn crowd(what: &'static str, world: World, members: Vec<(i64, Standing, Sent)>) -> Crowd {
    let lessons = world.lessons();
    Crowd {
        what,
        world,
        lessons,
        members,
        is_memo_full: false,
    }
}

/// So many that wait.
fn waiting(world: &World, count: u32, limit: usize) -> Vec<(i64, Standing, Sent)> {
    let one = |number: u32| {
        let octets = unknown_key(world, number, limit);
        (1, Standing::Matched, (world.evil.server, octets))
    };
    (0..count).map(one).collect()
}

fn resigned(what: &'static str, count: u32, arrivals: u32) -> Crowd {
    let world = World::new();
    let mut members = waiting(&world, count, 1232);
    members.extend((0..arrivals).map(|number| {
        let octets = world.evil.gives(&[], MOMENT - 1000 + number);
        (2, Standing::Matched, (world.evil.server, octets))
    }));
    crowd(what, world, members)
}

fn replayed(what: &'static str) -> Crowd {
    let world = World::new();
    let mut members = waiting(&world, 2000, 1232);
    let octets = world.evil.gives_keys();
    let copy = (2, Standing::Unmatched, (world.evil.server, octets));
    members.extend(vec![copy; 2000]);
    crowd(what, world, members)
}

fn exchanged(what: &'static str) -> Crowd {
    let world = World::new();
    let mut members = waiting(&world, 2000, 1232);
    members.extend((0..200_u32).map(|number| {
        let other = Key::decoy(13, &[&number.to_be_bytes()[..], &[9; 60]].concat());
        let octets = world.evil.gives(&[other.rdata], MOMENT - 1000 + number);
        (2, Standing::Matched, (world.evil.server, octets))
    }));
    crowd(what, world, members)
}

fn large(what: &'static str) -> Crowd {
    let world = World::new();
    let mut members = waiting(&world, 60, 65_535);
    members.extend((0..60).map(|number| {
        let octets = world.evil.gives(&[], MOMENT - 1000 + number);
        (2, Standing::Matched, (world.evil.server, octets))
    }));
    crowd(what, world, members)
}

/// Four a second: more spend the zone's budget.
fn failing(what: &'static str, is_memo_full: bool) -> Crowd {
    let world = World::new();
    let one = |number: u32| {
        let octets = jammed(&world, 100 * (1 + number), 4096);
        (
            i64::from(number) / 4,
            Standing::Matched,
            (world.evil.server, octets),
        )
    };
    let members = (0..1000).map(one).collect();
    Crowd {
        is_memo_full,
        ..crowd(what, world, members)
    }
}
