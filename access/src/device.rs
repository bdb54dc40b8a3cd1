//! Browsers that have signed in to an account before.

use crate::Error;
use crate::token::Token;
use crate::user::Email;
use jiff::{SignedDuration, Timestamp};
use store::{At, Client, Transaction};

/// A browser that has not signed in for so long is a stranger again.
const LASTS: SignedDuration = SignedDuration::from_hours(180 * 24);

/// How long a browser keeps the cookie by which it is known.
pub const COOKIE_SECONDS: i64 = LASTS.as_secs();

const IS_KNOWN: &str = "
    select 1 from access.device d join access.user u on u.id = d.user_id
    where u.email_folded = $1 and d.token_sha256 = $2";

/// Whether this browser has signed in to that account.
pub(crate) async fn is_known(client: &Client<'_>, email: &Email, device: &Token) -> Result<bool, Error> {
    let row = client.query_opt(IS_KNOWN, &[&email.folded(), &device.sha256().as_slice()]).await?;
    Ok(row.is_some())
}

const REMEMBER: &str = "
    insert into access.device (user_id, token_sha256, used_at) values ($1, $2, $3)
    on conflict (user_id, token_sha256) do update set used_at = excluded.used_at";

/// Remembers that this browser signed in; answers with the token by which it is known, a new one where it had none.
pub async fn remember(
    tx: &Transaction<'_>,
    user_id: &str,
    device: Option<&Token>,
    now: Timestamp,
) -> Result<Token, Error> {
    let token = device.cloned().unwrap_or_default();
    tx.execute(REMEMBER, &[&user_id, &token.sha256().as_slice(), &At(now)]).await?;
    Ok(token)
}

const FORGET_OF: &str = "delete from access.device where user_id = $1";

/// All browsers are strangers to this account: its password was reset.
pub async fn forget_all(tx: &Transaction<'_>, user_id: &str) -> Result<(), Error> {
    tx.execute(FORGET_OF, &[&user_id]).await?;
    Ok(())
}

const FORGET: &str = "delete from access.device where used_at <= $1";

/// Forgets those that were not used for long.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At::after(now, -LASTS)]).await?)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[IS_KNOWN, REMEMBER, FORGET_OF, FORGET];
