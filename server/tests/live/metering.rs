//! What partners use, as it is counted at the edge; and what they may, as it is kept to there.

use crate::support::{Keys, Raw, Server, database, sent, within};
use access::{Email, user};
use jiff::{SignedDuration, Timestamp};
use partners::limit::{Limits, Override, Quota, Rate, table};
use partners::usage::{self, Dimension, Figures, Part, RefusedOrigin, Rows, Span, Which};
use partners::{Mode, NewKey, Role, Scope, Scopes, key, member, organisation, site};
use reqwest::{Method, StatusCode};
use serde_json::json;
use server::{metering, notices};

impl Server {
    async fn flush(&self) {
        self.app.metering.counters.flush(&self.app.store).await.unwrap();
    }

    fn organisation(&self, keys: &Keys) -> String {
        let key = self.app.keys.check(Some(&keys.secret), None, partners::Need::Scope(partners::Scope::Feed));
        key.unwrap().organisation_id().to_owned()
    }

    /// What the database has of an organisation's month.
    async fn month(&self, organisation_id: &str, part: Part<'_>) -> Figures {
        let span = Span::month_of(self.app.clock.now());
        let read =
            self.app.store.read("test", async |db| usage::summary(db, organisation_id, part, span).await);
        read.await.unwrap()
    }

    /// Gives an organisation limits, which this process knows at once.
    async fn allow(&self, organisation_id: &str, limits: Limits) {
        let by = access::By::system("test", self.app.clock.now());
        let set =
            self.app.store.run_tx("test", async |tx| table::set(tx, organisation_id, &limits, &by).await);
        set.await.unwrap();
        self.app.metering.plans.load(&self.app.store).await.unwrap();
    }
}

#[tokio::test]
async fn what_fans_open_and_are_sent_is_counted_on_each_way_in() {
    let database = database().await;
    let server =
        Server::with(database.url(), |config| config.http.country_header = "cf-ipcountry".into()).await;
    let keys = server.partner().await;
    let organisation = server.organisation(&keys);
    let id = server.announce(&keys, "m").await;
    let path = format!("/v1/matches/{id}");
    // The first is opened with the match still unread, the second at once, the third over HTTP/1.0.
    let mut streams = Vec::new();
    for (version, country) in [("1.1", "IN"), ("1.1", "gb"), ("1.0", "nowhere")] {
        let mut raw = Raw::connect(&server.url).await;
        let headers = [("Origin", "https://paper.example"), ("CF-IPCountry", country)];
        raw.get(version, &format!("{path}/stream"), &keys.publishable, &headers).await;
        assert_eq!(raw.head().await.status, 200);
        streams.push(raw);
    }
    server.has_streams(3).await;
    let commands =
        [sent("c1", json!({ "type": "delay", "reason": "Rain" })), sent("c2", json!({ "type": "resume" }))];
    assert_eq!(server.send(&keys, &id, &commands).await.len(), 2);
    let embed = format!("/v1/embed/{id}?frame=tree");
    for path in [&path, &embed] {
        let first = server.get(path, &keys.publishable).await;
        assert_eq!(first.status(), StatusCode::OK);
        let seen = first.headers()["etag"].to_str().unwrap().to_owned();
        for (known, status) in [(seen.as_str(), StatusCode::NOT_MODIFIED), ("\"x\"", StatusCode::OK)] {
            let request = server.request(Method::GET, path, &keys.publishable);
            let again = request.header("if-none-match", known).send().await.unwrap();
            assert_eq!(again.status(), status, "{path} {known}");
        }
    }
    server.flush().await;
    let found = server.month(&organisation, Part::Match(&id)).await;
    let expected = (4, 3, 6);
    let told = (found.impressions, found.opens, found.updates);
    assert_eq!(told, expected, "who is told that nothing has changed saw it before, and nobody else did");
    assert!(found.stream_ms > 0 && found.peak == 1, "{found:?}");
    assert_eq!(server.month(&organisation, Part::Key(&keys.publishable_id)).await.opens, 3);
    assert_eq!(server.month(&organisation, Part::Mode(Mode::Test)).await, Figures::default());
    let span = Span::month_of(server.app.clock.now());
    let countries = server.app.store.read("test", async |db| {
        let which = Which { part: Part::Match(&id), ..Which::all(span) };
        usage::by(db, &organisation, Dimension::Country, which, Rows::first(10)).await
    });
    let mut countries: Vec<_> = countries.await.unwrap().into_iter().map(|it| it.id).collect();
    countries.sort_unstable();
    assert_eq!(countries, ["GB", "IN", "ZZ"]);
    let origins = server.app.store.read("test", async |db| {
        usage::origins_of_key(db, &organisation, &keys.publishable_id, Rows::first(9)).await
    });
    let origins: Vec<_> = origins.await.unwrap().into_iter().map(|it| (it.origin, it.uses)).collect();
    assert!(origins.contains(&("https://paper.example".to_owned(), 3)), "{origins:?}");
    assert!(origins.contains(&(String::new(), 6)), "who says no origin uses it as well: {origins:?}");
    drop(streams);
    server.has_streams(0).await;
    server.send(&keys, &id, &[sent("c3", json!({ "type": "delay", "reason": "Rain" }))]).await;
    server.flush().await;
    assert_eq!(server.month(&organisation, Part::All).await.updates, 6, "nobody was there");
}

#[tokio::test]
async fn refusals_are_counted_for_the_owner_of_the_key_and_for_nobody_where_there_is_none() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let organisation = server.organisation(&keys);
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        site::create(tx, &organisation, "Shop", &["https://shop.example"], &by).await
    });
    made.await.unwrap();
    for _ in 0..12 {
        let request = server.request(Method::GET, "/v1/matches", &keys.publishable);
        let refused = request.header("origin", "https://other.example").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    let stranger = server.get("/v1/matches", "crs_pk_live_nothing").await;
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let managing = server.get("/v1/organisation", &keys.secret).await;
    assert_eq!(managing.status(), StatusCode::FORBIDDEN);
    server.flush().await;
    let span = Span::month_of(server.app.clock.now());
    let read = server.app.store.read("test", async |db| {
        let reasons = usage::reasons(db, &organisation, Which::all(span), Rows::first(9)).await?;
        let of_strangers = usage::reasons_of_strangers(db, span).await?;
        Ok::<_, partners::Error>((
            reasons,
            of_strangers,
            usage::refused_origins(db, &organisation, Which::all(span), Rows::first(9)).await?,
        ))
    });
    let (reasons, of_strangers, origins) = read.await.unwrap();
    let reasons: Vec<_> = reasons.into_iter().map(|it| (it.code, it.count)).collect();
    assert_eq!(reasons, [("origin_refused".to_owned(), 12), ("key_scope_missing".to_owned(), 1)]);
    assert_eq!(of_strangers.len(), 1, "{of_strangers:?}");
    assert_eq!((of_strangers[0].code.as_str(), of_strangers[0].count), ("key_malformed", 1));
    let [RefusedOrigin { origin, count: 12, .. }] = origins.as_slice() else { panic!("{origins:?}") };
    assert_eq!(origin, "https://other.example");
}

#[tokio::test]
async fn refusals_are_counted_for_the_match_that_was_asked_for_where_there_is_one() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let organisation = server.organisation(&keys);
    let id = server.announce(&keys, "m").await;
    let one = Rate::new(1, 1).unwrap();
    let full = Quota::new(Some(0), Some(0)).unwrap();
    server.allow(&organisation, Limits { publishable: one, streams: full, ..Limits::DEFAULT }).await;
    for path in [
        format!("/v1/matches/{id}"),
        format!("/v1/matches/{id}"),
        format!("/v1/embed/{id}"),
        format!("/v1/matches/{id}/stream"),
        "/v1/matches".to_owned(),
        "/v1/matches/mat_0123456789abcdefghijkl".to_owned(),
    ] {
        server.get(&path, &keys.publishable).await;
    }
    server.flush().await;
    let span = Span::month_of(server.app.clock.now());
    for (part, expected) in [
        (Part::Match(&id), "rate_limited 2, streams_full_for_organisation 1"),
        (Part::Match("mat_0123456789abcdefghijkl"), ""),
        (Part::All, "rate_limited 4, streams_full_for_organisation 1"),
    ] {
        let which = Which { part, ..Which::all(span) };
        let read = server
            .app
            .store
            .read("test", async |db| usage::reasons(db, &organisation, which, Rows::first(9)).await);
        let told: Vec<_> = read.await.unwrap().iter().map(|it| format!("{} {}", it.code, it.count)).collect();
        assert_eq!(told.join(", "), expected, "{part:?}");
    }
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back_and_streams_and_other_keys_go_on() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let organisation = server.organisation(&keys);
    let id = server.announce(&keys, "m").await;
    let rate = Rate::new(6, 3).unwrap();
    server.allow(&organisation, Limits { publishable: rate, ..Limits::DEFAULT }).await;
    let path = format!("/v1/matches/{id}");
    let ask = async || server.get(&path, &keys.publishable).await;
    let field = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).map(|it| it.to_str().unwrap().to_owned())
    };
    for left in ["2", "1", "0"] {
        let answer = ask().await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(field(&answer, "ratelimit-policy").unwrap(), "\"key\";q=3;w=30");
        assert!(field(&answer, "ratelimit").unwrap().starts_with(&format!("\"key\";r={left};")));
    }
    let refused = ask().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u32 = field(&refused, "retry-after").unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    let exposed = field(&refused, "access-control-expose-headers").unwrap();
    assert!(exposed.contains("ratelimit") && exposed.contains("retry-after"), "{exposed}");
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["type"], "/problems/rate-limited");
    for _ in 0..5 {
        drop(server.stream(&keys, &id, None).await);
    }
    assert_eq!(server.get(&path, &keys.secret).await.status(), StatusCode::OK, "another key");
    server.flush().await;
    let span = Span::month_of(server.app.clock.now());
    let reasons = server
        .app
        .store
        .read("test", async |db| usage::reasons(db, &organisation, Which::all(span), Rows::first(9)).await);
    assert_eq!(reasons.await.unwrap()[0].code, "rate_limited");
}

#[tokio::test]
async fn strangers_of_one_network_are_told_to_wait_and_good_keys_are_not() {
    let database = database().await;
    let server = Server::with(database.url(), |config| config.keys.refusals_per_minute = 5).await;
    let keys = server.partner().await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(server.get("/v1/matches", "crs_pk_live_nothing").await.status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    assert_eq!(server.get("/v1/matches", &keys.publishable).await.status(), StatusCode::OK);
    let wrong = server.get("/v1/organisation", "crs_sk_live_nothing").await;
    assert_eq!(wrong.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(wrong.headers()["ratelimit-policy"].to_str().unwrap().starts_with("\"network\";"));
}

#[tokio::test]
async fn an_organisation_has_so_many_streams_at_once_and_a_key_its_part_of_them() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let organisation = server.organisation(&keys);
    let id = server.announce(&keys, "m").await;
    let streams = Quota::new(Some(2), Some(3)).unwrap();
    server.allow(&organisation, Limits { streams, ..Limits::DEFAULT }).await;
    let by = access::By::system("test", server.app.clock.now());
    let own = Override { rate: None, streams_max: Some(1) };
    let set = server.app.store.run_tx("test", async |tx| {
        table::set_for_key(tx, &organisation, &keys.publishable_id, &own, &by).await
    });
    set.await.unwrap();
    server.app.metering.plans.load(&server.app.store).await.unwrap();
    let path = format!("/v1/matches/{id}/stream");
    let refused = async |key: &str| {
        let answer = server.get(&path, key).await;
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap()["type"].to_string())
    };
    let first = server.stream(&keys, &id, None).await;
    assert_eq!(refused(&keys.publishable).await, (429, "\"/problems/streams-full-key\"".to_owned()));
    let others = [server.get(&path, &keys.secret).await, server.get(&path, &keys.secret).await];
    assert!(others.iter().all(|it| it.status() == StatusCode::OK));
    let full = (429, "\"/problems/streams-full-organisation\"".to_owned());
    assert_eq!(refused(&keys.secret).await, full);
    let another = server.partner().await;
    let theirs = server.get(&path, &another.secret).await;
    assert_eq!(theirs.status(), StatusCode::OK, "other organisations are none of its business");
    drop(first);
    server.has_streams(3).await;
    assert_eq!(server.get(&path, &keys.secret).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_month_that_is_used_up_refuses_what_is_new_and_its_owners_are_told_once() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let organisation = server.organisation(&keys);
    let id = server.announce(&keys, "m").await;
    let impressions = Quota::new(Some(1), Some(3)).unwrap();
    server.allow(&organisation, Limits { impressions, ..Limits::DEFAULT }).await;
    let path = format!("/v1/matches/{id}");
    let look = async || {
        server.flush().await;
        metering::look(&server.app).await;
    };
    let mut stream = server.stream(&keys, &id, None).await;
    for _ in 0..2 {
        assert_eq!(server.get(&path, &keys.publishable).await.status(), StatusCode::OK);
    }
    look().await;
    assert_eq!(told(&server, &organisation).await, ["soft"]);
    assert_eq!(server.get(&path, &keys.publishable).await.status(), StatusCode::OK);
    look().await;
    look().await;
    assert_eq!(told(&server, &organisation).await, ["hard", "soft"]);
    let refused = server.get(&path, &keys.publishable).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let problem: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/quota-exceeded");
    let embed = server.get(&format!("/v1/embed/{id}"), &keys.publishable).await;
    assert_eq!(embed.status(), StatusCode::TOO_MANY_REQUESTS);
    // A page in the making, with a test key, sees the sandbox match as before.
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let by = access::By::system("test", server.app.clock.now());
    let trial = NewKey::secret(Mode::Test, "Trial", Scopes::of(&[Scope::Read]));
    let issued =
        server.app.store.run_tx("test", async |tx| key::issue(tx, &organisation, &trial, &by).await).await;
    let issued = issued.unwrap();
    server.app.keys.insert(&issued.record);
    for path in [format!("/v1/matches/{sandbox}"), format!("/v1/matches/{sandbox}/stream")] {
        assert_eq!(server.get(&path, issued.key.reveal()).await.status(), StatusCode::OK, "{path}");
    }
    // Its streams go on, and new ones are another quota's matter.
    server.send(&keys, &id, &[sent("c1", json!({ "type": "delay", "reason": "Rain" }))]).await;
    assert_eq!(
        within("the update", async {
            loop {
                let event = stream.event().await.unwrap();
                if event.name == "state" {
                    return event.name;
                }
            }
        })
        .await,
        "state"
    );
    drop(server.stream(&keys, &id, None).await);
    server.allow(&organisation, Limits::DEFAULT).await;
    look().await;
    assert_eq!(server.get(&path, &keys.publishable).await.status(), StatusCode::OK, "the plan was raised");
}

/// The thresholds that an organisation was told of.
async fn told(server: &Server, organisation_id: &str) -> Vec<String> {
    const TOLD: &str = "
        select body::json->'data'->>'threshold' as threshold from partners.webhook_message
        where organisation_id = $1 and kind = 'quota.reached' order by threshold";
    let rows =
        server.app.store.read("test", async |db| db.query(TOLD, &[&organisation_id]).await).await.unwrap();
    rows.iter().map(|it| it.get("threshold")).collect()
}

#[tokio::test]
async fn who_can_do_something_about_a_key_that_ends_is_told_a_week_and_a_day_before() {
    let database = database().await;
    let server = Server::start(&database).await;
    let (store, now) = (&server.app.store, server.app.clock.now());
    let by = access::By::system("test", now);
    let ends = now + SignedDuration::from_hours(20 * 24);
    let made = store.run_tx("test", async |tx| {
        let organisation = organisation::create(tx, "The Paper", &by).await?;
        let mut new = NewKey::secret(Mode::Live, "Feed", Scopes::of(&[Scope::Feed]));
        new.expires_at = Some(ends);
        let issued = key::issue(tx, &organisation.id, &new, &by).await?;
        for (address, role) in
            [("dev@paper.example", Role::Developer), ("figures@paper.example", Role::Analyst)]
        {
            let email = Email::parse(address).expect("an address");
            let user = user::create(tx, &email, "Somebody", "none", now).await.expect("a user");
            member::add(tx, &organisation.id, &user.id, role, &by).await?;
        }
        Ok::<_, partners::Error>((organisation.id, issued.record.id))
    });
    let (organisation, key_id) = made.await.unwrap();
    let look = async |at: Timestamp| {
        notices::keys_expiring(store, &server.app.seal, "https://live.example", at).await.unwrap();
        const TOLD: &str = "
            select (select count(*) from partners.webhook_message where organisation_id = $1 and kind = 'key.expiring'
                    and body::json->'data'->>'key' = $2) as told,
                (select count(*) from jobs.job where kind = 'mail.send') as letters";
        let row =
            store.read("test", async |db| db.query_one(TOLD, &[&organisation, &key_id]).await).await.unwrap();
        (row.get::<_, i64>("told"), row.get::<_, i64>("letters"))
    };
    let before = |hours| ends - SignedDuration::from_hours(hours);
    assert_eq!(look(before(169)).await, (0, 0), "there is time");
    assert_eq!(look(before(168)).await, (1, 1), "the developer, and not who looks at figures");
    assert_eq!(look(before(100)).await, (1, 1), "it was told");
    assert_eq!(look(before(24)).await, (2, 2));
    assert_eq!(look(before(1)).await, (2, 2));
    assert_eq!(look(ends).await, (2, 2), "it is over");
}
