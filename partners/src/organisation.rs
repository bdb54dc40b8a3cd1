//! Organisations: who has keys.

use crate::audit::{self, Change};
use crate::error::name;
use crate::{Error, Role, member};
use access::By;
use serde_json::json;
use store::{Client, Transaction, ids};

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// `org_…`
    pub id: String,
    pub name: String,
}

const CREATE: &str = "insert into partners.organisation (id, name, created_at) values ($1, $2, $3)";

/// Makes an organisation; who makes it is its first owner. Names need not be unique.
pub async fn create(tx: &Transaction<'_>, organisation_name: &str, by: &By) -> Result<Organisation, Error> {
    let organisation = Organisation { id: ids::new("org"), name: name(organisation_name)?.to_owned() };
    tx.execute(CREATE, &[&organisation.id, &organisation.name, &store::At(by.at)]).await?;
    let told = Change::made(json!({ "name": organisation.name }));
    audit::record(tx, by, &organisation.id, "organisation.create", &organisation.id, told).await?;
    if by.actor.kind == access::ActorKind::User {
        member::add(tx, &organisation.id, &by.actor.id, Role::Owner, by).await?;
    }
    Ok(organisation)
}

const FIND: &str = "select id, name from partners.organisation where id = $1";

pub async fn find(client: &Client<'_>, id: &str) -> Result<Option<Organisation>, Error> {
    let row = client.query_opt(FIND, &[&id]).await?;
    Ok(row.map(|row| Organisation { id: row.get("id"), name: row.get("name") }))
}

const NAMED: &str = "
    select id, name from partners.organisation where lower(name) = lower($1) order by id limit 10";

/// Those that are called so, in whichever letters: names need not be unique.
pub async fn named(client: &Client<'_>, name: &str) -> Result<Vec<Organisation>, Error> {
    let rows = client.query(NAMED, &[&name]).await?;
    Ok(rows.iter().map(|row| Organisation { id: row.get("id"), name: row.get("name") }).collect())
}

const FIND_ALL: &str = "select id, name from partners.organisation where id = any($1)";

/// Those of these that there are.
pub async fn find_all(client: &Client<'_>, ids: &[&str]) -> Result<Vec<Organisation>, Error> {
    let rows = client.query(FIND_ALL, &[&ids]).await?;
    Ok(rows.iter().map(|row| Organisation { id: row.get("id"), name: row.get("name") }).collect())
}

const LOOK: &str = "
    select id, name from partners.organisation where lower(name) like all($1) order by lower(name), id limit $2";

/// Those whose names have these words, in whichever letters, `limit` of them at most.
pub async fn look(client: &Client<'_>, words: &str, limit: i64) -> Result<Vec<Organisation>, Error> {
    let rows = client.query(LOOK, &[&store::like(words), &limit]).await?;
    Ok(rows.iter().map(|row| Organisation { id: row.get("id"), name: row.get("name") }).collect())
}

const LOCK: &str = "select id, name from partners.organisation where id = $1 for update";

/// Lets nobody else add to it until the transaction ends. What is counted against a limit is counted in a later statement: one that waited for
/// the row sees what was there before it waited (PostgreSQL, Read Committed).
pub(crate) async fn lock(tx: &Transaction<'_>, id: &str) -> Result<Organisation, Error> {
    let row = tx.query_opt(LOCK, &[&id]).await?;
    let row = row.ok_or_else(|| Error::UnknownOrganisation { id: id.to_owned() })?;
    Ok(Organisation { id: row.get("id"), name: row.get("name") })
}

const RENAME: &str = "
    with before as (select name from partners.organisation where id = $1 for update)
    update partners.organisation o set name = $2 from before where o.id = $1 returning before.name";

/// Gives an organisation another name.
pub async fn rename(tx: &Transaction<'_>, id: &str, organisation_name: &str, by: &By) -> Result<(), Error> {
    let name = name(organisation_name)?;
    let row = tx.query_opt(RENAME, &[&id, &name]).await?;
    let row = row.ok_or_else(|| Error::UnknownOrganisation { id: id.to_owned() })?;
    let change = Change::of(json!({ "name": row.get::<_, &str>("name") }), json!({ "name": name }));
    Ok(audit::record(tx, by, id, "organisation.rename", id, change).await?)
}

const ENSURE: &str =
    "insert into partners.organisation (id, name) values ($1, $2) on conflict (id) do nothing";

/// The organisation with this id, which is made when there is none. For those that every start of a process finds again: the
/// demo's.
pub async fn ensure(tx: &Transaction<'_>, id: &str, organisation_name: &str) -> Result<Organisation, Error> {
    let organisation = Organisation { id: id.to_owned(), name: name(organisation_name)?.to_owned() };
    tx.execute(ENSURE, &[&organisation.id, &organisation.name]).await?;
    Ok(organisation)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[CREATE, FIND, NAMED, FIND_ALL, LOOK, LOCK, RENAME, ENSURE];
