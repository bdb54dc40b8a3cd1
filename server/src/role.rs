//! A running process: what each role starts, and how all of it stops.

use crate::app::{App, Parts};
use crate::config::Config;
use crate::demo::{self, Demo};
use crate::door::Door;
use crate::feed::{Feed, log, sandbox};
use crate::http::{self, Surface};
use crate::markets::Markets;
use crate::metering::{self, Metering};
use crate::stream::{Bus, Census, Hub, Presence, Subscribers};
use crate::telemetry::Telemetry;
use crate::tills::Tills;
use crate::{content, mail, markets, moments, questions, secrets, tones, work};
use access::human::SettingsError;
use access::place::{Fences, World};
use access::{BotVerifier, Oidc, Passkeys, Passwords};
use anyhow::Context;
use jobs::Health;
use jobs::rpc::{Caller, Registry};
use partners::webhook::Courier;
use partners::{Guests, Identities, KeyRing, Tickets};
use rewards::exchange::Exchange;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::postgres::{self, Embedded, Postgres, Source};
use store::{Clock, Migrations, Redis, Seal, Store};
use tokio_util::sync::CancellationToken;

/// Which part of Crease a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    All,
    Edge,
    Api,
    Worker,
    Ingest,
}

impl Role {
    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Role::All => "all",
            Role::Edge => "edge",
            Role::Api => "api",
            Role::Worker => "worker",
            Role::Ingest => "ingest",
        }
    }

    fn surface(self) -> Surface {
        match self {
            Role::All => Surface::All,
            Role::Edge => Surface::Edge,
            Role::Api => Surface::Api,
            Role::Worker => Surface::Worker,
            Role::Ingest => Surface::Ingest,
        }
    }

    fn does_jobs(self) -> bool {
        matches!(self, Role::All | Role::Worker)
    }

    /// Who brings the tables up to date, and plays the sandbox match.
    fn ingests(self) -> bool {
        matches!(self, Role::All | Role::Ingest)
    }
}

/// Whether a demo partner is seeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithDemo {
    Yes,
    No,
}

/// How coarse "last used" is of a key.
const KEY_USES_PAUSE: Duration = Duration::from_secs(60);

/// Every crate's tables, in the order in which they are made.
pub const MIGRATIONS: &[Migrations] = &[
    log::MIGRATIONS,
    secrets::MIGRATIONS,
    access::MIGRATIONS,
    partners::MIGRATIONS,
    http::scorer::session::MIGRATIONS,
    http::REQUEST_MIGRATIONS,
    moments::MIGRATIONS,
    wallet::MIGRATIONS,
    jobs::MIGRATIONS,
    rewards::MIGRATIONS,
    quizzes::MIGRATIONS,
    cms::MIGRATIONS,
    content::reach::MIGRATIONS,
    tones::demand::MIGRATIONS,
    commentary::MIGRATIONS,
    questions::entry::MIGRATIONS,
    questions::usual::MIGRATIONS,
];

/// Runs a role until it is told to stop by SIGINT or SIGTERM.
pub async fn run(
    mut config: Config,
    role: Role,
    with_demo: WithDemo,
    telemetry: &Telemetry,
) -> anyhow::Result<()> {
    let metrics = telemetry.metrics()?;
    let human = human(&config)?;
    let oidc = Oidc::new(&config.access.oidc)?;
    let world = world(&config).await?;
    let (database, store) = open_store(&config).await?;
    if role.ingests() {
        store.migrate(MIGRATIONS).await?;
    }
    let seal = secrets::seal(&config, &store).await?;
    let shutdown = CancellationToken::new();
    let redis = match config.redis.url.reveal() {
        // It need not be there yet: until it is, updates of others come from the log.
        Some(url) => Some(Redis::at(url)?),
        None => None,
    };
    let registry = match &redis {
        Some(redis) => Registry::postgres(&store).or_by_way_of(redis),
        None => Registry::postgres(&store),
    };
    let bus = redis.map(|redis| Bus::new(redis, &config.redis));
    let hub = Hub::new(store.clone(), config.stream.clone(), bus.clone());
    let clock = Clock::system();
    let feed = Feed::new(store.clone(), clock.clone(), hub.clone(), config.feed.clone());
    let keys = KeyRing::new(clock.clone());
    let keys_since = keys.load(&store).await?;
    keys.insert(&http::preview_key(&seal, &config.http.public_url).1);
    let metering = Metering::new(&config, &clock)?;
    let plans_since = metering.plans.load(&store).await?;
    let identities = Identities::new(seal.clone());
    let secrets_since = identities.load(&store).await?;
    let seeded = match with_demo {
        WithDemo::Yes => {
            let secret = match config.operations.secret.reveal() {
                Some(secret) => secret.to_owned(),
                None => store::ids::random_base62(32),
            };
            config.operations.secret = secret.clone().into();
            Some(Arc::new(Demo::seed(&store, &keys, &feed, &secret, &config.data.dir).await?))
        }
        WithDemo::No => None,
    };
    if matches!(role.surface(), Surface::All | Surface::Api) {
        tracing::info!(provider = config.human.said(), "human check");
    }
    let drain = Duration::from_secs(config.shutdown.drain_seconds);
    let door = Door::open(config.http.clone(), &config.stream)
        .with_context(|| format!("{} cannot be listened on", config.http.listen))?;
    let presence = Presence::default();
    let ledger = wallet::Ledger::start(&store, &clock, &work::name());
    let rewards = rewards::Rewards::new(&store, &clock, &ledger);
    let vouchers = rewards::Vouchers::new(&store, &clock, &ledger, &seal);
    let writes = role.does_jobs() && config.wallet.enabled && config.markets.enabled;
    let folder = writes.then(|| config.data.dir.join("markets"));
    let caller = Caller::new(registry.clone());
    let exchange = Exchange::new((&store, &clock, &ledger), &work::name(), folder, Some(caller));
    let (listen, advertise) = markets::addresses(&config)?;
    let tills = Tills::open(&config, &store, &clock, &ledger, &seal)?;
    let shelf = cms::media::Shelf::open(&config.content.place(&config.data.dir)?, &store)?;
    let media = cms::media::Media::new(store.clone(), shelf, clock.clone());
    let every = Duration::from_secs(config.redis.presence_seconds.max(1));
    let census = Census::start(presence.clone(), bus.clone(), clock.clone(), every);
    let subscribers = Subscribers::start(config.stream.clone(), presence.clone(), drain, shutdown.clone())?;
    let terms = work::Terms {
        concurrency: config.jobs.concurrency,
        grace: drain,
        health: Health::default(),
        seal: seal.clone(),
        public_url: config.http.public_url.clone(),
        mailer: mail::mailer(&config)?,
        decisions_kept_for: config.places.kept_for(),
        courier: courier(&config, &store, &seal, &clock),
        ledger: ledger.clone(),
        payments: (tills.clone(), config.payments.concurrency),
        rewards: rewards.clone(),
        vouchers: vouchers.clone(),
        quizzes: quizzes::Quizzes::new(&store, &clock),
        content: (cms::Cms::new(&store, &clock), media.clone()),
        commentary: tones::retell::Tell::new(
            &store,
            &clock,
            &tones::model::Settings::of(&config.commentary)?,
        ),
        markets: writes.then(|| work::Writes { exchange: exchange.clone(), registry, listen, advertise }),
    };
    let reporter = tones::reports::Reporter::new(&store, &clock, &config.commentary)?;
    let passkeys = passkeys(&config)?;
    let app = App::from(Parts {
        worker: (role == Role::Worker).then(|| terms.health.clone()),
        subscribers: subscribers.clone(),
        presence,
        census,
        config: Arc::new(config),
        store: store.clone(),
        ledger,
        rewards,
        vouchers,
        intake: quizzes::Intake::start(&store, &clock),
        tallies: quizzes::Live::new(&store, &clock),
        media,
        boards: content::Boards::default(),
        tones: tones::Tones::default(),
        reporter,
        tills,
        markets: Markets::new(exchange),
        wallets: crate::wallets::OpenWallets::default(),
        keys,
        tickets: Tickets::new(&seal),
        world,
        fences: Fences::default(),
        metering,
        clock,
        identities,
        guests: Guests::new(&seal),
        passkeys,
        human,
        oidc,
        seal: seal.clone(),
        passwords: Passwords::new(),
        feed: feed.clone(),
        hub,
        bus,
        metrics,
        demo: seeded,
        shutdown: shutdown.clone(),
    });
    if app.demo.is_some() && app.config.wallet.enabled {
        demo::rewards::seed(&app).await.context("the demo's rewards")?;
    }
    let playing = (role.ingests() && app.config.sandbox.enabled)
        .then(|| tokio::spawn(sandbox::play(feed, app.config.sandbox.clone(), shutdown.clone())));
    let working = role.does_jobs().then(|| {
        let (clock, is_all) = (app.clock.clone(), role == Role::All);
        tokio::spawn(work::work(store.clone(), clock, terms, is_all, shutdown.clone()))
    });
    let telling = role
        .does_jobs()
        .then(|| tokio::spawn(moments::follow(store.clone(), app.clock.clone(), shutdown.clone())));
    let taking_in =
        role.does_jobs().then(|| tokio::spawn(questions::entry::follow(store.clone(), app.clock.clone())));
    let asking_usual = role.does_jobs().then(|| {
        let (store, clock, usual) = (store.clone(), app.clock.clone(), app.config.quizzes.usual);
        tokio::spawn(questions::usual::follow(store, clock, usual, shutdown.clone()))
    });
    let noting =
        tokio::spawn(note_key_uses(app.keys.clone(), store.clone(), app.clock.clone(), shutdown.clone()));
    let following = tokio::spawn(follow_keys(app.clone(), keys_since));
    let (looked_at, database_of) = (app.wallets.clone(), app.store.clone());
    let telling_wallets = tokio::spawn(async move { looked_at.follow(&database_of).await });
    let following_secrets = tokio::spawn(follow_secrets(app.clone(), secrets_since));
    let expiring = tokio::spawn(end_expired(app.clone()));
    let planning = tokio::spawn(follow_plans(app.clone(), plans_since));
    let content_since = app.store.read("cms.news", async |db| cms::news::last(db).await).await?;
    let publishing = (!matches!(role.surface(), Surface::Ingest | Surface::Worker))
        .then(|| tokio::spawn(content::follow(app.clone(), content_since)));
    let retelling = (!matches!(role.surface(), Surface::Ingest | Surface::Worker))
        .then(|| tokio::spawn(tones::follow(app.clone())));
    let questions_since = app.store.read("quizzes.news", async |db| quizzes::news::last(db).await).await?;
    let asking = (!matches!(role.surface(), Surface::Ingest | Surface::Worker))
        .then(|| tokio::spawn(questions::follow(app.clone(), questions_since)));
    let locating = tokio::spawn(follow_table(app.clone()));
    let counting = tokio::spawn(metering::count(app.clone()));
    tokio::spawn(watch_signals(shutdown.clone()));
    tracing::info!(address = %door.address()?, "listening");
    let counted = app.clone();
    let service = http::service(app, role.surface()).await;
    door.serve(service, subscribers, shutdown, drain).await.context("serving")?;
    if let Some(playing) = playing {
        // It stands at a pause or in a commit; what it was about to do is drawn again at the next start.
        playing.abort();
    }
    if let Some(telling) = telling
        && let Err(failed) = telling.await
    {
        tracing::error!(%failed, "partners' servers were no longer told what happens");
    }
    following.abort();
    following_secrets.abort();
    telling_wallets.abort();
    for it in publishing.into_iter().chain(retelling).chain(asking).chain(taking_in).chain(asking_usual) {
        it.abort();
    }
    locating.abort();
    expiring.abort();
    planning.abort();
    if let Err(failed) = counting.await {
        tracing::error!(%failed, "what partners use was no longer written down");
    }
    metering::count_last(&counted).await;
    if let Err(failed) = noting.await {
        tracing::error!(%failed, "the uses of keys were no longer written down");
    }
    let worked = match working {
        Some(working) => working.await.context("the workers' supervisor").and_then(|it| it),
        None => Ok(()),
    };
    store.close();
    database.stop().await;
    tracing::info!("stopped");
    worked
}

/// How late, at most, the streams of a key end that has expired.
const KEY_EXPIRY_PAUSE: Duration = Duration::from_millis(500);

/// Closes the streams of keys whose time is over; new ones are refused without this.
async fn end_expired(app: App) {
    let mut since = app.clock.now();
    loop {
        tokio::time::sleep(KEY_EXPIRY_PAUSE).await;
        let now = app.clock.now();
        for key_id in app.keys.expired_between(since, now) {
            app.subscribers.revoke(&key_id);
        }
        since = now;
    }
}

/// Learns of keys that are issued, rotated or revoked anywhere, and closes the streams of those that are over.
async fn follow_keys(app: App, since: i64) {
    let changed = |record: &partners::Record| {
        if record.revoked_at.is_some() {
            app.revoke_key(&record.id);
        } else if record.is_over(app.clock.now()) {
            // It ended before this process heard of it.
            app.subscribers.revoke(&record.id);
        }
    };
    app.keys.follow(&app.store, since, changed).await;
}

/// Learns of limits that are changed anywhere.
async fn follow_plans(app: App, since: i64) {
    app.metering.plans.follow(&app.store, since).await;
}

/// Learns of signing secrets that are made, rotated or revoked anywhere.
async fn follow_secrets(app: App, since: i64) {
    app.identities.follow(&app.store, since, |_| {}).await;
}

/// Passkeys of the console's own address: the configured one, or this machine.
fn passkeys(config: &Config) -> anyhow::Result<Option<Passkeys>> {
    let own = format!("http://localhost:{}", config.http.listen.port());
    let origin = if config.http.public_url.is_empty() { &own } else { &config.http.public_url };
    Passkeys::new(origin).context("http.public_url")
}

/// Who tells people from programs: the configured provider, if there is one.
pub fn human(config: &Config) -> Result<Option<BotVerifier>, SettingsError> {
    config.human.settings(&config.http).map(BotVerifier::new).transpose()
}

/// Where countries and addresses are, by the table that the configuration names.
pub async fn world(config: &Config) -> anyhow::Result<World> {
    let table = config.places.table().map(Path::to_owned);
    let reading = tokio::task::spawn_blocking(move || World::new(table.as_deref()));
    reading.await?.context("places.table")
}

/// Reads the table of addresses again whenever its file is another. One that cannot be read is said, and the one before goes on.
async fn follow_table(app: App) {
    if app.config.places.table().is_none() {
        return;
    }
    let pause = Duration::from_secs(u64::from(app.config.places.look_seconds.get()));
    let mut failed = String::new();
    loop {
        tokio::time::sleep(pause).await;
        let world = app.world.clone();
        match tokio::task::spawn_blocking(move || world.reload()).await {
            Ok(Ok(false)) => failed.clear(),
            Ok(Ok(true)) => {
                tracing::info!(table = app.world.said(), "addresses are looked up in another table");
            }
            Ok(Err(error)) => {
                // Once, however often it is looked at.
                let text = error.to_string();
                if text != failed {
                    tracing::error!(%error, "the table of addresses cannot be read: the one before goes on");
                    failed = text;
                }
            }
            Err(failed) => tracing::error!(%failed, "the table of addresses was not looked at"),
        }
    }
}

/// Who delivers webhooks' messages.
fn courier(config: &Config, store: &Store, seal: &Seal, clock: &Clock) -> Option<(Courier, usize)> {
    match Courier::new(store.clone(), seal.clone(), clock.clone(), config.webhooks.reach()) {
        Ok(courier) => Some((courier, config.webhooks.concurrency)),
        Err(error) => {
            tracing::error!(%error, "webhooks' messages wait: this process delivers none");
            None
        }
    }
}

/// Writes down which keys were used, beside every request's path: once a minute, and at the end.
async fn note_key_uses(keys: KeyRing, store: Store, clock: Clock, shutdown: CancellationToken) {
    loop {
        let is_last = tokio::select! {
            () = tokio::time::sleep(KEY_USES_PAUSE) => false,
            () = shutdown.cancelled() => true,
        };
        if let Err(error) = keys.save_uses(&store, clock.now()).await {
            tracing::warn!(%error, "the uses of keys could not be written down; they are with the next");
        }
        if is_last {
            return;
        }
    }
}

/// Brings the tables up to date.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let (database, store) = open_store(config).await?;
    let applied = store.migrate(MIGRATIONS).await?;
    tracing::info!(
        applied = applied.applied.join(", "),
        present = applied.present,
        "the tables are up to date"
    );
    store.close();
    database.stop().await;
    Ok(())
}

/// Where the configuration says that a PostgreSQL comes from.
pub fn database_source(config: &Config) -> Source {
    match config.database.url.reveal() {
        Some(url) => Source::Url(url.to_owned()),
        None => Source::from_env(),
    }
}

pub(crate) async fn open_store(config: &Config) -> anyhow::Result<(Postgres, Store)> {
    let embedded = if config.database.production { Embedded::Refused } else { Embedded::Allowed };
    tokio::fs::create_dir_all(&config.data.dir)
        .await
        .with_context(|| format!("the data folder {}", config.data.dir.display()))?;
    let database = postgres::open(&config.data.dir, database_source(config), embedded).await?;
    tracing::info!(origin = %database.origin(), "PostgreSQL");
    let store = Store::connect(database.url(), config.database.connections_max).await?;
    Ok((database, store))
}

/// Fires `shutdown` at the first SIGINT or SIGTERM; a second one ends the process at once.
async fn watch_signals(shutdown: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be watched; the process stops only by force");
        return;
    };
    for is_first in [true, false] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !is_first {
            std::process::exit(130);
        }
        tracing::info!("stopping; once more to stop at once");
        shutdown.cancel();
    }
}
