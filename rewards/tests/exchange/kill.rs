//! Kills a process that writes a market, in the middle of its work, and looks whether every order and fill that was answered for is there, and
//! the books are right. `CREASE_KILLS=100` kills so many; without it a few.
//!
//! It is its own program, since what is killed has to be a process: it calls itself with `write`.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]
#![expect(clippy::print_stdout, reason = "it speaks to who started it")]

mod ground;

use ground::{endow, fan, list, migrations, number, start, words};
use jiff::SignedDuration;
use rewards::exchange::order::{State, id_of};
use rewards::exchange::{Amended, Asked, Error, Exchange, View, Words, listing, order};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::Ledger;

const FANS: u64 = 8;
/// Who asks at the same time.
const ASKERS: u64 = 16;
/// Kills, where nothing else is said.
const KILLS: u64 = 8;
/// Within which something is answered.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", url, folder, market, from] => {
            runtime.block_on(write(url, folder.as_ref(), market, from.parse().unwrap()));
        }
        // A filter that is for other tests, or a list that is asked for.
        words if words.iter().any(|it| !it.starts_with("--") || *it == "--list") => {}
        _ => {
            runtime.block_on(kill_and_look());
            println!("test result: ok. 1 passed; 0 failed");
        }
    }
}

fn draw(seed: &mut u64, below: u64) -> u32 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    u32::try_from((*seed >> 33) % below).unwrap()
}

/// Writes the market, and has fans ask for one thing after another, until it is killed. Says what is answered.
async fn write(url: &str, folder: &Path, market: &str, from: u64) {
    let store = Store::connect(url, 8).await.unwrap();
    let clock = Clock::system();
    let ledger = Ledger::start(&store, &clock, &std::process::id().to_string());
    let exchange = Exchange::new((&store, &clock, &ledger), "writer", Some(folder.to_owned()), None);
    assert_eq!(exchange.look().await.unwrap(), 1);
    let askers = (0..ASKERS).map(|asker| {
        let (exchange, market) = (exchange.clone(), market.to_owned());
        tokio::spawn(async move {
            let mut number = from + asker;
            loop {
                ask(&exchange, &market, number).await;
                number += ASKERS;
            }
        })
    });
    futures_util::future::join_all(askers).await;
}

fn say(done: Result<View, Error>) -> Option<View> {
    let view = done.ok()?;
    println!("{} {} {} {} .", view.id, view.state.word(), view.filled, view.left);
    Some(view)
}

/// An order, and maybe what somebody thinks better of it.
async fn ask(exchange: &Exchange, market: &str, number: u64) {
    let mut seed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let fan = fan(usize::try_from(number % FANS).unwrap());
    let side = if draw(&mut seed, 2) == 0 { "buy" } else { "sell" };
    let tif = if draw(&mut seed, 6) == 0 { "ioc" } else { "gtc" };
    let it = words(side, 95 + draw(&mut seed, 10), 1 + draw(&mut seed, 9));
    let words = Words { time_in_force: tif.to_owned(), ..it };
    let id = id_of(&fan.fan_id, Some(&number.to_string()));
    let placed = exchange.place(market, Asked { id, fan: fan.clone(), words }).await;
    let Some(view) = say(placed).filter(|it| it.state == State::Resting) else { return };
    match draw(&mut seed, 3) {
        0 => drop(say(exchange.cancel(market, &fan.fan_id, &view.id).await)),
        1 => {
            let to =
                Amended { price: Some(95 + draw(&mut seed, 10)), quantity: Some(1 + draw(&mut seed, 12)) };
            say(exchange.amend(market, &fan.fan_id, &view.id, to).await);
        }
        _ => {}
    }
}

/// A process that writes, and what it says.
struct Writer {
    process: Child,
    said: Receiver<String>,
    reading: Option<std::thread::JoinHandle<()>>,
}

/// What was said last of each order: its state, and what of it was filled.
type Answered = HashMap<String, (State, u32)>;

fn take(line: &str, answered: &mut Answered) {
    // A line that was cut off by the end of its writer was told to nobody.
    let Some(line) = line.strip_suffix(" .") else { return };
    let words: Vec<&str> = line.split(' ').collect();
    let (state, filled) = (State::of(words[1]).unwrap(), words[2].parse().unwrap());
    let said = answered.entry(words[0].to_owned()).or_insert((state, filled));
    // Two answers of one order may be read in the other order: what is over stays so.
    if said.0 == State::Resting {
        *said = (state, filled.max(said.1));
    }
}

impl Writer {
    fn start(url: &str, folder: &Path, market: &str, from: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["write", url, folder.to_str().unwrap(), market, &from.to_string()])
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

    /// Kills it after so many answers, and takes in all that it has said.
    fn kill_after(mut self, count: u32, answered: &mut Answered) {
        for _ in 0..count {
            take(&self.said.recv_timeout(PATIENCE).expect("the writer goes on"), answered);
        }
        assert!(self.process.try_wait().unwrap().is_none(), "it was cut short");
        // SIGKILL.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        self.said.try_iter().for_each(|it| take(&it, answered));
    }
}

impl Drop for Writer {
    /// Also where the test has failed: it would go on for ever.
    fn drop(&mut self) {
        let _dead = self.process.kill();
    }
}

async fn kill_and_look() {
    let kills = std::env::var("CREASE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let test = TestStore::new(&migrations()).await;
    let store = test.store();
    let terms = listing::Terms { fan_minute_max: 1_000_000, ..listing::Terms::USUAL };
    let ledger = Ledger::start(store, &Clock::system(), "first");
    let (product, market) = list(store, &terms, start()).await;
    for number in 0..FANS {
        endow(store, &ledger, &product, &fan(usize::try_from(number).unwrap()), start()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut answered, mut seed, mut cut) = (Answered::new(), 7, 0);
    for kill in 0..kills {
        // Numbers of its own, and some of the one before: those are not made again.
        let from = (kill * 1_000_000).saturating_sub(if kill > 0 { 1_000_000 - 20 } else { 0 });
        let writer = Writer::start(&test.url(), folder.path(), &market, from);
        writer.kill_after(1 + draw(&mut seed, 600), &mut answered);
        cut += look(store, folder.path(), &market, &answered, Clock::system()).await;
    }
    // A minute later nobody waits for anything any more.
    let later = Clock::system_off_by(SignedDuration::from_secs(70));
    look(store, folder.path(), &market, &answered, later).await;
    ground::check(store).await;
    assert!(cut > 0, "no order was on its way when its writer was killed");
    let fills = number(store, "select count(*) from rewards.fill").await;
    println!(
        "{kills} kills, {} orders answered, {fills} fills, none missing; {cut} were on their way",
        answered.len()
    );
}

/// Opens the market after its writer is gone, and looks at each order that was answered. Answers how many were written down and not answered.
async fn look(store: &Store, folder: &Path, market: &str, answered: &Answered, clock: Clock) -> i64 {
    free(store).await;
    let ledger = Ledger::start(store, &clock, "look");
    let unsure = number(store, "select count(*) from rewards.market_order where state = 'asked'").await;
    let exchange = Exchange::new((store, &clock, &ledger), "look", Some(folder.to_owned()), None);
    assert_eq!(exchange.look().await.unwrap(), 1);
    exchange.catch_up(market).await.unwrap();
    let mut orders = HashMap::new();
    for at in 0..FANS {
        let fan_id = fan(usize::try_from(at).unwrap()).fan_id;
        let listed =
            order::Listed { fan_id: &fan_id, state: None, market: None, before: None, limit: 1_000_000 };
        let of_fan = store.read("test", async |db| order::of_fan(db, &listed).await).await.unwrap();
        orders.extend(of_fan.into_iter().map(|it| (it.id.clone(), it)));
    }
    for (id, (state, filled)) in answered {
        let it = orders.get(id).unwrap_or_else(|| panic!("{id} was answered and is missing"));
        let is_as_said = match state {
            State::Resting => matches!(it.state, State::Resting | State::Filled | State::Cancelled),
            over => it.state == *over,
        };
        assert!(is_as_said && it.filled >= *filled, "{id} was {state:?} with {filled}: {it:?}");
    }
    for (what, sql) in ground::FAULTS.iter().filter(|it| !it.0.starts_with("an order that is over")) {
        assert_eq!(number(store, sql).await, 0, "{what}");
    }
    exchange.end().await;
    unsure
}

/// As if the lease of who was killed had come to its end.
async fn free(store: &Store) {
    number(
        store,
        "with freed as (update rewards.market set until = null returning 1) select count(*) from freed",
    )
    .await;
}
