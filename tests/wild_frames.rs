//! Captures of other projects, from hostile and odd networks: to survive and to count right.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are not test functions"
)]

use sigtap::capture::{Batch, Filled, Offline};
use sigtap::packet::{Payload, Ports, Reassembly, Transport, take_apart};
use std::fs;
use std::path::{Path, PathBuf};

/// Captures beside the project, if this machine has them.
fn corpus() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")];
    let mut captures = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "pcap" || end == "pcapng")
            {
                captures.push(path);
            }
        }
    }
    captures.sort();
    captures
}

/// Frames and payloads of captures.
fn read(paths: &[PathBuf]) -> (u64, Vec<Payload>) {
    let mut offline = Offline::open(paths).unwrap();
    let (ports, mut batch, mut out) = (Ports::default(), Batch::new(), Vec::new());
    let mut reassembly = Reassembly::new(ports.clone());
    let mut filled = Filled::More;
    while filled == Filled::More {
        batch.clear();
        filled = offline.fill(&mut batch).unwrap();
        for frame in batch.frames() {
            if let Ok(piece) = take_apart(&frame, &ports) {
                reassembly.accept(&piece, frame.number, frame.time, &mut out);
            }
        }
    }
    reassembly.finish(&mut out);
    (offline.progress().frames, out)
}

#[test]
fn every_capture_is_read_to_its_end() {
    let captures = corpus();
    if captures.is_empty() {
        println!("skipped: there are no captures in ../shared/corpus");
        return;
    }
    for capture in &captures {
        let (frames, payloads) = read(std::slice::from_ref(capture));
        for payload in payloads {
            assert!(
                (1..=frames).contains(&payload.frame.value()),
                "{}",
                capture.display()
            );
        }
    }
}

#[test]
fn captures_merge_to_the_sum_of_their_frames() {
    let captures: Vec<_> = corpus().into_iter().take(100).collect();
    let alone: u64 = captures
        .iter()
        .map(|capture| read(std::slice::from_ref(capture)).0)
        .sum();
    assert_eq!(read(&captures).0, alone);
}

#[test]
fn as_many_messages_are_found_as_wireshark_finds() {
    // Messages over UDP and over TCP. Where a stream goes on behind a gap, these are more.
    let table = [
        ("dnscap/src_test_1qtcpnosyn.pcap", 0, 2),
        ("dnscap/src_test_dnso1tcp-midmiss.pcap", 0, 6),
        ("dnscap/src_test_vlan11.pcap", 82, 0),
        (
            "dnscollector/tests_testsdata_pcap_dnsdump_ip4_fragmented_udp.pcap",
            2,
            0,
        ),
        (
            "dnscollector/tests_testsdata_pcap_dnsdump_ip6_fragmented_udp.pcap",
            2,
            0,
        ),
        (
            "entrada2/src_test_resources_pcap_sidnlabs-test-tcp-stream-continued.pcap",
            0,
            31,
        ),
        (
            "entrada2/src_test_resources_pcap_sidnlabs-test-multiple-dns-in-single-tcp-stream.pcap",
            0,
            4,
        ),
    ];
    let captures = corpus();
    for (name, udp, tcp) in table {
        let Some(capture) = captures.iter().find(|capture| capture.ends_with(name)) else {
            println!("skipped: {name} is not here");
            continue;
        };
        let (_, payloads) = read(std::slice::from_ref(capture));
        let count = |transport| {
            payloads
                .iter()
                .filter(|p| p.flow.transport == transport)
                .count()
        };
        assert_eq!(
            (count(Transport::Udp), count(Transport::Tcp)),
            (udp, tcp),
            "{name}"
        );
    }
}
