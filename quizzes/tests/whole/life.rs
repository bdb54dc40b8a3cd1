//! What becomes of a question: opened, locked, settled, settled anew.

use crate::here::{Here, MATCH, ORG, SERIES, begun, question, quiz, submission, trivia, wicket_in};
use crate::scene::{bands, second};
use cricket::{Command, DismissalKind, Outcome as Result};
use futures_util::future::join_all;
use quizzes::{Board, Course, Kind, Outcome, Refusal, Scope, State, Why, Window, in_a_row};
use rewards::Books;

#[tokio::test]
async fn an_over_is_asked_answered_locked_settled_and_settled_anew() {
    let here = Here::new().await;
    here.campaign(&[("answer", 1), ("correct", 20)]).await;
    join_all(["fan_1", "fan_2", "fan_3"].map(|it| here.fan(it))).await;
    let mut scene = begun();
    let ids = here.ask(&quiz(vec![wicket_in(2)]), &scene.course()).await;
    let id = ids[0].as_str();
    here.at(2);
    assert_eq!(here.refused(&submission(id, "fan_1", "yes")).await, Refusal::NotOpen { opens_at: None });
    scene.over([1; 6]);
    here.at(7);
    let moved = here.happened(&scene.course()).await;
    assert_eq!(moved.questions, [(id.to_owned(), State::Open)]);
    assert_eq!(here.happened(&scene.course()).await.questions, [], "told again it is the same");
    here.answered(id, &[("fan_1", "yes"), ("fan_2", "no"), ("fan_3", "yes")]).await;
    // The first ball of the over.
    scene.runs(0);
    here.at(9);
    let moved = here.happened(&scene.course()).await;
    assert_eq!((moved.questions, moved.late), (vec![(id.to_owned(), State::Locked)], 0));
    let locked = Refusal::Locked { locks_at: Some(second(8)) };
    assert_eq!(here.refused(&submission(id, "fan_4", "yes")).await, locked);
    for _ in 0..4 {
        scene.runs(0);
    }
    scene.out(DismissalKind::Bowled);
    here.at(14);
    assert_eq!(here.happened(&scene.course()).await.questions, [(id.to_owned(), State::Settled)]);
    here.work().await;
    here.pay().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10", "fan_3 1 10", "fan_2 3 0"]);
    assert_eq!(join_all(["fan_1", "fan_2", "fan_3"].map(|it| here.wallet(it))).await, [21, 1, 21]);
    // No wicket: the umpire has changed his mind. Told twice, it is moved once.
    let corrected = scene.corrected(13, |it| {
        let Command::Ball(ball) = it else { panic!("{it:?}") };
        ball.wickets.clear();
    });
    for _ in 0..2 {
        here.happened(&corrected).await;
        here.work().await;
        here.pay().await;
    }
    for scope in [Scope::Match(MATCH.into()), Scope::Series(SERIES.into()), Scope::Partner(ORG.into())] {
        assert_eq!(here.ranks(scope).await, ["fan_2 1 10", "fan_1 2 0", "fan_3 2 0"]);
    }
    assert_eq!(join_all(["fan_1", "fan_2", "fan_3"].map(|it| here.wallet(it))).await, [1, 21, 1]);
    // And back again: what was taken back is told under another name.
    here.happened(&scene.course()).await;
    here.work().await;
    here.pay().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10", "fan_3 1 10", "fan_2 3 0"]);
    assert_eq!(join_all(["fan_1", "fan_2", "fan_3"].map(|it| here.wallet(it))).await, [21, 1, 21]);
    assert_eq!(here.told("correct").await, ["fan_1", "fan_3"]);
    assert_eq!(here.rows("select id from rewards.trigger where id like '%#2'").await.len(), 2);
    let generation = here.rows("select generation || ' ' || done from quizzes.question").await;
    assert_eq!(generation, ["3 3"]);
}

#[tokio::test]
async fn what_play_has_not_told_any_more_is_waited_for_again() {
    let here = Here::new().await;
    let mut scene = begun();
    let ids = here.ask(&quiz(vec![wicket_in(1)]), &scene.course()).await;
    here.answered(&ids[0], &[("fan_1", "no")]).await;
    let before = scene.clone();
    scene.over([0; 6]);
    here.at(8);
    here.happened(&scene.course()).await;
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10"]);
    assert_eq!(here.told("correct").await, ["fan_1"]);
    // A ball was none, and the over goes on; all of its balls were none.
    for shorter in [
        {
            let mut it = scene.clone();
            it.log.pop();
            it.course()
        },
        before.course(),
    ] {
        assert!(here.happened(&shorter).await.questions.len() <= 1);
        here.work().await;
        assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 0"]);
        assert_eq!(here.told("correct").await, [""; 0]);
    }
    let state = here.rows("select state || ' ' || coalesce(choice, '-') from quizzes.question").await;
    assert_eq!(state, ["locked -"], "it never opens again");
    here.happened(&scene.course()).await;
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10"]);
}

#[tokio::test]
async fn an_answer_after_the_ball_that_is_told_of_later_counts_nowhere() {
    let here = Here::new().await;
    here.campaign(&[("answer", 1)]).await;
    join_all(["fan_1", "fan_2"].map(|it| here.fan(it))).await;
    let mut scene = begun();
    scene.over([1; 6]);
    here.at(8);
    let ids = here.ask(&quiz(vec![wicket_in(2)]), &scene.course()).await;
    let id = ids[0].as_str();
    here.answered(id, &[("fan_1", "no")]).await;
    // The ball is accepted at second nine, and we hear of it at eleven.
    scene.log.push((second(9), Command::Break("Drinks".into())));
    scene.log.pop();
    here.at(9);
    here.answered(id, &[("fan_2", "no")]).await;
    here.pay().await;
    assert_eq!(join_all(["fan_1", "fan_2"].map(|it| here.wallet(it))).await, [1, 1]);
    scene.runs(0);
    scene.log.last_mut().unwrap().0 = second(9);
    here.at(11);
    let moved = here.happened(&scene.course()).await;
    assert_eq!((moved.questions, moved.late), (vec![(id.to_owned(), State::Locked)], 1));
    here.pay().await;
    assert_eq!(join_all(["fan_1", "fan_2"].map(|it| here.wallet(it))).await, [1, 0]);
    assert_eq!(here.refused(&submission(id, "fan_2", "no")).await, Refusal::Late);
    // One that was in time is answered as it was, late as it comes.
    assert!(here.answer(&submission(id, "fan_1", "no")).await.is_ok());
    let tally = here.rows("select choice || ' ' || fans from quizzes.tally").await;
    assert_eq!(tally, ["no 1"]);
    for _ in 0..5 {
        scene.runs(0);
    }
    here.happened(&scene.course()).await;
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10"]);
    // A ball that comes in before that one moves the lock back: what was scored is scored no longer.
    let mut inserted = scene.clone();
    inserted.log[8].0 = second(7);
    let moved = here.happened(&inserted.course()).await;
    assert_eq!(moved.late, 1);
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 0"]);
    assert_eq!(here.told("answer").await, [""; 0]);
}

#[tokio::test]
async fn fixed_times_come_by_jobs_and_a_clock_that_is_behind_makes_them_wait() {
    let here = Here::new().await;
    let ids = here.ask(&quiz(vec![trivia("t", "b", 60, 120)]), &Course::default()).await;
    let id = ids[0].as_str();
    let state = async || here.rows("select state from quizzes.question").await.concat();
    // The database's clock is ahead of this one.
    assert!(here.work().await > 0);
    assert_eq!(state().await, "planned");
    let opens_at = Some(second(60));
    assert_eq!(here.refused(&submission(id, "fan_1", "b")).await, Refusal::NotOpen { opens_at });
    here.at(60);
    // Also before anybody has noted it.
    here.answered(id, &[("fan_1", "b")]).await;
    here.work().await;
    assert_eq!(state().await, "open");
    here.at(119);
    here.answered(id, &[("fan_2", "a")]).await;
    here.at(120);
    let locked = Refusal::Locked { locks_at: Some(second(120)) };
    assert_eq!(here.refused(&submission(id, "fan_3", "b")).await, locked);
    here.work().await;
    assert_eq!(state().await, "settled", "who wrote it knew");
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10", "fan_2 2 0"]);
    here.work().await;
    assert_eq!(here.rows("select generation::text from quizzes.question").await, ["1"]);
}

#[tokio::test]
async fn a_match_that_is_called_off_leaves_nobody_right_or_wrong() {
    let here = Here::new().await;
    let window = Window::BeforeToss { from: second(0) };
    let winner = question("w", Kind::Winner, window);
    let mut scene = begun();
    let empty = Course::default();
    let ids = here.ask(&quiz(vec![winner, wicket_in(1)]), &empty).await;
    here.answered(&ids[0], &[("fan_1", "home")]).await;
    here.happened(&scene.course()).await;
    here.answered(&ids[1], &[("fan_1", "no")]).await;
    scene.runs(0).result(Result::NoResult);
    here.at(4);
    let moved = here.happened(&scene.course()).await;
    assert_eq!(moved.questions.iter().map(|it| it.1).collect::<Vec<_>>(), [State::Void, State::Void]);
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 0"]);
    let shown = here.shown(Some("fan_1"), "en").await;
    let outcomes: Vec<_> = shown[0].questions.iter().map(|it| it.outcome.clone()).collect();
    assert_eq!(outcomes, [Outcome::Void(Why::NoWinner), Outcome::Void(Why::NotPlayed)]);
    assert_eq!(here.told("correct").await, [""; 0]);
}

#[tokio::test]
async fn runs_of_right_answers_are_told_of_and_a_correction_takes_them_back() {
    let here = Here::new().await;
    let mut scene = begun();
    let over = |over| {
        let kind = Kind::OverRuns { innings: 1, over, bands: bands(&[6]) };
        question(&format!("o{over}"), kind, Window::BeforeOver { innings: 1, over, seconds: 30 })
    };
    let questions: Vec<_> = (1..=6).map(over).collect();
    let ids = here.ask(&quiz(questions), &scene.course()).await;
    for id in &ids {
        // A second before the next ball.
        here.at(scene.now().duration_since(second(1)).as_secs());
        here.happened(&scene.course()).await;
        // One is always right, the other but for the third.
        let other = if *id == ids[2] { "b1" } else { "b0" };
        here.answered(id, &[("fan_1", "b0"), ("fan_2", other)]).await;
        scene.over([1; 6]);
        here.at(scene.now().duration_since(second(1)).as_secs());
        here.happened(&scene.course()).await;
        here.work().await;
    }
    let run = async |fan: &str| {
        let (now, of) = (here.now(), (SERIES, fan));
        let read =
            here.store().read("test", async |db| in_a_row(db, Books::Live, of, now).await).await.unwrap();
        (read.answers, read.best, read.days)
    };
    assert_eq!([run("fan_1").await, run("fan_2").await], [(6, 6, 1), (3, 3, 1)]);
    // At three and at five; and at three after the third.
    assert_eq!(here.told("streak").await, ["fan_1", "fan_1", "fan_2"]);
    assert_eq!(here.told("perfect").await, ["fan_1"]);
    // There were more runs in the third.
    let corrected = scene.corrected(2 + 2 * 6, |it| {
        let Command::Ball(ball) = it else { panic!("{it:?}") };
        ball.runs = 3;
    });
    here.happened(&corrected).await;
    here.work().await;
    assert_eq!([run("fan_1").await, run("fan_2").await], [(3, 3, 1), (6, 6, 1)]);
    assert_eq!(here.told("streak").await, ["fan_1", "fan_2", "fan_2"]);
    assert_eq!(here.told("perfect").await, ["fan_2"]);
    // And there were not.
    here.happened(&scene.course()).await;
    here.work().await;
    assert_eq!([run("fan_1").await, run("fan_2").await], [(6, 6, 1), (3, 3, 1)]);
    assert_eq!(here.told("streak").await, ["fan_1", "fan_1", "fan_2"]);
    assert_eq!(here.told("perfect").await, ["fan_1"]);
    let board = Board { books: Books::Live, scope: Scope::Series(SERIES.into()) };
    let around = here
        .store()
        .read("test", async |db| quizzes::board::around(db, &board, "fan_2", 3).await)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((around.own.rank, around.own.points, around.own.right), (Some(2), 50, 5));
    assert_eq!((around.above.len(), around.below.len(), around.ranked), (1, 0, 2));
}

#[tokio::test]
async fn a_match_that_is_begun_anew_changes_nothing_that_was_settled_and_ends_what_was_not() {
    let here = Here::new().await;
    let mut scene = begun();
    let ids = here.ask(&quiz(vec![wicket_in(1), wicket_in(2), wicket_in(9)]), &scene.course()).await;
    here.answered(&ids[0], &[("fan_1", "no")]).await;
    scene.over([1; 6]).runs(0);
    here.at(9);
    here.happened(&scene.course()).await;
    here.work().await;
    let states = async || {
        here.rows("select state || ' ' || coalesce(choice, why, '-') from quizzes.question order by place")
            .await
    };
    assert_eq!(states().await, ["settled no", "locked -", "planned -"]);
    for _ in 0..2 {
        here.happened_in(2, &begun().course()).await;
        here.work().await;
        assert_eq!(states().await, ["settled no", "void not-played", "planned -"]);
    }
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10"]);
    // What had not begun is asked in the new one.
    let mut anew = begun();
    for _ in 0..8 {
        anew.over([0; 6]);
    }
    here.at(anew.now().duration_since(second(1)).as_secs());
    let moved = here.happened_in(2, &anew.course()).await;
    assert_eq!(moved.questions, [(ids[2].clone(), State::Open)]);
}

#[tokio::test]
async fn what_opens_locks_and_is_settled_is_news_by_whichever_way_it_came() {
    let here = Here::new().await;
    let all = quiz(vec![trivia("t", "a", 0, 60), wicket_in(2)]);
    let ids = here.ask(&all, &begun().course()).await;
    let heard = async |after: i64| {
        let news = here.store().read("test", async |db| quizzes::news::since(db, after).await).await.unwrap();
        let items = news.iter().flat_map(|it| &it.items);
        let word = |it: &quizzes::news::Item| {
            assert_eq!((it.match_id.as_deref(), it.books()), (Some(MATCH), Some(Books::Live)));
            let at = ids.iter().position(|id| *id == it.question).unwrap();
            format!("{at} {}", it.state().unwrap().word())
        };
        items.map(word).collect::<Vec<_>>()
    };
    assert_eq!(heard(0).await, ["0 open"]);
    let last = async || here.store().read("test", async |db| quizzes::news::last(db).await).await.unwrap();
    let mut scene = begun();
    scene.over([1; 6]);
    here.at(7);
    let mut from = last().await;
    here.happened(&scene.course()).await;
    here.happened(&scene.course()).await;
    assert_eq!(heard(from).await, ["1 open"]);
    from = last().await;
    here.at(60);
    here.work().await;
    assert_eq!(heard(from).await, ["0 settled", "1 locked"]);
    from = last().await;
    scene.over([1; 6]);
    here.happened(&scene.course()).await;
    assert_eq!(heard(from).await, ["1 settled"]);
    from = last().await;
    let now = here.now();
    here.store()
        .run_tx("test", async |tx| quizzes::withdraw(tx, Books::Live, &all.origin, now).await)
        .await
        .unwrap();
    assert_eq!(heard(from).await, ["0 settled", "1 settled"]);
    let is_asked = async || {
        here.store().read("test", async |db| quizzes::is_asked_about(db, MATCH).await).await.unwrap()
    };
    assert!(!is_asked().await);
    // Whoever follows hears it from any process.
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    let (store, from) = (here.store().clone(), last().await);
    let following = tokio::spawn(async move {
        quizzes::news::follow(&store, from, |it| {
            let _gone = say.send(it.items.len());
        })
        .await;
    });
    here.put(&all, &scene.course()).await.unwrap();
    assert!(is_asked().await);
    assert_eq!(said.recv().await, Some(2), "both are shown again");
    following.abort();
}
