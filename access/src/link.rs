//! Links that are mailed: whoever opens one reads mail to its address.

use crate::Error;
use crate::token::Token;
use crate::user::Email;
use jiff::{SignedDuration, Timestamp};
use store::{At, Client, Row, Transaction};

/// What a link lets do, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Become a user with this address.
    SignUp,
    /// Choose a new password.
    Reset,
    /// Have this address instead of the present one.
    Email,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Purpose::SignUp => "sign_up",
            Purpose::Reset => "reset",
            Purpose::Email => "email",
        }
    }

    /// How long it can be opened.
    pub const fn lasts(self) -> SignedDuration {
        match self {
            Purpose::SignUp => SignedDuration::from_hours(24),
            Purpose::Reset | Purpose::Email => SignedDuration::from_hours(1),
        }
    }
}

/// What an open link proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub email: Email,
    /// Whose; none for [`Purpose::SignUp`].
    pub user_id: Option<String>,
}

const MAKE: &str = "
    insert into access.link (token_sha256, purpose, email, user_id, made_at, ends_at) values ($1, $2, $3, $4, $5, $6)";

/// Makes a link; its token belongs into a letter to `email` and nowhere else.
pub async fn make(
    tx: &Transaction<'_>,
    purpose: Purpose,
    email: &Email,
    user_id: Option<&str>,
    now: Timestamp,
) -> Result<Token, Error> {
    let token = Token::new();
    let (hash, ends_at) = (token.sha256(), At::after(now, purpose.lasts()));
    tx.execute(MAKE, &[&hash.as_slice(), &purpose.word(), &email.as_str(), &user_id, &At(now), &ends_at])
        .await?;
    Ok(token)
}

const LOOK: &str =
    "select email, user_id from access.link where token_sha256 = $1 and purpose = $2 and ends_at > $3";

/// What the link is for, without using it up: programs that read mail open links too.
pub async fn look(
    client: &Client<'_>,
    purpose: Purpose,
    token: &Token,
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    let row = client.query_opt(LOOK, &[&token.sha256().as_slice(), &purpose.word(), &At(now)]).await?;
    row.as_ref().map(link).transpose()
}

const USE_UP: &str = "
    delete from access.link where token_sha256 = $1 and purpose = $2 and ends_at > $3 returning email, user_id";

/// Uses the link up. None when it never was, is too old, or was used.
pub async fn use_up(
    tx: &Transaction<'_>,
    purpose: Purpose,
    token: &Token,
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    let row = tx.query_opt(USE_UP, &[&token.sha256().as_slice(), &purpose.word(), &At(now)]).await?;
    row.as_ref().map(link).transpose()
}

const FORGET_OF: &str = "delete from access.link where user_id = $1";

/// Takes all links of a user back: what they were to change has changed.
pub async fn take_back(tx: &Transaction<'_>, user_id: &str) -> Result<(), Error> {
    tx.execute(FORGET_OF, &[&user_id]).await?;
    Ok(())
}

const FORGET: &str = "delete from access.link where ends_at <= $1";

/// Forgets those that are too old.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

fn link(row: &Row) -> Result<Link, Error> {
    let unreadable = |_| Error::Unreadable { what: "a link".to_owned(), column: "email" };
    Ok(Link { email: Email::parse(row.get("email")).map_err(unreadable)?, user_id: row.get("user_id") })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, LOOK, USE_UP, FORGET_OF, FORGET];
