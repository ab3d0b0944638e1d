//! What the user said at the start, read again while a run is under way.

use super::args::{self, Typed, Untold};
use super::config::ConfigFile;
use super::{Plan, checked};
use crate::pipeline::{Reading, Reread, with_causes};
use clap::CommandFactory;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Options that are in force anew once they are read again.
const RELOADED: [&str; 5] = [
    "trust-anchor",
    "negative-anchor",
    "zone-data",
    "portfolio",
    "known-bogus",
];

/// Reads again what this command line names.
pub(super) fn reread(arguments: Vec<OsString>) -> Reread {
    let first = others(&arguments).unwrap_or_default();
    Reread::new(move || {
        let told = |untold| match untold {
            Untold::Config(error) => with_causes(&error),
            Untold::Usage(error) => {
                let text = error.to_string();
                text.lines().next().unwrap_or_default().to_owned()
            }
        };
        let typed = args::parse(arguments.clone()).map_err(told)?;
        let now = others(&arguments).unwrap_or_default();
        let names = first.keys().chain(now.keys());
        let mut needs_restart: Vec<String> = names
            .filter(|name| first.get(*name) != now.get(*name))
            .cloned()
            .collect();
        needs_restart.sort();
        needs_restart.dedup();
        match checked(typed).map_err(|error| with_causes(&error))? {
            Plan::Run(run) => Ok(Reading {
                settings: run.settings,
                needs_restart,
            }),
            Plan::Audit(_)
            | Plan::Report(_)
            | Plan::Documents(_)
            | Plan::Drill(_)
            | Plan::Drills => Err("nothing to run".to_owned()),
        }
    })
}

/// What the configuration file says that counts at the start only, by the names of options.
fn others(arguments: &[OsString]) -> Option<BTreeMap<String, Vec<OsString>>> {
    let matches = Typed::command().try_get_matches_from(arguments).ok()?;
    let (name, matches) = matches.subcommand()?;
    let path = matches.get_one::<PathBuf>("config")?;
    let file = ConfigFile::read(path).ok()?;
    let command = Typed::command();
    let command = command.find_subcommand(name)?;
    let settings = file.settings_for(command, Some(matches));
    let others = settings.filter(|setting| !RELOADED.contains(&setting.name.as_str()));
    Some(
        others
            .map(|setting| (setting.name.clone(), setting.words.clone()))
            .collect(),
    )
}
