//! Timelines of one zone, told to the watch fact by fact.

mod anchors;
mod bootstrap;
mod calm;
mod declared;
mod expiry;
mod hostile;
mod link;
mod order;
mod property;
mod providers;
mod reach;
mod rollovers;
mod rules;
mod steps;
mod unsigned;

use super::{Change, Config, Watch};
use crate::capture::FrameNumber;
use crate::chain::{Fact, KeySet, Reason, Shown, SignedBy, Subject, ValidationState, Verdict};
use crate::exchange::{Asked, Exchange, Standing, Vantage};
use crate::message::{Dnskey, Message, Name, Rrset, Rrsig, Rtype, decode};
use crate::packet::{Flow, Payload, Transport};
use crate::time::{Timestamp, Ttl};
use std::net::IpAddr;
use std::sync::Arc;

/// When every timeline starts.
const START: i64 = 1_800_000_000;

/// The TTL of DS and DNSKEY sets: an hour.
const TTL: u32 = 3600;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// The SHA-1 and SHA-256 digests of the keys of `example.org.`: KSKs A, B and C, R of another
/// algorithm, ZSKs Z and Y. Of the ZSKs V and W nobody needs a digest.
const DIGESTS: [(char, &str, &str); 7] = [
    (
        'A',
        "35d803bef37977525bf4fc0cb992988780628fe1",
        "60529f2a4a0f4f83723ce43232ed1cb6ca2662c7826f05b99d2f7b92f2bd522e",
    ),
    (
        'B',
        "e8519a805861fde41aef7f6dd49e3466f44e4900",
        "5b7c41d2fea54500349d7549815f890c99d4b8e97b31832687de4ea96cbb1c01",
    ),
    (
        'C',
        "cc122b1a2099c657a8c42a6fb79ab80b449ffda1",
        "34b7a95c1e9411ab17331eb632e0b4cd26c00c5e598e7a5f11b436bbcf3efac1",
    ),
    (
        'R',
        "5c7c1c9eb61ab8b7e5b0e2dd2f1734c78747402c",
        "899e5ce9674983111cd6d6abfc93acc7af2a939dabc5ced13cdbdcfa03b1b3c9",
    ),
    (
        'Z',
        "1bfef573e204f1a63333f4074ea1a33d9a124011",
        "e95020b939896907371e4092c3de08e4b6e14c43170c0ea7914e9235b8c6a45b",
    ),
    (
        'Y',
        "6b0c3f7620bc86c434bf526a2b5513d68e50b291",
        "9c09512d58e01b48223be7a2234bdd6b7c7754238fed72ee3bf11dbda9640c76",
    ),
    // GOST, which nobody checks: any digest will do.
    ('G', "00", "00"),
];

fn zone() -> Name {
    Name::parse("example.org").unwrap()
}

/// The key that a letter stands for; revoked if the letter is small.
fn key(letter: char) -> Arc<Dnskey> {
    let revoked = if letter.is_lowercase() { 0x80 } else { 0 };
    let letter = letter.to_ascii_uppercase();
    let flags = if "ZYVW".contains(letter) {
        256_u16
    } else {
        257
    };
    let algorithm = match letter {
        'R' => 8,
        'G' => 12,
        _ => 13,
    };
    // V and W have one tag: it does not depend on the order of the 16-bit words.
    let public_key = match letter {
        'V' => [1, 2, 3, 4].repeat(8),
        'W' => [3, 4, 1, 2].repeat(8),
        _ => vec![u8::try_from(letter).unwrap(); 32],
    };
    let [high, low] = (flags | revoked).to_be_bytes();
    let mut rdata = vec![high, low, 3, algorithm];
    rdata.extend(public_key);
    Arc::new(Dnskey::parse(&rdata).unwrap())
}

/// The keys of a word, in canonical order.
fn keys(word: &str) -> Vec<Arc<Dnskey>> {
    word.chars().map(key).collect()
}

/// DS records: a capital letter digests its key by SHA-256, a small one by SHA-1.
fn ds_records(word: &str) -> Vec<Box<[u8]>> {
    let record = |letter: char| {
        let row = DIGESTS
            .iter()
            .find(|row| row.0 == letter.to_ascii_uppercase())
            .unwrap();
        let (kind, digest) = if letter.is_lowercase() {
            (1, row.1)
        } else {
            (2, row.2)
        };
        let key = key(row.0);
        let mut rdata = key.key_tag.to_be_bytes().to_vec();
        rdata.extend([key.algorithm(), kind]);
        let digits: Vec<u8> = digest
            .chars()
            .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
            .collect();
        rdata.extend(digits.chunks(2).map(|pair| 16 * pair[0] + pair[1]));
        rdata.into_boxed_slice()
    };
    word.chars().map(record).collect()
}

fn rrset(rtype: Rtype, records: Vec<Box<[u8]>>) -> Option<Rrset> {
    Rrset::new(zone(), rtype, Ttl::new(TTL), records)
}

/// A signature like another, by a key.
fn rrsig(by: &SignedBy, key: &Dnskey) -> Rrsig {
    let mut rdata = by.algorithm.to_be_bytes().to_vec();
    rdata.splice(..0, Rtype::A.number().to_be_bytes());
    rdata.push(by.labels);
    rdata.extend(by.original_ttl.seconds().to_be_bytes());
    rdata.extend(by.expiration.serial().value().to_be_bytes());
    rdata.extend(by.inception.serial().value().to_be_bytes());
    rdata.extend(key.key_tag.to_be_bytes());
    rdata.extend(zone().wire());
    rdata.push(0);
    Rrsig {
        algorithm: key.algorithm(),
        ..Rrsig::parse(&rdata).unwrap()
    }
}

/// A zone's life as the tap sees it.
struct Stage {
    watch: Watch,
    now: i64,
    /// The last octet of the address of the server that speaks next.
    server: u8,
    /// The TTL left, if a cache speaks next.
    cached: Option<u32>,
    /// The address of the first server in the next referral.
    glue: Option<IpAddr>,
    /// How what comes next stands to the queries seen.
    standing: Standing,
    /// For how many seconds the next answer waits for its verdict.
    waited: i64,
    /// The keys whose signatures come with the next data.
    beside: String,
    told: Vec<Change>,
}

impl Stage {
    fn new() -> Self {
        Self {
            watch: Watch::new(&Config::default()),
            now: 0,
            server: 1,
            cached: None,
            glue: None,
            standing: Standing::Matched,
            waited: 0,
            beside: String::new(),
            told: Vec::new(),
        }
    }

    /// Moves the clock to so many seconds after the start.
    fn at(&mut self, seconds: i64) -> &mut Self {
        self.now = seconds;
        let told = self.watch.advance(Timestamp::new(START + seconds, 0));
        self.told.extend(told);
        self
    }

    /// Another server speaks from now on.
    fn from(&mut self, server: u8) -> &mut Self {
        self.server = server;
        self
    }

    /// A cache speaks next, with a TTL counted down to this.
    fn cached(&mut self, seconds_left: u32) -> &mut Self {
        self.cached = Some(seconds_left);
        self
    }

    fn exchange(&mut self, rtype: Rtype, is_referral: bool) -> Exchange {
        let name = if is_referral {
            "www.example.org"
        } else {
            "example.org"
        };
        let mut octets = vec![0, 1, if is_referral { 0x80 } else { 0x84 }, 0];
        octets.extend([0, 1, 0, 0, 0, 0, 0, 0]);
        octets.extend(Name::parse(name).unwrap().wire());
        octets.extend(rtype.number().to_be_bytes());
        octets.extend([0, 1]);
        let payload = Payload {
            frame: FrameNumber::new(1),
            time: Timestamp::new(START + self.now, 0),
            flow: Flow {
                source: format!("192.0.2.{}:53", self.server).parse().unwrap(),
                destination: "198.51.100.7:4000".parse().unwrap(),
                transport: Transport::Udp,
            },
            vlan: Vec::new(),
            octets,
            is_incomplete: false,
        };
        let message: Message = decode(&payload).unwrap();
        let vantage = if self.cached.is_some() {
            Vantage::Downstream
        } else {
            Vantage::Upstream
        };
        Exchange {
            message,
            asked: None,
            standing: self.standing,
            vantage,
        }
    }

    fn signed_by(&self, signer: Name, letter: char, inception: i64) -> SignedBy {
        let key = key(letter);
        SignedBy {
            signer,
            key_tag: key.key_tag,
            algorithm: key.algorithm(),
            labels: 2,
            original_ttl: Ttl::new(TTL),
            inception: Timestamp::new(START + inception, 0),
            expiration: Timestamp::new(START + self.now + 30 * DAY, 0),
            key: Some(key),
        }
    }

    fn learn(&mut self, shown: Shown, by: Option<SignedBy>, exchange: Exchange) -> &mut Self {
        let fact = Fact {
            zone: zone(),
            shown,
            signed_by: by,
            ttl: Ttl::new(self.cached.take().unwrap_or(TTL)),
            exchange: Arc::new(exchange),
        };
        let seen = self.watch.seen(&fact.exchange);
        self.told.extend(seen);
        let learnt = self.watch.learnt(&fact);
        self.told.extend(learnt);
        self
    }

    /// The DS set, or none for an empty word, in an answer to a query for it.
    fn ds(&mut self, word: &str, inception: i64) -> &mut Self {
        let exchange = self.exchange(Rtype::DS, false);
        self.show_ds(word, inception, exchange)
    }

    /// The DS set in a referral that names the zone's own servers, at this address.
    fn glue(&mut self, word: &str, inception: i64, address: &str) -> &mut Self {
        self.glue = Some(address.parse().unwrap());
        self.referral(word, inception, &["ns1.example.org", "ns2.example.org"])
    }

    /// The DS set in a referral that names these servers.
    fn referral(&mut self, word: &str, inception: i64, servers: &[&str]) -> &mut Self {
        let mut exchange = self.exchange(Rtype::A, true);
        let names = servers
            .iter()
            .map(|name| Name::parse(name).unwrap().wire().into());
        let glue = self.glue.take().into_iter();
        let name = Name::parse(servers[0]).unwrap();
        exchange
            .message
            .glue
            .extend(glue.map(|address| (name.clone(), address)));
        let authority = &mut exchange.message.authority;
        authority.extend(rrset(Rtype::NS, names.collect()));
        authority.extend(
            rrset(Rtype::NSEC, vec![Box::new([0, 0, 1, 0x20])]).filter(|_| word.is_empty()),
        );
        authority.extend(rrset(Rtype::DS, ds_records(word)));
        self.show_ds(word, inception, exchange)
    }

    /// A DS set, or a denial, that nobody signed.
    fn unsigned_ds(&mut self, word: &str) -> &mut Self {
        let exchange = self.exchange(Rtype::DS, false);
        let shown = match rrset(Rtype::DS, ds_records(word)) {
            Some(set) => Shown::Ds(Arc::new(set)),
            None => Shown::NoDs { is_opt_out: false },
        };
        self.learn(shown, None, exchange)
    }

    fn show_ds(&mut self, word: &str, inception: i64, exchange: Exchange) -> &mut Self {
        let shown = match rrset(Rtype::DS, ds_records(word)) {
            Some(set) => Shown::Ds(Arc::new(set)),
            None => Shown::NoDs { is_opt_out: false },
        };
        let by = self.signed_by(zone().parent().unwrap(), 'C', inception);
        self.learn(shown, Some(by), exchange)
    }

    /// The DNSKEY RRset and the keys that sign it.
    fn keys(&mut self, word: &str, signers: &str, inception: i64) -> &mut Self {
        let exchange = self.exchange(Rtype::DNSKEY, false);
        let keys = keys(word);
        let records = keys.iter().map(|key| key.rdata().into()).collect();
        let set = KeySet {
            rrset: rrset(Rtype::DNSKEY, records).unwrap(),
            keys,
            signers: self::keys(signers),
        };
        let by = self.signed_by(zone(), signers.chars().next().unwrap(), inception);
        self.learn(Shown::Keys(Arc::new(set)), Some(by), exchange)
    }

    /// A DNSKEY RRset that nothing vouches for; none at all for an empty word.
    fn unproven(&mut self, word: &str) -> &mut Self {
        let mut exchange = self.exchange(Rtype::DNSKEY, false);
        let records = keys(word).iter().map(|key| key.rdata().into()).collect();
        if let Some(set) = rrset(Rtype::DNSKEY, records) {
            return self.learn(Shown::UnprovenKeys(Arc::new(set)), None, exchange);
        }
        let authority = &mut exchange.message.authority;
        authority.extend(rrset(Rtype::SOA, vec![Box::new([0])]));
        let told = self.watch.seen(&Arc::new(exchange));
        self.told.extend(told);
        self
    }

    /// An answer of the zone's server that has no signature at all, though asked for.
    fn unsigned(&mut self) -> &mut Self {
        let mut exchange = self.exchange(Rtype::A, false);
        self.cached = None;
        exchange.asked = Some(Asked {
            time: exchange.message.time,
            dnssec_ok: true,
            checking_disabled: false,
        });
        let servers = vec![Name::parse("ns1.example.org").unwrap().wire().into()];
        let message = &mut exchange.message;
        message
            .answer
            .extend(rrset(Rtype::A, vec![Box::new([192, 0, 2, 80])]));
        message.authority.extend(rrset(Rtype::NS, servers));
        let told = self.watch.seen(&Arc::new(exchange));
        self.told.extend(told);
        self
    }

    /// A CDS RRset, the delete form for an empty word, signed by a key.
    fn cds(&mut self, word: &str, signer: char, inception: i64) -> &mut Self {
        let records = if word.is_empty() {
            vec![Box::from([0, 0, 0, 0, 0])]
        } else {
            ds_records(word)
        };
        self.announce(
            Rtype::CDS,
            records,
            self.signed_by(zone(), signer, inception),
        )
    }

    /// A CDNSKEY RRset, the delete form for an empty word, signed by a key.
    fn cdnskey(&mut self, word: &str, signer: char, inception: i64) -> &mut Self {
        let records = if word.is_empty() {
            vec![Box::from([0, 0, 3, 0, 0])]
        } else {
            keys(word).iter().map(|key| key.rdata().into()).collect()
        };
        self.announce(
            Rtype::CDNSKEY,
            records,
            self.signed_by(zone(), signer, inception),
        )
    }

    /// What the operator of a server says of the zone's first DS set, in his own zone. The delete
    /// form for an empty word.
    fn signal(&mut self, server: &str, word: &str, inception: i64) -> &mut Self {
        let mut records = ds_records(word);
        if word.is_empty() {
            records.push(Box::from([0, 0, 0, 0, 0]));
        }
        let owner = Name::parse(&format!("_dsboot.example.org._signal.{server}")).unwrap();
        let set = Rrset::new(owner, Rtype::CDS, Ttl::new(TTL), records).unwrap();
        let signer = Name::parse(server).unwrap();
        let exchange = Arc::new(self.exchange(Rtype::CDS, false));
        let told = self.watch.learnt(&Fact {
            zone: signer.clone(),
            shown: Shown::Signal(Arc::new(set)),
            signed_by: Some(self.signed_by(signer, 'C', inception)),
            ttl: Ttl::new(TTL),
            exchange,
        });
        self.told.extend(told);
        self
    }

    fn announce(&mut self, rtype: Rtype, records: Vec<Box<[u8]>>, by: SignedBy) -> &mut Self {
        let exchange = self.exchange(rtype, false);
        let set = Arc::new(rrset(rtype, records).unwrap());
        self.learn(Shown::Announcement(set), Some(by), exchange)
    }

    /// Zone data that passed so many seconds ago and waited for the key that it verified with.
    fn waited(&mut self, signer: char, seconds: i64) -> &mut Self {
        self.waited = seconds;
        self.now -= seconds;
        self.data(signer, 0);
        self.now += std::mem::take(&mut self.waited);
        self
    }

    /// Zone data that verified with a key.
    fn data(&mut self, signer: char, inception: i64) -> &mut Self {
        let by = self.signed_by(zone(), signer, inception);
        self.verified(Rtype::A, by)
    }

    /// Zone data that verified with a key, with signatures of these keys on the wire.
    fn signed(&mut self, signers: &str, inception: i64) -> &mut Self {
        self.beside = signers.to_owned();
        let signer = signers.chars().next().unwrap();
        self.data(signer, inception);
        self.beside.clear();
        self
    }

    /// A set of the zone signed with a key that nobody knows.
    fn unpublished(&mut self, rtype: Rtype, signer: char) -> &mut Self {
        let by = SignedBy {
            key: None,
            ..self.signed_by(zone(), signer, self.now)
        };
        let exchange = self.exchange(rtype, false);
        let verdict = Verdict {
            state: ValidationState::Bogus,
            reason: Some(Reason::DnskeyMissing),
            ..self.verdict(exchange, rtype, by)
        };
        let told = self.watch.judged(&verdict);
        self.told.extend(told);
        self
    }

    /// A set of the zone that verified with a key, valid from one moment until another.
    fn valid(&mut self, rtype: Rtype, signer: char, (from, until): (i64, i64)) -> &mut Self {
        let by = SignedBy {
            expiration: Timestamp::new(START + until, 0),
            ..self.signed_by(zone(), signer, from)
        };
        self.verified(rtype, by)
    }

    fn verified(&mut self, rtype: Rtype, by: SignedBy) -> &mut Self {
        let mut exchange = self.exchange(rtype, false);
        self.cached = None;
        let mut set = rrset(rtype, vec![Box::new([0])]).unwrap();
        // What other keys signed lasts a month longer.
        let longer = SignedBy {
            expiration: by.expiration.plus_seconds(30 * DAY),
            ..by.clone()
        };
        let own = by.key.iter().map(|key| rrsig(&by, key));
        let others = self.beside.chars().skip(1).map(key);
        let others = others.map(|key| rrsig(&longer, &key));
        set.signatures = own.chain(others).collect();
        exchange.message.answer.push(set);
        let verdict = self.verdict(exchange, rtype, by);
        let told = self.watch.judged(&verdict);
        self.told.extend(told);
        self
    }

    fn verdict(&self, exchange: Exchange, rtype: Rtype, by: SignedBy) -> Verdict {
        Verdict {
            exchange: Arc::new(exchange),
            decided: FrameNumber::new(1),
            decided_at: Timestamp::new(START + self.now + self.waited, 0),
            state: ValidationState::Secure,
            reason: None,
            subject: Subject {
                zone: Some(zone()),
                rrset: Some((zone(), rtype)),
                signed_by: Some(by),
            },
            fails_by_time_only: false,
            is_broken_link: false,
            private: None,
            chain: Vec::new(),
        }
    }

    /// Ends the input and tells all, one word or two a change.
    fn end(&mut self) -> Vec<String> {
        let told = self.watch.finish(Timestamp::new(START + self.now, 0));
        self.told.extend(told);
        self.told.iter().map(short).collect()
    }

    /// The first change that reads so.
    fn change(&self, text: &str) -> &Change {
        let found = self.told.iter().find(|change| short(change) == text);
        found.unwrap_or_else(|| panic!("no {text}"))
    }

    /// A signed zone in health: DS A, keys A and Z, servers ns1 and ns2.
    fn healthy() -> Self {
        Self::publishing("AZ", "A")
    }

    /// A signed zone in health, DS A, that publishes these keys.
    fn publishing(keys: &str, signers: &str) -> Self {
        let mut stage = Self::new();
        stage
            .at(0)
            .referral("A", 0, &["ns1.example.org", "ns2.example.org"])
            .keys(keys, signers, 0)
            .data('Z', 0);
        assert_eq!(
            stage.told.iter().map(short).collect::<Vec<_>>(),
            ["DsFirstSeen"]
        );
        stage.told.clear();
        stage
    }
}

/// A change in short: `DsReplaced! DS-7 hijack`, where `!` says unexpected.
fn short(change: &Change) -> String {
    let mark = if change.is_expected { "" } else { "!" };
    let mut text = format!("{:?}{mark}", change.kind);
    if let Some(rule) = change.rule {
        text = format!("{text} {}", rule.name());
    }
    if change.is_hijack {
        text.push_str(" hijack");
    }
    if let Some(kind) = change.reverts {
        text = format!("{text} reverts {kind:?}");
    }
    text
}

/// Seconds after the start.
fn after(seconds: i64) -> Timestamp {
    Timestamp::new(START + seconds, 0)
}
