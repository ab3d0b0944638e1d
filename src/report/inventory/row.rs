//! One zone of the inventory.

use super::lack::{Lack, lacks};
use super::rollover::{Step, steps};
use super::weakness::{Weakness, weaknesses};
use crate::message::{Dnskey, Name};
use crate::portfolio::{Criticality, Portfolio, Zone};
use crate::report::chain::{Chain, Chains, LinkState, State};
use crate::report::error::Error;
use crate::report::facts::ds_of;
use crate::report::facts::{Facts, keys_of, named};
use crate::report::words::plain;
use crate::time::Timestamp;
use crate::watch::Sight;
use std::net::IpAddr;
use std::sync::Arc;

/// A key of the zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Key {
    pub(super) tag: u16,
    pub(super) algorithm: u8,
    /// By the SEP bit (RFC 4034 §2.1.1) and by what it was seen to sign.
    pub(super) role: &'static str,
    /// A DS record of the parent names it.
    pub(super) has_ds: bool,
    pub(super) is_revoked: bool,
}

/// A signature that runs out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct End {
    /// Over what.
    pub(super) about: String,
    pub(super) time: Timestamp,
}

/// A resolver and whether it validates the zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Validator {
    pub(super) address: IpAddr,
    /// What it is called.
    pub(super) title: String,
    /// The portfolio says that it should.
    pub(super) is_expected: bool,
    /// When it last said that it did (AD).
    pub(super) authentic: Option<Timestamp>,
    /// When it last gave clients bogus data.
    pub(super) passed_on: Option<Timestamp>,
    /// When it last asked for the zone's keys.
    pub(super) asked_keys: Option<Timestamp>,
}

/// All that the inventory says of a zone.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) facts: Facts,
    pub(super) chain: Chain,
    pub(super) declared: Option<Arc<Zone>>,
    pub(super) keys: Vec<Key>,
    /// Those that run out from now on, the first one first.
    pub(super) ends: Vec<End>,
    pub(super) validators: Vec<Validator>,
    pub(super) steps: Vec<Step>,
    pub(super) weaknesses: Vec<Weakness>,
    pub(super) lacks: Vec<Lack>,
}

impl Row {
    pub(super) fn read(
        chains: &mut Chains<'_>,
        zone: &Name,
        portfolio: &Portfolio,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let facts = chains.facts(zone)?;
        let chain = chains.chain(&facts)?;
        let validators = validators(&facts, portfolio);
        Ok(Self {
            lacks: lacks(&facts, &chain, &validators, portfolio, now),
            declared: portfolio.zone(zone).cloned(),
            keys: keys(&facts),
            ends: ends(&facts, now),
            steps: steps(&facts),
            weaknesses: weaknesses(&facts),
            validators,
            chain,
            facts,
        })
    }

    pub(super) fn zone(&self) -> &Name {
        &self.facts.zone
    }

    pub(super) fn criticality(&self) -> Criticality {
        let declared = self.declared.as_ref();
        declared.map_or(Criticality::Normal, |zone| zone.criticality)
    }

    /// What comes first: what lacks something, by how much hangs on it and how bad it is.
    pub(super) fn rank(&self) -> (bool, bool, State, &Name) {
        let is_critical = self.criticality() == Criticality::Critical;
        (
            self.lacks.is_empty(),
            !is_critical,
            self.chain.state,
            self.zone(),
        )
    }

    /// Whether it is known to be a zone: resolvers ask for the DS of host names too, and get the
    /// proof that there is none.
    pub(super) fn is_zone(&self) -> bool {
        let facts = &self.facts;
        let has_ds = facts.ds.iter().any(|set| !set.records.is_empty());
        let standing = &facts.standing;
        has_ds
            || !facts.keys.is_empty()
            || !facts.incidents.is_empty()
            || facts.presence.is_some()
            || !standing.servers.is_empty()
    }

    /// Whether its data is signed: nothing if that was not seen.
    pub(super) fn is_signed(&self) -> Option<bool> {
        let facts = &self.facts;
        let ds = facts.current_ds();
        // What passed since it is proven to have no DS counts, and is not verified.
        if let Some(none) = ds.filter(|set| set.records.is_empty()) {
            let seen = facts.standing.unverified;
            let seen = seen.filter(|(time, _)| *time >= none.first_seen);
            let signed = facts.presence.and_then(|presence| presence.signed);
            let is_signed = signed.is_some_and(|signed| signed >= none.first_seen);
            return seen
                .map(|(_, is_signed)| is_signed)
                .or(is_signed.then_some(true));
        }
        let fails_signed = |kind: &str| {
            matches!(
                kind,
                "signature_expired" | "signature_invalid" | "signature_not_yet_valid"
            )
        };
        let is_signed = !facts.standing.signed.is_empty()
            || !self.keys.is_empty()
            || facts.open_incidents().any(|open| fails_signed(&open.kind));
        is_signed.then_some(true)
    }

    /// Whether the DS chain holds up to the root: nothing if that was not seen.
    pub(super) fn is_intact(&self) -> Option<bool> {
        let mut links = self.chain.links.iter();
        if links.all(|link| link.state.holds()) {
            return Some(true);
        }
        let is_certain = |state| {
            matches!(
                state,
                LinkState::Broken | LinkState::Insecure | LinkState::Unsupported
            )
        };
        let mut links = self.chain.links.iter();
        links.any(|link| is_certain(link.state)).then_some(false)
    }

    /// Who validates it, by what was seen.
    pub(super) fn validated_by(&self) -> impl Iterator<Item = &Validator> {
        let validators = self.validators.iter();
        validators.filter(|one| one.authentic.is_some())
    }

    /// The keys that its servers show now and that its DS set does not name.
    pub(super) fn unverified_keys(&self) -> Option<&[String]> {
        let mut open = self.facts.open_incidents();
        let mismatch = open.find(|open| open.kind == "ds_mismatch")?;
        let shown = mismatch
            .change
            .as_ref()
            .map(|change| change.after.as_slice());
        shown.filter(|shown| !shown.is_empty())
    }

    /// What the portfolio says, made safe to show.
    pub(super) fn told(&self, of: impl Fn(&Zone) -> Option<&String>) -> Option<String> {
        let zone = self.declared.as_deref()?;
        of(zone).map(|text| plain(text))
    }

    pub(super) fn owner(&self) -> Option<String> {
        self.told(|zone| zone.owner.as_ref())
    }

    pub(super) fn runbook(&self) -> Option<String> {
        self.told(|zone| zone.runbook.as_ref())
    }
}

fn keys(facts: &Facts) -> Vec<Key> {
    let published = facts.current_keys().map(keys_of).unwrap_or_default();
    let records = facts.current_ds().map(ds_of).unwrap_or_default();
    let with_ds = named(&facts.zone, &records, &published);
    let signs_data = |key: &Dnskey| {
        let mut signers = facts.standing.signers.iter();
        signers.any(|signer| (signer.key_tag, signer.algorithm) == (key.key_tag, key.algorithm()))
    };
    let role = |key: &Dnskey| match (key.is_sep(), signs_data(key)) {
        (true, true) => "CSK",
        (true, false) => "KSK",
        (false, _) => "ZSK",
    };
    let mut keys: Vec<Key> = published
        .iter()
        .map(|key| Key {
            tag: key.key_tag,
            algorithm: key.algorithm(),
            role: role(key),
            has_ds: with_ds.contains(&key),
            is_revoked: key.is_revoked(),
        })
        .collect();
    keys.sort_by_key(|key| (key.role == "ZSK", key.tag, key.algorithm));
    keys
}

/// Signatures that run out after now. One that ran out unseen may have been made anew.
fn ends(facts: &Facts, now: Timestamp) -> Vec<End> {
    let ds = facts
        .current_ds()
        .map(|set| ("DS set (signed by the parent)".to_owned(), set.expiration));
    let keys = facts
        .current_keys()
        .map(|set| ("DNSKEY RRset".to_owned(), set.expiration));
    let data = facts.standing.signed.iter();
    let data = data.map(|set| (format!("{} {}", set.owner, set.rtype), set.expiration));
    let all = ds.into_iter().chain(keys).chain(data);
    let mut ends: Vec<End> = all
        .filter(|(_, time)| *time >= now)
        .map(|(about, time)| End { about, time })
        .collect();
    ends.sort_by(|one, other| (one.time, &one.about).cmp(&(other.time, &other.about)));
    ends
}

/// The resolvers that were seen, and those of the portfolio that should validate.
fn validators(facts: &Facts, portfolio: &Portfolio) -> Vec<Validator> {
    let of = |address: IpAddr, sight: Option<&Sight>| {
        let declared = portfolio.resolver(&address);
        Validator {
            address,
            title: declared.map_or_else(|| address.to_string(), |one| plain(&one.title())),
            is_expected: declared.is_some_and(|one| one.validates == Some(true)),
            authentic: sight.and_then(|sight| sight.authentic),
            passed_on: sight.and_then(|sight| sight.passed_on),
            asked_keys: sight.and_then(|sight| sight.asked_keys),
        }
    };
    let seen = &facts.standing.resolvers;
    let mut all: Vec<Validator> = seen
        .iter()
        .map(|sight| of(sight.address, Some(sight)))
        .collect();
    let is_new = |address: &IpAddr| !seen.iter().any(|sight| sight.address == *address);
    let missing = portfolio
        .resolvers()
        .filter(|one| one.validates == Some(true));
    all.extend(
        missing
            .filter(|one| is_new(&one.address))
            .map(|one| of(one.address, None)),
    );
    all.sort_by_key(|one| one.address);
    all
}
