//! Capture files on disk: merging, packing, errors.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are not test functions"
)]

use sigtap::capture::{Batch, Error, Filled, Offline};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Number, time in seconds and octets of each frame; the reports on cut files.
type Run = (Vec<(u64, i64, Vec<u8>)>, Vec<String>);

fn run(mut offline: Offline) -> Run {
    let (mut batch, mut seen) = (Batch::new(), Vec::new());
    loop {
        batch.clear();
        let filled = offline.fill(&mut batch).unwrap();
        let frame =
            |f: sigtap::capture::Frame<'_>| (f.number.value(), f.time.seconds(), f.octets.to_vec());
        seen.extend(batch.frames().map(frame));
        if filled == Filled::End {
            return (
                seen,
                offline.cuts().iter().map(ToString::to_string).collect(),
            );
        }
    }
}

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn pcap(frames: &[(u32, &str)]) -> Vec<u8> {
    let mut out = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
    ];
    for (seconds, body) in frames {
        let length = u32::try_from(body.len()).unwrap();
        for number in [*seconds, 0, length, length] {
            out.extend(number.to_le_bytes());
        }
        out.extend(body.as_bytes());
    }
    out
}

fn write(path: PathBuf, octets: &[u8]) -> PathBuf {
    fs::write(&path, octets).unwrap();
    path
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn files_merge_by_time_with_ties_in_the_order_given() {
    let folder = folder("merge");
    // The frames of the second file run backwards: they stay in order.
    let first = write(folder.join("first"), &pcap(&[(1, "a"), (3, "b"), (5, "c")]));
    let second = write(
        folder.join("second"),
        &pcap(&[(3, "x"), (2, "y"), (6, "z")]),
    );
    let order = |paths: &[PathBuf]| -> String {
        let (seen, _) = run(Offline::open(paths).unwrap());
        assert!(seen.iter().map(|(number, ..)| *number).eq(1..=6));
        seen.into_iter()
            .map(|(_, _, octets)| String::from_utf8(octets).unwrap())
            .collect()
    };
    assert_eq!(order(&[first.clone(), second.clone()]), "abxycz");
    assert_eq!(order(&[second, first]), "axybcz");
}

#[test]
fn many_files_are_merged_with_few_open() {
    let folder = folder("many");
    let paths: Vec<_> = (0..40_u32)
        .map(|i| {
            write(
                folder.join(format!("{i}.pcap")),
                &pcap(&[(100 - i, "x"), (200, "y")]),
            )
        })
        .collect();
    let (seen, cuts) = run(Offline::open(&paths).unwrap());
    assert!(cuts.is_empty());
    assert_eq!(seen.len(), 80);
    assert!(seen.is_sorted_by_key(|(_, time, _)| *time));
}

#[test]
fn packing_is_told_by_content_not_by_name() {
    let folder = folder("packing");
    let whole = pcap(&[(1, "a"), (2, "b")]);
    let table = [
        ("gzip.pcap", gzip(&whole)),
        (
            "gzip-parts.pcap",
            [gzip(&whole[..30]), gzip(&whole[30..])].concat(),
        ),
        ("zstd.gz", zstd::encode_all(&whole[..], 1).unwrap()),
        ("plain.zst", whole),
    ];
    for (name, octets) in table {
        let mut offline = Offline::open(&[write(folder.join(name), &octets)]).unwrap();
        let mut batch = Batch::new();
        assert_eq!(offline.fill(&mut batch).unwrap(), Filled::End, "{name}");
        assert_eq!(batch.len(), 2, "{name}");
        let progress = offline.progress();
        assert_eq!(
            progress.octets,
            u64::try_from(octets.len()).unwrap(),
            "{name}"
        );
        assert_eq!(progress.total_octets, Some(progress.octets), "{name}");
    }
}

#[test]
fn a_cut_file_is_read_up_to_the_cut_and_reported() {
    let folder = folder("cut");
    let whole = pcap(&[(1, "a"), (2, "b"), (3, "c")]);
    let cut = write(folder.join("cut.pcap"), &whole[..whole.len() - 10]);
    let packed = gzip(&whole);
    let packed = write(folder.join("cut.pcap.gz"), &packed[..packed.len() - 4]);
    let other = write(folder.join("whole.pcap"), &pcap(&[(9, "z")]));
    let (seen, cuts) = run(Offline::open(&[cut.clone(), other]).unwrap());
    assert_eq!(seen.len(), 3, "the other file is read to its end");
    let expected = format!(
        "capture {} could be read only up to frame 2 (octet 58): it ends in the middle of a record",
        cut.display()
    );
    assert_eq!(cuts, [expected]);
    let (seen, cuts) = run(Offline::open(&[packed]).unwrap());
    assert_eq!(
        (seen.len(), cuts.len()),
        (3, 1),
        "a packed file without its checksum: {cuts:?}"
    );
}

#[test]
fn frame_numbers_count_what_the_filter_leaves_out() {
    let folder = folder("filter");
    let long = "x".repeat(60);
    let path = write(
        folder.join("capture"),
        &pcap(&[(1, &long), (2, "short"), (3, &long)]),
    );
    let open = || Offline::open(std::slice::from_ref(&path)).unwrap();
    let (seen, _) = run(open().with_filter("greater 60").unwrap());
    assert!(seen.iter().map(|(number, ..)| *number).eq([1, 3]));
    let Err(error) = open().with_filter("port dns!") else {
        panic!("compiled")
    };
    assert!(
        error
            .to_string()
            .contains("cannot use the filter 'port dns!'"),
        "{error}"
    );
}

#[test]
fn what_is_no_capture_is_refused_in_one_line() {
    let folder = folder("refused");
    let table = [
        (
            "text",
            b"just some text\n".to_vec(),
            "text is not a pcap or pcapng capture: it looks like text",
        ),
        ("empty", vec![], "empty is empty (0 octets)"),
        (
            "packed-empty",
            gzip(b""),
            "packed-empty is empty (0 octets)",
        ),
        ("packed-text", gzip(b"text"), "it looks like text"),
        (
            "short",
            pcap(&[])[..20].to_vec(),
            "it looks like a capture that is cut off in its header",
        ),
    ];
    for (name, octets, expected) in table {
        let Err(error) = Offline::open(&[write(folder.join(name), &octets)]) else {
            panic!("{name}")
        };
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    assert!(matches!(
        Offline::open(&[folder.join("missing")]),
        Err(Error::Open { .. })
    ));
    assert!(matches!(
        Offline::open(&[folder]),
        Err(Error::Directory { .. })
    ));
}
