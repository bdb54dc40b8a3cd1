//! Time that fans watch: counted here, so that nobody watches more than a minute a minute.

use crate::error::Error;
use crate::inbox::{Heard, Told, hear};
use crate::trigger::{Fact, Source, Trigger};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::{At, Transaction};
use wallet::Books;

/// Two minutes are so far apart at least: windows beat once a minute, and not to the second.
const APART: SignedDuration = SignedDuration::from_secs(50);
/// Each so many minutes of a match are a trigger.
pub const MINUTES: i32 = 10;
/// What is counted of a match at most: five days of it.
const MINUTES_MAX: i32 = 5 * 8 * 60;

/// Who watches, and what.
#[derive(Clone, Copy, Debug)]
pub struct Watching<'a> {
    pub books: Books,
    pub fan_id: &'a str,
    pub match_id: &'a str,
    pub device: Option<&'a str>,
    /// Of the place, by whole names: `place.country`.
    pub facts: &'a BTreeMap<String, Fact>,
}

/// What a beat comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Of this match so far.
    pub minutes: i32,
    /// None where it was too soon after the last: of this match or another.
    pub heard: Option<Heard>,
}

const OPEN: &str = "insert into rewards.fan (fan_id) values ($1) on conflict do nothing";
const LOCK: &str = "select watched_at from rewards.fan where fan_id = $1 for update";
const BEAT: &str = "update rewards.fan set watched_at = $2 where fan_id = $1";
const COUNT: &str = "
    insert into rewards.watched as w (fan_id, match_id, minutes) values ($1, $2, 1)
    on conflict (fan_id, match_id) do update set minutes = least(w.minutes + 1, $3) returning minutes";
const SO_FAR: &str = "select minutes from rewards.watched where fan_id = $1 and match_id = $2";

/// A fan is watching still, as a window says about once a minute. Each [`MINUTES`] it is a trigger `watched`, with the minutes so far.
pub async fn watched(
    tx: &Transaction<'_>,
    watching: &Watching<'_>,
    now: Timestamp,
) -> Result<Watched, Error> {
    let Watching { books, fan_id, match_id, device, facts } = *watching;
    tx.execute(OPEN, &[&fan_id]).await?;
    let row = tx.query_one(LOCK, &[&fan_id]).await?;
    let last = row.get::<_, Option<At>>("watched_at").map(|it| it.0);
    if last.is_some_and(|last| now < last + APART) {
        let row = tx.query_opt(SO_FAR, &[&fan_id, &match_id]).await?;
        return Ok(Watched { minutes: row.map_or(0, |it| it.get("minutes")), heard: None });
    }
    tx.execute(BEAT, &[&fan_id, &At(now)]).await?;
    let minutes: i32 = tx.query_one(COUNT, &[&fan_id, &match_id, &MINUTES_MAX]).await?.get("minutes");
    if minutes % MINUTES != 0 {
        return Ok(Watched { minutes, heard: None });
    }
    let mut facts = facts.clone();
    facts.insert("minutes".to_owned(), Fact::Number(i64::from(minutes)));
    let trigger = Trigger {
        source: Source::Watch,
        id: format!("{fan_id}/{match_id}/{minutes}"),
        kind: "watched".to_owned(),
        at: now,
        facts,
    };
    let (fan_id, match_id) = (Some(fan_id), Some(match_id));
    let told = Told { trigger: &trigger, books, scope: "", fan_id, match_id, device };
    Ok(Watched { minutes, heard: Some(hear(tx, &told, now).await?) })
}

/// A fan is here today: a trigger `check-in`, once a day of UTC.
pub async fn check_in(
    tx: &Transaction<'_>,
    (books, fan_id): (Books, &str),
    device: Option<&str>,
    facts: &BTreeMap<String, Fact>,
    now: Timestamp,
) -> Result<Heard, Error> {
    let trigger = Trigger {
        source: Source::CheckIn,
        id: format!("{fan_id}/{}", crate::decide::day_of(now)),
        kind: "check-in".to_owned(),
        at: now,
        facts: facts.clone(),
    };
    let told = Told { trigger: &trigger, books, scope: "", fan_id: Some(fan_id), match_id: None, device };
    hear(tx, &told, now).await
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OPEN, LOCK, BEAT, COUNT, SO_FAR];
