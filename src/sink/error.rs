//! Why an output cannot be used.

use super::plan::Secret;
use std::io;
use std::path::PathBuf;

/// Why a run cannot write its lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An output cannot be opened or written.
    #[error("cannot write to {output}")]
    Output {
        /// The file, or `standard output`.
        output: String,
        /// What the system said.
        source: io::Error,
    },
    /// The spool of a sink cannot be used.
    #[error("cannot keep lines in {}", folder.display())]
    Spool {
        /// Where it lies.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run uses a spool.
    #[error("another sigtap uses {}, or two outputs are the same sink", folder.display())]
    SpoolInUse {
        /// Where it lies.
        folder: PathBuf,
    },
    /// There is no place for lines that a sink does not take.
    #[error("{sink} needs --spool DIR (or --state FILE), where lines wait while it takes none")]
    NoSpool {
        /// The sink.
        sink: String,
    },
    /// A file of certificates cannot be used.
    #[error("cannot use the certificates in {}: {why}", path.display())]
    Certificates {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A secret cannot be read.
    #[error("cannot read a secret from {secret:?}: {why}")]
    Secret {
        /// Where it is.
        secret: Secret,
        /// Why.
        why: String,
    },
    /// An output is one of the inputs, which it would overwrite.
    #[error("{output} is one of the files to read, it is not overwritten")]
    OverInput {
        /// The file.
        output: String,
    },
}

/// How writing ended before the run did.
#[derive(Debug)]
pub enum Ended {
    /// Who read the last output has gone, as `head` does: no error, and the end.
    ReaderGone,
    /// It cannot be written.
    Failed(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
