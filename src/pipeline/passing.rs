//! A message on its way through the tail, and where its octets are.

use crate::capture::Frame;
use crate::packet::{Datagram, Payload, Piece, Ports, take_apart};
use crate::time::Timestamp;
use std::borrow::Cow;

/// Where the octets of a message are.
#[derive(Clone, Copy)]
pub(super) enum Passing<'a> {
    /// In a frame of its own.
    Frame(&'a Frame<'a>),
    /// Put together from several.
    Payload(&'a Payload),
}

impl<'a> Passing<'a> {
    pub(super) fn time(self) -> Timestamp {
        match self {
            Self::Frame(frame) => frame.time,
            Self::Payload(payload) => payload.time,
        }
    }

    pub(super) fn octets(self, ports: &Ports) -> Option<&'a [u8]> {
        match self {
            Self::Frame(frame) => datagram(frame, ports).map(|datagram| datagram.octets),
            Self::Payload(payload) => Some(&payload.octets),
        }
    }

    pub(super) fn payload(self, ports: &Ports) -> Option<Cow<'a, Payload>> {
        match self {
            Self::Frame(frame) => {
                let datagram = datagram(frame, ports)?;
                Some(Cow::Owned(datagram.payload(frame.number, frame.time)))
            }
            Self::Payload(payload) => Some(Cow::Borrowed(payload)),
        }
    }
}

/// The datagram in a frame in which workers found one.
fn datagram<'a>(frame: &Frame<'a>, ports: &Ports) -> Option<Datagram<'a>> {
    match take_apart(frame, ports) {
        Ok(Piece::Datagram(datagram)) => Some(datagram),
        Ok(Piece::Fragment(_) | Piece::Segment(_)) | Err(_) => None,
    }
}
