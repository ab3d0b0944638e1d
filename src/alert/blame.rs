//! Whom failures are counted against.

use super::alert::Alert;
use super::answers::Answer;
use super::clock::Timing;
use super::diagnosis;
use super::incident::{Incident, Subject};
use super::incidents::Incidents;
use super::kind::Kind;
use super::notice::Notice;
use super::refusals;
use super::route::{self, ZoneStanding};
use super::severity::Cause;
use super::tally::failing;
use crate::chain::{Private, Verdict};
use crate::exchange::{Standing, Vantage};
use crate::message::{Name, Rtype};

/// Seconds for which the first failure of a link waits: the next one often tells the cause.
const LINK_HOLD: i64 = 1;

/// Failures of links that wait at most.
const HELD_LINKS: usize = 256;

impl Incidents {
    /// Looks at the refusals that waited: those for names that verify, in zones without
    /// trouble, blame the resolver.
    pub(super) fn refused(&mut self, is_end: bool, alerts: &mut Vec<Alert>) {
        while let Some(exchange) = self.refusals.next(self.now, is_end) {
            let Some(question) = &exchange.message.question else {
                continue;
            };
            let is_broken = question.name.ancestry().any(|zone| {
                let mut incidents = self.open.of(&Subject::Zone(zone));
                incidents.any(is_reason_to_refuse)
            });
            let zone = refusals::verified_in(&exchange, &self.evidence);
            let Some(zone) = zone.filter(|_| !is_broken) else {
                continue;
            };
            let resolver = Subject::Address(exchange.resolver());
            for exchange in self.refusals.wrong(&exchange, &zone) {
                let notice = Notice::Refusal { exchange };
                let kind = self.told_by(Kind::ResolverDisagrees, &resolver);
                self.open_or_count(kind, &resolver, alerts, |incident, _| {
                    incident.notice(&notice);
                });
            }
        }
    }

    /// A response that asks for more checks than it is worth.
    pub(super) fn noticed_budget(&mut self, verdict: &Verdict, alerts: &mut Vec<Alert>) {
        self.open_or_count(
            Kind::BudgetExceeded,
            &Subject::Sensor,
            alerts,
            |incident, _| {
                let name = failing(verdict).0;
                incident.tally.count(&verdict.exchange, &name);
                incident.show(verdict);
                incident.suspect = suspect(verdict);
            },
        );
    }

    /// A response that another than the zone gives, and is meant to.
    pub(super) fn noticed_private(
        &mut self,
        verdict: &Verdict,
        private: &Private,
        alerts: &mut Vec<Alert>,
    ) {
        let subject = match private {
            Private::Resolver => Subject::Address(verdict.exchange.resolver()),
            Private::Zone { zone, .. } => Subject::Zone(zone.clone()),
        };
        self.open_or_count(Kind::PrivateZone, &subject, alerts, |incident, _| {
            let name = failing(verdict).0;
            incident.tally.count(&verdict.exchange, &name);
            if let Private::Zone { server, .. } = private {
                incident.tally.servers.add(server);
            }
            incident.show(verdict);
        });
    }

    /// A response of an unsigned zone, where nothing but a contradiction shows a forgery.
    pub(super) fn spoofed(&mut self, verdict: &Verdict, alerts: &mut Vec<Alert>) {
        let exchange = &verdict.exchange;
        if exchange.vantage != Vantage::Upstream {
            return;
        }
        if exchange.standing == Standing::Matched {
            let message = &exchange.message;
            let answer = Answer::of(exchange);
            self.answers.keep(message.flow, message.header.id, answer);
        }
        if exchange.standing == Standing::Second && self.answers.is_contradicted_by(exchange) {
            let resolver = Subject::Address(exchange.resolver());
            self.count_failure(Kind::ResponseConflict, &resolver, verdict, alerts);
        }
    }

    /// A bogus response: whose fault is it?
    pub(super) fn failed(&mut self, verdict: &Verdict, alerts: &mut Vec<Alert>) {
        let name = failing(verdict).0;
        let zone = verdict.subject.zone.as_ref();
        if [zone, Some(&name)]
            .into_iter()
            .flatten()
            .any(|name| self.config.known_bogus.covers(name))
        {
            self.counts.known_bogus += 1;
            return;
        }
        if !verdict.fails_by_time_only || !verdict.exchange.standing.may_accuse() {
            self.accuse(verdict, alerts);
            return;
        }
        match self.clock.failed(verdict) {
            Timing::Zone => self.accuse(verdict, alerts),
            Timing::Held => {}
            Timing::Sensor(held) => {
                for verdict in held.iter().chain([verdict]) {
                    self.count_failure(Kind::ClockSkew, &Subject::Sensor, verdict, alerts);
                }
            }
        }
    }

    /// Counts a failure where it belongs.
    pub(super) fn accuse(&mut self, verdict: &Verdict, alerts: &mut Vec<Alert>) {
        let blamed = route::of_zone(verdict);
        if self.open.contains(&blamed, Kind::TrustAnchorStale) {
            // The sensor's own anchors are in doubt: that accuses nobody.
            self.count_failure(Kind::TrustAnchorStale, &blamed, verdict, alerts);
            return;
        }
        if self.paths.failed(verdict) {
            let resolver = Subject::Address(verdict.exchange.resolver());
            self.count_failure(Kind::ResolverDisagrees, &resolver, verdict, alerts);
            return;
        }
        let zone = self.standing(&blamed);
        let Some((kind, subject)) = route::route(verdict, zone) else {
            return;
        };
        let is_first = kind == Kind::DnskeyMissing && !self.open.contains(&subject, kind);
        if is_first && is_of_link(verdict) && self.links.len() < HELD_LINKS {
            self.links.push(verdict.clone());
        } else {
            self.count_failure(kind, &subject, verdict, alerts);
        }
    }

    /// Counts the failing links that have waited, or all of them, where they belong by now.
    pub(super) fn release_links(&mut self, is_end: bool, alerts: &mut Vec<Alert>) {
        while let Some(held) = self.links.front() {
            if !is_end && self.now.seconds_since(held.decided_at) < LINK_HOLD {
                break;
            }
            let Some(verdict) = self.links.pop() else {
                break;
            };
            let subject = route::of_zone(&verdict);
            self.count_failure(Kind::DnskeyMissing, &subject, &verdict, alerts);
        }
    }

    /// The kind of the open incident that tells of a trouble: its own, unless another of the
    /// same subject tells of the cause. One cause is one incident.
    pub(super) fn told_by(&self, kind: Kind, subject: &Subject) -> Kind {
        let causes: &[Kind] = if kind == Kind::DnskeyMissing {
            &[
                Kind::DsMismatch,
                Kind::DsReplaced,
                Kind::DsWithdrawn,
                Kind::TrustAnchorChanged,
            ]
        } else if kind == Kind::NsChanged {
            &[Kind::DsReplaced, Kind::DsWithdrawn]
        } else if kind == Kind::ResolverDisagrees {
            &[Kind::TrustAnchorStale]
        } else {
            &[]
        };
        let is_cause = |known: &Kind| causes.contains(known);
        let mut causes = self.open.of(subject).filter(|incident| {
            let is_breakage = matches!(incident.kind, Kind::DsMismatch | Kind::TrustAnchorChanged);
            let is_failing = incident.stale.as_ref().is_some_and(|stale| stale.fails);
            is_cause(&incident.kind) && (is_breakage || is_failing || incident.is_attack())
        });
        let is_open = self.open.contains(subject, kind);
        let cause = causes.find(|_| !is_open).map(|incident| incident.kind);
        cause.unwrap_or(kind)
    }

    fn count_failure(
        &mut self,
        kind: Kind,
        subject: &Subject,
        verdict: &Verdict,
        alerts: &mut Vec<Alert>,
    ) {
        if kind == Kind::ResolverNotValidating && self.may_skip_validation(subject) {
            return;
        }
        let is_lossless = !self.losses.cast_doubt(verdict.exchange.message.time);
        let kind = self.told_by(kind, subject);
        self.open_or_count(kind, subject, alerts, |incident, seen| {
            incident.tally.fail(verdict, is_lossless);
            for sighting in seen {
                incident.tally.verify(sighting);
            }
            incident.show(verdict);
        });
    }

    /// Whether the portfolio says that a resolver is not to validate.
    fn may_skip_validation(&self, subject: &Subject) -> bool {
        let Subject::Address(address) = subject else {
            return false;
        };
        let known = self.config.portfolio.resolver(address);
        known.is_some_and(|known| known.validates == Some(false))
    }

    /// What is known of a zone when one of its responses fails.
    fn standing(&self, zone: &Subject) -> ZoneStanding {
        let mut standing = ZoneStanding::default();
        for held in self
            .links
            .iter()
            .filter(|held| route::of_zone(held) == *zone)
        {
            standing.is_bogus_upstream |= held.exchange.vantage == Vantage::Upstream;
            standing.is_broken = true;
        }
        for incident in self.open.of(zone) {
            if diagnosis::is_failure(incident.kind) {
                let is_attack = incident.is_attack();
                standing.is_bogus_upstream |= incident.tally.has_upstream;
                standing.is_broken |= !is_attack;
            }
        }
        standing
    }
}

/// Whether an incident of a zone gives resolvers reason to refuse what is below it. After a hijack
/// caches hold what belongs to either side.
fn is_reason_to_refuse(incident: &Incident) -> bool {
    let kind = incident.kind;
    let is_of_keys = matches!(
        kind,
        Kind::PrematureStep
            | Kind::TrustAnchorChanged
            | Kind::TrustAnchorStale
            | Kind::ZoneUnreachable
    );
    let is_hijack = incident.diagnosis.cause == Cause::RegistrarHijack;
    diagnosis::ends_by_verifying(kind) || is_of_keys || is_hijack
}

/// Whether a verdict is about the link into a zone, not about the zone's data.
fn is_of_link(verdict: &Verdict) -> bool {
    let rrset = verdict.subject.rrset.as_ref();
    verdict.is_broken_link || rrset.is_some_and(|(_, rtype)| *rtype == Rtype::DNSKEY)
}

/// The zone whose signatures ask for so much work.
fn suspect(verdict: &Verdict) -> Option<Name> {
    let mut sets = verdict.exchange.message.rrsets();
    let signer = || {
        let signature = sets.find_map(|set| set.signatures.first())?;
        Some(signature.signer.clone())
    };
    verdict.subject.zone.clone().or_else(signer)
}
