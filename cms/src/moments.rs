//! Moments of a match at which something is published: told by whoever follows the match, each once.

use crate::error::Error;
use crate::schedule::Due;
use crate::work::QUEUE;
use jiff::Timestamp;
use jobs::Wish;
use serde::Serialize;
use store::{At, Client, Row, Transaction};

/// What happens in a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    Toss,
    FirstBall,
    InningsBreak,
    Result,
}

impl Moment {
    pub const ALL: [Moment; 4] = [Moment::Toss, Moment::FirstBall, Moment::InningsBreak, Moment::Result];

    pub const fn word(self) -> &'static str {
        match self {
            Moment::Toss => "toss",
            Moment::FirstBall => "first-ball",
            Moment::InningsBreak => "innings-break",
            Moment::Result => "result",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

const NOTE: &str = "
    insert into cms.moment (match_id, moment, at) values ($1, $2, $3) on conflict do nothing";
const WAKE: &str = "
    update cms.schedule set due_at = $3 where match_id = $1 and moment = $2 and state = 'waiting' returning id";

/// Takes in that a moment of a match has come: what waits for it is done as soon as this is committed. Told again, or taken back and come
/// anew, it wakes nothing a second time. Answers how many it wakes.
pub async fn happened(
    tx: &Transaction<'_>,
    match_id: &str,
    moment: Moment,
    now: Timestamp,
) -> Result<usize, Error> {
    if tx.execute(NOTE, &[&match_id, &moment.word(), &At(now)]).await? == 0 {
        return Ok(0);
    }
    let rows = tx.query(WAKE, &[&match_id, &moment.word(), &At(now)]).await?;
    let due: Vec<Due> = rows.iter().map(|row: &Row| Due { schedule: row.get("id") }).collect();
    jobs::enqueue_all(tx, &due, &Wish { queue: QUEUE, ..Wish::default() }).await?;
    Ok(due.len())
}

const HAPPENED: &str = "select at from cms.moment where match_id = $1 and moment = $2";

/// When it came; none where it has not.
pub async fn happened_at(
    client: &Client<'_>,
    match_id: &str,
    moment: Moment,
) -> Result<Option<Timestamp>, Error> {
    let row = client.query_opt(HAPPENED, &[&match_id, &moment.word()]).await?;
    Ok(row.map(|it| it.get::<_, At>("at").0))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[NOTE, WAKE, HAPPENED];
