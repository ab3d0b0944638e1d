//! A look at a message that tells whether it is worth taking apart.

use super::Malformed;
use super::decode::Raw;
use super::header::{Header, Question, Rcode};
use super::rtype::Rtype;
use super::walk::{Cursor, MAX_NAME_OCTETS};
use crate::time::Ttl;
use siphasher::sip::SipHasher13;
use siphasher::sip128::SipHasher13 as LongSipHasher13;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

/// Octets of the longest message that gets a shape: what servers fit into one datagram.
const MAX_SHAPED_OCTETS: usize = 2048;

/// Records of a message that gets a shape, at most.
const MAX_SHAPED_RECORDS: usize = 64;

/// Where the header's counts end and the first question begins.
const QUESTION_AT: usize = 12;

/// Type and class of a question, behind its name.
const TYPE_AND_CLASS_OCTETS: usize = 4;

/// How the first label of a key tag query begins (RFC 8145 §5.1).
const KEY_TAG_LABEL: &[u8] = b"_ta-";

/// The options that a screen looks for: key tags (RFC 8145 §4.1) and errors (RFC 8914 §2).
const OPTION_KEY_TAGS: u16 = 14;
const OPTION_ERROR: u16 = 15;

/// What digests of messages are made with: nobody outside can find two messages of one digest.
/// Digests made with one salt mean nothing under another, so they must never be written down.
#[derive(Clone, Debug)]
pub struct Salt([u8; 16]);

impl Default for Salt {
    fn default() -> Self {
        // The only source of chance in the standard library.
        let chance = RandomState::new();
        let halves = [chance.hash_one(0_u8), chance.hash_one(1_u8)];
        let [low, high] = halves.map(u64::to_ne_bytes);
        let mut key = [0; 16];
        key.iter_mut()
            .zip(low.into_iter().chain(high))
            .for_each(|(place, octet)| *place = octet);
        Self(key)
    }
}

impl Salt {
    /// A short digest.
    pub fn digest(&self, octets: &[u8]) -> u64 {
        SipHasher13::new_with_key(&self.0).hash(octets)
    }

    /// A short digest of two addresses, in this order, and a number.
    pub fn digest_of_ends(&self, ends: [IpAddr; 2], number: u64) -> u64 {
        let [one, other] = ends.map(|address| match address {
            IpAddr::V4(four) => four.to_ipv6_mapped().octets(),
            IpAddr::V6(six) => six.octets(),
        });
        let mut octets = [0; 40];
        if let Some((first, rest)) = octets.split_first_chunk_mut()
            && let Some((second, rest)) = rest.split_first_chunk_mut()
        {
            (*first, *second) = (one, other);
            rest.copy_from_slice(&number.to_ne_bytes());
        }
        self.digest(&octets)
    }

    /// A digest of which no two messages will ever be found to have the same.
    fn long_digest(&self, octets: &[u8]) -> [u64; 2] {
        let digest = LongSipHasher13::new_with_key(&self.0).hash(octets);
        [digest.h1, digest.h2]
    }
}

/// What a response says, as a digest: that of all its octets but its identifier, its TTLs, the
/// spelling of its question, and its EDNS options. Two responses of one shape differ in nothing
/// else; they say the same unless pointers lead into those ([`Message::has_stray_pointers`]).
///
/// [`Message::has_stray_pointers`]: super::Message::has_stray_pointers
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Shape {
    /// The digest.
    pub digest: [u64; 2],
    /// The smallest TTL of its records, in seconds.
    pub least_ttl: u32,
}

/// A question without its name, as digests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Asked {
    /// Of name, type and class.
    pub digest: u64,
    /// Of the name as it is spelt, if it has capitals: resolvers that mix cases expect theirs
    /// back.
    pub spelling: u64,
    /// The spelling has capitals.
    pub mixes_cases: bool,
    /// The type.
    pub rtype: Rtype,
    /// The class.
    pub class: u16,
}

/// What a quick look at a message tells: enough to pair it, and to know whether it needs decoding.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
pub struct Screen {
    /// Identifier, flags and codes.
    pub header: Header,
    /// The only question; nothing if there is none or there are several.
    pub asked: Option<Asked>,
    /// The sender's OPT has DO set.
    pub dnssec_ok: bool,
    /// It carries a record of type RRSIG, DNSKEY, DS, NSEC or NSEC3.
    pub has_dnssec: bool,
    /// It carries an Extended DNS Error.
    pub has_error: bool,
    /// A query that may tell which trust anchors its sender has (RFC 8145).
    pub may_signal: bool,
    /// Of a response that is to be decoded, a digest of its octets.
    pub octets: u64,
    /// Of such a response, what it says, if that can be told by a digest.
    pub shape: Option<Shape>,
}

impl Screen {
    /// Whether the server refuses to answer, or says that something is wrong with the answer:
    /// SERVFAIL or an Extended DNS Error.
    pub fn refuses(&self) -> bool {
        self.header.rcode == Rcode::SERVFAIL || self.has_error
    }

    /// A response that has to do with DNSSEC as far as it shows itself, or one that refuses: a
    /// validating resolver says so to clients that know nothing of DNSSEC.
    pub fn is_telling(&self) -> bool {
        self.header.is_response() && (self.dnssec_ok || self.has_dnssec || self.refuses())
    }
}

/// Looks over a message without taking its records apart.
pub fn screen(octets: &[u8], salt: &Salt) -> Result<Screen, Malformed> {
    let mut cursor = Cursor::new(octets, 0);
    let header = Header::parse(&mut cursor).ok_or(Malformed::Header)?;
    let mut screen = Screen {
        header,
        asked: None,
        dnssec_ok: false,
        has_dnssec: false,
        has_error: false,
        may_signal: false,
        octets: 0,
        shape: None,
    };
    let [questions, ..] = header.counts;
    if questions == 1 {
        let (asked, is_signal) = Asked::read(&mut cursor, salt).ok_or(Malformed::Question)?;
        screen.asked = Some(asked);
        screen.may_signal = is_signal && !header.is_response();
    } else {
        for _ in 0..questions {
            Question::skip(&mut cursor).ok_or(Malformed::Question)?;
        }
    }
    let mut mask = Mask::new(octets, cursor.position());
    let mut left = header.records();
    let mut has_opt = false;
    while left > 0
        && let Some(record) = Raw::next(&mut cursor)
    {
        left -= 1;
        if record.rtype == Rtype::OPT && !has_opt {
            has_opt = true;
            screen.take_opt(&record);
            mask.hide_options(&record);
        } else {
            screen.has_dnssec |= record.rtype.is_dnssec();
            mask.hide_ttl(&record);
        }
    }
    if screen.is_telling() {
        let is_plain_text = left == 0
            && questions == 1
            && !header.is_truncated()
            && !screen.has_error
            && matches!(screen.header.rcode, Rcode::NOERROR | Rcode::NXDOMAIN);
        screen.shape = mask.shape(salt).filter(|_| is_plain_text);
        screen.octets = salt.digest(octets);
    }
    Ok(screen)
}

impl Screen {
    fn take_opt(&mut self, opt: &Raw<'_>) {
        let [rcode_high, _version, flags, _] = opt.ttl.to_be_bytes();
        self.dnssec_ok = flags & 0x80 != 0;
        let rcode = &mut self.header.rcode;
        *rcode = Rcode(rcode.0 | u16::from(rcode_high) << 4);
        let mut options = Cursor::new(opt.rdata(), 0);
        while let (Some(code), Some(length)) = (options.u16(), options.u16()) {
            if options.take(usize::from(length)).is_none() {
                break;
            }
            self.has_error |= code == OPTION_ERROR;
            self.may_signal |= code == OPTION_KEY_TAGS && !self.header.is_response();
        }
    }
}

impl Asked {
    /// The question at the cursor, and whether its first label is one that key tags stand in.
    fn read(cursor: &mut Cursor<'_>, salt: &Salt) -> Option<(Self, bool)> {
        // Type and class stand behind the name.
        let mut spelt = [0; MAX_NAME_OCTETS + 4];
        let mut length = 0;
        let mut first = None;
        let mut is_too_long = false;
        cursor.walk_name(|label| {
            first.get_or_insert(label);
            let end = length + 1 + label.len();
            match spelt.get_mut(length..end) {
                Some([count, place @ ..]) => {
                    *count = u8::try_from(label.len()).unwrap_or_default();
                    place.copy_from_slice(label);
                    length = end;
                }
                _ => is_too_long = true,
            }
        })?;
        let (rtype, class) = (cursor.u16()?, cursor.u16()?);
        let name = spelt.get(..length).filter(|_| !is_too_long)?;
        let mixes_cases = name.iter().any(u8::is_ascii_uppercase);
        let spelling = if mixes_cases { salt.digest(name) } else { 0 };
        let [high, low] = rtype.to_be_bytes();
        let [class_high, class_low] = class.to_be_bytes();
        let whole = spelt.get_mut(..length + 4)?;
        // No length octet of a label is a letter.
        whole.make_ascii_lowercase();
        if let [.., a, b, c, d] = whole {
            (*a, *b, *c, *d) = (high, low, class_high, class_low);
        }
        let is_signal = first.is_some_and(|label| {
            let head = label.get(..KEY_TAG_LABEL.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(KEY_TAG_LABEL))
        });
        let asked = Self {
            digest: salt.digest(whole),
            spelling,
            mixes_cases,
            rtype: Rtype::new(rtype),
            class,
        };
        Some((asked, is_signal))
    }
}

/// The octets of a message with what varies between answers of one content put to zero.
struct Mask<'a> {
    octets: &'a [u8],
    records_at: usize,
    /// What is hidden, as positions and lengths.
    hidden: [(u16, u16); MAX_SHAPED_RECORDS],
    count: usize,
    least_ttl: u32,
    is_too_much: bool,
}

impl<'a> Mask<'a> {
    fn new(octets: &'a [u8], records_at: usize) -> Self {
        Self {
            octets,
            records_at,
            hidden: [(0, 0); MAX_SHAPED_RECORDS],
            count: 0,
            least_ttl: u32::MAX,
            is_too_much: octets.len() > MAX_SHAPED_OCTETS,
        }
    }

    fn hide_ttl(&mut self, record: &Raw<'_>) {
        self.least_ttl = self.least_ttl.min(Ttl::new(record.ttl).seconds());
        let ttl = record.ttl_at();
        self.hide(ttl.start, ttl.len());
    }

    fn hide_options(&mut self, opt: &Raw<'_>) {
        self.hide(opt.rdata_at, opt.end - opt.rdata_at);
    }

    fn hide(&mut self, at: usize, length: usize) {
        let place = self.hidden.get_mut(self.count);
        match (place, u16::try_from(at), u16::try_from(length)) {
            (Some(place), Ok(at), Ok(length)) => {
                *place = (at, length);
                self.count += 1;
            }
            _ => self.is_too_much = true,
        }
    }

    fn shape(&self, salt: &Salt) -> Option<Shape> {
        if self.is_too_much {
            return None;
        }
        let mut masked = [0; MAX_SHAPED_OCTETS];
        let masked = masked.get_mut(..self.octets.len())?;
        masked.copy_from_slice(self.octets);
        masked.get_mut(..2)?.fill(0);
        let names_end = self.records_at.checked_sub(TYPE_AND_CLASS_OCTETS)?;
        masked
            .get_mut(QUESTION_AT..names_end)?
            .make_ascii_lowercase();
        for (at, length) in self.hidden.get(..self.count)? {
            let at = usize::from(*at);
            masked.get_mut(at..at + usize::from(*length))?.fill(0);
        }
        Some(Shape {
            digest: salt.long_digest(masked),
            least_ttl: self.least_ttl,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::FrameNumber;
    use crate::message::{Message, decode};
    use crate::packet::{Flow, Payload, Transport};
    use crate::time::Timestamp;

    fn decoded(octets: &[u8]) -> Message {
        decode(&Payload {
            frame: FrameNumber::new(1),
            time: Timestamp::default(),
            flow: Flow {
                source: ([192, 0, 2, 53], 53).into(),
                destination: ([192, 0, 2, 1], 4000).into(),
                transport: Transport::Udp,
            },
            vlan: Vec::new(),
            octets: octets.to_vec(),
            is_incomplete: false,
        })
        .unwrap()
    }

    /// A response with DO: one A record with this TTL, and an OPT with these options.
    fn response(id: u16, name: &[u8], ttl: u32, address: u8, options: &[u8]) -> Vec<u8> {
        let mut octets = id.to_be_bytes().to_vec();
        octets.extend([0x84, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
        octets.extend(name);
        octets.extend([0, 1, 0, 1]);
        octets.extend([0xc0, 12, 0, 1, 0, 1]);
        octets.extend(ttl.to_be_bytes());
        octets.extend([0, 4, 192, 0, 2, address]);
        octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0");
        octets.extend(u16::try_from(options.len()).unwrap().to_be_bytes());
        octets.extend(options);
        octets
    }

    #[test]
    fn a_shape_is_what_a_response_says() {
        type Row = (&'static str, Vec<u8>, bool);
        let salt = Salt::default();
        let shape = |octets: &[u8]| screen(octets, &salt).unwrap().shape;
        let cookie = [0, 10, 0, 2, 1, 2];
        let one = shape(&response(1, b"\x01a\0", 60, 1, &cookie)).unwrap();
        assert_eq!(one.least_ttl, 60);
        let digest = |octets: &[u8]| shape(octets).map(|shape| shape.digest);
        let table: [Row; 6] = [
            (
                "another identifier",
                response(9, b"\x01a\0", 60, 1, &cookie),
                true,
            ),
            ("another TTL", response(1, b"\x01a\0", 61, 1, &cookie), true),
            (
                "another spelling",
                response(1, b"\x01A\0", 60, 1, &cookie),
                true,
            ),
            (
                "another cookie",
                response(1, b"\x01a\0", 60, 1, &[0, 10, 0, 2, 9, 9]),
                true,
            ),
            (
                "another name",
                response(1, b"\x01b\0", 60, 1, &cookie),
                false,
            ),
            ("other data", response(1, b"\x01a\0", 60, 2, &cookie), false),
        ];
        for (what, octets, is_same) in table {
            assert_eq!(digest(&octets) == Some(one.digest), is_same, "{what}");
        }
        let error = response(1, b"\x01a\0", 60, 1, &[0, 15, 0, 2, 0, 6]);
        assert_eq!(shape(&error), None, "an Extended DNS Error");
        let whole = response(1, b"\x01a\0", 60, 1, &cookie);
        assert_eq!(shape(&whole[..whole.len() - 1]), None, "cut off");
    }

    #[test]
    fn a_question_for_another_type_or_class_has_another_shape() {
        let salt = Salt::default();
        let shape = |at: usize, number: u8| {
            let mut octets = response(1, b"\x01a\0", 60, 1, &[]);
            octets[at] = number;
            screen(&octets, &salt).unwrap().shape.unwrap().digest
        };
        // 65 (HTTPS) and 97 differ as `A` and `a` do.
        for (what, at) in [("type", 16), ("class", 18)] {
            assert_ne!(shape(at, 65), shape(at, 97), "{what}");
        }
    }

    /// A response whose CNAME leads to what its identifier, its TTL or an option spell.
    fn led_astray(at: u8, letter: u8) -> Vec<u8> {
        let mut octets = vec![0, letter, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 0];
        octets.extend(b"\x01a\x04test\0\0\x05\0\x01");
        octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0\0\x08\xff\xff\0\x04");
        octets.extend([1, letter, 0xc0, 14]);
        octets.extend(b"\xc0\x0c\0\x05\0\x01");
        octets.extend([1, letter, 0xc0, 14, 0, 2, 0xc0, at]);
        octets
    }

    #[test]
    fn responses_of_one_shape_say_the_same_unless_pointers_stray() {
        let salt = Salt::default();
        let told = |octets: &[u8]| {
            let message = decoded(octets);
            let target = message.rrsets().find_map(crate::message::Rrset::target);
            let shape = screen(octets, &salt).unwrap().shape.unwrap();
            (shape.digest, target.unwrap(), message.has_stray_pointers)
        };
        let table = [
            ("a TTL", 49, true),
            ("an option", 39, true),
            ("the identifier", 0, true),
            ("the question", 12, false),
            ("part of the question", 14, false),
            ("an owner", 43, false),
        ];
        for (what, at, is_stray) in table {
            let [one, other] = [b'x', b'y'].map(|letter| told(&led_astray(at, letter)));
            assert_eq!((one.2, other.2), (is_stray, is_stray), "{what}");
            assert!(one.0 == other.0 && (is_stray || one.1 == other.1), "{what}");
        }
    }

    #[test]
    fn questions_are_told_apart_by_name_type_and_class() {
        let salt = Salt::default();
        let asked = |name: &[u8], rtype: u8, class: u8| {
            let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            octets.extend(name);
            octets.extend([0, rtype, 0, class]);
            screen(&octets, &salt).unwrap().asked.unwrap()
        };
        let one = asked(b"\x01a\x02bc\0", 1, 1);
        assert_eq!(one, asked(b"\x01a\x02bc\0", 1, 1));
        let capitals = asked(b"\x01A\x02bc\0", 1, 1);
        assert_eq!(one.digest, capitals.digest);
        assert!(capitals.mixes_cases && capitals.spelling != one.spelling);
        for other in [
            asked(b"\x02ab\x01c\0", 1, 1),
            asked(b"\x01a\x02bc\0", 2, 1),
            asked(b"\x01a\x02bc\0", 1, 3),
        ] {
            assert_ne!(one.digest, other.digest);
        }
    }

    #[test]
    fn queries_that_may_tell_of_anchors_are_found() {
        let salt = Salt::default();
        let may_signal = |name: &[u8], options: Option<&[u8]>| {
            let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(options.is_some())];
            octets.extend(name);
            octets.extend([0, 48, 0, 1]);
            if let Some(options) = options {
                octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0\0");
                octets.push(u8::try_from(options.len()).unwrap());
                octets.extend(options);
            }
            screen(&octets, &salt).unwrap().may_signal
        };
        assert!(may_signal(b"\x08_TA-4f66\0", None));
        assert!(may_signal(b"\0", Some(&[0, 14, 0, 2, 0x4f, 0x66])));
        assert!(!may_signal(b"\x04_ta_\0", None));
        assert!(!may_signal(b"\0", Some(&[0, 10, 0, 2, 1, 2])));
    }
}
