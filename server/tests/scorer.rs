//! The scorer's console over real HTTP and a real PostgreSQL: forms are read off the pages and sent as a browser would.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use metrics_exporter_prometheus::PrometheusBuilder;
use partners::{Kind, Mode, NewKey, key, organisation};
use reqwest::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, Response, StatusCode, redirect};
use server::app::App;
use server::config::Config;
use server::feed::Feed;
use server::http::{Surface, router};
use server::stream::{Hub, Readers};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const HOME: &str = "1. Ada (c)\n2. Bea (wk)\n3. Cid\n4. Dot";
const AWAY: &str = "Xan\nYul\nZoe\nWim";

/// A server on a database of its own, and a clock that the test moves.
struct Ground {
    app: App,
    url: String,
    client: reqwest::Client,
    /// Dropped last: the database goes with it.
    _database: TestStore,
}

impl Ground {
    async fn open() -> Self {
        let database = TestStore::new(server::role::MIGRATIONS).await;
        let config = Config::from_parts(None, std::iter::empty()).unwrap();
        let store = Store::connect(&database.url(), 8).await.unwrap();
        let shutdown = CancellationToken::new();
        let hub = Hub::new(store.clone(), config.stream.clone(), None);
        let clock = Clock::manual("2026-05-24T10:00:00Z".parse().unwrap());
        let app = App {
            readers: Readers::new(config.stream.clone(), Duration::from_secs(1), shutdown.clone()),
            feed: Feed::new(store.clone(), clock.clone(), hub.clone(), config.feed.clone()),
            config: Arc::new(config),
            store,
            clock,
            keys: partners::KeyRing::default(),
            hub,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            demo: None,
            shutdown,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = router(app.clone(), Surface::All).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let _already = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { app, url, client, _database: database }
    }

    /// A key of a new organisation: its text and its id.
    async fn key(&self, kind: Kind, mode: Mode) -> (String, String) {
        let origins: &[&str] = if kind == Kind::Publishable { &["https://paper.example"] } else { &[] };
        let issued = self.app.store.run_tx("test.key", async |tx| {
            let organisation = organisation::create(tx, "Village CC").await?;
            key::issue(tx, &organisation.id, &NewKey { kind, mode, name: "Score box", origins }).await
        });
        let issued = issued.await.unwrap();
        self.app.keys.insert(&issued.record);
        (issued.key.reveal().to_owned(), issued.record.id)
    }

    async fn post(&self, path: &str, cookie: &str, fields: &Fields) -> Response {
        let request =
            self.client.post(format!("{}{path}", self.url)).header(COOKIE, cookie).header(ORIGIN, &self.url);
        request.body(encode(fields)).send().await.unwrap()
    }

    /// Tries to sign in.
    async fn try_key(&self, key: &str) -> Response {
        self.post("/console/scorer/sign-in", "", &fields(&[("key", key)])).await
    }

    /// Somebody who is signed in with a new key.
    async fn scorer(&self) -> Scorer<'_> {
        let (key, key_id) = self.key(Kind::Secret, Mode::Live).await;
        self.sign_in(key, key_id).await
    }

    async fn sign_in(&self, key: String, key_id: String) -> Scorer<'_> {
        let response = self.try_key(&key).await;
        assert_eq!(
            (response.status(), location(&response)),
            (StatusCode::SEE_OTHER, "/console/scorer/matches")
        );
        let set = response.headers()[SET_COOKIE].to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/console/scorer"] {
            assert!(set.contains(part), "{set}");
        }
        Scorer {
            ground: self,
            cookie: set.split(';').next().unwrap().to_owned(),
            key,
            key_id,
            page: String::new(),
        }
    }
}

type Fields = Vec<(String, String)>;

fn fields(list: &[(&str, &str)]) -> Fields {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// As browsers encode a form; every byte may be escaped, so all but letters and digits are.
fn encode(fields: &Fields) -> String {
    let escape =
        |text: &str| -> String {
            text.bytes()
                .map(|it| {
                    if it.is_ascii_alphanumeric() { char::from(it).to_string() } else { format!("%{it:02X}") }
                })
                .collect()
        };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// One browser: its cookie and the page it shows.
struct Scorer<'a> {
    ground: &'a Ground,
    cookie: String,
    key: String,
    key_id: String,
    page: String,
}

impl Scorer<'_> {
    async fn get(&self, path: &str) -> Response {
        let request =
            self.ground.client.get(format!("{}{path}", self.ground.url)).header(COOKIE, &self.cookie);
        request.send().await.unwrap()
    }

    /// Shows a page that must be there.
    async fn open(&mut self, path: &str) {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        self.page = response.text().await.unwrap();
    }

    /// Follows the redirect after a press, or shows what was answered instead.
    async fn follow(&mut self, response: Response) -> StatusCode {
        let status = response.status();
        if status == StatusCode::SEE_OTHER {
            let to = location(&response).to_owned();
            self.open(&to).await;
        } else {
            self.page = response.text().await.unwrap();
        }
        status
    }

    /// The hidden fields of the page's form for this act, with what is filled in over them.
    fn form(&self, act: &str, filled: &[(&str, &str)]) -> Fields {
        let marker = format!(r#"name="act" value="{act}""#);
        let form = self.page.split("<form").find(|it| it.split("</form>").next().unwrap().contains(&marker));
        let form =
            form.unwrap_or_else(|| panic!("no form {act}: {}", self.page)).split("</form>").next().unwrap();
        let mut fields: Fields = form
            .split("<input ")
            .filter(|it| it.starts_with(r#"type="hidden""#))
            .map(|it| (attribute(it, "name"), attribute(it, "value")))
            .collect();
        fields.retain(|(name, _)| filled.iter().all(|(it, _)| it != name));
        fields.extend(self::fields(filled));
        fields
    }

    /// Fills in the form and presses its button.
    async fn press(&mut self, match_path: &str, act: &str, filled: &[(&str, &str)]) -> StatusCode {
        let response = self.ground.post(match_path, &self.cookie, &self.form(act, filled)).await;
        self.follow(response).await
    }

    /// A press of the pad.
    async fn ball(&mut self, match_path: &str, filled: &[(&str, &str)]) {
        assert_eq!(
            self.press(match_path, "ball", filled).await,
            StatusCode::SEE_OTHER,
            "{filled:?}: {}",
            self.page
        );
    }

    /// A new match, to the first ball: Ada faces Xan.
    async fn match_in_play(&mut self) -> String {
        let path = self.new_match().await;
        assert_eq!(
            self.press(&path, "toss", &[("winner", "home"), ("chose", "bat")]).await,
            StatusCode::SEE_OTHER
        );
        let openers = [("striker", "0"), ("non_striker", "1"), ("bowler", "4"), ("overs", "2")];
        assert_eq!(self.press(&path, "openers", &openers).await, StatusCode::SEE_OTHER);
        path
    }

    async fn new_match(&mut self) -> String {
        let form = self.match_form("Oaks").await;
        let response = self.ground.post("/console/scorer/matches", &self.cookie, &form).await;
        let path = location(&response).to_owned();
        assert_eq!(self.follow(response).await, StatusCode::SEE_OTHER);
        path
    }

    async fn match_form(&mut self, home: &str) -> Fields {
        self.open("/console/scorer/matches/new").await;
        let (csrf, form) = (hidden(&self.page, "csrf"), hidden(&self.page, "form"));
        fields(&[
            ("csrf", &csrf),
            ("form", &form),
            ("home", home),
            ("away", "Elms"),
            ("home_players", HOME),
            ("away_players", AWAY),
            ("format", "t20"),
            ("overs", "2"),
            ("balls", "6"),
            ("free_hits", "yes"),
            ("date", "2026-05-24"),
            ("venue", "The <Green>"),
        ])
    }

    /// The match as the API tells it: "14/1 (1.2)", and its `rev`.
    async fn told(&self, match_path: &str) -> (String, u32) {
        let id = match_path.rsplit('/').next().unwrap();
        let url = format!("{}/v1/matches/{id}", self.ground.url);
        let response = self.ground.client.get(url).bearer_auth(&self.key).send().await.unwrap();
        let snapshot: wire::Snapshot = wire::decode(&response.text().await.unwrap()).unwrap();
        let innings = snapshot.state.innings.last().unwrap();
        (format!("{} ({})", innings.score_text(), innings.overs_text()), snapshot.rev)
    }
}

fn location(response: &Response) -> &str {
    response.headers().get(LOCATION).map_or("", |it| it.to_str().unwrap())
}

fn attribute(tag: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    tag.split_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// The first hidden field of that name on a page.
fn hidden(page: &str, name: &str) -> String {
    let marker = format!(r#"<input type="hidden" name="{name}""#);
    attribute(page.split_once(&marker).unwrap().1, "value")
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_the_sign_in_page() {
    let ground = Ground::open().await;
    let id = store::ids::new("mat");
    for path in [
        "/console/scorer/matches",
        "/console/scorer/matches/new",
        &format!("/console/scorer/matches/{id}/wicket"),
    ] {
        let response = ground.client.get(format!("{}{path}", ground.url)).send().await.unwrap();
        assert_eq!(
            (response.status(), location(&response)),
            (StatusCode::SEE_OTHER, "/console/scorer"),
            "{path}"
        );
    }
    let cookie = format!("crease_scorer={}", "a".repeat(43));
    let response = ground.post(&format!("/console/scorer/matches/{id}"), &cookie, &Vec::new()).await;
    assert_eq!((response.status(), location(&response)), (StatusCode::SEE_OTHER, "/console/scorer"));
    let response = ground.client.get(format!("{}/console/scorer", ground.url)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_a_live_secret_key_signs_in_and_wrong_ones_are_counted() {
    let ground = Ground::open().await;
    let (publishable, _) = ground.key(Kind::Publishable, Mode::Live).await;
    let (test, _) = ground.key(Kind::Secret, Mode::Test).await;
    let (good, _) = ground.key(Kind::Secret, Mode::Live).await;
    for (key, said) in [
        ("", "not a secret key of a feed here"),
        (&good[..good.len() - 1], "not a secret key of a feed here"),
        (&publishable, "not a secret key of a feed here"),
        (&test, "A test key plays with the sandbox match"),
    ] {
        let response = ground.try_key(key).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{key}");
        assert!(response.headers().get(SET_COOKIE).is_none(), "{key}");
        let page = response.text().await.unwrap();
        assert!(page.contains(said) && (key.is_empty() || !page.contains(key)), "{key}: {page}");
    }
    for _ in 3..10 {
        assert_eq!(ground.try_key("crs_sk_guess").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ground.try_key(&good).await.status(), StatusCode::TOO_MANY_REQUESTS);
    ground.app.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(ground.try_key(&good).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn two_overs_are_scored_with_a_wide_a_wicket_an_undo_and_an_edit() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    for filled in [
        &[("runs", "1")][..],
        &[("runs", "4")],
        &[("runs", "0"), ("called", "wide")],
        &[("runs", "2"), ("off", "leg_byes")],
        &[("runs", "0"), ("called", "no_ball")],
        &[("runs", "0")],
    ] {
        scorer.ball(&path, filled).await;
    }
    assert_eq!(scorer.told(&path).await.0, "9/0 (0.4)");

    scorer.open(&format!("{path}/wicket")).await;
    let out =
        [("how", "caught"), ("fielder", "5"), ("runs", "0"), ("out", "1"), ("next", "2"), ("faces", "usual")];
    assert_eq!(scorer.press(&path, "wicket", &out).await, StatusCode::SEE_OTHER, "{}", scorer.page);
    assert!(scorer.page.contains("OUT! c Yul b Xan"), "{}", scorer.page);
    assert_eq!(scorer.told(&path).await.0, "9/1 (0.5)");
    assert_eq!(scorer.press(&path, "undo", &[]).await, StatusCode::SEE_OTHER);
    assert_eq!(scorer.told(&path).await.0, "9/0 (0.4)", "the wicket and the new batter are gone");
    scorer.open(&format!("{path}/wicket")).await;
    assert_eq!(scorer.press(&path, "wicket", &out).await, StatusCode::SEE_OTHER);
    scorer.ball(&path, &[("runs", "0")]).await;
    assert!(scorer.page.contains("Who bowls over 2?"), "{}", scorer.page);

    scorer.open(&format!("{path}?bowler=5")).await;
    for runs in ["1", "0", "6", "0", "0", "2"] {
        scorer.ball(&path, &[("runs", runs)]).await;
    }
    assert_eq!(scorer.told(&path).await.0, "18/1 (2.0)");
    assert!(scorer.page.contains("Elms to bat"), "{}", scorer.page);

    scorer.open(&format!("{path}/balls")).await;
    let ball = ball_link(&scorer.page, "Xan to Bea, FOUR runs");
    let (_, rev) = scorer.told(&path).await;
    scorer.open(&ball).await;
    let edit = [
        ("striker", "1"),
        ("non_striker", "0"),
        ("bowler", "4"),
        ("runs", "6"),
        ("called", "fair"),
        ("off", "bat"),
        ("how", "none"),
    ];
    assert_eq!(scorer.press(&path, "edit", &edit).await, StatusCode::SEE_OTHER, "{}", scorer.page);
    let (score, after) = scorer.told(&path).await;
    assert_eq!((score.as_str(), after), ("20/1 (2.0)", rev + 1));
}

/// The edit link of the line that says this.
fn ball_link(page: &str, line: &str) -> String {
    let after = page.split_once(line).unwrap().1;
    attribute(after, "href")
}

#[tokio::test]
async fn a_press_that_comes_twice_counts_once() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    let form = scorer.form("ball", &[("runs", "4")]);
    for _ in 0..2 {
        let response = ground.post(&path, &scorer.cookie, &form).await;
        assert_eq!((response.status(), location(&response)), (StatusCode::SEE_OTHER, path.as_str()));
    }
    assert_eq!(scorer.told(&path).await.0, "4/0 (0.1)");
    scorer.open(&path).await;
    let undo = scorer.form("undo", &[]);
    for _ in 0..2 {
        assert_eq!(ground.post(&path, &scorer.cookie, &undo).await.status(), StatusCode::SEE_OTHER);
    }
    assert_eq!(scorer.told(&path).await.0, "0/0 (0.0)", "only the last ball is taken back");
    assert_eq!(ground.post(&path, &scorer.cookie, &form).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(scorer.told(&path).await.0, "0/0 (0.0)", "the old page does not bring it in again");
}

#[tokio::test]
async fn two_scorers_do_not_score_the_same_ball_twice() {
    let ground = Ground::open().await;
    let mut one = ground.scorer().await;
    let path = one.match_in_play().await;
    let mut other = ground.sign_in(one.key.clone(), one.key_id.clone()).await;
    other.open(&format!("{path}?bowler=4")).await;
    let (first, second) = (one.form("ball", &[("runs", "4")]), other.form("ball", &[("runs", "4")]));
    let (a, b) =
        tokio::join!(ground.post(&path, &one.cookie, &first), ground.post(&path, &other.cookie, &second));
    let mut statuses = [a.status(), b.status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert_eq!(one.told(&path).await.0, "4/0 (0.1)");
    let conflict = if a.status() == StatusCode::CONFLICT { a } else { b };
    other.page = conflict.text().await.unwrap();
    assert!(other.page.contains("the match has moved on since this page was shown"), "{}", other.page);
    assert!(other.page.contains("<li>Xan to Ada, FOUR runs</li>"), "{}", other.page);
    other.ball(&path, &[("runs", "1")]).await;
    assert_eq!(one.told(&path).await.0, "5/0 (0.2)");
}

#[tokio::test]
async fn a_form_that_is_not_ours_is_refused_and_changes_nothing() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    let good = scorer.form("ball", &[("runs", "4")]);
    let without: Fields = good.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    let wrong = [without.clone(), fields(&[("csrf", "0123456789abcdef0123456789abcdef")])].concat();
    for fields in [&without, &wrong] {
        assert_eq!(ground.post(&path, &scorer.cookie, fields).await.status(), StatusCode::FORBIDDEN);
    }
    for foreign in ["https://evil.example", "null"] {
        let request = ground.client.request(Method::POST, format!("{}{path}", ground.url));
        let request = request.header(COOKIE, &scorer.cookie).header(ORIGIN, foreign);
        assert_eq!(
            request.body(encode(&good)).send().await.unwrap().status(),
            StatusCode::FORBIDDEN,
            "{foreign}"
        );
    }
    assert_eq!(scorer.told(&path).await.0, "0/0 (0.0)");
    scorer.ball(&path, &[("runs", "4")]).await;
}

#[tokio::test]
async fn what_the_game_refuses_is_said_on_the_page_with_what_was_filled_in() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let path = scorer.match_in_play().await;
    scorer.open(&format!("{path}/wicket?bowler=4")).await;
    let filled = [("how", "bowled"), ("runs", "0"), ("out", "1"), ("next", "3")];
    assert_eq!(scorer.press(&path, "wicket", &filled).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(scorer.page.contains("A batter cannot be out bowled on this ball."), "{}", scorer.page);
    assert!(scorer.page.contains(r#"value="3" selected"#), "{}", scorer.page);
    assert_eq!(
        scorer.press(&path, "wicket", &[("how", "bowled"), ("runs", "0"), ("out", "0"), ("next", "3")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(scorer.told(&path).await.0, "0/1 (0.1)");
}

#[tokio::test]
async fn a_match_is_created_once_and_a_wrong_form_keeps_its_words() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let form = scorer.match_form("").await;
    let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
    assert_eq!(scorer.follow(response).await, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in ["Give the team a name.", "1. Ada (c)\n2. Bea (wk)", r#"value="The &lt;Green&gt;""#] {
        assert!(scorer.page.contains(kept), "{kept}: {}", scorer.page);
    }
    let form = scorer.match_form("Oaks").await;
    let mut found = Vec::new();
    for _ in 0..2 {
        let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
        found.push(location(&response).to_owned());
    }
    assert_eq!(found[0], found[1]);
    scorer.open("/console/scorer/matches").await;
    assert_eq!(scorer.page.matches("Oaks v Elms").count(), 1, "{}", scorer.page);
    assert!(scorer.page.contains("The &lt;Green&gt;"), "{}", scorer.page);
}

#[tokio::test]
async fn another_organisations_match_is_not_there() {
    let ground = Ground::open().await;
    let mut one = ground.scorer().await;
    let path = one.match_in_play().await;
    let mut other = ground.scorer().await;
    for below in ["", "/wicket", "/more", "/balls", "/balls/1", "/balls/x"] {
        assert_eq!(other.get(&format!("{path}{below}")).await.status(), StatusCode::NOT_FOUND, "{below}");
    }
    other.open("/console/scorer/matches").await;
    assert!(!other.page.contains("Oaks v Elms"), "{}", other.page);
    let csrf = hidden(&other.page, "csrf");
    let mut form = one.form("ball", &[("runs", "4")]);
    form.retain(|(name, _)| name != "csrf");
    form.push(("csrf".to_owned(), csrf));
    assert_eq!(ground.post(&path, &other.cookie, &form).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_session_ends_by_signing_out_by_time_and_with_its_key() {
    let ground = Ground::open().await;
    let signed_in =
        async |scorer: &Scorer<'_>| scorer.get("/console/scorer/matches").await.status() == StatusCode::OK;
    let mut out = ground.scorer().await;
    out.open("/console/scorer/matches").await;
    let csrf = hidden(&out.page, "csrf");
    let response = ground.post("/console/scorer/sign-out", &out.cookie, &fields(&[("csrf", &csrf)])).await;
    assert!(response.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(!signed_in(&out).await);

    let revoked = ground.scorer().await;
    assert!(signed_in(&revoked).await);
    ground
        .app
        .store
        .run_tx("test.revoke", async |tx| key::revoke(tx, &revoked.key_id).await.map(drop))
        .await
        .unwrap();
    assert!(!signed_in(&revoked).await);

    let late = ground.scorer().await;
    ground.app.clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    assert!(signed_in(&late).await);
    ground.app.clock.advance(Duration::from_secs(1));
    assert!(!signed_in(&late).await);
}

#[tokio::test]
async fn pages_are_never_kept_and_assets_always() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let response = scorer.get("/console/scorer/matches").await;
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    scorer.open("/console/scorer/matches").await;
    let script = attribute(scorer.page.split_once("<script").unwrap().1, "src");
    let response = scorer.get(&script).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(
        scorer.get("/console/assets/0000000000000000/console.js").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_body_that_no_form_sends_is_refused() {
    let ground = Ground::open().await;
    let mut scorer = ground.scorer().await;
    let mut form = scorer.match_form("Oaks").await;
    form.push(("more".to_owned(), "x".repeat(70_000)));
    let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
