//! Finds the query of each response.

use super::recent::Recent;
use super::{Asked, Exchange, Standing, Transaction, Vantage};
use crate::message::{self, Header, Message, Rcode, Rtype, Screen};
use crate::packet::{Flow, Transport};
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU64;

const NANOS: i64 = 1_000_000_000;

/// How long a query waits for its response; no resolver waits longer.
const QUERY_SECONDS: i64 = 30;

/// How long an answered query is remembered for a second answer.
const ANSWERED_SECONDS: i64 = 10;

/// Open or lately answered queries kept at most.
const MAX_QUERIES: usize = 200_000;

/// Clients that are written down: a tap has few resolvers, and anybody can forge the rest.
const MAX_KEPT: usize = 4096;

/// Addresses remembered as asking or asked at most.
const MAX_PARTIES: usize = 100_000;

/// The same datagram again within this time is a mirror's copy: 50 ms.
const MIRROR_NANOS: i64 = 50_000_000;

/// Datagrams remembered for that at most.
const MAX_MIRRORED: usize = 65_536;

/// Why a response is not judged.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Unchecked {
    /// The opcode is not QUERY.
    Opcode,
    /// There is not exactly one question.
    Question,
    /// The class is not IN.
    Class,
    /// A transfer of a whole zone.
    Transfer,
    /// The response code is neither NOERROR nor NXDOMAIN.
    Rcode,
    /// Nobody asked for DNSSEC records, and there are none.
    NoDnssec,
}

impl Unchecked {
    /// As counters name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opcode => "opcode",
            Self::Question => "question",
            Self::Class => "class",
            Self::Transfer => "transfer",
            Self::Rcode => "rcode",
            Self::NoDnssec => "no_dnssec",
        }
    }
}

/// A query that passed. There are many, so it is kept small.
#[derive(Clone, Copy)]
struct Open {
    question: Option<message::Asked>,
    time: Timestamp,
    /// The latest time of any frame by then: clocks of several interfaces may differ.
    noted: Timestamp,
    /// The first response that was decoded, as the digest of its octets.
    response: Option<NonZeroU64>,
    /// How often it was sent and not yet answered.
    unanswered: u16,
    dnssec_ok: bool,
    checking_disabled: bool,
}

impl Open {
    fn new((time, now): (Timestamp, Timestamp), screen: &Screen) -> Self {
        Self {
            question: screen.asked,
            time,
            noted: now,
            response: None,
            unanswered: 1,
            dnssec_ok: screen.dnssec_ok,
            checking_disabled: screen.header.checking_disabled(),
        }
    }

    /// Whether somebody still waits for an answer to it, or may get a second one.
    fn is_remembered(&self, now: Timestamp) -> bool {
        let seconds = match self.unanswered {
            0 => ANSWERED_SECONDS,
            _ => QUERY_SECONDS,
        };
        self.noted >= now.plus_seconds(-seconds)
    }

    /// Whether a response with this question is one that the client takes: a client that mixes
    /// cases expects its spelling back.
    fn is_answered_by(&self, response: Option<message::Asked>) -> bool {
        let (Some(asked), Some(got)) = (self.question, response) else {
            return true;
        };
        asked.digest == got.digest && (!asked.mixes_cases || asked.spelling == got.spelling)
    }

    const fn asked(&self) -> Asked {
        Asked {
            time: self.time,
            dnssec_ok: self.dnssec_ok,
            checking_disabled: self.checking_disabled,
        }
    }
}

/// How a response stands to its query.
#[derive(Clone, Copy, Debug)]
pub struct Paired {
    /// Its query, if that was seen.
    pub asked: Option<Asked>,
    /// How the response stands to the queries seen.
    pub standing: Standing,
    /// The side it passed on.
    pub vantage: Vantage,
}

impl Paired {
    /// Whether the response is judged, and if not, why (DESIGN: contract, verdict line).
    pub fn is_to_be_judged(&self, screen: &Screen) -> Result<(), Unchecked> {
        let question = screen.asked.map(|asked| (asked.rtype, asked.class));
        judgeable(screen.header, question)?;
        let wants_dnssec = self.asked.is_some_and(|asked| asked.dnssec_ok);
        if wants_dnssec || screen.dnssec_ok || screen.has_dnssec {
            Ok(())
        } else {
            Err(Unchecked::NoDnssec)
        }
    }
}

/// Pairs responses with their queries.
pub struct Exchanges {
    open: Recent<Open>,
    /// Clients seen asking and servers seen asked: what tells one-way taps from stray responses.
    asking: Parties,
    asked: Parties,
    /// The first clients seen asking, if they are written down, and those not written yet.
    kept: Option<HashSet<IpAddr>>,
    new: Vec<IpAddr>,
    /// When datagrams passed, by digest of transaction and octets.
    datagrams: Recent<Timestamp>,
    mirrored: u64,
    /// The latest capture time so far; it never runs backwards.
    now: Timestamp,
}

/// Addresses of one role.
type Parties = HashSet<IpAddr, RandomState>;

impl Default for Exchanges {
    fn default() -> Self {
        Self::new()
    }
}

impl Exchanges {
    /// With no query seen. All messages must be screened with one salt.
    pub fn new() -> Self {
        Self {
            open: Recent::new(QUERY_SECONDS * NANOS, MAX_QUERIES),
            asking: Parties::default(),
            asked: Parties::default(),
            kept: None,
            new: Vec::new(),
            datagrams: Recent::new(MIRROR_NANOS, MAX_MIRRORED),
            mirrored: 0,
            now: Timestamp::default(),
        }
    }

    /// Which clients ask is written down: [`Exchanges::take_clients`] is asked now and then. These
    /// were seen asking by an earlier run, so a response that none of their queries asked for
    /// accuses nobody from the first on.
    pub fn keep_clients(&mut self, known: impl IntoIterator<Item = IpAddr>) {
        let known: HashSet<IpAddr> = known.into_iter().take(MAX_KEPT).collect();
        self.asking.extend(&known);
        self.kept = Some(known);
    }

    /// The clients that were seen asking for the first time since this was last asked.
    pub fn take_clients(&mut self) -> Vec<IpAddr> {
        std::mem::take(&mut self.new)
    }

    /// How many queries are remembered, answered ones too: a figure about memory.
    pub fn remembered_queries(&self) -> usize {
        self.open.len()
    }

    fn keep_client(&mut self, client: IpAddr) {
        if let Some(kept) = &mut self.kept
            && kept.len() < MAX_KEPT
            && kept.insert(client)
        {
            self.new.push(client);
        }
    }

    /// Takes note of a query.
    pub fn query(
        &mut self,
        time: Timestamp,
        flow: Flow,
        transaction: Transaction,
        screen: &Screen,
    ) {
        self.advance(time);
        let digest = transaction.digest();
        let mut open = Open::new((time, self.now), screen);
        let before = self
            .open
            .get(digest)
            .filter(|before| before.is_remembered(self.now) && before.question == open.question);
        if let Some(before) = before {
            if time.as_nanos() - before.time.as_nanos() <= MIRROR_NANOS {
                return;
            }
            open.unanswered = before.unanswered.saturating_add(1);
            open.response = before.response;
        } else {
            self.keep_client(flow.source.ip());
            remember(&mut self.asking, flow.source.ip());
            remember(&mut self.asked, flow.destination.ip());
        }
        self.open.insert(digest, open, self.now);
    }

    /// Pairs a response that is to be decoded; nothing if it is a copy of one that passed: a
    /// mirror's, or one that the network made.
    pub fn pair(
        &mut self,
        time: Timestamp,
        flow: Flow,
        transaction: Transaction,
        screen: &Screen,
    ) -> Option<Paired> {
        self.advance(time);
        let digest = transaction.digest();
        let is_copy = flow.transport == Transport::Udp
            && self.is_mirrored(time, digest.rotate_left(32) ^ screen.octets);
        let answer = if is_copy {
            None
        } else {
            self.answer(digest, flow, screen)
        };
        let Some((standing, asked)) = answer else {
            self.mirrored += 1;
            return None;
        };
        Some(Paired {
            asked,
            standing,
            vantage: vantage(screen.header),
        })
    }

    /// Takes note of a response that shows no sign of DNSSEC, so that a second answer is found,
    /// and tells why it is not judged; nothing if DNSSEC records were asked for, since then it is.
    pub fn plain(
        &mut self,
        time: Timestamp,
        transaction: Transaction,
        screen: &Screen,
    ) -> Option<Unchecked> {
        self.advance(time);
        if let Some(open) = self.remembered(transaction.digest()) {
            if open.dnssec_ok {
                return None;
            }
            if open.is_answered_by(screen.asked) {
                open.unanswered = open.unanswered.saturating_sub(1);
            }
        }
        let question = screen.asked.map(|asked| (asked.rtype, asked.class));
        let judgeable = judgeable(screen.header, question);
        Some(judgeable.err().unwrap_or(Unchecked::NoDnssec))
    }

    /// Copies of datagrams that were left out.
    pub fn mirrored(&self) -> u64 {
        self.mirrored
    }

    fn remembered(&mut self, digest: u64) -> Option<&mut Open> {
        let now = self.now;
        self.open
            .get_mut(digest)
            .filter(|open| open.is_remembered(now))
    }

    /// How a response stands; nothing if the one that answered its query before was the same.
    fn answer(
        &mut self,
        digest: u64,
        flow: Flow,
        screen: &Screen,
    ) -> Option<(Standing, Option<Asked>)> {
        if let Some(open) = self.remembered(digest)
            && open.is_answered_by(screen.asked)
        {
            let octets = NonZeroU64::new(screen.octets).unwrap_or(NonZeroU64::MIN);
            let standing = if open.unanswered > 0 {
                Standing::Matched
            } else if open.response == Some(octets) {
                return None;
            } else {
                Standing::Second
            };
            open.response.get_or_insert(octets);
            open.unanswered = open.unanswered.saturating_sub(1);
            return Some((standing, Some(open.asked())));
        }
        let tells =
            self.asking.contains(&flow.destination.ip()) || self.asked.contains(&flow.source.ip());
        let standing = if tells {
            Standing::Unmatched
        } else {
            Standing::QueriesUnseen
        };
        Some((standing, None))
    }

    fn is_mirrored(&mut self, time: Timestamp, datagram: u64) -> bool {
        let before = self.datagrams.get(datagram).copied();
        self.datagrams.insert(datagram, time, self.now);
        before.is_some_and(|before| (time.as_nanos() - before.as_nanos()).abs() <= MIRROR_NANOS)
    }

    fn advance(&mut self, time: Timestamp) {
        self.now = self.now.max(time);
    }
}

/// Takes note of an address; when there are too many, all are forgotten and learnt anew.
fn remember(parties: &mut Parties, address: IpAddr) {
    if parties.len() >= MAX_PARTIES && !parties.contains(&address) {
        parties.clear();
    }
    parties.insert(address);
}

/// The side of the resolver that a response passed on. Some authoritative servers set RA; a
/// resolver that has authority for local zones answers clients, who set RD.
fn vantage(header: Header) -> Vantage {
    match (
        header.recursion_available(),
        header.is_authoritative(),
        header.recursion_desired(),
    ) {
        (false, _, _) => Vantage::Upstream,
        (true, true, false) => Vantage::Upstream,
        (true, true, true) | (true, false, _) => Vantage::Downstream,
    }
}

impl Exchange {
    /// A response that was paired.
    pub fn new(message: Message, paired: Paired) -> Self {
        let Paired {
            asked,
            standing,
            vantage,
        } = paired;
        Self {
            message,
            asked,
            standing,
            vantage,
        }
    }
}

/// Whether a response with this header and question would be judged if it had to do with DNSSEC.
fn judgeable(header: Header, question: Option<(Rtype, u16)>) -> Result<(), Unchecked> {
    if header.opcode() != 0 {
        return Err(Unchecked::Opcode);
    }
    let (rtype, class) = question.ok_or(Unchecked::Question)?;
    if class != 1 {
        return Err(Unchecked::Class);
    }
    if matches!(rtype, Rtype::AXFR | Rtype::IXFR) {
        return Err(Unchecked::Transfer);
    }
    if !matches!(header.rcode, Rcode::NOERROR | Rcode::NXDOMAIN) {
        return Err(Unchecked::Rcode);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Salt, screen};

    const CLIENT: &str = "192.0.2.1:5353";
    const SERVER: &str = "198.51.100.1:53";

    /// A message without records: flags, id, name as spelt.
    fn octets(id: u16, flags: u16, spelling: &[u8]) -> Vec<u8> {
        let mut octets = Vec::new();
        for word in [id, flags, 1, 0, 0, 0] {
            octets.extend(u16::to_be_bytes(word));
        }
        octets.extend_from_slice(spelling);
        octets.extend([0, 1, 0, 1]);
        octets
    }

    fn flow(source: &str, destination: &str) -> Flow {
        Flow {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            transport: Transport::Udp,
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_nanos(1_700_000_000_000_000_000 + millis * 1_000_000)
    }

    /// A tap, and what it makes digests with.
    struct Tap {
        exchanges: Exchanges,
        salt: Salt,
    }

    impl Tap {
        fn new() -> Self {
            Self {
                exchanges: Exchanges::new(),
                salt: Salt::default(),
            }
        }

        fn query(&mut self, millis: i64, flow: Flow, octets: &[u8]) {
            let screen = screen(octets, &self.salt).unwrap();
            let transaction = Transaction::of(flow, screen.header, &self.salt);
            self.exchanges.query(at(millis), flow, transaction, &screen);
        }

        fn ask(&mut self, millis: i64, id: u16, spelling: &[u8]) {
            self.query(millis, flow(CLIENT, SERVER), &octets(id, 0, spelling));
        }

        fn pair(&mut self, millis: i64, octets: &[u8]) -> (Screen, Option<Paired>) {
            let flow = flow(SERVER, CLIENT);
            let screen = screen(octets, &self.salt).unwrap();
            let transaction = Transaction::of(flow, screen.header, &self.salt);
            let paired = self.exchanges.pair(at(millis), flow, transaction, &screen);
            (screen, paired)
        }

        fn answer(&mut self, millis: i64, id: u16, spelling: &[u8]) -> Option<Standing> {
            // With DO, as those have that are decoded.
            let mut octets = octets(id, 0x8400, spelling);
            if let Some(count) = octets.get_mut(11) {
                *count = 1;
            }
            octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0\0\0");
            let (_, paired) = self.pair(millis, &octets);
            paired.map(|paired| paired.standing)
        }
    }

    #[test]
    fn a_response_stands_by_its_query() {
        let mut tap = Tap::new();
        assert_eq!(tap.answer(0, 7, b"\x01a\0"), Some(Standing::QueriesUnseen));
        tap.ask(100, 7, b"\x01a\0");
        assert_eq!(
            tap.answer(200, 8, b"\x01a\0"),
            Some(Standing::Unmatched),
            "other id"
        );
        assert_eq!(
            tap.answer(300, 7, b"\x01b\0"),
            Some(Standing::Unmatched),
            "other name"
        );
        assert_eq!(
            tap.answer(400, 7, b"\x01A\0"),
            Some(Standing::Matched),
            "case may change"
        );
        assert_eq!(tap.answer(500, 7, b"\x01a\0"), Some(Standing::Second));
    }

    #[test]
    fn a_client_that_mixes_cases_wants_its_spelling_back() {
        let mut tap = Tap::new();
        tap.ask(0, 7, b"\x02aB\0");
        assert_eq!(tap.answer(100, 7, b"\x02ab\0"), Some(Standing::Unmatched));
        assert_eq!(tap.answer(200, 7, b"\x02aB\0"), Some(Standing::Matched));
    }

    #[test]
    fn a_mirrors_copy_counts_once_and_a_query_sent_again_twice() {
        let mut tap = Tap::new();
        tap.ask(0, 7, b"\x01a\0");
        tap.ask(1, 7, b"\x01a\0");
        tap.ask(900, 7, b"\x01a\0");
        assert_eq!(tap.answer(910, 7, b"\x01a\0"), Some(Standing::Matched));
        assert_eq!(tap.answer(911, 7, b"\x01a\0"), None, "a copy");
        assert_eq!(tap.answer(1500, 7, b"\x01a\0"), Some(Standing::Matched));
        assert_eq!(
            tap.answer(2500, 7, b"\x01a\0"),
            None,
            "a late copy of the first response"
        );
        assert_eq!(tap.answer(2600, 7, b"\x01A\0"), Some(Standing::Second));
        assert_eq!(tap.exchanges.mirrored(), 2);
    }

    #[test]
    fn what_has_nothing_to_do_with_dnssec_is_not_judged() {
        let mut tap = Tap::new();
        tap.ask(0, 7, b"\x01a\0");
        let (screen, paired) = tap.pair(10, &octets(7, 0x8400, b"\x01a\0"));
        let paired = paired.unwrap();
        assert_eq!(paired.is_to_be_judged(&screen), Err(Unchecked::NoDnssec));
        let asked = paired.asked.map(|asked| Asked {
            dnssec_ok: true,
            ..asked
        });
        let paired = Paired { asked, ..paired };
        assert_eq!(paired.is_to_be_judged(&screen), Ok(()));
    }

    #[test]
    fn a_query_stamped_late_by_another_clock_is_not_forgotten_at_once() {
        let mut tap = Tap::new();
        tap.ask(100_000, 1, b"\x01a\0");
        tap.ask(60_000, 7, b"\x01b\0");
        assert_eq!(tap.answer(100_100, 7, b"\x01b\0"), Some(Standing::Matched));
    }

    #[test]
    fn open_queries_are_bounded() {
        let mut tap = Tap::new();
        for client in 1..=4 {
            let client = format!("192.0.2.{client}:5353");
            let flow = flow(&client, SERVER);
            for id in 0..u16::MAX {
                tap.query(0, flow, &octets(id, 0, b"\x01a\0"));
            }
        }
        assert!(tap.exchanges.open.len() <= MAX_QUERIES);
    }

    #[test]
    fn a_query_is_forgotten_when_nobody_waits_for_it() {
        let mut tap = Tap::new();
        tap.ask(0, 7, b"\x01a\0");
        assert_eq!(tap.answer(31_000, 7, b"\x01a\0"), Some(Standing::Unmatched));
        tap.ask(40_000, 7, b"\x01a\0");
        assert_eq!(
            tap.answer(40_001, 7, b"\x01a\0"),
            Some(Standing::Matched),
            "asked anew"
        );
    }
}
