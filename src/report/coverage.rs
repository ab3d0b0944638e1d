//! How each domain stands, and how many stand so.

use crate::message::Name;
use crate::time::Timestamp;
use crate::watch::Presence;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How a domain stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Status {
    /// Its parent publishes a DS set.
    Signed,
    /// It is signed, and proven to have no DS: one step is missing.
    NoDs,
    /// It is proven to have no DS, and no signature of it passed, though its TLD is signed.
    Unsigned,
    /// A zone above it is proven to have no DS, so that nothing below it can be secure.
    Unreachable,
    /// It passed, but nothing that tells whether it is signed.
    Unknown,
    /// Nothing of it passed.
    Unseen,
}

impl Status {
    /// All, in the order of tables.
    pub const ALL: [Self; 6] = [
        Self::Signed,
        Self::NoDs,
        Self::Unsigned,
        Self::Unreachable,
        Self::Unknown,
        Self::Unseen,
    ];

    /// As machines read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::NoDs => "signed_without_ds",
            Self::Unsigned => "unsigned",
            Self::Unreachable => "below_unsigned",
            Self::Unknown => "unknown",
            Self::Unseen => "not_seen",
        }
    }

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signed => "signed, with DS",
            Self::NoDs => "signed, without DS",
            Self::Unsigned => "unsigned",
            Self::Unreachable => "below an unsigned zone",
            Self::Unknown => "seen, not told",
            Self::Unseen => "not seen",
        }
    }
}

/// A domain and how it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Domain {
    /// The domain.
    pub name: Name,
    /// Its last label; the root for the root.
    pub tld: Name,
    /// Its country, if it is told or its TLD is a country's.
    pub country: Option<String>,
    /// How it stands.
    pub status: Status,
    /// When something of it last passed.
    pub last_seen: Option<Timestamp>,
}

/// How many domains stand how.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Figures(BTreeMap<Status, u64>);

impl Figures {
    /// Domains that stand so.
    pub fn of(&self, status: Status) -> u64 {
        self.0.get(&status).copied().unwrap_or_default()
    }

    /// All domains.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    fn count(&mut self, status: Status) {
        *self.0.entry(status).or_default() += 1;
    }

    fn to_json(&self) -> Value {
        let figures = Status::ALL.map(|status| (status.name().to_owned(), self.of(status).into()));
        let mut all: serde_json::Map<String, Value> = figures.into_iter().collect();
        all.insert("domains".to_owned(), self.total().into());
        Value::Object(all)
    }
}

/// How far DNSSEC reaches among some domains.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Coverage {
    /// The domains, in canonical order.
    pub domains: Vec<Domain>,
    /// All together.
    pub total: Figures,
    /// By TLD, in canonical order.
    pub by_tld: BTreeMap<Name, Figures>,
    /// By country; those of none last.
    pub by_country: BTreeMap<String, Figures>,
}

impl Coverage {
    /// Holds domains, each perhaps with its country, against what was seen.
    pub fn new(
        domains: impl IntoIterator<Item = (Name, Option<String>)>,
        seen: &BTreeMap<Name, Presence>,
    ) -> Self {
        let mut coverage = Self::default();
        let domains: BTreeMap<Name, Option<String>> = domains.into_iter().collect();
        for (name, country) in domains {
            let tld = name.suffix(1.min(name.label_count()));
            let country = country.or_else(|| country_of(&tld));
            let status = status(&name, seen);
            coverage.total.count(status);
            let figures = coverage.by_tld.entry(tld.clone()).or_default();
            figures.count(status);
            let key = country.clone().unwrap_or_default();
            coverage.by_country.entry(key).or_default().count(status);
            coverage.domains.push(Domain {
                last_seen: seen.get(&name).and_then(|presence| presence.last),
                name,
                tld,
                country,
                status,
            });
        }
        coverage
    }

    /// As one JSON object in a line.
    pub fn to_json(&self) -> String {
        let by_tld = self.by_tld.iter().map(|(tld, figures)| {
            let mut value = figures.to_json();
            put(&mut value, "tld", tld.to_string());
            value
        });
        let by_country = self.by_country.iter().map(|(country, figures)| {
            let mut value = figures.to_json();
            let country = Some(country).filter(|country| !country.is_empty());
            put(&mut value, "country", country.cloned());
            value
        });
        let domains = self.domains.iter().map(|domain| {
            json!({
                "name": domain.name.to_string(),
                "tld": domain.tld.to_string(),
                "country": domain.country,
                "status": domain.status.name(),
                "last_seen": domain.last_seen.map(|time| time.to_string()),
            })
        });
        let report = json!({
            "schema": "sigtap.coverage/1",
            "total": self.total.to_json(),
            "by_tld": by_tld.collect::<Vec<_>>(),
            "by_country": by_country.collect::<Vec<_>>(),
            "domains": domains.collect::<Vec<_>>(),
        });
        format!("{report}\n")
    }
}

fn put(value: &mut Value, key: &str, member: impl Into<Value>) {
    if let Value::Object(members) = value {
        members.insert(key.to_owned(), member.into());
    }
}

/// The country of a TLD of two letters (RFC 1591 §2).
fn country_of(tld: &Name) -> Option<String> {
    let label = tld.labels().next().filter(|label| label.len() == 2)?;
    let is_letters = label.iter().all(u8::is_ascii_alphabetic);
    is_letters.then(|| String::from_utf8_lossy(label).to_uppercase())
}

fn status(name: &Name, seen: &BTreeMap<Name, Presence>) -> Status {
    let has_ds = |zone: &Name| Some(seen.get(zone)?.ds?.1);
    let presence = seen.get(name).copied().unwrap_or_default();
    let above = name.ancestry().skip(1);
    match has_ds(name) {
        Some(true) => Status::Signed,
        Some(false) if presence.signed.is_some() => Status::NoDs,
        Some(false) => Status::Unsigned,
        None if presence.last.is_none() => Status::Unseen,
        None if above.filter_map(|zone| has_ds(&zone)).any(|has| !has) => Status::Unreachable,
        None => Status::Unknown,
    }
}
