//! Whether a zone has recovered.

use super::asked::Answers;
use super::fare::{Fare, Role, Stand};
use crate::message::Name;
use crate::portfolio::{Expected, Portfolio};
use crate::report::chain::{Chain, LinkState, is_failure};
use crate::report::facts::Facts;
use crate::report::words::moment;
use crate::time::{Timestamp, Ttl};

/// How long caches are taken to hold what no TTL was seen of.
const UNSEEN_TTL: Ttl = Ttl::new(3600);

/// Incidents less severe than this are for the record (`severity_id`).
const MEDIUM: u64 = 3;

/// What was found of a zone.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) zone: Name,
    /// What was seen since then counts.
    pub(super) since: Timestamp,
    /// Why since then, in words.
    pub(super) why_since: String,
    /// For how long it must be in order.
    pub(super) ttl: Ttl,
    /// Where it was seen, or must have been.
    pub(super) fares: Vec<(Fare, Stand)>,
    /// What speaks against it whatever the answers are.
    pub(super) objections: Vec<String>,
}

impl Outcome {
    /// Whether it was in order for one TTL wherever it was seen, somewhere at least, and nothing
    /// else speaks against it.
    pub(super) fn has_recovered(&self) -> bool {
        let is_in_order = |(fare, stand): &(Fare, Stand)| match stand {
            Stand::Recovered { .. } => true,
            Stand::Good { .. } | Stand::Bad { .. } => false,
            // Who was last seen in trouble, or must be seen, is not well for being silent.
            Stand::NotSeen => !fare.is_needed && fare.good >= fare.bad.as_ref().map(|bad| bad.0),
        };
        let is_seen = |(_, stand): &(Fare, Stand)| matches!(stand, Stand::Recovered { .. });
        self.objections.is_empty()
            && self.fares.iter().any(is_seen)
            && self.fares.iter().all(is_in_order)
    }
}

/// What was found of a zone by traffic and by asking.
pub(super) fn outcome(
    zone: &Name,
    seen: Option<&(Facts, Chain)>,
    asked: Option<&Answers>,
    (since, now): (Option<Timestamp>, Timestamp),
    portfolio: &Portfolio,
) -> Outcome {
    let facts = seen.map(|(facts, _)| facts);
    let began = facts.and_then(|facts| {
        facts
            .incidents
            .iter()
            .map(|one| (one.began, &one.kind))
            .max()
    });
    let (since, why_since) = match (since, began) {
        (Some(since), _) => (since, "as asked".to_owned()),
        (None, Some((began, kind))) => (began, format!("when its last incident began: {kind}")),
        (None, None) => (
            Timestamp::default(),
            "no incident of it is known".to_owned(),
        ),
    };
    let mut fares = fares(facts, portfolio);
    if let Some(answers) = asked {
        answers.add_to(&mut fares, portfolio);
    }
    let in_asked = asked.map(|asked| &asked.facts);
    let ttl = ttl(facts).max(ttl(in_asked)).unwrap_or(UNSEEN_TTL);
    let mut objections = Vec::new();
    if let Some((facts, chain)) = seen {
        objections.extend(still_open(facts));
        objections.extend(above(zone, chain, portfolio));
    }
    if let Some(answers) = asked {
        objections.extend(above(zone, &answers.chain, portfolio));
    }
    objections.sort();
    objections.dedup();
    fares.sort_by_key(|fare| (fare.role, fare.address));
    let stands = fares.into_iter().map(|fare| {
        let stand = fare.stand(since, ttl, now);
        (fare, stand)
    });
    Outcome {
        zone: zone.clone(),
        since,
        why_since,
        ttl,
        fares: stands.collect(),
        objections,
    }
}

fn fares(facts: Option<&Facts>, portfolio: &Portfolio) -> Vec<Fare> {
    let standing = facts.map(|facts| &facts.standing);
    let servers = standing.into_iter().flat_map(|standing| &standing.servers);
    let resolvers = standing
        .into_iter()
        .flat_map(|standing| &standing.resolvers);
    // Who only asked for keys tells nothing of what clients got.
    let resolvers = resolvers.filter(|sight| sight.good.is_some() || sight.bad.is_some());
    let mut fares: Vec<Fare> = servers
        .map(|sight| Fare::of(Role::Server, sight, portfolio))
        .chain(resolvers.map(|sight| Fare::of(Role::Resolver, sight, portfolio)))
        .collect();
    for declared in portfolio
        .resolvers()
        .filter(|one| one.validates == Some(true))
    {
        let is_it = |fare: &Fare| fare.role == Role::Resolver && fare.address == declared.address;
        if !fares.iter().any(is_it) {
            fares.push(Fare::new(Role::Resolver, declared.address, portfolio));
        }
    }
    fares
}

/// The longest TTL of what caches hold of the zone, and of its DS set if that changed.
fn ttl(facts: Option<&Facts>) -> Option<Ttl> {
    let facts = facts?;
    let keys = facts.current_keys().map(|set| set.ttl);
    let data = facts.standing.signed.iter().map(|set| set.ttl).max();
    let has_changed = facts.ds.len() > 1;
    let ds = facts
        .ds
        .iter()
        .filter(|_| has_changed)
        .map(|set| set.ttl)
        .max();
    keys.max(data).max(ds)
}

/// Changes that nobody explained: answers that verify say nothing against a hijack.
fn still_open(facts: &Facts) -> Vec<String> {
    let open = facts.open_incidents();
    let open = open.filter(|open| open.severity >= MEDIUM && !is_failure(&open.kind));
    let open = open.map(|open| {
        format!(
            "{} is open since {}: {}",
            open.kind,
            moment(open.began),
            open.summary
        )
    });
    let unsettled = facts.pending.iter().filter(|change| !change.is_expected);
    let unsettled =
        unsettled.map(|change| format!("a change that nothing explains so far: {}", change.why));
    open.chain(unsettled).collect()
}

/// What fails above the zone, or that it has no DS where it should.
fn above(zone: &Name, chain: &Chain, portfolio: &Portfolio) -> Vec<String> {
    let links = chain.links.iter().filter(|link| link.zone != *zone);
    let broken = links.filter_map(|link| {
        let broken = Some(&link.words).filter(|_| link.state == LinkState::Broken);
        let words = broken.or(link.fails.as_ref());
        Some(format!("at {}: {}", link.zone, words?))
    });
    let expects_secure = portfolio
        .zone(zone)
        .is_some_and(|zone| zone.expect == Some(Expected::Secure));
    let own = chain.links.iter().filter(|link| link.zone == *zone);
    let unsigned = own.filter(|link| expects_secure && link.state == LinkState::Insecure);
    let unsigned = unsigned.map(|link| format!("expected to be secure, and it is {}", link.words));
    broken.chain(unsigned).collect()
}
