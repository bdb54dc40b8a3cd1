//! The usual questions of a match: asked once, kept up, and taken down.

use crate::here::{Here, MATCH, begun};
use crate::scene::setup;
use cricket::{Format, Setup};
use quizzes::{Change, Course, Origin, Put, Usual, ask_usual, is_taken_down, withdraw};
use rewards::Books;

const KEYS: &str = "select key || ' ' || state from quizzes.question order by place";

impl Here {
    async fn usual(&self, setup: &Setup, course: &Course) -> Option<Put> {
        let (now, usual) = (self.now(), Usual { books: Books::Live, match_id: MATCH, setup });
        self.store().run_tx("test", async |tx| ask_usual(tx, usual, course, now).await).await.unwrap()
    }

    async fn is_down(&self) -> bool {
        self.store().read("test", async |db| is_taken_down(db, Books::Live, MATCH).await).await.unwrap()
    }
}

fn change(put: Option<Put>) -> Option<Change> {
    put.map(|it| it.change)
}

#[tokio::test]
async fn asked_again_nothing_changes_and_what_has_opened_stays_when_the_match_does() {
    let here = Here::new().await;
    let mut first = setup(Format::T20, Some(20));
    first.competition = "Club Cup".into();
    let none = Course::default();
    assert_eq!(change(here.usual(&first, &none).await), Some(Change::Made));
    assert_eq!(here.rows("select series from quizzes.quiz").await, ["Club Cup"]);
    here.at(30);
    assert_eq!(change(here.usual(&first, &none).await), Some(Change::Same));
    let before = here.rows(KEYS).await;
    assert_eq!(&before[..3], ["winner open", "top-home open", "top-away open"]);

    // Twenty overs were ten, another side has no names any more, and a player another one.
    let mut second = Setup { overs: Some(10), competition: "Cup".into(), ..first.clone() };
    second.players.retain(|it| it.side == cricket::Side::Home);
    second.players[0].name = "Somebody".into();
    second.teams[0].name = "Homely".into();
    assert_eq!(change(here.usual(&second, &none).await), Some(Change::Changed));
    let after = here.rows(KEYS).await;
    assert!(
        after.contains(&"i1-o9 planned".to_owned()) && !after.contains(&"i1-o17 planned".to_owned()),
        "{after:?}"
    );
    assert!(after.contains(&"top-away open".to_owned()), "it could be answered: {after:?}");
    let players = "select kind->'players'->0->>'name' from quizzes.question where key = 'top-home'";
    assert_eq!(here.rows(players).await, ["H 0"], "who could be chosen stays");
    let named = "select texts->'en'->'choices'->>'home' from quizzes.question where key = 'winner'";
    assert_eq!(here.rows(named).await, ["Homely"], "words follow");
    assert_eq!(here.rows("select series from quizzes.quiz").await, ["Club Cup"]);
    assert_eq!(change(here.usual(&second, &none).await), Some(Change::Same));
}

#[tokio::test]
async fn of_a_match_that_is_played_only_what_can_open_still_is_asked() {
    let here = Here::new().await;
    let mut scene = begun();
    for _ in 0..6 {
        scene.over([0; 6]);
    }
    here.at(scene.now().duration_since(crate::scene::start()).as_secs());
    let of = setup(Format::T20, Some(20));
    assert_eq!(change(here.usual(&of, &scene.course()).await), Some(Change::Made));
    let keys = here.rows(KEYS).await;
    assert_eq!(keys[0], "i1-o11 planned", "{keys:?}");
    assert!(keys.iter().all(|it| it.ends_with(" planned")), "{keys:?}");
    assert!(keys.contains(&"i2-powerplay planned".to_owned()), "{keys:?}");
    // What has locked meanwhile is there still when it is asked again.
    for _ in 0..5 {
        scene.over([0; 6]);
    }
    here.at(scene.now().duration_since(crate::scene::start()).as_secs());
    here.happened(&scene.course()).await;
    assert_eq!(change(here.usual(&of, &scene.course()).await), Some(Change::Same));
    assert_eq!(here.rows(KEYS).await[0], "i1-o11 settled");
    scene.result(cricket::Outcome::NoResult);
    let nothing = Here::new().await;
    assert_eq!(nothing.usual(&of, &scene.course()).await, None, "it is over");
}

#[tokio::test]
async fn what_is_taken_down_is_known_as_such_until_it_is_asked_again() {
    let here = Here::new().await;
    let (of, none) = (setup(Format::T20, Some(20)), Course::default());
    assert!(!here.is_down().await);
    let id = here.usual(&of, &none).await.unwrap().id;
    let (now, origin) = (here.now(), Origin::Template { name: MATCH.into() });
    here.store().run_tx("test", async |tx| withdraw(tx, Books::Live, &origin, now).await).await.unwrap();
    assert!(here.is_down().await);
    assert!(here.shown(None, "en").await.is_empty());
    assert_eq!(here.usual(&of, &none).await, Some(Put { id, change: Change::Changed }));
    assert!(!here.is_down().await);
    here.happened(&begun().course()).await;
    let open = here.rows("select key from quizzes.question where state = 'open' order by place").await;
    assert_eq!(open, ["i1-total", "i1-powerplay", "i1-wicket"], "what had opened before stays void");
}
