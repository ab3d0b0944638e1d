//! Keys and signatures, algorithm by algorithm.

use super::p384;
use crate::message::Dnskey;
use crrl::ed448;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// How many octets an RSA modulus may have in ring: 1024 to 8192 bits.
const RSA_MODULUS_OCTETS: std::ops::RangeInclusive<usize> = 128..=1024;

/// Which RSA exponents ring takes: the odd ones of at most 33 bits, without 1.
const RSA_EXPONENTS: std::ops::RangeInclusive<u64> = 3..=(1 << 33) - 1;

/// How many times squared octets of the modulus times steps through the exponent one unit of
/// cost pays for. A check of 2048 bits with 65537 is worth 7 units.
const RSA_WORK_PER_UNIT: u32 = 3_000_000 / UNITS_OF_P256;

/// What one check of P-256 costs: a unit is about 3 µs.
const UNITS_OF_P256: u32 = 16;

/// A signature scheme, by what its keys look like.
#[derive(Clone, Copy)]
enum Scheme {
    /// PKCS #1 version 1.5 (RFC 3110, RFC 5702).
    Rsa(&'static RsaParameters),
    /// The coordinates of a point (RFC 6605).
    P256,
    /// The same.
    P384,
    /// RFC 8080.
    Ed25519,
    /// RFC 8080.
    Ed448,
}

impl Scheme {
    /// Of an algorithm number (RFC 9904 §4.1 lists them).
    fn of(algorithm: u8) -> Option<Self> {
        match algorithm {
            5 | 7 => Some(Self::Rsa(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY)),
            8 => Some(Self::Rsa(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)),
            10 => Some(Self::Rsa(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)),
            13 => Some(Self::P256),
            14 => Some(Self::P384),
            15 => Some(Self::Ed25519),
            16 => Some(Self::Ed448),
            _ => None,
        }
    }
}

/// Whether signatures of this algorithm can be checked, given a key that the library takes.
pub fn is_supported_algorithm(algorithm: u8) -> bool {
    Scheme::of(algorithm).is_some()
}

/// Whether signatures by this key can be checked.
pub fn is_supported_key(key: &Dnskey) -> bool {
    PublicKey::parse(key).is_some()
}

/// A public key that a signature can be checked against.
///
/// A point that is not on its curve is such a key as well: it is known to have signed nothing.
pub(super) enum PublicKey<'a> {
    Rsa {
        scheme: &'static RsaParameters,
        numbers: RsaPublicKeyComponents<&'a [u8]>,
    },
    P256(&'a [u8]),
    P384(&'a [u8]),
    Ed25519(&'a [u8]),
    Ed448(&'a [u8]),
}

impl<'a> PublicKey<'a> {
    /// Nothing if the algorithm is unknown or the key is not one that the library takes.
    pub(super) fn parse(key: &'a Dnskey) -> Option<Self> {
        let octets = key.public_key();
        match Scheme::of(key.algorithm())? {
            Scheme::Rsa(scheme) => {
                let numbers = rsa_numbers(octets)?;
                Some(Self::Rsa { scheme, numbers })
            }
            Scheme::P256 => (octets.len() == 64).then_some(Self::P256(octets)),
            Scheme::P384 => (octets.len() == 96).then_some(Self::P384(octets)),
            Scheme::Ed25519 => (octets.len() == 32).then_some(Self::Ed25519(octets)),
            Scheme::Ed448 => (octets.len() == 57).then_some(Self::Ed448(octets)),
        }
    }

    /// Whether this key made `signature` over `signed`.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        match *self {
            Self::Rsa { scheme, numbers } => numbers.verify(scheme, signed, signature).is_ok(),
            Self::P256(coordinates) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(coordinates));
                key.verify(signed, signature).is_ok()
            }
            Self::P384(coordinates) => p384::verify(&point(coordinates), signed, signature),
            Self::Ed25519(octets) => UnparsedPublicKey::new(&ED25519, octets)
                .verify(signed, signature)
                .is_ok(),
            Self::Ed448(octets) => ed448::PublicKey::decode(octets)
                .is_some_and(|key| key.verify_raw(signature, signed)),
        }
    }
}

/// A point of a curve in the form that libraries want: uncompressed, 0x04 before it.
fn point(coordinates: &[u8]) -> Vec<u8> {
    [&[4], coordinates].concat()
}

/// Modulus and exponent of an RSA key (RFC 3110 §2) within the limits of ring.
///
/// RFC 3110 forbids leading zeros, but they change nothing, and other validators take them.
fn rsa_numbers(octets: &[u8]) -> Option<RsaPublicKeyComponents<&[u8]>> {
    let (length, rest) = match octets {
        [0, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        [length, rest @ ..] => (u16::from(*length), rest),
        [] => return None,
    };
    let (exponent, modulus) = rest.split_at_checked(usize::from(length))?;
    let (e, n) = (without_zeros(exponent), without_zeros(modulus));
    let is_taken = RSA_MODULUS_OCTETS.contains(&n.len())
        && is_odd(n)
        && is_odd(e)
        && RSA_EXPONENTS.contains(&small_number(e)?);
    is_taken.then_some(RsaPublicKeyComponents { n, e })
}

/// How many bits the modulus of an RSA key has; nothing for other keys, and for those that the
/// library does not take.
pub fn rsa_bits(key: &Dnskey) -> Option<usize> {
    let is_rsa = matches!(Scheme::of(key.algorithm())?, Scheme::Rsa(_));
    let numbers = is_rsa.then(|| rsa_numbers(key.public_key()))??;
    let first = numbers.n.first()?;
    Some(numbers.n.len() * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

fn without_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

fn is_odd(octets: &[u8]) -> bool {
    octets.last().is_some_and(|last| last & 1 == 1)
}

/// The number that at most eight octets spell.
fn small_number(octets: &[u8]) -> Option<u64> {
    (octets.len() <= 8).then(|| {
        octets
            .iter()
            .fold(0, |number, octet| number << 8 | u64::from(*octet))
    })
}

/// What one check against this key costs, over so many octets to be signed: for limits, so
/// rounded up. `benches/signature.rs` measures it.
///
/// An RSA check takes a multiplication modulo n for each bit of the exponent and one more for
/// each bit that is set, and a zone's owner is free to choose both numbers large.
pub fn check_cost(key: &Dnskey, signed_octets: usize) -> u32 {
    let curve = match PublicKey::parse(key) {
        Some(PublicKey::Rsa { numbers, .. }) => {
            let octets = u32::try_from(numbers.n.len()).unwrap_or(u32::MAX);
            let exponent = small_number(numbers.e).unwrap_or(u64::MAX);
            let steps = u64::BITS - exponent.leading_zeros() + exponent.count_ones();
            let work = octets.saturating_mul(octets).saturating_mul(steps);
            work.div_ceil(RSA_WORK_PER_UNIT)
        }
        Some(PublicKey::P256(_) | PublicKey::Ed25519(_)) => UNITS_OF_P256,
        Some(PublicKey::P384(_)) => 6 * UNITS_OF_P256,
        Some(PublicKey::Ed448(_)) => 4 * UNITS_OF_P256,
        // Nothing is computed.
        None => return 1,
    };
    let hashing = signed_octets / octets_hashed_for_a_unit(key.algorithm());
    curve.saturating_add(u32::try_from(hashing).unwrap_or(u32::MAX))
}

/// SHA-1 and SHAKE256 take longest, and no processor here has instructions for them.
fn octets_hashed_for_a_unit(algorithm: u8) -> usize {
    match algorithm {
        5 | 7 | 16 => 1024,
        _ => 2048,
    }
}
