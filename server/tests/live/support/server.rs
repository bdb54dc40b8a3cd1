//! A server in this process, over real HTTP.

use super::{Stream, announcement, within};
use access::place::World;
use jobs::rpc::{Caller, Registry};
use metrics_exporter_prometheus::PrometheusHandle;
use partners::{Kind, Mode, NewKey, Origins, Scope, Scopes, key, organisation};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use rewards::exchange::Exchange;
use serde_json::{Value, json};
use server::app::{App, Parts};
use server::config::Config;
use server::door::Door;
use server::feed::Feed;
use server::http::{Surface, service};
use server::metering::Metering;
use server::stream::{Bus, Census, Hub, Presence, Subscribers};
use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Redis, Store};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Where the publishable keys of the tests may be used.
pub(crate) const ORIGIN: &str = "https://paper.example";

/// A migrated database for one test.
pub(crate) async fn database() -> TestStore {
    TestStore::new(server::role::MIGRATIONS).await
}

/// A process of Crease, as far as it can be told from outside: its own feed, topics, keys and port.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) url: String,
    client: reqwest::Client,
    serving: JoinHandle<()>,
}

impl Server {
    /// Everything on one database.
    pub(crate) async fn start(database: &TestStore) -> Self {
        Self::with(database.url(), |_| {}).await
    }

    /// The same over the database at a URL, with another configuration.
    pub(crate) async fn with(database_url: String, change: impl FnOnce(&mut Config)) -> Self {
        Self::on_bus(database_url, None, change).await
    }

    /// The same as one of several processes on a Redis.
    pub(crate) async fn on_bus(
        database_url: String,
        redis: Option<Redis>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::from_parts(None, std::iter::empty()).unwrap();
        config.http.listen = (Ipv4Addr::LOCALHOST, 0).into();
        change(&mut config);
        let store = Store::connect(&database_url, 8).await.unwrap();
        let shutdown = CancellationToken::new();
        let bus = redis.map(|redis| Bus::new(redis, &config.redis));
        let hub = Hub::new(store.clone(), config.stream.clone(), bus.clone());
        let clock = Clock::system();
        let drain = Duration::from_secs(config.shutdown.drain_seconds);
        let keys = partners::KeyRing::default();
        keys.load(&store).await.unwrap();
        let presence = Presence::default();
        let every = Duration::from_secs(config.redis.presence_seconds);
        let census = Census::start(presence.clone(), bus.clone(), clock.clone(), every);
        let metering = Metering::new(&config, &clock).unwrap();
        metering.plans.load(&store).await.unwrap();
        let streams = (config.stream.clone(), presence.clone());
        let subscribers = Subscribers::start(streams.0, streams.1, drain, shutdown.clone()).unwrap();
        let door = Door::open(config.http.clone(), &config.stream).unwrap();
        let seal = store::Seal::random();
        let world = world(&config);
        let ledger = wallet::Ledger::start(&store, &clock, "test");
        let caller = Some(Caller::new(Registry::postgres(&store)));
        let folder = config.markets.enabled.then(|| config.data.dir.join("markets"));
        let exchange = Exchange::new((&store, &clock, &ledger), "test", folder, caller);
        let tills = server::tills::Tills::open(&config, &store, &clock, &ledger, &seal).unwrap();
        let reporter = server::tones::reports::Reporter::new(&store, &clock, &config.commentary).unwrap();
        let app = App::from(Parts {
            subscribers: subscribers.clone(),
            presence,
            census,
            feed: Feed::new(store.clone(), clock.clone(), hub.clone(), config.feed.clone()),
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
            keys,
            metering,
            bus,
            hub,
            metrics: metrics(),
            demo: None,
            tickets: partners::Tickets::new(&seal),
            identities: partners::Identities::new(seal.clone()),
            guests: partners::Guests::new(&seal),
            passkeys: None,
            human: None,
            oidc: access::Oidc::default(),
            seal,
            world,
            fences: access::place::Fences::default(),
            passwords: access::Passwords::cheap(),
            worker: None,
            shutdown,
        });
        let url = format!("http://{}", door.address().unwrap());
        let (service, stop) = (service(app.clone(), Surface::All).await, app.shutdown.clone());
        let serving =
            tokio::spawn(async move { door.serve(service, subscribers, stop, drain).await.unwrap() });
        Self { app, url, client: client(), serving }
    }

    /// Forgets open connections: the next request comes over a new one.
    pub(crate) fn reconnect(&mut self) {
        self.client = client();
    }

    /// Ends when it serves nobody any more, after a shutdown.
    pub(crate) async fn stopped(&mut self) {
        (&mut self.serving).await.unwrap();
    }

    /// Issues the keys of a new organisation.
    pub(crate) async fn partner(&self) -> Keys {
        let by = access::By::system("test", self.app.clock.now());
        let issued = self.app.store.run_tx("test.partner", async |tx| {
            let organisation = organisation::create(tx, "The Paper", &by).await?;
            let mut keys = Vec::new();
            for (kind, mode) in [
                (Kind::Secret, Mode::Live),
                (Kind::Publishable, Mode::Live),
                (Kind::Secret, Mode::Test),
                (Kind::Publishable, Mode::Test),
            ] {
                keys.push(key::issue(tx, &organisation.id, &new_key(kind, mode), &by).await?);
            }
            Ok::<_, partners::Error>(keys)
        });
        let issued = issued.await.unwrap();
        for one in &issued {
            self.app.keys.insert(&one.record);
        }
        let text = |at: usize| issued[at].key.reveal().to_owned();
        Keys {
            secret: text(0),
            publishable: text(1),
            test_secret: text(2),
            test_publishable: text(3),
            secret_id: issued[0].record.id.clone(),
            publishable_id: issued[1].record.id.clone(),
        }
    }

    /// A request with a key.
    pub(crate) fn request(&self, method: Method, path: &str, key: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(key)
    }

    /// A request without one.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str, key: &str) -> Response {
        self.request(Method::GET, path, key).send().await.unwrap()
    }

    /// The JSON at a path that must be there.
    pub(crate) async fn json(&self, path: &str, key: &str) -> Value {
        let response = self.get(path, key).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.request(Method::POST, path, key).json(body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Announces a match of the tests' two clubs and answers its id.
    pub(crate) async fn announce(&self, keys: &Keys, name: &str) -> String {
        let (status, answer) = self.post("/v1/feed/matches", &keys.secret, &announcement(name)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Sends commands, and answers what became of each: "accepted 3", "duplicate 1", "rejected code".
    pub(crate) async fn send(&self, keys: &Keys, match_id: &str, commands: &[Value]) -> Vec<String> {
        let (status, answer) = self.try_send(keys, match_id, commands).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answers(&answer)
    }

    pub(crate) async fn try_send(
        &self,
        keys: &Keys,
        match_id: &str,
        commands: &[Value],
    ) -> (StatusCode, Value) {
        let path = format!("/v1/feed/matches/{match_id}/commands");
        self.post(&path, &keys.secret, &json!({ "commands": commands })).await
    }

    /// The match's snapshot.
    pub(crate) async fn snapshot(&self, keys: &Keys, match_id: &str) -> wire::Snapshot {
        let response = self.get(&format!("/v1/matches/{match_id}"), &keys.secret).await;
        assert_eq!(response.status(), StatusCode::OK);
        wire::decode(&response.text().await.unwrap()).unwrap()
    }

    /// Waits until this process has so many open streams.
    pub(crate) async fn has_streams(&self, count: usize) {
        within("so many streams", async {
            while self.app.subscribers.count() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// A counter of this test process, all servers together; 0 when it was never counted.
    pub(crate) fn counted(&self, name: &str) -> f64 {
        let text = self.app.metrics.render();
        let value = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0.0, |it| it.parse().unwrap())
    }

    /// Opens a stream that must open.
    pub(crate) async fn stream(&self, keys: &Keys, match_id: &str, last: Option<&str>) -> Stream {
        let mut request =
            self.request(Method::GET, &format!("/v1/matches/{match_id}/stream"), &keys.publishable);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Stream::of(request.send().await.unwrap())
    }
}

/// The process is gone: it takes no further request, and its open connections break.
impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The texts of an organisation's keys.
pub(crate) struct Keys {
    pub(crate) secret: String,
    pub(crate) publishable: String,
    pub(crate) test_secret: String,
    pub(crate) test_publishable: String,
    pub(crate) secret_id: String,
    pub(crate) publishable_id: String,
}

/// "accepted 3", "duplicate 1", "rejected code".
pub(crate) fn answers(batch: &Value) -> Vec<String> {
    let word = |it: &Value| match &it["seq"] {
        Value::Null => format!("{} {}", it["status"].as_str().unwrap(), it["code"].as_str().unwrap()),
        seq => format!("{} {seq}", it["status"].as_str().unwrap()),
    };
    batch["answers"].as_array().unwrap().iter().map(word).collect()
}

pub(crate) fn client() -> reqwest::Client {
    client_builder().build().unwrap()
}

pub(crate) fn client_builder() -> reqwest::ClientBuilder {
    // Also for plain HTTP the client wants to know its cryptography; a second call finds the first one's.
    let _already = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// One that speaks HTTP/2 without being asked.
pub(crate) fn http2_client() -> reqwest::Client {
    client_builder().http2_prior_knowledge().build().unwrap()
}

/// The world as it comes, read once; or another one, with a table of addresses.
fn world(config: &Config) -> World {
    static OURS: LazyLock<World> = LazyLock::new(|| World::new(None).unwrap());
    match config.places.table() {
        None => OURS.clone(),
        table => World::new(table).unwrap(),
    }
}

/// One recorder a process.
fn metrics() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| server::telemetry::metrics().unwrap()).clone()
}

/// A key for the test's page, or for its feed.
pub(crate) const fn new_key(kind: Kind, mode: Mode) -> NewKey<'static> {
    match kind {
        Kind::Publishable => NewKey::publishable(mode, "Test", Origins::These(&[ORIGIN])),
        Kind::Secret => NewKey::secret(mode, "Test", Scopes::of(&[Scope::Feed, Scope::Read])),
    }
}
