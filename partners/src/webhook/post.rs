//! The request that brings a message: what is dialled, how long it may take, how much of the answer is read.

use super::destination::Destination;
use super::error::Error;
use super::outcome::Outcome;
use super::reach::Reach;
use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, ClientBuilder, Response, redirect};
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::time::Duration;

/// How long an endpoint may take, from its name to the end of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A message comes to an endpoint now and then; connections are kept for those that come together.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How much of an answer's body is read and kept.
const RESPONSE_BYTES_MAX: usize = 2048;
const REASON_CHARS_MAX: usize = 300;

/// A message as it goes out.
pub(crate) struct Parcel {
    pub(crate) destination: Destination,
    pub(crate) message_id: String,
    pub(crate) at: Timestamp,
    /// One or two, with a blank between them.
    pub(crate) signatures: String,
    pub(crate) body: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<u16>,
    /// How the body begins.
    pub(crate) response: String,
    /// What went wrong where there is no status.
    pub(crate) reason: String,
}

/// Sends requests to addresses within its reach and to no others.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    http: Client,
    reach: Reach,
    patience: Duration,
}

impl Post {
    pub(crate) fn new(reach: Reach) -> Result<Self, Error> {
        let http = client(reach).build().map_err(|error| Error::NoClient { reason: innermost(&error) })?;
        Ok(Self { http, reach, patience: PATIENCE })
    }

    pub(crate) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(crate) async fn send(&self, parcel: Parcel) -> Answer {
        // A client dials addresses without asking its resolver.
        if let Err(error) = parcel.destination.check(self.reach) {
            return Answer::none(Outcome::Forbidden, error.to_string());
        }
        let request = self
            .http
            .post(parcel.destination.url().clone())
            .timeout(self.patience)
            .header(USER_AGENT, concat!("Crease-Webhooks/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", parcel.message_id)
            .header("webhook-timestamp", parcel.at.as_second())
            .header("webhook-signature", parcel.signatures)
            .body(parcel.body);
        match request.send().await {
            Ok(response) => Answer::of(response).await,
            Err(error) => Answer::none(outcome(&error), innermost(&error)),
        }
    }
}

/// What is the same for all requests.
pub(crate) fn client(reach: Reach) -> ClientBuilder {
    // reqwest is built without a choice of cryptography; a second call finds the first one's.
    let _already = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .dns_resolver(Checked(reach))
        // Who answers must not choose where we go next, nor must the environment: a proxy would resolve names by itself.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .https_only(reach == Reach::Public)
        .connect_timeout(CONNECT_MAX)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE_MAX)
}

impl Answer {
    fn none(outcome: Outcome, reason: String) -> Self {
        let reason = text(reason.as_bytes()).chars().take(REASON_CHARS_MAX).collect();
        Self { outcome, status: None, response: String::new(), reason }
    }

    /// The status decides; a body that does not end, or ends too soon, takes nothing away from it.
    async fn of(mut response: Response) -> Self {
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while bytes.len() < RESPONSE_BYTES_MAX
            && let Ok(Some(chunk)) = response.chunk().await
        {
            let room = RESPONSE_BYTES_MAX - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        let (outcome, response) = (Outcome::of_status(status), text(&bytes));
        Self { outcome, status: Some(status), response, reason: String::new() }
    }
}

/// Resolves names as the machine does and hands on what is within reach: the very addresses that were judged are dialled, so that a name that
/// resolves to another one a moment later gains nothing.
pub(crate) struct Checked(pub(crate) Reach);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            // The client puts the URL's port in.
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = all.iter().copied().filter(|it| reach.allows(it.ip())).collect();
            if allowed.is_empty() && !all.is_empty() {
                return Err(OutOfReach.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// It does not say which addresses: they may be of our own network.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address of the public internet")]
struct OutOfReach;

pub(crate) fn outcome(error: &reqwest::Error) -> Outcome {
    let mut causes = causes(error);
    if causes.any(|it| it.is::<OutOfReach>()) {
        Outcome::Forbidden
    } else if error.is_timeout() {
        Outcome::TimedOut
    } else if error.is_dns() {
        Outcome::Unresolved
    } else if error.is_connect() {
        Outcome::Unreachable
    } else {
        Outcome::Broken
    }
}

/// What says most: the outer ones say that a request failed, and quote its URL.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "no request could be made".to_owned(), ToString::to_string)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |it| (*it).source())
}

/// As PostgreSQL takes it.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}
