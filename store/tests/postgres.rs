//! The private PostgreSQL: starts, restarts, crashes, refusals. These clusters are durable ones (fsync on), and making
//! one takes a busy machine seconds; so one test walks through all that may befall a folder.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use store::postgres::{Embedded, Error, Origin, Postgres, Source, open};
use store::{Migrations, Step, Store};
use tempfile::TempDir;

const MIGRATIONS: Migrations = Migrations {
    schema: "kept",
    steps: &[Step {
        name: "row",
        sql: "create table kept.row (number bigint); insert into kept.row values (42)",
    }],
};

/// A temp folder that the account PostgreSQL runs under may enter. On the RAM disk where it has room: what these
/// tests kill are processes, and those leave that as whole as any disk.
fn temp() -> TempDir {
    let free = rustix::fs::statvfs("/dev/shm").map_or(0, |found| found.f_bavail * found.f_frsize);
    let temp = if free > 1 << 30 { tempfile::tempdir_in("/dev/shm") } else { tempfile::tempdir() };
    let temp = temp.unwrap();
    fs::set_permissions(temp.path(), PermissionsExt::from_mode(0o755)).unwrap();
    temp
}

async fn start(folder: &Path) -> Result<Postgres, Error> {
    let source = match Source::from_env() {
        Source::Url(_) => Source::Search,
        other => other,
    };
    open(folder, source, Embedded::Allowed).await
}

async fn number(postgres: &Postgres) -> i64 {
    let store = Store::connect(postgres.url(), 1).await.unwrap();
    let row = store.read("number", async |db| db.query_one("select number from kept.row", &[]).await).await;
    row.unwrap().get(0)
}

/// Starts for the first time, keeps a number, and says which programs were used.
async fn keep_a_number(folder: &Path) -> PathBuf {
    let postgres = start(folder).await.unwrap();
    Store::connect(postgres.url(), 1).await.unwrap().migrate(&[MIGRATIONS]).await.unwrap();
    let bin = match postgres.origin() {
        Origin::Bin(bin) | Origin::System(bin) | Origin::Bundled(bin) => bin.clone(),
        Origin::Url => unreachable!("a private one was asked for"),
    };
    postgres.stop().await;
    bin
}

fn message(opened: Result<Postgres, Error>) -> String {
    opened.err().expect("this is refused").to_string()
}

#[tokio::test]
async fn data_survive_restarts_and_whatever_an_earlier_postgres_left_behind() {
    let temp = temp();
    let bin = keep_a_number(temp.path()).await;
    let cluster = temp.path().join("postgres/cluster");
    let lock = cluster.join("postmaster.pid");

    let postgres = start(temp.path()).await.unwrap();
    assert_eq!(number(&postgres).await, 42, "after a restart");
    is_private_and_durable(&postgres, temp.path()).await;
    let second = message(start(temp.path()).await);
    let holder = format!("process {} already uses the data in", std::process::id());
    assert!(second.contains(&holder), "{second}");

    let process = postgres.process_id().unwrap();
    drop(postgres);
    assert!(!runs(process), "a dropped one is stopped");

    let postgres = start(temp.path()).await.unwrap();
    kill(postgres.process_id().unwrap(), "KILL");
    drop(postgres);
    assert!(lock.exists(), "a killed one leaves its lock file");
    assert_eq!(number(&start(temp.path()).await.unwrap()).await, 42, "after a kill");

    fs::write(&lock, format!("{}\n", std::process::id())).unwrap();
    assert_eq!(number(&start(temp.path()).await.unwrap()).await, 42, "with a stranger in the lock file");

    let mut orphan = start_without_us(&bin, temp.path());
    wait_for(|| fs::read_to_string(&lock).unwrap_or_default().contains("ready"));
    let postgres = start(temp.path()).await.unwrap();
    assert!(orphan.wait().unwrap().success(), "the orphan was stopped in good order");
    assert_eq!(number(&postgres).await, 42, "after an orphan");
}

async fn is_private_and_durable(postgres: &Postgres, data_folder: &Path) {
    let store = Store::connect(postgres.url(), 1).await.unwrap();
    for (setting, expected) in [("fsync", "on"), ("synchronous_commit", "on"), ("listen_addresses", "")] {
        const SHOW: &str = "select current_setting($1)";
        let shown = store.read("setting", async |db| db.query_one(SHOW, &[&setting]).await).await.unwrap();
        assert_eq!(shown.get::<_, String>(0), expected, "{setting}");
    }
    let home = data_folder.canonicalize().unwrap().join("postgres");
    assert_eq!(postgres.folder(), Some(&*home));
    assert_eq!(fs::metadata(&home).unwrap().mode() & 0o777, 0o700);
    let owner = fs::metadata(data_folder).unwrap().uid();
    assert_eq!(owner, rustix::process::geteuid().as_raw(), "the data folder was not ours to give away");
}

/// A PostgreSQL on these data that nobody supervises.
fn start_without_us(bin: &Path, data_folder: &Path) -> Child {
    let home = data_folder.join("postgres");
    let mut orphan = Command::new(bin.join("postgres"));
    orphan.arg("-D").arg(home.join("cluster")).arg("-k").arg(home.join("run"));
    orphan.args(["-c", "listen_addresses="]).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
    if rustix::process::geteuid().is_root() {
        let owner = fs::metadata(&home).unwrap();
        orphan.uid(owner.uid()).gid(owner.gid());
    }
    orphan.spawn().unwrap()
}

/// What the host program said: the id of its PostgreSQL, and the numbers it acknowledged.
struct Host {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
    postgres: u32,
}

impl Host {
    /// Runs `examples/acknowledge.rs`, which `cargo test` builds beside this test.
    fn start(folder: &Path) -> Host {
        let program = std::env::current_exe().unwrap();
        let program = program.parent().and_then(Path::parent).unwrap().join("examples/acknowledge");
        let mut child = Command::new(&program);
        let child = child.arg(folder).env_remove("DATABASE_URL").stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("{}: {error}; build it with cargo build -p store --example acknowledge", program.display())
        });
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut host = Host { child, said, postgres: 0 };
        host.postgres = host.number().expect("the host says its PostgreSQL's process id").try_into().unwrap();
        host
    }

    /// The next whole line; none when the host is gone.
    fn number(&mut self) -> Option<i64> {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.strip_suffix('\n').map(|number| number.parse().unwrap())
    }

    /// Ends the host without a warning; answers the numbers it had acknowledged and nobody had read.
    fn kill(mut self) -> Vec<i64> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.number()).collect()
    }
}

#[tokio::test]
async fn killing_the_host_loses_no_acknowledged_row_and_leaves_no_postgres_behind() {
    const PRESENT: &str = "select count(*) from acknowledge.row where number = any($1)";
    let temp = temp();
    let mut acknowledged: Vec<i64> = Vec::new();
    for kill_postgres_too in [false, true, false] {
        let mut host = Host::start(temp.path());
        acknowledged.extend((0..100).map(|_| host.number().expect("the host goes on")));
        let process = host.postgres;
        if kill_postgres_too {
            kill(process, "KILL");
        }
        acknowledged.extend(host.kill());
        let postgres = start(temp.path()).await.unwrap();
        wait_for(|| !runs(process));
        let store = Store::connect(postgres.url(), 1).await.unwrap();
        let row =
            store.read("present", async |db| db.query_one(PRESENT, &[&acknowledged]).await).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), acknowledged.len() as i64, "killed too: {kill_postgres_too}");
    }
}

#[tokio::test]
async fn a_long_data_path_with_odd_characters_gets_its_socket_in_the_temp_folder() {
    let temp = temp();
    let long = temp.path().join("a b'ü%&?c".repeat(12));
    let postgres = start(&long).await.unwrap();
    let store = Store::connect(postgres.url(), 1).await.unwrap();
    let folder =
        store.read("folder", async |db| db.query_one("show unix_socket_directories", &[]).await).await;
    let folder = PathBuf::from(folder.unwrap().get::<_, String>(0));
    assert!(folder.is_dir() && !folder.starts_with(temp.path()), "{}", folder.display());
    postgres.stop().await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn as_root_a_private_data_folder_is_replaced_by_one_that_postgres_may_enter() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    fs::set_permissions(temp.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let postgres = start(temp.path()).await.unwrap();
    let folder = postgres.folder().unwrap().to_owned();
    let made = folder.parent().unwrap().to_owned();
    postgres.stop().await;
    assert!(folder.starts_with("/var/lib/crease"), "{}", folder.display());
    fs::remove_dir_all(made).unwrap();
}

#[tokio::test]
async fn a_folder_without_usable_programs_is_named_with_the_reason() {
    let temp = temp();
    let fake = |said: &str| {
        let bin = temp.path().join(said.replace(' ', "-"));
        fs::create_dir(&bin).unwrap();
        // Written by another process: a file that this one has open for writing cannot be run.
        let script =
            r#"for p in postgres initdb; do printf '#!/bin/sh\necho "%s"\n' "$0" > $p; chmod 755 $p; done"#;
        let written = Command::new("sh").arg("-c").arg(script).arg(said).current_dir(&bin).status();
        assert!(written.unwrap().success());
        bin
    };
    for (bin, expected) in [
        (
            PathBuf::from("/nowhere/bin"),
            "/nowhere/bin holds no usable PostgreSQL: there is no `postgres` in it",
        ),
        (fake("postgres (PostgreSQL) 14.2"), "is PostgreSQL 14.2; 15 or newer is needed"),
        (fake("hello"), "`postgres --version` says: hello"),
    ] {
        let text = message(open(&temp.path().join("data"), Source::Bin(bin), Embedded::Allowed).await);
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn production_never_starts_a_private_postgres_but_takes_a_url() {
    let temp = temp();
    let text = message(open(temp.path(), Source::Search, Embedded::Refused).await);
    assert!(text.contains("set DATABASE_URL"), "{text}");
    assert!(!temp.path().join("postgres").exists());
    let url = "postgresql://user@db/crease";
    let postgres = open(temp.path(), Source::Url(url.into()), Embedded::Refused).await.unwrap();
    assert_eq!((postgres.url(), postgres.process_id()), (url, None));
}

#[tokio::test]
async fn data_that_cannot_be_used_are_refused_with_the_reason_and_half_made_ones_cleared_away() {
    let temp = temp();
    let bin = keep_a_number(temp.path()).await;
    let cluster = temp.path().join("postgres/cluster");

    fs::write(cluster.join("postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let quoted = message(start(temp.path()).await);
    assert!(quoted.contains("ended while starting") && quoted.contains("no_such_setting"), "{quoted}");

    fs::write(cluster.join("PG_VERSION"), "14\n").unwrap();
    let other = message(open(temp.path(), Source::Bin(bin), Embedded::Allowed).await);
    assert!(other.contains("were written by PostgreSQL 14, but this is PostgreSQL"), "{other}");
    assert!(other.contains("set PG_BIN to its bin folder") && other.contains("pg_dumpall"), "{other}");

    // What initdb leaves when it is killed: the folder of another name, with some of a cluster's files.
    let half = cluster.with_extension("new");
    fs::rename(&cluster, &half).unwrap();
    fs::remove_file(half.join("global/pg_control")).unwrap();
    let postgres = start(temp.path()).await.unwrap();
    let store = Store::connect(postgres.url(), 1).await.unwrap();
    assert_eq!(store.migrate(&[MIGRATIONS]).await.unwrap().present, 0, "a new cluster");
    assert!(!half.exists());
}

fn kill(process: u32, signal: &str) {
    let done = Command::new("sh").arg("-c").arg(format!("kill -{signal} {process}")).status().unwrap();
    assert!(done.success());
}

/// Whether a process of that id runs, as our child or as anybody's. A dead one may keep its id for as long as its new parent does not ask
/// for it: in a container whose first process is no init, for ever.
fn runs(process: u32) -> bool {
    let id = rustix::process::Pid::from_raw(process.try_into().unwrap()).unwrap();
    let is_dead = || {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // "id (name) state …"; a name may hold anything.
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
    };
    rustix::process::test_kill_process(id).is_ok() && !is_dead()
}

/// Looks until the fact is there, for 30 s at most.
fn wait_for(mut fact: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !fact() {
        assert!(std::time::Instant::now() < deadline, "waited in vain");
        std::thread::yield_now();
    }
}
