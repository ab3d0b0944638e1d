//! The hashes that DNSSEC compares.

use crate::message::{Dnskey, Ds, Name, Rrset};
use ring::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384};
use sha1::{Digest, Sha1};

/// The result of a SHA-256 context.
pub(super) fn finish(context: Context) -> [u8; 32] {
    // SHA-256 has 32 octets, so the default never shows.
    context
        .finish()
        .as_ref()
        .first_chunk()
        .copied()
        .unwrap_or_default()
}

/// The hash behind a DS digest type (RFC 4034 appendix A.2, RFC 4509, RFC 6605).
fn digest_algorithm(digest_type: u8) -> Option<&'static Algorithm> {
    match digest_type {
        1 => Some(&SHA1_FOR_LEGACY_USE_ONLY),
        2 => Some(&SHA256),
        4 => Some(&SHA384),
        _ => None,
    }
}

/// Whether DS records of this digest type can be compared with a key.
pub fn is_supported_digest(digest_type: u8) -> bool {
    digest_algorithm(digest_type).is_some()
}

/// Whether `ds` names `key`, a DNSKEY at `owner` (RFC 4034 §5.1.4, RFC 4035 §5.2).
///
/// Whether the key is a zone key, or revoked, is the caller's to judge.
pub fn ds_matches(owner: &Name, ds: &Ds, key: &Dnskey) -> bool {
    if ds.key_tag != key.key_tag || ds.algorithm != key.algorithm() {
        return false;
    }
    digest_algorithm(ds.digest_type).is_some_and(|algorithm| {
        let mut context = Context::new(algorithm);
        context.update(owner.wire());
        context.update(key.rdata());
        context.finish().as_ref() == &*ds.digest
    })
}

/// The hashed owner name of NSEC3: SHA-1, salted and repeated (RFC 5155 §5).
///
/// Costs `iterations` + 1 hashes of about 0.1 µs each; limits are the caller's.
pub fn nsec3_hash(name: &Name, salt: &[u8], iterations: u16) -> [u8; 20] {
    let salted = |octets: &[u8]| {
        // Takes a third of the time that ring takes, which has no SHA instructions for SHA-1.
        let hash = Sha1::new().chain_update(octets).chain_update(salt);
        <[u8; 20]>::from(hash.finalize())
    };
    (0..iterations).fold(salted(name.wire()), |hash, _| salted(&hash))
}

/// SHA-256 over the RDATA of a key, computed once.
pub fn key_fingerprint(key: &Dnskey) -> [u8; 32] {
    let compute = || {
        let mut context = Context::new(&SHA256);
        context.update(key.rdata());
        finish(context)
    };
    *key.fingerprint.0.get_or_init(compute)
}

/// SHA-256 of octets that are no DNSSEC data: identifiers in the output.
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(octets);
    finish(context)
}

/// SHA-1 of octets that are no DNSSEC data: community ids ask for it.
pub fn sha1(octets: &[u8]) -> [u8; 20] {
    Sha1::digest(octets).into()
}

/// What a set says, as 256 bits: SHA-256 over owner, type, class and records. TTL and
/// signatures do not count.
pub fn rrset_digest(rrset: &Rrset) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(rrset.owner.wire());
    context.update(&rrset.rtype.number().to_be_bytes());
    // Class IN.
    context.update(&[0, 1]);
    for rdata in rrset.records() {
        // A record of more octets than the wire can count never comes from there.
        let length = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
        context.update(&length.to_be_bytes());
        context.update(rdata);
    }
    finish(context)
}
