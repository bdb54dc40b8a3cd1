//! Invitations: a letter whose link makes who opens it a member.

use crate::audit::{self, Change};
use crate::{Error, Organisation, Role, member, organisation};
use access::{By, Email, Token, User};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{At, Client, Row, Transaction, ids};

/// How long one may wait.
const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most that an organisation has open: each is a letter to somebody who did not ask for it.
const INVITES_MAX: i64 = 50;

/// Somebody who is asked to become a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// `inv_…`
    pub id: String,
    pub organisation: Organisation,
    pub email: Email,
    pub role: Role,
    pub made_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Other addresses' that are open: asking an invited one again takes no more room.
const COUNT: &str = "
    select count(*) from partners.invite where organisation_id = $1 and ends_at > $2 and email_folded <> $3";

const IS_MEMBER: &str = "select 1 from partners.member where organisation_id = $1 and user_id = $2";

const MAKE: &str = "
    insert into partners.invite (id, organisation_id, email, email_folded, role, token_sha256, made_at, ends_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (organisation_id, email_folded) do update
        set role = excluded.role, token_sha256 = excluded.token_sha256, made_at = excluded.made_at, ends_at = excluded.ends_at
    returning id";

/// Invites whoever reads mail to an address; asked again, the earlier letter's link is good no more. The token belongs into the letter.
pub async fn make(
    tx: &Transaction<'_>,
    organisation_id: &str,
    email: &Email,
    role: Role,
    giver: Role,
    by: &By,
) -> Result<(Invite, Token), Error> {
    if !giver.may_give(role) {
        return Err(Error::NotAllowed);
    }
    let organisation = organisation::lock(tx, organisation_id).await?;
    let open = tx.query_one(COUNT, &[&organisation_id, &At(by.at), &email.folded()]).await?;
    if open.get::<_, i64>(0) >= INVITES_MAX {
        return Err(Error::TooMany { what: "open invitations", max: INVITES_MAX });
    }
    if let Some(user) = access::user::by_email(tx, email).await?
        && tx.query_opt(IS_MEMBER, &[&organisation_id, &user.id]).await?.is_some()
    {
        return Err(Error::AlreadyMember);
    }
    let (token, ends_at) = (Token::new(), At::after(by.at, LASTS));
    let (new_id, hash, folded) = (ids::new("inv"), token.sha256(), email.folded());
    let params: store::Params<'_> = &[
        &new_id,
        &organisation_id,
        &email.as_str(),
        &folded,
        &role.word(),
        &hash.as_slice(),
        &At(by.at),
        &ends_at,
    ];
    let id: String = tx.query_one(MAKE, params).await?.get("id");
    let after = json!({ "email": email.as_str(), "role": role.word() });
    audit::record(tx, by, organisation_id, "invite.make", &id, Change::made(after)).await?;
    let invite = Invite { id, organisation, email: email.clone(), role, made_at: by.at, ends_at: ends_at.0 };
    Ok((invite, token))
}

const LIST: &str = "
    select i.id, i.organisation_id, o.name, i.email, i.role, i.made_at, i.ends_at
    from partners.invite i join partners.organisation o on o.id = i.organisation_id
    where i.organisation_id = $1 and i.ends_at > $2 order by i.made_at, i.id";

/// Those that are open.
pub async fn list(client: &Client<'_>, organisation_id: &str, now: Timestamp) -> Result<Vec<Invite>, Error> {
    client.query(LIST, &[&organisation_id, &At(now)]).await?.iter().map(invite).collect()
}

const FIND: &str = "
    select i.id, i.organisation_id, o.name, i.email, i.role, i.made_at, i.ends_at
    from partners.invite i join partners.organisation o on o.id = i.organisation_id
    where i.organisation_id = $1 and i.id = $2 and i.ends_at > $3";

/// One that is open.
pub async fn find(
    client: &Client<'_>,
    organisation_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<Invite, Error> {
    let row = client.query_opt(FIND, &[&organisation_id, &id, &At(now)]).await?;
    invite(&row.ok_or_else(|| Error::UnknownInvite { id: id.to_owned() })?)
}

const LOOK: &str = "
    select i.id, i.organisation_id, o.name, i.email, i.role, i.made_at, i.ends_at
    from partners.invite i join partners.organisation o on o.id = i.organisation_id
    where i.token_sha256 = $1 and i.ends_at > $2";

/// What the letter's link says, without using it up.
pub async fn look(client: &Client<'_>, token: &Token, now: Timestamp) -> Result<Option<Invite>, Error> {
    let row = client.query_opt(LOOK, &[&token.sha256().as_slice(), &At(now)]).await?;
    row.as_ref().map(invite).transpose()
}

const USE_UP: &str = "
    with used as (
        delete from partners.invite where token_sha256 = $1 and ends_at > $2
        returning id, organisation_id, email, role, made_at, ends_at
    )
    select u.id, u.organisation_id, o.name, u.email, u.role, u.made_at, u.ends_at
    from used u join partners.organisation o on o.id = u.organisation_id";

/// Makes a user a member by a letter's link, which is used up. None when it never was, is too old, was used or taken back. The user need not
/// have the address that the letter went to: whoever was given the link may come with the address they sign in with.
pub async fn accept(
    tx: &Transaction<'_>,
    token: &Token,
    user: &User,
    by: &By,
) -> Result<Option<Invite>, Error> {
    let row = tx.query_opt(USE_UP, &[&token.sha256().as_slice(), &At(by.at)]).await?;
    let Some(invite) = row.as_ref().map(invite).transpose()? else { return Ok(None) };
    member::add(tx, &invite.organisation.id, &user.id, invite.role, by).await?;
    Ok(Some(invite))
}

const TAKE_BACK: &str =
    "delete from partners.invite where organisation_id = $1 and id = $2 returning email, role";

/// Takes an invitation back.
pub async fn take_back(tx: &Transaction<'_>, organisation_id: &str, id: &str, by: &By) -> Result<(), Error> {
    let row = tx.query_opt(TAKE_BACK, &[&organisation_id, &id]).await?;
    let row = row.ok_or_else(|| Error::UnknownInvite { id: id.to_owned() })?;
    let before = json!({ "email": row.get::<_, &str>("email"), "role": row.get::<_, &str>("role") });
    Ok(audit::record(tx, by, organisation_id, "invite.take_back", id, Change::ended(before)).await?)
}

const FORGET: &str = "delete from partners.invite where ends_at <= $1";

/// Forgets those that are too old.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

fn invite(row: &Row) -> Result<Invite, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { id: id.clone(), column };
    Ok(Invite {
        organisation: Organisation { id: row.get("organisation_id"), name: row.get("name") },
        email: Email::parse(row.get("email")).map_err(|_| unreadable("email"))?,
        role: Role::of_word(row.get("role")).ok_or_else(|| unreadable("role"))?,
        made_at: row.get::<_, At>("made_at").0,
        ends_at: row.get::<_, At>("ends_at").0,
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[COUNT, IS_MEMBER, MAKE, LIST, FIND, LOOK, USE_UP, TAKE_BACK, FORGET];
