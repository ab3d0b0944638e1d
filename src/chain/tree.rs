//! Ancestors of a name in a map or set ordered by names.

use crate::message::Name;
use std::collections::{BTreeMap, BTreeSet};

/// What is ordered by names.
pub(super) trait ByName {
    /// What stands beside a name.
    type About;

    /// The last name that is not behind this one.
    fn last_up_to(&self, name: &Name) -> Option<(&Name, &Self::About)>;
}

impl<V> ByName for BTreeMap<Name, V> {
    type About = V;

    fn last_up_to(&self, name: &Name) -> Option<(&Name, &V)> {
        self.range(..=name).next_back()
    }
}

impl ByName for BTreeSet<Name> {
    type About = ();

    fn last_up_to(&self, name: &Name) -> Option<(&Name, &())> {
        self.range(..=name).next_back().map(|name| (name, &()))
    }
}

/// The deepest known name at or above `name`.
///
/// Takes a look-up for each name that turns out to be a relative only, not one for each label:
/// names come from the wire and have as many as 127.
pub(super) fn nearest<'a, T: ByName>(
    known: &'a T,
    name: &Name,
) -> Option<(&'a Name, &'a T::About)> {
    let mut step = name.clone();
    loop {
        // Canonical order puts a name right before what lies below it: whatever is known above
        // `step` is above this one too.
        let (last, about) = known.last_up_to(&step)?;
        if step.is_at_or_below(last) {
            return Some((last, about));
        }
        step = step.common_ancestor(last);
    }
}

/// All known names at or above `name`, from the top.
pub(super) fn path<'a, T: ByName>(known: &'a T, name: &Name) -> Vec<(&'a Name, &'a T::About)> {
    let mut path = Vec::new();
    let mut below = Some(name.clone());
    while let Some((step, about)) = below.and_then(|below| nearest(known, &below)) {
        path.push((step, about));
        below = step.parent();
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Names of few labels from few letters, so that many are relatives.
    fn names() -> impl Strategy<Value = Vec<Name>> {
        let name = prop::collection::vec(0_u8..3, 0..6).prop_map(|labels| {
            let child = |name: Name, label: u8| name.child(&[b'a' + label]).unwrap();
            labels.into_iter().fold(Name::root(), child)
        });
        prop::collection::vec(name, 0..30)
    }

    proptest! {
        #[test]
        fn ancestors_are_those_that_a_walk_over_the_labels_finds(known in names(), asked in names()) {
            let known: BTreeSet<Name> = known.into_iter().collect();
            for name in asked {
                let mut walked: Vec<Name> =
                    name.ancestry().filter(|step| known.contains(step)).collect();
                prop_assert_eq!(nearest(&known, &name).map(|(found, ())| found), walked.first());
                walked.reverse();
                let found: Vec<Name> = path(&known, &name).into_iter().map(|(found, ())| found.clone()).collect();
                prop_assert_eq!(found, walked);
            }
        }
    }
}
