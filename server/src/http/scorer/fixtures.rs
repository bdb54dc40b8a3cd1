//! The matches that a scorer may choose from.

use crate::feed::log::LogError;
use crate::feed::summary::Summary;
use console::scorer::matches::{Fixture, Fixtures};
use cricket::{Setup, Side};
use store::{Client, Row};

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LIST];

/// Matches on the list: what is live comes first, and no club plays this many at once.
const ROWS_MAX: i64 = 100;

const LIST: &str = "
select id, phase, setup, summary from server.match
where organisation_id = $1 and not sandbox
order by phase = 'finished', changed_at_ms desc, id
limit $2";

/// An organisation's matches, those that changed last first.
pub(super) async fn list(client: &Client<'_>, organisation_id: &str) -> Result<Fixtures, LogError> {
    let mut fixtures = Fixtures::default();
    for row in client.query(LIST, &[&organisation_id, &ROWS_MAX]).await? {
        let phase: &str = row.get("phase");
        let list = match phase {
            "finished" => &mut fixtures.finished,
            "upcoming" => &mut fixtures.upcoming,
            _ => &mut fixtures.live,
        };
        list.push(fixture(&row)?);
    }
    Ok(fixtures)
}

fn fixture(row: &Row) -> Result<Fixture, LogError> {
    let id: String = row.get("id");
    let setup: Setup = wire::decode(row.get("setup")).map_err(|malformed| LogError::Unreadable {
        match_id: id.clone(),
        seq: 0,
        reason: malformed.to_string(),
    })?;
    let summary = Summary::from_json(row.get("summary"));
    let scores: Vec<String> =
        summary.scores.iter().map(|it| format!("{} ({})", it.score, it.overs)).collect();
    let place: Vec<&str> = [&setup.competition, &setup.venue, &setup.date]
        .into_iter()
        .map(String::as_str)
        .filter(|it| !it.is_empty())
        .collect();
    Ok(Fixture {
        teams: format!("{} v {}", setup.team(Side::Home).name, setup.team(Side::Away).name),
        place: place.join(" · "),
        score: scores.join(", "),
        id,
    })
}
