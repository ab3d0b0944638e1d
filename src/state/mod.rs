//! Gives a memory that outlives the run.
//!
//! Takes what was verified, told and left open, and gives it back to the next run. Owns the
//! state file: an SQLite database that anyone may query (docs/state.md), with one writer. Its
//! history is append-only, each entry bound to the one before by a hash. The only door to rusqlite.

mod account;
mod audit;
mod entries;
mod history;
mod lock;
mod pending;
mod reader;
mod resume;
mod retention;
mod schema;
mod sets;
mod store;
mod surplus;
mod survey;
mod told;

pub use audit::{Audit, Flaw, audit};
pub use entries::{Told, ToldKind};
pub use pending::Lost;
pub use reader::{Reader, SetKind, StoredSet};
pub use resume::{Known, KnownSet, Room};
pub use store::{Limits, State};
pub use survey::survey;
pub use told::{Changed, Incident};

use std::io;
use std::path::PathBuf;

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It cannot be created, opened or locked.
    #[error("cannot open the state file {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another sigtap writes to it.
    #[error("the state file {path} is in use by another sigtap")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{path} is not a state file of sigtap")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later sigtap wrote it.
    #[error("the state file {path} has version {found}, this sigtap knows {known}")]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: i64,
        /// The version that this program writes.
        known: i64,
    },
    /// It holds a drill and the run is none, or the other way round.
    #[error("the state file {path} holds {held}, it is not mixed with {given}")]
    Mixed {
        /// The file.
        path: PathBuf,
        /// What it holds.
        held: &'static str,
        /// What the run sees.
        given: &'static str,
    },
    /// It was not closed, and nothing may be written beside it.
    #[error(
        "the last entries of {path} stand in {path}-wal, and nothing may be written beside it: \
         copy both to a folder where you may write, and read them there"
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
    },
    /// SQLite says no.
    #[error("cannot use the state file {path}")]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
