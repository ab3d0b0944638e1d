//! A stream or a datagram cut anywhere gives the same payloads.

use super::choices::Choices;
use super::records::MOMENT;
use sigtap::capture::FrameNumber;
use sigtap::packet::{Flow, Fragment, Piece, Ports, Reassembly, Segment, Transport, Vlan};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The most pieces: within what reassembly grants one sender.
const PIECES: usize = 48;

/// Octets of a fragmented datagram at most.
const DATAGRAM: usize = 60_000;

const SENDER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 53));
const RECEIVER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// How to cut, and in which order the pieces come; then what is cut.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let is_stream = choices.u8() & 1 == 0;
    let mut plan = Choices::new(choices.short());
    let rest = choices.rest();
    let cut = if is_stream { stream } else { datagram };
    let order: &mut dyn FnMut(usize) -> usize = &mut |end| plan.below(end);
    assert_eq!(cut(rest, order), cut(rest, &mut |_| 0));
}

/// Places to cut at, in units of `grain` octets, from first to last.
fn places(length: usize, grain: usize, choose: &mut dyn FnMut(usize) -> usize) -> Vec<usize> {
    let mut places = vec![0];
    let units = length.div_ceil(grain);
    let mut at = 0;
    while at < length && places.len() < PIECES {
        let size = match choose(7) {
            0 => units,
            small @ 1..=3 => small,
            _ => choose(units + 1).max(1),
        };
        at = (at + size * grain).min(length);
        places.push(at);
    }
    if at < length {
        places.push(length);
    }
    places
}

/// The pieces in an order of choice: some early, some twice.
fn shuffled<'a>(pieces: &[Piece<'a>], choose: &mut dyn FnMut(usize) -> usize) -> Vec<Piece<'a>> {
    let mut order = pieces.to_vec();
    for place in 0..order.len() {
        let other = choose(order.len());
        if other > place {
            order.swap(place, other);
        } else if other + 1 == place
            && let Some(piece) = order.get(other).copied()
        {
            order.insert(place, piece);
        }
    }
    order
}

fn put_together(pieces: &[Piece<'_>]) -> Vec<(Vec<u8>, bool)> {
    let mut reassembly = Reassembly::new(Ports::default());
    let mut out = Vec::new();
    for (number, piece) in (1..).zip(pieces) {
        reassembly.accept(piece, FrameNumber::new(number), MOMENT, &mut out);
    }
    reassembly.finish(&mut out);
    assert!(reassembly.take_overlaps().is_empty());
    assert_eq!(reassembly.counters().segments_conflicting, 0);
    out.into_iter()
        .map(|payload| (payload.octets, payload.is_incomplete))
        .collect()
}

fn stream(octets: &[u8], choose: &mut dyn FnMut(usize) -> usize) -> Vec<(Vec<u8>, bool)> {
    let segment = |place: usize, octets| Segment {
        flow: Flow {
            source: SocketAddr::new(SENDER, 53),
            destination: SocketAddr::new(RECEIVER, 4000),
            transport: Transport::Tcp,
        },
        vlan: Vlan::EMPTY,
        // The sequence numbers wrap early.
        sequence: 0xffff_fff0_u32.wrapping_add(u32::try_from(place).unwrap_or_default()),
        is_syn: false,
        is_fin: false,
        is_reset: false,
        wire_octets: u32::try_from(octets_len(octets)).unwrap_or_default(),
        octets,
    };
    let octets = octets.get(..octets.len().min(DATAGRAM)).unwrap_or_default();
    let places = places(octets.len(), 1, choose);
    let pieces: Vec<_> = places
        .iter()
        .zip(places.iter().skip(1))
        .map(|(&start, &end)| {
            let part = octets.get(start..end).unwrap_or_default();
            Piece::Segment(segment(start + 1, part))
        })
        .collect();
    let syn = Segment {
        is_syn: true,
        ..segment(0, &[])
    };
    let pieces = shuffled(&pieces, choose);
    put_together(&[&[Piece::Segment(syn)], pieces.as_slice()].concat())
}

const fn octets_len(octets: &[u8]) -> usize {
    octets.len()
}

fn datagram(octets: &[u8], choose: &mut dyn FnMut(usize) -> usize) -> Vec<(Vec<u8>, bool)> {
    let body = octets.get(..octets.len().min(DATAGRAM)).unwrap_or_default();
    let length = u16::try_from(body.len() + 8).unwrap_or_default();
    let mut octets = Vec::new();
    for field in [53, 4000, length, 0] {
        octets.extend(u16::to_be_bytes(field));
    }
    octets.extend(body);
    let places = places(octets.len(), 8, choose);
    let pieces: Vec<_> = places
        .iter()
        .zip(places.iter().skip(1))
        .map(|(&start, &end)| {
            let part = octets.get(start..end).unwrap_or_default();
            Piece::Fragment(Fragment {
                source: SENDER,
                destination: RECEIVER,
                identification: 7,
                protocol: 17,
                offset: u32::try_from(start).unwrap_or_default(),
                is_last: end == octets.len(),
                wire_octets: u32::try_from(part.len()).unwrap_or_default(),
                octets: part,
                vlan: Vlan::EMPTY,
                tunnels: 0,
            })
        })
        .collect();
    put_together(&shuffled(&pieces, choose))
}
