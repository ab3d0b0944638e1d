//! The head of a request.

use httparse::{EMPTY_HEADER, Request, Status};
use std::net::{IpAddr, Ipv6Addr};

/// Octets of a head, at most.
pub(super) const HEAD_OCTETS: usize = 8 * 1024;

/// Fields of a head, at most.
const FIELDS: usize = 64;

/// What is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Asked {
    /// The path, as it came, without a query.
    pub(super) path: String,
    /// Only the head of the response is wanted.
    pub(super) is_head: bool,
    /// The host that the client thinks it talks to, without port.
    host: Option<String>,
}

/// Why a head is not answered as it asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// It has not ended yet.
    Unfinished,
    /// It is none.
    Malformed,
    /// It is too long, or has too many fields.
    TooLarge,
    /// It wants to do something.
    Method,
}

/// Reads a head.
pub(super) fn parse(octets: &[u8]) -> Result<Asked, Refused> {
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut request = Request::new(&mut fields);
    match request.parse(octets) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) if octets.len() >= HEAD_OCTETS => return Err(Refused::TooLarge),
        Ok(Status::Partial) => return Err(Refused::Unfinished),
        Err(httparse::Error::TooManyHeaders) => return Err(Refused::TooLarge),
        Err(_) => return Err(Refused::Malformed),
    }
    let is_head = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        Some(_) => return Err(Refused::Method),
        None => return Err(Refused::Malformed),
    };
    // Origin form (RFC 9112 §3.2.1): this is nobody's proxy.
    let target = request.path.filter(|target| target.starts_with('/'));
    let target = target.ok_or(Refused::Malformed)?;
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let mut hosts = request.headers.iter().filter(|field| is_host(field.name));
    let host = hosts
        .next()
        .map(|field| String::from_utf8_lossy(field.value));
    // RFC 9112 §3.2: one, and 1.1 cannot do without.
    if hosts.next().is_some() || host.is_none() && request.version == Some(1) {
        return Err(Refused::Malformed);
    }
    Ok(Asked {
        path: path.to_owned(),
        is_head,
        host: host.map(|host| without_port(host.trim()).to_owned()),
    })
}

impl Asked {
    /// Whether the client means this machine by an address or as `localhost`. A page out of the
    /// Web whose name was made to resolve to a loopback address does not (DNS rebinding).
    pub(super) fn is_meant_for_loopback(&self) -> bool {
        let Some(host) = &self.host else { return true };
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        match inner {
            Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
            None => host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok(),
        }
    }
}

fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("host")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => before,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_plain_requests_are_taken() {
        let long = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}",
            "x".repeat(HEAD_OCTETS)
        );
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(FIELDS + 1));
        let table = [
            ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", Ok("/metrics")),
            ("GET /?x=/metrics HTTP/1.1\r\nHost: a\r\n\r\n", Ok("/")),
            ("HEAD / HTTP/1.0\r\n\r\n", Ok("/")),
            ("GET /../etc HTTP/1.1\r\nhost: a\r\n\r\n", Ok("/../etc")),
            ("GET / HTTP/1.1\r\nHost: a\r\n", Err(Refused::Unfinished)),
            ("", Err(Refused::Unfinished)),
            ("GET / HTTP/1.1\r\n\r\n", Err(Refused::Malformed)),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                Err(Refused::Malformed),
            ),
            (
                "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
                Err(Refused::Malformed),
            ),
            (
                "GET metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                Err(Refused::Malformed),
            ),
            (
                "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                Err(Refused::Method),
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", Err(Refused::Method)),
            ("\x16\x03\x01\x02\x00\x01\x00", Err(Refused::Malformed)),
            (&long, Err(Refused::TooLarge)),
            (&many, Err(Refused::TooLarge)),
        ];
        for (text, expected) in table {
            let read = parse(text.as_bytes());
            assert_eq!(
                read.as_ref().map(|asked| asked.path.as_str()),
                expected.as_ref().copied(),
                "{text:.60}"
            );
        }
    }

    #[test]
    fn a_name_of_the_web_does_not_mean_this_machine() {
        let table = [
            ("127.0.0.1:8553", true),
            ("localhost:8553", true),
            ("LOCALHOST", true),
            ("[::1]:8553", true),
            ("192.0.2.1", true),
            ("rebound.example:8553", false),
            ("127.0.0.1.rebound.example", false),
            ("localhost.example", false),
            ("[rebound]", false),
            ("", false),
        ];
        for (host, expected) in table {
            let text = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            let asked = parse(text.as_bytes()).unwrap();
            assert_eq!(asked.is_meant_for_loopback(), expected, "{host}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = parse(&octets);
        }
    }
}
