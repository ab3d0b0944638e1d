//! The fixed parts of a message: header, question, EDNS.

use super::name::Name;
use super::rtype::Rtype;
use super::walk::Cursor;
use std::fmt;

/// Octets of the header (RFC 1035 §4.1.1).
pub(super) const HEADER_OCTETS: usize = 12;

/// Class IN.
pub(super) const CLASS_IN: u16 = 1;

/// A response code with EDNS's upper bits (RFC 6895 §2.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Rcode(pub u16);

impl Rcode {
    /// No error.
    pub const NOERROR: Self = Self(0);
    /// The server failed; of a validating resolver also: bogus.
    pub const SERVFAIL: Self = Self(2);
    /// No such name.
    pub const NXDOMAIN: Self = Self(3);
}

impl fmt::Display for Rcode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            0 => "NOERROR",
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            6 => "YXDOMAIN",
            7 => "YXRRSET",
            8 => "NXRRSET",
            9 => "NOTAUTH",
            10 => "NOTZONE",
            16 => "BADVERS",
            23 => "BADCOOKIE",
            other => return write!(out, "RCODE{other}"),
        };
        out.write_str(name)
    }
}

/// Identifier, flags and codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// The transaction.
    pub id: u16,
    /// The second 16 bits: QR, opcode, flags, rcode.
    bits: u16,
    /// The code with EDNS's upper bits.
    pub rcode: Rcode,
    /// Records that each section claims to have: question, answer, authority, additional.
    pub counts: [u16; 4],
}

impl Header {
    /// From the first octets of a message.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Self> {
        let (id, bits) = (cursor.u16()?, cursor.u16()?);
        let counts = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
        Some(Self {
            id,
            bits,
            rcode: Rcode(bits & 15),
            counts,
        })
    }

    /// Records that it claims to have behind the questions.
    pub(super) fn records(self) -> u32 {
        let [_, sections @ ..] = self.counts;
        sections.into_iter().map(u32::from).sum()
    }

    const fn has(self, bit: u16) -> bool {
        self.bits & bit != 0
    }

    /// A response, not a query.
    pub const fn is_response(self) -> bool {
        self.has(0x8000)
    }

    /// The opcode; 0 is QUERY.
    pub const fn opcode(self) -> u16 {
        self.bits >> 11 & 15
    }

    /// AA: the server has authority for the name.
    pub const fn is_authoritative(self) -> bool {
        self.has(0x0400)
    }

    /// TC: not all of it fitted.
    pub const fn is_truncated(self) -> bool {
        self.has(0x0200)
    }

    /// RD: the client wants recursion.
    pub const fn recursion_desired(self) -> bool {
        self.has(0x0100)
    }

    /// RA: the server offers recursion.
    pub const fn recursion_available(self) -> bool {
        self.has(0x0080)
    }

    /// AD: the server holds the data for authentic (RFC 6840 §5.8).
    pub const fn is_authentic(self) -> bool {
        self.has(0x0020)
    }

    /// CD: the client checks for itself (RFC 4035 §3.2.2).
    pub const fn checking_disabled(self) -> bool {
        self.has(0x0010)
    }
}

/// What is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The name, in lower case.
    pub name: Name,
    /// The type.
    pub rtype: Rtype,
    /// The class.
    pub class: u16,
    /// The name as spelt in the message: resolvers that mix cases expect theirs back.
    pub spelling: Box<[u8]>,
}

impl Question {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Self> {
        let spelling = cursor.raw_name()?.into_boxed_slice();
        let name = Name::from_wire(&spelling).ok()?;
        Some(Self {
            name,
            rtype: Rtype::new(cursor.u16()?),
            class: cursor.u16()?,
            spelling,
        })
    }

    /// Steps over a question.
    pub(super) fn skip(cursor: &mut Cursor<'_>) -> Option<()> {
        cursor.skip_name()?;
        cursor.take(4).map(|_| ())
    }
}

/// An Extended DNS Error (RFC 8914 §2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtraError {
    /// INFO-CODE.
    pub code: u16,
    /// EXTRA-TEXT, with what is no UTF-8 replaced.
    pub text: String,
}

/// The OPT record (RFC 6891 §6.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Edns {
    /// DO: the client wants DNSSEC records (RFC 3225 §3).
    pub dnssec_ok: bool,
    /// The upper bits of the response code.
    pub rcode_high: u8,
    /// Extended DNS Errors, in order.
    pub errors: Vec<ExtraError>,
    /// Key tags of the trust anchors that the client has (RFC 8145 §4.1).
    pub key_tags: Vec<u16>,
}

impl Edns {
    /// From TTL field and RDATA; an option that runs over the end is left out.
    pub(super) fn parse(ttl: u32, rdata: &[u8]) -> Self {
        let [rcode_high, _version, flags, _] = ttl.to_be_bytes();
        let mut edns = Self {
            dnssec_ok: flags & 0x80 != 0,
            rcode_high,
            ..Self::default()
        };
        let mut cursor = Cursor::new(rdata, 0);
        while let (Some(code), Some(length)) = (cursor.u16(), cursor.u16()) {
            let Some(option) = cursor.take(usize::from(length)) else {
                break;
            };
            edns.read_option(code, option);
        }
        edns
    }

    fn read_option(&mut self, code: u16, option: &[u8]) {
        match (code, option) {
            (14, tags) => {
                let tags = tags.chunks_exact(2).filter_map(|tag| tag.try_into().ok());
                self.key_tags.extend(tags.map(u16::from_be_bytes));
            }
            (15, [high, low, text @ ..]) => self.errors.push(ExtraError {
                code: u16::from_be_bytes([*high, *low]),
                text: String::from_utf8_lossy(text)
                    .trim_end_matches('\0')
                    .to_owned(),
            }),
            _ => {}
        }
    }
}
