//! The first SIGTERM ends the reading, and all that was read is judged and told; a second one ends
//! the process at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::{capture, command, folder, scenario, sigtap};

/// Frames are handed on one by one on a pipe; this long after the last one was written it is read.
const PATIENCE: Duration = Duration::from_secs(20);

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A named pipe, and sigtap that reads it.
fn reading(folder: &Path) -> (File, Child) {
    let pipe = folder.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let anchors = scenario("healthy").join("anchors.txt");
    let output = format!("file:{}", text(&folder.join("alerts.jsonl")));
    let arguments = [
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--output",
        &output,
    ];
    let verdicts = ["--verdicts", "-", text(&pipe)];
    let child = command(&[&arguments[..], &verdicts].concat())
        .stdout(Stdio::from(File::create(verdicts_of(folder)).unwrap()))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Opens once somebody reads.
    (File::options().write(true).open(pipe).unwrap(), child)
}

fn verdicts_of(folder: &Path) -> PathBuf {
    folder.join("verdicts.jsonl")
}

fn terminate(child: &Child) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_read_before_sigterm_is_judged_and_told() {
    let folder = folder("sigterm");
    let whole = fs::read(capture(&scenario("healthy")).unwrap()).unwrap();
    let (mut pipe, child) = reading(&folder);
    pipe.write_all(&whole).unwrap();
    let is_begun = || fs::metadata(verdicts_of(&folder)).unwrap().len() > 0;
    wait("nothing is told while the pipe is open", is_begun);
    terminate(&child);
    thread::sleep(Duration::from_millis(300));
    // What comes after it is not read to its end, however much that is.
    let again = whole.get(24..).unwrap();
    while pipe.write_all(again).is_ok() {}
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(
        told.contains("stopped by a signal: the rest was not read"),
        "{told}"
    );
    // Each judged response has its verdict, and the figures are the last but one line.
    let lines = fs::read_to_string(folder.join("alerts.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.last().unwrap()["health"]["event"], "stop");
    let stats = lines
        .iter()
        .rev()
        .find(|line| line["event_type"] == "stats")
        .unwrap();
    let judged: u64 = stats["stats"]["responses"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    let verdicts = fs::read_to_string(verdicts_of(&folder)).unwrap();
    assert_eq!(u64::try_from(verdicts.lines().count()).unwrap(), judged);
    // At least what is in the file once, each line as it is without a signal.
    let anchors = scenario("healthy").join("anchors.txt");
    let path = capture(&scenario("healthy")).unwrap();
    let undisturbed = sigtap(&[
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--output=none",
        "--verdicts=-",
        text(&path),
    ]);
    let expected = undisturbed.stdout.lines().count();
    assert!(verdicts.lines().count() >= expected, "{expected}");
}

#[test]
fn a_second_sigterm_ends_at_once() {
    let folder = folder("sigterm-twice");
    let (mut pipe, mut child) = reading(&folder);
    // The start of a capture and nothing more: who reads waits.
    pipe.write_all(&fs::read(capture(&scenario("healthy")).unwrap()).unwrap()[..24])
        .unwrap();
    thread::sleep(Duration::from_millis(500));
    terminate(&child);
    thread::sleep(Duration::from_millis(300));
    let is_waiting = child.try_wait().unwrap().is_none();
    if is_waiting {
        terminate(&child);
    }
    let mut ended = None;
    wait("the second SIGTERM did not end it", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    let ended = ended.unwrap();
    if is_waiting {
        assert_eq!((ended.code(), ended.signal()), (Some(128 + 15), None));
    }
}
