//! Which key alone signs what each server of a zone gives out.

use super::keys::KeyList;
use super::signed::Signed;
use crate::message::Dnskey;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// Keys and servers that are remembered.
const SIGHTS: usize = 32;

/// Data that a key alone signed, as a server gave it out.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Sole {
    /// The key.
    pub(super) key: Arc<Dnskey>,
    /// The server.
    pub(super) server: IpAddr,
    /// The last sight.
    pub(super) last_seen: Timestamp,
    /// Until when caches may hold such data.
    pub(super) held_until: Timestamp,
}

/// The keys that alone sign data, by server; the latest sight last.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct SoleSigners(Vec<Sole>);

impl SoleSigners {
    /// Takes in fresh data that one key alone signed.
    pub(super) fn note(&mut self, signed: &Signed<'_>) {
        let (server, time) = (signed.server(), signed.time());
        let is_same = |known: &Sole| known.server == server && known.key == *signed.key;
        let known = self.0.iter().position(is_same);
        let known = known.map(|at| self.0.remove(at));
        if self.0.len() >= SIGHTS {
            self.0.remove(0);
        }
        let held_until = signed.held_until();
        self.0.push(Sole {
            key: signed.key.clone(),
            server,
            last_seen: known
                .as_ref()
                .map_or(time, |known| known.last_seen.max(time)),
            held_until: known.map_or(held_until, |known| known.held_until.max(held_until)),
        });
    }

    /// When this server last gave out what one key alone signed.
    pub(super) fn last_from(&self, server: IpAddr) -> Option<Timestamp> {
        let mine = self.0.iter().filter(|sole| sole.server == server);
        mine.map(|sole| sole.last_seen).max()
    }

    /// Whether this server gave out what this key alone signed.
    pub(super) fn is_from(&self, server: IpAddr, key: &Arc<Dnskey>) -> bool {
        let mut all = self.0.iter();
        all.any(|sole| sole.server == server && sole.key == *key)
    }

    /// Whether this server gave out such data after a moment.
    pub(super) fn has_since(&self, server: IpAddr, moment: Timestamp) -> bool {
        self.last_from(server).is_some_and(|seen| seen > moment)
    }

    /// What caches may hold at `now`.
    pub(super) fn held(&self, now: Timestamp) -> impl Iterator<Item = &Sole> {
        self.0.iter().filter(move |sole| sole.held_until > now)
    }
}

/// Whether validators find no key in the set to try for a signature of this key.
pub(super) fn lacks(keys: &KeyList, key: &Dnskey) -> bool {
    let name = (key.key_tag, key.algorithm());
    let mut keys = keys.keys().iter();
    !keys.any(|known| (known.key_tag, known.algorithm()) == name)
}
