//! What sigtap must stand, and the laws that must hold, for any octets.
//!
//! Each target is a function of octets that panics where a law is broken. The fuzzers in
//! `fuzz_targets` call them with octets of their own making, `tests/fuzz_corpus.rs` with those
//! that are kept in `corpus`.

pub mod anchors;
pub mod captures;
pub mod chain;
mod choices;
pub mod cuts;
pub mod denial;
pub mod layers;
pub mod lines;
pub mod message;
pub mod names;
pub mod pieces;
pub mod portfolio;
mod records;
pub mod resume;
mod sensor;
pub mod zone_file;

/// Takes octets from anybody.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: [(&str, Target); 13] = [
    ("anchors", anchors::run),
    ("captures", captures::run),
    ("chain", chain::run),
    ("cuts", cuts::run),
    ("denial", denial::run),
    ("layers", layers::run),
    ("lines", lines::run),
    ("message", message::run),
    ("names", names::run),
    ("pieces", pieces::run),
    ("portfolio", portfolio::run),
    ("resume", resume::run),
    ("zone_file", zone_file::run),
];
