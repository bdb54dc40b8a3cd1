//! Matches of the feed, as editors name them.

use cricket::Setup;
use std::collections::BTreeMap;
use store::{Client, Row};

/// A few more than are shown: a word may be one of the set-up's that nobody reads.
const READ_MAX: i64 = 40;

// Of the latest: nobody names a match of years ago without its id.
const LATEST: &str = "
    select id, setup from (
        select id, setup, begins_ms from server.match where not sandbox order by begins_ms desc, id collate \"C\" desc limit 2000
    ) latest where lower(setup) like all($1) order by begins_ms desc limit $2";
const THESE: &str = "select id, setup from server.match where id = any($1)";

/// The latest that have these words in what they are called: id and name, `limit` of them at most.
pub(super) async fn named(
    client: &Client<'_>,
    words: &str,
    limit: usize,
) -> Result<Vec<(String, String)>, store::Error> {
    let rows = client.query(LATEST, &[&store::like(words), &READ_MAX]).await?;
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let is_meant = |(_, name): &(String, String)| {
        let lower = name.to_lowercase();
        words.iter().all(|it| lower.contains(it.as_str()))
    };
    Ok(rows.iter().filter_map(read).filter(is_meant).take(limit).collect())
}

/// What these are called, by their ids.
pub(super) async fn names(
    client: &Client<'_>,
    ids: &[String],
) -> Result<BTreeMap<String, String>, store::Error> {
    Ok(client.query(THESE, &[&ids]).await?.iter().filter_map(read).collect())
}

/// "Home v Away, Asia Cup, 2026-11-30".
fn read(row: &Row) -> Option<(String, String)> {
    let setup: Setup = wire::decode(row.get("setup")).ok()?;
    let teams: Vec<&str> = setup.teams.iter().map(|it| it.name.as_str()).collect();
    let parts = [teams.join(" v "), setup.competition, setup.date];
    let name = parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", ");
    Some((row.get("id"), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(crate::role::MIGRATIONS).await;
        for sql in [LATEST, THESE] {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
