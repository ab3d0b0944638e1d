//! Why a run ends before its input does.

use crate::{capture, page, state};
use std::io;

/// An error and what brought it about, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The capture cannot be read.
    #[error(transparent)]
    Capture(#[from] capture::Error),
    /// The sensor itself cannot be asked.
    #[error(transparent)]
    Page(#[from] page::Error),
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
