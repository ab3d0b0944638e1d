//! How bad, how sure, and why: the scales of an alert.

use serde::{Deserialize, Serialize};

/// How bad it is, as in OCSF.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Severity {
    /// A record, no alarm.
    Informational,
    /// For the next working day.
    Low,
    /// For today.
    Medium,
    /// For now.
    High,
    /// Wake somebody.
    Critical,
}

impl Severity {
    /// All, from the mildest.
    pub const ALL: [Self; 5] = [
        Self::Informational,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// As `severity` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// OCSF's `severity_id`: 5 is the worst.
    pub const fn id(self) -> u8 {
        match self {
            Self::Informational => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
        }
    }

    /// EVE's `alert.severity`: 1 is the worst.
    pub const fn eve(self) -> u8 {
        match self {
            Self::Critical | Self::High => 1,
            Self::Medium => 2,
            Self::Low | Self::Informational => 3,
        }
    }

    /// From the name, as command lines give it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// How sure it is, as in OCSF.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Confidence {
    /// Never above medium severity.
    Low,
    /// Something is missing that would settle it.
    Medium,
    /// Settled.
    High,
}

impl Confidence {
    /// OCSF's `confidence_id`.
    pub const fn id(self) -> u8 {
        match self {
            Self::Low => 1,
            Self::Medium => 2,
            Self::High => 3,
        }
    }
}

/// What brought it about, as far as the evidence tells (DESIGN: `alert.cause`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Cause {
    /// Signatures are outside their time: not refreshed, or made by a wrong clock.
    ExpiredSignatures,
    /// A key rollover went wrong.
    RolloverError,
    /// Parent and child do not agree on the keys.
    DsMismatch,
    /// The signer does not do its work.
    SigningOutage,
    /// Somebody altered data.
    Tampering,
    /// Somebody takes the signatures away.
    Downgrade,
    /// Somebody answers in another's name.
    Spoofing,
    /// Somebody took over the delegation.
    RegistrarHijack,
    /// The resolver, or a box before it.
    ResolverFault,
    /// The sensor's own clock.
    SensorClock,
    /// Nothing that passed tells.
    Unknown,
}

impl Cause {
    /// As `alert.cause` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExpiredSignatures => "expired_signatures",
            Self::RolloverError => "rollover_error",
            Self::DsMismatch => "ds_mismatch",
            Self::SigningOutage => "signing_outage",
            Self::Tampering => "tampering",
            Self::Downgrade => "downgrade",
            Self::Spoofing => "spoofing",
            Self::RegistrarHijack => "registrar_hijack",
            Self::ResolverFault => "resolver_fault",
            Self::SensorClock => "sensor_clock",
            Self::Unknown => "unknown",
        }
    }
}

/// The triage answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum CauseClass {
    /// Somebody means harm.
    Attack,
    /// Somebody made a mistake.
    Misconfiguration,
    /// Something does not run.
    Outage,
    /// The sensor itself.
    Sensor,
    /// Not known.
    Unknown,
}

impl CauseClass {
    /// As `alert.cause_class` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attack => "attack",
            Self::Misconfiguration => "misconfiguration",
            Self::Outage => "outage",
            Self::Sensor => "sensor",
            Self::Unknown => "unknown",
        }
    }
}

/// How wide an incident is so far.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Scope {
    /// One RRset.
    Rrset,
    /// One server, or some of several.
    Server,
    /// One resolver, or the path to it.
    Resolver,
    /// The zone wherever it is seen.
    Zone,
}

impl Scope {
    /// As `incident.scope` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rrset => "rrset",
            Self::Server => "server",
            Self::Resolver => "resolver",
            Self::Zone => "zone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_map_to_ocsf_and_eve() {
        let mapped: Vec<(u8, u8)> = Severity::ALL
            .iter()
            .map(|severity| (severity.id(), severity.eve()))
            .collect();
        assert_eq!(mapped, [(1, 3), (2, 3), (3, 2), (4, 1), (5, 1)]);
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.name()), Some(severity));
        }
        assert_eq!(Severity::parse("fatal"), None);
    }
}
