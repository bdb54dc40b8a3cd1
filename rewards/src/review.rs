//! What looks as if it were not a fan's doing, for people to look at: nothing is decided here.

use crate::error::Error;
use jiff::{SignedDuration, Timestamp};
use jobs::Job;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::{At, Client, Row, Transaction};
use wallet::Books;

/// Grants of a fan within an hour that are more than a match gives: an over of sixes is six.
pub const GRANTS_IN_HOUR_MAX: i64 = 120;
/// Fans of one device within a day: more than a family.
pub const FANS_OF_DEVICE_MAX: i64 = 5;
/// Fans that a signal names.
const FANS_MAX: i32 = 50;
/// Characters of a reviewer's note.
const NOTE_MAX: usize = 500;

/// Looks at what was earned lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookOver {}

impl Job for LookOver {
    const KIND: &'static str = "rewards.look-over";
}

/// What a signal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// A fan earns faster than people do.
    Velocity,
    /// Many fans have the same device.
    Device,
}

impl SignalKind {
    pub const fn word(self) -> &'static str {
        match self {
            SignalKind::Velocity => "velocity",
            SignalKind::Device => "device",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [SignalKind::Velocity, SignalKind::Device].into_iter().find(|it| it.word() == word)
    }
}

/// What people have decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has looked yet.
    Open,
    /// All is well.
    Cleared,
    /// Its fans earn nothing any more.
    Blocked,
}

impl Verdict {
    pub const ALL: [Verdict; 3] = [Verdict::Open, Verdict::Cleared, Verdict::Blocked];

    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Open => "open",
            Verdict::Cleared => "cleared",
            Verdict::Blocked => "blocked",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    pub number: i64,
    pub books: Books,
    pub kind: SignalKind,
    /// A fan, or a device's hash.
    pub subject: String,
    /// Grants in the hour, or fans in the day.
    pub count: i64,
    /// Some of those that it is about.
    pub fans: Vec<String>,
    pub verdict: Verdict,
    pub seen_at: Timestamp,
    pub reviewed_by: Option<String>,
    pub note: Option<String>,
}

// What was cleared today stays cleared today, unless it has doubled since.
const VELOCITY: &str = "
    insert into rewards.signal as s (books, kind, subject, day, count, fans, seen_at)
    select c.books, 'velocity', g.fan_id, $3, count(*), array[g.fan_id], $1
    from rewards.grant g join rewards.campaign c on c.id = g.campaign
    where g.earned_at > $2 and g.earned_at <= $1 group by c.books, g.fan_id having count(*) > $4
    on conflict (books, kind, subject, day) do update set count = excluded.count, seen_at = excluded.seen_at,
        state = case when s.state = 'cleared' then 'open' else s.state end,
        reviewed_by = case when s.state = 'cleared' then null else s.reviewed_by end,
        reviewed_at = case when s.state = 'cleared' then null else s.reviewed_at end
    where (s.state = 'open' and excluded.count > s.count) or (s.state = 'cleared' and excluded.count >= s.count * 2)";

const DEVICES: &str = "
    insert into rewards.signal as s (books, kind, subject, day, count, fans, seen_at)
    select t.books, 'device', t.device, $3, count(distinct t.fan_id), (array_agg(distinct t.fan_id))[1:$5::int], $1
    from rewards.trigger t
    where t.at > $2 and t.at <= $1 and t.device is not null and t.fan_id is not null
    group by t.books, t.device having count(distinct t.fan_id) > $4
    on conflict (books, kind, subject, day) do update set count = excluded.count, fans = excluded.fans, seen_at = excluded.seen_at,
        state = case when s.state = 'cleared' then 'open' else s.state end,
        reviewed_by = case when s.state = 'cleared' then null else s.reviewed_by end,
        reviewed_at = case when s.state = 'cleared' then null else s.reviewed_at end
    where (s.state = 'open' and excluded.count > s.count) or (s.state = 'cleared' and excluded.count >= s.count * 2)";

/// Looks for fans who earn faster than people do within the hour, and for devices with too many fans within the day; answers how many signals
/// there are more to look at, or that have grown.
pub async fn look_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    let day = crate::decide::day_of(now);
    let hour = now - SignedDuration::from_hours(1);
    let velocity = tx.execute(VELOCITY, &[&At(now), &At(hour), &day, &GRANTS_IN_HOUR_MAX]).await?;
    let since = now - SignedDuration::from_hours(24);
    let params: store::Params<'_> = &[&At(now), &At(since), &day, &FANS_OF_DEVICE_MAX, &FANS_MAX];
    Ok(velocity + tx.execute(DEVICES, params).await?)
}

const LIST: &str = "
    select number, books, kind, subject, count, fans, state, seen_at, reviewed_by, note from rewards.signal
    where books = $1 and state = $2 and number < $3 order by number desc limit $4";

/// Signals, the newest first, from before a number.
pub async fn list(
    client: &Client<'_>,
    books: Books,
    verdict: Verdict,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Signal>, Error> {
    let before = before.unwrap_or(i64::MAX);
    let rows = client.query(LIST, &[&books.word(), &verdict.word(), &before, &limit]).await?;
    rows.iter().map(read).collect()
}

const FIND: &str = "
    select number, books, kind, subject, count, fans, state, seen_at, reviewed_by, note from rewards.signal
    where number = $1 and books = $2";

pub async fn find(client: &Client<'_>, books: Books, number: i64) -> Result<Option<Signal>, Error> {
    let row = client.query_opt(FIND, &[&number, &books.word()]).await?;
    row.as_ref().map(read).transpose()
}

const LOCK: &str = "
    select number, books, kind, subject, count, fans, state, seen_at, reviewed_by, note from rewards.signal
    where number = $1 for update";
const DECIDE: &str = "
    update rewards.signal set state = $2, reviewed_by = $3, reviewed_at = $4, note = $5 where number = $1";
const BLOCK: &str = "
    insert into rewards.fan (fan_id, blocked_at) select unnest($1::text[]), $2
    on conflict (fan_id) do update set blocked_at = coalesce(rewards.fan.blocked_at, excluded.blocked_at)";
const UNBLOCK: &str = "
    update rewards.fan f set blocked_at = null where f.fan_id = any($1) and not exists (
        select 1 from rewards.signal s where s.state = 'blocked' and s.number <> $2 and f.fan_id = any(s.fans))";

/// Notes what somebody has decided of a signal: its fans earn nothing from now on, or, unless another signal says so, earn again. Decided anew as
/// often as it takes.
pub async fn decide(
    tx: &Transaction<'_>,
    number: i64,
    verdict: Verdict,
    (by, note): (&str, &str),
    now: Timestamp,
) -> Result<Signal, Error> {
    if note.chars().count() > NOTE_MAX {
        return Err(Error::Text { what: "a note", max: NOTE_MAX });
    }
    let row = tx.query_opt(LOCK, &[&number]).await?.ok_or(Error::UnknownSignal { number })?;
    let signal = read(&row)?;
    let (by, at, note) = match verdict {
        Verdict::Open => (None, None, None),
        _ => (Some(by), Some(At(now)), Some(note)),
    };
    tx.execute(DECIDE, &[&number, &verdict.word(), &by, &at, &note]).await?;
    match verdict {
        Verdict::Blocked => tx.execute(BLOCK, &[&signal.fans, &At(now)]).await?,
        Verdict::Open | Verdict::Cleared => tx.execute(UNBLOCK, &[&signal.fans, &number]).await?,
    };
    let (reviewed_by, note) = (by.map(str::to_owned), note.map(str::to_owned));
    Ok(Signal { verdict, reviewed_by, note, ..signal })
}

const BLOCKED: &str = "select fan_id from rewards.fan where fan_id = any($1) and blocked_at is not null";

/// Those of these fans whom somebody has blocked.
pub async fn blocked_among(client: &Client<'_>, fans: &[&str]) -> Result<BTreeSet<String>, Error> {
    let rows = client.query(BLOCKED, &[&fans]).await?;
    Ok(rows.iter().map(|row| row.get("fan_id")).collect())
}

fn read(row: &Row) -> Result<Signal, Error> {
    let number: i64 = row.get("number");
    let unreadable = |column| Error::Unreadable { what: format!("signal {number}"), column };
    Ok(Signal {
        number,
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        kind: SignalKind::of(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        subject: row.get("subject"),
        count: row.get("count"),
        fans: row.get("fans"),
        verdict: Verdict::of(row.get("state")).ok_or_else(|| unreadable("state"))?,
        seen_at: row.get::<_, At>("seen_at").0,
        reviewed_by: row.get("reviewed_by"),
        note: row.get("note"),
    })
}

const TIERS: &str = "select name, from_units from rewards.tier where books = $1 order by from_units";
const FORGET_TIERS: &str = "delete from rewards.tier where books = $1";
const TIER: &str = "insert into rewards.tier (books, name, from_units) values ($1, $2, $3)";
/// Tiers that there may be.
const TIERS_MAX: usize = 10;

/// Tiers by what a fan has earned so far, the lowest first.
pub async fn tiers(client: &Client<'_>, books: Books) -> Result<Vec<(String, i64)>, Error> {
    let rows = client.query(TIERS, &[&books.word()]).await?;
    Ok(rows.iter().map(|row| (row.get("name"), row.get("from_units"))).collect())
}

/// Sets what tiers there are.
pub async fn set_tiers(tx: &Transaction<'_>, books: Books, tiers: &[(String, i64)]) -> Result<(), Error> {
    if tiers.len() > TIERS_MAX {
        return Err(Error::Terms { what: "there are ten tiers at most" });
    }
    let mut sorted = tiers.to_vec();
    sorted.sort_by_key(|it| it.1);
    let is_good = sorted.iter().all(|it| it.1 > 0) && sorted.windows(2).all(|pair| pair[0].1 < pair[1].1);
    let mut names: Vec<&str> = sorted.iter().map(|it| it.0.as_str()).collect();
    names.sort_unstable();
    if !is_good || names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::Terms { what: "a tier has a name and a number of its own, of 1 or more" });
    }
    tx.execute(FORGET_TIERS, &[&books.word()]).await?;
    for (name, units) in &sorted {
        crate::campaign::check_word(name)?;
        tx.execute(TIER, &[&books.word(), name, units]).await?;
    }
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[VELOCITY, DEVICES, LIST, FIND, LOCK, DECIDE, BLOCK, UNBLOCK, BLOCKED, TIERS, FORGET_TIERS, TIER];
