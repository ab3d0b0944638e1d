//! From the octets of a message to its RRsets.

use super::header::{CLASS_IN, Edns, HEADER_OCTETS, Header, Question, Rcode};
use super::name::Name;
use super::names::Names;
use super::rdata::{Rrsig, canonical};
use super::rrset::Rrset;
use super::rtype::Rtype;
use super::walk::Cursor;
use super::{Malformed, Message};
use crate::packet::Payload;
use crate::time::Ttl;
use foldhash::{HashMap, HashMapExt};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// RRsets and signatures of a message that are taken apart: an answer to ANY has some dozens.
const MAX_PARTS: usize = 512;

/// Addresses of the additional section that are taken: a referral names some dozens of servers.
const MAX_GLUE: usize = 512;

/// Where a message has its identifier.
const ID: Range<usize> = 0..2;

/// Type and class of a question.
const QUESTION_OCTETS: usize = 4;

/// Header, question and OPT record of a message.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Identifier, flags and codes.
    pub header: Header,
    /// The only question; nothing if there is none or there are several.
    pub question: Option<Question>,
    /// The OPT record, if there is one.
    pub edns: Option<Edns>,
}

impl Outline {
    /// Whether the question is in class IN.
    pub fn is_class_in(&self) -> bool {
        self.question
            .as_ref()
            .is_some_and(|question| question.class == CLASS_IN)
    }
}

/// Reads what stands around the records of a message.
pub fn outline(octets: &[u8]) -> Result<Outline, Malformed> {
    let mut cursor = Cursor::new(octets, 0);
    let mut header = Header::parse(&mut cursor).ok_or(Malformed::Header)?;
    let question = questions(&mut cursor, &header)?;
    let mut edns = None;
    for _ in 0..header.records() {
        // A record that runs over the end, or whose owner is none, is found when decoding.
        let Some(record) = Raw::next(&mut cursor) else {
            break;
        };
        if record.rtype == Rtype::OPT && edns.is_none() {
            let found = Edns::parse(record.ttl, record.rdata());
            header.rcode = Rcode(header.rcode.0 | u16::from(found.rcode_high) << 4);
            edns = Some(found);
        }
    }
    Ok(Outline {
        header,
        question,
        edns,
    })
}

/// The question of a message that has one; leaves the cursor behind all of them.
fn questions(cursor: &mut Cursor<'_>, header: &Header) -> Result<Option<Question>, Malformed> {
    let [count, ..] = header.counts;
    if count == 1 {
        return Question::parse(cursor).ok_or(Malformed::Question).map(Some);
    }
    for _ in 0..count {
        Question::skip(cursor).ok_or(Malformed::Question)?;
    }
    Ok(None)
}

/// A record whose data is not looked at yet.
pub(super) struct Raw<'a> {
    /// Where its owner stands.
    owner: Cursor<'a>,
    pub(super) rtype: Rtype,
    class: u16,
    pub(super) ttl: u32,
    pub(super) rdata_at: usize,
    pub(super) end: usize,
}

impl<'a> Raw<'a> {
    /// The record that begins at the cursor.
    pub(super) fn next(cursor: &mut Cursor<'a>) -> Option<Self> {
        let owner = cursor.clone();
        cursor.skip_name()?;
        Self::read(owner, cursor)
    }

    /// The record whose owner ends at the cursor.
    fn read(owner: Cursor<'a>, cursor: &mut Cursor<'a>) -> Option<Self> {
        let (rtype, class, ttl) = (Rtype::new(cursor.u16()?), cursor.u16()?, cursor.u32()?);
        let length = usize::from(cursor.u16()?);
        let rdata_at = cursor.position();
        cursor.take(length)?;
        Some(Self {
            owner,
            rtype,
            class,
            ttl,
            rdata_at,
            end: cursor.position(),
        })
    }

    /// Where the TTL stands: before the data and its length.
    pub(super) fn ttl_at(&self) -> Range<usize> {
        let end = self.rdata_at.saturating_sub(2);
        end.saturating_sub(4)..end
    }

    pub(super) fn rdata(&self) -> &'a [u8] {
        let octets = self.owner.octets();
        octets.get(self.rdata_at..self.end).unwrap_or_default()
    }

    /// The data with names made whole; nothing if it does not have the layout of its type.
    fn canonical(&self, names: &mut Names<'a>) -> Option<Box<[u8]>> {
        let rdata = self.owner.moved_to(self.rdata_at).bounded(self.end)?;
        canonical(self.rtype, rdata, names)
    }
}

/// Takes a message apart.
///
/// A record that its type's layout does not allow is left out and counted; one that runs over
/// the end of the octets ends the walk and makes the message incomplete.
pub fn decode(payload: &Payload) -> Result<Message, Malformed> {
    let octets = payload.octets.as_slice();
    let outline = outline(octets)?;
    let mut cursor = Cursor::new(octets, HEADER_OCTETS);
    questions(&mut cursor, &outline.header)?;
    let [_, answers, authorities, additionals] = outline.header.counts;
    let mut sections = Sections::of(octets);
    // A question that has a pointer leads it into the header.
    let is_plain = outline.question.as_ref().is_none_or(|question| {
        question.name.wire().len() + QUESTION_OCTETS == cursor.position() - HEADER_OCTETS
    });
    let is_whole = sections.read(&mut cursor, [answers, authorities, additionals]);
    let has_stray_pointers = !is_plain || sections.names.lean_on(&sections.varying);
    let Sections {
        sets,
        signatures,
        owners,
        glue,
        has_additional_soa,
        odd_records,
        is_crowded,
        ..
    } = sections;
    let mut message = Message {
        frame: payload.frame,
        time: payload.time,
        flow: payload.flow,
        vlan: payload.vlan.clone(),
        header: outline.header,
        question: outline.question,
        edns: outline.edns,
        answer: Vec::new(),
        authority: Vec::new(),
        loose_signatures: Vec::new(),
        glue,
        has_additional_soa,
        odd_records,
        is_crowded,
        has_stray_pointers,
        is_incomplete: payload.is_incomplete || !is_whole,
        octets: octets.into(),
    };
    message.fill(sets, signatures, &owners);
    Ok(message)
}

/// The section that a record stands in.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Section {
    Answer,
    Authority,
    Additional,
}

/// An RRset whose records are still coming.
struct Gathering {
    section: Section,
    owner: Name,
    number: Owner,
    rtype: Rtype,
    ttl: Ttl,
    records: Vec<Box<[u8]>>,
}

/// Stands for an owner: equal names have equal numbers.
type Owner = usize;

/// A signature, and the set that it covers.
struct Covering {
    section: Section,
    owner: Owner,
    rrsig: Rrsig,
}

/// The records of a message, as far as they are read.
struct Sections<'a> {
    names: Names<'a>,
    owners: Vec<Name>,
    numbers: HashMap<Name, Owner>,
    /// Owners by the pointer that stands for them.
    pointers: HashMap<usize, Owner>,
    /// In order of first appearance; a set spread over answer and authority is one set.
    sets: Vec<Gathering>,
    places: HashMap<(Owner, Rtype), usize>,
    signatures: Vec<Covering>,
    glue: Vec<(Name, IpAddr)>,
    has_additional_soa: bool,
    odd_records: u32,
    is_crowded: bool,
    /// Where octets stand that say nothing of what the message answers.
    varying: Vec<Range<usize>>,
}

impl<'a> Sections<'a> {
    fn of(octets: &'a [u8]) -> Self {
        Self {
            names: Names::new(octets),
            owners: Vec::new(),
            numbers: HashMap::new(),
            pointers: HashMap::new(),
            sets: Vec::new(),
            places: HashMap::new(),
            signatures: Vec::new(),
            glue: Vec::new(),
            has_additional_soa: false,
            odd_records: 0,
            is_crowded: false,
            varying: vec![ID],
        }
    }

    /// Whether all records that the header counts were there, or more than are taken apart.
    fn read(&mut self, cursor: &mut Cursor<'a>, counts: [u16; 3]) -> bool {
        let sections = [Section::Answer, Section::Authority, Section::Additional];
        for (section, count) in sections.into_iter().zip(counts) {
            for _ in 0..count {
                let parts = self.sets.len() + self.signatures.len();
                if parts > MAX_PARTS || self.names.are_too_long() {
                    self.is_crowded = true;
                    return true;
                }
                let owner = cursor.clone();
                let record = self.names.skip(cursor);
                let Some(raw) = record.and_then(|()| Raw::read(owner, cursor)) else {
                    return false;
                };
                self.varying.push(raw.ttl_at());
                if raw.rtype == Rtype::OPT {
                    self.varying.push(raw.rdata_at..raw.end);
                }
                if raw.rtype != Rtype::OPT && self.add(section, &raw).is_none() {
                    self.odd_records += 1;
                }
            }
        }
        true
    }

    fn add(&mut self, section: Section, raw: &Raw<'a>) -> Option<()> {
        if section == Section::Additional {
            return self.add_additional(raw);
        }
        if raw.class != CLASS_IN {
            return None;
        }
        let (owner, number) = self.owner(raw)?;
        let rdata = raw.canonical(&mut self.names)?;
        if raw.rtype == Rtype::RRSIG {
            let rrsig = Rrsig::parse(&rdata)?;
            self.signatures.push(Covering {
                section,
                owner: number,
                rrsig,
            });
            return Some(());
        }
        let ttl = Ttl::new(raw.ttl);
        let next = self.sets.len();
        let place = *self.places.entry((number, raw.rtype)).or_insert(next);
        if let Some(set) = self.sets.get_mut(place) {
            set.ttl = set.ttl.min(ttl);
            set.records.push(rdata);
        } else {
            let records = vec![rdata];
            self.sets.push(Gathering {
                section,
                owner,
                number,
                rtype: raw.rtype,
                ttl,
                records,
            });
        }
        Some(())
    }

    /// The owner of a record, and its number. Equal names share their octets, so that it costs
    /// nothing to compare them.
    fn owner(&mut self, raw: &Raw<'a>) -> Option<(Name, Owner)> {
        let pointer = raw.owner.pointer();
        let known = pointer.and_then(|pointer| self.pointers.get(&pointer));
        if let Some(&number) = known {
            return Some((self.owners.get(number)?.clone(), number));
        }
        let name = self.names.read(&mut raw.owner.clone())?;
        let number = *self.numbers.entry(name.clone()).or_insert_with(|| {
            self.owners.push(name);
            self.owners.len() - 1
        });
        if let Some(pointer) = pointer {
            self.pointers.insert(pointer, number);
        }
        Some((self.owners.get(number)?.clone(), number))
    }

    /// Of the additional section only addresses count, and signatures of sets that stand before
    /// it: what they prove does not depend on where they stand.
    fn add_additional(&mut self, raw: &Raw<'a>) -> Option<()> {
        let rdata = raw.rdata();
        if let Some(address) = address(raw.rtype, rdata) {
            if self.glue.len() >= MAX_GLUE {
                return Some(());
            }
            let owner = self.names.read(&mut raw.owner.clone())?;
            self.glue.push((owner, address));
        } else if raw.rtype == Rtype::SOA {
            self.has_additional_soa = true;
        } else if raw.rtype == Rtype::RRSIG && raw.class == CLASS_IN {
            let (_, owner) = self.owner(raw)?;
            if self.places.contains_key(&(owner, type_covered(rdata)?)) {
                let rrsig = Rrsig::parse(&raw.canonical(&mut self.names)?)?;
                self.signatures.push(Covering {
                    section: Section::Additional,
                    owner,
                    rrsig,
                });
            }
        }
        Some(())
    }
}

/// The type in the first octets of RRSIG data.
fn type_covered(rdata: &[u8]) -> Option<Rtype> {
    let number = rdata.first_chunk().copied().map(u16::from_be_bytes);
    number.map(Rtype::new)
}

/// The address in A or AAAA data.
fn address(rtype: Rtype, rdata: &[u8]) -> Option<IpAddr> {
    match rtype {
        Rtype::A => <[u8; 4]>::try_from(rdata)
            .ok()
            .map(|octets| Ipv4Addr::from(octets).into()),
        Rtype::AAAA => <[u8; 16]>::try_from(rdata)
            .ok()
            .map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

impl Message {
    /// Gives each set its signatures and its section.
    fn fill(&mut self, sets: Vec<Gathering>, signatures: Vec<Covering>, owners: &[Name]) {
        let mut by_set: HashMap<(Owner, Rtype), Vec<Rrsig>> = HashMap::new();
        let mut mentions = Vec::with_capacity(signatures.len());
        for covering in signatures {
            let key = (covering.owner, covering.rrsig.type_covered);
            mentions.push((covering.section, key));
            by_set.entry(key).or_default().push(covering.rrsig);
        }
        for gathering in sets {
            let found = by_set.remove(&(gathering.number, gathering.rtype));
            let (owner, rtype, ttl) = (gathering.owner, gathering.rtype, gathering.ttl);
            let Some(mut set) = Rrset::new(owner, rtype, ttl, gathering.records) else {
                continue;
            };
            set.signatures = found.unwrap_or_default();
            match gathering.section {
                Section::Answer => self.answer.push(set),
                Section::Authority => self.authority.push(set),
                Section::Additional => {}
            }
        }
        for (section, key) in mentions {
            // The first mention takes all of them; what is left covers no set of this message.
            let left = by_set.remove(&key).unwrap_or_default();
            if let Some(owner) = owners.get(key.0).filter(|_| section == Section::Answer) {
                self.loose_signatures
                    .extend(left.into_iter().map(|rrsig| (owner.clone(), rrsig)));
            }
        }
    }
}
