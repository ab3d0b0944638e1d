//! Which rights a live run gives up, and what it still reaches.

use super::{Error, Settings, Source};
use crate::capture::LiveOptions;
use crate::confine::{Leaving, Reach, Rights};
use crate::sink::Target;

/// Becomes an unprivileged user once the capture is open. A run over files has no rights to give up.
pub(super) fn leave(settings: &Settings) -> Result<Option<Rights>, Error> {
    let Source::Interfaces(options) = &settings.source else {
        return Ok(None);
    };
    let files: Vec<_> = targets(settings).cloned().collect();
    let leaving = Leaving {
        user: settings.user.as_deref(),
        keeps_capture: options
            .interfaces
            .iter()
            .any(|name| name != LiveOptions::ANY),
        files: &files,
    };
    Ok(Some(leaving.leave()?))
}

/// Gives up all but what the settings name, and says how far that went.
pub(super) fn enclose(settings: &Settings, rights: &mut Rights) -> String {
    rights.enclose(&reach(settings));
    let told = rights.to_string();
    tracing::info!("{told}");
    told
}

/// An error of what was opened as another user, who may not have the right.
pub(super) fn explain(error: Error, rights: Option<&Rights>) -> Error {
    match rights {
        Some(rights) if rights.has_changed_user => Error::AsUser {
            user: rights.user.clone(),
            source: Box::new(error),
        },
        Some(_) | None => error,
    }
}

/// What is reached for after the start: others make files of these names anew.
fn reach(settings: &Settings) -> Reach {
    let state = settings.state.iter().map(|state| &state.path);
    Reach {
        read: settings.read_before.clone(),
        write: targets(settings)
            .chain(state)
            .chain(&settings.outputs.spool)
            .cloned()
            .collect(),
    }
}

fn targets(settings: &Settings) -> impl Iterator<Item = &std::path::PathBuf> {
    let outputs = &settings.outputs;
    let alerts = outputs.alerts.iter().map(|output| &output.target);
    alerts
        .chain(&outputs.verdicts)
        .filter_map(|target| match target {
            Target::File(plan) => Some(&plan.path),
            Target::Stdout | Target::Syslog(_) | Target::Http(_) => None,
        })
}
