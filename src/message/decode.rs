//! From the octets of a message to its RRsets.

use super::header::{CLASS_IN, Edns, HEADER_OCTETS, Header, Question, Rcode};
use super::name::Name;
use super::rdata::{Rrsig, canonical};
use super::rrset::Rrset;
use super::rtype::Rtype;
use super::walk::Cursor;
use super::{Malformed, Message};
use crate::packet::Payload;
use crate::time::Ttl;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// RRsets and signatures of a message that are taken apart: an answer to ANY has some dozens.
const MAX_PARTS: usize = 512;

/// Addresses of the additional section that are taken: a referral names some dozens of servers.
const MAX_GLUE: usize = 512;

/// What a quick look at a message tells: enough to know whether it needs decoding.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Identifier, flags and codes.
    pub header: Header,
    /// The only question; nothing if there is none or there are several.
    pub question: Option<Question>,
    /// The OPT record, if there is one.
    pub edns: Option<Edns>,
    /// It carries a record of type RRSIG, DNSKEY, DS, NSEC or NSEC3.
    pub has_dnssec: bool,
}

impl Screen {
    /// Whether the sender's OPT has DO set.
    pub fn dnssec_ok(&self) -> bool {
        self.edns.as_ref().is_some_and(|edns| edns.dnssec_ok)
    }

    /// Whether the server refuses to answer, or says that something is wrong with the answer:
    /// SERVFAIL or an Extended DNS Error.
    pub fn refuses(&self) -> bool {
        self.header.rcode == Rcode::SERVFAIL
            || self
                .edns
                .as_ref()
                .is_some_and(|edns| !edns.errors.is_empty())
    }

    /// Whether the question is in class IN.
    pub fn is_class_in(&self) -> bool {
        self.question
            .as_ref()
            .is_some_and(|question| question.class == CLASS_IN)
    }
}

/// Looks over a message without taking its records apart.
pub fn screen(octets: &[u8]) -> Result<Screen, Malformed> {
    let mut cursor = Cursor::new(octets, 0);
    let mut header = Header::parse(&mut cursor).ok_or(Malformed::Header)?;
    let question = questions(&mut cursor, &header)?;
    let mut screen = Screen {
        header,
        question,
        edns: None,
        has_dnssec: false,
    };
    let [_, answers, authorities, additionals] = header.counts;
    let sections = [answers, authorities, additionals];
    let records = sections.into_iter().map(u32::from).sum::<u32>();
    for _ in 0..records {
        // A record that runs over the end is found again, and told, when decoding.
        let Some(record) = Raw::read(&mut cursor) else {
            break;
        };
        match record.rtype {
            Rtype::OPT if screen.edns.is_none() => {
                let edns = Edns::parse(record.ttl, record.rdata(octets));
                header.rcode = Rcode(header.rcode.0 | u16::from(edns.rcode_high) << 4);
                screen.edns = Some(edns);
            }
            rtype => screen.has_dnssec |= rtype.is_dnssec(),
        }
    }
    screen.header = header;
    Ok(screen)
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
struct Raw {
    owner_at: usize,
    rtype: Rtype,
    class: u16,
    ttl: u32,
    rdata_at: usize,
    end: usize,
}

impl Raw {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let owner_at = cursor.position();
        cursor.skip_name()?;
        let (rtype, class, ttl) = (Rtype::new(cursor.u16()?), cursor.u16()?, cursor.u32()?);
        let length = usize::from(cursor.u16()?);
        let rdata_at = cursor.position();
        cursor.take(length)?;
        Some(Self {
            owner_at,
            rtype,
            class,
            ttl,
            rdata_at,
            end: cursor.position(),
        })
    }

    fn rdata<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        octets.get(self.rdata_at..self.end).unwrap_or_default()
    }

    fn owner(&self, octets: &[u8]) -> Option<Name> {
        Cursor::new(octets, self.owner_at).name()
    }

    /// The data with names made whole; nothing if it does not have the layout of its type.
    fn canonical(&self, octets: &[u8]) -> Option<Box<[u8]>> {
        canonical(
            self.rtype,
            Cursor::new(octets, self.rdata_at).bounded(self.end)?,
        )
    }
}

/// Takes a message apart.
///
/// A record that its type's layout does not allow is left out and counted; one that runs over
/// the end of the octets ends the walk and makes the message incomplete.
pub fn decode(payload: &Payload) -> Result<Message, Malformed> {
    let octets = payload.octets.as_slice();
    let screen = screen(octets)?;
    let mut cursor = Cursor::new(octets, HEADER_OCTETS);
    questions(&mut cursor, &screen.header)?;
    let [_, answers, authorities, additionals] = screen.header.counts;
    let mut sections = Sections::default();
    let is_whole = sections.read(octets, &mut cursor, [answers, authorities, additionals]);
    let Sections {
        sets,
        signatures,
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
        header: screen.header,
        question: screen.question,
        edns: screen.edns,
        answer: Vec::new(),
        authority: Vec::new(),
        loose_signatures: Vec::new(),
        glue,
        has_additional_soa,
        odd_records,
        is_crowded,
        is_incomplete: payload.is_incomplete || !is_whole,
        octets: octets.into(),
    };
    message.fill(sets, signatures);
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
    rtype: Rtype,
    ttl: Ttl,
    records: Vec<Box<[u8]>>,
}

/// The records of a message, as far as they are read.
#[derive(Default)]
struct Sections {
    /// In order of first appearance; a set spread over answer and authority is one set.
    sets: Vec<Gathering>,
    places: HashMap<(Name, Rtype), usize>,
    signatures: Vec<(Section, Name, Rrsig)>,
    glue: Vec<(Name, IpAddr)>,
    has_additional_soa: bool,
    odd_records: u32,
    is_crowded: bool,
}

impl Sections {
    /// Whether all records that the header counts were there, or more than are taken apart.
    fn read(&mut self, octets: &[u8], cursor: &mut Cursor<'_>, counts: [u16; 3]) -> bool {
        let sections = [Section::Answer, Section::Authority, Section::Additional];
        for (section, count) in sections.into_iter().zip(counts) {
            for _ in 0..count {
                if self.sets.len() + self.signatures.len() > MAX_PARTS {
                    self.is_crowded = true;
                    return true;
                }
                let Some(raw) = Raw::read(cursor) else {
                    return false;
                };
                if raw.rtype != Rtype::OPT && self.add(section, &raw, octets).is_none() {
                    self.odd_records += 1;
                }
            }
        }
        true
    }

    fn add(&mut self, section: Section, raw: &Raw, octets: &[u8]) -> Option<()> {
        if section == Section::Additional {
            return self.add_additional(raw, octets);
        }
        if raw.class != CLASS_IN {
            return None;
        }
        let owner = raw.owner(octets)?;
        let rdata = raw.canonical(octets)?;
        if raw.rtype == Rtype::RRSIG {
            self.signatures
                .push((section, owner, Rrsig::parse(&rdata)?));
            return Some(());
        }
        let ttl = Ttl::new(raw.ttl);
        let place = self
            .places
            .entry((owner.clone(), raw.rtype))
            .or_insert(self.sets.len());
        if let Some(set) = self.sets.get_mut(*place) {
            set.ttl = set.ttl.min(ttl);
            set.records.push(rdata);
        } else {
            let records = vec![rdata];
            self.sets.push(Gathering {
                section,
                owner,
                rtype: raw.rtype,
                ttl,
                records,
            });
        }
        Some(())
    }

    /// Of the additional section only addresses count, and signatures of sets that stand before
    /// it: what they prove does not depend on where they stand.
    fn add_additional(&mut self, raw: &Raw, octets: &[u8]) -> Option<()> {
        let rdata = raw.rdata(octets);
        if let Some(address) = address(raw.rtype, rdata) {
            if self.glue.len() >= MAX_GLUE {
                return Some(());
            }
            self.glue.push((raw.owner(octets)?, address));
        } else if raw.rtype == Rtype::SOA {
            self.has_additional_soa = true;
        } else if raw.rtype == Rtype::RRSIG && raw.class == CLASS_IN {
            let key = (raw.owner(octets)?, type_covered(rdata)?);
            if self.places.contains_key(&key) {
                let rrsig = Rrsig::parse(&raw.canonical(octets)?)?;
                self.signatures.push((Section::Additional, key.0, rrsig));
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
    fn fill(&mut self, sets: Vec<Gathering>, signatures: Vec<(Section, Name, Rrsig)>) {
        let mut by_set: HashMap<(Name, Rtype), Vec<Rrsig>> = HashMap::new();
        let mut owners = Vec::with_capacity(signatures.len());
        for (section, owner, signature) in signatures {
            let key = (owner, signature.type_covered);
            owners.push((section, key.clone()));
            by_set.entry(key).or_default().push(signature);
        }
        for gathering in sets {
            let Gathering {
                section,
                owner,
                rtype,
                ttl,
                records,
            } = gathering;
            let key = (owner, rtype);
            let found = by_set.remove(&key).unwrap_or_default();
            let Some(mut set) = Rrset::new(key.0, rtype, ttl, records) else {
                continue;
            };
            set.signatures = found;
            match section {
                Section::Answer => self.answer.push(set),
                Section::Authority => self.authority.push(set),
                Section::Additional => {}
            }
        }
        for (section, key) in owners {
            // The first mention takes all of them; what is left covers no set of this message.
            let left = by_set.remove(&key).unwrap_or_default();
            if section == Section::Answer {
                self.loose_signatures
                    .extend(left.into_iter().map(|rrsig| (key.0.clone(), rrsig)));
            }
        }
    }
}
