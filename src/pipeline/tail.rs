//! Takes messages in capture order, on one thread, and has them judged.

use super::judge::Judge;
use super::sift::{Found, Sifted, Step, decoded, guarded, payload};
use super::sinks::Stuck;
use super::tally::{Tally, count};
use crate::capture::{Batch, Frame};
use crate::exchange::Exchanges;
use crate::message::Message;
use crate::packet::{Flow, Piece, Ports, take_apart};
use crate::time::Timestamp;
use std::sync::Arc;

/// What waits for something: parts for others, queries for responses, responses for keys.
pub(super) struct Tail {
    ports: Ports,
    exchanges: Exchanges,
    judge: Judge,
    tally: Tally,
}

impl Tail {
    /// Before the first frame.
    pub(super) fn new(ports: Ports, judge: Judge) -> Self {
        Self {
            ports,
            exchanges: Exchanges::new(),
            judge,
            tally: Tally::default(),
        }
    }

    /// Takes what workers made of a batch, and gives the batch back.
    pub(super) fn apply(&mut self, sifted: Sifted) -> Result<Batch, Stuck> {
        let Sifted { batch, steps } = sifted;
        for (frame, step) in batch.frames().zip(steps) {
            self.tally.frame(frame.time);
            match step {
                Step::Skipped(skip) => count(&mut self.tally.skipped, skip),
                Step::Part => self.tally.parts += 1,
                Step::Panicked => self.tally.panicked += 1,
                Step::Message(flow, Found::Plain(screen))
                    if self.exchanges.expects_dnssec(flow, &screen) =>
                {
                    match guarded(|| decode_frame(&frame, &self.ports)).flatten() {
                        Some(found) => self.message(frame.time, flow, found)?,
                        None => self.tally.panicked += 1,
                    }
                }
                Step::Message(flow, found) => self.message(frame.time, flow, found)?,
            }
        }
        self.judge.flush()?;
        Ok(batch)
    }

    /// Judges what waits. Nothing comes after this.
    pub(super) fn finish(mut self) -> Result<Tally, Stuck> {
        let last = self.tally.span.map(|(_, last)| last).unwrap_or_default();
        self.judge.finish(last, &mut self.tally)?;
        Ok(self.tally)
    }

    fn message(&mut self, time: Timestamp, flow: Flow, found: Found) -> Result<(), Stuck> {
        self.tally.messages += 1;
        match found {
            Found::Malformed(malformed) => count(&mut self.tally.malformed, malformed),
            Found::Query(screen) => {
                self.tally.queries += 1;
                self.exchanges.query(time, flow, &screen);
            }
            Found::Plain(screen) => {
                let unchecked = self.exchanges.screened(time, flow, &screen);
                count(&mut self.tally.unchecked, unchecked);
            }
            Found::Response(message) => self.response(*message)?,
        }
        Ok(())
    }

    fn response(&mut self, message: Message) -> Result<(), Stuck> {
        let Some(exchange) = self.exchanges.response(message) else {
            self.tally.mirrored += 1;
            return Ok(());
        };
        let exchange = Arc::new(exchange);
        match exchange.is_to_be_judged() {
            Ok(()) => self.tally.responses += 1,
            Err(unchecked) => count(&mut self.tally.unchecked, unchecked),
        }
        self.judge.exchange(exchange, &mut self.tally)
    }
}

/// The response in a frame that workers saw no reason to decode.
fn decode_frame(frame: &Frame<'_>, ports: &Ports) -> Option<Found> {
    match take_apart(frame, ports) {
        Ok(Piece::Datagram(datagram)) => Some(decoded(&payload(frame, &datagram))),
        Ok(Piece::Fragment(_) | Piece::Segment(_)) | Err(_) => None,
    }
}
