//! Steps that come before the caches are ready for them.

use crate::alert::{Cause, CauseClass, Kind, Severity};
use crate::drill::key::Role;
use crate::drill::sheet::{Finding, Scenario, Whose};
use crate::drill::stage::Stage;
use crate::drill::zone::{DAY, HOUR};
use crate::signature::P256;

/// A day, as a TTL.
const DAY_TTL: u32 = 86_400;

pub(super) const KSK_REMOVED_EARLY: Scenario = Scenario {
    name: "ksk-removed-early",
    title: "the old KSK goes while caches still hold its DS",
    model: ".nz, May 2023",
    hours: 67,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.world.pace = 300;
        stage.change_parent(|parent| parent.ttls.ds = DAY_TTL);
        stage.notes("all is well; the parent's DS records live for a day");
        stage.runs(6 * HOUR);
        let new = stage.new_key(Role::KeySigning, P256);
        let joining = new.clone();
        stage.change(|zone| {
            zone.published.extend(joining.clone());
            zone.key_signers.extend(joining);
        });
        stage.notes("the new KSK joins; both sign the keys");
        stage.runs(26 * HOUR);
        let ds = stage.ds_of(&new);
        stage.publishes_ds(ds);
        stage.notes("the parent exchanges the DS record");
        stage.runs(5 * HOUR);
        stage.is_busy();
        stage.change(|zone| {
            zone.published
                .retain(|key| new.contains(key) || zone.signers.contains(key));
            zone.key_signers.retain(|key| new.contains(key));
        });
        stage.notes("the old KSK goes, after hours and not after a day");
        stage.is_busy();
        stage.runs(DAY + 2 * HOUR);
        stage.notes("no cache has the old DS any more");
        stage.is_busy();
    },
    alerts: &[Finding {
        kind: Kind::PrematureStep,
        whose: Whose::Zone,
        cause: Cause::RolloverError,
        class: CauseClass::Misconfiguration,
        severity: Severity::High,
    }],
    records: &[
        (Kind::DnskeyChanged, Whose::Zone),
        (Kind::DsReplaced, Whose::Zone),
        // That its danger is over.
        (Kind::PrematureStep, Whose::Zone),
    ],
    lesson: "A mistake of timing: DS and keys fit each other, and who asks afresh is well; only caches with the DS of before fail.",
    way_back: "Publish the old KSK again and let it sign, until the old DS has left the caches. Not a DS change: that takes a day more.",
    questions: &[
        "From which figures does one compute the earliest safe moment?",
        "Until when did the alert say that the step could be taken back?",
        "Which clients were hit, and which not?",
    ],
};

pub(super) const STANDBY_SIGNER: Scenario = Scenario {
    name: "standby-signer",
    title: "a standby signer takes over with another ZSK that nobody had published",
    model: "APNIC, December 2012",
    hours: 16,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.change(|zone| zone.ttls.keys = DAY_TTL);
        stage.notes("all is well; the zone's keys live for a day in caches");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let new = stage.new_key(Role::ZoneSigning, P256);
        stage.change(|zone| {
            zone.published.retain(|key| zone.key_signers.contains(key));
            zone.published.extend(new.clone());
            zone.signers = new;
        });
        stage.notes("the standby signer takes over: the same KSK, a ZSK of its own");
        stage.is_busy();
        stage.runs(6 * HOUR);
        stage.is_busy();
    },
    alerts: &[
        Finding {
            kind: Kind::DnskeyMissing,
            whose: Whose::Zone,
            cause: Cause::RolloverError,
            class: CauseClass::Misconfiguration,
            severity: Severity::High,
        },
        Finding {
            kind: Kind::PrematureStep,
            whose: Whose::Zone,
            cause: Cause::RolloverError,
            class: CauseClass::Misconfiguration,
            severity: Severity::High,
        },
    ],
    records: &[],
    lesson: "A mistake in a drill that somebody else ran: DS and KSK are the same, only the key that signs data is one that caches have never seen.",
    way_back: "Go back to the first signer, or publish both ZSKs everywhere and wait for the DNSKEY TTL. Copy the keys before the next failover.",
    questions: &[
        "Which check before the failover would have shown it?",
        "How long would caches hold the key set of before?",
        "Which runbook says that the standby has the keys, and when was that last tried?",
    ],
};

pub(super) const DS_WITHDRAWN_EARLY: Scenario = Scenario {
    name: "ds-withdrawn-early",
    title: "a zone leaves DNSSEC, and stops to sign while caches hold its DS",
    model: "Slack, September 2021",
    hours: 42,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.change_parent(|parent| parent.ttls.ds = DAY_TTL);
        stage.notes("all is well; the parent's DS records live for a day");
        stage.runs(5 * HOUR);
        stage.is_busy();
        stage.publishes_ds(Vec::new());
        stage.notes("in haste, the DS is withdrawn at the parent");
        stage.runs(2 * HOUR);
        stage.change(|zone| {
            zone.signers.clear();
            zone.key_signers.clear();
            zone.published.clear();
        });
        stage.notes("and the zone stops to sign, although caches hold the DS");
        stage.is_busy();
        stage.runs(6 * HOUR);
        stage.is_busy();
        stage.runs(DAY);
        stage.notes("the last DS has left the caches: insecure, and reachable");
        stage.is_busy();
    },
    alerts: &[
        Finding {
            kind: Kind::DsWithdrawn,
            whose: Whose::Zone,
            cause: Cause::Unknown,
            class: CauseClass::Unknown,
            severity: Severity::Medium,
        },
        Finding {
            kind: Kind::PrematureStep,
            whose: Whose::Zone,
            cause: Cause::RolloverError,
            class: CauseClass::Misconfiguration,
            severity: Severity::High,
        },
    ],
    // That its danger is over.
    records: &[(Kind::PrematureStep, Whose::Zone)],
    lesson: "A mistake: the servers are the same, nobody else has the zone. The DS must be out of all caches before the zone may stop to sign.",
    way_back: "Sign again with the same keys until the DS TTL has run; have resolver operators flush the zone. Putting the DS back helps nobody yet.",
    questions: &[
        "Who decided to withdraw the DS, and what did they expect to happen at once?",
        "Why did some resolvers fail for a day and others not at all?",
        "What does the runbook say about leaving DNSSEC?",
    ],
};
