//! Gives frames, in capture order.
//!
//! Takes files, standard input or interfaces and gives [`Frame`]s in pooled [`Batch`]es. Owns
//! the open captures. Never looks inside a frame.

use crate::time::Timestamp;
use std::fmt;

/// The place of a frame in the input, from 1, as Wireshark counts.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FrameNumber(u64);

impl FrameNumber {
    /// From a count that starts at 1.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FrameNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What the octets of a frame start with: a `LINKTYPE_` value of the pcap registry.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct LinkType(pub u16);

/// One captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its place in the input.
    pub number: FrameNumber,
    /// When it passed the tap.
    pub time: Timestamp,
    /// How its octets start.
    pub link: LinkType,
    /// Octets on the wire; more than `octets.len()` if the snap length cut it.
    pub original_octets: u32,
    /// The captured octets.
    pub octets: &'a [u8],
}
