//! Why what the user gave cannot be used.

use super::config::Finding;
use crate::alert::BadLine;
use crate::chain::anchor::AnchorFileError;
use crate::message::zone_file::ZoneFileError;
use crate::portfolio::{PortfolioError, Refused};
use std::io;
use std::path::PathBuf;

/// Why a run cannot be planned, although the command line is well formed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration file says what cannot be.
    #[error("{}:{finding}", path.display())]
    Config {
        /// As given.
        path: PathBuf,
        /// Where and what.
        finding: Finding,
    },
    /// A file of trust anchors cannot be used.
    #[error(transparent)]
    Anchors(#[from] AnchorFileError),
    /// A file cannot be read.
    #[error("cannot read {what} {}", path.display())]
    Unreadable {
        /// What it should hold.
        what: &'static str,
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no text.
    #[error("cannot use {what} {}: it is not text", path.display())]
    NotText {
        /// What it should hold.
        what: &'static str,
        /// As given.
        path: PathBuf,
    },
    /// A file of zone data is none.
    #[error("cannot use zone data {}", path.display())]
    ZoneData {
        /// As given.
        path: PathBuf,
        /// Where and why.
        source: ZoneFileError,
    },
    /// A file of zone data holds nothing of use.
    #[error("zone data {} holds no DS or DNSKEY RRset with its RRSIG", path.display())]
    NoZoneData {
        /// As given.
        path: PathBuf,
    },
    /// A portfolio says what cannot be.
    #[error("cannot use portfolio {}", path.display())]
    Portfolio {
        /// As given.
        path: PathBuf,
        /// Where and why.
        source: PortfolioError,
    },
    /// A list of domains has none that can be taken.
    #[error("no domain in {}{}", path.display(), told(*refused, first.as_ref()))]
    NoDomains {
        /// As given.
        path: PathBuf,
        /// Lines that were not taken.
        refused: usize,
        /// The first of them.
        first: Option<Refused>,
    },
    /// No drill has this name: the command line is wrong.
    #[error("there is no drill {name:?}; the nearest is {nearest} (sigtap drill list shows all)")]
    NoDrill {
        /// As given.
        name: String,
        /// The one that was meant, perhaps.
        nearest: &'static str,
    },
    /// The system has no chance to make keys of.
    #[error("the system gives no random numbers; --seed makes keys without them")]
    NoSeed,
    /// A list of domains is none.
    #[error("cannot use known bogus domains {}", path.display())]
    KnownBogus {
        /// As given.
        path: PathBuf,
        /// Where.
        source: BadLine,
    },
}

fn told(refused: usize, first: Option<&Refused>) -> String {
    first.map_or_else(String::new, |first| {
        format!(": {refused} lines were not taken, {first}")
    })
}
