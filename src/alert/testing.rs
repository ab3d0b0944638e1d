//! Builds verdicts, changes and exchanges for the tests of this room.

use crate::capture::FrameNumber;
use crate::chain::{
    ChainLink, Private, Reason, SignedBy, Subject, ValidationState, Verdict, VouchedBy,
};
use crate::exchange::{Asked, Exchange, Standing, Vantage};
use crate::message::{Name, Rtype, decode};
use crate::packet::{Flow, Payload, Transport};
use crate::time::{Timestamp, Ttl};
use crate::watch::{Change, ChangeKind, Set};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The start of all tests: 2026-10-12T08:00:00Z.
pub(super) const START: i64 = 1_791_792_000;

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::new(START + seconds, 0)
}

/// A response and its verdict in the making.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one property of the response"
)]
pub(super) struct Sample {
    pub(super) owner: Name,
    pub(super) zone: Name,
    pub(super) rtype: Rtype,
    pub(super) server: IpAddr,
    pub(super) resolver: IpAddr,
    pub(super) seconds: i64,
    pub(super) key_tag: u16,
    /// Begin and end of the signature, in seconds from the start.
    pub(super) span: (i64, i64),
    pub(super) is_signed: bool,
    pub(super) is_negative: bool,
    pub(super) is_downstream: bool,
    pub(super) checking_disabled: bool,
    pub(super) standing: Standing,
    pub(super) extra_text: String,
    pub(super) is_incomplete: bool,
    pub(super) is_broken_link: bool,
    pub(super) private: Option<Private>,
    pub(super) chain: Vec<ChainLink>,
}

impl Sample {
    /// A signed answer from the first server of a zone.
    pub(super) fn new(owner: &str, zone: &str) -> Self {
        Self {
            owner: name(owner),
            zone: name(zone),
            rtype: Rtype::A,
            server: "203.0.113.53".parse().unwrap(),
            resolver: "198.51.100.7".parse().unwrap(),
            seconds: 0,
            key_tag: 40123,
            span: (-86_400, 864_000),
            is_signed: true,
            is_negative: false,
            is_downstream: false,
            checking_disabled: false,
            standing: Standing::Matched,
            extra_text: String::new(),
            is_incomplete: false,
            is_broken_link: false,
            private: None,
            chain: Vec::new(),
        }
    }

    pub(super) fn from(mut self, server: &str) -> Self {
        self.server = server.parse().unwrap();
        self
    }

    pub(super) fn at(mut self, seconds: i64) -> Self {
        self.seconds = seconds;
        self
    }

    pub(super) fn of(mut self, rtype: Rtype) -> Self {
        self.rtype = rtype;
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn unsigned(self) -> Self {
        self.with(|sample| sample.is_signed = false)
    }

    pub(super) fn downstream(self) -> Self {
        self.with(|sample| sample.is_downstream = true)
    }

    pub(super) fn secure(&self) -> Verdict {
        self.verdict(ValidationState::Secure, None)
    }

    pub(super) fn bogus(&self, reason: Reason) -> Verdict {
        self.verdict(ValidationState::Bogus, Some(reason))
    }

    /// What another than the zone answered.
    pub(super) fn private(&self, by: Private) -> Verdict {
        let sample = self.clone().with(|sample| sample.private = Some(by));
        sample.verdict(ValidationState::Indeterminate, Some(Reason::ZoneCutUnseen))
    }

    fn verdict(&self, state: ValidationState, reason: Option<Reason>) -> Verdict {
        let exchange = self.exchange();
        let fails_by_time_only = matches!(
            reason,
            Some(Reason::SignatureExpired | Reason::SignatureNotYetValid)
        );
        Verdict {
            decided: exchange.message.frame,
            decided_at: exchange.message.time,
            exchange,
            state,
            reason,
            subject: Subject {
                zone: Some(self.zone.clone()),
                rrset: Some((self.owner.clone(), self.rtype)),
                signed_by: self.is_signed.then(|| self.signed_by()),
            },
            fails_by_time_only,
            is_broken_link: self.is_broken_link,
            private: self.private.clone(),
            chain: self.chain.clone(),
        }
    }

    fn signed_by(&self) -> SignedBy {
        SignedBy {
            signer: self.zone.clone(),
            key_tag: self.key_tag,
            algorithm: 13,
            labels: 3,
            original_ttl: Ttl::new(300),
            inception: at(self.span.0),
            expiration: at(self.span.1),
            key: None,
        }
    }

    /// The response, decoded from octets as the wire would bring them.
    pub(super) fn exchange(&self) -> Arc<Exchange> {
        let resolver = SocketAddr::new(self.resolver, 53);
        let client: SocketAddr = "192.0.2.100:40000".parse().unwrap();
        let (source, destination) = if self.is_downstream {
            (resolver, client)
        } else {
            (
                SocketAddr::new(self.server, 53),
                SocketAddr::new(self.resolver, 41235),
            )
        };
        let frame = u64::try_from(self.seconds * 10 + 1_000_000).unwrap();
        let message = decode(&Payload {
            frame: FrameNumber::new(frame),
            time: at(self.seconds),
            flow: Flow {
                source,
                destination,
                transport: Transport::Udp,
            },
            vlan: vec![120],
            octets: self.octets(),
            is_incomplete: self.is_incomplete,
        });
        let asked = Asked {
            time: at(self.seconds),
            dnssec_ok: true,
            checking_disabled: self.checking_disabled,
        };
        Arc::new(Exchange {
            message: message.unwrap(),
            asked: Some(asked),
            standing: self.standing,
            vantage: if self.is_downstream {
                Vantage::Downstream
            } else {
                Vantage::Upstream
            },
        })
    }

    fn octets(&self) -> Vec<u8> {
        let flags: u16 = if self.is_downstream { 0x8180 } else { 0x8400 };
        let records = 1 + u16::from(self.is_signed);
        let (answers, authorities) = if self.is_negative {
            (0, records)
        } else {
            (records, 0)
        };
        let mut octets = Vec::new();
        for field in [0x14a2, flags, 1, answers, authorities, 1] {
            octets.extend_from_slice(&field.to_be_bytes());
        }
        octets.extend_from_slice(self.owner.wire());
        octets.extend_from_slice(&self.rtype.number().to_be_bytes());
        octets.extend_from_slice(&[0, 1]);
        let (owner, rtype, rdata) = if self.is_negative {
            let soa = [self.zone.wire(), self.zone.wire(), &[0; 20]].concat();
            (&self.zone, Rtype::SOA, soa)
        } else {
            (&self.owner, self.rtype, vec![192, 0, 2, 1])
        };
        push(&mut octets, owner, rtype, &rdata);
        if self.is_signed {
            push(&mut octets, owner, Rtype::RRSIG, &self.rrsig(owner, rtype));
        }
        // OPT with DO and, where there is a text, an Extended DNS Error.
        let text = self.extra_text.as_bytes();
        octets.extend_from_slice(&[0, 0, 41, 4, 208, 0, 0, 0x80, 0]);
        let mut option = Vec::new();
        if !text.is_empty() {
            let length = u16::try_from(text.len() + 2).unwrap();
            option.extend_from_slice(&[0, 15]);
            option.extend_from_slice(&length.to_be_bytes());
            option.extend_from_slice(&[0, 6]);
            option.extend_from_slice(text);
        }
        octets.extend_from_slice(&u16::try_from(option.len()).unwrap().to_be_bytes());
        octets.extend(option);
        octets
    }

    fn rrsig(&self, owner: &Name, covered: Rtype) -> Vec<u8> {
        let labels = u8::try_from(owner.label_count()).unwrap();
        let mut rdata = covered.number().to_be_bytes().to_vec();
        rdata.extend_from_slice(&[13, labels, 0, 0, 1, 44]);
        rdata.extend_from_slice(&at(self.span.1).serial().value().to_be_bytes());
        rdata.extend_from_slice(&at(self.span.0).serial().value().to_be_bytes());
        rdata.extend_from_slice(&self.key_tag.to_be_bytes());
        rdata.extend_from_slice(self.zone.wire());
        rdata.extend_from_slice(&[7; 64]);
        rdata
    }
}

fn push(octets: &mut Vec<u8>, owner: &Name, rtype: Rtype, rdata: &[u8]) {
    octets.extend_from_slice(owner.wire());
    octets.extend_from_slice(&rtype.number().to_be_bytes());
    octets.extend_from_slice(&[0, 1, 0, 0, 1, 44]);
    octets.extend_from_slice(&u16::try_from(rdata.len()).unwrap().to_be_bytes());
    octets.extend_from_slice(rdata);
}

/// A link of a chain.
pub(super) fn link(zone: &str, by: VouchedBy) -> ChainLink {
    ChainLink {
        zone: name(zone),
        state: ValidationState::Secure,
        key_tag: Some(31589),
        by,
    }
}

/// An unexpected change of a DS set.
pub(super) fn change(kind: ChangeKind, zone: &str, seconds: i64) -> Change {
    let sample = Sample::new(zone, zone).of(Rtype::DS).at(seconds);
    Change {
        zone: name(zone),
        kind,
        set: Set::Ds,
        before: vec!["31589 13 2 49AA".to_owned()],
        after: vec!["4711 13 2 C0DE".to_owned()],
        before_seen: Some(at(seconds - 60)),
        is_expected: false,
        rule: None,
        why: "no link between old and new keys".to_owned(),
        is_hijack: false,
        breaks_at: None,
        caches_hold_until: Some(at(seconds + 3600)),
        undo_until: None,
        reverts: None,
        is_undone: false,
        ticket: None,
        is_objected: false,
        left_percent: None,
        time: at(seconds),
        exchange: sample.exchange(),
    }
}
