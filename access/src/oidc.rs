//! Signing in by an identity provider: OpenID Connect, the authorization code flow with PKCE.
//!
//! A browser is sent to the provider with what [`Oidc::begin`] answers, and comes back with a code, for which [`Oidc::finish`] gets an ID token.
//! State, nonce and PKCE's verifier are all derived from one token that only that browser has, in a cookie: an answer that somebody else
//! brought about counts for nobody. Each journey counts once and for ten minutes.
//!
//! Issuer and subject say who somebody is ([`identity`]); an address is believed for a new account alone, and only where the provider has proved it. So
//! nobody gets into an account because a provider says that its address is theirs: whoever has one links the provider while signed in.
//!
//! A provider proves a password's worth: users with a second factor are asked for it here as well.

mod ceremony;
pub mod identity;
mod provider;
mod settings;

pub(crate) use ceremony::forget_over;
pub use identity::Identity;
pub use settings::{Settings, SettingsError};

use crate::attempts::{self, Allowed, Rule};
use crate::token::Token;
use crate::user::Email;
use crate::visitor::Visitor;
use crate::{Error, user};
use ceremony::Purpose;
use jiff::{SignedDuration, Timestamp};
use provider::Provider;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{Client, Store, Transaction};
use subtle::ConstantTimeEq;

/// From one network. Each journey keeps a row for ten minutes.
const BY_NETWORK: Rule = Rule { name: "oidc/network", max: 300, within: SignedDuration::from_mins(15) };

/// The providers that the configuration names. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Oidc {
    providers: Arc<[Provider]>,
}

/// A provider, as pages offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// For addresses: `google`.
    pub id: &'a str,
    /// For people: "Google".
    pub name: &'a str,
    pub issuer: &'a str,
}

/// Who somebody is at a provider.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Person {
    pub issuer: String,
    pub subject: String,
    /// That the provider has proved; none where it has not.
    pub email: Option<String>,
    /// Empty where the provider says none.
    pub name: String,
}

impl Person {
    /// The address, if it is one for a new account.
    pub fn email(&self) -> Option<Email> {
        Email::parse(self.email.as_deref()?).ok()
    }
}

/// A browser's way to a provider.
#[derive(Clone, Debug)]
pub struct Begun {
    /// For a cookie, which comes back with the answer.
    pub token: Token,
    /// Where the browser goes.
    pub url: String,
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why<'a> {
    /// To sign in, or up.
    SignIn,
    /// To be able to, from now on: the user with this id, who has just been proved.
    Link(&'a str),
}

/// What a browser brings back from the provider (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub code: String,
    pub state: String,
    pub iss: Option<String>,
    /// In place of a code: `access_denied` and others.
    pub error: Option<String>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Answer(…)")
    }
}

/// Who came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// To sign in, or up.
    SignsIn(Person),
    /// To have it linked to the user with this id, who has to be signed in still.
    Links { user_id: String, person: Person },
}

/// Why nobody arrived, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no such provider here")]
    Unknown,

    /// It never began in this browser, was answered, or is more than ten minutes old.
    #[error("that sign-in is over, or was begun in another browser: begin again")]
    Over,

    /// The person said no, or the provider did.
    #[error("{provider} signed nobody in")]
    Declined { provider: String },

    /// The ID token does not say what it has to.
    #[error("{provider} gave an answer that cannot be trusted: begin again")]
    Wrong { provider: String },

    /// Its address is of no domain that the configuration names.
    #[error("only people of {domains} sign in with {provider} here")]
    Stranger { provider: String, domains: String },

    /// Not there, slow, or broken.
    #[error("{provider} cannot be reached at this moment: try again, or sign in another way")]
    Away { provider: String },

    #[error("too many tries: not before {until}")]
    TooOften { until: Timestamp },
}

impl Oidc {
    /// Asks nobody yet: a provider that is away keeps nothing from starting.
    pub fn new(settings: &[Settings]) -> Result<Self, SettingsError> {
        for (place, one) in settings.iter().enumerate() {
            if settings[..place].iter().any(|it| it.id == one.id) {
                return Err(SettingsError::Twice { id: one.id.clone() });
            }
        }
        let providers = settings.iter().map(Provider::new).collect::<Result<_, _>>()?;
        Ok(Self { providers })
    }

    /// What pages offer, in the configuration's order.
    pub fn offers(&self) -> Vec<Offer<'_>> {
        self.providers.iter().map(Provider::offer).collect()
    }

    fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|it| it.settings.id == id)
    }

    /// Sends somebody to a provider, who comes back to `return_url`.
    pub async fn begin(
        &self,
        store: &Store,
        to: (&str, &str),
        why: Why<'_>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Result<Begun, Refused>, Error> {
        let (id, return_url) = to;
        let Some(provider) = self.provider(id) else { return Ok(Err(Refused::Unknown)) };
        let network = visitor.network().to_string();
        let token = Token::new();
        let (purpose, user_id) = match why {
            Why::SignIn => (Purpose::SignIn, None),
            Why::Link(user_id) => (Purpose::Link, Some(user_id)),
        };
        let kept = store.run_tx("access.oidc_begin", async |tx| {
            let allowed = attempts::count(tx, BY_NETWORK, &network, now).await?;
            if matches!(allowed, Allowed::Yes { .. }) {
                ceremony::keep(tx, &token, purpose, id, user_id, now).await?;
            }
            Ok::<_, Error>(allowed)
        });
        if let Allowed::No { until } = kept.await? {
            return Ok(Err(Refused::TooOften { until }));
        }
        let url = provider.authorize_url(&token, return_url, now).await;
        Ok(url.map(|url| Begun { token, url }))
    }

    /// Who came back, to where [`Self::begin`] said.
    pub async fn finish(
        &self,
        store: &Store,
        to: (&str, &str),
        token: &Token,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Result<Arrived, Refused>, Error> {
        let (id, return_url) = to;
        let Some(provider) = self.provider(id) else { return Ok(Err(Refused::Unknown)) };
        // A browser that somebody sent here with an answer of their own keeps its journey.
        if !bool::from(state(token).as_bytes().ct_eq(answer.state.as_bytes())) {
            return Ok(Err(Refused::Over));
        }
        let used_up = store.run_tx("access.oidc_finish", async |tx| {
            ceremony::use_up(tx, token, id, &[Purpose::SignIn, Purpose::Link], now).await
        });
        let Some(kept) = used_up.await? else { return Ok(Err(Refused::Over)) };
        let person = match provider.person(token, return_url, &answer, now).await {
            Ok(person) => person,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(Ok(match kept.user_id {
            Some(user_id) => Arrived::Links { user_id, person },
            None => Arrived::SignsIn(person),
        }))
    }
}

/// Keeps who arrived until they have chosen a name and an organisation; the token is for the cookie.
pub async fn keep_newcomer(
    tx: &Transaction<'_>,
    provider: &str,
    person: &Person,
    now: Timestamp,
) -> Result<Token, Error> {
    ceremony::keep_person(tx, provider, person, now).await
}

/// Who is about to sign up in this browser, if somebody is.
pub async fn newcomer(client: &Client<'_>, token: &Token, now: Timestamp) -> Result<Option<Person>, Error> {
    ceremony::look(client, token, now).await
}

/// Makes a user of who arrived, without a password. None when it is over, or the address has got an account meanwhile.
pub async fn sign_up(
    tx: &Transaction<'_>,
    token: &Token,
    name: &str,
    now: Timestamp,
) -> Result<Option<user::User>, Error> {
    let Some(person) = ceremony::use_up_person(tx, token, now).await? else { return Ok(None) };
    let Some(email) = person.email() else { return Ok(None) };
    let user = match user::create_without_password(tx, &email, name, now).await {
        Ok(user) => user,
        Err(Error::EmailTaken) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(identity::link(tx, &user.id, &person, now).await?.then_some(user))
}

/// What the provider sends back as it got it (RFC 6749 §10.12).
fn state(token: &Token) -> String {
    token.derive("oidc state")
}

/// What the ID token has to repeat.
fn nonce(token: &Token) -> String {
    token.derive("oidc nonce")
}

/// RFC 7636 §4.1: 43 to 128 characters.
fn verifier(token: &Token) -> String {
    format!("{}{}", token.derive("oidc verifier 1"), token.derive("oidc verifier 2"))
}

/// Every statement of these files, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&[&str]] = &[ceremony::STATEMENTS, identity::STATEMENTS];
