//! Capture files, plain and packed.

use super::choices::Choices;
use flate2::Compression;
use flate2::write::GzEncoder;
use sigtap::capture::{Batch, Filled, Offline};
use std::io::{self, Cursor, Write};
use std::path::Path;

/// Frames that are read at most: a packed file may hold very many.
const FRAMES: usize = 20_000;

/// How to pack; then a capture, or what is none.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let packing = choices.u8();
    let octets = choices.rest();
    let plain = frames(octets.to_vec());
    let packed = match packing & 3 {
        1 => gzip(octets),
        2 => zstd::encode_all(octets, 1),
        _ => return,
    };
    // A file that is packed twice is not unpacked twice.
    if let (Ok(packed), Some(plain)) = (packed, plain)
        && !is_packed(octets)
    {
        assert_eq!(frames(packed), Some(plain));
    }
}

fn is_packed(octets: &[u8]) -> bool {
    matches!(octets, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..])
        || matches!(octets, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

fn gzip(octets: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(octets)?;
    encoder.finish()
}

/// Time, link type, length on the wire and octets of a frame.
type Seen = (i64, u16, u32, Vec<u8>);

/// The frames, and the place of the damage; nothing if it is no capture.
fn frames(octets: Vec<u8>) -> Option<(Vec<Seen>, Option<u64>)> {
    let (length, is_plain) = (octets.len(), !is_packed(&octets));
    let mut offline = Offline::from_reader(Cursor::new(octets), Path::new("-")).ok()?;
    let (mut batch, mut seen, mut total) = (Batch::new(), Vec::new(), 0);
    let mut filled = Filled::More;
    while filled == Filled::More && seen.len() < FRAMES {
        batch.clear();
        filled = offline.fill(&mut batch).ok()?;
        for frame in batch.frames() {
            assert_eq!(usize::try_from(frame.number.value()), Ok(seen.len() + 1));
            total += frame.octets.len();
            let time = frame.time.as_nanos();
            let octets = frame.octets.to_vec();
            seen.push((time, frame.link.0, frame.original_octets, octets));
        }
    }
    assert!(
        !is_plain || total <= length,
        "more octets than the file has"
    );
    let cut = offline.cuts().first();
    if let Some(cut) = cut {
        assert!(!cut.to_string().is_empty());
    }
    Some((seen, cut.map(|cut| cut.octets)))
}
