//! Campaigns, as they are kept: versions that are never changed, and which of them is live.

use crate::campaign::Campaign;
use crate::error::Error;
use jiff::Timestamp;
use store::{At, Client, Row, Transaction};
use wallet::Books;

/// Characters of a campaign's name.
const NAME_MAX: usize = 120;

const MAKE: &str = "
    insert into rewards.campaign (id, books, organisation_id, name, made_at) values ($1, $2, $3, $4, $5)";

/// A new campaign without a version: of an organisation's fans, or of all.
pub async fn make(
    tx: &Transaction<'_>,
    books: Books,
    organisation_id: Option<&str>,
    name: &str,
    now: Timestamp,
) -> Result<String, Error> {
    if !(1..=NAME_MAX).contains(&name.chars().count()) {
        return Err(Error::Text { what: "a campaign's name", max: NAME_MAX });
    }
    let id = store::ids::new("cmp");
    tx.execute(MAKE, &[&id, &books.word(), &organisation_id, &name, &At(now)]).await?;
    Ok(id)
}

const LOCK: &str = "select id from rewards.campaign where id = $1 for update";
const LAST: &str = "select coalesce(max(version), 0) as version from rewards.version where campaign = $1";
const WRITE: &str = "
    insert into rewards.version (campaign, version, body, made_by, made_at) values ($1, $2, $3::text::jsonb, $4, $5)";

/// Writes the next version of a campaign, by its id, which is not live by that; answers its number. `by` is who has written it.
pub async fn write(
    tx: &Transaction<'_>,
    campaign: &Campaign,
    by: &str,
    now: Timestamp,
) -> Result<u32, Error> {
    campaign.check()?;
    let id = &campaign.id;
    tx.query_opt(LOCK, &[id]).await?.ok_or_else(|| Error::UnknownCampaign { id: id.clone() })?;
    let last: i32 = tx.query_one(LAST, &[id]).await?.get("version");
    let body = serde_json::to_string(&Campaign { version: last.unsigned_abs() + 1, ..campaign.clone() })
        .map_err(|_| Error::Unreadable { what: id.clone(), column: "body" })?;
    tx.execute(WRITE, &[id, &(last + 1), &body, &by, &At(now)]).await?;
    Ok(last.unsigned_abs() + 1)
}

const GO: &str = "update rewards.campaign set live_version = $2 where id = $1";
const THERE: &str = "select 1 as there from rewards.version where campaign = $1 and version = $2";

/// From now on triggers are judged by this version; by none where it is paused.
pub async fn go_live(tx: &Transaction<'_>, id: &str, version: Option<u32>) -> Result<(), Error> {
    let live = version.and_then(|it| i32::try_from(it).ok());
    if let Some(version) = version {
        let unknown = || Error::UnknownVersion { id: id.to_owned(), version };
        tx.query_opt(THERE, &[&id, &live]).await?.ok_or_else(unknown)?;
    }
    match tx.execute(GO, &[&id, &live]).await? {
        1 => Ok(()),
        _ => Err(Error::UnknownCampaign { id: id.to_owned() }),
    }
}

const LIVE: &str = "
    select c.id, v.version, v.body::text as body
    from rewards.campaign c join rewards.version v on v.campaign = c.id and v.version = c.live_version
    where c.books = $1 and (c.organisation_id is null or c.organisation_id = $2) order by c.id";

/// Those that fans of an organisation are judged by.
pub async fn live(client: &Client<'_>, books: Books, organisation_id: &str) -> Result<Vec<Campaign>, Error> {
    client.query(LIVE, &[&books.word(), &organisation_id]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Campaign, Error> {
    let id: &str = row.get("id");
    let campaign: Result<Campaign, _> = serde_json::from_str(row.get("body"));
    campaign.map_err(|_| Error::Unreadable { what: id.to_owned(), column: "body" })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, LOCK, LAST, WRITE, GO, THERE, LIVE];
