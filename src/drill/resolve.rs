//! How a resolver finds an answer: from the cache, else from the root down.

use super::frames::{Route, connection, datagram, later};
use super::records::Set;
use super::resolver::{Kept, KeptSet, Status, Turn, Twist};
use super::wire::{AA, Note, Opt, QR, UDP_OCTETS};
use super::world::World;
use super::zone::{Reply, Zone};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use std::net::{IpAddr, SocketAddr};

/// A name and a type.
pub(super) type Question = (Name, Rtype);

/// Nanoseconds in a millisecond.
const MILLI: i64 = 1_000_000;

/// RCODE of a resolver that failed.
pub(super) const SERV_FAIL: u16 = 2;

/// INFO-CODE of a resolver that reached no server (RFC 8914 §4.23).
const NO_REACHABLE_AUTHORITY: u16 = 22;

/// Seconds for which a failure is kept.
const FAILURE_SECONDS: i64 = 30;

/// How many IDs a forger tries in one race.
const GUESSES: i64 = 40;

/// How often other servers are asked after what does not validate.
pub(super) const MORE_TRIES: usize = 2;

impl World {
    /// An answer for a client of the resolver `who`; `clock` runs on meanwhile.
    pub(super) fn resolve(&mut self, turn: &mut Turn, question: &Question) -> Kept {
        let now = turn.clock.seconds();
        let cached = self
            .resolvers
            .get(turn.who)
            .and_then(|resolver| resolver.answers.get(question));
        if let Some(kept) = cached.filter(|kept| kept.until > now) {
            return kept.clone();
        }
        self.turn = usize::from(self.dice.short());
        let mut kept = self.fetch(turn, question);
        for attempt in 1..=MORE_TRIES {
            if matches!(kept.status, Status::Bogus(_)) && kept.reply.rcode != SERV_FAIL {
                kept = {
                    turn.attempt = attempt;
                    self.fetch(turn, question)
                };
            }
        }
        if matches!(kept.status, Status::Bogus(_)) {
            kept.until = turn.clock.seconds() + FAILURE_SECONDS;
        }
        if let Some(resolver) = self.resolvers.get_mut(turn.who) {
            resolver.answers.insert(question.clone(), kept.clone());
        }
        kept
    }

    fn fetch(&mut self, turn: &mut Turn, question: &Question) -> Kept {
        let Some((zone, reply)) = self.follow(turn, question) else {
            return failure(turn.clock.seconds());
        };
        let now = turn.clock.seconds();
        let status = self.validate(turn, &zone, question, &reply);
        kept(reply, status, now)
    }

    /// The zone that has the answer, and the answer: down the referrals from the deepest delegation that is known
    /// (RFC 1034 §5.3.3).
    pub(super) fn follow(&mut self, turn: &mut Turn, question: &Question) -> Option<(Name, Reply)> {
        let above = question.0.parent().filter(|_| question.1 == Rtype::DS);
        let from = above.unwrap_or_else(|| question.0.clone());
        let (mut zone, mut servers) = self
            .resolvers
            .get(turn.who)?
            .deepest_cut(&from, turn.clock.seconds());
        loop {
            let reply = self.ask_any(turn, &servers, question)?;
            let now = turn.clock.seconds();
            let resolver = self.resolvers.get_mut(turn.who)?;
            let is_referral = !reply.is_authoritative;
            let below = is_referral
                .then(|| resolver.learn(&reply, &zone, now))
                .flatten();
            let Some(below) = below else {
                return Some((zone, reply));
            };
            (zone, servers) = resolver.deepest_cut(&below, now);
        }
    }

    /// The first answer of one of these servers.
    pub(super) fn ask_any(
        &mut self,
        turn: &mut Turn,
        servers: &[IpAddr],
        question: &Question,
    ) -> Option<Reply> {
        let first = self.turn + turn.attempt;
        let mut patience = 376 * MILLI;
        // Twice around, each time more patient.
        for place in 0..servers.len() * 2 {
            let at = (first + place) % servers.len();
            let reply = servers
                .get(at)
                .and_then(|server| self.ask(turn, *server, question, patience));
            if reply.is_some() {
                return reply;
            }
            patience = (patience * 2).min(3000 * MILLI);
        }
        None
    }

    fn ask(
        &mut self,
        turn: &mut Turn,
        server: IpAddr,
        question: &Question,
        patience: i64,
    ) -> Option<Reply> {
        let [v4, v6] = self.resolvers.get(turn.who)?.addresses;
        let own = if server.is_ipv4() { v4 } else { v6 };
        let route = Route {
            from: SocketAddr::new(own, self.dice.port()),
            to: SocketAddr::new(server, 53),
        };
        let opt = Opt {
            dnssec_ok: true,
            options: Vec::new(),
        };
        let query = Note::query(self.dice.short(), 0, question.clone(), Some(opt));
        let asked = turn.clock;
        self.frames.push(datagram(asked, route, &query.octets()));
        let Some(reply) = self.reply(server, question, asked.seconds()) else {
            turn.clock = later(asked, patience);
            return None;
        };
        let delay = 8 * MILLI + i64::from(self.dice.short() % 400) * MILLI / 10;
        let answered = later(asked, delay);
        let reply = self.twisted(turn.who, question, reply);
        self.race(turn.who, (asked, answered), route, (&query, &reply));
        let response = response(&query, &reply);
        let octets = response.octets();
        turn.clock = later(answered, MILLI);
        if octets.len() > usize::from(UDP_OCTETS) {
            let short = response.truncated().octets();
            self.frames.push(datagram(answered, route.back(), &short));
            self.again_by_tcp(route, (&query.octets(), &octets), delay, &mut turn.clock);
        } else {
            self.frames.push(datagram(answered, route.back(), &octets));
        }
        Some(reply)
    }

    /// The same question over TCP.
    pub(super) fn again_by_tcp(
        &mut self,
        route: Route,
        messages: (&[u8], &[u8]),
        delay: i64,
        clock: &mut Timestamp,
    ) {
        let from = SocketAddr::new(route.from.ip(), self.dice.port());
        let route = Route { from, ..route };
        let first = (
            u32::from(self.dice.short()) << 15,
            u32::from(self.dice.short()) << 14,
        );
        let asked = *clock;
        let answered = later(asked, 2 * delay);
        let frames = connection((asked, answered), route, first, messages);
        self.frames.extend(frames);
        *clock = later(answered, 2 * delay);
    }

    /// What the machine at an address says; nothing if it is silent.
    fn reply(&mut self, server: IpAddr, question: &Question, now: i64) -> Option<Reply> {
        let server = self
            .servers
            .get(&server)
            .filter(|server| !server.is_silent)?;
        let has_name = |(apex, _): &&(Name, &str)| question.0.is_at_or_below(apex);
        let editions = server.editions.iter().filter(has_name);
        let edition = editions.max_by_key(|(apex, _)| apex.label_count())?;
        let zone: &Zone = self.zones.get(edition)?;
        Some(zone.reply(&question.0, question.1, now, &mut self.signer))
    }

    /// Somebody beside the path guesses IDs before the true answer, and gets the right one when it is too late.
    fn race(
        &mut self,
        who: usize,
        (asked, answered): (Timestamp, Timestamp),
        route: Route,
        (query, reply): (&Note, &Reply),
    ) {
        let twists = self
            .resolvers
            .get(who)
            .map(|resolver| resolver.twists.clone())
            .unwrap_or_default();
        let forged = twists.iter().find_map(|twist| match twist {
            Twist::Races(name, rdata)
                if *name == query.question.0 && query.question.1 == Rtype::A =>
            {
                Some(rdata)
            }
            Twist::Races(..) | Twist::Strips(_) | Twist::Alters(..) => None,
        });
        let Some(rdata) = forged.filter(|_| !reply.answer.is_empty()) else {
            return;
        };
        let answer = reply
            .answer
            .iter()
            .map(|set| set.clone().forged(rdata.clone()));
        let forged = Reply {
            answer: answer.collect(),
            ..reply.clone()
        };
        let mut forged = response(query, &forged);
        let delay = answered.as_nanos() - asked.as_nanos();
        for guess in 1..GUESSES {
            forged.id = self.dice.short();
            if forged.id != query.id {
                let early = later(asked, delay * guess / GUESSES);
                self.frames
                    .push(datagram(early, route.back(), &forged.octets()));
            }
        }
        forged.id = query.id;
        self.frames.push(datagram(
            later(answered, MILLI / 2),
            route.back(),
            &forged.octets(),
        ));
    }

    /// What becomes of a reply on its way.
    fn twisted(&mut self, who: usize, question: &Question, mut reply: Reply) -> Reply {
        let Some(resolver) = self.resolvers.get_mut(who) else {
            return reply;
        };
        for twist in &mut resolver.twists {
            match twist {
                Twist::Strips(zone)
                    if question.0.is_at_or_below(zone)
                        && question.1 != Rtype::DS
                        && reply.is_authoritative =>
                {
                    strip(&mut reply);
                }
                Twist::Alters(name, rdata) if *name == question.0 && question.1 == Rtype::A => {
                    let answer = reply.answer.drain(..).map(|set| set.forged(rdata.clone()));
                    reply.answer = answer.collect();
                }
                Twist::Strips(_) | Twist::Alters(..) | Twist::Races(..) => {}
            }
        }
        reply
    }
}

/// Takes away what DNSSEC adds to an answer unasked.
fn strip(reply: &mut Reply) {
    let is_plain = |set: &Set| !matches!(set.rtype, Rtype::NSEC | Rtype::NSEC3);
    for sets in [&mut reply.answer, &mut reply.authority] {
        sets.retain(is_plain);
        for set in sets {
            set.signatures.clear();
        }
    }
}

/// The message that answers a query.
fn response(query: &Note, reply: &Reply) -> Note {
    let authoritative = if reply.is_authoritative { AA } else { 0 };
    Note {
        flags: QR | authoritative | reply.rcode,
        answer: reply.answer.clone(),
        authority: reply.authority.clone(),
        additional: reply.glue.clone(),
        ..query.clone()
    }
}

fn failure(now: i64) -> Kept {
    Kept {
        reply: Reply {
            rcode: SERV_FAIL,
            ..Reply::default()
        },
        status: Status::Bogus(NO_REACHABLE_AUTHORITY),
        stored: now,
        until: now + FAILURE_SECONDS / 6,
    }
}

fn kept(reply: Reply, status: Status, now: i64) -> Kept {
    let sets = reply.answer.iter().chain(&reply.authority);
    let ttl = sets.map(|set| set.ttl).min().unwrap_or(60);
    Kept {
        reply,
        status,
        stored: now,
        until: now + i64::from(ttl),
    }
}

/// A set for the cache out of a reply; nothing in it where the reply has none.
pub(super) fn kept_set(reply: &Reply, rtype: Rtype, now: i64) -> KeptSet {
    let set = reply.answer.iter().find(|set| set.rtype == rtype).cloned();
    let soa = reply.authority.first().map_or(60, |set| set.ttl);
    let ttl = set.as_ref().map_or(soa, |set| set.ttl);
    KeptSet {
        set,
        until: now + i64::from(ttl),
    }
}
