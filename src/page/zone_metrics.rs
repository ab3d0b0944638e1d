//! Figures for Prometheus of what the operator names: zones, resolvers, sinks.

use super::snapshot::Snapshot;
use super::text::Type::{Counter, Gauge};
use super::text::{Seconds, Text};
use crate::chain::ValidationState;

/// States of a zone, as one of which it is told.
const STATES: [ValidationState; 4] = [
    ValidationState::Secure,
    ValidationState::Insecure,
    ValidationState::Bogus,
    ValidationState::Indeterminate,
];

/// The zones of the portfolio.
pub(super) fn zones(text: &mut Text, snapshot: &Snapshot) {
    let zones = &snapshot.zones.first;
    text.single(
        "sigtap_portfolio_zones",
        Gauge,
        "Zones that the portfolio names.",
        snapshot.zones.total,
    );
    let mut states = text.family(
        "sigtap_zone_state",
        Gauge,
        "1 for the state that a zone of the portfolio has by what is known now, 0 for the others.",
    );
    for view in zones {
        let (name, state) = (view.zone.name.to_string(), view.state());
        for known in STATES {
            let labels = [("zone", name.as_str()), ("state", known.name())];
            states.sample(&labels, u8::from(known == state));
        }
    }
    let mut open = text.family(
        "sigtap_zone_open_incidents",
        Gauge,
        "Incidents of a zone of the portfolio that are open.",
    );
    for view in zones {
        open.sample(&[("zone", &view.zone.name.to_string())], view.open.len());
    }
    let mut seen = text.family(
        "sigtap_zone_last_seen_timestamp_seconds",
        Gauge,
        "When something of a zone of the portfolio last passed; absent if nothing ever did.",
    );
    for view in zones {
        if let Some(last) = view.presence.last {
            seen.sample(&[("zone", &view.zone.name.to_string())], Seconds(last));
        }
    }
    let mut expiry = text.family(
        "sigtap_zone_signature_expiry_timestamp_seconds",
        Gauge,
        "When the signature ends that was made last of those that a zone's own servers showed over \
         its keys or its data; absent if none was seen.",
    );
    for view in zones {
        let name = view.zone.name.to_string();
        for (over, ends) in [("keys", view.presence.keys), ("data", view.presence.data)] {
            if let Some(ends) = ends {
                expiry.sample(&[("zone", &name), ("over", over)], Seconds(ends.expiration));
            }
        }
    }
}

/// The resolvers of the portfolio.
pub(super) fn resolvers(text: &mut Text, snapshot: &Snapshot) {
    let mut seen = text.family(
        "sigtap_resolver_last_seen_timestamp_seconds",
        Gauge,
        "When something of a resolver of the portfolio last passed; absent if nothing did.",
    );
    let declared = snapshot.resolvers.iter();
    let declared = declared.filter(|view| view.declared.is_some());
    for view in declared.clone() {
        if let Some(sight) = view.sight {
            let address = view.address.to_string();
            seen.sample(&[("resolver", &address)], Seconds(sight.last));
        }
    }
    let mut authentic = text.family(
        "sigtap_resolver_last_authentic_timestamp_seconds",
        Gauge,
        "When a resolver of the portfolio last told a client that it had validated the answer.",
    );
    for view in declared {
        if let Some(last) = view.sight.and_then(|sight| sight.authentic) {
            let address = view.address.to_string();
            authentic.sample(&[("resolver", &address)], Seconds(last));
        }
    }
}

/// The sinks.
pub(super) fn sinks(text: &mut Text, snapshot: &Snapshot) {
    let sinks = &snapshot.sinks;
    let mut up = text.family(
        "sigtap_sink_up",
        Gauge,
        "Whether what a sink is given gets through.",
    );
    for sink in sinks {
        up.sample(&[("sink", &sink.name)], u8::from(sink.is_up));
    }
    for (name, kind, help, figure) in [
        (
            "sigtap_sink_lines_total",
            Counter,
            "Lines that a sink took.",
            sinks.iter().map(|sink| sink.lines).collect::<Vec<_>>(),
        ),
        (
            "sigtap_sink_refused_lines_total",
            Counter,
            "Lines that a sink did not want, which were put aside.",
            sinks.iter().map(|sink| sink.refused_lines).collect(),
        ),
        (
            "sigtap_sink_spooled_bytes",
            Gauge,
            "Octets of lines that wait on disk for a sink.",
            sinks.iter().map(|sink| sink.spooled_octets).collect(),
        ),
        (
            "sigtap_sink_lost_lines_total",
            Counter,
            "Lines given up since there was no room for them while the sink took none.",
            sinks.iter().map(|sink| sink.lost_lines).collect(),
        ),
    ] {
        let mut family = text.family(name, kind, help);
        for (sink, value) in sinks.iter().zip(figure) {
            family.sample(&[("sink", &sink.name)], value);
        }
    }
}
