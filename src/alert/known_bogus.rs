//! Domains that are broken on purpose.

use crate::message::{Name, NotAName};
use std::collections::BTreeSet;

/// The list that ships.
const SHIPPED: &str = include_str!("known_bogus.txt");

/// Domains whose failures are counted, never alerted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownBogus(BTreeSet<Name>);

impl Default for KnownBogus {
    /// The well-known test domains.
    fn default() -> Self {
        Self(entries(SHIPPED).filter_map(|(_, name)| name.ok()).collect())
    }
}

/// A line of a list that is no domain name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line} is not a domain name")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// Why.
    pub source: NotAName,
}

impl KnownBogus {
    /// Adds a list: one domain a line; what stands behind `#` is a comment.
    pub fn extend(&mut self, list: &str) -> Result<(), BadLine> {
        for (line, name) in entries(list) {
            self.0
                .insert(name.map_err(|source| BadLine { line, source })?);
        }
        Ok(())
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether a name is one of these domains or lies below one.
    pub fn covers(&self, name: &Name) -> bool {
        name.ancestry().any(|ancestor| self.0.contains(&ancestor))
    }
}

/// The domains of a list, each with its line.
fn entries(list: &str) -> impl Iterator<Item = (usize, Result<Name, NotAName>)> {
    list.lines().enumerate().filter_map(|(index, line)| {
        let text = line.split_once('#').map_or(line, |(text, _)| text).trim();
        (!text.is_empty()).then(|| (index + 1, Name::parse(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_reads_and_covers_what_lies_below() {
        assert!(entries(SHIPPED).all(|(_, name)| name.is_ok()));
        let known = KnownBogus::default();
        let table = [
            ("dnssec-failed.org.", true),
            ("www.dnssec-failed.org.", true),
            ("org.", false),
            ("notdnssec-failed.org.", false),
            ("bogus.d2a8n1.rootcanary.net.", true),
        ];
        for (name, expected) in table {
            assert_eq!(
                known.covers(&Name::parse(name).unwrap()),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn a_list_may_be_extended() {
        let mut known = KnownBogus::default();
        known.extend("# ours\nlab.example # broken\n\n").unwrap();
        assert!(known.covers(&Name::parse("x.lab.example").unwrap()));
        let refused = known.extend("fine.example\nbad..name");
        assert_eq!(refused.map_err(|bad| bad.line), Err(2));
    }
}
