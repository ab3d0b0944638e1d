//! What the service manager is told: `sd_notify(3)`.

use super::clock::Pace;
use sd_notify::NotifyState;
use std::time::Duration;

/// Without traffic the tail moves this often.
const TICK: Duration = Duration::from_secs(1);

/// The service manager, if there is one.
#[derive(Debug)]
pub(super) struct Service {
    /// How often it wants to hear that the tail moves.
    pause: Option<Duration>,
    last: Pace,
}

impl Service {
    /// The one that started this process.
    pub(super) fn new() -> Self {
        Self {
            // Twice as often as it asks for, as `sd_watchdog_enabled(3)` has it; the tail may move next
            // after a tick only.
            pause: sd_notify::watchdog_enabled()
                .map(|interval| (interval / 2).saturating_sub(TICK)),
            last: Pace::start(),
        }
    }

    /// All is open, and rights are given up.
    pub(super) fn ready() {
        tell(&[NotifyState::Ready]);
    }

    /// The tail has moved.
    pub(super) fn alive(&mut self) {
        if self.pause.is_some_and(|pause| self.last.has_passed(pause)) {
            tell(&[NotifyState::Watchdog]);
            self.last = Pace::start();
        }
    }

    /// The end has begun.
    pub(super) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }
}

/// A manager that does not listen is told of in the log, and its watchdog does what it must.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!("cannot tell the service manager: {error}");
    }
}
