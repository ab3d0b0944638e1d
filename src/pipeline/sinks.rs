//! Where lines go.

use super::Error;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
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
    /// Who read standard output has gone, as `head` does: no error, and the end.
    ReaderGone,
    /// It cannot be written.
    Failed(Error),
}

/// An open output. Each is open once, however many kinds of line it takes.
pub(super) struct Sinks {
    outputs: Vec<Output>,
    places: HashMap<Target, usize>,
}

/// The place of an output among the open ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize);

struct Output {
    name: String,
    writer: Box<dyn Write>,
    gathered: Vec<u8>,
}

impl Sinks {
    /// With nothing open.
    pub(super) fn new() -> Self {
        Self {
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
        let place = self.outputs.len();
        self.outputs.push(output);
        self.places.insert(target.clone(), place);
        Ok(Place(place))
    }

    /// Adds a line, or a block of them.
    pub(super) fn write(&mut self, place: Place, text: &str) -> Result<(), Stuck> {
        let Some(output) = self.outputs.get_mut(place.0) else {
            return Ok(());
        };
        output.gathered.extend_from_slice(text.as_bytes());
        output.gathered.push(b'\n');
        if output.gathered.len() >= GATHERED_OCTETS {
            output.flush()?;
        }
        Ok(())
    }

    /// Whether lines wait to be written.
    pub(super) fn has_gathered(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| !output.gathered.is_empty())
    }

    /// Writes what was gathered. Only whole lines are ever written.
    pub(super) fn flush(&mut self) -> Result<(), Stuck> {
        self.outputs.iter_mut().try_for_each(Output::flush)
    }
}

impl Output {
    fn new(name: String, writer: Box<dyn Write>) -> Self {
        Self {
            name,
            writer,
            gathered: Vec::new(),
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
            Ok(file) => Ok(Self::new(name, Box::new(file))),
            Err(source) => Err(Error::Output {
                output: name,
                source,
            }),
        }
    }

    fn flush(&mut self) -> Result<(), Stuck> {
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
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stuck::ReaderGone),
            Err(source) => Err(Stuck::Failed(Error::Output {
                output: self.name.clone(),
                source,
            })),
        }
    }
}

/// Refuses a target that is one of the captures, under whatever name.
pub(super) fn check_distinct(targets: &[&Target], captures: &[PathBuf]) -> Result<(), Error> {
    let captures: Vec<_> = captures
        .iter()
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect();
    for target in targets {
        if let Target::File(path) = target
            && fs::canonicalize(path).is_ok_and(|path| captures.contains(&path))
        {
            return Err(Error::OverCapture {
                output: path.display().to_string(),
            });
        }
    }
    Ok(())
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
    fn a_reader_that_left_is_no_failure() {
        for (kind, is_gone) in [
            (io::ErrorKind::BrokenPipe, true),
            (io::ErrorKind::StorageFull, false),
        ] {
            let mut output = Output::new("x".to_owned(), Box::new(Full(kind)));
            output.gathered.push(b'\n');
            let stuck = output.flush().unwrap_err();
            assert_eq!(matches!(stuck, Stuck::ReaderGone), is_gone, "{kind:?}");
        }
    }

    #[test]
    fn one_target_is_open_once() {
        let mut sinks = Sinks::new();
        let [first, second] =
            [(); 2].map(|()| sinks.open(&Target::Stdout, Mode::Replace).unwrap().0);
        assert_eq!(first, second);
    }

    #[test]
    fn a_capture_is_never_overwritten() {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let same =
            Target::File(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/../Cargo.toml"));
        assert!(check_distinct(&[&same], std::slice::from_ref(&own)).is_err());
        assert!(check_distinct(&[&Target::Stdout], &[own]).is_ok());
    }
}
