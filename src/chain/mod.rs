//! Builds chains of trust and judges responses by them.
//!
//! Takes [`Exchange`](crate::exchange::Exchange)s in capture order and gives [`Verdict`]s and
//! [`Fact`]s. Owns what is trusted of every zone and the responses that wait for their keys.

pub mod denial;
mod fact;
mod verdict;

pub use fact::{Fact, KeySet, Shown, SignedBy};
pub use verdict::{Reason, Subject, ValidationState, Verdict};
