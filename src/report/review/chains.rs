//! How chains of trust stood whenever something turned.

use super::super::chain::{Chain, Chains};
use super::super::error::Error;
use super::timeline::{Moment, Sort};
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::state::Reader;
use crate::time::Timestamp;

/// Turns of a zone that get a picture at most; the first ones and the last.
const TURNS: usize = 12;

/// After a turn, keys are fetched and what is wrong shows: the chain is that of so much later, in
/// seconds, unless it turns again before.
const SETTLED_SECONDS: i64 = 10;

/// How the chain of a zone stood at a moment.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// The zone.
    pub(super) zone: Name,
    /// When.
    pub(super) time: Timestamp,
    /// What happened then.
    pub(super) caption: String,
    /// The chain when it had settled.
    pub(super) chain: Chain,
}

/// The turns of a zone: each opening and end of an incident, and each change, and how it stands
/// at the end. Those at which the chain stands as before are left out, but for the last.
pub(super) fn turns(
    known: (&Reader, &Portfolio),
    zone: &Name,
    timeline: &[Moment],
    until: Timestamp,
) -> Result<Vec<Turn>, Error> {
    let is_turn = |moment: &&Moment| {
        moment.zone.as_ref() == Some(zone)
            && matches!(moment.sort, Sort::Opened | Sort::Resolved | Sort::Change)
    };
    let moments: Vec<&Moment> = timeline.iter().filter(is_turn).collect();
    let mut turns: Vec<Turn> = Vec::new();
    for (moment, at) in moments.iter().zip(1..) {
        let next = moments.iter().skip(at).find(|next| next.time > moment.time);
        let next = next.map_or(until, |next| {
            Timestamp::from_nanos(next.time.as_nanos() - 1)
        });
        let settled = moment.time.plus_seconds(SETTLED_SECONDS).min(next);
        let chain = chain_at(known, zone, settled)?;
        let is_same =
            |last: &Turn| last.chain.state == chain.state && last.chain.words() == chain.words();
        match turns.last_mut() {
            Some(last) if last.time == moment.time => {
                last.caption = format!("{} {}", last.caption, moment.text);
                last.chain = chain;
            }
            Some(last) if is_same(last) => {}
            _ => turns.push(Turn {
                zone: zone.clone(),
                time: moment.time,
                caption: moment.text.clone(),
                chain,
            }),
        }
    }
    turns.push(Turn {
        zone: zone.clone(),
        time: until,
        caption: "The end of what was seen.".to_owned(),
        chain: chain_at(known, zone, until)?,
    });
    if turns.len() > TURNS {
        let last = turns.pop();
        turns.truncate(TURNS - 1);
        turns.extend(last);
    }
    Ok(turns)
}

fn chain_at(
    (reader, portfolio): (&Reader, &Portfolio),
    zone: &Name,
    time: Timestamp,
) -> Result<Chain, Error> {
    let mut chains = Chains::as_of(reader, portfolio, time);
    let facts = chains.facts(zone)?;
    chains.chain(&facts)
}

impl Chain {
    /// All that is said of its links.
    fn words(&self) -> Vec<(&Name, &str)> {
        let links = self.links.iter();
        links
            .map(|link| (&link.zone, link.words.as_str()))
            .collect()
    }
}
