//! The record data that DNSSEC is made of, and the canonical form of all the rest.

use super::name::Name;
use super::rtype::Rtype;
use super::walk::Cursor;
use crate::time::{SerialTime, Ttl};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// Parts of an RDATA layout that holds names (RFC 4034 §6.2, list item 3).
#[derive(Clone, Copy)]
enum Part {
    /// So many octets as they are.
    Octets(usize),
    /// A character string: a length octet and what it counts.
    Text,
    /// A name, compressed perhaps, lower case in canonical form.
    Name,
    /// A name, compressed perhaps, whose case is kept (RFC 6840 §5.1).
    NameAsIs,
    /// All that is left.
    Rest,
}

/// How RDATA of `rtype` is laid out, as far as names in it matter.
fn layout(rtype: Rtype) -> &'static [Part] {
    use Part::{Name, NameAsIs, Octets, Rest, Text};
    match rtype.number() {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME.
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 39 => &[Name],
        // SOA.
        6 => &[Name, Name, Octets(20)],
        // MINFO, RP.
        14 | 17 => &[Name, Name],
        // MX, AFSDB, RT, KX.
        15 | 18 | 21 | 36 => &[Octets(2), Name],
        // SIG, RRSIG.
        24 | 46 => &[Octets(18), Name, Rest],
        // PX.
        26 => &[Octets(2), Name, Name],
        // NXT.
        30 => &[Name, Rest],
        // SRV.
        33 => &[Octets(6), Name],
        // NAPTR.
        35 => &[Octets(4), Text, Text, Text, Name],
        // NSEC.
        47 => &[NameAsIs, Rest],
        _ => &[Rest],
    }
}

/// RDATA in canonical form: names whole, and in lower case where RFC 4034 §6.2 as corrected by
/// RFC 6840 §5.1 says so. Nothing if the octets do not have the layout of their type.
pub(super) fn canonical(rtype: Rtype, mut cursor: Cursor<'_>) -> Option<Box<[u8]>> {
    let mut canonical = Vec::new();
    for part in layout(rtype) {
        match part {
            Part::Octets(count) => canonical.extend_from_slice(cursor.take(*count)?),
            Part::Text => {
                let count = cursor.u8()?;
                canonical.push(count);
                canonical.extend_from_slice(cursor.take(usize::from(count))?);
            }
            Part::Name => canonical.extend_from_slice(cursor.name()?.wire()),
            Part::NameAsIs => canonical.extend_from_slice(&cursor.raw_name()?),
            Part::Rest => canonical.extend_from_slice(cursor.rest()),
        }
    }
    cursor
        .rest()
        .is_empty()
        .then(|| canonical.into_boxed_slice())
}

/// A place for the SHA-256 of what holds it, which `signature` fills once.
///
/// It adds nothing to its holder's identity, so any two are equal. A clone starts empty: an
/// RRSIG may be cloned into another set, where it covers something else.
#[derive(Debug, Default)]
pub(crate) struct Fingerprint(pub(crate) OnceLock<[u8; 32]>);

impl Clone for Fingerprint {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Fingerprint {}

impl Ord for Fingerprint {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl PartialOrd for Fingerprint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A signature over an RRset (RFC 4034 §3).
#[derive(Clone, Debug)]
pub struct Rrsig {
    /// The type of the RRset that it signs.
    pub type_covered: Rtype,
    /// Algorithm number.
    pub algorithm: u8,
    /// Labels of the owner, without the root's and a wildcard's asterisk.
    pub labels: u8,
    /// The TTL that the set has in its zone.
    pub original_ttl: Ttl,
    /// Not valid after this time.
    pub expiration: SerialTime,
    /// Not valid before this time.
    pub inception: SerialTime,
    /// Which of the signer's keys.
    pub key_tag: u16,
    /// The zone that signed.
    pub signer: Name,
    /// The signature itself.
    pub signature: Box<[u8]>,
    /// The RDATA up to the signature, canonical: the first part of what was signed.
    pub(crate) prefix: Box<[u8]>,
    /// Of what it covers in the set that holds it, and of itself.
    pub(crate) fingerprint: Fingerprint,
}

impl Rrsig {
    /// From RDATA in canonical form.
    pub fn parse(rdata: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(rdata, 0);
        let type_covered = Rtype::new(cursor.u16()?);
        let algorithm = cursor.u8()?;
        let labels = cursor.u8()?;
        let original_ttl = Ttl::new(cursor.u32()?);
        let expiration = SerialTime::new(cursor.u32()?);
        let inception = SerialTime::new(cursor.u32()?);
        let key_tag = cursor.u16()?;
        let signer = cursor.name()?;
        let prefix = rdata.get(..cursor.position())?.into();
        let signature = cursor.rest().into();
        Some(Self {
            type_covered,
            algorithm,
            labels,
            original_ttl,
            expiration,
            inception,
            key_tag,
            signer,
            signature,
            prefix,
            fingerprint: Fingerprint::default(),
        })
    }
}

/// A zone's public key (RFC 4034 §2).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Dnskey {
    rdata: Box<[u8]>,
    /// The tag that RRSIG and DS records name it by.
    pub key_tag: u16,
    /// Of the RDATA.
    pub(crate) fingerprint: Fingerprint,
}

impl Dnskey {
    /// Flag: a zone key (RFC 4034 §2.1.1).
    const ZONE_KEY: u16 = 0x0100;
    /// Flag: revoked (RFC 5011 §7).
    const REVOKE: u16 = 0x0080;
    /// Flag: secure entry point (RFC 4034 §2.1.1).
    const SEP: u16 = 0x0001;

    /// From RDATA.
    pub fn parse(rdata: &[u8]) -> Option<Self> {
        // Flags, protocol and algorithm; a key without octets may stand in a CDNSKEY only.
        (rdata.len() >= 4).then(|| Self {
            rdata: rdata.into(),
            key_tag: key_tag(rdata),
            fingerprint: Fingerprint::default(),
        })
    }

    /// The RDATA.
    pub fn rdata(&self) -> &[u8] {
        &self.rdata
    }

    /// The flags field.
    pub fn flags(&self) -> u16 {
        self.rdata
            .first_chunk()
            .map_or(0, |flags| u16::from_be_bytes(*flags))
    }

    /// The protocol field; 3 in every valid key.
    pub fn protocol(&self) -> u8 {
        self.rdata.get(2).copied().unwrap_or_default()
    }

    /// Algorithm number.
    pub fn algorithm(&self) -> u8 {
        self.rdata.get(3).copied().unwrap_or_default()
    }

    /// The key itself, in the form of its algorithm.
    pub fn public_key(&self) -> &[u8] {
        self.rdata.get(4..).unwrap_or_default()
    }

    /// Whether it may sign a zone's data at all: Zone Key bit set, protocol 3 (RFC 4034 §2.1).
    pub fn is_zone_key(&self) -> bool {
        self.flags() & Self::ZONE_KEY != 0 && self.protocol() == 3
    }

    /// Whether its owner revoked it (RFC 5011 §2.1).
    pub fn is_revoked(&self) -> bool {
        self.flags() & Self::REVOKE != 0
    }

    /// The key as it is without the REVOKE bit: with another tag (RFC 5011 §7).
    #[must_use]
    pub fn unrevoked(&self) -> Self {
        let mut rdata = self.rdata.clone();
        if let Some(flags) = rdata.first_chunk_mut() {
            *flags = (self.flags() & !Self::REVOKE).to_be_bytes();
        }
        Self {
            key_tag: key_tag(&rdata),
            rdata,
            fingerprint: Fingerprint::default(),
        }
    }

    /// Whether two records hold one key: revoking changes flags and tag, not the key.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.public_key() == other.public_key()
    }

    /// Whether it says to be an entry point. A hint for people: it decides nothing.
    pub fn is_sep(&self) -> bool {
        self.flags() & Self::SEP != 0
    }
}

/// The tag of DNSKEY RDATA (RFC 4034 appendix B). Algorithm 1 counts otherwise, but nobody
/// supports it (RFC 3110 §2).
fn key_tag(rdata: &[u8]) -> u16 {
    let sum: u32 = rdata
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => u32::from(u16::from_be_bytes([high, low])),
            [high] => u32::from(high) << 8,
            _ => 0,
        })
        .sum();
    let folded = sum.wrapping_add(sum >> 16) & 0xffff;
    u16::try_from(folded).unwrap_or_default()
}

/// A delegation signer: the digest of a child's key (RFC 4034 §5).
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Ds {
    /// Tag of the key.
    pub key_tag: u16,
    /// Algorithm of the key.
    pub algorithm: u8,
    /// Which digest.
    pub digest_type: u8,
    /// The digest.
    #[serde(with = "super::saved::octets")]
    pub digest: Box<[u8]>,
}

impl Ds {
    /// From RDATA.
    pub fn parse(rdata: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(rdata, 0);
        Some(Self {
            key_tag: cursor.u16()?,
            algorithm: cursor.u8()?,
            digest_type: cursor.u8()?,
            digest: cursor.rest().into(),
        })
    }
}

/// `31589 13 2 49AA…`, as in a zone file.
impl std::fmt::Display for Ds {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} {} {} ",
            self.key_tag, self.algorithm, self.digest_type
        )?;
        self.digest
            .iter()
            .try_for_each(|octet| write!(out, "{octet:02X}"))
    }
}

/// The types that exist at a name (RFC 4034 §4.1.2).
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct TypeBitmap(Box<[u8]>);

impl TypeBitmap {
    /// From the wire; nothing if the windows are not well formed.
    pub fn parse(octets: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(octets, 0);
        let mut last_window = None;
        while cursor.position() < octets.len() {
            let window = cursor.u8()?;
            let length = cursor.u8()?;
            if last_window >= Some(window) || !(1..=32).contains(&length) {
                return None;
            }
            cursor.take(usize::from(length))?;
            last_window = Some(window);
        }
        Some(Self(octets.into()))
    }

    /// Whether it has this type.
    pub fn has(&self, rtype: Rtype) -> bool {
        let [window, low] = rtype.number().to_be_bytes();
        let mut cursor = Cursor::new(&self.0, 0);
        while let (Some(found), Some(length)) = (cursor.u8(), cursor.u8()) {
            let Some(bits) = cursor.take(usize::from(length)) else {
                return false;
            };
            if found == window {
                let octet = bits.get(usize::from(low >> 3)).copied().unwrap_or_default();
                return octet & (0x80 >> (low & 7)) != 0;
            }
        }
        false
    }

    /// Whether it has no type at all, as at an empty non-terminal (RFC 5155 §7.1).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A denial by names (RFC 4034 §4).
#[derive(Clone, Debug)]
pub struct Nsec {
    /// The next owner in the zone; the apex after the last.
    pub next: Name,
    /// The types at the owner.
    pub types: TypeBitmap,
}

impl Nsec {
    /// From RDATA in canonical form.
    pub fn parse(rdata: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(rdata, 0);
        Some(Self {
            next: cursor.name()?,
            types: TypeBitmap::parse(cursor.rest())?,
        })
    }
}

/// A denial by hashed names (RFC 5155 §3).
#[derive(Clone, Debug)]
pub struct Nsec3 {
    /// Hash algorithm; 1 is SHA-1, the only one there is.
    pub hash_algorithm: u8,
    /// The flags field; of which opt-out is the lowest bit.
    pub flags: u8,
    /// Additional iterations of the hash.
    pub iterations: u16,
    /// The salt.
    pub salt: Box<[u8]>,
    /// The next hashed owner in the zone.
    pub next_hash: Box<[u8]>,
    /// The types at the original owner.
    pub types: TypeBitmap,
}

impl Nsec3 {
    /// From RDATA.
    pub fn parse(rdata: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(rdata, 0);
        let (hash_algorithm, flags, iterations) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
        let salt_octets = usize::from(cursor.u8()?);
        let salt = cursor.take(salt_octets)?.into();
        let hash_octets = usize::from(cursor.u8()?);
        let next_hash = cursor.take(hash_octets)?.into();
        let types = TypeBitmap::parse(cursor.rest())?;
        Some(Self {
            hash_algorithm,
            flags,
            iterations,
            salt,
            next_hash,
            types,
        })
    }

    /// Whether unsigned delegations may lie in its span (RFC 5155 §3.1.2.1).
    pub fn is_opt_out(&self) -> bool {
        self.flags & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_form_folds_the_names_that_the_rfc_lists() {
        let message = b"\x03Foo\x03BAR\0\x00\x0a\x02Mx\xc0\x00";
        let table: [(&str, Rtype, usize, &[u8]); 4] = [
            ("MX", Rtype::new(15), 9, b"\x00\x0a\x02mx\x03foo\x03bar\0"),
            ("CNAME", Rtype::CNAME, 11, b"\x02mx\x03foo\x03bar\0"),
            (
                "NSEC keeps case",
                Rtype::NSEC,
                11,
                b"\x02Mx\x03Foo\x03BAR\0",
            ),
            (
                "unknown as it is",
                Rtype::new(65_280),
                11,
                b"\x02Mx\xc0\x00",
            ),
        ];
        for (what, rtype, start, expected) in table {
            let found = canonical(rtype, Cursor::new(message, start));
            assert_eq!(found.as_deref(), Some(expected), "{what}");
        }
        assert_eq!(
            canonical(Rtype::SOA, Cursor::new(message, 9)),
            None,
            "too short"
        );
        assert_eq!(
            canonical(Rtype::CNAME, Cursor::new(b"\0x", 0)),
            None,
            "octets left over"
        );
    }

    #[test]
    fn key_tags_are_those_of_the_rfc() {
        // RFC 4034 §5.4: the tag of dskey.example.com. is 60485.
        let key = "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZ\
                   DRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9Xzc\
                   nOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
        let mut rdata = vec![1, 0, 3, 5];
        rdata.extend(base64(key));
        let key = Dnskey::parse(&rdata).unwrap();
        assert_eq!(key.key_tag, 60485);
        assert!(key.is_zone_key() && !key.is_sep() && !key.is_revoked());
    }

    fn base64(text: &str) -> Vec<u8> {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let values: Vec<u32> = text
            .bytes()
            .filter_map(|octet| digits.iter().position(|digit| *digit == octet))
            .map(|value| u32::try_from(value).unwrap())
            .collect();
        let octets = values.chunks(4).flat_map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .map(|(i, value)| value << (18 - 6 * i))
                .sum::<u32>();
            bits.to_be_bytes()[1..group.len()].to_vec()
        });
        octets.collect()
    }

    #[test]
    fn bitmaps_tell_their_types() {
        // RFC 4034 §4.3: A MX RRSIG NSEC TYPE1234.
        let mut octets = b"\x00\x06\x40\x01\x00\x00\x00\x03\x04\x1b".to_vec();
        octets.extend([0; 26]);
        octets.push(0x20);
        let types = TypeBitmap::parse(&octets).unwrap();
        for (number, expected) in [
            (1, true),
            (15, true),
            (46, true),
            (47, true),
            (1234, true),
            (2, false),
            (1235, false),
        ] {
            assert_eq!(types.has(Rtype::new(number)), expected, "{number}");
        }
        for broken in [
            &b"\x00\x00"[..],
            b"\x00\x21",
            b"\x01\x01\x01\x00\x01\x01",
            b"\x00\x02\x01",
        ] {
            assert_eq!(TypeBitmap::parse(broken), None);
        }
    }

    proptest! {
        #[test]
        fn no_octets_break_a_parser(octets in prop::collection::vec(any::<u8>(), 0..200), rtype: u16) {
            let _ = canonical(Rtype::new(rtype), Cursor::new(&octets, 0));
            let _ = Rrsig::parse(&octets);
            let _ = Dnskey::parse(&octets);
            let _ = Ds::parse(&octets);
            let _ = Nsec::parse(&octets);
            let _ = Nsec3::parse(&octets);
        }
    }
}
