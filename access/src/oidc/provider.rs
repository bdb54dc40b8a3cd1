//! Talking to one provider.

use super::{Answer, Offer, Person, Refused, Settings, SettingsError, nonce, state, verifier};
use crate::token::Token;
use crate::user::Email;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, SignatureVerificationError, TokenResponse, http,
};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// What a provider says of itself, and its keys, are asked for again after so long.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A new key is looked for no more often.
const LOOKED_FOR_KEYS_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Somebody waits.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// Descriptions have some 2 KB, keys a few.
const BODY_BYTES_MAX: usize = 256 * 1024;

pub(super) struct Provider {
    pub(super) settings: Settings,
    web: Web,
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    metadata: Arc<CoreProviderMetadata>,
    since: Timestamp,
}

impl fmt::Debug for Provider {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What went wrong, for the log: never what was sent, nor what came.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Unreached(String),
    #[error("an answer of more than {BODY_BYTES_MAX} bytes")]
    Oversized,
    #[error("no such request: {0}")]
    Request(#[from] http::Error),
}

fn unreached(error: reqwest::Error) -> Fault {
    // The innermost says what happened: "connection refused".
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    Fault::Unreached(innermost.to_string())
}

/// How providers are asked.
struct Web(reqwest::Client);

impl Web {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let request = reqwest::Request::try_from(request).map_err(unreached)?;
        let mut response = self.0.execute(request).await.map_err(unreached)?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(unreached)? {
            if body.len() + part.len() > BODY_BYTES_MAX {
                return Err(Fault::Oversized);
            }
            body.extend_from_slice(&part);
        }
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Web {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Fault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// A token that says what it has to, or why it does not.
enum Judged {
    Good(Box<CoreIdTokenClaims>),
    Wrong(String),
    /// Signed with a key that we have not seen: the provider may have a new one.
    UnknownKey,
}

impl Provider {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        // reqwest is built without a choice of cryptography; a second call finds the first one's.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .timeout(ANSWERS_WITHIN)
            // Where a provider sent us on to, the secret would go too.
            .redirect(reqwest::redirect::Policy::none());
        let http = builder.build().map_err(|error| SettingsError::Http { reason: error.to_string() })?;
        Ok(Self { settings: settings.clone(), web: Web(http), known: Mutex::new(None) })
    }

    pub(super) fn offer(&self) -> Offer<'_> {
        Offer { id: &self.settings.id, name: &self.settings.name, issuer: &self.settings.issuer }
    }

    fn name(&self) -> String {
        self.settings.name.clone()
    }

    fn away(&self, what: &str, error: &dyn fmt::Display) -> Refused {
        tracing::warn!(provider = self.settings.id, %error, "an identity provider: {what}");
        Refused::Away { provider: self.name() }
    }

    fn wrong(&self, error: &dyn fmt::Display) -> Refused {
        tracing::warn!(provider = self.settings.id, %error, "an identity provider's answer was not believed");
        Refused::Wrong { provider: self.name() }
    }

    /// What the provider says of itself, its keys with it.
    async fn metadata(&self, fresh_for: SignedDuration, now: Timestamp) -> Result<Known, Refused> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|it| now.duration_since(it.since) < fresh_for) {
            return Ok(known);
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).expect("settings were checked");
        let found = CoreProviderMetadata::discover_async(issuer, &self.web).await;
        let metadata = found.map_err(|error| self.away("it does not say what it is", &innermost(&error)))?;
        let known = Known { metadata: Arc::new(metadata), since: now };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    pub(super) async fn authorize_url(
        &self,
        token: &Token,
        return_url: &str,
        now: Timestamp,
    ) -> Result<String, Refused> {
        let known = self.metadata(KNOWN_FOR, now).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier(token)));
        let client = CoreClient::from_provider_metadata(
            (*known.metadata).clone(),
            ClientId::new(self.settings.client_id.clone()),
            None,
        );
        let client = client.set_redirect_uri(return_to(return_url));
        let (state, nonce) = (CsrfToken::new(state(token)), Nonce::new(nonce(token)));
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || state.clone(),
            move || nonce.clone(),
        );
        let scopes = ["email", "profile"].map(|it| Scope::new(it.to_owned()));
        let (url, _, _) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(url.into())
    }

    /// Who the provider says it was.
    pub(super) async fn person(
        &self,
        token: &Token,
        return_url: &str,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<Person, Refused> {
        if let Some(error) = &answer.error {
            let code: String = error.chars().filter(char::is_ascii_graphic).take(40).collect();
            tracing::info!(provider = self.settings.id, code, "an identity provider signed nobody in");
            return Err(Refused::Declined { provider: self.name() });
        }
        let known = self.metadata(KNOWN_FOR, now).await?;
        // RFC 9207 §2.4: an answer of another provider, meant for its own client.
        if answer.iss.as_ref().is_some_and(|it| it != known.metadata.issuer().as_str()) {
            return Err(self.wrong(&"it names another issuer"));
        }
        let response = self.exchange(&known.metadata, token, return_url, &answer.code).await?;
        let Some(id_token) = response.id_token() else { return Err(self.wrong(&"there is no ID token")) };
        let claims = match self.judge(&known.metadata, id_token, &response, token, now) {
            Judged::Good(claims) => claims,
            Judged::Wrong(why) => return Err(self.wrong(&why)),
            Judged::UnknownKey => {
                let known = self.metadata(LOOKED_FOR_KEYS_EVERY, now).await?;
                match self.judge(&known.metadata, id_token, &response, token, now) {
                    Judged::Good(claims) => claims,
                    Judged::Wrong(why) => return Err(self.wrong(&why)),
                    Judged::UnknownKey => {
                        return Err(self.wrong(&"it is signed with a key that is not the provider's"));
                    }
                }
            }
        };
        self.admit(&claims)
    }

    async fn exchange(
        &self,
        metadata: &CoreProviderMetadata,
        token: &Token,
        return_url: &str,
        code: &str,
    ) -> Result<CoreTokenResponse, Refused> {
        // OpenID Connect Discovery 1.0 §3: where it does not say, it is Basic.
        let takes = metadata.token_endpoint_auth_methods_supported();
        let is_basic = takes.is_none_or(|it| it.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            Some(ClientSecret::new(self.settings.client_secret.reveal().to_owned())),
        );
        let client = client.set_redirect_uri(return_to(return_url)).set_auth_type(if is_basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        });
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| self.away("it names no token endpoint", &error))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier(token)));
        let asked = request.request_async(&self.web).await;
        asked.map_err(|error| match error {
            openidconnect::RequestTokenError::ServerResponse(said) => {
                self.wrong(&format!("it does not take the code: {}", said.error()))
            }
            error => self.away("it gives no token", &innermost(&error)),
        })
    }

    fn judge(
        &self,
        metadata: &CoreProviderMetadata,
        id_token: &CoreIdToken,
        response: &CoreTokenResponse,
        token: &Token,
        now: Timestamp,
    ) -> Judged {
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            Some(ClientSecret::new(self.settings.client_secret.reveal().to_owned())),
        );
        let since_1970 = Duration::from_secs(now.as_second().try_into().unwrap_or_default());
        let time = move || (SystemTime::UNIX_EPOCH + since_1970).into();
        let verifier = client.id_token_verifier().set_time_fn(time);
        let claims = match id_token.claims(&verifier, &Nonce::new(nonce(token))) {
            Ok(claims) => claims,
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                return Judged::UnknownKey;
            }
            Err(error) => return Judged::Wrong(error.to_string()),
        };
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|it| it.to_string());
            let key = id_token.signing_key(&verifier).map_err(|it| it.to_string());
            let hash = algorithm.and_then(|algorithm| {
                AccessTokenHash::from_token(response.access_token(), algorithm, key?)
                    .map_err(|it| it.to_string())
            });
            if hash.as_ref() != Ok(expected) {
                return Judged::Wrong("its access token is another one's".to_owned());
            }
        }
        Judged::Good(Box::new(claims.clone()))
    }

    /// Who they are, if they may come.
    fn admit(&self, claims: &CoreIdTokenClaims) -> Result<Person, Refused> {
        let is_proved = claims.email_verified() == Some(true);
        let email = claims.email().filter(|_| is_proved).and_then(|it| Email::parse(it.as_str()).ok());
        let domains = &self.settings.email_domains;
        let domain = email.as_ref().and_then(|it| it.as_str().rsplit_once('@')).map(|it| it.1);
        let is_of = |own: &String| domain.is_some_and(|it| it.eq_ignore_ascii_case(own));
        if !domains.is_empty() && !domains.iter().any(is_of) {
            return Err(Refused::Stranger { provider: self.name(), domains: domains.join(", ") });
        }
        let name = claims.name().and_then(|it| it.get(None)).map(|it| it.trim()).unwrap_or_default();
        Ok(Person {
            issuer: claims.issuer().as_str().to_owned(),
            subject: claims.subject().as_str().to_owned(),
            email: email.map(|it| it.as_str().to_owned()),
            name: name.chars().take(crate::user::NAME_CHARS_MAX).collect(),
        })
    }
}

fn return_to(url: &str) -> RedirectUrl {
    RedirectUrl::new(url.to_owned()).expect("it is our own address")
}

/// What happened, without what was asked.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
