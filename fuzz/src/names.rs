//! Names, from the wire and from text.

use super::choices::Choices;
use super::records::{name, rdata};
use sigtap::message::Name;
use std::cmp::Ordering;

/// Two names, each in either form, and the laws of their order and their tree; as RDATA, too.
pub fn run(octets: &[u8]) {
    rdata(octets);
    let mut choices = Choices::new(octets);
    let first = choices.short();
    let names = [first, choices.rest()].map(read);
    names.iter().flatten().for_each(alone);
    if let [Some(one), Some(other)] = names {
        together(&one, &other);
    }
}

fn read(octets: &[u8]) -> Option<Name> {
    let text = String::from_utf8_lossy(octets);
    Name::from_wire(octets).or_else(|_| Name::parse(&text)).ok()
}

fn alone(one: &Name) {
    name(one);
    let labels: Vec<_> = one.labels().collect();
    assert_eq!(labels.len(), one.label_count());
    assert_eq!(one.ancestry().count(), labels.len() + 1);
    for (index, above) in one.ancestry().enumerate() {
        name(&above);
        assert!(one.is_at_or_below(&above) && above <= *one);
        assert_eq!(one.suffix(labels.len() - index), above);
    }
    if let (Some(parent), Some(label)) = (one.parent(), labels.first()) {
        assert_eq!(parent.child(label).as_ref(), Some(one));
        assert!(one.is_below(&parent) && !parent.is_at_or_below(one));
    }
    if let Some(wildcard) = one.wildcard() {
        name(&wildcard);
        assert!(wildcard.is_wildcard());
    }
}

fn together(one: &Name, other: &Name) {
    assert_eq!(one.cmp(other), other.cmp(one).reverse());
    assert_eq!(one == other, one.cmp(other) == Ordering::Equal);
    let common = one.common_ancestor(other);
    assert!(one.is_at_or_below(&common) && other.is_at_or_below(&common));
    assert_eq!(common, other.common_ancestor(one));
    assert_eq!(one.is_at_or_below(other), common == *other);
    for above in one.ancestry() {
        let moved = one.rebase(&above, other);
        assert!(moved.is_none() || one.is_below(&above));
        if let Some(moved) = moved {
            name(&moved);
            assert_eq!(moved.rebase(other, &above).as_ref(), Some(one));
        }
    }
}
