//! Commands for the software that the portfolio names for a resolver, and whom it says to call.

use super::prose::{clip, typed};
use crate::message::Name;
use crate::portfolio::{Portfolio, Software};
use std::net::IpAddr;

/// Characters of a contact that a step shows.
const CONTACT: usize = 120;

/// The command that makes a resolver forget a name; nothing if its software is not told, or for
/// names that no operator types.
pub(super) fn flush(
    portfolio: &Portfolio,
    resolver: Option<&IpAddr>,
    name: &Name,
) -> Option<String> {
    let software = portfolio.resolver(resolver?)?.software?;
    let name = typed(name)?;
    Some(match software {
        Software::Unbound => format!("unbound-control flush {name}"),
        Software::Bind => format!("rndc flushname {name}"),
        Software::Knot => format!("cache.clear('{name}')"),
        Software::Powerdns => format!("rec_control wipe-cache {name}"),
    })
}

/// The command that has a resolver take a zone for insecure (RFC 7646), under the same terms.
pub(super) fn except(
    portfolio: &Portfolio,
    resolver: Option<&IpAddr>,
    zone: &Name,
) -> Option<String> {
    let software = portfolio.resolver(resolver?)?.software?;
    let zone = typed(zone)?;
    Some(set_anchor(software, &zone))
}

/// The lines that set a negative anchor for a zone and take it away; nothing for names that no
/// operator types.
pub fn negative_anchor_commands(software: Software, zone: &Name) -> Option<(String, String)> {
    let zone = typed(zone)?;
    Some((set_anchor(software, &zone), remove_anchor(software, &zone)))
}

/// The line that sets a negative anchor.
pub(super) fn set_anchor(software: Software, zone: &str) -> String {
    match software {
        Software::Unbound => format!("unbound-control insecure_add {zone}"),
        Software::Bind => format!("rndc nta -lifetime 86400 {zone}"),
        // The call replaces the whole list, so what the operator has there is kept.
        Software::Knot => format!(
            "local t = trust_anchors.insecure or {{}} table.insert(t, '{zone}') \
             trust_anchors.set_insecure(t)"
        ),
        Software::Powerdns => format!("rec_control add-nta {zone}"),
    }
}

/// The line that takes a negative anchor away.
pub(super) fn remove_anchor(software: Software, zone: &str) -> String {
    match software {
        Software::Unbound => format!("unbound-control insecure_remove {zone}"),
        Software::Bind => format!("rndc nta -remove {zone}"),
        Software::Knot => format!(
            "local t = {{}} for _, n in ipairs(trust_anchors.insecure or {{}}) do \
             if n ~= '{zone}' then table.insert(t, n) end end trust_anchors.set_insecure(t)"
        ),
        Software::Powerdns => format!("rec_control clear-nta {zone}"),
    }
}

/// A resolver in a sentence, by its name if it has one.
pub(super) fn called(portfolio: &Portfolio, address: &IpAddr) -> String {
    let known = portfolio.resolver(address);
    known.map_or_else(
        || address.to_string(),
        |known| clip(&known.title(), CONTACT),
    )
}

/// Whom the portfolio says to call, to stand behind a word for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Contacts {
    /// Who answers for the zone.
    pub(super) owner: String,
    /// Who holds its keys; else its owner.
    pub(super) signer: String,
    /// Who has its DS set published; else its owner.
    pub(super) publisher: String,
}

impl Contacts {
    /// Those of a zone.
    pub(super) fn of(portfolio: &Portfolio, zone: Option<&Name>) -> Self {
        let Some(zone) = zone.and_then(|zone| portfolio.zone(zone)) else {
            return Self::default();
        };
        let behind = |contact: Option<&String>| {
            let contact = contact.or(zone.owner.as_ref());
            contact.map_or_else(String::new, |text| format!(" ({})", clip(text, CONTACT)))
        };
        Self {
            owner: behind(None),
            signer: behind(zone.signer.as_ref()),
            publisher: behind(zone.ds_publisher.as_ref()),
        }
    }
}
