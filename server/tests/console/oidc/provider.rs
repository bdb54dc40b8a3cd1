//! An identity provider of our own on this machine, which says what the test wants.

use crate::dashboard::{Browser, From, location};
use crate::support::{Fields, Ground, fields};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use store::Clock;
use tokio::net::TcpListener;

pub(super) const SECRET: &str = "client-secret-that-nobody-prints";
const CLIENT: &str = "crease:1";

/// What is wrong with what the provider says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Says {
    Right,
    /// In place of what the ID token should say.
    Claim(&'static str, Forged),
    /// Another key's signature, under the name of the provider's.
    OtherKey,
    /// RFC 7515's "none".
    Unsigned,
    NoIdToken,
    NoSuchCode,
    /// An access token of somebody else.
    OtherAccessToken,
    Status(u16),
    Garbage,
    /// More than anybody says.
    Flood,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Forged {
    Text(&'static str),
    /// Seconds from now.
    In(i64),
    Missing,
}

/// What one code stands for.
struct Code {
    nonce: String,
    challenge: String,
    return_url: String,
    claims: Value,
}

struct Inner {
    says: Says,
    key: (EcdsaKeyPair, u32),
    codes: HashMap<String, Code>,
}

#[derive(Clone)]
pub(super) struct Provider {
    inner: Arc<Mutex<Inner>>,
    pub(super) url: String,
    clock: Arc<Mutex<Option<Clock>>>,
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/realm", listener.local_addr().unwrap());
        let inner = Inner { says: Says::Right, key: (new_key(), 1), codes: HashMap::new() };
        let provider = Self { inner: Arc::new(Mutex::new(inner)), url, clock: Arc::default() };
        let routes = Router::new()
            .route("/realm/.well-known/openid-configuration", get(described))
            .route("/realm/keys", get(keys))
            .route("/realm/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        provider
    }

    pub(super) fn says(&self, says: Says) {
        self.inner.lock().unwrap().says = says;
    }

    /// Signs with another key from now on.
    pub(super) fn changes_key(&self) {
        let mut inner = self.inner.lock().unwrap();
        let number = inner.key.1 + 1;
        inner.key = (new_key(), number);
    }

    fn now(&self) -> Timestamp {
        self.clock.lock().unwrap().as_ref().unwrap().now()
    }

    /// Somebody signs in there: where the browser is sent back to.
    pub(super) fn signs_in(&self, authorize_url: &str, claims: Value) -> String {
        let asked = asked(authorize_url);
        assert_eq!(
            (asked["client_id"].as_str(), asked["response_type"].as_str()),
            (CLIENT, "code"),
            "{authorize_url}"
        );
        assert_eq!(
            (asked["scope"].as_str(), asked["code_challenge_method"].as_str()),
            ("openid email profile", "S256")
        );
        let code = store::ids::random_base62(16);
        let kept = Code {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            return_url: asked["redirect_uri"].clone(),
            claims,
        };
        self.inner.lock().unwrap().codes.insert(code.clone(), kept);
        let (_, path) = asked["redirect_uri"].split_once("/console/").unwrap();
        format!("/console/{path}?code={code}&state={}", asked["state"])
    }
}

/// What an address asks.
pub(super) fn asked(url: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn described(State(provider): State<Provider>) -> Response {
    let at = |path: &str| format!("{}{path}", provider.url);
    match provider.inner.lock().unwrap().says {
        Says::Status(status) => return StatusCode::from_u16(status).unwrap().into_response(),
        Says::Garbage => return "<html>We will be back soon".into_response(),
        Says::Flood => return " ".repeat(1 << 20).into_response(),
        _ => {}
    }
    let described = json!({
        "issuer": provider.url,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    Json(described).into_response()
}

async fn keys(State(provider): State<Provider>) -> Response {
    let inner = provider.inner.lock().unwrap();
    let point = inner.key.0.public_key().as_ref();
    let key = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": inner.key.1.to_string(),
        "x": encoded(&point[1..33]), "y": encoded(&point[33..65]),
    });
    Json(json!({ "keys": [key] })).into_response()
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    let form = console::Fields::parse(&body);
    let (now, mut inner) = (provider.now(), provider.inner.lock().unwrap());
    let refused = || (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    match inner.says {
        Says::Status(status) => return StatusCode::from_u16(status).unwrap().into_response(),
        Says::Garbage => return "<html>We will be back soon".into_response(),
        Says::NoSuchCode => return refused(),
        _ => {}
    }
    let known = headers[header::AUTHORIZATION].to_str().unwrap();
    // RFC 6749 §2.3.1: both halves are encoded before they are joined.
    assert_eq!(known, format!("Basic {}", STANDARD.encode(format!("crease%3A1:{SECRET}"))));
    let Some(code) = inner.codes.remove(form.text("code")) else { return refused() };
    let verifier = Sha256::digest(form.text("code_verifier"));
    assert_eq!(encoded(verifier), code.challenge);
    assert!(form.text("code_verifier").len() >= 43);
    assert_eq!(form.text("redirect_uri"), code.return_url);
    let access_token = "an-access-token";
    let hashed = if inner.says == Says::OtherAccessToken { "another" } else { access_token };
    let mut claims = json!({
        "iss": provider.url, "aud": CLIENT, "nonce": code.nonce,
        "iat": now.as_second(), "exp": now.as_second() + 300,
        "at_hash": encoded(&Sha256::digest(hashed)[..16]),
    });
    claims.as_object_mut().unwrap().extend(code.claims.as_object().unwrap().clone());
    if let Says::Claim(name, forged) = inner.says {
        match forged {
            Forged::Text(text) => claims[name] = text.into(),
            Forged::In(seconds) => claims[name] = (now.as_second() + seconds).into(),
            Forged::Missing => _ = claims.as_object_mut().unwrap().remove(name),
        }
    }
    let algorithm = if inner.says == Says::Unsigned { "none" } else { "ES256" };
    let head = json!({ "alg": algorithm, "kid": inner.key.1.to_string(), "typ": "JWT" });
    let signed = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
    let other = new_key();
    let key = if inner.says == Says::OtherKey { &other } else { &inner.key.0 };
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let signature = if inner.says == Says::Unsigned { String::new() } else { encoded(signature) };
    let mut answer = json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": 300,
        "id_token": format!("{signed}.{signature}"),
    });
    if inner.says == Says::NoIdToken {
        answer.as_object_mut().unwrap().remove("id_token");
    }
    Json(answer).into_response()
}

impl Ground {
    /// With a provider "Village ID" that people may sign in by.
    pub(super) async fn with_provider(domains: &str, more: &[(&str, &str)]) -> (Self, Provider) {
        let provider = Provider::start().await;
        let setting = format!(
            "[{{ id = \"village\", name = \"Village ID\", issuer = \"{}\", client_id = \"{CLIENT}\", \
             client_secret = \"{SECRET}\", email_domains = [{domains}] }}]",
            provider.url
        );
        let ground = Self::open_with(&[&[("CREASE__ACCESS__OIDC", setting.as_str())], more].concat()).await;
        *provider.clock.lock().unwrap() = Some(ground.app.clock.clone());
        (ground, provider)
    }

    /// Sends a browser to the provider: where to.
    pub(super) async fn leaves(&self, browser: &mut Browser) -> String {
        let sent = self.see(browser, "/console/sign-in/with/village").await;
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
        browser.keep(&sent);
        location(&sent).to_owned()
    }

    /// Signs in by the provider, as far as it goes.
    pub(super) async fn comes_by(
        &self,
        provider: &Provider,
        browser: &mut Browser,
        claims: Value,
    ) -> reqwest::Response {
        let to = self.leaves(browser).await;
        let back = self.see(browser, &provider.signs_in(&to, claims)).await;
        browser.keep(&back);
        back
    }

    /// Says what they are called.
    pub(super) async fn introduces(&self, browser: &mut Browser, name: &str) -> reqwest::Response {
        let form: Fields = fields(&[("name", name), ("organisation", "The Paper")]);
        let made = self.send(browser, "/console/sign-up/with", &form, From::OurPage).await;
        browser.keep(&made);
        made
    }
}
