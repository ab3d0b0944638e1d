//! What to do next about a resolver, somebody who talks to it, or the sensor itself.

use super::alert::Step;
use super::commands;
use super::incident::Subject;
use super::kind::Kind;
use super::prose::brief;
use super::steps::{Scene, addresses, step};

/// Steps in order of risk, lowest first.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "kinds with a zone have steps of their own"
)]
pub(super) fn steps(scene: &Scene<'_>) -> Vec<Step> {
    match scene.incident.kind {
        Kind::ResolverNotValidating => not_validating(scene),
        Kind::ResolverDisagrees if scene.incident.tally.has_upstream => stripped(scene),
        Kind::ResolverDisagrees => disagrees(scene),
        Kind::ResponseUnsolicited | Kind::ResponseConflict => spoofed(scene),
        Kind::FragmentOverlap => fragments(scene),
        Kind::ClockSkew => clock(),
        Kind::PrivateZone => private(scene),
        Kind::BudgetExceeded => budget(scene),
        Kind::CaptureLoss => loss(),
        _ => vec![step("Look at the messages in the capture".to_owned(), None)],
    }
}

/// The first name that failed, in a sentence.
fn name(scene: &Scene<'_>) -> String {
    let first = scene.incident.tally.names.first();
    first.map_or_else(|| "the name".to_owned(), brief)
}

fn not_validating(scene: &Scene<'_>) -> Vec<Step> {
    let resolver = scene.resolver();
    vec![
        Step {
            command: scene.software.map(commands::list_anchors),
            ..step(
                format!(
                    "See whether {resolver} has a negative anchor for {}, and who set it until when",
                    name(scene)
                ),
                None,
            )
        },
        step(
            format!(
                "See whether {resolver} validates at all: unbound module-config with validator, BIND dnssec-validation auto, Knot Resolver trust_anchors, PowerDNS Recursor dnssec=validate; and that it does not forward to one that does not"
            ),
            None,
        ),
        step(
            format!(
                "Switch validation on at {resolver}, or take the anchor away once the zone verifies"
            ),
            Some("switch it off again"),
        ),
    ]
}

/// What a resolver refuses or hands out wrongly, while its servers are in order.
fn disagrees(scene: &Scene<'_>) -> Vec<Step> {
    let resolver = scene.resolver();
    let first = scene.incident.tally.names.first();
    vec![
        step(
            format!(
                "Compare the clock of {resolver} with a time server, and its trust anchors with those of the sensor"
            ),
            None,
        ),
        Step {
            command: (scene.software.zip(first))
                .and_then(|(software, name)| commands::flush(software, name)),
            ..step(
                format!(
                    "Flush {} from the cache of {resolver} and ask it again",
                    name(scene)
                ),
                None,
            )
        },
        step(
            format!(
                "If it still refuses, read its log about {}: it names the record that it holds for wrong; then flush the zone above as well",
                name(scene)
            ),
            None,
        ),
    ]
}

/// Answers of many zones reach a resolver unsigned.
fn stripped(scene: &Scene<'_>) -> Vec<Step> {
    let resolver = scene.resolver();
    vec![
        step(
            format!(
                "Ask the same servers from {resolver} itself and from a host on another path, with DO set: what comes unsigned here only is stripped on the way"
            ),
            None,
        ),
        step(
            format!(
                "Look for boxes on the path of {resolver} that rewrite DNS: firewalls, inspection, load balancers, a forwarder without DNSSEC"
            ),
            None,
        ),
        step(
            format!("Lead {resolver} round that box; do not switch validation off"),
            Some("lead it through the box again"),
        ),
    ]
}

fn spoofed(scene: &Scene<'_>) -> Vec<Step> {
    let (resolver, tally) = (scene.resolver(), &scene.incident.tally);
    let first = tally.names.first();
    let servers = addresses(tally.servers.listed());
    vec![
        step(
            format!(
                "Compare the responses about {} from {servers} in the capture: TTL of the IP packets, identifiers and time of arrival tell which is forged",
                name(scene)
            ),
            None,
        ),
        Step {
            command: (scene.software.zip(first))
                .and_then(|(software, name)| commands::flush(software, name)),
            ..step(
                format!(
                    "Flush {} from {resolver}: in an unsigned zone the forgery may be in its cache",
                    name(scene)
                ),
                None,
            )
        },
        step(
            format!(
                "See that {resolver} validates, uses random ports, mixed case and cookies, and that only its own clients may ask it"
            ),
            None,
        ),
    ]
}

fn fragments(scene: &Scene<'_>) -> Vec<Step> {
    let (resolver, tally) = (scene.resolver(), &scene.incident.tally);
    vec![
        step(
            format!(
                "Look at the fragments from {} in the capture: the same IP identifier with two different second fragments is a forgery, the same octets twice are a box that repeats",
                addresses(tally.servers.listed())
            ),
            None,
        ),
        step(
            format!(
                "Let {resolver} ask for no more than 1232 octets by UDP, so that answers come whole or by TCP"
            ),
            Some("set the old size again"),
        ),
    ]
}

fn clock() -> Vec<Step> {
    vec![
        step(
            "Compare the sensor's clock with a time server (chronyc tracking, timedatectl), or the capture's times with what its sender says".to_owned(),
            None,
        ),
        step(
            "Set the clock, or shift the capture (editcap -t SECONDS) and read it again; what was told of expired signatures since it went wrong is worth nothing".to_owned(),
            None,
        ),
    ]
}

fn private(scene: &Scene<'_>) -> Vec<Step> {
    let resolver = scene.resolver();
    let Subject::Zone(zone) = &scene.incident.subject else {
        return vec![
            step(
                format!(
                    "See that {resolver} has a response policy, local data or DNS64 that says so"
                ),
                None,
            ),
            step(
                "If it is not meant, take it out there".to_owned(),
                Some("put it back"),
            ),
        ];
    };
    let server = scene.incident.tally.servers.first();
    let server = server.map_or_else(|| "that server".to_owned(), ToString::to_string);
    vec![
        step(
            format!("See whether {resolver} is meant to ask {server} about {zone}"),
            None,
        ),
        step(
            format!("If it is, start sigtap with --negative-anchor {zone}"),
            Some("leave the option out again"),
        ),
        step(
            format!(
                "If it is not, see how {resolver} came to that server: a forward zone, a stub zone, or a forged referral; take that out and flush {zone}"
            ),
            None,
        ),
    ]
}

fn budget(scene: &Scene<'_>) -> Vec<Step> {
    let resolver = scene.resolver();
    let suspect = scene.incident.suspect.as_ref();
    let zone = suspect.map_or_else(|| name(scene), brief);
    vec![
        step(
            format!(
                "See at {resolver} which clients ask for names under {zone}: random names from few clients are an attack on the resolver, one name in mail or web is a trap"
            ),
            None,
        ),
        step(
            format!(
                "See that {resolver} is mended against KeyTrap and the NSEC3 flood (CVE-2023-50387, CVE-2023-50868): unbound 1.19.1, BIND 9.16.48 or 9.18.24, Knot Resolver 5.7.1, PowerDNS Recursor 4.8.6, 4.9.3 or 5.0.2, or later"
            ),
            None,
        ),
        step(
            format!("If it slows down, have it refuse {zone} or the clients that ask"),
            Some("take the block away"),
        ),
    ]
}

fn loss() -> Vec<Step> {
    vec![
        step(
            "Compare the counters in `capture`: kernel_drops ask for a larger buffer or a faster machine, interface_drops for a look at the tap, queue_drops for more workers".to_owned(),
            None,
        ),
        step(
            "Give the capture a larger --buffer, or a narrower --filter; until then hold every absence for possible loss".to_owned(),
            Some("set the old values again"),
        ),
    ]
}
