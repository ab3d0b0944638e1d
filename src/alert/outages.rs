//! What is told of zones whose servers do not answer, and what to do.

use super::alert::{Alert, Resolution, Step};
use super::commands::Contacts;
use super::incident::{Incident, Subject};
use super::incidents::Incidents;
use super::kind::Kind;
use super::prose::{brief, duration};
use super::steps::step;
use crate::portfolio::Portfolio;
use crate::watch::Outage;

/// The sentence for servers that do not answer.
pub(super) fn sentence(incident: &Incident, resolver: &str) -> String {
    const SERVERS: usize = 5;
    let zone = incident.zone().map_or_else(String::new, brief);
    let Some(outage) = &incident.outage else {
        return format!("{zone}: {}.", incident.kind.signature());
    };
    let first = outage.servers.iter().take(SERVERS).map(ToString::to_string);
    let servers = first.collect::<Vec<_>>().join(", ");
    let more = match outage.servers.len().saturating_sub(SERVERS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "No server of {zone} ({servers}{more}) has answered {resolver} since {}, {} queries in {}, while servers of other zones answer: its servers are down or the path to them is cut. DNSSEC is not the trouble.",
        outage.since,
        outage.tries,
        duration(outage.time.seconds_since(outage.since))
    )
}

/// The sentence for the end of it.
pub(super) fn over(outage: &Outage, resolution: Resolution) -> String {
    let zone = brief(&outage.zone);
    format!(
        "Over ({}): {}, after none had since {}.",
        resolution.name(),
        if resolution == Resolution::Quiet {
            format!("nobody asks the servers of {zone} any more")
        } else {
            format!("a server of {zone} answers again")
        },
        outage.since
    )
}

/// No server of a zone answers.
pub(super) fn steps(incident: &Incident, zone: &str, portfolio: &Portfolio) -> Vec<Step> {
    let Contacts { owner, .. } = Contacts::of(portfolio, incident.zone());
    let servers = incident.tally.servers.listed().iter().take(5);
    let servers: Vec<String> = servers.map(ToString::to_string).collect();
    let servers = servers.join(", ");
    vec![
        step(
            format!(
                "Ask the servers of {zone} ({servers}) from another network: if they answer there, \
                 the path is cut, else they are down"
            ),
            None,
        ),
        step(
            format!("Tell the operator of {zone}{owner}: none of its servers answers"),
            None,
        ),
        step(
            "Leave validation as it is: nothing failed to verify, and a negative anchor does not \
             bring servers back"
                .to_owned(),
            None,
        ),
    ]
}

impl Incidents {
    /// Ends the incident of a zone of which a server answers again.
    pub(super) fn reached(&mut self, outage: &Outage, alerts: &mut Vec<Alert>) {
        let subject = Subject::Zone(outage.zone.clone());
        let incidents = self.open.of_mut(&subject);
        let Some(incident) = incidents.and_then(|kinds| kinds.remove(&Kind::ZoneUnreachable))
        else {
            return;
        };
        self.close(incident, &outage.zone, Resolution::Verified, alerts);
    }
}
