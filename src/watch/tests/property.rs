//! What holds for every order of sights.

use super::{DAY, HOUR, Stage, short};
use proptest::prelude::*;

/// A healthy double-KSK rollover: what is shown, from when on, and who signs it.
const STEPS: [(&str, &str, &str, i64); 5] = [
    ("ds", "A", "", 0),
    ("keys", "AZ", "A", 0),
    ("keys", "ABZ", "AB", DAY),
    ("ds", "B", "", 2 * DAY),
    ("keys", "BZ", "B", 3 * DAY),
];

proptest! {
    /// Caches and lagging servers repeat old sets for up to a TTL after they were replaced.
    #[test]
    fn a_healthy_rollover_raises_nothing(
        sights in prop::collection::vec((0..5_usize, 0..4 * DAY, any::<bool>(), 1..4_u8), 0..60)
    ) {
        let mut sights: Vec<_> = sights
            .into_iter()
            .map(|(step, time, is_cached, server)| {
                let (kind, _, _, from) = STEPS[step];
                let until = STEPS
                    .iter()
                    .filter(|next| next.0 == kind && next.3 > from)
                    .map(|next| next.3)
                    .min()
                    .unwrap_or(4 * DAY);
                // A sight past its time comes out of a cache, which has it no longer than a TTL.
                let span = until - from + HOUR - 1;
                let time = from + time % span;
                (time, step, is_cached || time >= until, server, until)
            })
            .collect();
        sights.sort_unstable();
        let mut stage = Stage::new();
        stage.at(0).ds("A", 0).keys("AZ", "A", 0);
        for (time, step, is_cached, server, until) in sights {
            let (kind, word, signers, from) = STEPS[step];
            stage.at(time).from(server);
            if is_cached {
                let left = (until + HOUR - time).min(HOUR);
                stage.cached(u32::try_from(left).unwrap());
            }
            if kind == "ds" {
                let left = stage.cached;
                stage.ds(word, from);
                // A resolver that validates fetches the keys of the day.
                let (_, word, signers, from) = STEPS
                    .into_iter()
                    .rfind(|step| step.0 == "keys" && step.3 <= time)
                    .unwrap();
                stage.cached = left;
                stage.keys(word, signers, from).data('Z', 0);
            } else {
                stage.keys(word, signers, from).data('Z', 0);
            }
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

    /// The same facts in the same order say the same.
    #[test]
    fn the_same_sights_give_the_same_words(steps in prop::collection::vec(0..5_usize, 0..30)) {
        let run = || {
            let mut stage = Stage::new();
            for (at, step) in steps.iter().enumerate() {
                let (kind, word, signers, from) = STEPS[*step];
                stage.at(i64::try_from(at).unwrap() * HOUR);
                if kind == "ds" {
                    stage.ds(word, from);
                } else {
                    stage.keys(word, signers, from);
                }
            }
            stage.end();
            stage.told.iter().map(|change| change.why.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
