//! Sessions: who is signed in, on which device, until when.

use crate::Error;
use crate::audit::{self, Deed};
use crate::token::Token;
use crate::user::{Email, User};
use crate::visitor::Visitor;
use jiff::{SignedDuration, Timestamp};
use store::{At, Client, Row, Transaction, ids};
use subtle::ConstantTimeEq;

/// Without a sign of life a session ends after so long…
const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// …and in any case after so long.
const LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A second factor is given within so long after the password.
const HALF_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// A sign of life is written down when the last one is so old.
const USED_COARSE: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// `ses_…`: what lists call it.
    pub id: String,
    pub user: User,
    token: Token,
}

impl Session {
    /// How long the cookie that carries the token is kept.
    pub const COOKIE_SECONDS: i64 = LASTS.as_secs();

    /// What every form of this session's pages must send back.
    pub fn form_token(&self) -> String {
        form_token(&self.token)
    }

    /// Whether a form's token is this session's.
    pub fn sent(&self, form_token: &str) -> bool {
        self.form_token().as_bytes().ct_eq(form_token.as_bytes()).into()
    }
}

/// What the forms of a session with this token send back.
pub fn form_token(token: &Token) -> String {
    token.derive("form")
}

/// A line of the list of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// `ses_…`
    pub id: String,
    pub began_at: Timestamp,
    /// To a minute.
    pub used_at: Timestamp,
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
}

/// Whether somebody is signed in when the session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    SignedIn,
    /// When a second factor is given too: see [`complete`].
    AwaitingSecondFactor,
}

const BEGIN: &str = "
    insert into access.session
        (token_sha256, id, user_id, began_at, used_at, proved_at, ends_at, awaits_second, address, agent)
    values ($1, $2, $3, $4, $4, $4, $5, $6, $7, $8)";

/// Begins a session of a user who has just been proved; answers with the token for the cookie. Who is signed in by it is in the log.
pub async fn begin(
    tx: &Transaction<'_>,
    user_id: &str,
    visitor: &Visitor,
    begins: Begins,
    now: Timestamp,
) -> Result<Token, Error> {
    let (token, id) = (Token::new(), ids::new("ses"));
    let awaits = begins == Begins::AwaitingSecondFactor;
    let ends_at = At::after(now, if awaits { HALF_LASTS } else { LASTS });
    let (hash, address) = (token.sha256(), visitor.address.to_string());
    tx.execute(
        BEGIN,
        &[&hash.as_slice(), &id, &user_id, &At(now), &ends_at, &awaits, &address, &visitor.agent],
    )
    .await?;
    if begins == Begins::SignedIn {
        let deed = Deed { object: &id, ..Deed::of("session.begin") };
        audit::record_own(tx, user_id, visitor, &deed, now).await?;
    }
    Ok(token)
}

const FIND: &str = "
    select s.id as session_id, s.used_at,
           u.id, u.email, u.name, u.created_at, u.password_phc is not null as has_password
    from access.session s join access.user u on u.id = s.user_id
    where s.token_sha256 = $1 and s.ends_at > $2 and s.used_at > $3 and s.awaits_second = $4 and u.disabled_at is null";

/// Who the cookie's token belongs to, as long as the session lasts. Call [`note_use`] where it answers that this is due.
pub async fn find(
    client: &Client<'_>,
    token: &Token,
    now: Timestamp,
) -> Result<Option<(Session, Due)>, Error> {
    look_up(client, token, false, now).await
}

/// Who gave a password and owes a second factor.
pub async fn find_half(client: &Client<'_>, token: &Token, now: Timestamp) -> Result<Option<Session>, Error> {
    Ok(look_up(client, token, true, now).await?.map(|it| it.0))
}

/// Whether the session's use is to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Now,
    Later,
}

async fn look_up(
    client: &Client<'_>,
    token: &Token,
    awaits: bool,
    now: Timestamp,
) -> Result<Option<(Session, Due)>, Error> {
    let hash = token.sha256();
    let row = client.query_opt(FIND, &[&hash.as_slice(), &At(now), &At::after(now, -IDLE), &awaits]).await?;
    let Some(row) = row else { return Ok(None) };
    let At(used_at) = row.get("used_at");
    let due = if now.duration_since(used_at) >= USED_COARSE { Due::Now } else { Due::Later };
    Ok(Some((session(&row, token)?, due)))
}

fn session(row: &Row, token: &Token) -> Result<Session, Error> {
    let id: String = row.get("session_id");
    let unreadable = |_| Error::Unreadable { what: id.clone(), column: "email" };
    let user = User {
        id: row.get("id"),
        email: Email::parse(row.get("email")).map_err(unreadable)?,
        name: row.get("name"),
        created_at: row.get::<_, At>("created_at").0,
        has_password: row.get("has_password"),
    };
    Ok(Session { id, user, token: token.clone() })
}

const NOTE_USE: &str = "update access.session set used_at = $2, address = $3 where id = $1 and used_at < $2";

/// Writes down that the session was used, and from where.
pub async fn note_use(
    tx: &Transaction<'_>,
    id: &str,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(NOTE_USE, &[&id, &At(now), &visitor.address.to_string()]).await?;
    Ok(())
}

/// The second factor was right: ends what waited for it, and begins the session.
pub async fn complete(
    tx: &Transaction<'_>,
    half: &Session,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Token, Error> {
    tx.execute(END, &[&half.user.id, &half.id]).await?;
    begin(tx, &half.user.id, visitor, Begins::SignedIn, now).await
}

const PROVED: &str = "
    update access.session set token_sha256 = $2, proved_at = $3, used_at = $3
    where id = $1 and not awaits_second and ends_at > $3";

/// Password or second factor were given again: the session goes on under another token. None when it has ended meanwhile.
pub async fn prove(tx: &Transaction<'_>, session: &Session, now: Timestamp) -> Result<Option<Token>, Error> {
    let token = Token::new();
    let hash = token.sha256();
    let count = tx.execute(PROVED, &[&session.id, &hash.as_slice(), &At(now)]).await?;
    Ok((count == 1).then_some(token))
}

const LIST: &str = "
    select id, began_at, used_at, address, agent from access.session
    where user_id = $1 and ends_at > $2 and used_at > $3 and not awaits_second
    order by used_at desc, id desc limit 100";

/// Where a user is signed in, the latest first.
pub async fn list(client: &Client<'_>, user_id: &str, now: Timestamp) -> Result<Vec<Device>, Error> {
    let rows = client.query(LIST, &[&user_id, &At(now), &At::after(now, -IDLE)]).await?;
    let device = |row: &Row| Device {
        id: row.get("id"),
        began_at: row.get::<_, At>("began_at").0,
        used_at: row.get::<_, At>("used_at").0,
        address: row.get("address"),
        agent: row.get("agent"),
    };
    Ok(rows.iter().map(device).collect())
}

const END: &str = "delete from access.session where user_id = $1 and id = $2";

/// Ends a session of this user; false when there is none of that id.
pub async fn end(tx: &Transaction<'_>, user_id: &str, id: &str) -> Result<bool, Error> {
    Ok(tx.execute(END, &[&user_id, &id]).await? == 1)
}

const END_OTHERS: &str = "delete from access.session where user_id = $1 and id is distinct from $2";

/// Ends all sessions of a user but one (none: all); says how many.
pub async fn end_others(tx: &Transaction<'_>, user_id: &str, kept: Option<&str>) -> Result<u64, Error> {
    Ok(tx.execute(END_OTHERS, &[&user_id, &kept]).await?)
}

const FORGET: &str = "delete from access.session where ends_at <= $1 or used_at <= $2";

/// Forgets those that are over.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now), &At::after(now, -IDLE)]).await?)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[BEGIN, FIND, NOTE_USE, PROVED, LIST, END, END_OTHERS, FORGET];
