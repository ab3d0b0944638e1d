//! What the tail puts up for who asks the sensor itself.

use super::clock::{Tick, behind};
use super::judge::Judge;
use super::memory::Memory;
use super::summary::hints;
use super::tail::Tail;
use super::tally::Tally;
use crate::alert::{Loss, Source};
use crate::message::Name;
use crate::page::{
    self, Board, Card, Lately, ResolverView, SinkFigures, Snapshot, Table, ZoneView, Zones,
};
use crate::signature::Verifier;
use crate::time::Timestamp;
use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Seconds that "lately" reaches back.
const LATELY_SECONDS: i64 = 60;

/// Incidents that are put up in full.
const INCIDENTS: usize = 50;

/// Zones that are put up.
const ZONES: usize = 10_000;

/// Zones that are looked at in a second: a portfolio of more is looked at less often.
const ZONES_A_SECOND: usize = 1000;

/// Resolvers that are put up besides those of the portfolio.
const RESOLVERS: usize = 100;

/// What is put up, and what that needs of before.
pub(super) struct NoticeBoard {
    board: Arc<Board>,
    verifier: Arc<Verifier>,
    trend: Trend,
    zones: Arc<Zones>,
}

/// Sums of some moments, about a second apart.
#[derive(Debug, Default)]
struct Trend {
    sums: VecDeque<Sum>,
    last_message: Option<Timestamp>,
    last_told: Option<Timestamp>,
}

/// What had passed at a moment.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    time: Timestamp,
    frames: u64,
    messages: u64,
    told: u64,
    loss: Loss,
}

impl Sum {
    fn of(tally: &Tally) -> Self {
        Self {
            time: tally.end(),
            frames: tally.frames,
            messages: tally.messages,
            told: tally.told(),
            loss: tally.loss(),
        }
    }
}

impl Trend {
    /// Takes in how it stands now. `last_frame` is when the last frame passed.
    fn see(&mut self, now: Sum, last_frame: Option<Timestamp>) -> Lately {
        let before = self.sums.back().copied().unwrap_or_default();
        if now.messages > before.messages {
            self.last_message = last_frame;
        }
        if now.told > before.told {
            self.last_told = last_frame;
        }
        self.sums.push_back(now);
        let is_old = |sum: &Sum| now.time.seconds_since(sum.time) >= LATELY_SECONDS;
        while self.sums.get(1).is_some_and(is_old) {
            self.sums.pop_front();
        }
        let then = self.sums.front().copied().unwrap_or_default();
        Lately {
            seconds: now.time.seconds_since(then.time),
            frames: now.frames - then.frames,
            messages: now.messages.saturating_sub(then.messages),
            told: now.told - then.told,
            loss: now.loss.since(then.loss),
        }
    }
}

impl NoticeBoard {
    /// With nothing put up yet.
    pub(super) fn new(board: Arc<Board>, verifier: Arc<Verifier>) -> Self {
        Self {
            board,
            verifier,
            trend: Trend::default(),
            zones: Arc::default(),
        }
    }

    fn zones(&mut self, judge: &Judge, now: Timestamp, is_last: bool) -> Arc<Zones> {
        let declared = judge.portfolio.zones();
        let total = declared.len();
        let pause = i64::try_from(total / ZONES_A_SECOND).unwrap_or(i64::MAX);
        if is_last || now.seconds_since(self.zones.as_of) >= pause.max(1) {
            self.zones = Arc::new(Zones {
                as_of: now,
                total,
                first: declared
                    .take(ZONES)
                    .map(|zone| ZoneView {
                        chain: judge.chain.links(&zone.name, now),
                        presence: presence(judge, &zone.name),
                        open: judge.incidents.open_of(&zone.name),
                        zone: Arc::clone(zone),
                    })
                    .collect(),
            });
        }
        Arc::clone(&self.zones)
    }
}

/// How the outputs do that are a network away.
fn sinks(judge: &Judge) -> Vec<SinkFigures> {
    let figures = judge.lines.figures();
    let shown = figures.into_iter().map(|(name, figures)| SinkFigures {
        name: name.to_owned(),
        is_up: !figures.is_down,
        lines: figures.sent,
        refused_lines: figures.refused,
        spooled_octets: figures.waiting_octets,
        lost_lines: figures.dropped,
    });
    shown.collect()
}

fn presence(judge: &Judge, zone: &Name) -> crate::watch::Presence {
    let known = judge.watch.presences().get(zone);
    known.copied().unwrap_or_default()
}

impl Tail {
    /// Puts up how it stands. Live, that is once a second: by whoever asks, nothing is done.
    pub(super) fn put_up(&mut self, tick: Option<&Tick>) {
        if self.notices.is_none() {
            return;
        }
        let now = self.judge.tally.end();
        let stats = self.figures();
        let tables = self.tables();
        let judge = &self.judge;
        let tally = &judge.tally;
        let Some(notices) = &mut self.notices else {
            return;
        };
        let last_frame = tally.span.map(|(_, last)| last);
        let lately = notices.trend.see(Sum::of(tally), last_frame);
        let open = judge.incidents.open_now(INCIDENTS);
        let sensor = judge.lines.sensor();
        let snapshot = Snapshot {
            sensor: sensor.name.clone(),
            source: match &sensor.source {
                Source::CaptureFile(name) | Source::Interface(name) => name.clone(),
            },
            is_drill: sensor.drill,
            is_ending: tick.is_none(),
            now,
            started: tally.started,
            last_frame,
            last_message: notices.trend.last_message,
            last_told: notices.trend.last_told,
            figures: stats,
            frames: tally.frames,
            parts: tally.parts,
            verdicts: tally.verdicts.clone(),
            alerts: tally.alerts.clone(),
            lately,
            incidents: page::Incidents {
                worst: open.worst.iter().filter_map(Card::of).collect(),
                counts: open.counts,
            },
            zones: notices.zones(judge, now, tick.is_none()),
            resolvers: resolvers(judge),
            anchors: judge.chain.trust_points().described(now),
            hints: if lately.told == 0 {
                hints(tally)
            } else {
                Vec::new()
            },
            state_trouble: judge.memory.as_ref().and_then(Memory::trouble),
            tables,
            sinks: sinks(judge),
        };
        let lag = match tick.zip(last_frame) {
            Some((tick, last)) if !tick.is_idle => behind(last),
            Some(_) | None => Duration::ZERO,
        };
        notices.board.publish(snapshot, lag, notices.verifier.len());
    }

    fn tables(&self) -> Vec<Table> {
        let [datagrams, streams, octets] = self.reassembly.unfinished();
        let judge = &self.judge;
        let tables = [
            ("names", judge.chain.known_names()),
            ("zone_histories", judge.watch.known_zones()),
            ("waiting_responses", judge.chain.waiting()),
            ("remembered_queries", self.exchanges.remembered_queries()),
            ("unfinished_datagrams", datagrams),
            ("unfinished_streams", streams),
            ("unfinished_octets", octets),
            ("resolvers", judge.watch.resolvers().all().len()),
        ];
        let table = |(name, entries)| Table { name, entries };
        tables.into_iter().map(table).collect()
    }
}

/// Those of the portfolio, then others that were seen, by address.
fn resolvers(judge: &Judge) -> Vec<ResolverView> {
    let seen = judge.watch.resolvers().all();
    let declared = judge.portfolio.resolvers().map(|resolver| resolver.address);
    let declared: BTreeSet<IpAddr> = declared.collect();
    let others = seen.keys().filter(|address| !declared.contains(address));
    let all = declared.iter().chain(others.take(RESOLVERS));
    all.map(|address| ResolverView {
        address: *address,
        declared: judge.portfolio.resolver(address).cloned(),
        sight: seen.get(address).copied(),
        open: judge.incidents.open_of_resolver(*address),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Kind;
    use crate::cli::{self, Plan};
    use crate::pipeline::run_on;
    use std::fs;
    use std::net::Ipv4Addr;

    /// What stands on the board at the end of a capture.
    fn last_of(capture: &str, workers: &str) -> Snapshot {
        let folder = format!("{}/captures/{capture}", env!("CARGO_MANIFEST_DIR"));
        let portfolio =
            std::env::temp_dir().join(format!("sigtap-{}-{workers}.toml", std::process::id()));
        let text = "[[zone]]\nname = \"bank.example\"\n[[zone]]\nname = \"unseen.example\"\n";
        fs::write(&portfolio, text).unwrap();
        let files = [
            format!("{folder}/anchors.txt"),
            format!("{folder}/capture.pcap"),
        ];
        let arguments = [
            "sigtap",
            "read",
            "-q",
            "--output",
            "none",
            "--workers",
            workers,
        ];
        let arguments = arguments.into_iter().map(Into::into);
        let options = [
            "--portfolio".into(),
            portfolio.clone().into(),
            "--trust-anchor".into(),
        ];
        let Ok(Plan::Run(mut run)) =
            cli::plan(arguments.chain(options).chain(files.map(Into::into)))
        else {
            panic!("a plan");
        };
        run.settings.http = Some((Ipv4Addr::LOCALHOST, 0).into());
        let board = Arc::default();
        run_on(&run.settings, &board).unwrap();
        fs::remove_file(portfolio).unwrap();
        board.latest().unwrap().snapshot.clone()
    }

    #[test]
    fn what_is_put_up_does_not_depend_on_the_number_of_workers() {
        let one = last_of("hijack", "1");
        assert_eq!(one, last_of("hijack", "8"));
        let kinds: Vec<Kind> = one.incidents.worst.iter().map(|card| card.kind).collect();
        assert_eq!(kinds.first(), Some(&Kind::DsReplaced), "{kinds:?}");
        assert!(one.incidents.worst[0].first_step.is_some());
        let [bank, unseen] = &one.zones.first[..] else {
            panic!("two zones");
        };
        assert_eq!(bank.chain.len(), 3, "the root, example. and the bank");
        assert!(bank.presence.keys.is_some() && bank.presence.data.is_some());
        assert_eq!(
            bank.open.first().map(|(kind, _)| *kind),
            kinds.first().copied()
        );
        assert_eq!(unseen.presence, crate::watch::Presence::default());
        assert_eq!(
            one.verdicts.values().sum::<u64>(),
            one.figures.responses.values().sum::<u64>()
        );
        let lines: u64 = one.alerts.values().sum();
        assert!(
            lines >= one.incidents.total(),
            "each open incident was told of"
        );
        let validates =
            |view: &ResolverView| view.sight.is_some_and(|sight| sight.authentic.is_some());
        assert!(
            one.resolvers.iter().any(validates),
            "the resolver answered with AD"
        );
    }

    #[test]
    fn lately_is_the_last_minute_and_less_at_the_start() {
        let mut trend = Trend::default();
        let at = |second: i64| Sum {
            time: Timestamp::new(1_800_000_000 + second, 0),
            frames: u64::try_from(second * 10).unwrap(),
            messages: 5,
            told: u64::try_from(second.min(100)).unwrap(),
            loss: Loss::default(),
        };
        let mut told = Vec::new();
        for second in 0..=200 {
            let now = at(second);
            let lately = trend.see(now, Some(now.time));
            if [0, 30, 90, 130, 200].contains(&second) {
                told.push((
                    second,
                    lately.seconds,
                    lately.frames,
                    lately.messages,
                    lately.told,
                ));
            }
        }
        assert_eq!(
            told,
            [
                (0, 0, 0, 0, 0),
                (30, 30, 300, 0, 30),
                (90, 60, 600, 0, 60),
                (130, 60, 600, 0, 30),
                (200, 60, 600, 0, 0),
            ]
        );
        assert_eq!(trend.last_message, Some(at(0).time));
        assert_eq!(trend.last_told, Some(at(100).time));
        assert!(trend.sums.len() <= 62);
    }
}
