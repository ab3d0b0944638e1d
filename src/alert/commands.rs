//! Commands for the software that the portfolio names for a resolver, and whom it says to call.

use super::prose::{clip, typed};
use crate::message::Name;
use crate::portfolio::{Portfolio, Software};
use std::net::IpAddr;

/// Characters of a contact that a step shows.
const CONTACT: usize = 120;

/// What runs on a resolver, if the portfolio says so.
pub(super) fn software(portfolio: &Portfolio, resolver: Option<&IpAddr>) -> Option<Software> {
    portfolio.resolver(resolver?)?.software
}

/// The command that makes a resolver forget a name; nothing for names that no operator types.
pub(super) fn flush(software: Software, name: &Name) -> Option<String> {
    let name = typed(name)?;
    Some(match software {
        Software::Unbound => format!("unbound-control flush {name}"),
        Software::Bind => format!("rndc flushname {name}"),
        Software::Knot => to_knot(&format!("cache.clear('{name}')")),
        Software::Powerdns => format!("rec_control wipe-cache {name}"),
    })
}

/// The command that makes a resolver forget a zone and what is below it, its DS set included.
pub(super) fn flush_zone(software: Software, zone: &Name) -> Option<String> {
    let name = typed(zone).filter(|_| !zone.is_root())?;
    Some(match software {
        Software::Unbound => format!("unbound-control flush_zone {name}"),
        Software::Bind => format!("rndc flushtree {name}"),
        Software::Knot => to_knot(&format!("cache.clear('{name}')")),
        Software::Powerdns => format!("rec_control wipe-cache {name}$"),
    })
}

/// The commands that make a resolver refuse a zone, and serve it again; nothing where that takes
/// a change of its configuration.
pub(super) fn refuse(software: Software, zone: &Name) -> Option<(String, String)> {
    let name = typed(zone).filter(|_| !zone.is_root())?;
    match software {
        Software::Unbound => Some((
            format!("unbound-control local_zone {name} always_refuse"),
            format!(
                "unbound-control local_zone_remove {name}, and unbound-control flush_zone {name}"
            ),
        )),
        Software::Bind | Software::Knot | Software::Powerdns => None,
    }
}

/// The command that lists the negative anchors of a resolver.
pub(super) fn list_anchors(software: Software) -> String {
    match software {
        Software::Unbound => "unbound-control list_insecure".to_owned(),
        Software::Bind => "rndc nta -dump".to_owned(),
        Software::Knot => to_knot("trust_anchors.summary()"),
        Software::Powerdns => "rec_control get-ntas".to_owned(),
    }
}

/// A line of Lua for each process of Knot Resolver. It holds no double quotes.
pub(super) fn to_knot(lua: &str) -> String {
    format!(
        "for s in /run/knot-resolver/control/*; do echo \"{lua}\" | socat - UNIX-CONNECT:$s; done"
    )
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
