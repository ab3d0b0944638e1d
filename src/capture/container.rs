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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn open(octets: Vec<u8>) -> Result<Container, Error> {
        let input = Input {
            reader: Box::new(Cursor::new(octets)),
            size: None,
        };
        Container::open(input, Path::new("test.pcap"))
    }

    /// Time in nanoseconds, link type, original length, octets.
    type Seen = (i64, u16, u32, Vec<u8>);

    fn read(octets: Vec<u8>) -> (Vec<Seen>, Option<Damage>) {
        let mut container = open(octets).unwrap();
        let mut seen = Vec::new();
        loop {
            match container.peek() {
                Ok(Some(record)) => {
                    let body = container.body().to_vec();
                    seen.push((
                        record.time.as_nanos(),
                        record.link.0,
                        record.original_octets,
                        body,
                    ));
                }
                Ok(None) => return (seen, None),
                Err(damage) => return (seen, Some(damage)),
            }
            container.advance();
        }
    }

    /// Writes numbers in either byte order.
    struct Writer(bool, Vec<u8>);

    impl Writer {
        fn u16(mut self, value: u16) -> Self {
            self.1.extend(if self.0 {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            });
            self
        }

        fn u32(mut self, value: u32) -> Self {
            self.1.extend(if self.0 {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            });
            self
        }

        fn octets(mut self, octets: &[u8]) -> Self {
            self.1.extend(octets);
            self
        }

        fn pcap(big: bool, magic: u32, network: u32) -> Self {
            Self(big, vec![])
                .u32(magic)
                .u16(2)
                .u16(4)
                .u32(0)
                .u32(0)
                .u32(65535)
                .u32(network)
        }

        fn record(self, seconds: u32, fraction: u32, original: u32, body: &[u8]) -> Self {
            let captured = u32::try_from(body.len()).unwrap();
            self.u32(seconds)
                .u32(fraction)
                .u32(captured)
                .u32(original)
                .octets(body)
        }

        fn block(self, kind: u32, body: Self) -> Self {
            let mut body = body.1;
            body.resize(body.len().next_multiple_of(4), 0);
            let length = u32::try_from(12 + body.len()).unwrap();
            self.u32(kind).u32(length).octets(&body).u32(length)
        }

        fn part(&self) -> Self {
            Self(self.0, vec![])
        }

        fn section(self) -> Self {
            let body = self
                .part()
                .u32(0x1a2b_3c4d)
                .u16(1)
                .u16(0)
                .u32(u32::MAX)
                .u32(u32::MAX);
            self.block(SHB, body)
        }

        fn interface(self, link: u16, options: &[u8]) -> Self {
            let body = self.part().u16(link).u16(0).u32(0).octets(options);
            self.block(1, body)
        }

        fn enhanced(self, interface: u32, units: u64, body: &[u8]) -> Self {
            let [high, low] =
                [units >> 32, units & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
            let length = u32::try_from(body.len()).unwrap();
            let head = self
                .part()
                .u32(interface)
                .u32(high)
                .u32(low)
                .u32(length)
                .u32(length + 5);
            self.block(6, head.octets(body))
        }
    }

    const SHB: u32 = 0x0a0d_0d0a;

    #[test]
    fn pcap_is_read_in_both_byte_orders_and_precisions() {
        let table = [
            ("microseconds", 0xa1b2_c3d4, 7_000_009_000),
            ("nanoseconds", 0xa1b2_3c4d, 7_000_000_009),
        ];
        for (what, magic, time) in table {
            for big in [false, true] {
                // Four octets of frame check sequence stand in the upper bits.
                let file = Writer::pcap(big, magic, 0x4400_0001).record(7, 9, 60, b"frame");
                let expected = vec![(time, 1, 60, b"frame".to_vec())];
                assert_eq!(read(file.1).0, expected, "{what}, big-endian: {big}");
            }
        }
    }

    #[test]
    fn the_patched_pcap_format_has_longer_records() {
        let file = Writer::pcap(false, 0xa1b2_cd34, 1)
            .u32(7)
            .u32(9)
            .u32(3)
            .u32(60);
        let file = file.octets(b"ifindex!").octets(b"abc");
        assert_eq!(read(file.1).0, [(7_000_009_000, 1, 60, b"abc".to_vec())]);
    }

    #[test]
    fn raw_ip_has_one_number() {
        for value in [12, 14, 101] {
            let file = Writer::pcap(false, 0xa1b2_c3d4, value).record(1, 0, 1, b"x");
            assert_eq!(read(file.1).0[0].1, 101, "{value}");
        }
    }

    #[test]
    fn pcapng_sections_have_interfaces_clocks_and_byte_orders_of_their_own() {
        // Resolutions: 10^-9, 2^-10; an offset of one hour.
        let nano = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
        let binary = [
            0, 9, 0, 1, 0x8a, 0, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 14, 16, 0, 0, 0, 0,
        ];
        let little = Writer(false, vec![])
            .section()
            .interface(1, &[])
            .interface(101, &nano)
            .enhanced(0, 5_000_001, b"micro")
            .enhanced(1, 6_000_000_001, b"nano");
        let name_resolution = little.part().octets(b"\x01\x00\xff\xff");
        let simple = little.part().u32(6).octets(b"simple");
        let little = little.block(4, name_resolution).block(3, simple);
        let big = Writer(true, little.1)
            .section()
            .interface(113, &binary)
            .enhanced(0, 1536, b"bin");
        let old = big
            .part()
            .u16(0)
            .u16(3)
            .u32(0)
            .u32(2048)
            .u32(3)
            .u32(4)
            .octets(b"old");
        let (seen, damage) = read(big.block(2, old).1);
        assert!(damage.is_none(), "{damage:?}");
        assert_eq!(
            seen,
            [
                (5_000_001_000, 1, 10, b"micro".to_vec()),
                (6_000_000_001, 101, 9, b"nano".to_vec()),
                (6_000_000_001, 1, 6, b"simple".to_vec()),
                (3_601_500_000_000, 113, 8, b"bin".to_vec()),
                (3_602_000_000_000, 113, 4, b"old".to_vec()),
            ]
        );
    }

    /// The damage of a file that has one good frame.
    fn damage_of(file: Writer) -> String {
        let (seen, damage) = read(file.1);
        assert_eq!(seen.len(), 1);
        damage.unwrap().to_string()
    }

    #[test]
    fn a_damaged_pcap_gives_what_stands_before_the_damage() {
        let start = || Writer::pcap(false, 0xa1b2_c3d4, 1).record(1, 0, 3, b"abc");
        let head = |captured| start().u32(2).u32(0).u32(captured).u32(captured);
        let table = [
            (start().u32(2).u16(0), "it ends in the middle of a record"),
            (head(9).octets(b"cut"), "it ends in the middle of a record"),
            (head(u32::MAX), "a record claims 4294967295 octets"),
            (
                head(262_145).octets(&vec![1; 262_145]),
                "a record claims 262145 octets",
            ),
            (start().octets(&[0; 400]), "the rest is filled with zeros"),
        ];
        for (file, expected) in table {
            assert_eq!(damage_of(file), expected);
        }
    }

    #[test]
    fn a_damaged_pcapng_gives_what_stands_before_the_damage() {
        let start = || {
            Writer(false, vec![])
                .section()
                .interface(1, &[])
                .enhanced(0, 1, b"abc")
        };
        let head = |length| start().u32(6).u32(length).u32(0);
        let beyond = start().part().u32(0).u32(0).u32(0).u32(90).u32(90);
        let table = [
            (head(60), "it ends in the middle of a record"),
            (head(0xffff_fffc), "a record claims 4294967292 octets"),
            (
                head(8),
                "a block of type 0x00000006 and 8 octets is malformed",
            ),
            (
                start().block(6, beyond),
                "a block of type 0x00000006 and 32 octets is malformed",
            ),
            (
                start().enhanced(1, 2, b"x"),
                "a frame names interface 1, which is not described",
            ),
        ];
        for (file, expected) in table {
            assert_eq!(damage_of(file), expected);
        }
    }

    #[test]
    fn a_file_without_frames_is_a_capture() {
        assert!(read(Writer::pcap(false, 0xa1b2_c3d4, 1).1).0.is_empty());
        assert!(read(Writer(true, vec![]).section().1).0.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            frames in prop::collection::vec((any::<u32>(), 0_u32..1_000_000, prop::collection::vec(any::<u8>(), 1..90)), 0..20),
            big: bool,
        ) {
            let mut pcap = Writer::pcap(big, 0xa1b2_c3d4, 1);
            let mut pcapng = Writer(big, vec![]).section().interface(1, &[]);
            let mut expected = Vec::new();
            for (seconds, micros, body) in frames {
                let length = u32::try_from(body.len()).unwrap();
                let units = u64::from(seconds) * 1_000_000 + u64::from(micros);
                pcap = pcap.record(seconds, micros, length + 5, &body);
                pcapng = pcapng.enhanced(0, units, &body);
                expected.push((i64::try_from(units).unwrap() * 1000, 1, length + 5, body));
            }
            for file in [pcap, pcapng] {
                let (seen, damage) = read(file.1);
                prop_assert!(damage.is_none());
                prop_assert_eq!(&seen, &expected);
            }
        }

        #[test]
        fn any_octets_are_read_without_panic(
            lead in 0_usize..4,
            rest in prop::collection::vec(prop_oneof![Just(0_u8), 0_u8..16, any::<u8>()], 0..300),
        ) {
            let lead = match lead {
                0 => vec![],
                1 => Writer::pcap(true, 0xa1b2_c3d4, 1).1,
                2 => Writer(false, vec![]).section().1,
                _ => Writer(false, vec![]).section().interface(1, &[]).u32(6).1,
            };
            let octets = [lead, rest].concat();
            if open(octets.clone()).is_ok() {
                read(octets);
            }
        }
    }
}
