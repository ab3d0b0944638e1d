//! Resolvers that are at fault themselves.

use crate::alert::{Cause, CauseClass, Kind, Severity};
use crate::drill::key::Role;
use crate::drill::sheet::{Finding, Scenario, Whose};
use crate::drill::stage::Stage;
use crate::drill::zone::{DAY, HOUR};
use crate::message::Name;
use crate::signature::P256;

pub(super) const NOT_VALIDATING: Scenario = Scenario {
    name: "resolver-not-validating",
    title: "a zone breaks, and one resolver hands out its data all the same",
    model: "validation switched off in an earlier incident, and never on again",
    hours: 14,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.resolver(1, |resolver| resolver.validates = false);
        stage.notes("all is well; the second resolver does not validate, and nobody knows");
        stage.runs(6 * HOUR);
        stage.change(|zone| zone.signing.is_faulty = true);
        stage.notes("the zone's signer writes signatures that do not verify");
        stage.is_busy();
        stage.runs(2 * HOUR);
        stage.change(|zone| zone.signing.is_faulty = false);
        stage.notes("the signer is mended");
        stage.is_busy();
        stage.runs(3 * HOUR);
    },
    alerts: &[
        Finding {
            kind: Kind::SignatureInvalid,
            whose: Whose::Zone,
            cause: Cause::SigningOutage,
            class: CauseClass::Outage,
            severity: Severity::High,
        },
        Finding {
            kind: Kind::ResolverNotValidating,
            whose: Whose::Resolver(1),
            cause: Cause::ResolverFault,
            class: CauseClass::Misconfiguration,
            severity: Severity::Medium,
        },
    ],
    records: &[],
    lesson: "Two incidents: the zone's outage, and a mistake at the resolver that only the outage brings to light.",
    way_back: "Mend the signer; then switch validation on again, once nothing fails any more that is not meant to.",
    questions: &[
        "Since when has that resolver not validated, and who answers for it?",
        "Why did its clients notice nothing, and is that good?",
        "Which list says which resolvers should validate?",
    ],
};

pub(super) const WRONG_CLOCK: Scenario = Scenario {
    name: "resolver-clock",
    title: "a resolver's clock jumps a month ahead: it refuses everything as expired",
    model: "resolvers that start before their clock is set",
    hours: 14,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.resolver(0, |resolver| {
            resolver.skew = 30 * DAY;
            resolver.flush();
        });
        stage.notes("the first resolver restarts with a clock that is a month ahead");
        stage.is_busy();
        stage.runs(2 * HOUR);
        stage.resolver(0, |resolver| {
            resolver.skew = 0;
            resolver.flush();
        });
        stage.notes("its clock is set");
        stage.is_busy();
        stage.runs(3 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::ResolverDisagrees,
        whose: Whose::Resolver(0),
        cause: Cause::ResolverFault,
        class: CauseClass::Misconfiguration,
        severity: Severity::Medium,
    }],
    records: &[],
    lesson: "A mistake at one resolver: it refuses many zones that verify and that the other resolver gives out.",
    way_back: "Set the clock, flush, and look at the time service. No zone needs anything.",
    questions: &[
        "What shows that no zone is at fault?",
        "Where does that resolver have its time from, and what if that fails?",
    ],
};

pub(super) const ROOT_ROLLOVER: Scenario = Scenario {
    name: "root-rollover",
    title: "the root's KSK rolls, and one resolver is stuck on the old one",
    model: "the root's KSK rollovers of October 2018 and October 2026",
    hours: 1022,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.world.pace = 7200;
        let old = stage.world.root_anchors();
        let new = stage.new_key(Role::KeySigning, P256);
        stage.notes("all is well");
        stage.runs(2 * DAY);
        let joining = new.clone();
        stage
            .world
            .change(&Name::root(), |root| root.published.extend(joining));
        stage.notes("the root publishes its next KSK");
        for _ in 0..34 {
            stage.runs(DAY);
            stage.world.signals(0, &old);
        }
        let both = [&old[..], &new].concat();
        stage.resolver(1, |resolver| resolver.anchors.clone_from(&both));
        stage.notes("the hold-down of 30 days is over: who follows trusts it, the first resolver says that it does not");
        for _ in 0..6 {
            stage.runs(DAY / 2);
            stage.world.signals(0, &old);
            stage.world.signals(1, &both);
            stage.runs(DAY / 2);
        }
        stage
            .world
            .change(&Name::root(), |root| root.key_signers = new);
        stage.world.pace = 200;
        stage.notes("the new KSK signs in the place of the old one");
        stage.runs(6 * HOUR);
        stage.is_busy();
        stage.runs(6 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::TrustAnchorStale,
        whose: Whose::Resolver(0),
        cause: Cause::ResolverFault,
        class: CauseClass::Misconfiguration,
        severity: Severity::Medium,
    }],
    records: &[
        (Kind::TrustAnchorChanged, Whose::Root),
        (Kind::DnskeyChanged, Whose::Root),
    ],
    lesson: "A mistake at one resolver, told before it fails: its own signals (RFC 8145) lack the key that will sign the root.",
    way_back: "Give that resolver the new key, or let it follow RFC 5011; then restart it. The root is in order.",
    questions: &[
        "How many days before the failure was it told?",
        "Where do that resolver's anchors come from, and is the file writable?",
        "Which other validators do we run, on mail servers and stubs?",
    ],
};
