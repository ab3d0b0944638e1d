//! What a portfolio lacks when it is needed.

use super::book::Portfolio;
use super::zone::{Criticality, Expected, Zone};
use crate::message::Name;
use crate::time::Timestamp;
use std::fmt;

/// Something that a portfolio lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gap {
    /// Of which zone.
    pub zone: Name,
    /// What.
    pub kind: GapKind,
}

/// What a portfolio can lack.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GapKind {
    /// Nobody answers for the zone.
    NoOwner,
    /// Nothing says what to do.
    NoRunbook,
    /// Nothing says how its keys roll.
    NoKeyPlan,
    /// A critical zone whose signer cannot be reached.
    NoSignerContact,
    /// A critical zone whose DS publisher cannot be reached.
    NoPublisherContact,
    /// The window of a declared change is over.
    WindowOver {
        /// The change.
        ticket: String,
        /// When it ended.
        until: Timestamp,
    },
}

impl GapKind {
    /// As machines read it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoOwner => "no_owner",
            Self::NoRunbook => "no_runbook",
            Self::NoKeyPlan => "no_key_plan",
            Self::NoSignerContact => "no_signer_contact",
            Self::NoPublisherContact => "no_ds_publisher_contact",
            Self::WindowOver { .. } => "window_over",
        }
    }
}

impl fmt::Display for GapKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOwner => out.write_str("no owner: nobody to call who answers for it"),
            Self::NoRunbook => out.write_str("no runbook: nothing says what to do"),
            Self::NoKeyPlan => out.write_str("no key_plan: nothing says how its keys roll"),
            Self::NoSignerContact => out.write_str(
                "critical, and its signer has no address, telephone number or page: who holds \
                 the keys cannot be reached",
            ),
            Self::NoPublisherContact => out.write_str(
                "critical, and its ds_publisher has no address, telephone number or page: the DS \
                 set cannot be put back",
            ),
            Self::WindowOver { ticket, until } => write!(
                out,
                "the window of {ticket} ended at {until}: move it, or take the change out"
            ),
        }
    }
}

/// What a portfolio lacks at `now`, in canonical order of the zones.
pub fn gaps(portfolio: &Portfolio, now: Timestamp) -> Vec<Gap> {
    let of_zone = |zone: &Zone| {
        let gap = |kind| Gap {
            zone: zone.name.clone(),
            kind,
        };
        gaps_of(zone, now).into_iter().map(gap).collect::<Vec<_>>()
    };
    portfolio.zones().flat_map(|zone| of_zone(zone)).collect()
}

/// What the portfolio lacks of one zone at `now`.
pub fn gaps_of(zone: &Zone, now: Timestamp) -> Vec<GapKind> {
    let is_critical = zone.criticality == Criticality::Critical;
    // Nobody holds the keys of a zone that is to have none.
    let is_signed = zone.expect != Some(Expected::Insecure);
    let table = [
        (zone.owner.is_none(), GapKind::NoOwner),
        (zone.runbook.is_none(), GapKind::NoRunbook),
        (is_signed && zone.key_plan.is_none(), GapKind::NoKeyPlan),
        (
            is_critical && is_signed && !has_contact(zone.signer.as_deref()),
            GapKind::NoSignerContact,
        ),
        (
            is_critical && is_signed && !has_contact(zone.ds_publisher.as_deref()),
            GapKind::NoPublisherContact,
        ),
    ];
    let lacking = table
        .into_iter()
        .filter_map(|(lacks, kind)| lacks.then_some(kind));
    let over = zone.plans.iter().filter(|plan| plan.until < now);
    let over = over.map(|plan| GapKind::WindowOver {
        ticket: plan.ticket.clone(),
        until: plan.until,
    });
    lacking.chain(over).collect()
}

/// Whether a text tells how to reach somebody: a mail address, a telephone number, or a page.
fn has_contact(text: Option<&str>) -> bool {
    const NUMBER: usize = 6;
    text.is_some_and(|text| {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_mail = text.split_once('@').is_some_and(|(name, host)| {
            name.ends_with(|last: char| last.is_alphanumeric())
                && host.starts_with(|first: char| first.is_alphanumeric())
        });
        is_mail || text.contains("://") || digits >= NUMBER
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let now = Timestamp::parse("2026-11-24T00:00:00Z").unwrap();
        let portfolio = Portfolio::parse(text).unwrap();
        let gaps = gaps(&portfolio, now).into_iter();
        gaps.map(|gap| format!("{} {}", gap.zone, gap.kind.name()))
            .collect()
    }

    #[test]
    fn gaps_are_what_an_incident_would_miss() {
        let full = "owner = 'a'\nrunbook = 'b'\nkey_plan = 'c'\n";
        let window = |until: &str| {
            format!(
                "[[zone.change]]\nticket = 'T'\nfrom = 2026-01-01T00:00:00Z\nuntil = {until}\n\
                 ds_after = []\n"
            )
        };
        let table = [
            (full.to_owned(), vec![]),
            (
                String::new(),
                vec!["z. no_owner", "z. no_runbook", "z. no_key_plan"],
            ),
            (
                "expect = 'insecure'".to_owned(),
                vec!["z. no_owner", "z. no_runbook"],
            ),
            (
                format!("{full}criticality = 'critical'\nsigner = 'Provider A'"),
                vec!["z. no_signer_contact", "z. no_ds_publisher_contact"],
            ),
            (
                format!(
                    "{full}criticality = 'critical'\nsigner = 'A <noc@a.example>'\n\
                     ds_publisher = 'B, +49 30 123456'"
                ),
                vec![],
            ),
            (
                format!("{full}{}", window("2026-11-23T00:00:00Z")),
                vec!["z. window_over"],
            ),
            (format!("{full}{}", window("2026-11-24T00:00:00Z")), vec![]),
        ];
        for (rest, expected) in table {
            let text = format!("[[zone]]\nname = 'z'\n{rest}");
            assert_eq!(found(&text), expected, "{text}");
        }
    }
}
