//! Points of boards, as they are written. How many are level is counted with them, so that a rank is a short sum.

use crate::error::Error;
use rewards::Books;
use std::collections::{BTreeMap, HashSet};
use store::{Client, Transaction};

/// A leaderboard. Those of tests are apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    pub books: Books,
    pub scope: Scope,
}

/// Whose points are on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of the quizzes on a match.
    Match(String),
    Series(String),
    /// Of all quizzes, by an organisation's own fans.
    Partner(String),
}

impl Board {
    fn columns(&self) -> (&'static str, &'static str, &str) {
        let (kind, name) = match &self.scope {
            Scope::Match(id) => ("match", id),
            Scope::Series(name) => ("series", name),
            Scope::Partner(id) => ("partner", id),
        };
        (self.books.word(), kind, name)
    }

    /// Whether what fans of an organisation do counts on it.
    pub(crate) fn has(&self, organisation_id: &str) -> bool {
        match &self.scope {
            Scope::Match(_) | Scope::Series(_) => true,
            Scope::Partner(own) => own == organisation_id,
        }
    }
}

/// What an answer gives a fan on a board; less than nothing where it is taken back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gain<'a> {
    pub(crate) fan_id: &'a str,
    pub(crate) points: i32,
    pub(crate) answered: i32,
    pub(crate) is_right: i32,
}

const OPEN: &str = "
    insert into quizzes.board (books, kind, name) values ($1, $2, $3) on conflict do nothing";
const FIND: &str = "select number from quizzes.board where books = $1 and kind = $2 and name = $3";
const LOCK: &str = "select number from quizzes.board where number = any($1) order by number for update";

// What a fan has on it already says whether it is ranked: that changes for all boards at once.
const ADD: &str = "
    insert into quizzes.score as s (board, fan_id, points, answered, is_right, is_ranked)
    select $1, it.* from unnest($2::text[], $3::int[], $4::int[], $5::int[], $6::boolean[]) as it
    on conflict (board, fan_id) do update set points = s.points + excluded.points, answered = s.answered + excluded.answered,
        is_right = s.is_right + excluded.is_right
    returning fan_id, points, is_ranked, (xmax = 0) as is_new";

const RAISE: &str = "
    update quizzes.level l set fans = l.fans + it.fans
    from unnest($2::int[], $3::bigint[]) as it (points, fans) where l.board = $1 and l.points = it.points returning l.points";
const LEVEL: &str = "
    insert into quizzes.level (board, points, fans) select $1, it.* from unnest($2::int[], $3::bigint[]) as it";

/// The number of a board; none where nobody has anything on it.
pub(crate) async fn find(client: &Client<'_>, board: &Board) -> Result<Option<i64>, Error> {
    let (books, kind, name) = board.columns();
    let row = client.query_opt(FIND, &[&books, &kind, &name]).await?;
    Ok(row.map(|row| row.get("number")))
}

/// Locks these boards, in one order, and opens them where they are new: who writes on a board is alone.
pub(crate) async fn lock(tx: &Transaction<'_>, boards: &[Board]) -> Result<Vec<(Board, i64)>, Error> {
    let mut all = Vec::with_capacity(boards.len());
    for board in boards {
        let (books, kind, name) = board.columns();
        let number = match find(tx, board).await? {
            Some(number) => number,
            None => {
                tx.execute(OPEN, &[&books, &kind, &name]).await?;
                tx.query_one(FIND, &[&books, &kind, &name]).await?.get("number")
            }
        };
        all.push((board.clone(), number));
    }
    lock_numbers(tx, &all.iter().map(|it| it.1).collect::<Vec<i64>>()).await?;
    Ok(all)
}

pub(crate) async fn lock_numbers(tx: &Transaction<'_>, numbers: &[i64]) -> Result<(), Error> {
    tx.query(LOCK, &[&numbers]).await?;
    Ok(())
}

/// Adds what is gained; the board is locked, and each fan is there once. Who is new on it is ranked unless among `unranked`.
pub(crate) async fn add(
    tx: &Transaction<'_>,
    board: i64,
    gains: &[Gain<'_>],
    unranked: &HashSet<String>,
) -> Result<(), Error> {
    if gains.is_empty() {
        return Ok(());
    }
    let fans: Vec<&str> = gains.iter().map(|it| it.fan_id).collect();
    let points: Vec<i32> = gains.iter().map(|it| it.points).collect();
    let answered: Vec<i32> = gains.iter().map(|it| it.answered).collect();
    let is_right: Vec<i32> = gains.iter().map(|it| it.is_right).collect();
    let is_ranked: Vec<bool> = gains.iter().map(|it| !unranked.contains(it.fan_id)).collect();
    let rows = tx.query(ADD, &[&board, &fans, &points, &answered, &is_right, &is_ranked]).await?;
    let gained: BTreeMap<&str, i32> = gains.iter().map(|it| (it.fan_id, it.points)).collect();
    let mut levels = BTreeMap::new();
    for row in rows.iter().filter(|row| row.get("is_ranked")) {
        let (fan_id, points): (&str, i32) = (row.get("fan_id"), row.get("points"));
        let is_new: bool = row.get("is_new");
        *levels.entry(points).or_default() += 1;
        if !is_new {
            *levels.entry(points - gained.get(fan_id).copied().unwrap_or_default()).or_default() -= 1;
        }
    }
    level(tx, board, &levels).await
}

/// Counts that so many more, or less, have these points.
pub(crate) async fn level(tx: &Transaction<'_>, board: i64, by: &BTreeMap<i32, i64>) -> Result<(), Error> {
    let by: BTreeMap<i32, i64> =
        by.iter().filter(|it| *it.1 != 0).map(|(points, fans)| (*points, *fans)).collect();
    if by.is_empty() {
        return Ok(());
    }
    let (points, fans): (Vec<i32>, Vec<i64>) = by.iter().unzip();
    let there = tx.query(RAISE, &[&board, &points, &fans]).await?;
    let there: HashSet<i32> = there.iter().map(|row| row.get("points")).collect();
    let (points, fans): (Vec<i32>, Vec<i64>) = by.iter().filter(|it| !there.contains(it.0)).unzip();
    tx.execute(LEVEL, &[&board, &points, &fans]).await?;
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OPEN, FIND, LOCK, ADD, RAISE, LEVEL];
