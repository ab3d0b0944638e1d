//! Somebody else at the registrar's desk.

use crate::alert::{Cause, CauseClass, Kind, Severity};
use crate::drill::key::Role;
use crate::drill::sheet::{Finding, Scenario, Whose};
use crate::drill::stage::Stage;
use crate::drill::world::{Edition, LABELS};
use crate::drill::zone::{Cut, HOUR, Host, address_rdata};
use crate::message::Rtype;
use crate::signature::P256;
use std::net::{IpAddr, Ipv4Addr};

/// The intruder's copy of the zone, at servers of their own; where people should go is somewhere else.
fn intruder(stage: &mut Stage) -> (Edition, Vec<Host>) {
    let edition = stage.copy("the intruder");
    let hosts = stage.new_hosts("secure-dns");
    let own = hosts.clone();
    let (_, elsewhere) = address_rdata(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 251)));
    stage.world.change_edition(&edition, |zone| {
        zone.hosts = own;
        for label in LABELS {
            let sets = zone.data.entry(
                zone.apex
                    .child(label.as_bytes())
                    .unwrap_or_else(|| zone.apex.clone()),
            );
            sets.or_default().insert(Rtype::A, vec![elsewhere.clone()]);
        }
    });
    stage.world.serve(&hosts, &edition);
    (edition, hosts)
}

pub(super) const HIJACK: Scenario = Scenario {
    name: "registrar-hijack",
    title: "a registrar account is taken over: new servers and a new DS, and all validates",
    model: "Sea Turtle and DNSpionage, 2017 to 2019",
    hours: 16,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let (edition, hosts) = intruder(stage);
        let ksk = stage.new_key(Role::KeySigning, P256);
        let zsk = stage.new_key(Role::ZoneSigning, P256);
        let ds = stage.ds_of(&ksk);
        stage.world.change_edition(&edition, |zone| {
            zone.published = [&ksk[..], &zsk].concat();
            zone.key_signers = ksk;
            zone.signers = zsk;
        });
        stage.delegates(Cut { hosts, ds });
        stage.notes("at night the parent names other servers and another DS: both at once");
        stage.sleeps();
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(3 * HOUR);
        stage.is_busy();
        stage.notes("the capture ends with the intruder in possession");
    },
    alerts: &[Finding {
        kind: Kind::DsReplaced,
        whose: Whose::Zone,
        cause: Cause::RegistrarHijack,
        class: CauseClass::Attack,
        severity: Severity::Critical,
    }],
    records: &[],
    lesson: "An attack: DS and servers changed together, and the old keys never announced the new ones. Resolvers say AD to the intruder's data, so nobody else can see it.",
    way_back: "Lock the registrar account by telephone, have DS and NS put back, then have resolvers flushed; certificates issued meanwhile are to be revoked.",
    questions: &[
        "Who has a number of the registrar's that does not come from an e-mail?",
        "How long do caches hold the intruder's DS and NS after the repair?",
        "Which passwords and certificates must be taken for stolen?",
        "Is there a registry lock, and why not?",
    ],
};

pub(super) const HIJACK_UNSIGNED: Scenario = Scenario {
    name: "hijack-by-withdrawal",
    title: "a registrar account is taken over: new servers, and the DS withdrawn",
    model: "Sea Turtle, 2019: zones stripped of DNSSEC on the way",
    hours: 21,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let right = stage.cut();
        let (edition, hosts) = intruder(stage);
        stage.world.change_edition(&edition, |zone| {
            zone.published.clear();
            zone.key_signers.clear();
            zone.signers.clear();
        });
        stage.delegates(Cut {
            hosts,
            ds: Vec::new(),
        });
        stage.notes("at night the parent names other servers, and proves that there is no DS");
        stage.sleeps();
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(3 * HOUR);
        stage.delegates(right);
        stage.flushes();
        stage.notes("the registrar puts the delegation back, and the resolvers are flushed");
        stage.is_rushed();
        stage.runs(3 * HOUR);
        stage.is_busy();
        stage.runs(2 * HOUR);
    },
    alerts: &[
        Finding {
            kind: Kind::DsWithdrawn,
            whose: Whose::Zone,
            cause: Cause::RegistrarHijack,
            class: CauseClass::Attack,
            severity: Severity::Critical,
        },
        // The servers of before, named again once the first incident is over.
        Finding {
            kind: Kind::NsChanged,
            whose: Whose::Zone,
            cause: Cause::RegistrarHijack,
            class: CauseClass::Attack,
            severity: Severity::Low,
        },
    ],
    records: &[(Kind::ZoneSigned, Whose::Zone)],
    lesson: "An attack: the DS went together with the servers, and no key of the zone asked for it. To resolvers the zone is merely insecure.",
    way_back: "Lock the registrar account by telephone, have DS and NS put back, then have resolvers flushed.",
    questions: &[
        "What is the only trace that resolvers would show?",
        "How does it differ from a zone that leaves DNSSEC on purpose?",
        "Who was told first, and after how long?",
    ],
};

pub(super) const UNANNOUNCED_DS: Scenario = Scenario {
    name: "unannounced-ds",
    title: "a DS nobody knows of appears beside the zone's own",
    model: "a foothold in a registrar account, before it is used",
    hours: 21,
    is_pinned: true,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let right = stage.cut();
        let unknown = stage.new_key(Role::KeySigning, P256);
        let ds = [right.ds.clone(), stage.ds_of(&unknown)].concat();
        stage.publishes_ds(ds);
        stage.notes("the parent has a second DS, for a key that the zone never published");
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(4 * HOUR);
        stage.delegates(right);
        stage.notes("the registrar takes it away");
        stage.runs(2 * HOUR);
        stage.is_busy();
        stage.runs(3 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::DsAdded,
        whose: Whose::Zone,
        cause: Cause::Unknown,
        class: CauseClass::Unknown,
        severity: Severity::High,
    }],
    records: &[(Kind::DsRemoved, Whose::Zone)],
    lesson: "Not known from the wire: a rollover that begins looks alike. Nothing is broken, and that is the time to ask.",
    way_back: "Ask who holds the key. If nobody does, have the DS removed and the account looked into; the zone's own chain is untouched.",
    questions: &[
        "Which change was declared for that day?",
        "What could the holder of that key do, and what else would they need?",
        "What would the alert have been without `pinned_ds` in the portfolio?",
    ],
};
