//! Questions on a match, from what an editor publishes to who leads: over HTTP, on open streams, and by the ball log.

mod usual;

use crate::fans::{HS256, Here, PAGE, jwt, told};
use crate::rewards::{Scene, of_kind};
use crate::support::{Event, Keys, Stream, ball, database, sent, within};
use access::place::testing::table;
use access::place::{Fence, Owner, fence};
use access::{Actor, ActorKind, By};
use cms::draft::{self, Keep, Session, Write};
use cms::entry::{self, New};
use cms::publish::{self, Cascade};
use cms::rights::{Editor, Rights, Role};
use cms::{Error, Language};
use jobs::Worker;
use jobs::testing::drain;
use quizzes::{QUEUE, Quizzes};
use reqwest::Method;
use serde_json::{Value, json};
use server::moments::Follower;
use server::questions::{entry as entries, follow};
use store::testing::TestStore;
use tokio::task::JoinHandle;

/// A match on which a newsroom asks, and a fan who answers.
struct Ground {
    scene: Scene,
    /// Another fan of the same site.
    other: String,
    guest: String,
    following: JoinHandle<()>,
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.following.abort();
    }
}

fn english() -> Language {
    Language::parse("en").unwrap()
}

/// A question on the second over, and one that its author knows.
fn quiz(match_id: &str) -> Value {
    let choices = |texts: &[&str]| -> Value {
        texts.iter().zip(1..).map(|(text, at)| json!({ "id": format!("c{at}"), "text": text })).collect()
    };
    json!({
        "title": "Over by over",
        "match_id": match_id,
        "series": "Asia Cup",
        "opens": "2020-01-01T00:00:00+00:00[UTC]",
        "closes": "2020-02-01T00:00:00+00:00[UTC]",
        "questions": [
            { "id": "q1", "text": "Does a wicket fall?", "choices": choices(&["It does", "It does not"]) },
            { "id": "q2", "text": "Who won in 1996?", "choices": choices(&["Sri Lanka", "India"]) },
        ],
        "answers": [
            { "id": "q1", "asks": "over-wicket", "innings": 1, "over": 2, "open": "before-over", "seconds": 600, "score": 25 },
            { "id": "q2", "choice": "c1" },
        ],
    })
}

/// A ball of the second over.
fn second_over(at: usize) -> Value {
    let ball = json!({ "type": "ball", "striker": "H2", "non_striker": "H1", "bowler": "A10", "runs": 0 });
    sent(&format!("b{at}"), ball)
}

impl Ground {
    async fn new(database: &TestStore) -> Self {
        Self::on(Here::on(database).await).await
    }

    async fn on(here: Here) -> Self {
        let rules = vec![of_kind("right", "correct", 30), of_kind("came", "answer", 1)];
        let scene = Scene::on(here, rules).await;
        let (_, secret) = scene.here.secret("live").await;
        let other = jwt(&secret, HS256, &scene.here.claims("8"));
        let (_, guest) = scene.here.ask(Method::POST, "/v1/fans/guest", &scene.here.live, None).await;
        let guest = guest["token"].as_str().unwrap().to_owned();
        let following = tokio::spawn(follow(scene.here.server.app.clone(), 0));
        Self { scene, other, guest, following }
    }

    fn editor(&self) -> Editor {
        let actor = Actor { kind: ActorKind::User, id: "usr_Asha".to_owned(), name: "Asha".to_owned() };
        let by = By { actor, visitor: None, at: self.scene.here.server.app.clock.now() };
        Editor { by, rights: Rights::all(Role::Admin) }
    }

    async fn entry(&self, body: &Value) -> String {
        let (who, main) = (self.editor(), english());
        let new = New { kind: "quiz", key: None, main_language: &main, body };
        let app = &self.scene.here.server.app;
        app.store.run_tx("test", async |tx| entry::make(tx, &who, new).await).await.unwrap()
    }

    /// As the newsroom's page does.
    async fn publish(&self, id: &str) -> Result<(), Error> {
        let (who, language) = (self.editor(), english());
        let published = self.scene.here.server.app.store.run_tx("test", async |tx| {
            let version = draft::find(tx, id, &language).await?.map_or(0, |it| it.version);
            publish::publish(tx, &who, (id, &language), version, Cascade::Refuse).await?;
            entries::take_in(tx, who.by.at).await
        });
        published.await
    }

    async fn unpublish(&self, id: &str) {
        let (who, language) = (self.editor(), english());
        let unpublished = self.scene.here.server.app.store.run_tx("test", async |tx| {
            publish::unpublish(tx, &who, (id, &language), Cascade::Refuse).await?;
            entries::take_in(tx, who.by.at).await
        });
        unpublished.await.unwrap();
    }

    async fn write(&self, id: &str, body: &Value) {
        let (who, language) = (self.editor(), english());
        let written = self.scene.here.server.app.store.run_tx("test", async |tx| {
            let base = draft::find(tx, id, &language).await?.map_or(0, |it| it.version);
            let session = Session { id: store::ids::random_base62(22), turn: 1 };
            draft::write(tx, &who, id, &language, Write { base, body, keep: Keep::Save, session }).await
        });
        written.await.unwrap();
    }

    async fn play(&self, commands: &[Value]) {
        let answers = self.scene.here.server.send(&self.scene.feeder, &self.scene.match_id, commands).await;
        assert!(answers.iter().all(|it| it.starts_with("accepted")), "{answers:?}");
    }

    /// The first over, and nothing of the second.
    async fn first_over(&self) {
        self.play(&[
            sent("t", json!({ "type": "toss", "winner": "Home XI", "decision": "bat" })),
            sent("i", json!({ "type": "innings_start", "team": "Home XI" })),
        ])
        .await;
        for at in 0..6 {
            self.play(&[sent(&format!("b{at}"), ball(0))]).await;
        }
    }

    async fn look(&self) {
        let app = &self.scene.here.server.app;
        Follower::new(app.store.clone(), app.clock.clone()).look().await.unwrap();
    }

    /// Does what is due of questions, then of what they earn.
    async fn settle(&self) {
        let app = &self.scene.here.server.app;
        self.look().await;
        let quizzes = Quizzes::new(&app.store, &app.clock);
        drain(&quizzes.on(Worker::new(app.store.clone(), "test").queue(QUEUE))).await.unwrap();
        self.scene.settle().await;
    }

    async fn get(&self, path: &str, fan: Option<&str>) -> (u16, Value) {
        self.scene.here.ask(Method::GET, path, &self.scene.here.live, fan).await
    }

    async fn quizzes(&self, fan: Option<&str>) -> Value {
        let path = format!("/v1/matches/{}/quizzes", self.scene.match_id);
        let (status, body) = self.get(&path, fan).await;
        assert_eq!(status, 200, "{body}");
        body["quizzes"].clone()
    }

    /// The question on the second over, as a fan sees it.
    async fn question(&self, fan: Option<&str>) -> Value {
        let quizzes = self.quizzes(fan).await;
        let all = quizzes[0]["questions"].as_array().unwrap();
        all.iter().find(|it| it["about"] == "over-wicket").unwrap().clone()
    }

    async fn board(&self, rest: &str, fan: Option<&str>) -> Value {
        let (status, body) = self.get(&format!("/v1/quizzes/board?{rest}"), fan).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn send(&self, method: Method, path: &str, fan: &str, body: &Value) -> (u16, Value) {
        let server = &self.scene.here.server;
        let request = server.bare(method, path).header("origin", PAGE);
        let request = request.header("x-crease-key", &self.scene.here.live).header("crease-fan", fan);
        let response = request.json(body).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn answer(&self, question: &Value, fan: &str, choice: &str) -> (u16, Value) {
        let path = format!("/v1/quizzes/questions/{}/answer", question["id"].as_str().unwrap());
        let body = json!({ "choice": choice, "match": self.scene.match_id });
        self.send(Method::POST, &path, fan, &body).await
    }

    async fn stream(&self) -> Stream {
        let keys: &Keys = &self.scene.feeder;
        self.scene.here.server.stream(keys, &self.scene.match_id, None).await
    }
}

/// The next event of questions.
async fn next(stream: &mut Stream) -> Value {
    within("an event of questions", async {
        loop {
            let Event { id, name, data } = stream.event().await.unwrap();
            if name == "quiz" {
                assert_eq!(id, "");
                break serde_json::from_str(&data).unwrap();
            }
        }
    })
    .await
}

/// The next one of which something holds.
async fn the(stream: &mut Stream, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let event = next(stream).await;
        if holds(&event) {
            break event;
        }
    }
}

/// The next one that tells those who are there of a question in this state.
async fn until(stream: &mut Stream, state: &str) -> Value {
    the(stream, |it| it["questions"][0]["state"] == state && it["all"] != true).await
}

#[tokio::test]
async fn a_question_opens_is_answered_locks_and_is_settled_by_the_ball_log() {
    let database = database().await;
    let ground = Ground::new(&database).await;
    let id = ground.entry(&quiz(&ground.scene.match_id)).await;
    ground.publish(&id).await.unwrap();
    let mut stream = ground.stream().await;
    assert!(
        ground.quizzes(None).await[0]["questions"].as_array().unwrap().len() == 1,
        "one is planned still"
    );

    ground.first_over().await;
    ground.look().await;
    let opened = until(&mut stream, "open").await;
    let told_of = &opened["questions"][0];
    assert_eq!(
        (
            &told_of["state"],
            &told_of["points"],
            &told_of["choices"],
            &told_of["texts"]["en"]["choices"]["yes"]
        ),
        (&json!("open"), &json!(25), &json!(["yes", "no"]), &json!("It does")),
        "{opened}"
    );
    let left = told_of["locks_at"].as_i64().unwrap() - opened["t"].as_i64().unwrap();
    assert!((1..=600_000).contains(&left), "{opened}");

    let fan = &ground.scene.fan;
    let question = ground.question(Some(fan)).await;
    assert_eq!(question["id"], told_of["id"]);
    assert_eq!((&question["state"], &question["percents"]), (&json!("open"), &Value::Null));
    assert!((1..=600_000).contains(&question["left_ms"].as_i64().unwrap()));
    let (status, receipt) = ground.answer(&question, fan, "yes").await;
    assert_eq!((status, &receipt["choice"], &receipt["question"]), (200, &json!("yes"), &question["id"]));
    assert_eq!(ground.answer(&question, fan, "yes").await, (200, receipt.clone()), "the same again");
    let refused = ground.answer(&question, fan, "no").await;
    assert_eq!(told(&refused), "409 question-answered ");
    let counted = the(&mut stream, |it| it["questions"][0]["total"] == 1).await;
    assert_eq!(
        (&counted["questions"][0]["total"], &counted["questions"][0]["percents"]),
        (&json!(1), &json!({ "yes": 100 })),
        "{counted}"
    );
    let own = ground.question(Some(fan)).await;
    assert_eq!(
        (&own["own"]["choice"], &own["percents"], &own["total"]),
        (&json!("yes"), &json!([100, 0]), &json!(1))
    );
    assert_eq!(ground.question(None).await["percents"], Value::Null, "who has not answered sees none");

    let mut newcomer = ground.stream().await;
    let all = next(&mut newcomer).await;
    assert_eq!(
        (
            &all["all"],
            &all["questions"][0]["id"],
            &all["questions"][0]["state"],
            &all["questions"][0]["total"]
        ),
        (&json!(true), &question["id"], &json!("open"), &json!(1)),
        "{all}"
    );

    // A ball of which questions are told later than somebody answers.
    ground.play(&[second_over(6)]).await;
    assert_eq!(ground.answer(&question, &ground.other, "no").await.0, 200);
    ground.look().await;
    let locked = until(&mut stream, "locked").await;
    assert_eq!(locked["questions"][0]["total"], 1, "who was late is not counted: {locked}");
    assert_eq!(ground.question(Some(&ground.other)).await["own"]["is_late"], true);
    assert_eq!(told(&ground.answer(&question, &ground.other, "no").await), "409 question-locked ");
    assert_eq!(ground.question(None).await["percents"], json!([100, 0]), "everybody sees them now");

    for at in 7..12 {
        ground.play(&[second_over(at)]).await;
    }
    ground.settle().await;
    let settled = until(&mut stream, "settled").await;
    assert_eq!(
        (&settled["questions"][0]["state"], &settled["questions"][0]["choice"]),
        (&json!("settled"), &json!("no"))
    );
    assert_eq!(ground.question(Some(fan)).await["own"]["mark"], "wrong");
    assert_eq!(ground.scene.points().await, 1, "for having answered");
    let on_match = format!("scope=match&of={}", ground.scene.match_id);
    let board = ground.board(&on_match, Some(fan)).await;
    assert_eq!(board["own"]["line"]["points"], 0, "{board}");

    // The last ball was a wicket after all.
    let fallen = json!({ "id": "b11", "version": 2, "command": {
        "type": "ball", "striker": "H2", "non_striker": "H1", "bowler": "A10", "runs": 0, "wickets": [{ "player": "H2", "kind": "bowled" }],
    } });
    ground.play(&[fallen]).await;
    ground.settle().await;
    let again = until(&mut stream, "settled").await;
    assert_eq!(again["questions"][0]["choice"], "yes", "{again}");
    assert_eq!(ground.scene.points().await, 31);
    let (_, named) = ground.send(Method::PATCH, "/v1/quizzes/me", fan, &json!({ "name": " Asha " })).await;
    assert_eq!(named["name"], "Asha");
    for scope in [on_match.as_str(), "scope=series&of=Asia%20Cup", "scope=partner"] {
        let board = ground.board(scope, Some(fan)).await;
        let line =
            json!({ "rank": 1, "name": "Asha", "points": 25, "answered": 1, "right": 1, "is_own": true });
        assert_eq!((&board["data"][0], &board["own"]["line"]), (&line, &line), "{scope}");
        assert_eq!((&board["data"][1], &board["own"]["ranked"]), (&Value::Null, &json!(1)), "{scope}");
    }
    let board = ground.board(&on_match, None).await;
    assert_eq!(
        (&board["data"][0]["is_own"], &board["own"], &board["next"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let (_, me) = ground.get("/v1/quizzes/me?series=Asia%20Cup", Some(fan)).await;
    assert_eq!(
        me,
        json!({ "name": "Asha", "in_a_row": { "answers": 1, "answers_best": 1, "days": 1, "days_best": 1 } })
    );

    // Who erases the wallet is on no board any more.
    let erased = ground.scene.here.server.bare(Method::DELETE, "/v1/wallet").header("origin", PAGE);
    let erased = erased.header("x-crease-key", &ground.scene.here.live).header("crease-fan", fan);
    assert_eq!(erased.send().await.unwrap().status(), 204);
    assert_eq!(ground.board(&on_match, None).await["data"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_its_reason() {
    let database = database().await;
    let ground = Ground::new(&database).await;
    let mut body = quiz(&ground.scene.match_id);
    body["fence"] = json!("fen_0123456789012345678901");
    let fenced = ground.entry(&body).await;
    ground.publish(&fenced).await.unwrap();
    ground.first_over().await;
    ground.look().await;
    let (fan, question) = (&ground.scene.fan, ground.question(None).await);
    assert_eq!(told(&ground.answer(&question, fan, "yes").await), "403 not-from-here ");
    ground.unpublish(&fenced).await;
    assert_eq!(told(&ground.answer(&question, fan, "yes").await), "404 unknown-thing ");
    assert_eq!(ground.quizzes(Some(fan)).await, json!([]));

    // For another organisation's fans: nobody else hears what it asks.
    let mut stream = ground.stream().await;
    let stranger = ground.scene.here.server.partner().await;
    let organisation = {
        let key = ground.scene.here.server.app.keys.check(Some(&stranger.secret), None, partners::Need::Read);
        key.unwrap().organisation_id().to_owned()
    };
    let mut own = quiz(&ground.scene.match_id);
    own["targets"] = json!({ "partners": [organisation] });
    let at = |hours: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
        json!(format!("{}+00:00[UTC]", at.to_string().trim_end_matches('Z')))
    };
    (own["opens"], own["closes"]) = (at(-1), at(1));
    own["questions"].as_array_mut().unwrap().truncate(1);
    own["answers"] = json!([{ "id": "q1", "asks": "winner", "open": "by-the-clock" }]);
    let theirs = ground.entry(&own).await;
    ground.publish(&theirs).await.unwrap();
    let event = the(&mut stream, |it| it["ask"] == true).await;
    assert_eq!(event["questions"], json!([]), "{event}");
    assert_eq!(ground.quizzes(Some(fan)).await, json!([]));
    ground.unpublish(&theirs).await;

    own["targets"] = json!({});
    let open = ground.entry(&own).await;
    ground.publish(&open).await.unwrap();
    let quizzes = ground.quizzes(Some(fan)).await;
    let question = &quizzes[0]["questions"][0];
    let path = format!("/v1/quizzes/questions/{}/answer", question["id"].as_str().unwrap());
    let match_id = &ground.scene.match_id;
    for (path, fan, body, expected) in [
        (path.as_str(), fan, json!({ "choice": "draw", "match": match_id }), "422 invalid-value "),
        (&path, fan, json!({ "choice": "home", "match": "mat_other" }), "422 invalid-value "),
        (&path, fan, json!({ "choice": "home" }), "422 invalid-value "),
        (
            &path,
            fan,
            json!({ "choice": "home", "match": match_id, "at": "2020-01-01" }),
            "400 invalid-request ",
        ),
        (&path, fan, json!({}), "400 invalid-request "),
        (&path, &ground.guest, json!({ "choice": "home", "match": match_id }), "403 wallet-for-guests "),
        (
            "/v1/quizzes/questions/qun_none/answer",
            fan,
            json!({ "choice": "home", "match": match_id }),
            "404 unknown-thing ",
        ),
        (
            "/v1/quizzes/questions/a%00b/answer",
            fan,
            json!({ "choice": "home", "match": match_id }),
            "422 invalid-value ",
        ),
    ] {
        assert_eq!(told(&ground.send(Method::POST, path, fan, &body).await), expected, "{path} {body}");
    }
    for (path, expected) in [
        ("/v1/quizzes/board", "400 invalid-request "),
        ("/v1/quizzes/board?scope=world", "400 invalid-request "),
        ("/v1/quizzes/board?scope=series", "400 invalid-request "),
        ("/v1/quizzes/board?scope=partner&limit=101", "400 invalid-request "),
        ("/v1/quizzes/board?scope=partner&cursor=AAAA", "400 invalid-request "),
        ("/v1/quizzes/board?scope=match&of=mat_none", "404 unknown-match "),
        ("/v1/matches/mat_none/quizzes", "404 unknown-match "),
    ] {
        assert_eq!(told(&ground.get(path, Some(fan)).await), expected, "{path}");
    }
    for name in ["a", "x\u{202E}gpj", "<b>bold</b>"] {
        let refused = ground.send(Method::PATCH, "/v1/quizzes/me", fan, &json!({ "name": name })).await;
        assert_eq!(told(&refused), "422 invalid-value ", "{name}");
    }

    // What fans may have answered stays as it is, and the editor is told; words may change.
    let opened = |error: Error| match error {
        Error::Unfit { problems, .. } => problems[0].to_string(),
        error => panic!("{error}"),
    };
    let mut other = own.clone();
    other["answers"][0]["score"] = json!(99);
    ground.write(&open, &other).await;
    let refused = opened(ground.publish(&open).await.unwrap_err());
    assert_eq!(refused, "/answers/0 is open, or was: its points stays as it is");
    let mut worded = own.clone();
    worded["questions"][0]["text"] = json!("Who will win?");
    ground.write(&open, &worded).await;
    ground.publish(&open).await.unwrap();
    assert_eq!(ground.quizzes(Some(fan)).await[0]["questions"][0]["text"], "Who will win?");
    assert_eq!(ground.answer(question, fan, "home").await.0, 200);
}

#[tokio::test]
async fn who_is_outside_the_fence_of_a_quiz_does_not_answer_it() {
    let database = database().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("country.mmdb");
    let networks =
        [("49.36.0.0/16", json!({"country_code": "IN"})), ("202.5.0.0/16", json!({"country_code": "LK"}))];
    std::fs::write(&path, table(&networks)).unwrap();
    let here = Here::with(&database, |config| {
        config.places.table_or(&path);
        config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let ground = Ground::on(here.await).await;
    let app = &ground.scene.here.server.app;
    let rules = Fence::read(&json!({"allow": {"places": ["IN"]}}), app.world.regions()).unwrap();
    let by = By::system("test", app.clock.now());
    let put = async |tx: &store::Transaction<'_>| fence::put(tx, Owner::House, "India", &rules, &by).await;
    let fence = app.store.run_tx("test", put).await.unwrap();
    let mut body = quiz(&ground.scene.match_id);
    body["fence"] = json!(fence);
    let id = ground.entry(&body).await;
    ground.publish(&id).await.unwrap();
    ground.first_over().await;
    ground.look().await;
    let question = ground.question(None).await;
    assert_eq!(ground.quizzes(None).await[0]["fence"], json!(fence));
    let path = format!("/v1/quizzes/questions/{}/answer", question["id"].as_str().unwrap());
    let answer = async |from: &str| {
        let request = ground.scene.here.server.bare(Method::POST, &path).header("origin", PAGE);
        let request = request.header("x-crease-key", &ground.scene.here.live);
        let request = request.header("crease-fan", &ground.scene.fan).header("x-forwarded-for", from);
        let body = json!({ "choice": "yes", "match": ground.scene.match_id });
        let response = request.json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let refused = answer("202.5.1.2").await;
    assert_eq!(told(&refused), "403 place-denied ");
    assert_eq!(refused.1["place"]["fence"], json!(fence));
    assert_eq!(told(&answer("198.51.100.7").await), "403 place-unsure ");
    assert_eq!(ground.question(Some(&ground.scene.fan)).await["own"], Value::Null);
    let (status, receipt) = answer("49.36.1.2").await;
    assert_eq!((status, &receipt["choice"]), (200, &json!("yes")));
    assert_eq!(
        answer("202.5.1.2").await,
        (200, receipt),
        "it was accepted: the same again is the same answer"
    );
}
