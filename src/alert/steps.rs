//! What to do next, in order of risk.

use super::alert::{NegativeAnchor, Step};
use super::commands::{self, Contacts};
use super::compose::Context;
use super::evidence::ZoneEvidence;
use super::incident::Incident;
use super::kind::{Kind, Topic};
use super::prose::{brief, rrset, typed};
use super::severity::{Cause, Scope};
use super::{anchors, change_steps, contradiction, negative, outages, trouble_steps};
use crate::message::{Name, Rtype};
use crate::portfolio::{Portfolio, Software};
use crate::time::Timestamp;
use std::net::IpAddr;

/// Servers that a step lists at most.
const SERVERS: usize = 5;

pub(super) fn step(action: String, undo: Option<&str>) -> Step {
    Step {
        action,
        command: None,
        undo: undo.map(str::to_owned),
    }
}

/// What the steps of an incident are made of.
pub(super) struct Scene<'a> {
    pub(super) incident: &'a Incident,
    /// The zone in a sentence.
    pub(super) zone: String,
    pub(super) contacts: Contacts,
    pub(super) portfolio: &'a Portfolio,
    pub(super) evidence: Option<&'a ZoneEvidence>,
    pub(super) now: Timestamp,
    /// What runs on the resolver that got it.
    pub(super) software: Option<Software>,
    anchor: Option<&'a NegativeAnchor>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        incident: &'a Incident,
        context: &Context<'a>,
        anchor: Option<&'a NegativeAnchor>,
    ) -> Self {
        let portfolio = context.portfolio;
        Self {
            incident,
            zone: incident.zone().map_or_else(|| "the zone".to_owned(), brief),
            contacts: Contacts::of(portfolio, incident.zone()),
            portfolio,
            evidence: context.evidence,
            now: context.now,
            software: commands::software(portfolio, incident.tally.resolvers.first()),
            anchor,
        }
    }

    /// The resolver in a sentence.
    pub(super) fn resolver(&self) -> String {
        let first = self.incident.tally.resolvers.first();
        first.map_or_else(
            || "the resolver".to_owned(),
            |address| commands::called(self.portfolio, address),
        )
    }

    /// The server that answered first, as far as any did.
    pub(super) fn server(&self) -> Option<IpAddr> {
        let told = self.incident.change.as_ref();
        let told = told.map(|change| change.exchange.server());
        self.incident.tally.servers.first().copied().or(told)
    }

    /// Has the zone and what is below it forgotten, so that what is in order now is fetched.
    pub(super) fn flush_zone(&self, why: &str) -> Step {
        let zone = self.incident.zone();
        let command = (self.software.zip(zone))
            .and_then(|(software, zone)| commands::flush_zone(software, zone));
        Step {
            command,
            ..step(format!("{why} {} from your resolvers", self.zone), None)
        }
    }

    /// Excepts the zone from validation, where that is right.
    pub(super) fn except(&self) -> Option<Step> {
        let anchor = self.anchor?;
        let until = anchor.until;
        let line = |make: fn(Software, &str) -> String| {
            let name = typed(&anchor.zone)?;
            Some(make(self.software?, &name))
        };
        let undo = line(negative::remove).unwrap_or_else(|| "take it away".to_owned());
        Some(Step {
            action: format!(
                "If users must reach {zone} before that, and its operator confirms the mistake, \
                 set a negative anchor until {until}: meanwhile nobody is protected against forged \
                 data of {zone}",
                zone = self.zone
            ),
            command: line(negative::set),
            undo: Some(format!("{undo}, as soon as the zone verifies")),
        })
    }
}

/// Steps in order of risk, lowest first.
pub(super) fn next_steps(scene: &Scene<'_>) -> Vec<Step> {
    let incident = scene.incident;
    if let Some(stale) = &incident.stale {
        return anchors::stale_steps(stale);
    }
    if let Some(found) = &incident.contradiction {
        return contradiction::steps(found, &scene.contacts.signer);
    }
    match incident.kind.topic() {
        Topic::Validation => failure_steps(scene),
        Topic::Change => change_steps::steps(scene),
        Topic::Reachability => outages::steps(incident, &scene.zone, scene.portfolio),
        Topic::Resolver | Topic::Sensor => trouble_steps::steps(scene),
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

/// The question to put to a server, for people who type it.
pub(super) fn question(server: IpAddr, name: &Name, rtype: Rtype) -> Option<String> {
    let name = typed(name)?;
    Some(format!("dig +dnssec +norecurse @{server} {name} {rtype}"))
}

/// What failed, as somebody can ask for it: an NSEC3 is at a name that nobody may ask for.
fn failing(incident: &Incident) -> Option<(Name, Rtype)> {
    let first = incident.tally.rrsets.first().cloned();
    let asked = || {
        let exchange = incident.exchange.as_ref()?;
        let question = exchange.message.question.as_ref()?;
        Some((question.name.clone(), question.rtype))
    };
    match first {
        Some((_, rtype)) if rtype == Rtype::NSEC3 => asked().or(first),
        Some(_) => first,
        None => asked(),
    }
}

/// Puts the same question to all servers.
fn ask_step(scene: &Scene<'_>) -> Step {
    let zone = &scene.zone;
    let Some(about) = failing(scene.incident) else {
        let text = format!("Ask every server of {zone} for it with DO set, compare the answers");
        return step(text, None);
    };
    let typed = scene
        .server()
        .and_then(|server| question(server, &about.0, about.1));
    let how = typed.map_or_else(String::new, |typed| format!(": {typed}"));
    step(
        format!(
            "Ask every server of {zone} for {} with DO set and compare the answers{how}",
            rrset(&about)
        ),
        None,
    )
}

/// Has a resolver forget what failed.
fn flush_name(scene: &Scene<'_>) -> Step {
    let name = failing(scene.incident).map(|(name, _)| name);
    let text = name.as_ref().map_or_else(|| scene.zone.clone(), brief);
    Step {
        command: (scene.software.zip(name))
            .and_then(|(software, name)| commands::flush(software, &name)),
        ..step(
            format!(
                "Flush {text} from resolver {} and watch for a second bad answer",
                scene.resolver()
            ),
            None,
        )
    }
}

fn failure_steps(scene: &Scene<'_>) -> Vec<Step> {
    let Scene { incident, zone, .. } = scene;
    let Contacts { owner, signer, .. } = &scene.contacts;
    if incident.tally.is_unanchored {
        return anchor_steps(zone);
    }
    let ask = ask_step(scene);
    match incident.diagnosis.cause {
        Cause::Tampering | Cause::Downgrade => return path_steps(scene),
        Cause::RegistrarHijack => return change_steps::hijack(scene),
        Cause::Spoofing | Cause::ResolverFault | Cause::SensorClock | Cause::Unknown => {
            let hold = "Hold it for an attack until another server gives the same bad answer";
            return vec![ask, flush_name(scene), step(hold.to_owned(), None)];
        }
        _ if incident.diagnosis.scope == Scope::Server => {
            let server = scene
                .server()
                .map_or_else(String::new, |server| format!(" {server}"));
            let what = "serves data that does not verify, others are in order: transfer the zone \
                        to it anew, or take it out of the NS set";
            let tell = format!("Tell the operator of {zone}{owner}: its server{server} {what}");
            let leave = "Leave validation as it is: resolvers that get a bad answer there ask \
                         another server";
            return vec![ask, step(tell, None), step(leave.to_owned(), None)];
        }
        Cause::ExpiredSignatures
        | Cause::RolloverError
        | Cause::DsMismatch
        | Cause::SigningOutage => {}
    }
    let is_doubtful = negative::is_doubtful(incident, scene.evidence);
    let ask_owner = is_doubtful.then(|| {
        let text = format!(
            "Ask the owner of {zone}{owner}, by a known telephone number, whether its servers or \
             its DS set were changed on purpose: until they say so, hold it for an attack and set \
             no negative anchor"
        );
        step(text, None)
    });
    let tell = format!("Tell the operator of {zone}{signer}: {}", mend(scene));
    [Some(ask), ask_owner, Some(step(tell, None))]
        .into_iter()
        .flatten()
        .chain([scene.flush_zone("Once that is done, flush")])
        .chain(scene.except())
        .collect()
}

/// What the operator is to do.
fn mend(scene: &Scene<'_>) -> String {
    let incident = scene.incident;
    let publisher = &scene.contacts.publisher;
    match incident.diagnosis.cause {
        Cause::ExpiredSignatures if incident.kind == Kind::SignatureNotYetValid => {
            "its signatures begin only in the future; set the signer's clock right and sign again"
                .to_owned()
        }
        Cause::ExpiredSignatures => {
            "its signatures are out of time; sign again, and see why the signer stopped".to_owned()
        }
        Cause::RolloverError => of_roll(incident),
        Cause::DsMismatch => format!(
            "put the keys back that its DS set names, or have its parent{publisher} publish a DS \
             for the new ones"
        ),
        Cause::SigningOutage
            if incident.kind == Kind::SignatureMissing
                && scene.evidence.is_some_and(ZoneEvidence::is_new) =>
        {
            format!(
                "it is unsigned under its first DS set; sign it, or have its parent{publisher} \
                 take the DS out again: it never verified under it"
            )
        }
        Cause::SigningOutage
        | Cause::Tampering
        | Cause::Downgrade
        | Cause::Spoofing
        | Cause::RegistrarHijack
        | Cause::ResolverFault
        | Cause::SensorClock
        | Cause::Unknown => of_signer(incident.kind).to_owned(),
    }
}

/// What mends a rollover that went wrong.
fn of_roll(incident: &Incident) -> String {
    let tally = &incident.tally;
    let tag = tally.key_tag.filter(|_| !tally.has_keys_rrset);
    match (incident.kind, tag) {
        (Kind::DnskeyMissing, Some(tag)) => format!(
            "it signs with key {tag}, which its DNSKEY RRset lacks; sign again with the keys that \
             it publishes, publish key {tag} beside them, and let a DNSKEY TTL pass before it signs"
        ),
        (Kind::SignatureInvalid, Some(tag)) => format!(
            "what it signs as key {tag} does not verify with the key of that tag that it \
             publishes; sign again with the keys of before, and roll to a key of another tag"
        ),
        (Kind::DnskeyRevoked, _) => {
            "it signs with a revoked key only; sign with a key that is in force".to_owned()
        }
        (Kind::NoZoneKey, _) => {
            "the key that its DS set or its signatures name lacks the Zone Key flag (256); sign \
             with a key that has it"
                .to_owned()
        }
        _ => "bring back the keys that caches still hold, then go on by RFC 7583".to_owned(),
    }
}

/// What mends a signer that is out of order.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds have no such cause"
)]
const fn of_signer(kind: Kind) -> &'static str {
    match kind {
        Kind::SignatureMissing => {
            "it is served unsigned under a DS set; have the signed zone served again, and take no \
             DS away meanwhile: caches hold it"
        }
        Kind::DnskeyMissing => {
            "its DNSKEY RRset is gone; have the signed zone served again, with its keys"
        }
        Kind::DenialMissing => {
            "its answers lack their NSEC or NSEC3 proofs; sign the whole zone again, and see that \
             its servers hand the proofs out"
        }
        Kind::DenialInvalid => {
            "its NSEC or NSEC3 chain does not fit its names; sign the whole zone again, not record \
             by record"
        }
        _ => "its signer does not sign as it should; sign the whole zone again",
    }
}

fn path_steps(scene: &Scene<'_>) -> Vec<Step> {
    let zone = &scene.zone;
    let Contacts { owner, .. } = &scene.contacts;
    let server = scene
        .server()
        .map_or_else(|| "the server".to_owned(), |server| server.to_string());
    let tally = &scene.incident.tally;
    let same = tally.same_elsewhere().map(|sight| sight.server);
    let other = same.filter(|other| Some(*other) != scene.server());
    let other = other.map_or_else(
        || format!("another server of {zone}, and with another path to the same"),
        |other| format!("that to {other}, which gave the true RRset"),
    );
    let asked = scene.server().zip(failing(scene.incident));
    let how = asked.and_then(|(server, (name, rtype))| question(server, &name, rtype));
    let how = how.map_or_else(String::new, |how| format!(" ({how})"));
    vec![
        step(
            format!("Compare the path to {server}{how} with {other}"),
            None,
        ),
        step(
            format!(
                "Keep the capture; look for boxes and routes on the path to {server} that changed, \
                 and whether other zones behind it fail too: then it is the box, not {zone}"
            ),
            None,
        ),
        flush_name(scene),
        step(
            format!("Tell the operator of {zone}{owner} what {server} was seen to give"),
            None,
        ),
        step(
            format!(
                "Take {server} out of use at resolver {} until the path is cleared (unbound \
                 do-not-query-address, BIND server … {{ bogus yes; }}, PowerDNS Recursor \
                 dont-query); set no negative anchor: it would let the altered data in",
                scene.resolver()
            ),
            Some("let the resolver use it again"),
        ),
    ]
}

/// The first addresses of a list, in a sentence.
pub(super) fn addresses(listed: &[IpAddr]) -> String {
    let first = listed.iter().take(SERVERS).map(ToString::to_string);
    first.collect::<Vec<_>>().join(", ")
}
