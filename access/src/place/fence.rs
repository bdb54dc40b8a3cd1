//! Fences, as they are kept: versions that are never changed, the last of which is judged by.

use super::Error;
use crate::audit::{self, By, Deed};
use jiff::Timestamp;
use places::{Fence, Regions};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{At, Client, Row, Transaction};

/// Characters of a fence's name.
const NAME_MAX: usize = 120;
/// Fences of an organisation that are not retired, and versions of one.
const FENCES_MAX: i64 = 500;
const VERSIONS_MAX: u32 = 1_000;
/// Fences of a list.
pub const LIST_MAX: i64 = 100;
/// Versions that are kept in memory; all are read anew beyond.
const KNOWN_MAX: usize = 500;

/// Whose fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    House,
    Organisation(&'a str),
}

impl<'a> Owner<'a> {
    /// None for the house.
    pub const fn organisation_id(self) -> Option<&'a str> {
        match self {
            Owner::House => None,
            Owner::Organisation(id) => Some(id),
        }
    }
}

/// A version of a fence, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// "fen_…"
    pub id: String,
    pub organisation_id: Option<String>,
    pub name: String,
    /// Counts from 1.
    pub version: u32,
    /// `places::fence::Rules`
    pub rules: Value,
    /// Who has written this version.
    pub made_by: String,
    pub made_at: Timestamp,
    pub retired_at: Option<Timestamp>,
}

const COUNT: &str = "
    select count(*) as fences from access.fence
    where organisation_id is not distinct from $1 and retired_at is null";
const MAKE: &str = "
    insert into access.fence (id, organisation_id, name, version, made_at) values ($1, $2, $3, 1, $4)";
const WRITE: &str = "
    insert into access.fence_version (fence_id, version, hash, rules, made_by, made_at)
    values ($1, $2, $3, $4, $5, $6)";

/// Puts up a fence; answers its id.
pub async fn put(
    tx: &Transaction<'_>,
    owner: Owner<'_>,
    name: &str,
    fence: &Fence,
    by: &By,
) -> Result<String, Error> {
    check_name(name)?;
    let organisation_id = owner.organisation_id();
    let count: i64 = tx.query_one(COUNT, &[&organisation_id]).await?.get("fences");
    if count >= FENCES_MAX {
        return Err(Error::TooMany { what: "fences", max: FENCES_MAX });
    }
    let id = store::ids::new("fen");
    tx.execute(MAKE, &[&id, &organisation_id, &name, &At(by.at)]).await?;
    write(tx, &id, 1, fence, by).await?;
    let after = json!({"name": name, "version": 1, "hash": fence.version().as_str()});
    let deed = Deed { organisation_id, object: &id, after: Some(after), ..Deed::of("fence.put") };
    audit::record(tx, by, &deed).await?;
    Ok(id)
}

async fn write(tx: &Transaction<'_>, id: &str, version: i32, fence: &Fence, by: &By) -> Result<(), Error> {
    let rules = serde_json::to_value(fence.rules()).expect("rules are texts and numbers");
    let hash = fence.version().as_str();
    tx.execute(WRITE, &[&id, &version, &hash, &rules, &by.actor.id, &At(by.at)]).await?;
    Ok(())
}

const LOCK: &str = "
    select f.name, f.version, f.retired_at, v.hash
    from access.fence f join access.fence_version v on v.fence_id = f.id and v.version = f.version
    where f.id = $1 and f.organisation_id is not distinct from $2 for update of f";
const CHANGE: &str = "update access.fence set name = $2, version = $3 where id = $1";

/// Changes a fence that is at a version, and answers the version that it is at then: the same where the rules are.
pub async fn change(
    tx: &Transaction<'_>,
    owner: Owner<'_>,
    (id, expected): (&str, u32),
    name: &str,
    fence: &Fence,
    by: &By,
) -> Result<u32, Error> {
    check_name(name)?;
    let row = lock(tx, owner, id).await?;
    let (version, was): (i32, &str) = (row.get("version"), row.get("name"));
    let (found, hash): (u32, &str) = (version.unsigned_abs(), row.get("hash"));
    if row.get::<_, Option<At>>("retired_at").is_some() {
        return Err(Error::Retired { id: id.to_owned() });
    }
    if found != expected {
        return Err(Error::Clash { id: id.to_owned(), expected, found });
    }
    let is_same = hash == fence.version().as_str();
    if is_same && was == name {
        return Ok(found);
    }
    let next = if is_same { version } else { version + 1 };
    if !is_same {
        if found >= VERSIONS_MAX {
            return Err(Error::TooMany { what: "versions of a fence", max: i64::from(VERSIONS_MAX) });
        }
        write(tx, id, next, fence, by).await?;
    }
    tx.execute(CHANGE, &[&id, &name, &next]).await?;
    let before = json!({"name": was, "version": version, "hash": hash});
    let after = json!({"name": name, "version": next, "hash": fence.version().as_str()});
    let deed = Deed { organisation_id: owner.organisation_id(), object: id, ..Deed::of("fence.change") };
    audit::record(tx, by, &deed.changing(before, after)).await?;
    Ok(next.unsigned_abs())
}

async fn lock(tx: &Transaction<'_>, owner: Owner<'_>, id: &str) -> Result<Row, Error> {
    let found = tx.query_opt(LOCK, &[&id, &owner.organisation_id()]).await?;
    found.ok_or_else(|| Error::Unknown { id: id.to_owned() })
}

const RETIRE: &str = "update access.fence set retired_at = $2 where id = $1 and retired_at is null";

/// Takes a fence down for good. Whatever asks for it from then on lets nobody in. Again, it changes nothing.
pub async fn retire(tx: &Transaction<'_>, owner: Owner<'_>, id: &str, by: &By) -> Result<(), Error> {
    lock(tx, owner, id).await?;
    if tx.execute(RETIRE, &[&id, &At(by.at)]).await? == 1 {
        let deed = Deed { organisation_id: owner.organisation_id(), object: id, ..Deed::of("fence.retire") };
        audit::record(tx, by, &deed).await?;
    }
    Ok(())
}

macro_rules! stored {
    ($rest:literal) => {
        concat!(
            "select f.id, f.organisation_id, f.name, f.retired_at, v.version, v.rules, v.made_by, v.made_at
            from access.fence f join access.fence_version v on v.fence_id = f.id and ",
            $rest
        )
    };
}

const LIST: &str = stored!(
    "v.version = f.version
    where f.organisation_id is not distinct from $1 and f.retired_at is null and f.id collate \"C\" > $2
    order by f.id collate \"C\" limit $3"
);

/// The fences of an owner that are up, each at its last version, after one of an id (empty: from the first), [`LIST_MAX`] at most.
pub async fn list(
    client: &Client<'_>,
    owner: Owner<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let limit = limit.clamp(1, LIST_MAX);
    let rows = client.query(LIST, &[&owner.organisation_id(), &after, &limit]).await?;
    Ok(rows.iter().map(read).collect())
}

const LAST: &str = stored!("v.version = f.version where f.id = $1");

/// A fence at its last version, whosever it is; retired ones, too.
pub async fn last(client: &Client<'_>, id: &str) -> Result<Option<Stored>, Error> {
    Ok(client.query_opt(LAST, &[&id]).await?.as_ref().map(read))
}

const VERSIONS: &str =
    stored!("f.id = $1 where f.organisation_id is not distinct from $2 order by v.version desc");

/// All versions of a fence of an owner, the last first.
pub async fn versions(client: &Client<'_>, owner: Owner<'_>, id: &str) -> Result<Vec<Stored>, Error> {
    let rows = client.query(VERSIONS, &[&id, &owner.organisation_id()]).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &Row) -> Stored {
    Stored {
        id: row.get("id"),
        organisation_id: row.get("organisation_id"),
        name: row.get("name"),
        version: row.get::<_, i32>("version").unsigned_abs(),
        rules: row.get("rules"),
        made_by: row.get("made_by"),
        made_at: row.get::<_, At>("made_at").0,
        retired_at: row.get::<_, Option<At>>("retired_at").map(|it| it.0),
    }
}

const AT: &str =
    "select organisation_id, version, retired_at is not null as is_retired from access.fence where id = $1";
const RULES: &str = "select rules from access.fence_version where fence_id = $1 and version = $2";

/// A fence to judge by, and its version's number.
#[derive(Clone, Debug)]
pub struct Current {
    pub id: String,
    /// None: of the house.
    pub organisation_id: Option<String>,
    pub version: u32,
    pub fence: Arc<Fence>,
}

/// Fences that were read: versions are never changed, so each is read and checked once. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Fences(Arc<Mutex<Known>>);

/// By fence and version.
type Known = HashMap<(String, i32), Arc<Fence>>;

impl Fences {
    /// The fence of an id, as it is now: what was changed or retired counts at once.
    pub async fn current(&self, client: &Client<'_>, id: &str, regions: &Regions) -> Result<Current, Error> {
        let found = client.query_opt(AT, &[&id]).await?;
        let row = found.ok_or_else(|| Error::Unknown { id: id.to_owned() })?;
        if row.get("is_retired") {
            return Err(Error::Retired { id: id.to_owned() });
        }
        let version: i32 = row.get("version");
        let fence = self.version(client, id, version.unsigned_abs(), regions).await?;
        let organisation_id = row.get("organisation_id");
        Ok(Current { id: id.to_owned(), organisation_id, version: version.unsigned_abs(), fence })
    }

    /// One version of a fence, for audits: retired ones, too.
    pub async fn version(
        &self,
        client: &Client<'_>,
        id: &str,
        version: u32,
        regions: &Regions,
    ) -> Result<Arc<Fence>, Error> {
        let key = (id.to_owned(), i32::try_from(version).unwrap_or(i32::MAX));
        if let Some(fence) = self.known().get(&key) {
            return Ok(Arc::clone(fence));
        }
        let found = client.query_opt(RULES, &[&key.0, &key.1]).await?;
        let row = found.ok_or_else(|| Error::Unknown { id: id.to_owned() })?;
        // Borders of a later release may know a place no more.
        let fence = Fence::read(&row.get("rules"), regions).map_err(|problems| {
            tracing::error!(fence = id, version, ?problems, "a fence that was good is so no more");
            Error::Unreadable { what: format!("version {version} of {id}"), column: "rules" }
        })?;
        let fence = Arc::new(fence);
        let mut known = self.known();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, Arc::clone(&fence));
        Ok(fence)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let is_good = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_good { Ok(()) } else { Err(Error::Name { max: NAME_MAX }) }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[COUNT, MAKE, WRITE, LOCK, CHANGE, RETIRE, LIST, LAST, VERSIONS, AT, RULES];
