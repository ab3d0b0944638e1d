//! The sentence for three in the morning: what happened, where, and what speaks for attack or
//! mistake.

use super::alert::{Resolution, Status};
use super::anchors;
use super::change_summary::{mended, of_change, way_back};
use super::commands::called;
use super::contradiction;
use super::few::Few;
use super::incident::{Incident, Subject};
use super::kind::{Kind, Topic};
use super::outages;
use super::prose::{apart, brief, duration, plural, rrset};
use super::severity::{Cause, Scope};
use super::tally::{Tally, accuses_anchored, failing};
use crate::chain::Verdict;
use crate::exchange::{Exchange, Vantage};
use crate::portfolio::Portfolio;
use std::net::IpAddr;

/// The sentence for an incident's line.
pub(super) fn of_incident(incident: &Incident, status: Status, portfolio: &Portfolio) -> String {
    let told = (incident.stale.as_deref().map(anchors::sentence)).or_else(|| {
        let found = incident.contradiction.as_deref();
        found.map(contradiction::sentence)
    });
    if let Some(sentence) = told {
        return status.resolution().map_or_else(
            || sentence.clone(),
            |resolution| format!("Over ({}): {sentence}", resolution.name()),
        );
    }
    if let (Some(outage), Some(resolution)) = (&incident.outage, status.resolution()) {
        return outages::over(outage, resolution);
    }
    let sentence = match (&incident.change, &incident.verdict) {
        (Some(change), _) if change.is_mending() => {
            let how = status.resolution().unwrap_or(Resolution::Verified);
            return format!("Over ({}): {}.", how.name(), mended(change));
        }
        (Some(change), _) if status == Status::Resolved(Resolution::Reverted) => {
            return way_back(change);
        }
        (Some(change), _) => of_change(incident.kind, change, incident.diagnosis.cause),
        (None, Some(verdict)) if incident.kind.topic() == Topic::Validation => {
            let what = what(incident.kind, verdict, portfolio);
            format!("{what}{}{}.", extent(incident), weight(incident))
        }
        _ => of_trouble(incident, portfolio),
    };
    match status.resolution() {
        Some(resolution) => format!("Over ({}): {sentence}", resolution.name()),
        None => sentence,
    }
}

/// What failed, where.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds say what they are"
)]
fn what(kind: Kind, verdict: &Verdict, portfolio: &Portfolio) -> String {
    let about = rrset(&failing(verdict));
    let place = place(&verdict.exchange, portfolio);
    let zone = verdict
        .subject
        .zone
        .as_ref()
        .map_or_else(|| "its zone".to_owned(), brief);
    let by = verdict.subject.signed_by.as_ref();
    let tag = by.map_or_else(|| "a key".to_owned(), |by| format!("key {}", by.key_tag));
    let time = verdict.exchange.message.time;
    if verdict.is_broken_link {
        let broken = kind.signature();
        return format!(
            "{about} {place} hangs on a broken link, the DS or DNSKEY set of {zone} ({broken})"
        );
    }
    match kind {
        Kind::SignatureInvalid => format!("{about} {place} does not verify with {tag} of {zone}"),
        Kind::SignatureExpired => {
            let late = by.map_or(0, |by| time.seconds_since(by.expiration));
            format!(
                "{about} {place} carries a signature by {tag} of {zone} that ran out {} before",
                duration(late)
            )
        }
        Kind::SignatureNotYetValid => {
            let early = by.map_or(0, |by| by.inception.seconds_since(time));
            format!(
                "{about} {place} carries a signature by {tag} of {zone} that begins only {} later",
                duration(early)
            )
        }
        Kind::DnskeyMissing if by.is_some() && !verdict.is_broken_link => format!(
            "{about} {place} is signed with {tag}, which the DNSKEY RRset of {zone} does not have"
        ),
        Kind::DnskeyMissing => {
            let lack = lack_of_keys(verdict);
            format!("{about} {place}: no key that {zone} publishes {lack}")
        }
        Kind::SignatureMissing => {
            format!("{about} {place} came without signature, though {zone} is signed")
        }
        Kind::NoZoneKey => {
            format!("{about} {place} is signed with {tag} of {zone}, which is no zone key")
        }
        Kind::DenialMissing => {
            format!("The answer about {about} {place} lacks the proof that {zone} has to give")
        }
        Kind::DenialInvalid => {
            format!("The proof in the answer about {about} {place} does not show what {zone} says")
        }
        Kind::DnskeyRevoked => {
            format!("{about} {place} is signed with {tag} of {zone}, which is revoked")
        }
        Kind::SignerMismatch => {
            format!("{about} {place} is signed by {zone}, which it does not lie in")
        }
        _ => format!("{about} {place}: {}", kind.signature()),
    }
}

/// From whom to whom.
fn place(exchange: &Exchange, portfolio: &Portfolio) -> String {
    let server = exchange.server();
    let resolver = called(portfolio, &exchange.resolver());
    match exchange.vantage {
        Vantage::Upstream => format!("from {server} to resolver {resolver}"),
        Vantage::Downstream => format!("from resolver {resolver} to a client"),
    }
}

/// How much of it there is.
fn extent(incident: &Incident) -> String {
    let tally = &incident.tally;
    if tally.count < 2 {
        return String::new();
    }
    let count = |total: usize, noun| plural(u64::try_from(total).unwrap_or(u64::MAX), noun);
    let servers = match tally.servers.total() {
        0 => String::new(),
        total => format!(", {}", count(total, "server")),
    };
    format!(
        " ({} so far, {}{servers})",
        plural(tally.count, "response"),
        count(tally.rrsets.total(), "RRset")
    )
}

/// What no published key does.
fn lack_of_keys(verdict: &Verdict) -> &'static str {
    if accuses_anchored(verdict) {
        "is one that the sensor's trust anchors name"
    } else {
        "matches its DS set"
    }
}

/// What speaks for attack or mistake.
fn weight(incident: &Incident) -> String {
    let tally = &incident.tally;
    let elsewhere = tally.same_elsewhere().map(|sight| {
        format!(
            "the same RRset from {} verified {}",
            sight.server,
            apart(sight.time, tally.last)
        )
    });
    let is_one_server = incident.diagnosis.scope == Scope::Server;
    if tally.is_unanchored {
        return ": either this network has a root of its own and the sensor lacks its --trust-anchor, or somebody answers in its place".to_owned();
    }
    match incident.diagnosis.cause {
        Cause::Tampering => format!(
            ", while {}: altered on the way or at that server, not a signing mistake",
            elsewhere.unwrap_or_else(|| "other data of the zone verifies".to_owned())
        ),
        Cause::Downgrade => {
            let before = tally.good.iter().map(|sight| sight.time).max();
            let when = before.map_or_else(String::new, |good| {
                format!(" ({})", apart(good, tally.last))
            });
            format!(", while signed data of the zone verified{when}: stripped on the way rather than left unsigned by its owner")
        }
        Cause::RegistrarHijack => {
            ", after its delegation changed in the pattern of a registrar hijack".to_owned()
        }
        Cause::Unknown if is_one_server => {
            ", while other servers of the zone are in order; nothing else passed that tells attack from mistake".to_owned()
        }
        _ if is_one_server => {
            ", while other servers of the zone are in order: that server is out of step, no sign of an attack".to_owned()
        }
        Cause::ExpiredSignatures => {
            ": its owner's signer or clock is at fault, no sign of an attack".to_owned()
        }
        Cause::RolloverError => ": a key rollover went wrong, no sign of an attack".to_owned(),
        Cause::DsMismatch => {
            ": parent and child disagree, a mistake unless the zone's servers changed too".to_owned()
        }
        Cause::SigningOutage if is_alike(tally) => {
            ": all that was seen fails alike, so its owner's signer is out of order rather than under attack".to_owned()
        }
        Cause::SigningOutage => {
            ": its owner's signer is out of order, no sign of an attack".to_owned()
        }
        Cause::Spoofing | Cause::ResolverFault | Cause::SensorClock | Cause::Unknown => {
            "; nothing else of the zone passed that tells attack from mistake".to_owned()
        }
    }
}

/// Whether all that was seen of the zone fails, and that was something.
fn is_alike(tally: &Tally) -> bool {
    tally.rrsets.total() > 1 && tally.good_since().next().is_none()
}

/// The sentence for answers that are meant to differ from the public tree.
fn of_private(incident: &Incident, about: &str, times: &str) -> String {
    let first = |few: &Few<IpAddr>| few.first().map_or_else(String::new, ToString::to_string);
    let (server, resolver) = (
        first(&incident.tally.servers),
        first(&incident.tally.resolvers),
    );
    match &incident.subject {
        Subject::Zone(zone) => format!(
            "Zone {zone} is answered unsigned by {server}, which no delegation seen names, to resolver {resolver} (first {about}; {times}), other than in the public tree: a private zone or an internal view if that server is yours, else somebody leads the resolver astray. If it is meant, declare it with --negative-anchor {zone}",
            zone = brief(zone)
        ),
        Subject::Address(_) | Subject::Sensor => format!(
            "Resolver {resolver} answers names of signed zones itself, unsigned (first {about}; {times}): its response policy, local data or DNS64, as the answers show; clients that validate refuse them. Nothing is wrong with the zones."
        ),
    }
}

/// The sentence for a resolver, a spoofer or the sensor itself.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds say what they are"
)]
fn of_trouble(incident: &Incident, portfolio: &Portfolio) -> String {
    let tally = &incident.tally;
    let about = tally
        .rrsets
        .first()
        .map(rrset)
        .or_else(|| tally.names.first().map(brief))
        .unwrap_or_else(|| "a message".to_owned());
    let resolver = tally.resolvers.first().map_or_else(
        || "a resolver".to_owned(),
        |address| format!("resolver {}", called(portfolio, address)),
    );
    let server = tally
        .servers
        .first()
        .map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let times = plural(tally.count, "time");
    let names = plural(
        u64::try_from(tally.names.total()).unwrap_or(u64::MAX),
        "name",
    );
    match incident.kind {
        Kind::ResolverNotValidating | Kind::ResolverDisagrees => {
            of_resolver(incident, &about, &format!("{names}, {times}"), portfolio)
        }
        Kind::ResponseUnsolicited => format!(
            "{} got {about} from {server}, which it had not asked for and which does not verify ({times}): somebody may be trying to spoof it.",
            capitalised(&resolver)
        ),
        Kind::ResponseConflict => format!(
            "{} got two different responses about {about} from {server} ({times}): one of them is forged, or a box on the way repeats queries.",
            capitalised(&resolver)
        ),
        Kind::FragmentOverlap => format!(
            "Overlapping IP fragments from {server} ({times}): their message was not judged; somebody may be forging its tail."
        ),
        Kind::ClockSkew => format!(
            "Zones under several parents, at several servers, look out of time at once (first {about}; {names}, {times}): the clock of the sensor or of the capture is wrong, not the zones."
        ),
        Kind::BudgetExceeded => format!(
            "Responses about {about} ask for more checks than they are worth ({times}): left unjudged."
        ),
        Kind::ZoneUnreachable => outages::sentence(incident, &resolver),
        Kind::PrivateZone => of_private(incident, &about, &format!("{names}, {times}")),
        Kind::CaptureLoss => format!(
            "The sensor lost {}: what it did not see it cannot judge.",
            plural(incident.lost.total(), "packet")
        ),
        other => format!("{}: {about} ({times}).", other.signature()),
    }
}

/// The sentence for a resolver.
fn of_resolver(incident: &Incident, about: &str, extent: &str, portfolio: &Portfolio) -> String {
    let tally = &incident.tally;
    let resolver = tally.resolvers.first();
    let who = resolver.map_or_else(
        || "A resolver".to_owned(),
        |address| format!("Resolver {}", called(portfolio, address)),
    );
    let known = resolver.and_then(|address| portfolio.resolver(address));
    let is_to_validate = known.is_some_and(|known| known.validates == Some(true));
    let duty = if is_to_validate {
        "; the portfolio says that it validates"
    } else {
        ""
    };
    if incident.kind == Kind::ResolverNotValidating {
        format!(
            "{who} gave clients {about}, which does not verify ({extent}): validation is off there, or it has a negative anchor{duty}."
        )
    } else if tally.has_upstream {
        format!(
            "{who} gets {about} and data of other zones at other servers unsigned ({extent}): a box on its path strips signatures."
        )
    } else if tally.rrsets.total() == 0 {
        format!(
            "{who} refuses clients {about}, which verifies at its zone's servers ({extent}): its trust anchor, its clock or its cache is at fault."
        )
    } else {
        format!(
            "{who} gave clients {about} in a form that does not verify, while nothing wrong was seen at the zone's servers ({extent}): its cache, its clock or a box before it is at fault."
        )
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
