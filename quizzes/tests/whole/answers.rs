//! Who may answer what, when, and how often.

use crate::here::{Here, MATCH, ORG, begun, question, quiz, submission, trivia, wicket_in};
use crate::scene::{second, start};
use futures_util::future::join_all;
use quizzes::{Course, Error, Live, Place, Quiz, Refusal, Rule, Scope, Submission, Window};
use rewards::{Books, review};
use std::collections::BTreeMap;
use std::time::Duration;
use store::Clock;

/// One question, open from the start for an hour.
async fn one(here: &Here, change: impl Fn(&mut Quiz)) -> String {
    let mut quiz = quiz(vec![trivia("t", "a", 0, 3_600)]);
    change(&mut quiz);
    here.ask(&quiz, &Course::default()).await.remove(0)
}

#[tokio::test]
async fn what_is_no_answer_is_refused_with_why() {
    let here = Here::new().await;
    let id = one(&here, |_| {}).await;
    let good = submission(&id, "fan_1", "a");
    type ChangeIt = fn(&mut Submission);
    let cases: [(ChangeIt, Refusal); 7] = [
        (|it| it.question = "qun_none".into(), Refusal::UnknownQuestion),
        (|it| it.books = Books::Test, Refusal::UnknownQuestion),
        (|it| it.match_id = Some("mat_2".into()), Refusal::OtherMatch),
        (|it| it.match_id = None, Refusal::OtherMatch),
        (|it| it.choice = "d".into(), Refusal::UnknownChoice { choice: "d".into() }),
        (|it| it.choice = String::new(), Refusal::UnknownChoice { choice: String::new() }),
        (|it| it.fan_id = "x".repeat(201), Refusal::UnknownQuestion),
    ];
    for (change, expected) in cases {
        let mut it = good.clone();
        change(&mut it);
        assert_eq!(here.refused(&it).await, expected);
    }
    let first = here.answer(&good).await.unwrap();
    here.at(5);
    assert_eq!(here.answer(&good).await.unwrap(), first, "asked again the answer is the same");
    let other = Submission { choice: "b".into(), ..good.clone() };
    assert_eq!(here.refused(&other).await, Refusal::Answered { choice: "a".into() });
    // Also when it is locked, for who has not heard the first answer.
    here.at(4_000);
    assert_eq!(here.answer(&good).await.unwrap(), first);
    let another = submission(&id, "fan_2", "a");
    assert_eq!(here.refused(&another).await, Refusal::Locked { locks_at: Some(second(3_600)) });
    assert_eq!(here.rows("select fan_id || ' ' || choice from quizzes.answer").await, ["fan_1 a"]);
}

#[tokio::test]
async fn a_quiz_of_one_organisation_is_not_there_for_anothers_fans() {
    let here = Here::new().await;
    let id = one(&here, |it| it.organisation_id = Some("org_2".into())).await;
    let own = Submission { organisation_id: "org_2".into(), ..submission(&id, "fan_1", "a") };
    assert_eq!(here.refused(&submission(&id, "fan_1", "a")).await, Refusal::UnknownQuestion);
    assert!(here.answer(&own).await.is_ok());
    assert!(here.shown(None, "en").await.is_empty());
}

#[tokio::test]
async fn a_fence_lets_in_only_whom_its_own_rule_allows() {
    let here = Here::new().await;
    let id = one(&here, |it| it.fence = Some("fnc_1".into())).await;
    let rule = |fence: &str| Rule { fence: fence.into(), version: 7 };
    let from = |place| Submission { place, ..submission(&id, "fan_1", "a") };
    let fenced = Refusal::Fenced { fence: "fnc_1".into() };
    for place in [
        None,
        Some(Place::Denied(rule("fnc_1"))),
        Some(Place::Unsure(rule("fnc_1"))),
        Some(Place::Allowed(rule("fnc_2"))),
    ] {
        assert_eq!(here.refused(&from(place)).await, fenced);
    }
    here.answer(&from(Some(Place::Allowed(rule("fnc_1"))))).await.unwrap();
    assert_eq!(here.rows("select fence_version::text from quizzes.answer").await, ["7"]);
}

#[tokio::test]
async fn a_fan_who_is_blocked_answers_nothing() {
    let here = Here::new().await;
    let id = one(&here, |_| {}).await;
    let block = "insert into rewards.fan (fan_id, blocked_at) values ('fan_1', now())";
    here.store().run_tx("test", async |tx| tx.batch(block).await).await.unwrap();
    assert_eq!(here.refused(&submission(&id, "fan_1", "a")).await, Refusal::Blocked);
    assert!(here.answer(&submission(&id, "fan_2", "a")).await.is_ok());
    let blocked = here
        .store()
        .read("test", async |db| review::blocked_among(db, &["fan_1", "fan_2"]).await)
        .await
        .unwrap();
    assert_eq!(blocked.into_iter().collect::<Vec<_>>(), ["fan_1"]);
}

#[tokio::test]
async fn a_clock_that_moves_back_opens_nothing_again_and_one_ahead_locks_for_all() {
    let here = Here::new().await;
    let id = one(&here, |_| {}).await;
    let clock = |seconds| Clock::manual(second(seconds));
    let accepted = async |seconds: i64, fan: &str| {
        let receipt = here.answer_by(&clock(seconds), &submission(&id, fan, "a")).await;
        receipt.map(|it| it.accepted_at.duration_since(start()).as_secs())
    };
    assert_eq!(accepted(100, "fan_1").await.unwrap(), 100);
    // Set back by ninety seconds: no answer was accepted before the one that was there.
    assert_eq!(accepted(10, "fan_2").await.unwrap(), 100);
    assert_eq!(accepted(101, "fan_3").await.unwrap(), 101);
    assert!(accepted(3_600, "fan_4").await.is_err());
    assert_eq!(accepted(3_599, "fan_5").await.unwrap(), 3_599);
    assert_eq!(accepted(10, "fan_6").await.unwrap(), 3_599);
    let order = "select (accepted_at >= lag(accepted_at, 1, accepted_at) over (order by fan_id))::text from quizzes.answer";
    assert!(here.rows(order).await.iter().all(|it| it == "true"));
    // Locked by what has happened, it stays so by whatever clock.
    let window = Window::BeforeToss { from: start() };
    let mut quiz = quiz(vec![question("w", quizzes::Kind::Winner, window)]);
    quiz.origin = quizzes::Origin::Entry { id: "ent_2".into(), revision: 1 };
    let winner = here.ask(&quiz, &Course::default()).await.remove(0);
    here.happened(&begun().course()).await;
    for seconds in [-100, 0, 100] {
        let refused = here.answer_by(&clock(seconds), &submission(&winner, "fan_1", "home")).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::Locked { .. }))), "{refused:?}");
    }
}

/// Two fifths of the fans send both choices to two processes; each fan is accepted once, and what is counted is what is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_intakes_accept_each_fan_once_and_lose_nobody() {
    const FANS: usize = 600;
    let here = Here::new().await;
    let id = one(&here, |_| {}).await;
    let intakes = [here.intake(), here.intake()];
    let send = |fan: usize, choice: &'static str, at: usize| {
        let (intake, it) = (intakes[at % 2].clone(), submission(&id, &format!("fan_{fan:04}"), choice));
        async move { (fan, intake.answer(it).await) }
    };
    let all = (0..FANS).flat_map(|fan| {
        let twice = if fan % 5 < 2 { 2 } else { 1 };
        (0..twice).map(move |time| (fan, if time == 0 { "a" } else { "b" }, fan + time))
    });
    let sent = join_all(all.map(|(fan, choice, at)| send(fan, choice, at))).await;
    let (mut accepted, mut refused) = (BTreeMap::new(), 0);
    for (fan, receipt) in sent {
        match receipt {
            Ok(receipt) => assert!(accepted.insert(fan, receipt.choice).is_none(), "{fan} is accepted twice"),
            Err(Error::Refused(Refusal::Answered { .. })) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((accepted.len(), refused), (FANS, FANS * 2 / 5));
    let kept = here.rows("select fan_id || ' ' || choice from quizzes.answer order by fan_id").await;
    let expected: Vec<String> =
        accepted.iter().map(|(fan, choice)| format!("fan_{fan:04} {choice}")).collect();
    assert_eq!(kept, expected);
    let live = Live::new(here.store(), &here.clock);
    let tallies = live.of_match(MATCH).await.unwrap();
    let count = |choice: &str| accepted.values().filter(|it| *it == choice).count() as i64;
    assert_eq!(tallies[0].total, FANS as i64);
    for (choice, fans) in &tallies[0].counts {
        assert_eq!(*fans, count(choice), "{choice}");
    }
    assert_eq!(here.told("answer").await.len(), FANS);
    // Read again only after a while, whoever asks.
    here.answer(&submission(&id, "fan_new", "c")).await.unwrap();
    assert_eq!(live.of_match(MATCH).await.unwrap()[0].total, FANS as i64);
    here.clock.advance(Duration::from_millis(u64::try_from(quizzes::EVERY_MS).unwrap()));
    assert_eq!(live.of_match(MATCH).await.unwrap()[0].total, FANS as i64 + 1);
}

#[tokio::test]
async fn one_batch_has_each_question_fan_and_refusal_by_itself() {
    let here = Here::new().await;
    let ids =
        here.ask(&quiz(vec![trivia("t", "a", 0, 60), trivia("u", "b", 30, 60)]), &Course::default()).await;
    let intake = here.intake();
    // Handed in before any is written, they go together.
    let sent = join_all([
        intake.answer(submission(&ids[0], "fan_1", "a")),
        intake.answer(submission(&ids[0], "fan_1", "a")),
        intake.answer(submission(&ids[0], "fan_1", "b")),
        intake.answer(submission(&ids[1], "fan_1", "b")),
        intake.answer(submission(&ids[0], "fan_2", "z")),
        intake.answer(submission("qun_none", "fan_2", "a")),
        intake.answer(submission(&ids[0], "fan_2", "c")),
    ])
    .await;
    let words: Vec<String> = sent
        .iter()
        .map(|it| it.as_ref().map_or_else(ToString::to_string, |receipt| receipt.choice.clone()))
        .collect();
    let expected = [
        "a",
        "a",
        "it was answered already: a",
        "it is not open yet",
        "z is none of its choices",
        "there is no such question",
        "c",
    ];
    assert_eq!(words, expected);
    assert_eq!(here.rows("select choice || ' ' || fans from quizzes.tally order by 1").await, ["a 1", "c 1"]);
    // One with what the database cannot keep is refused alone.
    let bad = Submission { device: Some("a\0b".into()), ..submission(&ids[0], "fan_3", "a") };
    let sent = join_all([intake.answer(bad), intake.answer(submission(&ids[0], "fan_4", "a"))]).await;
    assert!(matches!(sent[0], Err(Error::Store(_))), "{:?}", sent[0]);
    assert!(sent[1].is_ok(), "{:?}", sent[1]);
}

#[tokio::test]
async fn percents_are_for_who_has_answered_or_when_it_is_locked() {
    let here = Here::new().await;
    let id = one(&here, |_| {}).await;
    here.answered(&id, &[("fan_1", "a"), ("fan_2", "a"), ("fan_3", "b")]).await;
    let see = async |fan: Option<&str>, language: &str| here.shown(fan, language).await.remove(0);
    let own = see(Some("fan_1"), "hi").await;
    assert_eq!((own.title.as_str(), own.language.as_str()), ("A quiz", "en"));
    let question = &own.questions[0];
    assert_eq!(question.percents, Some((vec![67, 33, 0], 3)));
    assert_eq!(question.own.as_ref().map(|it| it.choice.as_str()), Some("a"));
    assert_eq!(question.left_ms, Some(3_600_000));
    assert_eq!(question.choices[1], ("b".to_owned(), "the b".to_owned()));
    for fan in [None, Some("fan_4")] {
        let question = see(fan, "en").await.questions.remove(0);
        assert_eq!((question.percents, question.own, question.after), (None, None, None));
    }
    here.at(3_600);
    let question = see(None, "en").await.questions.remove(0);
    assert_eq!((question.percents, question.left_ms), (Some((vec![67, 33, 0], 3)), None));
    here.work().await;
    let question = see(Some("fan_3"), "en").await.questions.remove(0);
    assert_eq!(question.after.as_deref(), Some("So it is."));
    assert_eq!(question.own.unwrap().mark, Some(quizzes::Mark::Wrong));
    assert_eq!(here.ranks(Scope::Partner(ORG.into())).await, ["fan_1 1 10", "fan_2 1 10", "fan_3 3 0"]);
}

#[tokio::test]
async fn more_than_may_wait_are_told_so_at_once() {
    let here = Here::new().await;
    let intake = here.intake();
    let nobodys = submission("qun_none", "fan_1", "a");
    // All are handed in before the first is looked at.
    let sent = join_all((0..quizzes::WAITING_MAX + 5).map(|_| intake.answer(nobodys.clone()))).await;
    let busy = sent.iter().filter(|it| matches!(it, Err(Error::Busy))).count();
    let refused =
        sent.iter().filter(|it| matches!(it, Err(Error::Refused(Refusal::UnknownQuestion)))).count();
    assert_eq!((busy, refused), (5, quizzes::WAITING_MAX));
}

/// Fans answer while the ball comes that locks the question, told of late: each answer that was accepted before it counts, and no other, whoever was
/// first at the question's row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ball_between_answers_parts_those_that_count_from_those_that_do_not() {
    const FANS: usize = 8;
    const BEFORE: usize = 60;
    let here = Here::new().await;
    let mut scene = begun();
    scene.over([1; 6]);
    here.at(7);
    let id = here.ask(&quiz(vec![wicket_in(2)]), &scene.course()).await.remove(0);
    let (said, mut receipts) = tokio::sync::mpsc::unbounded_channel();
    let answering = (0..FANS).map(|fan| {
        let (intake, clock, said, id) = (here.intake(), here.clock.clone(), said.clone(), id.clone());
        tokio::spawn(async move {
            for number in 0.. {
                let it = submission(&id, &format!("fan_{fan}_{number}"), "no");
                clock.advance(Duration::from_millis(1));
                match intake.answer(it).await {
                    Ok(receipt) => said.send(receipt.accepted_at).unwrap(),
                    Err(Error::Refused(Refusal::Locked { .. })) => return,
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    let answering: Vec<_> = answering.collect();
    drop(said);
    let mut all = Vec::new();
    while all.len() < BEFORE {
        all.push(receipts.recv().await.unwrap());
    }
    // It was accepted when the half of these were there.
    let ball = all[BEFORE / 2];
    scene.runs(0);
    scene.log.last_mut().unwrap().0 = ball;
    let moved = here.happened(&scene.course()).await;
    for it in join_all(answering).await {
        it.unwrap();
    }
    while let Some(at) = receipts.recv().await {
        all.push(at);
    }
    let late = all.iter().filter(|it| **it >= ball).count();
    assert!(late >= BEFORE / 2 - FANS, "{late}");
    assert_eq!(moved.late, late);
    let counted = (all.len() - late).to_string();
    let kept = "select sum(fans)::text from quizzes.tally
        union all select count(*)::text from quizzes.answer where not is_late";
    assert_eq!(here.rows(kept).await, [counted.as_str(); 2]);
    assert_eq!(here.told("answer").await.len().to_string(), counted);
}
