//! Why there is no page of content, or something was not done.

use crate::http::refused::{self, Part, sentence};
use crate::problem::{Problem, types};
use cms::{Error, media};

/// The pages of the newsroom.
#[derive(Clone, Debug)]
pub(in crate::http) struct Newsroom;

impl Part for Newsroom {
    fn page(title: &str, text: &str) -> console::Markup {
        console::content::refused(title, text)
    }
}

pub(in crate::http) type Refused = refused::Refused<Newsroom>;

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

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let text = sentence(&format!("{error}. Nothing was changed."));
        match kind_of(&error) {
            Kind::Unknown => Self::not_found(text),
            Kind::Denied => Self::not_allowed(text),
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
