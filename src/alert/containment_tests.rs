//! What an alert says of what was looked at, and of what to do.

use super::alert::Alert;
use super::kind::Kind;
use super::playbook;
use super::severity::{Cause, CauseClass};
use super::testing::{Sample, at, change};
use super::{IncidentConfig, Incidents};
use crate::chain::{Reason, Verdict};
use crate::message::Rtype;
use crate::watch::{Change, ChangeKind};
use std::path::Path;

const ZONE: &str = "example.org.";
const SECOND: &str = "203.0.113.54";

fn www() -> Sample {
    Sample::new("www.example.org.", ZONE)
}

fn mail() -> Sample {
    Sample::new("mail.example.org.", ZONE)
}

fn incidents() -> Incidents {
    Incidents::new(IncidentConfig::default())
}

/// The last line that verdicts give.
fn end(verdicts: &[Verdict]) -> Alert {
    let mut incidents = incidents();
    let mut alerts: Vec<Alert> = verdicts
        .iter()
        .flat_map(|verdict| incidents.judged(verdict))
        .collect();
    let end = verdicts.iter().map(|verdict| verdict.decided_at).max();
    alerts.extend(incidents.finish(end.unwrap_or_default()));
    alerts.pop().unwrap()
}

fn mismatch(seconds: i64) -> Change {
    let mut change = change(ChangeKind::DsMismatch, ZONE, seconds);
    change.breaks_at = Some(at(seconds));
    change
}

fn actions(alert: &Alert) -> String {
    let steps = alert.containment.next_steps.iter();
    let actions: Vec<&str> = steps.map(|step| step.action.as_str()).collect();
    actions.join("\n")
}

#[test]
fn a_negative_anchor_is_offered_for_a_mismatch_only_where_no_taker_would_look_the_same() {
    let here = mismatch(60);
    let mut elsewhere = mismatch(60);
    let stranger = Sample::new(ZONE, ZONE).from(SECOND).at(60);
    elsewhere.exchange = stranger.exchange();
    let mut ahead = mismatch(60);
    ahead.breaks_at = Some(at(7200));
    let moved = change(ChangeKind::NsChanged, ZONE, 30);
    let table = [
        ("at a server that was in order", vec![&here], true),
        ("at a server never seen before", vec![&elsewhere], false),
        ("the parent names other servers", vec![&moved, &here], false),
        ("it works as long as caches hold", vec![&ahead], false),
    ];
    for (what, changes, expected) in table {
        let mut incidents = incidents();
        incidents.judged(&www().secure());
        let alerts: Vec<Alert> = changes
            .into_iter()
            .flat_map(|change| incidents.changed(change))
            .collect();
        let alert = alerts
            .iter()
            .rfind(|alert| alert.kind == Kind::DsMismatch)
            .unwrap();
        let anchor = alert.containment.negative_anchor.as_ref();
        assert_eq!(anchor.is_some(), expected, "{what}");
        let has_step = actions(alert).contains("set a negative anchor until");
        assert_eq!(has_step, expected, "{what}: {}", actions(alert));
    }
}

#[test]
fn a_step_that_sets_a_negative_anchor_stands_where_one_is_offered_and_nowhere_else() {
    let expired = |sample: Sample| sample.with(|sample| sample.span = (-864_000, -432_000));
    let table = [
        vec![expired(www()).bogus(Reason::SignatureExpired)],
        vec![
            expired(www()).bogus(Reason::SignatureExpired),
            expired(mail())
                .from(SECOND)
                .at(1)
                .bogus(Reason::SignatureExpired),
        ],
        vec![
            www().secure(),
            www().from(SECOND).bogus(Reason::SignatureInvalid),
        ],
        vec![www().bogus(Reason::DnskeyMissing)],
        vec![www().unsigned().bogus(Reason::SignatureMissing)],
    ];
    for verdicts in table {
        let alert = end(&verdicts);
        let has_step = actions(&alert).contains("set a negative anchor until");
        let anchor = alert.containment.negative_anchor.as_ref();
        assert_eq!(has_step, anchor.is_some(), "{}", actions(&alert));
        assert!(alert.cause_class != CauseClass::Attack || anchor.is_none());
    }
}

#[test]
fn another_resolver_that_gets_it_right_is_told_of() {
    let resolver = "198.51.100.9".parse().unwrap();
    let other = www().with(|sample| sample.resolver = resolver);
    let alert = end(&[other.secure(), www().at(1).bogus(Reason::SignatureInvalid)]);
    let checks = &alert.containment.checks;
    let check = checks.iter().find(|check| check.check == "other_resolvers");
    let detail = &check.unwrap().detail;
    assert!(detail.starts_with("resolver 198.51.100.9 got the same RRset"));
}

#[test]
fn keys_that_verified_before_the_ds_changed_speak_for_the_old_set_only() {
    let mut incidents = incidents();
    incidents.judged(&Sample::new(ZONE, ZONE).of(Rtype::DNSKEY).secure());
    let alerts = incidents.changed(&change(ChangeKind::DsReplaced, ZONE, 60));
    let checks = &alerts[0].containment.checks;
    let check = checks.iter().find(|check| check.check == "ds_alignment");
    assert_eq!(check.unwrap().result, "unknown");
}

#[test]
fn each_kind_has_a_playbook_and_a_hijack_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for kind in Kind::ALL {
        let page = playbook::page(*kind, Cause::Unknown);
        assert_eq!(page, kind.playbook());
        assert!(root.join(page).is_file(), "{page}");
        let page = playbook::page(*kind, Cause::RegistrarHijack);
        assert!(root.join(page).is_file(), "{page}");
    }
}
