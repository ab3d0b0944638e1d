//! What is known beforehand: from the user, or from an earlier run.

use super::judge::Judge;
use super::learn::Lesson;
use super::zone::Sight;
use super::{ChainOfTrust, Fact, fact};
use crate::exchange::Exchange;
use crate::message::Name;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

impl ChainOfTrust {
    /// Takes in the DS and DNSKEY sets of a response that verify, as if it had passed at its
    /// time, and gives what they show. It is not judged, and what does not verify is nobody's
    /// fault.
    pub fn resume(&mut self, exchange: &Arc<Exchange>) -> Vec<Fact> {
        let mut judge = Judge::new(
            &self.zones,
            &self.verifier,
            &self.seen,
            exchange,
            self.clock_skew,
        );
        let is_first_hand = judge.is_first_hand();
        let mut facts = Vec::new();
        for (zone, lesson) in judge.lessons() {
            if !matches!(lesson, Lesson::Ds { .. } | Lesson::Keys { .. }) {
                continue;
            }
            let time = exchange.message.time;
            self.take_in(&zone, &lesson, |ttl| Sight {
                time,
                ttl,
                is_first_hand,
            });
            self.zones.weigh(&zone);
            facts.extend(fact(zone, lesson, exchange));
        }
        facts
    }

    /// What it knows of servers is written down: [`ChainOfTrust::take_servers`] is asked now and
    /// then.
    pub fn keep_servers(&mut self) {
        self.changed_servers = Some(BTreeSet::new());
    }

    /// The servers of the zones of which some came to be known since this was last asked.
    pub fn take_servers(&mut self) -> Vec<(Name, BTreeSet<IpAddr>)> {
        let changed = self.changed_servers.as_mut();
        let changed = changed.map(std::mem::take).unwrap_or_default();
        let servers = changed.into_iter().map(|zone| {
            let trust = self.zones.find(&zone);
            let servers = trust.map(|trust| trust.servers().clone());
            (zone, servers.unwrap_or_default())
        });
        servers.collect()
    }

    /// Takes up the servers of a zone that an earlier run knew. What is known of a name without
    /// anything else is soon forgotten, so its sets come first.
    pub fn resume_servers(&mut self, zone: &Name, servers: &BTreeSet<IpAddr>) {
        for server in servers {
            self.zones.entry(zone).add_server(*server);
        }
        self.zones.weigh(zone);
    }
}
