//! Finds the query of each response.

use super::{Asked, Exchange, Standing, Vantage};
use crate::message::{self, Header, Message, Rcode, Rtype, Salt, Screen};
use crate::packet::{Flow, Transport};
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use nohash_hasher::IntMap;
use std::collections::{HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

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

/// A transaction on the wire, as a digest of client, server, transport and identifier.
type Transaction = u64;

/// The transaction of a message with this identifier, from this client to this server or back.
fn transaction(
    salt: &Salt,
    (client, server): (SocketAddr, SocketAddr),
    transport: Transport,
    id: u16,
) -> Transaction {
    let transport = u64::from(transport == Transport::Tcp);
    let ports = u64::from(client.port()) << 16 | u64::from(server.port());
    let number = transport << 48 | ports << 16 | u64::from(id);
    salt.digest_of_ends([client.ip(), server.ip()], number)
}

/// A query that passed. There are many, so it is kept small.
struct Open {
    question: Option<message::Asked>,
    asked: Asked,
    /// How often it was sent and not yet answered.
    unanswered: u16,
    /// The first response that was decoded, as the digest of its octets.
    response: Option<u64>,
}

impl Open {
    /// Whether a response with this question is one that the client takes: a client that mixes
    /// cases expects its spelling back.
    fn is_answered_by(&self, response: Option<message::Asked>) -> bool {
        let (Some(asked), Some(got)) = (self.question, response) else {
            return true;
        };
        asked.digest == got.digest && (!asked.mixes_cases || asked.spelling == got.spelling)
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

/// Keys with the moment they came, the oldest first; forgets by age and by number.
struct Ageing<K> {
    order: VecDeque<(Timestamp, K)>,
}

impl<K: Copy> Ageing<K> {
    fn new() -> Self {
        Self {
            order: VecDeque::new(),
        }
    }

    fn push(&mut self, time: Timestamp, key: K) {
        self.order.push_back((time, key));
    }

    /// Takes out what is older than `horizon` or more than `most`, the oldest first.
    fn expire(&mut self, horizon: Timestamp, most: usize, mut forget: impl FnMut(Timestamp, K)) {
        while let Some((time, key)) = self.order.front().copied() {
            if time >= horizon && self.order.len() <= most {
                break;
            }
            self.order.pop_front();
            forget(time, key);
        }
    }
}

/// Pairs responses with their queries.
pub struct Exchanges {
    salt: Salt,
    open: IntMap<Transaction, Open>,
    open_order: Ageing<Transaction>,
    answered_order: Ageing<Transaction>,
    /// Clients seen asking and servers seen asked: what tells one-way taps from stray responses.
    asking: Parties,
    asked: Parties,
    /// The first clients seen asking, if they are written down, and those not written yet.
    kept: Option<HashSet<IpAddr>>,
    new: Vec<IpAddr>,
    datagrams: IntMap<u64, Timestamp>,
    datagram_order: Ageing<u64>,
    mirrored: u64,
    /// The latest capture time so far; it never runs backwards.
    now: Timestamp,
}

/// Addresses of one role.
type Parties = HashSet<IpAddr, RandomState>;

impl Exchanges {
    /// With no query seen. Messages must be screened with the same salt.
    pub fn new(salt: Salt) -> Self {
        Self {
            salt,
            open: IntMap::default(),
            open_order: Ageing::new(),
            answered_order: Ageing::new(),
            asking: Parties::default(),
            asked: Parties::default(),
            kept: None,
            new: Vec::new(),
            datagrams: IntMap::default(),
            datagram_order: Ageing::new(),
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

    fn keep_client(&mut self, client: IpAddr) {
        if let Some(kept) = &mut self.kept
            && kept.len() < MAX_KEPT
            && kept.insert(client)
        {
            self.new.push(client);
        }
    }

    /// Takes note of a query.
    pub fn query(&mut self, time: Timestamp, flow: Flow, screen: &Screen) {
        self.advance(time);
        self.keep_client(flow.source.ip());
        remember(&mut self.asking, flow.source.ip());
        remember(&mut self.asked, flow.destination.ip());
        let ends = (flow.source, flow.destination);
        let transaction = transaction(&self.salt, ends, flow.transport, screen.header.id);
        let asked = Asked {
            time,
            dnssec_ok: screen.dnssec_ok,
            checking_disabled: screen.header.checking_disabled(),
        };
        let question = screen.asked;
        if let Some(open) = self
            .open
            .get_mut(&transaction)
            .filter(|open| open.question == question)
        {
            if time.as_nanos() - open.asked.time.as_nanos() > MIRROR_NANOS {
                open.unanswered = open.unanswered.saturating_add(1);
                open.asked = asked;
                self.open_order.push(self.now, transaction);
            }
            return;
        }
        self.open.insert(
            transaction,
            Open {
                question,
                asked,
                unanswered: 1,
                response: None,
            },
        );
        self.open_order.push(self.now, transaction);
    }

    /// Whether DNSSEC records were asked for, as far as the query tells; a response whose OPT
    /// is lost on the way does not tell itself.
    pub fn expects_dnssec(&self, flow: Flow, screen: &Screen) -> bool {
        self.open
            .get(&self.answered_by(flow, screen))
            .is_some_and(|open| open.asked.dnssec_ok)
    }

    /// Pairs a response that is to be decoded; nothing if it is a copy of one that passed: a
    /// mirror's, or one that the network made.
    pub fn pair(&mut self, time: Timestamp, flow: Flow, screen: &Screen) -> Option<Paired> {
        self.advance(time);
        let transaction = self.answered_by(flow, screen);
        if flow.transport == Transport::Udp
            && self.is_mirrored(time, transaction.rotate_left(32) ^ screen.octets)
        {
            self.mirrored += 1;
            return None;
        }
        let Some((standing, asked)) = self.answer(transaction, flow, screen) else {
            self.mirrored += 1;
            return None;
        };
        Some(Paired {
            asked,
            standing,
            vantage: vantage(screen.header),
        })
    }

    /// Takes note of a response that is not decoded, so that a second answer is found, and tells
    /// why it is not judged.
    pub fn screened(&mut self, time: Timestamp, flow: Flow, screen: &Screen) -> Unchecked {
        self.advance(time);
        let transaction = self.answered_by(flow, screen);
        let open = self.open.get_mut(&transaction);
        if let Some(open) = open.filter(|open| open.is_answered_by(screen.asked)) {
            open.unanswered = open.unanswered.saturating_sub(1);
            if open.unanswered == 0 {
                self.answered_order.push(self.now, transaction);
            }
        }
        let question = screen.asked.map(|asked| (asked.rtype, asked.class));
        judgeable(screen.header, question)
            .err()
            .unwrap_or(Unchecked::NoDnssec)
    }

    /// Copies of datagrams that were left out.
    pub fn mirrored(&self) -> u64 {
        self.mirrored
    }

    /// The transaction that a response belongs to.
    fn answered_by(&self, flow: Flow, screen: &Screen) -> Transaction {
        let ends = (flow.destination, flow.source);
        transaction(&self.salt, ends, flow.transport, screen.header.id)
    }

    /// How a response stands; nothing if the one that answered its query before was the same.
    fn answer(
        &mut self,
        transaction: Transaction,
        flow: Flow,
        screen: &Screen,
    ) -> Option<(Standing, Option<Asked>)> {
        if let Some(open) = self.open.get_mut(&transaction)
            && open.is_answered_by(screen.asked)
        {
            let standing = if open.unanswered > 0 {
                Standing::Matched
            } else if open.response == Some(screen.octets) {
                return None;
            } else {
                Standing::Second
            };
            open.response.get_or_insert(screen.octets);
            open.unanswered = open.unanswered.saturating_sub(1);
            let asked = open.asked;
            if open.unanswered == 0 {
                self.answered_order.push(self.now, transaction);
            }
            return Some((standing, Some(asked)));
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
        let before = self.datagrams.insert(datagram, time);
        self.datagram_order.push(time, datagram);
        before.is_some_and(|before| (time.as_nanos() - before.as_nanos()).abs() <= MIRROR_NANOS)
    }

    fn advance(&mut self, time: Timestamp) {
        self.now = self.now.max(time);
        let open = &mut self.open;
        let horizon = self.now.plus_seconds(-QUERY_SECONDS);
        self.open_order
            .expire(horizon, MAX_QUERIES, |_, transaction| {
                // A query sent again stands in the order again.
                if open
                    .get(&transaction)
                    .is_some_and(|open| open.asked.time < horizon)
                    || open.len() > MAX_QUERIES
                {
                    open.remove(&transaction);
                }
            });
        let horizon = self.now.plus_seconds(-ANSWERED_SECONDS);
        self.answered_order
            .expire(horizon, MAX_QUERIES, |_, transaction| {
                if open
                    .get(&transaction)
                    .is_some_and(|open| open.unanswered == 0 && open.asked.time < horizon)
                {
                    open.remove(&transaction);
                }
            });
        let datagrams = &mut self.datagrams;
        let horizon = Timestamp::from_nanos(self.now.as_nanos() - MIRROR_NANOS);
        self.datagram_order
            .expire(horizon, MAX_MIRRORED, |time, datagram| {
                if datagrams.get(&datagram) == Some(&time) {
                    datagrams.remove(&datagram);
                }
            });
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
    use crate::message::screen;

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

    fn ask(exchanges: &mut Exchanges, millis: i64, id: u16, spelling: &[u8]) {
        let screen = screen(&octets(id, 0, spelling), &exchanges.salt).unwrap();
        exchanges.query(at(millis), flow(CLIENT, SERVER), &screen);
    }

    fn answer(
        exchanges: &mut Exchanges,
        millis: i64,
        id: u16,
        spelling: &[u8],
    ) -> Option<Standing> {
        // With DO, as those have that are decoded.
        let mut octets = octets(id, 0x8400, spelling);
        if let Some(count) = octets.get_mut(11) {
            *count = 1;
        }
        octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0\0\0");
        let screen = screen(&octets, &exchanges.salt).unwrap();
        exchanges
            .pair(at(millis), flow(SERVER, CLIENT), &screen)
            .map(|paired| paired.standing)
    }

    #[test]
    fn a_response_stands_by_its_query() {
        let mut exchanges = Exchanges::new(Salt::default());
        assert_eq!(
            answer(&mut exchanges, 0, 7, b"\x01a\0"),
            Some(Standing::QueriesUnseen)
        );
        ask(&mut exchanges, 100, 7, b"\x01a\0");
        assert_eq!(
            answer(&mut exchanges, 200, 8, b"\x01a\0"),
            Some(Standing::Unmatched),
            "other id"
        );
        assert_eq!(
            answer(&mut exchanges, 300, 7, b"\x01b\0"),
            Some(Standing::Unmatched),
            "other name"
        );
        assert_eq!(
            answer(&mut exchanges, 400, 7, b"\x01A\0"),
            Some(Standing::Matched),
            "case may change"
        );
        assert_eq!(
            answer(&mut exchanges, 500, 7, b"\x01a\0"),
            Some(Standing::Second)
        );
    }

    #[test]
    fn a_client_that_mixes_cases_wants_its_spelling_back() {
        let mut exchanges = Exchanges::new(Salt::default());
        ask(&mut exchanges, 0, 7, b"\x02aB\0");
        assert_eq!(
            answer(&mut exchanges, 100, 7, b"\x02ab\0"),
            Some(Standing::Unmatched)
        );
        assert_eq!(
            answer(&mut exchanges, 200, 7, b"\x02aB\0"),
            Some(Standing::Matched)
        );
    }

    #[test]
    fn a_mirrors_copy_counts_once_and_a_query_sent_again_twice() {
        let mut exchanges = Exchanges::new(Salt::default());
        ask(&mut exchanges, 0, 7, b"\x01a\0");
        ask(&mut exchanges, 1, 7, b"\x01a\0");
        ask(&mut exchanges, 900, 7, b"\x01a\0");
        assert_eq!(
            answer(&mut exchanges, 910, 7, b"\x01a\0"),
            Some(Standing::Matched)
        );
        assert_eq!(answer(&mut exchanges, 911, 7, b"\x01a\0"), None, "a copy");
        assert_eq!(
            answer(&mut exchanges, 1500, 7, b"\x01a\0"),
            Some(Standing::Matched)
        );
        assert_eq!(
            answer(&mut exchanges, 2500, 7, b"\x01a\0"),
            None,
            "a late copy of the first response"
        );
        assert_eq!(
            answer(&mut exchanges, 2600, 7, b"\x01A\0"),
            Some(Standing::Second)
        );
        assert_eq!(exchanges.mirrored(), 2);
    }

    #[test]
    fn what_has_nothing_to_do_with_dnssec_is_not_judged() {
        let mut exchanges = Exchanges::new(Salt::default());
        ask(&mut exchanges, 0, 7, b"\x01a\0");
        let screen = screen(&octets(7, 0x8400, b"\x01a\0"), &exchanges.salt).unwrap();
        let paired = exchanges
            .pair(at(10), flow(SERVER, CLIENT), &screen)
            .unwrap();
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
        let mut exchanges = Exchanges::new(Salt::default());
        ask(&mut exchanges, 100_000, 1, b"\x01a\0");
        ask(&mut exchanges, 60_000, 7, b"\x01b\0");
        assert_eq!(
            answer(&mut exchanges, 100_100, 7, b"\x01b\0"),
            Some(Standing::Matched)
        );
    }

    #[test]
    fn open_queries_are_bounded() {
        let mut exchanges = Exchanges::new(Salt::default());
        for client in 1..=4 {
            let client = format!("192.0.2.{client}:5353");
            let flow = flow(&client, SERVER);
            for id in 0..u16::MAX {
                let screen = screen(&octets(id, 0, b"\x01a\0"), &exchanges.salt).unwrap();
                exchanges.query(at(0), flow, &screen);
            }
        }
        assert!(exchanges.open.len() <= MAX_QUERIES + 1);
    }

    #[test]
    fn a_query_is_forgotten_when_nobody_waits_for_it() {
        let mut exchanges = Exchanges::new(Salt::default());
        ask(&mut exchanges, 0, 7, b"\x01a\0");
        assert_eq!(
            answer(&mut exchanges, 31_000, 7, b"\x01a\0"),
            Some(Standing::Unmatched)
        );
        assert!(exchanges.open.is_empty());
    }
}
