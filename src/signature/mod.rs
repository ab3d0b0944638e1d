//! Gives the outcome of checking a signature, and the hashes that DNSSEC compares.
//!
//! Takes RRsets, RRSIGs and keys as they are and gives facts that hold at any time and for
//! anybody: nothing here knows the time or whom to trust. Owns the memo of checks done. The
//! only door to ring, graviola (P-384), crrl (Ed448, and to sign by P-256), sha1 (NSEC3) and dashmap.

mod algorithm;
mod digest;
mod memo;
mod p384;
mod signed_data;
mod signing;

pub use algorithm::{check_cost, is_supported_algorithm, is_supported_key, rsa_bits};
pub use digest::{
    ds_matches, is_supported_digest, key_fingerprint, nsec3_hash, rrset_digest, sha1, sha256,
};

pub use signing::{ED25519, P256, SigningKey, random_octets};

use crate::message::{Dnskey, Rrset, Rrsig};
use algorithm::PublicKey;
use memo::{Check, Memo};

/// What the arithmetic says about a signature, an RRset and a key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// The key signed this RRset.
    Valid,
    /// It did not.
    Invalid,
    /// Nobody here can tell: the algorithm is unknown or the key is one that the library does
    /// not take. Depends on the key alone, so no signature can bring it about or prevent it.
    Unsupported,
}

/// Checks signatures, each only once for as long as the memo remembers it.
///
/// Shared by all threads. Whether a check is remembered changes the time that it takes, never
/// its outcome.
#[derive(Debug)]
pub struct Verifier {
    memo: Memo,
}

impl Verifier {
    /// With a memo of at most `capacity` checks, 70 to 140 octets each; 0 remembers nothing.
    pub fn new(capacity: usize) -> Self {
        Self {
            memo: Memo::new(capacity),
        }
    }

    /// Whether `key` made `rrsig` over `rrset` (RFC 4035 §5.3.3).
    ///
    /// Signer name, key tag, validity period and flags are the caller's to judge: they decide
    /// whether the outcome matters.
    pub fn check(&self, rrset: &Rrset, rrsig: &Rrsig, key: &Dnskey) -> Outcome {
        let Some(public_key) = PublicKey::parse(key) else {
            return Outcome::Unsupported;
        };
        if rrsig.algorithm != key.algorithm() || rrsig.type_covered != rrset.rtype {
            return Outcome::Invalid;
        }
        let Some(signed) = signed_data::fingerprint(rrset, rrsig) else {
            return Outcome::Invalid;
        };
        let check = Check {
            signed,
            key: key_fingerprint(key),
        };
        let is_valid = self.memo.recall_or(&check, || {
            signed_data::octets(rrset, rrsig)
                .is_some_and(|signed| public_key.verify(&signed, &rrsig.signature))
        });
        if is_valid {
            Outcome::Valid
        } else {
            Outcome::Invalid
        }
    }

    /// How many checks are remembered: a figure about memory, which depends on how the threads
    /// happened to run.
    pub fn len(&self) -> usize {
        self.memo.len()
    }

    /// Whether no check is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
