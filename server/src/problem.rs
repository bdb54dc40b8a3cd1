//! Errors as RFC 9457 `application/problem+json`: the error body of every route of the API.

pub mod place;
pub mod types;

use crate::feed::FeedError;
use crate::feed::log::LogError;
use crate::stream::{Full, Future, HubError};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partners::limit::LimitRefusal;
use partners::usage::{InUse, KeyOrigin};
use partners::{FanRefusal, KeyRefusal};
use serde::{Serialize, Serializer};
use types::ProblemType;
use utoipa::ToSchema;

/// A problem. `type` is stable and meant for programs; `detail` is for people. Its texts are boxes, so that a `Result` stays small.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// "/problems/" and a word.
    #[serde(rename = "type", serialize_with = "as_path")]
    #[schema(value_type = String)]
    word: Word,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    detail: Option<Box<str>>,
    /// Of a fan who is not believed: which reason, a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Of a failure on our side: what to quote to us; the log has the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    trace_id: Option<Box<str>>,
    /// Of a key that is not revoked since it is in use: by what.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<KeyInUse>)]
    in_use: Option<Box<KeyInUse>>,
    /// Of somebody whom a fence does not let in: why, and what would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<place::Said>)]
    place: Option<Box<place::Said>>,
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

/// What used a key within the last 24 hours.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyInUse {
    /// RFC 3339, to a minute or so.
    last_used_at: String,
    /// The latest first, a hundred at most; none of a secret key.
    origins: Vec<KeyInUseOn>,
}

/// Where a key was used last.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyInUseOn {
    /// Empty: no origin, which apps, frames and servers have none of; "null": a page without an address; "other": origins that are not told apart.
    origin: String,
    last_used_at: String,
}

fn as_path<S: Serializer>(Word(word): &Word, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("/problems/{word}"))
}

/// The last part of a problem's `type`; among the extensions of the response, for those who count.
#[derive(Clone, Copy, Debug)]
pub struct Word(pub &'static str);

impl Problem {
    /// A problem that the caller can do something about.
    pub fn new(kind: &ProblemType, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into().into()), ..Self::bare(kind) }
    }

    /// The request is not understood: `detail` says what is wrong and where.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(&types::INVALID_REQUEST, detail)
    }

    /// The key is not revoked: it is in use.
    pub fn key_in_use(by: &InUse) -> Self {
        let on = |it: &KeyOrigin| KeyInUseOn {
            origin: it.origin.clone(),
            last_used_at: it.last_used_at.to_string(),
        };
        let detail =
            format!("it was used last at {}: send even_if_used to revoke it all the same", by.last_used_at);
        let in_use = KeyInUse {
            last_used_at: by.last_used_at.to_string(),
            origins: by.origins.iter().map(on).collect(),
        };
        Self { in_use: Some(Box::new(in_use)), ..Self::new(&types::KEY_IN_USE, detail) }
    }

    /// There is no such thing of this organisation.
    pub fn unknown(id: &str) -> Self {
        let id: String = id.chars().take(60).collect();
        Self::new(&types::UNKNOWN_THING, format!("your organisation has no {id}"))
    }

    /// There is no such match, or this caller may not see it.
    pub fn unknown_match(id: &str) -> Self {
        Self::new(&types::UNKNOWN_MATCH, format!("no match {id}"))
    }

    /// There is nothing at this path.
    pub fn unknown_route(path: &str) -> Self {
        Self::new(&types::UNKNOWN_ROUTE, format!("no route {path}"))
    }

    /// A failure on our side. The error goes to the log under an id; the caller gets the id alone.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let problem = Self::ours(&types::INTERNAL);
        tracing::error!(trace_id = problem.trace_id, error = %Chain(error), "a request failed");
        problem
    }

    /// Something we need is away; the same request may succeed soon.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        let problem = Self { retry_after_seconds: Some(2), ..Self::ours(&types::UNAVAILABLE) };
        tracing::warn!(trace_id = problem.trace_id, error = %Chain(error), "a request could not be served");
        problem
    }

    /// The same, with when it may be tried again.
    pub fn again_after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }

    /// The same, with what a fence says of whoever asks.
    pub fn of_place(self, said: place::Said) -> Self {
        Self { place: Some(Box::new(said)), ..self }
    }

    /// More than may be was done, until then: `what` says what.
    pub fn too_often(what: &str, until: jiff::Timestamp, now: jiff::Timestamp) -> Self {
        let seconds = u32::try_from(until.duration_since(now).as_secs()).unwrap_or_default().max(1);
        let detail = format!("{what}: not before {seconds} s");
        Self::new(&types::RATE_LIMITED, detail).again_after(seconds)
    }

    fn ours(kind: &ProblemType) -> Self {
        Self { trace_id: Some(store::ids::random_base62(16).into()), ..Self::bare(kind) }
    }

    fn bare(kind: &ProblemType) -> Self {
        Self {
            title: kind.title,
            status: kind.status,
            detail: None,
            code: None,
            trace_id: None,
            in_use: None,
            place: None,
            retry_after_seconds: None,
            word: Word(kind.word),
        }
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
        response.extensions_mut().insert(self.word);
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
        let kind = match refusal {
            KeyRefusal::Missing => types::KEY_MISSING,
            KeyRefusal::Malformed(_) => types::KEY_MALFORMED,
            KeyRefusal::Unknown => types::KEY_UNKNOWN,
            KeyRefusal::Revoked => types::KEY_REVOKED,
            KeyRefusal::Expired => types::KEY_EXPIRED,
            KeyRefusal::ScopeMissing { .. } => types::KEY_SCOPE_MISSING,
            KeyRefusal::WrongKind { .. } => types::KEY_WRONG_KIND,
            KeyRefusal::OriginRefused { .. } => types::ORIGIN_REFUSED,
        };
        Self::new(&kind, refusal.to_string())
    }
}

impl From<FanRefusal> for Problem {
    fn from(refusal: FanRefusal) -> Self {
        let kind = match refusal {
            FanRefusal::NotPublishable => types::KEY_WRONG_KIND,
            _ => types::FAN_REFUSED,
        };
        Self { code: Some(refusal.code()), ..Self::new(&kind, refusal.to_string()) }
    }
}

impl From<partners::Error> for Problem {
    fn from(error: partners::Error) -> Self {
        use partners::Error as It;
        let detail = error.to_string();
        match error {
            It::Store(error) => error.into(),
            It::Access(access::Error::Store(error)) => error.into(),
            It::UnknownOrganisation { id }
            | It::UnknownKey { id }
            | It::UnknownSite { id }
            | It::UnknownMember { id }
            | It::UnknownInvite { id }
            | It::UnknownSecret { id } => Self::unknown(&id),
            It::LastOwner
            | It::AlreadyMember
            | It::TooMany { .. }
            | It::TooManySecrets { .. }
            | It::KeyOver { .. }
            | It::NotAllowed => Self::new(&types::CONFLICT, detail),
            It::ControlCharacter
            | It::NameLength { .. }
            | It::Origin(_)
            | It::OriginsMissing
            | It::OriginsOfSecretKey
            | It::TooManyOrigins { .. }
            | It::OwnMachine { .. }
            | It::ScopesMissing
            | It::ScopesOfPublishableKey
            | It::ExpiresInPast
            | It::LimitOutOfRange { .. }
            | It::TooManyRows { .. }
            | It::SoftAboveHard { .. } => Self::new(&types::INVALID_VALUE, detail),
            error => Self::internal(&error),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::from(&error)
    }
}

/// The same of an error that several requests have in common.
impl From<&store::Error> for Problem {
    fn from(error: &store::Error) -> Self {
        match error {
            store::Error::TooFewConnections { .. }
            | store::Error::Unreachable { .. }
            | store::Error::CommitUnknown { .. } => Self::unavailable(error),
            _ if is_away(error) => Self::unavailable(error),
            _ if is_no_text(error) => {
                Self::new(&types::INVALID_VALUE, "a text has U+0000 in it, which no text here has")
            }
            _ => Self::internal(error),
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

/// Whether PostgreSQL was given a U+0000, which its texts (SQLSTATE 22021) and its JSON (22P05) cannot have. What we write ourselves has none.
fn is_no_text(error: &store::Error) -> bool {
    error.sql_state().is_some_and(|it| matches!(it.code(), "22021" | "22P05"))
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
            HubError::UnknownMatch { id } => Self::unknown_match(&id),
            HubError::Log(error) => error.into(),
        }
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        let detail = error.to_string();
        match error {
            FeedError::Log(error) => error.into(),
            FeedError::UnknownMatch { id } => Self::unknown_match(&id),
            FeedError::SetupDiffers { id } => Self::new(&types::MATCH_DIFFERS, format!("{detail}: {id}")),
            FeedError::Setup { .. } => Self::new(&types::INVALID_SETUP, detail),
        }
    }
}

impl From<Future> for Problem {
    fn from(future: Future) -> Self {
        let detail = format!("the match is at {}; nothing later was ever sent", future.head);
        Self::new(&types::FUTURE_POSITION, detail)
    }
}

impl From<LimitRefusal> for Problem {
    fn from(refusal: LimitRefusal) -> Self {
        let kind = match refusal {
            LimitRefusal::RateLimited { .. } => types::RATE_LIMITED,
            LimitRefusal::StreamsFullForKey { .. } => types::STREAMS_FULL_KEY,
            LimitRefusal::StreamsFullForOrganisation { .. } => types::STREAMS_FULL_ORGANISATION,
            LimitRefusal::QuotaExceeded { .. } => types::QUOTA_EXCEEDED,
        };
        Self::new(&kind, refusal.to_string())
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        let problem = match full {
            Full::Process { max } => {
                Self::new(&types::STREAMS_FULL, format!("this server holds {max} streams at most"))
            }
            Full::Address { max } => {
                Self::new(&types::STREAMS_FULL_ADDRESS, format!("one address may hold {max} streams at most"))
            }
            Full::Key { max } => {
                Self::new(&types::STREAMS_FULL_KEY, format!("one key may hold {max} streams at most"))
            }
            Full::Limit(refusal) => refusal.into(),
            Full::Revoked => return KeyRefusal::Revoked.into(),
            Full::ShuttingDown => Self::new(&types::SHUTTING_DOWN, "this server is stopping"),
        };
        Self { retry_after_seconds: Some(5), ..problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use store::Error;

    /// "503 /problems/unavailable", and whether the body tells no more than an id.
    fn shown(problem: Problem) -> String {
        let is_private = problem.trace_id.is_some() && problem.detail.is_none();
        let retry =
            problem.retry_after_seconds.map_or_else(String::new, |it| format!(", again after {it} s"));
        format!(
            "{} /problems/{}{retry}{}",
            problem.status,
            problem.word.0,
            if is_private { ", private" } else { "" }
        )
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
            Problem::from(FanRefusal::Expired),
            Problem::from(FanRefusal::NotPublishable),
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
            Problem::from(Full::Key { max: 1 }),
            Problem::from(Full::Limit(LimitRefusal::StreamsFullForKey { max: 1 })),
            Problem::from(Full::Limit(LimitRefusal::StreamsFullForOrganisation { max: 1 })),
            Problem::from(LimitRefusal::QuotaExceeded {
                kind: partners::limit::QuotaKind::Impressions,
                hard: 1,
            }),
            Problem::from(Full::Revoked),
            Problem::from(Full::ShuttingDown),
        ];
        insta::assert_snapshot!(list.map(shown).join("\n"), @r#"
        401 /problems/key-missing
        401 /problems/key-revoked
        403 /problems/origin-refused
        401 /problems/fan-refused
        403 /problems/key-wrong-kind
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
        429 /problems/streams-full-key, again after 5 s
        429 /problems/streams-full-key, again after 5 s
        429 /problems/streams-full-organisation, again after 5 s
        429 /problems/quota-exceeded
        401 /problems/key-revoked
        503 /problems/shutting-down, again after 5 s
        "#);
    }

    #[test]
    fn a_problem_is_written_as_rfc_9457_says() {
        let problem = Problem::from(Future { head: wire::Position { epoch: 1, seq: 2 } });
        let text = serde_json::to_string(&problem).expect("texts and numbers");
        insta::assert_snapshot!(text, @r#"{"type":"/problems/future-position","title":"The position is ahead of the match","status":400,"detail":"the match is at 1.2; nothing later was ever sent"}"#);
    }

    #[test]
    fn a_fan_who_is_not_believed_is_told_the_reason_in_a_word_for_programs() {
        let text = serde_json::to_string(&Problem::from(FanRefusal::SecretOver)).expect("texts and numbers");
        insta::assert_snapshot!(text, @r#"{"type":"/problems/fan-refused","title":"This proves no fan","status":401,"detail":"this was signed with a secret that was revoked or rotated away; sign with the present one","code":"fan_secret_over"}"#);
    }

    #[test]
    fn each_type_is_described_once() {
        let words: BTreeSet<&str> = types::TYPES.iter().map(|it| it.word).collect();
        assert_eq!(words.len(), types::TYPES.len());
        for it in types::TYPES {
            assert!((400..600).contains(&it.status), "{}: {}", it.word, it.status);
        }
    }

    #[test]
    fn a_failure_on_our_side_says_an_id_and_nothing_else() {
        let problem = Problem::internal(&std::io::Error::other("secret path"));
        let body = serde_json::to_string(&problem).expect("texts and numbers are JSON");
        assert!(body.contains("trace_id") && !body.contains("secret path"), "{body}");
    }
}
