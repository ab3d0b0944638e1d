//! Gives what the operator says of zones, their changes, and resolvers.
//!
//! Takes the text of a portfolio and gives a checked [`Portfolio`]: whose zones are watched, who
//! answers for them, what is planned. Owns nothing, and knows no traffic. The only door to csv,
//! idna and strsim; shares that to toml with `cli`.

mod book;
mod check;
mod import;
mod plan;
mod problem;
mod raw;
mod read;
mod resolver;
mod zone;

pub use book::Portfolio;
pub use check::{Gap, GapKind, gaps, gaps_of};
pub use import::{Imported, Refused, Row, import};
pub use plan::Plan;
pub use problem::{PortfolioError, Problem};
pub use raw::{line, nearest};
pub use resolver::{Resolver, Software};
pub use zone::{Criticality, Expected, Zone};
