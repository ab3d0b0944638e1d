//! What is wrong in a configuration file, and in the files that it names.

use super::args::sink;
use super::config::{ConfigFile, Finding, Setting, paths};
use super::{Error, files};
use crate::capture::check_filter;
use crate::pipeline::with_causes;
use crate::report::Findings;
use crate::sink::Target;
use std::path::Path;

/// Looks a configuration file through.
pub(super) fn findings(path: &Path) -> Result<Findings, Error> {
    let text = files::text("configuration", path)?;
    let file = ConfigFile::parse(&text);
    let mut found = file.findings.clone();
    for setting in &file.settings {
        let told = objections(setting);
        let line = setting.line;
        found.extend(told.into_iter().map(|told| Finding { line, told }));
    }
    found.sort_by_key(|finding| finding.line);
    let shown = path.display();
    let count = file.settings.len();
    let plural = if count == 1 { "" } else { "s" };
    Ok(Findings {
        found: found
            .iter()
            .map(|finding| format!("{shown}:{finding}"))
            .collect(),
        clean: format!("{shown}: {count} option{plural} set, nothing to mend"),
    })
}

/// What speaks against a setting that is well formed.
fn objections(setting: &Setting) -> Vec<String> {
    let name = setting.name.as_str();
    let told = |error: Error| format!("`{name}`: {}", with_causes(&error));
    let each = paths(setting);
    match name {
        "trust-anchor" => each
            .filter_map(|path| files::trust_anchors(&[path]).err().map(told))
            .collect(),
        "zone-data" => each
            .filter_map(|path| files::zone_data(&[path]).err().map(told))
            .collect(),
        "portfolio" => each
            .filter_map(|path| files::portfolio(Some(&path)).err().map(told))
            .collect(),
        "known-bogus" => each
            .filter_map(|path| files::known_bogus(Some(&path)).err().map(told))
            .collect(),
        "filter" => {
            let filters = setting.values.iter();
            let wrong = filters.filter_map(|filter| check_filter(filter).err());
            wrong
                .map(|error| format!("`{name}`: {}", with_causes(&error)))
                .collect()
        }
        "state" | "verdicts" => each.filter_map(|path| homeless(name, &path)).collect(),
        "output" => {
            let sinks = setting.values.iter().filter_map(|text| sink(text).ok());
            let files = sinks.filter_map(|sink| match sink.target {
                Some(Target::File(plan)) => Some(plan.path),
                Some(Target::Stdout | Target::Syslog(_) | Target::Http(_)) | None => None,
            });
            files.filter_map(|path| homeless(name, &path)).collect()
        }
        _ => Vec::new(),
    }
}

/// Says so if the folder of a file that is to be written does not exist.
fn homeless(name: &str, path: &Path) -> Option<String> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())?;
    let is_there = path == Path::new("-") || folder.is_dir();
    (!is_there).then(|| {
        format!(
            "`{name}`: {} cannot be written, there is no folder {}",
            path.display(),
            folder.display()
        )
    })
}
