//! Bad input gives one clear line and the right exit code, never a panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;
use support::{Run, capture, command, finished, folder, scenario, sigtap};

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
    for (name, expected) in [
        ("text.pcap", "standard input is not a pcap"),
        ("empty.pcap", "on standard input is empty"),
    ] {
        let input = fs::File::open(folder.join(name)).unwrap();
        let run = finished(command(&["read", "-q", "-"]).stdin(input));
        fails_with_one_line(&run, 1, expected, expected);
    }
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
    let capture = capture(&scenario("healthy")).unwrap();
    let capture = text(&capture);
    let table: [(&[&str], &str); 10] = [
        (&["--zone-data", capture], "is not text"),
        (&["--known-bogus", capture], "is not text"),
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
    let table: [&[&str]; 10] = [
        &[],
        &["watch"],
        &["read"],
        &["read", "-", "-"],
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
    let capture = capture(&scenario("healthy")).unwrap();
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

/// Runs `read` on a bundled scenario with its anchors and these options.
#[test]
fn what_is_read_is_never_overwritten() {
    let folder = folder("inputs");
    let original = capture(&scenario("healthy")).unwrap();
    let [own, link] = ["own.pcap", "link.pcap"].map(|name| folder.join(name));
    fs::copy(&original, &own).unwrap();
    fs::hard_link(&own, &link).unwrap();
    let anchors = folder.join("anchors.txt");
    fs::copy(scenario("healthy").join("anchors.txt"), &anchors).unwrap();
    let list = folder.join("list.txt");
    fs::write(&list, "broken.example\n").unwrap();
    let given = [
        "--trust-anchor",
        text(&anchors),
        "--known-bogus",
        text(&list),
    ];
    for (target, source) in [
        (&link, text(&own)),
        (&link, "-"),
        (&anchors, text(&own)),
        (&list, text(&own)),
    ] {
        let before = fs::read(target).unwrap();
        let arguments: Vec<_> = ["read", "-q", "--verdicts", text(target)]
            .into_iter()
            .chain(given)
            .chain([source])
            .collect();
        let run = finished(command(&arguments).stdin(fs::File::open(&own).unwrap()));
        fails_with_one_line(&run, 1, "not overwritten", text(target));
        assert!(fs::read(target).unwrap() == before, "{}", target.display());
    }
}

#[test]
fn two_names_of_one_output_do_not_overwrite_each_other() {
    let folder = folder("one-output");
    let names = ["lines.jsonl", "link.jsonl"].map(|name| folder.join(name));
    std::os::unix::fs::symlink(&names[0], &names[1]).unwrap();
    let output = format!("--output=file:{}", text(&names[0]));
    let run = read("hijack", &["-q", &output, "--verdicts", text(&names[1])]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines = fs::read_to_string(&names[0]).unwrap();
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect(line);
    }
    assert!(lines.contains("ds_replaced") && lines.contains("sigtap.verdict/1"));
}

#[test]
fn a_reader_that_leaves_costs_no_other_output_a_line() {
    let folder = folder("two-outputs");
    let whole = read("hijack", &["-q"]).stdout;
    let path = folder.join("alerts.jsonl");
    let output = format!("--output=file:{}", text(&path));
    let anchors = scenario("hijack").join("anchors.txt");
    let capture = capture(&scenario("hijack")).unwrap();
    let arguments = ["read", "-q", "--verdicts=-", &output, "--fail-on=critical"];
    let arguments: Vec<_> = arguments
        .into_iter()
        .chain(["--trust-anchor", text(&anchors), text(&capture)])
        .collect();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command(&arguments).stdout(writer).status().unwrap();
    assert_eq!(
        status.code(),
        Some(3),
        "the answer is bad news all the same"
    );
    let lines = fs::read_to_string(&path).unwrap().lines().count();
    assert_eq!(lines, whole.lines().count());
}

fn read(name: &str, options: &[&str]) -> Run {
    let folder = scenario(name);
    let (anchors, capture) = (folder.join("anchors.txt"), capture(&folder).unwrap());
    let fixed = ["read", "--trust-anchor", text(&anchors), text(&capture)];
    sigtap(&[&fixed, options].concat())
}

#[test]
fn fail_on_tells_bad_news_by_exit_code_3() {
    let table = [
        ("hijack", "critical", 3),
        ("hijack", "low", 3),
        ("healthy", "low", 0),
        ("one-server-broken", "critical", 0),
    ];
    for (name, severity, code) in table {
        let run = read(name, &["-q", "--output=none", "--fail-on", severity]);
        assert_eq!(run.code, Some(code), "{name} {severity}: {run:?}");
        assert_eq!(
            (run.stdout.as_str(), run.stderr.as_str()),
            ("", ""),
            "{name}"
        );
    }
}

#[test]
fn the_summary_stands_on_standard_error_and_lines_on_standard_output() {
    let run = read("hijack", &["--verdicts=-"]);
    assert_eq!(run.code, Some(0));
    for line in run.stdout.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect(line);
    }
    for expected in ["sigtap.verdict/1", "\"stats\"", "\"ds_replaced\""] {
        assert!(run.stdout.contains(expected), "{expected}");
    }
    assert!(
        run.stderr.contains("judged:") && run.stderr.contains("1 ds_replaced"),
        "{run:?}"
    );
    assert!(
        !run.stderr.contains('\x1b'),
        "no colours, no progress bar: {run:?}"
    );
}

#[test]
fn text_is_for_people_and_files_are_json_all_the_same() {
    let file = folder("text").join("alerts.jsonl");
    let sink = format!("--output=file:{}", text(&file));
    let run = read(
        "hijack",
        &["-q", "--format=text", "--output=stdout", &sink, "--drill"],
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.contains("CRITICAL") && !run.stdout.contains('{'),
        "{}",
        run.stdout
    );
    let lines = fs::read_to_string(&file).unwrap();
    assert!(lines.lines().count() > 3, "{lines}");
    assert!(
        lines.lines().all(|line| line.contains("\"drill\":true")),
        "{lines}"
    );
}

#[test]
fn standard_input_and_packed_files_give_the_same_verdicts() {
    let folder_of_scenario = scenario("healthy");
    let (anchors, capture) = (
        folder_of_scenario.join("anchors.txt"),
        capture(&folder_of_scenario).unwrap(),
    );
    let expected = read("healthy", &["-q", "--output=none", "--verdicts=-"]).stdout;
    let options = ["-q", "--output=none", "--verdicts=-", "-"];
    let arguments = [&["read", "--trust-anchor", text(&anchors)][..], &options].concat();
    let run = finished(command(&arguments).stdin(fs::File::open(capture).unwrap()));
    assert_eq!((run.code, run.stdout), (Some(0), expected));
}

#[test]
fn what_came_in_adds_up() {
    for name in [
        "healthy",
        "tcp-and-fragments",
        "mirrored-twice",
        "expired",
        "lossy",
    ] {
        let run = read(name, &["-q", "--verdicts=-"]);
        let lines: Vec<serde_json::Value> = run
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let of = |kind| lines.iter().filter(move |line| line["event_type"] == kind);
        let stats = &of("stats").next().unwrap()["stats"];
        let sum = |key: &str| -> u64 {
            let figures = stats[key].as_object().unwrap().values();
            figures.map(|figure| figure.as_u64().unwrap()).sum()
        };
        let responses = u64::try_from(of("verdict").count()).unwrap();
        assert_eq!(
            sum("responses"),
            responses,
            "{name}: a verdict for each judged response"
        );
        let messages = stats["messages"].as_u64().unwrap();
        let known = responses + sum("unchecked") + stats["queries"].as_u64().unwrap();
        let lost = stats["lost"]["malformed"].as_u64().unwrap();
        let copies = stats["copies"].as_u64().unwrap();
        assert_eq!(messages, known + lost + copies, "{name}: {stats}");
    }
}

#[test]
fn an_interface_that_is_not_there_is_told_in_one_line() {
    let run = sigtap(&["live", "-q", "--http", "off", "-i", "nosuchif0"]);
    fails_with_one_line(&run, 1, "nosuchif0", "no such interface");
}
