//! Trust anchors from files: what shapes there are, and what can be wrong in them.

use super::{TrustAnchors, Trusted, Window, named_conf};
use crate::message::zone_file::{self, ZoneFileError, hex};
use crate::message::{Ds, Name, Rrset, Rtype};
use crate::time::Timestamp;
use roxmltree::{Document, Node};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why trust anchors could not be taken from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorFileError {
    /// The file does not exist or may not be read.
    #[error("cannot read trust anchors from {}", path.display())]
    Read {
        /// As given on the command line.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else than usable trust anchors.
    #[error("cannot take trust anchors from {}", path.display())]
    Content {
        /// As given on the command line.
        path: PathBuf,
        /// What is wrong in it.
        source: AnchorProblem,
    },
}

/// What can be wrong in a file of trust anchors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorProblem {
    /// It is no zone file.
    #[error(transparent)]
    ZoneFile(#[from] ZoneFileError),
    /// It looks like XML and is not.
    #[error("not well-formed XML: {0}")]
    Xml(roxmltree::Error),
    /// It is XML of another kind.
    #[error("the XML document is no <TrustAnchor>")]
    NotTrustAnchor,
    /// An element is missing or cannot be read.
    #[error("line {line}: the value of <{element}> is missing or not valid")]
    Element {
        /// Where the element, or the one that should hold it, starts.
        line: u32,
        /// Its name.
        element: &'static str,
    },
    /// An attribute that cannot be read.
    #[error("line {line}: {attribute} is no time as RFC 3339 writes it")]
    Time {
        /// Where the element starts.
        line: u32,
        /// Its name.
        attribute: &'static str,
    },
    /// There is nothing in it to trust.
    #[error("it names no DS or DNSKEY record")]
    Empty,
    /// A digest that no key can have.
    #[error("the digest of DS {key_tag} of zone {zone} has not the length of its type")]
    DigestLength {
        /// The zone.
        zone: Name,
        /// Of the DS record.
        key_tag: u16,
    },
    /// A key that signs no zone data (RFC 4034 §2.1), or one revoked (RFC 5011 §2.1).
    #[error("DNSKEY {key_tag} of zone {zone} is no zone key, or it is revoked")]
    NotAZoneKey {
        /// The zone.
        zone: Name,
        /// Of the key.
        key_tag: u16,
    },
}

/// The anchors in a file of any shape.
pub(super) fn read(path: &Path) -> Result<TrustAnchors, AnchorFileError> {
    let octets = fs::read(path).map_err(|source| AnchorFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    // A comment may hold anything; what matters is ASCII.
    parse(&String::from_utf8_lossy(&octets)).map_err(|source| AnchorFileError::Content {
        path: path.to_owned(),
        source,
    })
}

/// The anchors in a text of any shape.
pub(super) fn parse(text: &str) -> Result<TrustAnchors, AnchorProblem> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let anchors = if start.starts_with('<') {
        from_xml(start, text)?
    } else if named_conf::is_named_conf(text) {
        from_sets(&named_conf::parse(text)?)?
    } else {
        from_sets(&zone_file::parse(text)?)?
    };
    if anchors.is_empty() {
        Err(AnchorProblem::Empty)
    } else {
        Ok(anchors)
    }
}

/// The DS and DNSKEY records of a zone file.
fn from_sets(sets: &[Rrset]) -> Result<TrustAnchors, AnchorProblem> {
    let mut anchors = TrustAnchors::default();
    for set in sets {
        for ds in set.ds().filter(|_| set.rtype == Rtype::DS) {
            anchors.insert(set.owner.clone(), whole(&set.owner, ds)?, Window::default());
        }
        for key in set.dnskeys() {
            if !key.is_zone_key() || key.is_revoked() {
                return Err(AnchorProblem::NotAZoneKey {
                    zone: set.owner.clone(),
                    key_tag: key.key_tag,
                });
            }
            anchors.insert(set.owner.clone(), Trusted::Key(key), Window::default());
        }
    }
    Ok(anchors)
}

/// A DS whose digest has the length that it must have, as far as that is known.
fn whole(zone: &Name, ds: Ds) -> Result<Trusted, AnchorProblem> {
    let is_whole = match ds.digest_type {
        1 => ds.digest.len() == 20,
        2 => ds.digest.len() == 32,
        4 => ds.digest.len() == 48,
        _ => true,
    };
    if is_whole {
        Ok(Trusted::Ds(ds))
    } else {
        Err(AnchorProblem::DigestLength {
            zone: zone.clone(),
            key_tag: ds.key_tag,
        })
    }
}

/// IANA's `root-anchors.xml` (RFC 9718 §2). The keys that it may hold beside the digests are
/// left out: a digest says as much.
fn from_xml(document: &str, text: &str) -> Result<TrustAnchors, AnchorProblem> {
    let document = Document::parse(document).map_err(AnchorProblem::Xml)?;
    let root = document.root_element();
    if !root.has_tag_name("TrustAnchor") {
        return Err(AnchorProblem::NotTrustAnchor);
    }
    let skipped = text.len().saturating_sub(document.input_text().len());
    let before = text.get(..skipped).unwrap_or_default();
    let first_line = u32::try_from(before.matches('\n').count()).unwrap_or_default();
    let zone = Element::of(root, first_line);
    let zone = zone.value("Zone", |text| Name::parse(text).ok())?;
    let mut anchors = TrustAnchors::default();
    for digest in root
        .children()
        .filter(|node| node.has_tag_name("KeyDigest"))
    {
        let digest = Element::of(digest, first_line);
        let ds = Ds {
            key_tag: digest.value("KeyTag", |text| text.parse().ok())?,
            algorithm: digest.value("Algorithm", |text| text.parse().ok())?,
            digest_type: digest.value("DigestType", |text| text.parse().ok())?,
            digest: digest.value("Digest", |text| {
                let digits: Vec<&str> = text.split_whitespace().collect();
                hex(&digits.concat()).map(Into::into)
            })?,
        };
        let window = Window {
            from: digest.time("validFrom")?,
            until: digest.time("validUntil")?,
        };
        anchors.insert(zone.clone(), whole(&zone, ds)?, window);
    }
    Ok(anchors)
}

/// An element, and where it stands.
struct Element<'a> {
    node: Node<'a, 'a>,
    line: u32,
}

impl<'a> Element<'a> {
    fn of(node: Node<'a, 'a>, first_line: u32) -> Self {
        let place = node.document().text_pos_at(node.range().start);
        Self {
            node,
            line: first_line + place.row,
        }
    }

    /// What the only child element of this name says.
    fn value<T>(
        &self,
        element: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, AnchorProblem> {
        let mut children = self.node.children();
        let child = children.find(|child| child.has_tag_name(element));
        child
            .and_then(|child| read(child.text()?.trim()))
            .ok_or(AnchorProblem::Element {
                line: self.line,
                element,
            })
    }

    /// The time that an attribute tells; nothing if there is no such attribute.
    fn time(&self, attribute: &'static str) -> Result<Option<Timestamp>, AnchorProblem> {
        let Some(text) = self.node.attribute(attribute) else {
            return Ok(None);
        };
        let time = Timestamp::parse(text.trim());
        time.map(Some).ok_or(AnchorProblem::Time {
            line: self.line,
            attribute,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::zone_file;

    const DIGEST: &str = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";
    const KEYS: &str = include_str!("root.key");

    /// `zone` or `zone tag` of all anchors, in their order.
    fn tags(anchors: &TrustAnchors) -> Vec<String> {
        let zones = anchors.zones().map(|zone| anchors.for_zone(zone).unwrap());
        let trusted =
            zones.flat_map(|anchor| anchor.trusted().map(move |(what, _)| (anchor, what)));
        trusted
            .map(|(anchor, trusted)| match trusted {
                Trusted::Ds(ds) => format!("{} DS {}", anchor.zone(), ds.key_tag),
                Trusted::Key(key) => format!("{} DNSKEY {}", anchor.zone(), key.key_tag),
            })
            .collect()
    }

    fn xml(digests: &str) -> String {
        format!("<?xml version=\"1.0\"?>\n<TrustAnchor>\n<Zone>.</Zone>\n{digests}</TrustAnchor>")
    }

    fn digest(attributes: &str, tag: u16) -> String {
        format!(
            "<KeyDigest {attributes}>\n<KeyTag>{tag}</KeyTag><Algorithm>8</Algorithm>\n\
             <DigestType> 2 </DigestType><Digest>\n{DIGEST}\n</Digest></KeyDigest>\n"
        )
    }

    #[test]
    fn every_shape_of_file_is_read() {
        let key = KEYS.lines().next().unwrap();
        let data = key.split_whitespace().nth(6).unwrap();
        let (head, tail) = data.split_at(100);
        let table = [
            (
                "DS",
                format!(". IN DS 20326 8 2 {DIGEST}"),
                vec![". DS 20326"],
            ),
            (
                "DNSKEY",
                KEYS.to_owned(),
                vec![". DNSKEY 20326", ". DNSKEY 38696"],
            ),
            (
                "mixed, several zones",
                format!("b. DS 1 8 2 {DIGEST}\n{key}\na.b 3600 DS 2 8 2 {DIGEST}\n"),
                vec![". DNSKEY 20326", "b. DS 1", "a.b. DS 2"],
            ),
            (
                "the same twice",
                format!(
                    ". DS 20326 8 2 {DIGEST}\n. 5 DS 20326 8 2 {}",
                    DIGEST.to_lowercase()
                ),
                vec![". DS 20326"],
            ),
            (
                "among other records",
                format!(". NS a.root.\n{key}\n. CDS 1 8 2 {DIGEST}"),
                vec![". DNSKEY 20326"],
            ),
            (
                "XML",
                format!(
                    "\n{}",
                    xml(&[digest("", 1), digest("id=\"x\"", 2)].concat())
                ),
                vec![". DS 1", ". DS 2"],
            ),
            (
                "bind.keys",
                format!(
                    "/* c\n{key} */ // managed-keys {{\n# x\ntrust-anchors {{\n\
                     . initial-key 257 3 8 \"{head}\n   {tail}\"; # KSK\n\
                     \"b\" static-ds 7 8 2 \"{DIGEST}\";}};\noptions {{ a b; }};\n"
                ),
                vec![". DNSKEY 20326", "b. DS 7"],
            ),
            (
                "trusted-keys",
                format!("trusted-keys\n{{\n. 257 3 8 \"{data}\";\n}};"),
                vec![". DNSKEY 20326"],
            ),
        ];
        for (what, text, expected) in table {
            let anchors = parse(&text).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(tags(&anchors), expected, "{what}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn what_is_wrong_is_told_in_one_line() {
        let key = KEYS.split_whitespace().nth(6).unwrap();
        let table = [
            ("nothing", String::new(), "it names no DS or DNSKEY record"),
            (
                "words",
                "hello world\n".to_owned(),
                "it names no DS or DNSKEY record",
            ),
            (
                "binary",
                "\0\u{1}\u{fffd}".to_owned(),
                "line 1: no record type after the name",
            ),
            (
                "no digest",
                "; c\n. DS 20326 8 2\n".to_owned(),
                "line 2: the digest (hexadecimal) is missing",
            ),
            (
                "a short digest",
                ". DS 20326 8 2 E06D".to_owned(),
                "the digest of DS 20326 of zone . has not the length of its type",
            ),
            (
                "a revoked key",
                ". DNSKEY 385 3 8 AwEAAQ==".to_owned(),
                "DNSKEY 1931 of zone . is no zone key, or it is revoked",
            ),
            (
                "no zone key",
                ". DNSKEY 1 3 8 AwEAAQ==".to_owned(),
                "DNSKEY 1547 of zone . is no zone key, or it is revoked",
            ),
            (
                "HTML",
                "<html></html>".to_owned(),
                "the XML document is no <TrustAnchor>",
            ),
            (
                "cut off XML",
                "<TrustAnchor>\n<Zone>".to_owned(),
                "not well-formed XML: the root node was opened but never closed",
            ),
            ("empty XML", xml(""), "it names no DS or DNSKEY record"),
            (
                "XML without a zone",
                "<TrustAnchor/>".to_owned(),
                "line 1: the value of <Zone> is missing or not valid",
            ),
            (
                "XML with a bad tag",
                format!("\n\n{}", xml(&digest("", 1).replace(">1<", ">x<"))),
                "line 6: the value of <KeyTag> is missing or not valid",
            ),
            (
                "XML with a bad digest",
                xml(&digest("", 1).replace(DIGEST, "E06")),
                "line 4: the value of <Digest> is missing or not valid",
            ),
            (
                "XML with a bad time",
                xml(&digest("validUntil=\"soon\"", 1)),
                "line 4: validUntil is no time as RFC 3339 writes it",
            ),
            (
                "bind.keys with a bad key",
                format!("trust-anchors {{\n. initial-key 257 3 8 \"{key}=\";\n}};"),
                "line 2: `AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJz…` is no valid public key (base64)",
            ),
            (
                "empty bind.keys",
                "trust-anchors {\n};".to_owned(),
                "it names no DS or DNSKEY record",
            ),
        ];
        for (what, text, expected) in table {
            let found = parse(&text).unwrap_err().to_string();
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn a_digest_of_iana_is_in_force_from_its_first_to_its_last_moment() {
        let window = "validFrom=\"2010-07-15T00:00:00+00:00\" validUntil=\"2019-01-11T00:00:00Z\"";
        let text = xml(&[digest(window, 20326), digest("", 1)].concat());
        let anchors = parse(&text).unwrap();
        let root = anchors.for_zone(&Name::root()).unwrap();
        let sets = zone_file::parse(KEYS).unwrap();
        let key = sets[0].dnskeys().find(|key| key.key_tag == 20326).unwrap();
        assert!(root.matches(&key));
        let table = [
            ("2010-07-14T23:59:59Z", false),
            ("2010-07-15T00:00:00Z", true),
            ("2019-01-11T00:00:00Z", true),
            ("2019-01-11T00:00:01Z", false),
        ];
        for (time, expected) in table {
            let moment = Timestamp::parse(time).unwrap();
            assert_eq!(root.matches_at(&key, moment), expected, "{time}");
            assert_eq!(
                root.in_force(moment).count(),
                1 + usize::from(expected),
                "{time}"
            );
        }
    }

    #[test]
    fn several_files_count_together() {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = ["chain/anchor/root.key", "signature/bind.zone"];
        let anchors = TrustAnchors::load(&files.map(|file| source.join(file))).unwrap();
        let root = anchors.for_zone(&Name::root()).unwrap();
        assert_eq!(root.trusted().count(), 2);
        let signed = Name::parse("ed448.example.").unwrap();
        assert_eq!(anchors.closest(&signed), Some(signed));
    }

    #[test]
    fn an_error_names_the_file() {
        let path = PathBuf::from("/nonexistent/anchors");
        let error = TrustAnchors::load(&[path]).unwrap_err();
        let expected = "cannot read trust anchors from /nonexistent/anchors";
        assert_eq!(error.to_string(), expected);
    }
}
