//! The files of a drill.

use super::order::{Error, Order};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Names of the files, as the answers name them too.
pub(super) const CAPTURE: &str = "capture.pcap";
pub(super) const ANCHORS: &str = "anchors.txt";
pub(super) const PORTFOLIO: &str = "portfolio.toml";
const ANSWERS: &str = "answers.json";
const SHEET: &str = "answers.md";

/// What was written, and how to go on; as text, for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    folder: PathBuf,
    seed: String,
    start: String,
}

impl Order {
    /// Makes the drill and writes its files.
    pub fn write(&self) -> Result<Written, Error> {
        let drill = self.drill()?;
        let files: [(&str, &[u8]); 5] = [
            (CAPTURE, &drill.capture),
            (ANCHORS, drill.anchors.as_bytes()),
            (PORTFOLIO, drill.portfolio.as_bytes()),
            (ANSWERS, drill.answers.as_bytes()),
            (SHEET, drill.sheet.as_bytes()),
        ];
        let there = files.iter().map(|(name, _)| self.folder.join(name));
        if let Some(path) = there
            .filter(|_| !self.overwrites)
            .find(|path| path.exists())
        {
            return Err(Error::There { path });
        }
        fs::create_dir_all(&self.folder).map_err(|source| Error::Unwritable {
            path: self.folder.clone(),
            source,
        })?;
        for (name, octets) in files {
            self.write_file(&self.folder.join(name), octets)?;
        }
        Ok(Written {
            folder: self.folder.clone(),
            seed: self.seed.clone(),
            start: drill.start.to_string(),
        })
    }

    fn write_file(&self, path: &Path, octets: &[u8]) -> Result<(), Error> {
        let mut options = OpenOptions::new();
        options.write(true);
        if self.overwrites {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        let written = options
            .open(path)
            .and_then(|mut file| file.write_all(octets));
        written.map_err(|source| Error::Unwritable {
            path: path.to_path_buf(),
            source,
        })
    }
}

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        writeln!(
            out,
            "{folder} holds the drill (--seed {} --start {} makes it again). For the team:",
            self.seed, self.start
        )?;
        writeln!(
            out,
            "  sigtap read --drill --trust-anchor {folder}/{ANCHORS} --portfolio {folder}/{PORTFOLIO} {folder}/{CAPTURE}"
        )?;
        writeln!(
            out,
            "For whoever leads it: {folder}/{SHEET} ({ANSWERS} for programs)."
        )
    }
}
