//! Why there is no report.

use crate::message::Name;
use crate::{pipeline, state};
use std::io;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The state file cannot be read.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The captures cannot be read.
    #[error(transparent)]
    Run(#[from] pipeline::Error),
    /// The captures end before their end.
    #[error("{shortfall}")]
    Short {
        /// What was not read.
        shortfall: String,
    },
    /// A zone is asked for of which nothing was seen.
    #[error("neither a DS set nor keys of {zone} were seen")]
    UnknownZone {
        /// The zone.
        zone: Name,
    },
    /// There is no place for what captures show.
    #[error("cannot make a folder for what the captures show")]
    Folder(#[source] io::Error),
    /// A page cannot be made.
    #[error("cannot make the page")]
    Page(#[source] askama::Error),
}
