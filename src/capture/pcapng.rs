//! The blocks of a pcapng file.

use super::LinkType;
use super::container::{Damage, FRAME_OCTETS, Record};
use super::window::Window;
use crate::time::Timestamp;
use pcap_parser::pcapng::{
    self, Block, EPB_MAGIC, EnhancedPacketBlock, IDB_MAGIC, InterfaceDescriptionBlock, OptionCode,
    SHB_MAGIC, SPB_MAGIC, SimplePacketBlock,
};

/// The longest block that is taken for one, as in Wireshark.
const BLOCK_OCTETS: u32 = 16 * 1024 * 1024;
/// Interfaces that a section may describe.
const INTERFACES: usize = 64 * 1024;
/// The block type of the packet block that the enhanced one replaced.
const OLD_PACKET_MAGIC: u32 = 2;
/// Where the frame starts in an enhanced packet block, and in an old packet block.
const ENHANCED_BODY: usize = 28;
/// Where the frame starts in a simple packet block.
const SIMPLE_BODY: usize = 12;

/// A section: what its header and its interface descriptions say.
pub(super) struct Section {
    is_big_endian: bool,
    interfaces: Vec<Interface>,
    last_time: Timestamp,
}

/// What frames of an interface have in common.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    snap_octets: u32,
    clock: Clock,
}

/// How an interface tells time.
#[derive(Clone, Copy, Debug)]
struct Clock {
    units_a_second: u128,
    offset_seconds: i64,
}

/// The type and length with which a block starts.
#[derive(Clone, Copy)]
struct BlockHead {
    kind: u32,
    octets: u32,
}

impl Section {
    /// A section that is still to come, if the octets start with its header.
    pub(super) fn sniff(octets: &[u8]) -> Option<Self> {
        let is_big_endian = byte_order(octets)?;
        Some(Self {
            is_big_endian,
            interfaces: Vec::new(),
            last_time: Timestamp::default(),
        })
    }

    /// Reads up to the next frame; nothing at the end of the file.
    pub(super) fn next(&mut self, window: &mut Window) -> Result<Option<Record>, Damage> {
        loop {
            if !window.need(12)? {
                return if window.octets().is_empty() {
                    Ok(None)
                } else {
                    Err(Damage::Truncated)
                };
            }
            let head = self.head(window.octets())?;
            let size = usize::try_from(head.octets).unwrap_or(usize::MAX);
            if !window.need(size)? {
                return Err(Damage::Truncated);
            }
            let octets = window.octets().get(..size).unwrap_or_default();
            if let Some(record) = self.read(head, octets)? {
                self.last_time = record.time;
                return Ok(Some(record));
            }
            window.consume(size);
        }
    }

    /// The head of the block; a section header changes the byte order here.
    fn head(&mut self, octets: &[u8]) -> Result<BlockHead, Damage> {
        let mut head = BlockHead {
            kind: self.u32_at(octets, 0),
            octets: 0,
        };
        if head.kind == SHB_MAGIC {
            let malformed = Damage::Block {
                kind: SHB_MAGIC,
                octets: self.u32_at(octets, 4),
            };
            self.is_big_endian = byte_order(octets).ok_or(malformed)?;
        }
        head.octets = self.u32_at(octets, 4);
        if head.octets > BLOCK_OCTETS {
            return Err(Damage::Oversized(head.octets));
        }
        if head.octets < 12 || !head.octets.is_multiple_of(4) {
            Err(head.malformed())
        } else {
            Ok(head)
        }
    }

    /// Takes in what a whole block says; a block with a frame gives its record.
    fn read(&mut self, head: BlockHead, octets: &[u8]) -> Result<Option<Record>, Damage> {
        // Other blocks are not even parsed: an oddity in one must not end the reading.
        if ![SHB_MAGIC, IDB_MAGIC, EPB_MAGIC, SPB_MAGIC, OLD_PACKET_MAGIC].contains(&head.kind) {
            return Ok(None);
        }
        let parse = if self.is_big_endian {
            pcapng::parse_block_be
        } else {
            pcapng::parse_block_le
        };
        let Ok((_, block)) = parse(octets) else {
            return Err(head.malformed());
        };
        match block {
            Block::SectionHeader(_) => {
                self.interfaces.clear();
                Ok(None)
            }
            Block::InterfaceDescription(description) if self.interfaces.len() < INTERFACES => {
                self.interfaces.push(self.interface(&description));
                Ok(None)
            }
            Block::InterfaceDescription(_) => Err(head.malformed()),
            Block::EnhancedPacket(packet) => self.enhanced(head, &packet).map(Some),
            Block::SimplePacket(packet) => self.simple(head, &packet).map(Some),
            Block::Unknown(_) => self.old_packet(head, octets).map(Some),
            Block::NameResolution(_)
            | Block::InterfaceStatistics(_)
            | Block::SystemdJournalExport(_)
            | Block::DecryptionSecrets(_)
            | Block::ProcessInformation(_)
            | Block::Custom(_) => Ok(None),
        }
    }

    /// Reads the two options that make times; pcap-parser reads both wrongly in some files
    /// (the offset in big-endian ones, the resolution where it is a power of two).
    fn interface(&self, description: &InterfaceDescriptionBlock<'_>) -> Interface {
        let mut clock = Clock {
            units_a_second: 1_000_000,
            offset_seconds: 0,
        };
        for option in description
            .options
            .iter()
            .take_while(|option| option.code != OptionCode(0))
        {
            match (option.code, option.value()) {
                (OptionCode::IfTsresol, &[resolution, ..]) => {
                    clock.units_a_second = units_a_second(resolution);
                }
                (OptionCode::IfTsoffset, value) => {
                    let Some(value) = value.first_chunk::<8>() else {
                        continue;
                    };
                    clock.offset_seconds = if self.is_big_endian {
                        i64::from_be_bytes(*value)
                    } else {
                        i64::from_le_bytes(*value)
                    };
                }
                _ => {}
            }
        }
        let link = u16::try_from(description.linktype.0).unwrap_or(u16::MAX);
        Interface {
            link: LinkType::from_dlt(link),
            snap_octets: description.snaplen,
            clock,
        }
    }

    fn enhanced(
        &self,
        head: BlockHead,
        packet: &EnhancedPacketBlock<'_>,
    ) -> Result<Record, Damage> {
        let interface = self.described(packet.if_id)?;
        let time = interface.clock.time(packet.ts_high, packet.ts_low);
        record(
            head,
            interface.link,
            time,
            Extent {
                body: ENHANCED_BODY,
                captured: packet.caplen,
                original: packet.origlen,
            },
        )
    }

    /// A simple block has no time: it gets that of the frame before.
    fn simple(&self, head: BlockHead, packet: &SimplePacketBlock<'_>) -> Result<Record, Damage> {
        let interface = self.described(0)?;
        let room = head.octets.saturating_sub(16);
        let snapped = if interface.snap_octets == 0 {
            room
        } else {
            interface.snap_octets.min(room)
        };
        let extent = Extent {
            body: SIMPLE_BODY,
            captured: packet.origlen.min(snapped),
            original: packet.origlen,
        };
        record(head, interface.link, self.last_time, extent)
    }

    /// The packet block of early pcapng drafts, which pcap-parser does not know.
    fn old_packet(&self, head: BlockHead, octets: &[u8]) -> Result<Record, Damage> {
        if head.octets < 32 {
            return Err(head.malformed());
        }
        let id = self.u32_at(octets, 8);
        let interface = self.described(if self.is_big_endian {
            id >> 16
        } else {
            id & 0xffff
        })?;
        let time = interface
            .clock
            .time(self.u32_at(octets, 12), self.u32_at(octets, 16));
        let [captured, original] = [20, 24].map(|place| self.u32_at(octets, place));
        record(
            head,
            interface.link,
            time,
            Extent {
                body: ENHANCED_BODY,
                captured,
                original,
            },
        )
    }

    fn described(&self, interface: u32) -> Result<&Interface, Damage> {
        let index = usize::try_from(interface).unwrap_or(usize::MAX);
        self.interfaces
            .get(index)
            .ok_or(Damage::Interface(interface))
    }

    /// A number in the byte order of the section; 0 where there are no four octets.
    fn u32_at(&self, octets: &[u8], place: usize) -> u32 {
        let four = octets
            .get(place..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .unwrap_or_default();
        if self.is_big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        }
    }
}

impl BlockHead {
    const fn malformed(self) -> Damage {
        Damage::Block {
            kind: self.kind,
            octets: self.octets,
        }
    }
}

/// Where a block holds its frame and how long it is.
#[derive(Clone, Copy)]
struct Extent {
    body: usize,
    captured: u32,
    original: u32,
}

fn record(
    head: BlockHead,
    link: LinkType,
    time: Timestamp,
    extent: Extent,
) -> Result<Record, Damage> {
    if extent.captured > FRAME_OCTETS {
        return Err(Damage::Oversized(extent.captured));
    }
    let whole_octets = usize::try_from(head.octets).unwrap_or(usize::MAX);
    let end = extent.body + usize::try_from(extent.captured).unwrap_or(usize::MAX);
    // The length stands once more at the end of the block.
    if end > whole_octets.saturating_sub(4) {
        return Err(head.malformed());
    }
    Ok(Record {
        time,
        link,
        original_octets: extent.original,
        body: extent.body..end,
        whole_octets,
    })
}

/// Whether a section header is big-endian; nothing if it is none.
fn byte_order(octets: &[u8]) -> Option<bool> {
    match octets {
        [
            0x0a,
            0x0d,
            0x0d,
            0x0a,
            _,
            _,
            _,
            _,
            0x1a,
            0x2b,
            0x3c,
            0x4d,
            ..,
        ] => Some(true),
        [
            0x0a,
            0x0d,
            0x0d,
            0x0a,
            _,
            _,
            _,
            _,
            0x4d,
            0x3c,
            0x2b,
            0x1a,
            ..,
        ] => Some(false),
        _ => None,
    }
}

/// The option `if_tsresol`: a negative power of 10, or of 2 if the highest bit is set.
fn units_a_second(resolution: u8) -> u128 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).unwrap_or(u128::MAX)
}

impl Clock {
    fn time(self, high: u32, low: u32) -> Timestamp {
        let units = u128::from(high) << 32 | u128::from(low);
        let nanos = match self.units_a_second {
            1_000_000 => units * 1000,
            1_000_000_000 => units,
            other => units * 1_000_000_000 / other,
        };
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
            .plus_seconds(self.offset_seconds)
    }
}
