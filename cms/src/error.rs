//! What can go wrong with content.

use crate::file::Fault;
use crate::problem::{Problem, said};
use crate::publish::Dependency;
use crate::relation::User;
use crate::rights::Role;
use jiff::Timestamp;
use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no content type {name}")]
    UnknownKind { name: String },

    #[error("{text:?} is no language tag such as hi or pt-BR")]
    Language { text: String },

    #[error("there is no role {word}")]
    UnknownRole { word: String },

    #[error("as {} you may not {what}", role.word())]
    Denied { role: Role, what: String },

    #[error("there is no entry {id}")]
    UnknownEntry { id: String },

    #[error("{id} is in the trash")]
    Trashed { id: String },

    #[error("{key:?} is no key: 1 to {max} small letters, digits and hyphens")]
    Key { key: String, max: usize },

    #[error("another {kind} has the key {key}")]
    KeyTaken { kind: String, key: String },

    #[error("{noun}: the same in all languages")]
    NotLocalised { noun: &'static str },

    #[error("nobody has begun {id} in {language}")]
    NotWritten { id: String, language: String },

    #[error("there is no version {given}: the last is {last}")]
    NoSuchVersion { given: i64, last: i64 },

    /// Somebody has written since.
    #[error("{id} in {language} is not what it was: its version is {last}, not {given}")]
    Stale { id: String, language: String, given: i64, last: i64 },

    #[error("a sitting's name has 1 to {max} letters, digits and signs")]
    Session { max: usize },

    #[error("{id} in {language} has no revision {number}")]
    UnknownRevision { id: String, language: String, number: i32 },

    /// Of what somebody has written.
    #[error("{}", said(problems))]
    Invalid { problems: Vec<Problem> },

    /// Of what fans would read.
    #[error("{title:?} ({id}, {language}) cannot be published: {}", said(problems))]
    Unfit { id: String, language: String, title: String, problems: Vec<Problem> },

    #[error("{id} in {language} is not approved")]
    NotApproved { id: String, language: String },

    #[error("something newer than revision {number} of {id} in {language} was published meanwhile")]
    Overtaken { id: String, language: String, number: i32 },

    #[error("nobody approves the own words in {id}")]
    OwnWords { id: String },

    #[error("{} more to be published first: {}", dependencies.len(), titles(dependencies.iter().map(|it| (&it.title, &it.entry))))]
    Unpublished { dependencies: Vec<Dependency> },

    #[error("{} still name it: {}", users.len(), titles(users.iter().map(|it| (&it.title, &it.entry))))]
    InUse { users: Vec<User> },

    #[error("{id} is published in {} still", languages.join(", "))]
    LanguagesPublished { id: String, languages: Vec<String> },

    #[error("{id} is not published in its main language, which {language} shares fields with")]
    MainUnpublished { id: String, language: String },

    #[error("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NotImported { faults: Vec<Fault> },

    #[error("in {language} it is of an entry that has neither an id nor a key")]
    OfNobody { language: String },

    #[error("{id} is of the type {kind}, with the main language {main_language}")]
    OtherEntry { id: String, kind: &'static str, main_language: String },

    #[error("{what}: {max} at once at most")]
    TooMany { what: &'static str, max: usize },

    #[error("{what} has 1 to {max} characters, none of them for control")]
    Text { what: &'static str, max: usize },

    #[error("{at} is over")]
    Past { at: Timestamp },

    #[error("{zone:?} is no time zone")]
    Zone { zone: String },

    #[error("there is no schedule {id}")]
    UnknownSchedule { id: String },

    #[error("{id:?} is no match")]
    UnknownMatch { id: String },

    #[error("there is no release {id}")]
    UnknownRelease { id: String },

    #[error("{id} has no documents")]
    EmptyRelease { id: String },

    #[error("{id} is {state} already")]
    Over { id: String, state: &'static str },

    #[error("{id} is not published yet")]
    NotOver { id: String },

    #[error("{what}: the column {column} cannot be read")]
    Unreadable { what: String, column: &'static str },

    /// Of the audit log.
    #[error("{0}")]
    Access(Arc<access::Error>),

    #[error("{0}")]
    Media(Box<crate::media::Error>),

    #[error("{0}")]
    Jobs(Arc<jobs::Error>),

    #[error("{0}")]
    Store(Arc<store::Error>),
}

impl Error {
    /// Whether it is the database's or another part's, and the same may be done a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Error::Access(_) | Error::Jobs(_) | Error::Store(_))
    }
}

/// What they are called, or their ids where they have no title yet.
fn titles<'t>(all: impl Iterator<Item = (&'t String, &'t String)>) -> String {
    let names = all.map(|(title, id)| if title.is_empty() { id.as_str() } else { title.as_str() });
    names.take(10).collect::<Vec<_>>().join(", ")
}

impl From<access::Error> for Error {
    fn from(error: access::Error) -> Self {
        match error {
            access::Error::Store(error) => error.into(),
            error => Self::Access(Arc::new(error)),
        }
    }
}

impl From<crate::media::Error> for Error {
    fn from(error: crate::media::Error) -> Self {
        match error {
            crate::media::Error::Store(error) => Self::Store(error),
            crate::media::Error::Access(error) => Self::Access(error),
            error => Self::Media(Box::new(error)),
        }
    }
}

impl From<jobs::Error> for Error {
    fn from(error: jobs::Error) -> Self {
        Self::Jobs(Arc::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
