//! How many answers are taken in a second, and how long a fan waits for its receipt; and how long it takes to bring what is right to all of them.
//!
//! `cargo run --release -p quizzes --example burst -- 10000 10` sends so many answers within so many seconds, 0 for all at once; a third number is
//! how many there are to be settled afterwards.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that is run by hand")]

use futures_util::future::join_all;
use hdrhistogram::Histogram;
use jobs::Worker;
use jobs::testing::drain;
use quizzes::{
    Course, Intake, Kind, Origin, Question, Quiz, Quizzes, Submission, TOGETHER_MAX, Window, Words, put,
};
use rewards::Books;
use std::time::{Duration, Instant};
use store::testing::TestStore;
use store::{Clock, Store};

/// Processes that take answers in.
const INTAKES: usize = 2;
const CHOICES: [&str; 4] = ["a", "b", "c", "d"];
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).map(|it| it.parse::<u32>().unwrap());
    let count = numbers.next().unwrap_or(10_000);
    let within = Duration::from_secs(numbers.next().unwrap_or(10).into());
    let settled = numbers.next().unwrap_or(100_000);
    let all =
        [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS, quizzes::MIGRATIONS];
    let test = TestStore::new(&all).await;
    let clock = Clock::system();
    let id = ask(test.store(), &clock).await;
    burst(&test, &clock, &id, (count, within)).await;
    settle(&test, &clock, settled).await;
}

async fn ask(store: &Store, clock: &Clock) -> String {
    let now = clock.now();
    let choices = CHOICES.map(str::to_owned);
    let words = Words {
        text: "Which?".into(),
        choices: choices.iter().map(|it| (it.clone(), it.clone())).collect(),
        after: None,
    };
    let until = now + jiff::SignedDuration::from_hours(1);
    let question = Question {
        key: "t".into(),
        kind: Kind::Trivia { choices: choices.into(), right: "a".into() },
        window: Window::Between { from: now, until },
        points: 10,
        texts: [("en".to_owned(), words)].into(),
    };
    let quiz = Quiz {
        origin: Origin::Entry { id: "ent_1".into(), revision: 1 },
        books: Books::Live,
        organisation_id: None,
        match_id: Some("mat_1".into()),
        series: Some("cup".into()),
        fence: None,
        titles: [("en".to_owned(), "Quiz".to_owned())].into(),
        questions: vec![question],
    };
    store.run_tx("burst", async |tx| put(tx, &quiz, &Course::default(), now).await).await.unwrap();
    text(store, "select id from quizzes.question").await
}

async fn text(store: &Store, sql: &'static str) -> String {
    store.read("burst", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
}

async fn burst(test: &TestStore, clock: &Clock, id: &str, (count, within): (u32, Duration)) {
    let intakes: Vec<Intake> = (0..INTAKES).map(|_| Intake::start(test.store(), clock)).collect();
    let started = Instant::now();
    let sent = (0..count).map(|at| {
        let intake = intakes[at as usize % INTAKES].clone();
        let submission = Submission {
            books: Books::Live,
            question: id.to_owned(),
            match_id: Some("mat_1".to_owned()),
            choice: CHOICES[at as usize % CHOICES.len()].to_owned(),
            fan_id: format!("fan_{at:022}"),
            organisation_id: "org_1".to_owned(),
            device: Some(format!("device {at}")),
            place: None,
        };
        let due = within * at / count;
        tokio::spawn(async move {
            tokio::time::sleep_until((started + due).into()).await;
            let asked = Instant::now();
            intake.answer(submission).await.unwrap();
            asked.elapsed()
        })
    });
    let waited = join_all(sent.collect::<Vec<_>>()).await;
    let took = started.elapsed();
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    for it in waited {
        histogram.record(u64::try_from(it.unwrap().as_micros()).unwrap()).unwrap();
    }
    let ms = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    println!(
        "{count} answers within {} s by {INTAKES} intakes of up to {TOGETHER_MAX} together: {:.0} a second; receipts after p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        within.as_secs(),
        f64::from(count) / took.as_secs_f64(),
        ms(0.5),
        ms(0.99),
        ms(1.0),
    );
    let store = test.store();
    let kept = text(store, "select count(*)::text from quizzes.answer").await;
    let counted = text(store, "select sum(fans)::text from quizzes.tally").await;
    let told = text(store, "select count(*)::text from rewards.trigger").await;
    println!("{kept} are kept, {counted} are counted, {told} are told");
    assert_eq!([&kept, &counted, &told], [&count.to_string(); 3]);
}

/// A question that was answered by so many.
async fn settle(test: &TestStore, clock: &Clock, count: u32) {
    let store = test.store();
    let more = format!(
        "insert into quizzes.answer (question, fan_id, choice, accepted_at, organisation_id)
        select 1, 'fan_x' || n, case when n % 3 = 0 then 'a' else 'b' end, now(), 'org_1' from generate_series(1, {count}) as n;
        analyze quizzes.answer"
    );
    store.run_tx("burst", async |tx| tx.batch(&more).await).await.unwrap();
    let later = Clock::manual(clock.now() + jiff::SignedDuration::from_hours(2));
    let quizzes = Quizzes::new(store, &later);
    jobs::testing::pass(store, DAY).await.unwrap();
    let started = Instant::now();
    let worker = quizzes.on(Worker::new(store.clone(), "burst").queue(quizzes::QUEUE));
    let ran = drain(&worker).await.unwrap();
    let took = started.elapsed();
    let fans = text(store, "select count(distinct fan_id)::text from quizzes.score").await;
    println!(
        "{fans} fans were brought what is right, on three boards, by {} jobs in {:.1} s: {:.0} a second",
        ran.len(),
        took.as_secs_f64(),
        fans.parse::<f64>().unwrap() / took.as_secs_f64(),
    );
}
