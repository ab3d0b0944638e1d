//! sigtap under a service manager: its unit, and what it tells of itself.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "helpers of tests; a watchdog runs on the clock of the machine"
)]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What `systemd-analyze security` gives at most: a tenth of this is what it shows.
const MOST_EXPOSED: &str = "--threshold=20";

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sigtap-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The unit, with the program that is tested.
fn unit(folder: &Folder) -> PathBuf {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/sigtap.service");
    let text = fs::read_to_string(deploy).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/sigtap live "));
    let path = folder.0.join("sigtap.service");
    fs::write(
        &path,
        text.replace("/usr/bin/sigtap", env!("CARGO_BIN_EXE_sigtap")),
    )
    .unwrap();
    path
}

#[test]
fn the_unit_is_sound_and_little_exposed() {
    let folder = Folder::new("unit");
    let unit = unit(&folder);
    for arguments in [
        &["verify"][..],
        &["security", "--offline=true", MOST_EXPOSED],
    ] {
        let run = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&unit)
            .output();
        let Ok(run) = run else {
            println!("skipped: there is no systemd-analyze");
            return;
        };
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{arguments:?}: {said}");
        assert!(!said.contains("sigtap.service:"), "{arguments:?}: {said}");
    }
}

#[test]
fn the_options_of_the_unit_are_those_of_the_program() {
    let folder = Folder::new("options");
    let text = fs::read_to_string(unit(&folder)).unwrap();
    let mut lines = text.lines();
    let start = lines.find_map(|line| line.strip_prefix("ExecStart="));
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/sigtap.toml");
    let start = start.unwrap().replace("/etc/sigtap/sigtap.toml", here);
    assert!(start.contains(here));
    let words: Vec<_> = start.split(' ').collect();
    let run = Command::new(words[0])
        .args(&words[1..])
        .arg("--help")
        .output();
    assert!(run.unwrap().status.success());
}

/// sigtap on the loopback interface, with a service manager that listens.
fn started(folder: &Folder) -> (Child, UnixDatagram) {
    let socket = folder.0.join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    // The program becomes somebody else, as far as it is root.
    fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_sigtap"))
        .args(["live", "-q", "-i", "lo", "--output", "none"])
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "4000000")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, manager)
}

fn heard(manager: &UnixDatagram) -> String {
    let mut space = [0; 256];
    let length = manager.recv(&mut space).unwrap();
    String::from_utf8_lossy(&space[..length]).trim().to_owned()
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let kill = Command::new("kill").args([name, &id]).status();
    assert!(kill.unwrap().success());
}

#[test]
fn the_service_manager_hears_of_start_life_and_end() {
    let folder = Folder::new("notify");
    let may_capture = Command::new(env!("CARGO_BIN_EXE_sigtap"))
        .args([
            "live",
            "-i",
            "lo",
            "--filter",
            "no filter",
            "--output",
            "none",
        ])
        .output()
        .unwrap();
    if String::from_utf8_lossy(&may_capture.stderr).contains("no permission") {
        println!("skipped: no permission to capture");
        return;
    }
    let (mut child, manager) = started(&folder);
    assert_eq!(heard(&manager), "READY=1");
    assert_eq!(heard(&manager), "WATCHDOG=1");
    let first = Instant::now();
    assert_eq!(heard(&manager), "WATCHDOG=1");
    // Half the interval at most, on a machine that has other things to do.
    let gap = first.elapsed();
    assert!((900..2900).contains(&gap.as_millis()), "{gap:?}");
    signal(&child, "-STOP");
    manager.set_nonblocking(true).unwrap();
    while manager.recv(&mut [0; 256]).is_ok() {}
    std::thread::sleep(Duration::from_secs(5));
    assert!(
        manager.recv(&mut [0; 256]).is_err(),
        "it stands still and says it lives"
    );
    manager.set_nonblocking(false).unwrap();
    signal(&child, "-CONT");
    signal(&child, "-TERM");
    let mut last = heard(&manager);
    while last == "WATCHDOG=1" {
        last = heard(&manager);
    }
    assert_eq!(last, "STOPPING=1");
    assert!(child.wait().unwrap().success());
}
