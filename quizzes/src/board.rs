//! Boards as they are read. Who has the same points has the same rank, and the next one's rank counts all before it: 1, 2, 2, 4. Speed decides
//! nothing, for programs are quick.

use crate::error::Error;
use crate::score::{self, Board};
use rewards::review;
use std::collections::HashMap;
use store::{Client, Row};

#[cfg(test)]
mod tests;

/// Lines of a page, and one more that tells whether it goes on.
pub const PAGE_MAX: i64 = 101;
/// Lines before and after a fan's own.
pub const AROUND_MAX: i64 = 10;

/// A line of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1; none where the fan is not ranked.
    pub rank: Option<i64>,
    pub fan_id: String,
    /// What the fan is called there; most have picked nothing.
    pub handle: Option<String>,
    pub points: i32,
    pub answered: i32,
    pub right: i32,
}

/// After which line a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub points: i32,
    pub fan_id: String,
}

/// A fan's own line, and those beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    pub above: Vec<Line>,
    pub own: Line,
    pub below: Vec<Line>,
    /// How many are ranked.
    pub ranked: i64,
}

const TOP: &str = "
    select fan_id, points, answered, is_right from quizzes.score
    where board = $1 and is_ranked and (behind, fan_id) > ($2, $3) order by behind, fan_id limit $4";

const ABOVE: &str = "
    select fan_id, points, answered, is_right from quizzes.score
    where board = $1 and is_ranked and (behind, fan_id) < ($2, $3) order by behind desc, fan_id desc limit $4";

const OWN: &str = "
    select fan_id, points, answered, is_right, is_ranked from quizzes.score where board = $1 and fan_id = $2";

// A row for each number of points that somebody has, however many have them.
const BETTER: &str = "
    select points, better from (
        select points, (sum(fans) over (order by points desc) - fans)::bigint as better from quizzes.level where board = $1) as l
    where points = any($2)";

const RANKED: &str = "select coalesce(sum(fans), 0)::bigint as ranked from quizzes.level where board = $1";

const HANDLES: &str = "select fan_id, handle from quizzes.fan where fan_id = any($1)";

/// The best of a board, or those after a line. Who was blocked a moment ago is left out, and has a rank until that is noted.
pub async fn page(
    client: &Client<'_>,
    board: &Board,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let Some(number) = score::find(client, board).await? else { return Ok(Vec::new()) };
    let (behind, fan_id) = after.map_or((i32::MIN, ""), |it| (-it.points, it.fan_id.as_str()));
    let rows = client.query(TOP, &[&number, &behind, &fan_id, &limit.clamp(1, PAGE_MAX)]).await?;
    let lines = lines_from(client, number, &rows).await?;
    let fans: Vec<&str> = lines.iter().map(|it| it.fan_id.as_str()).collect();
    let blocked = review::blocked_among(client, &fans).await?;
    Ok(lines.into_iter().filter(|it| !blocked.contains(&it.fan_id)).collect())
}

/// A fan's own line with those beside it, in seven statements however many there are; none where the fan has nothing there. Who is not
/// ranked sees itself, and nobody beside.
pub async fn around(
    client: &Client<'_>,
    board: &Board,
    fan_id: &str,
    lines: i64,
) -> Result<Option<Around>, Error> {
    let Some(number) = score::find(client, board).await? else { return Ok(None) };
    let Some(own) = client.query_opt(OWN, &[&number, &fan_id]).await? else { return Ok(None) };
    let points: i32 = own.get("points");
    let is_ranked: bool = own.get("is_ranked");
    let (mut rows, mut above) = (Vec::new(), 0);
    if is_ranked {
        let params: store::Params<'_> = &[&number, &-points, &fan_id, &lines.clamp(1, AROUND_MAX)];
        rows = client.query(ABOVE, params).await?;
        rows.reverse();
        above = rows.len();
        rows.push(own);
        rows.extend(client.query(TOP, params).await?);
    } else {
        rows.push(own);
    }
    let ranked = client.query_one(RANKED, &[&number]).await?.get("ranked");
    let mut lines = lines_from(client, number, &rows).await?;
    let below = lines.split_off(above + 1);
    let Some(own) = lines.pop() else { return Ok(None) };
    let own = Line { rank: own.rank.filter(|_| is_ranked), ..own };
    Ok(Some(Around { above: lines, own, below, ranked }))
}

/// With how many are better than each, and what each is called.
async fn lines_from(client: &Client<'_>, board: i64, rows: &[Row]) -> Result<Vec<Line>, Error> {
    let mut points: Vec<i32> = rows.iter().map(|row| row.get("points")).collect();
    points.dedup();
    let better = client.query(BETTER, &[&board, &points]).await?;
    let better: HashMap<i32, i64> = better.iter().map(|row| (row.get("points"), row.get("better"))).collect();
    let fans: Vec<&str> = rows.iter().map(|row| row.get("fan_id")).collect();
    let handles = client.query(HANDLES, &[&fans]).await?;
    let handles: HashMap<&str, &str> =
        handles.iter().map(|row| (row.get("fan_id"), row.get("handle"))).collect();
    let line = |row: &Row| {
        let (fan_id, points): (&str, i32) = (row.get("fan_id"), row.get("points"));
        Line {
            rank: better.get(&points).map(|it| it + 1),
            fan_id: fan_id.to_owned(),
            handle: handles.get(fan_id).map(|it| (*it).to_owned()),
            points,
            answered: row.get("answered"),
            right: row.get("is_right"),
        }
    };
    Ok(rows.iter().map(line).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[TOP, ABOVE, OWN, BETTER, RANKED, HANDLES];
