//! Takes frames apart down to DNS payloads.
//!
//! Takes [`Frame`](crate::capture::Frame)s and gives [`Piece`]s: whole datagrams, or the
//! fragments and TCP segments that [`Reassembly`] puts together in capture order. Owns the
//! reassembly. Never looks inside a DNS message.

mod counters;
mod direction;
mod fragment;
mod framing;
mod layers;
mod ledger;
mod link;
mod network;
mod piece;
mod reassembly;
mod skip;
mod spans;
mod stream;
mod transport;
mod tunnel;
mod unfinished;

pub use counters::Counters;
pub use layers::take_apart;
pub use piece::{Datagram, Fragment, Piece, Ports, Segment, Vlan};
pub use reassembly::{FragmentOverlap, Reassembly};
pub use skip::Skip;

use reassembly::Origin;

use crate::capture::FrameNumber;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What carried a DNS message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Transport {
    /// One datagram a message.
    Udp,
    /// A stream of messages, each with its length before it (RFC 7766 §8).
    Tcp,
}

/// From whom to whom.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Flow {
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
    /// UDP or TCP.
    pub transport: Transport,
}

/// The octets of one DNS message as it passed the tap.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The frame that completed it.
    pub frame: FrameNumber,
    /// When that frame passed.
    pub time: Timestamp,
    /// From whom to whom.
    pub flow: Flow,
    /// VLAN identifiers, outermost first.
    pub vlan: Vec<u16>,
    /// The message, without TCP's length prefix.
    pub octets: Vec<u8>,
    /// The snap length, a lost piece or an overlap left it unreliable: never a reason to accuse.
    pub is_incomplete: bool,
}
