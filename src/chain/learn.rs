//! What a response teaches about zones, once verified.

use super::budget::MAX_SETS_PER_MESSAGE;
use super::denial::NoDs;
use super::fact::{KeySet, SignedBy};
use super::finding::{Finding, Judgement};
use super::judge::Judge;
use super::link::Entry;
use super::verdict::{Reason, ValidationState};
use crate::message::{Name, Rcode, Rrset, Rtype, TypeBitmap};
use crate::time::Ttl;
use std::collections::BTreeSet;

/// Names that are hashed to find that of a delegation's NSEC3; few names have as many labels.
const MAX_NAMES_HASHED: usize = 16;

/// Something to be learnt about a zone.
pub(super) enum Lesson {
    /// Its verified DS RRset.
    Ds { set: Rrset, signed_by: SignedBy },
    /// Verified: it is a delegation without DS.
    NoDs {
        signed_by: SignedBy,
        ttl: Ttl,
        is_opt_out: bool,
    },
    /// Verified: there is no zone cut at its name.
    NoCut { signed_by: SignedBy, ttl: Ttl },
    /// Its DNSKEY RRset, to be trusted.
    Keys { entry: Entry, ttl: Ttl },
    /// A verified CDS or CDNSKEY RRset.
    Announcement { set: Rrset, signed_by: SignedBy },
    /// A verified CDS or CDNSKEY RRset below its apex, about another zone.
    Signal { set: Rrset, signed_by: SignedBy },
    /// A DS RRset for it that failed.
    FailedDs(Finding),
    /// A DNSKEY RRset of it that failed.
    FailedKeys(Finding),
    /// A DNSKEY RRset in which nothing in force vouches for a key.
    UnprovenKeys(Rrset),
    /// Its DS set names keys only that cannot be used.
    UnsupportedKeys,
    /// It has an anchor, and these of its keys sign its DNSKEY RRset, none of them trusted.
    UnvouchedKeys {
        keys: Box<KeySet>,
        signed_by: SignedBy,
    },
}

impl Lesson {
    /// A number for each kind: no message teaches the same twice.
    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Ds { .. } => 0,
            Self::NoDs { .. } => 1,
            Self::NoCut { .. } => 2,
            Self::Keys { .. } => 3,
            Self::Announcement { set, .. } if set.rtype == Rtype::CDS => 4,
            Self::Announcement { .. } => 5,
            Self::FailedDs(_) => 6,
            Self::FailedKeys(_) => 7,
            Self::UnprovenKeys(_) => 8,
            Self::UnsupportedKeys => 9,
            Self::UnvouchedKeys { .. } => 10,
            Self::Signal { set, .. } if set.rtype == Rtype::CDS => 11,
            Self::Signal { .. } => 12,
        }
    }

    /// A DNSKEY RRset that keys of its own sign, a signature of one of them, and whether the chain
    /// of trust vouches for it.
    pub(super) fn keys(&self) -> Option<(&KeySet, &SignedBy, bool)> {
        if let Self::Keys { entry, .. } = self {
            return Some((&entry.keys, &entry.signed_by, true));
        }
        if let Self::UnvouchedKeys { keys, signed_by } = self {
            return Some((keys, signed_by, false));
        }
        None
    }
}

impl Judge<'_> {
    /// What the response teaches, zone by zone. Nothing that failed teaches more than that it
    /// failed, and that only if the response may accuse.
    pub(super) fn lessons(&mut self) -> Vec<(Name, Lesson)> {
        let message = &self.exchange.message;
        if message.is_incomplete || message.header.is_truncated() {
            return Vec::new();
        }
        let mut lessons = Vec::new();
        let is_lesson = |set: &&Rrset| {
            let types = [Rtype::DS, Rtype::DNSKEY, Rtype::CDS, Rtype::CDNSKEY];
            types.contains(&set.rtype)
        };
        let sets = message.rrsets().filter(is_lesson);
        for set in sets.take(MAX_SETS_PER_MESSAGE) {
            match set.rtype {
                Rtype::DS => lessons.extend(self.ds_lesson(set)),
                Rtype::DNSKEY => self.key_lessons(set, &mut lessons),
                Rtype::CDS | Rtype::CDNSKEY => lessons.extend(self.announcement(set)),
                _ => {}
            }
        }
        lessons.extend(self.keys_denied_lesson());
        lessons.extend(self.cut_lesson());
        self.passing_lessons(&mut lessons);
        lessons
    }

    fn ds_lesson(&mut self, set: &Rrset) -> Option<(Name, Lesson)> {
        let judgement = self.rrset(set);
        let finding = judgement.finding();
        let lesson = match (finding.state(), &finding.subject.signed_by) {
            (ValidationState::Secure, Some(signed_by)) if set.owner.is_below(&signed_by.signer) => {
                Lesson::Ds {
                    set: set.clone(),
                    signed_by: signed_by.clone(),
                }
            }
            (ValidationState::Bogus, _)
                if self.exchange.standing.may_accuse() && !finding.is_broken_link =>
            {
                Lesson::FailedDs(finding.clone())
            }
            _ => return None,
        };
        Some((set.owner.clone(), lesson))
    }

    fn key_lessons(&mut self, set: &Rrset, lessons: &mut Vec<(Name, Lesson)>) {
        let (judgement, entry) = self.dnskeys(set);
        let zone = &set.owner;
        if let Some(entry) = entry {
            lessons.push((
                zone.clone(),
                Lesson::Keys {
                    entry,
                    ttl: set.ttl,
                },
            ));
            return;
        }
        if let Some((keys, signed_by)) = self.unvouched(set) {
            let keys = Box::new(keys);
            let lesson = Lesson::UnvouchedKeys { keys, signed_by };
            lessons.push((zone.clone(), lesson));
        }
        let Judgement::Settled(finding) = judgement else {
            return;
        };
        if !self.exchange.standing.may_accuse() {
            return;
        }
        if finding.reason == Some(Reason::UnsupportedAlgorithm)
            && finding.subject.zone.as_ref() == Some(zone)
        {
            lessons.push((zone.clone(), Lesson::UnsupportedKeys));
        } else if finding.state() == ValidationState::Bogus {
            if finding.reason == Some(Reason::DnskeyMissing) && self.is_first_hand() {
                lessons.push((zone.clone(), Lesson::UnprovenKeys(set.clone())));
            }
            lessons.push((zone.clone(), Lesson::FailedKeys(finding)));
        }
    }

    /// A zone's server that says that the zone has no keys breaks the link like keys that fail.
    fn keys_denied_lesson(&self) -> Option<(Name, Lesson)> {
        let message = &self.exchange.message;
        let question = message.question.as_ref()?;
        let is_negative = message.answer.is_empty() && !self.is_referral() && self.is_first_hand();
        let denied = is_negative.then(|| self.keys_denied(&question.name, question.rtype))?;
        match denied? {
            Judgement::Settled(finding) => {
                Some((question.name.clone(), Lesson::FailedKeys(finding)))
            }
            Judgement::Waits(_) => None,
        }
    }

    fn announcement(&mut self, set: &Rrset) -> Option<(Name, Lesson)> {
        let judgement = self.rrset(set);
        let signed_by = judgement.finding().subject.signed_by.clone()?;
        if !judgement.is_secure() || Self::expanded_from(set, &signed_by).is_some() {
            return None;
        }
        let (zone, set) = (signed_by.signer.clone(), set.clone());
        let is_at_apex = zone == set.owner;
        if !is_at_apex && set.owner.labels().next() != Some(&b"_dsboot"[..]) {
            return None;
        }
        let lesson = if is_at_apex {
            Lesson::Announcement { set, signed_by }
        } else {
            Lesson::Signal { set, signed_by }
        };
        Some((zone, lesson))
    }

    /// What a referral without DS, or a question for DS, shows about the cut.
    fn cut_lesson(&mut self) -> Option<(Name, Lesson)> {
        let name = self.cut_in_question()?;
        let lesson = self
            .alias_lesson(&name)
            .or_else(|| self.denial_lesson(&name))?;
        Some((name, lesson))
    }

    /// The name at which the response speaks of a cut.
    pub(super) fn cut_in_question(&self) -> Option<Name> {
        let message = &self.exchange.message;
        let question = message.question.as_ref()?;
        if question.rtype == Rtype::DS && !self.is_referral() {
            return Some(question.name.clone());
        }
        let is_asked = message.answer.is_empty();
        self.referred_to()
            .or_else(|| is_asked.then_some(&question.name))
            .cloned()
    }

    /// Whether the resolver asks for a DS set. Only then is it worth remembering that a name is
    /// no cut: there are as many such names as there are names.
    fn is_about_ds(&self) -> bool {
        let question = self.exchange.message.question.as_ref();
        question.is_some_and(|question| question.rtype == Rtype::DS)
    }

    /// Whether the response is a referral or the answer to a question for DS.
    fn is_about_cut(&self) -> bool {
        self.referred_to().is_some() || self.is_about_ds()
    }

    /// What an NSEC or NSEC3 of a delegation without DS shows in passing, above a name that the
    /// response is about.
    fn passing_lessons(&mut self, lessons: &mut Vec<(Name, Lesson)>) {
        let message = &self.exchange.message;
        let targets = message
            .answer
            .iter()
            .filter(|set| set.rtype == Rtype::CNAME);
        let mut names: Vec<Name> = targets.filter_map(Rrset::target).collect();
        names.extend(
            message
                .question
                .iter()
                .map(|question| question.name.clone()),
        );
        for set in message
            .authority
            .iter()
            .filter(|set| is_of_unsigned_delegation(set))
            .take(MAX_SETS_PER_MESSAGE)
        {
            let judgement = self.rrset(set);
            let Some(signed_by) = judgement.finding().subject.signed_by.clone() else {
                continue;
            };
            if !judgement.is_secure() || Self::expanded_from(set, &signed_by).is_some() {
                continue;
            }
            let cut = match set.rtype {
                Rtype::NSEC => names
                    .iter()
                    .any(|name| name.is_at_or_below(&set.owner))
                    .then(|| set.owner.clone()),
                _ => self.cut_hashed(set, &signed_by.signer, &names),
            };
            let Some(cut) = cut.filter(|cut| cut.is_below(&signed_by.signer)) else {
                continue;
            };
            if lessons.iter().any(|(zone, _)| *zone == cut) {
                continue;
            }
            let lesson = Lesson::NoDs {
                signed_by,
                ttl: set.ttl,
                is_opt_out: false,
            };
            lessons.push((cut, lesson));
        }
    }

    /// The name at or above one of these that an NSEC3 of a delegation stands for.
    fn cut_hashed(&mut self, set: &Rrset, zone: &Name, names: &[Name]) -> Option<Name> {
        let denials = self.denials(zone).0;
        let above = names.iter().flat_map(Name::ancestry);
        above
            .filter(|name| name.is_below(zone))
            .take(MAX_NAMES_HASHED)
            .find(|name| {
                let shown = denials.no_ds(name);
                shown.what == NoDs::Insecure && shown.by.first() == Some(&set.owner)
            })
    }

    /// Where there is an alias there is nothing else (RFC 2181 §10.1).
    fn alias_lesson(&mut self, name: &Name) -> Option<Lesson> {
        let alias = self.exchange.message.answered(name, Rtype::CNAME)?;
        let judgement = self.rrset(alias);
        let signed_by = judgement.finding().subject.signed_by.clone()?;
        let is_shown = judgement.is_secure() && name.is_below(&signed_by.signer);
        is_shown.then_some(Lesson::NoCut {
            signed_by,
            ttl: alias.ttl,
        })
    }

    fn denial_lesson(&mut self, name: &Name) -> Option<Lesson> {
        let is_denial = |set: &&Rrset| set.rtype == Rtype::NSEC || set.rtype == Rtype::NSEC3;
        let message = &self.exchange.message;
        let denials: Vec<&Rrset> = message.authority.iter().filter(is_denial).collect();
        let is_absent = message.header.rcode == Rcode::NXDOMAIN;
        let mut asked = BTreeSet::new();
        for set in &denials {
            let judgement = self.rrset(set);
            let Some(zone) = judgement.finding().subject.zone.clone() else {
                continue;
            };
            if !judgement.is_secure() || !name.is_below(&zone) || !asked.insert(zone.clone()) {
                continue;
            }
            let shown = self.denials(&zone).0.no_ds(name);
            let bearing = denials
                .iter()
                .find(|set| shown.by.first() == Some(&set.owner));
            let Some(bearing) = bearing else { continue };
            let signed_by = self.rrset(bearing).finding().subject.signed_by.clone()?;
            let ttl = bearing.ttl;
            return match shown.what {
                NoDs::Insecure | NoDs::Iterations => Some(Lesson::NoDs {
                    signed_by,
                    ttl,
                    is_opt_out: false,
                }),
                // Such a span shows something only about a cut that is there.
                NoDs::InsecureOptOut if self.is_about_cut() && !is_absent => Some(Lesson::NoDs {
                    signed_by,
                    ttl,
                    is_opt_out: true,
                }),
                NoDs::InsecureOptOut => None,
                NoDs::NotACut if self.is_about_ds() => Some(Lesson::NoCut { signed_by, ttl }),
                NoDs::NotACut => None,
                NoDs::Missing | NoDs::Contradicted | NoDs::Budget => continue,
            };
        }
        None
    }
}

/// Whether an NSEC or NSEC3 set is that of a delegation without DS (RFC 6840 §4.4).
fn is_of_unsigned_delegation(set: &Rrset) -> bool {
    let is_one = |types: &TypeBitmap| {
        types.has(Rtype::NS) && !types.has(Rtype::SOA) && !types.has(Rtype::DS)
    };
    match set.rtype {
        Rtype::NSEC => set.nsec().all(|nsec| is_one(&nsec.types)),
        Rtype::NSEC3 => set.nsec3().all(|nsec3| is_one(&nsec3.types)),
        _ => false,
    }
}
