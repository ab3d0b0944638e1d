//! What was seen, opened to be read.

use super::error::Error;
use super::task::Seen;
use crate::pipeline::{self, Settings, StateFile};
use crate::state::{Limits, Reader};
use crate::time::Timestamp;
use tempfile::TempDir;

/// A state file, of an earlier run or of one made for this question: captures are read into one
/// of their own, so that both give the same answer.
#[derive(Debug)]
pub(super) struct Opened {
    /// What was seen.
    pub(super) reader: Reader,
    /// The end of it, which is the present of all that is told of it.
    pub(super) now: Timestamp,
    /// It is an exercise.
    pub(super) is_drill: bool,
    /// Goes with the answer.
    _folder: Option<TempDir>,
}

impl Opened {
    /// Opens a state file, or reads captures.
    pub(super) fn new(seen: &Seen) -> Result<Self, Error> {
        match seen {
            Seen::State(path) => Self::of(Reader::open(path)?, None),
            Seen::Captures(settings) => Self::read(settings),
        }
    }

    fn read(settings: &Settings) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::Folder)?;
        let path = folder.path().join("state");
        let limits = Limits::default();
        let settings = Settings {
            state: Some(StateFile {
                path: path.clone(),
                limits,
            }),
            ..settings.clone()
        };
        let finished = pipeline::run(&settings)?;
        if let Some(shortfall) = finished.shortfalls.into_iter().next() {
            return Err(Error::Short { shortfall });
        }
        Self::of(Reader::open(&path)?, Some(folder))
    }

    fn of(reader: Reader, folder: Option<TempDir>) -> Result<Self, Error> {
        Ok(Self {
            now: reader.seen_until()?,
            is_drill: reader.is_drill()?,
            reader,
            _folder: folder,
        })
    }
}
