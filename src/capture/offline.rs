//! Capture files, merged by time.

use super::container::{Container, Damage};
use super::error::Named;
use super::filter::Filter;
use super::input::{self, Input};
use super::{Batch, Error, Filled, Frame, FrameNumber};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// With more files than this, one is open only while its frames are due.
const OPEN_FILES: usize = 32;
/// Frames read in one call, whether or not the filter lets them through.
const FRAMES_A_CALL: u32 = 4096;

/// Capture files (or standard input), read as one capture.
///
/// Frames of several files are merged by time, ties in the order of the files. The frames of one
/// file stay in its order, even where their times run backwards.
pub struct Offline {
    sources: Vec<Source>,
    /// The sources that are not done, by the time of their next frame.
    heads: BTreeSet<(Timestamp, usize)>,
    frames: u64,
    filter: Option<Filter>,
    cuts: Vec<Cut>,
    counter: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    total_octets: Option<u64>,
}

/// One file.
struct Source {
    path: PathBuf,
    container: Option<Container>,
}

/// A file that could not be read to its end.
#[derive(Debug)]
pub struct Cut {
    /// As given on the command line.
    pub path: PathBuf,
    /// Frames of this file before the cut.
    pub frames: u64,
    /// Octets before the cut; of a packed file, octets of what it unpacks to.
    pub octets: u64,
    /// What is wrong there.
    pub damage: Damage,
}

/// How far the reading has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Octets read, still packed.
    pub octets: u64,
    /// Octets in all, unless there is an input of unknown size.
    pub total_octets: Option<u64>,
    /// Frames read, those included that the filter left out.
    pub frames: u64,
}

impl Offline {
    /// Opens all files and looks at their first frames; `-` is standard input.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Error> {
        Self::open_until(paths, Arc::default())
    }

    /// The same. What is no file with an end is at its end once `stop` is true.
    pub fn open_until(paths: &[PathBuf], stop: Arc<AtomicBool>) -> Result<Self, Error> {
        let mut offline = Self::new();
        offline.stop = stop;
        for path in paths {
            let input = input::open(path, &offline.counter, &offline.stop)?;
            offline.add(path, input, paths.len() > OPEN_FILES)?;
        }
        Ok(offline)
    }

    /// Reads one capture that need not be a file; `path` is what errors and cuts call it.
    pub fn from_reader(reader: impl Read + Send + 'static, path: &Path) -> Result<Self, Error> {
        let mut offline = Self::new();
        let input = Input {
            reader: input::read(Box::new(reader), path, &offline.counter)?,
            size: None,
        };
        offline.add(path, input, false)?;
        Ok(offline)
    }

    fn new() -> Self {
        Self {
            sources: Vec::new(),
            heads: BTreeSet::new(),
            frames: 0,
            filter: None,
            cuts: Vec::new(),
            counter: Arc::default(),
            stop: Arc::default(),
            total_octets: Some(0),
        }
    }

    /// Lets through only frames that match a BPF expression. Frame numbers count all frames.
    pub fn with_filter(mut self, expression: &str) -> Result<Self, Error> {
        let mut filter = Filter::new(expression.to_owned());
        for source in &mut self.sources {
            if let Some(Ok(Some(record))) = source.container.as_mut().map(Container::peek) {
                filter.program(record.link)?;
            }
        }
        self.filter = Some(filter);
        Ok(self)
    }

    /// Adds frames to `batch` until it is full or the input ends.
    pub fn fill(&mut self, batch: &mut Batch) -> Result<Filled, Error> {
        let mut budget = FRAMES_A_CALL;
        while !batch.is_full() && budget > 0 {
            let Some((_, index)) = self.heads.pop_first() else {
                return Ok(Filled::End);
            };
            self.read(index, batch, &mut budget)?;
        }
        Ok(if self.heads.is_empty() {
            Filled::End
        } else {
            Filled::More
        })
    }

    /// The files that could not be read to their end, so far.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// How far the reading has come.
    pub fn progress(&self) -> Progress {
        let octets = self.counter.load(Ordering::Relaxed);
        Progress {
            // The first octets of one file among many are read twice.
            octets: self.total_octets.map_or(octets, |total| octets.min(total)),
            total_octets: self.total_octets,
            frames: self.frames,
        }
    }

    fn add(&mut self, path: &Path, input: Input, is_one_of_many: bool) -> Result<(), Error> {
        let index = self.sources.len();
        let can_reopen = input.size.is_some();
        self.total_octets = self
            .total_octets
            .zip(input.size)
            .map(|(sum, size)| sum + size);
        let mut container = Container::open(input, path)?;
        let next = container
            .peek()
            .map(|record| record.map(|record| record.time));
        self.sources.push(Source {
            path: path.to_path_buf(),
            container: Some(container),
        });
        self.settle(index, next);
        if let Some(source) = self.sources.get_mut(index)
            && is_one_of_many
            && can_reopen
        {
            source.container = None;
        }
        Ok(())
    }

    /// Reads from one file for as long as its frames are the next ones.
    fn read(&mut self, index: usize, batch: &mut Batch, budget: &mut u32) -> Result<(), Error> {
        let next_of_others = self.heads.first().copied();
        let Some(source) = self.sources.get_mut(index) else {
            return Ok(());
        };
        let container = match &mut source.container {
            Some(container) => container,
            None => source.container.insert(Container::open(
                input::open(&source.path, &self.counter, &self.stop)?,
                &source.path,
            )?),
        };
        let next = loop {
            let record = match container.peek() {
                Ok(Some(record)) => record,
                Ok(None) => break Ok(None),
                Err(damage) => break Err(damage),
            };
            let is_behind_others = next_of_others.is_some_and(|next| next < (record.time, index));
            if is_behind_others || batch.is_full() || *budget == 0 {
                break Ok(Some(record.time));
            }
            self.frames += 1;
            *budget -= 1;
            let frame = Frame {
                number: FrameNumber::new(self.frames),
                time: record.time,
                link: record.link,
                original_octets: record.original_octets,
                octets: container.body(),
            };
            let is_wanted = match &mut self.filter {
                Some(filter) => filter.accepts(&frame)?,
                None => true,
            };
            if is_wanted {
                batch.push(&frame);
            }
            container.advance();
        };
        self.settle(index, next);
        Ok(())
    }

    /// Puts a file in line by the time of its next frame, or away if there is none.
    fn settle(&mut self, index: usize, next: Result<Option<Timestamp>, Damage>) {
        if let Ok(Some(time)) = next {
            self.heads.insert((time, index));
            return;
        }
        let Some(source) = self.sources.get_mut(index) else {
            return;
        };
        let Some(container) = source.container.take() else {
            return;
        };
        if let Err(damage) = next {
            self.cuts.push(Cut {
                path: source.path.clone(),
                frames: container.records(),
                octets: container.position(),
                damage,
            });
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} could be read only up to frame {} (octet {}): {}",
            Named(&self.path),
            self.frames,
            self.octets,
            self.damage
        )
    }
}
