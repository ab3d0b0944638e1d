//! Whole lives of incidents, told line by line.

use super::testing::{Sample, at, change, link, name};
use super::*;
use crate::chain::{Private, Reason, Verdict, VouchedBy};
use crate::exchange::Standing;
use crate::message::Rtype;
use crate::watch::{ChangeKind, Outage, Rule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What tests look at of an alert.
fn told(
    alert: &Alert,
) -> (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
) {
    let incident = alert.incident.as_ref();
    (
        alert.kind.name(),
        incident.map_or("recorded", |incident| incident.status.name()),
        alert.cause.name(),
        alert.severity.name(),
        incident.map_or("-", |incident| incident.scope.name()),
    )
}

fn sensor() -> Sensor {
    Sensor {
        name: "tap".to_owned(),
        drill: false,
        source: Source::CaptureFile("x.pcap".to_owned()),
    }
}

/// The lines that verdicts give, the last words at the end of input included.
fn lives(verdicts: &[Verdict]) -> Vec<Alert> {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut alerts = Vec::new();
    for verdict in verdicts {
        alerts.extend(incidents.judged(verdict));
    }
    let end = verdicts.iter().map(|verdict| verdict.decided_at).max();
    alerts.extend(incidents.finish(end.unwrap_or_default()));
    alerts
}

/// The state in which each incident is left.
fn ends(verdicts: &[Verdict]) -> BTreeMap<String, Alert> {
    let alerts = lives(verdicts);
    alerts
        .into_iter()
        .map(|alert| (alert.incident.clone().unwrap().key, alert))
        .collect()
}

const ZONE: &str = "example.org.";
const SECOND: &str = "203.0.113.54";

fn www() -> Sample {
    Sample::new("www.example.org.", ZONE)
}

fn mail() -> Sample {
    Sample::new("mail.example.org.", ZONE)
}

fn ns() -> Sample {
    Sample::new("ns.example.org.", ZONE)
}

fn keys() -> Sample {
    Sample::new(ZONE, ZONE).of(Rtype::DNSKEY)
}

/// What happened, the verdicts, and the cause, severity and scope that they end with.
type Case = (
    &'static str,
    Vec<Verdict>,
    (&'static str, &'static str, &'static str),
);

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn causes_follow_the_evidence() {
    use Reason::*;
    let expired = |sample: Sample| sample.with(|sample| sample.span = (-864_000, -432_000));
    let early = |sample: Sample| sample.with(|sample| sample.span = (432_000, 864_000));
    let other_key = |sample: Sample| sample.with(|sample| sample.key_tag = 1);
    let negative = |sample: Sample| sample.with(|sample| sample.is_negative = true);
    #[rustfmt::skip]
    let table: Vec<Case> = vec![
        ("one answer is altered, another server gives the true one before",
            vec![www().from(SECOND).secure(), www().at(40).bogus(SignatureInvalid)], ("tampering", "high", "server")),
        ("one answer is altered, the retry gives the true one",
            vec![keys().secure(), www().at(1).bogus(SignatureInvalid), www().from(SECOND).at(2).secure()], ("tampering", "high", "server")),
        ("one answer is altered, other data of that server verifies",
            vec![keys().secure(), www().at(1).bogus(SignatureInvalid), mail().at(2).secure()], ("tampering", "high", "rrset")),
        ("one answer fails and nothing else passed",
            vec![www().bogus(SignatureInvalid)], ("unknown", "high", "rrset")),
        ("all names fail at all servers under keys that verify",
            vec![keys().secure(), www().at(1).bogus(SignatureInvalid), mail().from(SECOND).at(2).bogus(SignatureInvalid), keys().from(SECOND).at(3).secure()], ("signing_outage", "high", "zone")),
        ("all names failed, and verify since a repair",
            vec![www().bogus(SignatureInvalid), mail().at(90).bogus(SignatureInvalid), www().at(100).secure(), mail().at(101).secure()], ("signing_outage", "high", "zone")),
        ("two answers are altered among true ones of the same server",
            vec![www().bogus(SignatureInvalid), www().at(1).secure(), mail().at(2).bogus(SignatureInvalid), mail().at(3).secure()], ("tampering", "high", "zone")),
        ("all names fail at one server, another is in order",
            vec![www().bogus(SignatureInvalid), mail().at(1).bogus(SignatureInvalid), ns().at(2).bogus(SignatureInvalid), www().from(SECOND).at(3).secure()], ("signing_outage", "medium", "server")),
        ("signatures ran out everywhere",
            vec![expired(www()).bogus(SignatureExpired), expired(mail()).from(SECOND).at(1).bogus(SignatureExpired)], ("expired_signatures", "high", "zone")),
        ("signatures ran out at one server",
            vec![www().from(SECOND).secure(), expired(www()).at(1).bogus(SignatureExpired), expired(mail()).at(1).bogus(SignatureExpired)], ("expired_signatures", "medium", "server")),
        ("an old answer follows a newer one from the same server",
            vec![www().secure(), expired(www()).at(9).bogus(SignatureExpired)], ("expired_signatures", "high", "rrset")),
        ("a key set without match between two that verify",
            vec![keys().unsigned().bogus(DnskeyMissing), keys().at(1).secure(), keys().at(2).unsigned().bogus(DnskeyMissing)], ("tampering", "high", "zone")),
        ("a key set without match, repaired at once",
            vec![keys().unsigned().bogus(DnskeyMissing), keys().at(1).secure()], ("ds_mismatch", "high", "zone")),
        ("a signature ran out a minute ago, which resolvers overlook",
            vec![keys().secure(), www().with(|sample| sample.span = (-864_000, -60)).bogus(SignatureExpired)], ("expired_signatures", "medium", "rrset")),
        ("the signer's clock is ahead",
            vec![keys().secure(), early(www()).at(1).bogus(SignatureNotYetValid)], ("expired_signatures", "high", "rrset")),
        ("the zone changed to a key that it does not publish",
            vec![www().secure(), www().from(SECOND).at(1).secure(), other_key(www()).at(60).bogus(DnskeyMissing), keys().from(SECOND).at(61).secure(), other_key(www()).from(SECOND).at(62).bogus(DnskeyMissing), other_key(mail()).at(63).bogus(DnskeyMissing)], ("rollover_error", "high", "zone")),
        ("a foreign key signs one answer, the retry gives the true one",
            vec![keys().secure(), other_key(www()).at(1).bogus(DnskeyMissing), www().at(2).secure()], ("tampering", "high", "rrset")),
        ("no key matches the DS set",
            vec![www().secure(), keys().at(60).bogus(DnskeyMissing), keys().from(SECOND).at(61).bogus(DnskeyMissing)], ("ds_mismatch", "high", "zone")),
        ("unsigned where signed before",
            vec![www().secure(), www().at(60).unsigned().bogus(SignatureMissing), mail().at(61).unsigned().bogus(SignatureMissing)], ("downgrade", "high", "zone")),
        ("unsigned for a while, at all servers",
            vec![www().secure(), www().at(60).unsigned().bogus(SignatureMissing), mail().from(SECOND).at(61).unsigned().bogus(SignatureMissing), www().at(70).secure()], ("downgrade", "high", "zone")),
        ("unsigned at all servers, and without keys",
            vec![www().secure(), www().at(60).unsigned().bogus(SignatureMissing), negative(keys()).from(SECOND).at(61).unsigned().bogus(DenialMissing), mail().from(SECOND).at(62).unsigned().bogus(SignatureMissing)], ("signing_outage", "high", "zone")),
        ("unsigned at all servers for all names, and never again signed",
            vec![www().secure(), www().at(60).unsigned().bogus(SignatureMissing), mail().from(SECOND).at(61).unsigned().bogus(SignatureMissing)], ("signing_outage", "high", "zone")),
        ("resolvers ask upstream with CD set",
            vec![www().with(|sample| sample.checking_disabled = true).bogus(SignatureInvalid)], ("unknown", "high", "rrset")),
        ("what caches hold says nothing of servers",
            vec![www().downstream().secure(), www().at(60).bogus(SignatureInvalid), mail().at(61).bogus(SignatureInvalid)], ("signing_outage", "high", "zone")),
        ("unsigned, and never seen signed",
            vec![www().unsigned().bogus(SignatureMissing), mail().at(1).unsigned().bogus(SignatureMissing)], ("signing_outage", "high", "zone")),
        ("the proof is stripped with all signatures",
            vec![www().secure(), negative(mail()).at(60).unsigned().bogus(DenialMissing)], ("downgrade", "high", "rrset")),
        ("the zone has no proofs, what is there verifies",
            vec![www().secure(), negative(mail()).at(1).bogus(DenialMissing), negative(ns()).at(2).bogus(DenialMissing)], ("signing_outage", "high", "zone")),
        ("the proofs have holes",
            vec![www().secure(), negative(mail()).at(1).bogus(DenialInvalid)], ("signing_outage", "high", "rrset")),
        ("proofs of two names are swapped for a while",
            vec![negative(mail()).secure(), negative(mail()).at(20).bogus(DenialInvalid), negative(ns()).at(21).bogus(DenialInvalid), negative(mail()).at(90).secure()], ("tampering", "high", "zone")),
        ("a proof is swapped, the true one follows",
            vec![negative(mail()).at(1).bogus(DenialInvalid), negative(mail()).at(2).secure()], ("tampering", "high", "rrset")),
        ("the signing key is revoked",
            vec![www().bogus(DnskeyRevoked), mail().at(1).bogus(DnskeyRevoked)], ("rollover_error", "high", "zone")),
    ];
    for (what, verdicts, (cause, severity, scope)) in table {
        let ends = ends(&verdicts);
        // The kind of the last failure is the one that the case is about.
        let end = ends
            .values()
            .max_by_key(|end| end.incident.as_ref().map(|incident| incident.last_seen))
            .unwrap();
        let (kind, status, ..) = told(end);
        let expected = (kind, status, cause, severity, scope);
        assert_eq!(told(end), expected, "{what}: {}", end.summary);
    }
}

#[test]
fn a_new_key_under_which_nothing_verifies_is_a_roll_gone_wrong() {
    let by_new = |sample: Sample| sample.with(|sample| sample.key_tag = 1);
    let fails = |sample: Sample| by_new(sample).bogus(Reason::SignatureInvalid);
    let cause = |has_changed: bool, after: Vec<Verdict>| {
        let mut incidents = Incidents::new(IncidentConfig::default());
        incidents.judged(&www().secure());
        incidents.judged(&www().from(SECOND).secure());
        if has_changed {
            let mut added = change(ChangeKind::DnskeyChanged, ZONE, 1);
            added.is_expected = true;
            incidents.changed(&added);
        }
        let mut lines = Vec::new();
        for verdict in &after {
            lines.extend(incidents.judged(verdict));
        }
        lines.extend(incidents.finish(at(100)));
        lines.last().unwrap().cause
    };
    let wide = || {
        vec![
            fails(www().at(30)),
            fails(mail().from(SECOND).at(31)),
            fails(www().from(SECOND).at(32)),
        ]
    };
    assert_eq!(cause(true, wide()), Cause::RolloverError);
    assert_eq!(cause(true, vec![fails(www().at(30))]), Cause::RolloverError);
    let repaired = [wide(), vec![www().at(60).secure()]].concat();
    assert_eq!(cause(true, repaired), Cause::RolloverError);
    // Another server still has the signatures by the key of before.
    let lagging = vec![
        fails(www().at(30)),
        www().from(SECOND).at(31).secure(),
        fails(mail().at(32)),
    ];
    assert_eq!(cause(true, lagging), Cause::RolloverError);
    // The same server gives the true answer in between: whoever made the other one knows of the
    // new key.
    let forged = vec![
        fails(www().at(30)),
        www().at(31).secure(),
        fails(www().at(32)),
    ];
    assert_eq!(cause(true, forged), Cause::Tampering);
    assert_eq!(cause(false, vec![fails(www().at(30))]), Cause::Tampering);
}

#[test]
fn an_incident_is_opened_updated_and_resolved() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let opened = incidents.judged(&www().bogus(Reason::SignatureInvalid));
    let [opened] = opened.as_slice() else {
        panic!("{opened:?}")
    };
    assert_eq!(
        told(opened),
        ("signature_invalid", "opened", "unknown", "high", "rrset")
    );
    let id = opened.incident.as_ref().unwrap().id.clone();
    assert_eq!(id, opened.event_id);
    // Many more within the minute: no line.
    for second in 1..59 {
        assert!(
            incidents
                .judged(&mail().at(second).bogus(Reason::SignatureInvalid))
                .is_empty()
        );
    }
    let updated = incidents.advance(at(70));
    let [updated] = updated.as_slice() else {
        panic!("{updated:?}")
    };
    assert_eq!(
        told(updated),
        (
            "signature_invalid",
            "updated",
            "signing_outage",
            "high",
            "zone"
        )
    );
    assert_eq!(updated.incident.as_ref().unwrap().count, 59);
    // The zone verifies, for as long as the TTL of 300 s.
    assert!(incidents.judged(&www().at(100).secure()).is_empty());
    assert!(incidents.judged(&www().at(399).secure()).is_empty());
    let resolved = incidents.judged(&www().at(400).secure());
    let [resolved] = resolved.as_slice() else {
        panic!("{resolved:?}")
    };
    let incident = resolved.incident.as_ref().unwrap();
    assert_eq!(incident.status, Status::Resolved(Resolution::Verified));
    assert_eq!(incident.id, id);
    assert_ne!(resolved.event_id, updated.event_id);
    assert_eq!(incidents.counts().open, 0);
    assert!(incidents.finish(at(500)).is_empty());
}

#[test]
fn what_stays_silent_ends_quietly_and_what_is_open_stays_open() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    incidents.judged(&www().bogus(Reason::SignatureInvalid));
    incidents.changed(&change(ChangeKind::DsRemoved, "example.net.", 0));
    assert!(incidents.advance(at(86_300)).is_empty());
    let day = incidents.advance(at(86_400));
    assert_eq!(day.len(), 1);
    let status = day[0].incident.as_ref().unwrap().status;
    assert_eq!(status, Status::Resolved(Resolution::Quiet));
    assert!(incidents.finish(at(90_000)).is_empty());
    assert_eq!(incidents.counts().open, 1);
    let week = incidents.advance(at(7 * 86_400));
    assert_eq!(week[0].kind, Kind::DsRemoved);
}

#[test]
fn only_matched_responses_accuse_a_zone() {
    let stray = |standing| www().with(|sample| sample.standing = standing);
    let table = [
        (Standing::Matched, "signature_invalid|example.org."),
        (Standing::QueriesUnseen, "signature_invalid|example.org."),
        (Standing::Unmatched, "response_unsolicited|198.51.100.7"),
        (Standing::Second, "response_conflict|198.51.100.7"),
    ];
    for (standing, key) in table {
        let ends = ends(&[stray(standing).bogus(Reason::SignatureInvalid)]);
        assert_eq!(ends.keys().collect::<Vec<_>>(), [key], "{standing:?}");
    }
    // A zone that fails anyway: a repeated answer is one more of the same.
    let broken = [
        keys().bogus(Reason::DnskeyMissing),
        keys()
            .with(|sample| sample.standing = Standing::Second)
            .bogus(Reason::DnskeyMissing),
    ];
    assert_eq!(ends(&broken).len(), 1);
}

#[test]
fn a_resolver_answers_for_what_only_it_hands_out() {
    use Reason::*;
    let client = || www().downstream();
    let unchecked = || client().with(|sample| sample.checking_disabled = true);
    let old = |sample: Sample| sample.with(|sample| sample.span = (-864_000, -432_000));
    let late = |sample: Sample| sample.with(|sample| sample.span = (-864_000, -60));
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Verdict>, Vec<&str>)> = vec![
        ("stripped by the resolver", vec![client().unsigned().bogus(SignatureMissing)], vec!["resolver_disagrees|198.51.100.7"]),
        ("an old cache", vec![www().from(SECOND).secure(), old(client()).bogus(SignatureExpired)], vec!["resolver_disagrees|198.51.100.7"]),
        ("an old cache that resolvers overlook", vec![www().from(SECOND).secure(), late(client()).bogus(SignatureExpired)], vec![]),
        ("asked for unchecked", vec![unchecked().unsigned().bogus(SignatureMissing)], vec![]),
        ("bogus at the servers and handed on", vec![www().bogus(SignatureInvalid), client().at(1).bogus(SignatureInvalid)],
            vec!["resolver_not_validating|198.51.100.7", "signature_invalid|example.org."]),
        ("bogus at the servers, asked for unchecked", vec![www().bogus(SignatureMissing), unchecked().at(1).bogus(SignatureMissing)], vec!["signature_missing|example.org."]),
        ("proof of a forgery, seen at the client only", vec![client().bogus(SignatureInvalid)], vec!["signature_invalid|example.org."]),
    ];
    for (what, verdicts, keys) in table {
        assert_eq!(ends(&verdicts).keys().collect::<Vec<_>>(), keys, "{what}");
    }
    let unchecked = ends(&[unchecked().bogus(SignatureInvalid)]);
    let alert = unchecked.values().next().unwrap();
    assert_eq!(
        alert.severity,
        Severity::Medium,
        "a client that checks for itself"
    );
}

#[test]
fn a_broken_parent_is_one_incident() {
    let child = |host: &str, seconds| {
        Sample::new(&format!("www.{host}.example.org."), ZONE)
            .at(seconds)
            .with(|sample| sample.is_broken_link = true)
            .bogus(Reason::DnskeyMissing)
    };
    let ends = ends(&[child("a", 0), child("b", 1), child("c", 2)]);
    assert_eq!(ends.len(), 1);
    let incident = ends["dnskey_missing|example.org."]
        .incident
        .clone()
        .unwrap();
    assert_eq!((incident.names.total, incident.count), (3, 3));
}

#[test]
fn low_confidence_is_never_above_medium() {
    let cut = www().with(|sample| sample.is_incomplete = true);
    let ends = ends(&[cut.bogus(Reason::SignatureInvalid)]);
    let alert = ends.values().next().unwrap();
    assert_eq!(
        (alert.confidence, alert.severity),
        (Confidence::Low, Severity::Medium)
    );
}

#[test]
fn absence_beside_loss_needs_a_second_sight() {
    let lossy = |count: i64| {
        let mut incidents = Incidents::new(IncidentConfig::default());
        let loss = Loss {
            kernel_drops: 5,
            ..Loss::default()
        };
        incidents.noticed(&Notice::CaptureLoss { time: at(0), loss });
        for second in 1..=count {
            incidents.judged(&www().unsigned().at(second).bogus(Reason::SignatureMissing));
        }
        let alerts = incidents.advance(at(120));
        let alert = alerts
            .iter()
            .find(|alert| alert.kind == Kind::SignatureMissing)
            .cloned();
        (alert.map(|alert| alert.confidence), incidents.counts())
    };
    assert_eq!(lossy(1).0, None);
    assert_eq!(lossy(1).1.worst(), Some(Severity::Medium));
    assert_eq!(lossy(2).0, Some(Confidence::Medium));
}

#[test]
fn an_outage_is_doubtful_while_an_interface_is_out() {
    for (is_blind, expected) in [(false, Confidence::Medium), (true, Confidence::Low)] {
        let mut incidents = Incidents::new(IncidentConfig::default());
        incidents.doubt(at(55), is_blind);
        let outage = Outage {
            zone: name("example."),
            time: at(60),
            since: at(0),
            tries: 5,
            servers: vec![[192, 0, 2, 1].into()],
            resolvers: vec![[192, 0, 2, 53].into()],
            is_over: false,
        };
        let mut alerts = incidents.noticed(&Notice::Outage(outage));
        alerts.extend(incidents.finish(at(300)));
        let confidences: Vec<_> = alerts.iter().map(|alert| alert.confidence).collect();
        assert_eq!(confidences, [expected], "{is_blind}");
    }
}

#[test]
fn domains_broken_on_purpose_are_counted_only() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let broken = Sample::new("www.dnssec-failed.org.", "dnssec-failed.org.");
    assert!(
        incidents
            .judged(&broken.bogus(Reason::DnskeyMissing))
            .is_empty()
    );
    let changed = change(ChangeKind::DsReplaced, "dnssec-failed.org.", 1);
    assert!(incidents.changed(&changed).is_empty());
    assert_eq!(incidents.counts().known_bogus, 2);
}

/// A response of a zone whose signatures are not valid yet.
fn out_of_time(zone: &str, server: &str, seconds: i64) -> Verdict {
    Sample::new(&format!("www.{zone}"), zone)
        .from(server)
        .at(seconds)
        .with(|sample| sample.span = (864_000, 1_728_000))
        .bogus(Reason::SignatureNotYetValid)
}

/// Zones under several parents at several servers, all out of time.
fn crowd() -> [Verdict; 6] {
    [
        out_of_time("a.com.", "192.0.2.1", 0),
        out_of_time("b.com.", "192.0.2.2", 1),
        out_of_time("c.org.", "192.0.2.3", 2),
        out_of_time("d.net.", "192.0.2.4", 3),
        out_of_time("e.net.", "192.0.2.5", 4),
        out_of_time("f.se.", "192.0.2.6", 5),
    ]
}

#[test]
fn what_is_no_crowd_is_no_wrong_clock() {
    let changed = |change: fn(&mut Verdict)| {
        let mut crowd = crowd();
        crowd.iter_mut().for_each(change);
        ends(&crowd)
    };
    let one_server = (0..6).map(|index| out_of_time(&format!("z.t{index}."), "192.0.2.1", index));
    assert_eq!(ends(&one_server.collect::<Vec<_>>()).len(), 6);
    let fails_anyway = changed(|verdict| verdict.fails_by_time_only = false);
    assert_eq!(fails_anyway.len(), 6);
    let spoofed = changed(|verdict| {
        let exchange = Arc::make_mut(&mut verdict.exchange);
        exchange.standing = Standing::Unmatched;
    });
    let of_resolver = "response_unsolicited|198.51.100.7";
    assert_eq!(spoofed.keys().collect::<Vec<_>>(), [of_resolver]);
}

#[test]
fn a_crowd_out_of_time_is_the_sensors_clock() {
    let crowd = crowd();
    let alerts = ends(&crowd);
    assert_eq!(alerts.keys().collect::<Vec<_>>(), ["clock_skew"]);
    let alert = &alerts["clock_skew"];
    assert_eq!(told(alert).2, "sensor_clock");
    assert_eq!(alert.incident.as_ref().unwrap().names.total, 6);
    // By such a clock, what is fresh looks old.
    let mut incidents = Incidents::new(IncidentConfig::default());
    for verdict in &crowd {
        incidents.judged(verdict);
    }
    assert!(incidents.changed(&expiring(5, 10)).is_empty());
    // Too few, or of one family: the zones' own.
    assert_eq!(ends(&crowd[..4]).len(), 4);
    let family: Vec<Verdict> = (0..9)
        .map(|index| {
            out_of_time(
                &format!("z{index}.com."),
                &format!("192.0.2.{index}"),
                index,
            )
        })
        .collect();
    assert_eq!(ends(&family).len(), 9);
    // As many that verify in the same minutes: the zones' own, at once.
    let mut healthy: Vec<Verdict> = (0..6)
        .map(|index| {
            let zone = format!("ok{index}.com.");
            Sample::new(&format!("www.{zone}"), &zone).secure()
        })
        .collect();
    healthy.extend_from_slice(&crowd);
    assert_eq!(ends(&healthy).len(), 6);
}

#[test]
fn a_second_answer_of_an_unsigned_zone_is_a_conflict_if_it_differs() {
    let answer = |rtype, standing| {
        let sample = www()
            .unsigned()
            .of(rtype)
            .with(|sample| sample.standing = standing);
        let mut verdict = sample.secure();
        verdict.state = crate::chain::ValidationState::Insecure;
        verdict.reason = Some(Reason::NoDs);
        verdict
    };
    let first = answer(Rtype::A, Standing::Matched);
    let repeated = answer(Rtype::A, Standing::Second);
    assert!(lives(&[first.clone(), repeated.clone()]).is_empty());
    let mut other = repeated;
    let mut exchange = (*other.exchange).clone();
    exchange.message.answer.clear();
    other.exchange = exchange.into();
    let alerts = lives(&[first, other.clone()]);
    assert_eq!(told(&alerts[0]).0, "response_conflict");
    assert_eq!(alerts[0].zone, Some(name(ZONE)));
    assert!(lives(&[other]).is_empty(), "nothing to compare with");
}

#[test]
fn many_zones_stripped_at_one_resolver_are_the_paths_doing() {
    let stripped = |index: i64| {
        let zone = format!("z{index}.tld{}.", index % 4);
        Sample::new(&format!("www.{zone}"), &zone)
            .from(&format!("192.0.2.{index}"))
            .at(index)
            .unsigned()
            .bogus(Reason::SignatureMissing)
    };
    let ends = ends(&(0..50).map(stripped).collect::<Vec<_>>());
    assert_eq!(ends.len(), 5, "{:?}", ends.keys());
    let alert = &ends["resolver_disagrees|198.51.100.7"];
    assert_eq!(
        told(alert),
        (
            "resolver_disagrees",
            "updated",
            "resolver_fault",
            "medium",
            "resolver"
        )
    );
    assert!(
        alert.summary.contains("strips signatures"),
        "{}",
        alert.summary
    );
}

#[test]
fn a_resolver_that_refuses_what_verifies_is_at_fault() {
    let refusal = |sample: &Sample| Notice::Refusal {
        exchange: sample.clone().downstream().exchange(),
    };
    let names = |count: i64| -> Vec<Sample> {
        let sample = |index| {
            let zone = format!("z{}.example.", index % 2);
            Sample::new(&format!("h{index}.{zone}"), &zone).at(index)
        };
        (0..count).map(sample).collect()
    };
    // (what, names, those that verify, those that are broken, an error that blames the data)
    let table = [
        ("several names of several zones", 4, 4, 0, false, true),
        ("too few", 2, 2, 0, false, false),
        (
            "one, with an error that blames the data",
            1,
            1,
            0,
            true,
            true,
        ),
        ("nothing verifies", 9, 0, 0, true, false),
        ("the zones are broken", 4, 4, 4, true, false),
    ];
    for (what, count, verify, broken, blames, expected) in table {
        let mut incidents = Incidents::new(IncidentConfig::default());
        let samples = names(count);
        for (index, sample) in (0..).zip(&samples) {
            let sample = sample.clone().with(|sample| {
                sample.extra_text = if blames {
                    "bogus".to_owned()
                } else {
                    String::new()
                };
            });
            assert!(incidents.noticed(&refusal(&sample)).is_empty());
            if index < broken {
                incidents.judged(&sample.bogus(Reason::SignatureInvalid));
            }
            if index < verify {
                incidents.judged(&sample.secure());
            }
        }
        let alerts = incidents.finish(at(20));
        let alert = alerts
            .iter()
            .find(|alert| alert.kind == Kind::ResolverDisagrees);
        assert_eq!(alert.is_some(), expected, "{what}");
        let cause = alert.map(|alert| (alert.cause, alert.severity));
        assert!(cause.is_none_or(|cause| cause == (Cause::ResolverFault, Severity::Medium)));
    }
}

#[test]
fn a_resolver_whose_servers_did_not_answer_is_not_at_fault() {
    // (seconds from each refusal to the next, and to when its name verifies; whether it counts)
    let table = [
        (1, 0, true),
        (1, 30, false),
        (1, -1, false),
        (700, 0, false),
    ];
    for (apart, later, expected) in table {
        let mut incidents = Incidents::new(IncidentConfig::default());
        for index in 0..4 {
            let zone = format!("z{}.example.", index % 2);
            let seconds = 100 + index * apart;
            let sample = Sample::new(&format!("h{index}.{zone}"), &zone).at(seconds);
            incidents.judged(&sample.clone().at(seconds + later).secure());
            incidents.noticed(&Notice::Refusal {
                exchange: sample.downstream().exchange(),
            });
        }
        let alerts = incidents.finish(at(10_000));
        let is_blamed = alerts
            .iter()
            .any(|alert| alert.kind == Kind::ResolverDisagrees);
        assert_eq!(is_blamed, expected, "{apart} {later}");
    }
}

#[test]
fn a_flood_of_incidents_is_bounded_and_fair() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    incidents.judged(&www().bogus(Reason::SignatureInvalid));
    for index in 0..6000 {
        let zone = format!("z{index}.flood.example.");
        let sample = Sample::new(&zone, &zone).at(1 + index / 100);
        incidents.judged(&sample.bogus(Reason::SignatureInvalid));
    }
    let counts = incidents.counts();
    assert!(counts.open <= 4096 && counts.suppressed > 0);
    assert_eq!(counts.open + counts.suppressed, 6001);
    // The one that was there first is there still.
    let again = incidents.judged(&www().at(200).bogus(Reason::SignatureInvalid));
    assert!(
        again
            .iter()
            .all(|alert| alert.kind != Kind::SignatureInvalid
                || alert.zone != Some(name(ZONE))
                || told(alert).1 == "updated")
    );
}

#[test]
fn work_without_end_is_one_trouble() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut verdict = www().bogus(Reason::SignatureInvalid);
    verdict.state = crate::chain::ValidationState::Indeterminate;
    verdict.reason = Some(Reason::Budget);
    let alerts = incidents.judged(&verdict);
    assert_eq!(told(&alerts[0]).0, "budget_exceeded");
    assert!(incidents.judged(&verdict).is_empty());
}

#[test]
fn the_catalogue_lists_every_kind() {
    let catalogue = include_str!("../../docs/alerts.md");
    for kind in Kind::ALL {
        let row = format!("| {} | `{}` |", kind.number(), kind.name());
        assert!(catalogue.contains(&row), "{row}");
    }
}

#[test]
fn changes_are_alarms_or_records() {
    let planned = |mut change: crate::watch::Change| {
        change.is_expected = true;
        change.rule = Some(Rule::Announced);
        change
    };
    let hijacked = |mut change: crate::watch::Change| {
        change.is_hijack = true;
        change.rule = Some(Rule::Discontinuous);
        change
    };
    let by = |rule, mut change: crate::watch::Change| {
        change.rule = Some(rule);
        change
    };
    let left = |percent, mut change: crate::watch::Change| {
        change.left_percent = Some(percent);
        change
    };
    let bank = |kind| change(kind, "bank.example.", 0);
    #[rustfmt::skip]
    let table = [
        (bank(ChangeKind::DsFirstSeen), ("ds_first_seen", "recorded", "unknown", "informational")),
        (bank(ChangeKind::DsStale), ("ds_stale", "recorded", "unknown", "informational")),
        (planned(bank(ChangeKind::DsWithdrawn)), ("ds_withdrawn", "recorded", "unknown", "informational")),
        (by(Rule::Withdrawn, bank(ChangeKind::DsWithdrawn)), ("ds_withdrawn", "opened", "unknown", "medium")),
        (bank(ChangeKind::DsAdded), ("ds_added", "opened", "unknown", "low")),
        (bank(ChangeKind::DsRemoved), ("ds_removed", "opened", "unknown", "medium")),
        (bank(ChangeKind::DsReplaced), ("ds_replaced", "opened", "unknown", "high")),
        (hijacked(bank(ChangeKind::DsReplaced)), ("ds_replaced", "opened", "registrar_hijack", "critical")),
        (by(Rule::Discontinuous, bank(ChangeKind::DsReplaced)), ("ds_replaced", "opened", "registrar_hijack", "critical")),
        (by(Rule::Flap, bank(ChangeKind::DsRemoved)), ("ds_removed", "opened", "unknown", "high")),
        (bank(ChangeKind::DsMismatch), ("ds_mismatch", "opened", "ds_mismatch", "high")),
        (bank(ChangeKind::ZoneSigned), ("zone_signed", "opened", "unknown", "low")),
        (bank(ChangeKind::NsChanged), ("ns_changed", "opened", "unknown", "low")),
        (bank(ChangeKind::DnskeyChanged), ("dnskey_changed", "opened", "unknown", "medium")),
        (bank(ChangeKind::PrematureStep), ("premature_step", "opened", "rollover_error", "high")),
        (bank(ChangeKind::DnskeyIncomplete), ("premature_step", "opened", "rollover_error", "high")),
        (left(25, planned(bank(ChangeKind::SignatureExpiring))), ("signature_expiring", "recorded", "unknown", "informational")),
        (left(10, bank(ChangeKind::SignatureExpiring)), ("signature_expiring", "opened", "expired_signatures", "medium")),
        (left(5, bank(ChangeKind::SignatureExpiring)), ("signature_expiring", "opened", "expired_signatures", "high")),
        (bank(ChangeKind::TrustAnchorChanged), ("trust_anchor_changed", "opened", "unknown", "critical")),
    ];
    for (change, expected) in table {
        let mut incidents = Incidents::new(IncidentConfig::default());
        let alerts = incidents.changed(&change);
        let [alert] = alerts.as_slice() else {
            panic!("{alerts:?}")
        };
        let (kind, status, cause, severity, _) = told(alert);
        assert_eq!((kind, status, cause, severity), expected);
        assert!(
            incidents.changed(&change).is_empty(),
            "a repeated sight is no line"
        );
    }
}

#[test]
fn what_is_expected_is_a_record_of_whatever_kind() {
    for kind in [
        ChangeKind::DsFirstSeen,
        ChangeKind::DsAdded,
        ChangeKind::DsRemoved,
        ChangeKind::DsReplaced,
        ChangeKind::DsWithdrawn,
        ChangeKind::ZoneSigned,
        ChangeKind::DsStale,
        ChangeKind::DsMismatch,
        ChangeKind::DnskeyChanged,
        ChangeKind::NsChanged,
        ChangeKind::PrematureStep,
        ChangeKind::DnskeyIncomplete,
        ChangeKind::SignatureExpiring,
        ChangeKind::TrustAnchorChanged,
    ] {
        let mut incidents = Incidents::new(IncidentConfig::default());
        let mut expected = change(kind, ZONE, 0);
        expected.is_expected = true;
        let alerts = incidents.changed(&expected);
        assert_eq!(alerts.len(), 1, "{kind:?}");
        assert_eq!(alerts[0].event_type, EventType::Change, "{kind:?}");
        assert_eq!(alerts[0].severity, Severity::Informational, "{kind:?}");
        assert_eq!(incidents.counts().open, 0, "{kind:?}");
    }
}

/// A signature with no more than this left.
fn expiring(percent: u8, seconds: i64) -> crate::watch::Change {
    let mut change = change(ChangeKind::SignatureExpiring, ZONE, seconds);
    change.set = crate::watch::Set::Rrsig;
    change.after.clear();
    change.breaks_at = Some(at(300_000));
    change.left_percent = Some(percent);
    change
}

#[test]
fn signatures_near_their_end_until_the_zone_is_signed_anew() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut lines = incidents.changed(&expiring(10, 0));
    // That data verifies ends nothing: it does until the end.
    lines.extend(incidents.judged(&www().at(3600).secure()));
    lines.extend(incidents.judged(&www().at(90_000).secure()));
    lines.extend(incidents.changed(&expiring(5, 100_000)));
    lines.extend(incidents.changed(&expiring(5, 103_600)));
    let mut over = expiring(5, 110_000);
    (over.is_expected, over.left_percent) = (true, None);
    over.reverts = Some(ChangeKind::SignatureExpiring);
    lines.extend(incidents.changed(&over));
    let lines: Vec<_> = lines.iter().map(told).collect();
    let line = |status, severity| {
        (
            "signature_expiring",
            status,
            "expired_signatures",
            severity,
            "zone",
        )
    };
    assert_eq!(
        lines,
        [
            line("opened", "medium"),
            line("updated", "high"),
            line("resolved", "high"),
            (
                "signature_expiring",
                "recorded",
                "unknown",
                "informational",
                "-"
            ),
        ]
    );
    let alerts = incidents.changed(&expiring(10, 200_000));
    let steps = &alerts[0].containment.next_steps;
    assert!(steps.iter().any(|step| step.action.contains("signed anew")));
    assert!(
        alerts[0].containment.negative_anchor.is_none(),
        "it verifies still"
    );
}

#[test]
fn a_zone_that_will_fail_accuses_no_resolver_yet() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    incidents.changed(&expiring(5, 0));
    let bogus = www().downstream().at(1).bogus(Reason::SignatureInvalid);
    let alerts = incidents.judged(&bogus);
    let kinds: Vec<_> = alerts.iter().map(|alert| alert.kind).collect();
    assert_eq!(kinds, [Kind::SignatureInvalid]);
}

#[test]
fn a_premature_step_ends_with_its_danger() {
    for (is_undone, resolution, words) in [
        (
            false,
            Resolution::Verified,
            "Over (verified): caches have caught up",
        ),
        (
            true,
            Resolution::Reverted,
            "Over (reverted): the step of example.org. that ran ahead",
        ),
    ] {
        let mut incidents = Incidents::new(IncidentConfig::default());
        incidents.changed(&change(ChangeKind::PrematureStep, ZONE, 0));
        let mut over = change(ChangeKind::PrematureStep, ZONE, 0);
        (over.time, over.is_expected, over.is_undone) = (at(3900), true, is_undone);
        over.reverts = Some(ChangeKind::PrematureStep);
        let told = incidents.changed(&over);
        let incident = told[0].incident.as_ref().unwrap();
        assert_eq!(incident.status, Status::Resolved(resolution));
        assert!(told[0].summary.starts_with(words), "{}", told[0].summary);
        // The step was seen once, and the line comes when its danger is over.
        assert_eq!((incident.count, told[0].time), (1, at(3900)));
        assert_eq!(incidents.counts().open, 0);
    }
}

#[test]
fn a_withdrawal_that_was_announced_after_all_is_declared() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut out = change(ChangeKind::DsWithdrawn, ZONE, 0);
    (out.is_hijack, out.rule) = (true, Some(Rule::Discontinuous));
    out.after.clear();
    incidents.changed(&out);
    let mut late = change(ChangeKind::DsWithdrawn, ZONE, 3600);
    late.after.clear();
    (late.is_expected, late.rule) = (true, Some(Rule::Announced));
    late.reverts = Some(ChangeKind::DsWithdrawn);
    let told = incidents.changed(&late);
    let incident = told[0].incident.as_ref().unwrap();
    assert_eq!(incident.status, Status::Resolved(Resolution::Declared));
    assert_eq!(told[1].event_type, EventType::Change);
    assert_eq!(incidents.counts().open, 0);
    // Nor is what fails later a hijack's doing.
    let alerts = incidents.judged(&www().at(3700).bogus(Reason::SignatureMissing));
    assert_ne!(alerts[0].cause, Cause::RegistrarHijack);
}

#[test]
fn the_way_back_ends_the_incident_of_the_way_out() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let out = change(ChangeKind::DsReplaced, ZONE, 0);
    let mut back = change(ChangeKind::DsReplaced, ZONE, 3600);
    (back.before, back.after) = (out.after.clone(), out.before.clone());
    back.rule = Some(Rule::Flap);
    back.reverts = Some(ChangeKind::DsReplaced);
    let opened = incidents.changed(&out);
    let ended = incidents.changed(&back);
    let [ended] = ended.as_slice() else {
        panic!("{ended:?}")
    };
    let incident = ended.incident.as_ref().unwrap();
    assert_eq!(incident.status, Status::Resolved(Resolution::Reverted));
    assert_eq!(incident.id, opened[0].event_id);
    assert_eq!(ended.severity, Severity::High);
    assert_eq!(incidents.counts().open, 0);
}

#[test]
fn a_first_ds_without_keys_is_no_way_back() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut signed = change(ChangeKind::ZoneSigned, ZONE, 0);
    signed.before.clear();
    // The DS set names no key, for there is none.
    let mut mismatch = change(ChangeKind::DsMismatch, ZONE, 1);
    (mismatch.before, mismatch.after) = (signed.after.clone(), Vec::new());
    incidents.changed(&signed);
    let alerts = incidents.changed(&mismatch);
    let lines: Vec<_> = alerts.iter().map(told).collect();
    assert_eq!(
        lines,
        [("ds_mismatch", "opened", "ds_mismatch", "high", "zone")]
    );
    assert_eq!(incidents.counts().open, 2);
}

#[test]
fn an_old_set_out_of_a_cache_ends_no_incident() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut out = change(ChangeKind::DsReplaced, ZONE, 0);
    out.is_hijack = true;
    let mut stale = change(ChangeKind::DsStale, ZONE, 10);
    (stale.before, stale.after) = (out.after.clone(), out.before.clone());
    stale.is_expected = true;
    incidents.changed(&out);
    let alerts = incidents.changed(&stale);
    assert!(alerts.iter().all(|alert| alert.kind == Kind::DsStale));
    assert_eq!(incidents.counts().open, 1);
}

#[test]
fn a_zone_that_leaves_again_is_told_of_though_its_first_ds_is_over() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut signed = change(ChangeKind::ZoneSigned, ZONE, 0);
    signed.before.clear();
    let mut withdrawn = change(ChangeKind::DsWithdrawn, ZONE, 3600);
    (withdrawn.before, withdrawn.after) = (signed.after.clone(), Vec::new());
    incidents.changed(&signed);
    let alerts = incidents.changed(&withdrawn);
    let lines: Vec<_> = alerts.iter().map(told).collect();
    assert_eq!(
        lines,
        [
            ("zone_signed", "resolved", "unknown", "low", "zone"),
            ("ds_withdrawn", "opened", "unknown", "medium", "zone"),
        ]
    );
}

#[test]
fn a_resolver_that_refuses_what_an_incident_explains_is_not_at_fault() {
    let blamed = |sample: Sample, step: Option<crate::watch::Change>| {
        let mut incidents = Incidents::new(IncidentConfig::default());
        incidents.judged(&sample.secure());
        if let Some(step) = step {
            incidents.changed(&step);
        }
        let refusal = www()
            .at(2)
            .with(|sample| sample.extra_text = "bogus".to_owned());
        incidents.noticed(&Notice::Refusal {
            exchange: refusal.downstream().exchange(),
        });
        let alerts = incidents.finish(at(20));
        let mut kinds = alerts.iter().map(|alert| alert.kind);
        kinds.any(|kind| kind == Kind::ResolverDisagrees)
    };
    let mut hijack = change(ChangeKind::DsReplaced, ZONE, 1);
    hijack.is_hijack = true;
    assert!(blamed(www(), None));
    let premature = change(ChangeKind::PrematureStep, ZONE, 1);
    assert!(!blamed(www(), Some(premature)));
    assert!(!blamed(www(), Some(hijack)));
    let alias = www().of(Rtype::CNAME);
    assert!(
        !blamed(alias, None),
        "it leads into a zone that may be broken"
    );
}

#[test]
fn one_cause_is_one_incident() {
    let failure = || keys().bogus(Reason::DnskeyMissing);
    // The first failing link waits a second for what tells its cause.
    let mut incidents = Incidents::new(IncidentConfig::default());
    assert!(incidents.judged(&failure()).is_empty());
    let mismatch = incidents.changed(&change(ChangeKind::DsMismatch, ZONE, 0));
    assert_eq!(mismatch[0].kind, Kind::DsMismatch);
    incidents.judged(&failure());
    let end = incidents.finish(at(10));
    assert_eq!(incidents.counts().open, 1, "{end:#?}");
    assert_eq!(incidents.counts().incidents.len(), 1);
    // Without a cause it is told for itself when the second is over.
    let mut incidents = Incidents::new(IncidentConfig::default());
    assert!(incidents.judged(&failure()).is_empty());
    let told = incidents.advance(at(1));
    assert_eq!(told[0].kind, Kind::DnskeyMissing);
}

#[test]
fn changes_are_told_by_what_else_changed() {
    let mismatch = |others: &[ChangeKind]| {
        let mut incidents = Incidents::new(IncidentConfig::default());
        for kind in others {
            let mut other = change(*kind, ZONE, 0);
            other.is_expected = *kind == ChangeKind::DsReplaced;
            incidents.changed(&other);
        }
        told(&incidents.changed(&change(ChangeKind::DsMismatch, ZONE, 1))[0]).2
    };
    assert_eq!(mismatch(&[]), "ds_mismatch");
    assert_eq!(mismatch(&[ChangeKind::DnskeyChanged]), "ds_mismatch");
    assert_eq!(mismatch(&[ChangeKind::DsReplaced]), "rollover_error");
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut hijack = change(ChangeKind::DsReplaced, ZONE, 0);
    hijack.is_hijack = true;
    incidents.changed(&hijack);
    let servers = incidents.changed(&change(ChangeKind::NsChanged, ZONE, 0));
    assert!(
        servers.is_empty(),
        "the hijack's own incident tells of them"
    );
}

#[test]
fn what_fails_after_a_hijack_is_its_work() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    incidents.judged(&www().bogus(Reason::SignatureInvalid));
    let mut hijack = change(ChangeKind::DsReplaced, ZONE, 5);
    hijack.is_hijack = true;
    incidents.changed(&hijack);
    let alerts = incidents.finish(at(10));
    let [alert] = alerts.as_slice() else {
        panic!("{alerts:?}")
    };
    assert_eq!(told(alert).2, "registrar_hijack");
}

#[test]
fn the_sensors_troubles_are_one_incident_each() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let overlap = |seconds| Notice::FragmentOverlap {
        time: at(seconds),
        frame: crate::capture::FrameNumber::new(7),
        source: "203.0.113.9".parse().unwrap(),
        destination: "198.51.100.7".parse().unwrap(),
    };
    let loss = |lost| Notice::CaptureLoss {
        time: at(1),
        loss: Loss {
            queue_drops: lost,
            ..Loss::default()
        },
    };
    let budget = Notice::BudgetExceeded {
        time: at(2),
        zone: Some(name("trap.example.")),
    };
    let conflict = Notice::ResponseConflict {
        exchange: www().at(3).exchange(),
    };
    let mut keys = Vec::new();
    for notice in [
        overlap(0),
        overlap(1),
        loss(0),
        loss(3),
        loss(1),
        budget,
        conflict,
    ] {
        for alert in incidents.noticed(&notice) {
            assert!(!alert.summary.is_empty());
            keys.push(alert.incident.unwrap().key);
        }
    }
    let expected = [
        "fragment_overlap",
        "capture_loss",
        "budget_exceeded",
        "response_conflict|198.51.100.7",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn private_views_are_one_incident_each_and_own_answers_one_of_their_resolver() {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut told = Vec::new();
    for (seconds, owner) in [(0, "a.corp."), (1, "b.corp."), (2, "a.corp.")] {
        let (zone, server) = (name("corp."), "10.0.0.1".parse().unwrap());
        let view = Private::Zone { zone, server };
        let sample = Sample::new(owner, ".").from("10.0.0.1");
        let sample = sample.unsigned().at(seconds);
        told.extend(incidents.judged(&sample.private(view)));
        let own = Sample::new("www.blocked.example.", "blocked.example.");
        let own = own.unsigned().downstream().at(seconds);
        told.extend(incidents.judged(&own.private(Private::Resolver)));
    }
    let keys = told.iter().map(|alert| {
        assert_eq!(alert.severity, Severity::Low);
        alert.incident.as_ref().unwrap().key.clone()
    });
    let expected = ["private_zone|corp.", "private_zone|198.51.100.7"];
    assert_eq!(keys.collect::<Vec<_>>(), expected);
    let [zone, resolver] = [0, 1].map(|i| told[i].summary.clone());
    assert!(zone.contains("--negative-anchor corp."), "{zone}");
    assert!(zone.contains("by 10.0.0.1"), "{zone}");
    assert!(
        resolver.contains("198.51.100.7 answers names"),
        "{resolver}"
    );
}

#[test]
fn the_same_sequence_gives_the_same_lines() {
    let verdicts: Vec<Verdict> = (0..200)
        .map(|index| {
            let host = format!("h{}.example.org.", index % 7);
            let sample = Sample::new(&host, ZONE).at(index * 11);
            match index % 3 {
                0 => sample.secure(),
                1 => sample.bogus(Reason::SignatureInvalid),
                _ => sample.from(SECOND).bogus(Reason::SignatureMissing),
            }
        })
        .collect();
    let lines = |alerts: Vec<Alert>| -> Vec<String> {
        alerts
            .iter()
            .map(|alert| alert_line(alert, &sensor(), 1))
            .collect()
    };
    let (once, twice) = (lines(lives(&verdicts)), lines(lives(&verdicts)));
    assert_eq!(once, twice);
    let mut ids: Vec<String> = lives(&verdicts)
        .into_iter()
        .map(|alert| alert.event_id)
        .collect();
    let total = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), total, "each line has an id of its own");
}

#[test]
fn negative_anchors_are_offered_for_mistakes_only() {
    let expired = |sample: Sample| sample.with(|sample| sample.span = (-864_000, -432_000));
    let everywhere = ends(&[
        expired(www()).bogus(Reason::SignatureExpired),
        expired(mail())
            .from(SECOND)
            .at(1)
            .bogus(Reason::SignatureExpired),
    ]);
    let anchor = |ends: &BTreeMap<String, Alert>| {
        let alert = ends.values().next().unwrap();
        alert
            .containment
            .negative_anchor
            .clone()
            .map(|anchor| anchor.zone)
    };
    assert_eq!(anchor(&everywhere), Some(name(ZONE)));
    let altered = ends(&[
        www().from(SECOND).secure(),
        www().at(1).bogus(Reason::SignatureInvalid),
    ]);
    assert_eq!(anchor(&altered), None);
}

#[test]
fn a_chain_and_a_readable_block_come_with_the_alert() {
    let sample = www().with(|sample| {
        sample.chain = vec![link(".", VouchedBy::Anchor), link(ZONE, VouchedBy::Ds)];
    });
    let alerts = lives(&[
        www().from(SECOND).secure(),
        sample.at(40).bogus(Reason::SignatureInvalid),
    ]);
    let line: serde_json::Value =
        serde_json::from_str(&alert_line(&alerts[0], &sensor(), 9)).unwrap();
    assert_eq!(line["dnssec"]["chain"][0]["by"], "anchor");
    assert_eq!(line["seq"], 9);
    assert_eq!(
        line["summary"],
        "www.example.org. A from 203.0.113.53 to resolver 198.51.100.7 does not verify with key 40123 \
         of example.org., while the same RRset from 203.0.113.54 verified 40 s earlier: altered on \
         the way or at that server, not a signing mistake."
    );
    let block = text_block(&alerts[0], false);
    assert!(
        block.starts_with(
            "HIGH  2026-10-12T08:00:40.000000+0000  signature_invalid example.org. (opened)\n"
        ),
        "{block}"
    );
    assert!(!block.contains('\u{1b}') && block.ends_with("\n\n"));
    assert!(text_block(&alerts[0], true).contains("\u{1b}[1;31mHIGH"));
}

/// What is written down and read back of what waits, by key.
type Kept = BTreeMap<String, String>;

/// Has what came and went since the last time written down; gives how many keys that are.
fn keep(incidents: &mut Incidents, kept: &mut Kept) -> usize {
    let changed = incidents.take_undecided();
    let count = changed.len();
    for (key, undecided) in changed {
        match undecided {
            Some(undecided) => kept.insert(key, serde_json::to_string(&undecided).unwrap()),
            None => kept.remove(&key),
        };
    }
    count
}

#[test]
fn what_waits_is_written_down_once_and_taken_up_by_the_next_run() {
    let crowd = crowd();
    // Five zones make the crowd.
    let (early, last) = (&crowd[..4], &crowd[4]);
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut kept = Kept::new();
    for (at, verdict) in early.iter().enumerate() {
        assert!(incidents.judged(verdict).is_empty());
        let count = keep(&mut incidents, &mut kept);
        assert_eq!((count, kept.len()), (2, at + 2), "it, and who fails");
        assert_eq!(keep(&mut incidents, &mut kept), 0, "no news");
    }
    let refusal = www().downstream().exchange();
    incidents.noticed(&Notice::Refusal { exchange: refusal });
    assert_eq!(keep(&mut incidents, &mut kept), 1);

    let mut next = Incidents::new(IncidentConfig::default());
    for undecided in kept.values() {
        next.resume_undecided(serde_json::from_str(undecided).unwrap());
    }
    let mut kept_again = Kept::new();
    keep(&mut next, &mut kept_again);
    assert_eq!(kept_again, kept);
    for incidents in [&mut incidents, &mut next] {
        let alerts = incidents.judged(last);
        let kinds: Vec<_> = alerts.iter().map(|alert| alert.kind.name()).collect();
        assert_eq!(kinds, ["clock_skew"]);
    }
    keep(&mut next, &mut kept_again);
    let held = kept_again.keys().filter(|key| key.starts_with("held"));
    assert_eq!(held.count(), 0, "they wait no longer: {kept_again:?}");
}
