//! Who is ranked: not who is blocked, nor who has answered by a device with more fans than a family has, until somebody has looked at it.
//! What they have is counted, and they see it.

use crate::error::Error;
use crate::score;
use crate::work::{Rank, wish};
use jiff::Timestamp;
use rewards::review::{self, FANS_OF_DEVICE_MAX, Signal, SignalKind, Verdict};
use std::collections::{BTreeMap, HashSet};
use store::{At, Client, Transaction};

/// Fans that one job looks at.
const FANS_MAX: usize = 5_000;

const HOLD: &str = "
    insert into quizzes.held_device (device, day, held_at)
    select a.device, floor(extract(epoch from a.accepted_at) / 86400)::int, $2 from quizzes.answer a
    where a.device = any($1) group by 1, 2 having count(distinct a.fan_id) > $3
    on conflict do nothing returning device";

// A day of UTC.
const HELD: &str = "
    select distinct a.fan_id from quizzes.answer a
    join quizzes.held_device h on h.device = a.device and h.cleared_at is null
        and h.day = floor(extract(epoch from a.accepted_at) / 86400)::int
    where a.fan_id = any($1)";

const OF_DEVICES: &str = "
    select distinct fan_id from quizzes.answer where device = any($1) order by fan_id limit $2";

const CLEAR: &str = "update quizzes.held_device set cleared_at = $2 where device = $1 and cleared_at is null";
const HOLD_AGAIN: &str = "update quizzes.held_device set cleared_at = null where device = $1";

const BOARDS: &str = "select distinct board from quizzes.score where fan_id = any($1)";
const SCORES: &str = "
    select board, fan_id, points, is_ranked from quizzes.score where fan_id = any($1) order by board, fan_id";
const SET: &str = "
    update quizzes.score s set is_ranked = it.is_ranked
    from unnest($2::text[], $3::boolean[]) as it (fan_id, is_ranked) where s.board = $1 and s.fan_id = it.fan_id";

/// Notes which of these devices have too many fans on a day, and were not noted for it; answers them.
pub(crate) async fn hold_devices(
    tx: &Transaction<'_>,
    devices: &[&str],
    now: Timestamp,
) -> Result<Vec<String>, Error> {
    if devices.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(HOLD, &[&devices, &At(now), &FANS_OF_DEVICE_MAX]).await?;
    Ok(rows.iter().map(|row| row.get("device")).collect())
}

/// Has the fans of these devices looked at anew.
pub(crate) async fn of_devices(tx: &Transaction<'_>, devices: &[String]) -> Result<Rank, Error> {
    let rows = tx.query(OF_DEVICES, &[&devices, &(FANS_MAX as i64)]).await?;
    Ok(Rank { fans: rows.iter().map(|row| row.get("fan_id")).collect() })
}

/// Those of these fans who are not ranked.
pub(crate) async fn unranked_among(client: &Client<'_>, fans: &[&str]) -> Result<HashSet<String>, Error> {
    let blocked = review::blocked_among(client, fans).await?;
    let held = client.query(HELD, &[&fans]).await?;
    Ok(blocked.into_iter().chain(held.iter().map(|row| row.get("fan_id"))).collect())
}

/// Takes in what somebody has decided of a signal: in the transaction of [`review::decide`], with what that answers.
pub async fn reviewed(tx: &Transaction<'_>, signal: &Signal, now: Timestamp) -> Result<(), Error> {
    let mut fans: Vec<String> = signal.fans.clone();
    if signal.kind == SignalKind::Device {
        match signal.verdict {
            Verdict::Cleared => tx.execute(CLEAR, &[&signal.subject, &At(now)]).await?,
            Verdict::Open | Verdict::Blocked => tx.execute(HOLD_AGAIN, &[&signal.subject]).await?,
        };
        fans.extend(of_devices(tx, std::slice::from_ref(&signal.subject)).await?.fans);
    }
    fans.sort_unstable();
    fans.dedup();
    jobs::enqueue(tx, &Rank { fans }, &wish()).await?;
    Ok(())
}

/// Sets anew whether these fans are ranked, on all boards that they are on.
pub(crate) async fn rank_again(tx: &Transaction<'_>, fans: &[String]) -> Result<(), Error> {
    let boards = tx.query(BOARDS, &[&fans]).await?;
    let boards: Vec<i64> = boards.iter().map(|row| row.get("board")).collect();
    score::lock_numbers(tx, &boards).await?;
    let fans: Vec<&str> = fans.iter().map(String::as_str).collect();
    let unranked = unranked_among(tx, &fans).await?;
    let mut changed: BTreeMap<i64, Vec<(String, i32, bool)>> = BTreeMap::new();
    for row in tx.query(SCORES, &[&fans]).await? {
        let fan_id: String = row.get("fan_id");
        let is_ranked = !unranked.contains(&fan_id);
        if row.get::<_, bool>("is_ranked") != is_ranked {
            changed.entry(row.get("board")).or_default().push((fan_id, row.get("points"), is_ranked));
        }
    }
    for (board, all) in changed {
        let mut levels: BTreeMap<i32, i64> = BTreeMap::new();
        for (_, points, is_ranked) in &all {
            *levels.entry(*points).or_default() += if *is_ranked { 1 } else { -1 };
        }
        let fans: Vec<&str> = all.iter().map(|it| it.0.as_str()).collect();
        let flags: Vec<bool> = all.iter().map(|it| it.2).collect();
        tx.execute(SET, &[&board, &fans, &flags]).await?;
        score::level(tx, board, &levels).await?;
    }
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[HOLD, HELD, OF_DEVICES, CLEAR, HOLD_AGAIN, BOARDS, SCORES, SET];
