//! A PostgreSQL on our data that outlived the process that started it.
//!
//! On Linux it has been told to stop and is mostly on its way; elsewhere it runs on until we come by. Holding the
//! home's lock we know that nobody supervises it.

use super::cluster::Cluster;
use super::{Error, wait};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::path::Path;

/// How long the orphan may take to stop after each signal.
const STOP_MS_MAX: u64 = 10_000;

/// Stops the process that the cluster's lock file names, if it is a PostgreSQL on this cluster.
///
/// If it is somebody else, whom the kernel gave the same id after a crash, or a dead process that its new parent has
/// not reaped (in a container perhaps never), its lock files are removed: PostgreSQL would refuse to start for
/// as long as that id is taken. Should children of the dead one still run, PostgreSQL finds them by their shared memory.
pub(super) fn stop(cluster: &Cluster<'_>) -> Result<(), Error> {
    let file = cluster.folder().join("postmaster.pid");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let Some(process) = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw)
    else {
        return Ok(());
    };
    match what_is(process, cluster.folder()) {
        Found::Nothing => Ok(()),
        Found::Stranger => {
            tracing::warn!(
                process_id = process.as_raw_pid(),
                "removing the lock files of a PostgreSQL that is gone"
            );
            remove(&file)?;
            remove(&cluster.socket_lock())
        }
        Found::Orphan => end(process, cluster.folder()),
    }
}

fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::folder("remove", file)(error))
        }
        _ => Ok(()),
    }
}

fn end(process: Pid, cluster: &Path) -> Result<(), Error> {
    tracing::warn!(process_id = process.as_raw_pid(), "stopping a PostgreSQL that outlived its owner");
    for signal in [Signal::INT, Signal::QUIT] {
        // It may end between our look and our signal.
        if kill_process(process, signal).is_err() {
            return Ok(());
        }
        let gone = || matches!(what_is(process, cluster), Found::Nothing | Found::Stranger).then_some(());
        if wait::until(STOP_MS_MAX, gone).is_some() {
            return Ok(());
        }
    }
    Err(Error::OrphanStays { process_id: process.as_raw_pid() })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Orphan,
    Stranger,
}

/// What runs under that id. A PostgreSQL's working folder is its cluster.
fn what_is(process: Pid, cluster: &Path) -> Found {
    if test_kill_process(process).is_err_and(|error| error == rustix::io::Errno::SRCH) {
        return Found::Nothing;
    }
    match works_in(process, cluster) {
        Some(true) => Found::Orphan,
        Some(false) => Found::Stranger,
        None => Found::Nothing,
    }
}

/// Whether that process works in that folder; none if it vanishes while we look. A dead process has no folder.
#[cfg(target_os = "linux")]
fn works_in(process: Pid, folder: &Path) -> Option<bool> {
    let of_process = Path::new("/proc").join(process.as_raw_pid().to_string());
    match fs::read_link(of_process.join("cwd")) {
        Ok(works_in) => Some(works_in == folder),
        Err(_) => of_process.exists().then_some(false),
    }
}

/// The same where there is no /proc: our PostgreSQL names its cluster on its command line.
#[cfg(not(target_os = "linux"))]
fn works_in(process: Pid, folder: &Path) -> Option<bool> {
    let mut ps = std::process::Command::new("ps");
    ps.args(["-ww", "-o", "args=", "-p"]).arg(process.as_raw_pid().to_string());
    let said = ps.output().ok()?.stdout;
    let said = String::from_utf8_lossy(&said);
    if said.trim().is_empty() { None } else { Some(said.contains(&*folder.to_string_lossy())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_a_stranger_by_the_folder_it_works_in() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().canonicalize().unwrap();
        let mut child = std::process::Command::new("cat")
            .current_dir(&folder)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let process = Pid::from_child(&child);
        assert_eq!(what_is(process, Path::new("/nowhere")), Found::Stranger);
        if cfg!(target_os = "linux") {
            assert_eq!(what_is(process, &folder), Found::Orphan);
        }
        child.kill().unwrap();
        let dead = || (what_is(process, &folder) == Found::Stranger).then_some(());
        assert!(wait::until(STOP_MS_MAX, dead).is_some(), "dead, but not reaped yet");
        child.wait().unwrap();
        assert_eq!(what_is(process, &folder), Found::Nothing);
    }
}
