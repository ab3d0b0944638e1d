//! Gives up rights.
//!
//! Takes what a run still has to reach and gives what it was left with: [`Rights`]. Owns nothing:
//! what is given up is the process's. The only door to caps, landlock and seccompiler, and with
//! `capture` to nix.

mod reach;
mod syscalls;
mod user;

pub use reach::Reach;
pub use user::{Error, Leaving};

use caps::{CapSet, Capability};
use std::fmt;

/// What the process was left with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rights {
    /// Whom it runs as.
    pub user: String,
    /// Whether that is another user than it was started by.
    pub has_changed_user: bool,
    /// The capabilities that it keeps, by name.
    pub capabilities: Vec<String>,
    /// Neither it nor what it might start can win rights again.
    pub no_new_privileges: bool,
    /// How far the kernel holds it to its files.
    pub files: Held,
    /// How far the kernel refuses it what no sensor asks for.
    pub calls: Held,
}

/// How far the kernel enforces a bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Held {
    /// As far as it was asked for.
    Fully,
    /// This kernel knows some of it.
    Partly,
    /// This kernel cannot.
    Not,
}

impl Held {
    const fn told(self) -> &'static str {
        match self {
            Self::Fully => "enforced",
            Self::Partly => "partly enforced by this kernel",
            Self::Not => "not available in this kernel",
        }
    }
}

impl Rights {
    /// Gives up all but what is reached for, for the calling thread and those that it will start.
    pub fn enclose(&mut self, reach: &Reach) {
        self.no_new_privileges = nix::sys::prctl::set_no_new_privs().is_ok();
        self.files = reach.enforce();
        self.calls = syscalls::refuse();
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capabilities = if self.capabilities.is_empty() {
            "none".to_owned()
        } else {
            self.capabilities.join(", ")
        };
        let privileges = if self.no_new_privileges {
            "no new privileges"
        } else {
            "new privileges possible"
        };
        write!(
            out,
            "runs as {}; capabilities: {capabilities}; {privileges}; Landlock {}; seccomp {}",
            self.user,
            self.files.told(),
            self.calls.told()
        )
    }
}

/// Does what needs the right to capture, which otherwise sleeps: kept, and not in force.
pub fn with_capture_right<T>(action: impl FnOnce() -> T) -> T {
    let right = Capability::CAP_NET_RAW;
    let is_awake = caps::has_cap(None, CapSet::Effective, right).unwrap_or(true);
    let is_woken = !is_awake && caps::raise(None, CapSet::Effective, right).is_ok();
    let done = action();
    if is_woken {
        // It cannot fail: a thread may always give up what it has.
        let _ = caps::drop(None, CapSet::Effective, right);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::path::PathBuf;
    use std::process::Command;
    use std::{fs, thread};

    #[test]
    fn an_enclosed_thread_reaches_what_is_named_and_runs_nothing() {
        let folder = std::env::temp_dir().join(format!("sigtap-confine-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let reach = Reach {
            read: Vec::new(),
            write: vec![folder.join("alerts.jsonl")],
        };
        // What is given up is the thread's own.
        let enclosed = thread::spawn({
            let folder = folder.clone();
            move || {
                let mut rights = Rights {
                    user: String::new(),
                    has_changed_user: false,
                    capabilities: Vec::new(),
                    no_new_privileges: false,
                    files: Held::Not,
                    calls: Held::Not,
                };
                rights.enclose(&reach);
                fs::write(folder.join("alerts.jsonl"), "one").unwrap();
                fs::rename(folder.join("alerts.jsonl"), folder.join("alerts.1")).unwrap();
                fs::write(folder.join("alerts.jsonl"), "two").unwrap();
                fs::read("/etc/passwd").unwrap();
                let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
                let read = fs::read(own).map_err(|error| error.kind());
                let write = fs::write("/etc/sigtap-test", "").map_err(|error| error.kind());
                let run = Command::new("true").status().map_err(|error| error.kind());
                (rights, read, write, run)
            }
        });
        let (rights, read, write, run) = enclosed.join().unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert!(rights.no_new_privileges);
        if rights.files == Held::Not {
            println!("skipped: no Landlock in this kernel");
        } else {
            assert_eq!(read, Err(ErrorKind::PermissionDenied));
            assert_eq!(write, Err(ErrorKind::PermissionDenied));
        }
        if rights.calls == Held::Not {
            println!("skipped: no seccomp in this kernel");
        } else {
            assert_eq!(run.err(), Some(ErrorKind::PermissionDenied));
        }
    }

    #[test]
    fn who_cannot_be_found_is_named() {
        let leaving = Leaving {
            user: Some("no-such-user"),
            keeps_capture: false,
            files: &[],
        };
        let error = leaving.leave().unwrap_err().to_string();
        assert!(
            error.contains("no-such-user") && error.contains("--user"),
            "{error}"
        );
    }
}
