//! Why there is no report.

use crate::{pipeline, state};

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
}
