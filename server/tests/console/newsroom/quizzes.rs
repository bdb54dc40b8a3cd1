//! Quizzes in the newsroom: who looks, and what reviewers do with them.

use super::Newsroom;
use cms::rights::{Rights, Role};
use jiff::SignedDuration;
use quizzes::{Course, Kind, Origin, Question, Quiz, Submission, Window, Words};
use reqwest::StatusCode;
use rewards::Books;
use std::collections::BTreeMap;

impl Newsroom {
    /// A trivia quiz that has been open for an hour and is for another: its id, and its question's.
    async fn trivia(&self, entry: &str) -> (String, String) {
        let now = self.ground.app.clock.now();
        let hours = SignedDuration::from_hours;
        let choices = [("c1", "Sri Lanka <b>"), ("c2", "India")];
        let words = Words {
            text: "Who won in 1996? <b>".into(),
            choices: choices.map(|(id, text)| (id.to_owned(), text.to_owned())).into(),
            after: None,
        };
        let quiz = Quiz {
            origin: Origin::Entry { id: entry.into(), revision: 1 },
            books: Books::Live,
            organisation_id: None,
            match_id: None,
            series: None,
            fence: None,
            titles: BTreeMap::from([("en".to_owned(), "Finals <b>".to_owned())]),
            questions: vec![Question {
                key: "q1".into(),
                kind: Kind::Trivia { choices: vec!["c1".into(), "c2".into()], right: "c2".into() },
                window: Window::Between { from: now - hours(1), until: now + hours(1) },
                points: 10,
                texts: [("en".to_owned(), words)].into(),
            }],
        };
        let put = async |tx: &store::Transaction<'_>| quizzes::put(tx, &quiz, &Course::default(), now).await;
        let id = self.ground.app.store.run_tx("test", put).await.unwrap().id;
        let found = async |db: &store::Client<'_>| quizzes::desk::find(db, &id, now).await;
        let (_, asked) = self.ground.app.store.read("test", found).await.unwrap();
        (id, asked[0].id.clone())
    }

    async fn answer(&self, question: &str, fan: &str, choice: &str) {
        let submission = Submission {
            books: Books::Live,
            question: question.into(),
            match_id: None,
            choice: choice.into(),
            fan_id: fan.into(),
            organisation_id: "org_1".into(),
            device: None,
            place: None,
        };
        let app = &self.ground.app;
        let answered = async |tx: &store::Transaction<'_>| quizzes::answer(tx, &app.clock, &submission).await;
        app.store.run_tx("test", answered).await.unwrap();
    }

    async fn state(&self, key: &'static str) -> String {
        let sql = "select state || ' ' || coalesce(choice, why, '-') from quizzes.question where key = $1";
        let read = self.ground.app.store.read("test", async |db| db.query_one(sql, &[&key]).await);
        read.await.unwrap().get(0)
    }
}

#[tokio::test]
async fn all_look_and_reviewers_set_right_void_and_withdraw_with_a_reason_in_the_log() {
    let newsroom = Newsroom::open().await;
    let (vera, ben) = (newsroom.is(Role::Viewer).await, newsroom.is(Role::Reviewer).await);
    assert!(newsroom.page(&vera, "/quizzes").await.contains("Nothing was asked yet."));
    let (id, question) = newsroom.trivia("ent_1").await;
    for (fan, choice) in [("fan_1", "c1"), ("fan_2", "c1"), ("fan_3", "c2")] {
        newsroom.answer(&question, fan, choice).await;
    }
    let list = newsroom.page(&vera, "/quizzes").await;
    for text in ["Finals &lt;b&gt;", "Editors&#39; entry", "1 open; 3 answers", "Of no match"] {
        assert!(list.contains(text) || list.contains(&text.replace("&#39;", "'")), "{text}: {list}");
    }
    assert!(!list.contains("Ask the usual questions"), "that is for reviewers");
    let at = |rest: &str| format!("/quizzes/{id}{rest}");
    let page = newsroom.page(&vera, &at("")).await;
    for text in [
        "Who won in 1996? &lt;b&gt;",
        "2<span class=\"muted\"> · 67 %",
        "hx-trigger=\"every 3s\"",
        "Nothing waits",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("Put right") && !page.contains("<b>"), "{page}");

    let set = |choice: &'static str, deed: &'static str, why: &'static str| {
        [("question", question.as_str()), ("choice", choice), ("do", deed), ("why", why), ("form", "why-q1")]
    };
    assert_eq!(
        newsroom.press(&vera, &at("/right"), &set("c1", "right", "x")).await.status(),
        StatusCode::FORBIDDEN
    );
    let (status, page) = newsroom.follow(&ben, &at("/right"), &set("c1", "right", " ")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("id=\"why-q1-mistake\"") && page.contains("Say why"), "{page}");
    assert_eq!(newsroom.press(&ben, &at("/right"), &set("c9", "right", "x")).await.status().as_u16(), 422);
    let (_, page) = newsroom.follow(&ben, &at("/right"), &set("c1", "right", "The author erred")).await;
    assert!(page.contains("It is set right."), "{page}");
    assert_eq!(newsroom.state("q1").await, "open -");
    let (_, page) = newsroom.follow(&ben, &at("/right"), &set("c1", "close", "It is known")).await;
    assert!(page.contains("It is locked, and settled.") && page.contains("Right</span>"), "{page}");
    assert_eq!(newsroom.state("q1").await, "settled c1");

    let void = [("question", question.as_str()), ("do", "void"), ("why", "Ambiguous"), ("form", "why-void")];
    let (_, page) =
        newsroom.follow(&ben, &at("/void"), &[("do", "void"), ("why", "x"), ("form", "why-void")]).await;
    assert!(page.contains("Choose a question."), "{page}");
    let (_, page) = newsroom.follow(&ben, &at("/void"), &void).await;
    assert!(page.contains("It is void:") && page.contains("it was taken down"), "{page}");
    assert_eq!(newsroom.state("q1").await, "void withdrawn");
    let withdraw = [("do", "withdraw"), ("why", "For good"), ("form", "why-withdraw")];
    let (_, page) = newsroom.follow(&ben, &at("/withdraw"), &withdraw).await;
    assert!(
        page.contains("It is withdrawn") && !page.contains("Put right") && !page.contains("hx-trigger"),
        "{page}"
    );
    assert_eq!(newsroom.press(&ben, &at("/withdraw"), &withdraw).await.status(), StatusCode::CONFLICT);
    let ada = newsroom.is(Role::Admin).await;
    let log = newsroom.page(&ada, "/audit").await;
    for text in [
        "quiz.right",
        "The author erred",
        "quiz.settle",
        "quiz.void",
        "Ambiguous",
        "quiz.withdraw",
        "For good",
    ] {
        assert!(log.contains(text), "{text}: {log}");
    }
    assert_eq!(newsroom.status(&vera, "/quizzes/quz_none").await, StatusCode::NOT_FOUND);
    assert_eq!(newsroom.status(&vera, "/quizzes?before=x").await, StatusCode::BAD_REQUEST);
    assert_eq!(newsroom.status(&vera, "/quizzes?match=%00").await, StatusCode::OK);
}

#[tokio::test]
async fn the_usual_questions_are_asked_once_by_a_reviewer() {
    let newsroom = Newsroom::open().await;
    let (ben, asha) = (newsroom.is(Role::Reviewer).await, newsroom.is(Role::Editor).await);
    let articles = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Reviewer) };
    let cleo = newsroom.member("cleo", &articles).await;
    let game = newsroom.game().await;
    let ask = [("match", game.as_str()), ("match", "")];
    for browser in [&asha, &cleo] {
        assert_eq!(newsroom.press(browser, "/quizzes", &ask).await.status(), StatusCode::FORBIDDEN);
    }
    for (form, said) in [
        (vec![], "Choose a match."),
        (vec![("match", "mat_0000000000000000000000")], "There is no such match."),
    ] {
        let (status, page) = newsroom.follow(&ben, "/quizzes", &form).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(said), "{page}");
    }
    assert_eq!(
        newsroom.count("select count(*) from server.moment").await,
        0,
        "nothing is left of what is not there"
    );
    let (_, page) = newsroom.follow(&ben, "/quizzes", &ask).await;
    assert!(page.contains("The usual questions are asked") && page.contains("Made from templates"), "{page}");
    assert!(page.contains("Who wins") && page.contains("Oaks v Elms"), "{page}");
    let (_, page) = newsroom.follow(&ben, "/quizzes", &ask).await;
    assert!(page.contains("They are asked already"), "{page}");
    assert_eq!(newsroom.count("select count(*) from access.audit where action = 'quiz.ask'").await, 1);
    let list = newsroom.page(&asha, &format!("/quizzes?match={game}")).await;
    assert!(list.contains("Made from templates") && list.contains("Of all matches"), "{list}");
}
