//! Journeys that were begun, and newcomers who have still to say what they are called.

use super::Person;
use crate::Error;
use crate::token::Token;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::{At, Client, Row, Transaction};

/// Long enough to find a password at the provider.
const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// …and for a form of two fields.
const NEWCOMER_LASTS: SignedDuration = SignedDuration::from_mins(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    SignIn,
    Link,
    SignUp,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Purpose::SignIn => "sign_in",
            Purpose::Link => "link",
            Purpose::SignUp => "sign_up",
        }
    }
}

/// A journey that came to its end.
pub(super) struct Kept {
    /// Whose account is to be linked.
    pub(super) user_id: Option<String>,
}

const KEEP: &str = "
    insert into access.identity_ceremony (token_sha256, purpose, provider, user_id, person, ends_at)
    values ($1, $2, $3, $4, $5, $6)";

pub(super) async fn keep(
    tx: &Transaction<'_>,
    token: &Token,
    purpose: Purpose,
    provider: &str,
    user_id: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let (hash, ends_at, nobody) = (token.sha256(), At::after(now, LASTS), None::<Value>);
    tx.execute(KEEP, &[&hash.as_slice(), &purpose.word(), &provider, &user_id, &nobody, &ends_at]).await?;
    Ok(())
}

pub(super) async fn keep_person(
    tx: &Transaction<'_>,
    provider: &str,
    person: &Person,
    now: Timestamp,
) -> Result<Token, Error> {
    let token = Token::new();
    let person = serde_json::to_value(person).expect("four texts are JSON");
    let (hash, ends_at, no_user) = (token.sha256(), At::after(now, NEWCOMER_LASTS), None::<&str>);
    let purpose = Purpose::SignUp.word();
    tx.execute(KEEP, &[&hash.as_slice(), &purpose, &provider, &no_user, &Some(person), &ends_at]).await?;
    Ok(token)
}

const USE_UP: &str = "
    delete from access.identity_ceremony
    where token_sha256 = $1 and provider = $2 and purpose = any($3) and ends_at > $4
    returning user_id";

/// None when it never was, is too old, was used, or was begun with another provider.
pub(super) async fn use_up(
    tx: &Transaction<'_>,
    token: &Token,
    provider: &str,
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<Option<Kept>, Error> {
    let words: Vec<&str> = purposes.iter().map(|it| it.word()).collect();
    let hash = token.sha256();
    let row = tx.query_opt(USE_UP, &[&hash.as_slice(), &provider, &words, &At(now)]).await?;
    Ok(row.map(|it| Kept { user_id: it.get("user_id") }))
}

const LOOK: &str = "
    select person from access.identity_ceremony where token_sha256 = $1 and purpose = 'sign_up' and ends_at > $2";

pub(super) async fn look(
    client: &Client<'_>,
    token: &Token,
    now: Timestamp,
) -> Result<Option<Person>, Error> {
    let row = client.query_opt(LOOK, &[&token.sha256().as_slice(), &At(now)]).await?;
    row.as_ref().map(person).transpose()
}

const USE_UP_PERSON: &str = "
    delete from access.identity_ceremony
    where token_sha256 = $1 and purpose = 'sign_up' and ends_at > $2
    returning person";

pub(super) async fn use_up_person(
    tx: &Transaction<'_>,
    token: &Token,
    now: Timestamp,
) -> Result<Option<Person>, Error> {
    let row = tx.query_opt(USE_UP_PERSON, &[&token.sha256().as_slice(), &At(now)]).await?;
    row.as_ref().map(person).transpose()
}

fn person(row: &Row) -> Result<Person, Error> {
    let unreadable = |_| Error::Unreadable { what: "a newcomer".to_owned(), column: "person" };
    serde_json::from_value(row.get("person")).map_err(unreadable)
}

const FORGET: &str = "delete from access.identity_ceremony where ends_at <= $1";

/// Forgets those who never came back.
pub(crate) async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP, USE_UP, LOOK, USE_UP_PERSON, FORGET];
