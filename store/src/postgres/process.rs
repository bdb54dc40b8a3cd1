//! The PostgreSQL process: started so that it dies with us, watched, and stopped.

use super::account::Account;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::time::Duration;

/// How long a fast stop (connections cut, a last checkpoint) may take.
const FAST_STOP_MS_MAX: u64 = 15_000;
/// How long an immediate stop may take before the process is killed.
const IMMEDIATE_STOP_MS_MAX: u64 = 5_000;

/// A command that runs as `account` with nothing of our environment, and gets `signal` when the thread that spawns
/// it ends (Linux only). Its process group is its own, so that Ctrl-C in a terminal reaches us alone.
pub(super) fn command(program: &Path, account: Option<&Account>, signal: Signal) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", locale()).env("TZ", "UTC");
    command.current_dir("/").process_group(0).stdin(Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    die_with_us(&mut command, signal);
    command
}

/// A UTF-8 locale that sorts by bytes; macOS has no such name, and its C locale does the same.
pub(super) fn locale() -> &'static str {
    if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" }
}

#[cfg(target_os = "linux")]
fn die_with_us(command: &mut Command, signal: Signal) {
    let parent = rustix::process::getpid();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // We may have died between fork and the line above.
        match rustix::process::getppid() {
            Some(now) if now == parent => Ok(()),
            _ => Err(io::Error::other("the parent process is gone")),
        }
    };
    // SAFETY: between fork and exec only async-signal-safe code may run; `ask` makes two system calls and allocates
    // only on the way to giving up, in a child that ends there.
    #[expect(unsafe_code, reason = "std offers no other way to run code between fork and exec")]
    unsafe {
        command.pre_exec(ask);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_us(_command: &mut Command, _signal: Signal) {}

/// A process under watch.
pub(super) struct Running {
    process: Pid,
    watch: Arc<Watch>,
}

#[derive(Default)]
struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whether we asked for the end.
    stopping: bool,
    ended: Option<ExitStatus>,
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds the watch")
    }
}

impl Running {
    /// Starts the command on a thread that lives as long as the process: Linux sends the parent's death signal when
    /// the *thread* that spawned ends.
    pub(super) fn spawn(mut command: Command) -> io::Result<Running> {
        let watch = Arc::new(Watch::default());
        let theirs = Arc::clone(&watch);
        let (spawned, spawning) = mpsc::sync_channel(1);
        std::thread::Builder::new().name("postgres-watch".into()).spawn(move || match command.spawn() {
            Ok(child) => {
                let process = Pid::from_child(&child);
                // Whoever asked has no other way to be gone than to panic; then the process is simply watched.
                let _gone = spawned.send(Ok(process));
                theirs.keep(child, process);
            }
            Err(error) => {
                let _gone = spawned.send(Err(error));
            }
        })?;
        let process = spawning.recv().map_err(io::Error::other)??;
        Ok(Running { process, watch })
    }

    pub(super) fn process_id(&self) -> u32 {
        self.process.as_raw_pid().unsigned_abs()
    }

    /// How it ended, if it has.
    pub(super) fn ended(&self) -> Option<ExitStatus> {
        self.watch.lock().ended
    }

    /// Ends the process and waits for that: fast shutdown, then immediate shutdown, then SIGKILL.
    pub(super) fn stop(&self) {
        self.watch.lock().stopping = true;
        for (signal, ms_max) in [(Signal::INT, FAST_STOP_MS_MAX), (Signal::QUIT, IMMEDIATE_STOP_MS_MAX)] {
            self.signal(signal);
            if self.ends_within(ms_max) {
                return;
            }
            tracing::warn!(signal = signal.as_raw(), waited_ms = ms_max, "PostgreSQL does not stop");
        }
        self.signal(Signal::KILL);
        self.ends_within(IMMEDIATE_STOP_MS_MAX);
    }

    /// Under the watch's lock a process that has not been reaped keeps its id, so no stranger is hit.
    fn signal(&self, signal: Signal) {
        let state = self.watch.lock();
        if state.ended.is_none()
            && let Err(error) = rustix::process::kill_process(self.process, signal)
        {
            tracing::warn!(%error, "PostgreSQL cannot be signalled");
        }
    }

    fn ends_within(&self, ms_max: u64) -> bool {
        let state = self.watch.lock();
        let still_runs = |state: &mut State| state.ended.is_none();
        let waited = self.watch.changed.wait_timeout_while(state, Duration::from_millis(ms_max), still_runs);
        let (state, _) = waited.expect("no thread panics while it holds the watch");
        state.ended.is_some()
    }
}

impl Watch {
    /// Waits for the child's end, then reaps it under the lock.
    fn keep(&self, mut child: Child, process: Pid) {
        let end = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(process), end) {}
        let mut state = self.lock();
        let status = child.wait().unwrap_or(ExitStatus::from_raw(0));
        if !state.stopping {
            tracing::error!(%status, "PostgreSQL ended by itself");
        }
        state.ended = Some(status);
        self.changed.notify_all();
    }
}
