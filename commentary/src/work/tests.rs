use super::*;
use crate::budget::{Caps, Price};
use crate::fake::six;
use crate::retell::Terms;
use jobs::testing::{End, drain, enqueued, perform};
use std::sync::{Arc, Mutex};
use store::testing::TestStore;
use store::{Clock, Store};

async fn test_store() -> TestStore {
    TestStore::new(&[jobs::MIGRATIONS, crate::MIGRATIONS]).await
}

fn retell(store: &Store) -> Retell {
    let terms = Terms {
        calls_max: 1,
        price: Price::default(),
        caps: Caps { per_game: 0, per_day: 0 },
        patience: crate::Patience::default(),
        choice_min: 8,
    };
    let clock = Clock::manual("2026-11-30T14:00:00Z".parse().unwrap());
    Retell::new(store.clone(), clock, None, terms)
}

fn ball(number: u32) -> RetellBall {
    RetellBall { game: "mat_1".to_owned(), rev: 0, innings: 0, ball: number as i32, number }
}

type Heard = Arc<Mutex<Vec<(i32, String)>>>;

fn worker(store: &Store, found: Result<Option<ToTell>, String>) -> (Worker, Heard) {
    let heard = Heard::default();
    let hears = Arc::clone(&heard);
    let told = move |_: &str, lines: &[Line]| {
        hears.lock().unwrap().extend(lines.iter().map(|it| (it.ball, it.tone.clone())));
    };
    let worker = Worker::new(store.clone(), "test").queue(QUEUE);
    let keep = Duration::from_secs(86_400);
    (retell(store).on(worker, keep, move |_| std::future::ready(found.clone()), told), heard)
}

fn to_tell() -> ToTell {
    let presets = Preset::built_in().into_iter().filter(|it| it.key == "hype").collect();
    ToTell { facts: six(), presets, late: CancellationToken::new() }
}

#[tokio::test]
async fn wickets_and_sixes_are_told_before_others_and_nothing_twice() {
    let test = test_store().await;
    let store = test.store();
    let put = store.run_tx("test", async |tx| {
        for (number, kind) in
            [(0, Kind::Dot), (1, Kind::Six), (2, Kind::Runs), (3, Kind::Wicket), (1, Kind::Six)]
        {
            enqueue(tx, &ball(number), kind).await?;
        }
        Ok::<_, Error>(())
    });
    put.await.unwrap();
    assert_eq!(enqueued::<RetellBall>(store).await.unwrap().len(), 4);
    let (worker, heard) = worker(store, Ok(Some(to_tell())));
    drain(&worker).await.unwrap();
    let balls: Vec<i32> = heard.lock().unwrap().iter().map(|it| it.0).collect();
    assert_eq!(balls, [1, 3, 0, 2]);
}

#[tokio::test]
async fn a_ball_is_kept_and_heard_once() {
    let test = test_store().await;
    let (worker, heard) = worker(test.store(), Ok(Some(to_tell())));
    for _ in 0..2 {
        assert_eq!(perform(&worker, &ball(7)).await.unwrap(), End::Done);
    }
    assert_eq!(*heard.lock().unwrap(), [(7, "hype".to_owned())]);
    let read = test.store().read("test", async |client| line::since(client, "mat_1", 0).await).await.unwrap();
    assert_eq!((read.len(), read[0].source.as_str()), (1, "offline"));
    assert_eq!(read[0].facts, six().hash());
}

#[tokio::test]
async fn a_ball_of_a_history_that_is_over_is_dropped_and_one_that_cannot_be_read_is_tried_again() {
    let test = test_store().await;
    let (gone, heard) = worker(test.store(), Ok(None));
    assert!(matches!(perform(&gone, &ball(0)).await.unwrap(), End::Discard { .. }));
    let (away, _) = worker(test.store(), Err("the match is elsewhere".to_owned()));
    assert!(matches!(perform(&away, &ball(0)).await.unwrap(), End::Retry { .. }));
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_ball_that_nobody_watches_in_a_tone_is_done_at_once() {
    let test = test_store().await;
    let (worker, heard) = worker(test.store(), Ok(Some(ToTell { presets: Vec::new(), ..to_tell() })));
    assert_eq!(perform(&worker, &ball(0)).await.unwrap(), End::Done);
    assert!(heard.lock().unwrap().is_empty());
}
