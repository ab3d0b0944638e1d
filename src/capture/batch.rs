//! Frames in one buffer.

use super::{Frame, FrameNumber, LinkType};
use crate::time::Timestamp;
use std::ops::Range;

/// Frames in a full batch.
pub(super) const FRAMES: usize = 1024;
/// Octets in a full batch.
const OCTETS: usize = 512 * 1024;
/// Octets of memory that an emptied batch keeps.
const KEPT_OCTETS: usize = 1024 * 1024;

/// Some frames that follow each other, copied into one buffer that is used again.
#[derive(Debug, Default)]
pub struct Batch {
    octets: Vec<u8>,
    index: Vec<Entry>,
}

/// A frame without its octets.
#[derive(Clone, Debug)]
struct Entry {
    number: FrameNumber,
    time: Timestamp,
    link: LinkType,
    original_octets: u32,
    range: Range<usize>,
}

impl Batch {
    /// An empty batch.
    pub const fn new() -> Self {
        Self {
            octets: Vec::new(),
            index: Vec::new(),
        }
    }

    /// Takes all frames out and keeps the memory for the next ones.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.octets.shrink_to(KEPT_OCTETS);
        self.index.clear();
    }

    /// Copies a frame in, even into a full batch.
    pub fn push(&mut self, frame: &Frame<'_>) {
        let start = self.octets.len();
        self.octets.extend_from_slice(frame.octets);
        self.index.push(Entry {
            number: frame.number,
            time: frame.time,
            link: frame.link,
            original_octets: frame.original_octets,
            range: start..self.octets.len(),
        });
    }

    /// Whether it is time to hand it on.
    pub fn is_full(&self) -> bool {
        self.index.len() >= FRAMES || self.octets.len() >= OCTETS
    }

    /// Whether it holds no frame.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Frames that it holds.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Puts the frames in the order of their times.
    pub(super) fn sort_by_time(&mut self) {
        self.index.sort_by_key(|entry| entry.time);
    }

    /// Numbers the frames from a place on, behind `last`; gives the last number.
    pub(super) fn number(&mut self, from: usize, mut last: u64) -> u64 {
        for entry in self.index.iter_mut().skip(from) {
            last += 1;
            entry.number = FrameNumber::new(last);
        }
        last
    }

    /// The frames, in capture order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> {
        self.index.iter().map(|entry| Frame {
            number: entry.number,
            time: entry.time,
            link: entry.link,
            original_octets: entry.original_octets,
            octets: self.octets.get(entry.range.clone()).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64, octets: &[u8]) -> Frame<'_> {
        Frame {
            number: FrameNumber::new(number),
            time: Timestamp::new(1, 2),
            link: LinkType::ETHERNET,
            original_octets: 9,
            octets,
        }
    }

    #[test]
    fn a_batch_gives_back_what_went_in() {
        let mut batch = Batch::new();
        batch.push(&frame(1, b"stale"));
        batch.clear();
        assert!(batch.is_empty());
        for (number, octets) in [(7, &b"one"[..]), (8, b""), (9, b"three")] {
            batch.push(&frame(number, octets));
        }
        let seen: Vec<_> = batch
            .frames()
            .map(|f| (f.number.value(), f.octets.to_vec()))
            .collect();
        assert_eq!(
            seen,
            [(7, b"one".to_vec()), (8, vec![]), (9, b"three".to_vec())]
        );
        assert_eq!(batch.len(), 3);
    }

    #[test]
    fn a_batch_is_full_by_frames_or_by_octets() {
        let mut many = Batch::new();
        for number in 0..1024 {
            assert!(!many.is_full());
            many.push(&frame(number, b"x"));
        }
        assert!(many.is_full());
        let mut large = Batch::new();
        large.push(&frame(1, &vec![0; OCTETS]));
        assert!(large.is_full());
    }
}
