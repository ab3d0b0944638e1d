//! Why a run ends before its input does.

use crate::{capture, confine, page, sink, state};
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
    /// Rights cannot be given up.
    #[error(transparent)]
    Rights(#[from] confine::Error),
    /// Something cannot be opened by the user that the run became.
    #[error("as {user}, whom --user can change")]
    AsUser {
        /// Whom it became.
        user: String,
        /// What cannot be opened.
        source: Box<Error>,
    },
    /// The sensor itself cannot be asked.
    #[error(transparent)]
    Page(#[from] page::Error),
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] state::Error),
    /// An output cannot be used.
    #[error(transparent)]
    Sink(#[from] sink::Error),
    /// The handlers of signals cannot be set.
    #[error("cannot handle signals")]
    Signals {
        /// What the system said.
        source: io::Error,
    },
}
