//! The first SIGTERM ends the reading, and all that was read is judged and told; a second one ends
//! the process at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use support::{capture, command, folder, scenario, sigtap};

/// How often something is looked for, every 20 ms, on a busy machine.
const TRIES: usize = 1000;

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
    let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sent.success());
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut looks = (0..TRIES).map(|_| thread::sleep(Duration::from_millis(20)));
    assert!(looks.any(|()| is_so()), "{what}");
}

#[test]
fn what_was_read_before_sigterm_is_judged_and_told() {
    let folder = folder("sigterm");
    let whole = fs::read(capture(&scenario("healthy")).unwrap()).unwrap();
    let (mut pipe, child) = reading(&folder);
    pipe.write_all(&whole).unwrap();
    // All of it is read, and who reads waits for more.
    thread::sleep(Duration::from_secs(1));
    terminate(&child);
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
    // It is all that is in the file, as if nothing had come between.
    drop(pipe);
    let anchors = scenario("healthy").join("anchors.txt");
    let path = capture(&scenario("healthy")).unwrap();
    let arguments = [
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--output=none",
    ];
    let undisturbed = sigtap(&[&arguments[..], &["--verdicts=-", text(&path)]].concat());
    assert_eq!(verdicts.lines().count(), undisturbed.stdout.lines().count());
}

#[test]
fn a_second_sigterm_ends_at_once() {
    let anchors = scenario("healthy").join("anchors.txt");
    // More lines than a pipe holds, and nobody who takes them: it cannot come to its end.
    let names = [
        "healthy",
        "healthy-bind",
        "healthy-kresd",
        "healthy-recursor",
        "islands",
    ];
    let captures = names.map(|name| capture(&scenario(name)).unwrap());
    let captures: Vec<_> = captures.iter().map(|path| text(path)).collect();
    let arguments = [
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--verdicts=-",
    ];
    let mut child = command(&[&arguments[..], &captures].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(2));
    terminate(&child);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(child.try_wait().unwrap(), None, "what waits is not lost");
    terminate(&child);
    let mut ended = None;
    wait("it did not end", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(128 + 15));
}
