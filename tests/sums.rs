//! What came in is what was judged, screened, skipped and dropped.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not test functions"
)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The captures of scenarios, of tunnels and of the differential lab.
fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["captures", "tests/differential"].map(|folder| root.join(folder));
    let scenarios = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut folders: Vec<_> = scenarios.map(|entry| entry.unwrap().path()).collect();
    folders.push(root.join("tests/tunnels"));
    let files = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let files = files.flatten().map(|entry| entry.unwrap().path());
    let mut captures: Vec<_> = files
        .filter(|path| path.to_string_lossy().contains(".pcap"))
        .collect();
    captures.sort();
    captures
}

/// The figures that a run over a capture ends with.
fn figures(capture: &Path) -> Value {
    let run = Command::new(env!("CARGO_BIN_EXE_sigtap"))
        .args(["read", "-q", "--format", "eve"])
        .arg(capture)
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut stats = lines.filter(|line| line["event_type"] == "stats");
    stats.next_back().unwrap()["stats"].clone()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn all(object: &Value) -> u64 {
    object.as_object().unwrap().values().map(number).sum()
}

#[test]
fn every_frame_and_every_message_ends_in_one_count() {
    let captures = captures();
    assert!(captures.len() > 80, "only {} captures", captures.len());
    let mut reassembled = 0;
    for capture in captures {
        let stats = figures(&capture);
        let (name, at, frames) = (capture.display(), &stats["capture"], &stats["frames"]);
        let [read, datagrams, parts, panicked] =
            ["read", "datagrams", "parts", "panicked"].map(|key| number(&frames[key]));
        let dropped = number(&at["kernel_drops"]) + number(&at["queue_drops"]);
        assert_eq!(number(&at["kernel_packets"]), read + dropped, "{name}");
        assert_eq!(
            read,
            all(&stats["skipped"]) + datagrams + parts + panicked,
            "{name}"
        );
        let [messages, put_together, queries, copies, waiting] = [
            "messages",
            "messages_reassembled",
            "queries",
            "copies",
            "waiting",
        ]
        .map(|key| number(&stats[key]));
        let lost_messages = number(&stats["lost"]["decoder_panicked"]) - panicked;
        assert_eq!(datagrams + put_together, messages + lost_messages, "{name}");
        let malformed = number(&stats["lost"]["malformed"]);
        let responses = all(&stats["responses"]) + all(&stats["unchecked"]);
        assert_eq!(
            messages,
            malformed + queries + copies + responses + waiting,
            "{name}"
        );
        assert_eq!(waiting, 0, "{name}: at the end all are judged");
        reassembled += put_together;
    }
    assert!(reassembled > 0, "no capture has a message in parts");
}
