//! What happens in matches, told to partners' servers, to rewards, to questions and to what editors have scheduled for it: beside the ball's way to the fan, and never on it.
//!
//! A follower reads the logs after their commits, as far as nobody read them before, and writes the messages in the transaction that notes how
//! far it is. It finds what is new by looking; it may be seconds late, and a fan's score never waits for it. Several processes may follow: they
//! take turns at a match's row, and a message is told once whoever writes it.

pub(crate) mod asking;
mod earning;

use crate::feed::log::{self, LogError};
use crate::feed::summary::{Score, Summary};
use crate::tones::demand;
use crate::tones::retell::{self, Counter};
use asking::Accepted;
use cms::moments::Moment as ContentMoment;
use cricket::{Change, Command, Log, Op};
use earning::Earning;
use partners::Mode;
use partners::webhook::{self, Kind, NewMessage};
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use store::{Clock, Migrations, Step, Store, Transaction};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// How far logs were read, in the schema of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "server",
    steps: &[
        Step { name: "0003_moment", sql: include_str!("moments/0001_moment.sql") },
        Step { name: "0004_since", sql: include_str!("moments/0002_since.sql") },
    ],
};

/// How often is looked.
const EVERY: Duration = Duration::from_millis(500);
/// Matches that are read in one look.
const MATCHES_MAX: i64 = 64;
/// Folded matches that are kept; all are dropped beyond, and folded anew when something happens in them.
const FOLDED_MAX: usize = 128;
/// Matches of which is known that they cannot be read; beyond, all are tried as if they could.
const BROKEN_MAX: usize = 1024;
/// What happened longer ago in a match that was never read is history: told to nobody.
const RECENT_MS: i64 = 10 * 60 * 1000;

// Those that could not be read come last, so that they take nobody's place.
const BEHIND: &str = "
select m.id from server.match m left join server.moment r on r.match_id = m.id
where not m.archive and m.seq > 0 and (r.match_id is null or r.epoch <> m.epoch or r.seq < m.seq)
order by m.id = any($2), m.changed_at_ms, m.id limit $1";

const HOLD: &str = "select epoch, seq, since from server.moment where match_id = $1 for update";

const BEGIN: &str =
    "insert into server.moment (match_id, epoch, seq) values ($1, 0, 0) on conflict (match_id) do nothing";

const NOTE: &str = "update server.moment set epoch = $2, seq = $3, since = $4 where match_id = $1";

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
const STATEMENTS: &[&str] = &[BEHIND, HOLD, BEGIN, NOTE];

/// Why a match was not read.
#[derive(Debug, thiserror::Error)]
pub enum MomentError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Webhook(#[from] webhook::Error),
    #[error(transparent)]
    Rewards(#[from] rewards::Error),
    #[error(transparent)]
    Content(#[from] cms::Error),
    #[error(transparent)]
    Commentary(#[from] commentary::Error),
    #[error(transparent)]
    Questions(#[from] quizzes::Error),
    #[error("the log of {match_id} does not fold: {reason}")]
    Unfoldable { match_id: String, reason: String },
}

impl MomentError {
    /// Rather than of what is stored of the match.
    fn is_of_the_store(&self) -> bool {
        matches!(
            self,
            MomentError::Log(LogError::Store(_))
                | MomentError::Rewards(rewards::Error::Store(_) | rewards::Error::Jobs(_))
                | MomentError::Commentary(commentary::Error::Store(_) | commentary::Error::Jobs(_))
                | MomentError::Content(cms::Error::Store(_) | cms::Error::Jobs(_))
                | MomentError::Questions(quizzes::Error::Store(_) | quizzes::Error::Jobs(_))
                | MomentError::Questions(quizzes::Error::Rewards(
                    rewards::Error::Store(_) | rewards::Error::Jobs(_)
                ))
                | MomentError::Webhook(
                    webhook::Error::Store(_) | webhook::Error::Jobs(jobs::Error::Store(_))
                )
        )
    }
}

impl From<store::Error> for MomentError {
    fn from(error: store::Error) -> Self {
        MomentError::Log(error.into())
    }
}

/// Follows until `stop`.
pub(crate) async fn follow(store: Store, clock: Clock, stop: CancellationToken) {
    let mut follower = Follower::new(store, clock);
    let mut has_failed = false;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match stop.run_until_cancelled(follower.look()).await {
            Some(Ok(_)) => has_failed = false,
            Some(Err(error)) if !has_failed => {
                tracing::warn!(%error, "partners' servers are not told what happens; it is tried again");
                has_failed = true;
            }
            Some(Err(_)) | None => {}
        }
    }
}

/// What one process knows of the matches that it reads.
pub struct Follower {
    store: Store,
    clock: Clock,
    folded: HashMap<String, Folded>,
    /// Matches that could not be read when they were last tried.
    broken: HashSet<String>,
}

/// A match up to a seq.
struct Folded {
    epoch: u64,
    seq: u64,
    log: Log,
    balls: Counter,
    accepted: Accepted,
}

/// Something that is told.
struct Moment {
    kind: Kind,
    seq: u64,
    data: Value,
}

impl Follower {
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, folded: HashMap::new(), broken: HashSet::new() }
    }

    /// Reads what is new; answers how many messages were written. A match that cannot be read is tried again with each look, and is in no
    /// other's way.
    pub async fn look(&mut self) -> Result<usize, MomentError> {
        let broken: Vec<&str> = self.broken.iter().map(String::as_str).collect();
        let behind =
            self.store.read("moments.behind", async |db| db.query(BEHIND, &[&MATCHES_MAX, &broken]).await);
        let rows = behind.await?;
        let mut told = 0;
        for row in rows {
            let match_id: &str = row.get("id");
            match self.read(match_id).await {
                Ok(count) => {
                    self.broken.remove(match_id);
                    told += count;
                }
                Err(error) => self.note_broken(match_id, error)?,
            }
        }
        Ok(told)
    }

    /// Says once of a match that it cannot be read. Without a database no match can be: that ends the look.
    fn note_broken(&mut self, match_id: &str, error: MomentError) -> Result<(), MomentError> {
        if self.broken.len() >= BROKEN_MAX {
            self.broken.clear();
        }
        let is_new = self.broken.insert(match_id.to_owned());
        if error.is_of_the_store() {
            return Err(error);
        }
        if is_new {
            tracing::error!(match_id, %error, "partners' servers are not told of this match; it is tried again");
        }
        Ok(())
    }

    async fn read(&mut self, match_id: &str) -> Result<usize, MomentError> {
        // What was folded is taken out: after an error the match is folded anew.
        let known = self.folded.remove(match_id);
        let known = std::sync::Mutex::new(known);
        let now = self.clock.now();
        let read = self.store.run_tx("moments.read", async |tx| {
            tx.execute(BEGIN, &[&match_id]).await?;
            let reached = tx.query_one(HOLD, &[&match_id]).await?;
            let told_since = unsigned(reached.get("since"));
            let reached = (unsigned(reached.get("epoch")), unsigned(reached.get("seq")));
            let Some(row) = log::match_by_id(tx, match_id).await? else { return Ok((0, None)) };
            let known = known.lock().map(|mut it| it.take()).unwrap_or_default();
            let known = known.filter(|it| it.epoch == row.epoch);
            let folded = match known {
                Some(folded) => folded,
                None => {
                    let (log, balls) = (empty(match_id, &row)?, Counter::default());
                    Folded { epoch: row.epoch, seq: 0, log, balls, accepted: Accepted::default() }
                }
            };
            let history = reached == (0, 0) && is_old(&row, now.as_millisecond());
            let since = if history {
                u64::MAX
            } else if reached.0 == row.epoch {
                reached.1
            } else {
                0
            };
            let told_since = match reached.0 == row.epoch {
                _ if history => row.seq,
                true => told_since,
                false => 0,
            };
            let earning = Earning { row: &row, now };
            let (folded, moments) = fold(tx, &earning, folded, (since, told_since)).await?;
            asking::tell(tx, &row, &folded, now).await?;
            let mode = if row.sandbox { Mode::Test } else { Mode::Live };
            for moment in &moments {
                let once = format!("{match_id}/{}/{}", row.epoch, moment.seq);
                let message = NewMessage { kind: moment.kind, mode, data: &moment.data, once: &once };
                webhook::announce(tx, &message, now).await?;
            }
            tx.execute(NOTE, &[&match_id, &signed(folded.epoch), &signed(folded.seq), &signed(told_since)])
                .await?;
            Ok::<_, MomentError>((moments.len(), Some(folded)))
        });
        let (told, folded) = read.await?;
        if self.folded.len() >= FOLDED_MAX {
            self.folded.clear();
        }
        if let Some(folded) = folded {
            self.folded.insert(match_id.to_owned(), folded);
        }
        Ok(told)
    }
}

fn empty(match_id: &str, row: &log::MatchRow) -> Result<Log, MomentError> {
    let unfoldable = |reason: String| MomentError::Unfoldable { match_id: match_id.to_owned(), reason };
    Log::new(row.setup.clone()).map_err(|error| unfoldable(error.to_string()))
}

fn is_old(row: &log::MatchRow, now_ms: i64) -> bool {
    now_ms.saturating_sub(i64::try_from(row.changed_at_ms).unwrap_or(i64::MAX)) > RECENT_MS
}

/// Folds what was written since, and says what happened after `since`.
///
/// A correction is told from `told_since` on: where it began to be read.
async fn fold(
    tx: &Transaction<'_>,
    earning: &Earning<'_>,
    mut folded: Folded,
    (since, told_since): (u64, u64),
) -> Result<(Folded, Vec<Moment>), MomentError> {
    let (mut moments, match_id) = (Vec::new(), earning.row.id.as_str());
    let is_followed = rewards::is_followed(tx, match_id).await?;
    let is_told = demand::is_any(tx, match_id, earning.now).await?;
    let (mut is_corrected, mut is_recounted) = (false, false);
    for entry in log::read(tx, match_id, folded.epoch, folded.seq).await? {
        let before = if folded.log.game().innings.is_empty() { Before::FirstBall } else { Before::Play };
        // A correction changes what was; it is no moment of its own.
        let play = match &entry.op {
            Op::Append(command) => Some(command.clone()),
            Op::Insert { .. } | Op::Edit { .. } | Op::Remove { .. } => None,
        };
        if play.is_some() && std::mem::take(&mut is_recounted) {
            folded.balls = retell::balls(&folded.log).1;
        }
        let change = folded.log.apply(entry.seq, entry.op);
        let unfoldable = |reason: String| MomentError::Unfoldable { match_id: match_id.to_owned(), reason };
        let change = change.map_err(|refusal| unfoldable(refusal.to_string()))?;
        folded.seq = entry.seq;
        folded.accepted.note(entry.seq, entry.accepted_at_ms);
        let Some(command) = play else {
            is_corrected |= entry.seq > since;
            is_recounted = true;
            continue;
        };
        let ball = match &command {
            Command::Ball(_) => folded.balls.count(folded.log.game(), &change, entry.seq),
            _ => None,
        };
        if entry.seq > since {
            if let Some(ball) = ball.filter(|_| is_told) {
                let job = ball.job(match_id, i64::from(folded.log.rev()));
                commentary::enqueue(tx, &job, ball.facts.kind).await?;
            }
            if is_followed {
                let earned = earning::moments(&command, &change, folded.log.game());
                earning.tell(tx, entry.seq, entry.accepted_at_ms, earned).await?;
            }
            for moment in of_content(&command, &change, before, is_decided(&folded.log)) {
                cms::moments::happened(tx, match_id, moment, earning.now).await?;
            }
            let data = || told(match_id, &folded.log, &change);
            let moment = |kind| Moment { kind, seq: entry.seq, data: data() };
            moments.extend(kinds(&change, before, is_decided(&folded.log)).into_iter().map(moment));
        }
    }
    if is_recounted {
        folded.balls = retell::balls(&folded.log).1;
    }
    if is_corrected && is_told {
        retell::enqueue_so_far(tx, match_id.to_owned()).await?;
    }
    if is_corrected && is_followed {
        earning.correct(tx, &folded.log, told_since).await?;
    }
    Ok((folded, moments))
}

/// What a command did that is worth telling. The end of the innings that decides a match is no break: the result follows.
fn kinds(change: &Change, before: Before, after: After) -> Vec<Kind> {
    let is_break = change.innings_end.is_some() && !change.finished && after == After::Open;
    [
        (before == Before::FirstBall && change.innings.is_some(), Kind::MatchStarted),
        (change.wickets > 0, Kind::Wicket),
        (is_break, Kind::InningsBreak),
        (change.finished, Kind::MatchResult),
    ]
    .into_iter()
    .filter_map(|(is_so, kind)| is_so.then_some(kind))
    .collect()
}

/// What of it editors may have scheduled something for.
fn of_content(command: &Command, change: &Change, before: Before, after: After) -> Vec<ContentMoment> {
    let told = kinds(change, before, after);
    [
        (matches!(command, Command::Toss(_)), ContentMoment::Toss),
        (told.contains(&Kind::MatchStarted), ContentMoment::FirstBall),
        (told.contains(&Kind::InningsBreak), ContentMoment::InningsBreak),
        (told.contains(&Kind::MatchResult), ContentMoment::Result),
    ]
    .into_iter()
    .filter_map(|(is_so, moment)| is_so.then_some(moment))
    .collect()
}

fn is_decided(log: &Log) -> After {
    if log.game().computed_outcome().is_none() { After::Open } else { After::Decided }
}

/// Whether there was an innings before a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    FirstBall,
    Play,
}

/// Whether play can still change who wins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Open,
    Decided,
}

/// A match as it stood when something happened in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookMatch)]
pub(crate) struct MatchTold {
    /// "mat_…"
    #[serde(rename = "match")]
    match_id: String,
    /// The home side's name and the away side's.
    teams: [String; 2],
    /// In which innings it happened, counted from 1; null where it was in none.
    innings: Option<usize>,
    /// One for each innings so far.
    scores: Vec<Score>,
    /// "Australia need 23 runs from 14 balls", or the result.
    status: String,
}

fn told(match_id: &str, log: &Log, change: &Change) -> Value {
    let (game, summary) = (log.game(), Summary::of(log.game()));
    let told = MatchTold {
        match_id: match_id.to_owned(),
        teams: [cricket::Side::Home, cricket::Side::Away].map(|side| game.setup.team(side).name.clone()),
        innings: change.innings.map(|it| it + 1),
        scores: summary.scores,
        status: summary.status_text,
    };
    serde_json::to_value(told).expect("texts and numbers are JSON")
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(crate::role::MIGRATIONS).await;
        for sql in STATEMENTS {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
