//! The time of day, where there is no frame to tell it.

use crate::alert::Loss;
use crate::capture::{Batch, Live, Watched};
use crate::time::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds between two ticks.
const TICK_SECONDS: i64 = 1;

/// A moment of a live capture, with or without traffic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    /// What time it is.
    pub(super) now: Timestamp,
    /// No frame was there to be read: capture time has come as far.
    pub(super) is_idle: bool,
    /// Frames that the kernel gave since the start.
    pub(super) received: u64,
    /// Frames lost since the start.
    pub(super) loss: Loss,
    /// Some interface is out: what passes there is not seen.
    pub(super) is_blind: bool,
}

/// Tells the time now and then.
#[derive(Debug, Default)]
pub(super) struct Ticker {
    last: Option<Timestamp>,
}

impl Ticker {
    /// The time, if it is due: at the start, every second, and at the end; with it, what happened to
    /// interfaces. `batch` holds what was read up to now.
    pub(super) fn tick(
        &mut self,
        live: &mut Live,
        batch: &mut Batch,
        is_end: bool,
    ) -> Option<(Tick, Vec<Watched>)> {
        let now = now();
        let is_due = self
            .last
            .is_none_or(|last| now.seconds_since(last) >= TICK_SECONDS);
        if !is_due && !is_end {
            return None;
        }
        self.last = Some(now);
        let is_idle = batch.is_empty();
        let watched = live.look(batch);
        let mut tick = Tick {
            now,
            is_idle,
            received: 0,
            loss: Loss::default(),
            is_blind: live.out().next().is_some(),
        };
        for interface in live.statistics() {
            tick.received += interface.received;
            tick.loss.kernel_drops += interface.dropped;
            tick.loss.interface_drops += interface.interface_dropped;
            if is_end {
                // What the kernel had for sigtap and did not hand over in time.
                let read = interface.dropped + interface.taken;
                tick.loss.queue_drops += interface.received.saturating_sub(read);
            }
        }
        Some((tick, watched))
    }
}

/// How far behind the clock a moment is that has just been dealt with.
pub(super) fn behind(time: Timestamp) -> Duration {
    let nanos = now().as_nanos().saturating_sub(time.as_nanos());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
}

#[expect(
    clippy::disallowed_methods,
    reason = "live timers must fire without traffic; `read` never comes here"
)]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(Timestamp::default(), |since| {
        Timestamp::new(
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            since.subsec_nanos(),
        )
    })
}

/// Tells whether some time has passed on the machine, for what changes no answer.
#[derive(Debug)]
pub(super) struct Pace(Instant);

impl Pace {
    /// From now on.
    #[expect(
        clippy::disallowed_methods,
        reason = "it decides when something is written, never what"
    )]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Whether so much has passed since the start.
    pub(super) fn has_passed(&self, pause: Duration) -> bool {
        self.0.elapsed() >= pause
    }
}
