//! Whole runs of messages: paired, judged, watched, told.

use super::choices::Choices;
use super::records::MOMENT;
use super::sensor::{Sensor, verifier};
use sigtap::capture::FrameNumber;
use sigtap::chain::anchor::TrustAnchors;
use sigtap::chain::{Event, Shown, ValidationState, Verdict};
use sigtap::message::Rtype;
use sigtap::packet::{Flow, Payload, Transport};
use sigtap::signature::Outcome;
use sigtap::time::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;

/// The anchors of the bundled captures, all together.
const CAPTURES: &str = include_str!("../anchors.txt");

/// The digest of a key that nobody has.
const NOBODYS: &str =
    ". DS 1 13 2 00000000000000000000000000000000000000000000000000000000000000ff";

/// Entries of a run at most.
const MESSAGES: usize = 64;

/// Which anchors; when; then messages, each with its flow and the time that passed.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let is_anchored = choices.u8() & 1 == 0;
    let mut sensor = Sensor::new(anchors(is_anchored).clone());
    let start = choices.u32();
    let start = if start == 0 {
        MOMENT.seconds()
    } else {
        i64::from(start)
    };
    let mut seconds = 0;
    for number in 1..=MESSAGES {
        if choices.is_empty() {
            break;
        }
        let flow = flow(choices.u8());
        let passed = i64::from(choices.u8());
        seconds += passed * passed;
        sensor.take(&Payload {
            frame: FrameNumber::new(u64::try_from(number).unwrap_or_default()),
            time: Timestamp::new(start + seconds, 0),
            flow,
            vlan: Vec::new(),
            octets: choices.long().to_vec(),
            is_incomplete: false,
        });
    }
    sensor.finish();
    let mut verdicts = 0;
    for event in &sensor.events {
        match event {
            Event::Verdict(verdict) => {
                verdicts += 1;
                check(verdict, is_anchored);
            }
            Event::Fact(fact) => {
                let is_claim = matches!(fact.shown, Shown::UnprovenKeys(_));
                assert!(is_claim || is_anchored, "a fact without a key: {fact:?}");
            }
            Event::Contradiction(found) => {
                assert!(is_anchored, "a contradiction without a key: {found:?}");
            }
        }
    }
    assert_eq!(verdicts, sensor.judged, "each response has one verdict");
}

fn anchors(is_anchored: bool) -> &'static TrustAnchors {
    static ANCHORS: OnceLock<[TrustAnchors; 2]> = OnceLock::new();
    let read = |text| TrustAnchors::parse(text).unwrap_or_default();
    let [all, nobodys] = ANCHORS.get_or_init(|| [read(CAPTURES), read(NOBODYS)]);
    if is_anchored { all } else { nobodys }
}

fn flow(choice: u8) -> Flow {
    let party = |net: u8, port| {
        let host = choice >> net & 3;
        SocketAddr::from((Ipv4Addr::new(192, 0, net, host), port))
    };
    let (client, server) = (party(0, 4000), party(2, 53));
    let [source, destination] = if choice & 16 == 0 {
        [server, client]
    } else {
        [client, server]
    };
    let transport = if choice & 32 == 0 {
        Transport::Udp
    } else {
        Transport::Tcp
    };
    Flow {
        source,
        destination,
        transport,
    }
}

/// No state without its reason, and nothing secure without a key that made a signature.
fn check(verdict: &Verdict, is_anchored: bool) {
    let is_secure = verdict.state == ValidationState::Secure;
    assert_eq!(verdict.reason.is_none(), is_secure);
    assert!(
        verdict
            .reason
            .is_none_or(|reason| reason.state() == verdict.state)
    );
    if !is_secure {
        return;
    }
    assert!(is_anchored, "secure without a key: {verdict:?}");
    let signed_by = verdict.subject.signed_by.as_ref();
    let key = signed_by.and_then(|signed_by| signed_by.key.as_deref());
    let Some(key) = key else {
        // The sets of a negative answer are several; one of them stands for all.
        assert!(
            verdict
                .exchange
                .message
                .rrsets()
                .any(|set| !set.signatures.is_empty())
        );
        return;
    };
    let is_signed = verdict.exchange.message.rrsets().any(|set| {
        let mut signatures = set.signatures.iter();
        set.rtype != Rtype::RRSIG
            && signatures.any(|rrsig| verifier().check(set, rrsig, key) == Outcome::Valid)
    });
    assert!(is_signed, "secure without a signature: {verdict:?}");
}
