//! Campaigns, as they are kept: versions that are never changed, and which of them is live.

use crate::campaign::Campaign;
use crate::error::Error;
use crate::whose::Whose;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{At, Client, Row, Transaction};
use wallet::{Books, Made};

/// Characters of a campaign's name.
const NAME_MAX: usize = 120;
/// Campaigns of an organisation in one of the books, and those of them that are live at once: each trigger is judged by all of these.
const OF_ORGANISATION_MAX: i64 = 500;
const LIVE_MAX: i64 = 50;
/// Versions of a campaign.
const VERSIONS_OF_ONE_MAX: u32 = 1_000;
/// Versions that are kept in memory; all are read anew beyond.
const VERSIONS_MAX: usize = 1_000;

const MAKE: &str = "
    insert into rewards.campaign (id, books, organisation_id, name, made_at) values ($1, $2, $3, $4, $5)
    on conflict (id) do nothing";
const COUNT: &str = "
    select count(*) as campaigns, count(live_version) as live from rewards.campaign
    where books = $1 and organisation_id = $2 and id <> $3";

/// A new campaign without a version: of an organisation's fans, or of all.
pub async fn make(
    tx: &Transaction<'_>,
    books: Books,
    organisation_id: Option<&str>,
    name: &str,
    now: Timestamp,
) -> Result<String, Error> {
    let id = store::ids::new("cmp");
    make_as(tx, &id, books, organisation_id, name, now).await?;
    Ok(id)
}

/// The same under an id that was made before; does nothing where it is there.
pub async fn make_as(
    tx: &Transaction<'_>,
    id: &str,
    books: Books,
    organisation_id: Option<&str>,
    name: &str,
    now: Timestamp,
) -> Result<Made, Error> {
    if !(1..=NAME_MAX).contains(&name.chars().count()) {
        return Err(Error::Text { what: "a campaign's name", max: NAME_MAX });
    }
    if let Some(organisation) = organisation_id {
        let row = tx.query_one(COUNT, &[&books.word(), &organisation, &id]).await?;
        if row.get::<_, i64>("campaigns") >= OF_ORGANISATION_MAX {
            return Err(Error::TooMany { what: "campaigns of an organisation", max: OF_ORGANISATION_MAX });
        }
    }
    let params: store::Params<'_> = &[&id, &books.word(), &organisation_id, &name, &At(now)];
    Ok(if tx.execute(MAKE, params).await? == 1 { Made::Now } else { Made::Before })
}

const LOCK: &str = "
    select books, organisation_id, ended_at is not null as is_ended from rewards.campaign where id = $1 for update";
const LAST: &str = "select coalesce(max(version), 0) as version from rewards.version where campaign = $1";
const WRITE: &str = "
    insert into rewards.version (campaign, version, body, made_by, made_at) values ($1, $2, $3::text::jsonb, $4, $5)";

/// Lets nobody else write a version of a campaign, or put something into its budget, until the transaction ends.
pub async fn hold(tx: &Transaction<'_>, id: &str) -> Result<(), Error> {
    held(tx, id).await?;
    Ok(())
}

pub(crate) async fn held(tx: &Transaction<'_>, id: &str) -> Result<Row, Error> {
    tx.query_opt(LOCK, &[&id]).await?.ok_or_else(|| Error::UnknownCampaign { id: id.to_owned() })
}

/// The same of one that was not ended.
async fn hold_open(tx: &Transaction<'_>, id: &str) -> Result<Row, Error> {
    let row = held(tx, id).await?;
    if row.get("is_ended") { Err(Error::Ended { id: id.to_owned() }) } else { Ok(row) }
}

/// Writes the next version of a campaign, by its id, which is not live by that; answers its number. `by` is who has written it.
pub async fn write(
    tx: &Transaction<'_>,
    campaign: &Campaign,
    by: &str,
    now: Timestamp,
) -> Result<u32, Error> {
    campaign.check()?;
    let id = &campaign.id;
    hold_open(tx, id).await?;
    let last: i32 = tx.query_one(LAST, &[id]).await?.get("version");
    if last.unsigned_abs() >= VERSIONS_OF_ONE_MAX {
        return Err(Error::TooMany { what: "versions of a campaign", max: i64::from(VERSIONS_OF_ONE_MAX) });
    }
    let body = serde_json::to_string(&Campaign { version: last.unsigned_abs() + 1, ..campaign.clone() })
        .map_err(|_| Error::Unreadable { what: id.clone(), column: "body" })?;
    tx.execute(WRITE, &[id, &(last + 1), &body, &by, &At(now)]).await?;
    Ok(last.unsigned_abs() + 1)
}

const GO: &str = "
    update rewards.campaign set live_version = $2, was_live = was_live or live_version is not null or $2::int is not null
    where id = $1";
const THERE: &str = "select 1 as there from rewards.version where campaign = $1 and version = $2";

/// From now on triggers are judged by this version; by none where it is paused.
pub async fn go_live(tx: &Transaction<'_>, id: &str, version: Option<u32>) -> Result<(), Error> {
    let live = version.and_then(|it| i32::try_from(it).ok());
    if let Some(version) = version {
        let row = hold_open(tx, id).await?;
        let unknown = || Error::UnknownVersion { id: id.to_owned(), version };
        tx.query_opt(THERE, &[&id, &live]).await?.ok_or_else(unknown)?;
        if let Some(organisation) = row.get::<_, Option<&str>>("organisation_id") {
            let others = tx.query_one(COUNT, &[&row.get::<_, &str>("books"), &organisation, &id]).await?;
            if others.get::<_, i64>("live") >= LIVE_MAX {
                return Err(Error::TooMany { what: "live campaigns of an organisation", max: LIVE_MAX });
            }
        }
    }
    match tx.execute(GO, &[&id, &live]).await? {
        1 => Ok(()),
        _ => Err(Error::UnknownCampaign { id: id.to_owned() }),
    }
}

const END: &str = "
    update rewards.campaign set ended_at = $2, live_version = null, was_live = was_live or live_version is not null
    where id = $1 and ended_at is null";

/// Ends a campaign for good: nothing is judged by it from now on, and no version of it goes live again. What was earned is paid. `Before` where
/// it was ended.
pub async fn end(tx: &Transaction<'_>, id: &str, now: Timestamp) -> Result<Ended, Error> {
    hold(tx, id).await?;
    Ok(if tx.execute(END, &[&id, &At(now)]).await? == 1 { Ended::Now } else { Ended::Before })
}

/// Whether it was ended before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Now,
    Before,
}

const LIVE: &str = "
    select id, live_version from rewards.campaign
    where books = $1 and live_version is not null and (organisation_id is null or organisation_id = $2) order by id";
const BODIES: &str = "
    select v.campaign, v.version, v.body::text as body, c.organisation_id
    from rewards.version v join unnest($1::text[], $2::int[]) it (campaign, version) using (campaign, version)
    join rewards.campaign c on c.id = v.campaign";

/// By campaign and version.
type Known = HashMap<(String, i32), Arc<Campaign>>;

/// Versions that were read: they are never changed, so each is read once. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Versions(Arc<Mutex<Known>>);

impl Versions {
    /// Those that fans of an organisation are judged by.
    pub(crate) async fn live(
        &self,
        client: &Client<'_>,
        books: Books,
        organisation_id: &str,
    ) -> Result<Vec<Arc<Campaign>>, Error> {
        let rows = client.query(LIVE, &[&books.word(), &organisation_id]).await?;
        let wanted: Vec<(String, i32)> =
            rows.iter().map(|it| (it.get("id"), it.get("live_version"))).collect();
        self.these(client, &wanted).await
    }

    /// One version, if there is one.
    pub(crate) async fn version(
        &self,
        client: &Client<'_>,
        campaign: &str,
        version: u32,
    ) -> Result<Option<Arc<Campaign>>, Error> {
        let wanted = (campaign.to_owned(), i32::try_from(version).unwrap_or(i32::MAX));
        Ok(self.these(client, &[wanted]).await?.pop())
    }

    async fn these(
        &self,
        client: &Client<'_>,
        wanted: &[(String, i32)],
    ) -> Result<Vec<Arc<Campaign>>, Error> {
        let mut found = self.known(wanted);
        let missing = wanted.iter().filter(|it| !found.contains_key(*it)).cloned();
        let (ids, versions): (Vec<String>, Vec<i32>) = missing.unzip();
        if !ids.is_empty() {
            let rows = client.query(BODIES, &[&ids, &versions]).await?;
            let read: Vec<_> = rows.iter().map(read_live).collect::<Result<_, Error>>()?;
            self.keep(&read);
            found.extend(read);
        }
        Ok(wanted.iter().filter_map(|it| found.remove(it)).collect())
    }

    fn known(&self, wanted: &[(String, i32)]) -> Known {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.iter().filter_map(|it| Some((it.clone(), known.get(it)?.clone()))).collect()
    }

    fn keep(&self, read: &[((String, i32), Arc<Campaign>)]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + read.len() > VERSIONS_MAX {
            known.clear();
        }
        known.extend(read.iter().cloned());
    }
}

fn read_version(row: &Row) -> Result<((String, i32), Arc<Campaign>), Error> {
    let (id, version): (String, i32) = (row.get("campaign"), row.get("version"));
    let campaign: Result<Campaign, _> = serde_json::from_str(row.get("body"));
    let campaign = campaign.map_err(|_| Error::Unreadable { what: id.clone(), column: "body" })?;
    Ok(((id, version), Arc::new(campaign)))
}

/// As triggers are judged by it. A group is of one owner's campaigns: a partner's keeps none of the house's from earning, and no word of a
/// group has the stroke.
fn read_live(row: &Row) -> Result<((String, i32), Arc<Campaign>), Error> {
    let (key, mut campaign) = read_version(row)?;
    if let Some(owner) = row.get::<_, Option<&str>>("organisation_id") {
        let own = Arc::make_mut(&mut campaign);
        own.group = own.group.take().map(|it| format!("{owner}/{it}"));
    }
    Ok((key, campaign))
}

/// A campaign as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub books: Books,
    /// Whose fans it is for; none: all fans'.
    pub organisation_id: Option<String>,
    pub name: String,
    pub live_version: Option<u32>,
    pub last_version: u32,
    /// It is, or was.
    pub has_been_live: bool,
    /// From when until when, by the live version, else by the last one; none without a version.
    pub span: Option<(Timestamp, Timestamp)>,
    pub made_at: Timestamp,
    /// It was ended for good.
    pub ended_at: Option<Timestamp>,
    /// Grants so far, and the units of those that were paid or are about to be.
    pub grants: i64,
    pub units: i64,
}

const LIST: &str = "
    select c.id, c.books, c.organisation_id, c.name, c.live_version, c.made_at, c.ended_at, l.last_version,
        c.was_live or c.live_version is not null as has_been_live,
        v.body ->> 'starts_at' as starts_at, v.body ->> 'ends_at' as ends_at,
        coalesce(g.grants, 0) as grants, coalesce(g.units, 0) as units
    from rewards.campaign c
    cross join lateral (
        select coalesce(max(version), 0) as last_version from rewards.version where campaign = c.id) l
    left join rewards.version v on v.campaign = c.id and v.version = coalesce(c.live_version, l.last_version)
    left join lateral (
        select count(*) as grants, sum(units)::bigint as units from rewards.grant
        where campaign = c.id and state in ('earned', 'paid')) g on true
    where c.books = $1 and ($2::text is null or c.id < $2) and ($3::text is null or c.id = $3)
        and ($4::text is null or c.organisation_id = $4)
    order by c.id desc limit $5";

/// Campaigns, those with the highest ids first, from before one.
pub async fn list(
    client: &Client<'_>,
    (books, whose): (Books, Whose<'_>),
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let params: store::Params<'_> =
        &[&books.word(), &before, &None::<&str>, &whose.organisation_id(), &limit];
    client.query(LIST, params).await?.iter().map(listed).collect()
}

/// One of these; none where it is another's.
pub async fn find(
    client: &Client<'_>,
    (books, whose): (Books, Whose<'_>),
    id: &str,
) -> Result<Option<Listed>, Error> {
    let params: store::Params<'_> = &[&books.word(), &None::<&str>, &id, &whose.organisation_id(), &1_i64];
    let row = client.query_opt(LIST, params).await?;
    row.as_ref().map(listed).transpose()
}

fn listed(row: &Row) -> Result<Listed, Error> {
    let id: String = row.get("id");
    let unsigned = |it: i32| it.unsigned_abs();
    let moment = |column| {
        let text: Option<&str> = row.get(column);
        let read = |it: &str| it.parse().map_err(|_| Error::Unreadable { what: id.clone(), column });
        text.map(read).transpose()
    };
    let (starts_at, ends_at) = (moment("starts_at")?, moment("ends_at")?);
    Ok(Listed {
        has_been_live: row.get("has_been_live"),
        span: starts_at.zip(ends_at),
        books: Books::of(row.get("books"))
            .ok_or_else(|| Error::Unreadable { what: id.clone(), column: "books" })?,
        organisation_id: row.get("organisation_id"),
        name: row.get("name"),
        live_version: row.get::<_, Option<i32>>("live_version").map(unsigned),
        last_version: unsigned(row.get("last_version")),
        made_at: row.get::<_, At>("made_at").0,
        ended_at: row.get::<_, Option<At>>("ended_at").map(|it| it.0),
        grants: row.get("grants"),
        units: row.get("units"),
        id,
    })
}

/// What a campaign is called, for who chooses one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub id: String,
    pub books: Books,
    pub name: String,
    pub is_over: bool,
}

const LOOK: &str = "
    select id, books, name, ended_at is not null as is_over from rewards.campaign
    where lower(name) like all($1) order by id desc limit $2";
const NAMES: &str = "
    select id, books, name, ended_at is not null as is_over from rewards.campaign where id = any($1)";

/// Those of the house and of partners whose names have these words, in whichever letters; `limit` of them at most, the last first.
pub async fn look(client: &Client<'_>, words: &str, limit: i64) -> Result<Vec<Name>, Error> {
    client.query(LOOK, &[&store::like(words), &limit]).await?.iter().map(name_of).collect()
}

/// Those of these that there are.
pub async fn names(client: &Client<'_>, ids: &[String]) -> Result<Vec<Name>, Error> {
    client.query(NAMES, &[&ids]).await?.iter().map(name_of).collect()
}

fn name_of(row: &Row) -> Result<Name, Error> {
    let id: String = row.get("id");
    let books =
        Books::of(row.get("books")).ok_or_else(|| Error::Unreadable { what: id.clone(), column: "books" })?;
    Ok(Name { id, books, name: row.get("name"), is_over: row.get("is_over") })
}

/// A version of a campaign, who wrote it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub campaign: Campaign,
    pub made_by: String,
    pub made_at: Timestamp,
}

const VERSION: &str = "
    select campaign, version, body::text as body, made_by, made_at from rewards.version
    where campaign = $1 and version = $2";

pub async fn version(client: &Client<'_>, id: &str, version: u32) -> Result<Option<Version>, Error> {
    let number = i32::try_from(version).unwrap_or(i32::MAX);
    let Some(row) = client.query_opt(VERSION, &[&id, &number]).await? else { return Ok(None) };
    let (_, campaign) = read_version(&row)?;
    let campaign = Arc::unwrap_or_clone(campaign);
    Ok(Some(Version { campaign, made_by: row.get("made_by"), made_at: row.get::<_, At>("made_at").0 }))
}

const VERSIONS: &str = "
    select campaign, version, body::text as body, made_by, made_at from rewards.version
    where campaign = $1 order by version desc limit $2";

/// Versions of a campaign, the last one first.
pub async fn versions(client: &Client<'_>, id: &str, limit: i64) -> Result<Vec<Version>, Error> {
    let rows = client.query(VERSIONS, &[&id, &limit]).await?;
    let read = |row: &Row| {
        let campaign = Arc::unwrap_or_clone(read_version(row)?.1);
        Ok(Version { campaign, made_by: row.get("made_by"), made_at: row.get::<_, At>("made_at").0 })
    };
    rows.iter().map(read).collect()
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[MAKE, COUNT, LOCK, LAST, WRITE, GO, THERE, END, LIVE, BODIES, LIST, LOOK, NAMES, VERSION, VERSIONS];
