//! Lists of domains as registries and countries give them, to begin a portfolio from.

use super::read::shortened;
use super::zone::Criticality;
use crate::message::Name;
use csv::{ByteRecord, ReaderBuilder, Trim};
use serde::Serialize;
use std::collections::BTreeMap;

/// What columns are called that hold a domain.
const DOMAIN: &[&str] = &[
    "domain",
    "domainname",
    "name",
    "zone",
    "fqdn",
    "tld",
    "host",
    "hostname",
    "url",
    "website",
];
const COUNTRY: &[&str] = &["country", "countrycode", "cc", "iso", "isocode", "iso2"];
const OWNER: &[&str] = &[
    "owner",
    "organisation",
    "organization",
    "organisationname",
    "organizationname",
    "registrant",
    "holder",
    "agency",
    "operator",
    "sponsor",
];
const CONTACT: &[&str] = &[
    "contact",
    "email",
    "mail",
    "securitycontactemail",
    "securitycontact",
];
const CRITICALITY: &[&str] = &["criticality"];

/// A domain of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The line it stands on, from 1.
    pub line: u64,
    /// The domain, as it is on the wire.
    pub name: Name,
    /// As the list writes it, if that is not ASCII.
    pub unicode: Option<String>,
    /// The country, as the list writes it, in upper case.
    pub country: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How much hangs on it.
    pub criticality: Criticality,
}

/// A line of a list that is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Refused {
    /// The line, from 1.
    pub line: u64,
    /// Why.
    pub problem: BadRow,
}

/// What can be wrong with a line of a list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRow {
    /// Its octets are no UTF-8.
    #[error("it is not UTF-8")]
    NotText,
    /// The column that holds domains is empty.
    #[error("no domain")]
    NoDomain,
    /// What stands there is no domain.
    #[error("`{found}` is no domain name")]
    NotAName {
        /// As written, shortened.
        found: String,
    },
    /// A name that stands for many.
    #[error("`{found}` is a wildcard: give the zone that it lies in")]
    Wildcard {
        /// As written, shortened.
        found: String,
    },
    /// The same domain again.
    #[error("{name} stands on line {first} already")]
    Again {
        /// The domain.
        name: Name,
        /// Where it stands first.
        first: u64,
    },
}

/// What was found in a list, in its order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// The domains.
    pub rows: Vec<Row>,
    /// The lines that are not taken.
    pub refused: Vec<Refused>,
}

impl Imported {
    /// The domains as a portfolio.
    pub fn to_toml(&self) -> String {
        let zones = self.rows.iter().map(|row| {
            let name = match row.name.to_string() {
                name if row.name.is_root() => name,
                name => name.trim_end_matches('.').to_owned(),
            };
            let is_critical = row.criticality == Criticality::Critical;
            let zone = Written {
                name,
                criticality: is_critical.then(|| row.criticality.name()),
                owner: row.owner.as_deref(),
            };
            let text = toml::to_string(&Entry { zone: [zone] }).unwrap_or_default();
            match &row.unicode {
                Some(unicode) => format!("# {}\n{text}", shortened(unicode)),
                None => text,
            }
        });
        zones.collect::<Vec<_>>().join("\n")
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    zone: [Written<'a>; 1],
}

#[derive(Serialize)]
struct Written<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    criticality: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
}

/// Which column holds what.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    domain: usize,
    country: Option<usize>,
    owner: Option<usize>,
    contact: Option<usize>,
    criticality: Option<usize>,
}

/// Reads a list: one domain a line, or a table with commas, semicolons or tabs, whose first line
/// may name the columns. Lines that begin with `#` are comments.
pub fn import(octets: &[u8]) -> Imported {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter(octets))
        .trim(Trim::All)
        .from_reader(octets);
    let mut found = Imported::default();
    let mut lines = BTreeMap::new();
    let mut columns = None;
    let mut record = ByteRecord::new();
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Option<Vec<&str>> = record
            .iter()
            .map(|cell| std::str::from_utf8(cell).ok())
            .collect();
        let Some(cells) = cells else {
            let problem = BadRow::NotText;
            found.refused.push(Refused { line, problem });
            continue;
        };
        let columns = match columns {
            Some(columns) => columns,
            None => {
                let (first, is_header) = first_columns(&cells);
                columns = Some(first);
                if is_header {
                    continue;
                }
                first
            }
        };
        match row(line, &cells, columns, &mut lines) {
            Ok(row) => found.rows.push(row),
            Err(problem) => found.refused.push(Refused { line, problem }),
        }
    }
    found
}

/// What parts the columns: the one of the usual signs that the first line has most of.
fn delimiter(octets: &[u8]) -> u8 {
    let mut lines = octets.split(|octet| *octet == b'\n');
    let is_told = |line: &&[u8]| !line.starts_with(b"#") && !line.trim_ascii().is_empty();
    let line = lines.find(is_told).unwrap_or_default();
    let count = |sign: &u8| line.iter().filter(|octet| *octet == sign).count();
    let signs = [b'\t', b';', b','];
    signs.into_iter().max_by_key(count).unwrap_or(b',')
}

/// The columns by the first line, and whether that names them.
fn first_columns(cells: &[&str]) -> (Columns, bool) {
    let plain = |cell: &&str| -> String {
        let letters = cell.chars().filter(|character| character.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let titles: Vec<String> = cells.iter().map(plain).collect();
    // In the order of the names, so that a `domain` comes before a `tld` beside it.
    let column = |names: &[&str]| {
        let mut names = names.iter();
        names.find_map(|name| titles.iter().position(|title| title == name))
    };
    let has_dot = cells
        .iter()
        .any(|cell| cell.trim_matches('.').contains('.'));
    if let Some(domain) = column(DOMAIN).filter(|_| !has_dot) {
        let columns = Columns {
            domain,
            country: column(COUNTRY),
            owner: column(OWNER),
            contact: column(CONTACT),
            criticality: column(CRITICALITY),
        };
        return (columns, true);
    }
    let dotted = cells.iter().position(|cell| cell.contains('.'));
    let columns = Columns {
        domain: dotted.unwrap_or_default(),
        ..Columns::default()
    };
    (columns, false)
}

fn row(
    line: u64,
    cells: &[&str],
    columns: Columns,
    lines: &mut BTreeMap<Name, u64>,
) -> Result<Row, BadRow> {
    let cell = |column: Option<usize>| {
        let cell = column.and_then(|column| cells.get(column));
        cell.copied().filter(|cell| !cell.is_empty())
    };
    let written = cell(Some(columns.domain)).ok_or(BadRow::NoDomain)?;
    let host = host(written);
    let name = domain(host)?;
    if let Some(first) = lines.get(&name).copied() {
        return Err(BadRow::Again { name, first });
    }
    lines.insert(name.clone(), line);
    let owner = match (cell(columns.owner), cell(columns.contact)) {
        (Some(owner), Some(contact)) => Some(format!("{owner} <{contact}>")),
        (owner, contact) => owner.or(contact).map(str::to_owned),
    };
    let is_critical =
        cell(columns.criticality).is_some_and(|cell| cell.eq_ignore_ascii_case("critical"));
    Ok(Row {
        line,
        name,
        unicode: (!host.is_ascii()).then(|| host.to_owned()),
        country: cell(columns.country).map(str::to_uppercase),
        owner,
        criticality: if is_critical {
            Criticality::Critical
        } else {
            Criticality::Normal
        },
    })
}

/// The host of a URL; anything else as it is.
fn host(written: &str) -> &str {
    let Some((_, rest)) = written.split_once("://") else {
        return written;
    };
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    rest.get(..end).unwrap_or(rest)
}

/// A domain as it is on the wire (RFC 5890, as browsers map it: UTS 46).
pub(super) fn domain(written: &str) -> Result<Name, BadRow> {
    let found = || shortened(written);
    if written.starts_with("*.") {
        return Err(BadRow::Wildcard { found: found() });
    }
    let bad = || BadRow::NotAName { found: found() };
    // TLDs are often written with a dot before them.
    let bare = written.trim_start_matches('.');
    if bare.is_empty() && written == "." {
        return Ok(Name::root());
    }
    let ascii = idna::domain_to_ascii(bare).map_err(|_| bad())?;
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    let is_host = !ascii.is_empty() && ascii.bytes().all(is_plain);
    let is_address = ascii.parse::<std::net::IpAddr>().is_ok();
    let name = Name::parse(&ascii).ok();
    name.filter(|_| is_host && !is_address).ok_or_else(bad)
}
