//! What the user types.

use super::Error;
use super::config::ConfigFile;
use super::http::{HttpArg, http};
use super::moment::{moment, when};
use crate::alert::Format;
use crate::chain::NegativeAnchor;
use crate::message::Name;
use crate::report::When;
use crate::sink::{Target, Unusable};
use crate::state::Limits;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Listens to DNS, verifies every signature that passes, and tells when one fails or when a
/// zone's keys change unannounced. It sends nothing, but for `verify --ask`.
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
    /// Tell how each zone stands: signed, its chain, what runs out first, who validates, whom to call
    Inventory(Inventory),
    /// Tell what happened, for those who were there, those who were not, and next time
    Review(Review),
    /// Give a zone's last known-good DS and DNSKEY sets, and the ways back to them
    Restore(Restore),
    /// Tell whether zones have recovered, by traffic or by asking; exit with code 3 if not
    Verify(Verify),
    /// Write the capture of a made-up incident to rehearse with, and the answers
    Drill(Drill),
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

    /// As of this moment: RFC 3339, or an age as in 90m or 2d [default: now]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(super) at: Option<When>,

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

/// Where it stands what was seen.
#[derive(Args, Debug)]
pub(super) struct Seen {
    /// What a run wrote down; it may go on meanwhile
    #[arg(long, value_name = "FILE", required_unless_present = "capture")]
    pub(super) state: Option<PathBuf>,

    /// Captures, instead of a state file; - is standard input (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    pub(super) capture: Vec<PathBuf>,

    /// Trust anchors for the captures, as for `read` (repeatable)
    #[arg(long, value_name = "FILE", requires = "capture")]
    pub(super) trust_anchor: Vec<PathBuf>,

    /// DS and DNSKEY records for the captures, as for `read` (repeatable)
    #[arg(long, value_name = "FILE", requires = "capture")]
    pub(super) zone_data: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct Inventory {
    /// These zones, with all that is known of each [default: those of the portfolio, else all seen]
    #[arg(value_name = "ZONE", value_parser = zone)]
    pub(super) zones: Vec<Name>,

    #[command(flatten)]
    pub(super) seen: Seen,

    /// What you say of your zones and resolvers: what they lack comes first
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: Option<PathBuf>,

    /// How it looks
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: InventoryArg,
}

#[derive(Args, Debug)]
pub(super) struct Review {
    /// The zones [default: all that an alert or a change of the time asked for is about]
    #[arg(value_name = "ZONE", value_parser = zone)]
    pub(super) zones: Vec<Name>,

    /// From when on: RFC 3339, or an age as in 90m or 2d [default: the beginning]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(super) since: Option<When>,

    /// Until when [default: the end of what was seen]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(super) until: Option<When>,

    #[command(flatten)]
    pub(super) seen: Seen,

    /// What you say of your zones, their planned changes, and resolvers
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: Option<PathBuf>,

    /// How it looks
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    pub(super) format: ReviewArg,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum ReviewArg {
    /// For a ticket or a repository
    Markdown,
    /// One page with pictures, which needs nothing else
    Html,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum InventoryArg {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// One line a zone, for spreadsheets
    Csv,
    /// A page that needs nothing else
    Html,
}

#[derive(Args, Debug)]
pub(super) struct Restore {
    /// The zone
    #[arg(value_name = "ZONE", value_parser = zone)]
    pub(super) zone: Name,

    /// As of this moment: RFC 3339, or an age as in 90m or 2d [default: before what is open began]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(super) at: Option<When>,

    #[command(flatten)]
    pub(super) seen: Seen,

    /// What you say of your zones and resolvers: whom to call, and commands
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: Option<PathBuf>,

    /// DNSKEY records of a signer that is to take over, in zone-file form (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) standby_keys: Vec<PathBuf>,

    /// How it looks
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TextArg,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum TextArg {
    /// For people
    Text,
    /// One JSON object
    Json,
}

#[derive(Args, Debug)]
pub(super) struct Verify {
    /// The zones
    #[arg(required = true, value_name = "ZONE", value_parser = zone)]
    pub(super) zones: Vec<Name>,

    /// What was seen since: RFC 3339, or an age as in 90m or 2d [default: when the zone's last
    /// incident began]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(super) since: Option<When>,

    /// What a run wrote down; it may go on meanwhile
    #[arg(long, value_name = "FILE", required_unless_present_any = ["capture", "ask"])]
    pub(super) state: Option<PathBuf>,

    /// Captures, instead of a state file; - is standard input (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    pub(super) capture: Vec<PathBuf>,

    /// Ask this resolver for the zone and all above it, and judge what it answers: an address, or
    /// ADDRESS:PORT (repeatable). Nothing else in sigtap ever sends
    #[arg(long, value_name = "RESOLVER", value_parser = resolver)]
    pub(super) ask: Vec<SocketAddr>,

    /// Ask again until the zones have recovered, for at most so many seconds
    #[arg(long, value_name = "SECONDS", requires = "ask")]
    pub(super) watch: Option<u32>,

    /// Trust anchors, as for `read` (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchor: Vec<PathBuf>,

    /// DS and DNSKEY records, as for `read` (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) zone_data: Vec<PathBuf>,

    /// What you say of your zones and resolvers: who must be seen to validate
    #[arg(long, value_name = "FILE")]
    pub(super) portfolio: Option<PathBuf>,

    /// How it looks
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TextArg,
}

#[derive(Args, Debug)]
pub(super) struct Drill {
    /// Which incident; `list` shows all
    #[arg(value_name = "SCENARIO")]
    pub(super) scenario: String,

    /// A zone of yours that plays a part (repeatable); the incident strikes the first
    #[arg(long, value_name = "NAME", value_parser = zone)]
    pub(super) zone: Vec<Name>,

    /// When the story begins: RFC 3339, or an age as in 90m or 2d [default: so that it ends now]
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(super) start: Option<When>,

    /// Where the files go [default: drill-SCENARIO]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,

    /// The same seed, zones and start give the same octets [default: by chance]
    #[arg(long, value_name = "TEXT")]
    pub(super) seed: Option<String>,

    /// Write over files that are there already
    #[arg(long)]
    pub(super) force: bool,
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

    /// Where metrics (/metrics), health (/healthz, /readyz) and the status page (/) can be asked
    /// for. There is no password: an address that others reach shows them what is watched
    #[arg(long, value_name = "ADDR:PORT|off", default_value_t = HttpArg::default(), value_parser = http)]
    pub(super) http: HttpArg,

    /// Kernel buffer for each interface, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=2047))]
    pub(super) buffer: u32,

    /// Take only frames that are for this host, or from it
    #[arg(long)]
    pub(super) no_promiscuous: bool,

    /// What to become once the capture is open: outputs and the state file are then this user's
    /// [default: sigtap, else nobody]
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,

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

    /// Where alerts go; options follow after # (repeatable; docs/outputs.md) [default: stdout]
    #[arg(
        long, value_name = "stdout|none|file:PATH|syslog:udp://HOST|syslog:tcp://HOST|syslog:unix:PATH|http:URL", value_parser = sink)]
    pub(super) output: Vec<SinkArg>,

    /// Folder where lines wait while a syslog or http output takes none
    /// [default: the state file's name with .spool]
    #[arg(long, value_name = "DIR")]
    pub(super) spool: Option<PathBuf>,

    /// Write a JSON line for every judged response; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) verdicts: Option<PathBuf>,

    /// How alerts look; text is for standard output only [default: text on a terminal, else eve]
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

/// Where alerts go; nowhere if there is no target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SinkArg {
    pub(super) target: Option<Target>,
    pub(super) format: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FormatArg {
    /// One readable block an alert
    Text,
    /// One JSON line an alert, in Suricata's envelope
    Eve,
    /// The same as Elastic Common Schema 9
    Ecs,
    /// The same as OCSF 1.8
    Ocsf,
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
        | Command::Inventory(_)
        | Command::Review(_)
        | Command::Restore(_)
        | Command::Verify(_)
        | Command::Drill(_)
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
    let zone = self::zone(zone)?;
    Ok(NegativeAnchor { zone, until })
}

fn zone(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|_| "not a domain name".to_owned())
}

fn resolver(text: &str) -> Result<SocketAddr, String> {
    const PORT: u16 = 53;
    let address = text
        .parse()
        .map(|address: IpAddr| SocketAddr::new(address, PORT));
    address
        .or_else(|_| text.parse())
        .map_err(|_| "expected an address, ADDRESS:PORT or [ADDRESS]:PORT".to_owned())
}

fn hash(text: &str) -> Result<String, String> {
    let is_hash = text.len() == 64 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_hash
        .then(|| text.to_ascii_lowercase())
        .ok_or_else(|| "expected 64 hexadecimal digits".to_owned())
}

pub(super) fn sink(text: &str) -> Result<SinkArg, Unusable> {
    let (target, format) = Target::parse(text)?;
    Ok(SinkArg { target, format })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_arguments_is_sound() {
        Typed::command().debug_assert();
    }
}
