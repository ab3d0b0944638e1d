//! A key at a trust point, and where in its life as an anchor it stands (RFC 5011 §4).

use crate::message::Dnskey;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where in its life as a trust anchor a key stands (RFC 5011 §4.2). A key in the state Start is
/// not followed yet.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum AnchorState {
    /// New; trusted once this moment has passed and it is still published.
    AddPend {
        /// The end of its hold-down.
        until: Timestamp,
    },
    /// Trusted.
    Valid,
    /// Trusted, and not published any more, though it was not revoked.
    Missing,
    /// Revoked by itself, for good.
    Revoked,
    /// Revoked and gone for so long that nothing is expected of it.
    Removed,
}

/// A key that is followed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AnchorKey {
    /// The key as it is without the REVOKE bit, which changes its tag.
    pub key: Arc<Dnskey>,
    /// Where it stands.
    pub state: AnchorState,
    /// Since when.
    pub since: Timestamp,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When its hold-down was over.
    pub accepted: Option<Timestamp>,
    /// From when on whoever published the anchor trusts it, if that is known.
    pub given_from: Option<Timestamp>,
    /// Which of the anchors that the operator gave name it, by their places.
    pub(super) named_by: Vec<usize>,
    /// The newest set that held it, by the inception of its signature.
    pub(super) seen_inception: Timestamp,
    /// The keys that vouched for it when it was new (RFC 5011 §2.2).
    pub(super) vouched_by: Vec<Arc<Dnskey>>,
    /// Since when a revoked key has left the set.
    pub(super) gone_since: Option<Timestamp>,
}

impl AnchorKey {
    /// Whether chains may begin with it.
    pub const fn is_trusted(&self) -> bool {
        matches!(self.state, AnchorState::Valid | AnchorState::Missing)
    }

    /// Whether an anchor that the operator gave names it.
    pub const fn is_configured(&self) -> bool {
        !self.named_by.is_empty()
    }

    /// What orders keys by age: since when it is trusted, as whoever published it says, or since
    /// when it was seen.
    pub fn age(&self) -> Timestamp {
        self.given_from.unwrap_or(self.first_seen)
    }

    /// When its hold-down ends, if it is in it.
    pub fn pending_until(&self) -> Option<Timestamp> {
        if let AnchorState::AddPend { until } = self.state {
            return Some(until);
        }
        None
    }

    /// Whether it was revoked, however long ago.
    pub(super) const fn is_revoked(&self) -> bool {
        matches!(self.state, AnchorState::Revoked | AnchorState::Removed)
    }

    /// Whether it is revoked at this moment.
    pub(super) fn is_over(&self, at: Timestamp) -> bool {
        // One that was never seen to vouch was revoked before it was looked at.
        let was_in_force = self.seen_inception != Timestamp::default();
        self.is_revoked() && (!was_in_force || self.since <= at)
    }

    pub(super) fn was_accepted(&self, at: Timestamp) -> bool {
        self.accepted.is_some_and(|accepted| accepted <= at)
    }

    pub(super) fn enter(&mut self, state: AnchorState, time: Timestamp) {
        self.state = state;
        self.since = time;
    }
}
