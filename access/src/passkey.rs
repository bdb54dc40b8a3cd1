//! Passkeys (WebAuthn): key pairs whose private half stays in a phone, a laptop, a password manager or a security key, which asks for a finger, a
//! face or a PIN before it signs. A page of another site gets no signature that counts here, so that there is nothing to phish.
//!
//! Each use is a ceremony of two requests. The first keeps a challenge and answers with a [`Ceremony`]: options for
//! `navigator.credentials.create()` or `.get()`, and a token. The second brings token and answer back, once and within five minutes, to
//! whichever process. A [`Refused`] answer is an outcome and no [`Error`]: the transaction is to be committed, for it used the
//! ceremony up.
//!
//! Every answer must say that the person was verified. So a passkey is both factors by itself ([`Whose::Anybody`]), and can be the second one
//! after a password ([`Whose::User`]).

mod ceremony;
mod registration;
mod sign_in;

pub use ceremony::Ceremony;
pub(crate) use ceremony::forget_over;
pub use registration::Registered;
pub use sign_in::{SignedInBy, Whose};

use crate::{Error, factor, user};
use jiff::Timestamp;
use std::sync::Arc;
use store::{At, Client, Row, Transaction};
use webauthn_rs::prelude::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// How many a user may have.
pub const PASSKEYS_MAX: usize = 20;

/// The site that passkeys are made for. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Passkeys {
    relying_party: Arc<Webauthn>,
}

impl Passkeys {
    /// For the pages of `public_origin`, such as `https://crease.example`, and of no other origin. None where browsers make no passkeys: on a bare
    /// IP address, and without TLS but on `localhost`.
    ///
    /// The host is what passkeys are bound to: under another one they open nothing.
    pub fn new(public_origin: &str) -> Result<Option<Self>, Error> {
        let origin = Url::parse(public_origin).map_err(|_| Error::Origin)?;
        let Some(host) = origin.domain() else { return Ok(None) };
        if origin.scheme() != "https" && (origin.scheme(), host) != ("http", "localhost") {
            return Ok(None);
        }
        let builder = WebauthnBuilder::new(host, &origin).expect("the host is the origin's own");
        let relying_party = builder.rp_name("Crease").build().expect("name and host need no more");
        Ok(Some(Self { relying_party: Arc::new(relying_party) }))
    }
}

/// A line of a user's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// `psk_…`
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    pub made_at: Timestamp,
    /// When it last signed in; none if it never has.
    pub used_at: Option<Timestamp>,
}

/// Why a ceremony was not begun, or its answer not taken. Visitors are told the same of the first four; owners are warned of the fourth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It never was, was answered, is more than five minutes old, or was begun for something or somebody else.
    #[error("that passkey does not open this")]
    Over,

    /// Not what was asked for: unreadable, of another site or challenge, signed by another key, or without having verified the person.
    #[error("that passkey does not open this")]
    Wrong,

    /// No such passkey, or not this user's, or of somebody who may not sign in.
    #[error("that passkey does not open this")]
    Unknown,

    /// The signature is right, but it was not counted on from the last one: there are two of this passkey.
    #[error("that passkey does not open this")]
    Cloned { user_id: String, passkey: Passkey },

    #[error("this passkey is registered already")]
    Taken,

    #[error("there is room for {max} passkeys: remove one first")]
    TooMany { max: usize },

    #[error("too many tries: not before {until}")]
    TooOften { until: Timestamp },
}

const LIST: &str = "
    select id, name, made_at, used_at from access.passkey where user_id = $1 order by made_at, id";

/// A user's passkeys, the oldest first.
pub async fn list(client: &Client<'_>, user_id: &str) -> Result<Vec<Passkey>, Error> {
    Ok(client.query(LIST, &[&user_id]).await?.iter().map(passkey).collect())
}

const RENAME: &str = "update access.passkey set name = $3 where user_id = $1 and id = $2";

/// Calls it something else; false when this user has none of that id.
pub async fn rename(tx: &Transaction<'_>, user_id: &str, id: &str, name: &str) -> Result<bool, Error> {
    Ok(tx.execute(RENAME, &[&user_id, &id, &user::name(name)?]).await? == 1)
}

const REMOVE: &str =
    "delete from access.passkey where user_id = $1 and id = $2 returning id, name, made_at, used_at";

/// Takes it away, and with the last second factor the codes for paper. None when this user has none of that id.
pub async fn remove(tx: &Transaction<'_>, user_id: &str, id: &str) -> Result<Option<Passkey>, Error> {
    user::lock(tx, user_id).await?;
    let Some(row) = tx.query_opt(REMOVE, &[&user_id, &id]).await? else { return Ok(None) };
    factor::drop_codes_of_nothing(tx, user_id).await?;
    Ok(Some(passkey(&row)))
}

fn passkey(row: &Row) -> Passkey {
    Passkey {
        id: row.get("id"),
        name: row.get("name"),
        made_at: row.get::<_, At>("made_at").0,
        used_at: row.get::<_, Option<At>>("used_at").map(|it| it.0),
    }
}

/// Every statement of these files, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&[&str]] =
    &[&[LIST, RENAME, REMOVE], ceremony::STATEMENTS, registration::STATEMENTS, sign_in::STATEMENTS];

#[cfg(test)]
mod tests;
