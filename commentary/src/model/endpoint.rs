//! A model's server: where it is, how long it may take, and how much of its answer is read.

use super::ModelError;
use super::stream::Events;
use crate::error::Error;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde_json::Value;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

const CONNECT_MAX: Duration = Duration::from_secs(5);
const IDLE_MAX: Duration = Duration::from_secs(60);
/// Bytes of an answer, events and all.
pub(super) const ANSWER_BYTES_MAX: usize = 256 * 1024;
const TEXT_CHARS_MAX: usize = 200;

/// What a server knows us by. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    pub fn new(text: &str) -> Key {
        Key(text.trim().to_owned())
    }

    /// For the one header that it is sent in.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Whether an answer comes in pieces. The lines are the same; a server that streams shows sooner that it is at work, and one that
/// breaks off is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streaming {
    #[default]
    InPieces,
    AtOnce,
}

/// A model on a server.
#[derive(Clone, Debug)]
pub struct Endpoint {
    http: Client,
    base: Url,
    key: Option<Key>,
    pub(super) model: String,
    pub(super) streaming: Streaming,
    patience: Duration,
}

impl Endpoint {
    /// `base` is what comes before "/chat/completions" or "/messages" ("https://api.openai.com/v1"): https, or http on this
    /// machine. A server on this machine may want no key.
    pub fn new(base: &str, key: Option<Key>, model: &str) -> Result<Endpoint, Error> {
        let refused = || Error::Address { url: shown(base) };
        let base: Url = base.trim_end_matches('/').parse().map_err(|_| refused())?;
        let is_bare = base.username().is_empty() && base.password().is_none() && base.query().is_none();
        if !is_bare || base.fragment().is_some() || !(base.scheme() == "https" || is_near(&base)) {
            return Err(refused());
        }
        check_text("the name", model)?;
        if let Some(key) = &key {
            check_text("the key", key.reveal())?;
        }
        // reqwest is built without a choice of cryptography; a second call finds the first one's.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            // Who answers must not choose where the key goes next, nor must the environment.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_MAX)
            .pool_idle_timeout(IDLE_MAX)
            .user_agent(concat!("Crease/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::NoClient { reason: innermost(&error) })?;
        let (streaming, patience) = (Streaming::default(), Duration::from_secs(15));
        Ok(Endpoint { http, base, key, model: model.to_owned(), streaming, patience })
    }

    #[must_use]
    pub fn streaming(self, streaming: Streaming) -> Endpoint {
        Endpoint { streaming, ..self }
    }

    /// How long a call may take, from the connection to the end of the answer; 15 s unless said otherwise.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Endpoint {
        Endpoint { patience, ..self }
    }

    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Posts to `path` below the base, and hands each event of a stream, or the whole answer, to `hear`, which says when it has
    /// heard enough.
    pub(super) async fn post<H>(
        &self,
        path: &str,
        body: &Value,
        sign: impl FnOnce(RequestBuilder) -> RequestBuilder,
        hear: H,
    ) -> Result<(), ModelError>
    where
        H: FnMut(&Value) -> Result<Heard, ModelError>,
    {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let request = sign(self.http.post(url)).json(body);
        let ms = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
        let exchange = async {
            let response = request.send().await.map_err(|it| unreachable(&it))?;
            refuse(&response)?;
            self.read(response, hear).await
        };
        // Once, over all of it: a server that sends a byte now and then gains nothing.
        tokio::time::timeout(self.patience, exchange).await.map_err(|_| ModelError::TimedOut { ms })?
    }

    async fn read<H>(&self, mut response: Response, mut hear: H) -> Result<(), ModelError>
    where
        H: FnMut(&Value) -> Result<Heard, ModelError>,
    {
        let mut events = Events::default();
        let mut length = 0;
        let mut whole = Vec::new();
        loop {
            let Some(chunk) = response.chunk().await.map_err(|_| ModelError::Cut)? else { break };
            length += chunk.len();
            if length > ANSWER_BYTES_MAX {
                return Err(ModelError::TooLong { max: ANSWER_BYTES_MAX });
            }
            if self.streaming == Streaming::AtOnce {
                whole.extend_from_slice(&chunk);
                continue;
            }
            for data in events.take(&chunk) {
                if data == "[DONE]" {
                    return Ok(());
                }
                if hear(&json(data.as_bytes())?)? == Heard::Enough {
                    return Ok(());
                }
            }
        }
        match self.streaming {
            Streaming::AtOnce => hear(&json(&whole)?).map(drop),
            // The end was not told: it is where the connection broke.
            Streaming::InPieces => Err(ModelError::Cut),
        }
    }
}

/// Whether the answer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    More,
    Enough,
}

fn json(bytes: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ModelError::NotJson { reason: error.to_string(), usage: None })
}

/// What a status says, where it does not say that all is well.
fn refuse(response: &Response) -> Result<(), ModelError> {
    let status = response.status();
    let retry_after_s = retry_after_s(response.headers());
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(ModelError::Unauthorised { status: status.as_u16() })
        }
        StatusCode::TOO_MANY_REQUESTS => Err(ModelError::RateLimited { retry_after_s }),
        _ if status.is_server_error() => Err(ModelError::Failed { status: status.as_u16(), retry_after_s }),
        _ => Err(ModelError::NotUnderstood { status: status.as_u16() }),
    }
}

/// Seconds; a date is not read (RFC 9110 §10.2.3), for what says no seconds is left alone by our own rule.
fn retry_after_s(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// It says what went wrong without the address.
fn unreachable(error: &reqwest::Error) -> ModelError {
    ModelError::Unreachable { reason: innermost(error).chars().take(TEXT_CHARS_MAX).collect() }
}

/// The outer errors say that a request failed, and quote its URL.
fn innermost(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| (*it).source());
    causes.last().map_or_else(|| "no request could be made".to_owned(), ToString::to_string)
}

fn is_near(url: &Url) -> bool {
    let is_loopback = match url.host_str().unwrap_or_default() {
        "localhost" => true,
        host => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback()),
    };
    url.scheme() == "http" && is_loopback
}

/// An address without what could be a password in it.
fn shown(base: &str) -> String {
    let shown: String = base.rsplit('@').next().unwrap_or_default().chars().take(TEXT_CHARS_MAX).collect();
    shown.split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn check_text(what: &'static str, text: &str) -> Result<(), Error> {
    let is_good = (1..=TEXT_CHARS_MAX).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
    if is_good { Ok(()) } else { Err(Error::Text { what, max: TEXT_CHARS_MAX }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_to_https_and_to_this_machine_alone() {
        for base in [
            "https://api.openai.com/v1",
            "https://models.example.com:8443/",
            "http://127.0.0.1:8080/v1",
            "http://localhost:11434/v1",
            "http://[::1]:9/v1",
        ] {
            assert!(Endpoint::new(base, None, "m").is_ok(), "{base}");
        }
        for base in [
            "http://api.openai.com/v1",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/v1",
            "ftp://127.0.0.1/",
            "https://user:hunter2@example.com/v1",
            "https://example.com/v1?key=hunter2",
            "nothing",
            "",
        ] {
            let refused = Endpoint::new(base, None, "m").unwrap_err();
            assert!(matches!(refused, Error::Address { .. }), "{base}");
            assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_key_is_not_printed_and_what_no_header_takes_is_refused() {
        let key = Key::new(" sk-hunter2\n");
        let endpoint = Endpoint::new("https://example.com/v1", Some(key), "m").unwrap();
        assert!(!format!("{endpoint:?}").contains("hunter2"));
        for (key, model) in [("sk\nx", "m"), ("", "m"), ("sk-é", "m"), ("sk", ""), ("sk", "m m")] {
            let refused = Endpoint::new("https://example.com/v1", Some(Key::new(key)), model).unwrap_err();
            assert!(matches!(refused, Error::Text { .. }), "{key:?} {model:?}");
        }
    }
}
