//! Who shows which pictures, so that none is thrown away that somebody sees.

use super::error::Error;
use std::collections::BTreeSet;
use store::{Client, Transaction};

/// Why a picture may not be shown to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// "med_…"
    pub id: String,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not there, or in the trash.
    Gone,
    /// Nobody has said what it shows.
    Undescribed,
}

const CLEAR: &str = "delete from cms.media_use where used_by = $1 and media_id <> all($2)";
// Locked against whoever would delete it, until this use stands.
const LOCK: &str = "
    select id, alt from cms.media where id = any($1) and state = 'ready' and trashed_at is null order by id for share";
const USE: &str = "
    insert into cms.media_use (media_id, used_by) select id, $1 from unnest($2::text[]) as these (id)
    on conflict do nothing";
const USED_BY: &str = "select used_by from cms.media_use where media_id = $1 order by used_by limit $2";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[CLEAR, LOCK, USE, USED_BY];

/// These are all that `used_by` shows from now on; none, where it shows nothing any more. Answers those that are gone, and are not noted.
pub async fn set(tx: &Transaction<'_>, used_by: &str, ids: &BTreeSet<String>) -> Result<Vec<String>, Error> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    tx.execute(CLEAR, &[&used_by, &ids]).await?;
    let there: Vec<String> = tx.query(LOCK, &[&ids]).await?.iter().map(|row| row.get("id")).collect();
    tx.execute(USE, &[&used_by, &there]).await?;
    let is_gone = |it: &&str| !there.iter().any(|there| there == *it);
    Ok(ids.into_iter().filter(is_gone).map(str::to_owned).collect())
}

/// Who shows a picture, `limit` of them at most.
pub async fn of(client: &Client<'_>, id: &str, limit: i64) -> Result<Vec<String>, Error> {
    Ok(client.query(USED_BY, &[&id, &limit]).await?.iter().map(|row| row.get("used_by")).collect())
}

/// Those of these that may not be published as they are; the others stay as they are until the transaction ends.
pub async fn unfit(tx: &Transaction<'_>, ids: &BTreeSet<String>) -> Result<Vec<Unfit>, Error> {
    let wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rows = tx.query(LOCK, &[&wanted]).await?;
    let of = |id: &String| {
        let row = rows.iter().find(|it| it.get::<_, &str>("id") == id);
        let why = match row.map(|it| it.get::<_, &str>("alt").trim().is_empty()) {
            None => Why::Gone,
            Some(true) => Why::Undescribed,
            Some(false) => return None,
        };
        Some(Unfit { id: id.clone(), why })
    };
    Ok(ids.iter().filter_map(of).collect())
}
