//! A state file carries over from one run to the next, also from one that was killed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use support::{capture, command, finished, folder, scenario, sigtap};

/// Octets of a pcap header, and of the header of one of its records.
const HEADERS: (usize, usize) = (24, 16);

/// The header of a plain pcap file and its records.
fn records(path: &Path) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let octets = fs::read(path).unwrap();
    if !octets.starts_with(&[0xd4, 0xc3, 0xb2, 0xa1]) {
        return None;
    }
    let (header, mut rest) = octets.split_at(HEADERS.0);
    let mut records = Vec::new();
    while let Some(length) = rest.get(8..12) {
        let length = u32::from_le_bytes(length.try_into().unwrap());
        let (record, behind) = rest.split_at(HEADERS.1 + usize::try_from(length).unwrap());
        records.push(record.to_vec());
        rest = behind;
    }
    Some((header.to_vec(), records))
}

/// An ARP frame at the time of `record`, which is of no concern to anybody.
fn filler(record: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xff; 12];
    frame.extend([0x08, 0x06]);
    frame.extend([0; 46]);
    let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
    [&record[..8], &length, &length, &frame].concat()
}

/// The alerts and changes among some lines, by how often each was told. Between the first and the
/// last line of an incident there may be more or fewer: what verified around it, and so how sure
/// its cause is, the next run finds anew.
fn told(lines: &str) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    // A line that was told and not noted as told comes again, with the same `event_id`.
    let lines: BTreeSet<&str> = lines.lines().collect();
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap();
        let is_event = ["alert", "change"].contains(&line["event_type"].as_str().unwrap());
        if is_event && line["incident"]["status"] != "updated" {
            let parts = [
                &line["event_type"],
                &line["alert"]["kind"],
                &line["dnssec"]["zone"],
                &line["resolver"],
                &line["incident"]["status"],
                &line["change"]["rule"],
                &line["change"]["before"],
                &line["change"]["after"],
            ];
            let text = parts.map(ToString::to_string).join(" ");
            *told.entry(text).or_default() += 1;
        }
    }
    told
}

fn arguments(scenario: &Path, state: &Path, capture: &str) -> Vec<String> {
    vec![
        "read".to_owned(),
        "--quiet".to_owned(),
        "--format=eve".to_owned(),
        format!("--trust-anchor={}", scenario.join("anchors.txt").display()),
        format!("--state={}", state.display()),
        capture.to_owned(),
    ]
}

/// Reads the first frames of a capture and kills the sensor when it has written down what it
/// knows; gives what it told until then.
fn killed_after(scenario: &Path, state: &Path, header: &[u8], first: &[Vec<u8>]) -> String {
    let output = state.with_extension("first");
    let mut arguments = arguments(scenario, state, "-");
    arguments.push(format!("--output=file:{}", output.display()));
    let mut sensor = command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = sensor.stdin.take().unwrap();
    // As many frames as fill every batch on the way, so that none waits for more to come.
    let fillers = vec![filler(first.last().unwrap()); 4096].concat();
    input
        .write_all(&[header, &first.concat(), &fillers].concat())
        .unwrap();
    thread::sleep(Duration::from_millis(1200));
    input.write_all(&fillers).unwrap();
    thread::sleep(Duration::from_millis(400));
    sensor.kill().unwrap();
    sensor.wait().unwrap();
    fs::read_to_string(output).unwrap()
}

/// The scenarios in plain pcap files with their headers and records.
fn plain() -> Vec<(PathBuf, Vec<u8>, Vec<Vec<u8>>)> {
    let mut folders: Vec<_> = fs::read_dir(scenario(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let plain = folders.into_iter().filter_map(|folder| {
        let (header, records) = records(&capture(&folder)?)?;
        (records.len() > 3).then_some((folder, header, records))
    });
    plain.collect()
}

#[test]
fn a_kill_costs_nothing() {
    let cases = plain();
    assert!(cases.len() > 40, "only {}", cases.len());
    let wrong = std::sync::Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some((scenario, header, records)) = cases.get(at) else {
                        return;
                    };
                    // Another place in each, so that all kinds of middle are met.
                    let cut = pause_near(records, at % 7 + 1);
                    if let Some(difference) = killed_at(scenario, header, records, cut) {
                        wrong.lock().unwrap().push(difference);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} scenarios:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The frame behind a pause that is nearest to so many eighths of the capture. A restart takes
/// a moment, so it does not fall between a query and its response.
fn pause_near(records: &[Vec<u8>], eighths: usize) -> usize {
    let micros = |record: &Vec<u8>| {
        let field = |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().unwrap());
        i64::from(field(0)) * 1_000_000 + i64::from(field(4))
    };
    let pause = |at: &usize| micros(&records[*at]) - micros(&records[at - 1]);
    let goal = records.len() * eighths / 8;
    let places = 1..records.len();
    let longest = places.clone().max_by_key(pause).unwrap();
    let long = places.filter(|at| pause(at) > 100_000);
    long.min_by_key(|at| at.abs_diff(goal)).unwrap_or(longest)
}

/// How a run that was killed after `cut` frames and the next one differ from one whole run.
fn killed_at(scenario: &Path, header: &[u8], records: &[Vec<u8>], cut: usize) -> Option<String> {
    let name = scenario.file_name().unwrap().to_str().unwrap();
    let folder = folder(&format!("kill-{name}"));
    let whole = folder.join("whole.state");
    let capture = capture(scenario).unwrap();
    let whole = finished(&mut command(&arguments(
        scenario,
        &whole,
        capture.to_str().unwrap(),
    )));
    assert_eq!(whole.code, Some(0), "{name}: {}", whole.stderr);

    let state = folder.join("state");
    let (first, second) = records.split_at(cut);
    let before = killed_after(scenario, &state, header, first);
    let rest = folder.join("rest.pcap");
    fs::write(&rest, [header, &second.concat()].concat()).unwrap();
    let after = finished(&mut command(&arguments(
        scenario,
        &state,
        rest.to_str().unwrap(),
    )));
    assert_eq!(after.code, Some(0), "{name}: {}", after.stderr);
    let audit = sigtap(&["audit".as_ref(), state.as_os_str()]);
    assert_eq!(audit.code, Some(0), "{name}: {}", audit.stdout);

    let expected = told(&whole.stdout);
    let said = told(&format!("{before}{}", after.stdout));
    let list = |one: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>, sign: &str| {
        let only = one
            .iter()
            .filter(|(line, count)| other.get(*line) != Some(count));
        let lines = only.map(|(line, count)| format!("  {sign} {count} {line}"));
        lines.collect::<Vec<_>>()
    };
    let difference = [list(&expected, &said, "-"), list(&said, &expected, "+")].concat();
    (!difference.is_empty()).then(|| {
        format!(
            "{name} cut at {cut} of {}\n{}",
            records.len(),
            difference.join("\n")
        )
    })
}

/// A state file after a run over the capture of a scenario.
fn after(name: &str, test: &str) -> PathBuf {
    let scenario = scenario(name);
    let state = folder(&format!("state-{test}")).join("state");
    let capture = capture(&scenario).unwrap();
    let run = finished(&mut command(&arguments(
        &scenario,
        &state,
        capture.to_str().unwrap(),
    )));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    state
}

fn audit(state: &Path, more: &[&str]) -> support::Run {
    let state = state.to_str().unwrap();
    sigtap(&[&["audit", state], more].concat())
}

#[test]
fn what_was_edited_is_found() {
    let table = [
        (
            "edited",
            "DROP TRIGGER history_is_append_only; UPDATE history SET body = replace(body, 'DS-7', 'DS-4') WHERE kind = 'line'",
        ),
        (
            "edited",
            "DROP TRIGGER history_is_append_only; UPDATE history SET time = '2020-01-01T00:00:00.000000Z' WHERE seq = 2",
        ),
        ("missing before", "DELETE FROM history WHERE seq = 3"),
        ("missing before", "DELETE FROM history WHERE seq = 1"),
        (
            "last entries",
            "DELETE FROM history WHERE seq = (SELECT max(seq) FROM history)",
        ),
        (
            "DS set of bank.example.",
            "UPDATE sets SET records = '1 13 2 00' WHERE zone = 'bank.example.' AND type = 'DS'",
        ),
        (
            "NS set of bank.example.",
            "UPDATE sets SET first_seen = '2020-01-01T00:00:00.000000Z' WHERE type = 'NS'",
        ),
        (
            "DS set of example.",
            "UPDATE sets SET signer = 'evil.' WHERE zone = 'example.' AND type = 'DS'",
        ),
        (
            "DS set of bank.example. of entry",
            "DELETE FROM sets WHERE zone = 'bank.example.' AND type = 'DS' AND records = \
             (SELECT min(records) FROM sets WHERE zone = 'bank.example.' AND type = 'DS')",
        ),
        (
            "set of bank.example. of entry",
            "DELETE FROM sets WHERE zone = 'bank.example.'; DELETE FROM meta WHERE name = 'accounted'",
        ),
        ("last entries", "DELETE FROM meta WHERE name = 'head'"),
        (
            "DNSKEY set of example.",
            "UPDATE sets SET entry = entry - 1 WHERE zone = 'example.' AND type = 'DNSKEY'",
        ),
    ];
    for (at, (expected, edit)) in table.into_iter().enumerate() {
        let state = after("hijack", &format!("edited-{at}"));
        let before = audit(&state, &[]);
        assert_eq!(before.code, Some(0), "{}", before.stdout);
        rusqlite::Connection::open(&state)
            .unwrap()
            .execute_batch(edit)
            .unwrap();
        let found = audit(&state, &[]);
        assert_eq!(found.code, Some(3), "{edit}: {}", found.stdout);
        assert!(found.stdout.contains(expected), "{edit}: {}", found.stdout);
    }
}

#[test]
fn the_head_of_a_stats_line_is_found_in_the_history() {
    let scenario = scenario("hijack");
    let state = folder("state-head").join("state");
    let capture = capture(&scenario).unwrap();
    let head = || {
        let run = finished(&mut command(&arguments(
            &scenario,
            &state,
            capture.to_str().unwrap(),
        )));
        let mut lines = run.stdout.lines();
        let line = lines.find(|line| line.contains("\"stats\"")).unwrap();
        let line: Value = serde_json::from_str(line).unwrap();
        line["stats"]["history_head"].as_str().unwrap().to_owned()
    };
    let (first, second) = (head(), head());
    assert_ne!(first, second);
    for head in [&first, &second] {
        let found = audit(&state, &["--head", head]);
        assert_eq!(found.code, Some(0), "{}", found.stdout);
    }
    let other = audit(&state, &["--head", &"0".repeat(64)]);
    assert_eq!(other.code, Some(3), "{}", other.stdout);
    assert!(
        other.stdout.contains("no entry has the hash"),
        "{}",
        other.stdout
    );
    assert_eq!(audit(&state, &["--head", "12"]).code, Some(2));
}

#[test]
fn a_state_file_has_one_writer_and_any_number_of_readers() {
    let scenario = scenario("hijack");
    let state = folder("state-writer").join("state");
    let capture = capture(&scenario).unwrap();
    let mut writer = command(&arguments(&scenario, &state, "-"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The file is opened when the input is known to be a capture.
    let (header, frames) = records(&capture).unwrap();
    let mut input = writer.stdin.take().unwrap();
    let fillers = vec![filler(&frames[0]); 4096].concat();
    input.write_all(&[header, fillers].concat()).unwrap();
    for _ in 0..500 {
        if state.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(100));
    let second = finished(&mut command(&arguments(
        &scenario,
        &state,
        capture.to_str().unwrap(),
    )));
    assert_eq!(second.code, Some(1));
    assert_eq!(second.stderr.lines().count(), 1, "{}", second.stderr);
    assert!(
        second.stderr.contains("in use by another sigtap"),
        "{}",
        second.stderr
    );
    let reader = audit(&state, &[]);
    assert_eq!(reader.code, Some(0), "{}", reader.stderr);
    input.write_all(&frames.concat()).unwrap();
    drop(input);
    assert!(writer.wait().unwrap().success());
    assert_eq!(audit(&state, &[]).code, Some(0));
}

#[test]
fn what_is_no_state_file_of_this_run_is_refused_in_one_line_and_kept() {
    let scenario = scenario("hijack");
    let capture = capture(&scenario).unwrap();
    let capture = capture.to_str().unwrap();
    let here = folder("state-foreign");
    let text = here.join("text");
    fs::write(
        &text,
        "not a database at all, but long enough to be taken for a header\n".repeat(9),
    )
    .unwrap();
    let inner = here.join("folder");
    fs::create_dir(&inner).unwrap();
    let other = here.join("other");
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (c)")
        .unwrap();
    let later = after("hijack", "later");
    rusqlite::Connection::open(&later)
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    let table = [
        (text, "not a state file of sigtap"),
        (other, "not a state file of sigtap"),
        (later.clone(), "has version 99, this sigtap knows 1"),
        (here.join("no/such/folder"), "cannot open the state file"),
        (inner, "state file"),
    ];
    for (path, expected) in table {
        let before = fs::read(&path).unwrap_or_default();
        let run = finished(&mut command(&arguments(&scenario, &path, capture)));
        assert_eq!(run.code, Some(1), "{}", path.display());
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        let is_kept = fs::read(&path).unwrap_or_default() == before;
        assert!(is_kept, "{}", path.display());
        let beside = PathBuf::from(format!("{}-lock", path.display()));
        assert_eq!(beside.exists(), path == later, "{}", beside.display());
        assert_eq!(audit(&path, &[]).code, Some(1), "{}", path.display());
    }
}

#[test]
fn drills_and_real_traffic_do_not_mix() {
    let scenario = scenario("hijack");
    let capture = capture(&scenario).unwrap();
    let state = after("hijack", "mixed");
    let mut drill = arguments(&scenario, &state, capture.to_str().unwrap());
    drill.push("--drill".to_owned());
    let run = finished(&mut command(&drill));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("holds real traffic"), "{}", run.stderr);
}

#[test]
fn the_same_capture_twice_opens_nothing_twice() {
    for name in ["hijack", "expired", "rollover"] {
        let scenario = scenario(name);
        let capture = capture(&scenario).unwrap();
        let state = folder(&format!("state-twice-{name}")).join("state");
        let arguments = arguments(&scenario, &state, capture.to_str().unwrap());
        let [first, second] = [(); 2].map(|()| finished(&mut command(&arguments)));
        assert!(!told(&first.stdout).is_empty());
        let mut again = told(&second.stdout);
        again.retain(|line, _| line.starts_with("\"alert\""));
        assert_eq!(again, BTreeMap::new(), "{name}");
        let warns = second
            .stderr
            .contains("the end of what the state file has seen");
        assert_eq!(warns, name != "expired", "that one is over in a second");
    }
}

#[test]
fn the_queries_of_the_page_work() {
    let state = after("hijack", "queries");
    let connection = rusqlite::Connection::open(&state).unwrap();
    let page = include_str!("../docs/state.md");
    let block: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with("SELECT") || line.starts_with(' '))
        .collect();
    let queries: Vec<_> = block
        .join("\n")
        .split_terminator(';')
        .map(str::to_owned)
        .collect();
    assert_eq!(queries.len(), 4, "{queries:?}");
    for query in queries {
        let query = query.replace("example.org.", "bank.example.");
        // The capture is older than its month some day.
        let query = query.replace("'-30 days'", "'-10000 days'");
        let mut statement = connection.prepare(&query).unwrap();
        let rows = statement.query_map([], |_| Ok(())).unwrap().count();
        assert!(rows > 0, "{query}");
    }
}

#[test]
fn a_full_disk_stops_no_alert_and_is_told() {
    let scenario = scenario("hijack");
    let state = folder("state-full").join("state");
    let capture = capture(&scenario).unwrap();
    let arguments = arguments(&scenario, &state, capture.to_str().unwrap());
    let sensor = command::<&str>(&[]);
    let mut limited = std::process::Command::new("sh");
    // So many blocks of 512 octets a file may have: enough to begin it, too few to go on.
    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"";
    limited.arg("-c").arg(script).arg(sensor.get_program());
    let limited = finished(limited.args(&arguments));
    assert_eq!(limited.code, Some(0), "{}", limited.stderr);
    let mut lines = limited.stdout.lines();
    let health = lines.find(|line| line.contains("\"alive\"")).unwrap();
    assert!(health.contains("nothing was written to it"), "{health}");
    assert!(limited.stderr.contains("nothing was written to it"));
    assert_eq!(limited.stderr.lines().count(), 1, "{}", limited.stderr);
    let found = audit(&state, &[]);
    assert_eq!(found.code, Some(0), "{}{}", found.stdout, found.stderr);

    let whole = folder("state-not-full").join("state");
    let mut unlimited = arguments;
    unlimited[4] = format!("--state={}", whole.display());
    let unlimited = finished(&mut command(&unlimited));
    assert_eq!(told(&limited.stdout), told(&unlimited.stdout));
}

#[test]
fn a_state_file_is_audited_where_nothing_may_be_written() {
    let state = after("hijack", "read-only");
    let sensor = command::<&str>(&[]);
    // Permissions bind no superuser, but a mount does, in a namespace of its own.
    let look = |state: &Path| {
        let script = "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" && \
                      ! touch \"$2-touched\" 2>/dev/null && exec \"$0\" audit \"$2\"";
        let mut unshared = std::process::Command::new("unshare");
        unshared.args(["-rm", "sh", "-c", script]);
        unshared.arg(sensor.get_program());
        finished(unshared.arg(state.parent().unwrap()).arg(state))
    };
    let mut may_mount = std::process::Command::new("unshare");
    if !may_mount
        .args(["-rm", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        // The unit tests of the room open one so all the same.
        return;
    }
    let found = look(&state);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    assert!(
        found.stdout.contains("whole and unedited"),
        "{}",
        found.stdout
    );

    // As a copy of the file of a run that goes on.
    let reader = rusqlite::Connection::open(&state).unwrap();
    let read = "BEGIN; SELECT count(*) FROM meta; INSERT INTO meta VALUES ('x', ''); COMMIT";
    reader.execute_batch(read).unwrap();
    let copy = folder("state-copied").join("state");
    fs::copy(&state, &copy).unwrap();
    let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
    fs::copy(log(&state), log(&copy)).unwrap();
    let found = look(&copy);
    assert_eq!(found.code, Some(1), "{}", found.stdout);
    assert_eq!(found.stderr.lines().count(), 1, "{}", found.stderr);
    assert!(found.stderr.contains("copy both"), "{}", found.stderr);
}

#[test]
fn a_set_that_an_open_incident_names_stays_however_old_it_is() {
    let state = after("hijack", "named");
    let connection = rusqlite::Connection::open(&state).unwrap();
    let mine = "zone = 'bank.example.' AND type = 'DS'";
    let list = |order: &str| -> Vec<String> {
        let records = format!("SELECT records FROM sets WHERE {mine} ORDER BY {order}");
        let mut records = connection.prepare(&records).unwrap();
        let records = records.query_map([], |row| row.get(0)).unwrap();
        records.map(Result::unwrap).collect()
    };
    let before = list("inception");
    let [named, _, ..] = before.as_slice() else {
        panic!("{before:?}");
    };
    // The last set is new once more, and all others but the first were seen much later.
    let fill = format!(
        "DELETE FROM sets WHERE {mine} AND records <> '{named}';
         WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1500)
         INSERT INTO sets SELECT zone, type, printf('%032x', n), 'set ' || n, first_seen, '2099',
             NULL, NULL, ttl, '2000', '2000', signer, key_tag, algorithm, server, resolver, '', entry
         FROM sets, number WHERE {mine}"
    );
    connection.execute_batch(&fill).unwrap();
    let scenario = scenario("hijack");
    let capture = capture(&scenario).unwrap();
    let again = arguments(&scenario, &state, capture.to_str().unwrap());
    let run = finished(&mut command(&again));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let left = list("last_seen");
    assert_eq!(left.len(), 1001);
    assert!(left.contains(named), "{named} is named");
    assert!(left.contains(before.last().unwrap()), "in force");
}
