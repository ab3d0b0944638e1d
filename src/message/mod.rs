//! Gives DNS messages, taken apart into RRsets in canonical form.
//!
//! Takes [`Payload`](crate::packet::Payload)s and gives [`Message`]s. Owns nothing: every
//! function here depends on its arguments alone. The only door to hickory-proto.

mod decode;
mod header;
mod name;
mod names;
mod rdata;
mod rrset;
mod rtype;
mod saved;
mod screen;
mod walk;
pub mod zone_file;

pub use decode::{Outline, decode, outline};
pub use header::{Edns, ExtraError, Header, Question, Rcode};
pub use name::{Labels, Name, NotAName};
pub use rdata::{Dnskey, Ds, Nsec, Nsec3, Rrsig, TypeBitmap};
pub use rrset::Rrset;
pub use rtype::Rtype;
pub use screen::{Asked, Salt, Screen, Shape, screen};

use crate::capture::FrameNumber;
use crate::packet::Flow;
use crate::time::Timestamp;
use std::net::IpAddr;

/// Why octets are no DNS message at all.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Malformed {
    /// Shorter than a header.
    Header,
    /// The question cannot be read.
    Question,
}

/// A DNS message as it passed the tap.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
pub struct Message {
    /// The frame that completed it.
    pub frame: FrameNumber,
    /// When that frame passed.
    pub time: Timestamp,
    /// From whom to whom.
    pub flow: Flow,
    /// VLAN identifiers, outermost first.
    pub vlan: Vec<u16>,
    /// Identifier, flags and codes.
    pub header: Header,
    /// The only question; nothing if there is none or there are several.
    pub question: Option<Question>,
    /// The OPT record.
    pub edns: Option<Edns>,
    /// RRsets of the answer section, in order of first appearance.
    pub answer: Vec<Rrset>,
    /// RRsets of the authority section that are not in the answer section too.
    pub authority: Vec<Rrset>,
    /// Signatures of the answer section that cover no RRset of answer or authority, with their owners.
    pub loose_signatures: Vec<(Name, Rrsig)>,
    /// Addresses in the additional section, with their owners. Not authenticated.
    pub glue: Vec<(Name, IpAddr)>,
    /// An SOA stands in the additional section: so resolvers tell of a response policy zone.
    pub has_additional_soa: bool,
    /// Records left out: of another class, or not in the layout of their type.
    pub odd_records: u32,
    /// It has more RRsets and signatures than are taken apart, or its pointers make longer names
    /// whole; what stands behind is left out.
    pub is_crowded: bool,
    /// What its names say may change with its identifier, its TTLs or its EDNS options, since
    /// pointers lead there: no server writes such a message.
    pub has_stray_pointers: bool,
    /// Records are missing that the header counts, or the payload is unreliable.
    pub is_incomplete: bool,
    /// The octets that all this was read from.
    pub octets: Box<[u8]>,
}

impl Message {
    /// Whether the sender's OPT has DO set.
    pub fn dnssec_ok(&self) -> bool {
        self.edns.as_ref().is_some_and(|edns| edns.dnssec_ok)
    }

    /// Whether it carries a record of type RRSIG, DNSKEY, DS, NSEC or NSEC3.
    pub fn has_dnssec(&self) -> bool {
        !self.loose_signatures.is_empty()
            || self
                .rrsets()
                .any(|set| !set.signatures.is_empty() || set.rtype.is_dnssec())
    }

    /// The RRsets of answer and authority, in this order.
    pub fn rrsets(&self) -> impl Iterator<Item = &Rrset> {
        self.answer.iter().chain(&self.authority)
    }

    /// The RRset of this owner and type in the answer section.
    pub fn answered(&self, owner: &Name, rtype: Rtype) -> Option<&Rrset> {
        self.answer
            .iter()
            .find(|set| set.rtype == rtype && set.owner == *owner)
    }
}
