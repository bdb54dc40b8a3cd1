//! Requests to gateways, and what it means when one fails.

use super::{GatewayError, Secret};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde::de::DeserializeOwned;
use std::error::Error as StdError;
use std::time::Duration;

/// How long a gateway may take to answer. Stripe and Razorpay both give up on a bank before that.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// An answer that is longer is none of theirs.
const ANSWER_BYTES_MAX: usize = 4 << 20;
const MESSAGE_CHARS_MAX: usize = 300;

/// Why a gateway cannot be spoken to at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoClient {
    /// Keys go there.
    #[error("a gateway is spoken to by HTTPS, unless it is on this machine: {url}")]
    Insecure { url: String },

    #[error("gateways cannot be spoken to by HTTPS (are ca-certificates installed?): {reason}")]
    Unbuilt { reason: String },

    /// Test and live keys say which they are: `sk_test_`, `rzp_live_`.
    #[error("the key of {gateway} says neither that it is for tests nor that it is live")]
    UnknownMode { gateway: &'static str },
}

/// One gateway's HTTP. Clones share connections.
#[derive(Clone, Debug)]
pub(super) struct Line {
    http: Client,
    base: String,
    user: Secret,
    password: Secret,
    patience: Duration,
}

/// The parts of an error's body that say why.
#[derive(Clone, Debug)]
pub(super) struct Why {
    pub(super) code: String,
    pub(super) message: String,
}

impl Line {
    /// To `base`, with HTTP's basic authentication (RFC 7617).
    pub(super) fn new(base: &str, user: Secret, password: Secret) -> Result<Self, NoClient> {
        // reqwest is built without a choice of cryptography; a second call finds the first one's.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let is_here = base.starts_with("http://127.0.0.1:");
        if !is_here && !base.starts_with("https://") {
            return Err(NoClient::Insecure { url: base.to_owned() });
        }
        let http = Client::builder()
            // Who answers must not choose where our keys go next, nor must the environment.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .https_only(!is_here)
            .connect_timeout(CONNECT_MAX)
            .user_agent(concat!("Crease/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| NoClient::Unbuilt { reason: innermost(&error) })?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { http, base, user, password, patience: PATIENCE })
    }

    pub(super) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// A request to a path that begins with a slash.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .basic_auth(self.user.reveal(), Some(self.password.reveal()))
            .timeout(self.patience)
    }
}

/// Sends a request and reads its answer. `why` reads the body of a refusal.
pub(super) async fn call<T: DeserializeOwned>(
    request: RequestBuilder,
    why: fn(&[u8]) -> Option<Why>,
) -> Result<T, GatewayError> {
    let response = request.send().await.map_err(|error| unanswered(&error))?;
    let status = response.status().as_u16();
    let body = match body(response).await {
        Ok(body) => body,
        // A refusal is one, whatever became of its reasons.
        Err(_) if (400..500).contains(&status) => Vec::new(),
        Err(error) => return Err(error),
    };
    let said = || {
        why(&body).unwrap_or_else(|| Why { code: status.to_string(), message: format!("status {status}") })
    };
    match status {
        200..=299 => serde_json::from_slice(&body)
            .map_err(|error| GatewayError::ambiguous(format!("the answer cannot be read: {error}"))),
        // It was not let in, or the gateway had no time: nothing was done (Stripe, "Error handling";
        // Razorpay, "Errors").
        401 | 403 | 429 => {
            Err(GatewayError::NotSent { reason: text(&format!("status {status}: {}", said().code)) })
        }
        // The same is being done at this moment, or time ran out.
        408 | 409 => Err(GatewayError::ambiguous(format!("status {status}: {}", text(&said().code)))),
        400..=499 => {
            let Why { code, message } = said();
            Err(GatewayError::Refused { code: text(&code), message: text(&message) })
        }
        _ => Err(GatewayError::ambiguous(format!("status {status}"))),
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, GatewayError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(GatewayError::ambiguous("the answer is too long"));
        }
    }
    Ok(bytes)
}

/// Without a connection nothing was sent; with one, who knows.
fn unanswered(error: &reqwest::Error) -> GatewayError {
    let reason = text(&innermost(error));
    if error.is_connect() || error.is_builder() {
        GatewayError::NotSent { reason }
    } else if error.is_timeout() {
        GatewayError::ambiguous("no answer came in time")
    } else {
        GatewayError::Ambiguous { reason }
    }
}

/// What says most: the outer ones say that a request failed, and quote its URL.
fn innermost(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| (*it).source());
    causes.last().map_or_else(|| "no request could be made".to_owned(), ToString::to_string)
}

/// As PostgreSQL takes it, and not longer than people read.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}").chars().take(MESSAGE_CHARS_MAX).collect()
}
