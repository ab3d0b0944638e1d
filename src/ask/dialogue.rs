//! Queries that are sent, and what comes back.

use super::now;
use super::question::{Match, matches, query, questions};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// How long an answer is waited for, and how often a query is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// For each try.
    pub timeout: Duration,
    /// Tries over UDP.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3),
            tries: 3,
        }
    }
}

/// A query and its answer.
#[derive(Clone, Debug)]
pub struct Dialogue {
    /// Who asked, from which port.
    pub client: SocketAddr,
    /// Who was asked.
    pub resolver: SocketAddr,
    /// For this name.
    pub name: Name,
    /// And type.
    pub rtype: Rtype,
    /// When it was asked.
    pub asked: Timestamp,
    /// When the answer came.
    pub answered: Timestamp,
    /// The query.
    pub query: Vec<u8>,
    /// The answer; nothing if none came.
    pub answer: Option<Vec<u8>>,
}

impl Dialogue {
    /// The RCODE of the answer, without what EDNS adds (RFC 1035 §4.1.1).
    pub fn rcode(&self) -> Option<u8> {
        Some(self.answer.as_ref()?.get(3)? & 0x0f)
    }
}

/// Asks each resolver for all links of the zones' chains and for their data. Who does not answer
/// three questions one after the other is not asked any more.
pub fn ask(zones: &[Name], resolvers: &[SocketAddr], patience: Patience) -> Vec<Dialogue> {
    const SILENT: u32 = 3;
    let mut all = Vec::new();
    for resolver in resolvers {
        let mut asked = BTreeSet::new();
        let mut silent = 0;
        for (name, rtype) in zones.iter().flat_map(questions) {
            if silent >= SILENT || !asked.insert((name.clone(), rtype)) {
                continue;
            }
            let dialogue = one(*resolver, &name, rtype, patience);
            silent = if dialogue.answer.is_none() {
                silent + 1
            } else {
                0
            };
            all.push(dialogue);
        }
    }
    all
}

/// An ID that nobody guesses: the standard library keys its hashers by the system's randomness.
fn random_id() -> u16 {
    let [high, low, ..] = RandomState::new().hash_one(0).to_be_bytes();
    u16::from_be_bytes([high, low])
}

fn one(resolver: SocketAddr, name: &Name, rtype: Rtype, patience: Patience) -> Dialogue {
    let id = random_id();
    let octets = query(id, name, rtype);
    let mut dialogue = Dialogue {
        client: SocketAddr::new(unspecified(resolver), 0),
        resolver,
        name: name.clone(),
        rtype,
        asked: now(),
        answered: now(),
        query: octets,
        answer: None,
    };
    for _ in 0..patience.tries {
        let is_answer = |octets: &[u8]| matches(octets, id, name, rtype);
        match over_udp(&mut dialogue, patience, &is_answer) {
            Ok(Some(Match::Truncated)) => {
                if let Err(error) = over_tcp(&mut dialogue, patience, &is_answer) {
                    tracing::debug!(%resolver, %name, %error, "no answer over TCP");
                    dialogue.answer = None;
                }
                break;
            }
            Ok(Some(Match::Whole)) => break,
            Ok(Some(Match::Other) | None) => {}
            Err(error) => tracing::debug!(%resolver, %name, %error, "no answer over UDP"),
        }
    }
    dialogue.answered = now();
    dialogue
}

fn unspecified(resolver: SocketAddr) -> IpAddr {
    match resolver {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Sends the query once, and waits for its answer. What is none is passed over: it may be forged.
#[expect(
    clippy::disallowed_methods,
    reason = "an answer is waited for by the clock on the wall"
)]
fn over_udp(
    dialogue: &mut Dialogue,
    patience: Patience,
    is_answer: &dyn Fn(&[u8]) -> Match,
) -> io::Result<Option<Match>> {
    let socket = UdpSocket::bind((unspecified(dialogue.resolver), 0))?;
    // A connected socket takes datagrams of this address and port only.
    socket.connect(dialogue.resolver)?;
    dialogue.client = socket.local_addr()?;
    socket.send(&dialogue.query)?;
    let deadline = Instant::now() + patience.timeout;
    let mut octets = vec![0; usize::from(u16::MAX)];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        socket.set_read_timeout(Some(left))?;
        let count = match socket.recv(&mut octets) {
            Ok(count) => count,
            Err(error) if is_timeout(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let received = octets.get(..count).unwrap_or_default();
        let found = is_answer(received);
        if found != Match::Other {
            dialogue.answer = Some(received.to_vec());
            return Ok(Some(found));
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// The same over TCP (RFC 7766 §8): two octets of length come before each message.
fn over_tcp(
    dialogue: &mut Dialogue,
    patience: Patience,
    is_answer: &dyn Fn(&[u8]) -> Match,
) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&dialogue.resolver, patience.timeout)?;
    stream.set_read_timeout(Some(patience.timeout))?;
    stream.set_write_timeout(Some(patience.timeout))?;
    dialogue.client = stream.local_addr()?;
    let length = u16::try_from(dialogue.query.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), dialogue.query.as_slice()].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut octets = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut octets)?;
    dialogue.answer = (is_answer(&octets) == Match::Whole).then_some(octets);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    const PATIENCE: Patience = Patience {
        timeout: Duration::from_millis(500),
        tries: 2,
    };

    /// The query as an answer, with these flags.
    fn answer(query: &[u8], flags: u8) -> Vec<u8> {
        let mut answer = query.to_vec();
        answer[2] = flags;
        answer
    }

    #[test]
    fn a_truncated_answer_is_asked_for_again_over_tcp() {
        let stream = TcpListener::bind("127.0.0.1:0").unwrap();
        let resolver = stream.local_addr().unwrap();
        let datagrams = UdpSocket::bind(resolver).unwrap();
        let server = thread::spawn(move || {
            let mut octets = [0; 512];
            let (count, client) = datagrams.recv_from(&mut octets).unwrap();
            let query = octets[..count].to_vec();
            // A stranger's first: another ID.
            let mut forged = answer(&query, 0x81);
            forged[0] ^= 1;
            datagrams.send_to(&forged, client).unwrap();
            datagrams.send_to(&answer(&query, 0x83), client).unwrap();
            let (mut stream, _) = stream.accept().unwrap();
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut octets = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut octets).unwrap();
            stream.write_all(&length).unwrap();
            stream.write_all(&answer(&octets, 0x81)).unwrap();
        });
        let name = Name::parse("a.test").unwrap();
        let dialogue = one(resolver, &name, Rtype::SOA, PATIENCE);
        server.join().unwrap();
        let expected = answer(&dialogue.query, 0x81);
        assert_eq!(dialogue.answer, Some(expected));
        assert_eq!(dialogue.client.ip(), resolver.ip());
    }

    #[test]
    fn who_is_silent_is_not_asked_for_ever() {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let resolver = silent.local_addr().unwrap();
        let patience = Patience {
            timeout: Duration::from_millis(20),
            tries: 1,
        };
        let zones = [Name::parse("a.b.c.d.test").unwrap()];
        let dialogues = ask(&zones, &[resolver], patience);
        assert_eq!(dialogues.len(), 3);
        assert!(dialogues.iter().all(|dialogue| dialogue.answer.is_none()));
    }
}
