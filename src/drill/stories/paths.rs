//! Somebody between a resolver and the servers.

use crate::alert::{Cause, CauseClass, Kind, Severity};
use crate::drill::resolver::Twist;
use crate::drill::sheet::{Finding, Scenario, Whose};
use crate::drill::stage::Stage;
use crate::drill::zone::HOUR;

/// An address that a forger would like.
const FORGED_ADDRESS: [u8; 4] = [198, 51, 100, 252];

pub(super) const STRIPPED: Scenario = Scenario {
    name: "stripped-path",
    title: "signatures of one zone disappear on the way to one resolver",
    model: "downgrade by a box in the path",
    hours: 15,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let zone = stage.zone.clone();
        stage.twists(Some(Twist::Strips(zone)));
        stage.notes("something before the first resolver takes the zone's signatures away");
        stage.is_busy();
        stage.runs(2 * HOUR);
        stage.twists(None);
        stage.notes("the path is clean again");
        stage.is_busy();
        stage.runs(3 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::SignatureMissing,
        whose: Whose::Zone,
        cause: Cause::Downgrade,
        class: CauseClass::Attack,
        severity: Severity::High,
    }],
    records: &[],
    lesson: "An attack, or a box that acts like one: the same servers sign for the other resolver in the same minutes, and only this zone is hit.",
    way_back: "Send that resolver another way, over TCP or another uplink. No negative trust anchor: it would do what the stripper wants.",
    questions: &[
        "What shows that the zone itself is in order?",
        "Why is a negative trust anchor wrong here?",
        "Which boxes stand before that resolver, and who changed one of them that day?",
    ],
};

/// Altered on the way, in place of the real ones.
fn altered(stage: &Stage) -> Option<Twist> {
    let name = stage.zone.child(b"login")?;
    Some(Twist::Alters(name, vec![FORGED_ADDRESS.to_vec()]))
}

/// Sent from elsewhere, around the real ones.
fn raced(stage: &Stage) -> Option<Twist> {
    let name = stage.zone.child(b"login")?;
    Some(Twist::Races(name, vec![FORGED_ADDRESS.to_vec()]))
}

pub(super) const FORGED: Scenario = Scenario {
    name: "forged-answers",
    title: "the address of one name is altered under its signature",
    model: "an intruder in the path of one resolver",
    hours: 12,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let twist = altered(stage);
        stage.twists(twist);
        stage.notes("answers for the log-in name are altered on the way to the first resolver");
        stage.is_rushed();
        stage.twists(None);
        stage.notes("the path is clean again");
        stage.is_busy();
        stage.runs(3 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::SignatureInvalid,
        whose: Whose::Zone,
        cause: Cause::Tampering,
        class: CauseClass::Attack,
        severity: Severity::High,
    }],
    records: &[],
    lesson: "An attack: one name fails while the same RRset verifies at the other resolver, and all else of the zone verifies at both.",
    way_back: "Send that resolver another way. Validation has kept the forgery from the clients: leave it on.",
    questions: &[
        "Which clients asked for the name, and what did they get?",
        "What would have happened in an unsigned zone?",
        "What is kept as evidence, and where?",
    ],
};

pub(super) const SPOOFED: Scenario = Scenario {
    name: "spoofed-race",
    title: "forged answers come before and after the real ones",
    model: "off-path spoofing: Kaminsky 2008, SAD DNS 2020",
    hours: 13,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(6 * HOUR);
        stage.is_busy();
        let twist = raced(stage);
        stage.twists(twist);
        stage.notes("somebody sends forged answers for the log-in name: many with wrong IDs, some with the right one, too late");
        stage.is_rushed();
        stage.twists(None);
        stage.notes("nothing more comes");
        stage.is_rushed();
        stage.runs(5 * HOUR);
    },
    alerts: &[
        Finding {
            kind: Kind::ResponseUnsolicited,
            whose: Whose::Resolver(0),
            cause: Cause::Spoofing,
            class: CauseClass::Attack,
            severity: Severity::Low,
        },
        Finding {
            kind: Kind::ResponseConflict,
            whose: Whose::Resolver(0),
            cause: Cause::Spoofing,
            class: CauseClass::Attack,
            severity: Severity::Medium,
        },
    ],
    records: &[],
    lesson: "An attack from beside the path: answers that nobody asked for, and two different ones to one query. None was taken, and the forged ones do not verify.",
    way_back: "Leave validation on; see that the resolver chooses ports and IDs at random, and limit what comes from outside in the name of those servers.",
    questions: &[
        "How does one see which of the two answers was real?",
        "What would have happened without DNSSEC?",
    ],
};
