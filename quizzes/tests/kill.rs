//! Kills a process that takes answers in, in the middle of its work, and looks whether each answer that had its receipt is there, and what is
//! counted is what is kept. `CREASE_KILLS=100` kills so many; without it a few.
//!
//! It is its own program, since what is killed has to be a process: it calls itself with `answer`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]
#![expect(clippy::print_stdout, reason = "it speaks to who started it")]

use futures_util::future::join_all;
use jiff::SignedDuration;
use quizzes::{Course, Intake, Kind, Origin, Question, Quiz, Submission, Window, Words, put};
use rewards::Books;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};

/// Who answer at the same time.
const ASKERS: u64 = 64;
/// Kills, where nothing else is said.
const KILLS: u64 = 4;
/// Within which something is answered.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["answer", url, question, from] => runtime.block_on(answer(url, question, from.parse().unwrap())),
        // A filter that is for other tests, or a list that is asked for.
        words if words.iter().any(|it| !it.starts_with("--") || *it == "--list") => {}
        _ => {
            runtime.block_on(kill_and_look());
            println!("test result: ok. 1 passed; 0 failed");
        }
    }
}

/// Has fans answer, one after the other, until it is killed. Says what it has a receipt for.
async fn answer(url: &str, question: &str, from: u64) {
    let store = Store::connect(url, 4).await.unwrap();
    let intake = Intake::start(&store, &Clock::system());
    let askers = (0..ASKERS).map(|asker| {
        let (intake, question) = (intake.clone(), question.to_owned());
        tokio::spawn(async move {
            for number in (from + asker..).step_by(usize::try_from(ASKERS).unwrap()) {
                let fan = format!("fan_{number}");
                let choice = if number % 3 == 0 { "a" } else { "b" };
                let receipt = intake.answer(submission(&question, &fan, choice)).await.unwrap();
                println!("{fan} {} .", receipt.choice);
            }
        })
    });
    join_all(askers).await;
}

fn submission(question: &str, fan_id: &str, choice: &str) -> Submission {
    Submission {
        books: Books::Live,
        question: question.to_owned(),
        match_id: None,
        choice: choice.to_owned(),
        fan_id: fan_id.to_owned(),
        organisation_id: "org_1".to_owned(),
        device: None,
        place: None,
    }
}

async fn ask(store: &Store) -> String {
    let now = Clock::system().now();
    let choices = ["a", "b"].map(str::to_owned);
    let words = Words {
        text: "Which?".into(),
        choices: choices.iter().map(|it| (it.clone(), it.clone())).collect(),
        after: None,
    };
    let quiz = Quiz {
        origin: Origin::Entry { id: "ent_1".into(), revision: 1 },
        books: Books::Live,
        organisation_id: None,
        match_id: None,
        series: None,
        fence: None,
        titles: [("en".to_owned(), "Quiz".to_owned())].into(),
        questions: vec![Question {
            key: "t".into(),
            kind: Kind::Trivia { choices: choices.into(), right: "a".into() },
            window: Window::Between { from: now, until: now + SignedDuration::from_hours(9) },
            points: 10,
            texts: [("en".to_owned(), words)].into(),
        }],
    };
    store.run_tx("test", async |tx| put(tx, &quiz, &Course::default(), now).await).await.unwrap();
    text(store, "select id from quizzes.question").await
}

async fn text(store: &Store, sql: &'static str) -> String {
    store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
}

/// Kills it also where the test has failed: it would go on for ever.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _dead = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// Starts one, kills it after so many answers, and takes in all that it has said.
fn answer_and_kill(words: &[&str], count: u64, answered: &mut BTreeMap<String, String>) {
    let program = std::env::current_exe().unwrap();
    let started = Command::new(program).arg("answer").args(words).stdout(Stdio::piped()).spawn();
    let mut process = Killed(started.unwrap());
    let lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
    let (say, said) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _gone = say.send(line);
        }
    });
    let mut all: Vec<String> = (0..count).map(|_| said.recv_timeout(PATIENCE).unwrap()).collect();
    drop(process);
    reading.join().unwrap();
    all.extend(said.try_iter());
    for line in all {
        // A line that was cut off by the end of its writer was told to nobody.
        if let [fan, choice, "."] = line.split(' ').collect::<Vec<_>>().as_slice() {
            answered.insert((*fan).to_owned(), (*choice).to_owned());
        }
    }
}

async fn kill_and_look() {
    let kills = std::env::var("CREASE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let all =
        [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS, quizzes::MIGRATIONS];
    let test = TestStore::new(&all).await;
    let store = test.store();
    let question = ask(store).await;
    let mut answered = BTreeMap::new();
    for kill in 0..kills {
        // Some of the one before are sent again: they have the receipt that they had, or would have had.
        let from = (kill * 1_000_000).saturating_sub(if kill > 0 { 1_000_000 - 20 } else { 0 });
        let words = [test.url(), question.clone(), from.to_string()];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        answer_and_kill(&words, 50 + kill * 137 % 400, &mut answered);
    }
    let rows = store.read("test", async |db| {
        db.query("select fan_id, choice from quizzes.answer order by fan_id", &[]).await
    });
    let kept: BTreeMap<String, String> =
        rows.await.unwrap().iter().map(|row| (row.get("fan_id"), row.get("choice"))).collect();
    for (fan, choice) in &answered {
        assert_eq!(kept.get(fan), Some(choice), "{fan} had a receipt");
    }
    let count = kept.len().to_string();
    assert_eq!(text(store, "select sum(fans)::text from quizzes.tally").await, count);
    assert_eq!(text(store, "select count(*)::text from rewards.trigger").await, count);
    println!("{kills} kills, {} answers with a receipt, none missing; {count} are kept", answered.len());
}
