//! Fences before what is not for everybody: by the address, by what a browser says, and by neither.

use crate::fans::{HS256, Here, PAGE, jwt};
use crate::support::database;
use access::place::testing::table;
use access::place::{Fence, Owner, fence};
use jobs::Worker;
use jobs::testing::drain;
use reqwest::Method;
use rewards::{Amount, Campaign, Caps, Condition, Fact, Name, QUEUE, Rule, campaigns};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::testing::TestStore;
use wallet::Books;

const BENGALURU: &str = "lat=12.9716&lon=77.5946&accuracy_m=30&age_s=2";
const DELHI: &str = "lat=28.6139&lon=77.2090&accuracy_m=30&age_s=2";
/// On the border of Karnataka and Tamil Nadu.
const ATTIBELE: &str = "lat=12.7770&lon=77.7720&accuracy_m=30&age_s=2";
const OF_INDIA: &str = "49.36.1.2";
const OF_LANKA: &str = "202.5.1.2";
const OF_A_VPN: &str = "49.37.1.2";

/// A server that knows where some addresses are, and takes the word of proxies on this machine.
struct Scene {
    here: Here,
    fan: String,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new(database: &TestStore) -> Self {
        Self::trusting(database, &["127.0.0.0/8"]).await
    }

    async fn trusting(database: &TestStore, proxies: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("country.mmdb");
        let networks = [
            ("49.36.0.0/16", json!({"country_code": "IN"})),
            ("202.5.0.0/16", json!({"country_code": "LK"})),
            ("49.37.0.0/16", json!({"country_code": "IN", "is_anonymous_vpn": true})),
        ];
        std::fs::write(&path, table(&networks)).unwrap();
        let here = Here::with(database, |config| {
            config.places.table_or(&path);
            config.http.trusted_proxies = proxies.iter().map(|it| it.parse().unwrap()).collect();
        });
        let here = here.await;
        let (_, secret) = here.secret("live").await;
        let fan = jwt(&secret, HS256, &here.claims("7"));
        Self { here, fan, _folder: folder }
    }

    async fn fence(&self, owner: Owner<'_>, rules: Value) -> String {
        let app = &self.here.server.app;
        let fence = Fence::read(&rules, app.world.regions()).unwrap();
        let by = access::By::system("test", app.clock.now());
        let put = app.store.run_tx("test", async |tx| fence::put(tx, owner, "South", &fence, &by).await);
        put.await.unwrap()
    }

    async fn own_fence(&self, rules: Value) -> String {
        self.fence(Owner::Organisation(&self.here.program.organisation), rules).await
    }

    /// As a page asks behind a proxy of ours, with the fan's identity or without.
    async fn say(&self, path: &str, fan: Option<&str>, said: (&str, &str), body: &Value) -> (u16, Value) {
        let (from, place) = said;
        let request = self.here.server.bare(Method::POST, path).header("origin", PAGE);
        let mut request = request.header("x-crease-key", &self.here.live).header("x-forwarded-for", from);
        if let Some(fan) = fan {
            request = request.header("crease-fan", fan);
        }
        if !place.is_empty() {
            request = request.header("crease-place", place);
        }
        let response = request.json(body).send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn check(&self, fence: &str, from: &str, place: &str) -> (u16, Value) {
        self.say("/v1/places/check", None, (from, place), &json!({ "fence": fence })).await
    }

    async fn check_of_fan(&self, fence: &str, from: &str, place: &str) -> (u16, Value) {
        let body = json!({ "fence": fence });
        self.say("/v1/places/check", Some(&self.fan), (from, place), &body).await
    }
}

/// "unsure near_border move_on"
fn told(answer: &Value) -> String {
    let code = |value: &Value| value["code"].as_str().unwrap_or("-").to_owned();
    format!(
        "{} {} {}",
        answer["verdict"].as_str().unwrap(),
        code(&answer["reasons"][0]),
        code(&answer["fix"])
    )
}

#[tokio::test]
async fn a_page_asks_whether_a_fence_lets_a_fan_in_and_hears_what_would_help() {
    let database = database().await;
    let scene = Scene::new(&database).await;
    let india = scene.own_fence(json!({"allow": {"places": ["IN"]}})).await;
    let karnataka = scene.own_fence(json!({"allow": {"places": ["IN-KA"]}})).await;
    let exact = scene.fence(Owner::House, json!({"allow": {"places": ["IN-KA"]}, "needs": "position"})).await;
    let said = scene.own_fence(json!({"allow": {"places": ["IN-KA"]}, "needs": "declared"})).await;
    let coarse = BENGALURU.replace("accuracy_m=30", "accuracy_m=90000");
    for (fence, from, place, expected) in [
        (&india, OF_INDIA, "", "allowed - -"),
        (&india, OF_LANKA, "", "denied not_here -"),
        (&india, "127.0.0.1", "", "unsure address_unknown share_position"),
        (&india, OF_A_VPN, "", "unsure proxy turn_vpn_off"),
        (&karnataka, OF_INDIA, "", "unsure part_unknown share_position"),
        (&karnataka, OF_INDIA, BENGALURU, "allowed - -"),
        (&karnataka, OF_INDIA, DELHI, "denied not_here -"),
        (&karnataka, OF_INDIA, ATTIBELE, "unsure near_border move_on"),
        (&karnataka, OF_INDIA, &coarse, "unsure coarse precise_position"),
        (&karnataka, OF_LANKA, BENGALURU, "unsure mismatch turn_vpn_off"),
        (
            &karnataka,
            OF_INDIA,
            &format!("{BENGALURU}&zone=America/New_York"),
            "unsure zone_elsewhere set_zone",
        ),
        (&exact, OF_INDIA, "declared=IN-KA", "unsure position_needed share_position"),
        (&said, OF_INDIA, "declared=IN-KA", "allowed - -"),
        (&said, OF_LANKA, "declared=IN-KA", "denied not_here -"),
    ] {
        let (status, answer) = scene.check(fence, from, place).await;
        assert_eq!((status, told(&answer).as_str()), (200, expected), "{from} {place} {answer}");
        assert_eq!((&answer["fence"], &answer["version"]), (&json!(fence), &json!(1)));
    }
    let (_, answer) = scene.check(&karnataka, OF_INDIA, "").await;
    assert_eq!(answer["reasons"][0]["text"], "This is for some parts of India only.");
    assert_eq!(answer["fix"]["text"], "Share your position.");
}

#[tokio::test]
async fn who_writes_an_address_into_a_header_is_nowhere_by_it() {
    let database = database().await;
    let scene = Scene::trusting(&database, &["10.0.0.0/8"]).await;
    let india = scene.own_fence(json!({"allow": {"places": ["IN"]}})).await;
    let (_, answer) = scene.check(&india, OF_INDIA, "").await;
    assert_eq!(told(&answer), "unsure address_unknown share_position");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_and_says_no_position_back() {
    let database = database().await;
    let scene = Scene::new(&database).await;
    let own = scene.own_fence(json!({})).await;
    let others = scene.fence(Owner::Organisation("org_other"), json!({})).await;
    let retired = scene.own_fence(json!({"allow": {"places": ["IN"]}})).await;
    let (app, owner) = (&scene.here.server.app, Owner::Organisation(&scene.here.program.organisation));
    let by = access::By::system("test", app.clock.now());
    app.store.run_tx("test", async |tx| fence::retire(tx, owner, &retired, &by).await).await.unwrap();
    let old = BENGALURU.replace("age_s=2", "age_s=700");
    let long = format!("zone={}", "x".repeat(600));
    for (fence, place, expected) in [
        (own.as_str(), "", (200, "")),
        (&others, "", (404, "/problems/unknown-thing")),
        ("fen_none", "", (404, "/problems/unknown-thing")),
        ("a\0b", "", (422, "/problems/invalid-value")),
        (&retired, BENGALURU, (403, "/problems/place-denied")),
        (&own, "lat=12.9716", (422, "/problems/place-unclear")),
        (&own, "lat=12.9716&lon=277.5946&accuracy_m=3&age_s=0", (422, "/problems/place-unclear")),
        (&own, &old, (422, "/problems/place-unclear")),
        (&own, "declared=Narnia", (422, "/problems/place-unclear")),
        (&own, &long, (422, "/problems/place-unclear")),
    ] {
        let (status, answer) = scene.check(fence, OF_INDIA, place).await;
        assert_eq!((status, answer["type"].as_str().unwrap_or("")), expected, "{fence} {place} {answer}");
        let text = answer.to_string();
        assert!(!text.contains("12.97") && !text.contains("77.59"), "{text}");
    }
    for (body, status) in [(json!({}), 400), (json!({"fence": own, "claims": {}}), 400)] {
        let answer = scene.say("/v1/places/check", None, (OF_INDIA, ""), &body).await;
        assert_eq!(answer.0, status, "{answer:?}");
    }
    let bare = scene.here.server.bare(Method::POST, "/v1/places/check").json(&json!({"fence": own}));
    assert_eq!(bare.send().await.unwrap().status().as_u16(), 401);
    let (status, _) =
        scene.say("/v1/places/check", Some("crg_x"), (OF_INDIA, ""), &json!({"fence": own})).await;
    assert_eq!(status, 401, "a fan who is not believed");
}

#[tokio::test]
async fn of_a_fan_it_is_kept_without_a_position_and_a_jump_is_doubted_until_it_is_forgotten() {
    let database = database().await;
    let scene = Scene::new(&database).await;
    let fence = scene.own_fence(json!({"allow": {"places": ["IN-KA"]}})).await;
    scene.check(&fence, OF_INDIA, BENGALURU).await;
    let app = &scene.here.server.app;
    let kept = async || -> Vec<String> {
        let sql = "select coalesce(array_agg(row_to_json(d)::text), '{}') from access.place_decision d";
        app.store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
    };
    assert!(kept().await.is_empty(), "nobody knows who it was");
    for (place, expected) in
        [(DELHI, "denied not_here -"), (BENGALURU, "unsure jumped wait"), (BENGALURU, "unsure jumped wait")]
    {
        assert_eq!(told(&scene.check_of_fan(&fence, OF_INDIA, place).await.1), expected);
    }
    let rows = kept().await;
    assert_eq!(rows.len(), 2, "the same is not said twice: {rows:?}");
    for digits in ["12.97", "77.59", "28.61", "77.20", OF_INDIA] {
        assert!(!rows.iter().any(|it| it.contains(digits)), "{rows:?}");
    }
    let request = scene.here.server.bare(Method::DELETE, "/v1/wallet").header("origin", PAGE);
    let request = request.header("x-crease-key", &scene.here.live).header("crease-fan", &scene.fan);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 204);
    assert!(kept().await.is_empty(), "a fan who is erased was nowhere");
}

#[tokio::test]
async fn a_campaign_earns_who_checks_in_within_a_fence_and_a_fence_that_is_named_has_to_let_in() {
    let database = database().await;
    let scene = Scene::new(&database).await;
    let ground = json!({"circles": [{"lat": 12.9788, "lon": 77.5996, "radius_m": 3000}]});
    let ground = scene.own_fence(json!({"allow": ground, "needs": "position"})).await;
    let app = &scene.here.server.app;
    let fact = |name: &str, text: &str| Condition::Is {
        name: Name::parse(name).unwrap(),
        fact: Fact::Text(text.to_owned()),
    };
    let rules = vec![
        ("ground", Condition::All(vec![fact("trigger.kind", "check-in"), fact("place.fence", &ground)])),
        ("state", Condition::All(vec![fact("place.country", "IN"), fact("place.part", "IN-KA")])),
        ("tamil", fact("place.part", "IN-TN")),
    ];
    let rules = rules.into_iter().map(|(id, when)| Rule {
        id: id.to_owned(),
        title: None,
        when,
        amount: Amount { units: 5, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    });
    let (rules, now): (Vec<Rule>, _) = (rules.collect(), app.clock.now());
    let made = app.store.run_tx("test", async |tx| {
        let id = campaigns::make(tx, Books::Live, None, "At the ground", now).await?;
        let starts_at = now - jiff::SignedDuration::from_hours(1);
        let campaign = Campaign {
            id: id.clone(),
            version: 1,
            starts_at,
            ends_at: jiff::Timestamp::MAX,
            priority: 0,
            group: None,
            caps: Caps::default(),
            rules: rules.clone(),
        };
        let version = campaigns::write(tx, &campaign, "usr_1", now).await?;
        campaigns::go_live(tx, &id, Some(version)).await
    });
    made.await.unwrap();
    let check_in = async |place: &str, body: Value| {
        scene.say("/v1/rewards/check-ins", Some(&scene.fan), (OF_INDIA, place), &body).await
    };
    let named = json!({"fence": ground});
    let (status, refused) = check_in("", named.clone()).await;
    assert_eq!((status, &refused["type"]), (403, &json!("/problems/place-unsure")), "{refused}");
    assert_eq!(told(&refused["place"]), "unsure position_needed share_position");
    assert_eq!(refused["detail"], "This is for people in some places only. Share your position.");
    let (status, refused) = check_in(BENGALURU.replace("12.97", "13.10").as_str(), named.clone()).await;
    assert_eq!((status, &refused["type"]), (403, &json!("/problems/place-denied")), "{refused}");
    assert_eq!(check_in("lat=1", named.clone()).await.0, 422);
    assert_eq!(check_in("", json!({"fence": "fen_none"})).await.0, 404);
    assert_eq!(check_in(BENGALURU, json!({})).await, (202, json!({"heard": "now"})));
    let worker = app.rewards.on(Worker::new(app.store.clone(), "test").queue(QUEUE));
    drain(&worker).await.unwrap();
    let (_, sees) = scene.here.ask(Method::GET, "/v1/rewards", &scene.here.live, Some(&scene.fan)).await;
    let mut earned: Vec<&str> =
        sees["earned"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    earned.sort_unstable();
    assert_eq!(earned, ["ground", "state"], "{sees}");
}
