//! From exchanges to lines: has the rooms of the tail decide, and writes what they say.

use super::sinks::{Place, Sinks, Stuck};
use super::tally::Tally;
use crate::exchange::Exchange;
use crate::time::Timestamp;
use std::sync::Arc;

/// The rooms that decide, and the outputs.
pub(super) struct Judge {
    pub(super) sinks: Sinks,
    pub(super) verdicts: Option<Place>,
}

impl Judge {
    /// Judges a response, and what it settles.
    pub(super) fn exchange(
        &mut self,
        exchange: Arc<Exchange>,
        tally: &mut Tally,
    ) -> Result<(), Stuck> {
        let _ = (exchange, tally);
        Ok(())
    }

    /// Judges what waits.
    pub(super) fn finish(&mut self, now: Timestamp, tally: &mut Tally) -> Result<(), Stuck> {
        let _ = (now, tally);
        self.sinks.flush()
    }

    /// Writes the lines that are ready.
    pub(super) fn flush(&mut self) -> Result<(), Stuck> {
        self.sinks.flush()
    }
}
