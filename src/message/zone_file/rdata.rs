//! The data of DS, DNSKEY and RRSIG records, from text to canonical octets.

use super::problem::invalid;
use super::{Field, Problem, base64, hex, name};
use crate::message::name::Name;
use crate::message::names::Names;
use crate::message::rdata::canonical;
use crate::message::rtype::Rtype;
use crate::message::walk::Cursor;
use crate::time::{Timestamp, Ttl};
use std::str::FromStr;

/// Algorithms by mnemonic (RFC 4034 appendix A.1 and its successors).
const ALGORITHMS: [(&str, u8); 13] = [
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("RSASHA1", 5),
    ("DSA-NSEC3-SHA1", 6),
    ("NSEC3RSASHA1", 7),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
];

/// The type that a mnemonic or `TYPEnn` means, if records of that type are kept.
pub(super) fn kept_type(token: &str) -> Option<Rtype> {
    let kept = [
        ("DS", Rtype::DS),
        ("RRSIG", Rtype::RRSIG),
        ("DNSKEY", Rtype::DNSKEY),
        ("CDS", Rtype::CDS),
        ("CDNSKEY", Rtype::CDNSKEY),
    ];
    let number = type_number(token);
    kept.into_iter()
        .find(|(mnemonic, rtype)| token.eq_ignore_ascii_case(mnemonic) || number == Some(*rtype))
        .map(|(_, rtype)| rtype)
}

/// The type that `TYPEnn` means (RFC 3597 §5).
fn type_number(token: &str) -> Option<Rtype> {
    let (prefix, number) = token.split_at_checked(4)?;
    let number = prefix.eq_ignore_ascii_case("TYPE").then_some(number)?;
    number.parse().ok().map(Rtype::new)
}

/// A TTL in seconds, or with units as BIND writes them: `1d12h`.
pub(super) fn ttl(token: &str) -> Result<Ttl, Problem> {
    seconds(token)
        .map(Ttl::new)
        .ok_or_else(|| invalid(Field::Ttl, token))
}

fn seconds(token: &str) -> Option<u32> {
    let (mut total, mut number) = (0_u32, None);
    for character in token.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = Some(
                number
                    .unwrap_or(0_u32)
                    .checked_mul(10)?
                    .checked_add(digit)?,
            );
            continue;
        }
        let unit = match character.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    match number {
        Some(rest) => total.checked_add(rest),
        None => (!token.is_empty()).then_some(total),
    }
}

/// RDATA of one of the kept types; nothing for an RRSIG that covers none of them.
pub(super) fn parse(
    rtype: Rtype,
    tokens: &[&str],
    origin: &Name,
) -> Result<Option<Box<[u8]>>, Problem> {
    let mut fields = Fields {
        tokens,
        origin,
        rdata: Vec::new(),
    };
    if tokens.first() == Some(&"\\#") {
        fields.generic(rtype)?;
    } else if rtype == Rtype::RRSIG {
        let Some(covered) = kept_type(fields.next(Field::TypeCovered)?) else {
            return Ok(None);
        };
        fields.rrsig(covered)?;
    } else if rtype == Rtype::DS || rtype == Rtype::CDS {
        fields.number::<u16>(Field::KeyTag)?;
        fields.algorithm()?;
        fields.number::<u8>(Field::DigestType)?;
        fields.octets(Field::Digest, hex)?;
    } else {
        fields.number::<u16>(Field::Flags)?;
        fields.number::<u8>(Field::Protocol)?;
        fields.algorithm()?;
        fields.octets(Field::PublicKey, base64)?;
    }
    Ok(Some(fields.rdata.into()))
}

/// An unsigned number that goes to the wire as it is.
trait Number: FromStr {
    fn push_to(self, rdata: &mut Vec<u8>);
}

impl Number for u8 {
    fn push_to(self, rdata: &mut Vec<u8>) {
        rdata.push(self);
    }
}

impl Number for u16 {
    fn push_to(self, rdata: &mut Vec<u8>) {
        rdata.extend(self.to_be_bytes());
    }
}

/// Fields of one record, from the left, and the octets that they make.
struct Fields<'a> {
    tokens: &'a [&'a str],
    origin: &'a Name,
    rdata: Vec<u8>,
}

impl<'a> Fields<'a> {
    fn next(&mut self, field: Field) -> Result<&'a str, Problem> {
        let (first, rest) = self.tokens.split_first().ok_or(Problem::Missing(field))?;
        self.tokens = rest;
        Ok(first)
    }

    fn number<N: Number>(&mut self, field: Field) -> Result<(), Problem> {
        let token = self.next(field)?;
        let number: N = plain_number(token).ok_or_else(|| invalid(field, token))?;
        number.push_to(&mut self.rdata);
        Ok(())
    }

    fn algorithm(&mut self) -> Result<(), Problem> {
        let token = self.next(Field::Algorithm)?;
        let known = ALGORITHMS
            .iter()
            .find(|(mnemonic, _)| token.eq_ignore_ascii_case(mnemonic));
        let number = known.map(|(_, number)| *number);
        let number = number.or_else(|| plain_number(token));
        self.rdata
            .push(number.ok_or_else(|| invalid(Field::Algorithm, token))?);
        Ok(())
    }

    /// What is left, which may be written in several pieces.
    fn octets(
        &mut self,
        field: Field,
        decode: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<(), Problem> {
        let text = [self.next(field)?, &self.tokens.concat()].concat();
        // RFC 8078 §4 writes the empty digest or key of a CDS or CDNSKEY that asks for the
        // removal of all DS records as one zero.
        let octets = if text == "0" {
            Some(vec![0])
        } else {
            decode(&text)
        };
        self.rdata
            .extend(octets.ok_or_else(|| invalid(field, &text))?);
        Ok(())
    }

    fn rrsig(&mut self, covered: Rtype) -> Result<(), Problem> {
        covered.number().push_to(&mut self.rdata);
        self.algorithm()?;
        self.number::<u8>(Field::Labels)?;
        let token = self.next(Field::OriginalTtl)?;
        let original_ttl = seconds(token).ok_or_else(|| invalid(Field::OriginalTtl, token))?;
        self.rdata.extend(original_ttl.to_be_bytes());
        self.time(Field::Expiration)?;
        self.time(Field::Inception)?;
        self.number::<u16>(Field::KeyTag)?;
        let signer = name(self.next(Field::Signer)?, self.origin, Field::Signer)?;
        self.rdata.extend_from_slice(signer.wire());
        self.octets(Field::Signature, base64)
    }

    /// `YYYYMMDDHHmmSS` in UTC, or seconds since the epoch modulo 2^32 (RFC 4034 §3.2).
    fn time(&mut self, field: Field) -> Result<(), Problem> {
        let token = self.next(field)?;
        let time = if token.len() == 14 {
            date(token)
        } else {
            plain_number(token)
        };
        self.rdata
            .extend(time.ok_or_else(|| invalid(field, token))?.to_be_bytes());
        Ok(())
    }

    /// `\# length data` (RFC 3597 §5).
    fn generic(&mut self, rtype: Rtype) -> Result<(), Problem> {
        self.next(Field::Length)?;
        let token = self.next(Field::Length)?;
        let length: u16 = plain_number(token).ok_or_else(|| invalid(Field::Length, token))?;
        let digits = self.tokens.concat();
        let octets = hex(&digits).ok_or_else(|| invalid(Field::Data, &digits))?;
        if octets.len() != usize::from(length) {
            return Err(Problem::WrongLength(length));
        }
        let least = if rtype == Rtype::RRSIG { 19 } else { 4 };
        let canonical = canonical(rtype, Cursor::new(&octets, 0), &mut Names::new(&octets));
        self.rdata = canonical
            .filter(|rdata| rdata.len() >= least)
            .ok_or(Problem::TooShort)?
            .into();
        Ok(())
    }
}

/// A number in decimal digits; a sign is none.
fn plain_number<N: FromStr>(token: &str) -> Option<N> {
    let is_plain = token.bytes().all(|octet| octet.is_ascii_digit());
    is_plain.then(|| token.parse().ok())?
}

/// The time that `YYYYMMDDHHmmSS` tells.
fn date(token: &str) -> Option<u32> {
    let part = |range| token.get(range).and_then(plain_number);
    let moment = Timestamp::from_utc(
        [part(0..4)?, part(4..6)?, part(6..8)?],
        [part(8..10)?, part(10..12)?, part(12..14)?],
    )?;
    Some(moment.serial().value())
}
