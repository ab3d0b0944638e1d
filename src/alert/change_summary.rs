//! The sentence for a change of a set of records.

use super::kind::Kind;
use super::prose::{brief, clip};
use super::severity::Cause;
use crate::watch::{Change, ChangeKind, Rule, Set};

/// Characters of a reason that came from another room.
const WHY: usize = 300;

/// The sentence for the change that takes an incident's change back.
pub(super) fn way_back(change: &Change) -> String {
    let what = match change.set {
        Set::Ds => "the DS set",
        Set::Dnskey => "the DNSKEY RRset",
        Set::Ns => "the NS set at the parent",
        Set::Rrsig => "a signature",
    };
    let zone = brief(&change.zone);
    format!("Over (reverted): {what} of {zone} is again what it was before.")
}

/// What a mended trouble is like now.
pub(super) fn mended(change: &Change) -> String {
    let zone = brief(&change.zone);
    let what = match (change.kind, change.is_undone) {
        (ChangeKind::SignatureExpiring, _) => format!("{zone} is signed anew"),
        (ChangeKind::PrematureStep, true) => {
            format!("the step of {zone} that ran ahead of the caches was taken back")
        }
        (ChangeKind::PrematureStep, false) => {
            format!("caches have caught up with the step of {zone} that ran ahead of them")
        }
        _ => format!("{zone} is served with all its keys"),
    };
    format!("{what}: {}", clip(&change.why, WHY))
}

/// The sentence for a change.
pub(super) fn of_change(kind: Kind, change: &Change, cause: Cause) -> String {
    if change.is_mending() {
        return format!("{}; for the record.", mended(change));
    }
    let mut sentence = changed(kind, change);
    let why = clip(&change.why, WHY);
    if !why.is_empty() {
        sentence.push_str(": ");
        sentence.push_str(why.trim_end_matches('.'));
    }
    sentence.push_str(thought(kind, change, cause));
    sentence.push('.');
    sentence
}

/// What changed.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds say what they are"
)]
fn changed(kind: Kind, change: &Change) -> String {
    let zone = brief(&change.zone);
    match kind {
        Kind::DsAdded => format!("DS records were added for {zone}"),
        Kind::DsRemoved => format!("Some DS records of {zone} were removed"),
        Kind::DsReplaced => format!("All DS records of {zone} were replaced"),
        Kind::DsWithdrawn => format!("{zone} has no DS any more and went insecure"),
        Kind::ZoneSigned if change.rule == Some(Rule::Flap) => format!("{zone} has a DS set again"),
        Kind::ZoneSigned => format!("{zone} had no DS and has a DS set now"),
        Kind::DsStale => format!("An older DS set of {zone} was seen after a newer one"),
        Kind::DnskeyChanged => format!("The keys of {zone} changed"),
        Kind::NsChanged if change.before == change.after => {
            format!("The parent gives other addresses for the servers of {zone}")
        }
        Kind::NsChanged => format!("The parent names other servers for {zone}"),
        Kind::PrematureStep if change.kind == ChangeKind::DnskeyIncomplete => {
            format!("The servers of {zone} do not show each other's keys")
        }
        Kind::PrematureStep => format!("A key rollover of {zone} runs ahead of the caches"),
        Kind::SignatureExpiring if change.is_expected => {
            format!("A signature of {zone} nears its end")
        }
        Kind::SignatureExpiring => {
            format!("Signatures of {zone} are about to run out and are not made anew")
        }
        Kind::TrustAnchorChanged => format!("The trust anchor keys of {zone} changed"),
        // Why these were told says what they are.
        Kind::DsMismatch | Kind::DsFirstSeen => zone,
        _ => format!("{zone}: {}", kind.signature()),
    }
}

/// What is thought of a change.
#[expect(clippy::wildcard_enum_match_arm, reason = "other kinds are announced")]
fn thought(kind: Kind, change: &Change, cause: Cause) -> &'static str {
    match kind {
        _ if change.is_hijack => "; this is the pattern of a registrar hijack",
        _ if change.is_objected => "; against the portfolio, whatever speaks for it",
        Kind::DsFirstSeen | Kind::DsStale => "; for the record",
        Kind::TrustAnchorChanged if change.is_expected => "; as RFC 5011 has it",
        Kind::SignatureExpiring if change.is_expected => "; for the record",
        _ if change.is_expected => "; expected",
        _ if cause == Cause::RegistrarHijack => {
            "; part of a change in the pattern of a registrar hijack"
        }
        Kind::TrustAnchorChanged => "; outside RFC 5011, by mistake or by somebody who holds a key",
        Kind::DsMismatch => "; an operator's mistake unless its servers changed too",
        Kind::PrematureStep => "; an operator's mistake",
        Kind::SignatureExpiring => {
            "; its owner's signer or transfers are at fault, no sign of an attack"
        }
        Kind::DsWithdrawn => "; a mistake, a wish that nobody announced, or the start of an attack",
        Kind::NsChanged => "",
        _ => "; nobody announced it",
    }
}
