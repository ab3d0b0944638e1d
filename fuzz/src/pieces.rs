//! Fragments and TCP segments that nobody would send.

use super::choices::Choices;
use super::records::MOMENT;
use sigtap::capture::FrameNumber;
use sigtap::packet::{Flow, Fragment, Piece, Ports, Reassembly, Segment, Transport, Vlan};
use sigtap::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Pieces, each with the time that passed and its octets.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let mut reassembly = Reassembly::new(Ports::default());
    let (mut time, mut out, mut taken) = (MOMENT.as_nanos(), Vec::new(), 0);
    let mut frame = 0;
    while !choices.is_empty() {
        frame += 1;
        let millis = u32::from(choices.u8());
        time += i64::from(millis * millis) * 1_000_000;
        let piece = piece(&mut choices);
        taken += carried(&piece);
        let number = FrameNumber::new(frame);
        reassembly.accept(&piece, number, Timestamp::from_nanos(time), &mut out);
    }
    reassembly.finish(&mut out);
    let given: usize = out.iter().map(|payload| payload.octets.len()).sum();
    assert!(given <= taken, "{given} octets given, {taken} taken");
    assert!(
        out.iter()
            .all(|payload| (1..=frame).contains(&payload.frame.value()))
    );
    assert!(reassembly.take_overlaps().len() <= usize::try_from(frame).unwrap_or(0));
}

fn carried(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Datagram(datagram) => datagram.octets.len(),
        Piece::Fragment(fragment) => fragment.octets.len(),
        Piece::Segment(segment) => segment.octets.len(),
    }
}

fn piece<'a>(choices: &mut Choices<'a>) -> Piece<'a> {
    let kind = choices.u8();
    let low = choices.u8();
    let octets = choices.short();
    let length = u32::try_from(octets.len()).unwrap_or_default();
    // Some frames are cut by the snap length.
    let wire_octets = length + if kind & 4 == 0 { 0 } else { u32::from(low) };
    if kind & 1 == 0 {
        let [source, destination] = addresses(kind);
        return Piece::Fragment(Fragment {
            source,
            destination,
            identification: u32::from(kind >> 6),
            protocol: if kind & 2 == 0 { 17 } else { 6 },
            offset: u32::from(low) * 8,
            is_last: kind & 16 != 0,
            wire_octets,
            octets,
            vlan: Vlan::EMPTY,
            tunnels: 0,
        });
    }
    let [source, destination] = addresses(kind);
    let ports = *choices.one_of(&[(53, 4000), (4000, 53), (53, 53), (4001, 53)]);
    let high = *choices.one_of(&[0, 0x100, 0x1_0000, 0xffff_ff00]);
    Piece::Segment(Segment {
        flow: Flow {
            source: SocketAddr::new(source, ports.0),
            destination: SocketAddr::new(destination, ports.1),
            transport: Transport::Tcp,
        },
        vlan: Vlan::EMPTY,
        sequence: u32::from(low) | high,
        is_syn: kind & 16 != 0,
        is_fin: kind & 64 != 0,
        is_reset: kind & 0xe0 == 0xe0,
        wire_octets,
        octets,
    })
}

fn addresses(kind: u8) -> [IpAddr; 2] {
    let last = u16::from(kind >> 5 & 1);
    if kind & 8 == 0 {
        let of = |host| IpAddr::V4(Ipv4Addr::new(192, 0, 2, host));
        [of(if last == 0 { 1 } else { 2 }), of(3)]
    } else {
        let of = |host| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host));
        [of(last), of(3)]
    }
}
