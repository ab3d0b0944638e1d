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
        // Some servers set AA on referrals; a zone's own servers do not refer to it.
        let is_own = message.header.is_authoritative()
            && self
                .zones
                .find(&ns.owner)
                .is_some_and(|t| t.has_server(self.exchange.server()));
        (!is_own).then_some(&ns.owner)
    }

    /// A referral: a DS set, or the proof that there is none (RFC 4035 §3.1.4, §5.2).
    pub(super) fn referral(&mut self) -> Vec<Judgement> {
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
}
