//! Other validators' own test cases, as captures with expected verdicts.
//!
//! They lie beside the project, not in it (`../shared/corpus`); without them this test says so
//! and passes. It fails on any difference that `corpus_explained.json` gives no reason for, on a
//! reason that explains nothing any more, and always on a false bogus.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use support::{folder, sigtap};

/// Keys shorter than this are supported by nobody any more; such cases tell nothing.
const MIN_RSA_BITS: u64 = 1024;

/// How an answer of the sensor compares with what is expected.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Outcome {
    Agree,
    /// It differs, for a reason of the list.
    Explained,
    FalseBogus,
    MissedBogus,
    Other,
    NoVerdict,
    Error,
}

const OUTCOMES: [Outcome; 7] = [
    Outcome::Agree,
    Outcome::Explained,
    Outcome::FalseBogus,
    Outcome::MissedBogus,
    Outcome::Other,
    Outcome::NoVerdict,
    Outcome::Error,
];

type Table = BTreeMap<String, BTreeMap<Outcome, usize>>;

/// How a question came out.
struct Row {
    source: String,
    /// Title of the test that it comes from; several sources have the same ones.
    title: String,
    question: String,
    state: Option<String>,
    outcome: Outcome,
    told: String,
}

/// Why sigtap and a test differ, in the checked-in list.
struct Reason {
    title: String,
    question: String,
    /// What sigtap says; nothing if it gives no verdict.
    state: Option<String>,
    clause: String,
    why: String,
}

impl Reason {
    fn all() -> Vec<Self> {
        let list: Vec<Value> = serde_json::from_str(include_str!("corpus_explained.json")).unwrap();
        let text = |reason: &Value, key: &str| reason[key].as_str().unwrap().to_owned();
        let read = |reason: &Value| Self {
            title: text(reason, "title"),
            question: text(reason, "question"),
            state: reason["state"].as_str().map(str::to_owned),
            clause: text(reason, "clause"),
            why: text(reason, "why"),
        };
        list.iter().map(read).collect()
    }

    fn explains(&self, row: &Row) -> bool {
        row.title == self.title
            && row.question == self.question
            && row.state == self.state
            && matches!(
                row.outcome,
                Outcome::MissedBogus | Outcome::Other | Outcome::NoVerdict
            )
    }
}

#[test]
fn each_difference_from_other_validators_tests_has_its_reason() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(cases) = fs::read_to_string(corpus.join("cases.jsonl")) else {
        println!("SKIPPED: {} is not here", corpus.display());
        return;
    };
    let cases: Vec<Value> = cases
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(is_judged)
        .collect();
    let mut reasons = Reason::all();
    let mut rows = judge_all(&corpus, &cases);
    for row in &mut rows {
        if reasons.iter().any(|reason| reason.explains(row)) {
            row.outcome = Outcome::Explained;
        }
    }
    let mut table = Table::new();
    let mut disagree = 0;
    for row in &rows {
        let by_outcome = table.entry(row.source.clone()).or_default();
        *by_outcome.entry(row.outcome).or_default() += 1;
        if !matches!(row.outcome, Outcome::Agree | Outcome::Explained) {
            disagree += 1;
            println!("{:?}: {}", row.outcome, row.told);
        }
    }
    println!("{}", printed(&table));
    assert_eq!(disagree, 0, "see the list above");
    // A reason for a test that is here must still be needed.
    reasons.retain(|reason| {
        let mut about = rows.iter().filter(|row| row.title == reason.title);
        about.clone().next().is_some() && about.all(|row| row.outcome == Outcome::Agree)
    });
    let needless: Vec<_> = reasons.iter().map(|reason| &reason.title).collect();
    assert!(needless.is_empty(), "no longer differ: {needless:?}");
}

#[test]
fn each_reason_names_its_clause() {
    for reason in Reason::all() {
        let Reason {
            title, clause, why, ..
        } = reason;
        assert!(!clause.is_empty() && why.len() > 40, "{title}");
    }
}

fn is_judged(case: &Value) -> bool {
    case["judge"] == true
        && case["level"] != "rrset"
        && case["rsa_bits_min"]
            .as_u64()
            .is_none_or(|bits| bits >= MIN_RSA_BITS)
}

fn judge_all(corpus: &Path, cases: &[Value]) -> Vec<Row> {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let folder = folder("corpus");
    let share = cases.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let running: Vec<_> = cases
            .chunks(share)
            .enumerate()
            .map(|(part, cases)| {
                let anchors = folder.join(format!("{part}.anchors"));
                scope.spawn(move || -> Vec<Row> {
                    let judged = cases.iter().map(|case| judge(corpus, case, &anchors));
                    judged.flatten().collect()
                })
            })
            .collect();
        let finished = running.into_iter().map(|thread| thread.join().unwrap());
        finished.flatten().collect()
    })
}

/// The outcome of each judged question of a case.
fn judge(corpus: &Path, case: &Value, anchors: &PathBuf) -> Vec<Row> {
    let lines: Vec<_> = texts(&case["anchors"]).collect();
    fs::write(anchors, lines.join("\n") + "\n").unwrap();
    let capture = corpus.join(case["pcap"].as_str().unwrap());
    let run = sigtap(&[
        "read".as_ref(),
        "--quiet".as_ref(),
        "--trust-anchor".as_ref(),
        anchors.as_os_str(),
        "--output=none".as_ref(),
        "--verdicts=-".as_ref(),
        capture.as_os_str(),
    ]);
    let mut verdicts = HashMap::new();
    for line in run.stdout.lines() {
        let verdict: Value = serde_json::from_str(line).unwrap();
        verdicts.insert(verdict["packet"].as_u64().unwrap(), verdict);
    }
    let [source, id] = ["source", "id"].map(|key| case[key].as_str().unwrap().to_owned());
    let title = id.strip_prefix(&format!("{source}/")).unwrap_or(&id);
    let questions = case["queries"].as_array().unwrap().iter();
    questions
        .filter(|question| question["judge"] != false)
        .map(|question| {
            let state = state(&verdicts, question);
            let outcome = match run.code {
                Some(0) => outcome(state, &question["accept"]),
                _ => Outcome::Error,
            };
            let told = format!(
                "{}: {} {}: {state:?}, accepted: {} {}",
                case["id"], question["qname"], question["qtype"], question["accept"], run.stderr
            );
            let text = |key: &str| question[key].as_str().unwrap();
            Row {
                source: source.clone(),
                title: title.to_owned(),
                question: format!("{} {}", text("qname"), text("qtype")),
                state: state.map(str::to_owned),
                outcome,
                told,
            }
        })
        .collect()
}

fn outcome(state: Option<&str>, accepted: &Value) -> Outcome {
    let wants_bogus = texts(accepted).eq(["bogus"]);
    match state {
        None => Outcome::NoVerdict,
        Some(state) if texts(accepted).any(|wanted| wanted == state) => Outcome::Agree,
        Some("bogus") => Outcome::FalseBogus,
        Some(_) if wants_bogus => Outcome::MissedBogus,
        Some(_) => Outcome::Other,
    }
}

/// The sensor's word on a question: the best of the answers to one question (another server was
/// tried), the worst of an alias chain's questions.
fn state<'a>(verdicts: &'a HashMap<u64, Value>, question: &Value) -> Option<&'a str> {
    let client = question["client_answer_frame"].as_u64();
    let upstream = question["upstream_frames"].as_array().into_iter().flatten();
    let mut rows: Vec<_> = upstream
        .filter_map(Value::as_u64)
        .filter_map(|frame| verdicts.get(&frame))
        .collect();
    if rows.is_empty() {
        rows.extend(client.and_then(|frame| verdicts.get(&frame)));
    }
    let mut best: HashMap<_, usize> = HashMap::new();
    for row in rows {
        let key = (row["qname"].as_str()?, row["qtype"].as_str()?);
        let rank = RANKS.iter().position(|rank| row["state"] == *rank)?;
        let known = best.entry(key).or_insert(rank);
        *known = rank.max(*known);
    }
    best.into_values()
        .min()
        .and_then(|rank| RANKS.get(rank).copied())
}

/// From the worst to the best.
const RANKS: [&str; 4] = ["bogus", "indeterminate", "insecure", "secure"];

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn printed(table: &Table) -> String {
    let mut text = format!("{:24}{:>12}", "source", "questions");
    for outcome in OUTCOMES {
        write!(text, "{:>13}", format!("{outcome:?}")).unwrap();
    }
    let mut all: BTreeMap<Outcome, usize> = BTreeMap::new();
    for (source, row) in table {
        text += &line(source, row);
        for (outcome, count) in row {
            *all.entry(*outcome).or_default() += count;
        }
    }
    text + &line("all", &all)
}

fn line(source: &str, row: &BTreeMap<Outcome, usize>) -> String {
    let mut text = format!("\n{source:24}{:>12}", row.values().sum::<usize>());
    for outcome in OUTCOMES {
        let count = row.get(&outcome).copied().unwrap_or_default();
        write!(text, "{count:>13}").unwrap();
    }
    text
}
