//! Incidents about trust anchors.

use super::testing::{Sample, at, change, link, name};
use super::*;
use crate::chain::{Reason, VouchedBy};
use crate::message::Rtype;
use crate::watch::{ChangeKind, StaleAnchor};
use serde_json::Value;
use std::net::IpAddr;

const RESOLVER: &str = "192.0.2.53";
const DAY: i64 = 86_400;

/// What is found of a resolver's anchors, or of the sensor's without one.
fn stale(resolver: Option<&str>, signals: usize, spread: i64, seconds: i64) -> Notice {
    let resolver: Option<IpAddr> = resolver.map(|text| text.parse().unwrap());
    Notice::StaleAnchor(Box::new(StaleAnchor {
        resolver,
        trusts: vec![20326],
        lacks: vec![38696],
        signals,
        spread,
        fails: false,
        is_over: false,
        change: crate::watch::Change {
            before: vec!["20326".to_owned()],
            after: vec!["20326 8 valid".to_owned(), "38696 8 valid".to_owned()],
            why: "resolver 192.0.2.53 says that it trusts 20326 only for .".to_owned(),
            ..change(ChangeKind::TrustAnchorStale, ".", seconds)
        },
    }))
}

/// The same, changed.
fn with(notice: Notice, change: impl FnOnce(&mut StaleAnchor)) -> Notice {
    let Notice::StaleAnchor(mut stale) = notice else {
        panic!("{notice:?}");
    };
    change(&mut stale);
    Notice::StaleAnchor(stale)
}

fn incidents() -> Incidents {
    Incidents::new(IncidentConfig::default())
}

fn line(alert: &Alert) -> Value {
    let sensor = Sensor {
        name: "tap".to_owned(),
        drill: false,
        source: Source::CaptureFile("x.pcap".to_owned()),
    };
    serde_json::from_str(&alert_line(alert, &sensor, 0)).unwrap()
}

#[test]
fn a_resolvers_old_anchor_is_medium_whatever_the_number_of_signals() {
    let table = [
        // (signals, days from first to last, confidence)
        (2, 1, 1),
        (3, 0, 1),
        (3, 1, 2),
        (5, 2, 2),
        (5, 3, 3),
        (16, 400, 3),
    ];
    for (signals, days, confidence) in table {
        let notice = stale(Some(RESOLVER), signals, days * DAY, 0);
        let alerts = incidents().noticed(&notice);
        let [alert] = alerts.as_slice() else {
            panic!("{alerts:?}");
        };
        let line = line(alert);
        assert_eq!(
            line["confidence_id"], confidence,
            "{signals} in {days} days"
        );
        assert_eq!(line["severity"], "medium");
        assert_eq!(line["alert"]["cause"], "resolver_fault");
        assert_eq!(line["incident"]["key"], "trust_anchor_stale|192.0.2.53");
        assert_eq!(line["resolver"], RESOLVER);
        assert_eq!(line["dnssec"]["zone"], ".");
        assert_eq!(line["change"]["before"][0], "20326");
        let steps = &line["containment"]["next_steps"];
        assert!(
            steps[1]["do"].as_str().unwrap().contains("38696"),
            "{steps}"
        );
        assert!(
            alert.summary.contains("trusts 20326 only"),
            "{}",
            alert.summary
        );
    }
}

#[test]
fn it_is_told_again_when_it_fails_and_ends_when_the_resolver_has_the_key() {
    let mut incidents = incidents();
    let notice = |seconds| stale(Some(RESOLVER), 3, DAY, seconds);
    assert_eq!(incidents.noticed(&notice(0)).len(), 1);
    let failing = with(notice(3600), |stale| stale.fails = true);
    assert_eq!(incidents.noticed(&failing).len(), 1);
    // Of another zone that it has an anchor for.
    let other = with(notice(4000), |stale| {
        stale.is_over = true;
        stale.change.zone = name("isle.example.");
    });
    assert_eq!(incidents.noticed(&other).len(), 0);
    let renewed = with(notice(7200), |stale| {
        stale.is_over = true;
        stale.change.why = "resolver 192.0.2.53 says that it trusts 38696 for . now".to_owned();
    });
    let alerts = incidents.noticed(&renewed);
    let [alert] = alerts.as_slice() else {
        panic!("{alerts:?}");
    };
    let line = line(alert);
    assert_eq!(line["incident"]["resolution"], "verified");
    assert!(
        alert.summary.starts_with("Over (verified): Resolver"),
        "{}",
        alert.summary
    );
    assert_eq!(incidents.noticed(&renewed).len(), 0, "there is none left");
}

#[test]
fn the_sensors_old_anchors_accuse_neither_zone_nor_resolver() {
    let mut incidents = incidents();
    let alerts = incidents.noticed(&stale(None, 0, 0, 0));
    let [alert] = alerts.as_slice() else {
        panic!("{alerts:?}");
    };
    let first = line(alert);
    assert_eq!(first["alert"]["cause_class"], "sensor");
    assert_eq!(first["incident"]["key"], "trust_anchor_stale|.");
    let sample = Sample::new(".", ".")
        .of(Rtype::DNSKEY)
        .with(|sample| sample.chain = vec![link(".", VouchedBy::Anchor)]);
    let mut told = Vec::new();
    for reason in [Reason::SignatureMissing, Reason::DnskeyMissing] {
        told.extend(incidents.judged(&sample.clone().at(1).bogus(reason)));
        told.extend(incidents.judged(&sample.clone().at(2).downstream().bogus(reason)));
    }
    told.extend(incidents.finish(at(200)));
    let keys: Vec<String> = told
        .iter()
        .map(|alert| alert.incident.clone().unwrap().key)
        .collect();
    assert!(
        keys.iter().all(|key| key == "trust_anchor_stale|."),
        "{keys:?}"
    );
}

#[test]
fn keys_that_fail_after_a_change_outside_rfc_5011_are_told_with_it() {
    let mut incidents = incidents();
    let outside = change(ChangeKind::TrustAnchorChanged, ".", 0);
    let alerts = incidents.changed(&outside);
    assert_eq!(line(&alerts[0])["severity"], "critical");
    let sample = Sample::new(".", ".").of(Rtype::DNSKEY);
    let mut told = incidents.judged(&sample.at(1).bogus(Reason::DnskeyMissing));
    told.extend(incidents.finish(at(200)));
    let is_new = |alert: &&Alert| alert.kind != Kind::TrustAnchorChanged;
    assert_eq!(told.iter().filter(is_new).count(), 0, "{told:?}");
    // An unsigned answer is another matter.
    let stripped = Sample::new("test.", ".").unsigned().at(300);
    let told = incidents.judged(&stripped.bogus(Reason::SignatureMissing));
    assert_eq!(told[0].kind, Kind::SignatureMissing);
}

#[test]
fn what_a_resolver_refuses_for_want_of_the_key_is_told_with_it() {
    for (fails, expected) in [(true, "trust_anchor_stale"), (false, "resolver_disagrees")] {
        let mut incidents = incidents();
        let resolver = "198.51.100.7";
        let found = with(stale(Some(resolver), 3, DAY, 0), |stale| {
            stale.fails = fails;
        });
        incidents.noticed(&found);
        let good = Sample::new("www.bank.example.", "bank.example.");
        let mut told = incidents.judged(&good.clone().at(1).secure());
        let refusal = good
            .downstream()
            .with(|sample| "bogus".clone_into(&mut sample.extra_text));
        for seconds in [2, 3] {
            let exchange = refusal.clone().at(seconds).exchange();
            told.extend(incidents.noticed(&Notice::Refusal { exchange }));
        }
        told.extend(incidents.finish(at(200)));
        let is_expected = |alert: &Alert| alert.kind.name() == expected;
        assert!(
            !told.is_empty() && told.iter().all(is_expected),
            "{fails}: {told:?}"
        );
    }
}

#[test]
fn nobody_is_blamed_for_refusing_what_hangs_on_a_changed_anchor() {
    let mut incidents = incidents();
    incidents.changed(&change(ChangeKind::TrustAnchorChanged, ".", 0));
    let good = Sample::new("www.bank.example.", "bank.example.");
    let mut told = incidents.judged(&good.clone().at(1).secure());
    let refusal = good
        .downstream()
        .with(|sample| "bogus".clone_into(&mut sample.extra_text));
    for seconds in [2, 3] {
        let exchange = refusal.clone().at(seconds).exchange();
        told.extend(incidents.noticed(&Notice::Refusal { exchange }));
    }
    told.extend(incidents.finish(at(200)));
    assert!(
        told.iter()
            .all(|alert| alert.kind == Kind::TrustAnchorChanged),
        "{told:?}"
    );
}
