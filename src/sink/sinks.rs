//! All open outputs.

use super::clock::now;
use super::courier::Courier;
use super::error::{Ended, Error};
use super::file::{FileId, LogFile};
use super::http::Http;
use super::output::{Output, Taker};
use super::plan::{FilePlan, Mode, Target};
use super::sender::Sender;
use super::spool::{Spool, has_records};
use super::standing::{Figures, Standing};
use super::syslog::Syslog;
use crate::alert::Envelope;
use crate::time::Timestamp;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Octets of lines that are gathered before they are written, at most.
const GATHERED_OCTETS: usize = 64 * 1024;

/// How long a live run that ends waits for sinks to take what is left.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long a run over files waits for a sink that takes nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all outputs of a run have in common.
#[derive(Clone, Debug)]
pub struct Common {
    /// Whether what files held before is kept.
    pub mode: Mode,
    /// Nothing is written before [`Sinks::flush`]: what is told is written down elsewhere first.
    pub is_held: bool,
    /// The folder of the spools.
    pub spool: Option<PathBuf>,
    /// The name of the sensor.
    pub host: String,
}

/// The open outputs. Each is open once, however many kinds of line it takes.
pub struct Sinks {
    outputs: Vec<Output>,
    places: Vec<(Target, Place)>,
    common: Common,
    /// What is to be told of them.
    news: Vec<String>,
}

/// The place of an output among the open ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place(usize);

impl Sinks {
    /// With nothing open.
    pub fn new(common: Common) -> Self {
        Self {
            outputs: Vec::new(),
            places: Vec::new(),
            common,
            news: Vec::new(),
        }
    }

    /// Opens a target, unless it is open already. A sink that is a network away gets a thread.
    pub fn open(&mut self, target: &Target) -> Result<Place, Error> {
        if let Some((_, place)) = self.places.iter().find(|(known, _)| known == target) {
            return Ok(*place);
        }
        let mode = self.common.mode;
        let host = self.common.host.clone();
        let output = match target {
            Target::Stdout => {
                let taker = Taker::Stream(Box::new(io::stdout()));
                Output::new("standard output".to_owned(), taker, mode)
            }
            Target::File(plan) => file(plan, mode)?,
            Target::Syslog(plan) => {
                self.spooled(target, plan.spool_mib, Box::new(Syslog::new(plan, &host)))?
            }
            Target::Http(plan) => {
                self.spooled(target, plan.spool_mib, Box::new(Http::new(plan, &host)?))?
            }
        };
        let id = output.file_id();
        let is_same = |known: &Output| id.is_some() && known.file_id() == id;
        let known = self.outputs.iter().position(is_same);
        let place = Place(known.unwrap_or(self.outputs.len()));
        if known.is_none() {
            self.outputs.push(output);
        }
        self.places.push((target.clone(), place));
        Ok(place)
    }

    fn spooled(
        &self,
        target: &Target,
        mib: u64,
        courier: Box<dyn Courier>,
    ) -> Result<Output, Error> {
        let name = target.to_string();
        let spools = self.common.spool.as_deref();
        let spools = spools.ok_or_else(|| Error::NoSpool { sink: name.clone() })?;
        let standing = Arc::new(Standing::default());
        let folder = spools.join(target.folder());
        let (spool, reader) = Spool::open(&folder, mib << 20, &standing)?;
        let sender = Sender::new(name.clone(), reader, courier, standing);
        thread::Builder::new()
            .name("sink".to_owned())
            .spawn(move || sender.run())
            .map_err(|source| Error::Output {
                output: name.clone(),
                source,
            })?;
        Ok(Output::new(name, Taker::Spool(spool), self.common.mode))
    }

    /// Warns of lines that wait for a sink that nobody names any more.
    pub fn look_for_strays(&self) {
        let Some(spools) = &self.common.spool else {
            return;
        };
        let known: Vec<String> = self
            .places
            .iter()
            .map(|(target, _)| target.folder())
            .collect();
        for entry in fs::read_dir(spools).into_iter().flatten().flatten() {
            let is_known = entry
                .file_name()
                .to_str()
                .is_some_and(|name| known.iter().any(|known| known == name));
            if !is_known && has_records(&entry.path()) {
                tracing::warn!(
                    "lines wait in {} for a sink that is not among the outputs any more",
                    entry.path().display()
                );
            }
        }
    }

    /// Adds a line, or a block of them, to a stream or a file.
    pub fn write(&mut self, place: Place, text: &str, time: Timestamp) -> Result<(), Ended> {
        let Some(output) = self.outputs.get_mut(place.0) else {
            return Ok(());
        };
        output.add(text, time);
        self.flush_if_full(place)
    }

    /// Adds a line to any output.
    pub fn tell(&mut self, place: Place, envelope: &Envelope, line: &str) -> Result<(), Ended> {
        let Some(output) = self.outputs.get_mut(place.0) else {
            return Ok(());
        };
        output.tell(envelope, line);
        self.flush_if_full(place)
    }

    fn flush_if_full(&mut self, place: Place) -> Result<(), Ended> {
        let is_full = |output: &Output| output.waiting() >= GATHERED_OCTETS;
        if !self.common.is_held && self.outputs.get(place.0).is_some_and(is_full) {
            self.flush()?;
        }
        Ok(())
    }

    /// Whether lines wait to be written.
    pub fn has_gathered(&self) -> bool {
        self.outputs.iter().any(|output| output.waiting() > 0)
    }

    /// Writes what was gathered. A reader that left costs the other outputs nothing, and neither
    /// does a file of a live run that cannot be written: its lines wait.
    pub fn flush(&mut self) -> Result<(), Ended> {
        for output in &mut self.outputs {
            self.news.extend(output.flush()?);
        }
        let is_any_left = self.outputs.iter().any(Output::is_left);
        if is_any_left && self.outputs.iter().all(Output::is_left) {
            return Err(Ended::ReaderGone);
        }
        Ok(())
    }

    /// Opens the files anew, by their names: somebody has moved them away.
    pub fn reopen(&mut self) {
        self.outputs.iter_mut().for_each(Output::hang_up);
    }

    /// What is to be told of the outputs, once.
    pub fn take_news(&mut self) -> Vec<String> {
        let mut news = std::mem::take(&mut self.news);
        for (name, spool) in self.spools() {
            news.extend(
                spool
                    .standing()
                    .news(name, &spool.folder().display().to_string()),
            );
        }
        news
    }

    /// How the sinks that are a network away do, by name.
    pub fn figures(&self) -> Vec<(&str, Figures)> {
        self.spools()
            .map(|(name, spool)| (name, spool.standing().figures()))
            .collect()
    }

    /// Lines that are lost to an output for want of room.
    pub fn lost(&self) -> u64 {
        self.outputs.iter().map(Output::lost).sum()
    }

    /// Writes what is left, and gives sinks some time to take it. Gives what did not get there.
    pub fn end(&mut self) -> Result<Vec<String>, Ended> {
        let mut left = std::mem::take(&mut self.news);
        for output in &mut self.outputs {
            left.extend(output.end()?);
        }
        self.spools().for_each(|(_, spool)| spool.standing().end());
        let since = now();
        for (name, spool) in self.spools() {
            let standing = spool.standing();
            if self.has_ended(standing, since) {
                continue;
            }
            standing.abandon();
            let kib = standing.waiting_octets().div_ceil(1024);
            let folder = spool.folder().display();
            left.push(format!(
                "{name} took not all lines: {kib} KiB wait in {folder} for the next run"
            ));
        }
        Ok(left)
    }

    /// Waits for the end of a sink: live, somebody wants the run to stop; else as long as it takes
    /// lines.
    fn has_ended(&self, standing: &Standing, since: Instant) -> bool {
        loop {
            let before = standing.waiting_octets();
            let patience = match self.common.mode {
                Mode::Append => LAST_WORDS.saturating_sub(since.elapsed()),
                Mode::Replace => PATIENCE,
            };
            if standing.wait_for_end(patience) {
                return true;
            }
            if self.common.mode == Mode::Append || standing.waiting_octets() == before {
                return false;
            }
        }
    }

    fn spools(&self) -> impl Iterator<Item = (&str, &Spool)> {
        self.outputs
            .iter()
            .filter_map(|output| match &output.taker {
                Taker::Spool(spool) => Some((output.name.as_str(), spool)),
                Taker::Stream(_) | Taker::File(_) => None,
            })
    }
}

fn file(plan: &FilePlan, mode: Mode) -> Result<Output, Error> {
    let name = plan.path.display().to_string();
    match LogFile::open(plan, mode) {
        Ok(file) => Ok(Output::new(name, Taker::File(file), mode)),
        Err(source) => Err(Error::Output {
            output: name,
            source,
        }),
    }
}

/// Refuses a target that is one of the files to read, under whatever name.
pub fn check_distinct(targets: &[&Target], inputs: &[PathBuf]) -> Result<(), Error> {
    let inputs: Vec<_> = inputs.iter().filter_map(|path| FileId::at(path)).collect();
    for target in targets {
        if let Target::File(FilePlan { path, .. }) = target
            && FileId::at(path).is_some_and(|file| inputs.contains(&file))
        {
            return Err(Error::OverInput {
                output: path.display().to_string(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::Path;

    /// Says what its kind says.
    struct Full(io::ErrorKind);

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn sinks(mode: Mode) -> Sinks {
        Sinks::new(Common {
            mode,
            is_held: false,
            spool: None,
            host: "tap".to_owned(),
        })
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sigtap-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_reader_that_left_is_no_failure_and_the_end_if_it_was_the_last() {
        let output = |taker| Output::new("x".to_owned(), Taker::Stream(taker), Mode::Append);
        let left = || output(Box::new(Full(io::ErrorKind::BrokenPipe)));
        let full = || output(Box::new(Full(io::ErrorKind::StorageFull)));
        let open = || output(Box::new(io::sink()));
        let end = |outputs| {
            let mut sinks = sinks(Mode::Append);
            sinks.outputs = outputs;
            for output in &mut sinks.outputs {
                output.add("line", Timestamp::default());
            }
            match sinks.flush() {
                Ok(()) => "goes on",
                Err(Ended::ReaderGone) => "over",
                Err(Ended::Failed(_)) => "failed",
            }
        };
        assert_eq!(end(vec![left()]), "over");
        assert_eq!(end(vec![left(), open()]), "goes on");
        assert_eq!(end(vec![open(), full()]), "failed");
        assert_eq!(end(vec![]), "goes on");
    }

    #[test]
    fn one_target_is_open_once() {
        let mut sinks = sinks(Mode::Replace);
        let places = [(); 2].map(|()| sinks.open(&Target::Stdout).unwrap());
        assert_eq!(places[0], places[1]);
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_anew_and_loses_no_line() {
        let folder = folder("reopen");
        let [path, moved] = ["lines.jsonl", "lines.1"].map(|name| folder.join(name));
        let mut sinks = sinks(Mode::Replace);
        let place = sinks.open(&Target::file(&path)).unwrap();
        let tell = |sinks: &mut Sinks, line| {
            assert!(sinks.write(place, line, Timestamp::default()).is_ok());
            assert!(sinks.flush().is_ok());
        };
        tell(&mut sinks, "one");
        fs::rename(&path, &moved).unwrap();
        tell(&mut sinks, "two");
        sinks.reopen();
        tell(&mut sinks, "three");
        // The folder is gone: lines go where they went before.
        let gone = folder.with_extension("gone");
        let _ = fs::remove_dir_all(&gone);
        fs::rename(&folder, &gone).unwrap();
        sinks.reopen();
        tell(&mut sinks, "four");
        let read = |name| fs::read_to_string(gone.join(name)).unwrap();
        assert_eq!(read("lines.1"), "one\ntwo\n");
        assert_eq!(read("lines.jsonl"), "three\nfour\n");
        fs::remove_dir_all(gone).unwrap();
    }

    #[test]
    fn what_cannot_be_written_ends_read_and_waits_live() {
        for (mode, expected) in [(Mode::Replace, false), (Mode::Append, true)] {
            let mut sinks = sinks(mode);
            // Always full, as a disk may be.
            let place = sinks.open(&Target::file("/dev/full")).unwrap();
            sinks.write(place, "line", Timestamp::default()).unwrap();
            assert_eq!(sinks.flush().is_ok(), expected, "{mode:?}");
            assert!(sinks.has_gathered(), "{mode:?}");
            assert_eq!(sinks.take_news().len(), usize::from(expected));
        }
    }

    #[test]
    fn what_is_read_is_never_overwritten() {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let same = Target::file(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/../Cargo.toml"));
        assert!(check_distinct(&[&same], std::slice::from_ref(&own)).is_err());
        assert!(check_distinct(&[&Target::Stdout], &[own]).is_ok());
    }
}
