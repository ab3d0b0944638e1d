//! What is answered to whom asks for what.

use super::board::{Board, Published};
use super::concern::STUCK_SECONDS;
use super::metrics::metrics;
use super::request::{Asked, Refused};
use super::status::{Format, starting, status};
use super::words::span;
use std::fmt::Write;

/// No script, style or frame of anybody else, and none in the page itself; no form, no base.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A response, to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    status: &'static str,
    content_type: &'static str,
    body: String,
}

const TEXT: &str = "text/plain; charset=utf-8";
const PAGE: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

impl Answer {
    fn new(status: &'static str, content_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
        }
    }

    fn short(status: &'static str, why: &str) -> Self {
        Self::new(status, TEXT, format!("{why}\n"))
    }

    /// To a request that is not taken.
    pub(super) fn to_refused(refused: Refused) -> Self {
        match refused {
            Refused::Unfinished => {
                Self::short("408 Request Timeout", "the request did not come to its end")
            }
            Refused::Malformed => Self::short("400 Bad Request", "this is no HTTP request"),
            Refused::TooLarge => Self::short(
                "431 Request Header Fields Too Large",
                "the request is too long",
            ),
            Refused::Method => Self::short("405 Method Not Allowed", "only GET and HEAD"),
        }
    }

    /// To a request. At a loopback address only who means this machine is answered.
    pub(super) fn to(asked: &Asked, board: &Board, is_loopback: bool) -> Self {
        if is_loopback && !asked.is_meant_for_loopback() {
            let why = "ask for an address of this machine, or for localhost";
            return Self::short("421 Misdirected Request", why);
        }
        let latest = board.latest();
        let latest = latest.as_deref();
        match asked.path.as_str() {
            "/" => page(latest),
            "/status.json" => match latest {
                Some(published) => {
                    let moment = published.moment();
                    Self::new(
                        "200 OK",
                        JSON,
                        status(&published.snapshot, &moment, Format::Json),
                    )
                }
                None => Self::short("503 Service Unavailable", "starting"),
            },
            "/metrics" => match latest {
                Some(published) => {
                    let moment = published.moment();
                    Self::new("200 OK", PROMETHEUS, metrics(&published.snapshot, &moment))
                }
                None => Self::short("503 Service Unavailable", "starting"),
            },
            "/healthz" => health(board, latest),
            "/readyz" => readiness(latest),
            "/status.css" => Self::new(
                "200 OK",
                "text/css; charset=utf-8",
                include_str!("../../templates/status.css"),
            ),
            "/status.js" => Self::new(
                "200 OK",
                "text/javascript; charset=utf-8",
                include_str!("../../templates/status.js"),
            ),
            _ => Self::short(
                "404 Not Found",
                "there are /, /status.json, /metrics, /healthz and /readyz",
            ),
        }
    }

    /// As octets; without the body if only the head is wanted.
    pub(super) fn into_octets(self, is_head: bool) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {}\r\n", self.status);
        let mut field = |name: &str, value: &str| {
            // Writing to a string never fails.
            let _ = write!(text, "{name}: {value}\r\n");
        };
        field("Content-Type", self.content_type);
        field("Content-Length", &self.body.len().to_string());
        field("Connection", "close");
        field("Cache-Control", "no-store");
        field("Content-Security-Policy", POLICY);
        field("X-Content-Type-Options", "nosniff");
        field("Referrer-Policy", "no-referrer");
        field("Cross-Origin-Resource-Policy", "same-origin");
        field("Cross-Origin-Opener-Policy", "same-origin");
        if self.status.starts_with("405") {
            field("Allow", "GET, HEAD");
        }
        text.push_str("\r\n");
        if !is_head {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

fn page(latest: Option<&Published>) -> Answer {
    let page = match latest {
        Some(published) => status(&published.snapshot, &published.moment(), Format::Html),
        None => starting(),
    };
    Answer::new("200 OK", PAGE, page)
}

/// Whether the process does its work.
fn health(board: &Board, latest: Option<&Published>) -> Answer {
    let seconds = latest.map_or_else(|| board.age(), |published| published.moment().age);
    let seconds = seconds.as_secs();
    if seconds < STUCK_SECONDS {
        return Answer::short("200 OK", "ok");
    }
    let why = format!("judging stands still for {}", span(seconds));
    Answer::short("503 Service Unavailable", &why)
}

/// Whether it watches: the capture is open and there are anchors to judge by.
fn readiness(latest: Option<&Published>) -> Answer {
    let why = match latest {
        None => Some("starting: the capture is not open yet".to_owned()),
        Some(published) if published.moment().age.as_secs() >= STUCK_SECONDS => {
            let seconds = published.moment().age.as_secs();
            Some(format!("judging stands still for {}", span(seconds)))
        }
        Some(published) if published.snapshot.is_ending => Some("ending".to_owned()),
        Some(published) if published.snapshot.anchors.is_empty() => {
            Some("no trust anchor is in force: nothing can be judged".to_owned())
        }
        Some(_) => None,
    };
    match why {
        None => Answer::short("200 OK", "ready"),
        Some(why) => Answer::short("503 Service Unavailable", &why),
    }
}
