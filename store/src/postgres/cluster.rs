//! The cluster in a home: made once, started often.

use super::account::Account;
use super::find::Binaries;
use super::home::{Home, SOCKET_NAME};
use super::process::{self, Running};
use super::{Error, Tuning, wait};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a start may take, recovery after a crash included.
const READY_MS_MAX: u64 = 120_000;
/// How long processes of an earlier PostgreSQL may take to vanish after all were killed.
const STALE_MS_MAX: u64 = 10_000;
/// A log longer than this is put aside, as `postgres.log.old`, at the next start.
const LOG_BYTES_MAX: u64 = 8 << 20;
/// How much of the log an error quotes.
const TAIL_BYTES_MAX: u64 = 2_000;

/// PostgreSQL's words when what an earlier one left is still there.
const STALE: [&str; 2] = ["lock file ", "pre-existing shared memory block"];

pub(super) struct Cluster<'h> {
    home: &'h Home,
    folder: PathBuf,
    log: PathBuf,
}

impl<'h> Cluster<'h> {
    pub(super) fn at(home: &'h Home) -> Cluster<'h> {
        Cluster { home, folder: home.folder().join("cluster"), log: home.folder().join("postgres.log") }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The lock file beside the socket, which names a process too.
    pub(super) fn socket_lock(&self) -> PathBuf {
        self.home.socket_folder().join(format!("{SOCKET_NAME}.lock"))
    }

    fn account(&self) -> Option<&Account> {
        self.home.account()
    }

    /// The major version that wrote the cluster; none if there is no cluster yet.
    pub(super) fn major(&self) -> Result<Option<u32>, Error> {
        let path = self.folder.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let unreadable = |error| Error::folder("read", path)(std::io::Error::other(error));
                text.trim().parse().map(Some).map_err(unreadable)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::folder("read", path)(error)),
        }
    }

    /// Makes the cluster beside its place and renames it when it is whole and on disk, so that a kill on the way
    /// leaves nothing but a folder to clear away.
    pub(super) fn create(&self, binaries: &Binaries, tuning: Tuning) -> Result<(), Error> {
        let new = self.home.folder().join("cluster.new");
        if new.exists() {
            fs::remove_dir_all(&new).map_err(Error::folder("clear away", &new))?;
        }
        let mut initdb = self.command(binaries, "initdb", Signal::KILL);
        initdb.arg("-D").arg(&new).args(["-U", "postgres", "--auth-local=trust", "--auth-host=reject"]);
        initdb.args(["-E", "UTF8", "--no-instructions"]).arg(format!("--locale={}", process::locale()));
        if tuning != Tuning::Durable {
            initdb.arg("--no-sync");
        }
        let failed = |output| Error::Initdb { origin: binaries.origin().to_string(), output };
        let done = initdb.output().map_err(|error| failed(error.to_string()))?;
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            return Err(failed(String::from_utf8_lossy(&said).trim().to_owned()));
        }
        fs::rename(&new, &self.folder).map_err(Error::folder("rename to cluster", &new))?;
        let home = self.home.folder();
        File::open(home).and_then(|folder| folder.sync_all()).map_err(Error::folder("sync", home))
    }

    /// Starts PostgreSQL and waits until it accepts connections. What an earlier one left behind (its lock file, its
    /// shared memory) may need some seconds to go after everything was killed, so such a refusal is tried again.
    pub(super) fn start(&self, binaries: &Binaries, tuning: Tuning) -> Result<Running, Error> {
        let deadline = Instant::now() + Duration::from_millis(STALE_MS_MAX);
        loop {
            match self.start_once(binaries, tuning) {
                Err(Error::Ended { tail, .. })
                    if STALE.iter().any(|words| tail.contains(words)) && Instant::now() < deadline =>
                {
                    tracing::info!("an earlier PostgreSQL on these data is not quite gone; trying again");
                    std::thread::sleep(Duration::from_millis(100));
                }
                answer => return answer,
            }
        }
    }

    fn start_once(&self, binaries: &Binaries, tuning: Tuning) -> Result<Running, Error> {
        let (log, said_before) = self.open_log()?;
        let mut postgres = self.command(binaries, "postgres", Signal::INT);
        postgres.arg("-D").arg(&self.folder).arg("-k").arg(self.home.socket_folder());
        for setting in settings(tuning) {
            postgres.arg("-c").arg(setting);
        }
        postgres.stdout(std::process::Stdio::null()).stderr(log);
        let started = Running::spawn(postgres);
        let running = started
            .map_err(|error| Error::Unusable { bin: binaries.bin().into(), reason: error.to_string() })?;
        let ready = wait::until(READY_MS_MAX, || match running.ended() {
            Some(status) => Some(Err(status)),
            None => self.is_ready(running.process_id()).then_some(Ok(())),
        });
        let tail = || self.tail(said_before);
        match ready {
            Some(Ok(())) => Ok(running),
            Some(Err(status)) => {
                Err(Error::Ended { status: status.to_string(), log: self.log.clone(), tail: tail() })
            }
            None => {
                running.stop();
                Err(Error::NotReady { waited_ms: READY_MS_MAX, log: self.log.clone(), tail: tail() })
            }
        }
    }

    /// Whether that process says in its lock file that it accepts connections: the first line is its id and the
    /// eighth its state, which is what `pg_ctl start --wait` reads too.
    fn is_ready(&self, process_id: u32) -> bool {
        let text = fs::read_to_string(self.folder.join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines();
        lines.next().and_then(|line| line.trim().parse().ok()) == Some(process_id)
            && lines.nth(6).is_some_and(|state| state.trim() == "ready")
    }

    fn command(&self, binaries: &Binaries, program: &str, signal: Signal) -> Command {
        let mut command = process::command(&binaries.bin().join(program), self.account(), signal);
        command.envs(binaries.environment());
        command
    }

    /// The log, opened for writing at its end, and how long it is already.
    fn open_log(&self) -> Result<(File, u64), Error> {
        let length = fs::metadata(&self.log).map_or(0, |found| found.len());
        if length > LOG_BYTES_MAX {
            fs::rename(&self.log, self.log.with_extension("log.old"))
                .map_err(Error::folder("rename", &self.log))?;
        }
        let file = File::options().create(true).append(true).open(&self.log);
        let file = file.map_err(Error::folder("open", &self.log))?;
        let length = file.metadata().map_or(0, |found| found.len());
        Ok((file, length))
    }

    /// The last words of the log after that position.
    fn tail(&self, said_before: u64) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(said_before.max(length.saturating_sub(TAIL_BYTES_MAX))))?;
            let mut said = Vec::new();
            file.read_to_end(&mut said)?;
            Ok(String::from_utf8_lossy(&said).trim().to_owned())
        };
        read().unwrap_or_else(|error| format!("(the log cannot be read: {error})"))
    }
}

/// What differs from PostgreSQL's defaults. Given on the command line, so that no file of the cluster must be edited.
fn settings(tuning: Tuning) -> &'static [&'static str] {
    match tuning {
        Tuning::Durable => &["listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on"],
        #[cfg(feature = "testing")]
        Tuning::Throwaway => &[
            "listen_addresses=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_connections=200",
            "shared_buffers=64MB",
            "autovacuum=off",
        ],
    }
}
