//! Who leads.

use crate::here::{Here, MATCH, ORG, SERIES, quiz, submission, trivia};
use crate::scene::start;
use futures_util::future::join_all;
use jiff::SignedDuration;
use quizzes::board::{self, After, Line};
use quizzes::{Board, Course, Handle, Scope, Submission, forget, reviewed, set_handle};
use rewards::Books;
use rewards::review::{Signal, SignalKind, Verdict};
use std::time::Duration;

const ON: fn() -> Scope = || Scope::Match(MATCH.into());

/// Asks so many questions, for each of which these fans' answers are right; and settles them. All answer each.
async fn played(here: &Here, rounds: &[&[&str]], fans: &[&str], device: Option<&str>) -> Vec<String> {
    let questions = (0..rounds.len()).map(|at| trivia(&format!("q{at}"), "a", 0, 60)).collect();
    let ids = here.ask(&quiz(questions), &Course::default()).await;
    for (id, right) in ids.iter().zip(rounds) {
        for fan in fans {
            let choice = if right.contains(fan) { "a" } else { "b" };
            let device = device.map(str::to_owned);
            here.answer(&Submission { device, ..submission(id, fan, choice) }).await.unwrap();
        }
    }
    here.at(60);
    here.work().await;
    ids
}

async fn around(here: &Here, fan: &str, lines: i64) -> Option<board::Around> {
    let on = Board { books: Books::Live, scope: ON() };
    here.store().read("test", async |db| board::around(db, &on, fan, lines).await).await.unwrap()
}

fn ranks(lines: &[Line]) -> Vec<(&str, Option<i64>)> {
    lines.iter().map(|it| (it.fan_id.as_str(), it.rank)).collect()
}

const FANS: [&str; 6] = ["fan_1", "fan_2", "fan_3", "fan_4", "fan_5", "fan_6"];

#[tokio::test]
async fn who_is_level_shares_a_rank_and_the_next_counts_all_before() {
    let here = Here::new().await;
    played(
        &here,
        &[&["fan_3", "fan_2", "fan_5", "fan_1"], &["fan_3", "fan_2", "fan_5"], &["fan_5"]],
        &FANS,
        None,
    )
    .await;
    let expected = ["fan_5 1 30", "fan_2 2 20", "fan_3 2 20", "fan_1 4 10", "fan_4 5 0", "fan_6 5 0"];
    for scope in [ON(), Scope::Series(SERIES.into()), Scope::Partner(ORG.into())] {
        assert_eq!(here.ranks(scope).await, expected);
    }
    assert_eq!(here.ranks(Scope::Match("mat_2".into())).await, [""; 0]);
    let read = async |after: Option<After>, limit| {
        let on = Board { books: Books::Live, scope: ON() };
        let page = here.store().read("test", async |db| board::page(db, &on, after.as_ref(), limit).await);
        page.await.unwrap()
    };
    let first = read(None, 2).await;
    assert_eq!(ranks(&first), [("fan_5", Some(1)), ("fan_2", Some(2))]);
    let after = After { points: first[1].points, fan_id: first[1].fan_id.clone() };
    let next = read(Some(after), 3).await;
    assert_eq!(ranks(&next), [("fan_3", Some(2)), ("fan_1", Some(4)), ("fan_4", Some(5))]);
    let own = around(&here, "fan_3", 2).await.unwrap();
    assert_eq!(ranks(&own.above), [("fan_5", Some(1)), ("fan_2", Some(2))]);
    assert_eq!((own.own.rank, own.own.answered, own.own.right), (Some(2), 3, 2));
    assert_eq!(ranks(&own.below), [("fan_1", Some(4)), ("fan_4", Some(5))]);
    assert_eq!(own.ranked, 6);
    assert_eq!(around(&here, "fan_9", 2).await, None);
    let other = Board { books: Books::Test, scope: ON() };
    let other = here.store().read("test", async |db| board::page(db, &other, None, 9).await).await.unwrap();
    assert_eq!(other, []);
}

/// What somebody has decided of a signal.
fn signal(kind: SignalKind, subject: &str, fans: &[&str], verdict: Verdict) -> Signal {
    Signal {
        number: 1,
        books: Books::Live,
        kind,
        subject: subject.to_owned(),
        count: 9,
        fans: fans.iter().map(|it| (*it).to_owned()).collect(),
        verdict,
        seen_at: start(),
        reviewed_by: None,
        note: None,
    }
}

async fn decided(here: &Here, signal: &Signal) {
    let now = here.now();
    here.store().run_tx("test", async |tx| reviewed(tx, signal, now).await).await.unwrap();
    here.work().await;
}

#[tokio::test]
async fn who_is_blocked_is_left_out_and_sees_itself() {
    let here = Here::new().await;
    played(&here, &[&["fan_1", "fan_2"], &["fan_1"]], &["fan_1", "fan_2"], None).await;
    let set = async |sql: &str| here.store().run_tx("test", async |tx| tx.batch(sql).await).await.unwrap();
    set("insert into rewards.fan (fan_id, blocked_at) values ('fan_1', now())").await;
    // At once, and when it is noted.
    assert_eq!(here.ranks(ON()).await, ["fan_2 2 10"]);
    decided(&here, &signal(SignalKind::Velocity, "fan_1", &["fan_1"], Verdict::Blocked)).await;
    assert_eq!(here.ranks(ON()).await, ["fan_2 1 10"]);
    let own = around(&here, "fan_1", 3).await.unwrap();
    assert_eq!((own.own.rank, own.own.points, own.above.len(), own.ranked), (None, 20, 0, 1));
    set("update rewards.fan set blocked_at = null").await;
    decided(&here, &signal(SignalKind::Velocity, "fan_1", &["fan_1"], Verdict::Cleared)).await;
    assert_eq!(here.ranks(ON()).await, ["fan_1 1 20", "fan_2 2 10"]);
}

#[tokio::test]
async fn fans_of_a_device_that_too_many_have_are_counted_and_not_ranked_until_it_is_cleared() {
    let here = Here::new().await;
    let ids = played(&here, &[&["fan_1"], &["fan_1", "fan_7"]], &FANS, Some("device 1")).await;
    assert_eq!(ids.len(), 2);
    assert_eq!(here.ranks(ON()).await, [""; 0], "six of one device");
    assert_eq!(around(&here, "fan_1", 1).await.unwrap().own.points, 20);
    decided(&here, &signal(SignalKind::Device, "device 1", &[], Verdict::Cleared)).await;
    assert_eq!(here.ranks(ON()).await.len(), 6);
    assert_eq!(here.ranks(ON()).await[0], "fan_1 1 20");
    decided(&here, &signal(SignalKind::Device, "device 1", &[], Verdict::Blocked)).await;
    assert_eq!(here.ranks(ON()).await, [""; 0]);
    let levels = here.rows("select points || ' ' || fans from quizzes.level where fans <> 0").await;
    assert_eq!(levels, [""; 0]);
}

#[tokio::test]
async fn a_family_of_one_device_is_ranked() {
    let here = Here::new().await;
    played(&here, &[&["fan_1"]], &FANS[..5], Some("device 1")).await;
    assert_eq!(here.ranks(ON()).await.len(), 5);
}

#[tokio::test]
async fn a_board_shows_the_handle_that_a_fan_has_picked() {
    let here = Here::new().await;
    played(&here, &[&["fan_1"]], &FANS[..2], None).await;
    let (handle, now) = (Handle::parse("Asha").unwrap(), here.now());
    let pick = async |handle: Option<&Handle>| {
        here.store().run_tx("test", async |tx| set_handle(tx, "fan_1", handle, now).await).await.unwrap();
        here.page(ON()).await.into_iter().map(|it| it.handle).collect::<Vec<_>>()
    };
    assert_eq!(pick(Some(&handle)).await, [Some("Asha".to_owned()), None]);
    assert_eq!(pick(None).await, [None, None]);
}

#[tokio::test]
async fn a_fan_who_is_forgotten_is_in_no_table_and_no_figure() {
    let here = Here::new().await;
    let mut rounds: Vec<&[&str]> = vec![&["fan_1", "fan_2"]; 3];
    rounds.push(&["fan_2"]);
    let ids = played(&here, &rounds, &["fan_1", "fan_2"], Some("device 1")).await;
    let handle = Handle::parse("Asha").unwrap();
    let now = here.now();
    here.store().run_tx("test", async |tx| set_handle(tx, "fan_1", Some(&handle), now).await).await.unwrap();
    assert_eq!(here.told("perfect").await, ["fan_2"]);
    for fan in ["fan_1", "fan_2"] {
        here.store().run_tx("test", async |tx| forget(tx, fan).await).await.unwrap();
        let sql = "select (select count(*) from quizzes.answer where fan_id = $1)
            + (select count(*) from quizzes.score where fan_id = $1) + (select count(*) from quizzes.streak where fan_id = $1)
            + (select count(*) from quizzes.perfect where fan_id = $1) + (select count(*) from quizzes.fan where fan_id = $1)";
        let row = here.store().read("test", async |db| db.query_one(sql, &[&fan]).await).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "{fan}");
        let expected: &[&str] = if fan == "fan_1" { &["fan_2 1 40"] } else { &[] };
        assert_eq!(here.ranks(ON()).await, expected);
    }
    let left = here.rows("select fans::text from quizzes.tally where fans <> 0 union all select fans::text from quizzes.level where fans <> 0").await;
    assert_eq!(left, [""; 0]);
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn answers_are_deleted_after_their_time_and_points_stay() {
    let here = Here::new().await;
    played(&here, &[&["fan_1"]], &FANS[..2], Some("device 1")).await;
    assert_eq!(here.quizzes.sweep().await.unwrap(), 0);
    let later = |days| Duration::from_secs(86_400 * u64::try_from(days).unwrap());
    here.clock.advance(later(quizzes::DEVICE_DAYS + 1));
    assert_eq!(here.quizzes.sweep().await.unwrap(), 0);
    assert_eq!(here.rows("select coalesce(device, '-') from quizzes.answer").await, ["-", "-"]);
    here.clock.advance(later(quizzes::ANSWER_DAYS));
    assert_eq!(here.quizzes.sweep().await.unwrap(), 2);
    assert_eq!(here.ranks(ON()).await, ["fan_1 1 10", "fan_2 2 0"]);
}

#[tokio::test]
async fn many_settle_at_once_and_each_point_is_there() {
    let here = Here::new().await;
    let questions = (0..6).map(|at| trivia(&format!("q{at}"), "a", 0, 60)).collect();
    let ids = here.ask(&quiz(questions), &Course::default()).await;
    let intake = here.intake();
    let fans: Vec<String> = (0..40).map(|it| format!("fan_{it:02}")).collect();
    // The n-th fan is right as often as n leaves over seven, and no more.
    let sent = ids.iter().enumerate().flat_map(|(at, id)| {
        let intake = &intake;
        fans.iter()
            .enumerate()
            .map(move |(fan, name)| intake.answer(submission(id, name, if fan % 7 > at { "a" } else { "b" })))
    });
    for done in join_all(sent).await {
        done.unwrap();
    }
    here.at(60);
    // As several workers would: each question's by itself, at the same time.
    jobs::testing::pass(here.store(), Duration::from_secs(20 * 366 * 86_400)).await.unwrap();
    let work = |_: usize| async { here.work().await };
    join_all((0..4).map(work)).await;
    here.work().await;
    let page = here.page(ON()).await;
    assert_eq!(page.len(), 40);
    for line in &page {
        let fan: i32 = line.fan_id[4..].parse().unwrap();
        assert_eq!((line.points, line.answered), (fan % 7 * 10, 6), "{}", line.fan_id);
        let better = page.iter().filter(|it| it.points > line.points).count() as i64;
        assert_eq!(line.rank, Some(better + 1));
    }
    let sum = here.rows("select sum(fans)::text from quizzes.level").await;
    assert_eq!(sum, ["120"], "forty on each of three boards");
    let day = start() + SignedDuration::from_hours(30);
    let now = day;
    let run = here
        .store()
        .read("test", async |db| quizzes::in_a_row(db, Books::Live, (SERIES, "fan_06"), now).await);
    let run = run.await.unwrap();
    assert_eq!((run.answers, run.best, run.days), (6, 6, 1));
}
