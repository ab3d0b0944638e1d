//! Findings of all kinds about names of all kinds: whatever they are, a line stays a line.

use super::choices::Choices;
use super::records::{MOMENT, payload};
use super::sensor::Sensor;
use sigtap::alert::{Loss, Notice};
use sigtap::capture::FrameNumber;
use sigtap::chain::anchor::TrustAnchors;
use sigtap::chain::{
    ChainLink, Private, Reason, SignedBy, Subject, ValidationState, Verdict, VouchedBy,
};
use sigtap::exchange::{Asked, Exchange, Standing, Vantage};
use sigtap::message::{Name, Rtype, decode};
use sigtap::time::{Timestamp, Ttl};
use sigtap::watch::{Change, ChangeKind, Rule, Set};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Findings of a run at most.
const FINDINGS: usize = 48;

const REASONS: [Reason; 22] = [
    Reason::SignatureInvalid,
    Reason::SignatureExpired,
    Reason::SignatureNotYetValid,
    Reason::DnskeyMissing,
    Reason::SignatureMissing,
    Reason::NoZoneKey,
    Reason::DenialMissing,
    Reason::DenialInvalid,
    Reason::DnskeyRevoked,
    Reason::SignerMismatch,
    Reason::NoDs,
    Reason::UnsupportedAlgorithm,
    Reason::UnsupportedDigest,
    Reason::NegativeAnchor,
    Reason::Unsignable,
    Reason::Nsec3Iterations,
    Reason::KeysUnseen,
    Reason::ZoneCutUnseen,
    Reason::Truncated,
    Reason::Incomplete,
    Reason::Budget,
    Reason::Unanchored,
];

const KINDS: [ChangeKind; 14] = [
    ChangeKind::DsFirstSeen,
    ChangeKind::DsAdded,
    ChangeKind::DsRemoved,
    ChangeKind::DsReplaced,
    ChangeKind::DsWithdrawn,
    ChangeKind::ZoneSigned,
    ChangeKind::DsStale,
    ChangeKind::DsMismatch,
    ChangeKind::DnskeyChanged,
    ChangeKind::NsChanged,
    ChangeKind::PrematureStep,
    ChangeKind::DnskeyIncomplete,
    ChangeKind::SignatureExpiring,
    ChangeKind::TrustAnchorChanged,
];

/// Names first, then findings about them.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let mut world = World::read(&mut choices);
    let mut sensor = Sensor::new(TrustAnchors::default());
    for _ in 0..FINDINGS {
        if choices.is_empty() {
            break;
        }
        let passed = i64::from(choices.u8());
        world.now = world.now.plus_seconds(passed * passed);
        match choices.u8() & 7 {
            0..=3 => sensor.judged(&world.verdict(&mut choices)),
            4 | 5 => sensor.changed(&[world.change(&mut choices)]),
            _ => sensor.noticed(&world.notice(&mut choices)),
        }
    }
    sensor.finish();
}

/// What findings are about.
struct World {
    names: [Name; 4],
    /// As the wire may bring it.
    text: String,
    /// As the room that watches may write it.
    words: String,
    now: Timestamp,
    frame: u64,
}

impl World {
    fn read(choices: &mut Choices<'_>) -> Self {
        let text = String::from_utf8_lossy(choices.short()).into_owned();
        let names = [(); 4].map(|()| name(choices));
        Self {
            names,
            words: text.escape_default().collect(),
            text,
            now: MOMENT,
            frame: 0,
        }
    }

    fn name(&self, choices: &mut Choices<'_>) -> Name {
        choices.one_of(&self.names).clone()
    }

    fn exchange(&mut self, choices: &mut Choices<'_>) -> Arc<Exchange> {
        self.frame += 1;
        let (how, hosts) = (choices.u8(), choices.u8());
        let mut payload = payload(&response(&self.name(choices), how, &self.text));
        payload.frame = FrameNumber::new(self.frame);
        payload.time = self.now;
        let address = |host| IpAddr::V4(Ipv4Addr::new(192, 0, 2, host));
        payload.flow.source = SocketAddr::new(address(hosts & 15), 53);
        payload.flow.destination = SocketAddr::new(address(hosts >> 4), 4000);
        // The message is of our own making.
        let message = decode(&payload).unwrap_or_else(|malformed| panic!("{malformed:?}"));
        Arc::new(Exchange {
            message,
            asked: (how & 1 == 0).then_some(Asked {
                time: self.now,
                dnssec_ok: how & 2 == 0,
                checking_disabled: how & 4 == 0,
            }),
            standing: *choices.one_of(&[
                Standing::Matched,
                Standing::QueriesUnseen,
                Standing::Unmatched,
                Standing::Second,
            ]),
            vantage: if how & 8 == 0 {
                Vantage::Upstream
            } else {
                Vantage::Downstream
            },
        })
    }

    fn verdict(&mut self, choices: &mut Choices<'_>) -> Verdict {
        let exchange = self.exchange(choices);
        let how = choices.u8();
        let reason = REASONS.get(choices.below(REASONS.len() + 2)).copied();
        let zone = self.name(choices);
        let server = exchange.server();
        let private = match choices.u8() % 3 {
            0 => None,
            1 => Some(Private::Resolver),
            _ => Some(Private::Zone { zone, server }),
        };
        let links = choices.u8() & 63;
        let link = |choices: &mut Choices<'_>| ChainLink {
            zone: self.name(choices),
            state: ValidationState::Secure,
            key_tag: (how & 1 == 0).then_some(u16::from(how)),
            by: *choices.one_of(&[
                VouchedBy::Anchor,
                VouchedBy::Ds,
                VouchedBy::NoDs,
                VouchedBy::Nothing,
            ]),
        };
        let rtype = Rtype::new(*choices.one_of(&[1, 43, 48, 65_280]));
        Verdict {
            decided: FrameNumber::new(self.frame),
            decided_at: self.now,
            state: reason.map_or(ValidationState::Secure, Reason::state),
            reason,
            subject: Subject {
                zone: (how & 2 == 0).then(|| self.name(choices)),
                rrset: (how & 4 == 0).then(|| (self.name(choices), rtype)),
                signed_by: (how & 8 == 0).then(|| self.signed_by(choices)),
            },
            fails_by_time_only: how & 16 != 0,
            is_broken_link: how & 32 != 0,
            private: private.filter(|_| reason == Some(Reason::ZoneCutUnseen)),
            chain: (0..links).map(|_| link(choices)).collect(),
            exchange,
        }
    }

    fn signed_by(&self, choices: &mut Choices<'_>) -> SignedBy {
        SignedBy {
            signer: self.name(choices),
            key_tag: choices.u16(),
            algorithm: choices.u8(),
            labels: 2,
            original_ttl: Ttl::new(choices.u32()),
            inception: Timestamp::new(i64::from(choices.u32()), 0),
            expiration: Timestamp::new(i64::from(choices.u32()), 0),
            key: None,
        }
    }

    fn change(&mut self, choices: &mut Choices<'_>) -> Change {
        let exchange = self.exchange(choices);
        let how = choices.u8();
        let kind = |choices: &mut Choices<'_>| KINDS.get(choices.below(KINDS.len())).copied();
        let records = |count: u8| vec![self.words.repeat(usize::from(count & 7)); count.into()];
        let later = |bit: u8| (how & bit != 0).then(|| self.now.plus_seconds(i64::from(how)));
        Change {
            zone: self.name(choices),
            kind: kind(choices).unwrap_or(ChangeKind::DsReplaced),
            set: *choices.one_of(&[Set::Ds, Set::Dnskey, Set::Ns, Set::Rrsig]),
            before: records(choices.u8()),
            after: records(choices.u8()),
            before_seen: later(1),
            is_expected: how & 2 == 0,
            rule: Some(*choices.one_of(&[
                Rule::Announced,
                Rule::Continuous,
                Rule::Discontinuous,
                Rule::Flap,
            ]))
            .filter(|_| how & 4 == 0),
            why: self.words.clone(),
            is_hijack: how & 8 != 0,
            breaks_at: later(16),
            caches_hold_until: later(32),
            undo_until: later(64),
            reverts: kind(choices).filter(|_| how & 128 != 0),
            is_undone: how & 9 == 9,
            ticket: (how & 6 == 6).then(|| self.words.clone()),
            is_objected: how & 5 == 5,
            left_percent: Some(how & 31).filter(|left| *left != 0),
            time: self.now,
            exchange,
        }
    }

    fn notice(&mut self, choices: &mut Choices<'_>) -> Notice {
        let (time, exchange) = (self.now, self.exchange(choices));
        let loss = u64::from(choices.u8());
        let zone = self.name(choices);
        match choices.u8() % 5 {
            0 => Notice::CaptureLoss {
                time,
                loss: Loss {
                    kernel_drops: loss,
                    interface_drops: u64::MAX * (loss & 1),
                    queue_drops: loss,
                },
            },
            1 => Notice::BudgetExceeded {
                time,
                zone: (loss & 1 == 0).then_some(zone),
            },
            2 => Notice::Refusal { exchange },
            3 => Notice::ResponseConflict { exchange },
            _ => Notice::FragmentOverlap {
                time,
                frame: exchange.message.frame,
                source: exchange.server(),
                destination: exchange.resolver(),
            },
        }
    }
}

/// A name of any octets; a length before each label.
fn name(choices: &mut Choices<'_>) -> Name {
    let mut name = Name::root();
    for _ in 0..choices.u8() & 7 {
        let [length, given] = choices.array().map(|octet: u8| usize::from(octet & 63));
        // Lengths of their own make long names out of short inputs.
        let mut label = choices.take(given).to_vec();
        label.resize(length.max(1), b'\\');
        name = name.child(&label).unwrap_or(name);
    }
    name
}

/// A response with this question and an Extended DNS Error that holds the text.
fn response(name: &Name, how: u8, text: &str) -> Vec<u8> {
    let mut octets = vec![0, how, 0x84, how & 0xb3, 0, 1, 0, 0, 0, 0, 0, 1];
    octets.extend(name.wire());
    octets.extend([0, 1, 0, 1]);
    octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0");
    let length = |octets: usize| u16::try_from(octets).unwrap_or_default().to_be_bytes();
    octets.extend(length(text.len() + 6));
    octets.extend([0, 15]);
    octets.extend(length(text.len() + 2));
    octets.extend([0, how & 15]);
    octets.extend(text.as_bytes());
    octets
}
