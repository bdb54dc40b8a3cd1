//! Kills the ledger's writer, and PostgreSQL with all its processes, in the middle of their work, and looks whether anything is missing that was
//! answered for. `CREASE_KILLS=2000,500` kills so many of each; without it a few.
//!
//! It is its own program, since what is killed has to be a process: it calls itself with `write`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]
#![expect(clippy::print_stdout, reason = "it speaks to who started it")]

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use store::postgres::{self, Embedded, Postgres, Source};
use store::{Clock, Store};
use uuid::Uuid;
use wallet::account::{self, Wanted};
use wallet::verify::verify;
use wallet::{
    AccountId, Act, Amount, Asset, Bounds, Budget, Error, Grant, Kind, Ledger, Metadata, Move, Points,
    Reason, Transfer, TransferId,
};

const FANS: usize = 40;
/// Who asks at the same time.
const ASKERS: u64 = 24;
/// Kills, of the writer and of PostgreSQL, where nothing else is said.
const KILLS: (usize, usize) = (16, 5);
/// Within which something is answered, also while PostgreSQL recovers.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", url, from] => runtime.block_on(write(url, from.parse().unwrap())),
        // A filter that is for other tests, or a list that is asked for.
        words if words.iter().any(|it| !it.starts_with("--") || *it == "--list") => {}
        _ => {
            runtime.block_on(kill_and_look());
            println!("test result: ok. 1 passed; 0 failed");
        }
    }
}

/// The accounts of the scene, opened once and found again by who comes later.
struct Scene {
    issuer: AccountId,
    budget: Budget<Points>,
    fans: Vec<AccountId>,
    shop: AccountId,
}

impl Scene {
    async fn open(store: &Store) -> Self {
        let open = async |kind, owner: &str, bounds| {
            let wanted = Wanted::new(Points::CODE, kind, owner, bounds);
            store
                .run_tx("test", async |tx| account::open(tx, &wanted, Timestamp::UNIX_EPOCH).await)
                .await
                .unwrap()
        };
        let issuer = open(Kind::Issuer, "crease", Bounds::NONE).await;
        let shop = open(Kind::Partner, "org_1", Bounds::NO_OVERDRAFT).await;
        let mut fans = Vec::new();
        for at in 0..FANS {
            fans.push(open(Kind::Fan, &format!("fan_{at}"), Bounds::NO_OVERDRAFT).await);
        }
        let budget = store.run_tx("test", async |tx| Budget::open(tx, "camp_1", Timestamp::UNIX_EPOCH).await);
        Self { issuer, budget: budget.await.unwrap(), fans, shop }
    }
}

fn id(of: &str, number: u64) -> TransferId {
    TransferId::following_from(of, &[&number.to_string()])
}

fn points(units: i64) -> Amount<Points> {
    Amount::new(units).unwrap()
}

/// Asks for one thing after another, from number `from` on, and says what is answered for, until it is killed.
async fn write(url: &str, from: u64) {
    let store = Store::connect(url, 8).await.unwrap();
    let scene: &'static Scene = Box::leak(Box::new(Scene::open(&store).await));
    let ledger = Ledger::start(&store, &Clock::system(), &std::process::id().to_string());
    let askers = (0..ASKERS).map(|asker| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let mut number = from + asker;
            loop {
                ask(&ledger, scene, number).await;
                number += ASKERS;
            }
        })
    });
    futures_util::future::join_all(askers).await;
}

/// A fan is paid, keeps some apart for something, and pays it or not.
async fn ask(ledger: &Ledger, scene: &Scene, number: u64) {
    let fan = scene.fans[(number % FANS as u64) as usize];
    let units = 1 + (number % 7) as i64;
    let grant =
        Grant { id: id("grant", number), to: fan, amount: points(units), metadata: Metadata::default() };
    until_it_is_known(number, "grant", grant.id, || scene.budget.grant(ledger, &grant)).await;
    let of = Move::new(points(2), fan, scene.shop, Reason::Purchase);
    let hold = Transfer::new(id("hold", number), Act::Hold { of, until: None });
    let is_held = until_it_is_known(number, "hold", hold.id, || ledger.make(hold.clone())).await;
    if is_held {
        let act = match number % 3 {
            0 => Act::Void { hold: hold.id },
            _ => Act::Finish { hold: hold.id, units: Some(1) },
        };
        let end = Transfer::new(id("end", number), act);
        until_it_is_known(number, "end", end.id, || ledger.make(end.clone())).await;
    }
}

/// Asks under the same id until it is made or refused, and says so; answers whether it is made.
async fn until_it_is_known<F>(number: u64, what: &str, id: TransferId, asked: impl Fn() -> F) -> bool
where
    F: Future<Output = Result<wallet::Made, Error>>,
{
    let mut again = tokio::time::interval(Duration::from_millis(20));
    loop {
        again.tick().await;
        match asked().await {
            Ok(_) => {
                println!("{number} {what} {id}");
                return true;
            }
            Err(Error::Refused(_)) => return false,
            Err(_) => {}
        }
    }
}

/// A process that writes, and what it says.
struct Writer {
    process: Child,
    said: Receiver<String>,
    reading: Option<std::thread::JoinHandle<()>>,
}

/// What was answered for.
#[derive(Default)]
struct Answered {
    ids: BTreeSet<Uuid>,
    /// Of them, those that were not looked for yet.
    new: Vec<Uuid>,
    /// The number up to which about all was asked for.
    last: u64,
}

impl Answered {
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        let number: u64 = words.next().unwrap().parse().unwrap();
        let id = words.nth(1).and_then(TransferId::parse);
        // A line that was cut off by the end of its writer was told to nobody.
        if let Some(id) = id {
            let id = Uuid::from_u128(id.number());
            if self.ids.insert(id) {
                self.new.push(id);
            }
            self.last = self.last.max(number);
        }
    }
}

impl Writer {
    fn start(url: &str, from: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["write", url, &from.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (say, said) = mpsc::channel();
        let reading = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _gone = say.send(line);
            }
        });
        Self { process, said, reading: Some(reading) }
    }

    /// Takes in so many more answers: the load is on.
    fn hear(&self, answered: &mut Answered, count: usize) {
        for _ in 0..count {
            answered.take(&self.said.recv_timeout(PATIENCE).expect("the writer goes on"));
        }
    }

    fn kill(mut self, answered: &mut Answered) {
        // SIGKILL; it had not ended by itself.
        assert!(self.process.try_wait().unwrap().is_none(), "it was cut short");
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        while let Ok(line) = self.said.try_recv() {
            if line.split(' ').count() == 3 {
                answered.take(&line);
            }
        }
    }
}

impl Drop for Writer {
    /// Also where the test has failed: it would go on for ever.
    fn drop(&mut self) {
        let _dead = self.process.kill();
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
    let (mut of_writer, mut of_postgres) = kills();
    let folder = tempfile::tempdir().unwrap();
    let open = async || postgres::open(folder.path(), Source::Search, Embedded::Allowed).await.unwrap();
    let mut postgres = open().await;
    let store = Store::connect(postgres.url(), 4).await.unwrap();
    store.migrate(&[wallet::MIGRATIONS]).await.unwrap();
    let scene = Scene::open(&store).await;
    let ledger = Ledger::start(&store, &Clock::system(), "first");
    let amount = points(1_000_000_000);
    scene.budget.fill(&ledger, TransferId::fresh(), scene.issuer, amount).await.unwrap();
    drop((ledger, store));

    let mut answered = Answered::default();
    let mut writer = Writer::start(postgres.url(), 0);
    let (mut kills, mut next_all, mut seed) = (0_usize, 20, 7_u64);
    while of_writer + of_postgres > 0 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writer.hear(&mut answered, 50 + (seed >> 33) as usize % 400);
        // Both until there is none of either left to do.
        if of_postgres == 0 || (of_writer > 0 && kills % 4 != 3) {
            of_writer -= 1;
            writer.kill(&mut answered);
            // The next asks for the last ones once more: those that were made are not made again.
            writer = Writer::start(postgres.url(), answered.last.saturating_sub(3 * ASKERS));
        } else {
            of_postgres -= 1;
            kill_postgres(&postgres);
            postgres.stop().await;
            postgres = open().await;
            let before = answered.ids.len();
            // The writer lives on, and asks again for what it had no answer to; one that has just begun says first what was answered before.
            for _ in 0..4 * 3 * ASKERS {
                writer.hear(&mut answered, 100);
                if answered.ids.len() > before {
                    break;
                }
            }
            assert!(answered.ids.len() > before, "it goes on");
        }
        kills += 1;
        let is_time = kills >= next_all || of_writer + of_postgres == 0;
        look(&postgres, &mut answered, if is_time { Looks::AtAll } else { Looks::AtNew }).await;
        if is_time {
            println!("{kills} kills, {} transfers answered for", answered.ids.len());
            next_all = kills + 20.max(kills / 4);
        }
    }
    writer.kill(&mut answered);
    println!("{kills} kills, {} transfers answered for, none missing", answered.ids.len());
    postgres.stop().await;
}

/// Reading all of the books takes longer the more there is.
#[derive(Clone, Copy, PartialEq)]
enum Looks {
    AtNew,
    AtAll,
}

/// Whether what was answered for is there; and now and then, whether all of it still is, and the books are right.
async fn look(postgres: &Postgres, answered: &mut Answered, looks: Looks) {
    let store = Store::connect(postgres.url(), 2).await.unwrap();
    let new = std::mem::take(&mut answered.new);
    let ids: Vec<Uuid> = if looks == Looks::AtAll { answered.ids.iter().copied().collect() } else { new };
    for some in ids.chunks(50_000) {
        let sql = "select count(*) from wallet.transfer where id = any($1)";
        let row = store.read("test", async |db| db.query_one(sql, &[&some]).await).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), some.len() as i64, "some that were answered for are missing");
    }
    if looks == Looks::AtAll {
        let report = store.run_tx("test", async |tx| {
            tx.batch("set transaction isolation level repeatable read, read only").await?;
            verify(tx).await
        });
        assert_eq!(report.await.unwrap().faults, []);
    }
    store.close();
}

fn kills() -> (usize, usize) {
    let Ok(text) = std::env::var("CREASE_KILLS") else { return KILLS };
    let (writer, postgres) = text.split_once(',').expect("CREASE_KILLS=<of the writer>,<of PostgreSQL>");
    (writer.parse().unwrap(), postgres.parse().unwrap())
}
