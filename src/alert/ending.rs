//! In which words the incident of a change ends.

use super::prose::{brief, clip};
use crate::watch::{Change, ChangeKind, Set};

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
