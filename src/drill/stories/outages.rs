//! What breaks without anybody meaning it.

use crate::alert::{Cause, CauseClass, Kind, Severity};
use crate::drill::sheet::{Finding, Scenario, Whose};
use crate::drill::stage::Stage;
use crate::drill::zone::{DAY, HOUR};

pub(super) const EXPIRED: Scenario = Scenario {
    name: "expired-signatures",
    title: "the signer stops, days later all signatures run out",
    model: ".mm, June 2016",
    hours: 173,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.world.pace = 900;
        stage.change(|zone| zone.signing.lifetime = 4 * DAY);
        stage.notes("all is well; the zone is signed anew each day, for four days");
        stage.runs(DAY + 5 * HOUR);
        let now = stage.world.now.seconds();
        stage.change(|zone| zone.signing.stopped = Some(now));
        stage.notes("the signer stops; the servers go on with what they have");
        stage.runs(4 * DAY - HOUR / 2);
        stage.notes("the last signatures run out");
        stage.runs(2 * DAY);
        stage.notes("the capture ends with the zone still broken");
    },
    alerts: &[
        Finding {
            kind: Kind::SignatureExpiring,
            whose: Whose::Zone,
            cause: Cause::ExpiredSignatures,
            class: CauseClass::Misconfiguration,
            severity: Severity::High,
        },
        Finding {
            kind: Kind::SignatureExpired,
            whose: Whose::Zone,
            cause: Cause::ExpiredSignatures,
            class: CauseClass::Misconfiguration,
            severity: Severity::High,
        },
    ],
    records: &[(Kind::SignatureExpiring, Whose::Zone)],
    lesson: "A mistake: all servers and all names fail alike, by time alone, and the warning came half a day before.",
    way_back: "Start the signer and sign the zone; nothing at the parent needs to change. A negative trust anchor only if that takes hours.",
    questions: &[
        "Who saw the warning at 10 % of the lifetime, and what did they do?",
        "What watches the signer, and why did it say nothing?",
        "How long are signatures valid, and who is on call for shorter than that?",
        "From when on did resolvers refuse, and why not at the same moment?",
    ],
};

pub(super) const SIGNER_DOWN: Scenario = Scenario {
    name: "signing-outage",
    title: "a zone is put on its servers unsigned, while its DS stays",
    model: ".red, 2014; .xn--qxam, 2021",
    hours: 9,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(5 * HOUR);
        stage.change(|zone| {
            zone.signers.clear();
            zone.key_signers.clear();
            zone.published.clear();
        });
        stage.notes("a deployment goes past the signer: no signatures, no keys");
        stage.is_busy();
        stage.runs(2 * HOUR);
        stage.notes("the capture ends with the zone still unsigned");
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
    ],
    records: &[],
    lesson: "An outage: unsigned at every server and for every name, seen by both resolvers, with DS and servers unchanged. A stripped path would show at one resolver.",
    way_back: "Put the signed zone back. Do not withdraw the DS: caches hold it for longer than that takes.",
    questions: &[
        "What let an unsigned zone go out, and what would have stopped it?",
        "Why is withdrawing the DS the slower way here?",
        "Which names did people ask for meanwhile, and how many were refused?",
    ],
};

pub(super) const SERVER_LAGS: Scenario = Scenario {
    name: "lagging-server",
    title: "one of two servers comes back with the zone of days ago",
    model: "secondaries whose transfers fail unseen",
    hours: 142,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.world.pace = 700;
        stage.change(|zone| zone.signing.lifetime = 3 * DAY);
        stage.notes("all is well; signatures hold for three days");
        stage.runs(DAY);
        let old = stage.copy("the server out of repair");
        let now = stage.world.now.seconds();
        if let Some(zone) = stage.world.zones.get_mut(&old) {
            zone.signing.stopped = Some(now);
        }
        let second = stage.zone().and_then(|zone| zone.hosts.last().cloned());
        let second: Vec<_> = second.into_iter().collect();
        stage.silences(&second, true);
        stage.notes("the second server goes into repair");
        stage.runs(3 * DAY + 12 * HOUR);
        stage.world.serve(&second, &old);
        stage.silences(&second, false);
        stage.notes("it is back, with the zone of days ago, and no transfer renews it");
        stage.is_busy();
        stage.runs(DAY + 8 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::SignatureExpired,
        whose: Whose::Zone,
        cause: Cause::ExpiredSignatures,
        class: CauseClass::Misconfiguration,
        severity: Severity::Medium,
    }],
    records: &[],
    lesson: "A mistake at one server: the other hands out fresh signatures for the same names, so resolvers that try again are well.",
    way_back: "Take the server out of service or mend its transfers; the signer is in order, so leave it alone.",
    questions: &[
        "Which server is it, and how does one see that from the alert?",
        "Why did most clients notice nothing?",
        "What compares the serials of the servers?",
    ],
};

pub(super) const SERVERS_DOWN: Scenario = Scenario {
    name: "servers-down",
    title: "no server of the zone answers; DNSSEC has nothing to do with it",
    model: "any outage that is taken for a failure of DNSSEC",
    hours: 9,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(4 * HOUR);
        let hosts = stage
            .zone()
            .map(|zone| zone.hosts.clone())
            .unwrap_or_default();
        stage.silences(&hosts, true);
        stage.notes("both servers are cut off");
        stage.is_busy();
        stage.silences(&hosts, false);
        stage.notes("they are back");
        stage.is_busy();
        stage.runs(2 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::ZoneUnreachable,
        whose: Whose::Zone,
        cause: Cause::Unknown,
        class: CauseClass::Outage,
        severity: Severity::Medium,
    }],
    records: &[],
    lesson: "An outage: nothing fails to verify, nothing is answered at all, while the same resolvers get answers from others.",
    way_back: "Bring the servers or their network back; touch neither keys nor DS, and set no negative trust anchor.",
    questions: &[
        "What tells an outage from a failure of validation?",
        "What would a negative trust anchor have helped?",
        "Are both servers behind one line?",
    ],
};

pub(super) const TLD_BROKEN: Scenario = Scenario {
    name: "tld-broken",
    title: "the TLD's signatures do not verify; the zones below are innocent",
    model: ".ru, January 2024; .de, May 2026",
    hours: 13,
    is_pinned: false,
    tell: |stage: &mut Stage| {
        stage.notes("all is well");
        stage.runs(4 * HOUR);
        let tld = stage.tld();
        stage
            .world
            .change(&tld, |zone| zone.signing.is_faulty = true);
        stage.notes("a key rollover at the TLD goes wrong: what it signs does not verify");
        stage.runs(HOUR);
        stage.is_busy();
        stage.runs(2 * HOUR);
        stage
            .world
            .change(&tld, |zone| zone.signing.is_faulty = false);
        stage.notes("the TLD signs rightly again");
        stage.runs(HOUR);
        stage.is_busy();
        stage.runs(2 * HOUR);
    },
    alerts: &[Finding {
        kind: Kind::SignatureInvalid,
        whose: Whose::Tld,
        cause: Cause::SigningOutage,
        class: CauseClass::Outage,
        severity: Severity::High,
    }],
    records: &[],
    lesson: "An outage of the TLD: the DS sets above the zones fail, the zones' own keys and data do not. One incident, and it is the TLD's.",
    way_back: "Wait for the TLD, or set a negative trust anchor for the TLD alone, with an expiry; nothing in the zone itself helps.",
    questions: &[
        "How does one see that the zone below is innocent?",
        "Who may set a negative trust anchor for a whole TLD, and for how long?",
        "When was it taken away again, and who made sure?",
    ],
};
