//! Keys of the zones of a drill.

use super::dice::Dice;
use crate::message::{Dnskey, Ds, Name};
use crate::signature::{SigningKey, sha256};
use std::sync::Arc;

/// Flags of a key that signs data (RFC 4034 §2.1.1).
const ZSK: u16 = 0x0100;

/// Flags of a key that signs keys: with the SEP bit.
const KSK: u16 = 0x0101;

/// A key pair of a zone.
#[derive(Clone)]
pub(super) struct Key(Arc<Parts>);

struct Parts {
    signing: SigningKey,
    dnskey: Dnskey,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.rdata() == other.rdata()
    }
}

/// What a key is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// It signs keys; the DS set names it.
    KeySigning,
    /// It signs data.
    ZoneSigning,
}

impl Key {
    /// A new key; its tag is none of those `taken`, to which it is added.
    /// Nothing for an algorithm that nobody here signs with.
    pub(super) fn new(
        role: Role,
        algorithm: u8,
        dice: &mut Dice,
        taken: &mut Vec<u16>,
    ) -> Option<Self> {
        let flags = match role {
            Role::KeySigning => KSK,
            Role::ZoneSigning => ZSK,
        };
        loop {
            let signing = SigningKey::new(algorithm, &dice.octets())?;
            let head = [&flags.to_be_bytes()[..], &[3, algorithm]].concat();
            let dnskey = Dnskey::parse(&[&head, signing.public_key()].concat())?;
            // Tags that collide are an incident of their own.
            if !taken.contains(&dnskey.key_tag) {
                taken.push(dnskey.key_tag);
                return Some(Self(Arc::new(Parts { signing, dnskey })));
            }
        }
    }

    pub(super) fn rdata(&self) -> &[u8] {
        self.0.dnskey.rdata()
    }

    pub(super) fn tag(&self) -> u16 {
        self.0.dnskey.key_tag
    }

    pub(super) fn algorithm(&self) -> u8 {
        self.0.dnskey.algorithm()
    }

    pub(super) fn sign(&self, octets: &[u8]) -> Vec<u8> {
        self.0.signing.sign(octets)
    }

    /// The DS record that names it: SHA-256 (RFC 4509 §2.1).
    pub(super) fn ds(&self, owner: &Name) -> Ds {
        Ds {
            key_tag: self.tag(),
            algorithm: self.algorithm(),
            digest_type: 2,
            digest: Box::new(sha256(&[owner.wire(), self.rdata()].concat())),
        }
    }
}
