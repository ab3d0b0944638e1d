//! Chains of NSEC records (RFC 4034 §4).

use super::{Chain, Shown, Status, occludes, status_at};
use crate::message::{Name, Nsec, Rtype, TypeBitmap};

/// The NSEC records of a zone, as far as they are known.
#[derive(Debug)]
pub(super) struct Links {
    zone: Name,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    owner: Name,
    /// Behind the owner in canonical order, or the apex.
    next: Name,
    types: TypeBitmap,
}

impl Links {
    pub(super) fn new(zone: Name) -> Self {
        Self {
            zone,
            links: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Adds a record, unless it cannot be a link of the zone's chain (RFC 4034 §4.1.1).
    pub(super) fn add(&mut self, owner: &Name, nsec: Nsec) {
        let Nsec { next, types } = nsec;
        let is_in_zone = owner.is_at_or_below(&self.zone) && next.is_at_or_below(&self.zone);
        if is_in_zone && (*owner < next || next == self.zone) {
            let owner = owner.clone();
            self.links.push(Link { owner, next, types });
        }
    }

    /// Whether `name` falls between owner and next name. A record with NXNAME speaks of its
    /// owner alone, which is not even there to end a span (RFC 9824 §3.1).
    fn is_covered(&self, name: &Name, link: &Link) -> bool {
        link.owner < *name
            && (*name < link.next || link.next == self.zone)
            && !link.types.has(Rtype::NXNAME)
    }
}

impl Chain for Links {
    fn status(&self, name: &Name) -> Shown<Status<'_>> {
        if let Some(link) = self.links.iter().find(|link| link.owner == *name) {
            return Shown::new(status_at(&link.types), vec![link.owner.clone()]);
        }
        let mut links = self.links.iter();
        let Some(link) = links.find(|link| self.is_covered(name, link)) else {
            return Shown::by_none(Status::Untold);
        };
        let status = if name.is_below(&link.owner) && occludes(&link.types) {
            Status::Occluded
        } else if link.next.is_below(name) {
            Status::EmptyNonTerminal
        } else {
            Status::Absent {
                encloser: link.encloser(name),
                is_opt_out: false,
            }
        };
        Shown::new(status, vec![link.owner.clone()])
    }

    fn status_below_encloser(&self, name: &Name) -> Shown<Status<'_>> {
        self.status(name)
    }
}

impl Link {
    /// The longest existing name above one that this record covers: whatever else exists above
    /// it would lie in the span too.
    fn encloser(&self, name: &Name) -> Name {
        let before = name.common_ancestor(&self.owner);
        let behind = name.common_ancestor(&self.next);
        if behind.is_below(&before) {
            behind
        } else {
            before
        }
    }
}
