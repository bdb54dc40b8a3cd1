//! What partners' programs manage: each thing made, read, changed and removed; requests sent again; keys and organisations that may not.

use crate::support::{Server, client, database};
use partners::usage::{Sent, Tried};
use partners::{Mode, Need, NewKey, Scope, Scopes, key, organisation};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// An organisation's program, with a key of a scope.
pub(crate) struct Program {
    url: String,
    pub(crate) key: String,
    pub(crate) organisation: String,
    client: reqwest::Client,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) etag: Option<String>,
    pub(crate) is_again: bool,
}

impl Program {
    pub(crate) async fn of(server: &Server, mode: Mode, scopes: &[Scope]) -> Self {
        let by = access::By::system("test", server.app.clock.now());
        let made = server.app.store.run_tx("test", async |tx| {
            let organisation = organisation::create(tx, "The Paper", &by).await?;
            let new = NewKey::secret(mode, "Robot", Scopes::of(scopes));
            Ok::<_, partners::Error>((key::issue(tx, &organisation.id, &new, &by).await?, organisation.id))
        });
        let (issued, organisation) = made.await.unwrap();
        server.app.keys.insert(&issued.record);
        let key = issued.key.reveal().to_owned();
        Self { url: server.url.clone(), key, organisation, client: client() }
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        let (status, etag, is_again) =
            (response.status(), header("etag"), header("idempotency-replayed").is_some());
        let text = response.text().await.unwrap();
        Answer { status, etag, is_again, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn site(&self) -> String {
        let made =
            self.post("/v1/sites", json!({ "name": "Shop", "origins": ["https://shop.example"] })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        made.body["id"].as_str().unwrap().to_owned()
    }
}

/// A member of an organisation: the user's id.
async fn member(server: &Server, organisation: &str) -> String {
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        let email = access::Email::parse("member@example.com").unwrap();
        let user = access::user::create(tx, &email, "Member", "x", by.at).await?;
        partners::member::add(tx, organisation, &user.id, partners::Role::Analyst, &by).await?;
        Ok::<_, partners::Error>(user.id)
    });
    made.await.unwrap()
}

/// An invitation to an organisation: its id.
async fn invite(server: &Server, organisation: &str) -> String {
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        let email = access::Email::parse("guest@example.com").unwrap();
        let (role, giver) = (partners::Role::Analyst, partners::Role::Owner);
        partners::invite::make(tx, organisation, &email, role, giver, &by).await
    });
    made.await.unwrap().0.id
}

fn problem(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.body["type"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn a_program_does_what_the_dashboard_does() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let own = program.get("/v1/organisation").await;
    assert_eq!(own.body, json!({ "id": program.organisation, "name": "The Paper" }));
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = program.post("/v1/keys", new).await;
    assert_eq!(key.status, StatusCode::CREATED, "{}", key.body);
    let (id, text) = (key.body["id"].as_str().unwrap(), key.body["text"].as_str().unwrap());
    assert!(text.starts_with("crs_pk_live_") && key.body["origins"] == json!(["https://shop.example"]));

    let rotated = program.post(&format!("/v1/keys/{id}/rotate"), json!({ "overlap_hours": 24 })).await;
    assert_eq!((rotated.status, &rotated.body["succeeds"]), (StatusCode::CREATED, &json!(id)));
    let revoked = program.post(&format!("/v1/keys/{id}/revoke"), json!({})).await;
    assert!(revoked.body["revoked_at"].is_string() && revoked.body.get("text").is_none());
    let listed = program.get("/v1/keys?limit=2").await.body;
    assert_eq!((listed["data"].as_array().unwrap().len(), listed["next"].is_string()), (2, true));
    let rest = program.get(&format!("/v1/keys?cursor={}", listed["next"].as_str().unwrap())).await.body;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert!(!listed.to_string().contains(text), "a list shows no key's text");

    let shown = program.get(&format!("/v1/sites/{site}")).await;
    let etag = shown.etag.unwrap();
    let change = json!({ "origins": ["https://shop.example", "https://new.example"] });
    let path = format!("/v1/sites/{site}");
    let changed = program.ask(Method::PATCH, &path, &[("if-match", &etag)], Some(change.clone())).await;
    assert_eq!((changed.status, &changed.body["name"]), (StatusCode::OK, &json!("Shop")));
    let late = program.ask(Method::PATCH, &path, &[("if-match", &etag)], Some(change)).await;
    assert_eq!(problem(&late), (412, "/problems/changed-meanwhile"));
    assert_eq!(program.ask(Method::DELETE, &path, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(problem(&program.get(&path).await), (404, "/problems/unknown-thing"));

    let log = program.get("/v1/audit?limit=3").await.body;
    let actions: Vec<&str> =
        log["data"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["site.remove", "key.revoke", "site.change"]);
    assert_eq!(
        (&log["data"][0]["actor_kind"], &log["data"][0]["actor_name"]),
        (&json!("key"), &json!("Robot"))
    );
    let next = log["next"].as_str().unwrap();
    let before = program.get(&format!("/v1/audit?cursor={next}&about=key.")).await.body;
    assert_eq!(before["data"][1]["action"], "key.rotate");
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let body = json!({ "name": "Robot 2", "kind": "secret", "mode": "live", "scopes": ["feed"] });
    let send = async |key: &str, body: &Value| {
        program.ask(Method::POST, "/v1/keys", &[("idempotency-key", key)], Some(body.clone())).await
    };
    let (one, two, three, four) =
        tokio::join!(send("a", &body), send("a", &body), send("a", &body), send("a", &body));
    for other in [&two, &three, &four] {
        assert_eq!((other.status, &other.body), (StatusCode::CREATED, &one.body), "the key's text too");
    }
    assert_eq!([&one, &two, &three, &four].iter().filter(|it| it.is_again).count(), 3);
    let again =
        send("a", &json!({ "name": "Other", "kind": "secret", "mode": "live", "scopes": ["feed"] })).await;
    assert_eq!(problem(&again), (422, "/problems/idempotency-key-reused"));
    let refused =
        send("b", &json!({ "name": "", "kind": "secret", "mode": "live", "scopes": ["feed"] })).await;
    assert_eq!(problem(&refused), (422, "/problems/invalid-value"));
    assert_eq!(send("b", &body).await.status, StatusCode::CREATED, "what was refused is judged anew");
    let odd = program.ask(Method::POST, "/v1/keys", &[("idempotency-key", "")], Some(body.clone())).await;
    assert_eq!(problem(&odd), (400, "/problems/invalid-request"));
    let keys = program.get("/v1/keys").await.body;
    assert_eq!(keys["data"].as_array().unwrap().len(), 3);
    let other = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let theirs = other.ask(Method::POST, "/v1/keys", &[("idempotency-key", "a")], Some(body.clone())).await;
    assert!(theirs.status == StatusCode::CREATED && theirs.body["text"] != one.body["text"]);

    let row = database
        .store()
        .read("test", async |db| {
            db.query_one("select string_agg(encode(answer, 'escape'), '') as t from server.request", &[])
                .await
        })
        .await
        .unwrap();
    assert!(!row.get::<_, String>("t").contains("crs_sk_live_"), "an answer that waits is sealed");
}

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
            && !["/v1/matches", "/v1/feed", "/v1/embed", "/v1/tickets", "/v1/fans"]
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
async fn a_ticket_opens_what_its_key_does_for_five_minutes_and_no_more() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let get = async |path: String| {
        let response = client().get(format!("{}{path}", server.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let issue = async |key: &str, body: Value| {
        let request = client().post(format!("{}/v1/tickets", server.url)).header("x-crease-key", key);
        let response = request.body(body.to_string()).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, issued) = issue(&keys.publishable, json!({ "match": sandbox })).await;
    assert_eq!(status, 201, "{issued}");
    let ticket = issued["ticket"].as_str().unwrap();
    let seen = get(format!("/v1/matches/{sandbox}?key={ticket}")).await;
    assert_eq!(seen.0, 200, "{}", seen.1);
    let list = get(format!("/v1/matches?key={ticket}")).await;
    assert!(list.0 == 401 && list.1.contains("ticket-refused"), "{}", list.1);
    let (_, any) = issue(&keys.publishable, json!({})).await;
    let any = any["ticket"].as_str().unwrap();
    assert_eq!(get(format!("/v1/matches?key={any}")).await.0, 200);
    let (status, chained) = issue(any, json!({})).await;
    assert!(
        status == 401 && chained["type"] == "/problems/key-missing",
        "a ticket makes no tickets: {chained}"
    );
    for (forged, expected) in [
        (format!("{}x", &ticket[..ticket.len() - 1]), "ticket-refused"),
        ("crt_nonsense".to_owned(), "ticket-refused"),
        (ticket[..40].to_owned(), "ticket-refused"),
    ] {
        let refused = get(format!("/v1/matches/{sandbox}?key={forged}")).await;
        assert!(refused.0 == 401 && refused.1.contains(expected), "{forged}: {}", refused.1);
    }
    let id = server.app.keys.find(&partners::Key::parse(&keys.publishable).unwrap()).unwrap().id.clone();
    server.app.revoke_key(&id);
    let refused = get(format!("/v1/matches/{sandbox}?key={ticket}")).await;
    assert!(refused.0 == 401 && refused.1.contains("key-revoked"), "{}", refused.1);
}

#[tokio::test]
async fn a_ticket_that_is_good_still_is_exchanged_for_the_next() {
    let database = database().await;
    let server = Server::start(&database).await;
    let keys = server.partner().await;
    let sandbox = server::feed::sandbox::ensure(&server.app.feed).await.unwrap();
    let partner = server.app.keys.check(Some(&keys.secret), None, Need::Read).unwrap();
    let old = |seconds: i64| {
        let then = server.app.clock.now() - jiff::SignedDuration::from_secs(seconds);
        let wanted = partners::ticket::Wanted { match_id: Some(&sandbox), fan: None };
        server.app.tickets.issue(&partner, wanted, then).unwrap().reveal().to_owned()
    };
    let renew = async |ticket: &str| {
        let request =
            client().post(format!("{}/v1/tickets/renew", server.url)).header("x-crease-key", ticket);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, renewed) = renew(&old(290)).await;
    assert_eq!(status, 201, "{renewed}");
    let ends: jiff::Timestamp = renewed["expires_at"].as_str().unwrap().parse().unwrap();
    assert!(ends.duration_since(server.app.clock.now()).as_secs() > 290, "{renewed}");
    let next = renewed["ticket"].as_str().unwrap();
    let open = async |id: &str| {
        let path = format!("{}/v1/matches/{id}?key={next}", server.url);
        client().get(path).send().await.unwrap().status().as_u16()
    };
    let other = server.announce(&keys, "other").await;
    assert_eq!((open(&sandbox).await, open(&other).await), (200, 404), "it is for that match still");
    for bad in [&old(300), keys.publishable.as_str(), keys.secret.as_str(), "crt_nonsense", ""] {
        let (status, refused) = renew(bad).await;
        assert_eq!((status, &refused["type"]), (401, &json!("/problems/ticket-refused")), "{refused}");
    }
    server.app.revoke_key(&keys.secret_id);
    let (status, refused) = renew(next).await;
    assert_eq!((status, &refused["type"]), (401, &json!("/problems/key-revoked")), "{refused}");
}

#[tokio::test]
async fn figures_are_read_as_they_were_counted_and_only_the_own_ones() {
    let database = database().await;
    let server = Server::start(&database).await;
    let reporter = Program::of(&server, Mode::Live, &[Scope::Usage]).await;
    let stranger = Program::of(&server, Mode::Live, &[Scope::Usage]).await;
    let manager = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let both = (reporter.get("/v1/sites").await.status, manager.get("/v1/usage").await.status);
    assert_eq!(both, (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN), "neither scope has the other in it");
    let key = server.app.keys.check(Some(&reporter.key), None, Need::Scope(Scope::Usage)).unwrap();
    let counters = &server.app.metering.counters;
    let sent = Sent::default();
    let streams: Vec<_> = (0..3).map(|_| counters.open(&key, "mat_1", Some(*b"IN"), &sent)).collect();
    (0..2).for_each(|_| counters.impression(&key, "mat_1"));
    (0..5).for_each(|_| sent.add());
    counters.refusal("origin_refused", Some((&key).into()), Tried::on("https://other.example"));
    drop(streams);
    counters.flush(&server.app.store).await.unwrap();

    let all = reporter.get("/v1/usage").await.body;
    assert_eq!(
        (&all["opens"], &all["updates"], &all["impressions"]),
        (&json!(3), &json!(15), &json!(2)),
        "{all}"
    );
    assert!(all.get("points").is_none());
    let by_hour = reporter.get("/v1/usage?step=hour&match=mat_1").await;
    assert_eq!(by_hour.status, StatusCode::BAD_REQUEST, "mat_1 is no id: {}", by_hour.body);
    let by_hour = reporter.get(&format!("/v1/usage?step=hour&key={}", key.key_id())).await.body;
    let points = by_hour["points"].as_array().unwrap();
    assert_eq!(points.iter().map(|it| it["opens"].as_i64().unwrap()).sum::<i64>(), 3);
    assert!((720..=721).contains(&points.len()), "thirty days of hours: {}", points.len());
    for (dimension, id) in [("site", ""), ("key", key.key_id()), ("match", "mat_1"), ("country", "IN")] {
        let parts = reporter.get(&format!("/v1/usage/by/{dimension}")).await.body;
        assert_eq!(
            (&parts["data"][0]["id"], &parts["data"][0]["opens"]),
            (&json!(id), &json!(3)),
            "{dimension}"
        );
    }
    let refusals = reporter.get("/v1/usage/refusals").await.body;
    let reasons =
        json!([{ "code": "key_scope_missing", "count": 1 }, { "code": "origin_refused", "count": 1 }]);
    assert_eq!(refusals, json!({ "data": reasons, "next": null }));
    let origins = reporter.get("/v1/usage/refusals/origins").await.body;
    assert_eq!(origins["data"][0]["origin"], "https://other.example");
    let (of_key, of_tests) = (format!("key={}", key.key_id()), "mode=test".to_owned());
    for (path, part, rows) in [
        ("by/country", &of_key, 1),
        ("by/match", &of_key, 1),
        ("refusals", &of_key, 2),
        ("refusals/origins", &of_key, 1),
        ("by/country", &of_tests, 0),
        ("refusals", &of_tests, 0),
        ("refusals/origins", &of_tests, 0),
    ] {
        let page = reporter.get(&format!("/v1/usage/{path}?{part}")).await.body;
        assert_eq!(page["data"].as_array().unwrap().len(), rows, "{path} {part}: {page}");
    }
    let by_hour = reporter.get("/v1/usage/refusals?step=hour").await.body;
    let hour = by_hour["data"][0]["at"].as_str().unwrap();
    assert!(hour.ends_with(":00:00Z"), "{by_hour}");
    let first = reporter.get("/v1/usage/refusals?limit=1").await.body;
    let next = first["next"].as_str().unwrap();
    let rest = reporter.get(&format!("/v1/usage/refusals?limit=1&cursor={next}")).await.body;
    assert_eq!((&first["data"][0], &rest["data"][0]), (&reasons[0], &reasons[1]));
    assert_eq!(rest["next"], Value::Null);
    let csv = server.get("/v1/usage.csv", &reporter.key).await;
    assert_eq!(csv.headers()["content-type"].to_str().unwrap(), "text/csv; charset=utf-8");
    let csv = csv.text().await.unwrap();
    assert!(csv.starts_with("hour,site_id,") && csv.lines().count() == 2, "{csv}");
    for (what, lines) in [("hours", 2), ("countries", 2), ("refusals", 3)] {
        let csv =
            server.get(&format!("/v1/usage.csv?what={what}"), &reporter.key).await.text().await.unwrap();
        assert_eq!(csv.lines().count(), lines, "{what}: {csv}");
    }
    for path in ["/v1/usage", "/v1/usage/by/key", "/v1/usage/refusals", "/v1/usage/refusals/origins"] {
        let body = stranger.get(path).await.body.to_string();
        assert!(
            !body.contains("mat_1") && !body.contains(key.key_id()) && !body.contains("other.example"),
            "{body}"
        );
    }
    assert_eq!(stranger.get("/v1/usage").await.body["opens"], 0);
    for wrong in [
        "/v1/usage?from=yesterday",
        "/v1/usage?from=2026-11-29T00:00:00Z&until=2026-11-28T00:00:00Z",
        "/v1/usage?from=2020-01-01T00:00:00Z",
        "/v1/usage?step=hour&from=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z",
        "/v1/usage?step=minute",
        "/v1/usage.csv?what=all",
        "/v1/usage?mode=live&key=key_1",
        "/v1/usage?site=x%00y",
        "/v1/usage/by/site?limit=0",
        "/v1/usage/by/%ff",
        "/v1/usage/by/site?limit=101",
        "/v1/usage/by/site?cursor=x",
        "/v1/usage/refusals?mode=live&key=key_1",
        "/v1/usage/refusals/origins?step=hour",
    ] {
        let answer = reporter.get(wrong).await;
        assert_eq!(problem(&answer), (400, "/problems/invalid-request"), "{wrong}");
    }
    assert_eq!(reporter.get("/v1/usage/by/colour").await.status, StatusCode::NOT_FOUND);
    // {"at":"-009000-01-01T00:00:00Z","count":-9223372036854775808,"code":""}
    let far =
        "eyJhdCI6Ii0wMDkwMDAtMDEtMDFUMDA6MDA6MDBaIiwiY291bnQiOi05MjIzMzcyMDM2ODU0Nzc1ODA4LCJjb2RlIjoiIn0";
    let answer = reporter.get(&format!("/v1/usage/refusals?cursor={far}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
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
async fn a_program_is_told_how_many_watch_now_as_they_come_and_go() {
    let database = database().await;
    let server = Server::start(&database).await;
    let reporter = Program::of(&server, Mode::Live, &[Scope::Usage, Scope::Read]).await;
    let stranger = Program::of(&server, Mode::Live, &[Scope::Usage]).await;
    let by = access::By::system("test", server.app.clock.now());
    let made = server.app.store.run_tx("test", async |tx| {
        let organisation = &reporter.organisation;
        let site = partners::site::create(tx, organisation, "Shop", &["https://shop.example"], &by).await?;
        let new = NewKey::publishable(Mode::Live, "Pages", partners::Origins::OfSite(&site.id));
        let issued = key::issue(tx, organisation, &new, &by).await?;
        Ok::<_, partners::Error>((site.id, issued))
    });
    let (site, pages) = made.await.unwrap();
    server.app.keys.insert(&pages.record);
    let own = server.app.keys.check(Some(&reporter.key), None, Need::Scope(Scope::Usage)).unwrap();
    let id = server.announce(&server.partner().await, "m").await;
    let path = format!("/v1/matches/{id}/stream");
    let told = async || {
        let mut now = reporter.get("/v1/usage/now").await.body;
        assert!(now.as_object_mut().unwrap().remove("at").unwrap().is_string());
        now
    };
    let none = json!({ "streams": 0, "sites": [], "keys": [] });
    assert_eq!(told().await, none);
    let first = server.get(&path, pages.key.reveal()).await;
    let second = server.get(&path, pages.key.reveal()).await;
    let third = server.get(&path, &reporter.key).await;
    assert!([&first, &second, &third].iter().all(|it| it.status() == StatusCode::OK));
    server.has_streams(3).await;
    let mut keys = [(own.key_id(), 1), (pages.record.id.as_str(), 2)];
    keys.sort_unstable();
    let keys = keys.map(|(key, streams)| json!({ "key": key, "streams": streams }));
    let sites = [json!({ "site": site, "streams": 2 })];
    assert_eq!(told().await, json!({ "streams": 3, "sites": sites, "keys": keys }));
    let theirs = stranger.get("/v1/usage/now").await.body;
    assert_eq!((&theirs["streams"], &theirs["keys"]), (&json!(0), &json!([])));
    drop((first, second, third));
    server.has_streams(0).await;
    assert_eq!(told().await, none);
}

#[tokio::test]
async fn a_key_has_limits_of_its_own_within_its_plan() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage, Scope::Usage]).await;
    let site = program.site().await;
    let new = json!({ "name": "Pages", "kind": "publishable", "mode": "live", "site": site });
    let key = program.post("/v1/keys", new).await.body["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/keys/{key}/limits");
    let put = async |body: Value| program.ask(Method::PUT, &path, &[], Some(body)).await;
    assert_eq!(program.get(&path).await.body, json!({ "rate": null, "streams_max": null }));
    let own = json!({ "rate": { "per_minute": 600, "burst": 10 }, "streams_max": 5 });
    assert_eq!(put(own.clone()).await.body, own);
    assert_eq!(program.get(&path).await.body, own);
    server.app.metering.plans.load(&server.app.store).await.unwrap();
    let plan = program.get("/v1/limits").await.body;
    assert_eq!(
        (&plan["secret"]["per_minute"], &plan["streams"]["hard"]),
        (&json!(3_000), &json!(250_000)),
        "{plan}"
    );
    for (wrong, expected) in [
        (json!({ "rate": { "per_minute": 0, "burst": 1 } }), (422, "/problems/invalid-value")),
        (json!({ "rate": { "per_minute": 600, "burst": 60_000 } }), (422, "/problems/invalid-value")),
        (json!({ "rate": { "per_minute": 600 } }), (400, "/problems/invalid-request")),
        (json!({ "streams_max": -1 }), (400, "/problems/invalid-request")),
        (json!({ "streams_max": 1_000_000_001_u64 }), (400, "/problems/invalid-request")),
        (json!({ "plan": "gold" }), (400, "/problems/invalid-request")),
    ] {
        assert_eq!(problem(&put(wrong.clone()).await), expected, "{wrong}");
    }
    assert_eq!(
        put(json!({})).await.body,
        json!({ "rate": null, "streams_max": null }),
        "as in the plan again"
    );
    let log = program.get("/v1/audit?about=key.limit").await.body;
    assert_eq!(log["data"].as_array().unwrap().len(), 2, "{log}");
}

#[tokio::test]
async fn a_key_that_was_issued_or_rotated_is_good_at_once() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let new = json!({ "name": "Reader", "kind": "secret", "mode": "live", "scopes": ["read"] });
    let issued = program.post("/v1/keys", new).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{}", issued.body);
    let path = format!("/v1/keys/{}/rotate", issued.body["id"].as_str().unwrap());
    let rotated = program.post(&path, json!({ "overlap_hours": 1 })).await;
    for answer in [&issued, &rotated] {
        let text = answer.body["text"].as_str().unwrap();
        assert_eq!(server.get("/v1/matches", text).await.status(), StatusCode::OK);
    }
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
