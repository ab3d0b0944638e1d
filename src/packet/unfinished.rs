//! A message of a stream that is not whole.

use super::Origin;
use super::framing::{HEADER, PREFIX};
use super::spans::length;

/// A message, its length first, that is not whole; what comes before it was given.
#[derive(Debug)]
pub(super) struct Unfinished {
    octets: Vec<u8>,
    next: u64,
    /// Of its octets, if there are any.
    about: Option<About>,
    is_sure: bool,
}

/// What is known of octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    /// The latest frame that brought some of them.
    pub(super) origin: Origin,
    /// Whether other octets came for the same place.
    pub(super) is_contested: bool,
}

impl Unfinished {
    /// A message that starts at `place`. It is sure if the start of the connection was seen; else
    /// it only looks as if messages started here, and each one is looked at.
    pub(super) const fn at(place: u64, is_sure: bool) -> Self {
        Self {
            octets: Vec::new(),
            next: place,
            about: None,
            is_sure,
        }
    }

    /// The place behind it, which comes next.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// Whether the place of its start is sure.
    pub(super) const fn is_sure(&self) -> bool {
        self.is_sure
    }

    /// Octets that are here.
    pub(super) const fn len(&self) -> usize {
        self.octets.len()
    }

    /// Where it ends, if its length is known.
    pub(super) fn end(&self) -> Option<u64> {
        let is_contested = self.about.is_some_and(|about| about.is_contested);
        let prefix = self
            .octets
            .first_chunk::<PREFIX>()
            .filter(|_| !is_contested)?;
        let whole = length(prefix) + u64::from(u16::from_be_bytes(*prefix));
        Some(self.next - length(&self.octets) + whole)
    }

    /// Drops what is here; true if there was something.
    pub(super) fn abandon(&mut self) -> bool {
        !std::mem::take(&mut self.octets).is_empty()
    }

    /// Compares octets that come for places that are here already; false if they are others.
    pub(super) fn compare(&mut self, start: u64, octets: &[u8]) -> bool {
        let own_start = self.next - length(&self.octets);
        let [own_skip, skip] = [
            start.saturating_sub(own_start),
            own_start.saturating_sub(start),
        ]
        .map(|skip| usize::try_from(skip).unwrap_or(usize::MAX));
        let own = self.octets.get(own_skip..).unwrap_or_default();
        let other = octets.get(skip..).unwrap_or_default();
        let is_same = own.iter().zip(other).all(|(own, other)| own == other);
        if let Some(about) = &mut self.about {
            about.is_contested |= !is_same;
        }
        is_same
    }

    /// Adds octets that come next and gives the messages that are whole, the rest stays.
    ///
    /// False, and nothing stays, if this is unsure and a message does not look like one.
    pub(super) fn append(
        &mut self,
        octets: &[u8],
        about: About,
        looks_right: impl Fn(&[u8]) -> bool,
        mut give: impl FnMut(&[u8], About),
    ) -> bool {
        self.next += length(octets);
        let mut joined = std::mem::take(&mut self.octets);
        let mut now = self.about.take().map_or(about, |before| before.with(about));
        let is_joined = !joined.is_empty();
        if is_joined {
            joined.extend_from_slice(octets);
        }
        let whole = if is_joined { &joined } else { octets };
        let mut rest = whole;
        loop {
            if !self.is_sure && rest.len() >= PREFIX + HEADER && !looks_right(rest) {
                return false;
            }
            let Some((message, behind)) = split(rest) else {
                break;
            };
            give(message, now);
            (now, rest) = (about, behind);
        }
        self.about = Some(now).filter(|_| !rest.is_empty());
        let is_whole_left = rest.len() == whole.len();
        self.octets = if is_joined && is_whole_left {
            joined
        } else {
            rest.to_vec()
        };
        true
    }
}

impl About {
    /// Of these octets and others that join them.
    fn with(self, other: Self) -> Self {
        Self {
            origin: self.origin.later(other.origin),
            is_contested: self.is_contested || other.is_contested,
        }
    }
}

/// The first message and what is behind it, if the message is whole.
fn split(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = octets.split_first_chunk::<PREFIX>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*prefix)))
}
