//! The house as ARCHITECTURE.md tells it: rooms look one way, each outside crate has one door.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which room may use which outside crate. A new dependency needs a row here.
const DOORS: &[(&str, &[&str])] = &[
    ("pcap", &["capture"]),
    ("pcap_parser", &["capture"]),
    ("rustix", &["capture"]),
    ("flate2", &["capture"]),
    ("zstd", &["capture"]),
    ("etherparse", &["packet", "drill"]),
    ("hickory_proto", &["message"]),
    ("ring", &["signature"]),
    ("graviola", &["signature"]),
    ("crrl", &["signature"]),
    ("sha1", &["signature"]),
    ("dashmap", &["signature"]),
    ("roxmltree", &["chain"]),
    ("toml", &["portfolio", "cli"]),
    ("csv", &["portfolio"]),
    ("idna", &["portfolio"]),
    ("strsim", &["portfolio", "drill"]),
    (
        "serde_json",
        &["alert", "state", "sink", "page", "report", "drill"],
    ),
    ("data_encoding", &["message", "alert", "state", "sink"]),
    ("ureq", &["sink"]),
    ("rustls", &["sink"]),
    ("rusqlite", &["state"]),
    ("httparse", &["page"]),
    ("arc_swap", &["page"]),
    ("askama", &["page", "report"]),
    ("tempfile", &["report"]),
    ("crossbeam_channel", &["pipeline"]),
    ("signal_hook", &["pipeline"]),
    ("siphasher", &["message"]),
    ("foldhash", &["message", "exchange", "chain"]),
    ("nohash_hasher", &["exchange", "pipeline"]),
    ("nix", &["capture", "confine"]),
    ("caps", &["confine"]),
    ("landlock", &["confine"]),
    ("seccompiler", &["confine"]),
    ("sd_notify", &["pipeline"]),
    ("mimalloc", &["main"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("tracing_subscriber", &["main"]),
    // Deriving errors and what can be written down, and writing logs, is open to every room.
    ("serde", &["*"]),
    ("thiserror", &["*"]),
];

/// Lines of code in a file, tests apart, past which it is to be split.
const MAX_LINES: usize = 400;

/// Folders below `src`.
const MAX_DEPTH: usize = 2;

/// A file of the crate, without its comments and tests.
struct Source {
    path: PathBuf,
    /// The room that it belongs to; `main` and `lib` are rooms of their own here.
    room: String,
    /// Modules above it: 1 for `src/room.rs` and `src/room/mod.rs`.
    depth: usize,
    code: Vec<String>,
    /// The code with each `use` in one line, however it is wrapped.
    statements: Vec<String>,
    first_line: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| source(&root, path)).collect()
}

fn source(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let parts: Vec<_> = path
        .strip_prefix(root)
        .unwrap()
        .with_extension("")
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    let code = code(&text);
    let modules = parts.iter().filter(|part| *part != "mod").count();
    Source {
        path: path.to_path_buf(),
        room: parts[0].clone(),
        depth: modules,
        first_line: text.lines().next().unwrap_or_default().to_owned(),
        statements: statements(&code),
        code,
    }
}

/// The lines that are neither comment nor blank, up to the tests at the end of the file.
fn code(text: &str) -> Vec<String> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
        .map(str::to_owned)
        .collect()
}

/// The lines, each `use` joined to one.
fn statements(code: &[String]) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    let is_open = |line: &String| {
        let words = line.trim_start();
        let is_import = words.starts_with("use ") || words.starts_with("pub use ");
        is_import && !words.ends_with(';')
    };
    for line in code {
        match statements.last_mut().filter(|last| is_open(last)) {
            Some(last) => last.push_str(line.trim()),
            None => statements.push(line.clone()),
        }
    }
    statements
}

/// Whether a line names an outside crate: by a path that begins with it, or by an import of it
/// whole, perhaps under another name.
fn names_crate(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_path = line.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = line[..at].strip_suffix("::").unwrap_or(&line[..at]);
        !before.ends_with(is_word)
    });
    let is_whole = ["use ", "use ::", "extern crate "].iter().any(|word| {
        line.split(&format!("{word}{name}"))
            .skip(1)
            .any(|rest| !rest.starts_with(is_word) && !rest.starts_with("::"))
    });
    is_path || is_whole
}

/// Whether a file is part of the tests of a room, which may use what they need.
fn is_test(source: &Source) -> bool {
    let names = source.path.iter().filter_map(|part| part.to_str());
    names.into_iter().any(|name| {
        let stem = name.trim_end_matches(".rs");
        ["tests", "testing"].contains(&stem) || stem.ends_with("_tests")
    })
}

/// The rooms in the order of `src/lib.rs`, then `main`.
fn rooms() -> Vec<String> {
    let text = include_str!("../src/lib.rs");
    let named = text.lines().filter_map(|line| {
        line.strip_prefix("pub mod ")
            .and_then(|rest| rest.strip_suffix(';'))
    });
    named.chain(["main"]).map(str::to_owned).collect()
}

/// The identifiers that follow `prefix` in a line, as in `crate::packet::Flow` or
/// `crate::{packet, time}`.
fn named_after(line: &str, prefix: &str) -> Vec<String> {
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    line.match_indices(prefix)
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .flat_map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list
                    .split(',')
                    .map(|item| word(item.trim_start()))
                    .collect(),
                None => vec![word(rest)],
            }
        })
        .collect()
}

#[test]
fn rooms_use_only_rooms_before_them() {
    let rooms = rooms();
    let place = |room: &str| rooms.iter().position(|known| known == room);
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room != "lib") {
        let own = place(&source.room).unwrap_or_else(|| panic!("{} is not in lib.rs", source.room));
        for line in &source.statements {
            assert!(
                !line.contains("use crate as "),
                "{}: the house under another name",
                source.path.display()
            );
            let used = named_after(line, "crate::");
            let used = used
                .iter()
                .chain(&named_after(line, "sigtap::"))
                .cloned()
                .collect::<Vec<_>>();
            for room in used {
                if place(&room).is_some_and(|other| other > own) {
                    wrong.push(format!("{}: {room}", source.path.display()));
                }
            }
            let climbs = line.matches("super::").count();
            if climbs >= source.depth && line.contains(&"super::".repeat(source.depth)) {
                wrong.push(format!(
                    "{}: leaves its room by super::",
                    source.path.display()
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the order of src/lib.rs:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn main_knows_only_the_plan_and_who_carries_it_out() {
    for source in sources().iter().filter(|source| source.room == "main") {
        for line in &source.code {
            for room in named_after(line, "sigtap::") {
                assert!(
                    ["cli", "drill", "pipeline", "report", "state"].contains(&room.as_str()),
                    "main uses {room}"
                );
            }
        }
    }
}

#[test]
fn each_outside_crate_has_one_door() {
    let doors: BTreeMap<_, _> = DOORS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test(source)) {
        for line in &source.statements {
            for (name, rooms) in &doors {
                let is_allowed = rooms.contains(&"*") || rooms.contains(&source.room.as_str());
                if names_crate(line, name) && !is_allowed {
                    wrong.push(format!("{}: {name}", source.path.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "crates used beside their door:\n{}",
        wrong.join("\n")
    );
}

/// Rooms that may open a socket which sends, and what they send.
const SENDERS: [(&str, &str); 3] = [
    ("ask", "questions, for `verify --ask`"),
    ("sink", "lines, to the outputs that the user names"),
    ("page", "answers to who asks the sensor itself"),
];

#[test]
fn only_rooms_that_say_so_open_a_socket_that_sends() {
    let sockets = ["UdpSocket", "TcpStream", "UnixStream", "UnixDatagram"];
    let is_sender = |room: &str| SENDERS.iter().any(|(sender, _)| *sender == room);
    let mut senders = std::collections::BTreeSet::new();
    for source in sources().iter().filter(|source| !is_test(source)) {
        for line in &source.statements {
            if sockets.iter().any(|socket| line.contains(socket)) {
                assert!(
                    is_sender(&source.room),
                    "{} opens a socket: {line}",
                    source.path.display()
                );
                senders.insert(source.room.clone());
            }
        }
    }
    assert!(senders.contains("ask"), "the search finds nothing");
}

#[test]
fn nothing_that_listens_can_ask() {
    for source in sources().iter().filter(|source| !is_test(source)) {
        let uses = source
            .statements
            .iter()
            .any(|line| named_after(line, "crate::").contains(&"ask".to_owned()));
        let may = ["ask", "report", "cli"].contains(&source.room.as_str());
        assert!(may || !uses, "{} uses ask", source.path.display());
    }
}

#[test]
fn each_dependency_is_in_the_table_of_doors() {
    let manifest = include_str!("../Cargo.toml");
    let section = manifest.split("[dependencies]\n").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let doors: Vec<_> = DOORS.iter().map(|(name, _)| *name).collect();
    for line in section.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, _)) = line.split_once('=') else {
            continue;
        };
        let name = name.trim().replace('-', "_");
        assert!(
            name == "tracing" || doors.contains(&name.as_str()),
            "{name} has no door in tests/architecture.rs"
        );
    }
}

#[test]
fn files_are_short_and_folders_shallow() {
    for source in sources().iter().filter(|source| !is_test(source)) {
        let (path, lines) = (source.path.display(), source.code.len());
        assert!(lines <= MAX_LINES, "{path} has {lines} lines of code");
        assert!(source.depth <= MAX_DEPTH + 1, "{path} lies too deep");
        assert!(source.first_line.starts_with("//! "), "{path} has no card");
    }
}

#[test]
fn imports_are_seen_however_they_are_written() {
    let wrapped: Vec<_> = ["use crate::{", "    time::Ttl,", "    alert::Kind,", "};"]
        .map(str::to_owned)
        .into();
    let statements = statements(&wrapped);
    assert_eq!(statements.len(), 1, "{statements:?}");
    assert!(named_after(&statements[0], "crate::").contains(&"alert".to_owned()));
    let table = [
        ("use ring::digest;", true),
        ("use ::ring::digest;", true),
        ("use {ring::digest, std::fmt};", true),
        ("use ring as crypto;", true),
        ("use ring;", true),
        ("extern crate ring;", true),
        ("let digest = ring::digest::SHA256;", true),
        ("use crate::watch::ring::Bell;", false),
        ("use string::ToString;", false),
        ("use ringing as bell;", false),
    ];
    for (line, expected) in table {
        assert_eq!(names_crate(line, "ring"), expected, "{line}");
    }
}
