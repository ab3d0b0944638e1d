//! What the user asks of an output.

use std::fmt;
use std::path::PathBuf;

/// Where lines go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(FilePlan),
    /// A syslog daemon.
    Syslog(SyslogPlan),
    /// A collector that takes batches over HTTP.
    Http(HttpPlan),
}

/// A file that lines go to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FilePlan {
    /// Where it lies.
    pub path: PathBuf,
    /// When it is put aside for a new one.
    pub rotation: Rotation,
}

/// When a file is put aside, and how many such files stay. By default it grows on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// Before it gets larger than this, in MiB.
    pub mib: Option<u64>,
    /// When so many hours begin, counted from the epoch: 24 is at midnight UTC.
    pub hours: Option<u32>,
    /// Files that were put aside and stay, at most.
    pub keep: u32,
}

impl Rotation {
    /// Files that stay unless the user says otherwise.
    pub const KEEP: u32 = 14;
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            mib: None,
            hours: None,
            keep: Self::KEEP,
        }
    }
}

impl Target {
    /// A file that grows on.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(FilePlan {
            path: path.into(),
            rotation: Rotation::default(),
        })
    }
}

/// A syslog daemon (RFC 5424).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyslogPlan {
    /// How it is reached.
    pub transport: Transport,
    /// The facility of each message (RFC 5424 §6.2.1), at most 23.
    pub facility: u8,
    /// How messages are told apart in a stream.
    pub framing: Framing,
    /// How much waits for it at most, in MiB.
    pub spool_mib: u64,
}

/// How a syslog daemon is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Host and port; nothing tells whether a line arrives.
    Udp(String),
    /// Host and port.
    Tcp(String),
    /// A socket of this machine, for datagrams or for a stream.
    Unix(PathBuf),
}

/// How messages are told apart in a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// Their octets are counted (RFC 6587 §3.4.1).
    Octets,
    /// A line feed ends each (RFC 6587 §3.4.2).
    Lines,
}

/// A collector that takes batches over HTTP.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpPlan {
    /// Where it takes them.
    pub url: String,
    /// How they look.
    pub api: Api,
    /// How the sensor shows who it is.
    pub login: Login,
    /// Certificates that it is trusted by, in PEM form; else those of the system.
    pub ca: Option<PathBuf>,
    /// How much waits for it at most, in MiB.
    pub spool_mib: u64,
}

/// How a batch looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Api {
    /// Elasticsearch and its like: `_bulk`, each line created under its `event_id`.
    Elasticsearch,
    /// Splunk's HTTP Event Collector.
    Splunk,
    /// The lines as they are, one after the other.
    Ndjson,
}

/// How the sensor shows who it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Login {
    /// It does not.
    None,
    /// A name and a password (RFC 7617).
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token of a scheme: `ApiKey`, `Bearer` (RFC 6750), `Splunk`.
    Token {
        /// The scheme.
        scheme: &'static str,
        /// The token.
        token: Secret,
    },
}

/// Where a secret is read: never off the command line, which everybody sees.
#[derive(Clone, Eq, PartialEq)]
pub enum Secret {
    /// The first line of a file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(out, "the file {}", path.display()),
            Self::Environment(name) => write!(out, "the variable {name}"),
        }
    }
}

/// How much waits for a sink at most unless the user says otherwise, in MiB.
pub const SPOOL_MIB: u64 = 256;

/// Whether what a file held before is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// `read`: one run, one answer. What cannot be written ends it.
    Replace,
    /// `live`: a log that goes on. What cannot be written waits.
    Append,
}
