//! Trust anchors as a BIND configuration has them, for example `bind.keys`.

use crate::message::Rrset;
use crate::message::zone_file::{self, ZoneFileError};

/// The statements that hold trust anchors.
const STATEMENTS: [&str; 3] = ["trust-anchors", "managed-keys", "trusted-keys"];

/// Whether a line begins with one of the statements.
pub(super) fn is_named_conf(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let first = first.strip_suffix('{').unwrap_or(first);
        STATEMENTS.contains(&first) && words.next().is_none_or(|word| word.starts_with('{'))
    })
}

/// The records that the statements name; all other statements are stepped over.
pub(super) fn parse(text: &str) -> Result<Vec<Rrset>, ZoneFileError> {
    let mut sets = Vec::new();
    let mut words = words(text).into_iter();
    while let Some((_, word)) = words.next() {
        if !STATEMENTS.contains(&word) {
            continue;
        }
        let mut entry = Vec::new();
        for (line, word) in words.by_ref() {
            match word {
                "{" => {}
                "}" => break,
                ";" => {
                    sets.extend(record(&entry)?);
                    entry.clear();
                }
                _ => entry.push((line, word)),
            }
        }
    }
    Ok(sets)
}

/// The record that an entry like `. initial-key 257 3 8 "AwEA…"` means.
fn record(entry: &[(usize, &str)]) -> Result<Vec<Rrset>, ZoneFileError> {
    let Some((line, _)) = entry.first() else {
        return Ok(Vec::new());
    };
    let mut words: Vec<_> = entry.iter().map(|(_, word)| *word).collect();
    let rtype = match words.get(1) {
        Some(&("initial-key" | "static-key")) => "DNSKEY",
        Some(&("initial-ds" | "static-ds")) => "DS",
        _ => {
            // `trusted-keys` names no kind.
            words.insert(1, "static-key");
            "DNSKEY"
        }
    };
    if let Some(kind) = words.get_mut(1) {
        *kind = rtype;
    }
    zone_file::parse(&words.join(" ")).map_err(|error| ZoneFileError {
        line: *line,
        problem: error.problem,
    })
}

/// What the text at hand is part of.
#[derive(Clone, Copy)]
enum Part {
    Statement,
    Comment,
    Quoted,
}

/// The words with their lines, comments and quotation marks left out.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut part = Part::Statement;
    for (line, mut rest) in (1..).zip(text.lines()) {
        while !rest.is_empty() {
            let word;
            (word, part, rest) = next_word(rest, part);
            words.extend((!word.is_empty()).then_some((line, word)));
        }
    }
    words
}

/// The first word of a line, perhaps an empty one; what follows it is part of, and the rest.
fn next_word(line: &str, part: Part) -> (&str, Part, &str) {
    let line = line.trim_start();
    match part {
        Part::Comment => match line.split_once("*/") {
            Some((_, rest)) => ("", Part::Statement, rest),
            None => ("", part, ""),
        },
        // Keys are quoted, and may hold what elsewhere begins a comment.
        Part::Quoted => {
            let end = line.find(|c: char| c == '"' || c.is_whitespace());
            let (word, rest) = line.split_at(end.unwrap_or(line.len()));
            match rest.strip_prefix('"') {
                Some(rest) => (word, Part::Statement, rest),
                None => (word, part, rest),
            }
        }
        Part::Statement => {
            if line.starts_with('#') || line.starts_with("//") {
                return ("", part, "");
            }
            if let Some(rest) = line.strip_prefix("/*") {
                return ("", Part::Comment, rest);
            }
            if let Some(rest) = line.strip_prefix('"') {
                return ("", Part::Quoted, rest);
            }
            let end = line.find(|c: char| c.is_whitespace() || "{};\"".contains(c));
            let end = end.map_or(line.len(), |end| end.max(1));
            let (word, rest) = line.split_at(end);
            (word, part, rest)
        }
    }
}
