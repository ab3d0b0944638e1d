//! What to do next about a change.

use super::alert::Step;
use super::anchors;
use super::commands::{self, Contacts};
use super::evidence::ZoneEvidence;
use super::incident::Incident;
use super::kind::Kind;
use super::negative;
use super::severity::Cause;
use super::steps::{Scene, question, step};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use crate::watch::ChangeKind;

/// Keys that a step names at most.
const KEYS: usize = 4;

/// Steps in order of risk, lowest first.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds take the general steps"
)]
pub(super) fn steps(scene: &Scene<'_>) -> Vec<Step> {
    let incident = scene.incident;
    if incident.diagnosis.cause == Cause::RegistrarHijack {
        return hijack(scene);
    }
    match incident.kind {
        Kind::DsMismatch => mismatch(scene),
        Kind::PrematureStep if is_about_providers(incident) => providers(scene),
        Kind::PrematureStep => premature(scene),
        Kind::TrustAnchorChanged => {
            let until = incident
                .change
                .as_ref()
                .and_then(|change| change.caches_hold_until);
            anchors::changed_steps(incident.zone().unwrap_or(&Name::root()), until)
        }
        Kind::SignatureExpiring => signer(scene),
        Kind::DsWithdrawn => withdrawn(scene),
        Kind::ZoneSigned => signed(scene),
        _ => changed(scene),
    }
}

/// Who holds the zone.
fn ask(scene: &Scene<'_>) -> Step {
    let (zone, signer) = (&scene.zone, &scene.contacts.signer);
    step(
        format!("Ask who holds the keys of {zone}{signer} whether the change is theirs"),
        None,
    )
}

fn declare() -> Step {
    step(
        "If it is, declare it in the portfolio, with the window around the moment it happened"
            .to_owned(),
        Some("take the declaration out"),
    )
}

/// What is known to be good.
fn known_good(scene: &Scene<'_>) -> String {
    let zone = &scene.zone;
    let before = scene.evidence.and_then(ZoneEvidence::hijacked_at);
    let before = before.map_or_else(String::new, |at| format!(" as of before {at}"));
    format!("the last known-good DS set of {zone} (sigtap restore prints it{before})")
}

pub(super) fn hijack(scene: &Scene<'_>) -> Vec<Step> {
    let zone = &scene.zone;
    let Contacts {
        owner, publisher, ..
    } = &scene.contacts;
    let block = scene.software.zip(scene.incident.zone());
    let block = block.and_then(|(software, zone)| commands::refuse(software, zone));
    let (command, undo) = block.unzip();
    let undo = undo.unwrap_or_else(|| "take the block away and flush the zone".to_owned());
    vec![
        step(
            format!(
                "Ask the registrant of {zone}{owner}, by a known telephone number, whether the change is theirs"
            ),
            None,
        ),
        step(
            "Keep the capture, and see in certificate transparency logs which certificates were issued for the zone lately"
                .to_owned(),
            None,
        ),
        step(
            format!(
                "If it is not theirs: have registrar{publisher} and registry lock {zone}, and restore the NS set and {}",
                known_good(scene)
            ),
            Some("unlock when the registrant's account is secured"),
        ),
        Step {
            command,
            ..step(
                format!(
                    "Until then, have your resolvers refuse {zone}; set no negative anchor: the data verifies, it is not theirs"
                ),
                Some(&undo),
            )
        },
    ]
}

/// The tags of DS records in a sentence.
fn tags(records: &[String]) -> String {
    let mut tags: Vec<&str> = records
        .iter()
        .filter_map(|record| record.split(' ').next())
        .collect();
    tags.dedup();
    let first = tags.iter().take(KEYS).copied().collect::<Vec<_>>();
    let first = first.join(" and ");
    if first.is_empty() {
        return "no key".to_owned();
    }
    format!("key {first}")
}

fn mismatch(scene: &Scene<'_>) -> Vec<Step> {
    let Scene { incident, zone, .. } = scene;
    let Contacts {
        owner,
        signer,
        publisher,
    } = &scene.contacts;
    let before = incident.change.as_ref().map(|change| tags(&change.before));
    let named = before.unwrap_or_else(|| "the keys".to_owned());
    let asked = scene.server().zip(incident.zone());
    let how = asked.and_then(|(server, zone)| question(server, zone, Rtype::DNSKEY));
    let how = how.map_or_else(String::new, |how| format!(": {how}"));
    let mut steps = vec![step(
        format!(
            "Compare the DS set of {zone} at its parent ({named}) with the DNSKEY RRset of each of its servers{how}"
        ),
        None,
    )];
    if negative::is_doubtful(incident, scene.evidence) {
        let text = format!(
            "Ask the owner of {zone}{owner}, by a known telephone number, whether DS set and servers are theirs: until they say so, hold it for an attack and set no negative anchor"
        );
        steps.push(step(text, None));
    }
    let is_new = scene.evidence.is_some_and(ZoneEvidence::is_new);
    let has_keys = incident
        .change
        .as_ref()
        .is_some_and(|change| !change.after.is_empty());
    if is_new {
        steps.push(step(
            format!(
                "Have the parent{publisher} take the DS out again: {zone} was unsigned until then, and has never verified under it"
            ),
            Some("publish a DS again once each server gives the keys that it names"),
        ));
        steps.push(step(
            format!("Or, if it has {named}, have the signer{signer} publish that and sign with it"),
            Some("take the DS out first, the key after its TTL"),
        ));
    } else {
        steps.push(step(
            format!(
                "Have the signer{signer} put {named} back and sign with it: caches still vouch for it, so that this mends at once"
            ),
            Some("go on with the rollover once the new DS is published"),
        ));
        steps.extend(has_keys.then(|| step(
            format!(
                "Or have the parent{publisher} publish a DS for the new keys beside the old one; resolvers follow when the old DS set has left their caches"
            ),
            Some("take the new DS out again"),
        )));
    }
    steps.push(scene.flush_zone("Once DS set and keys fit, flush"));
    steps.extend(scene.except());
    steps
}

fn is_about_providers(incident: &Incident) -> bool {
    let change = incident.change.as_ref();
    change.is_some_and(|change| change.kind == ChangeKind::DnskeyIncomplete)
}

/// Servers that do not show each other's keys.
fn providers(scene: &Scene<'_>) -> Vec<Step> {
    let (zone, signer) = (&scene.zone, &scene.contacts.signer);
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
            format!(
                "Where its providers{signer} sign apart, import the missing ZSK into the DNSKEY RRset that lacks it (RFC 8901)"
            ),
            Some("take the key out once nothing is signed with it any more"),
        ),
    ]
}

/// Signatures that are about to run out.
fn signer(scene: &Scene<'_>) -> Vec<Step> {
    let (zone, signer) = (&scene.zone, &scene.contacts.signer);
    let change = scene.incident.change.as_ref();
    let ends = change.and_then(|change| change.breaks_at);
    let ends = ends.map_or_else(|| "they run out".to_owned(), |at| at.to_string());
    vec![
        step(
            format!(
                "Ask another server of {zone} for the same RRset: newer signatures there mean that a zone transfer fails"
            ),
            None,
        ),
        step(
            format!(
                "Tell the operator of {zone}{signer} to see that the signer runs and reaches its keys"
            ),
            None,
        ),
        step(
            format!("Have {zone} signed anew before {ends}; until then it verifies"),
            None,
        ),
    ]
}

/// The way back from a step that came too early, before or after it broke something.
fn premature(scene: &Scene<'_>) -> Vec<Step> {
    let (incident, zone) = (scene.incident, &scene.zone);
    let change = incident.change.as_ref();
    let moment = |time: Option<Timestamp>, key: &str| {
        time.map_or_else(
            || format!("the moment that `{key}` names"),
            |at| at.to_string(),
        )
    };
    let breaks = change.and_then(|change| change.breaks_at);
    let holds = change.and_then(|change| change.caches_hold_until);
    let is_broken = !negative::is_ahead(incident, scene.now);
    let action = if is_broken {
        format!(
            "Put the old keys, signatures or DS back until {}: caches still hold what they go with",
            moment(holds, "caches_hold_until")
        )
    } else {
        format!(
            "Have the step taken back before {}: {zone} still verifies",
            moment(breaks, "breaks_at")
        )
    };
    let undo = "take the step again when caches have let the old set go";
    let mut steps = vec![ask(scene)];
    if is_broken {
        steps.push(
            scene.flush_zone(
                "What is published now may be right, and only caches are behind: flush",
            ),
        );
    }
    steps.push(step(action, Some(undo)));
    steps
}

fn withdrawn(scene: &Scene<'_>) -> Vec<Step> {
    let publisher = &scene.contacts.publisher;
    vec![
        ask(scene),
        declare(),
        step(
            format!(
                "If it is not: have the parent{publisher} publish {} again, once its servers are seen to give the keys that it names",
                known_good(scene)
            ),
            Some("withdraw it again"),
        ),
    ]
}

fn signed(scene: &Scene<'_>) -> Vec<Step> {
    let (zone, publisher) = (&scene.zone, &scene.contacts.publisher);
    vec![
        ask(scene),
        declare(),
        step(
            format!(
                "If it is not: have the parent{publisher} take the DS of {zone} out again; it had none before"
            ),
            Some("publish it again"),
        ),
    ]
}

fn changed(scene: &Scene<'_>) -> Vec<Step> {
    let (zone, publisher) = (&scene.zone, &scene.contacts.publisher);
    let restore = if scene.incident.kind == Kind::DnskeyChanged {
        format!(
            "If it is not: somebody else signs {zone}; have its owner take the signer off the net and sign with the keys of before"
        )
    } else {
        format!(
            "If it is not: have the parent{publisher} restore {}",
            known_good(scene)
        )
    };
    vec![
        ask(scene),
        declare(),
        step(restore, Some("put the new sets back")),
    ]
}
