//! How much is kept below every name, and which family is the heaviest.

use crate::message::Name;
use std::collections::{BTreeSet, HashMap};

/// Weights by name, summed up for all names above.
#[derive(Debug, Default)]
pub(super) struct Load {
    trees: HashMap<Name, Tree>,
    /// Parent, weight of the child's tree, child.
    by_weight: BTreeSet<(Name, usize, Name)>,
}

/// What is kept at a name and below it.
#[derive(Clone, Copy, Debug, Default)]
struct Tree {
    weight: usize,
    /// How many children have a tree.
    children: usize,
}

impl Load {
    /// All that is kept.
    pub(super) fn total(&self) -> usize {
        self.tree(&Name::root()).weight
    }

    /// Adds to the weight of a name.
    pub(super) fn add(&mut self, name: &Name, change: isize) {
        if change == 0 {
            return;
        }
        for step in name.ancestry() {
            let before = self.tree(&step);
            let weight = before.weight.saturating_add_signed(change);
            if let Some(parent) = step.parent() {
                self.by_weight
                    .remove(&(parent.clone(), before.weight, step.clone()));
                let siblings = self.trees.entry(parent.clone()).or_default();
                if before.weight == 0 {
                    siblings.children += 1;
                }
                if weight == 0 {
                    siblings.children -= 1;
                } else {
                    self.by_weight.insert((parent, weight, step.clone()));
                }
            }
            if weight == 0 {
                self.trees.remove(&step);
            } else {
                self.trees.entry(step).or_default().weight = weight;
            }
        }
    }

    /// The name below which most is kept: from the root down into the heaviest tree, for as
    /// long as that outweighs its siblings on the average more than twice.
    ///
    /// A flood of names thus meets its own zone, however it is spread over names below that.
    pub(super) fn heaviest_family(&self) -> Name {
        let mut family = Name::root();
        while let Some((weight, child)) = self.heaviest_child(&family) {
            let Tree {
                weight: all,
                children,
            } = self.tree(&family);
            if weight.saturating_mul(children) <= all.saturating_mul(2) && children > 1 {
                break;
            }
            if self.heaviest_child(&child).is_none() {
                break;
            }
            family = child;
        }
        family
    }

    fn heaviest_child(&self, family: &Name) -> Option<(usize, Name)> {
        let start = (family.clone(), 0, Name::root());
        let end = (family.clone(), usize::MAX, Name::root());
        let (_, weight, child) = self.by_weight.range(start..end).next_back()?;
        Some((*weight, child.clone()))
    }

    fn tree(&self, name: &Name) -> Tree {
        self.trees.get(name).copied().unwrap_or_default()
    }
}
