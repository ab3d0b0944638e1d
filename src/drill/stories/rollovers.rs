//! Keys that roll, rightly and wrongly.

use crate::alert::{Cause, CauseClass, Kind, Severity};
use crate::drill::key::Role;
use crate::drill::sheet::{Finding, Scenario, Whose};
use crate::drill::stage::Stage;
use crate::drill::zone::{Cut, DAY, HOUR};
use crate::signature::{ED25519, P256};

pub(super) const DS_MISMATCH: Scenario = Scenario {
    name: "ds-mismatch",
    title: "the KSK is exchanged, and nobody tells the parent",
    model: ".fj, March 2022",
    hours: 18,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(5 * HOUR);
        stage.is_busy();
        let new = stage.new_key(Role::KeySigning, P256);
        let before = stage
            .zone()
            .map(|zone| (zone.published.clone(), zone.key_signers.clone()));
        stage.change(|zone| {
            zone.published = [&new[..], &zone.signers].concat();
            zone.key_signers = new;
        });
        stage.notes("the zone has another KSK, the parent's DS names the one of before");
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(3 * HOUR);
        if let Some((published, key_signers)) = before {
            stage.change(|zone| (zone.published, zone.key_signers) = (published, key_signers));
        }
        stage.notes("the KSK of before is back");
        stage.is_busy();
        stage.runs(4 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::DsMismatch,
        whose: Whose::Zone,
        cause: Cause::DsMismatch,
        class: CauseClass::Misconfiguration,
        severity: Severity::High,
    }],
    records: &[],
    lesson: "A mistake: servers and data signer are those of before, only the KSK is new, and the parent changed nothing.",
    way_back: "Publish the old KSK again and sign with it; it works at once. A new DS at the parent takes longer, and caches hold the old one.",
    questions: &[
        "Which step of the rollover was left out?",
        "Where is the old KSK, and who can fetch it at night?",
        "What tells this from a hijack?",
    ],
};

pub(super) const ALGORITHM_TOO_SOON: Scenario = Scenario {
    name: "algorithm-roll-wrong",
    title: "the DS names the new algorithm before the zone is signed with it",
    model: "algorithm rollovers taken in the wrong order (RFC 6781 section 4.1.4)",
    hours: 18,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.change(|zone| zone.ttls.keys = 86_400);
        stage
            .notes("all is well; the zone is signed with P-256, its keys live for a day in caches");
        stage.runs(5 * HOUR);
        stage.is_busy();
        let new_ksk = stage.new_key(Role::KeySigning, ED25519);
        let ds = stage.ds_of(&new_ksk);
        stage.publishes_ds(ds);
        stage.notes("the parent has a DS for Ed25519, and none for P-256 any more");
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(HOUR);
        let new_zsk = stage.new_key(Role::ZoneSigning, ED25519);
        stage.change(|zone| {
            zone.key_signers.extend(new_ksk);
            zone.signers.extend(new_zsk);
            zone.published = [&zone.key_signers[..], &zone.signers].concat();
        });
        stage.notes("only now the zone is signed with Ed25519 as well");
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(4 * HOUR);
    },
    alerts: &[
        Finding {
            kind: Kind::DsMismatch,
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
    records: &[
        (Kind::DnskeyChanged, Whose::Zone),
        (Kind::DsReplaced, Whose::Zone),
        // That its danger is over.
        (Kind::PrematureStep, Whose::Zone),
    ],
    lesson: "A mistake of order: new signatures first, then the key, the DS last of all. The zone's servers never changed, and the old keys vouched for the new one as it came.",
    way_back: "Put the old DS back at the parent, or sign with the new key at once, whichever is sooner.",
    questions: &[
        "In which order should the steps have come, and with which waiting times?",
        "Who publishes the DS, and who tells them when?",
    ],
};

pub(super) const PROVIDER_MOVE: Scenario = Scenario {
    name: "provider-move",
    title: "a move to another provider, done right: no alarm",
    model: "RFC 6781 section 4.3.5.1, RFC 8901",
    hours: 47,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well at the first provider");
        stage.runs(6 * HOUR);
        stage.is_busy();
        // Each provider's DNSKEY RRset gets the other's ZSK.
        let there = stage.copy("the new provider");
        let new_ksk = stage.new_key(Role::KeySigning, P256);
        let new_zsk = stage.new_key(Role::ZoneSigning, P256);
        let hosts = stage.new_hosts("dns");
        let old = stage
            .zone()
            .map(|zone| (zone.key_signers.clone(), zone.signers.clone()));
        let (old_ksk, old_zsk) = old.unwrap_or_default();
        stage.change(|zone| zone.published = [&old_ksk[..], &old_zsk, &new_zsk].concat());
        let new_keys = [&new_ksk[..], &new_zsk, &old_zsk].concat();
        let new_hosts = hosts.clone();
        let ksk = new_ksk.clone();
        stage.world.change_edition(&there, |zone| {
            zone.published = new_keys;
            zone.key_signers = ksk;
            zone.signers = new_zsk;
            zone.hosts = new_hosts;
        });
        stage.world.serve(&hosts, &there);
        stage.notes("the new provider signs beside the old one; each publishes the other's ZSK");
        stage.runs(4 * HOUR);
        stage.is_busy();
        let both = stage.ds_of(&[&old_ksk[..], &new_ksk].concat());
        stage.publishes_ds(both.clone());
        stage.notes("the parent has the DS records of both");
        stage.runs(5 * HOUR);
        stage.is_busy();
        stage.delegates(Cut { hosts, ds: both });
        stage.notes("the parent names the new servers");
        stage.runs(8 * HOUR);
        stage.is_busy();
        let ds = stage.ds_of(&new_ksk);
        stage.publishes_ds(ds);
        stage.notes("the DS of the old provider goes");
        stage.runs(6 * HOUR);
        stage.is_busy();
        stage.runs(DAY / 2);
    },
    alerts: &[],
    records: &[
        (Kind::DnskeyChanged, Whose::Zone),
        (Kind::DsAdded, Whose::Zone),
        (Kind::DsRemoved, Whose::Zone),
        (Kind::NsChanged, Whose::Zone),
    ],
    lesson: "Nothing is wrong: each step leaves a chain that every cache can follow. The records of it are change lines, no alarms.",
    way_back: "None is needed. At each step the way back is the step before, until the old provider stops.",
    questions: &[
        "Which line shows that the new keys were announced under the old chain?",
        "When could the old provider have been switched off at the earliest?",
        "Would the same move without the exchange of ZSKs have been noticed?",
    ],
};

pub(super) const PROVIDER_MOVE_WRONG: Scenario = Scenario {
    name: "provider-move-wrong",
    title: "a move to a provider that does not sign, with the DS left in place",
    model: "customers who change the servers and forget DNSSEC",
    hours: 16,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well at the first provider");
        stage.runs(5 * HOUR);
        stage.is_busy();
        let there = stage.copy("the new provider");
        let hosts = stage.new_hosts("dns");
        let new_hosts = hosts.clone();
        stage.world.change_edition(&there, |zone| {
            zone.published.clear();
            zone.key_signers.clear();
            zone.signers.clear();
            zone.hosts = new_hosts;
        });
        stage.world.serve(&hosts, &there);
        let cut = Cut {
            hosts,
            ..stage.cut()
        };
        stage.delegates(cut);
        stage.notes("at night the parent names the new servers; they have no signatures, and the DS is still there");
        stage.sleeps();
        stage.runs(3 * HOUR);
        stage.is_busy();
        stage.runs(3 * HOUR);
        stage.is_busy();
    },
    alerts: &[
        Finding {
            kind: Kind::SignatureMissing,
            whose: Whose::Zone,
            cause: Cause::SigningOutage,
            class: CauseClass::Outage,
            severity: Severity::High,
        },
        Finding {
            kind: Kind::DsMismatch,
            whose: Whose::Zone,
            cause: Cause::DsMismatch,
            class: CauseClass::Misconfiguration,
            severity: Severity::High,
        },
        Finding {
            kind: Kind::NsChanged,
            whose: Whose::Zone,
            cause: Cause::Unknown,
            class: CauseClass::Unknown,
            severity: Severity::Low,
        },
    ],
    records: &[],
    lesson: "A mistake: the servers changed and the DS did not. An intruder who can change the servers takes the DS away as well.",
    way_back: "Point the delegation back to the old servers; they still sign. Withdrawing the DS comes second, and takes its TTL.",
    questions: &[
        "Who ordered the move, and who knew that the zone is signed?",
        "Which of the two ways back is sooner here, and by how much?",
        "What would the parent have to show for this to be a hijack?",
    ],
};
