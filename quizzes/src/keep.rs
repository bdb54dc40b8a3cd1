//! What is kept of fans, for how long, and forgetting one.

use crate::error::Error;
use crate::score;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::{At, Transaction};

/// Days that an answer is kept, and that it is known by which device it came.
pub const ANSWER_DAYS: i64 = 400;
pub const DEVICE_DAYS: i64 = 30;
/// Answers that one transaction deletes.
const SOME: i64 = 5_000;

const DELETE: &str = "
    delete from quizzes.answer a using (
        select a.question, a.fan_id from quizzes.answer a join quizzes.question q on q.number = a.question
        where a.accepted_at < $1 and q.state in ('settled', 'void') limit $2) old
    where a.question = old.question and a.fan_id = old.fan_id";
// Of two months, so that what was done before is not looked at each night for ever.
const FORGET_DEVICES: &str = "
    update quizzes.answer a set device = null from (
        select question, fan_id from quizzes.answer
        where device is not null and accepted_at < $1 and accepted_at >= $1 - interval '60 days' limit $2) old
    where a.question = old.question and a.fan_id = old.fan_id";
const FORGET_HELD: &str = "delete from quizzes.held_device where held_at < $1";

/// What was deleted, and whether there may be more.
pub(crate) struct Swept {
    pub(crate) deleted: u64,
    pub(crate) is_last: bool,
}

/// Deletes some of what is kept no longer. Points and tallies stay: they say of nobody what was chosen.
///
/// Whom a device held stays unranked only as long as it is known who shared it.
pub(crate) async fn sweep_some(tx: &Transaction<'_>, now: Timestamp) -> Result<Swept, Error> {
    let before = |days: i64| At::after(now, -SignedDuration::from_hours(24 * days));
    let deleted = tx.execute(DELETE, &[&before(ANSWER_DAYS), &SOME]).await?;
    let forgotten = tx.execute(FORGET_DEVICES, &[&before(DEVICE_DAYS), &SOME]).await?;
    tx.execute(FORGET_HELD, &[&before(ANSWER_DAYS)]).await?;
    let is_last = deleted < SOME.unsigned_abs() && forgotten < SOME.unsigned_abs();
    Ok(Swept { deleted, is_last })
}

const QUESTIONS: &str = "
    select number from quizzes.question where number in (select question from quizzes.answer where fan_id = $1)
    order by number for update";
const ANSWERS: &str = "
    delete from quizzes.answer where fan_id = $1 returning question, choice, is_late";
const UNCOUNT: &str = "
    update quizzes.tally t set fans = t.fans - 1
    from unnest($1::bigint[], $2::text[]) as it (question, choice)
    where t.question = it.question and t.choice = it.choice";
const BOARDS: &str = "select distinct board from quizzes.score where fan_id = $1";
const SCORES: &str = "delete from quizzes.score where fan_id = $1 returning board, points, is_ranked";
const STREAKS: &str = "delete from quizzes.streak where fan_id = $1";
const PERFECTS: &str = "delete from quizzes.perfect where fan_id = $1";
const HANDLE: &str = "delete from quizzes.fan where fan_id = $1";

/// Forgets a fan: answers, which are counted no longer, points, streaks and handle. What the fan has earned is the wallet's to forget.
pub async fn forget(tx: &Transaction<'_>, fan_id: &str) -> Result<(), Error> {
    // Questions before boards, as who answers and who settles.
    tx.query(QUESTIONS, &[&fan_id]).await?;
    let boards = tx.query(BOARDS, &[&fan_id]).await?;
    let boards: Vec<i64> = boards.iter().map(|row| row.get("board")).collect();
    score::lock_numbers(tx, &boards).await?;
    let answers = tx.query(ANSWERS, &[&fan_id]).await?;
    let counted = answers.iter().filter(|row| !row.get::<_, bool>("is_late"));
    let (questions, choices): (Vec<i64>, Vec<&str>) =
        counted.map(|row| (row.get::<_, i64>("question"), row.get::<_, &str>("choice"))).unzip();
    tx.execute(UNCOUNT, &[&questions, &choices]).await?;
    for row in tx.query(SCORES, &[&fan_id]).await? {
        if row.get("is_ranked") {
            let by = BTreeMap::from([(row.get("points"), -1)]);
            score::level(tx, row.get("board"), &by).await?;
        }
    }
    for sql in [STREAKS, PERFECTS, HANDLE] {
        tx.execute(sql, &[&fan_id]).await?;
    }
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    DELETE,
    FORGET_DEVICES,
    FORGET_HELD,
    QUESTIONS,
    ANSWERS,
    UNCOUNT,
    BOARDS,
    SCORES,
    STREAKS,
    PERFECTS,
    HANDLE,
];
