//! Tunnels made by scapy: what stands in them is what tshark reads there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not test functions"
)]

use sigtap::capture::{Batch, Filled, Offline};
use sigtap::packet::{Payload, Piece, Ports, Reassembly, Skip, take_apart};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tunnels")
}

fn batch() -> Batch {
    let mut offline = Offline::open(&[folder().join("tunnels.pcap")]).unwrap();
    let mut batch = Batch::new();
    assert_eq!(offline.fill(&mut batch).unwrap(), Filled::End);
    batch
}

/// The name that a message asks for.
fn question(message: &[u8]) -> String {
    let (mut name, mut at) = (String::new(), 12);
    while message[at] > 0 {
        let end = at + 1 + usize::from(message[at]);
        name += std::str::from_utf8(&message[at + 1..end]).unwrap();
        name.push('.');
        at = end;
    }
    name.trim_end_matches('.').to_owned()
}

/// Frame number and name, as tshark lists them; none where it stands for a fragment.
fn listed(text: &str) -> Vec<(u64, String)> {
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    rows.filter(|(_, name)| !name.is_empty())
        .map(|(number, name)| (number.parse().unwrap(), name.to_owned()))
        .collect()
}

#[test]
fn what_is_in_a_tunnel_is_what_tshark_reads_there() {
    let batch = batch();
    let (ports, mut payloads) = (Ports::default(), Vec::<Payload>::new());
    let mut reassembly = Reassembly::new(ports.clone());
    let mut skipped = Vec::new();
    for frame in batch.frames() {
        match take_apart(&frame, &ports) {
            Ok(piece) => reassembly.accept(&piece, frame.number, frame.time, &mut payloads),
            Err(skip) => skipped.push((frame.number.value(), skip)),
        }
    }
    let seen: Vec<_> = payloads
        .iter()
        .map(|payload| (payload.frame.value(), question(&payload.octets)))
        .collect();
    let expected = listed(&fs::read_to_string(folder().join("tshark.txt")).unwrap());
    let (deeper, followed): (Vec<_>, Vec<_>) = expected
        .into_iter()
        .partition(|(_, name)| name.ends_with(".not.example"));
    assert_eq!(seen, followed);
    let deeper: Vec<_> = deeper
        .iter()
        .map(|(number, _)| (*number, Skip::TooDeep))
        .collect();
    assert_eq!(skipped, deeper);
    assert!(payloads.iter().all(|payload| !payload.is_incomplete));
}

#[test]
fn tshark_still_reads_the_same() {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(folder().join("tunnels.pcap")).args([
        "-d",
        "mpls.label==300,pwethcw",
        "-d",
        "udp.port==8472,vxlan",
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "dns.qry.name",
    ]);
    let Ok(out) = tshark.output() else {
        println!("skipped: there is no tshark");
        return;
    };
    let bundled = fs::read_to_string(folder().join("tshark.txt")).unwrap();
    assert_eq!(
        listed(&String::from_utf8_lossy(&out.stdout)),
        listed(&bundled)
    );
}

#[test]
fn a_frame_cut_anywhere_in_its_tunnel_never_gives_another_message() {
    let batch = batch();
    let ports = Ports::default();
    for frame in batch.frames() {
        let whole = take_apart(&frame, &ports);
        for length in 0..frame.octets.len() {
            let mut cut = frame;
            cut.octets = &frame.octets[..length];
            let Ok(Piece::Datagram(datagram)) = take_apart(&cut, &ports) else {
                continue;
            };
            let Ok(Piece::Datagram(whole)) = whole else {
                panic!("frame {}: a message in a part only", frame.number);
            };
            let label = format!("frame {} cut to {length}", frame.number);
            assert!(whole.octets.starts_with(datagram.octets), "{label}");
            assert!(datagram.is_incomplete || datagram == whole, "{label}");
        }
    }
}
