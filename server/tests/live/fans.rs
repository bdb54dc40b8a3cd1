//! Fans: guests, users whom a partner's server vouches for, and the secrets that it signs with.

use crate::manage::Program;
use crate::support::{Crease, Server, client, database, within};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use partners::{Mode, NewKey, Origins, Scope, Scopes, key, organisation};
use reqwest::{Method, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use server::config::Config;
use store::testing::TestStore;

/// Where the site of the tests' program is.
pub(crate) const PAGE: &str = "https://shop.example";
pub(crate) const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn mac(secret: &str, text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), text.as_bytes())
}

pub(crate) fn jwt(secret: &str, header: &str, claims: &Value) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac(secret, &signed)))
}

/// A user who is vouched for without a JWT; `sent` is the id as it travels.
fn plain(secret: &str, user_id: &str, sent: &str, expires: i64) -> String {
    let tag = mac(secret, &format!("crease.fan.v1\n{user_id}\n{expires}"));
    let signature: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("user={sent}&expires={expires}&signature={signature}")
}

/// A server, and an organisation with a key for its pages in each mode.
pub(crate) struct Here {
    pub(crate) server: Server,
    pub(crate) program: Program,
    pub(crate) live: String,
    pub(crate) test: String,
}

impl Here {
    pub(crate) async fn on(database: &TestStore) -> Self {
        Self::with(database, |_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn with(database: &TestStore, change: impl FnOnce(&mut Config)) -> Self {
        let server = Server::with(database.url(), change).await;
        let program = Program::of(&server, Mode::Live, &[Scope::Manage, Scope::Read]).await;
        let site = program.site().await;
        let key = async |mode: &str| {
            let new = json!({ "name": "Pages", "kind": "publishable", "mode": mode, "site": site });
            program.post("/v1/keys", new).await.body["text"].as_str().unwrap().to_owned()
        };
        let (live, test) = (key("live").await, key("test").await);
        server.app.keys.load(&server.app.store).await.unwrap();
        Self { server, program, live, test }
    }

    fn now(&self) -> i64 {
        self.server.app.clock.now().as_second()
    }

    /// A new signing secret: its id and its text.
    pub(crate) async fn secret(&self, mode: &str) -> (String, String) {
        let made = self.program.post("/v1/identity/secrets", json!({ "mode": mode })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        (made.body["id"].as_str().unwrap().to_owned(), made.body["text"].as_str().unwrap().to_owned())
    }

    pub(crate) fn claims(&self, user_id: &str) -> Value {
        json!({ "sub": user_id, "aud": "crease", "exp": self.now() + 3600 })
    }

    /// As a page of the site asks.
    pub(crate) async fn ask(&self, method: Method, path: &str, key: &str, fan: Option<&str>) -> (u16, Value) {
        let mut request = self.server.bare(method, path).header("origin", PAGE).header("x-crease-key", key);
        if let Some(fan) = fan {
            request = request.header("crease-fan", fan);
        }
        let response = request.send().await.unwrap();
        let headers = response.headers();
        assert!(headers["access-control-allow-origin"] == "*" && headers["cache-control"] == "no-store");
        assert!(
            headers.get("set-cookie").is_none() && headers.get("access-control-allow-credentials").is_none()
        );
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }

    async fn me(&self, key: &str, fan: &str) -> (u16, Value) {
        self.ask(Method::GET, "/v1/fans/me", key, Some(fan)).await
    }

    async fn guest(&self, key: &str, token: Option<&str>) -> (u16, Value) {
        self.ask(Method::POST, "/v1/fans/guest", key, token).await
    }
}

/// "401 fan-refused fan_expired"
pub(crate) fn told((status, body): &(u16, Value)) -> String {
    let word = body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
    format!("{status} {word} {}", body["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_page_gets_a_guest_that_goes_on_while_its_token_is_good() {
    let database = database().await;
    let here = Here::on(&database).await;
    let (status, made) = here.guest(&here.live, None).await;
    assert_eq!(status, 201, "{made}");
    let (token, fan_id) = (made["token"].as_str().unwrap(), made["fan_id"].as_str().unwrap());
    let ends: jiff::Timestamp = made["expires_at"].as_str().unwrap().parse().unwrap();
    assert!(
        token.starts_with("crg_") && (86_390..=86_400).contains(&(ends.as_second() - here.now())),
        "{made}"
    );
    let guest = json!({ "fan_id": fan_id, "kind": "guest", "name": null });
    assert_eq!(here.me(&here.live, token).await, (200, guest.clone()));
    let (status, again) = here.guest(&here.live, Some(token)).await;
    assert_eq!((status, &again["fan_id"]), (201, &json!(fan_id)));
    assert_eq!(here.me(&here.live, again["token"].as_str().unwrap()).await, (200, guest));
    let (_, other) = here.guest(&here.live, None).await;
    assert_ne!(other["fan_id"], made["fan_id"]);

    let stranger = here.server.partner().await;
    let cut = &token[..token.len() - 2];
    let own = "crg_AQ.AQ";
    for (key, token, expected) in [
        (&here.test, token, "401 fan-refused fan_wrong_mode"),
        (&here.live, cut, "401 fan-refused fan_malformed"),
        (&here.live, own, "401 fan-refused fan_wrong_signature"),
    ] {
        assert_eq!(told(&here.me(key, token).await), expected);
        assert_eq!(told(&here.guest(key, Some(token)).await), expected);
    }
    let theirs = here.server.request(Method::GET, "/v1/fans/me", &stranger.publishable);
    let theirs = theirs.header("crease-fan", token).send().await.unwrap();
    let theirs = (theirs.status().as_u16(), theirs.json().await.unwrap());
    assert_eq!(told(&theirs), "401 fan-refused fan_other_organisation");
}

#[tokio::test]
async fn guests_are_made_where_the_key_may_be_used_and_nowhere_else() {
    let database = database().await;
    let here = Here::on(&database).await;
    let post = async |key: Option<&str>, path: &str, origin: &str| {
        let mut request = here.server.bare(Method::POST, path).header("origin", origin);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.unwrap();
        told(&(response.status().as_u16(), response.json().await.unwrap()))
    };
    let (live, guest) = (Some(here.live.as_str()), "/v1/fans/guest");
    assert_eq!(post(live, guest, PAGE).await, "201  ");
    assert_eq!(post(live, guest, "https://evil.example").await, "403 origin-refused ");
    assert_eq!(post(live, guest, "null").await, "403 origin-refused ");
    assert_eq!(post(None, guest, PAGE).await, "401 key-missing ");
    let in_address = format!("{guest}?key={}", here.live);
    assert_eq!(
        post(None, &in_address, PAGE).await,
        "401 key-missing ",
        "it acts, and stays out of addresses"
    );
    let secret = Some(here.program.key.as_str());
    assert_eq!(post(secret, guest, PAGE).await, "403 key-wrong-kind fan_not_publishable");
    for (path, method) in [(guest, "POST"), ("/v1/fans/me", "GET"), ("/v1/tickets", "POST")] {
        let asking = here.server.bare(Method::OPTIONS, path).header("origin", PAGE);
        let asking = asking.header("access-control-request-method", method);
        let asking = asking.header("access-control-request-headers", "crease-fan,x-crease-key,content-type");
        let answer = asking.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let allowed = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(allowed("access-control-allow-origin"), "*");
        assert!(allowed("access-control-allow-methods").contains(method), "{path}");
        let headers = allowed("access-control-allow-headers");
        assert!(
            ["crease-fan", "x-crease-key", "content-type"].iter().all(|it| headers.contains(it)),
            "{headers}"
        );
    }
}

#[tokio::test]
async fn a_user_whom_the_partners_server_signs_is_a_fan_in_either_form() {
    let database = database().await;
    let here = Here::on(&database).await;
    let (id, secret) = here.secret("live").await;
    let user = "आशा/7";
    let mut claims = here.claims(user);
    claims["name"] = json!("<b>Asha</b>");
    let named = jwt(&secret, &json!({ "alg": "HS256", "kid": id }).to_string(), &claims);
    let (status, fan) = here.me(&here.live, &named).await;
    assert_eq!((status, &fan["kind"], &fan["name"]), (200, &json!("signed"), &json!("<b>Asha</b>")), "{fan}");
    assert!(store::ids::is_valid("fan", fan["fan_id"].as_str().unwrap()));
    let sent = "%E0%A4%86%E0%A4%B6%E0%A4%BE%2F7";
    let (status, alike) = here.me(&here.live, &plain(&secret, user, sent, here.now() + 60)).await;
    assert_eq!((status, alike), (200, json!({ "fan_id": fan["fan_id"], "kind": "signed", "name": null })));

    let server = here.program.ask(Method::GET, "/v1/fans/me", &[("crease-fan", &named)], None).await;
    assert_eq!((server.status, &server.body), (StatusCode::OK, &fan), "a partner's own server may ask too");
    let (_, secret) = here.secret("test").await;
    let (status, other) = here.me(&here.test, &jwt(&secret, HS256, &claims)).await;
    assert!(status == 200 && other["fan_id"] != fan["fan_id"], "each mode has fans of its own");
}

#[tokio::test]
async fn an_identity_that_is_not_believed_is_told_why() {
    let database = database().await;
    let here = Here::on(&database).await;
    let nobody = here.me(&here.live, &jwt("crs_fan_live_x", HS256, &here.claims("7"))).await;
    assert_eq!(told(&nobody), "401 fan-refused fan_no_secret");
    let stranger = Program::of(&here.server, Mode::Live, &[Scope::Manage]).await;
    let theirs = stranger.post("/v1/identity/secrets", json!({ "mode": "live" })).await.body;
    let (_, secret) = here.secret("live").await;
    let (_, test) = here.secret("test").await;
    let (now, good) = (here.now(), here.claims("7"));
    let claim = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        jwt(&secret, HS256, &claims)
    };
    let unsigned = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
        URL_SAFE_NO_PAD.encode(good.to_string())
    );
    let (minute, key) = (now + 60, here.program.key.as_str());
    let signature = "0".repeat(64);
    for (fan, expected) in [
        (jwt("crs_fan_live_x", HS256, &good), "fan_wrong_signature"),
        (jwt(theirs["text"].as_str().unwrap(), HS256, &good), "fan_wrong_signature"),
        (jwt(key, HS256, &good), "fan_wrong_signature"),
        (jwt(&test, HS256, &good), "fan_wrong_mode"),
        (jwt(&secret, r#"{"alg":"HS256","kid":"fsc_x"}"#, &good), "fan_unknown_secret"),
        (jwt(&secret, r#"{"alg":"HS512"}"#, &good), "fan_wrong_algorithm"),
        (unsigned, "fan_wrong_algorithm"),
        (claim("exp", json!(now - 1)), "fan_expired"),
        (claim("exp", json!(now + 90_000)), "fan_too_long_lived"),
        (claim("nbf", json!(now + 600)), "fan_not_yet"),
        (claim("aud", json!("other")), "fan_wrong_audience"),
        (claim("sub", json!(7)), "fan_malformed"),
        (claim("x", json!("x".repeat(2048))), "fan_too_long"),
        ("x".repeat(6000), "fan_too_long"),
        (String::new(), "fan_malformed"),
        ("a.b.c".to_owned(), "fan_malformed"),
        (format!("Bearer {}", jwt(&secret, HS256, &good)), "fan_malformed"),
        (secret.clone(), "fan_malformed"),
        (plain(&secret, "7", "8", minute), "fan_wrong_signature"),
        (plain(&test, "7", "7", minute), "fan_wrong_mode"),
        (plain(&secret, "7", "7", now - 1), "fan_expired"),
        (plain(&secret, "7", "7", now * 1000), "fan_too_long_lived"),
        (plain(&secret, "", "", minute), "fan_malformed"),
        (format!("{}&name=Asha", plain(&secret, "7", "7", minute)), "fan_malformed"),
        (format!("user=7&expires={minute}&signature={signature}"), "fan_wrong_signature"),
        (format!("user=7&expires={minute}"), "fan_malformed"),
    ] {
        let answer = here.me(&here.live, &fan).await;
        assert_eq!(told(&answer), format!("401 fan-refused {expected}"), "{fan}");
        assert!(fan.len() < 30 || !answer.1.to_string().contains(&fan[20..30]), "{}", answer.1);
    }
    let missing = here.ask(Method::GET, "/v1/fans/me", &here.live, None).await;
    assert_eq!(told(&missing), "401 fan-refused fan_missing");
    let twice = here.server.request(Method::GET, "/v1/fans/me", &here.live);
    let token = jwt(&secret, HS256, &good);
    let twice = twice.header("crease-fan", &token).header("crease-fan", &token).send().await.unwrap();
    assert_eq!(twice.json::<Value>().await.unwrap()["code"], "fan_malformed");
    assert!(here.server.counted("fan_refusals_total{code=\"fan_missing\"}") >= 1.0);
}

#[tokio::test]
async fn a_ticket_acts_for_the_fan_whom_it_was_made_for() {
    let database = database().await;
    let here = Here::on(&database).await;
    let (_, secret) = here.secret("live").await;
    let token = jwt(&secret, HS256, &here.claims("7"));
    let (_, fan) = here.me(&here.live, &token).await;
    let ticket = async |fan: Option<&str>| here.ask(Method::POST, "/v1/tickets", &here.live, fan).await;
    let (status, made) = ticket(Some(&token)).await;
    assert_eq!(status, 201, "{made}");
    let text = made["ticket"].as_str().unwrap();
    assert_eq!(here.ask(Method::GET, "/v1/fans/me", text, None).await, (200, fan));
    let guest = here.guest(&here.live, None).await.1;
    let (_, of_guest) = ticket(guest["token"].as_str()).await;
    let (_, who) = here.ask(Method::GET, "/v1/fans/me", of_guest["ticket"].as_str().unwrap(), None).await;
    assert_eq!((&who["kind"], &who["fan_id"]), (&json!("guest"), &guest["fan_id"]));

    assert_eq!(told(&ticket(Some("a.b.c")).await), "401 fan-refused fan_malformed", "it is not left out");
    let (_, nobodys) = ticket(None).await;
    let nobodys = nobodys["ticket"].as_str().unwrap();
    // What a ticket says cannot be added to.
    let answer = here.me(nobodys, &token).await;
    assert_eq!(told(&answer), "401 fan-refused fan_missing");
    assert_eq!(told(&here.me(&format!("{text}x"), &token).await), "401 ticket-refused ");
    let in_address = here.server.bare(Method::GET, &format!("/v1/fans/me?key={text}")).send().await.unwrap();
    assert_eq!(in_address.json::<Value>().await.unwrap()["type"], "/problems/key-missing");
}

#[tokio::test]
async fn a_secrets_text_is_in_the_answer_that_makes_it_and_nowhere_else() {
    let database = database().await;
    let here = Here::on(&database).await;
    let send = async || {
        let headers = [("idempotency-key", "one")];
        here.program
            .ask(Method::POST, "/v1/identity/secrets", &headers, Some(json!({ "mode": "live" })))
            .await
    };
    let (made, again) = (send().await, send().await);
    assert!(again.is_again && again.body == made.body, "sent again, it is done once");
    let (id, text) = (made.body["id"].as_str().unwrap(), made.body["text"].as_str().unwrap());
    let rotate = json!({ "mode": "live", "overlap_hours": 24 });
    let rotated = here.program.post("/v1/identity/secrets/rotate", rotate).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{}", rotated.body);
    let newer = rotated.body["text"].as_str().unwrap();
    let listed = here.program.get("/v1/identity/secrets?limit=1").await.body;
    assert_eq!(listed["data"][0]["id"], rotated.body["id"]);
    let rest = format!("/v1/identity/secrets?cursor={}", listed["next"].as_str().unwrap());
    let rest = here.program.get(&rest).await.body;
    assert_eq!((&rest["data"][0]["id"], &rest["next"]), (&json!(id), &Value::Null));
    let shown = here.program.get(&format!("/v1/identity/secrets/{id}")).await.body;
    assert!(shown["ends_at"].is_string() && shown["revoked_at"].is_null(), "{shown}");
    let revoked = here.program.post(&format!("/v1/identity/secrets/{id}/revoke"), json!({})).await.body;
    let second = here.program.post(&format!("/v1/identity/secrets/{id}/revoke"), json!({})).await.body;
    assert!(revoked["revoked_at"].is_string() && second == revoked);
    let log = here.program.get("/v1/audit?about=fan_secret.").await.body;
    let actions: Vec<&str> =
        log["data"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["fan_secret.revoke", "fan_secret.rotate", "fan_secret.make"]);
    for answer in [listed, shown, revoked, here.program.get("/v1/identity/secrets").await.body, log] {
        let answer = answer.to_string();
        assert!([text, newer].iter().all(|it| !answer.contains(&it[13..23])), "{answer}");
    }
    for _ in 1..5 {
        here.secret("live").await;
    }
    let sixth = here.program.post("/v1/identity/secrets", json!({ "mode": "live" })).await;
    assert_eq!((sixth.status, &sixth.body["type"]), (StatusCode::CONFLICT, &json!("/problems/conflict")));
    here.secret("test").await;
}

/// Until a process answers so: "200", or "401 fan_secret_over".
async fn answers(process: &Crease, key: &str, fan: &str, expected: &str) -> Value {
    let asked = async {
        loop {
            let request = client().get(format!("{}/v1/fans/me", process.url)).bearer_auth(key);
            let response = request.header("crease-fan", fan).send().await.unwrap();
            let status = response.status().as_u16();
            let body: Value = response.json().await.unwrap();
            let told = body["code"].as_str().map_or(status.to_string(), |code| format!("{status} {code}"));
            if told == expected {
                return body;
            }
        }
    };
    within(expected, asked).await
}

#[tokio::test]
async fn a_secret_is_good_rotated_and_revoked_on_every_process_and_is_logged_on_none() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let test = TestStore::new(server::role::MIGRATIONS).await;
    let process = |role: &str| {
        let mut program = Crease::program();
        program.arg(role).env("DATABASE_URL", test.url());
        program.env("CREASE__HTTP__LISTEN", "127.0.0.1:0").env("CREASE__SANDBOX__ENABLED", "false");
        Crease::listening(program)
    };
    let by = access::By::system("test", jiff::Timestamp::now());
    let issued = test.store().run_tx("test", async |tx| {
        let id = organisation::create(tx, "Paper", &by).await?.id;
        let manage = NewKey::secret(Mode::Live, "Robot", Scopes::of(&[Scope::Manage]));
        let page = NewKey::publishable(Mode::Live, "Pages", Origins::These(&[PAGE]));
        Ok::<_, partners::Error>((
            key::issue(tx, &id, &manage, &by).await?,
            key::issue(tx, &id, &page, &by).await?,
        ))
    });
    let (manage, page) = issued.await.unwrap();
    let (manage, page) = (manage.key.reveal(), page.key.reveal());
    let (api, edge) = (process("api"), process("edge"));
    let post = async |path: &str, body: Value| {
        let request = client().post(format!("{}/v1/identity/secrets{path}", api.url)).bearer_auth(manage);
        let response = request.body(body.to_string()).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json::<Value>().await.unwrap()
    };
    let sign = |made: &Value| {
        let claims = json!({ "sub": "7", "aud": "crease", "exp": by.at.as_second() + 3600 });
        jwt(made["text"].as_str().unwrap(), HS256, &claims)
    };
    let old = post("", json!({ "mode": "live" })).await;
    let fan = answers(&edge, page, &sign(&old), "200").await;
    let new = post("/rotate", json!({ "mode": "live", "overlap_hours": 0 })).await;
    for process in [&api, &edge] {
        answers(process, page, &sign(&old), "401 fan_secret_over").await;
        assert_eq!(answers(process, page, &sign(&new), "200").await, fan);
    }
    let last = post("", json!({ "mode": "live" })).await;
    answers(&edge, page, &sign(&last), "200").await;
    post(&format!("/{}/revoke", new["id"].as_str().unwrap()), json!({})).await;
    for process in [&api, &edge] {
        answers(process, page, &sign(&new), "401 fan_wrong_signature").await;
        assert_eq!(answers(process, page, &sign(&last), "200").await, fan);
    }
    // One that starts later knows the same.
    let late = process("edge");
    answers(&late, page, &sign(&new), "401 fan_wrong_signature").await;
    assert_eq!(answers(&late, page, &sign(&last), "200").await, fan);
    let guest = client().post(format!("{}/v1/fans/guest", edge.url)).bearer_auth(page).send().await.unwrap();
    let guest: Value = guest.json().await.unwrap();
    let token = guest["token"].as_str().unwrap();
    assert_eq!(answers(&api, page, token, "200").await["fan_id"], guest["fan_id"]);

    let logs = [api, edge, late].map(Crease::last_words).join("\n");
    for secret in [&old, &new, &last].map(|it| it["text"].as_str().unwrap()) {
        assert!(!logs.contains(&secret[13..23]), "{logs}");
    }
    assert!(logs.contains("stopped") && !logs.contains(&token[4..24]) && !logs.contains(&sign(&last)[..40]));
}
