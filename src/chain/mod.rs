//! Gives verdicts: what the chains of trust say of each response.
//!
//! Takes messages in the order of capture. Owns all trust in zones.

pub mod denial;
