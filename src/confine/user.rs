//! Whom the process runs as, and its capabilities.

use super::{Held, Rights};
use caps::{CapSet, Capability, CapsHashSet};
use nix::errno::Errno;
use nix::unistd::{Uid, User, geteuid, initgroups, setresgid, setresuid};
use std::ffi::CString;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// Whom root becomes if nobody is named, the first that there is.
const USERS: [&str; 2] = ["sigtap", "nobody"];

/// Permissions of a file by which others than its owner may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Why rights cannot be given up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no user of this name.
    #[error("there is no user {name}: name one with --user, or root to stay root")]
    NoUser {
        /// As given, or by default.
        name: String,
    },
    /// Only root can become somebody else.
    #[error("only root can become {name}: leave --user out")]
    NotRoot {
        /// As given.
        name: String,
    },
    /// The system does not let it change.
    #[error("cannot become user {name}")]
    Change {
        /// Whom.
        name: String,
        /// What the system said.
        source: Errno,
    },
    /// The capabilities cannot be given up.
    #[error("cannot give up capabilities")]
    Capabilities {
        /// What the system said.
        source: caps::errors::CapsError,
    },
}

/// How to give up the user that the process was started by.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'a> {
    /// Whom to become; nobody in particular if nothing is named.
    pub user: Option<&'a str>,
    /// Interfaces may have to be opened again.
    pub keeps_capture: bool,
    /// Files that are to be written. Those that are not there yet are made, for the new user, where
    /// it could not make them itself.
    pub files: &'a [PathBuf],
}

impl Leaving<'_> {
    /// Becomes an unprivileged user and gives up all capabilities, but for the right to capture
    /// where that is kept: asleep, for [`with_capture_right`](super::with_capture_right).
    ///
    /// To be called before threads are started: capabilities are each thread's own.
    pub fn leave(&self) -> Result<Rights, Error> {
        let own = geteuid();
        let user = self.target(own)?;
        let kept = self.kept()?;
        // Without the right to do so there is nothing to win it back from either.
        let _ = caps::clear(None, CapSet::Bounding);
        let has_changed_user = user.as_ref().is_some_and(|user| user.uid != own);
        if let Some(user) = user.as_ref().filter(|user| user.uid != own) {
            self.files.iter().for_each(|file| hand_over(file, user));
            become_user(user)?;
        }
        lower(&kept).map_err(|source| Error::Capabilities { source })?;
        Ok(Rights {
            user: user.map_or_else(|| told(own), |user| described(&user.name, user.uid)),
            has_changed_user,
            capabilities: kept
                .iter()
                .map(|kept| kept.to_string().to_lowercase())
                .collect(),
            no_new_privileges: false,
            files: Held::Not,
            calls: Held::Not,
        })
    }

    /// Whom to become; nothing if it stays who it is.
    fn target(&self, own: Uid) -> Result<Option<User>, Error> {
        let find = |name: &str| User::from_name(name).ok().flatten();
        match self.user {
            Some(name) => {
                let user = find(name).ok_or_else(|| Error::NoUser {
                    name: name.to_owned(),
                })?;
                if !own.is_root() && user.uid != own {
                    return Err(Error::NotRoot {
                        name: name.to_owned(),
                    });
                }
                Ok(Some(user))
            }
            None if !own.is_root() => Ok(None),
            None => {
                let user = USERS.iter().find_map(|name| find(name));
                let name = USERS.join(" or ");
                user.map(Some).ok_or(Error::NoUser { name })
            }
        }
    }

    /// Of one capability at most a set has an order.
    fn kept(&self) -> Result<CapsHashSet, Error> {
        let right = Capability::CAP_NET_RAW;
        let has_right = caps::has_cap(None, CapSet::Permitted, right);
        let has_right = has_right.map_err(|source| Error::Capabilities { source })?;
        let kept = (self.keeps_capture && has_right).then_some(right);
        Ok(kept.into_iter().collect())
    }
}

fn become_user(user: &User) -> Result<(), Error> {
    let failed = |source| Error::Change {
        name: user.name.clone(),
        source,
    };
    let name = CString::new(user.name.as_str()).map_err(|_| failed(Errno::EINVAL))?;
    caps::securebits::set_keepcaps(true).map_err(|source| Error::Capabilities { source })?;
    initgroups(&name, user.gid).map_err(failed)?;
    setresgid(user.gid, user.gid, user.gid).map_err(failed)?;
    setresuid(user.uid, user.uid, user.uid).map_err(failed)?;
    caps::securebits::set_keepcaps(false).map_err(|source| Error::Capabilities { source })
}

fn lower(kept: &CapsHashSet) -> Result<(), caps::errors::CapsError> {
    // Kernels before 4.3 have no ambient set, and then nothing is in it.
    let _ = caps::clear(None, CapSet::Ambient);
    caps::clear(None, CapSet::Inheritable)?;
    caps::clear(None, CapSet::Effective)?;
    caps::set(None, CapSet::Permitted, kept)
}

/// Makes a file for the user, unless it is there. Only where nobody but root or the folder's owner
/// can put a link in its way; else the user makes it itself, or is told that it cannot.
fn hand_over(path: &Path, user: &User) {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let Ok(about) = fs::metadata(folder.unwrap_or(Path::new("."))) else {
        return;
    };
    if about.uid() == user.uid.as_raw() || about.mode() & WRITABLE_BY_OTHERS != 0 {
        return;
    }
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path);
    if let Ok(file) = made {
        let owner = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
        if let Err(error) = fchown(&file, owner.0, owner.1) {
            tracing::warn!("cannot give {} to {}: {error}", path.display(), user.name);
        }
    }
}

fn told(uid: Uid) -> String {
    let user = User::from_uid(uid).ok().flatten();
    user.map_or_else(|| format!("uid {uid}"), |user| described(&user.name, uid))
}

fn described(name: &str, uid: Uid) -> String {
    format!("{name} (uid {uid})")
}
