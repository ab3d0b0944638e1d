//! Which page tells what to do.

use super::kind::Kind;
use super::severity::Cause;

impl Kind {
    /// The page of its playbook, as a path in the repository. Kinds that ask for the same moves
    /// share one.
    pub const fn playbook(self) -> &'static str {
        match self {
            Self::SignatureInvalid | Self::SignerMismatch => "docs/playbooks/signature_invalid.md",
            Self::SignatureExpired | Self::SignatureNotYetValid | Self::SignatureExpiring => {
                "docs/playbooks/signature_expired.md"
            }
            Self::DnskeyMissing | Self::NoZoneKey | Self::DnskeyRevoked => {
                "docs/playbooks/dnskey_missing.md"
            }
            Self::SignatureMissing => "docs/playbooks/signature_missing.md",
            Self::DenialMissing | Self::DenialInvalid | Self::DenialContradiction => {
                "docs/playbooks/denial.md"
            }
            Self::DsMismatch => "docs/playbooks/ds_mismatch.md",
            Self::DsAdded
            | Self::DsRemoved
            | Self::DsReplaced
            | Self::DsStale
            | Self::DsFirstSeen
            | Self::NsChanged => "docs/playbooks/ds_changed.md",
            Self::DsWithdrawn => "docs/playbooks/ds_withdrawn.md",
            Self::ZoneSigned => "docs/playbooks/zone_signed.md",
            Self::DnskeyChanged => "docs/playbooks/dnskey_changed.md",
            Self::PrematureStep => "docs/playbooks/premature_step.md",
            Self::TrustAnchorChanged | Self::TrustAnchorStale => "docs/playbooks/trust_anchor.md",
            Self::ZoneUnreachable => "docs/playbooks/zone_unreachable.md",
            Self::ResolverNotValidating => "docs/playbooks/resolver_not_validating.md",
            Self::ResolverDisagrees => "docs/playbooks/resolver_disagrees.md",
            Self::ResponseUnsolicited | Self::ResponseConflict | Self::FragmentOverlap => {
                "docs/playbooks/spoofing.md"
            }
            Self::PrivateZone => "docs/playbooks/private_zone.md",
            Self::ClockSkew => "docs/playbooks/clock_skew.md",
            Self::BudgetExceeded => "docs/playbooks/budget_exceeded.md",
            Self::CaptureLoss => "docs/playbooks/capture_loss.md",
        }
    }
}

/// The page for an incident: whatever it shows itself by, a hijack has its own.
pub(super) fn page(kind: Kind, cause: Cause) -> &'static str {
    match cause {
        Cause::RegistrarHijack => "docs/playbooks/registrar_hijack.md",
        Cause::ExpiredSignatures
        | Cause::RolloverError
        | Cause::DsMismatch
        | Cause::SigningOutage
        | Cause::Tampering
        | Cause::Downgrade
        | Cause::Spoofing
        | Cause::ResolverFault
        | Cause::SensorClock
        | Cause::Unknown => kind.playbook(),
    }
}
