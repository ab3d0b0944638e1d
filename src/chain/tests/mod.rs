//! The rules of judgement, one test each: a story on the wire and what is said of it.

mod absence;
mod aliases;
mod anchors;
mod arrival;
mod bounds;
mod contradiction;
mod delegation;
mod hostile;
mod links;
mod negative;
mod place;
mod private;
mod reload;
mod rollover;
mod signatures;
mod standing;
mod trust_points;
mod waiting;
