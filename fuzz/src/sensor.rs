//! The rooms behind the wire, one after the other, as the pipeline's tail has them.

use super::records::MOMENT;
use serde_json::Value;
use sigtap::alert::{
    Alert, IncidentConfig, Incidents, Notice, Sensor as Identity, Source, alert_line, text_block,
    verdict_line,
};
use sigtap::chain::anchor::TrustAnchors;
use sigtap::chain::{ChainOfTrust, Config, Event, Verdict};
use sigtap::exchange::{Exchange, Exchanges, Transaction};
use sigtap::message::{Salt, decode, screen};
use sigtap::packet::Payload;
use sigtap::signature::Verifier;
use sigtap::time::Timestamp;
use sigtap::watch::{self, Change, Watch};
use std::sync::{Arc, OnceLock};

/// Octets that a line may have, its line feed included.
const LINE: usize = 16 * 1024;

/// Whatever is paired, trusted, watched and told.
pub(crate) struct Sensor {
    exchanges: Exchanges,
    chain: ChainOfTrust,
    watch: Watch,
    incidents: Incidents,
    identity: Identity,
    now: Timestamp,
    /// Responses that were given to the chain of trust.
    pub(crate) judged: usize,
    /// What became of them.
    pub(crate) events: Vec<Event>,
}

/// One for all inputs: what it remembers is true at any time.
pub(crate) fn verifier() -> &'static Arc<Verifier> {
    static VERIFIER: OnceLock<Arc<Verifier>> = OnceLock::new();
    VERIFIER.get_or_init(|| Arc::new(Verifier::new(1 << 16)))
}

/// One for all inputs: digests are told apart by it, no more.
pub(crate) fn salt() -> &'static Salt {
    static SALT: OnceLock<Salt> = OnceLock::new();
    SALT.get_or_init(Salt::default)
}

impl Sensor {
    pub(crate) fn new(anchors: TrustAnchors) -> Self {
        let config = Config {
            anchors,
            negative_anchors: Vec::new(),
            clock_skew: 0,
        };
        Self {
            exchanges: Exchanges::new(),
            chain: ChainOfTrust::new(config, Arc::clone(verifier())),
            watch: Watch::new(&watch::Config::default()),
            incidents: Incidents::new(IncidentConfig::default()),
            identity: Identity {
                name: "fuzz".to_owned(),
                drill: false,
                source: Source::CaptureFile("fuzz.pcap".to_owned()),
            },
            now: Timestamp::default(),
            judged: 0,
            events: Vec::new(),
        }
    }

    /// Takes a message.
    pub(crate) fn take(&mut self, payload: &Payload) {
        self.now = self.now.max(payload.time);
        let Ok(screen) = screen(&payload.octets, salt()) else {
            return;
        };
        let (time, flow) = (payload.time, payload.flow);
        let transaction = Transaction::of(flow, screen.header, salt());
        if !screen.header.is_response() {
            return self.exchanges.query(time, flow, transaction, &screen);
        }
        let exchanges = &mut self.exchanges;
        if !screen.is_telling() && exchanges.plain(time, transaction, &screen).is_some() {
            return;
        }
        let paired = exchanges.pair(time, flow, transaction, &screen);
        let Some((paired, message)) = paired.zip(decode(payload).ok()) else {
            return;
        };
        let exchange = Arc::new(Exchange::new(message, paired));
        self.advance();
        let changes = self.watch.seen(&exchange);
        self.changed(&changes);
        if let Some(refusal) = Notice::of_refusal(&exchange) {
            let alerts = self.incidents.noticed(&refusal);
            self.tell(&alerts);
        }
        if paired.is_to_be_judged(&screen).is_ok() {
            self.judged += 1;
            let events = self.chain.observe(&exchange);
            self.happened(events);
        }
        assert!(self.chain.waiting() <= self.judged);
    }

    /// Takes a verdict from elsewhere.
    pub(crate) fn judged(&mut self, verdict: &Verdict) {
        check_line(&verdict_line(verdict, &self.identity));
        let alerts = self.incidents.judged(verdict);
        self.tell(&alerts);
    }

    /// Takes changes, perhaps from elsewhere.
    pub(crate) fn changed(&mut self, changes: &[Change]) {
        for change in changes {
            let alerts = self.incidents.changed(change);
            self.tell(&alerts);
        }
    }

    /// Takes what other rooms noticed.
    pub(crate) fn noticed(&mut self, notice: &Notice) {
        let alerts = self.incidents.noticed(notice);
        self.tell(&alerts);
    }

    /// Goes on from what an earlier run left, a moment later, to the end.
    pub(crate) fn resume(mut self, act: impl FnOnce(&mut Incidents)) {
        act(&mut self.incidents);
        self.now = MOMENT;
        self.advance();
        self.finish();
    }

    /// Judges what waits.
    pub(crate) fn finish(&mut self) {
        let events = self.chain.finish();
        self.happened(events);
        let changes = self.watch.finish(self.now);
        self.changed(&changes);
        let alerts = self.incidents.finish(self.now);
        self.tell(&alerts);
        assert_eq!(self.chain.waiting(), 0);
    }

    fn advance(&mut self) {
        let events = self.chain.advance(self.now);
        self.happened(events);
        let changes = self.watch.advance(self.now);
        self.changed(&changes);
        let alerts = self.incidents.advance(self.now);
        self.tell(&alerts);
    }

    fn happened(&mut self, events: Vec<Event>) {
        for event in events {
            match &event {
                Event::Fact(fact) => {
                    let changes = self.watch.learnt(fact);
                    self.changed(&changes);
                }
                Event::Verdict(verdict) => {
                    let changes = self.watch.judged(verdict);
                    self.changed(&changes);
                    self.judged(verdict);
                }
                Event::Contradiction(found) => {
                    let notice = Notice::Contradiction(found.clone());
                    let alerts = self.incidents.noticed(&notice);
                    self.tell(&alerts);
                }
            }
            self.events.push(event);
        }
    }

    fn tell(&self, alerts: &[Alert]) {
        for alert in alerts {
            check_line(&alert_line(alert, &self.identity, 1));
            let block = text_block(alert, false);
            let is_tame = |c: char| c == '\n' || !c.is_control();
            assert!(block.chars().all(is_tame), "{block:?}");
            assert!(
                block.ends_with("\n\n") && !block.trim_end().contains("\n\n"),
                "{block:?}"
            );
        }
    }
}

/// A line is one JSON object on one line, and short.
fn check_line(line: &str) {
    assert!(line.len() < LINE, "{} octets: {line}", line.len());
    assert!(!line.contains(char::is_control), "{line:?}");
    let read: Result<Value, _> = serde_json::from_str(line);
    assert!(read.is_ok_and(|value| value.is_object()), "{line}");
}
