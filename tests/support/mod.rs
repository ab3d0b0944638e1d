//! Runs sigtap as a user does.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "helpers of tests, of which each test uses some"
)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a run ended, and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    /// Nothing if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these arguments, not yet started.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigtap"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// Runs the program with these arguments to its end.
pub(crate) fn sigtap<A: AsRef<OsStr>>(arguments: &[A]) -> Run {
    finished(&mut command(arguments))
}

/// Runs a prepared command to its end.
pub(crate) fn finished(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The only capture of a scenario, whatever its format.
pub(crate) fn capture(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?;
    let mut captures = files.map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().and_then(OsStr::to_str);
        name.is_some_and(|name| name.starts_with("capture."))
    });
    let capture = captures.next();
    assert_eq!(
        captures.next(),
        None,
        "two captures in {}",
        folder.display()
    );
    capture
}

/// The folder of a bundled scenario.
pub(crate) fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(name)
}

/// An empty folder for a test's files.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The state file of a run over a scenario.
pub(crate) fn state(name: &str, folder: &Path) -> PathBuf {
    let from = scenario(name);
    let state = folder.join(name);
    let run = sigtap(&[
        "read".to_owned(),
        "--quiet".to_owned(),
        "--output=none".to_owned(),
        format!("--trust-anchor={}", from.join("anchors.txt").display()),
        format!("--state={}", state.display()),
        capture(&from).unwrap().display().to_string(),
    ]);
    assert!(run.code.is_some(), "{}", run.stderr);
    state
}
