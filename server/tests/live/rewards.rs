//! What fans earn, from the feed to the fan's wallet: by the match, by what a page says, and by what a partner's server tells of.

use crate::fans::{HS256, Here, PAGE, jwt};
use crate::manage::Program;
use crate::support::{Keys, ball, database, sent};
use jobs::Worker;
use jobs::testing::drain;
use partners::{Mode, Scope, Scopes};
use reqwest::{Method, StatusCode};
use rewards::{Amount, Campaign, Caps, Condition, Fact, Name, QUEUE, Rule, budget_of, campaigns};
use serde_json::{Value, json};
use server::moments::Follower;
use std::collections::BTreeMap;
use wallet::{Asset, Books, Budget, Points, TransferId, holder};

/// A server with a fan, and a match of another organisation.
pub(crate) struct Scene {
    pub(crate) here: Here,
    /// "Crease-Fan" of a user of the live mode.
    pub(crate) fan: String,
    pub(crate) fan_id: String,
    /// Of whoever sends the match.
    pub(crate) feeder: Keys,
    pub(crate) match_id: String,
}

pub(crate) fn of_kind(id: &str, kind: &str, units: i64) -> Rule {
    Rule {
        id: id.to_owned(),
        title: Some(format!("Each {kind}")),
        when: Condition::Is { name: Name::parse("trigger.kind").unwrap(), fact: Fact::Text(kind.into()) },
        amount: Amount { units, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    }
}

impl Scene {
    pub(crate) async fn new(database: &store::testing::TestStore, rules: Vec<Rule>) -> Self {
        Self::on(Here::on(database).await, rules).await
    }

    pub(crate) async fn on(here: Here, rules: Vec<Rule>) -> Self {
        let (_, secret) = here.secret("live").await;
        let fan = jwt(&secret, HS256, &here.claims("7"));
        let feeder = here.server.partner().await;
        let match_id = here.server.announce(&feeder, "one").await;
        let (_, wallet) = here.ask(Method::GET, "/v1/wallet", &here.live, Some(&fan)).await;
        let fan_id = wallet["fan_id"].as_str().unwrap().to_owned();
        let scene = Self { here, fan, fan_id, feeder, match_id };
        scene.campaign(rules).await;
        scene
    }

    async fn campaign(&self, rules: Vec<Rule>) {
        let app = &self.here.server.app;
        let now = app.clock.now();
        let made = app.store.run_tx("test", async |tx| {
            let id = campaigns::make(tx, Books::Live, None, "Sixes", now).await?;
            let (starts_at, ends_at) =
                (now - jiff::SignedDuration::from_hours(24 * 99), jiff::Timestamp::MAX);
            let campaign = Campaign {
                id: id.clone(),
                version: 1,
                starts_at,
                ends_at,
                priority: 0,
                group: None,
                caps: Caps::default(),
                rules: rules.clone(),
            };
            let version = campaigns::write(tx, &campaign, "usr_1", now).await?;
            campaigns::go_live(tx, &id, Some(version)).await?;
            Ok::<_, rewards::Error>(id)
        });
        let id = made.await.unwrap();
        let opened = app.store.run_tx("test", async |tx| {
            let issuer = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            let budget = Budget::<Points>::open(tx, &budget_of(&id, Books::Live), now).await?;
            Ok::<_, wallet::Error>((budget, issuer))
        });
        let (budget, issuer) = opened.await.unwrap();
        let amount = wallet::Amount::new(10_000).unwrap();
        budget.fill(&app.ledger, TransferId::fresh(), issuer, amount).await.unwrap();
    }

    async fn say(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.here.server.bare(Method::POST, path).header("origin", PAGE);
        let request = request.header("x-crease-key", &self.here.live).header("crease-fan", &self.fan);
        let response = request.json(body).send().await.unwrap();
        let status = response.status();
        let body = response.bytes().await.unwrap();
        (status.as_u16(), serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn ask(&self, path: &str) -> Value {
        let (status, answer) = self.here.ask(Method::GET, path, &self.here.live, Some(&self.fan)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) async fn points(&self) -> i64 {
        self.ask("/v1/wallet").await["balances"][0]["units"].as_i64().unwrap()
    }

    /// Reads what is new of matches, and does what is due.
    pub(crate) async fn settle(&self) {
        let app = &self.here.server.app;
        Follower::new(app.store.clone(), app.clock.clone()).look().await.unwrap();
        let worker = app.rewards.on(Worker::new(app.store.clone(), "test").queue(QUEUE));
        drain(&worker).await.unwrap();
    }

    /// A server of the partner's that tells of what happens.
    async fn teller(&self) -> Program {
        let app = &self.here.server.app;
        let by = access::By::system("test", app.clock.now());
        let scopes = Scopes::of(&[Scope::Rewards]);
        let new = partners::NewKey::secret(Mode::Live, "Teller", scopes);
        let issued = app.store.run_tx("test", async |tx| {
            partners::key::issue(tx, &self.here.program.organisation, &new, &by).await
        });
        let issued = issued.await.unwrap();
        app.keys.insert(&issued.record);
        self.here.program.with_key(issued.key.reveal(), &self.here.program.organisation)
    }
}

fn six() -> Value {
    json!({ "type": "ball", "striker": "H1", "non_striker": "H2", "bowler": "A11", "runs": 6, "boundary": "six" })
}

#[tokio::test]
async fn a_six_earns_who_follows_and_a_correction_takes_it_back() {
    let database = database().await;
    let scene = Scene::new(&database, vec![of_kind("six", "six", 10), of_kind("four", "four", 4)]).await;
    let (server, feeder) = (&scene.here.server, &scene.feeder);
    let start = [
        sent("t", json!({ "type": "toss", "winner": "Home XI", "decision": "bat" })),
        sent("i", json!({ "type": "innings_start", "team": "Home XI" })),
        sent("b0", six()),
    ];
    server.send(feeder, &scene.match_id, &start).await;
    scene.settle().await;
    let heard = async || -> i64 {
        let sql = "select count(*) from rewards.trigger";
        let row = server.app.store.read("test", async |db| db.query_one(sql, &[]).await).await;
        row.unwrap().get(0)
    };
    assert_eq!(heard().await, 0, "nobody follows it");
    let (status, _) = scene.say("/v1/rewards/follow", &json!({ "match": scene.match_id })).await;
    assert_eq!(status, 204);
    server.send(feeder, &scene.match_id, &[sent("b1", six()), sent("b2", ball(1)), sent("b3", six())]).await;
    scene.settle().await;
    scene.settle().await;
    assert_eq!(scene.points().await, 20, "what was before the fan came was not the fan's");

    let mut four = six();
    (four["runs"], four["boundary"]) = (json!(4), json!("four"));
    let correct = async |version: u32, command: &Value| {
        let correction = json!({ "id": "b1", "version": version, "command": command });
        assert_eq!(server.send(feeder, &scene.match_id, &[correction]).await.len(), 1);
        scene.settle().await;
        scene.points().await
    };
    assert_eq!(correct(2, &four).await, 14, "ten are taken back, and four earned");
    assert_eq!(correct(3, &six()).await, 20, "as it was");
    assert_eq!(correct(4, &six()).await, 20, "nothing has changed");
    let remove = json!({ "id": "b3", "version": 2, "remove": true });
    server.send(feeder, &scene.match_id, &[remove]).await;
    scene.settle().await;
    assert_eq!(scene.points().await, 10);
    let sees = scene.ask("/v1/rewards").await;
    let states: Vec<&str> =
        sees["earned"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|it| **it == "paid").count(), 1, "{sees}");
    assert_eq!(
        (&sees["missions"][0]["title"], &sees["missions"][0]["units"]),
        (&json!("Each six"), &json!(10))
    );
    assert_eq!((&sees["tier"], &sees["missions"][0]["left_today"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_page_says_who_is_there_and_is_believed_once_a_day_and_once_a_minute() {
    let database = database().await;
    let scene =
        Scene::new(&database, vec![of_kind("here", "check-in", 5), of_kind("ten", "watched", 7)]).await;
    let heard = async || scene.say("/v1/rewards/check-ins", &json!({})).await;
    assert_eq!(heard().await, (202, json!({ "heard": "now" })));
    assert_eq!(heard().await, (202, json!({ "heard": "before" })));
    let watch = async |id: &str| scene.say("/v1/rewards/watched", &json!({ "match": id })).await;
    assert_eq!(watch(&scene.match_id).await, (202, json!({ "minutes": 0 })), "it has not begun");
    let start = [
        sent("t", json!({ "type": "toss", "winner": "Home XI", "decision": "bat" })),
        sent("i", json!({ "type": "innings_start", "team": "Home XI" })),
        sent("b0", ball(1)),
    ];
    scene.here.server.send(&scene.feeder, &scene.match_id, &start).await;
    assert_eq!(watch(&scene.match_id).await, (202, json!({ "minutes": 1 })));
    assert_eq!(watch(&scene.match_id).await, (202, json!({ "minutes": 1 })), "within the same minute");
    // Nine minutes later, as the clock of the domain has it.
    let app = &scene.here.server.app;
    let facts = BTreeMap::from([("place.country".to_owned(), Fact::Text("IN".into()))]);
    let watching = rewards::Watching {
        books: Books::Live,
        fan_id: &scene.fan_id,
        match_id: &scene.match_id,
        device: None,
        facts: &facts,
    };
    for minute in 1..=9 {
        let now = app.clock.now() + jiff::SignedDuration::from_mins(minute);
        let beat = async |tx: &store::Transaction<'_>| rewards::watched(tx, &watching, now).await;
        let watched = app.store.run_tx("test", beat).await.unwrap();
        assert_eq!((watched.minutes, watched.heard.is_some()), (minute as i32 + 1, minute == 9));
    }
    scene.settle().await;
    assert_eq!(scene.points().await, 12);

    for (path, body, expected) in [
        ("/v1/rewards/follow", json!({ "match": "mat_none" }), (404, "unknown-thing")),
        ("/v1/rewards/watched", json!({ "match": "mat_none" }), (404, "unknown-thing")),
        ("/v1/rewards/follow", json!({}), (400, "invalid-request")),
        ("/v1/rewards/follow", json!({ "match": scene.match_id, "more": 1 }), (400, "invalid-request")),
    ] {
        let (status, problem) = scene.say(path, &body).await;
        let kind = problem["type"].as_str().unwrap_or_default().trim_start_matches("/problems/").to_owned();
        assert_eq!((status, kind.as_str()), expected, "{path} {body} {problem}");
    }
    let (status, problem) = scene.here.ask(Method::GET, "/v1/rewards", &scene.here.live, None).await;
    assert_eq!((status, &problem["code"]), (401, &json!("fan_missing")));
}

#[tokio::test]
async fn a_partners_server_tells_of_its_fans_once_and_takes_back() {
    let database = database().await;
    let scene = Scene::new(&database, vec![of_kind("shop", "purchase", 30)]).await;
    let teller = scene.teller().await;
    let new = |id: &str, more: &[(&str, Value)]| {
        let mut body = json!({ "id": id, "kind": "purchase", "fan_id": scene.fan_id });
        for (name, value) in more {
            body[*name] = value.clone();
        }
        body
    };
    for expected in ["now", "before"] {
        let answer = teller.post("/v1/rewards/triggers", new("order 1", &[])).await;
        assert_eq!((answer.status, &answer.body["heard"]), (StatusCode::ACCEPTED, &json!(expected)));
    }
    scene.settle().await;
    assert_eq!(scene.points().await, 30);
    let take = async || teller.ask(Method::DELETE, "/v1/rewards/triggers/order%201", &[], None).await;
    assert_eq!(take().await.body["heard"], "now");
    assert_eq!(take().await.body["heard"], "before");
    scene.settle().await;
    assert_eq!(scene.points().await, 0);

    let facts = |facts: Value| vec![("facts", facts)];
    for (more, status) in [
        (vec![("at", json!("2999-01-01T00:00:00Z"))], 422),
        (vec![("at", json!("2020-01-01T00:00:00Z"))], 422),
        (vec![("fan_id", json!("fan_of_nobody"))], 404),
        (facts(json!({ "kind": "six" })), 422),
        (facts(json!({ "place.country": "IN" })), 422),
        (facts(json!({ "Amount": 1 })), 422),
        (facts(json!({ "amount": "x".repeat(101) })), 422),
        (facts(json!({ "amount": 1.5 })), 400),
        (vec![("kind", json!(""))], 422),
        (vec![("device", json!("x".repeat(101)))], 422),
        (vec![("more", json!(1))], 400),
    ] {
        let answer = teller.post("/v1/rewards/triggers", new("order 2", &more)).await;
        assert_eq!(answer.status.as_u16(), status, "{more:?} {}", answer.body);
    }
    let good = facts(json!({ "amount": 250, "shop": "Fan Shop", "first": true, "things": ["cap", "bat"] }));
    assert_eq!(teller.post("/v1/rewards/triggers", new("order 2", &good)).await.status, StatusCode::ACCEPTED);
    // Another's fans are nobody's business, and a key has to be one for it.
    let stranger = Program::of(&scene.here.server, Mode::Live, &[Scope::Rewards]).await;
    let answer = stranger.post("/v1/rewards/triggers", new("order 3", &[])).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let other = Program::of(&scene.here.server, Mode::Live, &[Scope::Read, Scope::Wallet]).await;
    let answer = other.post("/v1/rewards/triggers", new("order 3", &[])).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    scene.settle().await;
    assert_eq!(scene.points().await, 30);
}
