//! Judges a whole response: alias chains, negative answers and referrals.

use super::denial::{Denials, NoDs, Proof};
use super::fact::SignedBy;
use super::finding::{Finding, Judgement};
use super::judge::Judge;
use super::verdict::Reason;
use super::verdict::ValidationState::Insecure;
use super::zones::Place;
use crate::exchange::Vantage;
use crate::message::{Name, Question, Rcode, Rrset, Rtype};

/// Links of an alias chain that are followed; resolvers give up sooner.
const MAX_LINKS: usize = 20;

/// Whether a name or a type is said not to exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Negative {
    NoName,
    NoData,
}

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
            parts.extend(self.negative(&name, question.rtype, what));
        } else {
            let last = self
                .last_link
                .clone()
                .unwrap_or_else(|| question.name.clone());
            parts.extend(self.signed_authority(&last));
        }
        parts
    }

    /// The answer, link by link from the question's name (RFC 1034 §4.3.2, RFC 6672 §3.2).
    fn aliases(&mut self, question: &Question) -> Chain {
        let message = &self.exchange.message;
        let mut parts = Vec::new();
        let mut name = question.name.clone();
        let mut bailiwick: Option<Name> = None;
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
            self.last_link = Some(name.clone());
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

    /// The zone that answers for a link: its signer, or the deepest signed zone known above it.
    fn zone_of(&self, link: &Rrset, judged: &[Judgement]) -> Name {
        let signer = judged.first().and_then(|part| {
            let subject = &part.finding().subject;
            subject
                .signed_by
                .as_ref()
                .map(|signed_by| signed_by.signer.clone())
        });
        signer.unwrap_or_else(
            || match self.zones.place(&link.owner, link.rtype, self.at()) {
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
        let zone = signed_by.signer.clone();
        let (denials, denial_parts) = self.denials(&zone);
        let proof = denials.wildcard_expansion(&set.owner, labels).what;
        parts.extend(denial_parts);
        parts.push(self.proof(proof, &zone, &set.owner, set.rtype));
        parts
    }

    /// The labels of the wildcard that a verified set was expanded from; nothing if it was not.
    pub(super) fn expanded_from(set: &Rrset, signed_by: &SignedBy) -> Option<u8> {
        let own = set.owner.label_count() - usize::from(set.owner.is_wildcard());
        (usize::from(signed_by.labels) < own).then_some(signed_by.labels)
    }

    /// The verified denial records that `zone` signed, and the judgements of all denial records.
    pub(super) fn denials(&mut self, zone: &Name) -> (Denials, Vec<Judgement>) {
        let message = &self.exchange.message;
        let mut denials = Denials::new(zone.clone());
        let mut parts = Vec::new();
        for set in message.rrsets() {
            if set.rtype != Rtype::NSEC && set.rtype != Rtype::NSEC3 {
                continue;
            }
            let judgement = self.rrset(set);
            let signed_by = judgement.finding().subject.signed_by.clone();
            if let Some(signed_by) = signed_by.filter(|_| judgement.is_secure()) {
                // A denial made from a wildcard speaks of no name (RFC 4035 §3.1.3.3).
                if signed_by.signer == *zone && Self::expanded_from(set, &signed_by).is_none() {
                    denials.add(set);
                }
            }
            parts.push(judgement);
        }
        (denials, parts)
    }

    /// What a proof makes of the response.
    fn proof(&self, proof: Proof, zone: &Name, name: &Name, rtype: Rtype) -> Judgement {
        let because = |reason| Finding::because(reason, Some(zone)).about(name, rtype);
        if matches!(proof, Proof::Missing | Proof::Contradicted) {
            // A resolver may deny a name with what the zone above shows: an insecure cut.
            if let Place::Insecure { zone, reason } = self.zones.place(name, rtype, self.at()) {
                let finding = Finding::because(reason, Some(&zone)).about(name, rtype);
                return Judgement::Settled(finding);
            }
        }
        match proof {
            Proof::Proven => {
                let subject = Finding::because(Reason::NoDs, Some(zone))
                    .about(name, rtype)
                    .subject;
                Judgement::Settled(Finding {
                    reason: None,
                    subject,
                    fails_by_time_only: false,
                    is_broken_link: false,
                })
            }
            Proof::OptOut => Judgement::Settled(because(Reason::NoDs)),
            Proof::Iterations => Judgement::Settled(because(Reason::Nsec3Iterations)),
            Proof::Missing => self.absence(because(Reason::DenialMissing), name, zone, true),
            Proof::Contradicted => Judgement::Settled(because(Reason::DenialInvalid)),
            Proof::Budget => Judgement::Settled(because(Reason::Budget)),
        }
    }

    /// A response that says that a name, or a type at it, does not exist.
    fn negative(&mut self, name: &Name, rtype: Rtype, what: Negative) -> Vec<Judgement> {
        if let Some(broken) = self.keys_denied(name, rtype) {
            return vec![broken];
        }
        let mut parts = self.signed_authority(name);
        let message = &self.exchange.message;
        let soa = message.rrsets().find(|set| set.rtype == Rtype::SOA);
        parts.extend(soa.map(|soa| self.rrset(soa)));
        if let (Place::Signed { zone, .. }, Some(soa)) =
            (self.zones.place(name, rtype, self.at()), soa)
        {
            let is_insecure = parts.iter().any(|part| part.finding().state() == Insecure);
            if is_insecure && zone.is_below(&soa.owner) {
                // What is not authenticated cannot deny what an anchor speaks for.
                let unseen = Finding::because(Reason::KeysUnseen, Some(&zone));
                return vec![Judgement::Settled(unseen.about(name, rtype))];
            }
        }
        let Some(zone) = self.denying_zone(name, soa) else {
            if parts.iter().all(Judgement::is_secure) {
                parts.push(self.undenied(name, rtype));
            }
            return parts;
        };
        if parts.iter().all(Judgement::is_secure) {
            if rtype == Rtype::DS && *name == zone && !name.is_root() {
                // Only the parent can say that there is no DS (RFC 4035 §5.2).
                let unseen = Finding::because(Reason::ZoneCutUnseen, Some(&zone));
                parts.push(Judgement::Settled(unseen.about(name, rtype)));
                return parts;
            }
            let (denials, _) = self.denials(&zone);
            let proof = match what {
                Negative::NoName => denials.name_error(name).what,
                Negative::NoData => denials.no_data(name, rtype).what,
            };
            parts.push(self.proof(proof, &zone, name, rtype));
        }
        parts
    }

    /// The zone whose records are to deny `name`: the one whose signed SOA came along, or else
    /// the signer of a denial.
    fn denying_zone(&mut self, name: &Name, soa: Option<&Rrset>) -> Option<Name> {
        let message = &self.exchange.message;
        let denials = message
            .authority
            .iter()
            .filter(|set| set.rtype == Rtype::NSEC || set.rtype == Rtype::NSEC3);
        soa.into_iter().chain(denials).find_map(|set| {
            let judgement = self.rrset(set);
            let zone = judgement.finding().subject.zone.clone()?;
            (judgement.is_secure() && name.is_at_or_below(&zone)).then_some(zone)
        })
    }

    /// A zone with a DS set in force whose server says that there are no keys: the link is
    /// broken (RFC 4035 §5.2).
    fn keys_denied(&self, name: &Name, rtype: Rtype) -> Option<Judgement> {
        let trust = self.zones.find(name);
        let is_expected = rtype == Rtype::DNSKEY
            && self.exchange.message.header.is_authoritative()
            && self.exchange.standing.may_accuse()
            && self.zones.is_fresh(name, self.at())
            && (self.zones.is_anchored(name) || trust.is_some_and(|trust| trust.has_ds(self.at())));
        let is_signed = matches!(
            self.zones.place(name, rtype, self.at()),
            Place::Signed { zone, .. } if zone == *name
        );
        (is_expected && is_signed).then(|| {
            let finding = Finding::because(Reason::DnskeyMissing, Some(name));
            Judgement::Settled(finding.about(name, rtype))
        })
    }

    /// A negative response without a word from its zone.
    fn undenied(&self, name: &Name, rtype: Rtype) -> Judgement {
        let because =
            |reason, zone: Option<&Name>| Finding::because(reason, zone).about(name, rtype);
        match self.zones.place(name, rtype, self.at()) {
            Place::Unanchored => Judgement::Settled(because(Reason::Unanchored, None)),
            Place::Insecure { zone, reason } => Judgement::Settled(because(reason, Some(&zone))),
            Place::Signed { zone, gap } => {
                let lies_in_zone = gap.is_none() || self.shows_zone(&zone, name);
                self.absence(
                    because(Reason::DenialMissing, Some(&zone)),
                    name,
                    &zone,
                    lies_in_zone,
                )
            }
        }
    }

    /// The sets of the authority section that decide about `name`: all that are signed by a zone
    /// above it. Any other could be anybody's, and an NS set says nothing that is asked for:
    /// resolvers drop it when it fails.
    fn signed_authority(&mut self, name: &Name) -> Vec<Judgement> {
        let message = &self.exchange.message;
        let decides = |set: &&Rrset| {
            let mut signatures = set.signatures.iter();
            set.rtype != Rtype::NS && signatures.any(|rrsig| name.is_at_or_below(&rrsig.signer))
        };
        message
            .authority
            .iter()
            .filter(decides)
            .map(|set| self.rrset(set))
            .collect()
    }

    /// Whether the response sends the resolver further down.
    pub(super) fn is_referral(&self) -> bool {
        self.exchange.message.answer.is_empty() && self.referred_to().is_some()
    }

    /// The zone that the response refers to; behind an alias it may do so too.
    pub(super) fn referred_to(&self) -> Option<&Name> {
        let message = &self.exchange.message;
        let has_soa = message.authority.iter().any(|set| set.rtype == Rtype::SOA);
        let is_possible = self.exchange.vantage == Vantage::Upstream
            && message.header.rcode == Rcode::NOERROR
            && !has_soa;
        let ns = message
            .authority
            .iter()
            .find(|set| is_possible && set.rtype == Rtype::NS)?;
        // Some servers set AA on referrals; a zone's own servers do not refer to it.
        let is_own = message.header.is_authoritative()
            && self
                .zones
                .find(&ns.owner)
                .is_some_and(|t| t.has_server(self.exchange.server()));
        (!is_own).then_some(&ns.owner)
    }

    /// A referral: a DS set, or the proof that there is none (RFC 4035 §3.1.4, §5.2).
    fn referral(&mut self) -> Vec<Judgement> {
        let Some(child) = self.referred_to().cloned() else {
            return Vec::new();
        };
        let mut parts = self.signed_authority(&child);
        let message = &self.exchange.message;
        let ds = message
            .authority
            .iter()
            .find(|set| set.rtype == Rtype::DS && set.owner == child);
        if let Some(ds) = ds {
            parts.push(self.rrset(ds));
            return parts;
        }
        let because =
            |reason, zone: Option<&Name>| Finding::because(reason, zone).about(&child, Rtype::DS);
        let zone = match self.zones.place(&child, Rtype::DS, self.at()) {
            Place::Unanchored => {
                parts.push(Judgement::Settled(because(Reason::Unanchored, None)));
                return parts;
            }
            Place::Insecure { zone, reason } => {
                parts.push(Judgement::Settled(because(reason, Some(&zone))));
                return parts;
            }
            Place::Signed { zone, gap } => (zone, gap),
        };
        if !parts.iter().all(Judgement::is_secure) {
            return parts;
        }
        if parts.is_empty()
            && self
                .zones
                .find(&child)
                .is_some_and(|t| t.is_unsigned(self.at()))
        {
            parts.push(Judgement::Settled(because(Reason::NoDs, Some(&child))));
            return parts;
        }
        let (zone, gap) = zone;
        let signer = parts
            .iter()
            .find_map(|part| part.finding().subject.zone.clone());
        let parent = signer.unwrap_or(zone);
        let (denials, _) = self.denials(&parent);
        parts.push(match denials.no_ds(&child).what {
            NoDs::Insecure => self.proof(Proof::Proven, &parent, &child, Rtype::DS),
            NoDs::InsecureOptOut => self.proof(Proof::OptOut, &parent, &child, Rtype::DS),
            NoDs::Iterations => self.proof(Proof::Iterations, &parent, &child, Rtype::DS),
            NoDs::Budget => self.proof(Proof::Budget, &parent, &child, Rtype::DS),
            NoDs::NotACut | NoDs::Contradicted => {
                self.proof(Proof::Contradicted, &parent, &child, Rtype::DS)
            }
            NoDs::Missing => {
                let missing = because(Reason::DenialMissing, Some(&parent));
                self.absence(missing, &child, &parent, gap.is_none())
            }
        });
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
