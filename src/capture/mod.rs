//! Gives frames, in capture order.
//!
//! Takes files, standard input or interfaces and gives [`Frame`]s in pooled [`Batch`]es. Owns
//! the open captures. Never looks inside a frame.

mod batch;
mod container;
mod error;
mod filter;
mod holdback;
mod input;
mod live;
mod offline;
mod pcapng;
mod pipe;
mod tap;
mod window;

pub use batch::Batch;
pub use container::Damage;
pub use error::{Error, Looks};
pub use filter::check as check_filter;
pub use live::{Live, LiveOptions, Watched};
pub use offline::{Cut, Offline, Progress};
pub use tap::{Change, Statistics};

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

    /// Whether it is a frame of this run; the default is none.
    pub const fn is_known(self) -> bool {
        self.0 > 0
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

impl LinkType {
    /// No link header beyond the address family, in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// IPv4 or IPv6, nothing before it.
    pub const RAW: Self = Self(101);
    /// As `NULL`, in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, first version.
    pub const LINUX_SLL: Self = Self(113);
    /// IPv4, nothing before it.
    pub const IPV4: Self = Self(228);
    /// IPv6, nothing before it.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, second version.
    pub const LINUX_SLL2: Self = Self(276);

    /// From a `DLT_` value of libpcap, or one that an old file holds instead.
    ///
    /// Raw IP is the one that differs between systems: 12 on most, 14 on OpenBSD.
    pub const fn from_dlt(value: u16) -> Self {
        match value {
            12 | 14 => Self::RAW,
            other => Self(other),
        }
    }
}

/// What a call to fill a batch brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Filled {
    /// There may be more: the batch is full, or a moment has passed.
    More,
    /// The input has ended. The batch may hold its last frames.
    End,
}

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
