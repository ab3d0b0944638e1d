//! What resolvers answered, judged by the rooms that judge what passes a tap.

use super::Inquiry;
use super::fare::{Fare, Role};
use crate::ask::{self, Dialogue};
use crate::message::Name;
use crate::pipeline::{Outputs, Settings, Source};
use crate::portfolio::Portfolio;
use crate::report::chain::{Chain, Chains};
use crate::report::error::Error;
use crate::report::facts::Facts;
use crate::report::opened::Opened;
use crate::report::task::Seen;
use crate::sink::Target;
use crate::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;

/// Who was asked for what.
type Question = (IpAddr, Name, String);

/// When answers came, and what was wrong with them.
type Round = (Timestamp, Option<String>);

/// The state of judged answers, and why they are not secure.
type Verdicts = BTreeMap<Question, (String, Option<String>)>;

/// All rounds so far.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What the answers for each zone itself were worth, by resolver: when, and what was wrong.
    rounds: BTreeMap<(Name, IpAddr), Vec<Round>>,
    /// What the last round showed.
    last: Option<Opened>,
}

/// What asking told of one zone.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) facts: Facts,
    pub(super) chain: Chain,
    /// By resolver: when, and what was wrong.
    pub(super) rounds: Vec<(IpAddr, Vec<Round>)>,
}

impl Asked {
    /// Asks once more.
    pub(super) fn ask(&mut self, zones: &[Name], inquiry: &Inquiry) -> Result<(), Error> {
        let dialogues = ask::ask(zones, &inquiry.resolvers, inquiry.patience);
        let folder = tempfile::tempdir().map_err(Error::Folder)?;
        let [capture, lines] = ["answers.pcap", "verdicts"].map(|name| folder.path().join(name));
        fs::write(&capture, ask::capture(&dialogues)).map_err(Error::Folder)?;
        let settings = Settings {
            source: Source::Files(vec![capture]),
            outputs: Outputs {
                verdicts: Some(Target::file(lines.clone())),
                ..inquiry.settings.outputs.clone()
            },
            ..(*inquiry.settings).clone()
        };
        self.last = Some(Opened::new(&Seen::Captures(Box::new(settings)))?);
        let verdicts = verdicts(&fs::read_to_string(lines).map_err(Error::Folder)?);
        for zone in zones {
            for resolver in &inquiry.resolvers {
                let address = resolver.ip();
                let its = dialogues.iter().filter(|one| one.resolver == *resolver);
                let its: Vec<&Dialogue> = its.collect();
                let wrong = wrong(zone, &its, &verdicts);
                let time = its.iter().map(|one| one.answered).max();
                let rounds = self.rounds.entry((zone.clone(), address)).or_default();
                rounds.push((time.unwrap_or_else(ask::now), wrong));
            }
        }
        Ok(())
    }

    /// What the rounds told of a zone; nothing if nobody was asked.
    pub(super) fn of(&self, zone: &Name, portfolio: &Portfolio) -> Result<Option<Answers>, Error> {
        let Some(opened) = &self.last else {
            return Ok(None);
        };
        let mut chains = Chains::new(&opened.reader, portfolio, opened.now);
        let facts = chains.facts(zone)?;
        let chain = chains.chain(&facts)?;
        let rounds = self.rounds.iter().filter(|((of, _), _)| of == zone);
        Ok(Some(Answers {
            facts,
            chain,
            rounds: rounds
                .map(|((_, address), rounds)| (*address, rounds.clone()))
                .collect(),
        }))
    }
}

impl Answers {
    /// Adds what asking told to what traffic did.
    pub(super) fn add_to(&self, fares: &mut Vec<Fare>, portfolio: &Portfolio) {
        for (address, rounds) in &self.rounds {
            let is_it = |fare: &Fare| fare.role == Role::Resolver && fare.address == *address;
            let known = fares.iter().position(is_it);
            let mut fare = known.map_or_else(
                || Fare::new(Role::Resolver, *address, portfolio),
                |at| fares.remove(at),
            );
            fare.is_needed = true;
            for (time, wrong) in rounds {
                fare.add(*time, wrong.clone());
            }
            fares.push(fare);
        }
    }
}

/// The state of each judged answer, and why it is not secure.
fn verdicts(lines: &str) -> Verdicts {
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| line.get(key).and_then(Value::as_str);
        let question = (
            text("resolver")?.parse().ok()?,
            Name::parse(text("qname")?).ok()?,
            text("qtype")?.to_owned(),
        );
        let reason = text("reason").map(str::to_owned);
        Some((question, (text("state")?.to_owned(), reason)))
    };
    lines.lines().filter_map(read).collect()
}

/// What is wrong with the answers for a zone itself. All that was asked must have been answered
/// and verify: one good answer beside a missing one shows nothing.
fn wrong(zone: &Name, dialogues: &[&Dialogue], verdicts: &Verdicts) -> Option<String> {
    let own = dialogues.iter().filter(|one| one.name == *zone);
    let mut is_asked = false;
    for dialogue in own {
        is_asked = true;
        let rtype = dialogue.rtype.to_string();
        let Some(rcode) = dialogue.rcode() else {
            return Some(format!("no answer for {rtype}"));
        };
        if rcode != 0 {
            return Some(format!("{} for {rtype}", named_rcode(rcode)));
        }
        let question = (dialogue.resolver.ip(), zone.clone(), rtype.clone());
        match verdicts.get(&question) {
            Some((state, _)) if state == "secure" || state == "insecure" => {}
            Some((state, reason)) => {
                let reason = reason.as_deref().unwrap_or(state);
                return Some(format!("{state} {rtype}: {reason}"));
            }
            None => return Some(format!("{rtype} could not be judged")),
        }
    }
    (!is_asked).then(|| "no answer".to_owned())
}

fn named_rcode(rcode: u8) -> String {
    match rcode {
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        5 => "REFUSED".to_owned(),
        other => format!("RCODE {other}"),
    }
}
