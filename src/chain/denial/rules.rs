//! What the status of a name proves: the same rules for NSEC and NSEC3.

use super::{Chain, Conclusion, Denied, NoDs, Proof, Status, is_delegation};
use crate::message::{Name, Rtype, TypeBitmap};

/// A conclusion among those of several chains.
pub(super) trait Ranked: Copy {
    /// Nothing bears on the matter.
    const MISSING: Self;
    /// The records hash too often.
    const ITERATIONS: Self;

    /// The conclusion with the least rank counts: what is shown, then what excuses, then what
    /// accuses.
    fn rank(self) -> u8;
}

impl Ranked for Proof {
    const MISSING: Self = Self::Missing;
    const ITERATIONS: Self = Self::Iterations;

    fn rank(self) -> u8 {
        match self {
            Self::Proven => 0,
            Self::OptOut => 1,
            Self::Iterations => 2,
            Self::Budget => 3,
            Self::Contradicted => 4,
            Self::Missing => 5,
        }
    }
}

impl Ranked for NoDs {
    const MISSING: Self = Self::Missing;
    const ITERATIONS: Self = Self::Iterations;

    fn rank(self) -> u8 {
        match self {
            Self::Insecure | Self::NotACut => 0,
            Self::InsecureOptOut => 1,
            Self::Iterations => 2,
            Self::Budget => 3,
            Self::Contradicted => 4,
            Self::Missing => 5,
        }
    }
}

pub(super) fn name_error(chain: &dyn Chain, qname: &Name) -> Conclusion<Proof> {
    let Conclusion { what, by } = chain.status(qname);
    let proof = match what {
        Status::NoSuchName => Proof::Proven,
        Status::Exists(_) | Status::EmptyNonTerminal | Status::Occluded => Proof::Contradicted,
        Status::Untold => Proof::Missing,
        Status::Budget => Proof::Budget,
        // The span may hide an empty non-terminal above unsigned delegations, below which
        // another wildcard, or none, answers: so a wildcard that exists does not speak against
        // it. One that is not spoken of does (RFC 5155 §8.4).
        Status::Absent {
            encloser,
            is_opt_out: true,
        } => {
            return at_wildcard(chain, &encloser, by, |wildcard| match wildcard {
                Status::Untold => Proof::Missing,
                Status::Budget => Proof::Budget,
                Status::Absent { .. }
                | Status::NoSuchName
                | Status::Exists(_)
                | Status::EmptyNonTerminal
                | Status::Occluded => Proof::OptOut,
            });
        }
        Status::Absent { encloser, .. } => {
            return at_wildcard(chain, &encloser, by, |wildcard| match wildcard {
                Status::Absent { .. } | Status::NoSuchName => Proof::Proven,
                Status::Exists(_) | Status::EmptyNonTerminal => Proof::Contradicted,
                Status::Occluded => Proof::Contradicted,
                Status::Untold => Proof::Missing,
                Status::Budget => Proof::Budget,
            });
        }
    };
    Conclusion::new(proof, by)
}

pub(super) fn no_data(chain: &dyn Chain, qname: &Name, rtype: Rtype) -> Conclusion<Proof> {
    let Conclusion { what, by } = chain.status(qname);
    let proof = match what {
        Status::Exists(types) => lacks(types, qname, rtype),
        Status::EmptyNonTerminal | Status::NoSuchName => Proof::Proven,
        Status::Occluded => Proof::Contradicted,
        Status::Untold => Proof::Missing,
        Status::Budget => Proof::Budget,
        // An unsigned delegation has no DS, and what its zone says is not for this zone to deny.
        Status::Absent {
            is_opt_out: true, ..
        } => Proof::OptOut,
        Status::Absent { encloser, .. } => {
            return at_wildcard(chain, &encloser, by, |wildcard| match wildcard {
                Status::Exists(types) => lacks(types, qname, rtype),
                // One that says of itself that it does not exist has no type either, and those
                // who say so give no name errors (RFC 9824 §3.1).
                Status::EmptyNonTerminal | Status::NoSuchName => Proof::Proven,
                // The name does not exist at all, so the answer would be a name error.
                Status::Absent { .. } => Proof::Contradicted,
                Status::Occluded => Proof::Contradicted,
                Status::Untold => Proof::Missing,
                Status::Budget => Proof::Budget,
            });
        }
    };
    Conclusion::new(proof, by)
}

pub(super) fn no_ds(chain: &dyn Chain, child: &Name) -> Conclusion<NoDs> {
    let Conclusion { what, by } = chain.status(child);
    let no_ds = match what {
        Status::Exists(types) => no_ds_at(types),
        Status::EmptyNonTerminal | Status::NoSuchName => NoDs::NotACut,
        Status::Absent { is_opt_out, .. } if is_opt_out => NoDs::InsecureOptOut,
        Status::Absent { .. } => NoDs::NotACut,
        Status::Occluded => NoDs::Contradicted,
        Status::Untold => NoDs::Missing,
        Status::Budget => NoDs::Budget,
    };
    Conclusion::new(no_ds, by)
}

/// Whether `next_closer` does not exist, so that the wildcard below its parent `base` answers.
pub(super) fn wildcard_expansion(
    chain: &dyn Chain,
    base: &Name,
    next_closer: &Name,
) -> Conclusion<Proof> {
    let Conclusion { what, by } = chain.status_below_encloser(next_closer);
    let proof = match what {
        Status::Absent {
            encloser,
            is_opt_out,
        } if encloser == *base => absent(is_opt_out),
        // Either the base, and so its wildcard, does not exist, or no wildcard answers at all.
        Status::Absent { .. } | Status::NoSuchName => Proof::Contradicted,
        Status::Exists(_) | Status::EmptyNonTerminal | Status::Occluded => Proof::Contradicted,
        Status::Untold => Proof::Missing,
        Status::Budget => Proof::Budget,
    };
    Conclusion::new(proof, by)
}

/// What a chain says is not there of `name` and `rtype`, and the owner of the record.
pub(super) fn denied(chain: &dyn Chain, name: &Name, rtype: Rtype) -> Option<(Denied, Name)> {
    let Conclusion { what, by } = chain.status(name);
    let denied = match what {
        Status::Exists(types) if lacks(types, name, rtype) == Proof::Proven => Denied::Type,
        Status::NoSuchName | Status::EmptyNonTerminal => Denied::Type,
        Status::Absent {
            is_opt_out: false, ..
        } => Denied::Name,
        Status::Exists(_)
        | Status::Absent { .. }
        | Status::Occluded
        | Status::Untold
        | Status::Budget => return None,
    };
    Some((denied, by.into_iter().next()?))
}

/// Judges by what the chain says of the wildcard below `encloser` (RFC 4592 §3.3.1), where the
/// records of `so_far` show that the name itself does not exist.
fn at_wildcard(
    chain: &dyn Chain,
    encloser: &Name,
    so_far: Vec<Name>,
    judge: impl FnOnce(Status<'_>) -> Proof,
) -> Conclusion<Proof> {
    let mut by = so_far;
    let Some(wildcard) = encloser.wildcard() else {
        // It is too long, which the name below the encloser that was asked for is not.
        return Conclusion::new(Proof::Missing, by);
    };
    let wildcard = chain.status(&wildcard);
    for owner in wildcard.by {
        if !by.contains(&owner) {
            by.push(owner);
        }
    }
    Conclusion::new(judge(wildcard.what), by)
}

fn absent(is_opt_out: bool) -> Proof {
    if is_opt_out {
        Proof::OptOut
    } else {
        Proof::Proven
    }
}

/// Whether a name with these types has no `rtype`, and no CNAME to follow instead
/// (RFC 6840 §4.3).
fn lacks(types: &TypeBitmap, qname: &Name, rtype: Rtype) -> Proof {
    let is_ds = rtype == Rtype::DS;
    if is_ds && types.has(Rtype::SOA) && !qname.is_root() {
        // The child's own record; the DS set is the parent's (RFC 6840 §4.4).
        Proof::Missing
    } else if !is_ds && is_delegation(types) {
        // Of the names at a cut only the DS set is the parent's (RFC 6840 §4.1).
        Proof::Contradicted
    } else if types.has(rtype) || types.has(Rtype::CNAME) {
        Proof::Contradicted
    } else {
        Proof::Proven
    }
}

/// What the types of a name below the apex say about a DS set at it (RFC 6840 §4.4).
fn no_ds_at(types: &TypeBitmap) -> NoDs {
    if types.has(Rtype::SOA) {
        NoDs::Missing
    } else if types.has(Rtype::DS) {
        NoDs::Contradicted
    } else if types.has(Rtype::NS) {
        NoDs::Insecure
    } else {
        NoDs::NotACut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_outranks_what_excuses_and_that_what_accuses() {
        use Proof::{Budget, Contradicted, Iterations, Missing, OptOut, Proven};
        let order = [Proven, OptOut, Iterations, Budget, Contradicted, Missing];
        assert!(order.is_sorted_by_key(|proof| proof.rank()));
        let order = [
            NoDs::Insecure,
            NoDs::NotACut,
            NoDs::InsecureOptOut,
            NoDs::Iterations,
            NoDs::Budget,
            NoDs::Contradicted,
            NoDs::Missing,
        ];
        assert!(order.is_sorted_by_key(|no_ds| no_ds.rank()));
    }
}
