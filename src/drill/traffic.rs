//! Clients of the resolvers, who ask all day long.

use super::frames::{Route, datagram, later};
use super::key::Key;
use super::resolve::{Question, SERV_FAIL};
use super::resolver::{Kept, Status, Turn};
use super::wire::{AD, Note, Opt, QR, RA, RD, UDP_OCTETS};
use super::world::{LABELS, MX, World};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Nanoseconds.
const SECOND: i64 = 1_000_000_000;
const MILLI: i64 = 1_000_000;

/// RFC 1035 §3.3.10.
const NULL: Rtype = Rtype::new(10);

/// Option code of an Extended DNS Error (RFC 8914 §2).
const EDE: u16 = 15;

impl World {
    /// Everybody goes about their business for so many seconds: every other question is about `zone`.
    pub(super) fn runs(&mut self, zone: &Name, seconds: i64) {
        let end = later(self.now, seconds * SECOND);
        loop {
            let most = u64::try_from(self.pace * 2000).unwrap_or(1);
            let gap = i64::try_from(self.dice.below(most)).unwrap_or_default();
            let next = later(self.now, (gap + 5) * MILLI);
            if next >= end {
                break;
            }
            self.now = next;
            let who = usize::from(self.dice.is_one_in(2));
            if let Some(question) = self.some_question(zone) {
                self.asks(who, &question);
            }
        }
        self.now = end.max(self.now);
    }

    /// A few clients of each resolver ask for all of a zone, within some minutes.
    pub(super) fn is_in_demand(&mut self, zone: &Name) {
        for label in LABELS.iter().chain(&["missing"]) {
            for who in 0..self.resolvers.len() {
                let name = zone.child(label.as_bytes());
                if let Some(name) = name {
                    self.asks(who, &(name, Rtype::A));
                }
                let pause = i64::try_from(self.dice.below(9000)).unwrap_or_default();
                self.now = later(self.now, (pause + 500) * MILLI);
            }
        }
    }

    /// The resolver `who` tells the root which of its keys it trusts (RFC 8145 §5.1).
    pub(super) fn signals(&mut self, who: usize, anchors: &[Key]) {
        let mut tags: Vec<_> = anchors.iter().map(Key::tag).collect();
        tags.sort_unstable();
        let label = tags
            .iter()
            .fold("_ta".to_owned(), |label, tag| format!("{label}-{tag:04x}"));
        let hints = self
            .resolvers
            .get(who)
            .map(|resolver| resolver.hints.clone())
            .unwrap_or_default();
        if let Some(name) = Name::root().child(label.as_bytes()) {
            let mut turn = Turn {
                who,
                clock: self.now,
                attempt: 0,
            };
            self.ask_any(&mut turn, &hints, &(name, NULL));
            self.now = self.now.max(turn.clock);
        }
    }

    /// Each resolver asks for the root's servers, as they do when they start (RFC 8109).
    pub(super) fn primes(&mut self) {
        for who in 0..self.resolvers.len() {
            let hints = self
                .resolvers
                .get(who)
                .map(|resolver| resolver.hints.clone())
                .unwrap_or_default();
            let mut turn = Turn {
                who,
                clock: self.now,
                attempt: 0,
            };
            self.ask_any(&mut turn, &hints, &(Name::root(), Rtype::NS));
            self.now = self.now.max(turn.clock);
        }
    }

    fn some_question(&mut self, zone: &Name) -> Option<Question> {
        let others: Vec<_> = self.zones.keys().map(|(apex, _)| apex.clone()).collect();
        let others: Vec<_> = others
            .into_iter()
            .filter(|apex| apex.label_count() > 1)
            .collect();
        let apex = if self.dice.is_one_in(2) {
            zone.clone()
        } else {
            self.dice.one_of(&others)?.clone()
        };
        let host = |label: &str| apex.child(label.as_bytes()).unwrap_or_else(|| apex.clone());
        Some(match self.dice.below(20) {
            0 => (apex, MX),
            1 => (apex, Rtype::TXT),
            2 => (apex, Rtype::A),
            3 => (host("m"), Rtype::A),
            4 => (host("selectors"), Rtype::TXT),
            5 | 6 => (host(&format!("typo{}", self.dice.below(1000))), Rtype::A),
            7..=9 => (host(self.dice.one_of(&LABELS)?), Rtype::AAAA),
            _ => (host(self.dice.one_of(&LABELS)?), Rtype::A),
        })
    }

    /// A client of the resolver `who` asks, and is answered.
    pub(super) fn asks(&mut self, who: usize, question: &Question) {
        let Some(resolver) = self.resolvers.get(who).map(|resolver| resolver.addresses) else {
            return;
        };
        let [v4, _] = resolver;
        let last = u8::try_from(100 + self.dice.below(40)).unwrap_or(100);
        let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        let route = Route {
            from: SocketAddr::new(client, self.dice.port()),
            to: SocketAddr::new(v4, 53),
        };
        // Three in four are stubs that leave all to the resolver.
        let opt = Opt {
            dnssec_ok: self.dice.is_one_in(4),
            options: Vec::new(),
        };
        let flags = if self.dice.is_one_in(3) { RD | AD } else { RD };
        let query = Note::query(self.dice.short(), flags, question.clone(), Some(opt));
        self.frames.push(datagram(self.now, route, &query.octets()));
        let mut turn = Turn {
            who,
            clock: later(self.now, MILLI / 5),
            attempt: 0,
        };
        let kept = self.resolve(&mut turn, question);
        let mut clock = turn.clock;
        let response = answer(&query, &kept, clock);
        let octets = response.octets();
        if octets.len() > usize::from(UDP_OCTETS) {
            let short = response.truncated().octets();
            self.frames.push(datagram(clock, route.back(), &short));
            clock = later(clock, MILLI);
            self.again_by_tcp(route, (&query.octets(), &octets), MILLI, &mut clock);
        } else {
            self.frames.push(datagram(clock, route.back(), &octets));
        }
        self.now = self.now.max(clock);
    }
}

/// What the client gets: the records with what is left of their time, or the failure and why.
fn answer(query: &Note, kept: &Kept, clock: Timestamp) -> Note {
    let mut note = query.clone();
    note.flags = QR | RD | RA;
    if let Status::Bogus(code) = kept.status {
        note.flags |= SERV_FAIL;
        if let Some(opt) = &mut note.opt {
            opt.options.push((EDE, code.to_be_bytes().to_vec()));
        }
        return note;
    }
    let is_authentic = kept.status == Status::Secure
        && (query.flags & AD != 0 || query.opt.as_ref().is_some_and(|opt| opt.dnssec_ok));
    if is_authentic {
        note.flags |= AD;
    }
    note.flags |= kept.reply.rcode;
    let age = u32::try_from(clock.seconds() - kept.stored).unwrap_or_default();
    let with_signatures = query.opt.as_ref().is_some_and(|opt| opt.dnssec_ok);
    let aged = |sets: &[super::records::Set]| {
        let sets = sets.iter().filter(|set| {
            with_signatures || !set.rtype.is_dnssec() || set.rtype == query.question.1
        });
        sets.map(|set| set.clone().aged(age)).collect()
    };
    note.answer = aged(&kept.reply.answer);
    note.authority = aged(&kept.reply.authority);
    note
}
