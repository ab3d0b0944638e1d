//! Gives exchanges: responses beside what was asked.
//!
//! Takes messages in capture order and gives an [`Exchange`] for each response. Owns the table
//! of open queries and the memory of mirrored duplicates. Judges nothing.

mod pairing;
mod recent;
mod transaction;

pub use pairing::{Exchanges, Paired, Unchecked};
pub use transaction::Transaction;

use crate::message::Message;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Which side of the resolver a response passed on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Vantage {
    /// From an authoritative server to a resolver.
    Upstream,
    /// From a resolver to its client, or to a forwarder.
    Downstream,
}

/// How a response stands to the queries that passed the tap.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Standing {
    /// The first response to a query that was seen.
    Matched,
    /// No query from this client to this server was ever seen: the tap may see one direction.
    QueriesUnseen,
    /// Queries to this server are seen, but none that this answers.
    Unmatched,
    /// Its query was answered before, otherwise.
    Second,
}

impl Standing {
    /// Whether a response that stands so may accuse a zone; any other could be anybody's.
    pub const fn may_accuse(self) -> bool {
        matches!(self, Self::Matched | Self::QueriesUnseen)
    }
}

/// What a query asked for besides its question.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Asked {
    /// When it passed.
    pub time: Timestamp,
    /// DO: the client wants DNSSEC records.
    pub dnssec_ok: bool,
    /// CD: the client checks for itself and takes bogus data too.
    pub checking_disabled: bool,
}

/// A response and its query.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Exchange {
    /// The response.
    pub message: Message,
    /// Its query, if that was seen.
    pub asked: Option<Asked>,
    /// How the response stands to the queries seen.
    pub standing: Standing,
    /// The side it passed on.
    pub vantage: Vantage,
}

impl Exchange {
    /// Whether it shows what a server says now, in answer to a query of the resolver: no cache,
    /// and nobody who was not asked.
    pub fn is_first_hand(&self) -> bool {
        self.vantage == Vantage::Upstream && self.standing.may_accuse()
    }

    /// The server that responded.
    pub fn server(&self) -> IpAddr {
        self.message.flow.source.ip()
    }

    /// The resolver: who asked upstream, or who answered downstream.
    pub fn resolver(&self) -> IpAddr {
        match self.vantage {
            Vantage::Upstream => self.message.flow.destination.ip(),
            Vantage::Downstream => self.message.flow.source.ip(),
        }
    }

    /// Whether DNSSEC records were asked for. Without its query, the response's own DO tells:
    /// servers copy it (RFC 3225 §3).
    pub fn dnssec_ok(&self) -> bool {
        self.asked
            .map_or_else(|| self.message.dnssec_ok(), |asked| asked.dnssec_ok)
    }

    /// Whether the client asked for data unchecked.
    pub fn checking_disabled(&self) -> bool {
        let header = self.message.header;
        self.asked
            .map_or(header.checking_disabled(), |asked| asked.checking_disabled)
    }
}
