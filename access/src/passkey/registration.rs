//! Registering a passkey.

use super::ceremony::{self, Ceremony, Purpose};
use super::{PASSKEYS_MAX, Passkey, Passkeys, Refused};
use crate::attempts::{self, Allowed, Rule};
use crate::token::Token;
use crate::user::{self, User};
use crate::{Error, factor};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use store::{At, Client, Store, Transaction, ids};
use webauthn_rs::prelude::{
    CreationChallengeResponse, CredentialID, PasskeyRegistration, RegisterPublicKeyCredential, Uuid,
};

/// A page that asks again and again leaves this many rows.
const BY_USER: Rule = Rule { name: "passkey/register", max: 30, within: SignedDuration::from_mins(15) };

/// A passkey that was registered.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    pub passkey: Passkey,
    /// Codes for paper, which are shown this once; none when there was a second factor before.
    pub recovery_codes: Option<Vec<String>>,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Registered").field("passkey", &self.passkey).finish_non_exhaustive()
    }
}

const HANDLE: &str = "
    insert into access.passkey_owner as it (user_id, handle) values ($1, $2)
    on conflict (user_id) do update set handle = it.handle
    returning handle";

const CREDENTIALS: &str = "select credential_id from access.passkey where user_id = $1";

/// What authenticators call a user's passkeys.
pub(super) async fn credentials(client: &Client<'_>, user_id: &str) -> Result<Vec<CredentialID>, Error> {
    let rows = client.query(CREDENTIALS, &[&user_id]).await?;
    Ok(rows.iter().map(|it| it.get("credential_id")).collect())
}

const ADD: &str = "
    insert into access.passkey (id, user_id, credential_id, credential, name, made_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (credential_id) do nothing
    returning id, name, made_at, used_at";

impl Passkeys {
    /// Begins to register a passkey for a user whose session is fresh.
    pub async fn begin_registration(
        &self,
        store: &Store,
        user: &User,
        now: Timestamp,
    ) -> Result<Result<Ceremony, Refused>, Error> {
        let begun = store.run_tx("access.passkey_register_begin", async |tx| {
            if let Allowed::No { until } = attempts::count(tx, BY_USER, &user.id, now).await? {
                return Ok(Err(Refused::TooOften { until }));
            }
            let known = credentials(tx, &user.id).await?;
            if known.len() >= PASSKEYS_MAX {
                return Ok(Err(Refused::TooMany { max: PASSKEYS_MAX }));
            }
            let handle: Uuid = tx.query_one(HANDLE, &[&user.id, &Uuid::new_v4()]).await?.get("handle");
            let (options, state) = self
                .relying_party
                .start_passkey_registration(handle, user.email.as_str(), &user.name, Some(known))
                .expect("a user has an address and a name");
            let token = ceremony::keep(tx, Purpose::Register, Some(&user.id), &state, now).await?;
            Ok(Ok(Ceremony { token, options: discoverable(&options) }))
        });
        begun.await
    }

    /// Registers what the authenticator made. From then on the password alone does not sign in.
    ///
    /// Whoever is signed in elsewhere gave no second factor: see [`crate::session::end_others`].
    pub async fn finish_registration(
        &self,
        tx: &Transaction<'_>,
        user_id: &str,
        token: &Token,
        answer: &Value,
        passkey_name: &str,
        now: Timestamp,
    ) -> Result<Result<Registered, Refused>, Error> {
        let name = user::name(passkey_name)?;
        let kept: Option<PasskeyRegistration> =
            ceremony::use_up(tx, Purpose::Register, Some(user_id), token, now).await?;
        let Some(state) = kept else { return Ok(Err(Refused::Over)) };
        let Ok(answer) = RegisterPublicKeyCredential::deserialize(answer) else {
            return Ok(Err(Refused::Wrong));
        };
        let made = match self.relying_party.finish_passkey_registration(&answer, &state) {
            Ok(made) => made,
            Err(error) => {
                tracing::debug!(%error, "a new passkey was refused");
                return Ok(Err(Refused::Wrong));
            }
        };
        // Whoever counts, or looks whether this is the first second factor, does so one at a time.
        if !user::lock(tx, user_id).await? {
            return Ok(Err(Refused::Unknown));
        }
        let factors = factor::second_factors(tx, user_id).await?;
        if factors.passkeys >= PASSKEYS_MAX {
            return Ok(Err(Refused::TooMany { max: PASSKEYS_MAX }));
        }
        let (id, credential) = (ids::new("psk"), ceremony::json(&made));
        let row = tx
            .query_opt(ADD, &[&id, &user_id, &made.cred_id().as_slice(), &credential, &name, &At(now)])
            .await?;
        let Some(row) = row else { return Ok(Err(Refused::Taken)) };
        attempts::clear(tx, BY_USER, user_id).await?;
        let recovery_codes =
            if factors.any() { None } else { Some(factor::renew_recovery(tx, user_id).await?) };
        Ok(Ok(Registered { passkey: super::passkey(&row), recovery_codes }))
    }
}

/// Asks for a passkey that is found without its owner's name, which webauthn-rs leaves to chance for the sake of old security keys with little room.
/// Nothing that comes back can prove it: one that is not found still is a second factor.
fn discoverable(options: &CreationChallengeResponse) -> Value {
    let mut options = ceremony::json(options);
    let selection = &mut options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    options
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[HANDLE, CREDENTIALS, ADD];
