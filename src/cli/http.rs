//! Where the sensor itself can be asked, as the user types it.

use crate::page::DEFAULT_ADDRESS;
use std::fmt;
use std::net::SocketAddr;

/// Where the sensor itself can be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HttpArg(pub(super) Option<SocketAddr>);

impl Default for HttpArg {
    fn default() -> Self {
        Self(Some(DEFAULT_ADDRESS))
    }
}

impl fmt::Display for HttpArg {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(out, "{address}"),
            None => out.write_str("off"),
        }
    }
}

/// An address with a port, or off.
pub(super) fn http(text: &str) -> Result<HttpArg, String> {
    if text == "off" {
        return Ok(HttpArg(None));
    }
    let address = text.parse().map_err(|_| {
        "expected an address with a port, as in 127.0.0.1:8553 or [::1]:8553, or off".to_owned()
    })?;
    Ok(HttpArg(Some(address)))
}
