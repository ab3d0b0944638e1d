//! Why a run ends before its input does.

use crate::{capture, state};
use std::io;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The capture cannot be read.
    #[error(transparent)]
    Capture(#[from] capture::Error),
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] state::Error),
    /// An output cannot be opened or written.
    #[error("cannot write to {output}")]
    Output {
        /// The file, or `standard output`.
        output: String,
        /// What the system said.
        source: io::Error,
    },
    /// An output is one of the inputs, which it would overwrite.
    #[error("{output} is one of the files to read, it is not overwritten")]
    OverInput {
        /// The file.
        output: String,
    },
    /// The handlers of SIGINT and SIGTERM cannot be set.
    #[error("cannot handle signals")]
    Signals {
        /// What the system said.
        source: io::Error,
    },
}
