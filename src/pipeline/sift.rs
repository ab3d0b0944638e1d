//! From frames to DNS messages: what workers do, each frame by itself.

use super::head::{Job, Load};
use super::hints::Hints;
use super::repeats::Forecast;
use crate::capture::Frame;
use crate::exchange::Transaction;
use crate::message::{Malformed, Message, Salt, Screen, decode, screen};
use crate::packet::{Datagram, Flow, Payload, Piece, Ports, Skip, take_apart};
use crate::signature::Verifier;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a frame is.
pub(super) enum Step {
    /// No DNS.
    Skipped(Skip),
    /// A part of something: for the tail to put together in capture order.
    Part,
    /// A message from here to there.
    Message(Flow, Found),
    /// One that a decoder could not stand.
    Panicked,
}

/// What a message is.
pub(super) enum Found {
    /// No DNS message.
    Malformed(Malformed),
    /// A query.
    Query(Transaction, Screen),
    /// A response that shows no sign of DNSSEC. Its query may tell otherwise.
    Plain(Transaction, Screen),
    /// A response that is likely to be judged; not decoded if it is likely to be a repeat.
    Response(Transaction, Screen, Option<Box<Message>>),
}

impl Found {
    /// As the log names it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Query(..) => "query",
            Self::Plain(..) => "plain response",
            Self::Response(..) => "response",
        }
    }
}

/// What a worker works with. All of it is shared.
pub(super) struct Sieve {
    pub(super) ports: Ports,
    pub(super) verifier: Arc<Verifier>,
    pub(super) hints: Arc<Hints>,
    pub(super) forecast: Arc<Forecast>,
    pub(super) salt: Salt,
}

impl Sieve {
    /// Takes the frames of a batch apart.
    pub(super) fn sift(&self, mut job: Job) -> Job {
        let step = |frame| guarded(|| self.step(&frame)).unwrap_or(Step::Panicked);
        let Load { batch, steps } = &mut job.load;
        steps.extend(batch.frames().map(step));
        job
    }

    fn step(&self, frame: &Frame<'_>) -> Step {
        match take_apart(frame, &self.ports) {
            Err(skip) => Step::Skipped(skip),
            Ok(Piece::Fragment(_) | Piece::Segment(_)) => Step::Part,
            Ok(Piece::Datagram(datagram)) => {
                let flow = datagram.flow;
                let found = match screen(datagram.octets, &self.salt) {
                    Ok(screen) if screen.is_telling() => self.telling(frame, &datagram, screen),
                    screened => plain(screened, flow, &self.salt),
                };
                Step::Message(flow, found)
            }
        }
    }

    fn telling(&self, frame: &Frame<'_>, datagram: &Datagram<'_>, mut screen: Screen) -> Found {
        screen.shape = screen.shape.filter(|_| !datagram.is_incomplete);
        let transaction = Transaction::of(datagram.flow, screen.header, &self.salt);
        let shape = screen.shape;
        if shape.is_some_and(|shape| self.forecast.is_repeat(shape, frame.time)) {
            return Found::Response(transaction, screen, None);
        }
        let payload = datagram.payload(frame.number, frame.time);
        let found = decoded(transaction, screen, &payload);
        if let Found::Response(.., Some(message)) = &found {
            self.hints.warm(&self.verifier, message);
        }
        found
    }
}

/// Runs a decoder, which costs one packet if it panics, not the run (docs/decisions/0006).
pub(super) fn guarded<T>(decoder: impl FnOnce() -> T) -> Option<T> {
    // Decoders hold no state that a panic could leave half changed.
    catch_unwind(AssertUnwindSafe(decoder)).ok()
}

/// What a message is that has nothing to do with DNSSEC as far as it shows itself.
fn plain(screened: Result<Screen, Malformed>, flow: Flow, salt: &Salt) -> Found {
    let screen = match screened {
        Ok(screen) => screen,
        Err(malformed) => return Found::Malformed(malformed),
    };
    let transaction = Transaction::of(flow, screen.header, salt);
    if screen.header.is_response() {
        Found::Plain(transaction, screen)
    } else {
        Found::Query(transaction, screen)
    }
}

/// What a message is, taken apart if it has to do with DNSSEC.
pub(super) fn find(payload: &Payload, salt: &Salt) -> Found {
    match screen(&payload.octets, salt) {
        Ok(screen) if screen.is_telling() => {
            let transaction = Transaction::of(payload.flow, screen.header, salt);
            decoded(transaction, screen, payload)
        }
        screened => plain(screened, payload.flow, salt),
    }
}

/// Decodes a response, whatever its looks.
fn decoded(transaction: Transaction, screen: Screen, payload: &Payload) -> Found {
    match decode(payload) {
        Err(malformed) => Found::Malformed(malformed),
        Ok(message) => Found::Response(transaction, screen, Some(Box::new(message))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::FrameNumber;
    use crate::packet::Transport;
    use crate::time::Timestamp;

    #[test]
    fn a_decoder_that_panics_costs_its_packet_only() {
        let calls = [1, 2, 3].map(|number| guarded(|| 6 / (number - 2)));
        assert_eq!(calls, [Some(-6), None, Some(6)]);
    }

    #[test]
    fn only_what_shows_a_sign_of_dnssec_is_decoded() {
        let message = |flags: u8, has_opt: bool| {
            let mut octets = vec![0, 1, flags, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(has_opt)];
            octets.extend(b"\x01a\0\0\x01\0\x01");
            if has_opt {
                octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0\0\0");
            }
            octets
        };
        let table = [
            ("a query", message(0, true), "query"),
            ("a response with DO", message(0x80, true), "response"),
            ("a response without", message(0x80, false), "plain response"),
            ("noise", vec![1, 2, 3], "malformed"),
        ];
        let salt = Salt::default();
        for (what, octets, expected) in table {
            let payload = Payload {
                frame: FrameNumber::new(1),
                time: Timestamp::default(),
                flow: Flow {
                    source: "192.0.2.1:53".parse().unwrap(),
                    destination: "192.0.2.2:53".parse().unwrap(),
                    transport: Transport::Udp,
                },
                vlan: Vec::new(),
                octets,
                is_incomplete: false,
            };
            assert_eq!(find(&payload, &salt).name(), expected, "{what}");
        }
    }
}
