//! What the rooms before this one notice, apart from verdicts and changes.

use crate::capture::FrameNumber;
use crate::chain::Contradiction;
use crate::exchange::{Exchange, Vantage};
use crate::message::{Name, Rcode};
use crate::time::Timestamp;
use crate::watch::{Outage, StaleAnchor};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// Packets lost since the last count.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Loss {
    /// By the kernel, its buffer being full.
    pub kernel_drops: u64,
    /// By the interface.
    pub interface_drops: u64,
    /// Between the kernel and sigtap: counted, and not handed over before the end.
    pub queue_drops: u64,
}

impl Loss {
    /// Packets lost in all.
    pub const fn total(self) -> u64 {
        self.kernel_drops
            .saturating_add(self.interface_drops)
            .saturating_add(self.queue_drops)
    }

    /// What was lost since another count.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            kernel_drops: self.kernel_drops.saturating_sub(before.kernel_drops),
            interface_drops: self.interface_drops.saturating_sub(before.interface_drops),
            queue_drops: self.queue_drops.saturating_sub(before.queue_drops),
        }
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            kernel_drops: self.kernel_drops.saturating_add(other.kernel_drops),
            interface_drops: self.interface_drops.saturating_add(other.interface_drops),
            queue_drops: self.queue_drops.saturating_add(other.queue_drops),
        }
    }
}

/// A trouble of the sensor, or something odd that is no verdict.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Fragments of one datagram overlap: somebody may be forging its tail.
    FragmentOverlap {
        /// When the overlapping one passed.
        time: Timestamp,
        /// Its number.
        frame: FrameNumber,
        /// Who claims to have sent it.
        source: IpAddr,
        /// To whom.
        destination: IpAddr,
    },
    /// Packets were lost.
    CaptureLoss {
        /// When that was counted.
        time: Timestamp,
        /// How many, since the last count.
        loss: Loss,
    },
    /// Responses were left unjudged because they ask for too much work.
    BudgetExceeded {
        /// When.
        time: Timestamp,
        /// The zone that asks for it, if it is one.
        zone: Option<Name>,
    },
    /// A resolver refused a client: SERVFAIL, or an Extended DNS Error that blames the data.
    /// Whether that was right is told here.
    Refusal {
        /// The response to the client.
        exchange: Arc<Exchange>,
    },
    /// A second response to a query differs from the first.
    ResponseConflict {
        /// The second one.
        exchange: Arc<Exchange>,
    },
    /// No server of a zone answers, or one does again.
    Outage(Outage),
    /// Trust anchors are not what their zone is signed with, or are so again.
    StaleAnchor(Box<StaleAnchor>),
    /// A signed denial contradicts signed data of its zone, or does so no longer.
    Contradiction(Box<Contradiction>),
}

/// Extended DNS Errors that blame the data (RFC 8914 §4.7 to §4.13).
pub(super) const BLAMES_DATA: std::ops::RangeInclusive<u16> = 6..=12;

impl Notice {
    /// The notice of a refusal, if a response is one: SERVFAIL out of a resolver, or an Extended
    /// DNS Error that blames the data.
    pub fn of_refusal(exchange: &Arc<Exchange>) -> Option<Self> {
        let message = &exchange.message;
        let mut errors = message.edns.iter().flat_map(|edns| &edns.errors);
        let is_refusal = message.header.rcode == Rcode::SERVFAIL
            || errors.any(|error| BLAMES_DATA.contains(&error.code));
        (is_refusal && exchange.vantage == Vantage::Downstream).then(|| Self::Refusal {
            exchange: Arc::clone(exchange),
        })
    }

    /// When it was noticed.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::FragmentOverlap { time, .. }
            | Self::CaptureLoss { time, .. }
            | Self::BudgetExceeded { time, .. } => *time,
            Self::Refusal { exchange } | Self::ResponseConflict { exchange } => {
                exchange.message.time
            }
            Self::Outage(outage) => outage.time,
            Self::StaleAnchor(stale) => stale.change.time,
            Self::Contradiction(found) => found.exchange.message.time,
        }
    }
}
