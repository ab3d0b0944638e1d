//! What the portfolio makes of an incident: severity, asset, commands, under any texts.

use super::diagnosis::Diagnosis;
use super::incident::Subject;
use super::testing::{Sample, change, name};
use super::*;
use crate::chain::Reason;
use crate::portfolio::Portfolio;
use crate::watch::ChangeKind;
use serde_json::Value;
use std::sync::Arc;

fn incidents(portfolio: &str) -> Incidents {
    Incidents::new(IncidentConfig {
        portfolio: Arc::new(Portfolio::parse(portfolio).unwrap()),
        ..IncidentConfig::default()
    })
}

fn sensor() -> Sensor {
    Sensor {
        name: "tap".to_owned(),
        drill: false,
        source: Source::CaptureFile("x.pcap".to_owned()),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn severity_goes_up_for_critical_zones_and_down_for_others_mistakes() {
    use Cause::{ExpiredSignatures, RegistrarHijack, SigningOutage, Tampering, Unknown};
    use Severity::{Critical, Informational};
    let portfolio = Portfolio::parse(
        "[[zone]]\nname = 'top.org'\ncriticality = 'critical'\n[[zone]]\nname = 'own.org'",
    );
    let portfolio = portfolio.unwrap();
    let table = [
        // (zone, cause, confidence, severity, as told)
        (
            "top.org",
            ExpiredSignatures,
            Confidence::High,
            Severity::High,
            Critical,
        ),
        (
            "top.org",
            ExpiredSignatures,
            Confidence::High,
            Severity::Medium,
            Severity::High,
        ),
        (
            "top.org",
            ExpiredSignatures,
            Confidence::High,
            Severity::Low,
            Severity::Medium,
        ),
        (
            "top.org",
            ExpiredSignatures,
            Confidence::High,
            Critical,
            Critical,
        ),
        (
            "top.org",
            ExpiredSignatures,
            Confidence::High,
            Informational,
            Informational,
        ),
        (
            "top.org",
            ExpiredSignatures,
            Confidence::Low,
            Severity::Medium,
            Severity::Medium,
        ),
        (
            "own.org",
            ExpiredSignatures,
            Confidence::High,
            Severity::High,
            Severity::High,
        ),
        (
            "www.top.org",
            ExpiredSignatures,
            Confidence::High,
            Severity::High,
            Severity::High,
        ),
        (
            "org",
            ExpiredSignatures,
            Confidence::High,
            Severity::High,
            Severity::High,
        ),
        (
            "other.org",
            ExpiredSignatures,
            Confidence::High,
            Severity::High,
            Severity::Low,
        ),
        (
            "other.org",
            SigningOutage,
            Confidence::Low,
            Severity::Medium,
            Severity::Low,
        ),
        (
            "other.org",
            ExpiredSignatures,
            Confidence::High,
            Informational,
            Informational,
        ),
        (
            "other.org",
            Tampering,
            Confidence::High,
            Severity::High,
            Severity::High,
        ),
        (
            "other.org",
            RegistrarHijack,
            Confidence::High,
            Critical,
            Critical,
        ),
        (
            "other.org",
            Unknown,
            Confidence::High,
            Severity::Medium,
            Severity::Medium,
        ),
    ];
    for (zone, cause, confidence, severity, expected) in table {
        let diagnosis = Diagnosis {
            cause,
            severity,
            confidence,
            reasons: Vec::new(),
            scope: Scope::Zone,
        };
        let subject = Subject::Zone(name(zone));
        let told = diagnosis
            .clone()
            .measured(Kind::SignatureExpired, &subject, &portfolio);
        assert_eq!(told.severity, expected, "{zone} {cause:?} {severity:?}");
        let alone = diagnosis.measured(Kind::SignatureExpired, &subject, &Portfolio::default());
        assert_eq!(alone.severity, severity, "no portfolio: {zone}");
    }
}

/// A portfolio whose texts are as long and odd as anybody can write them.
fn odd() -> String {
    let text = "\u{1b}[31m\"\\\u{202e}\u{2028}語\n".repeat(400);
    let text = serde_json::to_string(&text).unwrap();
    format!(
        "[[zone]]\nname = 'example.org'\nowner = {text}\nsigner = {text}\nds_publisher = {text}\n\
         runbook = {text}\nkey_plan = {text}\n[[resolver]]\naddress = '198.51.100.7'\nname = {text}\n\
         software = 'bind'\n"
    )
}

#[test]
fn texts_of_the_portfolio_never_break_a_line() {
    let schema = include_str!("../../docs/schema/sigtap.alert-1.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let mut incidents = incidents(&odd());
    let sample = Sample::new("www.example.org.", "example.org.");
    let mut alerts = incidents.judged(&sample.bogus(Reason::SignatureInvalid));
    for kind in [ChangeKind::DsReplaced, ChangeKind::DnskeyChanged] {
        for is_hijack in [false, true] {
            let mut change = change(kind, "example.org.", 10);
            change.is_hijack = is_hijack;
            change.ticket = Some("\u{1b}\"\n".repeat(1000));
            change.why = "\u{1b}\"\n".repeat(1000);
            alerts.extend(incidents.changed(&change));
        }
    }
    assert!(alerts.len() > 2);
    for alert in &alerts {
        let line = alert_line(alert, &sensor(), 1);
        assert!(line.len() < 16 * 1024 - 1, "{} octets", line.len());
        assert!(!line.contains(char::is_control), "{line}");
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert!(schema.is_valid(&parsed), "{line}");
        let block = text_block(alert, false);
        let is_odd = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!block.contains(is_odd), "{block}");
        assert_eq!(block.matches('\u{1b}').count(), 0);
    }
}

#[test]
fn an_asset_has_the_keys_of_the_contract() {
    let text = "[[zone]]\nname = 'example.org'\nowner = 'A <a@b.example>'";
    let sample = Sample::new("www.example.org.", "example.org.");
    let alerts = incidents(text).judged(&sample.bogus(Reason::SignatureInvalid));
    let line: Value = serde_json::from_str(&alert_line(&alerts[0], &sensor(), 1)).unwrap();
    let asset = serde_json::to_string(&line["asset"]).unwrap();
    assert_eq!(
        asset,
        r#"{"criticality":"normal","owner":"A <a@b.example>","signer":null,"ds_publisher":null,"runbook":null,"ticket":null,"key_plan":null}"#
    );
}
