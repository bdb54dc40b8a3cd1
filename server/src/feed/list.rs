//! Lists of matches: a page folds nothing and walks one index.
//!
//! The order is that of the matches' beginnings, which never change: a match that is played while somebody turns pages keeps its
//! place, and is seen once.

use super::log::{LogError, MatchRow, match_row};
use serde::{Deserialize, Serialize};
use store::Client;
use utoipa::ToSchema;

/// A page; `$1` and `$2` are the place of the last row of the page before, `$3` is the most rows, `$4` a status.
macro_rules! page {
    ($before:literal, $direction:literal, $which:literal) => {
        concat!(
            "
select id, organisation_id, sandbox, archive, epoch, seq, rev, phase, setup, summary, starts_at_ms, changed_at_ms, begins_ms, status
from server.match
where ($1::bigint is null or (begins_ms, id collate \"C\") ",
            $before,
            " ($1, $2))",
            $which,
            "
order by begins_ms ",
            $direction,
            ", id collate \"C\" ",
            $direction,
            "
limit $3"
        )
    };
}

const ALL: &str = page!("<", "desc", "");
const BY_STATUS: &str = page!("<", "desc", " and status = $4");
/// The next one first.
const UPCOMING: &str = page!(">", "asc", " and status = $4");
const SANDBOX: &str = page!("<", "desc", " and sandbox");
const SANDBOX_BY_STATUS: &str = page!("<", "desc", " and sandbox and status = $4");

/// What is going on with a match, coarsely.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Live,
    Upcoming,
    Finished,
}

impl Status {
    /// The word in the table and in the API.
    fn word(self) -> &'static str {
        match self {
            Status::Live => "live",
            Status::Upcoming => "upcoming",
            Status::Finished => "finished",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Status::Live, Status::Upcoming, Status::Finished].into_iter().find(|it| it.word() == word)
    }
}

/// Whose list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Everything,
    SandboxOnly,
}

/// A match in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub row: MatchRow,
    pub status: Status,
    /// When it begins: announced, else its first day, else when it was announced at all.
    pub begins_ms: i64,
}

/// The place of a match in the lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub begins_ms: i64,
    pub id: String,
}

/// A page of at most `rows_max` matches after the one at `after`: the newest first, of those to come the next one.
pub async fn page(
    client: &Client<'_>,
    shown: Shown,
    status: Option<Status>,
    after: Option<&Place>,
    rows_max: u32,
) -> Result<Vec<Listed>, LogError> {
    let sql = match (shown, status) {
        (Shown::Everything, None) => ALL,
        (Shown::Everything, Some(Status::Upcoming)) => UPCOMING,
        (Shown::Everything, Some(_)) => BY_STATUS,
        (Shown::SandboxOnly, None) => SANDBOX,
        (Shown::SandboxOnly, Some(_)) => SANDBOX_BY_STATUS,
    };
    let (begins, id) = after.map(|it| (it.begins_ms, it.id.as_str())).unzip();
    let (rows_max, word) = (i64::from(rows_max), status.map(Status::word));
    let mut params: Vec<&(dyn store::types::ToSql + Sync)> = vec![&begins, &id, &rows_max];
    if word.is_some() {
        params.push(&word);
    }
    let rows = client.query(sql, &params).await?;
    rows.iter()
        .map(|row| {
            let (begins_ms, word): (i64, &str) = (row.get("begins_ms"), row.get("status"));
            let row = match_row(row)?;
            let unreadable = || LogError::Unreadable {
                match_id: row.id.clone(),
                seq: 0,
                reason: format!("unknown status {word}"),
            };
            let status = Status::of(word).ok_or_else(unreadable)?;
            Ok(Listed { status, begins_ms, row })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::log::MIGRATIONS;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared_on_a_migrated_database() {
        let database = TestStore::new(&[MIGRATIONS]).await;
        let prepared = database.store().read("prepare", async |client| {
            for sql in [ALL, BY_STATUS, UPCOMING, SANDBOX, SANDBOX_BY_STATUS] {
                client.prepare(sql).await?;
            }
            Ok::<_, store::Error>(())
        });
        prepared.await.expect("each is SQL that fits the tables");
    }
}
