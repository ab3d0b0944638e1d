//! One open output, and the lines that wait for it.

use super::clock::{has_passed, now};
use super::error::{Ended, Error};
use super::file::{FileId, LogFile};
use super::plan::Mode;
use super::record::Record;
use super::spool::Spool;
use crate::alert::Envelope;
use crate::time::Timestamp;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Octets of lines that wait for an output that cannot be written, at most.
const WAITING_OCTETS: usize = 32 << 20;

/// How often an output that could not be written is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What takes the lines.
pub(super) enum Taker {
    /// A stream, most likely standard output.
    Stream(Box<dyn Write>),
    /// A file.
    File(LogFile),
    /// The spool of a sink that is a network away.
    Spool(Spool),
}

/// An open output.
pub(super) struct Output {
    pub(super) name: String,
    pub(super) taker: Taker,
    gathered: Vec<u8>,
    /// A part of the first line that waits was written.
    is_mid_line: bool,
    /// Who read it has gone: what comes is dropped.
    is_left: bool,
    is_hung_up: bool,
    mode: Mode,
    trouble: Option<Trouble>,
    /// Lines that are lost to it so far.
    lost: u64,
    latest: Timestamp,
}

/// It could not be written.
struct Trouble {
    tried: Instant,
    lost: u64,
}

impl Output {
    pub(super) fn new(name: String, taker: Taker, mode: Mode) -> Self {
        Self {
            name,
            taker,
            gathered: Vec::new(),
            is_mid_line: false,
            is_left: false,
            is_hung_up: false,
            mode,
            trouble: None,
            lost: 0,
            latest: Timestamp::default(),
        }
    }

    /// Which file it is, under whatever name.
    pub(super) fn file_id(&self) -> Option<FileId> {
        match &self.taker {
            Taker::File(file) => file.id(),
            Taker::Stream(_) | Taker::Spool(_) => None,
        }
    }

    pub(super) const fn is_left(&self) -> bool {
        self.is_left
    }

    /// Octets that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.gathered.len()
    }

    /// Adds a line, or a block of them.
    pub(super) fn add(&mut self, text: &str, time: Timestamp) {
        if self.is_left {
            return;
        }
        if let Some(trouble) = &mut self.trouble
            && self.gathered.len().saturating_add(text.len()) > WAITING_OCTETS
        {
            trouble.lost += 1;
            self.lost += 1;
            return;
        }
        self.latest = self.latest.max(time);
        self.gathered.extend_from_slice(text.as_bytes());
        self.gathered.push(b'\n');
    }

    /// Adds a line, with its envelope where that goes with it.
    pub(super) fn tell(&mut self, envelope: &Envelope, line: &str) {
        let Taker::Spool(spool) = &self.taker else {
            self.add(line, envelope.time);
            return;
        };
        let text = Record::text(envelope, line);
        if spool.has_room(envelope.line_type, text.len() + 1, self.gathered.len()) {
            self.add(&text, envelope.time);
        } else {
            spool.dropped();
        }
    }

    /// Lines that are lost to it for want of room.
    pub(super) fn lost(&self) -> u64 {
        let dropped = match &self.taker {
            Taker::Spool(spool) => spool.standing().figures().dropped,
            Taker::Stream(_) | Taker::File(_) => 0,
        };
        self.lost + dropped
    }

    /// Asks for the file to be opened anew.
    pub(super) fn hang_up(&mut self) {
        self.is_hung_up = true;
        self.reopen();
    }

    /// Writes what waits. Only whole lines are ever begun. Gives what is to be told of it.
    pub(super) fn flush(&mut self) -> Result<Option<String>, Ended> {
        let is_too_soon = |trouble: &Trouble| !has_passed(trouble.tried, PAUSE);
        if self.gathered.is_empty() || self.trouble.as_ref().is_some_and(is_too_soon) {
            return Ok(None);
        }
        match self.write() {
            Ok(()) => Ok(self.trouble.take().map(|trouble| {
                let lost = trouble.lost;
                format!(
                    "{} is written to again, {lost} lines are lost to it",
                    self.place()
                )
            })),
            Err(error) if is_left(&self.taker, &error) => {
                self.is_left = true;
                self.gathered.clear();
                Ok(None)
            }
            Err(error) if self.is_patient() => Ok(self.failed(&error)),
            Err(source) => Err(Ended::Failed(Error::Output {
                output: self.place(),
                source,
            })),
        }
    }

    /// Whether lines wait if it cannot be written.
    fn is_patient(&self) -> bool {
        self.mode == Mode::Append && !matches!(self.taker, Taker::Stream(_))
    }

    /// Nothing comes after this.
    pub(super) fn end(&mut self) -> Result<Option<String>, Ended> {
        self.trouble.as_mut().into_iter().for_each(|trouble| {
            // One more try, however soon.
            trouble.tried = trouble.tried.checked_sub(PAUSE).unwrap_or(trouble.tried);
        });
        let told = self.flush()?;
        if let Taker::File(file) = &self.taker {
            file.sync();
        }
        let lines = self.gathered.split(|octet| *octet == b'\n').skip(1).count();
        let left = format!("{} takes no lines: {lines} never got there", self.place());
        Ok(told.or((lines > 0).then_some(left)))
    }

    /// What is written to, for a sentence.
    fn place(&self) -> String {
        match self.taker {
            Taker::Spool(_) => format!("the spool of {}", self.name),
            Taker::Stream(_) | Taker::File(_) => self.name.clone(),
        }
    }

    fn failed(&mut self, error: &io::Error) -> Option<String> {
        let is_new = self.trouble.is_none();
        let lost = self.trouble.as_ref().map_or(0, |trouble| trouble.lost);
        self.trouble = Some(Trouble { tried: now(), lost });
        is_new.then(|| {
            format!(
                "cannot write to {}: {error}; lines wait in memory, {} MiB of them at most, and it \
                 is tried again each second: free space on its disk",
                self.place(),
                WAITING_OCTETS >> 20
            )
        })
    }

    fn write(&mut self) -> io::Result<()> {
        self.reopen();
        self.make_room();
        let mut written = 0;
        let result = loop {
            let rest = self.gathered.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            let more = match &mut self.taker {
                Taker::Stream(stream) => stream.write(rest),
                Taker::File(file) => file.write(rest),
                Taker::Spool(spool) => spool.write(rest),
            };
            match more {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if let Some(last) = written.checked_sub(1) {
            self.is_mid_line = self.gathered.get(last) != Some(&b'\n');
        }
        self.gathered.drain(..written);
        match &mut self.taker {
            Taker::Stream(stream) => result.and_then(|()| stream.flush()),
            Taker::File(_) | Taker::Spool(_) => result,
        }
    }

    /// Opens the file anew if that was asked for. Where it fails, lines go to the old one on, and
    /// the log says so.
    fn reopen(&mut self) {
        if !self.is_hung_up || self.is_mid_line {
            return;
        }
        self.is_hung_up = false;
        if let Taker::File(file) = &mut self.taker {
            match file.reopen() {
                Ok(()) => tracing::info!("{} was opened anew", self.name),
                Err(error) => tracing::error!(
                    "cannot open {} anew: {error}: lines go to the file that was open before",
                    self.name
                ),
            }
        }
    }

    fn make_room(&mut self) {
        let octets = self.gathered.len();
        if self.is_mid_line {
            return;
        }
        let made = match &mut self.taker {
            Taker::File(file) => file.make_room(octets, self.latest),
            Taker::Spool(spool) => spool.make_room(),
            Taker::Stream(_) => Ok(()),
        };
        if let Err(error) = made {
            tracing::error!("cannot put {} aside: {error}: it grows on", self.name);
        }
    }
}

/// Whether an error means that who read a stream has gone.
fn is_left(taker: &Taker, error: &io::Error) -> bool {
    matches!(taker, Taker::Stream(_)) && error.kind() == io::ErrorKind::BrokenPipe
}
