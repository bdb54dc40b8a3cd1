//! Quizzes that are put, put again, and taken down.

use crate::here::{Here, MATCH, begun, question, quiz, submission, trivia, wicket_in};
use crate::scene::second;
use cricket::Format;
use quizzes::{
    Change, Course, Error, Kind, Origin, Quiz, Refusal, Scope, Why, Window, set_right, templates, withdraw,
};
use rewards::Books;

fn revision(of: &Quiz, revision: u32) -> Quiz {
    Quiz { origin: Origin::Entry { id: "ent_1".into(), revision }, ..of.clone() }
}

/// What stays as it is, and of which question.
fn opened(refused: Result<quizzes::Put, Error>) -> (String, &'static str) {
    match refused {
        Err(Error::Opened { key, what }) => (key, what),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_revision_changes_words_always_and_the_rest_until_it_has_opened() {
    let here = Here::new().await;
    let course = Course::default();
    let first = quiz(vec![trivia("t", "a", 0, 60), trivia("u", "b", 100, 160)]);
    let made = here.put(&first, &course).await.unwrap();
    assert_eq!(made.change, Change::Made);
    assert_eq!(
        here.put(&first, &course).await.unwrap(),
        quizzes::Put { change: Change::Same, ..made.clone() }
    );
    type ChangeIt = fn(&mut Quiz);
    let refused: [(ChangeIt, (&str, &str)); 7] = [
        (|it| it.questions[0] = trivia("t", "b", 0, 60), ("t", "kind and choices")),
        (|it| it.questions[0] = trivia("t", "a", 0, 61), ("t", "window")),
        (|it| it.questions[0].points = 11, ("t", "points")),
        (|it| drop(it.questions.remove(0)), ("t", "place in the quiz")),
        (|it| it.match_id = Some("mat_2".into()), ("t", "match")),
        (|it| it.fence = Some("fnc_1".into()), ("t", "fence")),
        (|it| it.organisation_id = Some("org_1".into()), ("t", "organisation")),
    ];
    for (change, (key, what)) in refused {
        let mut changed = revision(&first, 2);
        change(&mut changed);
        assert_eq!(opened(here.put(&changed, &course).await), (key.to_owned(), what));
    }
    let mut second_one = revision(&first, 2);
    second_one.questions[0].texts.get_mut("en").unwrap().text = "Who was it?".into();
    second_one.questions[1] = trivia("u", "c", 90, 150);
    second_one.questions.push(trivia("v", "c", 100, 160));
    let changed = here.put(&second_one, &course).await.unwrap();
    assert_eq!((changed.id, changed.change), (made.id, Change::Changed));
    assert_eq!(here.shown(None, "en").await[0].questions[0].text, "Who was it?");
    here.at(95);
    let keys = "select key || ' ' || (kind->>'right') || ' ' || state from quizzes.question order by place";
    assert_eq!(here.rows(keys).await, ["t a open", "u c planned", "v c planned"]);
    assert!(matches!(here.put(&first, &course).await, Err(Error::OldRevision { given: 1, has: 2 })));
    // By the clock the second one has opened, whether or not a job has noted it.
    let third = Quiz { questions: vec![second_one.questions[0].clone()], ..revision(&first, 3) };
    assert_eq!(opened(here.put(&third, &course).await), ("u".to_owned(), "place in the quiz"));
    here.at(150);
    let fourth = Quiz { questions: second_one.questions[..2].to_vec(), ..revision(&first, 3) };
    assert_eq!(opened(here.put(&fourth, &course).await).0, "v");
    assert!(here.put(&Quiz { titles: [].into(), ..revision(&first, 4) }, &course).await.is_err());
}

#[tokio::test]
async fn a_question_that_the_score_answers_does_not_open_when_it_is_put() {
    let here = Here::new().await;
    let mut scene = begun();
    scene.over([1; 6]).runs(1);
    let all_day = Window::Between { from: second(0), until: second(86_400) };
    let late = |over| question(&format!("o{over}"), Kind::OverWicket { innings: 1, over }, all_day.clone());
    let ids = here.ask(&quiz(vec![late(1), late(2), late(3)]), &scene.course()).await;
    here.at(10);
    for (id, is_open) in [(&ids[0], false), (&ids[1], false), (&ids[2], true)] {
        assert_eq!(here.answer(&submission(id, "fan_1", "yes")).await.is_ok(), is_open, "{id}");
    }
    let states =
        here.rows("select state || ' ' || coalesce(choice, '-') from quizzes.question order by place").await;
    assert_eq!(states, ["settled no", "locked -", "open -"]);
}

#[tokio::test]
async fn what_is_taken_down_is_void_and_what_had_not_opened_goes_on_when_it_is_put_again() {
    let here = Here::new().await;
    let course = Course::default();
    let first = quiz(vec![trivia("t", "a", 0, 60), trivia("u", "b", 100, 160), trivia("v", "a", 0, 30)]);
    let ids = here.ask(&first, &course).await;
    for id in [&ids[0], &ids[2]] {
        here.answered(id, &[("fan_1", "a")]).await;
    }
    here.at(30);
    here.work().await;
    let down = async || {
        let now = here.now();
        here.store().run_tx("test", async |tx| withdraw(tx, Books::Live, &first.origin, now).await).await
    };
    down().await.unwrap();
    down().await.unwrap();
    here.work().await;
    assert!(here.shown(Some("fan_1"), "en").await.is_empty());
    assert_eq!(here.refused(&submission(&ids[1], "fan_1", "b")).await, Refusal::UnknownQuestion);
    let states =
        "select key || ' ' || state || ' ' || coalesce(why, choice, '-') from quizzes.question order by key";
    assert_eq!(here.rows(states).await, ["t void withdrawn", "u planned -", "v settled a"]);
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10"], "what was settled stays");
    here.at(110);
    here.put(&first, &course).await.unwrap();
    here.answered(&ids[1], &[("fan_1", "b")]).await;
    // A void one stays void, whatever happens.
    here.happened(&begun().course()).await;
    assert_eq!(here.rows(states).await[0], "t void withdrawn");
    let shown = here.shown(Some("fan_1"), "en").await;
    assert_eq!(shown[0].questions[0].outcome, quizzes::Outcome::Void(Why::Withdrawn));
    let unknown = Origin::Template { name: "none".into() };
    let now = here.now();
    let refused =
        here.store().run_tx("test", async |tx| withdraw(tx, Books::Live, &unknown, now).await).await;
    assert!(matches!(refused, Err(Error::UnknownQuiz { .. })));
}

#[tokio::test]
async fn a_set_that_is_made_for_a_match_is_played_with_it() {
    let here = Here::new().await;
    let setup = crate::scene::setup(Format::T20, Some(20));
    let made = Quiz {
        origin: Origin::Template { name: MATCH.into() },
        questions: templates::for_match(&setup, second(0)),
        titles: templates::titles(),
        ..quiz(Vec::new())
    };
    let ids = here.ask(&made, &Course::default()).await;
    here.answered(&ids[0], &[("fan_1", "home"), ("fan_2", "away")]).await;
    let shown = here.shown(Some("fan_1"), "ta-IN").await;
    assert_eq!(
        (shown[0].language.as_str(), shown[0].questions.len()),
        ("ta", 3),
        "who wins, and two scorers"
    );
    let mut scene = begun();
    here.happened(&scene.course()).await;
    assert_eq!(here.shown(None, "en").await[0].questions.len(), 6, "and three of the innings");
    for over in 1..=6 {
        scene.over([over % 2, 0, 0, 4, 0, 0]);
    }
    here.happened(&scene.course()).await;
    let states = "select key || ' ' || state || ' ' || coalesce(choice, '-') from quizzes.question
        where key in ('winner', 'i1-powerplay', 'i1-wicket', 'i1-o6', 'i1-o11', 'i1-total') order by key";
    assert_eq!(
        here.rows(states).await,
        [
            "i1-o11 planned -",
            "i1-o6 settled b1",
            "i1-powerplay settled b1",
            "i1-total locked -",
            "i1-wicket locked -",
            "winner locked -",
        ]
    );
    // The next that is to be asked is before over eleven.
    for _ in 7..=10 {
        scene.over([0; 6]);
    }
    here.at(scene.now().duration_since(second(1)).as_secs());
    let moved = here.happened(&scene.course()).await;
    assert_eq!(moved.questions.iter().map(|it| it.1).collect::<Vec<_>>(), [quizzes::State::Open]);
    let again = here.put(&made, &scene.course()).await.unwrap();
    assert_eq!(again.change, Change::Changed, "a set is made anew, and is the same");
}

#[tokio::test]
async fn an_author_who_was_wrong_sets_another_choice_right() {
    let here = Here::new().await;
    let all = [trivia("t", "a", 0, 60), wicket_in(1)];
    let ids = here.ask(&quiz(all.to_vec()), &Course::default()).await;
    here.answered(&ids[0], &[("fan_1", "a"), ("fan_2", "b")]).await;
    here.at(60);
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10", "fan_2 2 0"]);
    let set = async |question: &str, choice: &str| {
        let now = here.now();
        here.store().run_tx("test", async |tx| set_right(tx, question, choice, now).await).await
    };
    set(&ids[0], "b").await.unwrap();
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_2 1 10", "fan_1 2 0"]);
    assert_eq!(here.told("correct").await, ["fan_2"]);
    set(&ids[0], "b").await.unwrap();
    assert_eq!(here.rows("select generation::text from quizzes.question where key = 't'").await, ["2"]);
    assert!(matches!(set(&ids[0], "z").await, Err(Error::Refused(Refusal::UnknownChoice { .. }))));
    assert!(matches!(set(&ids[1], "yes").await, Err(Error::UnknownQuestion { .. })), "play tells that");
    assert!(matches!(set("qun_none", "a").await, Err(Error::UnknownQuestion { .. })));
}

#[tokio::test]
async fn books_are_apart() {
    let here = Here::new().await;
    let live = quiz(vec![wicket_in(1)]);
    let test = Quiz { books: Books::Test, ..live.clone() };
    let course = begun().course();
    let (one, other) = (here.put(&live, &course).await.unwrap(), here.put(&test, &course).await.unwrap());
    assert_ne!(one.id, other.id);
    assert_eq!(here.shown(None, "en").await.len(), 1);
}
