//! Takes messages in capture order, on one thread, and has them judged.

use super::Settings;
use super::clock::Tick;
use super::head::{Job, Load};
use super::judge::{Judge, Repeat};
use super::memory::Memory;
use super::notice_board::NoticeBoard;
use super::passing::Passing;
use super::pulse::Pulse;
use super::reload::InForce;
use super::service::Service;
use super::sift::{Found, Sieve, Step, find, guarded};
use super::stuck::Stuck;
use super::summary::hints;
use super::tally::{Tally, count};
use crate::alert::{Counts, Health, HealthEvent, Notice, Stats};
use crate::capture::Frame;
use crate::exchange::{Exchange, Exchanges, Transaction};
use crate::message::{Message, Name, Rrset, Salt, Screen, decode, outline};
use crate::packet::{Flow, Payload, Ports, Reassembly, take_apart};
use crate::time::Timestamp;
use crate::watch::Presence;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

/// Without traffic, capture time follows the clock at this distance, so that frames on their way
/// are never late.
const IDLE_SECONDS: i64 = 1;

/// What is told at the end.
pub(super) struct Told {
    pub(super) tally: Tally,
    pub(super) counts: Counts,
    pub(super) presences: BTreeMap<Name, Presence>,
    /// What did not get to an output, each in one sentence.
    pub(super) undelivered: Vec<String>,
}

/// What waits for something: parts for others, queries for responses, responses for keys.
pub(super) struct Tail {
    ports: Ports,
    salt: Salt,
    pub(super) reassembly: Reassembly,
    pub(super) exchanges: Exchanges,
    pub(super) judge: Judge,
    pub(super) pulse: Pulse,
    pub(super) in_force: Option<InForce>,
    /// Where it stands how it stands, if somebody can ask.
    pub(super) notices: Option<NoticeBoard>,
    /// What the user knows beforehand, until the first moment.
    zone_data: Vec<Rrset>,
    service: Service,
    /// Empty; kept for its memory.
    payloads: Vec<Payload>,
}

impl Tail {
    /// Before the first frame.
    pub(super) fn new(sieve: &Sieve, settings: &Settings, judge: Judge, pulse: Pulse) -> Self {
        let (ports, salt) = (sieve.ports.clone(), sieve.salt.clone());
        Self {
            reassembly: Reassembly::new(ports.clone()),
            ports,
            exchanges: Exchanges::new(),
            salt,
            judge,
            pulse,
            in_force: InForce::new(settings),
            notices: None,
            zone_data: settings.zone_data.clone(),
            service: Service::new(),
            payloads: Vec::new(),
        }
    }

    /// What there is to say at the first moment.
    pub(super) fn starts_with(&mut self, text: String) {
        self.pulse.at_start = Some(text);
    }

    /// From now on this is where it puts up how it stands.
    pub(super) fn put_up_on(&mut self, notices: NoticeBoard) {
        self.notices = Some(notices);
    }

    /// Takes what workers made of some frames, and gives these back.
    pub(super) fn apply(&mut self, mut job: Job) -> Result<Job, Stuck> {
        let Load { batch, steps } = &mut job.load;
        let first = batch.frames().next().map(|frame| frame.time);
        if let Some(now) = job.tick.map(|tick| tick.now).or(first) {
            self.start(now)?;
        }
        if let Some(tick) = &job.tick {
            // Before what passed meanwhile is judged: the loss may be why something is missing.
            let time = first.map_or(tick.now, |first| first.min(tick.now));
            self.lost(tick, time)?;
        }
        for (frame, step) in batch.frames().zip(steps.drain(..)) {
            self.judge.tally.frame(frame.time);
            match step {
                Step::Skipped(skip) => count(&mut self.judge.tally.skipped, skip),
                Step::Part => self.part(&frame)?,
                Step::Panicked => {
                    self.judge.tally.panicked += 1;
                    self.judge.tally.panicked_frames += 1;
                }
                Step::Message(flow, found) => {
                    self.judge.tally.datagrams += 1;
                    self.found(Passing::Frame(&frame), flow, found)?;
                }
            }
        }
        if let Some(tick) = &job.tick {
            self.tick(tick)?;
            self.put_up(Some(tick));
            self.service.alive();
        }
        for watched in mem::take(&mut job.watched) {
            tracing::warn!("{watched}");
            self.tell(watched.to_string(), self.judge.tally.end())?;
        }
        let now = self.judge.tally.end();
        if self.pulse.is_stats_due(now) {
            self.stats(now)?;
        }
        Ok(job)
    }

    /// Whether lines wait to be written.
    pub(super) fn has_gathered(&self) -> bool {
        self.judge.lines.has_gathered()
    }

    /// Writes the lines that are ready, and before them what they rest on.
    pub(super) fn flush(&mut self) -> Result<(), Stuck> {
        self.keep()?;
        self.judge.lines.flush()?;
        self.delivered();
        Ok(())
    }

    /// Opens the outputs that are files anew: what was written so far belongs to the old ones.
    /// Then what the operator says is read again.
    pub(super) fn hang_up(&mut self) -> Result<(), Stuck> {
        self.judge.lines.reopen();
        self.reload()?;
        self.flush()
    }

    /// Writes down what is to outlive the run, if it is time.
    pub(super) fn keep(&mut self) -> Result<(), Stuck> {
        let memory = self.judge.memory.as_mut().filter(|memory| memory.is_due());
        if let Some(memory) = memory {
            memory.clients(self.exchanges.take_clients());
            self.judge.commit(self.judge.tally.end());
        }
        self.news()?;
        // Some lines are for no output at all.
        self.delivered();
        Ok(())
    }

    /// Has the state file note that all lines got through, if they did.
    fn delivered(&mut self) {
        if !self.judge.lines.has_gathered()
            && let Some(memory) = &mut self.judge.memory
        {
            memory.delivered();
        }
    }

    /// Tells how it stands with the state file, if that changed.
    fn news(&mut self) -> Result<(), Stuck> {
        let news = self.judge.memory.as_mut().and_then(Memory::take_news);
        news.map_or(Ok(()), |news| self.tell(news, self.judge.tally.end()))
    }

    /// Tells how it stands with the outputs, if that changed.
    fn outputs(&mut self, now: Timestamp) -> Result<(), Stuck> {
        for news in self.judge.lines.take_news() {
            tracing::warn!("{news}");
            self.tell(news, now)?;
        }
        Ok(())
    }

    /// Tells of the sensor itself that it lives, and this.
    fn tell(&mut self, news: String, now: Timestamp) -> Result<(), Stuck> {
        let points = self.judge.chain.trust_points();
        let health = self.pulse.health(HealthEvent::Alive, points, now);
        let health = Health {
            detail: Some(news),
            ..health
        };
        self.judge.lines.health(&health, now)
    }

    /// Judges what waits. Nothing comes after this.
    pub(super) fn finish(mut self) -> Result<Told, Stuck> {
        Service::stopping();
        let mut payloads = Vec::new();
        self.reassembly.finish(&mut payloads);
        self.payloads(&mut payloads)?;
        let now = self.judge.tally.end();
        self.judge.finish(now)?;
        self.put_up(None);
        let counts = self.judge.counts();
        let points = self.judge.chain.trust_points();
        let health = self.pulse.health(HealthEvent::Stop, points, now);
        let has_begun = now != Timestamp::default();
        if let Some(memory) = self.judge.memory.as_mut().filter(|_| has_begun) {
            memory.health(&health, now);
        }
        if let Some(memory) = &mut self.judge.memory {
            memory.clients(self.exchanges.take_clients());
            memory.end();
        }
        self.judge.commit(now);
        self.news()?;
        self.stats(now)?;
        if has_begun {
            self.judge.lines.health(&health, now)?;
        }
        self.flush()?;
        self.judge.commit(now);
        if let Some(memory) = &mut self.judge.memory {
            memory.prune();
        }
        let undelivered = self.judge.lines.end()?;
        Ok(Told {
            undelivered,
            tally: self.judge.tally,
            counts,
            presences: self.judge.watch.presences().clone(),
        })
    }

    fn start(&mut self, now: Timestamp) -> Result<(), Stuck> {
        if self.pulse.has_started() {
            return Ok(());
        }
        self.judge.resume_points()?;
        let Some(health) = self.pulse.start(self.judge.chain.trust_points(), now) else {
            return Ok(());
        };
        self.judge.tally.started = Some(now);
        if let Some(memory) = &mut self.judge.memory {
            memory.health(&health, now);
        }
        self.judge.commit(now);
        self.judge.lines.health(&health, now)?;
        if let Some(memory) = &self.judge.memory {
            self.exchanges.keep_clients(memory.known_clients()?);
        }
        self.judge.resume(now)?;
        self.judge.preload(&mem::take(&mut self.zone_data), now);
        Ok(())
    }

    /// Live, time passes, with or without traffic.
    fn tick(&mut self, tick: &Tick) -> Result<(), Stuck> {
        let now = tick.now;
        let tally = &mut self.judge.tally;
        tally.kernel = Some(*tick);
        if self.pulse.is_blind(now, tally.has_judged()) {
            for hint in hints(tally) {
                tracing::warn!("nothing could be judged so far: {hint}");
            }
        }
        self.outputs(now)?;
        if tick.is_idle {
            self.judge.advance(now.plus_seconds(-IDLE_SECONDS))?;
        }
        Ok(())
    }

    /// What was lost since the last tick casts doubt on what passed since then, and so does an
    /// interface where nothing is seen.
    fn lost(&mut self, tick: &Tick, time: Timestamp) -> Result<(), Stuck> {
        self.judge.incidents.doubt(time, tick.is_blind);
        let loss = self.pulse.newly_lost(tick.loss);
        if loss.total() > 0 {
            self.judge.noticed(&Notice::CaptureLoss { time, loss })?;
        }
        Ok(())
    }

    fn stats(&mut self, now: Timestamp) -> Result<(), Stuck> {
        let stats = self.figures();
        self.judge.lines.stats(&stats, now)
    }

    /// The figures of a stats line.
    pub(super) fn figures(&mut self) -> Stats {
        let counts = self.judge.counts();
        let tally = &mut self.judge.tally;
        tally.reassembly = *self.reassembly.counters();
        let mut stats = tally.stats(counts);
        let lost = self.judge.lines.lost();
        if lost > 0 {
            stats.lost_by_stage.insert("outputs".to_owned(), lost);
        }
        stats.history_head = self.judge.memory.as_ref().and_then(Memory::head);
        stats
    }

    /// A fragment or a segment, and the messages that it completes.
    fn part(&mut self, frame: &Frame<'_>) -> Result<(), Stuck> {
        self.judge.tally.parts += 1;
        let mut payloads = mem::take(&mut self.payloads);
        if let Ok(piece) = take_apart(frame, &self.ports) {
            self.reassembly
                .accept(&piece, frame.number, frame.time, &mut payloads);
        }
        for overlap in self.reassembly.take_overlaps() {
            self.judge.noticed(&Notice::FragmentOverlap {
                time: overlap.time,
                frame: overlap.frame,
                source: overlap.source,
                destination: overlap.destination,
            })?;
        }
        self.payloads(&mut payloads)?;
        self.payloads = payloads;
        Ok(())
    }

    fn payloads(&mut self, payloads: &mut Vec<Payload>) -> Result<(), Stuck> {
        for payload in payloads.drain(..) {
            self.judge.tally.reassembled += 1;
            match guarded(|| find(&payload, &self.salt)) {
                Some(found) => self.found(Passing::Payload(&payload), payload.flow, found)?,
                None => self.judge.tally.panicked += 1,
            }
        }
        Ok(())
    }

    fn found(&mut self, from: Passing<'_>, flow: Flow, found: Found) -> Result<(), Stuck> {
        self.judge.tally.messages += 1;
        let time = from.time();
        tracing::trace!(%time, source = %flow.source, destination = %flow.destination, kind = found.name());
        match found {
            Found::Malformed(malformed) => count(&mut self.judge.tally.malformed, malformed),
            Found::Query(transaction, screen) => {
                self.judge.tally.queries += 1;
                self.exchanges.query(time, flow, transaction, &screen);
                if screen.may_signal || self.judge.watch.wants_questions() {
                    self.asked(from, flow)?;
                }
            }
            Found::Plain(transaction, screen) => {
                let unchecked = self.exchanges.plain(time, transaction, &screen);
                let Some(unchecked) = unchecked else {
                    // It shows nothing of what was asked for, which may be what is wrong with it.
                    let octets = from.octets(&self.ports).unwrap_or_default();
                    let octets = self.salt.digest(octets);
                    let screen = Screen { octets, ..screen };
                    return self.response(from, (flow, transaction), &screen, None);
                };
                count(&mut self.judge.tally.unchecked, unchecked);
                self.answered(from, flow)?;
            }
            Found::Response(transaction, screen, message) => {
                self.response(from, (flow, transaction), &screen, message)?;
            }
        }
        Ok(())
    }

    /// A query in which a resolver may tell which trust anchors it has, or any if zones are watched
    /// closely.
    fn asked(&mut self, from: Passing<'_>, flow: Flow) -> Result<(), Stuck> {
        let outline = from.octets(&self.ports).map(outline);
        match outline {
            Some(Ok(query)) => self.judge.asked(from.time(), flow, &query),
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// A response that is not decoded: somebody answers.
    fn answered(&mut self, from: Passing<'_>, flow: Flow) -> Result<(), Stuck> {
        if !self.judge.watch.wants_questions() {
            return Ok(());
        }
        match from.octets(&self.ports).map(outline) {
            Some(Ok(response)) => self.judge.answered(from.time(), flow, &response),
            Some(Err(_)) | None => Ok(()),
        }
    }

    fn response(
        &mut self,
        from: Passing<'_>,
        (flow, transaction): (Flow, Transaction),
        screen: &Screen,
        message: Option<Box<Message>>,
    ) -> Result<(), Stuck> {
        let paired = self.exchanges.pair(from.time(), flow, transaction, screen);
        let Some(paired) = paired else {
            self.judge.tally.copies += 1;
            return Ok(());
        };
        let judged = paired.is_to_be_judged(screen);
        let same = self.judge.repeats.sameness(flow, screen.shape, &paired);
        let same = same.filter(|_| judged.is_ok());
        let repeat = match same {
            Some(same) => self.judge.repeated(same, from.time(), flow, screen)?,
            None => Repeat::No,
        };
        if !matches!(repeat, Repeat::No) {
            self.answered(from, flow)?;
        }
        if matches!(repeat, Repeat::Settled) {
            self.judge.tally.responses += 1;
            return Ok(());
        }
        let message = match message {
            Some(message) => *message,
            None => match guarded(|| from.payload(&self.ports).map(|payload| decode(&payload))) {
                Some(Some(Ok(message))) => message,
                Some(Some(Err(malformed))) => {
                    count(&mut self.judge.tally.malformed, malformed);
                    return Ok(());
                }
                // No message is counted where a worker meets a panic either.
                Some(None) | None => {
                    self.judge.tally.messages -= 1;
                    self.judge.tally.panicked += 1;
                    return Ok(());
                }
            },
        };
        match judged {
            Ok(()) => self.judge.tally.responses += 1,
            Err(unchecked) => count(&mut self.judge.tally.unchecked, unchecked),
        }
        let exchange = Arc::new(Exchange::new(message, paired));
        if let Repeat::ToBeWritten(verdict) = repeat {
            return self.judge.write_again(&verdict, &exchange);
        }
        self.judge.response(&exchange, judged.is_ok(), same)
    }
}
