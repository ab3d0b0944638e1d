//! What is trusted of one zone.

use super::fact::{KeySet, SignedBy};
use super::verdict::Reason;
use crate::message::{Dnskey, Ds, Rrset};
use crate::signature::{is_supported_algorithm, is_supported_digest, rrset_digest};
use crate::time::{Timestamp, Ttl};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Sets of one kind kept for a zone; several are in force when servers lag or signers differ.
const MAX_SETS: usize = 8;

/// Server addresses kept for a zone.
const MAX_SERVERS: usize = 64;

/// Stretches of time kept in which a set was seen again and again.
const MAX_SPELLS: usize = 8;

/// Within so many seconds a resolver fetches what it lacks to check a response: what it finds
/// then is as it was when the response passed.
const AT_ONCE: i64 = 10;

/// A verified DS RRset.
#[derive(Debug)]
pub(super) struct DsSet {
    digest: [u8; 32],
    /// The records that can be used (RFC 4035 §5.2, RFC 4509 §3).
    pub(super) usable: Vec<Ds>,
    /// Why none can be used: then the zone is insecure.
    pub(super) unusable: Option<Reason>,
}

impl DsSet {
    pub(super) fn new(rrset: &Rrset) -> Self {
        let known: Vec<Ds> = rrset
            .ds()
            .filter(|ds| is_supported_algorithm(ds.algorithm))
            .collect();
        let has_algorithm = !known.is_empty();
        let mut usable: Vec<Ds> = known
            .into_iter()
            .filter(|ds| is_supported_digest(ds.digest_type))
            .collect();
        // SHA-1 does not count beside a better digest (RFC 4509 §3).
        if usable.iter().any(|ds| ds.digest_type != 1) {
            usable.retain(|ds| ds.digest_type != 1);
        }
        let unusable = match (has_algorithm, usable.is_empty()) {
            (false, _) => Some(Reason::UnsupportedAlgorithm),
            (true, true) => Some(Reason::UnsupportedDigest),
            (true, false) => None,
        };
        Self {
            digest: rrset_digest(rrset),
            usable,
            unusable,
        }
    }
}

/// Something verified, for as long as its signature holds.
#[derive(Debug)]
pub(super) struct InForce<T> {
    pub(super) value: T,
    /// When what proves it was signed: the order of sets (DESIGN section 6).
    pub(super) inception: Timestamp,
    /// Its signature ends.
    expiration: Timestamp,
    /// When it was last seen.
    last_seen: Timestamp,
    /// When it was within its TTL, by sights on the authoritative side; caches tell nothing new.
    spells: Vec<Spell>,
}

/// A stretch of time in which each sight came within the TTL of the one before it.
#[derive(Clone, Copy, Debug)]
struct Spell {
    first: Timestamp,
    /// The TTL of the last sight has run out.
    end: Timestamp,
    /// The largest TTL.
    ttl: Ttl,
}

impl Spell {
    /// Whether this moment lies in it, or so shortly before it.
    fn covers(self, at: Timestamp, ahead: i64) -> bool {
        self.first <= at.plus_seconds(ahead) && at <= self.end
    }
}

/// How something was seen.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub(super) time: Timestamp,
    /// When it is told: later than it was seen if the response had to wait.
    pub(super) now: Timestamp,
    pub(super) ttl: Ttl,
    /// From an authoritative server, matched with its query.
    pub(super) is_first_hand: bool,
}

impl<T> InForce<T> {
    fn new(value: T, signed_by: &SignedBy, sight: Sight) -> Self {
        let mut new = Self {
            value,
            inception: signed_by.inception,
            expiration: signed_by.expiration,
            last_seen: sight.time,
            spells: Vec::new(),
        };
        new.see(signed_by, sight);
        new
    }

    /// Whether that tells anything about a moment up to now: a set that is merely seen again
    /// within its TTL tells of the future only.
    fn see(&mut self, signed_by: &SignedBy, sight: Sight) -> bool {
        let is_signed_later = self.inception < signed_by.inception;
        let had_run_out = self.expiration < sight.now && self.expiration < signed_by.expiration;
        self.inception = self.inception.max(signed_by.inception);
        self.expiration = self.expiration.max(signed_by.expiration);
        self.last_seen = self.last_seen.max(sight.time);
        let mut is_telling = is_signed_later || had_run_out;
        if sight.is_first_hand {
            let ttl = sight.ttl.min(signed_by.original_ttl);
            let (first, end) = (sight.time, sight.time.plus_ttl(ttl));
            is_telling |= self.add_spell(Spell { first, end, ttl }, sight.now);
        }
        is_telling
    }

    /// Adds a sight to the spell that it prolongs, or as a new one in place of the oldest.
    /// Whether that covers any moment up to now that was not covered.
    fn add_spell(&mut self, new: Spell, now: Timestamp) -> bool {
        let mut spells = self.spells.iter_mut();
        if let Some(known) = spells.find(|known| known.first <= new.end && new.first <= known.end) {
            let was = *known;
            known.first = was.first.min(new.first);
            known.end = was.end.max(new.end);
            known.ttl = was.ttl.max(new.ttl);
            let is_longer = was.end < now && was.end < known.end;
            return is_longer || known.first < was.first || was.ttl < known.ttl;
        }
        self.spells.push(new);
        if self.spells.len() > MAX_SPELLS {
            self.spells.sort_by_key(|spell| spell.end);
            self.spells.remove(0);
        }
        true
    }

    /// Whether its signature has not run out.
    pub(super) fn is_valid(&self, at: Timestamp) -> bool {
        at <= self.expiration
    }

    /// Whether it was within its TTL at this moment, or fetched right after it.
    pub(super) fn is_fresh(&self, at: Timestamp) -> bool {
        self.spells.iter().any(|spell| spell.covers(at, AT_ONCE))
    }

    /// Whether it was within its TTL at this moment, or would have been had it been fetched
    /// before and not after.
    fn is_near(&self, at: Timestamp) -> bool {
        let covers = |spell: &Spell| spell.covers(at, i64::from(spell.ttl.seconds()));
        self.spells.iter().any(covers)
    }

    /// Whether it came within its TTL for the first time after `start`, by `end` at the latest.
    fn was_fetched(&self, start: Timestamp, end: Timestamp) -> bool {
        let mut spells = self.spells.iter();
        spells.any(|spell| start < spell.first && spell.first <= end)
    }

    /// What decides which of two sets is the newer one: signed later, or on a tie seen later.
    fn age(&self) -> (Timestamp, Timestamp) {
        (self.inception, self.last_seen)
    }
}

/// A verified DNSKEY RRset.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) set: Arc<KeySet>,
    /// Its keys by what signatures tell of them, in canonical order: a set may have hundreds, and
    /// so may a message have signatures.
    by_name: BTreeMap<(u16, u8), Vec<Arc<Dnskey>>>,
}

impl Keys {
    fn new(set: &Arc<KeySet>) -> Self {
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for key in &set.keys {
            let name = (key.key_tag, key.algorithm());
            by_name.entry(name).or_default().push(Arc::clone(key));
        }
        for keys in by_name.values_mut() {
            keys.sort();
        }
        let set = Arc::clone(set);
        Self { set, by_name }
    }
}

/// What is trusted of a name that is, or might be, the apex of a zone.
#[derive(Debug, Default)]
pub(super) struct ZoneTrust {
    ds: Vec<InForce<DsSet>>,
    /// Proofs that the name is a delegation without DS.
    no_ds: Vec<InForce<()>>,
    /// Proofs that the name is no delegation at all.
    no_cut: Vec<InForce<()>>,
    keys: Vec<InForce<Keys>>,
    /// Addresses of the zone's servers.
    servers: BTreeSet<IpAddr>,
    /// The largest TTL that its DNSKEY RRset passed with or was signed for.
    key_ttl: Option<Ttl>,
    /// Its DS set names keys only that the library does not take: then it is insecure.
    pub(super) has_unsupported_keys: bool,
    /// The last DS RRset for it that failed, while none has been verified.
    pub(super) failed_ds: Option<super::finding::Finding>,
    /// The last DNSKEY RRset of it that failed, while none has been verified.
    pub(super) failed_keys: Option<super::finding::Finding>,
}

/// Whether a sight told something that was not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum News {
    /// The set, or what it proves, was not in force before.
    New,
    /// Known, but more is known of when it was in force, or which of several is the newest.
    Again,
    /// Nothing that bears on a moment up to now.
    Nothing,
}

impl ZoneTrust {
    pub(super) fn add_ds(&mut self, rrset: &Rrset, signed_by: &SignedBy, sight: Sight) -> News {
        self.failed_ds = None;
        let digest = rrset_digest(rrset);
        let same = |set: &DsSet| set.digest == digest;
        let was_unsigned = self.is_unsigned(sight.time);
        let news = add(&mut self.ds, signed_by, sight, same, || DsSet::new(rrset));
        self.has_unsupported_keys &= news != News::New;
        if news == News::Nothing && was_unsigned != self.is_unsigned(sight.time) {
            return News::Again;
        }
        news
    }

    pub(super) fn add_no_ds(&mut self, signed_by: &SignedBy, sight: Sight) -> News {
        self.failed_ds = None;
        let was_insecure = self.is_unsigned(sight.time);
        let news = add(&mut self.no_ds, signed_by, sight, |()| true, || ());
        match (was_insecure, news) {
            (false, _) => News::New,
            (true, News::Nothing) => News::Nothing,
            (true, _) => News::Again,
        }
    }

    pub(super) fn add_no_cut(&mut self, signed_by: &SignedBy, sight: Sight) -> News {
        add(&mut self.no_cut, signed_by, sight, |()| true, || ())
    }

    pub(super) fn add_keys(
        &mut self,
        keys: &Arc<KeySet>,
        signed_by: &SignedBy,
        sight: Sight,
    ) -> News {
        self.failed_keys = None;
        // Caches count TTLs down; the zone's own stands in the signature.
        let ttl = sight.ttl.max(signed_by.original_ttl);
        self.key_ttl = self.key_ttl.max(Some(ttl));
        let same = |known: &Keys| known.set.rrset.records().eq(keys.rrset.records());
        add(&mut self.keys, signed_by, sight, same, || Keys::new(keys))
    }

    /// Drops the sets of keys for which nobody vouches any more; whether any was dropped.
    pub(super) fn retain_keys(&mut self, is_vouched_for: impl Fn(&Self, &KeySet) -> bool) -> bool {
        let mut keys = std::mem::take(&mut self.keys);
        let before = keys.len();
        keys.retain(|known| is_vouched_for(self, &known.value.set));
        self.keys = keys;
        self.keys.len() < before
    }

    /// Forgets what the zone above says of it.
    pub(super) fn forget_delegation(&mut self) {
        self.ds.clear();
        self.no_ds.clear();
        self.no_cut.clear();
        self.has_unsupported_keys = false;
        self.failed_ds = None;
    }

    /// Whether the server was not known.
    pub(super) fn add_server(&mut self, server: IpAddr) -> bool {
        self.servers.len() < MAX_SERVERS && self.servers.insert(server)
    }

    /// Whether a set that vouches for it, or its keys, only failed so far.
    pub(super) fn is_failing(&self) -> bool {
        self.failed_ds.is_some() || self.failed_keys.is_some()
    }

    /// The addresses of its servers.
    pub(super) fn servers(&self) -> &BTreeSet<IpAddr> {
        &self.servers
    }

    pub(super) fn has_server(&self, server: IpAddr) -> bool {
        self.servers.contains(&server)
    }

    /// Whether any of its servers is known.
    pub(super) fn has_servers(&self) -> bool {
        !self.servers.is_empty()
    }

    /// The largest TTL that its DNSKEY RRset passed with or was signed for.
    pub(super) fn key_ttl(&self) -> Option<Ttl> {
        self.key_ttl
    }

    /// The DS sets that vouch for keys at this moment: the newest, and older ones that caches
    /// may hold.
    pub(super) fn ds_in_force(&self, at: Timestamp) -> impl Iterator<Item = &InForce<DsSet>> {
        let newest = self
            .ds
            .iter()
            .filter(|set| set.is_valid(at))
            .map(InForce::age)
            .max();
        self.ds
            .iter()
            .filter(move |set| set.is_valid(at) && (Some(set.age()) == newest || set.is_fresh(at)))
    }

    /// The DNSKEY RRsets whose signature has not run out.
    pub(super) fn key_sets(&self, at: Timestamp) -> impl Iterator<Item = &InForce<Keys>> {
        self.keys.iter().filter(move |set| set.is_valid(at))
    }

    /// Whether there is any authenticated key of this tag and algorithm.
    pub(super) fn has_key(&self, name: (u16, u8), at: Timestamp) -> bool {
        self.key_sets(at)
            .any(|set| set.value.by_name.contains_key(&name))
    }

    /// The first so many authenticated keys of this tag and algorithm, in canonical order; those
    /// that left the DNSKEY RRset included, since caches still hold what they signed.
    pub(super) fn keys(&self, name: (u16, u8), at: Timestamp, count: usize) -> Vec<&Arc<Dnskey>> {
        let named = self
            .key_sets(at)
            .filter_map(|set| set.value.by_name.get(&name));
        // The first of all are among the first of each.
        let mut keys: Vec<_> = named.flat_map(|keys| keys.iter().take(count)).collect();
        keys.sort();
        keys.dedup();
        keys.truncate(count);
        keys
    }

    /// Whether any key of it is authenticated.
    pub(super) fn has_keys(&self, at: Timestamp) -> bool {
        self.key_sets(at).next().is_some()
    }

    /// Whether a DNSKEY RRset was within its TTL as something passed at this moment.
    pub(super) fn has_fresh_keys(&self, at: Timestamp) -> bool {
        let mut sets = self.key_sets(at);
        sets.any(|set| set.spells.iter().any(|spell| spell.covers(at, 0)))
    }

    /// Whether a DNSKEY RRset was within its TTL at this moment, or fetched within it after.
    pub(super) fn has_keys_near(&self, at: Timestamp) -> bool {
        self.key_sets(at).any(|set| set.is_near(at))
    }

    /// Whether a DNSKEY RRset was fetched after `start`, by `end` at the latest.
    pub(super) fn fetched_keys_after(&self, start: Timestamp, end: Timestamp) -> bool {
        self.keys.iter().any(|set| set.was_fetched(start, end))
    }

    /// Whether a DS set was within its TTL.
    pub(super) fn has_fresh_ds(&self, at: Timestamp) -> bool {
        self.ds_in_force(at).any(|set| set.is_fresh(at))
    }

    /// Whether it is proven to have no DS, and no DS set is newer than the proof.
    pub(super) fn is_unsigned(&self, at: Timestamp) -> bool {
        let ds = self
            .ds
            .iter()
            .filter(|set| set.is_valid(at))
            .map(InForce::age)
            .max();
        let proof = self
            .no_ds
            .iter()
            .filter(|proof| proof.is_valid(at))
            .map(InForce::age)
            .max();
        proof.is_some() && proof >= ds
    }

    /// Why its newest DS set cannot be used, if it cannot.
    pub(super) fn unusable_ds(&self, at: Timestamp) -> Option<Reason> {
        let newest = self
            .ds
            .iter()
            .filter(|set| set.is_valid(at))
            .max_by_key(|set| set.age())?;
        let unsupported = self
            .has_unsupported_keys
            .then_some(Reason::UnsupportedAlgorithm);
        newest.value.unusable.or(unsupported)
    }

    /// Whether it has a DS set in force.
    pub(super) fn has_ds(&self, at: Timestamp) -> bool {
        self.ds_in_force(at).next().is_some()
    }

    /// Octets that are kept of it, but for what every name takes.
    pub(super) fn octets(&self) -> usize {
        let keys = self.keys.iter().map(|set| {
            let rrset = &set.value.set.rrset;
            let records = rrset.records().map(<[u8]>::len).sum::<usize>();
            let signatures = rrset
                .signatures
                .iter()
                .map(|rrsig| 256 + rrsig.signature.len());
            // The records stand in the set and in its keys.
            2 * records + 128 * rrset.records().len() + signatures.sum::<usize>()
        });
        let ds = self.ds.iter().map(|set| 128 * (1 + set.value.usable.len()));
        keys.sum::<usize>() + ds.sum::<usize>()
    }

    /// Whether there is something to write down of it beside its sets.
    pub(super) fn is_saved(&self) -> bool {
        !self.servers().is_empty() || self.is_failing()
    }

    /// Whether a chain of trust has ever led into it.
    pub(super) fn is_entered(&self) -> bool {
        !self.keys.is_empty()
    }

    /// When anything about it was last seen.
    pub(super) fn last_seen(&self) -> Timestamp {
        let ds = self.ds.iter().map(|set| set.last_seen);
        let proofs = self
            .no_ds
            .iter()
            .chain(&self.no_cut)
            .map(|proof| proof.last_seen);
        let keys = self.keys.iter().map(|set| set.last_seen);
        ds.chain(proofs).chain(keys).max().unwrap_or_default()
    }

    /// Whether it is proven to be no delegation.
    pub(super) fn is_no_cut(&self, at: Timestamp) -> bool {
        self.no_cut.iter().any(|proof| proof.is_valid(at))
    }
}

/// Adds a sight of a set: to the entry of the same set, or as a new one in place of the oldest.
fn add<T>(
    sets: &mut Vec<InForce<T>>,
    signed_by: &SignedBy,
    sight: Sight,
    is_same: impl Fn(&T) -> bool,
    make: impl FnOnce() -> T,
) -> News {
    let newest = |sets: &[InForce<T>]| {
        let ages = sets.iter().map(InForce::age).enumerate();
        ages.max_by_key(|(_, age)| *age).map(|(place, _)| place)
    };
    let newest_before = newest(sets);
    if let Some(known) = sets.iter_mut().find(|known| is_same(&known.value)) {
        let was_valid = known.is_valid(sight.time);
        let is_telling = known.see(signed_by, sight);
        return match (was_valid, is_telling || newest_before != newest(sets)) {
            (false, _) => News::New,
            (true, true) => News::Again,
            (true, false) => News::Nothing,
        };
    }
    sets.push(InForce::new(make(), signed_by, sight));
    if sets.len() > MAX_SETS {
        let oldest = sets.iter().enumerate().min_by_key(|(_, set)| set.age());
        if let Some((oldest, _)) = oldest {
            sets.swap_remove(oldest);
            if oldest == MAX_SETS {
                // It was no sooner added than it left.
                return News::Nothing;
            }
        }
    }
    News::New
}
