//! Responses, octet by octet.

use super::{EPOCH, Records, name};
use crate::capture::FrameNumber;
use crate::exchange::{Asked, Exchange, Standing, Vantage};
use crate::message::{Name, Rtype, decode};
use crate::packet::{Flow, Payload, Transport};
use crate::time::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A response on its way past the tap: by default the first one of an authoritative server to
/// a query with DO.
#[derive(Clone)]
pub(in crate::chain) struct Response {
    question: (Name, Rtype),
    flags: u16,
    rcode: u16,
    answer: Vec<Records>,
    authority: Vec<Records>,
    additional: Vec<Records>,
    glue: Vec<(Name, IpAddr)>,
    /// DO in query, DO in response; no query, no OPT.
    asked: Option<bool>,
    opt: Option<bool>,
    pub(super) at: i64,
    server: IpAddr,
    resolver: IpAddr,
    vantage: Vantage,
    standing: Standing,
    is_incomplete: bool,
    /// INFO-CODE of an Extended DNS Error in the OPT.
    error: Option<u16>,
}

const AA: u16 = 0x0400;
const TC: u16 = 0x0200;
const RD_RA: u16 = 0x0180;

pub(in crate::chain) fn ask(owner: &str, rtype: Rtype) -> Response {
    Response {
        question: (name(owner), rtype),
        flags: AA,
        rcode: 0,
        answer: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
        glue: Vec::new(),
        asked: Some(true),
        opt: Some(true),
        at: 0,
        server: "198.51.100.1".parse().unwrap(),
        resolver: "192.0.2.53".parse().unwrap(),
        vantage: Vantage::Upstream,
        standing: Standing::Matched,
        is_incomplete: false,
        error: None,
    }
}

impl Response {
    pub(in crate::chain) fn answer(mut self, records: Records) -> Self {
        self.answer.push(records);
        self
    }

    /// With this answer and no other.
    pub(in crate::chain) fn with_answer(mut self, records: Records) -> Self {
        self.answer = vec![records];
        self
    }

    pub(in crate::chain) fn authority(mut self, records: Records) -> Self {
        self.authority.push(records);
        self
    }

    pub(in crate::chain) fn additional(mut self, records: Records) -> Self {
        self.additional.push(records);
        self
    }

    pub(in crate::chain) fn glue(mut self, server: &str, address: &str) -> Self {
        let server = server.trim_end_matches('.');
        self.glue.push((name(server), address.parse().unwrap()));
        self
    }

    /// Seconds since the story began.
    pub(in crate::chain) fn at(mut self, seconds: i64) -> Self {
        self.at = seconds;
        self
    }

    pub(in crate::chain) fn from(mut self, server: &str) -> Self {
        self.server = server.parse().unwrap();
        self
    }

    /// To another resolver.
    pub(in crate::chain) fn of_resolver(mut self, resolver: &str) -> Self {
        self.resolver = resolver.parse().unwrap();
        self
    }

    pub(in crate::chain) fn asking(mut self, owner: &str, rtype: Rtype) -> Self {
        self.question = (name(owner), rtype);
        self
    }

    /// Without AA, whatever it holds.
    pub(in crate::chain) fn referral(mut self) -> Self {
        self.flags &= !AA;
        self
    }

    /// From a resolver to its client.
    pub(in crate::chain) fn downstream(mut self) -> Self {
        self.flags = RD_RA;
        self.vantage = Vantage::Downstream;
        self.server = self.resolver;
        self.resolver = "192.0.2.99".parse().unwrap();
        self
    }

    /// With AA set.
    pub(in crate::chain) fn authoritative(mut self) -> Self {
        self.flags |= AA;
        self
    }

    pub(in crate::chain) fn error(mut self, code: u16) -> Self {
        self.error = Some(code);
        self
    }

    pub(in crate::chain) fn nxdomain(mut self) -> Self {
        self.rcode = 3;
        self
    }

    pub(in crate::chain) fn truncated(mut self) -> Self {
        self.flags |= TC;
        self
    }

    pub(in crate::chain) fn incomplete(mut self) -> Self {
        self.is_incomplete = true;
        self
    }

    /// The query had no DO, and neither has the response.
    pub(in crate::chain) fn without_do(mut self) -> Self {
        (self.asked, self.opt) = (Some(false), None);
        self
    }

    /// The response lost its OPT on the way.
    pub(in crate::chain) fn without_opt(mut self) -> Self {
        self.opt = None;
        self
    }

    pub(in crate::chain) fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        if standing != Standing::Matched && standing != Standing::Second {
            self.asked = None;
        }
        self
    }

    /// Its octets (RFC 1035 §4.1).
    pub(in crate::chain) fn octets(&self) -> Vec<u8> {
        let records = |sets: &[Records]| {
            let counts = sets
                .iter()
                .map(|set| set.rdata.len() + set.signatures.len());
            counts.sum::<usize>()
        };
        let additional =
            records(&self.additional) + self.glue.len() + usize::from(self.opt.is_some());
        let mut octets = vec![0, 1];
        octets.extend((0x8000 | self.flags | self.rcode).to_be_bytes());
        for count in [
            1,
            records(&self.answer),
            records(&self.authority),
            additional,
        ] {
            octets.extend(u16::try_from(count).unwrap().to_be_bytes());
        }
        octets.extend(self.question.0.wire());
        octets.extend(self.question.1.number().to_be_bytes());
        octets.extend([0, 1]);
        let sets = self.answer.iter().chain(&self.authority);
        for set in sets.chain(&self.additional) {
            for rdata in &set.rdata {
                push(&mut octets, &set.owner, set.rtype, set.ttl, rdata);
            }
            for rdata in &set.signatures {
                push(&mut octets, &set.owner, Rtype::RRSIG, set.ttl, rdata);
            }
        }
        for (owner, address) in &self.glue {
            match address {
                IpAddr::V4(address) => push(&mut octets, owner, Rtype::A, 3600, &address.octets()),
                IpAddr::V6(address) => {
                    push(&mut octets, owner, Rtype::AAAA, 3600, &address.octets());
                }
            }
        }
        if let Some(dnssec_ok) = self.opt {
            octets.extend([0, 0, 41, 4, 208, 0, 0]);
            octets.extend([u8::from(dnssec_ok) << 7, 0]);
            let error = self
                .error
                .map(|code| [&[0, 15, 0, 2][..], &code.to_be_bytes()].concat());
            let options = error.unwrap_or_default();
            octets.extend(u16::try_from(options.len()).unwrap().to_be_bytes());
            octets.extend(options);
        }
        octets
    }

    /// As the tail takes it.
    pub(in crate::chain) fn exchange(&self, frame: u64) -> Arc<Exchange> {
        self.exchange_of(frame, self.octets()).unwrap()
    }

    /// The same with one octet changed; nothing if it is no message any more.
    pub(in crate::chain) fn spoilt_exchange(&self, at: usize, octet: u8) -> Option<Arc<Exchange>> {
        let mut octets = self.octets();
        let at = at % octets.len();
        octets[at] ^= octet;
        self.exchange_of(1, octets)
    }

    fn exchange_of(&self, frame: u64, octets: Vec<u8>) -> Option<Arc<Exchange>> {
        let time = Timestamp::new(EPOCH + self.at, 0);
        let payload = Payload {
            frame: FrameNumber::new(frame),
            time,
            flow: Flow {
                source: SocketAddr::new(self.server, 53),
                destination: SocketAddr::new(self.resolver, 5353),
                transport: Transport::Udp,
            },
            vlan: Vec::new(),
            octets,
            is_incomplete: self.is_incomplete,
        };
        Some(Arc::new(Exchange {
            message: decode(&payload).ok()?,
            asked: self.asked.map(|dnssec_ok| Asked {
                time,
                dnssec_ok,
                checking_disabled: false,
            }),
            standing: self.standing,
            vantage: self.vantage,
        }))
    }
}

fn push(octets: &mut Vec<u8>, owner: &Name, rtype: Rtype, ttl: u32, rdata: &[u8]) {
    octets.extend(owner.wire());
    octets.extend(rtype.number().to_be_bytes());
    octets.extend([0, 1]);
    octets.extend(ttl.to_be_bytes());
    octets.extend(u16::try_from(rdata.len()).unwrap().to_be_bytes());
    octets.extend(rdata);
}
