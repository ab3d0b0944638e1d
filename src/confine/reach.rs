//! Which files the process can still get at.

use super::Held;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The newest rights that are asked for; of an older kernel, those that it knows.
const NEWEST: ABI = ABI::V6;

/// What libraries read to look up names and users, what libpcap reads of interfaces, and what tells
/// of the process itself.
const SYSTEM: [&str; 10] = [
    "/etc",
    "/usr/lib",
    "/usr/share",
    "/lib",
    "/lib64",
    "/run/systemd/resolve",
    "/sys/class/net",
    "/sys/devices",
    "/proc",
    "/dev/urandom",
];

/// What is reached for after the start.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reach {
    /// Files that are read again, and folders.
    pub read: Vec<PathBuf>,
    /// Files that are written, made anew or given another name, and folders.
    pub write: Vec<PathBuf>,
}

impl Reach {
    /// Has the kernel refuse all other files, for this thread and those that it will start.
    pub(super) fn enforce(&self) -> Held {
        match self.restrict() {
            Ok(RulesetStatus::FullyEnforced) => Held::Fully,
            Ok(RulesetStatus::PartiallyEnforced) => Held::Partly,
            Ok(RulesetStatus::NotEnforced) => Held::Not,
            Err(error) => {
                tracing::warn!("Landlock cannot be used: {error}");
                Held::Not
            }
        }
    }

    fn restrict(&self) -> Result<RulesetStatus, RulesetError> {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(NEWEST))?
            // What listens was opened before.
            .handle_access(AccessNet::BindTcp)?
            .scope(Scope::Signal)?
            .create()?;
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let write = AccessFs::from_all(NEWEST) & !AccessFs::Execute;
        for path in SYSTEM.iter().map(Path::new) {
            rules = allow(rules, path, read)?;
        }
        for path in &self.read {
            rules = allow(rules, &place(path), read)?;
        }
        for path in &self.write {
            rules = allow(rules, &place(path), write)?;
        }
        Ok(rules.restrict_self()?.ruleset)
    }
}

/// A rule for a path; none where there is nothing.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: landlock::BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else {
        return Ok(rules);
    };
    let is_folder = fs::metadata(path).is_ok_and(|about| about.is_dir());
    let access = if is_folder {
        access
    } else {
        access & AccessFs::from_file(NEWEST)
    };
    rules.add_rule(PathBeneath::new(opened, access))
}

/// The folder of a file, since others take its place by a change of name; the path itself where it
/// is a folder or no plain file, or where its folder is one of everybody's.
fn place(path: &Path) -> PathBuf {
    let is_plain = fs::metadata(path).map_or(true, |about| about.is_file());
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return path.to_path_buf(),
    };
    let is_top = folder.components().all(|part| part == Component::RootDir);
    if is_plain && !is_top {
        folder.to_path_buf()
    } else {
        path.to_path_buf()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_reached_through_its_folder_and_a_folder_by_itself() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let table = [
            (root.join("Cargo.toml"), root.to_path_buf()),
            (root.join("not-there-yet"), root.to_path_buf()),
            (root.join("src"), root.join("src")),
            ("relative".into(), ".".into()),
            ("/dev/null".into(), "/dev/null".into()),
            ("/not-there-yet".into(), "/not-there-yet".into()),
        ];
        for (path, expected) in table {
            assert_eq!(place(&path), expected, "{}", path.display());
        }
    }
}
