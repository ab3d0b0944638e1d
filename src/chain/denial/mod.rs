//! Gives what the denial records of a message show: that a name, a type or a DS set is not there.
//!
//! Takes NSEC and NSEC3 RRsets that the caller has authenticated as data of one zone. Owns
//! nothing but a memory of hashes. Never checks a signature.

#[cfg(test)]
mod laws;
#[cfg(test)]
mod model;
mod nsec;
mod nsec3;
mod rules;

use crate::message::{Name, Rrset, Rtype, TypeBitmap};
use rules::Ranked;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// SHA-1 blocks that the proofs of one message may take (CVE-2023-50868). Enough for 50 names
/// with a short salt and the most iterations, or for 4000 with none.
const BLOCK_BUDGET: u32 = 8192;

/// SHA-1 blocks that cost as much as one unit of `signature::check_cost`.
const BLOCKS_PER_UNIT: u32 = 64;

/// What the proofs of one message may still hash, whichever zones they are of, and what they
/// have hashed: clones share it.
#[derive(Clone, Debug)]
pub struct Hashing(Rc<Shared>);

/// Iterations and salt.
type Parameters = (u16, Box<[u8]>);

/// Hashes by name.
type Hashes = Rc<RefCell<HashMap<Name, [u8; 20]>>>;

#[derive(Debug)]
struct Shared {
    blocks: Cell<u32>,
    /// What all work on the message may still cost.
    pool: Rc<Cell<u32>>,
    known: RefCell<HashMap<Parameters, Hashes>>,
}

impl Hashing {
    /// What one message is granted.
    pub fn of_a_message() -> Self {
        Self::within(Rc::new(Cell::new(u32::MAX)))
    }

    /// The same, within what all work on the message may still cost.
    pub fn within(pool: Rc<Cell<u32>>) -> Self {
        let (blocks, known) = (Cell::new(BLOCK_BUDGET), RefCell::default());
        Self(Rc::new(Shared {
            blocks,
            pool,
            known,
        }))
    }

    /// Takes so many blocks; nothing if that is more than is left.
    fn take(&self, blocks: u32) -> Option<()> {
        let before = self.0.blocks.get();
        let after = before.checked_sub(blocks)?;
        let cost = before.div_ceil(BLOCKS_PER_UNIT) - after.div_ceil(BLOCKS_PER_UNIT);
        self.0.pool.set(self.0.pool.get().checked_sub(cost)?);
        self.0.blocks.set(after);
        Some(())
    }

    /// The hashes with these parameters that were paid for: they are the same in every zone.
    fn hashes(&self, iterations: u16, salt: &[u8]) -> Hashes {
        let mut known = self.0.known.borrow_mut();
        Rc::clone(known.entry((iterations, salt.into())).or_default())
    }

    /// How many blocks were taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> u32 {
        BLOCK_BUDGET - self.0.blocks.get()
    }
}

/// A conclusion, and the owners of the records that it rests on, the deciding one first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conclusion<T> {
    /// What is shown.
    pub what: T,
    /// Owners of NSEC or NSEC3 sets that were added; none if nothing bears on the matter.
    pub by: Vec<Name>,
}

impl<T> Conclusion<T> {
    fn new(what: T, by: Vec<Name>) -> Self {
        Self { what, by }
    }

    fn by_none(what: T) -> Self {
        Self::new(what, Vec::new())
    }
}

/// Whether the records show what they were asked to show.
///
/// `Missing` and `Contradicted` are apart for the reader: a denial that was left out, in whole or
/// in part, against one that was wrong. Records of other spans deny nothing (RFC 8914 §4.13).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// They show it.
    Proven,
    /// They show it but for unsigned delegations in an opt-out span: insecure (RFC 5155 §9.2).
    OptOut,
    /// They hash too often, so what they were to show is insecure (RFC 9276 §3.2).
    Iterations,
    /// A record that the proof needs is not there, and none that is there says otherwise.
    Missing,
    /// A record says otherwise: the name or the type exists, a wildcard answers for it, or it
    /// lies at or below a zone cut or below a DNAME, where the zone has no say. For no data also
    /// that the name does not exist.
    Contradicted,
    /// To tell would take more hashing than one message is granted.
    Budget,
}

/// What the records show about a DS set that is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoDs {
    /// A delegation without DS.
    Insecure,
    /// A delegation without DS, if there is one: the name falls in an opt-out span.
    InsecureOptOut,
    /// No zone cut: the name belongs to the zone and has no NS, or does not exist.
    NotACut,
    /// They hash too often, so whatever they were to show is insecure (RFC 9276 §3.2).
    Iterations,
    /// A record that the proof needs is not there, and none that is there says otherwise.
    Missing,
    /// A record says otherwise: there is a DS set, or the name lies below another zone cut or
    /// below a DNAME.
    Contradicted,
    /// To tell would take more hashing than one message is granted.
    Budget,
}

/// What denial records say is not there.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Denied {
    /// The name.
    Name,
    /// The type at a name that is said to exist, or to have no type at all (RFC 9824 §2).
    Type,
}

/// The authenticated denial records of one zone in one message.
///
/// The caller vouches for each: a key of the zone signed it, the signer is the zone, and it was
/// not expanded from a wildcard.
#[derive(Debug)]
pub struct Denials {
    zone: Name,
    nsec: nsec::Links,
    nsec3: nsec3::Chains,
}

impl Denials {
    /// None yet, for this zone, with hashing of its own.
    pub fn new(zone: Name) -> Self {
        Self::within(zone, Hashing::of_a_message())
    }

    /// None yet, for this zone, with what the message may still hash.
    pub fn within(zone: Name, hashing: Hashing) -> Self {
        Self {
            nsec: nsec::Links::new(zone.clone()),
            nsec3: nsec3::Chains::new(hashing),
            zone,
        }
    }

    /// Adds an NSEC or NSEC3 set.
    ///
    /// Left out is what cannot be a link of the zone's chain: a set of other types or of several
    /// records, names outside the zone, a next name that is not behind the owner, and NSEC3
    /// records that RFC 5155 §8.1 and §8.2 say to ignore.
    pub fn add(&mut self, rrset: &Rrset) {
        if rrset.records().len() != 1 {
            return;
        }
        if let Some(nsec) = rrset.nsec().next() {
            self.nsec.add(&rrset.owner, nsec);
        } else if let Some(nsec3) = rrset.nsec3().next() {
            self.nsec3.add(&self.zone, &rrset.owner, nsec3);
        }
    }

    /// Whether there is no record that could show anything.
    pub fn is_empty(&self) -> bool {
        self.nsec.is_empty() && self.nsec3.is_empty()
    }

    /// Whether `qname` does not exist and no wildcard answers for it (RFC 4035 §5.4,
    /// RFC 5155 §8.4, RFC 9824 §3.1).
    pub fn name_error(&self, qname: &Name) -> Conclusion<Proof> {
        self.judge(qname, |chain| rules::name_error(chain, qname))
    }

    /// Whether `qname`, or the wildcard that answers for it, has neither `rtype` nor CNAME
    /// (RFC 4035 §5.4, RFC 5155 §8.5 to §8.7, RFC 6840 §4.3).
    ///
    /// A DS set lives in the parent, so records of the zone that `qname` is the apex of never
    /// show that it is not there: `Missing`, but for the root.
    pub fn no_data(&self, qname: &Name, rtype: Rtype) -> Conclusion<Proof> {
        self.judge(qname, |chain| rules::no_data(chain, qname, rtype))
    }

    /// Whether `child` is a delegation without DS, as the zone above it sees it (RFC 4035 §5.2,
    /// RFC 5155 §8.9, RFC 6840 §4.4).
    pub fn no_ds(&self, child: &Name) -> Conclusion<NoDs> {
        if *child == self.zone {
            return Conclusion::by_none(NoDs::Missing);
        }
        self.judge(child, |chain| rules::no_ds(chain, child))
    }

    /// Whether an answer for `qname` may be made from a wildcard, as the Labels field of its
    /// signature says: that no name closer to `qname` exists (RFC 4035 §5.3.4, RFC 5155 §8.8).
    ///
    /// `Proven` by no record where nothing was expanded.
    pub fn wildcard_expansion(&self, qname: &Name, labels: u8) -> Conclusion<Proof> {
        let (labels, own) = (usize::from(labels), qname.label_count());
        if labels + usize::from(qname.is_wildcard()) >= own {
            return Conclusion::by_none(Proof::Proven);
        }
        let base = qname.suffix(labels);
        self.judge(&base, |chain| {
            rules::wildcard_expansion(chain, &base, &qname.suffix(labels + 1))
        })
    }

    /// Whether `name` is shown to lie in the zone itself: there is no zone cut at it, nor any
    /// between it and the apex. The name need not exist; the apex needs no proof.
    pub fn shows_no_cut(&self, name: &Name) -> bool {
        *name == self.zone || self.no_ds(name).what == NoDs::NotACut
    }

    /// Whether they say that `name` itself, which no wildcard need stand in for, has no `rtype`,
    /// and the owner of the record that says so. What lies in an opt-out span is not denied.
    pub fn denies(&self, name: &Name, rtype: Rtype) -> Option<(Denied, Name)> {
        if !name.is_at_or_below(&self.zone) {
            return None;
        }
        let by_nsec3 = || {
            let mut chains = self.nsec3.chains(&self.zone);
            chains.find_map(|chain| rules::denied(&chain, name, rtype))
        };
        rules::denied(&self.nsec, name, rtype).or_else(by_nsec3)
    }

    /// The best conclusion that a chain allows about `name`; any one good proof is enough.
    fn judge<T: Ranked>(
        &self,
        name: &Name,
        rule: impl Fn(&dyn Chain) -> Conclusion<T>,
    ) -> Conclusion<T> {
        if !name.is_at_or_below(&self.zone) {
            return Conclusion::by_none(T::MISSING);
        }
        let by_nsec = std::iter::once(rule(&self.nsec));
        let by_nsec3 = self.nsec3.chains(&self.zone).map(|chain| rule(&chain));
        let too_often = self.nsec3.hashed_too_often();
        let excuse = (!too_often.is_empty()).then(|| too_often.to_vec());
        by_nsec
            .chain(by_nsec3)
            .chain(excuse.map(|owners| Conclusion::new(T::ITERATIONS, owners)))
            .min_by_key(|conclusion| conclusion.what.rank())
            .unwrap_or_else(|| Conclusion::by_none(T::MISSING))
    }
}

/// What the records of one chain say of a name.
#[derive(Clone, Debug)]
enum Status<'a> {
    /// It exists, with these types.
    Exists(&'a TypeBitmap),
    /// It exists, without types, since names below it do (RFC 4592 §2.2.2).
    EmptyNonTerminal,
    /// It does not exist.
    Absent {
        /// The longest name above it that exists.
        encloser: Name,
        /// An unsigned delegation may be there nonetheless.
        is_opt_out: bool,
    },
    /// It does not exist, and no wildcard answers for it (RFC 9824 §2).
    NoSuchName,
    /// It lies below a zone cut or a DNAME: a record from above may not deny it (RFC 6840 §4.1).
    Occluded,
    /// Nothing.
    Untold,
    /// Nothing without more hashing than is granted.
    Budget,
}

/// The links of one chain, as far as the message has them.
trait Chain {
    /// What they say of `name`, which lies in the zone.
    fn status(&self, name: &Name) -> Conclusion<Status<'_>>;

    /// What they say of `name` where its parent is known to exist and to be no zone cut.
    fn status_below_encloser(&self, name: &Name) -> Conclusion<Status<'_>>;
}

/// What a record that stands at the name itself says.
fn status_at(types: &TypeBitmap) -> Status<'_> {
    if types.has(Rtype::NXNAME) {
        Status::NoSuchName
    } else {
        Status::Exists(types)
    }
}

/// Whether a name with these types is a delegation, seen from above (RFC 6840 §4.1).
fn is_delegation(types: &TypeBitmap) -> bool {
    types.has(Rtype::NS) && !types.has(Rtype::SOA)
}

/// Whether names below one with these types are not the zone's.
fn occludes(types: &TypeBitmap) -> bool {
    is_delegation(types) || types.has(Rtype::DNAME)
}
