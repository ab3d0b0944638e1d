//! Gives reports: what people ask of a portfolio, and of what was seen of it.
//!
//! Takes a [`Task`] and gives a [`Report`], text for people or for machines. Owns nothing: what
//! was seen stands in a state file, or comes of a run over captures.

mod coverage;
mod error;
mod gaps;
mod table;
mod task;
#[cfg(test)]
mod tests;

pub use coverage::{Coverage, Domain, Figures, Status};
pub use error::Error;
pub use gaps::GapsTask;
pub use task::{CoverageTask, Findings, Report, Seen, Task, run};
