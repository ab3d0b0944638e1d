//! What a part of a response is worth.

use super::fact::SignedBy;
use super::private::Private;
use super::verdict::{Reason, Subject, ValidationState};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a part, and what settles it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Finding {
    /// Nothing: it is secure.
    pub(super) reason: Option<Reason>,
    pub(super) subject: Subject,
    pub(super) fails_by_time_only: bool,
    pub(super) is_broken_link: bool,
    /// Another than the zone answers, and is meant to.
    pub(super) private: Option<Private>,
}

impl Finding {
    /// A part that a key of `signed_by.signer` signed.
    pub(super) fn secure(owner: &Name, rtype: Rtype, signed_by: SignedBy) -> Self {
        let subject = Subject {
            zone: Some(signed_by.signer.clone()),
            rrset: Some((owner.clone(), rtype)),
            signed_by: Some(signed_by),
        };
        Self {
            reason: None,
            subject,
            fails_by_time_only: false,
            is_broken_link: false,
            private: None,
        }
    }

    /// A part that verified records of `zone` show not to be there; no one signature speaks for
    /// it.
    pub(super) fn proven(owner: &Name, rtype: Rtype, zone: &Name) -> Self {
        let subject = Subject {
            zone: Some(zone.clone()),
            rrset: Some((owner.clone(), rtype)),
            signed_by: None,
        };
        Self {
            reason: None,
            subject,
            fails_by_time_only: false,
            is_broken_link: false,
            private: None,
        }
    }

    /// A part that is not secure, for which `zone` answers.
    pub(super) fn because(reason: Reason, zone: Option<&Name>) -> Self {
        let subject = Subject {
            zone: zone.cloned(),
            rrset: None,
            signed_by: None,
        };
        Self {
            reason: Some(reason),
            subject,
            fails_by_time_only: false,
            is_broken_link: false,
            private: None,
        }
    }

    /// The same, said of this RRset.
    #[must_use]
    pub(super) fn about(mut self, owner: &Name, rtype: Rtype) -> Self {
        self.subject.rrset = Some((owner.clone(), rtype));
        self
    }

    /// The same, with the signature that is held against the part.
    #[must_use]
    pub(super) fn signed_by(mut self, signed_by: Option<SignedBy>) -> Self {
        self.subject.signed_by = signed_by;
        self
    }

    /// The same, blamed on a link of the chain above.
    #[must_use]
    pub(super) fn blamed_on_link(mut self) -> Self {
        self.is_broken_link = true;
        self
    }

    pub(super) fn state(&self) -> ValidationState {
        self.reason.map_or(ValidationState::Secure, Reason::state)
    }

    pub(super) fn is_secure(&self) -> bool {
        self.reason.is_none()
    }
}

/// What a part is worth, or what it waits for.
#[derive(Clone, Debug)]
pub(super) enum Judgement {
    /// Nothing that may still come changes it.
    Settled(Finding),
    /// Keys or a zone cut may still come.
    Waits(Wait),
}

/// A part that waits.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    /// News about one of these names, or about a zone above it, may settle it.
    pub(super) on: Vec<Name>,
    /// The zone whose share of the waiting room it takes.
    pub(super) room: Name,
    /// When it has waited long enough.
    pub(super) until: Timestamp,
    /// What it is worth if nothing comes.
    pub(super) then: Finding,
}

impl Wait {
    /// The longer of two waits, for news about any name that either waits for.
    fn along_with(self, next: Self) -> Self {
        let (mut longer, shorter) = if self.until >= next.until {
            (self, next)
        } else {
            (next, self)
        };
        for name in shorter.on {
            if !longer.on.contains(&name) {
                longer.on.push(name);
            }
        }
        longer
    }
}

impl Judgement {
    /// What it is worth as things stand.
    pub(super) fn finding(&self) -> &Finding {
        match self {
            Self::Settled(finding) | Self::Waits(Wait { then: finding, .. }) => finding,
        }
    }

    /// The same, to be changed.
    pub(super) fn finding_mut(&mut self) -> &mut Finding {
        match self {
            Self::Settled(finding) | Self::Waits(Wait { then: finding, .. }) => finding,
        }
    }

    /// Whether it is secure for good.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self, Self::Settled(finding) if finding.is_secure())
    }
}

/// The judgement of a response with these parts: that of its worst part, the first of several.
///
/// What waits keeps the whole waiting, but for a part that is bogus already.
pub(super) fn combine(parts: Vec<Judgement>, is_last_word: bool) -> Judgement {
    let parts: Vec<Judgement> = if is_last_word {
        parts
            .iter()
            .map(|part| Judgement::Settled(part.finding().clone()))
            .collect()
    } else {
        parts
    };
    let mut worst: Option<Finding> = None;
    let mut wait: Option<Wait> = None;
    for part in parts {
        match part {
            Judgement::Settled(finding) => worst = Some(worse(worst, finding)),
            Judgement::Waits(next) => {
                wait = Some(match wait {
                    Some(first) => first.along_with(next),
                    None => next,
                });
            }
        }
    }
    let is_bogus = worst
        .as_ref()
        .is_some_and(|worst| worst.state() == ValidationState::Bogus);
    match (wait, worst) {
        (Some(wait), _) if !is_bogus => Judgement::Waits(wait),
        (_, Some(worst)) => Judgement::Settled(worst),
        (_, None) => Judgement::Settled(Finding::because(Reason::ZoneCutUnseen, None)),
    }
}

/// The worse of two findings; the first if they have the same state.
fn worse(first: Option<Finding>, second: Finding) -> Finding {
    match first {
        Some(first) if first.state().worse(second.state()) == first.state() => first,
        Some(_) | None => second,
    }
}
