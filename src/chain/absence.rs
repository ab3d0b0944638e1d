//! When something that is not there may be held against a zone.

use super::finding::{Finding, Judgement};
use super::judge::Judge;
use super::private::Private;
use super::verdict::Reason;
use crate::exchange::Vantage;
use crate::message::{Name, Rtype};
use std::collections::BTreeSet;

impl Judge<'_> {
    /// A finding that rests on something not being there: only held against the zone where
    /// signatures were asked for, the response may accuse, the DS set is fresh, the source is
    /// one that hands signatures out, and the name lies in the zone (docs/decisions/0003, 0008).
    pub(super) fn absence(
        &self,
        finding: Finding,
        owner: &Name,
        zone: &Name,
        lies_in_zone: bool,
    ) -> Judgement {
        let is_certain = lies_in_zone
            && self.exchange.dnssec_ok()
            && self.exchange.standing.may_accuse()
            && self.zones.is_fresh(zone, self.at())
            && self.is_from_server_of(zone);
        // A resolver's own answer is only one where the zone's would have to be another.
        let private = self
            .private(owner, zone, lies_in_zone)
            .filter(|by| is_certain || *by != Private::Resolver);
        if is_certain && private.is_none() {
            return Judgement::Settled(finding);
        }
        let unseen = || {
            let subject = finding.subject.clone();
            let mut unseen = Finding::because(Reason::ZoneCutUnseen, Some(zone));
            unseen.private.clone_from(&private);
            match subject.rrset {
                Some((owner, rtype)) => unseen.about(&owner, rtype),
                None => unseen,
            }
        };
        if private.is_some() && self.exchange.vantage == Vantage::Downstream {
            return Judgement::Settled(unseen());
        }
        // A DS set lies above the link that it makes.
        let is_ds = matches!(&finding.subject.rrset, Some((_, Rtype::DS)));
        let above = is_ds.then(|| owner.parent()).flatten();
        let then = self
            .zones
            .broken_link(above.as_ref().unwrap_or(owner), self.at())
            .unwrap_or_else(unseen);
        self.wait(owner, zone, then)
    }

    /// Whether the response comes from a server of the zone, or from a resolver that is seen
    /// to hand out signatures.
    pub(super) fn is_from_server_of(&self, zone: &Name) -> bool {
        match self.exchange.vantage {
            Vantage::Upstream => {
                let trust = self.zones.find(zone);
                trust.is_some_and(|trust| trust.has_server(self.exchange.server()))
            }
            Vantage::Downstream => self.seen.hands_out_signatures(self.exchange.resolver()),
        }
    }

    /// The zones that the server is shown to serve: those whose data it gives, or whose proof,
    /// where it was asked for just that. All else could be repeated by anybody.
    pub(super) fn serves(&self, parts: &[Judgement]) -> BTreeSet<Name> {
        let message = &self.exchange.message;
        let Some(question) = message.question.as_ref().filter(|_| self.is_first_hand()) else {
            return BTreeSet::new();
        };
        let is_asked_for = |owner: &Name, rtype: Rtype| match rtype {
            Rtype::NSEC | Rtype::NSEC3 => false,
            Rtype::DS => *owner == question.name && question.rtype == Rtype::DS,
            _ => *owner == question.name,
        };
        let data = self
            .verified()
            .filter(|(_, owner, rtype)| is_asked_for(owner, *rtype))
            .map(|(signer, ..)| signer);
        let proofs = parts.iter().filter(|part| part.is_secure());
        let proofs = proofs.filter_map(|part| {
            let subject = &part.finding().subject;
            let is_proof = subject.signed_by.is_none();
            subject.zone.as_ref().filter(|_| is_proof)
        });
        data.chain(proofs).cloned().collect()
    }

    /// Whether the response, or an earlier one, shows that `owner` lies in `zone` itself.
    pub(super) fn shows_zone(&self, zone: &Name, owner: &Name) -> bool {
        let is_last = self.last_link.as_ref().is_none_or(|last| last == owner);
        let is_told =
            is_last && self.exchange.vantage == Vantage::Upstream && self.apexes().contains(zone);
        is_told || self.seen.was_signed_in(owner, zone)
    }

    /// The zones whose SOA or NS set is in the response; looked for once.
    fn apexes(&self) -> &BTreeSet<Name> {
        self.apexes.get_or_init(|| {
            let sets = self.exchange.message.rrsets();
            sets.filter(|set| set.rtype == Rtype::SOA || set.rtype == Rtype::NS)
                .map(|set| set.owner.clone())
                .collect()
        })
    }
}
