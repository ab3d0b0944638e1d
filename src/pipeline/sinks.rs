//! Where lines go.

use super::error::{Error, with_causes};
use std::collections::HashMap;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Octets of lines that are gathered before they are written, at most.
const GATHERED_OCTETS: usize = 64 * 1024;

/// Where lines are written.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// Whether what a file held before is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    /// `read`: one run, one answer.
    Replace,
    /// `live`: a log that goes on.
    Append,
}

/// How writing ended.
#[derive(Debug)]
pub(super) enum Stuck {
    /// Who read the last output has gone, as `head` does: no error, and the end.
    ReaderGone,
    /// It cannot be written.
    Failed(Error),
}

/// An open output. Each is open once, however many kinds of line it takes.
pub(super) struct Sinks {
    outputs: Vec<Output>,
    places: HashMap<Target, usize>,
    /// Nothing is written before [`Sinks::flush`]: what is told is written down elsewhere first.
    is_held: bool,
}

impl From<Error> for Stuck {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The place of an output among the open ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize);

struct Output {
    name: String,
    writer: Box<dyn Write>,
    /// Where it lies, if it is a file.
    path: Option<PathBuf>,
    /// Which file it is, under whatever name.
    file: Option<FileId>,
    gathered: Vec<u8>,
    /// Who read it has gone: what comes is dropped.
    is_left: bool,
}

/// Device and inode of a regular file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct FileId(u64, u64);

impl FileId {
    fn of(about: &Metadata) -> Option<Self> {
        about.is_file().then(|| Self(about.dev(), about.ino()))
    }
}

impl Sinks {
    /// With nothing open. If it is held, nothing is written before it is flushed.
    pub(super) fn new(is_held: bool) -> Self {
        Self {
            is_held,
            outputs: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Opens a target, unless it is open already.
    pub(super) fn open(&mut self, target: &Target, mode: Mode) -> Result<Place, Error> {
        if let Some(place) = self.places.get(target) {
            return Ok(Place(*place));
        }
        let output = match target {
            Target::Stdout => Output::new("standard output".to_owned(), Box::new(io::stdout())),
            Target::File(path) => Output::file(path, mode)?,
        };
        let is_same = |known: &Output| known.file.is_some() && known.file == output.file;
        let place = self.outputs.iter().position(is_same);
        let place = place.unwrap_or_else(|| {
            self.outputs.push(output);
            self.outputs.len() - 1
        });
        self.places.insert(target.clone(), place);
        Ok(Place(place))
    }

    /// Adds a line, or a block of them.
    pub(super) fn write(&mut self, place: Place, text: &str) -> Result<(), Stuck> {
        let Some(output) = self.outputs.get_mut(place.0) else {
            return Ok(());
        };
        if output.is_left {
            return Ok(());
        }
        output.gathered.extend_from_slice(text.as_bytes());
        output.gathered.push(b'\n');
        if output.gathered.len() >= GATHERED_OCTETS && !self.is_held {
            self.flush()?;
        }
        Ok(())
    }

    /// Whether lines wait to be written.
    pub(super) fn has_gathered(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| !output.gathered.is_empty())
    }

    /// Writes what was gathered. Only whole lines are ever written. A reader that left costs the
    /// other outputs nothing.
    pub(super) fn flush(&mut self) -> Result<(), Stuck> {
        for output in &mut self.outputs {
            output.flush()?;
        }
        let is_any_left = self.outputs.iter().any(|output| output.is_left);
        if is_any_left && self.outputs.iter().all(|output| output.is_left) {
            return Err(Stuck::ReaderGone);
        }
        Ok(())
    }
}

impl Sinks {
    /// Opens the files anew, by their names: somebody has moved them away. Where that fails, lines
    /// go to the old file on, and the log says so.
    pub(super) fn reopen(&mut self) {
        for output in &mut self.outputs {
            let Some(path) = &output.path else { continue };
            match Output::file(path, Mode::Append) {
                Ok(new) => {
                    (output.writer, output.file) = (new.writer, new.file);
                    tracing::info!("{} was opened anew", output.name);
                }
                Err(error) => tracing::error!(
                    "{}: lines go to the file that was open before",
                    with_causes(&error)
                ),
            }
        }
    }
}

impl Output {
    fn new(name: String, writer: Box<dyn Write>) -> Self {
        Self {
            name,
            writer,
            path: None,
            file: None,
            gathered: Vec::new(),
            is_left: false,
        }
    }

    fn file(path: &Path, mode: Mode) -> Result<Self, Error> {
        let name = path.display().to_string();
        let mut options = OpenOptions::new();
        options.create(true).write(true);
        match mode {
            Mode::Replace => options.truncate(true),
            Mode::Append => options.append(true),
        };
        match options.open(path) {
            Ok(file) => Ok(Self {
                path: Some(path.to_path_buf()),
                file: file.metadata().ok().as_ref().and_then(FileId::of),
                ..Self::new(name, Box::new(file))
            }),
            Err(source) => Err(Error::Output {
                output: name,
                source,
            }),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let written = self
            .writer
            .write_all(&self.gathered)
            .and_then(|()| self.writer.flush());
        self.gathered.clear();
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_left = true;
                Ok(())
            }
            Err(source) => Err(Error::Output {
                output: self.name.clone(),
                source,
            }),
        }
    }
}

/// Refuses a target that is one of the files to read, under whatever name.
pub(super) fn check_distinct(targets: &[&Target], inputs: &[PathBuf]) -> Result<(), Error> {
    let inputs: Vec<_> = inputs.iter().filter_map(|path| file_at(path)).collect();
    for target in targets {
        if let Target::File(path) = target
            && file_at(path).is_some_and(|file| inputs.contains(&file))
        {
            return Err(Error::OverInput {
                output: path.display().to_string(),
            });
        }
    }
    Ok(())
}

/// The file at this path; `-` is what standard input comes from.
fn file_at(path: &Path) -> Option<FileId> {
    let path = if path == Path::new("-") {
        Path::new("/dev/stdin")
    } else {
        path
    };
    FileId::of(&fs::metadata(path).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes some octets, then says what its kind says.
    struct Full(io::ErrorKind);

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_failure_and_the_end_if_it_was_the_last() {
        let left = || Output::new("x".to_owned(), Box::new(Full(io::ErrorKind::BrokenPipe)));
        let full = || Output::new("x".to_owned(), Box::new(Full(io::ErrorKind::StorageFull)));
        let open = || Output::new("x".to_owned(), Box::new(io::sink()));
        let end = |outputs| {
            let mut sinks = Sinks::new(false);
            sinks.outputs = outputs;
            for output in &mut sinks.outputs {
                output.gathered.push(b'\n');
            }
            match sinks.flush() {
                Ok(()) => "goes on",
                Err(Stuck::ReaderGone) => "over",
                Err(Stuck::Failed(_)) => "failed",
            }
        };
        assert_eq!(end(vec![left()]), "over");
        assert_eq!(end(vec![left(), open()]), "goes on");
        assert_eq!(end(vec![open(), full()]), "failed");
        assert_eq!(end(vec![]), "goes on");
    }

    #[test]
    fn one_target_is_open_once() {
        let mut sinks = Sinks::new(false);
        let [first, second] =
            [(); 2].map(|()| sinks.open(&Target::Stdout, Mode::Replace).unwrap().0);
        assert_eq!(first, second);
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_anew_and_loses_no_line() {
        let folder = std::env::temp_dir().join(format!("sigtap-reopen-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [path, moved] = ["lines.jsonl", "lines.1"].map(|name| folder.join(name));
        let mut sinks = Sinks::new(false);
        let place = sinks
            .open(&Target::File(path.clone()), Mode::Replace)
            .unwrap();
        let tell = |sinks: &mut Sinks, line| {
            assert!(sinks.write(place, line).is_ok() && sinks.flush().is_ok());
        };
        tell(&mut sinks, "one");
        fs::rename(&path, &moved).unwrap();
        tell(&mut sinks, "two");
        sinks.reopen();
        tell(&mut sinks, "three");
        // The folder is gone: lines go where they went before.
        fs::rename(&folder, folder.with_extension("gone")).unwrap();
        sinks.reopen();
        tell(&mut sinks, "four");
        let gone = folder.with_extension("gone");
        let read = |name| fs::read_to_string(gone.join(name)).unwrap();
        assert_eq!(read("lines.1"), "one\ntwo\n");
        assert_eq!(read("lines.jsonl"), "three\nfour\n");
        fs::remove_dir_all(gone).unwrap();
    }

    #[test]
    fn what_is_read_is_never_overwritten() {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let same =
            Target::File(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/../Cargo.toml"));
        assert!(check_distinct(&[&same], std::slice::from_ref(&own)).is_err());
        assert!(check_distinct(&[&Target::Stdout], &[own]).is_ok());
    }
}
