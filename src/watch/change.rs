//! What changed, and what is thought of it.

use crate::exchange::Exchange;
use crate::message::Name;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What kind of change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum ChangeKind {
    /// The first verified DS set of a zone: information.
    DsFirstSeen,
    /// DS records joined those that stay.
    DsAdded,
    /// DS records left, others stay.
    DsRemoved,
    /// No DS record of before is left.
    DsReplaced,
    /// No DS at all any more, proven: the zone went insecure.
    DsWithdrawn,
    /// The zone was proven to have no DS and has one now.
    ZoneSigned,
    /// A DS set older than one seen before: a lagging server or cache, or a replay.
    DsStale,
    /// The DS set matches no key of the DNSKEY RRset: `before` is the one, `after` the other.
    DsMismatch,
    /// Keys joined, left, were revoked or changed algorithm.
    DnskeyChanged,
    /// The parent names other servers for the zone.
    NsChanged,
    /// A step of a rollover came before caches could be ready for it. Where the set is that of
    /// the keys, `before` is the DS set or the keys that caches hold, and `after` the keys since.
    /// Where a zone went unsigned too early, `before` is its last DS set and `after` is empty.
    PrematureStep,
    /// A premature step of its own sort: a server's DNSKEY RRset (`before`) lacks a key that
    /// alone signs what other servers give out (their keys are `after`). Providers that do not
    /// know each other's keys (RFC 8901), or a server that has not followed.
    DnskeyIncomplete,
    /// A signature nears its end and its signer was not seen at work; or, where `reverts` is
    /// set, it was.
    SignatureExpiring,
    /// The keys at a trust point changed (RFC 5011).
    TrustAnchorChanged,
    /// Somebody's trust anchors are not what their zone is signed with.
    TrustAnchorStale,
}

/// The rule that settled whether a change was expected (docs/alerts.md explains each).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Rule {
    /// The same keys, written otherwise: another digest of a key that has one.
    Same,
    /// Declared in the portfolio.
    Planned,
    /// Announced by the zone itself in CDS or CDNSKEY.
    Announced,
    /// A link that works leads from the old set to the new one.
    Continuous,
    /// Old and new algorithm stand together, as RFC 6781 §4.1.4 asks.
    AlgorithmRoll,
    /// The DS is gone and nothing else changed.
    Withdrawn,
    /// Nothing links the new set to the old, or the servers changed with it.
    Discontinuous,
    /// Changed and changed back within a week.
    Flap,
}

impl Rule {
    /// As alerts name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "DS-1",
            Self::Planned => "DS-2",
            Self::Announced => "DS-3",
            Self::Continuous => "DS-4",
            Self::AlgorithmRoll => "DS-5",
            Self::Withdrawn => "DS-6",
            Self::Discontinuous => "DS-7",
            Self::Flap => "DS-8",
        }
    }
}

/// Which set changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Set {
    /// The DS set at the parent.
    Ds,
    /// The DNSKEY RRset.
    Dnskey,
    /// The NS set at the parent.
    Ns,
    /// A signature over any set of the zone.
    Rrsig,
}

/// A change of a zone's sets, judged.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own"
)]
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Change {
    /// The zone.
    pub zone: Name,
    /// What kind of change.
    pub kind: ChangeKind,
    /// Which set changed.
    pub set: Set,
    /// The records before, in zone-file form (keys: tag, algorithm and flags; signatures: owner
    /// and type, key tag, algorithm, inception and expiration), sorted.
    pub before: Vec<String>,
    /// The records after.
    pub after: Vec<String>,
    /// When the set of before was last seen.
    pub before_seen: Option<Timestamp>,
    /// Whether it was expected: an audit record, not an alarm.
    pub is_expected: bool,
    /// The rule that settled it.
    pub rule: Option<Rule>,
    /// Why, in plain words with the facts filled in.
    pub why: String,
    /// The pattern of a registrar hijack: DS replaced or withdrawn together with the servers, or
    /// with keys that the old chain never announced.
    pub is_hijack: bool,
    /// When resolvers begin to fail, if they will.
    pub breaks_at: Option<Timestamp>,
    /// Until when caches hold the set of before.
    pub caches_hold_until: Option<Timestamp>,
    /// The last safe moment to undo it.
    pub undo_until: Option<Timestamp>,
    /// The kind of the earlier change that this one takes back within a week, or mends, if that
    /// was an alarm: its incident ends.
    pub reverts: Option<ChangeKind>,
    /// Of a premature step that `reverts` says is over: it was taken back.
    #[serde(default)]
    pub is_undone: bool,
    /// The change of the portfolio that it is, or that declares it since.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The portfolio speaks against it: it is unexpected whatever announces it.
    #[serde(default)]
    pub is_objected: bool,
    /// Of a signature that nears its end: how much of its lifetime is left at most, in percent.
    pub left_percent: Option<u8>,
    /// When it happened as far as the capture shows: the new set's first sight.
    pub time: Timestamp,
    /// The message that showed it.
    pub exchange: Arc<Exchange>,
}

impl Change {
    /// Whether it says that a change told as an alarm turned out to be announced.
    pub fn is_announced_late(&self) -> bool {
        self.rule == Some(Rule::Announced) && self.reverts == Some(self.kind)
    }

    /// Whether it says that a trouble is mended, and not that a set is what it was before.
    pub fn is_mending(&self) -> bool {
        let is_trouble = matches!(
            self.kind,
            ChangeKind::DnskeyIncomplete
                | ChangeKind::PrematureStep
                | ChangeKind::SignatureExpiring
        );
        is_trouble && self.reverts.is_some()
    }
}
