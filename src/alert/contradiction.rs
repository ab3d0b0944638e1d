//! What is told of a denial that contradicts its zone's data: in which words, what to do.

use super::alert::{Alert, Resolution, Step};
use super::diagnosis::Diagnosis;
use super::incident::Subject;
use super::incidents::Incidents;
use super::kind::Kind;
use super::notice::Notice;
use super::prose::brief;
use super::severity::{Cause, Confidence, Scope};
use super::tally::Tally;
use crate::chain::{Contradiction, Denied};
use std::borrow::Cow;

/// The diagnosis: both sides carry the zone's own signatures, so it is the signer.
pub(super) fn diagnosis(tally: &Tally) -> Diagnosis {
    let table = [
        (true, "key_authenticated"),
        (tally.has_whole, "rrset_complete"),
        (true, "query_seen"),
        (tally.count > 1, "seen_twice"),
        (tally.rrsets.total() > 1, "several_rrsets"),
        (tally.servers.total() > 1, "several_servers"),
        (tally.resolvers.total() > 1, "several_resolvers"),
    ];
    let reasons = table
        .iter()
        .filter_map(|(holds, reason)| holds.then_some(Cow::Borrowed(*reason)));
    Diagnosis {
        cause: Cause::SigningOutage,
        severity: Kind::DenialContradiction.base_severity(),
        confidence: Confidence::High,
        reasons: reasons.collect(),
        scope: if tally.rrsets.total() == 1 {
            Scope::Rrset
        } else {
            Scope::Zone
        },
    }
}

/// The sentence for 3 a.m.
pub(super) fn sentence(found: &Contradiction) -> String {
    let about = &found.about;
    let (zone, denial) = (brief(&about.zone), brief(&about.denial));
    let (server, rtype) = (found.exchange.server(), about.rtype);
    let source = brief(&about.source);
    if found.is_over {
        return format!(
            "The signed denials of {zone} at {server} no longer contradict its signed {source} {rtype}."
        );
    }
    let what = match about.denied {
        Denied::Name => format!("that the name {source} does not exist"),
        Denied::Type => format!("that there is no {rtype} at {source}"),
    };
    let given = if about.name == about.source {
        format!("gives {source} {rtype}")
    } else {
        format!("gives {} {rtype} out of {source}", brief(&about.name))
    };
    format!(
        "The signed {} of {denial} says {what}, while the same server {server} {given}, signed too: \
         each verifies, and resolvers that use denials aggressively (RFC 8198) deny the data to \
         their clients once they hold that record. The signer of {zone} is at fault, no sign of an \
         attack.",
        about.denial_type
    )
}

/// What to do about it, the lowest risk first.
pub(super) fn steps(found: &Contradiction, signer: &str) -> Vec<Step> {
    let about = &found.about;
    let (zone, source) = (brief(&about.zone), brief(&about.source));
    let denial = brief(&about.denial);
    let step = |action: String, undo: Option<&str>| Step {
        action,
        command: None,
        undo: undo.map(str::to_owned),
    };
    vec![
        step(
            format!(
                "Ask every server of {zone} for {source} {} and for a type that is not there, with \
                 DO set, and compare the {} of {denial}",
                about.rtype, about.denial_type
            ),
            None,
        ),
        step(
            format!(
                "Tell the operator of {zone}{signer}: the {} of {denial} denies what the zone has; sign the \
                 whole zone anew, and take no DS away meanwhile: caches hold it",
                about.denial_type
            ),
            None,
        ),
        step(
            format!(
                "If users must reach names under {zone} before that, switch aggressive use of \
                 denials off and flush {zone}: unbound aggressive-nsec: no; BIND \
                 synth-from-dnssec no; PowerDNS Recursor aggressive-nsec-cache-size=0"
            ),
            Some("switch it on again once the zone is signed anew"),
        ),
    ]
}

impl Incidents {
    /// Takes a contradiction, or ends its incident.
    pub(super) fn contradicted(&mut self, found: &Contradiction, alerts: &mut Vec<Alert>) {
        let (kind, zone) = (Kind::DenialContradiction, &found.about.zone);
        if self.config.known_bogus.covers(zone) {
            self.counts.known_bogus += 1;
            return;
        }
        let subject = Subject::Zone(zone.clone());
        let notice = Notice::Contradiction(Box::new(found.clone()));
        if !found.is_over {
            self.open_or_count(kind, &subject, alerts, |incident, _| {
                incident.notice(&notice);
            });
            return;
        }
        let kinds = self.open.of_mut(&subject);
        let Some(mut incident) = kinds.and_then(|kinds| kinds.remove(&kind)) else {
            return;
        };
        incident.notice(&notice);
        self.close(incident, zone, Resolution::Verified, alerts);
    }
}
