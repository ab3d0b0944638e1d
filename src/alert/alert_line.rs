//! The alert line, laid out as EVE readers expect it.

use super::alert::{Alert, Containment, IncidentView, NegativeAnchor, Resolution};
use super::declared;
use super::identity::hex;
use super::kind::Kind;
use super::line::{Object, begin, finish, put, put_flow, put_source};
use super::negative::{expire, remove, set};
use super::notice::Loss;
use super::prose::{clip, typed};
use super::sensor::Sensor;
use super::tally::failing;
use crate::capture::FrameNumber;
use crate::chain::{Reason, Verdict};
use crate::exchange::Exchange;
use crate::message::{Message, Name, Question, Rtype};
use crate::portfolio::{self, Software};
use crate::signature::rrset_digest;
use crate::time::Timestamp;
use crate::watch::{Change, Rule, Set};
use serde_json::{Value, json};
use std::net::IpAddr;

/// The generator that all our catalogue numbers belong to.
const GENERATOR: u32 = 5355;

/// Octets that a list of names or records takes of a line at most.
const LIST_OCTETS: usize = 3000;

/// Characters that one text of ours takes of a line at most.
const TEXT: usize = 1000;

/// Characters that one text of the portfolio takes of a line at most.
const ASSET: usize = 160;

/// Zones of a chain that a line tells at most.
const CHAIN: usize = 12;

/// One alert or change line, without line feed. `seq` counts the lines of this sink.
pub fn alert_line(alert: &Alert, sensor: &Sensor, seq: u64) -> String {
    let mut line = begin(
        alert.time.to_string(),
        alert.event_type.name(),
        Some(&alert.event_id),
        seq,
        sensor,
    );
    let exchange = alert.exchange.as_deref();
    let verdict = alert.verdict.as_deref();
    put(&mut line, "summary", clip(&alert.summary, TEXT));
    put_source(&mut line, sensor, alert.observed.map(FrameNumber::value));
    put_flow(&mut line, exchange);
    if let Some(resolver) = silent_resolver(alert) {
        put(&mut line, "resolver", resolver.to_string());
    }
    put(&mut line, "alert", signature(alert));
    put(&mut line, "severity_id", alert.severity.id());
    put(&mut line, "severity", alert.severity.name());
    put(&mut line, "confidence_id", alert.confidence.id());
    put(
        &mut line,
        "confidence_reasons",
        alert.confidence_reasons.clone(),
    );
    put(&mut line, "incident", alert.incident.as_ref().map(incident));
    if let Some(exchange) = exchange {
        put(&mut line, "dns", dns(&exchange.message));
    }
    put(&mut line, "dnssec", dnssec(alert.zone.as_ref(), verdict));
    put(&mut line, "change", alert.change.as_deref().map(change));
    let zone = alert.zone.as_ref();
    put(
        &mut line,
        "containment",
        containment(&alert.containment, zone),
    );
    put(
        &mut line,
        "asset",
        alert.asset.as_deref().map(|zone| asset(zone, alert)),
    );
    put(&mut line, "capture", capture(alert.loss));
    put(&mut line, "evidence", evidence(alert, verdict));
    finish(line, exchange.map(|exchange| &*exchange.message.octets))
}

/// The resolver of an incident that no response shows.
fn silent_resolver(alert: &Alert) -> Option<&IpAddr> {
    let incident = alert.incident.as_ref()?;
    let is_silent = alert.kind == Kind::TrustAnchorStale && alert.exchange.is_none();
    incident.resolvers.first.first().filter(|_| is_silent)
}

fn signature(alert: &Alert) -> Value {
    json!({
        "action": "allowed",
        "gid": GENERATOR,
        "signature_id": alert.kind.number(),
        "rev": 1,
        "signature": alert.kind.signature(),
        "category": alert.kind.topic().category(),
        "severity": alert.severity.eve(),
        "kind": alert.kind.name(),
        "cause": alert.cause.name(),
        "cause_class": alert.cause_class.name(),
        "reference": alert.kind.references(),
    })
}

fn incident(view: &IncidentView) -> Value {
    json!({
        "id": view.id,
        "key": view.key,
        "status": view.status.name(),
        "resolution": view.status.resolution().map(Resolution::name),
        "scope": view.scope.name(),
        "count": view.count,
        "first_seen": view.first_seen.to_string(),
        "last_seen": view.last_seen.to_string(),
        "names": fitting(view.names.first.iter().map(ToString::to_string)),
        "names_total": view.names.total,
        "servers": texts(&view.servers.first),
        "servers_total": view.servers.total,
        "resolvers": texts(&view.resolvers.first),
        "resolvers_total": view.resolvers.total,
        "clients_total": view.clients_total,
    })
}

fn texts(members: &[impl ToString]) -> Vec<String> {
    members.iter().map(ToString::to_string).collect()
}

/// The first members of a list, as many as there is room for: one at least.
fn fitting(members: impl Iterator<Item = String>) -> Vec<String> {
    let mut octets = 0;
    members
        .enumerate()
        .take_while(|(index, member)| {
            // A backslash takes two octets in JSON.
            octets += member.len() + member.matches(['\\', '"']).count() + 3;
            *index == 0 || octets <= LIST_OCTETS
        })
        .map(|(_, member)| member)
        .collect()
}

fn dns(message: &Message) -> Value {
    let header = message.header;
    let queries: Vec<Value> = message
        .question
        .iter()
        .map(|question| json!({"rrname": spelt(question), "rrtype": question.rtype.to_string()}))
        .collect();
    let errors: Vec<Value> = message
        .edns
        .iter()
        .flat_map(|edns| &edns.errors)
        .take(4)
        .map(|error| json!({"code": error.code, "text": clip(&error.text, 100)}))
        .collect();
    json!({
        "version": 3,
        "type": "response",
        "id": header.id,
        "rcode": header.rcode.to_string(),
        "aa": header.is_authoritative(),
        "tc": header.is_truncated(),
        "rd": header.recursion_desired(),
        "ra": header.recursion_available(),
        "ad": header.is_authentic(),
        "cd": header.checking_disabled(),
        "do": message.dnssec_ok(),
        "queries": queries,
        "ede": errors,
        "size": message.octets.len(),
    })
}

/// The name as EVE writes it: as spelt in the message, without the final dot.
fn spelt(question: &Question) -> String {
    let text = question.name.to_string();
    if question.name.is_root() {
        return text;
    }
    // Neither length octets nor escapes are letters, so letters stand in the same order.
    let mut letters = question
        .spelling
        .iter()
        .filter(|octet| octet.is_ascii_alphabetic());
    let respell = |character: char| {
        let letter = character
            .is_ascii_alphabetic()
            .then(|| letters.next())
            .flatten();
        letter.map_or(character, |letter| char::from(*letter))
    };
    text.strip_suffix('.')
        .unwrap_or(&text)
        .chars()
        .map(respell)
        .collect()
}

fn dnssec(zone: Option<&Name>, verdict: Option<&Verdict>) -> Value {
    let by = verdict.and_then(|verdict| verdict.subject.signed_by.as_ref());
    let reason = verdict.and_then(|verdict| verdict.reason);
    let rrset = verdict.and_then(|verdict| verdict.subject.rrset.as_ref());
    let links = verdict
        .map(|verdict| verdict.chain.as_slice())
        .unwrap_or_default();
    // The end of a chain says more than its begin.
    let links = links
        .get(links.len().saturating_sub(CHAIN)..)
        .unwrap_or_default();
    let chain: Vec<Value> = links
        .iter()
        .map(|link| {
            json!({
                "zone": link.zone.to_string(),
                "state": link.state.name(),
                "key_tag": link.key_tag,
                "by": link.by.name(),
            })
        })
        .collect();
    json!({
        "zone": zone.map(ToString::to_string),
        "rrset": rrset.map(rrset_text),
        "state": verdict.map(|verdict| verdict.state.name()),
        "reason": reason.map(Reason::name),
        "ede": reason.and_then(Reason::extended_error),
        "signer": by.map(|by| by.signer.to_string()),
        "key_tag": by.map(|by| by.key_tag),
        "algorithm": by.map(|by| by.algorithm),
        "original_ttl": by.map(|by| by.original_ttl.seconds()),
        "inception": by.map(|by| by.inception.to_string()),
        "expiration": by.map(|by| by.expiration.to_string()),
        "chain": chain,
    })
}

pub(super) fn rrset_text((name, rtype): &(Name, Rtype)) -> String {
    format!("{name} {rtype}")
}

fn change(change: &Change) -> Value {
    let records = |records: &[String]| fitting(records.iter().map(|record| clip(record, TEXT)));
    let moment = |time: Option<Timestamp>| time.map(|time| time.to_string());
    json!({
        "zone": change.zone.to_string(),
        "set": match change.set {
            Set::Ds => "ds",
            Set::Dnskey => "dnskey",
            Set::Ns => "ns",
            Set::Rrsig => "rrsig",
        },
        "before": records(&change.before),
        "after": records(&change.after),
        "before_seen": moment(change.before_seen),
        "expected": change.is_expected,
        "rule": change.rule.map(Rule::name),
        "why": clip(&change.why, TEXT),
        "breaks_at": moment(change.breaks_at),
        "caches_hold_until": moment(change.caches_hold_until),
        "undo_until": moment(change.undo_until),
        "ticket": change.ticket.as_ref().map(|ticket| clip(ticket, ASSET)),
    })
}

fn asset(zone: &portfolio::Zone, alert: &Alert) -> Value {
    let told = |text: Option<&String>| text.map(|text| clip(text, ASSET));
    let ticket = declared::ticket(alert.change.as_deref());
    json!({
        "criticality": zone.criticality.name(),
        "owner": told(zone.owner.as_ref()),
        "signer": told(zone.signer.as_ref()),
        "ds_publisher": told(zone.ds_publisher.as_ref()),
        "runbook": told(zone.runbook.as_ref()),
        "ticket": ticket.map(|ticket| clip(ticket, ASSET)),
        "key_plan": told(zone.key_plan.as_ref()),
    })
}

fn containment(containment: &Containment, zone: Option<&Name>) -> Value {
    let checks: Vec<Value> = containment
        .checks
        .iter()
        .map(|check| json!({"check": check.check, "result": check.result, "detail": check.detail}))
        .collect();
    let steps: Vec<Value> = containment
        .next_steps
        .iter()
        .map(|step| json!({"do": step.action, "command": step.command, "undo": step.undo}))
        .collect();
    json!({
        "checks": checks,
        "next_steps": steps,
        "negative_anchor": containment.negative_anchor.as_ref().and_then(negative_anchor),
        "known_good": known_good(containment, zone),
        "playbook": containment.playbook,
    })
}

/// When the DS set was last in order, and the command that tells what it was then; none for names
/// that no operator types.
fn known_good(containment: &Containment, zone: Option<&Name>) -> Value {
    let at = containment.known_good_ds_at;
    at.map_or(Value::Null, |at| {
        let zone = zone.and_then(typed);
        let command = zone.map(|zone| format!("sigtap restore {zone}"));
        json!({"ds_at": at.to_string(), "command": command})
    })
}

/// The lines that set and remove a negative anchor. None for names that no operator types.
fn negative_anchor(anchor: &NegativeAnchor) -> Option<Value> {
    let zone = typed(&anchor.zone)?;
    let mut lines = Object::new();
    put(&mut lines, "zone", anchor.zone.to_string());
    put(&mut lines, "reason", anchor.reason);
    put(&mut lines, "until", anchor.until.to_string());
    for software in Software::ALL {
        let expire = expire(software, &zone, anchor.until);
        put(
            &mut lines,
            software.name(),
            json!({"set": set(software, &zone), "remove": remove(software, &zone), "expire": expire}),
        );
    }
    Some(Value::Object(lines))
}

fn capture(loss: Loss) -> Value {
    json!({
        "kernel_drops": loss.kernel_drops,
        "interface_drops": loss.interface_drops,
        "queue_drops": loss.queue_drops,
    })
}

fn evidence(alert: &Alert, verdict: Option<&Verdict>) -> Object {
    let mut evidence = Object::new();
    let observed = alert.observed.map(FrameNumber::value);
    put(&mut evidence, "observed_frame", observed);
    let decided = alert.decided.map(FrameNumber::value);
    put(&mut evidence, "decided_frame", decided);
    let digest = verdict.and_then(|verdict| rrset_sha256(&verdict.exchange, verdict));
    put(&mut evidence, "rrset_sha256", digest);
    put(&mut evidence, "pcap", Value::Null);
    evidence
}

/// SHA-256 over the failing RRset (see [`rrset_digest`]).
fn rrset_sha256(exchange: &Exchange, verdict: &Verdict) -> Option<String> {
    let (name, rtype) = failing(verdict);
    let mut sets = exchange.message.rrsets();
    let set = sets.find(|set| set.rtype == rtype && set.owner == name)?;
    Some(hex(rrset_digest(set)))
}
