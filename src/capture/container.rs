//! Records out of one pcap or pcapng file.

use super::input::Input;
use super::pcapng::Section;
use super::window::Window;
use super::{Error, LinkType, Looks};
use crate::time::Timestamp;
use pcap_parser::nom;
use pcap_parser::pcap::{LegacyPcapBlock, PcapHeader};
use std::io;
use std::ops::Range;
use std::path::Path;

/// The longest frame that is taken for one: libpcap's own limit (`MAXIMUM_SNAPLEN`).
pub(super) const FRAME_OCTETS: u32 = 256 * 1024;

/// One file, being read.
pub(super) struct Container {
    window: Window,
    format: Format,
    head: Option<Record>,
    records: u64,
}

/// The record at the front of the window.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) time: Timestamp,
    pub(super) link: LinkType,
    pub(super) original_octets: u32,
    /// Where in the window the frame lies.
    pub(super) body: Range<usize>,
    /// Octets to consume to get behind the record.
    pub(super) whole_octets: usize,
}

/// How the records are laid out.
enum Format {
    Pcap(Pcap),
    Pcapng(Section),
}

/// The header of a pcap file, as far as its records need it.
struct Pcap {
    link: LinkType,
    nanos_a_unit: i64,
    header_octets: usize,
    parse: ParseRecord,
}

type ParseRecord =
    fn(&[u8]) -> nom::IResult<&[u8], LegacyPcapBlock<'_>, pcap_parser::PcapError<&[u8]>>;

/// Why a file cannot be read beyond some point.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It ends inside a record.
    #[error("it ends in the middle of a record")]
    Truncated,
    /// A record claims more octets than any frame has.
    #[error("a record claims {0} octets")]
    Oversized(u32),
    /// A pcapng block contradicts itself.
    #[error("a block of type {kind:#010x} and {octets} octets is malformed")]
    Block {
        /// The block type.
        kind: u32,
        /// The length that it claims.
        octets: u32,
    },
    /// A pcapng frame names an interface that was not described.
    #[error("a frame names interface {0}, which is not described")]
    Interface(u32),
    /// The rest is zeros, as after a crash of the capturing host.
    #[error("the rest is filled with zeros")]
    Zeros,
    /// It cannot be read or unpacked.
    #[error("{0}")]
    Read(#[from] io::Error),
}

impl Container {
    /// Reads the header of an input; `path` is for the error.
    pub(super) fn open(input: Input, path: &Path) -> Result<Self, Error> {
        let mut window = Window::new(input.reader);
        let read = window.need(24);
        if window.octets().is_empty() {
            let path = path.to_path_buf();
            return Err(match read {
                Err(source) => Error::Read { path, source },
                Ok(_) => Error::Empty { path },
            });
        }
        let Some(format) = Format::of(&mut window) else {
            let looks = Looks::of(window.octets());
            return Err(Error::NotCapture {
                path: path.to_path_buf(),
                looks,
            });
        };
        Ok(Self {
            window,
            format,
            head: None,
            records: 0,
        })
    }

    /// The next record without moving on; nothing at the end of the file.
    pub(super) fn peek(&mut self) -> Result<Option<Record>, Damage> {
        if self.head.is_none() {
            self.head = match &mut self.format {
                Format::Pcap(pcap) => pcap.next(&mut self.window)?,
                Format::Pcapng(section) => section.next(&mut self.window)?,
            };
        }
        Ok(self.head.clone())
    }

    /// The octets of the frame that [`Self::peek`] showed.
    pub(super) fn body(&self) -> &[u8] {
        let range = self
            .head
            .as_ref()
            .map(|record| record.body.clone())
            .unwrap_or_default();
        self.window.octets().get(range).unwrap_or_default()
    }

    /// Moves behind the record that [`Self::peek`] showed.
    pub(super) fn advance(&mut self) {
        if let Some(record) = self.head.take() {
            self.window.consume(record.whole_octets);
            self.records += 1;
        }
    }

    /// Records that were read.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    /// The octet (of the unpacked file) up to which it was read.
    pub(super) const fn position(&self) -> u64 {
        self.window.position()
    }
}

impl Format {
    /// Tells pcap from pcapng and moves behind the pcap header.
    fn of(window: &mut Window) -> Option<Self> {
        if let Some(section) = Section::sniff(window.octets()) {
            return Some(Self::Pcapng(section));
        }
        let (_, header) = pcap_parser::parse_pcap_header(window.octets()).ok()?;
        window.consume(header.size());
        Some(Self::Pcap(Pcap::new(&header)))
    }
}

impl Pcap {
    fn new(header: &PcapHeader) -> Self {
        // The upper bits tell the length of a frame check sequence.
        let link = u16::try_from(header.network.0 & 0xffff).unwrap_or_default();
        let (parse, header_octets): (ParseRecord, _) = if header.is_modified_format() {
            (pcap_parser::parse_pcap_frame_modified, 24)
        } else if header.is_bigendian() {
            (pcap_parser::parse_pcap_frame_be, 16)
        } else {
            (pcap_parser::parse_pcap_frame, 16)
        };
        let nanos_a_unit = if header.is_nanosecond_precision() {
            1
        } else {
            1000
        };
        Self {
            link: LinkType::from_dlt(link),
            nanos_a_unit,
            header_octets,
            parse,
        }
    }

    fn next(&self, window: &mut Window) -> Result<Option<Record>, Damage> {
        let limit = self.header_octets + usize::try_from(FRAME_OCTETS).unwrap_or(usize::MAX);
        loop {
            let have = window.octets().len();
            let missing = match (self.parse)(window.octets()) {
                Ok((_, block)) => return self.record(&block).map(Some),
                Err(nom::Err::Incomplete(nom::Needed::Size(missing))) => missing.get(),
                Err(_) => 1,
            };
            let wanted = have.saturating_add(missing);
            if wanted > limit {
                let octets = wanted.saturating_sub(self.header_octets);
                return Err(Damage::Oversized(u32::try_from(octets).unwrap_or(u32::MAX)));
            }
            if !window.need(wanted)? {
                // What came before the shortage was a whole record.
                return if window.octets().is_empty() {
                    Ok(None)
                } else {
                    Err(Damage::Truncated)
                };
            }
        }
    }

    fn record(&self, block: &LegacyPcapBlock<'_>) -> Result<Record, Damage> {
        if block.caplen > FRAME_OCTETS {
            return Err(Damage::Oversized(block.caplen));
        }
        if [block.ts_sec, block.ts_usec, block.caplen, block.origlen] == [0; 4] {
            return Err(Damage::Zeros);
        }
        let fraction = i64::from(block.ts_usec) * self.nanos_a_unit;
        let end = self.header_octets + block.data.len();
        Ok(Record {
            time: Timestamp::from_nanos(i64::from(block.ts_sec) * 1_000_000_000 + fraction),
            link: self.link,
            original_octets: block.origlen,
            body: self.header_octets..end,
            whole_octets: end,
        })
    }
}
