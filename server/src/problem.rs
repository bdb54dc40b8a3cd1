//! Errors as RFC 9457 `application/problem+json`: the only error body this server sends.

use crate::feed::FeedError;
use crate::feed::log::LogError;
use crate::stream::{Full, Future, HubError};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partners::KeyRefusal;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// A problem. `type` is stable and meant for programs; `detail` is for people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// "/problems/" and a word.
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Of a failure on our side: what to quote to us; the log has the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A problem that the caller can do something about.
    pub fn new(status: StatusCode, kind: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: Cow::Owned(format!("/problems/{}", kind.replace('_', "-"))),
            title,
            status: status.as_u16(),
            detail: Some(detail.into()),
            trace_id: None,
            retry_after_seconds: None,
        }
    }

    /// The request is not understood: `detail` says what is wrong and where.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-request", "The request cannot be understood", detail)
    }

    /// There is no such thing, or this caller may not see it.
    pub fn not_found(what: &str, id: &str) -> Self {
        let kind = format!("unknown-{what}");
        Self::new(StatusCode::NOT_FOUND, &kind, "There is no such thing here", format!("no {what} {id}"))
    }

    /// A failure on our side. The error goes to the log under an id; the caller gets the id alone.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let problem =
            Self::ours(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side");
        tracing::error!(trace_id = problem.trace_id, error = %Chain(error), "a request failed");
        problem
    }

    /// Something we need is away; the same request may succeed soon.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        let mut problem = Self::ours(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Please try again soon");
        problem.retry_after_seconds = Some(2);
        tracing::warn!(trace_id = problem.trace_id, error = %Chain(error), "a request could not be served");
        problem
    }

    fn ours(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        let trace_id = Some(store::ids::random_base62(16));
        let kind = Cow::Owned(format!("/problems/{kind}"));
        Self { kind, title, status: status.as_u16(), detail: None, trace_id, retry_after_seconds: None }
    }
}

/// An error with its causes on one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(out, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).expect("texts and numbers are JSON");
        let json = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, json, body).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<KeyRefusal> for Problem {
    fn from(refusal: KeyRefusal) -> Self {
        let status = match refusal {
            KeyRefusal::Missing | KeyRefusal::Malformed(_) | KeyRefusal::Unknown | KeyRefusal::Revoked => {
                StatusCode::UNAUTHORIZED
            }
            KeyRefusal::WrongKind { .. } | KeyRefusal::OriginRefused { .. } => StatusCode::FORBIDDEN,
        };
        Self::new(status, refusal.code(), "The API key does not open this", refusal.to_string())
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::TooFewConnections { .. }
            | store::Error::Unreachable { .. }
            | store::Error::CommitUnknown { .. } => Self::unavailable(&error),
            _ if is_away(&error) => Self::unavailable(&error),
            _ => Self::internal(&error),
        }
    }
}

/// Whether PostgreSQL is stopping, starting or gone, rather than unhappy with a statement: the connection broke, or it said so in a
/// SQLSTATE of class 08 (connection), 53 (out of connections, memory, disk) or 57P (operator intervention).
fn is_away(error: &store::Error) -> bool {
    if let Some(state) = error.sql_state() {
        return ["08", "53", "57P"].iter().any(|class| state.code().starts_with(class));
    }
    let store::Error::Statement { source, .. } = error else { return false };
    source.is_closed() || std::error::Error::source(source).is_some_and(|it| it.is::<std::io::Error>())
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Store(error) => error.into(),
            LogError::Overtaken { .. } => Self::unavailable(&error),
            LogError::Unreadable { .. } => Self::internal(&error),
        }
    }
}

impl From<HubError> for Problem {
    fn from(error: HubError) -> Self {
        match error {
            HubError::UnknownMatch { id } => Self::not_found("match", &id),
            HubError::Log(error) => error.into(),
        }
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        let detail = error.to_string();
        match error {
            FeedError::Log(error) => error.into(),
            FeedError::UnknownMatch { id } => Self::not_found("match", &id),
            FeedError::SetupDiffers { id } => Self::new(
                StatusCode::CONFLICT,
                "match-differs",
                "The match exists with another set-up",
                format!("{detail}: {id}"),
            ),
            FeedError::Setup { .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-setup",
                "The match cannot be played like this",
                detail,
            ),
        }
    }
}

impl From<Future> for Problem {
    fn from(future: Future) -> Self {
        let detail = format!("the match is at {}; nothing later was ever sent", future.head);
        Self::new(StatusCode::BAD_REQUEST, "future-position", "The position is ahead of the match", detail)
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        let (status, kind, detail) = match full {
            Full::Process { max } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "streams-full",
                format!("this server holds {max} streams at most"),
            ),
            Full::Address { max } => (
                StatusCode::TOO_MANY_REQUESTS,
                "streams-full-address",
                format!("one address may hold {max} streams at most"),
            ),
            Full::ShuttingDown => {
                (StatusCode::SERVICE_UNAVAILABLE, "shutting-down", "this server is stopping".to_owned())
            }
        };
        let problem = Self::new(status, kind, "No further stream can be opened now", detail);
        Self { retry_after_seconds: Some(5), ..problem }
    }
}
