//! Gives drills: captures of incidents that never were, to rehearse with.
//!
//! Takes an [`Order`] and gives a [`Drill`]: the capture, its trust anchors, a portfolio, and the answers. Owns a small
//! internet of zones, servers, resolvers and clients, with keys made on the spot, for as long as a story lasts. The only
//! room that signs anything.

mod answers;
mod denial;
mod dice;
mod files;
mod frames;
mod key;
mod order;
mod records;
mod resolve;
mod resolver;
mod sheet;
mod stage;
mod stories;
#[cfg(test)]
mod tests;
mod traffic;
mod validate;
mod wire;
mod world;
mod zone;

pub use files::Written;
pub use order::{Error, Order, is_known, list, nearest, new_seed};

use crate::message::Name;
use crate::time::Timestamp;
use sheet::Scenario;
use stage::Stage;

/// A drill: the contents of its files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Drill {
    /// When the story begins.
    pub start: Timestamp,
    /// The capture, in pcap's format.
    pub capture: Vec<u8>,
    /// DS records of the root of that internet, in zone-file form.
    pub anchors: String,
    /// Zones and resolvers, as `--portfolio` takes them.
    pub portfolio: String,
    /// The answers, for a program.
    pub answers: String,
    /// The answers, for whoever leads the exercise.
    pub sheet: String,
}

/// Tells a story.
fn told(scenario: &Scenario, seed: &str, start: Timestamp, zones: &[Name]) -> Option<Drill> {
    let mut stage = Stage::new(seed, start, zones)?;
    // Before the story can change them.
    let anchors = answers::anchors(&stage);
    let pins = if scenario.is_pinned {
        answers::pins(&stage, zones)
    } else {
        Vec::new()
    };
    stage.world.primes();
    (scenario.tell)(&mut stage);
    let mut frames = std::mem::take(&mut stage.world.frames);
    frames.sort_by_key(|frame| frame.time);
    let answers = answers::Answers {
        scenario,
        seed,
        start,
        zones,
        stage: &stage,
        frames: frames.len(),
        pins,
    };
    Some(Drill {
        start,
        capture: frames::capture(&frames)?,
        anchors,
        portfolio: answers.portfolio(),
        answers: answers.json(),
        sheet: answers.markdown(),
    })
}
