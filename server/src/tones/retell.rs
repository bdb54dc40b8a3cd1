//! The jobs that have the balls of matches told.

use super::demand;
use crate::feed::log::{self, LogError, MatchRow};
use commentary::line::{self, Line};
use commentary::{Error, Facts, Preset, Retell, RetellBall, ToTell, phrases};
use cricket::{Change, Command, Log, Match, Op};
use jobs::{Attempt, Job, NotDone, Unique, Until, Wish, Worker};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use store::{Clock, Store, Transaction};
use tokio_util::sync::CancellationToken;

/// How long accounts and cached lines are kept.
const KEPT: Duration = Duration::from_secs(60 * 60 * 24 * 90);
/// How often is looked whether a ball is late.
const LATE_EVERY: Duration = Duration::from_millis(500);
/// Longer than any call to a model takes.
const LATE_MAX: Duration = Duration::from_secs(40);
/// A line that comes after this many later balls is late.
const LATER_BALLS_MAX: usize = 2;

/// Has the balls of a match told that have no line, or one that is no longer true, in the tones that are in demand: by what we ship, for
/// they are over.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TellSoFar {
    game: String,
}

impl Job for TellSoFar {
    const KIND: &'static str = "commentary.tell-so-far";
}

/// Has it done once the caller's transaction is committed.
pub(crate) async fn enqueue_so_far(tx: &Transaction<'_>, game: String) -> Result<(), Error> {
    // One that runs may not know of what this one is for.
    let unique = Unique { until: Until::Begun, ..Unique::from(game.as_str()) };
    let wish = Wish { queue: commentary::QUEUE, unique: Some(unique), ..Wish::default() };
    match jobs::enqueue(tx, &TellSoFar { game: game.clone() }, &wish).await {
        Ok(_) | Err(jobs::Error::Duplicate { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A ball of a match.
pub(crate) struct At {
    /// The innings, and the ball in it, both from 0.
    pub(crate) innings: i32,
    pub(crate) ball: i32,
    /// Counts the match's balls from 0.
    pub(crate) number: u32,
    /// Of its update.
    pub(crate) seq: u64,
    pub(crate) facts: Facts,
}

impl At {
    /// The job that has it told.
    pub(crate) fn job(&self, game: &str, rev: i64) -> RetellBall {
        RetellBall { game: game.to_owned(), rev, innings: self.innings, ball: self.ball, number: self.number }
    }
}

/// Counts balls as they are bowled.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counter {
    innings: i32,
    /// Of the innings, and of the match.
    balls: i32,
    all: u32,
}

impl Counter {
    /// The ball that `game` has just folded.
    pub(crate) fn count(&mut self, game: &Match, change: &Change, seq: u64) -> Option<At> {
        let innings = change.innings.unwrap_or_else(|| game.innings.len().saturating_sub(1));
        let bowled = game.innings.get(innings)?.recent.last()?;
        let at = i32::try_from(innings).ok()?;
        if at != self.innings {
            (self.innings, self.balls) = (at, 0);
        }
        let facts = Facts::of_ball(game, innings, bowled, change)?;
        let told = At { innings: at, ball: self.balls, number: self.all, seq, facts };
        self.balls += 1;
        self.all += 1;
        Some(told)
    }
}

/// The balls of a log's present history, and how many they are.
pub(crate) fn balls(log: &Log) -> (Vec<At>, Counter) {
    let (mut balls, mut counter) = (Vec::new(), Counter::default());
    let Ok(mut game) = Match::new(log.game().setup.clone()) else { return (balls, counter) };
    for (seq, command) in log.entries() {
        // The log holds only what folds; its own fold has shown that.
        let Ok(change) = game.apply(command) else { continue };
        if matches!(command, Command::Ball(_)) {
            balls.extend(counter.count(&game, &change, *seq));
        }
    }
    (balls, counter)
}

/// What the jobs of a process share.
#[derive(Clone)]
pub(crate) struct Tell {
    store: Store,
    clock: Clock,
    retell: Retell,
    /// Whether a model is asked: then a ball can be late.
    has_model: bool,
}

impl Tell {
    pub(crate) fn new(store: &Store, clock: &Clock, settings: &super::model::Settings) -> Self {
        let model = settings.model.clone();
        let has_model = model.is_some();
        let retell = Retell::new(store.clone(), clock.clone(), model, settings.terms);
        Self { store: store.clone(), clock: clock.clone(), retell, has_model }
    }

    /// Has this worker, of the queue [`commentary::QUEUE`], tell balls.
    pub(crate) fn on(&self, worker: Worker) -> Worker {
        let (finds, tells) = (self.clone(), self.clone());
        let find = move |job: RetellBall| {
            let it = finds.clone();
            async move { it.find(job).await.map_err(|error| error.to_string()) }
        };
        // Whoever brings lines to streams hears of them by the database.
        let worker = self.retell.on(worker, KEPT, find, |_, _| {});
        worker.handle(move |job: TellSoFar, attempt| {
            let it = tells.clone();
            async move { it.so_far(&job.game, &attempt).await.map_err(|error| NotDone::Retry(error.to_string())) }
        })
    }

    /// What a ball is, in the tones that are in demand; none where the match has another history now.
    async fn find(&self, job: RetellBall) -> anyhow::Result<Option<ToTell>> {
        let Some((row, balls)) = self.balls(&job.game).await? else { return Ok(None) };
        if i64::from(row.rev) != job.rev {
            return Ok(None);
        }
        let ball = balls.into_iter().find(|it| (it.innings, it.ball) == (job.innings, job.ball));
        let Some(ball) = ball else { return Ok(None) };
        let presets = self.presets(&job.game).await?;
        let late = CancellationToken::new();
        if self.has_model && !presets.is_empty() {
            tokio::spawn(self.clone().watch(row, ball.seq, late.clone()));
        }
        Ok(Some(ToTell { facts: ball.facts, presets, late }))
    }

    /// Cancels `late` when two more balls have been bowled.
    async fn watch(self, row: MatchRow, seq: u64, late: CancellationToken) {
        let looking = async {
            loop {
                let read = self
                    .store
                    .read("tones.late", async |client| log::read(client, &row.id, row.epoch, seq).await);
                let later = read.await.map_or(0, |it| it.iter().filter(|it| is_ball(&it.op)).count());
                if later >= LATER_BALLS_MAX {
                    return late.cancel();
                }
                tokio::time::sleep(LATE_EVERY).await;
            }
        };
        // Whoever asked has given up by then.
        let _is_late = tokio::time::timeout(LATE_MAX, looking).await;
    }

    async fn presets(&self, game: &str) -> Result<Vec<Preset>, cms::Error> {
        let now = self.clock.now();
        self.store
            .read("tones.presets", async |client| {
                let voices = demand::of_match(client, game, now).await?;
                if voices.is_empty() {
                    return Ok(Vec::new());
                }
                let all = super::read(client).await?;
                let is_wanted = |it: &Preset| {
                    voices.iter().any(|voice| (&voice.tone, voice.language) == (&it.key, it.language))
                };
                Ok(all.into_iter().filter(is_wanted).collect())
            })
            .await
    }

    async fn balls(&self, game: &str) -> anyhow::Result<Option<(MatchRow, Vec<At>)>> {
        let read = self.store.read("tones.log", async |client| log::load(client, game).await);
        let Some(stored) = read.await? else { return Ok(None) };
        let folding = tokio::task::spawn_blocking(move || {
            let (row, log) = stored.fold(|_, _| {})?;
            Ok::<_, LogError>((row, balls(&log).0))
        });
        Ok(Some(folding.await??))
    }

    async fn so_far(&self, game: &str, attempt: &Attempt) -> anyhow::Result<()> {
        let Some((row, balls)) = self.balls(game).await? else { return Ok(()) };
        let presets = self.presets(game).await?;
        let now = self.clock.now();
        let rev = i64::from(row.rev);
        let keys: Vec<(i32, i32, String)> =
            balls.iter().map(|it| (it.innings, it.ball, it.facts.hash())).collect();
        let kept = self.store.run_tx("tones.so_far", async |tx| {
            line::correct(tx, game, rev, &keys).await?;
            for preset in &presets {
                let told: BTreeSet<(i32, i32)> =
                    line::told(tx, game, (preset.key.as_str(), preset.language), preset.version).await?;
                let missing =
                    balls.iter().zip(&keys).filter(|(it, _)| !told.contains(&(it.innings, it.ball)));
                let lines: Vec<Line> =
                    missing.map(|(it, key)| offline(game, rev, it, &key.2, preset)).collect();
                for lines in lines.chunks(line::LINES_MAX as usize) {
                    line::put(tx, game, lines, now).await?;
                }
            }
            attempt.complete_in(tx).await?;
            Ok::<_, Error>(())
        });
        Ok(kept.await?)
    }
}

fn is_ball(op: &Op) -> bool {
    matches!(op, Op::Append(Command::Ball(_)))
}

fn offline(game: &str, rev: i64, at: &At, facts: &str, preset: &Preset) -> Line {
    Line {
        innings: at.innings,
        ball: at.ball,
        tone: preset.key.clone(),
        language: preset.language,
        rev,
        facts: facts.to_owned(),
        preset: preset.version,
        text: phrases::tell(&at.facts, preset, phrases::seed(game, &preset.key, at.number)),
        source: "offline".to_owned(),
        position: 0,
    }
}
