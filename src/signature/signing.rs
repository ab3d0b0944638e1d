//! Keys that sign, for drills: a sensor itself signs nothing.

use super::digest::sha256;
use crrl::p256;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Algorithm number of ECDSA by P-256 with SHA-256 (RFC 6605 §2).
pub const P256: u8 = 13;

/// Algorithm number of Ed25519 (RFC 8080 §3).
pub const ED25519: u8 = 15;

/// A private key. The same octets give the same key, and the same signatures: ring draws a number for each
/// ECDSA signature, crrl derives it from key and data (RFC 6979).
pub struct SigningKey {
    pair: Pair,
    public: Vec<u8>,
}

enum Pair {
    P256(Box<p256::PrivateKey>),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A key of this algorithm out of 32 octets; nothing for one that is neither [`P256`] nor [`ED25519`].
    pub fn new(algorithm: u8, seed: &[u8; 32]) -> Option<Self> {
        match algorithm {
            P256 => {
                let pair = p256::PrivateKey::from_seed(seed);
                let point = pair.to_public_key().encode_uncompressed();
                // DNSKEY has the point without the octet that says how it is written (RFC 6605 §4).
                let public = point.get(1..)?.to_vec();
                let pair = Pair::P256(Box::new(pair));
                Some(Self { pair, public })
            }
            ED25519 => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
                let public = pair.public_key().as_ref().to_vec();
                let pair = Pair::Ed25519(pair);
                Some(Self { pair, public })
            }
            _ => None,
        }
    }

    /// The public key as the DNSKEY RDATA ends with it.
    pub fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// The signature as the RRSIG RDATA ends with it.
    pub fn sign(&self, octets: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => pair.sign_hash(&sha256(octets), &[]).to_vec(),
            Pair::Ed25519(pair) => pair.sign(octets).as_ref().to_vec(),
        }
    }
}

/// Octets that nobody can guess; nothing if the system has none to give.
pub fn random_octets() -> Option<[u8; 32]> {
    let mut octets = [0; 32];
    SystemRandom::new().fill(&mut octets).ok()?;
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Dnskey, Name, Rrset, Rrsig, Rtype};
    use crate::signature::{Outcome, Verifier, signed_data};
    use crate::time::Ttl;

    #[test]
    fn what_is_signed_verifies_and_is_the_same_each_time() {
        for algorithm in [P256, ED25519] {
            let [key, again] = [0, 1].map(|_| SigningKey::new(algorithm, &[7; 32]).unwrap());
            let rdata = [&[1, 1, 3, algorithm], key.public_key()].concat();
            let dnskey = Dnskey::parse(&rdata).unwrap();
            let owner = Name::parse("www.example.").unwrap();
            let records = vec![Box::from(&b"\xc0\0\x02\x01"[..])];
            let mut set = Rrset::new(owner, Rtype::A, Ttl::new(60), records).unwrap();
            let tag = dnskey.key_tag.to_be_bytes();
            let head = [
                &[0, 1, algorithm, 2, 0, 0, 0, 60, 0, 0, 0, 9, 0, 0, 0, 1][..],
                &tag,
            ]
            .concat();
            let rrsig = |signature: &[u8]| {
                let rdata = [&head, &b"\x07example\0"[..], signature].concat();
                Rrsig::parse(&rdata).unwrap()
            };
            let signed = signed_data::octets(&set, &rrsig(&[0])).unwrap();
            let signature = key.sign(&signed);
            assert_eq!(signature, again.sign(&signed), "{algorithm}");
            set.signatures.push(rrsig(&signature));
            let outcome = Verifier::new(0).check(&set, &set.signatures[0], &dnskey);
            assert_eq!(outcome, Outcome::Valid, "{algorithm}");
        }
        assert!(SigningKey::new(8, &[7; 32]).is_none());
    }
}
