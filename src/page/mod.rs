//! Gives who asks the sensor itself an answer: metrics, health, and a page for people.
//!
//! Takes [`Snapshot`]s, which the tail makes and publishes on a [`Board`], and gives responses to
//! requests over HTTP ([`Server`]). Owns the listening socket and the latest snapshot. Nobody who
//! asks ever makes the tail wait. The only door to httparse, askama and arc-swap.

mod answer;
mod board;
mod card;
mod concern;
mod error;
mod metrics;
mod request;
mod server;
mod snapshot;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod words;
mod zone_metrics;
mod zone_row;

pub use board::{Board, Moment, Published};
pub use card::Card;
pub use concern::{Concern, Level, concerns};
pub use error::Error;
pub use metrics::metrics;
pub use server::{DEFAULT_ADDRESS, Server, Serving};
pub use snapshot::{
    Incidents, Lately, ResolverView, SinkFigures, Snapshot, Table, ZoneView, Zones,
};
pub use status::{Format, status};
