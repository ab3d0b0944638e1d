//! Answers that are meant to differ from the public tree: a resolver's own, and private views.

use super::judge::Judge;
use crate::exchange::Vantage;
use crate::message::{Message, Name, Rrset, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Extended DNS Errors by which a resolver says that the answer is its own: forged, blocked,
/// censored, filtered, prohibited, a negative trust anchor (RFC 8914 §4 and its registry).
const OWN_ANSWER: [u16; 6] = [4, 15, 16, 17, 18, 33];

/// Who gives names other content than the public tree does, and does so openly.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Private {
    /// The resolver answers itself: by a response policy, local data or DNS64.
    Resolver,
    /// A server that no delegation names answers for this zone: it is private, or an internal
    /// view of a public one.
    Zone {
        /// The zone.
        zone: Name,
        /// The server.
        server: IpAddr,
    },
}

impl Judge<'_> {
    /// Whose answer it is that lacks what `zone` would have to give for `owner`; nothing if it
    /// can only be that zone's.
    pub(super) fn private(&self, owner: &Name, zone: &Name, lies_in_zone: bool) -> Option<Private> {
        if !self.exchange.standing.may_accuse() {
            return None;
        }
        match self.exchange.vantage {
            Vantage::Downstream => self.told_by_resolver(owner, zone),
            Vantage::Upstream => self.told_by_stranger(owner, zone, lies_in_zone),
        }
    }

    fn told_by_resolver(&self, owner: &Name, zone: &Name) -> Option<Private> {
        let message = &self.exchange.message;
        let errors = message.edns.iter().flat_map(|edns| &edns.errors);
        let says_own = errors
            .map(|error| error.code)
            .any(|code| OWN_ANSWER.contains(&code));
        let is_rewritten = message.header.is_authoritative() || message.has_additional_soa;
        if is_rewritten || says_own || self.is_synthesised(owner) {
            return Some(Private::Resolver);
        }
        let resolver = self.exchange.resolver();
        let mut views = owner
            .ancestry()
            .take_while(|step| step.is_at_or_below(zone));
        views.find_map(|zone| {
            let server = self.seen.private_view(resolver, &zone)?;
            Some(Private::Zone { zone, server })
        })
    }

    /// Whether the answer's IPv6 addresses are made of IPv4 addresses of the name (DNS64,
    /// RFC 6147): of any, with the well-known prefixes, and of verified ones with all others.
    fn is_synthesised(&self, owner: &Name) -> bool {
        let Some(set) = self.exchange.message.answered(owner, Rtype::AAAA) else {
            return false;
        };
        let known = self.seen.addresses(owner);
        set.records().all(|rdata| {
            let octets = <[u8; 16]>::try_from(rdata);
            octets.map(Ipv6Addr::from).is_ok_and(|address| {
                has_well_known_prefix(address) || known.iter().any(|v4| embeds(address, *v4))
            })
        })
    }

    /// An unsigned answer with AA of a server that is not one of those known to be the zone's.
    fn told_by_stranger(&self, owner: &Name, zone: &Name, lies_in_zone: bool) -> Option<Private> {
        let message = &self.exchange.message;
        let at = self.at();
        let is_strange = message.header.is_authoritative()
            && !message.has_dnssec()
            && self.exchange.dnssec_ok()
            && self.zones.is_fresh(zone, at)
            && self.knows_other_servers(zone);
        if !is_strange {
            return None;
        }
        let apex = claimed_apex(message, owner);
        let zone = match apex {
            Some(apex) => (apex == zone || self.is_denied(apex, at)).then_some(apex),
            None => lies_in_zone.then_some(zone),
        };
        zone.map(|zone| Private::Zone {
            zone: zone.clone(),
            server: self.exchange.server(),
        })
    }

    fn knows_other_servers(&self, zone: &Name) -> bool {
        let trust = self.zones.find(zone);
        trust.is_some_and(|trust| trust.has_servers() && !trust.has_server(self.exchange.server()))
    }

    /// Whether the public tree is known to have no zone of this name.
    fn is_denied(&self, apex: &Name, at: Timestamp) -> bool {
        self.zones
            .find(apex)
            .is_some_and(|trust| trust.is_no_cut(at))
    }
}

/// The zone that an answer about `owner` says it comes from.
fn claimed_apex<'a>(message: &'a Message, owner: &Name) -> Option<&'a Name> {
    let is_apex = |set: &&Rrset| {
        (set.rtype == Rtype::SOA || set.rtype == Rtype::NS) && owner.is_at_or_below(&set.owner)
    };
    message.rrsets().find(is_apex).map(|set| &set.owner)
}

/// The IPv4 addresses of a set.
pub(super) fn addresses(set: &Rrset) -> Box<[Ipv4Addr]> {
    let octets = set
        .records()
        .filter_map(|rdata| <[u8; 4]>::try_from(rdata).ok());
    octets.map(Ipv4Addr::from).collect()
}

/// `64:ff9b::/96` (RFC 6052 §2.1) and `64:ff9b:1::/48` (RFC 8215).
fn has_well_known_prefix(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] | [0x64, 0xff9b, 1, ..]
    )
}

/// Whether an IPv6 address is this IPv4 address behind a prefix of any of the lengths of
/// RFC 6052 §2.2.
fn embeds(address: Ipv6Addr, v4: Ipv4Addr) -> bool {
    let (octets, v4) = (address.octets(), v4.octets());
    // Octet 8 is zero and left out, but for prefixes of 96 bits.
    let numbered = octets.iter().enumerate();
    let rest: Vec<u8> = numbered.filter(|(i, _)| *i != 8).map(|(_, o)| *o).collect();
    let mut split = rest.windows(v4.len()).skip(4).take(5);
    let is_split = octets.get(8) == Some(&0) && split.any(|window| window == v4);
    is_split || octets.ends_with(&v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_addresses_are_found_behind_prefixes_of_all_lengths() {
        let v4 = Ipv4Addr::new(192, 0, 2, 33);
        // RFC 6052 §2.4.
        for address in [
            "2001:db8:c000:221::",
            "2001:db8:1c0:2:21::",
            "2001:db8:122:c000:2:2100::",
            "2001:db8:122:3c0:0:221::",
            "2001:db8:122:344:c0:2:2100::",
            "2001:db8:122:344::192.0.2.33",
        ] {
            assert!(embeds(address.parse().unwrap(), v4), "{address}");
            assert!(!embeds(
                address.parse().unwrap(),
                Ipv4Addr::new(192, 0, 2, 34)
            ));
        }
    }

    #[test]
    fn the_well_known_prefixes_are_those_of_the_rfcs() {
        for (address, expected) in [
            ("64:ff9b::cb00:7150", true),
            ("64:ff9b:1:fffe::192.0.2.33", true),
            ("64:ff9b:2::cb00:7150", false),
            ("2001:db8::cb00:7150", false),
        ] {
            assert_eq!(has_well_known_prefix(address.parse().unwrap()), expected);
        }
    }
}
