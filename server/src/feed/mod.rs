//! Ingestion: a feed's commands become a match's append-only log, each accepted once, and from there updates.
//!
//! Read [`Feed::submit`] first. One [`writer::Writer`] a match holds the folded log; it appends in one transaction under the next
//! `seq`, and only then publishes. What is not committed was never seen by a fan.

pub mod archive;
pub mod command;
pub mod list;
pub mod log;
mod names;
pub mod replay;
pub mod sandbox;
pub mod score;
mod simulator;
pub mod summary;
mod work;
mod writer;

pub use command::FeedCommand;
pub use names::Unresolved;

use crate::config;
use crate::stream::Hub;
use cricket::{Log, Match, Phase, Setup};
use jobs::trace::TRACES;
use log::{LogError, MatchRow};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Clock, Store};
use summary::Summary;
use tracing::Instrument;
use work::{aside, to_its_end};
use writer::{Batch, Writer};

/// The longest name of a source, a command and a match a feed may use, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// A feed's command with the names that make it idempotent.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The feed's id of this command, unique within its source and match.
    pub id: String,
    /// A higher version of the same id is a correction; the same or a lower one is a duplicate.
    pub version: u32,
    /// The feed's running number of the command in the match, when it has one: a command that arrives late is put in its place.
    pub order: Option<u64>,
    pub action: Action,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Append the command, or put it in the place of an earlier version.
    Named(FeedCommand),
    /// The same in ids of the match.
    Exact(cricket::Command),
    /// Take the command of this id out of the match.
    Remove,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the log, durably, as update `seq`.
    Accepted { seq: u64 },
    /// It was accepted before.
    Duplicate { seq: u64 },
    /// It cannot be; nothing changed. `code` is stable, `why` is for people.
    Rejected { code: &'static str, why: String },
}

impl Answer {
    /// Its word, for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Answer::Accepted { .. } => "accepted",
            Answer::Duplicate { .. } => "duplicate",
            Answer::Rejected { .. } => "rejected",
        }
    }

    /// Counts it as given.
    pub fn count(&self) {
        metrics::counter!("feed_commands_total", "answer" => self.word()).increment(1);
    }
}

/// The answers to a batch, in its order, and the match's place after it.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub epoch: u64,
    pub seq: u64,
    pub rev: u32,
    pub answers: Vec<Answer>,
}

/// What a feed says to create a match.
#[derive(Clone, Debug)]
pub struct NewMatch {
    pub organisation_id: String,
    pub source: String,
    /// The feed's own id of the match; creating it again gives the same match.
    pub source_match_id: String,
    pub setup: Setup,
    pub starts_at_ms: Option<i64>,
    pub sandbox: bool,
    /// A recorded match, which may hold what no live feed may send: see [`Answer::Rejected`] `as-recorded`.
    pub archive: bool,
}

/// A match was created, or was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    New { id: String },
    Existing { id: String },
}

impl Created {
    /// The match's id.
    pub fn id(&self) -> &str {
        match self {
            Created::New { id } | Created::Existing { id } => id,
        }
    }
}

/// Why a whole request of a feed failed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("there is no match {id}")]
    UnknownMatch { id: String },
    #[error("this match was created with another set-up under the same name")]
    SetupDiffers { id: String },
    #[error("the set-up cannot be played: {reason}")]
    Setup { reason: String },
}

impl From<store::Error> for FeedError {
    fn from(error: store::Error) -> Self {
        FeedError::Log(LogError::Store(error))
    }
}

/// The writers of this process.
#[derive(Clone)]
pub struct Feed {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    hub: Hub,
    limits: config::Feed,
    /// One slot a match; the async lock makes each match's commands take turns.
    writers: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Writer>>>;

impl Feed {
    /// A feed that appends to `store` and publishes to `hub`.
    pub fn new(store: Store, clock: Clock, hub: Hub, limits: config::Feed) -> Self {
        Self { inner: Arc::new(Inner { store, clock, hub, limits, writers: Mutex::default() }) }
    }

    /// Creates a match, once for each (organisation, source, source_match_id).
    pub async fn create_match(&self, new: NewMatch) -> Result<Created, FeedError> {
        let game =
            Match::new(new.setup.clone()).map_err(|error| FeedError::Setup { reason: error.to_string() })?;
        let now = self.now_ms();
        let row = MatchRow {
            id: store::ids::new("mat"),
            organisation_id: new.organisation_id.clone(),
            sandbox: new.sandbox,
            archive: new.archive,
            epoch: now,
            seq: 0,
            rev: 0,
            phase: Phase::Upcoming,
            summary: Summary::of(&game),
            setup: new.setup,
            starts_at_ms: new.starts_at_ms,
            changed_at_ms: now,
        };
        let found = self
            .inner
            .store
            .run_tx("feed.create_match", async |tx| {
                log::insert_match(tx, &row, &new.source, &new.source_match_id).await?;
                log::find_match(tx, &new.organisation_id, &new.source, &new.source_match_id).await
            })
            .await?;
        match found {
            Some(found) if found.id == row.id => Ok(Created::New { id: found.id }),
            Some(found) if found.setup == row.setup && found.archive == row.archive => {
                Ok(Created::Existing { id: found.id })
            }
            Some(found) => Err(FeedError::SetupDiffers { id: found.id }),
            None => Err(FeedError::UnknownMatch { id: row.id }),
        }
    }

    /// Applies a batch in its order. Every command is answered on its own: a rejected one changes nothing and the others stand. When
    /// this returns, what was accepted is on disk and on its way to the fans. A caller that goes away before has sent it all the
    /// same: between the commit and the publication nothing can break off but the process.
    pub async fn submit(
        &self,
        match_id: &str,
        source: &str,
        envelopes: &[Envelope],
    ) -> Result<Submitted, FeedError> {
        let (feed, match_id) = (self.clone(), match_id.to_owned());
        let (source, envelopes): (Arc<str>, Arc<[Envelope]>) = (source.into(), envelopes.into());
        let commands = envelopes.len() as i64;
        let span = tracing::info_span!(target: TRACES, "feed.submit", crease.match_id = match_id, commands);
        let submit = async move { feed.submit_in_turn(&match_id, source, envelopes).await };
        to_its_end(submit.instrument(span)).await
    }

    async fn submit_in_turn(
        &self,
        match_id: &str,
        source: Arc<str>,
        envelopes: Arc<[Envelope]>,
    ) -> Result<Submitted, FeedError> {
        let Inner { store, hub, limits, .. } = &*self.inner;
        let slot = self.slot(match_id);
        let mut guard = slot.lock().await;
        let batch = Batch { now_ms: self.now_ms(), source, envelopes };
        let writer = match guard.take() {
            Some(writer) => writer,
            None => self.load(match_id).await?,
        };
        let append = tracing::info_span!(target: TRACES, "feed.append");
        let (writer, judged) = match writer.submit(store, &batch).instrument(append).await {
            // Another process wrote this match, or we may have without knowing: judge the batch again by what is stored.
            Err(FeedError::Log(
                LogError::Overtaken { .. } | LogError::Store(store::Error::CommitUnknown { .. }),
            )) => {
                let done = Writer::submit_locked(store, match_id, limits.match_commands_max, &batch).await?;
                if done.1.published.is_empty() {
                    hub.catch_up(match_id, done.0.position()).await;
                }
                done
            }
            done => done?,
        };
        *guard = Some(writer);
        for update in judged.published {
            hub.publish(match_id, update).await;
        }
        Ok(judged.submitted)
    }

    /// Gives a sandbox match a new history under the same id, if the one of `epoch` is still going on.
    pub(crate) async fn start_over(
        &self,
        match_id: &str,
        epoch: u64,
        setup: &Setup,
    ) -> Result<(), FeedError> {
        let (feed, match_id, setup) = (self.clone(), match_id.to_owned(), setup.clone());
        to_its_end(async move {
            let slot = feed.slot(&match_id);
            let mut guard = slot.lock().await;
            *guard = None;
            // The clock may have been set back, and epochs grow.
            let next = feed.now_ms().max(epoch + 1);
            let (store, id, setup) = (&feed.inner.store, match_id.as_str(), &setup);
            store
                .run_tx("feed.start_over", async |tx| log::start_over(tx, id, (epoch, next), setup).await)
                .await?;
            feed.inner.hub.start_over(&match_id).await;
            Ok(())
        })
        .await
    }

    /// Looks at a match's folded log, as its writer holds it.
    pub async fn with_log<T>(
        &self,
        match_id: &str,
        look: impl FnOnce(&MatchRow, &Log) -> T,
    ) -> Result<T, FeedError> {
        let slot = self.slot(match_id);
        let mut guard = slot.lock().await;
        let writer = match guard.take() {
            Some(writer) => writer,
            None => match self.load(match_id).await {
                Ok(writer) => writer,
                Err(error) => {
                    drop(guard);
                    self.let_go(match_id, &slot);
                    return Err(error);
                }
            },
        };
        let value = look(writer.row(), writer.log());
        *guard = Some(writer);
        Ok(value)
    }

    async fn load(&self, match_id: &str) -> Result<Writer, FeedError> {
        let commands_max = self.inner.limits.match_commands_max;
        let stored =
            self.inner.store.read("feed.load", async |client| log::load(client, match_id).await).await?;
        let stored = stored.ok_or_else(|| FeedError::UnknownMatch { id: match_id.to_owned() })?;
        let writer = aside(move || Writer::of(stored, commands_max)).await?;
        // What another process wrote, or a commit whose outcome was not known, may be news to this process's readers.
        self.inner.hub.catch_up(match_id, writer.position()).await;
        Ok(writer)
    }

    /// Forgets the slot of a match that could not be read, unless others use it: names of matches that do not exist must not fill
    /// the table.
    fn let_go(&self, match_id: &str, slot: &Slot) {
        let mut writers = self.inner.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ours = writers.get(match_id).is_some_and(|it| Arc::ptr_eq(it, slot));
        if is_ours && Arc::strong_count(slot) == 2 {
            writers.remove(match_id);
        }
    }

    fn slot(&self, match_id: &str) -> Slot {
        let mut writers = self.inner.writers.lock().unwrap_or_else(PoisonError::into_inner);
        // Writers that nobody uses are let go once there are many; they are read again when needed.
        if writers.len() >= WRITERS_MAX {
            writers.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        writers.entry(match_id.to_owned()).or_default().clone()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.inner.clock.now_ms()).unwrap_or(0)
    }
}

/// Writers held in memory before idle ones are let go.
const WRITERS_MAX: usize = 256;
