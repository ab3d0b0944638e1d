//! Keys that the tail trusts, for workers to check signatures ahead of it.

use crate::chain::KeySet;
use crate::message::{Dnskey, Message, Name};
use crate::signature::Verifier;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Keys remembered at most; with more, all are forgotten and learnt anew.
const MAX_KEYS: usize = 200_000;

/// Checks made ahead for one message at most.
const MAX_CHECKS: usize = 12;

/// What an RRSIG tells of the key that made it.
type Maker = (Name, u16, u8);

/// Keys by what signatures tell of them. Which keys a worker finds here changes how long the
/// tail takes, never what it finds: a check is a fact, whoever asks for it.
#[derive(Debug, Default)]
pub(super) struct Hints(RwLock<HashMap<Maker, Arc<Dnskey>>>);

impl Hints {
    /// Publishes the keys of a zone.
    pub(super) fn publish(&self, zone: &Name, set: &KeySet) {
        let maker = |key: &Arc<Dnskey>| (zone.clone(), key.key_tag, key.algorithm());
        let is_known = {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            set.keys
                .iter()
                .all(|key| known.get(&maker(key)) == Some(key))
        };
        if is_known {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KEYS {
            known.clear();
        }
        known.extend(set.keys.iter().map(|key| (maker(key), Arc::clone(key))));
    }

    /// Has the verifier check, and remember, what the tail is likely to ask for.
    pub(super) fn warm(&self, verifier: &Verifier, message: &Message) {
        let signed = message
            .rrsets()
            .flat_map(|set| set.signatures.iter().map(move |rrsig| (set, rrsig)));
        for (set, rrsig) in signed.take(MAX_CHECKS) {
            let maker = (rrsig.signer.clone(), rrsig.key_tag, rrsig.algorithm);
            let key = {
                let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
                known.get(&maker).cloned()
            };
            if let Some(key) = key {
                verifier.check(set, rrsig, &key);
            }
        }
    }
}
