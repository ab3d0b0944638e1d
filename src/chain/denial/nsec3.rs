//! Chains of NSEC3 records (RFC 5155).

use super::{Chain, Shown, Status, occludes, status_at};
use crate::message::{Name, Nsec3, Rtype, TypeBitmap};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// The only hash algorithm there is: SHA-1 (RFC 5155 §11).
const SHA1: u8 = 1;

/// With more additional iterations than this a proof shows nothing (RFC 9276 §3.2).
const MAX_ITERATIONS: u16 = 150;

/// SHA-1 blocks that the proofs of one message may take (CVE-2023-50868): enough for 50 names
/// at the most iterations, far more than any honest message needs.
const BLOCK_BUDGET: u32 = 8192;

type Hash = [u8; 20];

/// The NSEC3 records of a zone, as far as they are known, by their parameters.
#[derive(Debug)]
pub(super) struct Chains {
    sets: Vec<Set>,
    /// Owners of records with too many iterations.
    hashed_too_often: Vec<Name>,
    /// What is left of the budget.
    blocks: Cell<u32>,
}

/// Records with the same salt and iterations: only these may be used together (RFC 5155 §8.2).
#[derive(Debug)]
struct Set {
    salt: Box<[u8]>,
    iterations: u16,
    links: Vec<Link>,
    /// Hashes that were paid for.
    hashes: RefCell<HashMap<Name, Hash>>,
}

#[derive(Debug)]
struct Link {
    owner: Name,
    hash: Hash,
    next: Hash,
    is_opt_out: bool,
    types: TypeBitmap,
}

impl Default for Chains {
    fn default() -> Self {
        Self {
            sets: Vec::new(),
            hashed_too_often: Vec::new(),
            blocks: Cell::new(BLOCK_BUDGET),
        }
    }
}

impl Chains {
    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.hashed_too_often.is_empty()
    }

    /// Adds a record, unless it is one to ignore (RFC 5155 §8.1, §8.2).
    pub(super) fn add(&mut self, zone: &Name, owner: &Name, nsec3: Nsec3) {
        let is_known = nsec3.hash_algorithm == SHA1 && nsec3.flags <= 1;
        let hashes = (owner_hash(zone, owner), nsec3.next_hash.as_ref().try_into());
        let (true, (Some(hash), Ok(next))) = (is_known, hashes) else {
            return;
        };
        if nsec3.iterations > MAX_ITERATIONS {
            self.hashed_too_often.push(owner.clone());
            return;
        }
        let link = Link {
            owner: owner.clone(),
            hash,
            next,
            is_opt_out: nsec3.is_opt_out(),
            types: nsec3.types,
        };
        let mut sets = self.sets.iter_mut();
        match sets.find(|set| set.iterations == nsec3.iterations && set.salt == nsec3.salt) {
            Some(set) => set.links.push(link),
            None => self.sets.push(Set {
                salt: nsec3.salt,
                iterations: nsec3.iterations,
                links: vec![link],
                hashes: RefCell::default(),
            }),
        }
    }

    /// Owners of the records that were left out for their iterations.
    pub(super) fn hashed_too_often(&self) -> &[Name] {
        &self.hashed_too_often
    }

    /// One chain for each set of parameters.
    pub(super) fn chains<'a>(&'a self, zone: &'a Name) -> impl Iterator<Item = impl Chain + 'a> {
        let blocks = &self.blocks;
        self.sets
            .iter()
            .map(move |set| Hashed { zone, set, blocks })
    }
}

/// The hash that an owner `<base32hex>.zone` names (RFC 5155 §3).
fn owner_hash(zone: &Name, owner: &Name) -> Option<Hash> {
    let label = owner.labels().next()?;
    (owner.parent()? == *zone && label.len() == 32).then_some(())?;
    let mut hash = [0; 20];
    for (octets, digits) in hash.chunks_exact_mut(5).zip(label.chunks_exact(8)) {
        let mut bits = 0_u64;
        for digit in digits {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'v' => digit - b'a' + 10,
                _ => return None,
            };
            bits = bits << 5 | u64::from(value);
        }
        let [_, _, _, group @ ..] = bits.to_be_bytes();
        octets.copy_from_slice(&group);
    }
    Some(hash)
}

/// A set at work: its zone, and the budget that all sets share.
struct Hashed<'a> {
    zone: &'a Name,
    set: &'a Set,
    blocks: &'a Cell<u32>,
}

impl Chain for Hashed<'_> {
    /// Looks for the closest encloser that the records can prove (RFC 5155 §8.3).
    fn status(&self, name: &Name) -> Shown<Status<'_>> {
        let mut next_closer = None;
        let in_zone = |ancestor: &Name| ancestor.is_at_or_below(self.zone);
        for ancestor in name.ancestry().take_while(in_zone) {
            let Some(hash) = self.hash(&ancestor) else {
                return Shown::by_none(Status::Budget);
            };
            match (self.set.matching(hash), next_closer) {
                (Some(link), None) => {
                    return Shown::new(status_at(&link.types), vec![link.owner.clone()]);
                }
                (Some(link), Some(_)) if occludes(&link.types) => {
                    return Shown::new(Status::Occluded, vec![link.owner.clone()]);
                }
                (Some(link), Some(next_closer)) => {
                    return self.set.absent(ancestor, next_closer, Some(link));
                }
                (None, _) => next_closer = Some(hash),
            }
        }
        Shown::by_none(Status::Untold)
    }

    fn status_below_encloser(&self, name: &Name) -> Shown<Status<'_>> {
        let (Some(hash), Some(encloser)) = (self.hash(name), name.parent()) else {
            return Shown::by_none(Status::Budget);
        };
        match self.set.matching(hash) {
            Some(link) => Shown::new(status_at(&link.types), vec![link.owner.clone()]),
            None => self.set.absent(encloser, hash, None),
        }
    }
}

impl Hashed<'_> {
    /// The hash of `name`; nothing if the budget does not allow it.
    fn hash(&self, name: &Name) -> Option<Hash> {
        if let Some(hash) = self.set.hashes.borrow().get(name) {
            return Some(*hash);
        }
        let left = self.blocks.get().checked_sub(self.set.cost(name))?;
        self.blocks.set(left);
        let hash = nsec3_hash(name, &self.set.salt, self.set.iterations);
        self.set.hashes.borrow_mut().insert(name.clone(), hash);
        Some(hash)
    }
}

impl Set {
    /// SHA-1 blocks that it takes to hash `name`.
    fn cost(&self, name: &Name) -> u32 {
        // A block has 64 octets; padding takes at least 9.
        let blocks = |octets: usize| u32::try_from((octets + 8) / 64 + 1).unwrap_or(u32::MAX);
        let first = blocks(name.wire().len() + self.salt.len());
        let other = blocks(size_of::<Hash>() + self.salt.len());
        first.saturating_add(other.saturating_mul(u32::from(self.iterations)))
    }

    fn matching(&self, hash: Hash) -> Option<&Link> {
        self.links.iter().find(|link| link.hash == hash)
    }

    /// Whether the next closer name below `encloser` is shown not to exist, where `at_encloser`
    /// shows that the encloser does.
    fn absent(
        &self,
        encloser: Name,
        next_closer: Hash,
        at_encloser: Option<&Link>,
    ) -> Shown<Status<'_>> {
        let Some(cover) = self.links.iter().find(|link| link.covers(next_closer)) else {
            return Shown::by_none(Status::Untold);
        };
        let by = std::iter::once(cover).chain(at_encloser.filter(|link| link.hash != cover.hash));
        let status = Status::Absent {
            encloser,
            is_opt_out: cover.is_opt_out,
        };
        Shown::new(status, by.map(|link| link.owner.clone()).collect())
    }
}

impl Link {
    /// Whether `hash` falls between owner and next; the last link wraps, and the only link of a
    /// chain covers all but itself. One with NXNAME speaks of its owner alone (RFC 9824 §3.1).
    fn covers(&self, hash: Hash) -> bool {
        let is_inside = if self.hash < self.next {
            self.hash < hash && hash < self.next
        } else {
            self.hash < hash || hash < self.next
        };
        is_inside && hash != self.hash && !self.types.has(Rtype::NXNAME)
    }
}

/// Stands in for `signature::nsec3_hash` until that is there.
fn nsec3_hash(name: &Name, salt: &[u8], iterations: u16) -> Hash {
    use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    let mut input = [name.wire(), salt].concat();
    for _ in 0..iterations {
        input = [digest(&SHA1_FOR_LEGACY_USE_ONLY, &input).as_ref(), salt].concat();
    }
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &input);
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}
