//! Negative trust anchors (RFC 7646): when one is the right step, and the lines for it.

use super::alert::{NegativeAnchor, Status};
use super::commands::to_knot;
use super::compose::Context;
use super::diagnosis::{class_of, is_failure};
use super::evidence::ZoneEvidence;
use super::incident::Incident;
use super::kind::Kind;
use super::prose::typed;
use super::severity::{CauseClass, Confidence, Scope};
use crate::exchange::Vantage;
use crate::message::Name;
use crate::portfolio::Software;
use crate::time::Timestamp;
use crate::watch::ChangeKind;
use std::net::IpAddr;

/// Seconds that a negative anchor may last: the longest that operators should need.
const LIFETIME: i64 = 86_400;

/// A negative anchor, if it is right: a zone that is broken everywhere, now, by its operator's
/// mistake, and of which nothing says that somebody else answers in its place.
pub(super) fn offered(
    incident: &Incident,
    status: Status,
    context: &Context<'_>,
) -> Option<NegativeAnchor> {
    let diagnosis = &incident.diagnosis;
    let is_breakage = is_failure(incident.kind) || incident.kind == Kind::DsMismatch;
    let is_mistake = matches!(
        class_of(incident.kind, diagnosis.cause),
        CauseClass::Misconfiguration | CauseClass::Outage
    );
    let is_sure = diagnosis.scope == Scope::Zone && diagnosis.confidence > Confidence::Low;
    let is_over = status.resolution().is_some();
    let zone: &Name = incident.zone().filter(|zone| !zone.is_root())?;
    let is_right = is_breakage
        && is_mistake
        && is_sure
        && !is_over
        && !is_ahead(incident, context.now)
        && !is_doubtful(incident, context.evidence);
    is_right.then(|| NegativeAnchor {
        zone: zone.clone(),
        reason: incident.kind.signature(),
        until: context.now.plus_seconds(LIFETIME),
    })
}

/// Whether it still works for those who hold the set of before.
pub(super) fn is_ahead(incident: &Incident, now: Timestamp) -> bool {
    let change = incident.change.as_ref();
    change.is_some_and(|change| change.breaks_at.is_some_and(|at| at > now))
}

/// Whether a taker of the zone would look the same: its DS set is one that never vouched for
/// keys, the parent names other servers, or none of the servers that fail is one that was in
/// order before. Without validation, resolvers would believe a taker.
pub(super) fn is_doubtful(incident: &Incident, evidence: Option<&ZoneEvidence>) -> bool {
    let Some(known) = evidence else {
        return false;
    };
    let servers = known.latest(&[ChangeKind::NsChanged]);
    let has_other_servers = servers.is_some_and(|change| !change.is_expected);
    known.has_untried_ds() || has_other_servers || are_strangers(incident, known)
}

/// Whether none of the servers that fail was seen with data of the zone that verified, and
/// others were.
fn are_strangers(incident: &Incident, known: &ZoneEvidence) -> bool {
    let told = incident.change.as_ref().map(|change| &change.exchange);
    let told = told.filter(|exchange| exchange.vantage == Vantage::Upstream);
    let told = told.map(|exchange| exchange.server());
    let failing: Vec<IpAddr> = (incident.tally.servers.listed().iter().copied())
        .chain(told)
        .collect();
    let mut good = known
        .sightings
        .iter()
        .filter(|sight| sight.vantage == Vantage::Upstream)
        .peekable();
    let is_known = good.peek().is_some() && !failing.is_empty();
    is_known && !good.any(|sight| failing.contains(&sight.server))
}

/// The lines that set a negative anchor for a zone and take it away; nothing for names that no
/// operator types.
pub fn negative_anchor_commands(software: Software, zone: &Name) -> Option<(String, String)> {
    let zone = typed(zone)?;
    Some((set(software, &zone), remove(software, &zone)))
}

/// The line that sets a negative anchor. Where the software can, it ends by itself.
pub(super) fn set(software: Software, zone: &str) -> String {
    match software {
        Software::Unbound => {
            format!("unbound-control insecure_add {zone} && unbound-control flush_zone {zone}")
        }
        Software::Bind => format!("rndc nta -lifetime {LIFETIME} {zone}"),
        // The call replaces the whole list, so what the operator has there is kept.
        Software::Knot => to_knot(&format!(
            "local t = trust_anchors.insecure or {{}} table.insert(t, '{zone}') \
             trust_anchors.set_insecure(t) event.after({LIFETIME} * sec, function () {} end) \
             cache.clear('{zone}')",
            without(zone)
        )),
        Software::Powerdns => format!("rec_control add-nta {zone}"),
    }
}

/// The line that takes it away.
pub(super) fn remove(software: Software, zone: &str) -> String {
    match software {
        Software::Unbound => {
            format!("unbound-control insecure_remove {zone} && unbound-control flush_zone {zone}")
        }
        Software::Bind => format!("rndc nta -remove {zone}"),
        Software::Knot => to_knot(&format!("{} cache.clear('{zone}')", without(zone))),
        Software::Powerdns => format!("rec_control clear-nta {zone}"),
    }
}

/// The line that has it taken away in time, where the software does not do that itself.
pub(super) fn expire(software: Software, zone: &str, until: Timestamp) -> Option<String> {
    let remove = match software {
        Software::Unbound => format!("unbound-control insecure_remove {zone}"),
        Software::Powerdns => format!("rec_control clear-nta {zone}"),
        Software::Bind | Software::Knot => return None,
    };
    let until = until.to_string();
    let (date, time) = until.split_once('T')?;
    let time = time.get(..8)?;
    Some(format!(
        "systemd-run --on-calendar='{date} {time} UTC' {remove}"
    ))
}

/// Lua that takes a zone out of Knot Resolver's list.
fn without(zone: &str) -> String {
    format!(
        "local t = {{}} for _, n in ipairs(trust_anchors.insecure or {{}}) do \
         if n ~= '{zone}' then table.insert(t, n) end end trust_anchors.set_insecure(t)"
    )
}
