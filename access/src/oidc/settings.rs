//! What the configuration says of an identity provider, and what of it is refused.

use crate::Secret;
use serde::Deserialize;

/// A provider that people sign in by.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// For addresses: letters, digits and `-`. The return address that the provider is told ends in `/console/sign-in/with/<id>/back`.
    pub id: String,
    /// For people.
    pub name: String,
    /// As the provider writes itself, such as `https://accounts.google.com`: what it says of itself is at
    /// `<issuer>/.well-known/openid-configuration`.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// Who may come: addresses of these domains. Empty: whoever the provider knows.
    #[serde(default)]
    pub email_domains: Vec<String>,
}

/// Why a provider's settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("access.oidc: an id is letters, digits and \"-\", and {id:?} is not")]
    Id { id: String },
    #[error("access.oidc: there are two providers {id:?}")]
    Twice { id: String },
    #[error("access.oidc: {id} has no name for people, of up to 40 characters")]
    Name { id: String },
    #[error(
        "access.oidc: {id}'s issuer is no https:// address, without a query (http:// on this machine alone)"
    )]
    Issuer { id: String },
    #[error("access.oidc: {id} needs client_id and client_secret, as the provider gave them")]
    Client { id: String },
    #[error("access.oidc: {domain:?} of {id}'s email_domains is no domain")]
    Domain { id: String, domain: String },
    #[error("access.oidc: no HTTP client: {reason}")]
    Http { reason: String },
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let id = || self.id.clone();
        let is_id = |it: &str| {
            (1..=40).contains(&it.len())
                && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
        };
        if !is_id(&self.id) {
            return Err(SettingsError::Id { id: id() });
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 40 {
            return Err(SettingsError::Name { id: id() });
        }
        let url = reqwest::Url::parse(&self.issuer).map_err(|_| SettingsError::Issuer { id: id() })?;
        let is_near = url.scheme() == "http" && crate::human::is_loopback(&url);
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !is_plain || (url.scheme() != "https" && !is_near) {
            return Err(SettingsError::Issuer { id: id() });
        }
        if self.client_id.trim().is_empty() || self.client_secret.reveal().is_empty() {
            return Err(SettingsError::Client { id: id() });
        }
        let is_domain = |it: &String| {
            it.contains('.') && it.bytes().all(|it| it.is_ascii_alphanumeric() || b".-".contains(&it))
        };
        match self.email_domains.iter().find(|it| !is_domain(it)) {
            Some(domain) => Err(SettingsError::Domain { id: id(), domain: domain.clone() }),
            None => Ok(()),
        }
    }
}
