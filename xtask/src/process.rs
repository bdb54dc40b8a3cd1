//! Running other programs: to their end, for their output, or as services that are stopped in order.

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

/// Runs to the end on our terminal; fails with the command line when it does.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("starting {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs to the end and returns what it printed; on failure the error carries the last of what it said.
pub(crate) fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("starting {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        bail!("{} ended with {}\n{}", shown(command), output.status, tail(&said, 20));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", shown(command)))
}

/// A step of a longer command: says that it begins, does it, says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("» {what}");
    let begun = Instant::now();
    let done = work().with_context(|| what.to_owned())?;
    println!("  {:.1} s", begun.elapsed().as_secs_f64());
    Ok(done)
}

/// The last `lines` lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A command as one would type it, for messages.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// How often a child is looked at.
const POLL: Duration = Duration::from_millis(50);
/// A long step says that it is still going this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);
/// A service may take this long to end: the server drains its streams for 5 s, then stops its database.
const GRACE: Duration = Duration::from_secs(20);

/// Runs to the end with all output in a file, and a sign of life each minute. `Ok` carries what was said,
/// whatever the status.
pub(crate) fn logged(command: &mut Command, log: &Path) -> anyhow::Result<(ExitStatus, String)> {
    let mut child = start(command, log)?;
    let begun = Instant::now();
    let mut next_sign = SIGN_OF_LIFE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > next_sign {
            println!("  … {} s, writing {}", begun.elapsed().as_secs(), log.display());
            next_sign += SIGN_OF_LIFE;
        }
        thread::sleep(POLL);
    };
    Ok((status, read_log(log)))
}

/// Starts a program whose output goes to a file.
fn start(command: &mut Command, log: &Path) -> anyhow::Result<Child> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(log).with_context(|| format!("writing {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    command.spawn().with_context(|| format!("starting {}", shown(command)))
}

/// A log as far as it is written; what is no UTF-8 is replaced.
pub(crate) fn read_log(log: &Path) -> String {
    String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()
}

/// A program that runs beside us until we stop it. It has a process group of its own, so that Ctrl-C on the
/// terminal reaches only us and we stop our services in order.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) log: PathBuf,
    child: Child,
}

impl Service {
    pub(crate) fn start(name: &'static str, command: &mut Command, log: PathBuf) -> anyhow::Result<Service> {
        let child = start(command.process_group(0), &log)?;
        Ok(Service { name, log, child })
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, waits, and kills what is left of its group. Does nothing the second time.
    pub(crate) fn stop(&mut self) {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        if self.ended().is_none() {
            // An error means that it ended between the question and the signal.
            let _ = kill_process(pid, Signal::TERM);
            let deadline = Instant::now() + GRACE;
            while self.ended().is_none() && Instant::now() < deadline {
                thread::sleep(POLL);
            }
        }
        if self.ended().is_none() {
            println!("  {} did not end within {} s; killing it", self.name, GRACE.as_secs());
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Becomes true when someone asks us to end (Ctrl-C, SIGTERM, a closed terminal).
pub(crate) fn asked_to_end() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

/// Waits until `fact` holds; false when `limit` passes first.
pub(crate) fn wait_until(
    limit: Duration,
    mut fact: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    let deadline = Instant::now() + limit;
    while !fact()? {
        if Instant::now() > deadline {
            return Ok(false);
        }
        thread::sleep(POLL);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_service_that_obeys_is_stopped_and_its_words_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log/it.log");
        let script = "tail -f /dev/null & trap 'kill $!; echo goodbye; exit 0' TERM; echo hello; wait";
        let mut service = Service::start("it", &mut sh(script), log.clone()).unwrap();
        assert!(wait_until(GRACE, || Ok(read_log(&log).contains("hello"))).unwrap());
        assert!(service.ended().is_none());
        service.stop();
        assert!(service.ended().unwrap().success());
        assert_eq!(read_log(&log), "hello\ngoodbye\n");
    }

    #[test]
    fn a_failing_command_is_named_with_what_it_said() {
        let error = capture(&mut sh("echo reason >&2; exit 3")).unwrap_err().to_string();
        assert!(
            error.contains("sh -c") && error.contains("exit status: 3") && error.contains("reason"),
            "{error}"
        );
    }

    #[test]
    fn a_tail_is_the_end_and_no_more_than_there_is() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 5), "a");
    }
}
