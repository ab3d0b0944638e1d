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
    let mut lines_before = Lines {
        octets,
        at: 0,
        line: 1,
    };
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines_before.line_of(usize::try_from(start).unwrap_or(usize::MAX));
        let cells: Option<Vec<&str>> = record
            .iter()
            .map(|cell| std::str::from_utf8(cell).ok())
            .collect();
        let Some(cells) = cells else {
            let problem = BadRow::NotText;
            found.refused.push(Refused { line, problem });
            continue;
        };
        if cells.iter().all(|cell| cell.is_empty()) && cells.len() == 1 {
            continue;
        }
        let is_first = columns.is_none();
        let (columns, is_header) = *columns.get_or_insert_with(|| first_columns(&cells));
        if is_first && is_header {
            continue;
        }
        match row(line, &cells, columns, &mut lines) {
            Ok(row) => found.rows.push(row),
            Err(problem) => found.refused.push(Refused { line, problem }),
        }
    }
    found
}

/// Where in the text lines begin.
struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record stands that is looked for from this octet on: comments and
    /// empty lines are no part of it. Records are asked for in order.
    fn line_of(&mut self, start: usize) -> u64 {
        while let Some(octet) = self.octets.get(self.at) {
            let is_skipped = matches!(octet, b'\r' | b'\n' | b'#');
            if self.at >= start && !is_skipped {
                break;
            }
            if *octet == b'#' && self.at >= start {
                let rest = self.octets.get(self.at..).unwrap_or_default();
                let length = rest.iter().position(|octet| *octet == b'\n');
                self.at += length.unwrap_or(rest.len());
                continue;
            }
            self.line += u64::from(*octet == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// What parts the columns: the one of the usual signs that the first line has most of.
fn delimiter(octets: &[u8]) -> u8 {
    let mut lines = octets.split(|octet| *octet == b'\n');
    let is_told = |line: &&[u8]| !line.starts_with(b"#") && !line.trim_ascii().is_empty();
    let line = lines.find(is_told).unwrap_or_default();
    let count = |sign: &u8| line.split(|octet| octet == sign).count();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portfolio::Portfolio;

    /// What a list gives, in short.
    fn short(text: &str) -> (Vec<String>, Vec<String>) {
        let imported = import(text.as_bytes());
        let row = |row: &Row| {
            let mut text = format!("{}@{}", row.name, row.line);
            for more in [&row.country, &row.owner].into_iter().flatten() {
                text = format!("{text} {more}");
            }
            if row.criticality == Criticality::Critical {
                text.push_str(" critical");
            }
            text
        };
        (
            imported.rows.iter().map(row).collect(),
            imported.refused.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn lists_and_tables_are_read_as_they_come() {
        let table: [(&str, &str, &[&str]); 13] = [
            (
                "a list",
                "example.org\nexample.net.\n",
                &["example.org.@1", "example.net.@2"],
            ),
            (
                "IANA's list of TLDs",
                "# Version 2026112400\nAAA\nXN--P1AI\n.de\n",
                &["aaa.@2", "xn--p1ai.@3", "de.@4"],
            ),
            (
                "CRLF and a mark",
                "\u{feff}domain\r\nexample.org\r\n",
                &["example.org.@2"],
            ),
            (
                "a government's table",
                "Domain name,Domain type,Organization name,City,Security contact email\n\
                 example.gov,Federal,\"Agency, the\",Town,a@example.gov\n",
                &["example.gov.@2 Agency, the <a@example.gov>"],
            ),
            (
                "semicolons, and the domain last",
                "Country;TLD;Domain;criticality\nat;at;example.at;critical\n",
                &["example.at.@2 AT critical"],
            ),
            ("tabs", "zone\tcc\nexample.fr\tfr\n", &["example.fr.@2 FR"]),
            (
                "a ranking without titles",
                "1,example.org\n2,example.net\n",
                &["example.org.@1", "example.net.@2"],
            ),
            (
                "letters of all the world",
                "bücher.example\n例え.jp\n",
                &["xn--bcher-kva.example.@1", "xn--r8jz45g.jp.@2"],
            ),
            (
                "addresses of pages",
                "https://www.example.org/a?b\n",
                &["www.example.org.@1"],
            ),
            (
                "a title that is a domain",
                "domain.example\n",
                &["domain.example.@1"],
            ),
            ("spaces", "  example.org  \n\n", &["example.org.@1"]),
            ("nothing", "", &[]),
            ("titles only", "domain,country\n", &[]),
        ];
        for (what, text, expected) in table {
            assert_eq!(
                short(text),
                (expected.iter().map(ToString::to_string).collect(), vec![]),
                "{what}"
            );
        }
    }

    #[test]
    fn wrong_lines_are_told_and_the_rest_is_taken() {
        let text = "example.org\nnot a domain\n*.example.net\nEXAMPLE.ORG.\n192.0.2.1\n\
                    xn--a\na..b\nexample.com\n";
        let (rows, refused) = short(text);
        assert_eq!(rows, ["example.org.@1", "example.com.@8"]);
        assert_eq!(
            refused,
            [
                "line 2: `not a domain` is no domain name",
                "line 3: `*.example.net` is a wildcard: give the zone that it lies in",
                "line 4: example.org. stands on line 1 already",
                "line 5: `192.0.2.1` is no domain name",
                "line 6: `xn--a` is no domain name",
                "line 7: `a..b` is no domain name",
            ]
        );
        let imported = import(b"domain,cc\n,de\n\xff\xfe,fr\nexample.de,de\n");
        let refused: Vec<String> = imported.refused.iter().map(ToString::to_string).collect();
        assert_eq!(refused, ["line 2: no domain", "line 3: it is not UTF-8"]);
        assert_eq!(imported.rows.len(), 1);
    }

    #[test]
    fn what_is_written_is_a_portfolio() {
        let text = "domain,organization,criticality\nbücher.example,\"A \"\"quoted\"\" \\ name\",critical\n\
                    example.org,,\n.,,\n";
        let imported = import(text.as_bytes());
        let toml = imported.to_toml();
        let portfolio = Portfolio::parse(&toml).unwrap();
        let names: Vec<String> = portfolio
            .zones()
            .map(|zone| zone.name.to_string())
            .collect();
        assert_eq!(names, [".", "xn--bcher-kva.example.", "example.org."]);
        let zone = portfolio.zones().nth(1).unwrap();
        assert_eq!(zone.owner.as_deref(), Some("A \"quoted\" \\ name"));
        assert_eq!(zone.criticality, Criticality::Critical);
        assert!(toml.starts_with("# bücher.example\n[[zone]]\n"), "{toml}");
    }

    proptest::proptest! {
        /// Whatever a list holds, what is made of it is a portfolio of as many zones.
        #[test]
        fn any_list_gives_a_portfolio(
            lines in proptest::collection::vec("[a-z.#;,\"\t*ü語_ -]{0,12}(org|example)?", 0..12),
            end in "(\r\n|\n)",
            odd in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..6),
        ) {
            let mut octets = lines.join(&end).into_bytes();
            octets.extend(odd);
            let imported = import(&octets);
            let again = Portfolio::parse(&imported.to_toml());
            proptest::prop_assert_eq!(again.unwrap().zones().len(), imported.rows.len());
            let last = u64::try_from(lines.len()).unwrap() + 7;
            let mut told = imported.rows.iter().map(|row| row.line);
            proptest::prop_assert!(told.all(|line| (1..=last).contains(&line)));
        }
    }
}
