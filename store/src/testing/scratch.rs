//! A folder that goes when the test process goes, however that ends.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A RAM disk, which spares a throw-away server the disk.
const RAM: &str = "/dev/shm";
/// How much must be free there: containers often have 64 MB only, and a server with some databases needs more.
const RAM_BYTES_MIN: u64 = 1 << 30;

/// Waits until the pipe from the test process closes, ends the server whose pid file is `$1` if it still runs, and
/// removes the folder `$0`. SIGQUIT is PostgreSQL's immediate shutdown, and ends Redis; one that was started with SIGQUIT
/// ignored, as by a shell in the background, is killed after five seconds.
const JANITOR: &str = r#"
    read -r _
    pid=$(head -n 1 "$0/$1")
    if [ -n "$pid" ]; then
        kill -QUIT "$pid"
        tries=0
        while kill -0 "$pid"; do
            tries=$((tries + 1))
            if [ "$tries" -eq 250 ]; then kill -KILL "$pid"; fi
            sleep 0.02
        done
    fi
    rm -rf -- "$0"
"#;

/// A new folder, with a janitor that outlives this process by a moment.
pub(super) struct Scratch {
    folder: PathBuf,
    janitor: Child,
}

impl Scratch {
    /// A folder for a server that writes its process id into `pid_file`, a path inside the folder.
    pub(super) fn new(pid_file: &str) -> io::Result<Scratch> {
        let parent = if has_room(Path::new(RAM)) { RAM.into() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("crease-test-").tempdir_in(parent)?.keep();
        // A server that may not run as root must get through to its own folder in here.
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o711))?;
        let mut janitor = Command::new("sh");
        janitor.arg("-c").arg(JANITOR).arg(&folder).arg(pid_file).current_dir("/").process_group(0);
        let janitor = janitor.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Scratch { folder, janitor })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.janitor.stdin.take());
        if let Err(error) = self.janitor.wait() {
            tracing::debug!(%error, "the scratch folder's janitor is lost");
        }
    }
}

fn has_room(folder: &Path) -> bool {
    let free = rustix::fs::statvfs(folder).map_or(0, |found| found.f_bavail * found.f_frsize);
    free >= RAM_BYTES_MIN && rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_goes_with_its_scratch_and_a_server_in_it_is_ended() {
        let scratch = Scratch::new("pid").unwrap();
        let folder = scratch.folder().to_owned();
        let mut server = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        std::fs::write(folder.join("pid"), server.id().to_string()).unwrap();
        // Held open, so that nothing but a signal ends it; waiting reaps it, as its parent would.
        let input = server.stdin.take();
        let waiting = std::thread::spawn(move || server.wait().unwrap());
        drop(scratch);
        assert!(!folder.exists());
        assert!(!waiting.join().unwrap().success());
        drop(input);
    }
}
