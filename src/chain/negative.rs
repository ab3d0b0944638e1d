//! Judges what a response says is not there.

use super::denial::{Denials, Proof};
use super::fact::SignedBy;
use super::finding::{Finding, Judgement};
use super::judge::Judge;
use super::verdict::Reason;
use super::verdict::ValidationState::{Indeterminate, Insecure};
use super::zones::Place;
use crate::message::{Name, Rrset, Rtype};
use std::rc::Rc;

/// Whether a name or a type is said not to exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Negative {
    NoName,
    NoData,
}

impl Judge<'_> {
    /// A response that says that a name, or a type at it, does not exist.
    pub(super) fn negative(&mut self, name: &Name, rtype: Rtype, what: Negative) -> Vec<Judgement> {
        if let Some(broken) = self.keys_denied(name, rtype) {
            return vec![broken];
        }
        let mut parts = self.signed_authority(name, rtype);
        let message = &self.exchange.message;
        let floor = self.zones.zone_of(name, rtype, self.at());
        let mut sets = message.rrsets();
        let soa = sets.find(|set| {
            set.rtype == Rtype::SOA
                && name.is_at_or_below(&set.owner)
                && !floor.as_ref().is_some_and(|zone| zone.is_below(&set.owner))
        });
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
            // The zone's own SOA says that this is its proof: what came is all of it.
            let is_all = soa.is_some_and(|soa| soa.owner == zone) && !denials.is_empty();
            let proof = if proof == Proof::Missing && is_all {
                Proof::Contradicted
            } else {
                proof
            };
            parts.push(self.proof(&denials, proof, &zone, (name, rtype)));
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
    pub(super) fn keys_denied(&self, name: &Name, rtype: Rtype) -> Option<Judgement> {
        let trust = self.zones.find(name);
        let is_expected = rtype == Rtype::DNSKEY
            && self.speaks_for(name)
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

    /// The labels of the wildcard that a verified set was expanded from; nothing if it was not.
    pub(super) fn expanded_from(set: &Rrset, signed_by: &SignedBy) -> Option<u8> {
        let own = set.owner.label_count() - usize::from(set.owner.is_wildcard());
        (usize::from(signed_by.labels) < own).then_some(signed_by.labels)
    }

    /// The verified denial records that `zone` signed, and the judgements of all that it is said
    /// to have signed. They are gathered once, so that no name is hashed twice.
    pub(super) fn denials(&mut self, zone: &Name) -> (Rc<Denials>, Rc<[Judgement]>) {
        if let Some(known) = self.gathered.get(zone) {
            return known.clone();
        }
        let (denials, parts) = self.gather_denials(zone);
        let gathered = (Rc::new(denials), Rc::from(parts));
        self.gathered.insert(zone.clone(), gathered.clone());
        gathered
    }

    fn gather_denials(&mut self, zone: &Name) -> (Denials, Vec<Judgement>) {
        let message = &self.exchange.message;
        let mut denials = Denials::within(zone.clone(), self.budget.hashing.clone());
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
            if set.signatures.iter().any(|rrsig| rrsig.signer == *zone) {
                parts.push(judgement);
            }
        }
        (denials, parts)
    }

    /// What a proof makes of the response.
    pub(super) fn proof(
        &self,
        denials: &Denials,
        proof: Proof,
        zone: &Name,
        (name, rtype): (&Name, Rtype),
    ) -> Judgement {
        let because = |reason| Finding::because(reason, Some(zone)).about(name, rtype);
        if matches!(proof, Proof::Missing | Proof::Contradicted) {
            // A resolver may deny a name with what the zone above shows: an insecure cut.
            if let Place::Insecure { zone, reason } = self.zones.place(name, rtype, self.at()) {
                let finding = Finding::because(reason, Some(&zone)).about(name, rtype);
                return Judgement::Settled(finding);
            }
        }
        match proof {
            Proof::Proven => Judgement::Settled(Finding::proven(name, rtype, zone)),
            Proof::OptOut => Judgement::Settled(because(Reason::NoDs)),
            Proof::Iterations => Judgement::Settled(because(Reason::Nsec3Iterations)),
            Proof::Missing if denials.is_empty() => {
                self.absence(because(Reason::DenialMissing), name, zone, true)
            }
            // What came speaks of other names.
            Proof::Missing => self.absence(because(Reason::DenialInvalid), name, zone, true),
            Proof::Contradicted => Judgement::Settled(because(Reason::DenialInvalid)),
            Proof::Budget => Judgement::Settled(because(Reason::Budget)),
        }
    }

    /// The sets of the authority section that decide about `name`: all that are signed by a zone
    /// above it, but for those above a cut known between. Any other could be anybody's, and an
    /// NS set says nothing that is asked for: resolvers drop it when it fails.
    pub(super) fn signed_authority(&mut self, name: &Name, rtype: Rtype) -> Vec<Judgement> {
        let message = &self.exchange.message;
        // Whoever answers for a name below a cut has no say about the zones above it.
        let floor = self.zones.zone_of(name, rtype, self.at());
        let decides = |set: &&Rrset| {
            let mut signatures = set.signatures.iter();
            set.rtype != Rtype::NS
                && signatures.any(|rrsig| {
                    let is_above = name.is_at_or_below(&rrsig.signer);
                    let is_cut_off = |zone: &Name| zone.is_below(&rrsig.signer);
                    is_above && !floor.as_ref().is_some_and(is_cut_off)
                })
        };
        let judged = message.authority.iter().filter(decides);
        let mut parts: Vec<Judgement> = judged.map(|set| self.rrset(set)).collect();
        // Nor is what lies in another zone, below it or beside, an excuse for it; and where it fails, the
        // signer is blamed that the set names, not the zone that has no part in the response.
        parts.retain(|part| {
            let finding = part.finding();
            let excuses = matches!(finding.state(), Insecure | Indeterminate)
                && finding.reason != Some(Reason::Budget);
            !excuses || !is_beside(finding, name)
        });
        for part in &mut parts {
            let finding = part.finding_mut();
            if is_beside(finding, name)
                && let Some(signed_by) = &finding.subject.signed_by
            {
                finding.subject.zone = Some(signed_by.signer.clone());
            }
        }
        parts
    }
}

/// Whether a finding is about a zone that the name does not lie in or below.
fn is_beside(finding: &Finding, name: &Name) -> bool {
    let zone = finding.subject.zone.as_ref();
    zone.is_some_and(|zone| !name.is_at_or_below(zone))
}
