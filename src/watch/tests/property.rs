//! What holds for every order of sights.

use super::{DAY, HOUR, Stage, short};
use proptest::prelude::*;

/// What a zone or its parent shows from some time on.
#[derive(Clone, Copy)]
enum Step {
    /// The DS set.
    Ds(&'static str, i64),
    /// The DNSKEY RRset, who signs it, and who signs the data.
    Keys(&'static str, &'static str, &'static str, i64),
}

use Step::{Ds, Keys};

impl Step {
    fn from(self) -> i64 {
        match self {
            Ds(_, from) | Keys(_, _, _, from) => from,
        }
    }

    /// When the next set of this kind takes its place.
    fn until(self, steps: &[Self]) -> i64 {
        let is_next = |next: &&Self| {
            matches!((self, next), (Ds(..), Ds(..)) | (Keys(..), Keys(..)))
                && next.from() > self.from()
        };
        let next = steps.iter().filter(is_next).map(|next| next.from()).min();
        next.unwrap_or(5 * DAY)
    }

    fn show(self, stage: &mut Stage) {
        match self {
            Ds(word, from) => stage.ds(word, from),
            Keys(word, signers, data, from) => stage.keys(word, signers, from).signed(data, from),
        };
    }
}

/// Rollovers as RFC 6781 and RFC 7583 describe them.
const ROLLOVERS: [&[Step]; 5] = [
    // Double KSK.
    &[
        Ds("A", 0),
        Keys("AZ", "A", "Z", 0),
        Keys("ABZ", "AB", "Z", DAY),
        Ds("B", 2 * DAY),
        Keys("BZ", "B", "Z", 3 * DAY),
    ],
    // Double DS.
    &[
        Ds("A", 0),
        Keys("AZ", "A", "Z", 0),
        Ds("AB", DAY),
        Keys("BZ", "B", "Z", 2 * DAY),
        Ds("B", 3 * DAY),
    ],
    // Another algorithm.
    &[
        Ds("A", 0),
        Keys("AZ", "A", "Z", 0),
        Keys("ARZ", "AR", "ZR", DAY),
        Ds("AR", 2 * DAY),
        Ds("R", 3 * DAY),
        Keys("RZ", "R", "ZR", 4 * DAY),
    ],
    // One key for all, published before it signs.
    &[
        Ds("A", 0),
        Keys("A", "A", "A", 0),
        Keys("AB", "AB", "A", DAY),
        Ds("AB", 2 * DAY),
        Ds("B", 3 * DAY),
        Keys("AB", "B", "B", 4 * DAY),
    ],
    // ZSK by pre-publication.
    &[
        Ds("A", 0),
        Keys("AZ", "A", "Z", 0),
        Keys("AYZ", "A", "Z", DAY),
        Keys("AYZ", "A", "Y", 3 * DAY),
        Keys("AY", "A", "Y", 4 * DAY),
    ],
];

/// The rollover that leaves no old key behind: whoever did not see its steps sees no link.
const CSK: usize = 3;

proptest! {
    /// Caches repeat old sets for up to a TTL after they were replaced; a resolver that
    /// validates fetches the keys of the day.
    #[test]
    fn a_healthy_rollover_raises_nothing(
        rollover in 0..ROLLOVERS.len(),
        sights in prop::collection::vec((0..8_usize, 0..5 * DAY, any::<bool>(), 1..4_u8), 0..60)
    ) {
        let steps = ROLLOVERS[rollover];
        let mut sights: Vec<_> = sights
            .into_iter()
            .map(|(step, time, is_cached, server)| {
                let step = step % steps.len();
                let (from, until) = (steps[step].from(), steps[step].until(steps));
                // A sight past its time comes out of a cache, which has it no longer than a TTL.
                let time = from + time % (until - from + HOUR - 1);
                (time, step, is_cached || time >= until, server)
            })
            .collect();
        if rollover == CSK {
            let steps = steps.iter().enumerate();
            sights.extend(steps.map(|(at, step)| (step.from(), at, false, 1)));
        }
        sights.sort_unstable();
        let mut stage = Stage::new();
        steps[0].show(stage.at(0));
        steps[1].show(&mut stage);
        for (time, step, is_cached, server) in sights {
            let left = u32::try_from((steps[step].until(steps) + HOUR - time).min(HOUR)).unwrap();
            stage.at(time).from(server).cached = is_cached.then_some(left);
            steps[step].show(&mut stage);
            let is_in_force = |step: &&Step| matches!(step, Keys(..)) && step.from() <= time;
            stage.cached = is_cached.then_some(left);
            steps.iter().rfind(is_in_force).unwrap().show(&mut stage);
        }
        stage.end();
        let unexpected: Vec<String> = stage
            .told
            .iter()
            .filter(|change| !change.is_expected)
            .map(|change| format!("{}: {}", short(change), change.why))
            .collect();
        prop_assert!(unexpected.is_empty(), "{:?}", unexpected);
    }

    /// The same facts in the same order say the same, however odd they are.
    #[test]
    fn the_same_sights_give_the_same_words(
        steps in prop::collection::vec((0..ROLLOVERS.len(), 0..4_usize), 0..30)
    ) {
        let run = || {
            let mut stage = Stage::new();
            for (at, (rollover, step)) in steps.iter().enumerate() {
                stage.at(i64::try_from(at).unwrap() * HOUR);
                ROLLOVERS[*rollover][*step].show(&mut stage);
            }
            stage.end();
            stage.told.iter().map(|change| change.why.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
