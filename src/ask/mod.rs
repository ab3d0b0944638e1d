//! Asks resolvers how a zone stands with them. The only room that ever sends anything.
//!
//! Takes zones and resolvers and gives the packets of the dialogue as a capture, which the rooms
//! before judge like any other. Owns the sockets, and the clock on the wall. It sends only when
//! the user names resolvers to ask, and only to these: nothing that listens uses it.

mod dialogue;
mod frames;
mod question;

pub use dialogue::{Dialogue, Patience, ask};
pub use frames::capture;

use crate::time::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of day.
#[expect(
    clippy::disallowed_methods,
    reason = "what is asked now is judged as of now"
)]
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::new(seconds, since.subsec_nanos())
}

/// Waits before the next round of questions.
pub fn pause(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}
