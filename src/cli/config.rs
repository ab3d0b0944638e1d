//! The configuration file: every option of `read` and `live` by its long name, in TOML.
//!
//! What an option is called, what it takes and whether that can be is asked of the definition of
//! the command line, so that the two cannot differ.

use super::args::Typed;
use super::{Error, files};
use crate::portfolio::{line, nearest};
use clap::error::ContextKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The commands that a configuration file is for.
const COMMANDS: [&str; 2] = ["live", "read"];

/// Options that have no place in a file.
const NOT_IN_FILES: [&str; 3] = ["config", "help", "version"];

/// What is wrong in a configuration file, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, for people.
    pub told: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.line, self.told)
    }
}

/// An option that a file sets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Setting {
    /// The long name of the option.
    pub(super) name: String,
    /// The line of the name, from 1.
    pub(super) line: usize,
    /// As on the command line; nothing for a switch that is off.
    pub(super) words: Vec<OsString>,
    /// What it is set to, as texts.
    pub(super) values: Vec<String>,
}

/// A configuration file.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) settings: Vec<Setting>,
    /// What is wrong, in the order of the lines.
    pub(super) findings: Vec<Finding>,
}

impl ConfigFile {
    /// Reads a file in which nothing is wrong.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let file = Self::parse(&files::text("configuration", path)?);
        match file.findings.first() {
            Some(finding) => Err(Error::Config {
                path: path.to_path_buf(),
                finding: finding.clone(),
            }),
            None => Ok(file),
        }
    }

    /// Takes what is right in a text, and notes what is wrong.
    pub(super) fn parse(text: &str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut file = Self::default();
        for error in &errors {
            let start = error.span().map_or(0, |span| span.start);
            let lines: Vec<&str> = error.message().lines().map(str::trim).collect();
            file.find(line(text, start), lines.join("; "));
        }
        let options = options();
        for (key, value) in table.get_ref() {
            let (name, line) = (key.get_ref().as_ref(), line(text, key.span().start));
            match options.iter().find(|known| name_of(&known.arg) == name) {
                Some(option) => file.take(option, value, text, line),
                None => file.find(line, unknown(name, &options)),
            }
        }
        file.findings.sort_by_key(|finding| finding.line);
        file.settings.sort_by_key(|setting| setting.line);
        file
    }

    /// What a command takes of the file, as on the command line; not what was typed there too.
    pub(super) fn options(&self, command: &Command, typed: Option<&ArgMatches>) -> Vec<OsString> {
        let taken = self.settings_for(command, typed);
        taken.flat_map(|setting| setting.words.clone()).collect()
    }

    /// The settings that a command takes.
    pub(super) fn settings_for(
        &self,
        command: &Command,
        typed: Option<&ArgMatches>,
    ) -> impl Iterator<Item = &Setting> {
        let is_typed = move |arg: &Arg| {
            let source = typed.and_then(|typed| typed.value_source(arg.get_id().as_str()));
            source == Some(ValueSource::CommandLine)
        };
        self.settings.iter().filter(move |setting| {
            let mut known = command.get_arguments();
            known.any(|arg| name_of(arg) == setting.name && !is_typed(arg))
        })
    }

    /// Takes the value of an option.
    fn take(&mut self, option: &Choice, value: &Spanned<DeValue<'_>>, text: &str, at: usize) {
        let name = name_of(&option.arg);
        let kind = Kind::of(&option.arg);
        let list = value.get_ref().as_array();
        let values: Vec<_> = match list.filter(|_| option.is_repeatable()) {
            Some(values) => values.iter().collect(),
            None => vec![value],
        };
        let mut setting = Setting {
            name: name.to_owned(),
            line: at,
            words: Vec::new(),
            values: Vec::new(),
        };
        for value in values {
            let at = line(text, value.span().start);
            let words = match kind.words(name, value.get_ref()) {
                Ok(words) => words,
                Err(expected) => {
                    let found = kind_of(value.get_ref());
                    let list = if option.is_repeatable() {
                        ", or a list of them"
                    } else {
                        ""
                    };
                    self.find(at, format!("`{name}` is {found}: write {expected}{list}"));
                    continue;
                }
            };
            if let Some(told) = option.objection(&words) {
                self.find(at, format!("`{name}`: {told}"));
                continue;
            }
            setting.values.extend(text_of(value.get_ref()));
            setting.words.extend(words);
        }
        self.settings.push(setting);
    }

    fn find(&mut self, line: usize, told: String) {
        self.findings.push(Finding { line, told });
    }
}

/// An option of the command line, and a command that has it.
struct Choice {
    arg: Arg,
    /// The command with nothing required, to try values.
    command: Command,
}

impl Choice {
    fn is_repeatable(&self) -> bool {
        matches!(self.arg.get_action(), ArgAction::Append)
    }

    /// What the command line would say against these words.
    fn objection(&self, words: &[OsString]) -> Option<String> {
        // With a file, nothing else has to be there.
        let words = words.iter().cloned().chain([OsString::from("--config=-")]);
        let error = self.command.clone().try_get_matches_from(words).err()?;
        let value = error.get(ContextKind::InvalidValue);
        let allowed = error.get(ContextKind::ValidValue);
        let reason = std::error::Error::source(&error).map(ToString::to_string);
        let value = value.map(|value| format!("`{value}` cannot be"));
        let allowed = allowed.map(|allowed| format!("it is one of {allowed}"));
        let told: Vec<String> = [value, allowed.or(reason)].into_iter().flatten().collect();
        if told.is_empty() {
            return error.to_string().lines().next().map(str::to_owned);
        }
        Some(told.join(": "))
    }
}

/// All options that may stand in a file, each once.
fn options() -> Vec<Choice> {
    let mut known = BTreeSet::new();
    let mut options = Vec::new();
    let typed = Typed::command();
    for name in COMMANDS {
        let Some(command) = typed.find_subcommand(name) else {
            continue;
        };
        let lenient = command
            .clone()
            .no_binary_name(true)
            .mut_args(|arg| arg.required(false));
        for arg in command.get_arguments() {
            let name = name_of(arg);
            if !name.is_empty() && !NOT_IN_FILES.contains(&name) && known.insert(name.to_owned()) {
                options.push(Choice {
                    arg: arg.clone(),
                    command: lenient.clone(),
                });
            }
        }
    }
    options
}

/// The long name of an option; nothing for what stands by its place.
fn name_of(arg: &Arg) -> &str {
    arg.get_long().unwrap_or_default()
}

/// What an option takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// On or off.
    Switch,
    /// How often it stands there.
    Count,
    Number,
    Text,
    /// A zone, perhaps with a time after which it is one no longer.
    Zone,
}

impl Kind {
    fn of(arg: &Arg) -> Self {
        let takes = arg.get_value_parser().type_id();
        let numbers = [
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
        ];
        let action = arg.get_action();
        if matches!(action, ArgAction::SetTrue) {
            Self::Switch
        } else if matches!(action, ArgAction::Count) {
            Self::Count
        } else if numbers.iter().any(|number| takes == *number) {
            Self::Number
        } else if name_of(arg) == "negative-anchor" {
            Self::Zone
        } else {
            Self::Text
        }
    }

    /// The words for a value on the command line, or what it should be.
    fn words(self, name: &str, value: &DeValue<'_>) -> Result<Vec<OsString>, &'static str> {
        let with = |value: &str| Ok(vec![OsString::from(format!("--{name}={value}"))]);
        let flag = OsString::from(format!("--{name}"));
        match (self, value) {
            (Self::Switch, DeValue::Boolean(is_on)) => {
                Ok(is_on.then_some(flag).into_iter().collect())
            }
            (Self::Count, DeValue::Integer(count)) => match count.as_str().parse::<u8>() {
                Ok(count @ 0..=3) => Ok(vec![flag; usize::from(count)]),
                Ok(_) | Err(_) => Err("a number from 0 to 3"),
            },
            (Self::Number, DeValue::Integer(number)) if number.radix() == 10 => {
                with(number.as_str())
            }
            (Self::Text | Self::Zone, DeValue::String(text)) => with(text),
            (Self::Zone, DeValue::Table(table)) => match excepted(table) {
                Some(text) => with(&text),
                None => Err(
                    "a zone in quotes, or { zone = \"example.org\", until = 2026-12-01T08:00:00Z }",
                ),
            },
            (Self::Switch, _) => Err("true or false"),
            (Self::Count, _) => Err("a number from 0 to 3"),
            (Self::Number, _) => Err("a number in decimal, without quotes"),
            (Self::Text, _) => Err("a text in quotes"),
            (Self::Zone, _) => {
                Err("a zone in quotes, or { zone = \"example.org\", until = 2026-12-01T08:00:00Z }")
            }
        }
    }
}

/// A negative anchor as the command line has it.
fn excepted(table: &DeTable<'_>) -> Option<String> {
    let is_known = |key: &str| ["zone", "until"].contains(&key);
    if !table.keys().all(|key| is_known(key.get_ref())) {
        return None;
    }
    let zone = table.get("zone")?.get_ref().as_str()?;
    let Some(until) = table.get("until") else {
        return Some(zone.to_owned());
    };
    match until.get_ref() {
        DeValue::Datetime(until) => Some(format!("{zone}@{until}")),
        DeValue::String(until) => Some(format!("{zone}@{until}")),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(is_on) => Some(is_on.to_string()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn unknown(name: &str, options: &[Choice]) -> String {
    let short: String = name.chars().take(60).flat_map(char::escape_debug).collect();
    let known = options.iter().map(|known| name_of(&known.arg));
    let hint = nearest(name, known).map_or_else(String::new, |nearest| {
        format!("; did you mean `{nearest}`?")
    });
    format!("unknown key `{short}`{hint}")
}

/// The files that a setting names and that are read.
pub(super) fn paths(setting: &Setting) -> impl Iterator<Item = PathBuf> {
    setting.values.iter().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that is installed.
    const EXAMPLE: &str = include_str!("../../deploy/sigtap.toml");

    /// The example with every line in force that begins with `#key =`.
    fn example() -> String {
        let lines = EXAMPLE.lines().map(|line| {
            let key = line.strip_prefix('#');
            let is_set = key.is_some_and(|key| key.starts_with(|c: char| c.is_ascii_lowercase()));
            key.filter(|_| is_set).unwrap_or(line)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_example_has_every_option_and_no_other() {
        let file = ConfigFile::parse(&example());
        assert_eq!(file.findings, [], "{:?}", file.findings);
        let told: BTreeSet<_> = file.settings.iter().map(|set| set.name.clone()).collect();
        let known = options();
        let known: BTreeSet<_> = known
            .iter()
            .map(|known| name_of(&known.arg).to_owned())
            .collect();
        assert_eq!(told, known);
        assert_eq!(file.settings.len(), known.len());
    }

    #[test]
    fn the_example_as_it_is_keeps_state_and_alerts_where_the_service_may_write() {
        let file = ConfigFile::parse(EXAMPLE);
        assert_eq!(file.findings, []);
        let values = |setting: &Setting| (setting.name.clone(), setting.values.join(" "));
        let set: Vec<_> = file.settings.iter().map(values).collect();
        let expected = [
            ("state", "/var/lib/sigtap/state.db"),
            ("output", "file:/var/log/sigtap/alerts.jsonl"),
        ];
        assert_eq!(
            set,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn the_example_tells_the_defaults() {
        // What the definition leaves open, and the rest of the house decides.
        let decided = [
            ("port", "53"),
            ("output", "stdout"),
            ("stats-interval", "60"),
        ];
        let (text, known) = (example(), options());
        let lines: Vec<_> = text.lines().collect();
        let in_force = ConfigFile::parse(EXAMPLE).settings;
        let is_set = |name: &str| in_force.iter().any(|setting| setting.name == name);
        for setting in ConfigFile::parse(&text).settings {
            let name = setting.name.as_str();
            if is_set(name) {
                continue;
            }
            let arg = known
                .iter()
                .find(|known| name_of(&known.arg) == name)
                .unwrap();
            let kind = Kind::of(&arg.arg);
            let defaults: Vec<_> = match kind {
                Kind::Switch => vec!["false"],
                Kind::Count => vec!["0"],
                Kind::Number | Kind::Text | Kind::Zone => {
                    let defaults = arg.arg.get_default_values().iter();
                    let defaults = defaults.filter_map(|value| value.to_str());
                    let decided = decided.iter().filter(|(known, _)| *known == name);
                    defaults.chain(decided.map(|(_, value)| *value)).collect()
                }
            };
            let mut above = lines[..setting.line - 1].iter().rev();
            let told = above.by_ref().take_while(|line| line.starts_with("# "));
            let is_example = told
                .filter(|line| line.contains("n example:") || line.contains("default is"))
                .count()
                > 0;
            assert_eq!(defaults.is_empty(), is_example, "{name}");
            if !is_example {
                assert_eq!(setting.values, defaults, "{name}");
            }
        }
    }

    /// What a file says, and what is told of it.
    const WRONG: &[(&str, &str)] = &[
        (
            "stats_interval = 60",
            "1: unknown key `stats_interval`; did you mean `stats-interval`?",
        ),
        (
            "\n\nworker = 2",
            "3: unknown key `worker`; did you mean `workers`?",
        ),
        ("zzz = 1", "1: unknown key `zzz`"),
        (
            "workers = \"2\"",
            "1: `workers` is a text: write a number in decimal, without quotes",
        ),
        (
            "port = [53, \n\"x\"]",
            "2: `port` is a text: write a number in decimal, without quotes, or a list of them",
        ),
        (
            "port = 0",
            "1: `port`: `0` cannot be: 0 is not in 1..=65535",
        ),
        (
            "port = 99999",
            "1: `port`: `99999` cannot be: 99999 is not in 1..=65535",
        ),
        (
            "snaplen = -5",
            "1: `snaplen`: `-5` cannot be: -5 is not in 64..=262144",
        ),
        (
            "sensor = true",
            "1: `sensor` is true or false: write a text in quotes",
        ),
        (
            "sensor = [\"a\"]",
            "1: `sensor` is a list: write a text in quotes",
        ),
        ("drill = 1", "1: `drill` is a number: write true or false"),
        (
            "verbose = 4",
            "1: `verbose` is a number: write a number from 0 to 3",
        ),
        (
            "format = \"xml\"",
            "1: `format`: `xml` cannot be: it is one of text, eve",
        ),
        (
            "output = \"nowhere\"",
            "1: `output`: `nowhere` cannot be: expected stdout, none, file:PATH, syslog:udp://HOST, syslog:tcp://HOST, syslog:unix:PATH or http:URL",
        ),
        (
            "negative-anchor = \"a..b\"",
            "1: `negative-anchor`: `a..b` cannot be: not a domain name",
        ),
        ("config = \"other.toml\"", "1: unknown key `config`"),
        ("workers = 1\nworkers = 2", "2: duplicate key"),
        ("workers = ", "1: "),
        ("[live]\nworkers = 1", "1: unknown key `live`"),
    ];

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in WRONG {
            let found = ConfigFile::parse(text).findings;
            let told: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert!(
                told.iter().any(|told| told.starts_with(expected)),
                "{text}: {told:?}"
            );
        }
    }

    #[test]
    fn what_is_right_becomes_words_of_the_command_line() {
        let text = "port = [53, 5353]\nsensor = \"tap 1\"\ndrill = true\nquiet = false\nverbose = 2\n\
                    negative-anchor = [\"a.example\", { zone = \"b.example\", until = 2026-12-01T08:00:00Z }]";
        let file = ConfigFile::parse(text);
        assert_eq!(file.findings, []);
        let typed = Typed::command();
        let words = file.options(typed.find_subcommand("live").unwrap(), None);
        assert_eq!(
            words,
            [
                "--port=53",
                "--port=5353",
                "--sensor=tap 1",
                "--drill",
                "--verbose",
                "--verbose",
                "--negative-anchor=a.example",
                "--negative-anchor=b.example@2026-12-01T08:00:00Z",
            ]
        );
    }
}
