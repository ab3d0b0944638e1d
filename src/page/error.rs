//! Why nothing can be asked of the sensor.

use std::io;
use std::net::SocketAddr;

/// Why the address for metrics and the status page cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It cannot be listened at.
    #[error(
        "cannot serve metrics and the status page at {address}{}: --http takes another \
         ADDR:PORT, or off",
        hint(source)
    )]
    Listen {
        /// As given.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No thread can be had for it.
    #[error("cannot start a thread that serves metrics and the status page")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

fn hint(source: &io::Error) -> &'static str {
    if source.kind() == io::ErrorKind::AddrInUse {
        ", where somebody else listens, perhaps another sigtap"
    } else {
        ""
    }
}
