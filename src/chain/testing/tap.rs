//! A tap and what it has said.

use super::{EPOCH, Response, Zone, name};
use crate::chain::anchor::TrustAnchors;
use crate::chain::{
    ChainOfTrust, Config, Contradiction, Event, Fact, NegativeAnchor, Shown, Verdict,
};
use crate::exchange::Exchange;
use crate::message::Ds;
use crate::signature::Verifier;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A chain of trust that watches a story, and its verdicts by frame.
pub(in crate::chain) struct Tap {
    pub(in crate::chain) chain: ChainOfTrust,
    config: Config,
    verifier: Arc<Verifier>,
    frame: u64,
    verdicts: BTreeMap<u64, Verdict>,
    pub(in crate::chain) facts: Vec<Fact>,
    pub(in crate::chain) contradictions: Vec<Contradiction>,
}

impl Tap {
    /// With the keys of these zones as anchors.
    pub(in crate::chain) fn anchored(zones: &[&Zone]) -> Self {
        Self::with(zones, &[], 10_000)
    }

    pub(in crate::chain) fn with(zones: &[&Zone], negative: &[&str], memo: usize) -> Self {
        let mut anchors = TrustAnchors::default();
        for zone in zones {
            for key in &zone.ksk {
                let ds = Ds::parse(&key.ds(&zone.apex, 2)).unwrap();
                anchors.add(zone.apex.clone(), ds);
            }
        }
        Self::of(anchors, negative, memo)
    }

    /// Another tap with the same anchors and the same memo.
    pub(in crate::chain) fn afresh(&self) -> Self {
        let config = self.config.clone();
        Self::from(config, Arc::clone(&self.verifier))
    }

    pub(in crate::chain) fn of(anchors: TrustAnchors, negative: &[&str], memo: usize) -> Self {
        let config = Config {
            anchors,
            negative_anchors: negative.iter().copied().map(excepted).collect(),
            clock_skew: 60,
        };
        Self::from(config, Arc::new(Verifier::new(memo)))
    }

    fn from(config: Config, verifier: Arc<Verifier>) -> Self {
        Self {
            chain: ChainOfTrust::new(config.clone(), Arc::clone(&verifier)),
            config,
            verifier,
            frame: 0,
            verdicts: BTreeMap::new(),
            facts: Vec::new(),
            contradictions: Vec::new(),
        }
    }

    /// Anchored at the first zone, with the keys and delegations of all, each below the one
    /// before it.
    pub(in crate::chain) fn knowing(zones: &[&Zone]) -> Self {
        let mut tap = Self::anchored(&zones[..1]);
        tap.learns(zones, 0);
        tap
    }

    /// Sees the keys and delegations of zones each below the one before it.
    pub(in crate::chain) fn learns(&mut self, zones: &[&Zone], at: i64) {
        self.sees(&zones[0].gives_keys().at(at));
        for pair in zones.windows(2) {
            self.sees(&pair[0].refers_to(pair[1]).at(at));
            self.sees(&pair[1].gives_keys().at(at));
        }
    }

    /// A response passes; gives its frame number.
    pub(in crate::chain) fn sees(&mut self, response: &Response) -> u64 {
        self.frame += 1;
        let events = self.chain.observe(&response.exchange(self.frame));
        self.take(events);
        self.frame
    }

    /// An exchange passes that nobody asks about again.
    pub(in crate::chain) fn takes(&mut self, exchange: &Arc<Exchange>) {
        let events = self.chain.observe(exchange);
        let facts = events
            .into_iter()
            .filter(|event| matches!(event, Event::Fact(_)));
        self.take(facts.collect());
        self.chain.finish();
    }

    /// A response passes; gives what is said of it right away.
    pub(in crate::chain) fn judges(&mut self, response: &Response) -> String {
        let frame = self.sees(response);
        self.word(frame)
    }

    /// Time passes, to so many seconds since the story began.
    pub(in crate::chain) fn waits_until(&mut self, at: i64) {
        let events = self.chain.advance(Timestamp::new(EPOCH + at, 0));
        self.take(events);
    }

    pub(in crate::chain) fn ends(&mut self) {
        let events = self.chain.finish();
        self.take(events);
        assert_eq!(self.chain.waiting(), 0, "nobody waits after the end");
        assert_eq!(
            u64::try_from(self.verdicts.len()).unwrap(),
            self.frame,
            "one verdict a response"
        );
    }

    fn take(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Fact(fact) => self.facts.push(fact),
                Event::Verdict(verdict) => {
                    let frame = verdict.exchange.message.frame.value();
                    let before = self.verdicts.insert(frame, *verdict);
                    assert!(before.is_none(), "frame {frame} was judged twice");
                }
                Event::Contradiction(found) => self.contradictions.push(*found),
            }
        }
    }

    pub(in crate::chain) fn verdict(&self, frame: u64) -> Option<&Verdict> {
        self.verdicts.get(&frame)
    }

    /// What was said of a frame: state, reason, zone; `waits` if nothing yet.
    pub(in crate::chain) fn word(&self, frame: u64) -> String {
        let Some(verdict) = self.verdicts.get(&frame) else {
            return "waits".to_owned();
        };
        let Some(reason) = verdict.reason else {
            return verdict.state.name().to_owned();
        };
        let zone = verdict.subject.zone.as_ref();
        let zone = zone.map_or(String::new(), |zone| format!(" {zone}"));
        format!("{} {}{zone}", verdict.state.name(), reason.name())
    }

    /// All that was said, frame by frame.
    pub(in crate::chain) fn words(&self) -> Vec<String> {
        (1..=self.frame).map(|frame| self.word(frame)).collect()
    }

    /// What was shown of zones' sets, in short.
    pub(in crate::chain) fn shown(&self) -> Vec<String> {
        let word = |fact: &Fact| {
            let what = match &fact.shown {
                Shown::Ds(_) => "ds",
                Shown::NoDs { is_opt_out: false } => "no ds",
                Shown::NoDs { is_opt_out: true } => "no ds by opt-out",
                Shown::Keys(_) => "keys",
                Shown::UnprovenKeys(_) => "unproven keys",
                Shown::Announcement(_) => "announcement",
                Shown::Signal(_) => "signal",
                Shown::Anchors(_) => return None,
            };
            Some(format!("{} {what}", fact.zone))
        };
        self.facts.iter().filter_map(word).collect()
    }
}

/// A negative anchor, for good or up to a time of the story, as in `example.@3600`.
fn excepted(text: &str) -> NegativeAnchor {
    let (zone, until) = text.split_once('@').unwrap_or((text, ""));
    NegativeAnchor {
        zone: name(zone),
        until: until
            .parse()
            .ok()
            .map(|at: i64| Timestamp::new(EPOCH + at, 0)),
    }
}
