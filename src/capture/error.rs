//! Why a capture cannot be read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why sigtap cannot get at frames.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not there or may not be read.
    #[error("cannot open {}", Named(path))]
    Open {
        /// As given on the command line.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The first octets cannot be read or unpacked.
    #[error("cannot read {}", Named(path))]
    Read {
        /// As given on the command line.
        path: PathBuf,
        /// What the system or the unpacker said.
        source: io::Error,
    },
    /// A directory was given.
    #[error("{} is a directory, not a capture file", path.display())]
    Directory {
        /// As given on the command line.
        path: PathBuf,
    },
    /// Nothing is in it.
    #[error("{} is empty (0 octets)", Named(path))]
    Empty {
        /// As given on the command line.
        path: PathBuf,
    },
    /// It starts like neither pcap nor pcapng.
    #[error(
        "{} is not a pcap or pcapng capture: it looks like {looks}",
        plain(path)
    )]
    NotCapture {
        /// As given on the command line.
        path: PathBuf,
        /// What it starts like.
        looks: Looks,
    },
    /// There is no interface of this name.
    #[error("there is no interface {interface}; there are: {known}")]
    NoInterface {
        /// As given on the command line.
        interface: String,
        /// Those that there are.
        known: String,
    },
    /// The user may not capture.
    #[error(
        "no permission to capture on {interface}: run as root, \
         or give the program the right with 'setcap cap_net_raw,cap_net_admin+ep'"
    )]
    Permission {
        /// As given on the command line.
        interface: String,
        /// What libpcap said.
        source: pcap::Error,
    },
    /// The interface cannot be opened.
    #[error("cannot capture on {interface}")]
    Interface {
        /// As given on the command line.
        interface: String,
        /// What libpcap said.
        source: pcap::Error,
    },
    /// libpcap does not understand the filter expression, or not for this kind of link.
    #[error("cannot use the filter '{expression}' on link type {link}", link = link.0)]
    Filter {
        /// The expression.
        expression: String,
        /// The link type that it was compiled for.
        link: super::LinkType,
        /// What libpcap said.
        source: pcap::Error,
    },
}

/// A capture, as errors name it.
pub(super) struct Named<'a>(pub(super) &'a Path);

impl fmt::Display for Named<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Path::new("-") {
            return out.write_str("the capture on standard input");
        }
        write!(out, "capture {}", self.0.display())
    }
}

/// A file that is no capture, as errors name it.
fn plain(path: &Path) -> String {
    if path == Path::new("-") {
        return "standard input".to_owned();
    }
    path.display().to_string()
}

/// What a file that is no capture starts like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Looks {
    /// Printable characters.
    Text,
    /// A format with a well-known start.
    Format(&'static str),
    /// These octets.
    Octets([u8; 4]),
    /// Fewer octets than any capture has.
    TooShort,
}

impl Looks {
    /// Judges by the first octets.
    pub(super) fn of(octets: &[u8]) -> Self {
        const CUT_HEADER: &str = "a capture that is cut off in its header";
        const STARTS: [(&[u8], &str); 14] = [
            (b"\xfd7zXZ\x00", "xz data: unpack it first"),
            (b"BZh", "bzip2 data: unpack it first"),
            (b"\x04\x22\x4d\x18", "lz4 data: unpack it first"),
            (b"PK\x03\x04", "a zip archive: unpack it first"),
            (
                b"\x1f\x8b",
                "gzip data inside a packed file: unpack it first",
            ),
            (
                b"\x28\xb5\x2f\xfd",
                "zstd data inside a packed file: unpack it first",
            ),
            (b"\xd4\xc3\xb2\xa1", CUT_HEADER),
            (b"\xa1\xb2\xc3\xd4", CUT_HEADER),
            (b"\x4d\x3c\xb2\xa1", CUT_HEADER),
            (b"\xa1\xb2\x3c\x4d", CUT_HEADER),
            (b"\x0a\x0d\x0d\x0a", CUT_HEADER),
            (
                b"snoop\x00\x00\x00",
                "a snoop capture: convert it with editcap",
            ),
            (b"\x7fELF", "a program"),
            (b"%PDF", "a PDF document"),
        ];
        if let Some((_, name)) = STARTS.iter().find(|(start, _)| octets.starts_with(start)) {
            return Self::Format(name);
        }
        let head = octets.get(..octets.len().min(64)).unwrap_or_default();
        // Beyond ASCII it may be UTF-8; a control character other than white space is no text.
        if head
            .iter()
            .all(|octet| octet.is_ascii_whitespace() || (*octet >= 0x20 && *octet != 0x7f))
        {
            return Self::Text;
        }
        match octets {
            &[a, b, c, d, ..] => Self::Octets([a, b, c, d]),
            _ => Self::TooShort,
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => out.write_str("text"),
            Self::Format(name) => out.write_str(name),
            Self::Octets([a, b, c, d]) => {
                write!(
                    out,
                    "something that starts with {a:02x} {b:02x} {c:02x} {d:02x}"
                )
            }
            Self::TooShort => out.write_str("less than a file header"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_capture_is_told_by_its_start() {
        let table: [(&[u8], &str); 6] = [
            (b"2026-11-24 query log\n", "text"),
            ("Grüße".as_bytes(), "text"),
            (b"BZh91AY&SY", "bzip2 data: unpack it first"),
            (b"\x7fELF\x02", "a program"),
            (
                b"\x00\x01\x02\x03\x04",
                "something that starts with 00 01 02 03",
            ),
            (b"\x0a\x0d\x00", "less than a file header"),
        ];
        for (octets, expected) in table {
            assert_eq!(Looks::of(octets).to_string(), expected);
        }
    }
}
