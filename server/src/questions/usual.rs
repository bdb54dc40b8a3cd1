//! The usual questions of matches: asked by a reviewer, or, where `[quizzes] usual` says so, by themselves as soon as a match is announced.
//!
//! Whoever does jobs looks for matches that are announced, or were changed since: beside the ball's way, and never on it.

use super::QuestionsError;
use crate::config::Usual as Wanted;
use crate::feed::log::{self, LogError};
use crate::moments::{MomentError, asking};
use jiff::{SignedDuration, Timestamp};
use quizzes::{Change, Error, Put, Usual};
use rewards::Books;
use std::time::Duration;
use store::{Clock, Migrations, Step, Store, Transaction};
use tokio_util::sync::CancellationToken;

/// Which matches were looked at, in the schema of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "server",
    steps: &[Step { name: "0008_quiz_usual", sql: include_str!("2_usual.sql") }],
};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(2);
/// Matches of one look.
const MATCHES_MAX: i64 = 64;
/// What was to begin longer ago does not begin any more.
const RECENT: SignedDuration = SignedDuration::from_hours(5 * 24);

// A match that is played is looked at once, if nobody did before; one that is announced, with each change of it.
const NEW: &str = "
    select m.id, m.epoch, m.changed_at_ms from server.match m left join server.quiz_usual u on u.match_id = m.id
    where m.status in ('upcoming', 'live') and not m.sandbox and not m.archive and m.begins_ms > $1
        and (u.match_id is null or (m.status = 'upcoming' and (u.epoch <> m.epoch or u.changed_at_ms <> m.changed_at_ms)))
    order by m.begins_ms, m.id limit $2";

const NOTE: &str = "
    insert into server.quiz_usual (match_id, epoch, changed_at_ms) values ($1, $2, $3)
    on conflict (match_id) do update set epoch = excluded.epoch, changed_at_ms = excluded.changed_at_ms";

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Put(Put),
    NoMatch,
    /// It is over, or so far on that nothing can be asked.
    TooLate,
}

/// Asks the usual questions of a match, with what has happened in it so far; asked already and the same, nothing changes.
pub async fn ask(tx: &Transaction<'_>, match_id: &str, now: Timestamp) -> Result<Asked, QuestionsError> {
    if log::match_by_id(tx, match_id).await.map_err(MomentError::from)?.is_none() {
        return Ok(Asked::NoMatch);
    }
    let Some((row, course)) = asking::so_far(tx, match_id).await? else { return Ok(Asked::NoMatch) };
    if row.archive {
        return Ok(Asked::TooLate);
    }
    let books = if row.sandbox { Books::Test } else { Books::Live };
    let usual = Usual { books, match_id, setup: &row.setup };
    let put = quizzes::ask_usual(tx, usual, &course, now).await?;
    Ok(put.map_or(Asked::TooLate, Asked::Put))
}

/// Has them asked by themselves until `stop`, where that is wanted.
pub(crate) async fn follow(store: Store, clock: Clock, wanted: Wanted, stop: CancellationToken) {
    if wanted == Wanted::None {
        return;
    }
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut has_failed = false;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match stop.run_until_cancelled(look(&store, clock.now())).await {
            Some(Ok(_)) => has_failed = false,
            Some(Err(error)) if !has_failed => {
                tracing::warn!(%error, "the usual questions of matches are not asked yet; it is tried again");
                has_failed = true;
            }
            Some(Err(_)) | None => {}
        }
    }
}

/// Asks of each match that is new or has changed; answers how many quizzes were made or changed. What cannot be asked of one match is said in the
/// log, and keeps nothing else back.
pub async fn look(store: &Store, now: Timestamp) -> Result<usize, QuestionsError> {
    let since = (now - RECENT).as_millisecond();
    let rows =
        store.read("quizzes.usual_new", async |db| db.query(NEW, &[&since, &MATCHES_MAX]).await).await?;
    let mut changed = 0;
    for row in &rows {
        let (match_id, at): (&str, (i64, i64)) =
            (row.get("id"), (row.get("epoch"), row.get("changed_at_ms")));
        match ask_once(store, match_id, at, now).await {
            Ok(is_changed) => changed += usize::from(is_changed),
            Err(error) if is_of_the_store(&error) => return Err(error),
            Err(error) => {
                tracing::error!(match_id, %error, "the usual questions of this match are not asked");
                store.run_tx("quizzes.usual_note", async |tx| note(tx, match_id, at).await).await?;
            }
        }
    }
    Ok(changed)
}

/// What somebody has taken down stays down.
async fn ask_once(
    store: &Store,
    match_id: &str,
    at: (i64, i64),
    now: Timestamp,
) -> Result<bool, QuestionsError> {
    store
        .run_tx("quizzes.usual", async |tx| {
            let is_down = quizzes::is_taken_down(tx, Books::Live, match_id).await?;
            let asked = if is_down { Asked::TooLate } else { ask(tx, match_id, now).await? };
            note(tx, match_id, at).await?;
            Ok(matches!(asked, Asked::Put(put) if put.change != Change::Same))
        })
        .await
}

async fn note(
    tx: &Transaction<'_>,
    match_id: &str,
    (epoch, changed): (i64, i64),
) -> Result<(), store::Error> {
    tx.execute(NOTE, &[&match_id, &epoch, &changed]).await.map(drop)
}

fn is_of_the_store(error: &QuestionsError) -> bool {
    matches!(
        error,
        QuestionsError::Store(_)
            | QuestionsError::Match(MomentError::Log(LogError::Store(_)))
            | QuestionsError::Quizzes(Error::Store(_) | Error::Jobs(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(crate::role::MIGRATIONS).await;
        for sql in [NEW, NOTE] {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
