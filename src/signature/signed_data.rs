//! The octets that a signature covers (RFC 4034 §3.1.8.1, RFC 4035 §5.3.2).

use super::digest::finish;
use crate::message::{Name, Rrset, Rrsig};
use ring::digest::{Context, SHA256};
use std::cmp::Ordering;
use std::ptr;

/// Class IN, the only one that DNSSEC is seen in.
const CLASS_IN: [u8; 2] = [0, 1];

/// Where the original TTL stands in the RDATA of an RRSIG.
const ORIGINAL_TTL: std::ops::Range<usize> = 4..8;

/// What the signer signed; nothing if the signature claims more labels than the owner has.
pub(super) fn octets(rrset: &Rrset, rrsig: &Rrsig) -> Option<Vec<u8>> {
    let owner = signed_owner(&rrset.owner, rrsig.labels)?;
    let head = owner.wire().len() + 10;
    let size = rrset
        .records()
        .map(|rdata| head + rdata.len())
        .sum::<usize>();
    let mut signed = Vec::with_capacity(rrsig.prefix.len() + size);
    signed.extend_from_slice(&rrsig.prefix);
    for rdata in rrset.records() {
        signed.extend_from_slice(owner.wire());
        signed.extend_from_slice(&rrset.rtype.number().to_be_bytes());
        signed.extend_from_slice(&CLASS_IN);
        // As the RRSIG has it, even where it is out of the range of a TTL.
        signed.extend_from_slice(rrsig.prefix.get(ORIGINAL_TTL)?);
        signed.extend_from_slice(&u16::try_from(rdata.len()).ok()?.to_be_bytes());
        signed.extend_from_slice(rdata);
    }
    Some(signed)
}

/// The owner that was signed: the wildcard if the set was expanded from one.
fn signed_owner(owner: &Name, labels: u8) -> Option<Name> {
    let labels = usize::from(labels);
    let count = owner.label_count() - usize::from(owner.is_wildcard());
    match labels.cmp(&count) {
        Ordering::Less => owner.suffix(labels).wildcard(),
        Ordering::Equal => Some(owner.clone()),
        Ordering::Greater => None,
    }
}

/// What tells signed data and signature from all others; nothing where there is no signed data.
///
/// It is kept in the RRSIG, but only for the set that holds this very RRSIG: what a signature
/// covers depends on the set.
pub(super) fn fingerprint(rrset: &Rrset, rrsig: &Rrsig) -> Option<[u8; 32]> {
    if !rrset
        .signatures
        .as_ptr_range()
        .contains(&ptr::from_ref(rrsig))
    {
        return compute_fingerprint(rrset, rrsig);
    }
    if let Some(kept) = rrsig.fingerprint.0.get() {
        debug_assert_eq!(
            Some(*kept),
            compute_fingerprint(rrset, rrsig),
            "a set was changed after a check"
        );
        return Some(*kept);
    }
    let computed = compute_fingerprint(rrset, rrsig)?;
    Some(*rrsig.fingerprint.0.get_or_init(|| computed))
}

/// The records are hashed once for all signatures over them; the rest of what is signed, which
/// differs from one to the next, is short (RFC 4034 §3.1.8.1).
fn compute_fingerprint(rrset: &Rrset, rrsig: &Rrsig) -> Option<[u8; 32]> {
    let owner = signed_owner(&rrset.owner, rrsig.labels)?;
    let records = records_fingerprint(rrset)?;
    let mut context = Context::new(&SHA256);
    // Each part tells where it ends. The type is in the prefix, and so is the original TTL.
    for part in [&records[..], owner.wire(), &rrsig.prefix, &rrsig.signature] {
        context.update(part);
    }
    Some(finish(context))
}

/// SHA-256 over the records of a set; nothing if one is longer than a record can be.
fn records_fingerprint(rrset: &Rrset) -> Option<[u8; 32]> {
    if let Some(kept) = rrset.fingerprint.0.get() {
        return Some(*kept);
    }
    let mut context = Context::new(&SHA256);
    for rdata in rrset.records() {
        context.update(&u16::try_from(rdata.len()).ok()?.to_be_bytes());
        context.update(rdata);
    }
    Some(*rrset.fingerprint.0.get_or_init(|| finish(context)))
}
