//! Errors as RFC 9457 `application/problem+json`: the error body of every route of the API.

use crate::feed::FeedError;
use crate::feed::log::LogError;
use crate::stream::{Full, Future, HubError};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partners::KeyRefusal;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// A kind of problem, for the API's description.
pub struct ProblemType {
    /// The last part of its `type`.
    pub word: &'static str,
    pub status: u16,
    pub title: &'static str,
    pub description: &'static str,
}

impl ProblemType {
    /// Its `type`.
    pub fn path(&self) -> String {
        format!("/problems/{}", self.word)
    }
}

const fn kind(
    word: &'static str,
    status: u16,
    title: &'static str,
    description: &'static str,
) -> ProblemType {
    ProblemType { word, status, title, description }
}

/// Every problem that this server answers with.
pub const TYPES: &[ProblemType] = &[
    kind(
        "invalid-request",
        400,
        "The request cannot be understood",
        "The detail says what is wrong and where.",
    ),
    kind(
        "future-position",
        400,
        "The position is ahead of the match",
        "No such update was ever sent: start without a position.",
    ),
    kind(
        "key-missing",
        401,
        "The API key does not open this",
        "Send one as Authorization: Bearer, or X-Crease-Key.",
    ),
    kind(
        "key-malformed",
        401,
        "The API key does not open this",
        "Its checksum is wrong: a character was lost or mistyped.",
    ),
    kind("key-unknown", 401, "The API key does not open this", "It was never issued here."),
    kind("key-revoked", 401, "The API key does not open this", "Its owner took it back."),
    kind(
        "key-wrong-kind",
        403,
        "The API key does not open this",
        "Feeds need a secret key; addresses take publishable ones only.",
    ),
    kind("origin-refused", 403, "The API key does not open this", "Its owner can add the origin."),
    kind("live-key-needed", 403, "A live key is needed", "Test keys play with the sandbox match."),
    kind("unknown-match", 404, "There is no such thing here", "There is none, or this key may not see it."),
    kind("unknown-route", 404, "There is no such thing here", "See this description for those that exist."),
    kind("method-not-allowed", 405, "The route has no such method", "See this description."),
    kind(
        "match-differs",
        409,
        "The match exists with another set-up",
        "It was announced before under the same name.",
    ),
    kind(
        "ball-not-in-match",
        409,
        "The match has no such ball now",
        "It was never a ball, or a correction took it out: read the snapshot and begin again.",
    ),
    kind("batch-too-long", 413, "Too many commands", "Send several batches."),
    kind("body-too-large", 413, "The body is too large", "Send several batches."),
    kind("invalid-setup", 422, "The match cannot be played like this", "The detail says why."),
    kind(
        "streams-full-address",
        429,
        "No further stream can be opened now",
        "Close some, or share one stream.",
    ),
    kind("streams-full", 503, "No further stream can be opened now", "Try again after Retry-After."),
    kind(
        "shutting-down",
        503,
        "No further stream can be opened now",
        "Another one, or this one after its restart, will answer.",
    ),
    kind("too-slow", 503, "The answer took too long", "The same request may be sent again."),
    kind("unavailable", 503, "Please try again soon", "Something that the server needs is away."),
    kind("internal", 500, "Something went wrong on our side", "Quote the trace_id to us."),
];

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
/// SQLSTATE of class 08 (connection), 53 (out of connections, memory, disk) or 57 (operator intervention, and a statement that took
/// too long).
fn is_away(error: &store::Error) -> bool {
    if let Some(state) = error.sql_state() {
        return ["08", "53", "57"].iter().any(|class| state.code().starts_with(class));
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

#[cfg(test)]
mod tests {
    use super::*;
    use store::Error;

    /// "503 /problems/unavailable", and whether the body tells no more than an id.
    fn shown(problem: Problem) -> String {
        let is_private = problem.trace_id.is_some() && problem.detail.is_none();
        let retry =
            problem.retry_after_seconds.map_or_else(String::new, |it| format!(", again after {it} s"));
        format!("{} {}{retry}{}", problem.status, problem.kind, if is_private { ", private" } else { "" })
    }

    #[test]
    fn every_error_has_its_status_and_type() {
        let address = "10.0.0.1:5432/crease".to_owned();
        let id = "mat_1".to_owned();
        let head = wire::Position { epoch: 1, seq: 2 };
        let unreadable = LogError::Unreadable { match_id: id.clone(), seq: 3, reason: "x".to_owned() };
        let unreachable = Error::Unreachable { address, reason: "gone".to_owned() };
        let unknown = Error::CommitUnknown { name: "t", reason: "gone".to_owned() };
        let list = [
            Problem::from(KeyRefusal::Missing),
            Problem::from(KeyRefusal::Revoked),
            Problem::from(KeyRefusal::OriginRefused { origin: "https://evil.example".to_owned() }),
            Problem::from(unreachable),
            Problem::from(Error::TooFewConnections { connections_max: 1, waited_ms: 2 }),
            Problem::from(LogError::Store(unknown)),
            Problem::from(LogError::Overtaken { match_id: id.clone() }),
            Problem::from(unreadable),
            Problem::from(Error::Aborted { name: "t" }),
            Problem::from(HubError::UnknownMatch { id: id.clone() }),
            Problem::from(FeedError::UnknownMatch { id: id.clone() }),
            Problem::from(FeedError::SetupDiffers { id }),
            Problem::from(FeedError::Setup { reason: "one team".to_owned() }),
            Problem::from(Future { head }),
            Problem::from(Full::Process { max: 1 }),
            Problem::from(Full::Address { max: 1 }),
            Problem::from(Full::ShuttingDown),
        ];
        insta::assert_snapshot!(list.map(shown).join("\n"), @r#"
        401 /problems/key-missing
        401 /problems/key-revoked
        403 /problems/origin-refused
        503 /problems/unavailable, again after 2 s, private
        503 /problems/unavailable, again after 2 s, private
        503 /problems/unavailable, again after 2 s, private
        503 /problems/unavailable, again after 2 s, private
        500 /problems/internal, private
        500 /problems/internal, private
        404 /problems/unknown-match
        404 /problems/unknown-match
        409 /problems/match-differs
        422 /problems/invalid-setup
        400 /problems/future-position
        503 /problems/streams-full, again after 5 s
        429 /problems/streams-full-address, again after 5 s
        503 /problems/shutting-down, again after 5 s
        "#);
    }

    #[test]
    fn a_problem_is_written_as_rfc_9457_says() {
        let problem = Problem::from(Future { head: wire::Position { epoch: 1, seq: 2 } });
        let text = serde_json::to_string(&problem).expect("texts and numbers");
        insta::assert_snapshot!(text, @r#"{"type":"/problems/future-position","title":"The position is ahead of the match","status":400,"detail":"the match is at 1.2; nothing later was ever sent"}"#);
    }
}

#[cfg(test)]
mod described {
    use super::{Problem, TYPES};
    use crate::feed::FeedError;
    use crate::feed::log::LogError;
    use crate::stream::{Full, Future, HubError};
    use partners::{KeyError, KeyRefusal, Need};

    #[test]
    fn every_problem_that_an_error_becomes_is_described() {
        let id = || "mat_1".to_owned();
        let refusals = [
            KeyRefusal::Missing,
            KeyRefusal::Malformed(KeyError::Checksum),
            KeyRefusal::Unknown,
            KeyRefusal::Revoked,
            KeyRefusal::WrongKind { need: Need::Secret },
            KeyRefusal::OriginRefused { origin: "https://elsewhere.example".to_owned() },
        ];
        let mut problems: Vec<Problem> = refusals.into_iter().map(Problem::from).collect();
        problems.extend([
            Problem::from(HubError::UnknownMatch { id: id() }),
            Problem::from(FeedError::UnknownMatch { id: id() }),
            Problem::from(FeedError::SetupDiffers { id: id() }),
            Problem::from(FeedError::Setup { reason: "no teams".to_owned() }),
            Problem::from(LogError::Overtaken { match_id: id() }),
            Problem::from(Future { head: wire::Position::default() }),
            Problem::from(Full::Process { max: 1 }),
            Problem::from(Full::Address { max: 1 }),
            Problem::from(Full::ShuttingDown),
            Problem::invalid("nothing"),
            Problem::internal(&std::io::Error::other("broken")),
        ]);
        for problem in problems {
            let described = TYPES.iter().find(|it| it.path() == problem.kind);
            let told = (problem.status, problem.title);
            assert_eq!(described.map(|it| (it.status, it.title)), Some(told), "{}", problem.kind);
        }
    }

    #[test]
    fn a_failure_on_our_side_says_an_id_and_nothing_else() {
        let problem = Problem::internal(&std::io::Error::other("secret path"));
        let body = serde_json::to_string(&problem).expect("texts and numbers are JSON");
        assert!(body.contains("trace_id") && !body.contains("secret path"), "{body}");
    }
}
