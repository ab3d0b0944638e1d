//! What the operators of a zone's servers say of its first DS set, in their own signed zones
//! (RFC 9615).

use super::announcement::Wish;
use super::ds::DsSet;
use super::history::History;
use super::timeline::Proof;
use crate::message::{Name, Rrset, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Signals of one zone that are remembered: of both types, by thirteen servers.
const SIGNALS: usize = 26;

/// Servers that are named in a sentence.
const NAMED: usize = 4;

/// The zone and the server that a signal at this name is about:
/// `_dsboot.ZONE._signal.SERVER` (RFC 9615 §4.1).
pub(super) fn parties(owner: &Name) -> Option<(Name, Name)> {
    let labels: Vec<&[u8]> = owner.labels().collect();
    let (first, rest) = labels.split_first()?;
    let marks = rest.iter().filter(|label| **label == b"_signal");
    // With several marks nobody knows where the zone's name ends.
    if *first != b"_dsboot" || marks.count() != 1 {
        return None;
    }
    let mark = rest.iter().position(|label| *label == b"_signal")?;
    let (zone, server) = (rest.get(..mark)?, rest.get(mark + 1..)?);
    let name = |labels: &[&[u8]]| {
        let mut labels = labels.iter().rev();
        labels.try_fold(Name::root(), |name, label| name.child(label))
    };
    let are_named = !zone.is_empty() && !server.is_empty();
    are_named.then(|| name(zone).zip(name(server))).flatten()
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Signal {
    server: Name,
    rtype: Rtype,
    wish: Wish,
    inception: Timestamp,
    /// The first sight.
    seen: Timestamp,
}

/// The latest signals about a zone, by server and type.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    /// Takes in a verified signal of the operator of this server.
    fn note(&mut self, server: Name, rrset: &Rrset, proof: &Proof<'_>) {
        let Some(wish) = Wish::of(rrset) else { return };
        let (inception, seen) = (proof.sight.inception, proof.sight.time);
        let rtype = rrset.rtype;
        let is_alike = |known: &Signal| known.server == server && known.rtype == rtype;
        if let Some(known) = self.0.iter_mut().find(|known| is_alike(known)) {
            if known.wish == wish {
                known.inception = known.inception.min(inception);
                known.seen = known.seen.min(seen);
                return;
            }
            if known.inception > inception {
                return;
            }
            self.0.retain(|known| !is_alike(known));
        }
        if self.0.len() >= SIGNALS {
            self.0.remove(0);
        }
        self.0.push(Signal {
            server,
            rtype,
            wish,
            inception,
            seen,
        });
    }

    /// Whether the operators of all these servers signalled this DS set, in words: in all that each
    /// of them said, and before the set was signed or first seen.
    fn of(
        &self,
        zone: &Name,
        set: &DsSet,
        servers: &BTreeSet<Name>,
        (signed, shown): (Timestamp, Timestamp),
    ) -> Option<String> {
        // What lies in the zone itself nobody could verify.
        let outside = || servers.iter().filter(|server| !server.is_at_or_below(zone));
        let has_said = |server: &&Name| {
            let mut said = self.0.iter().filter(|known| known.server == **server);
            let is_match = |known: &Signal| {
                let is_before = known.inception <= signed || known.seen <= shown;
                is_before && known.wish.is_met_by(zone, set)
            };
            said.clone().next().is_some() && said.all(is_match)
        };
        let have_all_said = outside().next().is_some() && outside().all(|name| has_said(&name));
        have_all_said.then(|| {
            let mut names: Vec<_> = outside().take(NAMED).map(ToString::to_string).collect();
            if outside().nth(NAMED).is_some() {
                names.push("…".to_owned());
            }
            format!(
                "the operators of its servers announced it in their own signed zones: the same \
                 keys (key tags {}) stand in the _signal domain of {}",
                set.tags(),
                names.join(", ")
            )
        })
    }
}

impl History {
    /// Takes in what the operator of a server says of the zone's first DS set.
    pub(super) fn see_signal(&mut self, server: Name, rrset: &Rrset, proof: &Proof<'_>) {
        self.signals.note(server, rrset, proof);
        self.rejudge(proof);
    }

    /// Which signals announce a first DS set that was signed and first seen at these moments.
    pub(super) fn signalled(&self, set: &DsSet, moments: (Timestamp, Timestamp)) -> Option<String> {
        // Who takes a zone's DS and servers away could sign it anew by his own.
        let was_signed = self.ds.past().any(|old| old.set.is_usable());
        if was_signed && self.servers.stranger().is_some() {
            return None;
        }
        let servers = self.servers.delegation()?.names;
        self.signals.of(&self.zone, set, servers, moments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_signal_tells_the_zone_and_the_server() {
        let table = [
            (
                "_dsboot.example.co.uk._signal.ns1.example.net",
                Some(("example.co.uk", "ns1.example.net")),
            ),
            ("_dsboot.example._signal.ns", Some(("example", "ns"))),
            ("_dsboot._signal.ns1.example.net", None),
            ("_dsboot.example.co.uk._signal", None),
            ("_dsboot.example.co.uk.ns1.example.net", None),
            ("example.co.uk._signal.ns1.example.net", None),
            ("_dsboot.a._signal.b._signal.ns1.example.net", None),
        ];
        for (owner, expected) in table {
            let told = parties(&Name::parse(owner).unwrap());
            let expected = expected
                .map(|(zone, server)| (Name::parse(zone).unwrap(), Name::parse(server).unwrap()));
            assert_eq!(told, expected, "{owner}");
        }
    }
}
