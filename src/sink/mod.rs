//! Brings lines to where the user wants them.
//!
//! Takes lines with their [`Envelope`](crate::alert::Envelope)s and gives them to files, standard
//! output, syslog daemons and collectors over HTTP, at least once each. Owns the open outputs,
//! the spools on disk, and one thread for each output that is a network away. Never looks inside
//! a line. The only door to ureq and rustls.

mod bulk;
mod clock;
mod courier;
mod error;
mod file;
mod grammar;
mod http;
mod output;
mod plan;
mod record;
mod refused;
mod sender;
mod sinks;
mod spool;
mod standing;
mod syslog;

pub use error::{Ended, Error};
pub use grammar::Unusable;
pub use plan::{
    Api, FilePlan, Framing, HttpPlan, Login, Mode, Rotation, SPOOL_MIB, Secret, SyslogPlan, Target,
    Transport,
};
pub use sinks::{Common, Place, Sinks, check_distinct};
pub use standing::Figures;
