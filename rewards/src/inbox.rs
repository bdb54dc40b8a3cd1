//! What is told of: each trigger once, and who follows a match.

use crate::error::Error;
use crate::trigger::{Fact, Source, Trigger};
use crate::work::{Judge, QUEUE, Spread, TakeBack};
use jiff::Timestamp;
use jobs::Wish;
use std::collections::BTreeMap;
use store::{At, Client, Row, Transaction};
use wallet::Books;

/// Characters of a source's id of a trigger, of a kind, and of what else names something.
const TEXT_MAX: usize = 200;

/// A trigger, with whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub trigger: &'a Trigger,
    pub books: Books,
    /// Whose ids the trigger's is one of: an organisation, or nothing for the house's own sources.
    pub scope: &'a str,
    /// `fan_…`; nobody's is of all who follow the match.
    pub fan_id: Option<&'a str>,
    pub match_id: Option<&'a str>,
    /// A hash of the device that it was done with.
    pub device: Option<&'a str>,
}

/// Whether it was heard of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Now,
    Before,
}

const HEAR: &str = "
    insert into rewards.trigger (books, source, scope, id, kind, fan_id, match_id, device, at, facts, heard_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11)
    on conflict (books, source, scope, id) do nothing returning number";

/// Takes a trigger into the caller's transaction, to be judged when that is committed: once for what its source calls it.
pub async fn hear(tx: &Transaction<'_>, told: &Told<'_>, now: Timestamp) -> Result<Heard, Error> {
    let facts = checked(told)?;
    let Trigger { source, id, kind, at, .. } = told.trigger;
    let params: store::Params<'_> = &[
        &told.books.word(),
        &source.word(),
        &told.scope,
        id,
        kind,
        &told.fan_id,
        &told.match_id,
        &told.device,
        &At(*at),
        &facts,
        &At(now),
    ];
    let Some(row) = tx.query_opt(HEAR, params).await? else { return Ok(Heard::Before) };
    let trigger: i64 = row.get("number");
    let wish = Wish { queue: QUEUE, ..Wish::default() };
    match told.fan_id {
        Some(fan_id) => jobs::enqueue(tx, &Judge { trigger, fan_id: fan_id.to_owned() }, &wish).await?,
        None => jobs::enqueue(tx, &Spread { trigger, after: String::new() }, &wish).await?,
    };
    Ok(Heard::Now)
}

/// Refuses what cannot be kept; answers its facts as JSON.
fn checked(told: &Told<'_>) -> Result<String, Error> {
    if told.fan_id.is_none() && told.match_id.is_none() {
        return Err(Error::OfNobody);
    }
    let Trigger { id, kind, facts, .. } = told.trigger;
    for (what, text) in [("a trigger's id", id), ("a trigger's kind", kind)] {
        if !(1..=TEXT_MAX).contains(&text.chars().count()) {
            return Err(Error::Text { what, max: TEXT_MAX });
        }
    }
    serde_json::to_string(facts).map_err(|_| Error::Unreadable { what: id.clone(), column: "facts" })
}

const HEAR_ALL: &str = "
    insert into rewards.trigger (books, source, scope, id, kind, fan_id, match_id, device, at, facts, heard_at)
    select it.books, it.source, it.scope, it.id, it.kind, it.fan_id, it.match_id, it.device, it.at, it.facts::jsonb, $11
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::timestamptz[], $10::text[])
        as it (books, source, scope, id, kind, fan_id, match_id, device, at, facts)
    on conflict (books, source, scope, id) do nothing returning number, fan_id";

/// Takes many triggers, each of a fan, into the caller's transaction with two statements; answers how many were not heard of before.
pub async fn hear_all(tx: &Transaction<'_>, all: &[Told<'_>], now: Timestamp) -> Result<usize, Error> {
    if all.is_empty() {
        return Ok(0);
    }
    if all.iter().any(|it| it.fan_id.is_none()) {
        return Err(Error::OfNobody);
    }
    let facts = all.iter().map(checked).collect::<Result<Vec<String>, Error>>()?;
    let books: Vec<&str> = all.iter().map(|it| it.books.word()).collect();
    let sources: Vec<&str> = all.iter().map(|it| it.trigger.source.word()).collect();
    let scopes: Vec<&str> = all.iter().map(|it| it.scope).collect();
    let ids: Vec<&str> = all.iter().map(|it| it.trigger.id.as_str()).collect();
    let kinds: Vec<&str> = all.iter().map(|it| it.trigger.kind.as_str()).collect();
    let fans: Vec<Option<&str>> = all.iter().map(|it| it.fan_id).collect();
    let matches: Vec<Option<&str>> = all.iter().map(|it| it.match_id).collect();
    let devices: Vec<Option<&str>> = all.iter().map(|it| it.device).collect();
    let ats: Vec<At> = all.iter().map(|it| At(it.trigger.at)).collect();
    let params: store::Params<'_> =
        &[&books, &sources, &scopes, &ids, &kinds, &fans, &matches, &devices, &ats, &facts, &At(now)];
    let rows = tx.query(HEAR_ALL, params).await?;
    let judge = |row: &Row| Judge { trigger: row.get("number"), fan_id: row.get("fan_id") };
    let jobs: Vec<Judge> = rows.iter().map(judge).collect();
    jobs::enqueue_all(tx, &jobs, &Wish { queue: QUEUE, ..Wish::default() }).await?;
    Ok(jobs.len())
}

const UNHEAR: &str = "
    update rewards.trigger set taken_back_at = $5
    where books = $1 and source = $2 and scope = $3 and id = $4 and taken_back_at is null returning number";

/// What a source has told of did not happen: an umpire has changed his mind. What was paid for it is taken back, when the caller's transaction is
/// committed, as far as it is there still. `Before` where that was said before, or nothing was told of it.
pub async fn take_back(
    tx: &Transaction<'_>,
    books: Books,
    source: Source,
    (scope, id): (&str, &str),
    now: Timestamp,
) -> Result<Heard, Error> {
    let params: store::Params<'_> = &[&books.word(), &source.word(), &scope, &id, &At(now)];
    let Some(row) = tx.query_opt(UNHEAR, params).await? else { return Ok(Heard::Before) };
    let job = TakeBack { trigger: row.get("number") };
    jobs::enqueue(tx, &job, &Wish { queue: QUEUE, ..Wish::default() }).await?;
    Ok(Heard::Now)
}

const UNHEAR_ALL: &str = "
    update rewards.trigger set taken_back_at = $5
    where books = $1 and source = $2 and scope = $3 and id = any($4) and taken_back_at is null returning number";

/// Does so for many of one source; answers how many that were.
pub async fn take_back_all(
    tx: &Transaction<'_>,
    books: Books,
    source: Source,
    (scope, ids): (&str, &[String]),
    now: Timestamp,
) -> Result<usize, Error> {
    if ids.is_empty() {
        return Ok(0);
    }
    let rows = tx.query(UNHEAR_ALL, &[&books.word(), &source.word(), &scope, &ids, &At(now)]).await?;
    let jobs: Vec<TakeBack> = rows.iter().map(|row| TakeBack { trigger: row.get("number") }).collect();
    jobs::enqueue_all(tx, &jobs, &Wish { queue: QUEUE, ..Wish::default() }).await?;
    Ok(jobs.len())
}

/// A trigger as it was told.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) trigger: Trigger,
    pub(crate) books: Books,
    pub(crate) scope: String,
    pub(crate) match_id: Option<String>,
    pub(crate) device: Option<String>,
}

const FIND: &str = "
    select books, source, scope, id, kind, match_id, device, at, facts::text as facts
    from rewards.trigger where number = $1";

pub(crate) async fn find(client: &Client<'_>, number: i64) -> Result<Kept, Error> {
    kept(&client.query_one(FIND, &[&number]).await?, number)
}

/// From a row with its columns.
pub(crate) fn kept(row: &Row, number: i64) -> Result<Kept, Error> {
    let unreadable = |column| Error::Unreadable { what: format!("trigger {number}"), column };
    let facts: Result<BTreeMap<String, Fact>, _> = serde_json::from_str(row.get("facts"));
    Ok(Kept {
        trigger: Trigger {
            source: Source::of(row.get("source")).ok_or_else(|| unreadable("source"))?,
            id: row.get("id"),
            kind: row.get("kind"),
            at: row.get::<_, At>("at").0,
            facts: facts.map_err(|_| unreadable("facts"))?,
        },
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        scope: row.get("scope"),
        match_id: row.get("match_id"),
        device: row.get("device"),
    })
}

/// A trigger of a match, as its source calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfMatch {
    pub id: String,
    /// It was taken back.
    pub is_over: bool,
}

const OF_MATCH: &str = "
    select id, taken_back_at is not null as is_over from rewards.trigger
    where match_id = $1 and source = 'match' and books = $2";

/// What a match's log has told of so far.
pub async fn of_match(client: &Client<'_>, books: Books, match_id: &str) -> Result<Vec<OfMatch>, Error> {
    let rows = client.query(OF_MATCH, &[&match_id, &books.word()]).await?;
    Ok(rows.iter().map(|it| OfMatch { id: it.get("id"), is_over: it.get("is_over") }).collect())
}

const FOLLOW: &str = "
    insert into rewards.follower (match_id, fan_id, followed_at) values ($1, $2, $3) on conflict do nothing";
const LEAVE: &str = "delete from rewards.follower where match_id = $1 and fan_id = $2";

/// From now on what happens in the match is the fan's as well.
pub async fn follow(tx: &Transaction<'_>, match_id: &str, fan_id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(FOLLOW, &[&match_id, &fan_id, &At(now)]).await?;
    Ok(())
}

pub async fn leave(tx: &Transaction<'_>, match_id: &str, fan_id: &str) -> Result<(), Error> {
    tx.execute(LEAVE, &[&match_id, &fan_id]).await?;
    Ok(())
}

const IS_FOLLOWED: &str = "select exists (select 1 from rewards.follower where match_id = $1) as is_followed";

/// Whether anybody follows a match: what happens in another earns nobody anything, and need not be heard.
pub async fn is_followed(client: &Client<'_>, match_id: &str) -> Result<bool, Error> {
    Ok(client.query_one(IS_FOLLOWED, &[&match_id]).await?.get("is_followed"))
}

// Of the trigger's books: a test key's fans do not earn by a match in earnest. Who came after it happened was not there.
const FOLLOWERS: &str = "
    select f.fan_id from rewards.follower f
    join rewards.trigger t on t.number = $1 and t.match_id = f.match_id and f.followed_at <= t.at
    join wallet.holder h on h.fan_id = f.fan_id and h.books = t.books
    where f.fan_id > $2 order by f.fan_id limit $3";

/// The next of those who follow a trigger's match, by id.
pub(crate) async fn followers(
    client: &Client<'_>,
    trigger: i64,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let rows = client.query(FOLLOWERS, &[&trigger, &after, &limit]).await?;
    Ok(rows.iter().map(|it| it.get("fan_id")).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[HEAR, HEAR_ALL, UNHEAR, UNHEAR_ALL, FIND, OF_MATCH, IS_FOLLOWED, FOLLOW, LEAVE, FOLLOWERS];
