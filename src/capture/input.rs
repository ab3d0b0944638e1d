//! Opens a file or standard input and unpacks it.

use super::Error;
use super::pipe::Pipe;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The largest zstd window that is granted: 2^27 octets, the default of the zstd program.
const ZSTD_WINDOW_LOG: u32 = 27;

/// An open input, unpacked.
pub(super) struct Input {
    /// Its octets.
    pub(super) reader: Box<dyn Read + Send>,
    /// Its size on disk, if it is a file whose end is known.
    pub(super) size: Option<u64>,
}

/// Opens `path`; `-` is standard input. What is read of it, still packed, adds to `counter`. What
/// is no file with an end is at its end once `stop` is true.
pub(super) fn open(
    path: &Path,
    counter: &Arc<AtomicU64>,
    stop: &Arc<AtomicBool>,
) -> Result<Input, Error> {
    let at = || path.to_path_buf();
    let (file, size) = if path.as_os_str() == "-" {
        let input = io::stdin().as_fd().try_clone_to_owned();
        let input = input.map_err(|source| Error::Open { path: at(), source })?;
        (File::from(input), None)
    } else {
        let file = File::open(path).map_err(|source| Error::Open { path: at(), source })?;
        let about = file
            .metadata()
            .map_err(|source| Error::Open { path: at(), source })?;
        if about.is_dir() {
            return Err(Error::Directory { path: at() });
        }
        let size = about.is_file().then_some(about.len());
        (file, size)
    };
    let reader: Box<dyn Read + Send> = match size {
        Some(_) => Box::new(file),
        None => Box::new(Pipe::new(file, Arc::clone(stop))),
    };
    let reader = read(reader, path, counter)?;
    Ok(Input { reader, size })
}

/// What `reader` gives, unpacked; `path` is for errors. What is read, still packed, adds to
/// `counter`.
pub(super) fn read(
    reader: Box<dyn Read + Send>,
    path: &Path,
    counter: &Arc<AtomicU64>,
) -> Result<Box<dyn Read + Send>, Error> {
    let at = || path.to_path_buf();
    let reader = Counted {
        reader,
        counter: Arc::clone(counter),
    };
    match unpack(reader) {
        Ok(Some(reader)) => Ok(reader),
        Ok(None) => Err(Error::Empty { path: at() }),
        Err(source) => Err(Error::Read { path: at(), source }),
    }
}

/// Puts an unpacker before `reader` if its first octets ask for one; nothing if it is empty.
fn unpack(mut reader: Counted) -> io::Result<Option<Box<dyn Read + Send>>> {
    let mut head = Vec::new();
    Read::by_ref(&mut reader).take(4).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(None);
    }
    let packing = Packing::of(&head);
    let whole = Cursor::new(head).chain(reader);
    Ok(Some(match packing {
        Packing::None => Box::new(whole),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(whole)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
    }))
}

/// How a file is packed, by its first octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    const fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a skippable frame before it (RFC 8878 §3.1).
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Counts what is read.
struct Counted {
    reader: Box<dyn Read + Send>,
    counter: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(space)?;
        self.counter
            .fetch_add(u64::try_from(read).unwrap_or_default(), Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn unpacked(octets: Vec<u8>) -> Vec<u8> {
        let counter = Arc::default();
        let reader = Counted {
            reader: Box::new(Cursor::new(octets)),
            counter,
        };
        let mut out = Vec::new();
        unpack(reader)
            .unwrap()
            .unwrap()
            .read_to_end(&mut out)
            .unwrap();
        out
    }

    fn gzip(octets: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packed_inputs_may_have_several_parts() {
        let zstd = |octets: &[u8]| zstd::encode_all(octets, 1).unwrap();
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9].to_vec();
        let table = [
            ("plain", b"onetwo".to_vec()),
            ("gzip", [gzip(b"one"), gzip(b"two")].concat()),
            ("zstd", [zstd(b"one"), zstd(b"two")].concat()),
            (
                "zstd behind a skippable frame",
                [skippable, zstd(b"onetwo")].concat(),
            ),
        ];
        for (what, octets) in table {
            assert_eq!(unpacked(octets), b"onetwo", "{what}");
        }
    }
}
