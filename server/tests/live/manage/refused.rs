//! What a program is refused: what its key may not do, what is another's, what cannot be taken, and what was changed meanwhile.

use super::{Program, invite, member, problem};
use crate::support::{Server, database};
use partners::{Mode, Scope};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn only_a_live_key_that_may_manage_manages() {
    let database = database().await;
    let server = Server::start(&database).await;
    let routes = [
        (Method::GET, "/v1/organisation"),
        (Method::PATCH, "/v1/organisation"),
        (Method::GET, "/v1/sites"),
        (Method::POST, "/v1/sites"),
        (Method::GET, "/v1/sites/sit_1"),
        (Method::PATCH, "/v1/sites/sit_1"),
        (Method::DELETE, "/v1/sites/sit_1"),
        (Method::GET, "/v1/keys"),
        (Method::POST, "/v1/keys"),
        (Method::GET, "/v1/keys/key_1"),
        (Method::PATCH, "/v1/keys/key_1"),
        (Method::POST, "/v1/keys/key_1/rotate"),
        (Method::POST, "/v1/keys/key_1/revoke"),
        (Method::POST, "/v1/keys/look-up"),
        (Method::POST, "/v1/snippets"),
        (Method::GET, "/v1/members"),
        (Method::GET, "/v1/members/usr_1"),
        (Method::PATCH, "/v1/members/usr_1"),
        (Method::DELETE, "/v1/members/usr_1"),
        (Method::GET, "/v1/invites"),
        (Method::POST, "/v1/invites"),
        (Method::GET, "/v1/invites/inv_1"),
        (Method::DELETE, "/v1/invites/inv_1"),
        (Method::GET, "/v1/audit"),
        (Method::GET, "/v1/webhooks"),
        (Method::POST, "/v1/webhooks"),
        (Method::GET, "/v1/webhooks/whk_1"),
        (Method::PATCH, "/v1/webhooks/whk_1"),
        (Method::DELETE, "/v1/webhooks/whk_1"),
        (Method::POST, "/v1/webhooks/whk_1/rotate"),
        (Method::POST, "/v1/webhooks/whk_1/test"),
        (Method::GET, "/v1/webhooks/whk_1/deliveries"),
        (Method::POST, "/v1/webhooks/whk_1/deliveries/msg_1/replay"),
        (Method::GET, "/v1/webhooks/whk_1/deliveries/msg_1"),
        (Method::POST, "/v1/webhooks/whk_1/deliveries/replay"),
        (Method::GET, "/v1/webhooks/whk_1/secret"),
        (Method::GET, "/v1/keys/key_1/origins"),
        (Method::GET, "/v1/keys/key_1/limits"),
        (Method::PUT, "/v1/keys/key_1/limits"),
        (Method::GET, "/v1/limits"),
        (Method::GET, "/v1/usage"),
        (Method::GET, "/v1/usage.csv"),
        (Method::GET, "/v1/usage/now"),
        (Method::GET, "/v1/usage/by/site"),
        (Method::GET, "/v1/usage/refusals"),
        (Method::GET, "/v1/usage/refusals/origins"),
        (Method::GET, "/v1/identity/secrets"),
        (Method::POST, "/v1/identity/secrets"),
        (Method::POST, "/v1/identity/secrets/rotate"),
        (Method::GET, "/v1/identity/secrets/fsc_1"),
        (Method::POST, "/v1/identity/secrets/fsc_1/revoke"),
    ];
    let described = server::http::openapi::description();
    for (path, item) in &described.paths.paths {
        let is_managed = path.starts_with("/v1/")
            && ![
                "/v1/matches",
                "/v1/feed",
                "/v1/content",
                "/v1/embed",
                "/v1/tickets",
                "/v1/fans",
                "/v1/places",
                "/v1/wallet",
                "/v1/payments",
                "/v1/products",
                "/v1/quizzes",
                "/v1/reservations",
                "/v1/rewards",
                "/v1/vouchers",
                "/v1/markets",
                "/v1/orders",
            ]
            .iter()
            .any(|it| path.starts_with(it));
        for (method, operation) in [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ] {
            let path = path.replace("/sites/{id}", "/sites/sit_1").replace("/keys/{id}", "/keys/key_1");
            let path =
                path.replace("/members/{id}", "/members/usr_1").replace("/invites/{id}", "/invites/inv_1");
            let path = path.replace("/webhooks/{id}", "/webhooks/whk_1").replace("{message}", "msg_1");
            let path = path.replace("{dimension}", "site");
            let path = path.replace("/secrets/{id}", "/secrets/fsc_1");
            let is_listed = routes.iter().any(|it| it.0.as_str() == method && it.1 == path);
            assert_eq!(is_listed, operation.is_some() && is_managed, "{method} {path} is tried below");
        }
    }
    let feeder = Program::of(&server, Mode::Live, &[Scope::Feed, Scope::Read]).await;
    let tester = Program::of(&server, Mode::Test, &[Scope::Manage, Scope::Usage]).await;
    let mut nobody = Program::of(&server, Mode::Live, &[Scope::Feed]).await;
    nobody.key = "crs_sk_live_x".to_owned();
    let mut pages = Program::of(&server, Mode::Live, &[Scope::Feed]).await;
    pages.key = server.partner().await.publishable;
    for (method, path) in routes {
        for (program, expected) in [
            (&feeder, (403, "/problems/key-scope-missing")),
            (&tester, (403, "/problems/live-key-needed")),
            (&nobody, (401, "/problems/key-malformed")),
            (&pages, (403, "/problems/key-wrong-kind")),
        ] {
            let answer = program.ask(method.clone(), path, &[], Some(json!({}))).await;
            assert_eq!(problem(&answer), expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_program_reaches_into_another_organisation() {
    let database = database().await;
    let server = Server::start(&database).await;
    let owner = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let stranger = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let site = owner.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = owner.post("/v1/keys", new.clone()).await.body["id"].as_str().unwrap().to_owned();
    let member = member(&server, &owner.organisation).await;
    let invite = invite(&server, &owner.organisation).await;
    let hook = json!({ "mode": "live", "url": "https://shop.example/hooks", "kinds": ["match.result"] });
    let hook = owner.post("/v1/webhooks", hook).await;
    assert_eq!(hook.status, StatusCode::CREATED, "{}", hook.body);
    assert!(hook.body["secret"].as_str().unwrap().starts_with("whsec_"));
    let hook = hook.body["id"].as_str().unwrap().to_owned();
    let sent = owner.post(&format!("/v1/webhooks/{hook}/test"), json!({})).await;
    let message = sent.body["id"].as_str().unwrap().to_owned();
    let log = owner.get(&format!("/v1/webhooks/{hook}/deliveries")).await.body;
    assert_eq!((&log["data"][0]["id"], &log["data"][0]["state"]), (&json!(message), &json!("waiting")));
    let secret = owner.post("/v1/identity/secrets", json!({ "mode": "live" })).await.body;
    let secret = secret["id"].as_str().unwrap();
    for (method, path, body) in [
        (Method::GET, format!("/v1/identity/secrets/{secret}"), json!({})),
        (Method::POST, format!("/v1/identity/secrets/{secret}/revoke"), json!({})),
        (Method::GET, format!("/v1/sites/{site}"), json!({})),
        (Method::PATCH, format!("/v1/sites/{site}"), json!({ "name": "Mine" })),
        (Method::DELETE, format!("/v1/sites/{site}"), json!({})),
        (Method::GET, format!("/v1/keys/{key}"), json!({})),
        (Method::GET, format!("/v1/keys/{key}/origins"), json!({})),
        (Method::GET, format!("/v1/keys/{key}/limits"), json!({})),
        (Method::PUT, format!("/v1/keys/{key}/limits"), json!({ "streams_max": 0 })),
        (Method::PATCH, format!("/v1/keys/{key}"), json!({ "name": "Mine" })),
        (Method::POST, format!("/v1/keys/{key}/rotate"), json!({ "overlap_hours": 0 })),
        (Method::POST, format!("/v1/keys/{key}/revoke"), json!({})),
        (Method::POST, "/v1/keys".to_owned(), new),
        (Method::GET, format!("/v1/members/{member}"), json!({})),
        (Method::PATCH, format!("/v1/members/{member}"), json!({ "role": "analyst" })),
        (Method::DELETE, format!("/v1/members/{member}"), json!({})),
        (Method::GET, format!("/v1/invites/{invite}"), json!({})),
        (Method::DELETE, format!("/v1/invites/{invite}"), json!({})),
        (Method::GET, format!("/v1/webhooks/{hook}"), json!({})),
        (Method::PATCH, format!("/v1/webhooks/{hook}"), json!({ "url": "https://evil.example/hooks" })),
        (Method::DELETE, format!("/v1/webhooks/{hook}"), json!({})),
        (Method::POST, format!("/v1/webhooks/{hook}/rotate"), json!({})),
        (Method::POST, format!("/v1/webhooks/{hook}/test"), json!({})),
        (Method::GET, format!("/v1/webhooks/{hook}/deliveries"), json!({})),
        (Method::POST, format!("/v1/webhooks/{hook}/deliveries/{message}/replay"), json!({})),
        (Method::GET, format!("/v1/webhooks/{hook}/deliveries/{message}"), json!({})),
        (
            Method::POST,
            format!("/v1/webhooks/{hook}/deliveries/replay"),
            json!({ "since": "2026-01-01T00:00:00Z" }),
        ),
        (Method::GET, format!("/v1/webhooks/{hook}/secret"), json!({})),
    ] {
        let answer = stranger.ask(method.clone(), &path, &[], Some(body)).await;
        assert_eq!(problem(&answer), (404, "/problems/unknown-thing"), "{method} {path}");
    }
    for (path, mine) in [("/v1/sites", 0), ("/v1/keys", 1), ("/v1/members", 0), ("/v1/identity/secrets", 0)] {
        let listed = stranger.get(path).await.body;
        assert_eq!(listed["data"].as_array().unwrap().len(), mine, "{path}");
    }
    let log = stranger.get("/v1/audit").await.body.to_string();
    assert!(!log.contains(&site) && !log.contains(&owner.organisation));
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_the_place() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let (sites, keys) = ("/v1/sites", "/v1/keys");
    for (path, body, expected, word) in [
        (
            "/v1/webhooks",
            json!({ "mode": "live", "url": "http://10.0.0.1/x", "kinds": ["match.result"] }),
            (422, "/problems/invalid-value"),
            "https",
        ),
        (
            "/v1/webhooks",
            json!({ "mode": "live", "url": "https://a.example", "kinds": ["webhook.test"] }),
            (422, "/problems/invalid-value"),
            "kinds",
        ),
        (
            "/v1/webhooks",
            json!({ "mode": "live", "url": "https://a.example", "kinds": [] }),
            (422, "/problems/invalid-value"),
            "at least one",
        ),
        (sites, json!({ "name": "Shop" }), (400, "/problems/invalid-request"), "origins"),
        (
            sites,
            json!({ "name": "Shop", "origins": [], "id": "sit_1" }),
            (400, "/problems/invalid-request"),
            "id",
        ),
        (sites, json!({ "name": "Shop", "origins": [] }), (422, "/problems/invalid-value"), "origin"),
        (
            sites,
            json!({ "name": "Shop", "origins": ["http://localhost:*"] }),
            (422, "/problems/invalid-value"),
            "test keys",
        ),
        (
            sites,
            json!({ "name": "", "origins": ["https://a.example"] }),
            (422, "/problems/invalid-value"),
            "name",
        ),
        (
            keys,
            json!({ "name": "K", "kind": "secret", "mode": "live" }),
            (422, "/problems/invalid-value"),
            "scope",
        ),
        (
            keys,
            json!({ "name": "K", "kind": "publishable", "mode": "live" }),
            (400, "/problems/invalid-request"),
            "site",
        ),
        (
            keys,
            json!({ "name": "K", "kind": "secret", "mode": "live", "scopes": ["root"] }),
            (400, "/problems/invalid-request"),
            "root",
        ),
        (
            keys,
            json!({ "name": "K", "kind": "secret", "mode": "live", "scopes": ["feed"], "expires_at": "2020-01-01T00:00:00Z" }),
            (422, "/problems/invalid-value"),
            "past",
        ),
        (
            "/v1/identity/secrets",
            json!({ "mode": "production" }),
            (400, "/problems/invalid-request"),
            "production",
        ),
        (
            "/v1/identity/secrets",
            json!({ "mode": "live", "text": "crs_fan_live_mine" }),
            (400, "/problems/invalid-request"),
            "text",
        ),
        (
            "/v1/identity/secrets/rotate",
            json!({ "mode": "live", "overlap_hours": 2 }),
            (400, "/problems/invalid-request"),
            "overlap_hours",
        ),
        (
            "/v1/invites",
            json!({ "email": "nobody", "role": "admin" }),
            (422, "/problems/invalid-value"),
            "email",
        ),
        (
            "/v1/invites",
            json!({ "email": "a@example.com", "role": "admin" }),
            (503, "/problems/not-set-up"),
            "public_url",
        ),
    ] {
        let answer = program.post(path, body.clone()).await;
        assert_eq!(problem(&answer), expected, "{body}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{body}: {detail}");
    }
    for path in [
        "/v1/keys/%ff",
        "/v1/webhooks/whk_1/deliveries/%ff/replay",
        "/v1/webhooks/%ff/deliveries/msg_1/replay",
    ] {
        let method = if path.ends_with("replay") { Method::POST } else { Method::GET };
        let answer = program.ask(method, path, &[], None).await;
        assert_eq!(problem(&answer), (400, "/problems/invalid-request"), "{path}");
    }
    let long = program.post(sites, json!({ "name": "x".repeat(40_000), "origins": [] })).await;
    assert_eq!(problem(&long), (413, "/problems/body-too-large"));
    for path in ["/v1/keys?limit=0", "/v1/keys?limit=x", "/v1/sites?cursor=nothing", "/v1/audit?cursor=x"] {
        assert_eq!(problem(&program.get(path).await), (400, "/problems/invalid-request"), "{path}");
    }
}

#[tokio::test]
async fn a_key_that_is_in_use_is_revoked_only_by_who_knows_what_uses_it() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage, Scope::Read]).await;
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let issued = program.post("/v1/keys", new).await.body;
    let (id, text) = (issued["id"].as_str().unwrap(), issued["text"].as_str().unwrap());
    server.app.keys.load(&server.app.store).await.unwrap();
    for origin in [Some("https://shop.example"), None] {
        let mut request = server.request(Method::GET, "/v1/matches", text);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK, "{origin:?}");
    }
    server.app.metering.counters.flush(&server.app.store).await.unwrap();
    let used = program.get(&format!("/v1/keys/{id}/origins")).await.body;
    let mut origins: Vec<_> =
        used["data"].as_array().unwrap().iter().map(|it| it["origin"].as_str().unwrap()).collect();
    origins.sort_unstable();
    assert_eq!(origins, ["", "https://shop.example"], "an app's use is one as well");
    let first = program.get(&format!("/v1/keys/{id}/origins?limit=1")).await.body;
    let next = first["next"].as_str().unwrap();
    let rest = program.get(&format!("/v1/keys/{id}/origins?limit=1&cursor={next}")).await.body;
    assert_eq!([&first["data"][0], &rest["data"][0]], [&used["data"][0], &used["data"][1]]);

    let path = format!("/v1/keys/{id}/revoke");
    for body in [None, Some(json!({})), Some(Value::Null), Some(json!({ "even_if_used": false }))] {
        let refused = program.ask(Method::POST, &path, &[], body.clone()).await;
        assert_eq!(problem(&refused), (409, "/problems/key-in-use"), "{body:?}");
        let in_use = &refused.body["in_use"];
        assert_eq!(in_use["origins"].as_array().unwrap().len(), 2, "{in_use}");
        assert!(in_use["last_used_at"].is_string() && in_use["origins"][0]["last_used_at"].is_string());
    }
    let odd = program.post(&path, json!({ "even": true })).await;
    assert_eq!(problem(&odd), (400, "/problems/invalid-request"));
    let stranger = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let theirs = stranger.post(&path, json!({ "even_if_used": true })).await;
    assert_eq!(problem(&theirs), (404, "/problems/unknown-thing"));
    assert_eq!(server.get("/v1/matches", text).await.status(), StatusCode::OK, "it was not revoked");
    let revoked = program.post(&path, json!({ "even_if_used": true })).await;
    assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.body);
    assert!(program.post(&path, json!({})).await.body["revoked_at"].is_string(), "it is, and that is said");
}

#[tokio::test]
async fn who_changes_a_member_or_limits_that_were_changed_meanwhile_is_told() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let by = access::By::system("test", server.app.clock.now());
    let owned = server.app.store.run_tx("test", async |tx| {
        let email = access::Email::parse("owner@example.com").unwrap();
        let owner = access::user::create(tx, &email, "Owner", "x", by.at).await?;
        partners::member::add(tx, &program.organisation, &owner.id, partners::Role::Owner, &by).await
    });
    owned.await.unwrap();
    let member = member(&server, &program.organisation).await;
    let path = format!("/v1/members/{member}");
    let shown = program.get(&path).await;
    let (name, role) = (&shown.body["name"], &shown.body["role"]);
    assert_eq!((name, role), (&json!("Member"), &json!("analyst")), "{}", shown.body);
    let listed = program.get("/v1/members").await.body;
    assert!(listed["data"].as_array().unwrap().contains(&shown.body), "{listed}");
    let etag = shown.etag.unwrap();
    let change = |role: &str| Some(json!({ "role": role }));
    let if_match = [("if-match", etag.as_str())];
    let first = program.ask(Method::PATCH, &path, &if_match, change("developer")).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.body);
    let late = program.ask(Method::PATCH, &path, &if_match, change("billing")).await;
    assert_eq!(problem(&late), (412, "/problems/changed-meanwhile"));
    assert_eq!(program.get(&path).await.body["role"], "developer");
    let blind = program.ask(Method::PATCH, &path, &[], change("billing")).await;
    assert_eq!(blind.status, StatusCode::NO_CONTENT);

    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = program.post("/v1/keys", new).await.body["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/keys/{key}/limits");
    let etag = program.get(&path).await.etag.unwrap();
    let if_match = [("if-match", etag.as_str())];
    let limits = |streams: u64| Some(json!({ "rate": null, "streams_max": streams }));
    let set = program.ask(Method::PUT, &path, &if_match, limits(5)).await;
    assert_eq!((set.status, &set.etag), (StatusCode::OK, &program.get(&path).await.etag));
    let late = program.ask(Method::PUT, &path, &if_match, limits(6)).await;
    assert_eq!(problem(&late), (412, "/problems/changed-meanwhile"));
    assert_eq!(program.get(&path).await.body["streams_max"], 5);

    let invite = invite(&server, &program.organisation).await;
    let shown = program.get(&format!("/v1/invites/{invite}")).await.body;
    assert_eq!(shown, program.get("/v1/invites").await.body["data"][0]);
}

#[tokio::test]
async fn programs_send_so_many_letters_and_no_more() {
    let database = database().await;
    let server =
        Server::with(database.url(), |config| config.http.public_url = "https://crease.example".into());
    let server = server.await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let invite =
        async |email: &str| program.post("/v1/invites", json!({ "email": email, "role": "analyst" })).await;
    for _ in 0..3 {
        assert_eq!(invite("victim@example.com").await.status, StatusCode::CREATED);
    }
    assert_eq!(problem(&invite("Victim@example.com").await), (429, "/problems/rate-limited"));
    let mut sent = 3;
    let last = loop {
        let answer = invite(&format!("other{sent}@example.com")).await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        sent += 1;
        // Taken back, so that it is no matter of how many are open.
        let id = answer.body["id"].as_str().unwrap();
        let back = program.ask(Method::DELETE, &format!("/v1/invites/{id}"), &[], None).await;
        assert_eq!(back.status, StatusCode::NO_CONTENT);
    };
    assert_eq!((problem(&last), sent), ((429, "/problems/rate-limited"), 60));
}

#[tokio::test]
async fn a_character_that_no_text_has_is_the_senders_mistake() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage, Scope::Usage]).await;
    for name in ["a\0b", "a\nb", "\u{9f}x"] {
        for (path, body) in [
            ("/v1/sites", json!({ "name": name, "origins": ["https://shop.example"] })),
            ("/v1/keys", json!({ "name": name, "kind": "secret", "mode": "live", "scopes": ["read"] })),
        ] {
            let answer = program.post(path, body).await;
            assert_eq!(problem(&answer), (422, "/problems/invalid-value"), "{path} {name:?}");
        }
    }
    let hook =
        json!({ "url": "https://hook.example", "kinds": ["wicket"], "mode": "live", "description": "a\0b" });
    let hooked = program.post("/v1/webhooks", hook).await.status;
    assert!(hooked.is_client_error(), "{hooked}");
    for path in
        ["/v1/keys/%00", "/v1/sites/%00", "/v1/webhooks/%00", "/v1/usage?site=%00", "/v1/audit?about=%00"]
    {
        let status = program.get(path).await.status;
        assert!(status.is_client_error(), "{path}: {status}");
    }
}
