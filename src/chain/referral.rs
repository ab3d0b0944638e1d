//! Judges referrals: the upper side of a zone cut.

use super::denial::{NoDs, Proof};
use super::finding::{Finding, Judgement};
use super::judge::Judge;
use super::verdict::Reason;
use super::zones::Place;
use crate::exchange::Vantage;
use crate::message::{Name, Rcode, Rtype};

impl Judge<'_> {
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
        // Some servers set AA on referrals; a zone's own servers do not refer to it, and the
        // zone above signs no delegation (RFC 4035 §2.2).
        let is_signed = ns.signatures.iter().any(|rrsig| rrsig.signer == ns.owner);
        let trust = self.zones.find(&ns.owner);
        let is_from_own = trust.is_some_and(|trust| trust.has_server(self.exchange.server()));
        let is_own = message.header.is_authoritative() && (is_signed || is_from_own);
        (!is_own).then_some(&ns.owner)
    }

    /// A referral: a DS set, or the proof that there is none (RFC 4035 §3.1.4, §5.2).
    pub(super) fn referral(&mut self) -> Vec<Judgement> {
        let Some(child) = self.referred_to().cloned() else {
            return Vec::new();
        };
        let mut parts = self.signed_authority(&child, Rtype::DS);
        let message = &self.exchange.message;
        let mut sets = message.authority.iter();
        if let Some(ds) = sets.find(|set| set.rtype == Rtype::DS && set.owner == child) {
            parts.push(self.rrset(ds));
        } else if parts.iter().all(Judgement::is_secure) {
            parts.push(self.without_ds(&child, &parts));
        }
        parts
    }

    /// A referral to `child` without DS, all of whose signed sets are secure.
    fn without_ds(&mut self, child: &Name, signed: &[Judgement]) -> Judgement {
        let finding = |reason, zone: Option<&Name>| {
            let finding = Finding::because(reason, zone).about(child, Rtype::DS);
            Judgement::Settled(finding)
        };
        let (zone, gap) = match self.zones.place(child, Rtype::DS, self.at()) {
            Place::Unanchored => return finding(Reason::Unanchored, None),
            Place::Insecure { zone, reason } => return finding(reason, Some(&zone)),
            Place::Signed { zone, gap } => (zone, gap),
        };
        let known = self.zones.find(child);
        if signed.is_empty() && known.is_some_and(|trust| trust.is_unsigned(self.at())) {
            return finding(Reason::NoDs, Some(child));
        }
        let mut signers = signed.iter();
        let parent = signers
            .find_map(|part| part.finding().subject.zone.clone())
            .unwrap_or(zone);
        let (denials, _) = self.denials(&parent);
        let proof = match denials.no_ds(child).what {
            NoDs::Insecure => Proof::Proven,
            NoDs::InsecureOptOut => Proof::OptOut,
            NoDs::Iterations => Proof::Iterations,
            NoDs::Budget => Proof::Budget,
            NoDs::NotACut | NoDs::Contradicted => Proof::Contradicted,
            // No server of the child refers to it: what it sends is no referral.
            NoDs::Missing
                if known.is_some_and(|trust| trust.has_server(self.exchange.server())) =>
            {
                let unseen = Finding::because(Reason::ZoneCutUnseen, Some(&parent));
                return self.wait(child, &parent, unseen.about(child, Rtype::DS));
            }
            NoDs::Missing if gap.is_some() => {
                let missing = Finding::because(Reason::DenialMissing, Some(&parent));
                return self.absence(missing.about(child, Rtype::DS), child, &parent, false);
            }
            NoDs::Missing => Proof::Missing,
        };
        self.proof(&denials, proof, &parent, (child, Rtype::DS))
    }
}
