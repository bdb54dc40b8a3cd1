//! News of questions: written in the transaction that moves them, numbered in the order of commits, and told to whoever follows, so that open
//! pages hear of what has opened, locked or is settled, whichever process has noted it.

use crate::error::Error;
use crate::kept::Kept;
use crate::standing::State;
use jiff::{SignedDuration, Timestamp};
use rewards::Books;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{At, Client, Numbered, Row, Store, Transaction};

/// PostgreSQL's channel for whoever follows.
pub const CHANNEL: &str = "crease_quizzes";

/// How long news are kept: who has not followed for longer reads everything anew.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// News that are read at once.
const READ_MAX: i64 = 500;

/// What one transaction has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub number: i64,
    pub at: Timestamp,
    pub items: Vec<Item>,
}

/// A question that has opened, is locked, settled or void, whose words are others, or of which something else is right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// "qun_…"
    pub question: String,
    /// "quz_…"
    pub quiz: String,
    /// "live" or "test"
    books: String,
    /// Whose fans it is for; all fans', where it is nobody's.
    pub organisation_id: Option<String>,
    pub match_id: Option<String>,
    state: String,
}

impl Item {
    pub(crate) fn of(kept: &Kept, state: State) -> Self {
        Self {
            question: kept.id.clone(),
            quiz: kept.quiz_id.clone(),
            books: kept.books.word().to_owned(),
            organisation_id: kept.organisation_id.clone(),
            match_id: kept.match_id.clone(),
            state: state.word().to_owned(),
        }
    }

    /// None where a later program has written it.
    pub fn state(&self) -> Option<State> {
        State::of(&self.state)
    }

    /// None where a later program has written it.
    pub fn books(&self) -> Option<Books> {
        Books::of(&self.books)
    }
}

const NEXT: &str = "update quizzes.news_epoch set at = at + 1 returning at";
const TELL: &str = "insert into quizzes.news (number, at, items) values ($1, $2, $3::text::jsonb)";
const NOTIFY: &str = "select pg_notify('crease_quizzes', '')";
const FORGET: &str = "delete from quizzes.news where at < $1";

/// Tells what this transaction does: last, since others wait for the number, and must not wait for a question meanwhile.
pub(crate) async fn tell(tx: &Transaction<'_>, items: &[Item], now: Timestamp) -> Result<(), Error> {
    if items.is_empty() {
        return Ok(());
    }
    let number: i64 = tx.query_one(NEXT, &[]).await?.get("at");
    tx.execute(TELL, &[&number, &At(now), &json!(items).to_string()]).await?;
    tx.execute(FORGET, &[&At::after(now, -KEPT)]).await?;
    tx.query(NOTIFY, &[]).await?;
    Ok(())
}

const LAST: &str = "select at from quizzes.news_epoch";

/// The number of the last news: where to follow from after everything was read.
pub async fn last(client: &Client<'_>) -> Result<i64, Error> {
    Ok(client.query_one(LAST, &[]).await?.get("at"))
}

const SINCE: &str = "
    select number, at, items::text as items from quizzes.news where number > $1 order by number limit $2";

/// What was told after a number, in order.
pub async fn since(client: &Client<'_>, number: i64) -> Result<Vec<News>, Error> {
    client.query(SINCE, &[&number, &READ_MAX]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<News, Error> {
    let number = row.get("number");
    let unreadable = |_| Error::Unreadable { what: format!("news {number}"), column: "items" };
    let items = serde_json::from_str(row.get("items")).map_err(unreadable)?;
    Ok(News { number, at: row.get::<_, At>("at").0, items })
}

/// Calls `hear` with all news after a number, in order, for ever: as soon as PostgreSQL says so, and within a second whatever becomes of that
/// word. While the database is away nothing is heard, and nothing is lost.
pub async fn follow(store: &Store, number: i64, hear: impl Fn(&News)) {
    let next = |number| store.read("quizzes.news", async move |db| since(db, number).await);
    store.hear_since(CHANNEL, number, next, hear).await;
}

impl Numbered for News {
    fn number(&self) -> i64 {
        self.number
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[NEXT, TELL, NOTIFY, FORGET, LAST, SINCE];
