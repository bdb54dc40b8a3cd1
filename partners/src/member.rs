//! Members of organisations.

use crate::audit::{self, Change};
use crate::{Error, Organisation, Role, organisation};
use access::By;
use jiff::Timestamp;
use serde_json::json;
use store::{At, Client, Row, Transaction};

/// A user's place in an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `usr_…`
    pub user_id: String,
    pub role: Role,
    pub since: Timestamp,
}

/// The most members that an organisation has.
const MEMBERS_MAX: i64 = 200;

const OF_USER: &str = "
    select o.id, o.name, m.role from partners.member m join partners.organisation o on o.id = m.organisation_id
    where m.user_id = $1 order by o.name, o.id";

/// The organisations that a user belongs to, by name.
pub async fn organisations(client: &Client<'_>, user_id: &str) -> Result<Vec<(Organisation, Role)>, Error> {
    let rows = client.query(OF_USER, &[&user_id]).await?;
    rows.iter()
        .map(|row| Ok((Organisation { id: row.get("id"), name: row.get("name") }, role(row)?)))
        .collect()
}

const ROLE: &str = "
    select o.id, o.name, m.role from partners.member m join partners.organisation o on o.id = m.organisation_id
    where m.organisation_id = $1 and m.user_id = $2";

/// What a user is in an organisation; none when there is no such organisation, or the user is not of it: who is not learns no more.
pub async fn find(
    client: &Client<'_>,
    organisation_id: &str,
    user_id: &str,
) -> Result<Option<(Organisation, Role)>, Error> {
    let row = client.query_opt(ROLE, &[&organisation_id, &user_id]).await?;
    let found = |row: &Row| Ok((Organisation { id: row.get("id"), name: row.get("name") }, role(row)?));
    row.as_ref().map(found).transpose()
}

const LIST: &str = "
    select user_id, role, since from partners.member where organisation_id = $1 order by since, user_id";

/// All members, those who came first first.
pub async fn list(client: &Client<'_>, organisation_id: &str) -> Result<Vec<Member>, Error> {
    client.query(LIST, &[&organisation_id]).await?.iter().map(member).collect()
}

const ONE: &str =
    "select user_id, role, since from partners.member where organisation_id = $1 and user_id = $2";

/// One member.
pub async fn one(client: &Client<'_>, organisation_id: &str, user_id: &str) -> Result<Member, Error> {
    let row = client.query_opt(ONE, &[&organisation_id, &user_id]).await?;
    member(&row.ok_or_else(|| Error::UnknownMember { id: user_id.to_owned() })?)
}

/// The same; nobody else changes members until the transaction ends.
pub async fn hold(tx: &Transaction<'_>, organisation_id: &str, user_id: &str) -> Result<Member, Error> {
    organisation::lock(tx, organisation_id).await?;
    one(tx, organisation_id, user_id).await
}

const COUNT: &str = "select count(*) from partners.member where organisation_id = $1";

const ADD: &str = "
    insert into partners.member (organisation_id, user_id, role, since) values ($1, $2, $3, $4)
    on conflict (organisation_id, user_id) do nothing";

/// Makes a user a member.
pub async fn add(
    tx: &Transaction<'_>,
    organisation_id: &str,
    user_id: &str,
    role: Role,
    by: &By,
) -> Result<(), Error> {
    organisation::lock(tx, organisation_id).await?;
    if tx.query_one(COUNT, &[&organisation_id]).await?.get::<_, i64>(0) >= MEMBERS_MAX {
        return Err(Error::TooMany { what: "members", max: MEMBERS_MAX });
    }
    if tx.execute(ADD, &[&organisation_id, &user_id, &role.word(), &At(by.at)]).await? == 0 {
        return Err(Error::AlreadyMember);
    }
    let after = json!({ "role": role.word() });
    Ok(audit::record(tx, by, organisation_id, "member.add", user_id, Change::made(after)).await?)
}

const SET_ROLE: &str = "update partners.member set role = $3 where organisation_id = $1 and user_id = $2";

/// Gives a member another role. The last owner stays one. `giver` is the role of who asks.
pub async fn set_role(
    tx: &Transaction<'_>,
    organisation_id: &str,
    user_id: &str,
    role: Role,
    giver: Role,
    by: &By,
) -> Result<(), Error> {
    let before = changeable(tx, organisation_id, user_id, giver).await?;
    if !giver.may_give(role) {
        return Err(Error::NotAllowed);
    }
    if before == role {
        return Ok(());
    }
    tx.execute(SET_ROLE, &[&organisation_id, &user_id, &role.word()]).await?;
    keep_an_owner(tx, organisation_id).await?;
    let change = Change::of(json!({ "role": before.word() }), json!({ "role": role.word() }));
    Ok(audit::record(tx, by, organisation_id, "member.role", user_id, change).await?)
}

const REMOVE: &str = "delete from partners.member where organisation_id = $1 and user_id = $2";

/// Takes a member out of an organisation. Everyone may leave; the last owner stays.
pub async fn remove(
    tx: &Transaction<'_>,
    organisation_id: &str,
    user_id: &str,
    remover: Role,
    by: &By,
) -> Result<(), Error> {
    let before = if by.actor.id == user_id {
        // Two owners cannot leave at the same time.
        organisation::lock(tx, organisation_id).await?;
        role_of(tx, organisation_id, user_id).await?
    } else {
        changeable(tx, organisation_id, user_id, remover).await?
    };
    tx.execute(REMOVE, &[&organisation_id, &user_id]).await?;
    keep_an_owner(tx, organisation_id).await?;
    let before = json!({ "role": before.word() });
    Ok(audit::record(tx, by, organisation_id, "member.remove", user_id, Change::ended(before)).await?)
}

/// The present role of a member whom `giver` may change; holds the organisation.
async fn changeable(
    tx: &Transaction<'_>,
    organisation_id: &str,
    user_id: &str,
    giver: Role,
) -> Result<Role, Error> {
    organisation::lock(tx, organisation_id).await?;
    let role = role_of(tx, organisation_id, user_id).await?;
    if giver.may_give(role) { Ok(role) } else { Err(Error::NotAllowed) }
}

async fn role_of(tx: &Transaction<'_>, organisation_id: &str, user_id: &str) -> Result<Role, Error> {
    let found = find(tx, organisation_id, user_id).await?;
    found.map(|it| it.1).ok_or_else(|| Error::UnknownMember { id: user_id.to_owned() })
}

const OWNERS: &str =
    "select count(*) as owners from partners.member where organisation_id = $1 and role = 'owner'";

async fn keep_an_owner(tx: &Transaction<'_>, organisation_id: &str) -> Result<(), Error> {
    let owners: i64 = tx.query_one(OWNERS, &[&organisation_id]).await?.get("owners");
    if owners == 0 { Err(Error::LastOwner) } else { Ok(()) }
}

fn member(row: &Row) -> Result<Member, Error> {
    Ok(Member { user_id: row.get("user_id"), role: role(row)?, since: row.get::<_, At>("since").0 })
}

fn role(row: &Row) -> Result<Role, Error> {
    let unreadable = || Error::Unreadable { id: "of a member".to_owned(), column: "role" };
    Role::of_word(row.get("role")).ok_or_else(unreadable)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_USER, ROLE, LIST, ONE, COUNT, ADD, SET_ROLE, REMOVE, OWNERS];
