//! What the user types.

use super::Error;
use super::config::ConfigFile;
use crate::chain::NegativeAnchor;
use crate::message::Name;
use crate::state::Limits;
use crate::time::Timestamp;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Listens to DNS, verifies every signature that passes, and tells when one fails or when a
/// zone's keys change unannounced. Never sends a packet.
#[derive(Debug, Parser)]
#[command(
    name = "sigtap",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
pub(super) struct Typed {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Analyse capture files: pcap or pcapng, plain, .gz or .zst
    Read(Read),
    /// Watch interfaces until SIGINT or SIGTERM
    Live(Live),
    /// Begin, check and hold against traffic what you say of your zones
    #[command(subcommand)]
    Portfolio(Portfolio),
    /// Prove that the history in a state file is whole and was not edited
    Audit(Audit),
    /// Look for what is wrong in a configuration file; exit with code 3 if that is something
    CheckConfig(CheckConfig),
    /// Write the man pages and the completions for shells into a folder, as packages want them
    #[command(hide = true)]
    Documents(Documents),
}

#[derive(Debug, Subcommand)]
pub(super) enum Portfolio {
    /// Make a portfolio of a list of domains, or of a table of them (CSV); it goes to stdout
    Import(Import),
    /// Look for what a portfolio lacks; exit with code 3 if that is something
    Check(Check),
    /// Tell which domains are signed, lack only a DS set, are not signed, were not seen
    Coverage(Coverage),
}

#[derive(Args, Debug)]
pub(super) struct Import {
    /// One domain a line, or a table with commas, semicolons or tabs; - is standard input
    #[arg(value_name = "LIST")]
    pub(super) list: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Check {
    /// The portfolio
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: PathBuf,

    /// As of this moment (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) at: Option<Timestamp>,

    /// How it looks
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: TableArg,
}

#[derive(Args, Debug)]
pub(super) struct Coverage {
    /// The portfolio, or a list of domains as `import` takes it (then by the countries in it)
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: PathBuf,

    /// What a run wrote down
    #[arg(long, value_name = "FILE", required_unless_present = "capture")]
    pub(super) state: Option<PathBuf>,

    /// Captures, instead of a state file (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    pub(super) capture: Vec<PathBuf>,

    /// Trust anchors for the captures, as for `read` (repeatable)
    #[arg(long, value_name = "FILE", requires = "capture")]
    pub(super) trust_anchor: Vec<PathBuf>,

    /// DS and DNSKEY records for the captures, as for `read` (repeatable)
    #[arg(long, value_name = "FILE", requires = "capture")]
    pub(super) zone_data: Vec<PathBuf>,

    /// How it looks
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: TableArg,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum TableArg {
    /// For people
    Table,
    /// One JSON object
    Json,
}

#[derive(Args, Debug)]
pub(super) struct Audit {
    /// The state file
    #[arg(value_name = "STATE")]
    pub(super) state: PathBuf,

    /// A `history_head` that a stats line told: the history must go through it. Without it, a
    /// history that was rewritten whole is not told from a true one
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub(super) head: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct CheckConfig {
    /// The configuration file, as `read` and `live` take it by --config
    #[arg(value_name = "FILE")]
    pub(super) config: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Documents {
    /// The folder; on Debian, /usr/share is made like this
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Read {
    /// Captures, merged by time; - is standard input
    #[arg(required = true, value_name = "CAPTURE")]
    pub(super) captures: Vec<PathBuf>,

    /// Exit with code 3 if an alert at least this severe was raised
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<SeverityArg>,

    #[command(flatten)]
    pub(super) shared: Shared,
}

#[derive(Args, Debug)]
pub(super) struct Live {
    /// Interface to watch (repeatable)
    #[arg(
        short,
        long = "interface",
        required_unless_present = "config",
        value_name = "IFACE"
    )]
    pub(super) interfaces: Vec<String>,

    /// Octets kept of each frame
    #[arg(long, value_name = "OCTETS", default_value_t = 65_535, value_parser = clap::value_parser!(u32).range(64..=262_144))]
    pub(super) snaplen: u32,

    /// Kernel buffer for each interface, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=2047))]
    pub(super) buffer: u32,

    #[command(flatten)]
    pub(super) shared: Shared,
}

#[derive(Args, Debug)]
pub(super) struct Shared {
    /// Take options from this file (TOML, docs/configuration.md); the command line wins
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Trust anchors: DS or DNSKEY records in zone-file form, or IANA's root-anchors.xml.
    /// Replaces the built-in root anchors (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchor: Vec<PathBuf>,

    /// Treat this zone as insecure, as resolvers do by RFC 7646, until a time if one is given,
    /// as in example.org@2026-12-01T08:00:00Z (repeatable)
    #[arg(long, value_name = "ZONE[@UNTIL]", value_parser = negative_anchor)]
    pub(super) negative_anchor: Vec<NegativeAnchor>,

    /// DS and DNSKEY records with their RRSIGs in zone-file form, for example the root zone.
    /// Verified, never just believed (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) zone_data: Vec<PathBuf>,

    /// What you say of your zones, their planned changes, and resolvers (TOML, docs/portfolio.md)
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: Option<PathBuf>,

    /// Keep what is learnt in this file (SQLite) and go on from there in the next run
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,

    /// Days for which the state file keeps what is no longer in force
    #[arg(long, value_name = "DAYS", default_value_t = Limits::default().days, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) state_days: u32,

    /// How large the state file may get before its oldest entries go
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().mib, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub(super) state_mib: u32,

    /// Worker threads; the answer does not depend on it [default: the cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) workers: Option<u16>,

    /// Capture filter in libpcap's language [default: whatever can hold DNS]
    #[arg(long, value_name = "BPF")]
    pub(super) filter: Option<String>,

    /// Port that DNS is spoken at (repeatable) [default: 53]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Vec<u16>,

    /// How far the clocks of signers may be off
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(..=86_400))]
    pub(super) clock_skew: u32,

    /// Where alerts go (repeatable) [default: stdout]
    #[arg(
        long, value_name = "stdout|none|file:PATH", value_parser = sink)]
    pub(super) output: Vec<SinkArg>,

    /// Write a JSON line for every judged response; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) verdicts: Option<PathBuf>,

    /// How alerts look on standard output [default: text on a terminal, else eve]
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<FormatArg>,

    /// Seconds between two stats lines [default: 60 live, for `read` only one at the end]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(super) stats_interval: Option<u32>,

    /// More domains that are broken on purpose: counted, never alerted; one name a line
    #[arg(long, value_name = "FILE")]
    pub(super) known_bogus: Option<PathBuf>,

    /// The `host` of every line [default: the host name]
    #[arg(long, value_name = "NAME")]
    pub(super) sensor: Option<String>,

    /// Mark every line as part of an exercise
    #[arg(long)]
    pub(super) drill: bool,

    /// No summary and no progress bar
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// More logging on standard error (repeatable); `RUST_LOG` goes further
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,

    /// How the log looks
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormatArg,
}

/// Where alerts go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SinkArg {
    Stdout,
    None,
    File(PathBuf),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FormatArg {
    /// One readable block an alert
    Text,
    /// One JSON line an alert, in Suricata's envelope
    Eve,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormatArg {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SeverityArg {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// Reads the command line, and the configuration file that it names.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Typed, Untold> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = Typed::command().try_get_matches_from(&arguments)?;
    if let Some((name, matches)) = matches.subcommand()
        && ["read", "live"].contains(&name)
        && let Some(path) = matches.get_one::<PathBuf>("config")
    {
        let file = ConfigFile::read(path)?;
        let command = Typed::command();
        let known = command.find_subcommand(name);
        let options = known.map(|command| file.options(command, Some(matches)));
        // Right behind the name of the command, before what may be positional.
        arguments.splice(2..2, options.unwrap_or_default());
    }
    let typed = Typed::try_parse_from(arguments)?;
    let (kind, told) = match &typed.command {
        Command::Read(read) if has_input_twice(read) => (
            ErrorKind::ArgumentConflict,
            "standard input (-) can be read only once",
        ),
        Command::Live(live) if live.interfaces.is_empty() => (
            ErrorKind::MissingRequiredArgument,
            "no interface to watch: name one with -i, or as `interface` in the configuration file",
        ),
        Command::Read(_)
        | Command::Live(_)
        | Command::Portfolio(_)
        | Command::Audit(_)
        | Command::CheckConfig(_)
        | Command::Documents(_) => return Ok(typed),
    };
    Err(Typed::command().error(kind, told).into())
}

fn has_input_twice(read: &Read) -> bool {
    let inputs = read.captures.iter();
    inputs.filter(|path| **path == Path::new("-")).count() > 1
}

/// Why nothing can be made of what was typed.
#[derive(Debug)]
pub(super) enum Untold {
    /// The command line is wrong, or asks for help.
    Usage(clap::Error),
    /// The configuration file is wrong.
    Config(Error),
}

impl From<clap::Error> for Untold {
    fn from(error: clap::Error) -> Self {
        Self::Usage(error)
    }
}

impl From<Error> for Untold {
    fn from(error: Error) -> Self {
        Self::Config(error)
    }
}

fn negative_anchor(text: &str) -> Result<NegativeAnchor, String> {
    let (zone, until) = match text.rsplit_once('@') {
        Some((zone, until)) => (zone, Some(moment(until)?)),
        None => (text, None),
    };
    let zone = Name::parse(zone).map_err(|_| "not a domain name".to_owned())?;
    Ok(NegativeAnchor { zone, until })
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a time as in 2026-12-01T08:00:00Z".to_owned())
}

fn hash(text: &str) -> Result<String, String> {
    let is_hash = text.len() == 64 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_hash
        .then(|| text.to_ascii_lowercase())
        .ok_or_else(|| "expected 64 hexadecimal digits".to_owned())
}

pub(super) fn sink(text: &str) -> Result<SinkArg, String> {
    match text.split_once(':') {
        None if text == "stdout" => Ok(SinkArg::Stdout),
        None if text == "none" => Ok(SinkArg::None),
        Some(("file", path)) if !path.is_empty() => Ok(SinkArg::File(path.into())),
        _ => Err("expected stdout, none or file:PATH".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_arguments_is_sound() {
        Typed::command().debug_assert();
    }

    #[test]
    fn sinks_are_named_exactly() {
        let table = [
            ("stdout", Some(SinkArg::Stdout)),
            ("none", Some(SinkArg::None)),
            ("file:a:b", Some(SinkArg::File("a:b".into()))),
            ("file:", None),
            ("alerts.jsonl", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(sink(text).ok(), expected, "{text:?}");
        }
    }
}
