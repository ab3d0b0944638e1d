//! Judges a whole response: alias chains, negative answers and referrals.

use super::finding::{Finding, Judgement};
use super::judge::{Judge, lies_as};
use super::negative::Negative;
use super::verdict::Reason;
use super::zones::Place;
use crate::exchange::Vantage;
use crate::message::{Name, Question, Rcode, Rrset, Rtype};

/// Links of an alias chain that are followed; resolvers give up sooner.
const MAX_LINKS: usize = 20;

/// Where an alias chain leads.
struct Chain {
    parts: Vec<Judgement>,
    /// The name whose records end the chain, or would; nothing if the response is not held to
    /// say more about it.
    open_end: Option<Name>,
}

impl Judge<'_> {
    /// What the response is worth, part by part.
    pub(super) fn response(&mut self) -> Vec<Judgement> {
        let mut parts = self.parts();
        for part in &mut parts {
            if let Some(excepted) = self.excepted(part) {
                *part = Judgement::Settled(excepted);
            }
        }
        parts
    }

    /// What is said instead of a part that is secure, where the operator excepted its zone.
    fn excepted(&self, part: &Judgement) -> Option<Finding> {
        let subject = &part.finding().subject;
        let (owner, rtype) = subject.rrset.as_ref().filter(|_| part.is_secure())?;
        let signer = subject
            .signed_by
            .as_ref()
            .map(|signed_by| &signed_by.signer);
        let zone = self.zones.exception(
            owner,
            lies_as(*rtype, owner, signer),
            self.exchange.message.time,
        )?;
        let finding = Finding::because(Reason::NegativeAnchor, Some(&zone));
        Some(finding.about(owner, *rtype))
    }

    fn parts(&mut self) -> Vec<Judgement> {
        let message = &self.exchange.message;
        let Some(question) = &message.question else {
            return Vec::new();
        };
        if message.is_incomplete {
            return vec![Judgement::Settled(Finding::because(
                Reason::Incomplete,
                None,
            ))];
        }
        if message.header.is_truncated() {
            return vec![Judgement::Settled(Finding::because(
                Reason::Truncated,
                None,
            ))];
        }
        if self.is_referral() && message.loose_signatures.is_empty() {
            return self.referral();
        }
        let Chain {
            mut parts,
            open_end,
        } = match question.rtype {
            Rtype::RRSIG => self.signatures_only(question),
            Rtype::ANY => self.any(question),
            _ => self.aliases(question),
        };
        if let Some(name) = open_end {
            self.last_link = Some(name.clone());
            let what = match message.header.rcode {
                Rcode::NXDOMAIN => Negative::NoName,
                _ => Negative::NoData,
            };
            let is_behind_alias = !parts.is_empty() && self.exchange.vantage == Vantage::Upstream;
            let tail = self.negative(&name, question.rtype, what);
            parts.extend(tail.into_iter().filter(|part| {
                // Resolvers ask for the alias's target themselves, whatever is said of it here:
                // some servers (NSD 4.6) add the proof for another name.
                let is_proof = matches!(
                    part.finding().reason,
                    Some(Reason::DenialMissing | Reason::DenialInvalid)
                );
                !(is_behind_alias && is_proof)
            }));
        } else {
            let last = self
                .last_link
                .clone()
                .unwrap_or_else(|| question.name.clone());
            parts.extend(self.signed_authority(&last, question.rtype));
        }
        parts
    }

    /// The answer, link by link from the question's name (RFC 1034 §4.3.2, RFC 6672 §3.2).
    fn aliases(&mut self, question: &Question) -> Chain {
        let message = &self.exchange.message;
        let mut parts = Vec::new();
        let mut name = question.name.clone();
        let mut bailiwick: Option<Name> = None;
        self.last_link = Some(self.last_name(question));
        for _ in 0..MAX_LINKS {
            if bailiwick
                .as_ref()
                .is_some_and(|zone| !name.is_at_or_below(zone))
            {
                // The server has no say here: resolvers drop these links and ask again.
                return Chain {
                    parts,
                    open_end: None,
                };
            }
            let dname = message
                .answer
                .iter()
                .find(|set| set.rtype == Rtype::DNAME && name.is_below(&set.owner));
            let is_synthesised = dname.is_some() && question.rtype == Rtype::CNAME;
            if let Some(set) = message.answered(&name, question.rtype) {
                if let Some(dname) = dname.filter(|_| is_synthesised) {
                    self.synthesised(&name, dname, Some(set), &mut parts);
                    parts.extend(self.answered(dname));
                } else {
                    parts.extend(self.answered(set));
                }
                return Chain {
                    parts,
                    open_end: None,
                };
            }
            let (link, target) = match (message.answered(&name, Rtype::CNAME), dname) {
                (cname, Some(dname)) => (dname, self.synthesised(&name, dname, cname, &mut parts)),
                (Some(cname), None) => (cname, cname.target()),
                (None, None) => return self.chain_end(parts, name),
            };
            let judged = self.answered(link);
            if self.exchange.vantage == Vantage::Upstream && bailiwick.is_none() {
                bailiwick = Some(self.zone_of(link, &judged));
            }
            parts.extend(judged);
            let Some(target) = target else {
                return Chain {
                    parts,
                    open_end: None,
                };
            };
            name = target;
        }
        parts.push(Judgement::Settled(Finding::because(Reason::Budget, None)));
        Chain {
            parts,
            open_end: None,
        }
    }

    /// The last name of the chain that the answer spells, whatever it is worth.
    fn last_name(&self, question: &Question) -> Name {
        let message = &self.exchange.message;
        let mut name = question.name.clone();
        for _ in 0..MAX_LINKS {
            if message.answered(&name, question.rtype).is_some() {
                break;
            }
            let alias = message.answered(&name, Rtype::CNAME);
            let Some(target) = alias.and_then(Rrset::target).or_else(|| {
                let dname = message
                    .answer
                    .iter()
                    .find(|set| set.rtype == Rtype::DNAME && name.is_below(&set.owner))?;
                name.rebase(&dname.owner, &dname.target()?)
            }) else {
                break;
            };
            name = target;
        }
        name
    }

    /// A chain whose last name has no records here. Behind an alias, only a response that says
    /// something about that name is held to prove it.
    fn chain_end(&self, parts: Vec<Judgement>, name: Name) -> Chain {
        let message = &self.exchange.message;
        let has_soa = message.authority.iter().any(|set| set.rtype == Rtype::SOA);
        let is_said = parts.is_empty() || has_soa || message.header.rcode == Rcode::NXDOMAIN;
        Chain {
            parts,
            open_end: is_said.then_some(name),
        }
    }

    /// The name that a DNAME leads to. A CNAME beside it must be the one that it yields, or be
    /// signed itself (RFC 6672 §5.3.1).
    fn synthesised(
        &mut self,
        name: &Name,
        dname: &Rrset,
        cname: Option<&Rrset>,
        parts: &mut Vec<Judgement>,
    ) -> Option<Name> {
        let target = dname
            .target()
            .and_then(|new| name.rebase(&dname.owner, &new));
        let Some(cname) = cname.filter(|cname| cname.target() != target || target.is_none()) else {
            return target;
        };
        parts.extend(self.answered(cname));
        cname.target()
    }

    /// The zone that answers for a link: its signer, or else no more than is sure to be below
    /// the same cuts. Whoever answers could claim any signer.
    fn zone_of(&self, link: &Rrset, judged: &[Judgement]) -> Name {
        let secure = judged.first().filter(|part| part.is_secure());
        let signer = secure.and_then(|part| {
            let subject = &part.finding().subject;
            subject
                .signed_by
                .as_ref()
                .map(|signed_by| signed_by.signer.clone())
        });
        signer.unwrap_or_else(
            || match self.zones.place(&link.owner, link.rtype, self.at()) {
                Place::Signed { gap: Some(gap), .. } => gap,
                Place::Signed { zone, .. } | Place::Insecure { zone, .. } => zone,
                Place::Unanchored => link.owner.clone(),
            },
        )
    }

    /// An RRset of the answer, with the proof that it needs if a wildcard gave it.
    fn answered(&mut self, set: &Rrset) -> Vec<Judgement> {
        let judgement = self.rrset(set);
        let mut parts = vec![judgement.clone()];
        let Judgement::Settled(finding) = judgement else {
            return parts;
        };
        let Some(signed_by) = finding
            .subject
            .signed_by
            .clone()
            .filter(|_| finding.is_secure())
        else {
            return parts;
        };
        let Some(labels) = Self::expanded_from(set, &signed_by) else {
            return parts;
        };
        if set.rtype == Rtype::DNAME {
            // No validator takes a DNAME made from a wildcard (RFC 4592 §4.4).
            let finding = Finding::because(Reason::SignatureInvalid, Some(&signed_by.signer));
            let finding = finding
                .about(&set.owner, set.rtype)
                .signed_by(Some(signed_by));
            return vec![Judgement::Settled(finding)];
        }
        let zone = signed_by.signer;
        let (denials, denial_parts) = self.denials(&zone);
        let proof = denials.wildcard_expansion(&set.owner, labels).what;
        parts.extend(denial_parts.iter().cloned());
        parts.push(self.proof(&denials, proof, &zone, (&set.owner, set.rtype)));
        parts
    }

    /// The answer to a question for signatures: they are what signs, and are not signed.
    fn signatures_only(&mut self, question: &Question) -> Chain {
        let message = &self.exchange.message;
        let found = message.answered(&question.name, Rtype::RRSIG).is_some()
            || message
                .loose_signatures
                .iter()
                .any(|(owner, _)| *owner == question.name);
        if !found {
            return self.aliases(question);
        }
        let place = self.zones.place(&question.name, Rtype::RRSIG, self.at());
        let finding = match place {
            Place::Unanchored => Finding::because(Reason::Unanchored, None),
            Place::Insecure { zone, reason } => Finding::because(reason, Some(&zone)),
            Place::Signed { zone, .. } => Finding::because(Reason::Unsignable, Some(&zone)),
        };
        let finding = finding.about(&question.name, Rtype::RRSIG);
        Chain {
            parts: vec![Judgement::Settled(finding)],
            open_end: None,
        }
    }

    /// The answer to a question for all types: every set at the name counts (RFC 6840 §4.2).
    fn any(&mut self, question: &Question) -> Chain {
        let message = &self.exchange.message;
        let sets: Vec<&Rrset> = message
            .answer
            .iter()
            .filter(|set| set.owner == question.name)
            .collect();
        if sets.is_empty() {
            return self.aliases(question);
        }
        self.last_link = Some(question.name.clone());
        let parts = sets
            .into_iter()
            .flat_map(|set| self.answered(set))
            .collect();
        Chain {
            parts,
            open_end: None,
        }
    }
}
