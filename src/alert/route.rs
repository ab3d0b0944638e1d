//! Whose incident a bogus response is.

use super::incident::Subject;
use super::kind::Kind;
use super::tally::{accuses_anchored, failing, is_tolerable};
use crate::chain::Verdict;
use crate::exchange::{Standing, Vantage};

/// What is known of the zone when one of its responses fails.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ZoneStanding {
    /// Its own servers hand out bogus data.
    pub(super) is_bogus_upstream: bool,
    /// It fails, and not by an attack.
    pub(super) is_broken: bool,
}

/// The incident that a bogus response belongs to; nothing if it is only to be counted.
pub(super) fn route(verdict: &Verdict, zone: ZoneStanding) -> Option<(Kind, Subject)> {
    let kind = verdict.reason.and_then(Kind::of_reason)?;
    let resolver = Subject::Address(verdict.exchange.resolver());
    let spoofed = |spoof| (!zone.is_broken).then_some((spoof, resolver.clone()));
    match (verdict.exchange.standing, verdict.exchange.vantage) {
        // Anybody could have sent it. If the zone fails anyway, it is one more of the same.
        (Standing::Unmatched, _) => spoofed(Kind::ResponseUnsolicited),
        (Standing::Second, _) => spoofed(Kind::ResponseConflict),
        (Standing::Matched | Standing::QueriesUnseen, Vantage::Upstream) => {
            Some((kind, of_zone(verdict)))
        }
        (Standing::Matched | Standing::QueriesUnseen, Vantage::Downstream) => {
            downstream(verdict, kind, zone)
        }
    }
}

/// What a resolver handed to its client.
fn downstream(verdict: &Verdict, kind: Kind, zone: ZoneStanding) -> Option<(Kind, Subject)> {
    let exchange = &verdict.exchange;
    let resolver = Subject::Address(exchange.resolver());
    // Absence and age may be the resolver's doing: an old cache, a rewrite, a local zone.
    let is_resolvers = matches!(
        kind,
        Kind::SignatureMissing
            | Kind::DenialMissing
            | Kind::SignatureExpired
            | Kind::SignatureNotYetValid
            | Kind::DnskeyMissing
            | Kind::NoZoneKey
    );
    let is_by_time = matches!(kind, Kind::SignatureExpired | Kind::SignatureNotYetValid);
    if is_by_time && is_tolerable(verdict) {
        return None;
    }
    if accuses_anchored(verdict) {
        return Some((kind, of_zone(verdict)));
    }
    if exchange.checking_disabled() {
        // The client asked for data unchecked: that accuses no resolver.
        return (!is_resolvers).then(|| (kind, of_zone(verdict)));
    }
    if zone.is_bogus_upstream {
        let claims_authentic = exchange.message.header.is_authentic();
        let blame = if claims_authentic {
            Kind::ResolverDisagrees
        } else {
            Kind::ResolverNotValidating
        };
        return Some((blame, resolver));
    }
    if is_resolvers {
        Some((Kind::ResolverDisagrees, resolver))
    } else {
        Some((kind, of_zone(verdict)))
    }
}

/// The zone that a verdict accuses.
pub(super) fn of_zone(verdict: &Verdict) -> Subject {
    let zone = verdict.subject.zone.clone();
    Subject::Zone(zone.unwrap_or_else(|| failing(verdict).0))
}
