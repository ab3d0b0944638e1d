//! How domains stand by what was seen of them.

use super::{Coverage, Status};
use crate::message::Name;
use crate::time::Timestamp;
use crate::watch::Presence;
use std::collections::BTreeMap;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// What was seen of a zone: something, signatures, a DS set or none.
fn presence(signed: bool, ds: Option<bool>) -> Presence {
    let now = Timestamp::new(1_800_000_000, 0);
    Presence {
        first: Some(now),
        last: Some(now),
        signed: signed.then_some(now),
        ds: ds.map(|ds| (now, ds)),
        ..Presence::default()
    }
}

#[test]
fn each_domain_stands_as_what_was_seen_tells() {
    let seen: BTreeMap<Name, Presence> = [
        ("org", presence(false, Some(true))),
        ("xy", presence(false, Some(false))),
        ("signed.org", presence(true, Some(true))),
        ("island.org", presence(true, Some(false))),
        ("plain.org", presence(false, Some(false))),
        ("island.xy", presence(true, None)),
        ("quiet.org", presence(false, None)),
    ]
    .map(|(zone, presence)| (name(zone), presence))
    .into();
    let table = [
        ("signed.org", Status::Signed),
        ("island.org", Status::NoDs),
        ("plain.org", Status::Unsigned),
        ("island.xy", Status::Unreachable),
        ("quiet.org", Status::Unknown),
        ("absent.org", Status::Unseen),
        ("absent.xy", Status::Unseen),
    ];
    let coverage = Coverage::new(table.map(|(domain, _)| (name(domain), None)), &seen);
    for (domain, expected) in table {
        let found = coverage
            .domains
            .iter()
            .find(|found| found.name == name(domain));
        assert_eq!(found.unwrap().status, expected, "{domain}");
    }
    assert_eq!(coverage.total.total(), 7);
    assert_eq!(coverage.by_tld[&name("org")].of(Status::Unseen), 1);
    assert_eq!(coverage.by_country["XY"].total(), 2);
    assert_eq!(coverage.by_country[""].total(), 5);
}

#[test]
fn the_country_of_the_list_counts_before_that_of_the_tld() {
    let domains = [
        (name("a.de"), Some("AT".to_owned())),
        (name("b.de"), None),
        (name("c.example"), None),
    ];
    let coverage = Coverage::new(domains, &BTreeMap::new());
    let countries: Vec<(&str, u64)> = coverage
        .by_country
        .iter()
        .map(|(country, figures)| (country.as_str(), figures.total()))
        .collect();
    assert_eq!(countries, [("", 1), ("AT", 1), ("DE", 1)]);
}

#[test]
fn text_and_json_tell_the_same() {
    let seen = [(name("a.de"), presence(true, Some(false)))].into();
    let coverage = Coverage::new([(name("a.de"), None), (name("b.de"), None)], &seen);
    let text = coverage.to_string();
    assert!(
        text.contains("signed, without DS") && text.contains("  a.de.\n"),
        "{text}"
    );
    let json: serde_json::Value = serde_json::from_str(&coverage.to_json()).unwrap();
    assert_eq!(json["total"]["signed_without_ds"], 1);
    assert_eq!(json["by_tld"][0]["tld"], "de.");
    assert_eq!(json["domains"][1]["status"], "not_seen");
}
