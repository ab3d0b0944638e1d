//! Gives reports: what people ask of a portfolio, and of what was seen of it.
//!
//! Takes a [`Task`] and gives a [`Report`], text for people or for machines. Owns nothing: what
//! was seen stands in a state file, or comes of a run over captures.

mod chain;
mod coverage;
mod error;
mod facts;
mod gaps;
mod inventory;
mod opened;
mod restore;
mod review;
mod table;
mod task;
#[cfg(test)]
mod tests;
mod verify;
mod when;
mod words;

pub use coverage::{Coverage, Domain, Figures, Status};
pub use error::Error;
pub use gaps::GapsTask;
pub use inventory::{InventoryFormat, InventoryTask};
pub use restore::RestoreTask;
pub use review::{ReviewForm, ReviewTask};
pub use task::{CoverageTask, Findings, Report, Seen, Task, run};
pub use verify::{Inquiry, VerifyTask};
pub use when::When;
