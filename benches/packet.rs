//! The cost of a frame: read from a file, taken apart, put together.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of benches are not test functions"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigtap::capture::{Batch, Filled, Frame, FrameNumber, LinkType, Offline};
use sigtap::packet::{Ports, Reassembly, take_apart};
use sigtap::time::Timestamp;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// A response of this many octets in UDP, IPv4 and Ethernet.
fn response(octets: usize) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 1];
    message.resize(octets, 0);
    let builder = etherparse::PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(53, 4000);
    let mut frame = Vec::new();
    builder.write(&mut frame, &message).unwrap();
    frame
}

fn capture(frames: u32, octets: &[u8]) -> PathBuf {
    let mut file = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0,
    ];
    file.extend([1, 0, 0, 0]);
    let length = u32::try_from(octets.len()).unwrap();
    for number in 0..frames {
        for field in [number, 0, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(octets);
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench.pcap");
    fs::write(&path, file).unwrap();
    path
}

fn frames(criterion: &mut Criterion) {
    let octets = response(600);
    let (ports, number, time) = (Ports::default(), FrameNumber::new(1), Timestamp::default());
    let original_octets = u32::try_from(octets.len()).unwrap();
    let frame = Frame {
        number,
        time,
        link: LinkType::ETHERNET,
        original_octets,
        octets: &octets,
    };
    let mut group = criterion.benchmark_group("packet");
    group.throughput(Throughput::Elements(1));
    group.bench_function("take apart", |bench| {
        bench.iter(|| take_apart(black_box(&frame), &ports).is_ok());
    });
    let (mut reassembly, mut out) = (Reassembly::new(ports.clone()), Vec::new());
    group.bench_function("take apart and copy out", |bench| {
        bench.iter(|| {
            out.clear();
            let piece = take_apart(black_box(&frame), &ports).unwrap();
            reassembly.accept(&piece, number, time, &mut out);
            out.len()
        });
    });
    let path = capture(50_000, &octets);
    group.throughput(Throughput::Elements(50_000));
    group.bench_function("read a file", |bench| {
        let mut batch = Batch::new();
        bench.iter(|| {
            let mut offline = Offline::open(std::slice::from_ref(&path)).unwrap();
            let mut filled = Filled::More;
            while filled == Filled::More {
                batch.clear();
                filled = offline.fill(&mut batch).unwrap();
            }
            offline.progress().frames
        });
    });
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
