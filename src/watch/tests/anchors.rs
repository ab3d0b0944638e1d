//! Trust points as the watch tells of them, and resolvers that signal their anchors (RFC 8145).

use super::super::{Change, Config, StaleAnchor, Watch};
use super::{DAY, HOUR, START, Stage, TTL, after, rrset, zone};
use crate::chain::anchor::{AnchorSight, TrustAnchors, TrustPoints};
use crate::chain::{Fact, KeySet, Shown};
use crate::message::{Dnskey, Rtype, outline};
use crate::packet::{Flow, Transport};
use crate::time::{Timestamp, Ttl};
use std::net::IpAddr;
use std::sync::Arc;

/// An Ed25519 entry point of this letter; revoked if the letter is small.
fn key(letter: char) -> Arc<Dnskey> {
    let revoked = if letter.is_lowercase() { 0x80 } else { 0 };
    let octet = u8::try_from(letter.to_ascii_uppercase()).unwrap();
    let rdata = [&[1, 1 | revoked, 3, 15][..], &[octet; 32]].concat();
    Arc::new(Dnskey::parse(&rdata).unwrap())
}

fn keys(word: &str) -> Vec<Arc<Dnskey>> {
    word.chars().map(key).collect()
}

fn tag(letter: char) -> u16 {
    key(letter).key_tag
}

/// A watched trust point with A as its anchor.
struct Scene {
    watch: Watch,
    points: TrustPoints,
    told: Vec<Change>,
    stale: Vec<StaleAnchor>,
}

impl Scene {
    fn new() -> Self {
        let mut anchors = TrustAnchors::default();
        anchors.add_key(zone(), Dnskey::parse(key('A').rdata()).unwrap());
        Self {
            watch: Watch::new(&Config {
                anchored: vec![zone()],
                ..Config::default()
            }),
            points: TrustPoints::new(anchors),
            told: Vec::new(),
            stale: Vec::new(),
        }
    }

    /// The DNSKEY RRset and its signers, at so many seconds.
    fn keys(&mut self, word: &str, signers: &str, at: i64) -> &mut Self {
        let records = keys(word).iter().map(|key| key.rdata().into()).collect();
        let set = KeySet {
            rrset: rrset(Rtype::DNSKEY, records).unwrap(),
            keys: keys(word),
            signers: keys(signers),
        };
        let sight = AnchorSight {
            time: after(at),
            inception: after(at),
            ttl: Ttl::new(TTL),
            is_first_hand: true,
        };
        let is_vouched = set.signers.iter().any(|key| {
            let points = &self.points;
            points.vouches(&zone(), key, after(at), true)
        });
        let report = self.points.observe(&zone(), &set, sight, is_vouched);
        let Some(report) = report else {
            return self;
        };
        let mut stage = Stage::new();
        stage.at(at);
        let fact = Fact {
            zone: zone(),
            shown: Shown::Anchors(Arc::new(report)),
            signed_by: Some(stage.signed_by(zone(), 'A', at)),
            ttl: Ttl::new(TTL),
            exchange: Arc::new(stage.exchange(Rtype::DNSKEY, false)),
        };
        self.told.extend(self.watch.learnt(&fact));
        self.stale.extend(self.watch.take_stale());
        self
    }

    /// A key tag query that names the keys of a word.
    fn signal(&mut self, from: &str, to: &str, word: &str, at: i64) -> &mut Self {
        let mut tags: Vec<u16> = word.chars().map(tag).collect();
        tags.sort_unstable();
        let tags: Vec<String> = tags.iter().map(|tag| format!("{tag:04x}")).collect();
        let label = format!("_ta-{}", tags.join("-"));
        let name = zone().child(label.as_bytes()).unwrap();
        let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        octets.extend(name.wire());
        octets.extend([0, 10, 0, 1]);
        let flow = Flow {
            source: format!("{from}:4000").parse().unwrap(),
            destination: format!("{to}:53").parse().unwrap(),
            transport: Transport::Udp,
        };
        let time = Timestamp::new(START + at, 0);
        self.watch.asked(time, flow, &outline(&octets).unwrap());
        self.stale.extend(self.watch.take_stale());
        self
    }

    fn resolver(&mut self, word: &str, at: i64) -> &mut Self {
        self.signal(RESOLVER, SERVER, word, at)
    }

    /// What was told of trust anchors: `!` says outside RFC 5011.
    fn changes(&self) -> Vec<String> {
        let short = |change: &Change| {
            let mark = if change.is_expected { "" } else { "!" };
            let mut words = change.why.split([' ', ',']).filter(|word| !word.is_empty());
            let what = words.nth(2).unwrap_or_default();
            format!("{mark}{what}")
        };
        self.told.iter().map(short).collect()
    }

    /// Who was told to have old anchors, and whether it fails.
    fn stale(&self) -> Vec<(Option<IpAddr>, &'static str)> {
        let short = |stale: &StaleAnchor| {
            let word = match (stale.is_over, stale.fails) {
                (true, _) => "over",
                (false, true) => "fails",
                (false, false) => "lacks",
            };
            (stale.resolver, word)
        };
        self.stale.iter().map(short).collect()
    }

    /// B is published on day 0 and accepted on day 30.
    fn rolling() -> Self {
        let mut scene = Self::new();
        scene.keys("A", "A", -DAY);
        scene.keys("AB", "A", 0).keys("AB", "A", 30 * DAY);
        scene
    }
}

const RESOLVER: &str = "192.0.2.53";
const SERVER: &str = "198.51.100.1";

fn resolver(word: &'static str) -> (Option<IpAddr>, &'static str) {
    (Some(RESOLVER.parse().unwrap()), word)
}

#[test]
fn each_step_of_a_right_rollover_is_a_record() {
    let mut scene = Scene::rolling();
    scene
        .keys("AB", "B", 40 * DAY)
        .keys("aB", "aB", 50 * DAY)
        .keys("B", "B", 60 * DAY)
        .keys("B", "B", 90 * DAY);
    assert_eq!(
        scene.changes(),
        ["is", "stayed", "revoked", "revoked"],
        "{:?}",
        scene.told
    );
    let accepted = &scene.told[1];
    assert!(accepted.before[1].contains("pending until"), "{accepted:?}");
    assert!(accepted.after[1].ends_with(" valid"), "{accepted:?}");
    assert_eq!(scene.stale(), []);
}

#[test]
fn what_rfc_5011_does_not_know_is_an_alarm() {
    // The anchor leaves unrevoked.
    let mut scene = Scene::rolling();
    scene.keys("B", "B", 40 * DAY);
    assert_eq!(scene.changes()[2..], ["!left"]);
    assert_eq!(scene.told[2].breaks_at, Some(after(40 * DAY)));
    // It comes back: the way back ends the alarm.
    scene.keys("AB", "AB", 40 * DAY + HOUR);
    assert!(scene.told[3].is_expected && scene.told[3].reverts.is_some());
    // The only anchor revokes itself.
    let mut scene = Scene::new();
    scene.keys("A", "A", 0).keys("a", "a", DAY);
    assert_eq!(scene.changes(), ["!revoked"]);
    // A key in hold-down signs alone.
    let mut scene = Scene::new();
    scene
        .keys("A", "A", 0)
        .keys("AB", "A", DAY)
        .keys("B", "B", 2 * DAY);
    assert_eq!(scene.changes()[1..], ["!RRset"]);
}

#[test]
fn a_resolver_that_lacks_the_accepted_key_is_told_before_it_fails() {
    let mut scene = Scene::rolling();
    scene.resolver("A", 40 * DAY);
    assert_eq!(scene.stale(), [], "one packet is nobody's word");
    scene.resolver("A", 40 * DAY + 1800);
    assert_eq!(scene.stale(), [], "nor are two in an hour");
    scene.resolver("A", 41 * DAY);
    assert_eq!(scene.stale(), [resolver("lacks")]);
    assert_eq!(scene.stale[0].lacks, [tag('B')]);
    assert_eq!(scene.stale[0].signals, 3);
    // The swap.
    scene.keys("AB", "B", 50 * DAY);
    assert_eq!(scene.stale()[1..], [resolver("fails")]);
    assert_eq!(scene.stale[1].change.breaks_at, Some(after(50 * DAY)));
    scene.resolver("AB", 51 * DAY);
    assert_eq!(scene.stale()[2..], [resolver("over")]);
    scene.resolver("AB", 52 * DAY).resolver("AB", 53 * DAY);
    assert_eq!(scene.stale().len(), 3);
}

#[test]
fn a_resolver_in_its_hold_down_is_not_told() {
    let mut scene = Scene::rolling();
    // Up to two refreshes after the sensor accepted the key.
    for minute in 0..119 {
        scene.resolver("A", 30 * DAY + 60 * minute);
    }
    scene.resolver("AB", 30 * DAY + 2 * HOUR);
    assert_eq!(scene.stale(), []);
}

#[test]
fn several_resolvers_behind_one_address_are_not_told() {
    let mut scene = Scene::rolling();
    for day in 40..60 {
        scene
            .resolver("AB", day * DAY)
            .resolver("A", day * DAY + HOUR);
    }
    assert_eq!(scene.stale(), []);
    // When nobody there knows the new key for a week, it is lost.
    for day in 60..70 {
        scene.resolver("A", day * DAY);
    }
    assert!(!scene.stale().is_empty());
}

#[test]
fn a_relay_is_not_told_for_its_clients() {
    let mut scene = Scene::rolling();
    for day in 40..50 {
        let at = day * DAY;
        scene.signal("192.0.2.100", RESOLVER, "A", at);
        scene.resolver("A", at + 1);
    }
    let client: IpAddr = "192.0.2.100".parse().unwrap();
    let others = scene.stale();
    assert!(
        others.iter().all(|(who, _)| *who == Some(client)),
        "{others:?}"
    );
    assert!(!others.is_empty());
}

#[test]
fn old_keys_that_a_resolver_has_forgotten_are_no_lack() {
    let mut scene = Scene::rolling();
    scene.keys("AB", "B", 40 * DAY);
    for day in 41..50 {
        scene.resolver("B", day * DAY);
    }
    // Nor is anything known of a zone whose keys were not seen.
    let mut blind = Scene::new();
    for day in 41..50 {
        blind.resolver("B", day * DAY);
    }
    assert_eq!((scene.stale(), blind.stale()), (vec![], vec![]));
}

#[test]
fn who_was_not_heard_for_a_month_is_not_told() {
    let mut scene = Scene::rolling();
    scene.resolver("A", 10 * DAY).resolver("A", 20 * DAY);
    scene.keys("AB", "B", 60 * DAY);
    assert_eq!(scene.stale(), []);
    scene.resolver("A", 61 * DAY);
    assert_eq!(
        scene.stale(),
        [],
        "and what was said before it had to know is no evidence"
    );
    scene.resolver("A", 62 * DAY);
    assert_eq!(scene.stale(), [resolver("fails")]);
}

#[test]
fn a_resolver_without_the_key_that_signs_is_told_from_a_cold_start() {
    let mut scene = Scene::new();
    scene.keys("AB", "A", 0);
    for hour in [1, 3] {
        scene.resolver("B", hour * HOUR);
    }
    assert_eq!(scene.stale(), [resolver("fails")]);
}

#[test]
fn anchors_of_the_sensor_that_sign_nothing_are_told_until_they_do() {
    let mut scene = Scene::new();
    scene.keys("AB", "B", 0).keys("AB", "B", HOUR);
    assert_eq!(scene.stale(), [(None, "fails"); 2]);
    assert_eq!(scene.changes(), [""; 0]);
    scene.keys("AB", "A", 2 * HOUR);
    assert_eq!(scene.stale()[2..], [(None, "over")]);
    // Revoked before the sensor began: no alarm of the zone's.
    let mut scene = Scene::new();
    scene.keys("aB", "aB", 0);
    assert_eq!(scene.changes(), ["revoked"]);
    assert_eq!(scene.stale(), [(None, "fails")]);
    assert_eq!(scene.stale[0].trusts, [tag('A')]);
}
