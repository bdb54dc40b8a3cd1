//! What a newsroom sees of quizzes, and what it does with a question by hand.

use crate::here::{Here, MATCH, begun, quiz, submission, trivia, wicket_in};
use quizzes::desk::{self, Asked, Listed, Signs};
use quizzes::{
    Course, Ended, Error, Origin, Outcome, Quiz, Refusal, Scope, State, Why, close, ended_by, void,
};

impl Here {
    async fn listed(&self, match_id: Option<&str>, before: i64, limit: i64) -> Vec<Listed> {
        let now = self.now();
        let read = async |db: &store::Client<'_>| desk::list(db, match_id, before, limit, now).await;
        self.store().read("test", read).await.unwrap()
    }

    async fn found(&self, id: &str) -> Result<(Listed, Vec<Asked>), Error> {
        let now = self.now();
        self.store().read("test", async |db| desk::find(db, id, now).await).await
    }

    async fn signs(&self, quiz: &Listed) -> Signs {
        self.store().read("test", async |db| desk::signs(db, quiz).await).await.unwrap()
    }

    async fn voided(&self, question: &str) -> Result<bool, Error> {
        let now = self.now();
        self.store().run_tx("test", async |tx| void(tx, question, now).await).await
    }

    async fn closed(&self, question: &str) -> Result<bool, Error> {
        let now = self.now();
        self.store().run_tx("test", async |tx| close(tx, question, now).await).await
    }
}

fn entry(id: &str, of: &Quiz) -> Quiz {
    Quiz { origin: Origin::Entry { id: id.into(), revision: 1 }, ..of.clone() }
}

#[tokio::test]
async fn a_list_is_newest_first_in_pages_and_counts_by_the_clock() {
    let here = Here::new().await;
    let first = quiz(vec![trivia("t", "a", 0, 60), trivia("u", "b", 50, 160), wicket_in(1)]);
    let ids = here.ask(&first, &Course::default()).await;
    here.ask(&entry("ent_2", &first), &Course::default()).await;
    here.ask(&Quiz { match_id: Some("mat_2".into()), ..entry("ent_3", &first) }, &Course::default()).await;
    here.answered(&ids[0], &[("fan_1", "a"), ("fan_2", "b")]).await;
    // Nobody has noted that one is locked and another has opened.
    here.at(60);
    let all = here.listed(None, i64::MAX, 2).await;
    let names = |all: &[Listed]| -> Vec<Origin> { all.iter().map(|it| it.origin.clone()).collect() };
    assert_eq!(names(&all), ["ent_3", "ent_2"].map(|id| Origin::Entry { id: id.into(), revision: 1 }));
    let rest = here.listed(None, all[1].number, 2).await;
    assert_eq!(names(&rest), std::slice::from_ref(&first.origin));
    let of = |state| rest[0].count(state);
    assert_eq!((of(State::Locked), of(State::Open), of(State::Planned), of(State::Settled)), (1, 1, 1, 0));
    assert_eq!((rest[0].answers, rest[0].title.as_str()), (2, "A quiz"));
    assert_eq!(here.listed(Some("mat_2"), i64::MAX, 9).await.len(), 1);
    assert_eq!(here.listed(Some(MATCH), i64::MAX, 9).await.len(), 2);
    assert!(here.listed(Some("mat_none"), i64::MAX, 9).await.is_empty());

    here.work().await;
    let (listed, asked) = here.found(&rest[0].id).await.unwrap();
    assert_eq!(listed.count(State::Settled), 1);
    assert_eq!((asked[0].outcome.clone(), asked[0].tally.total), (Outcome::Choice("a".into()), 2));
    assert!(asked[0].settled_at.is_some() && asked[0].is_brought);
    assert_eq!(asked[0].choices[1], ("b".to_owned(), "the b".to_owned()));
    assert_eq!(asked[2].state, State::Planned);
    assert!(matches!(here.found("quz_none").await, Err(Error::UnknownQuiz { .. })));
}

#[tokio::test]
async fn a_question_is_void_by_hand_before_and_after_it_is_settled_and_stays_so() {
    let here = Here::new().await;
    let all =
        vec![trivia("t", "a", 0, 60), trivia("u", "b", 0, 600), trivia("v", "a", 500, 600), wicket_in(1)];
    let ids = here.ask(&quiz(all), &Course::default()).await;
    for id in &ids[..2] {
        here.answered(id, &[("fan_1", "a"), ("fan_2", "b")]).await;
    }
    here.at(60);
    here.work().await;
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10", "fan_2 2 0"]);
    for id in &ids {
        assert!(here.voided(id).await.unwrap(), "{id}");
        assert!(!here.voided(id).await.unwrap(), "again nothing changes");
    }
    here.work().await;
    assert_eq!(
        here.ranks(Scope::Match(MATCH.into())).await,
        ["fan_1 1 0", "fan_2 1 0"],
        "points are taken back"
    );
    assert!(here.told("correct").await.is_empty());
    assert!(matches!(here.refused(&submission(&ids[1], "fan_3", "a")).await, Refusal::Locked { .. }));
    let mut scene = begun();
    scene.over([1; 6]);
    here.at(600);
    here.happened(&scene.course()).await;
    here.work().await;
    let states = here.rows("select state || ' ' || why from quizzes.question order by place").await;
    assert_eq!(states, ["void withdrawn"; 4]);
    let quiz = here.listed(None, i64::MAX, 1).await.pop().unwrap();
    let (_, asked) = here.found(&quiz.id).await.unwrap();
    assert_eq!(asked[3].outcome, Outcome::Void(Why::Withdrawn));
    assert!(matches!(here.voided("qun_none").await, Err(Error::UnknownQuestion { .. })));
}

#[tokio::test]
async fn a_question_is_closed_before_its_time_and_trivia_is_settled_by_it() {
    let here = Here::new().await;
    let mut scene = begun();
    let all = vec![trivia("t", "a", 0, 600), trivia("u", "b", 500, 600), wicket_in(2)];
    let ids = here.ask(&quiz(all), &scene.course()).await;
    here.answered(&ids[0], &[("fan_1", "a")]).await;
    scene.over([0; 6]);
    here.at(8);
    here.happened(&scene.course()).await;
    for id in &ids {
        assert!(here.closed(id).await.unwrap(), "{id}");
        assert!(!here.closed(id).await.unwrap(), "it is locked");
    }
    assert!(matches!(here.refused(&submission(&ids[2], "fan_1", "yes")).await, Refusal::Locked { .. }));
    let states = "select state || ' ' || coalesce(choice, '-') from quizzes.question order by place";
    assert_eq!(here.rows(states).await, ["settled a", "settled b", "locked -"]);
    scene.over([0; 6]);
    here.at(20);
    here.happened(&scene.course()).await;
    here.work().await;
    assert_eq!(here.rows(states).await, ["settled a", "settled b", "settled no"]);
    assert_eq!(here.ranks(Scope::Match(MATCH.into())).await, ["fan_1 1 10"]);
}

#[tokio::test]
async fn devices_of_too_many_are_told_until_somebody_has_looked() {
    let here = Here::new().await;
    let ids = here.ask(&quiz(vec![trivia("t", "a", 0, 600)]), &Course::default()).await;
    for fan in 1..=7 {
        let of = quizzes::Submission {
            device: Some("d1".into()),
            ..submission(&ids[0], &format!("fan_{fan}"), "a")
        };
        here.answer(&of).await.unwrap();
    }
    here.answered(&ids[0], &[("fan_8", "a")]).await;
    let quiz = here.listed(None, i64::MAX, 1).await.pop().unwrap();
    assert_eq!(here.signs(&quiz).await, Signs::default());
    here.at(600);
    here.work().await;
    assert_eq!(here.signs(&quiz).await, Signs { held_devices: 1, held_fans: 7, cleared_devices: 0 });
    here.rows("update quizzes.held_device set cleared_at = held_at returning device").await;
    assert_eq!(here.signs(&quiz).await, Signs { held_devices: 0, held_fans: 0, cleared_devices: 1 });
}

#[test]
fn what_has_locked_a_question_is_told_by_its_moment() {
    let mut scene = begun();
    scene.over([1; 6]).over([1; 6]);
    let course = scene.course();
    let at = crate::scene::second;
    let over = wicket_in(2);
    let before_innings = quizzes::Window::BeforeInnings { innings: 1, seconds: None };
    let until_toss = quizzes::Window::BeforeToss { from: at(-60) };
    let ball = |over, ball| Ended::Ball { innings: 1, over, ball };
    for (window, kind, second, expected) in [
        (&over.window, &over.kind, 8, ball(2, 1)),
        (&over.window, &over.kind, 7, Ended::Clock),
        (&until_toss, &quizzes::Kind::Winner, 0, Ended::Toss),
        (&before_innings, &quizzes::Kind::Winner, 2, ball(1, 1)),
    ] {
        assert_eq!(ended_by(window, kind, &course, at(second)), expected, "{window:?} {second}");
    }
}
