//! Signing in with a passkey, or proving by one who is signed in.

use super::ceremony::{self, Ceremony, Purpose};
use super::registration::credentials;
use super::{Passkey, Passkeys, Refused};
use crate::Error;
use crate::attempts::{self, Allowed, Rule};
use crate::token::Token;
use crate::visitor::Visitor;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{At, Store, Transaction};
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential, Uuid, WebauthnError};

/// From one network. Each look at the page where people sign in begins a ceremony, and an office behind one address looks often. There is nothing to
/// guess: this bounds what is kept.
const BY_NETWORK: Rule = Rule { name: "passkey/network", max: 600, within: SignedDuration::from_mins(15) };
/// For one user, whose password was right.
const BY_USER: Rule = Rule { name: "passkey/user", max: 30, within: SignedDuration::from_mins(15) };

/// Whose passkey is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Nobody typed anything: the passkey says who signs in.
    Anybody,
    /// The user with this id: after the password, or to prove again who is signed in.
    User(&'a str),
}

impl<'a> Whose<'a> {
    fn user_id(self) -> Option<&'a str> {
        match self {
            Whose::Anybody => None,
            Whose::User(id) => Some(id),
        }
    }
}

/// Who was proved, by which passkey. The person was verified, so both factors were given: [`crate::session::begin`] with
/// [`SignedIn`](crate::session::Begins::SignedIn), or [`crate::session::complete`] after a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInBy {
    pub user_id: String,
    pub passkey: Passkey,
}

const FIND: &str = "
    select p.id, p.name, p.made_at, p.used_at, p.user_id, p.credential, o.handle
    from access.passkey p
    join access.passkey_owner o on o.user_id = p.user_id
    join access.user u on u.id = p.user_id
    where p.credential_id = $1 and u.disabled_at is null
    for update of p";

const USED: &str = "update access.passkey set credential = $2, used_at = $3 where id = $1";

impl Passkeys {
    /// Begins to sign in. With [`Whose::Anybody`] the options fit a button as well as the browser's own list in a form (`mediation: "conditional"`),
    /// whose page should begin anew before the five minutes are over.
    pub async fn begin_sign_in(
        &self,
        store: &Store,
        whose: Whose<'_>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Result<Ceremony, Refused>, Error> {
        let network = visitor.network().to_string();
        let (rule, subject) = match whose {
            Whose::Anybody => (BY_NETWORK, network.as_str()),
            Whose::User(id) => (BY_USER, id),
        };
        let begun = store.run_tx("access.passkey_sign_in_begin", async |tx| {
            if let Allowed::No { until } = attempts::count(tx, rule, subject, now).await? {
                return Ok(Err(Refused::TooOften { until }));
            }
            // The same for both: who may answer is looked up when the answer is there, since passkeys may be used and removed meanwhile.
            let (options, state) = self
                .relying_party
                .start_discoverable_authentication()
                .expect("asking for any passkey depends on none");
            let mut options = json!({ "publicKey": options.public_key });
            if let Whose::User(id) = whose {
                let known = credentials(tx, id).await?;
                // An empty list would ask for any.
                if known.is_empty() {
                    return Ok(Err(Refused::Unknown));
                }
                let one =
                    |it: &Vec<u8>| json!({ "type": "public-key", "id": BASE64_URL_SAFE_NO_PAD.encode(it) });
                options["publicKey"]["allowCredentials"] = known.iter().map(one).collect();
            }
            let token = ceremony::keep(tx, Purpose::SignIn, whose.user_id(), &state, now).await?;
            Ok(Ok(Ceremony { token, options }))
        });
        begun.await
    }

    /// Who the answer proves. `whose` is as it was at the beginning.
    pub async fn finish_sign_in(
        &self,
        tx: &Transaction<'_>,
        whose: Whose<'_>,
        token: &Token,
        answer: &Value,
        now: Timestamp,
    ) -> Result<Result<SignedInBy, Refused>, Error> {
        let kept: Option<DiscoverableAuthentication> =
            ceremony::use_up(tx, Purpose::SignIn, whose.user_id(), token, now).await?;
        let Some(state) = kept else { return Ok(Err(Refused::Over)) };
        let Ok(answer) = PublicKeyCredential::deserialize(answer) else { return Ok(Err(Refused::Wrong)) };
        if is_framed(&answer) {
            return Ok(Err(Refused::Wrong));
        }
        let Some(row) = tx.query_opt(FIND, &[&answer.get_credential_id()]).await? else {
            return Ok(Err(Refused::Unknown));
        };
        let (user_id, handle): (String, Uuid) = (row.get("user_id"), row.get("handle"));
        let is_owner = match (answer.get_user_unique_id(), whose) {
            // The authenticator may leave it out where it was told which passkeys to look for (WebAuthn §7.2, step 6).
            (None, Whose::User(id)) => id == user_id,
            (Some(said), Whose::User(id)) => id == user_id && said == handle.as_bytes(),
            (Some(said), Whose::Anybody) => said == handle.as_bytes(),
            (None, Whose::Anybody) => false,
        };
        if !is_owner {
            return Ok(Err(Refused::Unknown));
        }
        let mut passkey = super::passkey(&row);
        let unreadable = |_| Error::Unreadable { what: passkey.id.clone(), column: "credential" };
        let mut credential: webauthn_rs::prelude::Passkey =
            serde_json::from_value(row.get("credential")).map_err(unreadable)?;
        match self.relying_party.finish_discoverable_authentication_v2(&answer, state, &credential) {
            Ok(used) => _ = credential.update_credential(&used),
            Err(WebauthnError::CredentialPossibleCompromise) => {
                return Ok(Err(Refused::Cloned { user_id, passkey }));
            }
            Err(error) => {
                tracing::debug!(%error, "a passkey's answer was refused");
                return Ok(Err(Refused::Wrong));
            }
        }
        tx.execute(USED, &[&passkey.id, &ceremony::json(&credential), &At(now)]).await?;
        passkey.used_at = Some(now);
        attempts::clear(tx, BY_USER, &user_id).await?;
        Ok(Ok(SignedInBy { user_id, passkey }))
    }
}

/// Whether the browser says that our page was within another site's (WebAuthn §7.2, step 14), which webauthn-rs asks at registrations alone.
/// What is unreadable it refuses itself.
fn is_framed(answer: &PublicKeyCredential) -> bool {
    let said = serde_json::from_slice::<Value>(&answer.response.client_data_json);
    said.is_ok_and(|it| it["crossOrigin"] == true)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FIND, USED];
