//! What the user knows of zones beforehand.

use crate::capture::FrameNumber;
use crate::chain::{ChainOfTrust, Event, Fact};
use crate::exchange::{Exchange, Standing, Vantage};
use crate::message::{Rrset, decode};
use crate::packet::{Flow, Payload, Transport};
use crate::time::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// A response with one question and RD and RA set.
const HEADER: [u8; 12] = [0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0];

/// Class IN.
const CLASS: [u8; 2] = [0, 1];

/// Has the chain of trust verify these RRsets as of now, and gives what they show.
///
/// They count like data out of a cache that nobody asked for: what verifies is known from then
/// on, what does not is nobody's fault.
pub(super) fn learn(chain: &mut ChainOfTrust, sets: &[Rrset], now: Timestamp) -> Vec<Fact> {
    let mut facts = Vec::new();
    // They stand in canonical order, parents first, and of one owner the DS set before the keys.
    for exchange in sets.iter().filter_map(|set| cached(set, now)) {
        for event in chain.observe(&Arc::new(exchange)) {
            match event {
                Event::Fact(fact) => facts.push(fact),
                // A set that is judged here was in no capture.
                Event::Verdict(_) => {}
            }
        }
    }
    facts
}

/// The RRset as a cache would hand it out.
fn cached(set: &Rrset, now: Timestamp) -> Option<Exchange> {
    let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let rtype = set.rtype.number().to_be_bytes();
    let mut message = decode(&Payload {
        frame: FrameNumber::default(),
        time: now,
        flow: Flow {
            source: nowhere,
            destination: nowhere,
            transport: Transport::Tcp,
        },
        vlan: Vec::new(),
        octets: [&HEADER[..], set.owner.wire(), &rtype, &CLASS].concat(),
        is_incomplete: false,
    })
    .ok()?;
    message.answer.push(set.clone());
    Some(Exchange {
        message,
        asked: None,
        standing: Standing::Unmatched,
        vantage: Vantage::Downstream,
    })
}
