//! Outages of the portfolio's zones: nothing answers, and nothing else.

use super::super::reach::{Outage, Reach};
use crate::message::{Header, Name, Question, Rtype, decode};
use crate::packet::{Flow, Payload, Transport};
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use std::sync::Arc;

/// The flags of an answer with authority, and of a resolver's.
const AUTHORITY: [u8; 2] = [0x84, 0];
const RESOLVER: [u8; 2] = [0x81, 0x80];

/// A tap with a portfolio of `example.org.`.
struct Tap {
    reach: Reach,
    id: u16,
    found: Vec<Outage>,
}

fn flow(client: &str, server: &str) -> Flow {
    Flow {
        source: format!("{client}:4000").parse().unwrap(),
        destination: format!("{server}:53").parse().unwrap(),
        transport: Transport::Udp,
    }
}

fn message(name: &str, rtype: Rtype, flags: [u8; 2], flow: Flow) -> (Header, Option<Question>) {
    let mut octets = vec![0, 0, flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, 0];
    octets.extend(Name::parse(name).unwrap().wire());
    octets.extend(rtype.number().to_be_bytes());
    octets.extend([0, 1]);
    let message = decode(&Payload {
        frame: crate::capture::FrameNumber::new(1),
        time: Timestamp::default(),
        flow,
        vlan: Vec::new(),
        octets,
        is_incomplete: false,
    });
    let message = message.unwrap();
    (message.header, message.question)
}

impl Tap {
    fn new() -> Self {
        let portfolio = Portfolio::parse("[[zone]]\nname = 'example.org'").unwrap();
        Self {
            reach: Reach::new(Arc::new(portfolio)),
            id: 0,
            found: Vec::new(),
        }
    }

    fn at(&mut self, seconds: i64) -> Timestamp {
        let now = Timestamp::new(1_800_000_000 + seconds, 0);
        self.reach.advance(now);
        self.found.extend(self.reach.take());
        now
    }

    /// A query at this second, answered or not.
    fn ask(
        &mut self,
        seconds: i64,
        server: &str,
        name: &str,
        answer: Option<[u8; 2]>,
    ) -> &mut Self {
        let time = self.at(seconds);
        self.id += 1;
        let flow = flow("192.0.2.53", server);
        let (_, question) = message(name, Rtype::A, [0, 0], flow);
        self.reach
            .asked(time, flow, self.id, question.as_ref().unwrap());
        if let Some(flags) = answer {
            let (mut header, question) = message(name, Rtype::A, flags, flow);
            header.id = self.id;
            let back = Flow {
                source: flow.destination,
                destination: flow.source,
                transport: flow.transport,
            };
            self.reach.answered(time, back, header, question.as_ref());
        }
        self.found.extend(self.reach.take());
        self
    }

    /// Two servers that answer, at the start.
    fn healthy() -> Self {
        let mut tap = Self::new();
        tap.ask(0, "203.0.113.1", "www.example.org", Some(AUTHORITY));
        tap.ask(0, "203.0.113.2", "www.example.org", Some(AUTHORITY));
        tap
    }

    /// What was found, in short: seconds after the start, and whether it is over.
    fn found(&self) -> Vec<(i64, bool)> {
        let found = self.found.iter().skip(1);
        let short = |outage: &Outage| (outage.time.seconds() - 1_800_000_000, outage.is_over);
        found.map(short).collect()
    }
}

/// Tries in vain at both servers, from a second on, every ten seconds, and others that answer.
fn tries(tap: &mut Tap, from: i64, until: i64) {
    for second in (from..until).step_by(10) {
        tap.ask(second, "203.0.113.1", "www.example.org", None);
        tap.ask(second, "203.0.113.2", "mail.example.org", None);
        tap.ask(
            second + 1,
            "198.51.100.1",
            "www.example.net",
            Some(AUTHORITY),
        );
    }
}

#[test]
fn a_minute_without_any_answer_is_an_outage_and_the_first_answer_ends_it() {
    let mut tap = Tap::healthy();
    tries(&mut tap, 100, 200);
    tap.ask(205, "203.0.113.2", "www.example.org", Some(AUTHORITY));
    tries(&mut tap, 300, 330);
    tap.at(360);
    assert_eq!(tap.found(), [(160, false), (205, true), (360, false)]);
    let outage = &tap.found[1];
    assert_eq!(outage.servers.len(), 2);
    assert_eq!(outage.since, Timestamp::new(1_800_000_100, 0));
    assert!(outage.tries >= 5);
}

#[test]
fn a_long_outage_is_told_again_while_somebody_tries() {
    let mut tap = Tap::healthy();
    tries(&mut tap, 100, 300);
    assert_eq!(tap.found(), [(160, false), (220, false), (280, false)]);
    tap.at(1000);
    assert_eq!(tap.found().len(), 4, "tries since the last line");
    tap.at(2000);
    assert_eq!(tap.found().len(), 4, "nobody tried since");
}

#[test]
fn what_is_no_outage_is_not_told() {
    // One of two servers is dead.
    let mut tap = Tap::healthy();
    for second in (100..400).step_by(10) {
        tap.ask(second, "203.0.113.1", "www.example.org", None);
        tap.ask(second, "203.0.113.2", "www.example.org", Some(AUTHORITY));
        tap.ask(second, "198.51.100.1", "www.example.net", Some(AUTHORITY));
    }
    assert_eq!(tap.found(), []);
    // The other was not tried, and answered lately.
    let mut tap = Tap::healthy();
    for second in (100..400).step_by(10) {
        tap.ask(second, "203.0.113.1", "www.example.org", None);
        tap.ask(second, "198.51.100.1", "www.example.net", Some(AUTHORITY));
    }
    assert_eq!(tap.found(), []);
    // Nobody answers anything: the tap, or the resolver's own line.
    let mut tap = Tap::healthy();
    for second in (100..400).step_by(10) {
        tap.ask(second, "203.0.113.1", "www.example.org", None);
        tap.ask(second, "203.0.113.2", "www.example.org", None);
        tap.ask(second, "198.51.100.1", "www.example.net", None);
    }
    assert_eq!(tap.found(), []);
    // Only a resolver's cache answers.
    let mut tap = Tap::healthy();
    for second in (100..400).step_by(10) {
        tap.ask(second, "203.0.113.1", "www.example.org", None);
        tap.ask(second, "203.0.113.2", "www.example.org", None);
        tap.ask(second, "192.0.2.54", "www.example.net", Some(RESOLVER));
    }
    assert_eq!(tap.found(), []);
    // Four tries.
    let mut tap = Tap::healthy();
    tries(&mut tap, 100, 120);
    tap.ask(200, "198.51.100.1", "www.example.net", Some(AUTHORITY))
        .at(300);
    assert_eq!(tap.found(), []);
    // Answers of these servers never passed the tap.
    let mut tap = Tap::new();
    tries(&mut tap, 100, 400);
    assert_eq!(tap.found.len(), 0);
    // Somebody else's zone.
    let mut tap = Tap::healthy();
    for second in (100..400).step_by(10) {
        tap.ask(second, "203.0.113.9", "www.example.com", None);
        tap.ask(second, "198.51.100.1", "www.example.net", Some(AUTHORITY));
    }
    assert_eq!(tap.found(), []);
}

#[test]
fn a_response_that_nobody_asked_for_does_not_hide_an_outage() {
    let mut tap = Tap::healthy();
    for second in (100..200).step_by(10) {
        tries(&mut tap, second, second + 10);
        let flow = flow("192.0.2.53", "203.0.113.1");
        let (mut header, question) = message("www.example.org", Rtype::A, AUTHORITY, flow);
        header.id = 40_000;
        let back = Flow {
            source: flow.destination,
            destination: flow.source,
            transport: flow.transport,
        };
        let time = tap.at(second + 2);
        tap.reach.answered(time, back, header, question.as_ref());
    }
    assert_eq!(tap.found()[0], (160, false));
}

#[test]
fn a_flood_of_queries_and_answers_stays_in_its_bounds() {
    let mut tap = Tap::healthy();
    for number in 0_u32..100_000 {
        let server = std::net::Ipv4Addr::from(0x0a00_0000 + number).to_string();
        let answer = (number % 2 == 0).then_some(AUTHORITY);
        tap.ask(100, &server, "www.example.org", answer);
        tap.id %= 60_000;
    }
    assert!(
        tap.reach.weight() <= 2 * 65_536 + 256 + 64,
        "{}",
        tap.reach.weight()
    );
}
