//! What belongs together on the wire.

use crate::message::{Header, Salt};
use crate::packet::{Flow, Transport};

/// A transaction on the wire: client, server, transport and identifier, as a digest. A query and
/// its responses have the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transaction(u64);

impl Transaction {
    /// The transaction of a message with this header.
    pub fn of(flow: Flow, header: Header, salt: &Salt) -> Self {
        let (client, server) = if header.is_response() {
            (flow.destination, flow.source)
        } else {
            (flow.source, flow.destination)
        };
        let transport = u64::from(flow.transport == Transport::Tcp);
        let ports = u64::from(client.port()) << 16 | u64::from(server.port());
        let number = transport << 48 | ports << 16 | u64::from(header.id);
        Self(salt.digest_of_ends([client.ip(), server.ip()], number))
    }

    pub(super) const fn digest(self) -> u64 {
        self.0
    }
}
