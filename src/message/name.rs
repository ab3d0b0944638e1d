//! Domain names in canonical wire form.

use super::walk::Cursor;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The longest name, with its length octets and the root's (RFC 1035 §3.1).
const MAX_OCTETS: usize = 255;

/// The most labels that fit in a name, the root's left out.
const MAX_LABELS: usize = 127;

/// A domain name: uncompressed wire form, ASCII letters in lower case (RFC 4034 §6.2).
///
/// Names order canonically (RFC 4034 §6.1), so a zone comes right before all that lies below it.
///
/// One allocation holds the number of labels, where in the wire form each begins, from the left,
/// and the wire form: names are compared from the right, often, and walked seldom.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Name(Arc<[u8]>);

/// Why octets or text are no domain name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a domain name")]
pub struct NotAName;

impl Name {
    /// The root.
    pub fn root() -> Self {
        Self(Arc::new([0, 0]))
    }

    /// From uncompressed wire form that ends with the root label; folds case.
    pub fn from_wire(octets: &[u8]) -> Result<Self, NotAName> {
        let mut cursor = Cursor::new(octets, 0);
        let name = cursor.name().ok_or(NotAName)?;
        if cursor.position() == octets.len() && name.wire().len() == octets.len() {
            Ok(name)
        } else {
            Err(NotAName)
        }
    }

    /// From octets that the wire walk has found to be whole labels, the root's included.
    pub(super) fn from_checked(wire: &[u8]) -> Self {
        Self::from_labels(wire.strip_suffix(&[0]).unwrap_or(wire), None)
    }

    /// From octets that the wire walk has found to be whole labels, the root's left out, before
    /// `above` or the root. Both together are no longer than a name can be.
    pub(super) fn from_labels(labels: &[u8], above: Option<&Self>) -> Self {
        let mut starts = [0; MAX_LABELS];
        let mut count = 0;
        let mut at = 0;
        while let (Some(&length), Some(start)) = (labels.get(at), starts.get_mut(count)) {
            *start = octet(at);
            count += 1;
            at += 1 + usize::from(length);
        }
        let (more, wire) =
            above.map_or((&[][..], &[0][..]), |above| (above.starts(), above.wire()));
        let shift = octet(labels.len());
        let mut parts = Parts::new(count + more.len());
        parts.add(starts.get(..count).unwrap_or_default());
        parts.add_each(more, |start| start.saturating_add(shift));
        parts.add_each(labels, |octet| octet.to_ascii_lowercase());
        parts.add(wire);
        parts.name()
    }

    /// From presentation form (RFC 1035 §5.1, escapes included); the final dot may be missing.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        if text == "." {
            return Ok(Self::root());
        }
        let mut octets = Vec::with_capacity(text.len() + 2);
        let mut label = Vec::new();
        let mut rest = text.bytes();
        while let Some(octet) = rest.next() {
            match octet {
                b'.' => push_label(&mut octets, &mut label)?,
                b'\\' => label.push(unescape(&mut rest).ok_or(NotAName)?),
                plain => label.push(plain),
            }
        }
        if !label.is_empty() {
            push_label(&mut octets, &mut label)?;
        }
        octets.push(0);
        Self::from_wire(&octets)
    }

    /// The wire form.
    pub fn wire(&self) -> &[u8] {
        self.0.get(1 + self.label_count()..).unwrap_or_default()
    }

    /// The labels from the left, the root's left out.
    pub fn labels(&self) -> Labels<'_> {
        Labels(self.wire())
    }

    /// How many labels, the root's left out: as the Labels field of an RRSIG counts, but with
    /// the asterisk of a wildcard (RFC 4034 §3.1.3).
    pub fn label_count(&self) -> usize {
        self.0.first().map_or(0, |count| usize::from(*count))
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.label_count() == 0
    }

    /// The name without its leftmost label; nothing above the root.
    pub fn parent(&self) -> Option<Self> {
        let above = self.label_count().checked_sub(1)?;
        Some(self.suffix(above))
    }

    /// The name's last `labels` labels; the name itself if it has no more than that.
    #[must_use]
    pub fn suffix(&self, labels: usize) -> Self {
        let surplus = self.label_count().saturating_sub(labels);
        if surplus == 0 {
            return self.clone();
        }
        let base = self.start(surplus);
        let shift = octet(base);
        let mut parts = Parts::new(labels);
        let starts = self.starts().get(surplus..).unwrap_or_default();
        parts.add_each(starts, |start| start.saturating_sub(shift));
        parts.add(self.wire().get(base..).unwrap_or_default());
        parts.name()
    }

    /// Whether this name is `ancestor` or lies below it.
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        let surplus = self.label_count().checked_sub(ancestor.label_count());
        // With as many labels, the tail cannot begin inside one.
        surplus
            .is_some_and(|surplus| self.wire().get(self.start(surplus)..) == Some(ancestor.wire()))
    }

    /// Whether this name lies below `ancestor` and is not that name.
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.label_count() > ancestor.label_count() && self.is_at_or_below(ancestor)
    }

    /// `label.self`; nothing if that is too long.
    pub fn child(&self, label: &[u8]) -> Option<Self> {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..=63).contains(length))?;
        if label.len() + 1 + self.wire().len() > MAX_OCTETS {
            return None;
        }
        Some(Self::from_checked(
            &[&[length], label, self.wire()].concat(),
        ))
    }

    /// `*.self`; nothing if that is too long.
    pub fn wildcard(&self) -> Option<Self> {
        self.child(b"*")
    }

    /// Whether the leftmost label is the asterisk (RFC 4592 §2.1.1).
    pub fn is_wildcard(&self) -> bool {
        self.wire().starts_with(b"\x01*")
    }

    /// The longest name that both lie at or below.
    #[must_use]
    pub fn common_ancestor(&self, other: &Self) -> Self {
        let shared = (0..self.label_count().min(other.label_count()))
            .take_while(|depth| self.label(*depth) == other.label(*depth))
            .count();
        self.suffix(shared)
    }

    /// This name with `old` at its end replaced by `new` (RFC 6672 §2.2). Nothing if it does
    /// not lie below `old` or the result is too long.
    pub fn rebase(&self, old: &Self, new: &Self) -> Option<Self> {
        if !self.is_below(old) {
            return None;
        }
        let head = self.wire().get(..self.wire().len() - old.wire().len())?;
        let is_short = head.len() + new.wire().len() <= MAX_OCTETS;
        is_short.then(|| Self::from_checked(&[head, new.wire()].concat()))
    }

    /// Where in the wire form each label begins, from the left.
    fn starts(&self) -> &[u8] {
        self.0.get(1..=self.label_count()).unwrap_or_default()
    }

    /// Where in the wire form the label begins that stands behind `count` others from the left;
    /// behind all of them stands the root's.
    fn start(&self, count: usize) -> usize {
        if count >= self.label_count() {
            return self.wire().len().saturating_sub(1);
        }
        self.0.get(1 + count).map_or(0, |start| usize::from(*start))
    }

    /// The label at `depth`, 0 being the one right below the root; its length octet left out.
    fn label(&self, depth: usize) -> &[u8] {
        let index = self.label_count().saturating_sub(depth + 1);
        self.wire()
            .get(self.start(index) + 1..self.start(index + 1))
            .unwrap_or_default()
    }

    /// The names from this one up to the root, this one and the root included.
    pub fn ancestry(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }
}

/// The one allocation of a name, put together on the stack.
struct Parts {
    octets: [u8; 1 + MAX_LABELS + MAX_OCTETS],
    length: usize,
}

impl Parts {
    fn new(labels: usize) -> Self {
        let mut parts = Self {
            octets: [0; 1 + MAX_LABELS + MAX_OCTETS],
            length: 0,
        };
        parts.add(&[octet(labels)]);
        parts
    }

    fn add(&mut self, more: &[u8]) {
        let end = self.length + more.len();
        if let Some(place) = self.octets.get_mut(self.length..end) {
            place.copy_from_slice(more);
            self.length = end;
        }
    }

    fn add_each(&mut self, more: &[u8], alter: impl Fn(u8) -> u8) {
        let places = self.octets.iter_mut().skip(self.length);
        places
            .zip(more)
            .for_each(|(place, octet)| *place = alter(*octet));
        self.length = (self.length + more.len()).min(self.octets.len());
    }

    fn name(&self) -> Name {
        Name(self.octets.get(..self.length).unwrap_or_default().into())
    }
}

/// Moves a label that presentation form has spelt to the wire form of its name.
fn push_label(octets: &mut Vec<u8>, label: &mut Vec<u8>) -> Result<(), NotAName> {
    let length = u8::try_from(label.len())
        .ok()
        .filter(|length| (1..=63).contains(length));
    octets.push(length.ok_or(NotAName)?);
    octets.append(label);
    Ok(())
}

/// What stands behind a backslash: three decimal digits or the octet meant (RFC 1035 §5.1).
fn unescape(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let first = rest.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let digits = [first, rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(10));
    let [hundreds, tens, ones] = digits;
    u8::try_from(hundreds? * 100 + tens? * 10 + ones?).ok()
}

/// A number that a name's length bounds.
fn octet(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        let depths = 0..self.label_count().min(other.label_count());
        depths
            .map(|depth| self.label(depth).cmp(other.label(depth)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.label_count().cmp(&other.label_count()))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A name's labels from the left, the root's left out.
#[derive(Clone, Debug)]
pub struct Labels<'a>(&'a [u8]);

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.0.split_first()?;
        if length == 0 {
            return None;
        }
        let (label, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(label)
    }
}

/// Presentation form with the final dot; what is no printable ASCII, and what has a meaning in
/// a zone file, is escaped (RFC 4343 §2.1).
impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return out.write_str(".");
        }
        for label in self.labels() {
            for &octet in label {
                match octet {
                    b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => {
                        write!(out, "\\{}", char::from(octet))?;
                    }
                    0x21..=0x7e => write!(out, "{}", char::from(octet))?,
                    _ => write!(out, "\\{octet:03}")?,
                }
            }
            out.write_str(".")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn names_sort_as_rfc_4034_shows() {
        // RFC 4034 §6.1.
        let sorted = [
            "example.",
            "a.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "z.example.",
            "\\001.z.example.",
            "*.z.example.",
            "\\200.z.example.",
        ];
        for pair in sorted.windows(2) {
            assert!(name(pair[0]) < name(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn below_means_whole_labels() {
        let table = [
            ("a.example.", "example.", true),
            ("example.", "example.", true),
            ("anexample.", "example.", false),
            ("example.", "a.example.", false),
            ("x.y.", ".", true),
        ];
        for (below, above, expected) in table {
            assert_eq!(
                name(below).is_at_or_below(&name(above)),
                expected,
                "{below} {above}"
            );
        }
        // The label `\007example` ends with the octets of `example.` but is one label.
        let odd = Name::from_wire(b"\x08\x07example\0").unwrap();
        assert!(!odd.is_at_or_below(&name("example.")));
    }

    #[test]
    fn presentation_escapes_what_could_mislead() {
        let odd = Name::from_wire(b"\x05a.b\n\"\x01c\0").unwrap();
        assert_eq!(odd.to_string(), "a\\.b\\010\\\".c.");
        assert_eq!(Name::root().to_string(), ".");
    }

    #[test]
    fn a_dname_rebases_only_below_its_owner() {
        let rebased = name("w.x.old.").rebase(&name("old."), &name("new.example."));
        assert_eq!(rebased, Some(name("w.x.new.example.")));
        assert_eq!(name("old.").rebase(&name("old."), &name("new.")), None);
    }

    proptest! {
        #[test]
        fn presentation_form_reads_back(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..8)) {
            let mut wire = Vec::new();
            for label in &labels {
                wire.push(u8::try_from(label.len()).unwrap());
                wire.extend_from_slice(label);
            }
            wire.push(0);
            let name = Name::from_wire(&wire).unwrap();
            prop_assert_eq!(&Name::parse(&name.to_string()).unwrap(), &name);
            prop_assert_eq!(name.label_count(), labels.len());
            for ancestor in name.ancestry() {
                prop_assert!(name.is_at_or_below(&ancestor));
                prop_assert_eq!(name.common_ancestor(&ancestor), ancestor.clone());
                prop_assert!(ancestor <= name);
            }
        }

        #[test]
        fn any_octets_are_a_name_or_none(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(name) = Name::from_wire(&octets) {
                prop_assert_eq!(name.wire().len(), octets.len());
            }
        }
    }
}
