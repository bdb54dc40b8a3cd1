//! Whose account a provider's person opens.

use super::Person;
use crate::Error;
use crate::user::{self, User};
use jiff::Timestamp;
use store::{At, Client, Row, Transaction, ids};

/// A line of a user's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `idn_…`
    pub id: String,
    pub issuer: String,
    /// What the provider knew when it was linked.
    pub email: Option<String>,
    pub linked_at: Timestamp,
    /// When it last signed in; none if it never has.
    pub used_at: Option<Timestamp>,
}

const FIND: &str = "
    update access.identity i set used_at = $3
    from access.user u
    where i.issuer = $1 and i.subject = $2 and u.id = i.user_id and u.disabled_at is null
    returning u.id";

/// Whose account it opens, which it is noted to do now; none when it is linked to none.
pub async fn owner(tx: &Transaction<'_>, person: &Person, now: Timestamp) -> Result<Option<User>, Error> {
    let row = tx.query_opt(FIND, &[&person.issuer, &person.subject, &At(now)]).await?;
    match row {
        Some(row) => user::find(tx, row.get("id")).await,
        None => Ok(None),
    }
}

const LINK: &str = "
    insert into access.identity (issuer, subject, id, user_id, email, linked_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (issuer, subject) do nothing";

/// Links it; false when it opens somebody's account already.
pub async fn link(
    tx: &Transaction<'_>,
    user_id: &str,
    person: &Person,
    now: Timestamp,
) -> Result<bool, Error> {
    if !user::lock(tx, user_id).await? {
        return Err(Error::UnknownUser { id: user_id.to_owned() });
    }
    let id = ids::new("idn");
    let values: [&(dyn store::types::ToSql + Sync); 6] =
        [&person.issuer, &person.subject, &id, &user_id, &person.email, &At(now)];
    Ok(tx.execute(LINK, &values).await? == 1)
}

const LIST: &str = "
    select id, issuer, email, linked_at, used_at from access.identity where user_id = $1 order by linked_at, id";

/// A user's, the oldest first.
pub async fn list(client: &Client<'_>, user_id: &str) -> Result<Vec<Identity>, Error> {
    Ok(client.query(LIST, &[&user_id]).await?.iter().map(identity).collect())
}

const UNLINK: &str = "
    delete from access.identity where user_id = $1 and id = $2 returning id, issuer, email, linked_at, used_at";

/// Takes it away. None when this user has none of that id.
pub async fn unlink(tx: &Transaction<'_>, user_id: &str, id: &str) -> Result<Option<Identity>, Error> {
    Ok(tx.query_opt(UNLINK, &[&user_id, &id]).await?.as_ref().map(identity))
}

fn identity(row: &Row) -> Identity {
    Identity {
        id: row.get("id"),
        issuer: row.get("issuer"),
        email: row.get("email"),
        linked_at: row.get::<_, At>("linked_at").0,
        used_at: row.get::<_, Option<At>>("used_at").map(|it| it.0),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FIND, LINK, LIST, UNLINK];
