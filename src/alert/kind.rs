//! The catalogue: what an alert can be about.

use super::severity::Severity;
use crate::chain::Reason;
use crate::watch::ChangeKind;
use serde::{Deserialize, Serialize};

/// What a kind is about, and so what its incidents are joined by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Topic {
    /// Data of a zone that does not validate.
    Validation,
    /// A DS, key or server set that changed.
    Change,
    /// A zone that nobody can reach.
    Reachability,
    /// A resolver, or somebody who talks to it.
    Resolver,
    /// The sensor itself, or its seat.
    Sensor,
}

impl Topic {
    /// As `alert.category` names it.
    pub const fn category(self) -> &'static str {
        match self {
            Self::Validation => "dnssec-validation",
            Self::Change => "dnssec-change",
            Self::Reachability => "dns-outage",
            Self::Resolver => "dns-resolver",
            Self::Sensor => "sensor",
        }
    }
}

/// Writes the enum and its tables from one row a kind.
macro_rules! catalogue {
    ($($variant:ident, $number:literal, $name:literal, $topic:ident, $severity:ident,
       $signature:literal, [$($reference:literal),*];)*) => {
        /// What an alert is about. New kinds may join; none is renamed or renumbered.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub enum Kind {
            $(#[doc = $signature] $variant,)*
        }

        impl Kind {
            /// All kinds, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As `alert.kind` names it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The stable catalogue number, `alert.signature_id`.
            pub const fn number(self) -> u32 {
                53_550_000 + match self { $(Self::$variant => $number),* }
            }

            /// What it is about.
            pub const fn topic(self) -> Topic {
                match self { $(Self::$variant => Topic::$topic),* }
            }

            /// Where its severity starts; [`super::diagnosis`] raises and lowers it.
            pub(super) const fn base_severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// One line that says what it means, `alert.signature`.
            pub const fn signature(self) -> &'static str {
                match self { $(Self::$variant => $signature),* }
            }

            /// Where the rule stands that was broken.
            pub const fn references(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($reference),*]),* }
            }
        }
    };
}

catalogue! {
    SignatureInvalid, 1, "signature_invalid", Validation, High,
        "DNSSEC signature does not verify with an authenticated key", ["RFC 4035 section 5.3.3"];
    SignatureExpired, 2, "signature_expired", Validation, High,
        "DNSSEC signatures are past their expiration", ["RFC 4035 section 5.3.1"];
    SignatureNotYetValid, 3, "signature_not_yet_valid", Validation, High,
        "DNSSEC signatures are before their inception", ["RFC 4035 section 5.3.1"];
    DnskeyMissing, 4, "dnskey_missing", Validation, High,
        "No published DNSKEY for the DS or the signature", ["RFC 4035 section 5.2", "RFC 4035 section 5.3.1"];
    SignatureMissing, 5, "signature_missing", Validation, High,
        "Records of a signed zone came without signature", ["RFC 4035 section 5.3.1", "RFC 4035 section 3.1.1"];
    NoZoneKey, 6, "no_zone_key", Validation, High,
        "The DNSKEY that the DS or the signature names is no zone key", ["RFC 4034 section 2.1.1"];
    DenialMissing, 7, "denial_missing", Validation, High,
        "A negative or wildcard answer of a signed zone came without proof", ["RFC 4035 section 5.4", "RFC 4035 section 3.1.3"];
    DenialInvalid, 8, "denial_invalid", Validation, High,
        "The proof of a negative answer does not show what it should", ["RFC 4035 section 5.4", "RFC 5155 section 8"];
    DnskeyRevoked, 9, "dnskey_revoked", Validation, High,
        "Records are signed with a revoked DNSKEY", ["RFC 5011 section 2.1"];
    SignerMismatch, 10, "signer_mismatch", Validation, High,
        "The signer is not the zone that the records lie in", ["RFC 4035 section 5.3.1"];
    DenialContradiction, 11, "denial_contradiction", Validation, High,
        "A signed denial contradicts signed data of the same zone", ["RFC 4034 section 4.1.2", "RFC 8198 section 5"];

    DsAdded, 101, "ds_added", Change, Low,
        "DS records were added", ["RFC 4035 section 2.4", "RFC 7344 section 4"];
    DsRemoved, 102, "ds_removed", Change, Medium,
        "Some DS records were removed", ["RFC 4035 section 2.4", "RFC 7344 section 4"];
    DsReplaced, 103, "ds_replaced", Change, High,
        "All DS records were replaced", ["RFC 7344 section 4", "RFC 6781 section 4.1.2"];
    DsWithdrawn, 104, "ds_withdrawn", Change, Medium,
        "The DS set was withdrawn: the zone went insecure", ["RFC 8078 section 4", "RFC 6840 section 4.4"];
    ZoneSigned, 105, "zone_signed", Change, Low,
        "A zone that had no DS has one now", ["RFC 8078 section 3", "RFC 9615"];
    DsFirstSeen, 106, "ds_first_seen", Change, Informational,
        "The first verified DS set of a zone", ["RFC 4035 section 2.4"];
    DsMismatch, 107, "ds_mismatch", Change, High,
        "The DS set matches no key of the DNSKEY RRset", ["RFC 4035 section 5.2"];
    DsStale, 108, "ds_stale", Change, Informational,
        "A DS set older than one seen before", ["RFC 4035 section 5.2"];
    DnskeyChanged, 109, "dnskey_changed", Change, Medium,
        "DNSKEY records joined, left or were revoked", ["RFC 6781 section 4.1", "RFC 7583"];
    NsChanged, 110, "ns_changed", Change, Low,
        "The parent names other servers for the zone", ["RFC 1034 section 4.2.2"];
    PrematureStep, 111, "premature_step", Change, High,
        "A rollover step came before caches could be ready for it", ["RFC 7583 section 3", "RFC 8901 section 2.1"];
    SignatureExpiring, 112, "signature_expiring", Change, Medium,
        "DNSSEC signatures are about to expire and are not refreshed", ["RFC 6781 section 4.4.2"];
    TrustAnchorChanged, 113, "trust_anchor_changed", Change, Critical,
        "The keys of a trust anchor changed", ["RFC 5011"];
    TrustAnchorStale, 114, "trust_anchor_stale", Change, Medium,
        "A trust anchor is not what its zone is signed with any more", ["RFC 5011", "RFC 8145"];

    ZoneUnreachable, 201, "zone_unreachable", Reachability, Medium,
        "No server of the zone answers", ["RFC 2308 section 7.2"];
    ResolverNotValidating, 202, "resolver_not_validating", Resolver, Medium,
        "A resolver hands out data that does not validate", ["RFC 4035 section 5.5"];
    ResolverDisagrees, 203, "resolver_disagrees", Resolver, Medium,
        "A resolver's answers do not fit what its servers say", ["RFC 4035 section 4.7", "RFC 8914 section 4"];
    ResponseUnsolicited, 204, "response_unsolicited", Resolver, Low,
        "A response that nobody asked for does not validate", ["RFC 5452 section 9.1"];
    ResponseConflict, 205, "response_conflict", Resolver, Medium,
        "A query got two different responses", ["RFC 5452 section 9.1"];

    FragmentOverlap, 301, "fragment_overlap", Sensor, Low,
        "Overlapping IP fragments", ["RFC 5722 section 4"];
    PrivateZone, 302, "private_zone", Sensor, Low,
        "A private zone lives under a signed public one", ["RFC 7646", "RFC 8023"];
    ClockSkew, 303, "clock_skew", Sensor, Medium,
        "Many zones look out of time at once: the sensor's clock is wrong", ["RFC 4035 section 5.3.1"];
    BudgetExceeded, 304, "budget_exceeded", Sensor, Low,
        "Responses ask for more work than they are worth", ["CVE-2023-50387", "RFC 9276 section 3.2"];
    CaptureLoss, 305, "capture_loss", Sensor, Medium,
        "The sensor lost packets", [];
}

impl Kind {
    /// The kind for a reason of [bogus](crate::chain::ValidationState::Bogus); nothing for others.
    pub const fn of_reason(reason: Reason) -> Option<Self> {
        match reason {
            Reason::SignatureInvalid => Some(Self::SignatureInvalid),
            Reason::SignatureExpired => Some(Self::SignatureExpired),
            Reason::SignatureNotYetValid => Some(Self::SignatureNotYetValid),
            Reason::DnskeyMissing => Some(Self::DnskeyMissing),
            Reason::SignatureMissing => Some(Self::SignatureMissing),
            Reason::NoZoneKey => Some(Self::NoZoneKey),
            Reason::DenialMissing => Some(Self::DenialMissing),
            Reason::DenialInvalid => Some(Self::DenialInvalid),
            Reason::DnskeyRevoked => Some(Self::DnskeyRevoked),
            Reason::SignerMismatch => Some(Self::SignerMismatch),
            Reason::NoDs
            | Reason::UnsupportedAlgorithm
            | Reason::UnsupportedDigest
            | Reason::NegativeAnchor
            | Reason::Unsignable
            | Reason::Nsec3Iterations
            | Reason::KeysUnseen
            | Reason::ZoneCutUnseen
            | Reason::Truncated
            | Reason::Incomplete
            | Reason::Budget
            | Reason::Unanchored => None,
        }
    }

    /// The kind for a change.
    pub const fn of_change(change: ChangeKind) -> Self {
        match change {
            ChangeKind::DsFirstSeen => Self::DsFirstSeen,
            ChangeKind::DsAdded => Self::DsAdded,
            ChangeKind::DsRemoved => Self::DsRemoved,
            ChangeKind::DsReplaced => Self::DsReplaced,
            ChangeKind::DsWithdrawn => Self::DsWithdrawn,
            ChangeKind::ZoneSigned => Self::ZoneSigned,
            ChangeKind::DsStale => Self::DsStale,
            ChangeKind::DsMismatch => Self::DsMismatch,
            ChangeKind::DnskeyChanged => Self::DnskeyChanged,
            ChangeKind::NsChanged => Self::NsChanged,
            ChangeKind::PrematureStep | ChangeKind::DnskeyIncomplete => Self::PrematureStep,
            ChangeKind::SignatureExpiring => Self::SignatureExpiring,
            ChangeKind::TrustAnchorChanged => Self::TrustAnchorChanged,
            ChangeKind::TrustAnchorStale => Self::TrustAnchorStale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_unique_and_rise() {
        let numbers: Vec<u32> = Kind::ALL.iter().map(|kind| kind.number()).collect();
        assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[0] != pair[1]));
        let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn reasons_keep_their_names_as_kinds() {
        for (reason, number) in [
            (Reason::SignatureInvalid, 53_550_001),
            (Reason::DenialMissing, 53_550_007),
            (Reason::SignerMismatch, 53_550_010),
        ] {
            let kind = Kind::of_reason(reason).unwrap();
            assert_eq!((kind.name(), kind.number()), (reason.name(), number));
        }
        assert_eq!(Kind::of_reason(Reason::KeysUnseen), None);
    }
}
