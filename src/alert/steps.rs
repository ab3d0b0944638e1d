//! What to do next, in order of risk.

use super::alert::Step;
use super::anchors;
use super::commands::{self, Contacts};
use super::contradiction;
use super::incident::{Incident, Subject};
use super::kind::{Kind, Topic};
use super::outages;
use super::prose::{brief, rrset};
use super::severity::{Cause, Scope};
use super::tally::Tally;
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::watch::ChangeKind;
use std::net::IpAddr;

pub(super) fn step(action: String, undo: Option<&str>) -> Step {
    Step {
        action,
        command: None,
        undo: undo.map(str::to_owned),
    }
}

/// Steps in order of risk, lowest first.
pub(super) fn next_steps(incident: &Incident, portfolio: &Portfolio) -> Vec<Step> {
    let zone = incident.zone().map_or_else(|| "the zone".to_owned(), brief);
    if let Some(stale) = &incident.stale {
        return anchors::stale_steps(stale);
    }
    if let Some(found) = &incident.contradiction {
        return contradiction::steps(found);
    }
    match incident.kind.topic() {
        Topic::Validation => failure_steps(incident, &zone, portfolio),
        Topic::Change => change_steps(incident, &zone, portfolio),
        Topic::Reachability => outages::steps(incident, &zone, portfolio),
        Topic::Resolver | Topic::Sensor => trouble_steps(incident, portfolio),
    }
}

/// No key of an anchored zone is one that the anchors name.
fn anchor_steps(zone: &str) -> Vec<Step> {
    let compare = format!(
        "Compare the keys of {zone} in this capture with the sensor's trust anchors; where the \
         network has a root of its own, give them with --trust-anchor"
    );
    let ask = format!("Ask a resolver on another path for the DNSKEY RRset of {zone}");
    vec![step(compare, None), step(ask, None)]
}

/// Has a resolver forget what failed.
fn flush_step(incident: &Incident, zone: &str, portfolio: &Portfolio) -> Step {
    let Tally {
        names, resolvers, ..
    } = &incident.tally;
    let (name, address) = (names.first(), resolvers.first());
    let text = name.map_or_else(|| zone.to_owned(), brief);
    let resolver = resolver(portfolio, address);
    Step {
        command: name.and_then(|name| commands::flush(portfolio, address, name)),
        ..step(
            format!("Flush {text} from resolver {resolver} and watch for a second bad answer"),
            None,
        )
    }
}

fn failure_steps(incident: &Incident, zone: &str, portfolio: &Portfolio) -> Vec<Step> {
    let tally = &incident.tally;
    let contacts = Contacts::of(portfolio, incident.zone());
    let owner = &contacts.owner;
    let server = address(tally.servers.first(), "the server");
    let first = tally.resolvers.first();
    let name = tally.names.first().map_or_else(|| zone.to_owned(), brief);
    let about = tally.rrsets.first().map_or(name, rrset);
    let ask = step(
        format!("Ask every server of {zone} for {about} with DO set and compare the answers"),
        None,
    );
    let flush = flush_step(incident, zone, portfolio);
    if tally.is_unanchored {
        return anchor_steps(zone);
    }
    let what = match incident.diagnosis.cause {
        Cause::Tampering | Cause::Downgrade => return path_steps(zone, &server, flush),
        Cause::RegistrarHijack => return hijack_steps(zone, &contacts),
        Cause::Spoofing | Cause::ResolverFault | Cause::SensorClock | Cause::Unknown => {
            let hold = "Hold it for an attack until another server gives the same bad answer";
            return vec![ask, flush, step(hold.to_owned(), None)];
        }
        _ if incident.diagnosis.scope == Scope::Server => {
            let what = "serves data that does not verify, others are in order";
            let tell = format!("Tell the operator of {zone}{owner}: its server {server} {what}");
            return vec![ask, step(tell, None)];
        }
        Cause::ExpiredSignatures => {
            "its signatures are out of time; sign again, and see why the signer stopped"
        }
        Cause::RolloverError => {
            "bring back the keys that caches still hold, then go on by RFC 7583"
        }
        Cause::DsMismatch => {
            "put the old keys back, or have the parent publish a DS for the new ones"
        }
        Cause::SigningOutage => "its signer does not sign as it should; sign the whole zone again",
    };
    vec![
        ask,
        step(format!("Tell the operator of {zone}{owner}: {what}"), None),
        Step {
            command: incident
                .zone()
                .and_then(|zone| commands::except(portfolio, first, zone)),
            ..step(
                format!(
                    "If users must reach {zone} before that, set a negative anchor for it, once its operator confirms the mistake"
                ),
                Some("take the negative anchor away as soon as the zone verifies"),
            )
        },
    ]
}

fn path_steps(zone: &str, server: &str, flush: Step) -> Vec<Step> {
    vec![
        step(
            format!("Compare the path to {server} with the path to another server of {zone}"),
            None,
        ),
        flush,
        step(
            format!(
                "Keep the capture; look for boxes and routes on the path to {server} that changed"
            ),
            None,
        ),
        step(
            format!("Take {server} out of use at the resolver until the path is cleared"),
            Some("let the resolver use it again"),
        ),
    ]
}

fn address(address: Option<&IpAddr>, else_word: &str) -> String {
    address.map_or_else(|| else_word.to_owned(), ToString::to_string)
}

/// The resolver in a sentence.
fn resolver(portfolio: &Portfolio, address: Option<&IpAddr>) -> String {
    address.map_or_else(
        || "the resolver".to_owned(),
        |address| commands::called(portfolio, address),
    )
}

fn hijack_steps(zone: &str, contacts: &Contacts) -> Vec<Step> {
    let Contacts {
        owner, publisher, ..
    } = contacts;
    vec![
        step(
            format!(
                "Ask the registrant of {zone}{owner}, by a known telephone number, whether the change is theirs"
            ),
            None,
        ),
        step(
            "Keep the capture, and see which certificates were issued for the zone lately"
                .to_owned(),
            None,
        ),
        step(
            format!(
                "If it is not theirs: have registrar{publisher} and registry lock {zone} and restore the last known-good DS and NS sets"
            ),
            Some("unlock when the registrant's account is secured"),
        ),
        step(
            format!("Until then, have the resolvers answer SERVFAIL for {zone}"),
            Some("take the block away and flush the zone"),
        ),
    ]
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds take the general steps"
)]
fn change_steps(incident: &Incident, zone: &str, portfolio: &Portfolio) -> Vec<Step> {
    let contacts = Contacts::of(portfolio, incident.zone());
    let Contacts {
        signer, publisher, ..
    } = &contacts;
    if incident.diagnosis.cause == Cause::RegistrarHijack {
        return hijack_steps(zone, &contacts);
    }
    let ask = step(
        format!("Ask who holds the keys of {zone}{signer} whether the change is theirs"),
        None,
    );
    match incident.kind {
        Kind::DsMismatch => vec![
            step(
                format!(
                    "Compare the DS set of {zone} at its parent with the DNSKEY RRset of each of its servers"
                ),
                None,
            ),
            step(
                "Put the keys back that the DS set names; caches still vouch for them".to_owned(),
                Some("go on with the rollover once the new DS is published"),
            ),
            step(
                "Or have the parent publish a DS for the new keys, and wait for the old one's TTL"
                    .to_owned(),
                Some("publish the old DS again"),
            ),
        ],
        Kind::PrematureStep if is_about_providers(incident) => provider_steps(zone),
        Kind::PrematureStep => vec![ask, undo_step(incident, zone)],
        Kind::TrustAnchorChanged => {
            anchors::changed_steps(incident.zone().unwrap_or(&Name::root()))
        }
        Kind::SignatureExpiring => signer_steps(zone),
        Kind::DsWithdrawn => vec![
            ask,
            step(
                format!(
                    "If it is not: have the parent{publisher} publish the last known-good DS set of {zone} again"
                ),
                Some("withdraw it again"),
            ),
        ],
        _ => vec![
            ask,
            step(
                "If it is, declare it in the portfolio".to_owned(),
                Some("take the declaration out"),
            ),
            step(
                format!(
                    "If it is not: restore the last known-good sets of {zone} at the parent{publisher}"
                ),
                Some("put the new sets back"),
            ),
        ],
    }
}

fn is_about_providers(incident: &Incident) -> bool {
    let change = incident.change.as_ref();
    change.is_some_and(|change| change.kind == ChangeKind::DnskeyIncomplete)
}

/// Servers that do not show each other's keys.
fn provider_steps(zone: &str) -> Vec<Step> {
    vec![
        step(
            format!("Compare the DNSKEY RRset and the SOA serial of each server of {zone}"),
            None,
        ),
        step(
            format!("Where a server of {zone} has an old serial, mend its zone transfer"),
            None,
        ),
        step(
            "Where its providers sign apart, import the missing ZSK into the DNSKEY RRset that lacks it (RFC 8901)"
                .to_owned(),
            Some("take the key out once nothing is signed with it any more"),
        ),
    ]
}

/// Signatures that are about to run out.
fn signer_steps(zone: &str) -> Vec<Step> {
    vec![
        step(
            format!(
                "Ask another server of {zone} for the same RRset: newer signatures there mean that a zone transfer fails"
            ),
            None,
        ),
        step(
            format!("Tell the operator of {zone} to see that the signer runs and reaches its keys"),
            None,
        ),
        step(
            format!(
                "Have {zone} signed anew before the moment that `breaks_at` names; until then it verifies"
            ),
            None,
        ),
    ]
}

/// The way back from a step that came too early, before or after it broke something.
fn undo_step(incident: &Incident, zone: &str) -> Step {
    let action = if is_broken(incident) {
        "Put the old keys, signatures or DS back until the moment that `caches_hold_until` names"
            .to_owned()
    } else {
        format!(
            "Have the step taken back before the moment that `breaks_at` names: {zone} still verifies"
        )
    };
    let undo = "take the step again when caches have let the old set go";
    step(action, Some(undo))
}

/// Whether resolvers fail already by a change.
fn is_broken(incident: &Incident) -> bool {
    let change = incident.change.as_ref();
    change.is_some_and(|change| {
        change
            .breaks_at
            .is_some_and(|at| at <= change.exchange.message.time)
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds take the general steps"
)]
fn trouble_steps(incident: &Incident, portfolio: &Portfolio) -> Vec<Step> {
    let resolver = resolver(portfolio, incident.tally.resolvers.first());
    let steps: &[(String, Option<&str>)] = &match incident.kind {
        Kind::ResolverNotValidating => [
            (format!("See whether {resolver} validates at all, and which negative anchors it has"), None),
            (format!("Switch validation on at {resolver}"), Some("switch it off again")),
        ],
        Kind::ResolverDisagrees => [
            (format!("Compare the clock and the trust anchors of {resolver} with the sensor's"), None),
            (format!("Flush the names from the cache of {resolver}"), None),
        ],
        Kind::ResponseUnsolicited | Kind::ResponseConflict => [
            ("Compare the responses in the capture: TTL, identifiers and arrival tell which is forged".to_owned(), None),
            (format!("See that {resolver} uses random ports, mixed case and cookies"), None),
        ],
        Kind::ClockSkew => [
            ("Compare the sensor's clock, or the capture's, with a time server".to_owned(), None),
            ("Set the clock; verdicts since it went wrong are worth nothing".to_owned(), None),
        ],
        Kind::CaptureLoss => [
            ("Compare the loss counters of kernel, interface and queues".to_owned(), None),
            ("Give the capture a larger buffer, or a narrower filter".to_owned(), Some("set the old values again")),
        ],
        Kind::PrivateZone => match &incident.subject {
            Subject::Zone(zone) => [
                (format!("See whether {resolver} is meant to ask {} about {zone}", address(incident.tally.servers.first(), "that server")), None),
                (format!("If it is, start sigtap with --negative-anchor {zone}"), Some("leave the option out again")),
            ],
            Subject::Address(_) | Subject::Sensor => [
                (format!("See that {resolver} has a response policy, local data or DNS64 that says so"), None),
                ("If it is not meant, take it out there".to_owned(), Some("put it back")),
            ],
        },
        _ => [
            ("Look at the messages in the capture".to_owned(), None),
            ("See what else their sender sent".to_owned(), None),
        ],
    };
    steps
        .iter()
        .map(|(action, undo)| step(action.clone(), *undo))
        .collect()
}
