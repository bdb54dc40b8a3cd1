//! Why there is no page of content, or something was not done.

use crate::problem::{Problem, types};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cms::{Error, media};

/// A page that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct Refused {
    status: StatusCode,
    title: &'static str,
    text: String,
}

impl Refused {
    pub(in crate::http) fn not_found(text: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, title: "Not found", text: text.into() }
    }

    /// The address says something that is not understood.
    pub(in crate::http) fn filter(text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, title: "Not understood", text: text.into() }
    }

    /// What a form says is not right.
    pub(in crate::http) fn form(text: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, title: "Not done", text: text.into() }
    }

    /// It cannot be done as things are.
    pub(in crate::http) fn conflict(text: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, title: "Not done", text: text.into() }
    }

    pub(in crate::http) fn too_long(text: impl Into<String>) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, title: "Too long", text: text.into() }
    }

    pub(in crate::http) fn forbidden(text: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, title: "Not for you", text: text.into() }
    }

    pub(in crate::http) fn not_ours() -> Self {
        let text = "This was not pressed on a page of ours, or on one of another sign-in. Nothing was done: load the page again, and try once more.";
        Self { status: StatusCode::FORBIDDEN, title: "Not done", text: text.to_owned() }
    }

    pub(in crate::http) fn status(&self) -> StatusCode {
        self.status
    }

    pub(in crate::http) fn text(&self) -> &str {
        &self.text
    }

    fn of(problem: Problem) -> Self {
        let status = problem.into_response().status();
        let text = match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                "The server is busy, or its database does not answer. Nothing was changed: try again in a moment."
            }
            _ => "Something went wrong on our side. Nothing was changed.",
        };
        Self { status, title: "Not now", text: text.to_owned() }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        crate::http::scorer::html(self.status, console::content::refused(self.title, &self.text))
    }
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        Self::of(error.into())
    }
}

impl From<access::Error> for Refused {
    fn from(error: access::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<media::Error> for Refused {
    fn from(error: media::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<rewards::Error> for Refused {
    fn from(error: rewards::Error) -> Self {
        Self::of(error.into())
    }
}

impl From<partners::Error> for Refused {
    fn from(error: partners::Error) -> Self {
        Self::of(error.into())
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let text = sentence(&format!("{error}. Nothing was changed."));
        match kind_of(&error) {
            Kind::Unknown => Self::not_found(text),
            Kind::Denied => Self { status: StatusCode::FORBIDDEN, title: "Not allowed", text },
            Kind::Invalid => Self::form(text),
            Kind::Conflict => Self::conflict(text),
            Kind::TooLarge => Self::too_long(text),
            Kind::Ours => Self::of(error.into()),
        }
    }
}

/// What becomes of an error, whoever asked.
enum Kind {
    Unknown,
    Denied,
    Invalid,
    Conflict,
    TooLarge,
    Ours,
}

fn kind_of(error: &Error) -> Kind {
    match error {
        Error::UnknownKind { .. }
        | Error::UnknownEntry { .. }
        | Error::NotWritten { .. }
        | Error::UnknownRevision { .. }
        | Error::UnknownSchedule { .. }
        | Error::UnknownRelease { .. } => Kind::Unknown,
        Error::Denied { .. } | Error::OwnWords { .. } => Kind::Denied,
        Error::Language { .. }
        | Error::UnknownRole { .. }
        | Error::Key { .. }
        | Error::NotLocalised { .. }
        | Error::NoSuchVersion { .. }
        | Error::Session { .. }
        | Error::Invalid { .. }
        | Error::Unfit { .. }
        | Error::NotImported { .. }
        | Error::OfNobody { .. }
        | Error::OtherEntry { .. }
        | Error::TooMany { .. }
        | Error::Text { .. }
        | Error::Past { .. }
        | Error::Zone { .. }
        | Error::UnknownMatch { .. } => Kind::Invalid,
        Error::Trashed { .. }
        | Error::KeyTaken { .. }
        | Error::Stale { .. }
        | Error::NotApproved { .. }
        | Error::Overtaken { .. }
        | Error::Unpublished { .. }
        | Error::InUse { .. }
        | Error::LanguagesPublished { .. }
        | Error::MainUnpublished { .. }
        | Error::EmptyRelease { .. }
        | Error::Over { .. }
        | Error::NotOver { .. } => Kind::Conflict,
        Error::Media(error) => of_media(error),
        Error::Unreadable { .. } | Error::Access(_) | Error::Jobs(_) | Error::Store(_) => Kind::Ours,
    }
}

fn of_media(error: &media::Error) -> Kind {
    match error {
        media::Error::Refused(media::Refused::Bytes { .. }) => Kind::TooLarge,
        media::Error::Refused(_) | media::Error::Text { .. } | media::Error::Outside { .. } => Kind::Invalid,
        media::Error::Unknown { .. } => Kind::Unknown,
        media::Error::Stale { .. } | media::Error::Used { .. } => Kind::Conflict,
        media::Error::Busy
        | media::Error::Unreadable { .. }
        | media::Error::Shelf(_)
        | media::Error::Place { .. }
        | media::Error::Encoding { .. }
        | media::Error::Access(_)
        | media::Error::Store(_) => Kind::Ours,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match kind_of(&error) {
            Kind::Unknown | Kind::Denied => Self::new(&types::UNKNOWN_THING, detail),
            Kind::Invalid | Kind::TooLarge => Self::new(&types::INVALID_VALUE, detail),
            Kind::Conflict => Self::new(&types::CONFLICT, detail),
            Kind::Ours => ours(&error),
        }
    }
}

fn ours(error: &Error) -> Problem {
    if let Error::Store(error) = error {
        return Problem::from(&**error);
    }
    if let Error::Access(error) = error
        && let access::Error::Store(error) = &**error
    {
        return Problem::from(error);
    }
    if let Error::Jobs(error) = error
        && let jobs::Error::Store(error) = &**error
    {
        return Problem::from(error);
    }
    match error {
        Error::Media(error) if matches!(**error, media::Error::Busy) => Problem::unavailable(&**error),
        error => Problem::internal(error),
    }
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
