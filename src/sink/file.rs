//! A file of lines that may be put aside for a new one.

use super::plan::{FilePlan, Mode, Rotation};
use crate::time::Timestamp;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::mem;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::UNIX_EPOCH;

/// Octets in a MiB.
const MIB: u64 = 1 << 20;

/// Names that are tried for one file that is put aside.
const NAMES: u32 = 100;

/// Device and inode of a regular file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct FileId(u64, u64);

impl FileId {
    pub(super) fn of(about: &Metadata) -> Option<Self> {
        about.is_file().then(|| Self(about.dev(), about.ino()))
    }

    /// Of the file at this path; `-` is what standard input comes from.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let path = if path == Path::new("-") {
            Path::new("/dev/stdin")
        } else {
            path
        };
        Self::of(&fs::metadata(path).ok()?)
    }
}

/// An open file of lines.
pub(super) struct LogFile {
    plan: FilePlan,
    file: File,
    id: Option<FileId>,
    octets: u64,
    /// The hours that its last line was written in, if it is put aside by hours.
    period: Option<i64>,
}

impl LogFile {
    /// Opens it.
    pub(super) fn open(plan: &FilePlan, mode: Mode) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).write(true);
        match mode {
            Mode::Replace => options.truncate(true),
            Mode::Append => options.append(true),
        };
        let mut file = options.open(&plan.path)?;
        let about = file.metadata()?;
        let id = FileId::of(&about);
        if id.is_some() && ends_in_mid_line(&plan.path) {
            // A kill or a full disk cut a line off: it must not spoil the next one.
            file.write_all(b"\n")?;
        }
        Ok(Self {
            period: period(&about, plan.rotation),
            octets: file.metadata()?.len(),
            plan: plan.clone(),
            file,
            id,
        })
    }

    /// Which file it is, under whatever name.
    pub(super) const fn id(&self) -> Option<FileId> {
        self.id
    }

    /// Writes what it can of whole lines.
    pub(super) fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.write(octets)?;
        self.octets = self.octets.saturating_add(len(written));
        Ok(written)
    }

    /// Sees to it that what was written stays.
    pub(super) fn sync(&self) {
        if self.id.is_some()
            && let Err(error) = self.file.sync_data()
        {
            tracing::warn!("{}: {error}", self.plan.path.display());
        }
    }

    /// Opens it anew by its name: somebody has moved it away.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        let new = Self::open(&self.plan, Mode::Append)?;
        sync_aside(mem::replace(self, new));
        Ok(())
    }

    /// Puts it aside if that is due before so many octets of the time `now` are written.
    pub(super) fn make_room(&mut self, octets: usize, now: Timestamp) -> io::Result<()> {
        let Rotation { mib, hours, .. } = self.plan.rotation;
        let now_in = hours.map(|hours| now.seconds().div_euclid(i64::from(hours) * 3600));
        let is_over = self.period.is_some_and(|then| now_in > Some(then));
        let is_full = mib.is_some_and(|mib| self.octets.saturating_add(len(octets)) > mib * MIB);
        let is_regular = self.id.is_some();
        if is_regular && self.octets > 0 && (is_over || is_full) {
            self.put_aside(now)?;
        }
        self.period = now_in;
        Ok(())
    }

    fn put_aside(&mut self, now: Timestamp) -> io::Result<()> {
        let path = &self.plan.path;
        let name = (0..NAMES).map(|number| aside(path, now, number));
        let name = name.into_iter().find(|name| !name.exists());
        match fs::rename(path, name.ok_or(io::ErrorKind::AlreadyExists)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // Somebody has moved it away already.
            Ok(()) | Err(_) => {}
        }
        let new = Self::open(&self.plan, Mode::Append)?;
        sync_aside(mem::replace(self, new));
        self.forget_old()
    }

    /// Removes the oldest files that were put aside, but for those that are to stay.
    fn forget_old(&self) -> io::Result<()> {
        let path = &self.plan.path;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut old = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if is_aside(path, &entry.file_name()) {
                old.push(entry.path());
            }
        }
        // Their names sort by time.
        old.sort();
        let keep = usize::try_from(self.plan.rotation.keep).unwrap_or(usize::MAX);
        let gone = old.len().saturating_sub(keep);
        old.iter().take(gone).try_for_each(fs::remove_file)
    }
}

/// Sees to it that an old file stays, without keeping anybody waiting for the disk.
fn sync_aside(old: LogFile) {
    let thread = thread::Builder::new().name("sync".to_owned());
    if let Err(error) = thread.spawn(move || old.sync()) {
        tracing::warn!("an old file of lines is left to the system to write: {error}");
    }
}

/// The hours in which the last line was written, as far as the file system knows.
fn period(about: &Metadata, rotation: Rotation) -> Option<i64> {
    let hours = rotation.hours.filter(|_| about.len() > 0)?;
    let since = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    Some(seconds.div_euclid(i64::from(hours) * 3600))
}

fn ends_in_mid_line(path: &Path) -> bool {
    let last = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        let mut octet = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut octet)?;
        Ok(u8::from_be_bytes(octet))
    };
    // An empty file has no last octet, and of one that cannot be read nothing is known.
    last().is_ok_and(|octet| octet != b'\n')
}

/// The name of a file that is put aside: behind the ending, so that who follows `*.jsonl` does not
/// read it again.
fn aside(path: &Path, now: Timestamp, number: u32) -> PathBuf {
    let time: String = now
        .to_string()
        .chars()
        .take(19)
        .filter(|c| !"-:".contains(*c))
        .collect();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{time}Z"));
    if number > 0 {
        name.push(format!("-{number:02}"));
    }
    name.into()
}

/// Whether a name is that of a file that was put aside for the one at `path`.
fn is_aside(path: &Path, name: &OsString) -> bool {
    let own = path.file_name().and_then(|own| own.to_str());
    let rest = own.zip(name.to_str());
    let rest = rest.and_then(|(own, name)| name.strip_prefix(own)?.strip_prefix('.'));
    let is_stamp = |text: &str| {
        text.len() == 16
            && text.bytes().enumerate().all(|(index, octet)| match index {
                8 => octet == b'T',
                15 => octet == b'Z',
                _ => octet.is_ascii_digit(),
            })
    };
    rest.is_some_and(|rest| {
        let (stamp, number) = rest.split_once('-').unwrap_or((rest, "00"));
        is_stamp(stamp) && number.len() == 2 && number.bytes().all(|octet| octet.is_ascii_digit())
    })
}

fn len(octets: usize) -> u64 {
    u64::try_from(octets).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sigtap-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_put_aside_by_size_and_by_hour_and_the_oldest_go() {
        let folder = folder("rotation");
        let plan = FilePlan {
            path: folder.join("alerts.jsonl"),
            rotation: Rotation {
                mib: Some(1),
                hours: Some(24),
                keep: 2,
            },
        };
        let mut file = LogFile::open(&plan, Mode::Replace).unwrap();
        fs::write(folder.join("alerts.jsonl.backup"), "mine").unwrap();
        let line = vec![b'x'; 600 << 10];
        let mut tell = |now: &str| {
            let now = Timestamp::parse(now).unwrap();
            file.make_room(line.len(), now).unwrap();
            file.write(&line).unwrap();
        };
        tell("2026-11-24T10:00:00Z");
        assert_eq!(names(&folder).len(), 2);
        tell("2026-11-24T10:00:00Z");
        tell("2026-11-24T10:00:00Z");
        let two = [
            "alerts.jsonl",
            "alerts.jsonl.20261124T100000Z",
            "alerts.jsonl.20261124T100000Z-01",
        ];
        assert_eq!(names(&folder)[..3], two);
        tell("2026-11-25T00:00:00Z");
        assert_eq!(
            names(&folder)[1..],
            [
                "alerts.jsonl.20261124T100000Z-01",
                "alerts.jsonl.20261125T000000Z",
                "alerts.jsonl.backup"
            ]
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_spoil_the_next() {
        let folder = folder("torn");
        let path = folder.join("alerts.jsonl");
        let plan = FilePlan {
            path: path.clone(),
            rotation: Rotation::default(),
        };
        for (before, after) in [
            ("", "next\n"),
            ("a\n", "a\nnext\n"),
            ("a\nb", "a\nb\nnext\n"),
        ] {
            fs::write(&path, before).unwrap();
            let mut file = LogFile::open(&plan, Mode::Append).unwrap();
            file.write(b"next\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
