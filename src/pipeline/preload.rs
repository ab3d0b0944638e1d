//! What the user knows of zones beforehand.

use crate::capture::FrameNumber;
use crate::chain::{ChainOfTrust, Fact};
use crate::exchange::{Exchange, Standing, Vantage};
use crate::message::{Rrset, decode};
use crate::packet::{Flow, Payload, Transport};
use crate::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
    // They stand in canonical order, parents first, and of one owner the DS set before the keys.
    let exchanges = sets.iter().filter_map(|set| cached(set, now));
    exchanges
        .flat_map(|exchange| chain.resume(&Arc::new(exchange)))
        .collect()
}

/// Has the chain of trust verify a set that an earlier run saw at `time` in the answer of
/// `server` itself, and gives what it shows.
pub(super) fn learn_again(
    chain: &mut ChainOfTrust,
    set: &Rrset,
    time: Timestamp,
    server: IpAddr,
) -> Vec<Fact> {
    let Some(mut exchange) = cached(set, time) else {
        return Vec::new();
    };
    exchange.standing = Standing::Matched;
    exchange.vantage = Vantage::Upstream;
    exchange.message.flow.source.set_ip(server);
    chain.resume(&Arc::new(exchange))
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
