//! Lines that a sink does not want, kept for people.

use super::record::Record;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Octets of such lines that are kept at most.
const KEPT_OCTETS: u64 = 64 << 20;

/// The file of the lines that a sink refused.
pub(super) struct Refused(PathBuf);

impl Refused {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join("refused.jsonl"))
    }

    /// Puts a line aside: one of what the sink said of it, then the line itself.
    pub(super) fn keep(&self, record: &Record, why: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).append(true).mode(0o600);
        let mut file = options.open(&self.0)?;
        if file.metadata()?.len() > KEPT_OCTETS {
            let full = format!(
                "{} is full: look into it, then move it away",
                self.0.display()
            );
            return Err(io::Error::other(full));
        }
        let why: String = why.chars().filter(|c| !c.is_control()).take(500).collect();
        let why = serde_json::json!({"event_id": record.envelope.id, "refused": why});
        file.write_all(format!("{why}\n{}\n", record.line).as_bytes())
    }
}
