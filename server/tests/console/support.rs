//! A server on a database of its own, and a browser that presses what its pages show.

use access::By;
use access::place::World;
use metrics_exporter_prometheus::PrometheusBuilder;
use partners::{Kind, Mode, NewKey, Origins, Scope, Scopes, key, organisation};
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode, redirect};
use server::app::{App, Parts};
use server::config::Config;
use server::door::Door;
use server::feed::Feed;
use server::http::{Surface, service};
use server::metering::Metering;
use server::stream::{Census, Hub, Presence, Subscribers};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) const HOME: &str = "1. Ada (c)\n2. Bea (wk)\n3. Cid\n4. Dot";
pub(crate) const AWAY: &str = "Xan\nYul\nZoe\nWim";

/// A server on a database of its own, and a clock that the test moves.
pub(crate) struct Ground {
    pub(crate) app: App,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    /// Dropped last: the database goes with it.
    pub(crate) database: TestStore,
}

/// Somebody listens to every log line from the start, if only to drop it: what nobody listened to when it was first said stays unsaid to who
/// comes while it is.
static LISTENED: Once = Once::new();

/// A process of its own: nothing is shared with others but the database.
pub(crate) async fn app(database: &TestStore, clock: Clock, config: Config) -> App {
    LISTENED.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    });
    let store = Store::connect(&database.url(), 8).await.unwrap();
    let shutdown = CancellationToken::new();
    let hub = Hub::new(store.clone(), config.stream.clone(), None);
    let seal = store::Seal::random();
    let world = world(&config);
    let ledger = wallet::Ledger::start(&store, &clock, "test");
    let exchange = rewards::exchange::Exchange::new((&store, &clock, &ledger), "test", None, None);
    let tills = server::tills::Tills::open(&config, &store, &clock, &ledger, &seal).unwrap();
    let human = server::role::human(&config).unwrap();
    let oidc = access::Oidc::new(&config.access.oidc).unwrap();
    let presence = Presence::default();
    let reporter = server::tones::reports::Reporter::new(&store, &clock, &config.commentary).unwrap();
    App::from(Parts {
        subscribers: Subscribers::start(
            config.stream.clone(),
            presence.clone(),
            Duration::from_secs(1),
            shutdown.clone(),
        )
        .unwrap(),
        census: Census::start(presence.clone(), None, clock.clone(), Duration::from_secs(1)),
        presence,
        feed: Feed::new(store.clone(), clock.clone(), hub.clone(), config.feed.clone()),
        metering: Metering::new(&config, &clock).unwrap(),
        config: Arc::new(config),
        rewards: rewards::Rewards::new(&store, &clock, &ledger),
        vouchers: rewards::Vouchers::new(&store, &clock, &ledger, &seal),
        media: cms::media::Media::new(store.clone(), cms::media::Shelf::rows(&store), clock.clone()),
        boards: server::content::Boards::default(),
        tones: server::tones::Tones::default(),
        reporter,
        intake: quizzes::Intake::start(&store, &clock),
        tallies: quizzes::Live::new(&store, &clock),
        ledger,
        tills,
        markets: server::markets::Markets::new(exchange),
        wallets: server::wallets::OpenWallets::default(),
        store,
        clock,
        keys: partners::KeyRing::default(),
        bus: None,
        hub,
        tickets: partners::Tickets::new(&seal),
        identities: partners::Identities::new(seal.clone()),
        guests: partners::Guests::new(&seal),
        passkeys: None,
        human,
        oidc,
        seal,
        world,
        fences: access::place::Fences::default(),
        passwords: access::Passwords::cheap(),
        worker: None,
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        demo: None,
        shutdown,
    })
}

/// The world as it comes, read once; or another one, with a table of addresses.
fn world(config: &Config) -> World {
    static OURS: LazyLock<World> = LazyLock::new(|| World::new(None).unwrap());
    match config.places.table() {
        None => OURS.clone(),
        table => World::new(table).unwrap(),
    }
}

/// Serves it on a free port: its address.
pub(crate) async fn serve(app: App) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = service(app, Surface::All).await.routes.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    url
}

impl Ground {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With an environment.
    pub(crate) async fn open_with(environment: &[(&str, &str)]) -> Self {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::from_parts(None, environment).unwrap();
        let database = TestStore::new(server::role::MIGRATIONS).await;
        let app = app(&database, Clock::manual("2026-05-24T10:00:00Z".parse().unwrap()), config).await;
        let url = serve(app.clone()).await;
        let _already = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { app, url, client, database }
    }

    /// The same process, on the way of streams: where it is.
    pub(crate) async fn door(&self) -> String {
        let app = self.app.clone();
        let mut http = app.config.http.clone();
        http.listen = "127.0.0.1:0".parse().unwrap();
        let door = Door::open(http, &app.config.stream).unwrap();
        let url = format!("http://{}", door.address().unwrap());
        let (service, drain) = (service(app.clone(), Surface::All).await, Duration::ZERO);
        tokio::spawn(door.serve(service, app.subscribers.clone(), app.shutdown.clone(), drain));
        url
    }

    /// Another process on the same database: where it is.
    pub(crate) async fn another(&self) -> String {
        serve(app(&self.database, self.app.clock.clone(), (*self.app.config).clone()).await).await
    }

    /// A key of a new organisation: its text and its id.
    pub(crate) async fn key(&self, kind: Kind, mode: Mode) -> (String, String) {
        let new = match kind {
            Kind::Publishable => {
                NewKey::publishable(mode, "Score box", Origins::These(&["https://paper.example"]))
            }
            Kind::Secret => NewKey::secret(mode, "Score box", Scopes::of(&[Scope::Feed, Scope::Read])),
        };
        let by = By::system("test", self.app.clock.now());
        let issued = self.app.store.run_tx("test.key", async |tx| {
            let organisation = organisation::create(tx, "Village CC", &by).await?;
            key::issue(tx, &organisation.id, &new, &by).await
        });
        let issued = issued.await.unwrap();
        self.app.keys.insert(&issued.record);
        (issued.key.reveal().to_owned(), issued.record.id)
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, fields: &Fields) -> Response {
        let request =
            self.client.post(format!("{}{path}", self.url)).header(COOKIE, cookie).header(ORIGIN, &self.url);
        request.body(encode(fields)).send().await.unwrap()
    }

    /// Tries to sign in.
    pub(crate) async fn try_key(&self, key: &str) -> Response {
        self.post("/console/scorer/sign-in", "", &fields(&[("key", key)])).await
    }

    /// Somebody who is signed in with a new key.
    pub(crate) async fn scorer(&self) -> Scorer<'_> {
        let (key, key_id) = self.key(Kind::Secret, Mode::Live).await;
        self.sign_in(key, key_id).await
    }

    pub(crate) async fn sign_in(&self, key: String, key_id: String) -> Scorer<'_> {
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

pub(crate) type Fields = Vec<(String, String)>;

pub(crate) fn fields(list: &[(&str, &str)]) -> Fields {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// As browsers encode a form; every byte may be escaped, so all but letters and digits are.
pub(crate) fn encode(fields: &Fields) -> String {
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
pub(crate) struct Scorer<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) cookie: String,
    pub(crate) key: String,
    pub(crate) key_id: String,
    pub(crate) page: String,
}

impl Scorer<'_> {
    pub(crate) async fn get(&self, path: &str) -> Response {
        let request =
            self.ground.client.get(format!("{}{path}", self.ground.url)).header(COOKIE, &self.cookie);
        request.send().await.unwrap()
    }

    /// Shows a page that must be there.
    pub(crate) async fn open(&mut self, path: &str) {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        self.page = response.text().await.unwrap();
    }

    /// Follows the redirect after a press, or shows what was answered instead.
    pub(crate) async fn follow(&mut self, response: Response) -> StatusCode {
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
    pub(crate) fn form(&self, act: &str, filled: &[(&str, &str)]) -> Fields {
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
    pub(crate) async fn press(&mut self, match_path: &str, act: &str, filled: &[(&str, &str)]) -> StatusCode {
        let response = self.ground.post(match_path, &self.cookie, &self.form(act, filled)).await;
        self.follow(response).await
    }

    /// A press of the pad.
    pub(crate) async fn ball(&mut self, match_path: &str, filled: &[(&str, &str)]) {
        assert_eq!(
            self.press(match_path, "ball", filled).await,
            StatusCode::SEE_OTHER,
            "{filled:?}: {}",
            self.page
        );
    }

    /// A new match, to the first ball: Ada faces Xan.
    pub(crate) async fn match_in_play(&mut self) -> String {
        let path = self.new_match().await;
        assert_eq!(
            self.press(&path, "toss", &[("winner", "home"), ("chose", "bat")]).await,
            StatusCode::SEE_OTHER
        );
        let openers = [("striker", "0"), ("non_striker", "1"), ("bowler", "4"), ("overs", "2")];
        assert_eq!(self.press(&path, "openers", &openers).await, StatusCode::SEE_OTHER);
        path
    }

    pub(crate) async fn new_match(&mut self) -> String {
        let form = self.match_form("Oaks").await;
        let response = self.ground.post("/console/scorer/matches", &self.cookie, &form).await;
        let path = location(&response).to_owned();
        assert_eq!(self.follow(response).await, StatusCode::SEE_OTHER);
        path
    }

    pub(crate) async fn match_form(&mut self, home: &str) -> Fields {
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
    pub(crate) async fn told(&self, match_path: &str) -> (String, u32) {
        let snapshot = self.snapshot(match_path).await;
        let innings = snapshot.state.innings.last().unwrap();
        (format!("{} ({})", innings.score_text(), innings.overs_text()), snapshot.rev)
    }

    /// The match as the API tells it.
    pub(crate) async fn snapshot(&self, match_path: &str) -> wire::Snapshot {
        let id = match_path.rsplit('/').next().unwrap();
        let url = format!("{}/v1/matches/{id}", self.ground.url);
        let response = self.ground.client.get(url).bearer_auth(&self.key).send().await.unwrap();
        wire::decode(&response.text().await.unwrap()).unwrap()
    }
}

pub(crate) fn location(response: &Response) -> &str {
    response.headers().get(LOCATION).map_or("", |it| it.to_str().unwrap())
}

pub(crate) fn attribute(tag: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    tag.split_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// The first hidden field of that name on a page.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let marker = format!(r#"<input type="hidden" name="{name}""#);
    attribute(page.split_once(&marker).unwrap().1, "value")
}
