//! Zone files, as far as keys and delegation signers stand in them (RFC 1035 §5).

mod encoding;
mod entry;
mod problem;
mod rdata;
mod write;

pub(crate) use encoding::{base64, hex};
pub use problem::{Field, Problem, ZoneFileError};
pub use write::{records, write};

use super::name::Name;
use super::rdata::{Ds, Rrsig};
use super::rrset::Rrset;
use super::rtype::Rtype;
use crate::time::Ttl;
use entry::{Entries, Entry};
use problem::{invalid, shortened};
use std::collections::BTreeMap;

/// Longer than the mnemonic of any type.
const MAX_MNEMONIC: usize = 16;

/// The DS, DNSKEY, CDS and CDNSKEY RRsets of a zone file, in canonical order of their owners,
/// with the RRSIGs that cover them.
///
/// Records of other types and classes, and RRSIGs that cover no set of the file, are stepped
/// over. Names are relative to the root until `$ORIGIN` says otherwise. A record without a TTL
/// has that of `$TTL`, else that of the record before, else 0.
pub fn parse(text: &str) -> Result<Vec<Rrset>, ZoneFileError> {
    let mut entries = Entries::new(text);
    let mut entry = Entry::default();
    let mut reader = Reader::default();
    while entries.read(&mut entry)? {
        reader.read(&entry).map_err(|problem| ZoneFileError {
            line: entry.line,
            problem,
        })?;
    }
    Ok(reader.finish())
}

/// A DS record from its data in zone-file form: `31589 13 2 49AA…` (RFC 4034 §5.3).
pub fn ds(text: &str) -> Result<Ds, Problem> {
    let tokens: Vec<&str> = text.split_ascii_whitespace().collect();
    let rdata = rdata::parse(Rtype::DS, &tokens, &Name::root())?.unwrap_or_default();
    Ds::parse(&rdata).ok_or(Problem::TooShort)
}

/// A record that is kept.
struct Record {
    owner: Name,
    rtype: Rtype,
    ttl: Ttl,
    rdata: Box<[u8]>,
}

impl Record {
    /// The record as a signature, if it is one.
    fn signature(&self) -> Option<Rrsig> {
        (self.rtype == Rtype::RRSIG).then(|| Rrsig::parse(&self.rdata))?
    }
}

/// What later entries take over from earlier ones, and what was found.
struct Reader<'a> {
    origin: Name,
    default_ttl: Option<Ttl>,
    last_ttl: Ttl,
    /// The last owner as written, with the origin that it is relative to. Most owners belong to
    /// records that are stepped over, so a name is made of it only where it is needed.
    last_owner: Option<(&'a str, Name)>,
    records: Vec<Record>,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            origin: Name::root(),
            default_ttl: None,
            last_ttl: Ttl::default(),
            last_owner: None,
            records: Vec::new(),
        }
    }
}

impl<'a> Reader<'a> {
    fn read(&mut self, entry: &Entry<'a>) -> Result<(), Problem> {
        let mut tokens = entry.tokens.iter();
        if !entry.is_indented {
            let Some(first) = tokens.next() else {
                return Ok(());
            };
            if first.starts_with('$') {
                return self.directive(first, tokens.next().copied());
            }
            self.last_owner = Some((first, self.origin.clone()));
        }
        let (mut ttl, mut is_class_in) = (None, true);
        loop {
            let token = tokens.next().ok_or(Problem::NoType)?;
            if let Some(is_in) = class(token) {
                is_class_in = is_in;
            } else if token.starts_with(|first: char| first.is_ascii_digit()) {
                ttl = Some(rdata::ttl(token)?);
            } else {
                if !could_be_type(token) {
                    return Err(Problem::UnknownType(shortened(token)));
                }
                let ttl = ttl.or(self.default_ttl).unwrap_or(self.last_ttl);
                self.last_ttl = ttl;
                let Some(rtype) = rdata::kept_type(token).filter(|_| is_class_in) else {
                    return Ok(());
                };
                let (owner, origin) = self.last_owner.as_ref().ok_or(Problem::NoOwner)?;
                if let Some(rdata) = rdata::parse(rtype, tokens.as_slice(), &self.origin)? {
                    self.records.push(Record {
                        owner: name(owner, origin, Field::Owner)?,
                        rtype,
                        ttl,
                        rdata,
                    });
                }
                return Ok(());
            }
        }
    }

    fn directive(&mut self, directive: &str, value: Option<&str>) -> Result<(), Problem> {
        let value = value.ok_or_else(|| Problem::NoValue(shortened(directive)));
        match directive.to_ascii_uppercase().as_str() {
            "$ORIGIN" => self.origin = name(value?, &self.origin, Field::Origin)?,
            "$TTL" => self.default_ttl = Some(rdata::ttl(value?)?),
            "$INCLUDE" => return Err(Problem::Include),
            _ => return Err(Problem::UnknownDirective(shortened(directive))),
        }
        Ok(())
    }

    /// Puts records of one owner and type together, and signatures to what they cover.
    fn finish(self) -> Vec<Rrset> {
        let mut sets: BTreeMap<(Name, Rtype), Gathering> = BTreeMap::new();
        for record in self.records {
            if let Some(rrsig) = record.signature() {
                let key = (record.owner, rrsig.type_covered);
                sets.entry(key).or_default().signatures.push(rrsig);
            } else {
                let set = sets.entry((record.owner, record.rtype)).or_default();
                let least_ttl = set.ttl.map_or(record.ttl, |ttl| ttl.min(record.ttl));
                set.ttl = Some(least_ttl);
                set.records.push(record.rdata);
            }
        }
        let sets = sets.into_iter().filter_map(|((owner, rtype), set)| {
            let mut rrset = Rrset::new(owner, rtype, set.ttl?, set.records)?;
            rrset.signatures = set.signatures;
            Some(rrset)
        });
        sets.collect()
    }
}

/// A set whose records are still coming.
#[derive(Default)]
struct Gathering {
    /// Nothing as long as only signatures were seen.
    ttl: Option<Ttl>,
    records: Vec<Box<[u8]>>,
    signatures: Vec<Rrsig>,
}

/// Whether this class is IN; nothing if it is no class.
fn class(token: &str) -> Option<bool> {
    let has_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    match token.to_ascii_uppercase().as_str() {
        "IN" | "CLASS1" => Some(true),
        "CH" | "HS" | "CS" => Some(false),
        other => other
            .strip_prefix("CLASS")
            .filter(|rest| has_number(rest))
            .map(|_| false),
    }
}

/// Whether this looks like the mnemonic of a type, known or not: the rest of a key whose
/// parentheses were forgotten does not.
fn could_be_type(token: &str) -> bool {
    let is_word = token
        .bytes()
        .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    is_word && token.len() <= MAX_MNEMONIC
}

/// A name as written, relative to `origin` unless it ends with a dot.
fn name(text: &str, origin: &Name, field: Field) -> Result<Name, Problem> {
    let found = if text == "@" {
        Ok(origin.clone())
    } else if has_final_dot(text) || origin.is_root() {
        Name::parse(text)
    } else {
        Name::parse(&format!("{text}.{origin}"))
    };
    found
        .ok()
        .filter(|_| !text.is_empty())
        .ok_or_else(|| invalid(field, text))
}

/// Whether the last dot ends a label, rather than being part of one as `\.`.
fn has_final_dot(text: &str) -> bool {
    text.strip_suffix('.').is_some_and(|head| {
        let backslashes = head.bytes().rev().take_while(|b| *b == b'\\').count();
        backslashes % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::rdata::{Dnskey, Ds};
    use proptest::prelude::*;

    const DIGEST: &str = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";

    /// `owner TYPE ttl hex…` of each set, to compare by.
    fn summary(text: &str) -> Vec<String> {
        let sets = parse(text).unwrap();
        let line = |set: &Rrset| {
            let records: Vec<_> = set
                .records()
                .map(|rdata| format!(" {rdata:02x?}"))
                .collect();
            let Rrset {
                owner, rtype, ttl, ..
            } = set;
            format!("{owner} {rtype} {}{}", ttl.seconds(), records.concat())
        };
        sets.iter().map(line).collect()
    }

    #[test]
    fn the_same_record_may_be_written_in_many_ways() {
        let plain = "a.example. 3600 IN DS 1 13 2 0aff";
        let table = [
            "a.example. IN 3600 DS 1 13 2 0AFF",
            "a.EXAMPLE. 1h DS 1 ECDSAP256SHA256 2 0a ff ; a comment",
            "a.example 60m ds 1 13 2 0a ff",
            "$ORIGIN example.\na 3600 DS 1 13 2 0aff",
            "$ORIGIN example.\n$ORIGIN a\n@ 3600 DS 1 13 2 0aff",
            "$TTL 3600\na.example. DS 1 13 2 0aff",
            "$TTL 7\n$ORIGIN example.\na 3600 TXT \"a ; ( b\" c\n  3600 DS 1 13 2 0aff",
            "a.example. 3600 IN NS ns\n\n; nothing\n\tDS 1 13 2 0aff",
            "a.example. 3600 DS ( 1 ; (\n 13 2\n\n 0a\n ff )",
            "a.example. 3600 CLASS1 TYPE43 1 13 2 0aff",
            "a.example. 3600 DS \\# 6 00010d020aff",
            "a.example. 3600 TYPE43 \\# 6 ( 0001 0d02\n0aff )",
            "\u{feff}a.example. 3600 DS 1 13 2 0aff\r\n",
            "\\097.example. 3600 DS 1 13 2 0aff",
            "a.example. 3600 DS 1 13 2 0aff\na.example. 7200 DS 1 13 2 0AFF",
            "a.example. 3600 CH DS 1 13 2 0b\na.example. 3600 DS 1 13 2 0aff",
            "b. 3600 RRSIG A 8 1 1 2 1 7 . AAAA\n$ORIGIN x.\na.example. DS 1 13 2 0aff",
        ];
        for text in table {
            assert_eq!(summary(text), summary(plain), "{text}");
        }
    }

    #[test]
    fn records_of_other_types_are_stepped_over() {
        let text = "\
            $TTL 300\n\
            @ SOA a.root. nstld.verisign-grs.com. ( 2026 ; serial\n 1800 900 604800 86400 )\n\
            example. HTTPS 1 . alpn=\"h2,h3\" key65000=\"a \\\" b\"\n\
            example. FUTURE whatever \\# 3\n\
            example. TYPE65280 \\# 1 00\n\
            example. CH TXT x\n\
            example. RRSIG A nonsense\n";
        assert_eq!(summary(text), [""; 0]);
        assert_eq!(summary(""), [""; 0]);
    }

    #[test]
    fn signatures_go_to_the_set_that_they_cover() {
        let text = "\
            $TTL 300\n\
            $ORIGIN example.\n\
            @ RRSIG DNSKEY 8 1 300 20260101000000 ( 1735689600 7 @ AQ== )\n\
            @ DNSKEY 257 3 8 AwEA AQ==\n\
            @ RRSIG DS 8 1 4294967295 20260101000000 20250101000000 8 . AQ==\n\
            @ DS 7 8 2 00\n\
            a RRSIG DS 8 1 300 20260101000000 20250101000000 8 @ AQ==\n\
            @ CDS 0 0 0 0\n\
            @ CDNSKEY 0 3 0 AA==\n";
        let sets = parse(text).unwrap();
        let found = sets.iter().map(|set| {
            let tags: Vec<_> = set.signatures.iter().map(|rrsig| rrsig.key_tag).collect();
            (set.rtype, tags)
        });
        let expected = [
            (Rtype::DS, vec![8]),
            (Rtype::DNSKEY, vec![7]),
            (Rtype::CDS, vec![]),
            (Rtype::CDNSKEY, vec![]),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        let rrsig = &sets[1].signatures[0];
        assert_eq!(rrsig.inception.value(), 1_735_689_600);
        assert_eq!(rrsig.expiration.value(), 1_767_225_600);
        assert_eq!(rrsig.signer, Name::parse("example.").unwrap());
        assert_eq!(sets[0].signatures[0].prefix[4..8], [0xff; 4], "as written");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn what_is_wrong_is_told_with_its_line() {
        let table = [
            ("\n; c\n. DS x 8 2 00", "line 3: `x` is no valid key tag"),
            (". DS 65536 8 2 00", "line 1: `65536` is no valid key tag"),
            (". DS +1 8 2 00", "line 1: `+1` is no valid key tag"),
            (". DS 1 RSA 2 00", "line 1: `RSA` is no valid algorithm"),
            (". DS 1 8 2", "line 1: the digest (hexadecimal) is missing"),
            (
                ". DS 1 8 2 0g",
                "line 1: `0g` is no valid digest (hexadecimal)",
            ),
            (
                ". DS 1 8 2 000",
                "line 1: `000` is no valid digest (hexadecimal)",
            ),
            (". DS", "line 1: the key tag is missing"),
            (
                ". DNSKEY 257 3 8 A",
                "line 1: `A` is no valid public key (base64)",
            ),
            (
                ". DNSKEY 257 3 8",
                "line 1: the public key (base64) is missing",
            ),
            (
                ". DNSKEY 257 3 8 AAAA\n  AQOy1bZVvpPqhg4j7EJoM9rI\n",
                "line 2: `AQOy1bZVvpPqhg4j7EJoM9rI` is no record type",
            ),
            (
                ". RRSIG DS 8 0 1 20261301000000 1 1 . AA==",
                "line 1: `20261301000000` is no valid expiration time",
            ),
            (
                ". RRSIG DS 8 0 1 1 1 1 a..b AA==",
                "line 1: `a..b` is no valid signer's name",
            ),
            (
                "a..b. DS 1 8 2 00",
                "line 1: `a..b.` is no valid owner name",
            ),
            (" DS 1 8 2 00", "line 1: the first record has no owner name"),
            ("<html>", "line 1: no record type after the name"),
            ("<html> <body>", "line 1: `<body>` is no record type"),
            ("a. 1x DS 1 8 2 00", "line 1: `1x` is no valid TTL"),
            ("a. TXT \"x\n", "line 1: a quotation mark is never closed"),
            ("a. TXT x\\\n. DS x", "line 2: `x` is no valid key tag"),
            (
                "\na. DS ( 1\n8 2 00\n",
                "line 2: a parenthesis is never closed",
            ),
            (
                "a. DS 1 8 ) 2 00",
                "line 1: a parenthesis is closed that was never opened",
            ),
            (
                "$INCLUDE other",
                "line 1: $INCLUDE is not followed; give the included file by itself",
            ),
            ("$GENERATE 1-2 a A 1", "line 1: unknown directive $GENERATE"),
            ("$TTL", "line 1: $TTL without a value"),
            (
                ". DS \\# 5 00010802",
                "line 1: the data is not 5 octets long, as `\\#` says",
            ),
            (
                ". DS \\# 3 000108",
                "line 1: the data is too short for its type",
            ),
            (
                ". RRSIG \\# 4 002b0800",
                "line 1: the data is too short for its type",
            ),
        ];
        for (text, expected) in table {
            let found = parse(text).unwrap_err().to_string();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_error_quotes_little_and_stays_on_one_line() {
        let text = format!(". DS 1 8 2 \"{}\x1b[31mé\"", "é".repeat(38));
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains("\\u{1b}[…`") && error.len() < 150, "{error}");
    }

    #[test]
    fn a_ds_reads_back() {
        let ds = format!("20326 8 2 {DIGEST}");
        let sets = parse(&format!(". 86400 IN DS {ds}")).unwrap();
        let found: Vec<Ds> = sets[0].ds().collect();
        assert_eq!(found[0].to_string(), ds);
        assert!(sets[0].owner.is_root());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in r#"([ -~é\n\t]|DS|RRSIG|\\#|\$ORIGIN|"|\(|\)| 1 | AA==){0,60}"#) {
            let _ = parse(&text);
        }

        #[test]
        fn keys_read_back(octets in prop::collection::vec(any::<u8>(), 5..80), indent in "[ \t\n]{0,3}") {
            let digits: Vec<_> = octets.iter().map(|octet| format!("{octet:02x}{indent}")).collect();
            let text = format!("a. DNSKEY ( \\# {} {} )", octets.len(), digits.concat());
            let sets = parse(&text).unwrap();
            prop_assert_eq!(sets[0].dnskeys().next(), Dnskey::parse(&octets));
        }
    }
}
