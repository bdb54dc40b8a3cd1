//! Questions as they are kept.

use crate::error::Error;
use crate::kind::Kind;
use crate::settle::{Outcome, Why};
use crate::standing::{Standing, State};
use crate::window::Window;
use jiff::Timestamp;
use rewards::Books;
use store::{At, Client, Row, Transaction};

/// A question with what matters of its quiz.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) place: i32,
    pub(crate) kind: Kind,
    pub(crate) window: Window,
    pub(crate) points: i32,
    pub(crate) standing: Standing,
    /// When the last answer was accepted.
    pub(crate) accepted_at: Option<Timestamp>,
    pub(crate) generation: i32,
    pub(crate) ordinal: Option<i64>,
    /// Of the log by which it goes; none before it has.
    pub(crate) epoch: Option<i64>,
    pub(crate) quiz: i64,
    pub(crate) quiz_id: String,
    pub(crate) books: Books,
    pub(crate) organisation_id: Option<String>,
    pub(crate) match_id: Option<String>,
    pub(crate) series: Option<String>,
    pub(crate) fence: Option<String>,
    pub(crate) is_withdrawn: bool,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
    select q.number, q.id, q.key, q.place, q.kind::text as kind, q.time::text as time, q.points, q.state, q.opens_at, q.locks_at,
        q.accepted_at, q.choice, q.why, q.generation, q.ordinal, q.epoch, z.number as quiz, z.id as quiz_id, z.books, z.organisation_id,
        z.match_id, z.series, z.fence, z.withdrawn_at is not null as is_withdrawn
    from quizzes.question q join quizzes.quiz z on z.number = q.quiz ",
            $rest
        )
    };
}

// Locked in one order, whoever asks.
const BY_IDS: &str = select!("where q.id = any($1) order by q.number for update of q");
const BY_NUMBER: &str = select!("where q.number = $1");
const LOCKED: &str = select!("where q.number = $1 for update of q");
const OF_QUIZ: &str = select!("where q.quiz = $1 order by q.number for update of q");
const OF_MATCH: &str = select!("where z.match_id = $1 and z.withdrawn_at is null order by q.number");

/// These, as far as they are there, locked until the end of the transaction: nobody else's answers come in between.
pub(crate) async fn lock_by_ids(tx: &Transaction<'_>, ids: &[&str]) -> Result<Vec<Kept>, Error> {
    tx.query(BY_IDS, &[&ids]).await?.iter().map(kept).collect()
}

pub(crate) async fn lock(tx: &Transaction<'_>, number: i64) -> Result<Option<Kept>, Error> {
    tx.query_opt(LOCKED, &[&number]).await?.as_ref().map(kept).transpose()
}

pub(crate) async fn find(client: &Client<'_>, number: i64) -> Result<Option<Kept>, Error> {
    client.query_opt(BY_NUMBER, &[&number]).await?.as_ref().map(kept).transpose()
}

pub(crate) async fn lock_of_quiz(tx: &Transaction<'_>, quiz: i64) -> Result<Vec<Kept>, Error> {
    tx.query(OF_QUIZ, &[&quiz]).await?.iter().map(kept).collect()
}

/// Of all quizzes on a match that are not withdrawn.
pub(crate) async fn of_match(client: &Client<'_>, match_id: &str) -> Result<Vec<Kept>, Error> {
    client.query(OF_MATCH, &[&match_id]).await?.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    Ok(Kept {
        number: row.get("number"),
        key: row.get("key"),
        place: row.get("place"),
        kind: serde_json::from_str(row.get("kind")).map_err(|_| unreadable("kind"))?,
        window: serde_json::from_str(row.get("time")).map_err(|_| unreadable("time"))?,
        points: row.get("points"),
        standing: standing(row).map_err(unreadable)?,
        accepted_at: row.get::<_, Option<At>>("accepted_at").map(|it| it.0),
        generation: row.get("generation"),
        ordinal: row.get("ordinal"),
        epoch: row.get("epoch"),
        quiz: row.get("quiz"),
        quiz_id: row.get("quiz_id"),
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        organisation_id: row.get("organisation_id"),
        match_id: row.get("match_id"),
        series: row.get("series"),
        fence: row.get("fence"),
        is_withdrawn: row.get("is_withdrawn"),
        id,
    })
}

/// How a question stood when it was kept, from the columns of that; else the column that cannot be read.
pub(crate) fn standing(row: &Row) -> Result<Standing, &'static str> {
    let at = |column| row.get::<_, Option<At>>(column).map(|it| it.0);
    Ok(Standing {
        state: State::of(row.get("state")).ok_or("state")?,
        opens_at: at("opens_at"),
        locks_at: at("locks_at"),
        outcome: outcome(row)?,
    })
}

/// From the columns `choice` and `why`; else the column that cannot be read.
fn outcome(row: &Row) -> Result<Outcome, &'static str> {
    match (row.get::<_, Option<String>>("choice"), row.get::<_, Option<&str>>("why")) {
        (Some(choice), _) => Ok(Outcome::Choice(choice)),
        (None, Some(why)) => Why::of(why).map(Outcome::Void).ok_or("why"),
        (None, None) => Ok(Outcome::NotYet),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[BY_IDS, BY_NUMBER, LOCKED, OF_QUIZ, OF_MATCH];
