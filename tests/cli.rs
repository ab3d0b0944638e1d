//! Bad input gives one clear line and the right exit code, never a panic.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;
use support::{Run, command, folder, scenario, sigtap};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// One line on standard error, no panic, this exit code.
fn fails_with_one_line(run: &Run, code: i32, expected: &str, what: &str) {
    assert_eq!(run.code, Some(code), "{what}: {run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{what}: {}", run.stderr);
    assert!(run.stderr.contains(expected), "{what}: {}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
}

#[test]
fn what_is_no_capture_is_told_in_one_line() {
    let folder = folder("no-captures");
    let table: [(&str, &[u8], &str); 4] = [
        (
            "text.pcap",
            b"Nov 24 10:00:00 named: hello\n",
            "not a pcap or pcapng capture",
        ),
        ("empty.pcap", b"", "is empty"),
        (
            "short.pcap",
            b"\xd4\xc3\xb2\xa1\x02\x00",
            "not a pcap or pcapng capture",
        ),
        ("zeros.pcap", &[0; 4096], "not a pcap or pcapng capture"),
    ];
    for (name, octets, expected) in table {
        let path = folder.join(name);
        fs::write(&path, octets).unwrap();
        let run = sigtap(&["read", "-q", text(&path)]);
        fails_with_one_line(&run, 1, expected, name);
    }
    let run = sigtap(&["read", "-q", text(&folder)]);
    fails_with_one_line(&run, 1, "is a directory", "a directory");
    let run = sigtap(&["read", "-q", text(&folder.join("missing.pcap"))]);
    fails_with_one_line(&run, 1, "cannot open capture", "a missing file");
}

#[test]
fn a_cut_capture_is_analysed_up_to_the_cut() {
    let folder = folder("cut");
    let whole = fs::read(scenario("healthy").join("capture.pcap")).unwrap();
    let path = folder.join("cut.pcap");
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let anchors = scenario("healthy").join("anchors.txt");
    let arguments = [
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--output",
        "none",
    ];
    let arguments: Vec<_> = arguments
        .into_iter()
        .chain(["--verdicts", "-", text(&path)])
        .collect();
    let run = sigtap(&arguments);
    fails_with_one_line(&run, 1, "up to frame", "a cut capture");
    assert!(run.stdout.lines().count() > 10, "{}", run.stdout);
}

#[test]
fn options_that_cannot_be_used_are_told_in_one_line() {
    let folder = folder("options");
    let garbage = folder.join("garbage.txt");
    fs::write(&garbage, "once upon a time\n").unwrap();
    let capture = scenario("healthy").join("capture.pcap");
    let capture = text(&capture);
    let table: [(&[&str], &str); 8] = [
        (&["--trust-anchor", text(&garbage)], "garbage.txt"),
        (
            &["--trust-anchor", "/nowhere/anchors.txt"],
            "/nowhere/anchors.txt",
        ),
        (&["--zone-data", text(&garbage)], "garbage.txt"),
        (&["--known-bogus", "/nowhere/list"], "/nowhere/list"),
        (&["--filter", "port banana"], "port banana"),
        (
            &["--output", "file:/nowhere/alerts.jsonl"],
            "/nowhere/alerts.jsonl",
        ),
        (
            &["--verdicts", "/nowhere/verdicts.jsonl"],
            "/nowhere/verdicts.jsonl",
        ),
        (&["--verdicts", capture], "not overwritten"),
    ];
    for (options, expected) in table {
        let arguments: Vec<_> = [&["read", "-q"], options, &[capture]].concat();
        fails_with_one_line(&sigtap(&arguments), 1, expected, expected);
    }
}

#[test]
fn a_wrong_command_line_is_told_with_exit_code_2() {
    let table: [&[&str]; 9] = [
        &[],
        &["watch"],
        &["read"],
        &["read", "--workers", "0", "x.pcap"],
        &["read", "--negative-anchor", "a..b", "x.pcap"],
        &["read", "--output", "carrier-pigeon", "x.pcap"],
        &["read", "--port", "65536", "x.pcap"],
        &["read", "--fail-on", "sometimes", "x.pcap"],
        &["live"],
    ];
    for arguments in table {
        let run = sigtap(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{run:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["read", "--help"]] {
        let run = sigtap(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        assert!(run.stderr.is_empty() && !run.stdout.is_empty(), "{run:?}");
    }
}

#[test]
fn a_reader_that_leaves_early_ends_the_run_quietly() {
    let anchors = scenario("healthy").join("anchors.txt");
    let capture = scenario("healthy").join("capture.pcap");
    // Many times the same file, so that more is written than a pipe holds.
    let captures = vec![text(&capture); 40];
    let options = [
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--verdicts",
        "-",
    ];
    let arguments: Vec<_> = options.into_iter().chain(captures).collect();
    let mut child = command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    drop(lines);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    let status = child.wait().unwrap();
    assert!(first.ends_with("}\n"), "{first}");
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_interface_that_is_not_there_is_told_in_one_line() {
    let run = sigtap(&["live", "-q", "-i", "nosuchif0"]);
    fails_with_one_line(&run, 1, "nosuchif0", "no such interface");
}
