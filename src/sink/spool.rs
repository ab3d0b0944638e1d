//! A queue of lines on disk: what a sink that is a network away has not taken yet.
//!
//! A folder of segments, files of records that are only ever added to, and a file that tells how
//! far the sink has taken them. A kill in mid-record leaves a torn one at the end of a segment,
//! which counts as never written: whoever kept the line tells it again.

use super::error::Error;
use super::record::Record;
use super::standing::Standing;
use crate::alert::LineType;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Octets of a segment at most, but for its last block of lines.
const SEGMENT_OCTETS: u64 = 4 << 20;

/// Octets that are read at a time: many times the longest line.
const READ_OCTETS: u64 = 256 << 10;

/// The end of a segment's name.
const SEGMENT: &str = "spool";

/// How far the sink has taken the records.
const POSITION: &str = "position";

/// A place in a spool.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Position {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

/// The end at which lines are added.
pub(super) struct Spool {
    folder: PathBuf,
    file: File,
    segment: u64,
    octets: u64,
    bound: u64,
    standing: Arc<Standing>,
    /// Held as long as the spool is open.
    _lock: File,
}

impl Spool {
    /// Opens the spool in `folder`, or begins one: the end to add at, and the end to take from.
    pub(super) fn open(
        folder: &Path,
        bound: u64,
        standing: &Arc<Standing>,
    ) -> Result<(Self, Reader), Error> {
        let failed = |source| Error::Spool {
            folder: folder.to_path_buf(),
            source,
        };
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed)?;
        let lock = lock(folder)?;
        let opened = || -> io::Result<(Self, Reader)> {
            let known = segments(folder)?;
            let from = first(folder, &known);
            let waiting = waiting(folder, &known, from)?;
            let segment = known.last().map_or(1, |last| last + 1);
            let spool = Self {
                file: create(folder, segment)?,
                folder: folder.to_path_buf(),
                segment,
                octets: 0,
                bound,
                standing: Arc::clone(standing),
                _lock: lock,
            };
            standing.begin(segment, waiting);
            let reader = Reader {
                folder: folder.to_path_buf(),
                cursor: from,
                committed: from,
            };
            Ok((spool, reader))
        };
        opened().map_err(failed)
    }

    /// Whether there is room for a line of so many octets beside those that wait to be written.
    /// What is told every minute gives way at half of the bound, so that alerts have room.
    pub(super) fn has_room(&self, line_type: LineType, octets: usize, gathered: usize) -> bool {
        let bound = match line_type {
            LineType::Alert | LineType::Change | LineType::Health => self.bound,
            LineType::Stats => self.bound / 2,
        };
        let more = u64::try_from(octets.saturating_add(gathered)).unwrap_or(u64::MAX);
        self.standing.waiting_octets().saturating_add(more) <= bound
    }

    /// Notes that there was none.
    pub(super) fn dropped(&self) {
        self.standing.dropped(1);
    }

    /// Writes what it can of whole records.
    pub(super) fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.write(octets)?;
        let more = u64::try_from(written).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(more);
        self.standing.added(more);
        Ok(written)
    }

    /// Begins the next segment if this one is full.
    pub(super) fn make_room(&mut self) -> io::Result<()> {
        if self.octets < SEGMENT_OCTETS.min(self.bound / 4) {
            return Ok(());
        }
        self.file = create(&self.folder, self.segment + 1)?;
        self.segment += 1;
        self.octets = 0;
        self.standing.begins_segment(self.segment);
        Ok(())
    }

    /// How the sink behind it does.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The end from which the sink takes.
pub(super) struct Reader {
    folder: PathBuf,
    /// Up to here records were read.
    cursor: Position,
    /// Up to here the sink has taken them for good.
    committed: Position,
}

/// Records, and where they end.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    pub(super) end: Position,
    /// Octets of the spool from the one before.
    pub(super) octets: u64,
    /// Lines that are no records: somebody else wrote them.
    pub(super) unreadable: u64,
}

impl Reader {
    /// The next records, at most so many, of segments up to `newest`; none if there are none yet.
    pub(super) fn next(&mut self, most: usize, newest: u64) -> io::Result<Batch> {
        let mut batch = Batch {
            end: self.cursor,
            ..Batch::default()
        };
        while batch.records.is_empty() {
            let is_complete = self.cursor.segment < newest;
            self.take(most, &mut batch)?;
            if !batch.records.is_empty() || !is_complete {
                break;
            }
            // What is left of it is a torn record.
            let size = fs::metadata(path(&self.folder, self.cursor.segment));
            let size = size.map_or(self.cursor.offset, |about| about.len());
            batch.octets += size.saturating_sub(self.cursor.offset);
            self.cursor = Position {
                segment: self.cursor.segment + 1,
                offset: 0,
            };
        }
        batch.end = self.cursor;
        Ok(batch)
    }

    /// The sink has taken what came before `end` for good.
    pub(super) fn commit(&mut self, end: Position) -> io::Result<()> {
        let before = self.committed.segment..end.segment;
        self.committed = end;
        let beside = self.folder.join(format!("{POSITION}.new"));
        let Position { segment, offset } = end;
        let written = fs::write(&beside, format!("{segment} {offset}\n"));
        let written = written.and_then(|()| fs::rename(&beside, self.folder.join(POSITION)));
        // Without them, the position is at the first segment that is left.
        for segment in before {
            let _ = fs::remove_file(path(&self.folder, segment));
        }
        written
    }

    /// Reads from where the sink has taken records for good.
    pub(super) const fn rewind(&mut self) {
        self.cursor = self.committed;
    }

    /// Sees to it that what was added to a segment stays.
    pub(super) fn sync(&self, segment: u64) -> io::Result<()> {
        File::open(path(&self.folder, segment))?.sync_data()
    }

    /// The segment of the first record that the sink has not taken for good.
    pub(super) const fn segment(&self) -> u64 {
        self.committed.segment
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn take(&mut self, most: usize, batch: &mut Batch) -> io::Result<()> {
        let mut file = match File::open(path(&self.folder, self.cursor.segment)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.cursor.offset))?;
        let mut octets = Vec::new();
        file.take(READ_OCTETS).read_to_end(&mut octets)?;
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            let Some(line) = line
                .strip_suffix(b"\n")
                .filter(|_| batch.records.len() < most)
            else {
                break;
            };
            match std::str::from_utf8(line).ok().and_then(Record::parse) {
                Some(record) => batch.records.push(record),
                None => batch.unreadable += 1,
            }
            let octets = u64::try_from(line.len() + 1).unwrap_or(u64::MAX);
            self.cursor.offset += octets;
            batch.octets += octets;
        }
        Ok(())
    }
}

/// Whether records wait in a folder that may be a spool.
pub(super) fn has_records(folder: &Path) -> bool {
    let known = segments(folder).unwrap_or_default();
    waiting(folder, &known, first(folder, &known)).is_ok_and(|octets| octets > 0)
}

fn lock(folder: &Path) -> Result<File, Error> {
    let failed = |source| Error::Spool {
        folder: folder.to_path_buf(),
        source,
    };
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::SpoolInUse {
            folder: folder.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:020}.{SEGMENT}"))
}

fn create(folder: &Path, segment: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    options.open(path(folder, segment))
}

/// The segments that are there, in order.
fn segments(folder: &Path) -> io::Result<Vec<u64>> {
    let mut known = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(SEGMENT)?.strip_suffix('.'));
        known.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    known.sort_unstable();
    Ok(known)
}

/// Where the first record is that the sink has not taken.
fn first(folder: &Path, known: &[u64]) -> Position {
    let text = fs::read_to_string(folder.join(POSITION)).unwrap_or_default();
    let told = text
        .trim_end()
        .split_once(' ')
        .and_then(|(segment, offset)| {
            Some(Position {
                segment: segment.parse().ok()?,
                offset: offset.parse().ok()?,
            })
        });
    let earliest = Position {
        segment: known.first().copied().unwrap_or(1),
        offset: 0,
    };
    let is_there = |told: &Position| known.contains(&told.segment);
    told.filter(is_there).unwrap_or(earliest)
}

fn waiting(folder: &Path, known: &[u64], from: Position) -> io::Result<u64> {
    let mut octets = 0;
    for segment in known.iter().filter(|segment| **segment >= from.segment) {
        octets += fs::metadata(path(folder, *segment))?.len();
    }
    Ok(octets.saturating_sub(from.offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Envelope, Severity};
    use crate::time::Timestamp;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("sigtap-spool-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn open(folder: &Path, bound: u64) -> (Spool, Reader, Arc<Standing>) {
        let standing = Arc::new(Standing::default());
        let (spool, reader) = Spool::open(folder, bound, &standing).unwrap();
        (spool, reader, standing)
    }

    fn add(spool: &mut Spool, number: u64) {
        let envelope = Envelope {
            line_type: LineType::Alert,
            severity: Severity::High,
            time: Timestamp::default(),
            id: number.to_string(),
        };
        spool.make_room().unwrap();
        let text = Record::text(&envelope, "{}") + "\n";
        assert_eq!(spool.write(text.as_bytes()).unwrap(), text.len());
    }

    fn ids(batch: &Batch) -> Vec<u64> {
        let ids = batch
            .records
            .iter()
            .map(|record| record.envelope.id.parse().unwrap());
        ids.collect()
    }

    #[test]
    fn what_was_not_taken_is_there_in_order_after_a_kill() {
        let folder = folder("order");
        let (mut spool, mut reader, standing) = open(&folder, 1000);
        for number in 0..100 {
            add(&mut spool, number);
        }
        let newest = standing.newest();
        assert!(newest > 2, "several segments: {newest}");
        let batch = reader.next(5, newest).unwrap();
        assert_eq!(ids(&batch), [0, 1, 2, 3, 4]);
        reader.commit(batch.end).unwrap();
        let read = reader.next(5, newest).unwrap();
        assert_eq!(ids(&read), [5, 6, 7, 8, 9]);
        spool.write(b"alert high 0 torn").unwrap();
        drop((spool, reader));
        let (mut spool, mut reader, standing) = open(&folder, 1000);
        add(&mut spool, 100);
        let mut all = Vec::new();
        loop {
            let batch = reader.next(7, standing.newest()).unwrap();
            standing.taken(batch.octets, 0);
            if batch.records.is_empty() {
                break;
            }
            all.extend(ids(&batch));
            reader.commit(batch.end).unwrap();
        }
        assert_eq!(all, (5..101).collect::<Vec<_>>());
        assert_eq!(standing.waiting_octets(), 0);
        assert_eq!(segments(&folder).unwrap().len(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_rewound_reader_gives_again_what_was_not_taken_for_good() {
        let folder = folder("rewind");
        let (mut spool, mut reader, standing) = open(&folder, 1 << 20);
        (0..10).for_each(|number| add(&mut spool, number));
        let first = reader.next(4, standing.newest()).unwrap();
        reader.commit(first.end).unwrap();
        reader.next(4, standing.newest()).unwrap();
        reader.rewind();
        let again = reader.next(100, standing.newest()).unwrap();
        assert_eq!(ids(&again), (4..10).collect::<Vec<_>>());
        assert!(
            reader
                .next(1, standing.newest())
                .unwrap()
                .records
                .is_empty()
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_full_spool_keeps_room_for_alerts_and_belongs_to_one_run() {
        let folder = folder("full");
        let (mut spool, _reader, _standing) = open(&folder, 1000);
        assert!(spool.has_room(LineType::Stats, 400, 100));
        assert!(!spool.has_room(LineType::Stats, 400, 101));
        assert!(spool.has_room(LineType::Alert, 400, 600));
        spool.write(&[b'x'; 500]).unwrap();
        assert!(!spool.has_room(LineType::Alert, 400, 101));
        let second = Spool::open(&folder, 1000, &Arc::default());
        assert!(matches!(second, Err(Error::SpoolInUse { .. })));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn lines_that_are_no_records_are_passed_over_and_counted() {
        let folder = folder("edited");
        let (mut spool, mut reader, standing) = open(&folder, 1 << 20);
        spool.write(b"hello\n\xff\n").unwrap();
        add(&mut spool, 7);
        let batch = reader.next(10, standing.newest()).unwrap();
        assert_eq!((ids(&batch), batch.unreadable), (vec![7], 2));
        fs::remove_dir_all(folder).unwrap();
    }
}
