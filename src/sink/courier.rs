//! What brings lines over a network.

use super::record::Record;
use std::time::Duration;

/// What became of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// The sink has it.
    Taken,
    /// The sink does not want it, and never will.
    Refused(String),
    /// The sink wants it later.
    Later,
}

/// Why a sink took nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Trouble {
    /// In words.
    pub(super) why: String,
    /// How long it wants to be left alone, if it said so.
    pub(super) pause: Option<Duration>,
}

impl Trouble {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            pause: None,
        }
    }
}

/// Brings lines to one sink.
pub(super) trait Courier: Send {
    /// Brings some lines, in order; what became of each. After an error, all of them are brought
    /// once more.
    fn deliver(&mut self, records: &[Record]) -> Result<Vec<Fate>, Trouble>;

    /// How long lines may be lost after they were taken, where nothing acknowledges them: if the
    /// sink fails within that time, they are brought once more.
    fn settles_after(&self) -> Option<Duration> {
        None
    }

    /// Whether the sink is still there, as far as one can tell without sending.
    fn check(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    /// Nothing comes after this. Good if all that was taken is known to have arrived.
    fn finish(&mut self) -> Result<(), Trouble> {
        Ok(())
    }
}
