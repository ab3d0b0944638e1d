//! Holds signed denials against signed data of the same zone.
//!
//! Each verifies by itself, so no verdict shows it; but a resolver that uses denials
//! aggressively (RFC 8198 §5) denies by the one what the other gives.

use super::denial::{Denials, Denied, Hashing};
use super::fact::SignedBy;
use super::judge::Judge;
use super::memory::Memory;
use super::quarrel::{Quarrel, Shown};
use crate::exchange::Exchange;
use crate::message::{Name, Question, Rrset, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// Zones of which answers are remembered, at least.
const ZONES: usize = 500;

/// Answers with data, and denials, remembered of each; the latest.
const ANSWERS: usize = 16;

/// Contradictions followed in each.
const QUARRELS: usize = 4;

/// Units of work that one response may hash for here, apart from what its proofs need.
const HASHING_UNITS: u32 = 8;

/// Responses of a zone in a second that are held against others, as long as nothing contradicts: a
/// signer that goes wrong does so for longer.
const LOOKS_A_SECOND: u32 = 8;

/// Sets of one response that are held against denials: an answer has few.
const SETS_A_LOOK: usize = 4;

/// What a contradiction is about.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct About {
    /// The zone that signed both.
    pub zone: Name,
    /// A name that was answered with data.
    pub name: Name,
    /// The type of that data.
    pub rtype: Rtype,
    /// The name that the data stands at: that one, or a wildcard.
    pub source: Name,
    /// What the denial says is not there.
    pub denied: Denied,
    /// Owner of the NSEC or NSEC3 that says so.
    pub denial: Name,
    /// NSEC or NSEC3.
    pub denial_type: Rtype,
}

/// A signed denial that contradicts signed data of its zone, from one server to one resolver,
/// where no change of the zone between the two explains it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Contradiction {
    /// What is given and denied.
    pub about: About,
    /// The latest signature over the data.
    pub data_by: SignedBy,
    /// The latest signature over the denial.
    pub denial_by: SignedBy,
    /// The response that showed it last, or one that shows that it is over.
    pub exchange: Arc<Exchange>,
    /// The denial gave way to one that does not contradict, or the data is gone.
    pub is_over: bool,
}

/// What one first-hand, secure response shows of a zone.
pub(super) struct Shows {
    pub(super) zone: Name,
    /// Owner, type and signature of the sets in the answer.
    pub(super) data: Vec<(Name, Rtype, SignedBy)>,
    /// NSEC or NSEC3 sets, with the signature over each.
    pub(super) denials: Vec<(Rrset, SignedBy)>,
}

/// Who told whom: views differ by resolver, versions by server.
pub(super) type Place = (IpAddr, IpAddr);

/// Data that was given.
#[derive(Clone, Debug)]
struct Given {
    name: Name,
    source: Name,
    rtype: Rtype,
    by: SignedBy,
    place: Place,
    time: Timestamp,
}

/// The denials of one response.
#[derive(Clone, Debug)]
struct Refused {
    sets: Vec<(Rrset, SignedBy)>,
    question: Option<Question>,
    place: Place,
    time: Timestamp,
}

#[derive(Debug, Default)]
struct Notes {
    given: VecDeque<Given>,
    refused: VecDeque<Refused>,
    quarrels: Vec<(Place, Quarrel)>,
    /// The last second in which responses were looked at, and how many.
    looked: (i64, u32),
    /// Denials signed no later than this were mended: late sights of them are told no more.
    mended: Timestamp,
}

/// What zones' servers gave and denied lately.
#[derive(Debug)]
pub(super) struct Contradictions(Memory<Name, Notes>);

impl Contradictions {
    pub(super) fn new() -> Self {
        Self(Memory::new(ZONES))
    }

    /// What of a zone's answers contradicts itself so far.
    pub(super) fn quarrels(&self, zone: &Name) -> Vec<(Place, Quarrel)> {
        let notes = self.0.get(zone);
        notes
            .map(|notes| notes.quarrels.clone())
            .unwrap_or_default()
    }

    /// Takes up what an earlier run saw to contradict itself.
    pub(super) fn resume(&mut self, zone: &Name, mut quarrels: Vec<(Place, Quarrel)>) {
        if !quarrels.is_empty() {
            quarrels.truncate(QUARRELS);
            self.0.renewed(zone.clone()).quarrels = quarrels;
        }
    }

    /// Takes what a response shows, and gives what it contradicts, or what it ends.
    pub(super) fn observe(&mut self, shows: Shows, exchange: &Arc<Exchange>) -> Vec<Contradiction> {
        let Shows {
            zone,
            data,
            denials,
        } = shows;
        let place = (exchange.server(), exchange.resolver());
        let time = exchange.message.time;
        let given: Vec<Given> = data
            .into_iter()
            .map(|(name, rtype, by)| Given {
                source: source(&name, &by),
                name,
                rtype,
                by,
                place,
                time,
            })
            .collect();
        let notes = self.0.renewed(zone.clone());
        let mut sets = denials;
        sets.retain(|(_, by)| by.inception > notes.mended);
        // Who is given what he asks for is not refused it.
        let is_given = |question: &Question| {
            let mut types = given.iter().map(|given| given.rtype);
            types.any(|rtype| question.rtype == rtype || question.rtype == Rtype::ANY)
        };
        let question = exchange.message.question.clone();
        let refused = (!sets.is_empty()).then(|| Refused {
            sets,
            question: question.filter(|question| !is_given(question)),
            place,
            time,
        });
        let mut look = Look {
            zone,
            exchange,
            hashing: Hashing::within(Rc::new(Cell::new(HASHING_UNITS))),
            found: Vec::new(),
        };
        if notes.is_worth_a_look(time) {
            if let Some(refused) = &refused {
                notes.mend(refused, &mut look);
                notes.refuse(refused, &given, &mut look);
            }
            for given in given.iter().take(SETS_A_LOOK) {
                notes.hold(given, refused.as_ref(), &mut look);
            }
        }
        notes.keep(given, refused);
        look.found
    }
}

/// What is done with one response.
struct Look<'a> {
    zone: Name,
    exchange: &'a Arc<Exchange>,
    hashing: Hashing,
    found: Vec<Contradiction>,
}

impl Look<'_> {
    fn denials(&self, refused: &Refused) -> Denials {
        let mut denials = Denials::within(self.zone.clone(), self.hashing.clone());
        for (set, _) in &refused.sets {
            denials.add(set);
        }
        denials
    }
}

impl Judge<'_> {
    /// What the response shows to be there and not to be there, zone by zone, as far as it
    /// verified and was judged.
    pub(super) fn shows(&self) -> Vec<Shows> {
        let message = &self.exchange.message;
        let mut shows: BTreeMap<Name, Shows> = BTreeMap::new();
        let mut of = |signed_by: &SignedBy, add: &dyn Fn(&mut Shows)| {
            let zone = &signed_by.signer;
            add(shows.entry(zone.clone()).or_insert_with(|| Shows {
                zone: zone.clone(),
                data: Vec::new(),
                denials: Vec::new(),
            }));
        };
        for set in message.rrsets() {
            let key = (set.owner.clone(), set.rtype);
            let Some(judgement) = self.judged.get(&key).filter(|known| known.is_secure()) else {
                continue;
            };
            let Some(by) = &judgement.finding().subject.signed_by else {
                continue;
            };
            if matches!(set.rtype, Rtype::NSEC | Rtype::NSEC3) {
                if Self::expanded_from(set, by).is_none() {
                    of(by, &|shows| shows.denials.push((set.clone(), by.clone())));
                }
            } else if !is_of_apex(set.rtype) && message.answered(&set.owner, set.rtype).is_some() {
                let (owner, rtype) = (&set.owner, set.rtype);
                of(by, &|shows| {
                    shows.data.push((owner.clone(), rtype, by.clone()));
                });
            }
        }
        shows.retain(|zone, _| self.speaks_for(zone));
        shows.into_values().collect()
    }
}

impl Notes {
    fn is_worth_a_look(&mut self, time: Timestamp) -> bool {
        let (second, looks) = &mut self.looked;
        if *second != time.seconds() {
            (*second, *looks) = (time.seconds(), 0);
        }
        *looks = looks.saturating_add(1);
        *looks <= LOOKS_A_SECOND || !self.quarrels.is_empty()
    }

    /// Holds a denial against the data that was given before, but what is given `here` again.
    fn refuse(&mut self, refused: &Refused, here: &[Given], look: &mut Look<'_>) {
        let denials = look.denials(refused);
        let is_here = |known: &&Given| {
            let mut here = here.iter();
            here.any(|given| given.source == known.source && given.rtype == known.rtype)
        };
        let known = self.given.iter().filter(|known| !is_here(known));
        let mut known: Vec<Given> = known.cloned().collect();
        known.retain(|given| held_against(&denials, given).is_some());
        // Whoever asks for the data itself and is refused shows that the zone changed.
        for given in known.iter().filter(|given| is_asked_for(given, refused)) {
            let is_it = |source: &Name, rtype| *source == given.source && rtype == given.rtype;
            self.given
                .retain(|other| !is_it(&other.source, other.rtype));
            self.quarrels.retain(|(_, quarrel)| {
                let is_over = is_it(&quarrel.about.source, quarrel.about.rtype);
                if is_over {
                    look.found.extend(quarrel.over(look.exchange));
                }
                !is_over
            });
        }
        known.retain(|given| !is_asked_for(given, refused));
        let is_one_place = |given: &&Given| given.place == refused.place;
        for given in known.iter().filter(is_one_place) {
            self.meet(given, refused, Shown::Denial, look);
        }
    }

    /// Holds data against what this response and those before it deny.
    fn hold(&mut self, given: &Given, here: Option<&Refused>, look: &mut Look<'_>) {
        if let Some(here) = here.filter(|here| held_against(&look.denials(here), given).is_some()) {
            self.meet(given, here, Shown::Both, look);
            return;
        }
        let refused = self.refused.iter().rev().find(|refused| {
            let is_open = refused.place == given.place && !is_asked_for(given, refused);
            is_open && held_against(&look.denials(refused), given).is_some()
        });
        if let Some(refused) = refused.cloned() {
            self.meet(given, &refused, Shown::Data, look);
            return;
        }
        // The denial may have been an earlier run's.
        let known = self.quarrels.iter_mut().find(|(place, quarrel)| {
            let about = &quarrel.about;
            let is_it = about.source == given.source && about.rtype == given.rtype;
            is_it && *place == given.place && quarrel.is_in_time(given.time)
        });
        let signed = (Some(&given.by), None);
        let told = known.and_then(|(_, known)| known.shown(Shown::Data, signed, look.exchange));
        look.found.extend(told);
    }

    /// Data and a denial that contradicts it, the one or the other shown by this response.
    fn meet(&mut self, given: &Given, refused: &Refused, shown: Shown, look: &mut Look<'_>) {
        let held = held_against(&look.denials(refused), given);
        let Some((denied, owner)) = held else { return };
        let bearing = refused.sets.iter().find(|(set, _)| set.owner == owner);
        let Some((set, by)) = bearing else { return };
        let is_in_time = given.time <= by.expiration && refused.time <= given.by.expiration;
        if !is_in_time {
            return;
        }
        let is_it = |(place, quarrel): &(Place, Quarrel)| {
            let about = &quarrel.about;
            *place == given.place && about.source == given.source && about.rtype == given.rtype
        };
        let at = self.quarrels.iter().position(is_it).unwrap_or_else(|| {
            if self.quarrels.len() >= QUARRELS {
                self.quarrels.remove(0);
            }
            let about = About {
                zone: look.zone.clone(),
                name: given.name.clone(),
                rtype: given.rtype,
                source: given.source.clone(),
                denied,
                denial: set.owner.clone(),
                denial_type: set.rtype,
            };
            let first = match shown {
                Shown::Data => (Shown::Denial, refused.time),
                Shown::Denial => (Shown::Data, given.time),
                Shown::Both => (Shown::Both, given.time),
            };
            let signed = (given.by.clone(), by.clone());
            self.quarrels
                .push((given.place, Quarrel::new(about, signed, first)));
            self.quarrels.len() - 1
        });
        let signed = match shown {
            Shown::Data => (Some(&given.by), None),
            Shown::Denial => (None, Some(by)),
            Shown::Both => (Some(&given.by), Some(by)),
        };
        let quarrel = self.quarrels.get_mut(at);
        let told = quarrel.and_then(|(_, quarrel)| quarrel.shown(shown, signed, look.exchange));
        look.found.extend(told);
    }

    /// Ends what a newer record in the place of the one that denied does not deny any more.
    fn mend(&mut self, refused: &Refused, look: &mut Look<'_>) {
        let denials = look.denials(refused);
        let mut mended = self.mended;
        self.quarrels.retain(|(place, quarrel)| {
            let about = &quarrel.about;
            let is_newer = |(set, by): &(Rrset, SignedBy)| {
                set.owner == about.denial && by.inception > quarrel.denied_since()
            };
            let is_over = *place == refused.place
                && refused.sets.iter().any(is_newer)
                && against(&denials, &about.name, &about.source, about.rtype).is_none();
            if is_over {
                mended = mended.max(quarrel.denied_since());
                look.found.extend(quarrel.over(look.exchange));
            }
            !is_over
        });
        self.mended = mended;
    }

    fn keep(&mut self, given: Vec<Given>, refused: Option<Refused>) {
        for given in given {
            self.given.retain(|known| {
                let is_same = known.name == given.name && known.rtype == given.rtype;
                !(is_same && known.place == given.place)
            });
            if self.given.len() >= ANSWERS {
                self.given.pop_front();
            }
            self.given.push_back(given);
        }
        let Some(refused) = refused else { return };
        let owners = |refused: &Refused| -> Vec<Name> {
            let sets = refused.sets.iter();
            sets.map(|(set, _)| set.owner.clone()).collect()
        };
        let same = owners(&refused);
        self.refused
            .retain(|known| known.place != refused.place || owners(known) != same);
        if self.refused.len() >= ANSWERS {
            self.refused.pop_front();
        }
        self.refused.push_back(refused);
    }
}

/// The name that data stands at in its zone (RFC 4035 §5.3.2).
fn source(name: &Name, by: &SignedBy) -> Name {
    let labels = usize::from(by.labels);
    let own = name.label_count() - usize::from(name.is_wildcard());
    let wildcard = (labels < own).then(|| name.suffix(labels).wildcard());
    wildcard.flatten().unwrap_or_else(|| name.clone())
}

/// What denials say of data, and the owner of the record that says it. That the name itself is
/// absent is what data out of a wildcard needs; that it exists without the type contradicts it.
fn held_against(denials: &Denials, given: &Given) -> Option<(Denied, Name)> {
    against(denials, &given.name, &given.source, given.rtype)
}

fn against(denials: &Denials, name: &Name, source: &Name, rtype: Rtype) -> Option<(Denied, Name)> {
    let is_type = |shown: &(Denied, Name)| shown.0 == Denied::Type;
    let at_name = || denials.denies(name, rtype).filter(is_type);
    denials.denies(source, rtype).or_else(at_name)
}

/// Whether a denial answers a question for the data itself.
fn is_asked_for(given: &Given, refused: &Refused) -> bool {
    let Some(question) = &refused.question else {
        return false;
    };
    let base = given.source.parent().filter(|_| given.source.is_wildcard());
    let name = &question.name;
    let is_name = *name == given.name
        || *name == given.source
        || base.is_some_and(|base| name.is_below(&base));
    let is_type = [given.rtype, Rtype::ANY].contains(&question.rtype);
    is_name && (is_type || given.rtype == Rtype::CNAME)
}

/// Whether sets of a type come and go as a zone is signed and delegated, or stand at each apex.
fn is_of_apex(rtype: Rtype) -> bool {
    let others = [
        Rtype::CDS,
        Rtype::CDNSKEY,
        Rtype::NSEC3PARAM,
        Rtype::SOA,
        Rtype::NS,
    ];
    rtype.is_dnssec() || others.contains(&rtype)
}
