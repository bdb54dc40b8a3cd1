//! A question as everybody may be told of it: what open pages are sent.

use crate::error::Error;
use crate::kept;
use crate::kind::Kind;
use crate::quiz::Words;
use crate::settle::Outcome;
use crate::standing::State;
use crate::tally::{self, Tally};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use store::{Client, Row};

/// Questions of all matches that are told of at once.
const QUESTIONS_MAX: i64 = 5_000;

/// A question of a quiz that is for all organisations' fans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    /// "qun_…"
    pub id: String,
    /// "quz_…"
    pub quiz: String,
    pub match_id: Option<String>,
    /// [`Kind::word`]
    pub about: String,
    /// Their ids, in the order in which they are shown.
    pub choices: Vec<String>,
    /// Of the boards.
    pub points: i32,
    pub state: State,
    pub opens_at: Option<Timestamp>,
    pub locks_at: Option<Timestamp>,
    pub outcome: Outcome,
    /// It was taken down: nobody sees it any more.
    pub is_withdrawn: bool,
    /// By language. What is said afterwards is there only when it is settled.
    pub titles: BTreeMap<String, String>,
    pub texts: BTreeMap<String, Words>,
    pub tally: Tally,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "
    select q.number, q.id, q.kind::text as kind, q.word, q.texts::text as texts, q.points, q.state, q.opens_at, q.locks_at,
        q.choice, q.why, z.id as quiz, z.match_id, z.titles::text as titles, z.withdrawn_at is not null as is_withdrawn
    from quizzes.question q join quizzes.quiz z on z.number = q.quiz
    where z.organisation_id is null and ",
            $which
        )
    };
}

const THESE: &str = select!("q.id = any($1) order by q.number limit $2");
const RUNNING: &str = select!(
    "z.match_id is not null and z.withdrawn_at is null and q.state in ('open', 'locked') order by q.number limit $1"
);
const TALLIES: &str = "
    select q.id, t.choice, t.fans from quizzes.tally t join quizzes.question q on q.number = t.question
    where t.question = any($1) order by q.number, t.choice";

/// Those of these questions of which everybody may be told.
pub async fn of(client: &Client<'_>, ids: &[String], now: Timestamp) -> Result<Vec<Public>, Error> {
    let rows = client.query(THESE, &[&ids, &QUESTIONS_MAX]).await?;
    read(client, &rows, now).await
}

/// All questions on matches that are open, or locked and not settled.
pub async fn running(client: &Client<'_>, now: Timestamp) -> Result<Vec<Public>, Error> {
    let rows = client.query(RUNNING, &[&QUESTIONS_MAX]).await?;
    read(client, &rows, now).await
}

async fn read(client: &Client<'_>, rows: &[Row], now: Timestamp) -> Result<Vec<Public>, Error> {
    let numbers: Vec<i64> = rows.iter().map(|row| row.get("number")).collect();
    let tallies = tally::tallies(&client.query(TALLIES, &[&numbers]).await?);
    let mut tallies: HashMap<String, Tally> =
        tallies.into_iter().map(|it| (it.question.clone(), it)).collect();
    rows.iter().map(|row| public(row, &mut tallies, now)).collect()
}

fn public(row: &Row, tallies: &mut HashMap<String, Tally>, now: Timestamp) -> Result<Public, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    let standing = kept::standing(row).map_err(unreadable)?;
    let state = standing.at(now);
    let kind: Kind = serde_json::from_str(row.get("kind")).map_err(|_| unreadable("kind"))?;
    let mut texts: BTreeMap<String, Words> =
        serde_json::from_str(row.get("texts")).map_err(|_| unreadable("texts"))?;
    if state != State::Settled {
        texts.values_mut().for_each(|it| it.after = None);
    }
    Ok(Public {
        quiz: row.get("quiz"),
        match_id: row.get("match_id"),
        about: row.get("word"),
        choices: kind.choices().into_iter().map(str::to_owned).collect(),
        points: row.get("points"),
        state,
        opens_at: standing.opens_at,
        locks_at: standing.locks_at,
        outcome: standing.outcome,
        is_withdrawn: row.get("is_withdrawn"),
        titles: serde_json::from_str(row.get("titles")).map_err(|_| unreadable("titles"))?,
        texts,
        tally: tallies.remove(&id).unwrap_or_else(|| Tally::of_nobody(&id)),
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[THESE, RUNNING, TALLIES];
