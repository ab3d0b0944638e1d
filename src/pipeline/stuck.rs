//! How a run ends before its input does.

use super::Error;
use crate::sink::Ended;

/// How telling ended.
#[derive(Debug)]
pub(super) enum Stuck {
    /// Who read the last output has gone, as `head` does: no error, and the end.
    ReaderGone,
    /// It cannot go on.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stuck {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Ends as the outputs did.
pub(super) fn ended(end: Ended) -> Stuck {
    match end {
        Ended::ReaderGone => Stuck::ReaderGone,
        Ended::Failed(error) => Stuck::Failed(error.into()),
    }
}
