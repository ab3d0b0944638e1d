//! What signals ask for.

use super::Error;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the user wants of a run that is under way. The head looks, and what is asked for travels
/// to the tail in order with the frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    stop: Arc<AtomicBool>,
    hang_up: Arc<AtomicBool>,
}

impl Signals {
    /// Listens to SIGINT and SIGTERM; the second of them ends the process at once.
    pub(super) fn listen() -> Result<Self, Error> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first signal must find the flag still down.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.stop))
                .and_then(|_| flag::register(signal, Arc::clone(&signals.stop)))
                .map_err(|source| Error::Signals { source })?;
        }
        Ok(signals)
    }

    /// Listens to SIGHUP, too. Who reads files from a terminal wants to end when that hangs up.
    pub(super) fn listen_to_hang_ups(&self) -> Result<(), Error> {
        flag::register(SIGHUP, Arc::clone(&self.hang_up))
            .map(|_| ())
            .map_err(|source| Error::Signals { source })
    }

    /// Whether the run is to end. What was read so far is still judged and told.
    pub(super) fn is_stop_asked(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The flag itself, for who waits elsewhere.
    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Whether SIGHUP came since the last call.
    pub(super) fn take_hang_up(&self) -> bool {
        self.hang_up.swap(false, Ordering::Relaxed)
    }
}
