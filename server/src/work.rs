//! What this product does as jobs, and the supervisor of the workers that do them.

use crate::http::scorer::session;
use crate::mail::{self, SendLetter};
use crate::notices;
use crate::tills::Tills;
use access::Mailer;
use access::place::decision;
use cms::Cms;
use cms::media::Media;
use jiff::SignedDuration;
use jobs::rpc::{Registry, Server};
use jobs::{Attempt, Backoff, Child, Cron, Health, Job, NotDone, Restart, Strategy, Supervisor, Worker};
use partners::usage;
use partners::webhook::{self, Courier};
use quizzes::Quizzes;
use rewards::exchange::Exchange;
use rewards::{Rewards, Vouchers};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;
use store::{Clock, Seal, Store};
use tokio_util::sync::CancellationToken;
use wallet::Ledger;

/// Schedules that are carried out at once: each waits for the locks of what it publishes.
const PUBLISHES_MAX: usize = 8;
/// Beyond so many restarts within a minute somebody has to look.
const RESTARTS_MAX: usize = 5;
/// What supervises the workers begins again after this pause, where the process has other things to do.
const PAUSE: Duration = Duration::from_secs(10);

/// Forgets scorers' sessions that are over.
#[derive(Debug, Deserialize, Serialize)]
struct ForgetSessions {}

impl Job for ForgetSessions {
    const KIND: &'static str = "scorer.forget_sessions";
}

/// How this process works.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) concurrency: usize,
    /// How long running jobs may go on when the process is to stop.
    pub(crate) grace: Duration,
    pub(crate) health: Health,
    pub(crate) seal: Seal,
    /// Where letters' links lead, if that is known.
    pub(crate) public_url: String,
    pub(crate) mailer: Mailer,
    /// Who delivers webhooks' messages, and how many at once; none where this machine trusts no certificates.
    pub(crate) courier: Option<(Courier, usize)>,
    /// How long what fences have said is kept.
    pub(crate) decisions_kept_for: SignedDuration,
    pub(crate) ledger: Ledger,
    /// What triggers earn.
    pub(crate) rewards: Rewards,
    pub(crate) vouchers: Vouchers,
    /// Questions that open, lock and are settled.
    pub(crate) quizzes: Quizzes,
    /// What editors have scheduled, and their pictures.
    pub(crate) content: (Cms, Media),
    /// Payments, and how many a worker of theirs sees to at once.
    pub(crate) payments: (Tills, usize),
    /// Markets that are written here; none where others write them.
    pub(crate) markets: Option<Writes>,
}

/// How this process writes markets, and is called for those that it writes.
#[derive(Clone)]
pub(crate) struct Writes {
    pub(crate) exchange: Exchange,
    pub(crate) registry: Registry,
    pub(crate) listen: SocketAddr,
    pub(crate) advertise: Option<SocketAddr>,
}

impl Writes {
    async fn answer(self, stop: CancellationToken) -> Result<(), jobs::Error> {
        let server = Server::new(self.listen);
        let server = match self.advertise {
            Some(address) => server.advertise(address),
            None => server,
        };
        self.exchange.on(server).run(self.registry, stop).await
    }
}

/// Forgets sessions, links, invitations and counts of attempts that are over.
#[derive(Debug, Deserialize, Serialize)]
struct ForgetOver {}

impl Job for ForgetOver {
    const KIND: &'static str = "access.forget_over";
}

/// Forgets usage that is over; minutes of the day before need it oftenest.
#[derive(Debug, Deserialize, Serialize)]
struct ForgetUsage {}

impl Job for ForgetUsage {
    const KIND: &'static str = "partners.forget_usage";
}

/// Forgets webhooks' messages that are over.
#[derive(Debug, Deserialize, Serialize)]
struct ForgetMessages {}

impl Job for ForgetMessages {
    const KIND: &'static str = "partners.forget_messages";
}

/// Forgets what fences have said and is over.
#[derive(Debug, Deserialize, Serialize)]
struct ForgetDecisions {}

impl Job for ForgetDecisions {
    const KIND: &'static str = "access.forget_decisions";
}

/// Drops what is held in wallets and whose time is over.
#[derive(Debug, Deserialize, Serialize)]
struct LapseHolds {}

impl Job for LapseHolds {
    const KIND: &'static str = "wallet.lapse_holds";
}

/// Tells organisations of keys that end soon.
#[derive(Debug, Deserialize, Serialize)]
struct LookAtKeys {}

impl Job for LookAtKeys {
    const KIND: &'static str = "partners.look_at_keys";
}

fn worker(store: &Store, clock: &Clock, terms: &Terms) -> Worker {
    let hourly = Cron::new("scorer-sessions", "17 * * * *", "UTC").expect("a schedule that is one");
    let nightly = Cron::new("access-over", "23 3 * * *", "UTC").expect("a schedule that is one");
    let (own, clock) = (store.clone(), clock.clone());
    let (forgets, at) = (store.clone(), clock.clone());
    let usage = Cron::new("partners-usage", "37 * * * *", "UTC").expect("a schedule that is one");
    let keys = Cron::new("partners-keys", "47 * * * *", "UTC").expect("a schedule that is one");
    let messages = Cron::new("partners-messages", "27 * * * *", "UTC").expect("a schedule that is one");
    let decisions = Cron::new("access-decisions", "57 * * * *", "UTC").expect("a schedule that is one");
    let (judged, judged_at, kept_for) = (forgets.clone(), at.clone(), terms.decisions_kept_for);
    let (uses, keys_at) = (forgets.clone(), at.clone());
    let (told, told_at) = (forgets.clone(), at.clone());
    let (usage_at, tells) = (at.clone(), (forgets.clone(), terms.seal.clone(), terms.public_url.clone()));
    let holds = Cron::new("wallet-holds", "* * * * *", "UTC").expect("a schedule that is one");
    let (ledger, ledger_at) = (terms.ledger.clone(), at.clone());
    let (seal, mailer) = (terms.seal.clone(), terms.mailer.clone());
    Worker::new(store.clone(), &name())
        .concurrency(terms.concurrency)
        .grace(terms.grace)
        .health(&terms.health)
        .handle(move |_: ForgetSessions, attempt: Attempt| {
            let (store, clock) = (own.clone(), clock.clone());
            async move {
                let done = store.run_tx("jobs.forget_sessions", async |tx| {
                    session::forget_over(tx, clock.now_ms()).await?;
                    attempt.complete_in(tx).await
                });
                done.await.map_err(|error: jobs::Error| NotDone::Retry(error.to_string()))
            }
        })
        .repeat(hourly, &ForgetSessions {})
        .handle(move |_: ForgetOver, attempt: Attempt| {
            let (store, now) = (forgets.clone(), at.now());
            async move {
                let done = store.run_tx("jobs.forget_over", async |tx| {
                    access::forget_over(tx, now).await?;
                    wallet::payment::forget_bodies(tx, now).await?;
                    partners::invite::forget_over(tx, now).await?;
                    crate::http::forget_requests(tx, now).await?;
                    Ok::<_, anyhow::Error>(attempt.complete_in(tx).await?)
                });
                done.await.map_err(|error| NotDone::Retry(error.to_string()))
            }
        })
        .repeat(nightly, &ForgetOver {})
        .handle(move |_: ForgetUsage, attempt: Attempt| {
            let (store, now) = (uses.clone(), usage_at.now());
            async move { forget(&store, Over::Usage, now, &attempt).await }
        })
        .repeat(usage, &ForgetUsage {})
        .handle(move |_: ForgetMessages, attempt: Attempt| {
            let (store, now) = (told.clone(), told_at.now());
            async move { forget(&store, Over::Messages, now, &attempt).await }
        })
        .repeat(messages, &ForgetMessages {})
        .handle(move |_: ForgetDecisions, attempt: Attempt| {
            let (store, now) = (judged.clone(), judged_at.now());
            async move { forget(&store, Over::Decisions(kept_for), now, &attempt).await }
        })
        .repeat(decisions, &ForgetDecisions {})
        .handle(move |_: LookAtKeys, _: Attempt| {
            let ((store, seal, public_url), now) = (tells.clone(), keys_at.now());
            async move {
                let told = notices::keys_expiring(&store, &seal, &public_url, now).await;
                told.map_err(|error| NotDone::Retry(error.to_string()))
            }
        })
        .repeat(keys, &LookAtKeys {})
        .handle(move |_: LapseHolds, _: Attempt| {
            let (ledger, now) = (ledger.clone(), ledger_at.now());
            async move {
                let lapsed = wallet::lapse_due(&ledger, now).await;
                lapsed.map(drop).map_err(|error| NotDone::Retry(error.to_string()))
            }
        })
        .repeat(holds, &LapseHolds {})
        .handle(move |job: SendLetter, attempt: Attempt| {
            let (seal, mailer) = (seal.clone(), mailer.clone());
            async move { mail::send(job, &attempt, &seal, &mailer).await }
        })
}

/// What there may be more of than one transaction should forget.
#[derive(Clone, Copy, Debug)]
enum Over {
    Usage,
    Messages,
    /// Of fences.
    Decisions(SignedDuration),
}

/// As many rounds as it takes; each is a transaction of its own, and the job is done with the last.
async fn forget(store: &Store, over: Over, now: jiff::Timestamp, attempt: &Attempt) -> Result<(), NotDone> {
    loop {
        let forgotten = store.run_tx("jobs.forget", async |tx| {
            let (most, max) = match over {
                Over::Usage => (usage::forget_over(tx, now).await?, usage::FORGET_MAX),
                Over::Messages => (webhook::forget_over(tx, now).await?, webhook::FORGET_MAX),
                Over::Decisions(kept_for) => {
                    (decision::forget_over(tx, kept_for, now).await?, decision::FORGET_MAX)
                }
            };
            let is_last = most < max.unsigned_abs();
            if is_last {
                attempt.complete_in(tx).await?;
            }
            Ok::<_, anyhow::Error>(is_last)
        });
        match forgotten.await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => return Err(NotDone::Retry(error.to_string())),
        }
    }
}

/// What operators know this process by: the pod's or container's name, and its number.
pub(crate) fn name() -> String {
    let host = rustix::system::uname();
    format!("{}:{}", host.nodename().to_string_lossy(), std::process::id())
}

/// Works until `stop`. A process that does nothing else ends where its workers cannot be kept running; another one goes on, for nobody's
/// score waits for a job, and tries again.
pub(crate) async fn work(
    store: Store,
    clock: Clock,
    terms: Terms,
    is_all: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let (delivers, delivering) = (store.clone(), terms.courier.clone());
        let (pays, paying) = (store.clone(), terms.payments.clone());
        let (judges, rewarding) =
            (store.clone(), (terms.rewards.clone(), terms.vouchers.clone(), terms.concurrency));
        let writing = terms.markets.clone();
        let (asks, settling) = (store.clone(), (terms.quizzes.clone(), terms.concurrency));
        let (publishes, (content, media)) = (store.clone(), terms.content.clone());
        let (store, clock, terms) = (store.clone(), clock.clone(), terms.clone());
        let grace = terms.grace + Duration::from_secs(2);
        let default = Child::new("default", Restart::Permanent, move |stop| {
            worker(&store, &clock, &terms).run(stop.cancelled_owned())
        });
        let mut root = Supervisor::new("jobs", Strategy::OneForOne)
            .intensity(RESTARTS_MAX, Duration::from_secs(60))
            .pause(Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(5) })
            .child(default.grace(grace));
        if let Some((courier, concurrency)) = delivering {
            let webhooks = Child::new("webhooks", Restart::Permanent, move |stop| {
                let worker =
                    Worker::new(delivers.clone(), &name()).queue(webhook::QUEUE).concurrency(concurrency);
                courier.clone().on(worker.grace(grace)).run(stop.cancelled_owned())
            });
            root = root.child(webhooks.grace(grace));
        }
        let judging = Child::new("rewards", Restart::Permanent, move |stop| {
            let worker = Worker::new(judges.clone(), &name()).queue(rewards::QUEUE).concurrency(rewarding.2);
            rewarding.1.on(rewarding.0.on(worker.grace(grace))).run(stop.cancelled_owned())
        });
        root = root.child(judging.grace(grace));
        let asking = Child::new("quizzes", Restart::Permanent, move |stop| {
            let worker = Worker::new(asks.clone(), &name()).queue(quizzes::QUEUE).concurrency(settling.1);
            settling.0.on(worker.grace(grace)).run(stop.cancelled_owned())
        });
        root = root.child(asking.grace(grace));
        let publishing = Child::new("content", Restart::Permanent, move |stop| {
            let worker = Worker::new(publishes.clone(), &name()).queue(cms::QUEUE).concurrency(PUBLISHES_MAX);
            media.on(content.on(worker.grace(grace))).run(stop.cancelled_owned())
        });
        root = root.child(publishing.grace(grace));
        if let Some(writes) = writing {
            let exchange = writes.exchange.clone();
            let markets = Child::new("markets", Restart::Permanent, move |stop| exchange.clone().run(stop));
            let calls =
                Child::new("market calls", Restart::Permanent, move |stop| writes.clone().answer(stop));
            root = root.child(markets.grace(grace)).child(calls.grace(grace));
        }
        let (tills, concurrency) = paying;
        for payments in tills.both() {
            let (store, payments) = (pays.clone(), payments.clone());
            let child = Child::new(payments.queue(), Restart::Permanent, move |stop| {
                let worker = Worker::new(store.clone(), &name()).queue(payments.queue());
                let worker = worker.concurrency(concurrency).grace(grace);
                let worker = payments.on(worker).expect("its schedules are ones");
                worker.run(stop.cancelled_owned())
            });
            root = root.child(child.grace(grace));
        }
        match root.run(stop.clone()).await {
            Ok(()) => return Ok(()),
            Err(escalated) if is_all => {
                tracing::error!(%escalated, "no jobs are done");
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
            Err(escalated) => {
                stop.cancel();
                return Err(escalated.into());
            }
        }
    }
}
