//! An inventory for spreadsheets (RFC 4180).

use super::Inventory;
use super::row::Row;
use crate::report::facts::ds_of;
use std::fmt::Write;

/// The columns. More may be added behind them.
const COLUMNS: [&str; 18] = [
    "zone",
    "criticality",
    "state",
    "why",
    "signed",
    "chain_intact",
    "ksk",
    "zsk",
    "algorithms",
    "ds",
    "ds_ttl",
    "dnskey_ttl",
    "expires_first",
    "validated_by",
    "gaps",
    "weaknesses",
    "owner",
    "runbook",
];

impl Inventory {
    pub(super) fn to_csv(&self) -> String {
        let mut text = format!("{}\r\n", COLUMNS.join(","));
        for row in &self.rows {
            let cells = cells(row).map(|cell| quoted(&cell));
            // Writing to a string never fails.
            let _ = write!(text, "{}\r\n", cells.join(","));
        }
        text
    }
}

/// A cell that neither ends early nor is a formula: spreadsheets compute what begins like one,
/// and names come off the wire.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if is_formula { "'" } else { "" };
    if is_formula || cell.contains([',', '"', '\n', '\r', '\'', ';']) {
        format!("\"{mark}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn joined(items: impl Iterator<Item = impl ToString>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    items.join(" ")
}

fn cells(row: &Row) -> [String; 18] {
    let yes = |answer: Option<bool>| match answer {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => String::new(),
    };
    let tags = |is_zsk: bool| {
        let keys = row
            .keys
            .iter()
            .filter(move |key| (key.role == "ZSK") == is_zsk);
        joined(keys.map(|key| key.tag))
    };
    let mut algorithms: Vec<u8> = row.keys.iter().map(|key| key.algorithm).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    let ds = row.facts.current_ds();
    let ttl = |set: Option<&crate::state::StoredSet>| {
        set.map_or_else(String::new, |set| set.ttl.seconds().to_string())
    };
    let records = ds.map(ds_of).unwrap_or_default();
    [
        row.zone().to_string(),
        row.criticality().name().to_owned(),
        row.chain.state.name().to_owned(),
        row.chain.why.clone(),
        yes(row.is_signed()),
        yes(row.is_intact()),
        tags(false),
        tags(true),
        joined(algorithms.iter()),
        joined(records.iter().map(|ds| ds.key_tag)),
        ttl(ds),
        ttl(row.facts.current_keys()),
        row.ends
            .first()
            .map_or_else(String::new, |end| end.time.to_string()),
        joined(row.validated_by().map(|one| one.address)),
        joined(row.lacks.iter().map(|lack| lack.kind)),
        joined(row.weaknesses.iter().map(|weakness| weakness.kind)),
        row.owner().unwrap_or_default(),
        row.runbook().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_neither_ends_early_nor_computes() {
        let table = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("-1", "\"'-1\""),
        ];
        for (cell, expected) in table {
            assert_eq!(quoted(cell), expected);
        }
    }
}
