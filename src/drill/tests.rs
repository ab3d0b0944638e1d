//! What holds of all stories.

use super::{Drill, Order, stories, told};
use crate::message::Name;
use crate::time::Timestamp;
use std::collections::BTreeSet;

const START: Timestamp = Timestamp::new(1_772_323_200, 0);

/// Octets of the head of a capture file, and of the head of each frame.
const FILE_HEAD: usize = 24;
const FRAME_HEAD: usize = 16;

/// Seconds since the epoch of each frame.
fn times(drill: &Drill) -> Vec<i64> {
    let mut times = Vec::new();
    let mut at = FILE_HEAD;
    let word = |at: usize| {
        let octets = drill.capture.get(at..at + 4)?;
        Some(u32::from_le_bytes(octets.try_into().ok()?))
    };
    while let (Some(seconds), Some(length)) = (word(at), word(at + 8)) {
        times.push(i64::from(seconds));
        at += FRAME_HEAD + usize::try_from(length).unwrap();
    }
    assert_eq!(at, drill.capture.len(), "the last frame is whole");
    times
}

#[test]
fn stories_have_names_of_their_own_and_something_to_ask() {
    let mut names = BTreeSet::new();
    for scenario in stories::ALL {
        let is_plain = |octet: u8| octet.is_ascii_lowercase() || octet == b'-';
        assert!(scenario.name.bytes().all(is_plain), "{}", scenario.name);
        assert_ne!(scenario.name, "list", "that is a command");
        assert!(names.insert(scenario.name), "{} twice", scenario.name);
        assert!(scenario.questions.len() > 1, "{}", scenario.name);
    }
}

#[test]
fn stories_last_as_long_as_the_list_says() {
    for scenario in stories::ALL {
        let zones = [Name::parse("bank.example").unwrap()];
        let drill = told(scenario, "seed", START, &zones).unwrap();
        let times = times(&drill);
        assert!(times.is_sorted(), "{}", scenario.name);
        assert!(times[0] >= START.seconds(), "{}", scenario.name);
        let lasted = times.last().unwrap() - START.seconds();
        let hours = (lasted + 3599) / 3600;
        let slack = if scenario.hours > 100 { 4 } else { 2 };
        let is_right = (scenario.hours - slack..=scenario.hours).contains(&hours);
        assert!(
            is_right,
            "{} lasts {hours} h, not {}",
            scenario.name, scenario.hours
        );
    }
}

#[test]
fn a_story_that_has_no_start_ends_now() {
    let order = Order {
        scenario: "servers-down".to_owned(),
        zones: Vec::new(),
        start: None,
        now: START.plus_seconds(1234),
        seed: String::new(),
        folder: "nowhere".into(),
        overwrites: false,
    };
    let drill = order.drill().unwrap();
    let end = *times(&drill).last().unwrap();
    let before = START.seconds() + 1234 - end;
    assert!(
        (0..3 * 3600).contains(&before),
        "it ended {before} s before"
    );
}

#[test]
fn zones_within_zones_are_delegated_by_the_nearest() {
    let zones = ["www.bank.example", "bank.example", "a.b.c.www.bank.example"];
    let zones = zones.map(|zone| Name::parse(zone).unwrap());
    let stage = super::Stage::new("seed", START, &zones).unwrap();
    let parents = zones
        .each_ref()
        .map(|zone| stage.world.parent(zone).to_string());
    assert_eq!(parents, ["bank.example.", "example.", "www.bank.example."]);
}
