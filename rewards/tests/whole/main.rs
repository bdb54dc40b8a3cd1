//! Kills every process on the way from a trigger to a settled fill, in the middle of its work: who takes triggers, sells vouchers and writes the
//! market; who judges triggers; and PostgreSQL with all its processes. Then it looks whether anything is missing that was answered for, and whether
//! anything was done twice. `CREASE_KILLS=60` kills so many; without it a few.
//!
//! It is its own program, since what is killed has to be a process: it calls itself with `desk` and `judge`.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]
#![expect(clippy::print_stdout, reason = "it speaks to who started it")]

mod desk;
mod look;
mod scene;

use rustix::process::{Pid, Signal, kill_process};
use scene::{Scene, draw};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use store::Store;
use store::postgres::{self, Embedded, Postgres, Source};

/// Kills, where nothing else is said.
const KILLS: u64 = 6;
/// Within which something is answered, also while PostgreSQL recovers and a lease comes to its end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["desk", url, folder, from] => {
            runtime.block_on(desk::serve(url, folder.as_ref(), from.parse().unwrap()));
        }
        ["judge", url] => runtime.block_on(desk::judge(url)),
        // A filter that is for other tests, or a list that is asked for.
        words if words.iter().any(|it| !it.starts_with("--") || *it == "--list") => {}
        _ => {
            runtime.block_on(kill_and_look());
            println!("test result: ok. 1 passed; 0 failed");
        }
    }
}

/// A process of ours, and what it says.
struct Process {
    child: Child,
    said: Receiver<String>,
    reading: Option<std::thread::JoinHandle<()>>,
}

/// What was answered for: by its name, what was said of it last.
pub(crate) type Answered = HashMap<String, String>;

fn take(line: &str, answered: &mut Answered) {
    // A line that was cut off by the end of who said it was told to nobody.
    let Some((what, said)) = line.strip_suffix(" .").and_then(|it| it.split_once(' ')) else { return };
    answered.insert(what.to_owned(), said.to_owned());
}

impl Process {
    fn start(words: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, said) = mpsc::channel();
        let reading = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _gone = say.send(line);
            }
        });
        Self { child, said, reading: Some(reading) }
    }

    /// Waits for so many answers.
    fn hear(&self, count: u32, answered: &mut Answered) {
        for _ in 0..count {
            take(&self.said.recv_timeout(PATIENCE).expect("it goes on"), answered);
        }
    }

    /// Kills it in the middle of its work, and takes in all that it has said.
    fn kill(mut self, answered: &mut Answered) {
        assert!(self.child.try_wait().unwrap().is_none(), "it was cut short");
        // SIGKILL.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        self.said.try_iter().for_each(|it| take(&it, answered));
    }
}

impl Drop for Process {
    /// Also where the test has failed: it would go on for ever.
    fn drop(&mut self) {
        let _dead = self.child.kill();
    }
}

/// Kills the postmaster and each process that it has started, which wait for nothing.
fn kill_postgres(postgres: &Postgres) {
    let postmaster = postgres.process_id().unwrap();
    let is_child = |stat: &str| {
        let after_name = stat.rsplit_once(") ").map_or("", |it| it.1);
        after_name.split(' ').nth(1).and_then(|it| it.parse::<u32>().ok()) == Some(postmaster)
    };
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|it| it.ok()?.file_name().to_str()?.parse().ok());
    let children: Vec<u32> = processes
        .filter(|pid: &u32| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|it| is_child(&it)))
        .collect();
    assert!(children.len() > 3, "it has processes of its own");
    for pid in std::iter::once(postmaster).chain(children) {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
        // One may have ended by itself meanwhile.
        let _ended = kill_process(pid, Signal::KILL);
    }
}

async fn kill_and_look() {
    let kills = std::env::var("CREASE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let (data, journals) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut postgres = open(data.path()).await;
    let store = Store::connect(postgres.url(), 4).await.unwrap();
    let scene = Scene::make(&store).await;
    store.close();
    let folder = journals.path().to_str().unwrap();
    let desk =
        |postgres: &Postgres, from: u64| Process::start(&["desk", postgres.url(), folder, &from.to_string()]);
    let judge = |postgres: &Postgres| Process::start(&["judge", postgres.url()]);
    let (mut answered, mut seed, mut cut, mut from) = (Answered::new(), 7, 0, 0_u64);
    let (mut at_desk, mut judging) = (desk(&postgres, 0), judge(&postgres));
    for kill in 0..kills {
        at_desk.hear(50 + draw(&mut seed, 250), &mut answered);
        match kill % 3 {
            0 => {
                at_desk.kill(&mut answered);
                cut += under_way(&postgres).await;
                // Numbers of its own, and some of those before: these are not done again.
                from += 1_000_000;
                at_desk = desk(&postgres, from - 1_000_000);
            }
            1 => {
                judging.kill(&mut answered);
                cut += under_way(&postgres).await;
                judging = judge(&postgres);
            }
            _ => {
                kill_postgres(&postgres);
                postgres.stop().await;
                postgres = open(data.path()).await;
                cut += under_way(&postgres).await;
            }
        }
    }
    at_desk.kill(&mut answered);
    judging.kill(&mut answered);
    let store = Store::connect(postgres.url(), 4).await.unwrap();
    scene::free(&store).await;
    let said = look::look(&store, journals.path(), &scene, &answered).await;
    assert!(cut > 0, "nothing was under way when something was killed");
    println!(
        "{kills} kills, {} things answered for, none missing, {cut} under way when killed; {said}",
        answered.len()
    );
    store.close();
    postgres.stop().await;
}

async fn open(folder: &Path) -> Postgres {
    postgres::open(folder, Source::Search, Embedded::Allowed).await.unwrap()
}

/// What was begun and not done when something was killed; and the lease of who was killed comes to its end.
async fn under_way(postgres: &Postgres) -> i64 {
    let store = Store::connect(postgres.url(), 2).await.unwrap();
    let count = scene::number(
        &store,
        "select (select count(*) from rewards.trigger t where not exists (select 1 from rewards.judged j where j.trigger = t.number))
            + (select count(*) from rewards.grant where state = 'earned')
            + (select count(*) from rewards.reservation where state in ('asked', 'reserved'))
            + (select count(*) from rewards.market_order where state = 'asked')",
    )
    .await;
    scene::free(&store).await;
    store.close();
    count
}
