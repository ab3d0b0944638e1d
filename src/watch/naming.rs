//! Which sets changes name, and how they name them.

use super::change::{Change, Set};
use super::ds::DsSet;
use super::history::History;
use super::keys::KeyList;
use crate::message::{Name, Rrset, Rtype};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Set {
    /// The set of this type, if changes tell of such.
    pub fn of(rtype: Rtype) -> Option<Self> {
        match rtype {
            Rtype::DS => Some(Self::Ds),
            Rtype::DNSKEY => Some(Self::Dnskey),
            Rtype::NS => Some(Self::Ns),
            _ => None,
        }
    }
}

impl Change {
    /// The texts by which a change names this set: those of [`Change::before`] and
    /// [`Change::after`].
    pub fn texts(rrset: &Rrset) -> Vec<String> {
        match rrset.rtype {
            Rtype::DS => DsSet::new(rrset).texts(),
            Rtype::DNSKEY => KeyList::new(rrset.dnskeys().map(Arc::new)).texts(),
            _ => {
                let names = rrset.records().flat_map(Name::from_wire);
                let names: BTreeSet<_> = names.collect();
                names.iter().map(ToString::to_string).collect()
            }
        }
    }
}

impl History {
    /// The changes that wait to be judged, as far as they are known.
    pub fn open_changes(&self) -> Vec<Change> {
        let ds = self.open.iter().map(|open| open.draft(&self.zone));
        let keys = self.open_keys.iter().map(|open| open.change.clone());
        ds.chain(keys).chain(self.open_move.clone()).collect()
    }
}
