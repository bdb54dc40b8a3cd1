//! Ceremonies that were begun: the challenge, kept until its answer comes.

use crate::Error;
use crate::token::Token;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use store::{At, Transaction};

/// As long as the browser is told to wait for the person.
const LASTS: SignedDuration = SignedDuration::from_mins(5);

/// What a page needs to ask an authenticator.
#[derive(Clone)]
pub struct Ceremony {
    /// Comes back with the answer.
    pub token: Token,
    /// `{"publicKey": …}` with binary values in base64url, which is what `PublicKeyCredential.parseCreationOptionsFromJSON()` and
    /// `.parseRequestOptionsFromJSON()` read.
    pub options: Value,
}

impl fmt::Debug for Ceremony {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Ceremony(…)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Register,
    SignIn,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::SignIn => "sign_in",
        }
    }
}

const KEEP: &str = "
    insert into access.passkey_ceremony (token_sha256, purpose, user_id, state, ends_at) values ($1, $2, $3, $4, $5)";

/// Keeps what the answer will be held against; answers with the token by which it is found again.
pub(super) async fn keep(
    tx: &Transaction<'_>,
    purpose: Purpose,
    user_id: Option<&str>,
    state: &impl Serialize,
    now: Timestamp,
) -> Result<Token, Error> {
    let token = Token::new();
    let (hash, state, ends_at) = (token.sha256(), json(state), At::after(now, LASTS));
    tx.execute(KEEP, &[&hash.as_slice(), &purpose.word(), &user_id, &state, &ends_at]).await?;
    Ok(token)
}

const USE_UP: &str = "
    delete from access.passkey_ceremony
    where token_sha256 = $1 and purpose = $2 and user_id is not distinct from $3 and ends_at > $4
    returning state";

/// Uses a ceremony up. None when it never was, is too old, was used, or is another user's.
pub(super) async fn use_up<S: DeserializeOwned>(
    tx: &Transaction<'_>,
    purpose: Purpose,
    user_id: Option<&str>,
    token: &Token,
    now: Timestamp,
) -> Result<Option<S>, Error> {
    let hash = token.sha256();
    let row = tx.query_opt(USE_UP, &[&hash.as_slice(), &purpose.word(), &user_id, &At(now)]).await?;
    let Some(row) = row else { return Ok(None) };
    let unreadable = |_| Error::Unreadable { what: "a passkey's ceremony".to_owned(), column: "state" };
    serde_json::from_value(row.get("state")).map(Some).map_err(unreadable)
}

const FORGET: &str = "delete from access.passkey_ceremony where ends_at <= $1";

/// Forgets those that nobody answered.
pub(crate) async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

/// What webauthn-rs hands out, as it is kept and as it is sent.
pub(super) fn json(it: &impl Serialize) -> Value {
    serde_json::to_value(it).expect("its types are plain structs, whose keys are texts")
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP, USE_UP, FORGET];
