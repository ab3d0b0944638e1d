//! A small internet: zones, their servers, resolvers, and a tap before those.

use super::denial::Denial;
use super::dice::Dice;
use super::frames::Frame;
use super::key::{Key, Role};
use super::records::{Signer, mx_rdata, txt_rdata};
use super::resolver::Resolver;
use super::zone::{Cut, DAY, HOUR, Host, Signing, Ttls, Zone, address_rdata};
use crate::message::{Ds, Name, Rtype};
use crate::signature::{ED25519, P256};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A zone as somebody has it: its owner, or another who serves it as well (`""` is the owner).
pub(super) type Edition = (Name, &'static str);

/// A name server's machine.
#[derive(Default)]
pub(super) struct Server {
    pub(super) editions: Vec<Edition>,
    /// It answers nothing.
    pub(super) is_silent: bool,
}

/// Everything that the tap can see, and the clock.
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) dice: Dice,
    pub(super) signer: Signer,
    pub(super) zones: BTreeMap<Edition, Zone>,
    pub(super) servers: BTreeMap<IpAddr, Server>,
    pub(super) resolvers: Vec<Resolver>,
    pub(super) frames: Vec<Frame>,
    /// Seconds between two questions of clients, on average.
    pub(super) pace: i64,
    /// Which server comes first in what is asked now.
    pub(super) turn: usize,
    tags: Vec<u16>,
    hosts: u16,
}

/// How a zone of the world is made.
pub(super) struct Plan {
    pub(super) denial: Denial,
    /// Nothing for a zone that nobody signs.
    pub(super) algorithm: Option<u8>,
    pub(super) is_v6: bool,
}

/// NSEC and P-256, as most zones are signed.
pub(super) const USUAL: Plan = Plan {
    denial: Denial::Nsec,
    algorithm: Some(P256),
    is_v6: false,
};

/// A name that plays a zone beside the team's.
const NEIGHBOUR: &[u8] = b"drill-neighbour";

/// The bystanders of each drill: names that nobody can own (RFC 2606 §2).
const BYSTANDERS: [(&str, Plan); 5] = [
    ("harbour.example", USUAL),
    (
        "lantern.test",
        Plan {
            denial: Denial::Nsec3 { is_opt_out: false },
            algorithm: Some(ED25519),
            is_v6: false,
        },
    ),
    (
        "orchard.example",
        Plan {
            denial: Denial::Nsec3 { is_opt_out: false },
            is_v6: true,
            ..USUAL
        },
    ),
    ("meadow.test", USUAL),
    (
        "plain.example",
        Plan {
            algorithm: None,
            ..USUAL
        },
    ),
];

impl World {
    /// A world with these zones, healthy, at a moment.
    pub(super) fn new(seed: &str, start: Timestamp, zones: &[Name]) -> Self {
        let mut world = Self {
            now: start,
            dice: Dice::new(seed),
            signer: Signer::default(),
            zones: BTreeMap::new(),
            servers: BTreeMap::new(),
            resolvers: Vec::new(),
            frames: Vec::new(),
            pace: 120,
            turn: 0,
            tags: Vec::new(),
            hosts: 0,
        };
        world.found(&Name::root(), &USUAL);
        let bystanders = BYSTANDERS
            .iter()
            .filter_map(|(name, plan)| Some((Name::parse(name).ok()?, plan)))
            .filter(|(name, _)| {
                !zones
                    .iter()
                    .any(|zone| zone.is_at_or_below(name) || name.is_below(zone))
            });
        let mut all: Vec<_> = zones
            .iter()
            .map(|name| (name.clone(), &USUAL))
            .chain(bystanders)
            .collect();
        // A TLD of the team's needs somebody else in it.
        let tlds: BTreeSet<_> = zones.iter().map(|zone| zone.suffix(1)).collect();
        let is_lonely = |tld: &&Name| {
            !all.iter()
                .any(|(name, _)| name.is_below(tld) && !zones.contains(name))
        };
        let neighbours: Vec<_> = tlds
            .iter()
            .filter(is_lonely)
            .filter_map(|tld| tld.child(NEIGHBOUR))
            .collect();
        all.extend(neighbours.into_iter().map(|name| (name, &USUAL)));
        // Parents first.
        all.sort_by_key(|(name, _)| name.label_count());
        for (name, plan) in all {
            let tld = name.suffix(1);
            if world.zone(&tld).is_none() {
                let plan = Plan {
                    denial: Denial::Nsec3 { is_opt_out: true },
                    ..USUAL
                };
                world.found(&tld, &plan);
            }
            world.found(&name, plan);
        }
        world.settle();
        world
    }

    /// Two resolvers that know the root's key.
    fn settle(&mut self) {
        let anchors = self.root_anchors();
        let hints = self.zone(&Name::root()).map(|root| root.hosts.clone());
        for last in [53, 54] {
            let v4 = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
            let v6 = IpAddr::V6(Ipv6Addr::new(
                0x2001,
                0xdb8,
                0x53,
                0,
                0,
                0,
                0,
                u16::from(last),
            ));
            let hosts = hints.clone().unwrap_or_default();
            let hints = hosts.iter().map(|host| host.address).collect();
            self.resolvers
                .push(Resolver::new([v4, v6], anchors.clone(), hints));
        }
    }

    /// The keys that anchors name.
    pub(super) fn root_anchors(&self) -> Vec<Key> {
        let root = self.zone(&Name::root());
        root.map(|root| root.key_signers.clone())
            .unwrap_or_default()
    }

    pub(super) fn zone(&self, apex: &Name) -> Option<&Zone> {
        self.zones.get(&(apex.clone(), ""))
    }

    /// A zone changes at its owner's, and is signed again.
    pub(super) fn change(&mut self, apex: &Name, change: impl FnOnce(&mut Zone)) {
        self.change_edition(&(apex.clone(), ""), change);
    }

    pub(super) fn change_edition(&mut self, edition: &Edition, change: impl FnOnce(&mut Zone)) {
        let now = self.now.seconds();
        if let Some(zone) = self.zones.get_mut(edition) {
            change(zone);
            zone.sign_again(now);
        }
    }

    /// The parent says something else of a zone.
    pub(super) fn change_cut(&mut self, child: &Name, change: impl FnOnce(&mut Cut)) {
        let parent = self.parent(child);
        self.change(&parent, |zone| {
            change(zone.cuts.entry(child.clone()).or_default());
        });
    }

    /// The parent has these DS records of a zone.
    pub(super) fn publish_ds(&mut self, child: &Name, ds: Vec<Ds>) {
        self.change_cut(child, |cut| cut.ds = ds);
    }

    /// The zone that delegates this one.
    pub(super) fn parent(&self, child: &Name) -> Name {
        let above = child
            .ancestry()
            .skip(1)
            .find(|above| self.zone(above).is_some());
        above.unwrap_or_else(Name::root)
    }

    /// A new key, in a list as zones have them.
    pub(super) fn new_key(&mut self, role: Role, algorithm: u8) -> Vec<Key> {
        Key::new(role, algorithm, &mut self.dice, &mut self.tags)
            .into_iter()
            .collect()
    }

    /// New name servers of a zone, `ns1` and on.
    pub(super) fn new_hosts(&mut self, apex: &Name, label: &str, is_v6: bool) -> Vec<Host> {
        (1..=2)
            .filter_map(|number| {
                let name = apex.child(format!("{label}{number}").as_bytes())?;
                let address = self.new_address(is_v6);
                Some(Host { name, address })
            })
            .collect()
    }

    /// An address out of those for documentation, and past their end out of those for benchmarks.
    pub(super) fn new_address(&mut self, is_v6: bool) -> IpAddr {
        self.hosts += 1;
        let [high, low] = self.hosts.to_be_bytes();
        match self.hosts {
            number if is_v6 => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, number, 0, 0, 0, 0x35)),
            1..=250 => IpAddr::V4(Ipv4Addr::new(198, 51, 100, low)),
            _ => IpAddr::V4(Ipv4Addr::new(198, 18, high, low)),
        }
    }

    /// Servers hand out an edition of a zone.
    pub(super) fn serve(&mut self, hosts: &[Host], edition: &Edition) {
        for host in hosts {
            let server = self.servers.entry(host.address).or_default();
            server.editions.retain(|(apex, _)| *apex != edition.0);
            server.editions.push(edition.clone());
        }
    }

    /// Another edition of a zone, as it is now.
    pub(super) fn copy(&mut self, apex: &Name, by: &'static str) -> Edition {
        let edition = (apex.clone(), by);
        if let Some(zone) = self.zone(apex).cloned() {
            self.zones.insert(edition.clone(), zone);
        }
        edition
    }

    /// A zone comes to be: keys, servers, data, and its delegation.
    fn found(&mut self, apex: &Name, plan: &Plan) {
        let algorithm = plan.algorithm;
        let keys = |world: &mut Self, role| {
            algorithm
                .map(|algorithm| world.new_key(role, algorithm))
                .unwrap_or_default()
        };
        let key_signers = keys(self, Role::KeySigning);
        let signers = keys(self, Role::ZoneSigning);
        let hosts = self.new_hosts(apex, "ns", plan.is_v6);
        let is_registry = apex.label_count() < 2;
        let since = self.now.seconds() - 2 * HOUR - i64::from(self.dice.short() / 4);
        let mut zone = Zone {
            apex: apex.clone(),
            data: BTreeMap::new(),
            cuts: BTreeMap::new(),
            published: [&key_signers[..], &signers].concat(),
            key_signers,
            signers,
            ttls: TTLS,
            denial: plan.denial,
            signing: Signing {
                since,
                every: DAY,
                lifetime: 14 * DAY,
                stopped: None,
                is_faulty: false,
            },
            serial: u32::try_from(since.rem_euclid(1 << 31)).unwrap_or_default(),
            hosts: hosts.clone(),
        };
        self.furnish(&mut zone, is_registry);
        let ds = zone.ds();
        let edition = (apex.clone(), "");
        self.serve(&hosts, &edition);
        self.zones.insert(edition, zone);
        if !apex.is_root() {
            let parent = (self.parent(apex), "");
            if let Some(parent) = self.zones.get_mut(&parent) {
                // A host of the zone above that became a zone.
                parent.data.retain(|owner, _| !owner.is_at_or_below(apex));
                parent.cuts.insert(apex.clone(), Cut { hosts, ds });
            }
        }
    }

    /// What people look for in a zone.
    fn furnish(&mut self, zone: &mut Zone, is_registry: bool) {
        for host in zone.hosts.clone() {
            let (rtype, rdata) = address_rdata(host.address);
            zone.data
                .entry(host.name)
                .or_default()
                .insert(rtype, vec![rdata]);
        }
        if is_registry {
            return;
        }
        for label in LABELS {
            let (_, rdata) = address_rdata(self.new_web_address());
            zone.data
                .entry(zone.name(label))
                .or_default()
                .insert(Rtype::A, vec![rdata]);
        }
        let alias = zone.name("www").wire().to_vec();
        zone.data
            .entry(zone.name("m"))
            .or_default()
            .insert(Rtype::CNAME, vec![alias]);
        let mail = mx_rdata(&zone.name("mail"));
        let apex = zone.apex.clone();
        let (_, rdata) = address_rdata(self.new_web_address());
        let sets = zone.data.entry(apex).or_default();
        sets.insert(MX, vec![mail]);
        sets.insert(Rtype::A, vec![rdata]);
        sets.insert(Rtype::TXT, vec![txt_rdata("v=spf1 mx -all")]);
        // More than a datagram takes, so that somebody comes back over TCP.
        let keys = (0..5).map(|number| {
            txt_rdata(&format!(
                "v=DKIM1; k=rsa; p={}",
                format!("{number}Jx9").repeat(90)
            ))
        });
        let selector = zone.name("selectors");
        zone.data
            .entry(selector)
            .or_default()
            .insert(Rtype::TXT, keys.collect());
    }

    fn new_web_address(&mut self) -> IpAddr {
        let last = u8::try_from(1 + self.dice.below(250)).unwrap_or(1);
        IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))
    }
}

/// Hosts of a zone that people ask for.
pub(super) const LABELS: [&str; 6] = ["www", "mail", "login", "api", "shop", "intranet"];

/// RFC 1035 §3.3.9.
pub(super) const MX: Rtype = Rtype::new(15);

/// As many registries and owners have them. NS and DS records of a delegation leave caches together.
const TTLS: Ttls = Ttls {
    data: 300,
    keys: 3600,
    ns: 3600,
    ds: 3600,
    negative: 600,
};
