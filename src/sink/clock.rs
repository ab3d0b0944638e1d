//! Time that passes on the machine: it decides when something is written, never what.

use std::time::{Duration, Instant};

/// A moment on the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "it decides when something is tried again, never what is told"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Whether so much has passed since a moment.
pub(super) fn has_passed(since: Instant, pause: Duration) -> bool {
    since.elapsed() >= pause
}
