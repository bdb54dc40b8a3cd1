//! Sites: the places on the web that an organisation's publishable keys are good for.

use crate::audit::{self, Change};
use crate::error::{name, readable_origins};
use crate::key;
use crate::organisation;
use crate::origin::OriginPattern;
use crate::{Error, Mode};
use access::By;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{At, Client, Row, Transaction, ids};

/// The most origins that a site has.
const ORIGINS_MAX: usize = 50;
/// The most sites that an organisation has.
const SITES_MAX: i64 = 100;
/// Where test keys are good as well: pages in the making, on their maker's machine.
pub(crate) const OWN_MACHINE: [&str; 4] =
    ["http://localhost:*", "https://localhost:*", "http://127.0.0.1:*", "https://127.0.0.1:*"];

/// A website.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `sit_…`
    pub id: String,
    pub organisation_id: String,
    pub name: String,
    pub origins: Vec<OriginPattern>,
    pub created_at: Timestamp,
}

impl Site {
    /// The origins that a key of this site is good for in a mode.
    pub(crate) fn origins_in(&self, mode: Mode) -> Vec<String> {
        let own_machine: &[&str] = if mode == Mode::Test { &OWN_MACHINE } else { &[] };
        let origins = self.origins.iter().map(ToString::to_string);
        origins.chain(own_machine.iter().map(|it| (*it).to_owned())).collect()
    }

    fn told(&self) -> Value {
        let origins: Vec<String> = self.origins.iter().map(ToString::to_string).collect();
        json!({ "name": self.name, "origins": origins })
    }
}

const COUNT: &str = "select count(*) from partners.site where organisation_id = $1 and removed_at is null";

const CREATE: &str = "
    insert into partners.site (id, organisation_id, name, origins, created_at) values ($1, $2, $3, $4, $5)
    returning id, organisation_id, name, origins, created_at";

/// Makes a site of an organisation, with at least one origin. Localhost is none: test keys are good there without being told.
pub async fn create(
    tx: &Transaction<'_>,
    organisation_id: &str,
    site_name: &str,
    origins: &[&str],
    by: &By,
) -> Result<Site, Error> {
    let (id, name, origins) = (ids::new("sit"), name(site_name)?, normalised(origins)?);
    organisation::lock(tx, organisation_id).await?;
    if tx.query_one(COUNT, &[&organisation_id]).await?.get::<_, i64>(0) >= SITES_MAX {
        return Err(Error::TooMany { what: "sites", max: SITES_MAX });
    }
    let site = site(&tx.query_one(CREATE, &[&id, &organisation_id, &name, &origins, &At(by.at)]).await?);
    audit::record(tx, by, organisation_id, "site.create", &site.id, Change::made(site.told())).await?;
    Ok(site)
}

const LIST: &str = "
    select id, organisation_id, name, origins, created_at from partners.site
    where organisation_id = $1 and removed_at is null order by name, id";

/// All sites of an organisation, by name.
pub async fn list(client: &Client<'_>, organisation_id: &str) -> Result<Vec<Site>, Error> {
    Ok(client.query(LIST, &[&organisation_id]).await?.iter().map(site).collect())
}

const FIND: &str = "
    select id, organisation_id, name, origins, created_at from partners.site
    where organisation_id = $1 and id = $2 and removed_at is null";

pub async fn find(client: &Client<'_>, organisation_id: &str, id: &str) -> Result<Site, Error> {
    let row = client.query_opt(FIND, &[&organisation_id, &id]).await?;
    row.as_ref().map(site).ok_or_else(|| Error::UnknownSite { id: id.to_owned() })
}

const HOLD: &str = "
    select id, organisation_id, name, origins, created_at from partners.site
    where organisation_id = $1 and id = $2 and removed_at is null for update";

/// The same, held until the transaction ends.
pub async fn hold(tx: &Transaction<'_>, organisation_id: &str, id: &str) -> Result<Site, Error> {
    let row = tx.query_opt(HOLD, &[&organisation_id, &id]).await?;
    row.as_ref().map(site).ok_or_else(|| Error::UnknownSite { id: id.to_owned() })
}

const CHANGE: &str = "
    update partners.site set name = $3, origins = $4 where organisation_id = $1 and id = $2
    returning id, organisation_id, name, origins, created_at";

/// Gives a site another name and other origins, and with it all of its keys: every process knows within a second.
pub async fn change(
    tx: &Transaction<'_>,
    organisation_id: &str,
    id: &str,
    site_name: &str,
    origins: &[&str],
    by: &By,
) -> Result<Site, Error> {
    let (name, origins) = (name(site_name)?, normalised(origins)?);
    let before = hold(tx, organisation_id, id).await?;
    let after = site(&tx.query_one(CHANGE, &[&organisation_id, &id, &name, &origins]).await?);
    if before == after {
        return Ok(after);
    }
    key::follow_site(tx, &after).await?;
    let change = Change::of(before.told(), after.told());
    audit::record(tx, by, organisation_id, "site.change", id, change).await?;
    Ok(after)
}

/// Adds one origin: "12 refusals from shop.example: allow it?"
pub async fn allow(
    tx: &Transaction<'_>,
    organisation_id: &str,
    id: &str,
    origin: &str,
    by: &By,
) -> Result<Site, Error> {
    let site = hold(tx, organisation_id, id).await?;
    let mut origins: Vec<String> = site.origins.iter().map(ToString::to_string).collect();
    origins.push(origin.to_owned());
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    change(tx, organisation_id, id, &site.name, &origins, by).await
}

const REMOVE: &str = "update partners.site set removed_at = $3 where organisation_id = $1 and id = $2";

/// Removes a site, and revokes all of its keys.
pub async fn remove(tx: &Transaction<'_>, organisation_id: &str, id: &str, by: &By) -> Result<(), Error> {
    let site = hold(tx, organisation_id, id).await?;
    key::revoke_of_site(tx, organisation_id, id, by).await?;
    tx.execute(REMOVE, &[&organisation_id, &id, &At(by.at)]).await?;
    Ok(audit::record(tx, by, organisation_id, "site.remove", id, Change::ended(site.told())).await?)
}

/// Each once, in the order given, as patterns write themselves.
fn normalised(origins: &[&str]) -> Result<Vec<String>, Error> {
    let mut patterns: Vec<String> = Vec::with_capacity(origins.len());
    for text in origins.iter().map(|it| it.trim().trim_end_matches('/')).filter(|it| !it.is_empty()) {
        let pattern = OriginPattern::parse(text)?;
        if pattern.is_own_machine() {
            return Err(Error::OwnMachine { origin: pattern.to_string() });
        }
        let text = pattern.to_string();
        if !patterns.contains(&text) {
            patterns.push(text);
        }
    }
    match patterns.len() {
        0 => Err(Error::OriginsMissing),
        1..=ORIGINS_MAX => Ok(patterns),
        found => Err(Error::TooManyOrigins { found, max: ORIGINS_MAX }),
    }
}

fn site(row: &Row) -> Site {
    let id: String = row.get("id");
    Site {
        organisation_id: row.get("organisation_id"),
        name: row.get("name"),
        origins: readable_origins(&id, &row.get::<_, Vec<String>>("origins")),
        created_at: row.get::<_, At>("created_at").0,
        id,
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[COUNT, CREATE, LIST, FIND, HOLD, CHANGE, REMOVE];
