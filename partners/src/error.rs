//! What can go wrong with organisations, keys, signing secrets and limits.

use crate::{OriginError, OriginPattern};

/// Why an organisation, a key, a signing secret or a limit could not be made, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a name is one line, without control characters")]
    ControlCharacter,

    #[error("a name has 1 to {max} characters, this one has {found}")]
    NameLength { found: usize, max: usize },

    #[error("there is no organisation {id}")]
    UnknownOrganisation { id: String },

    #[error("there is no key {id}")]
    UnknownKey { id: String },

    #[error("there is no site {id}")]
    UnknownSite { id: String },

    #[error("there is no member {id}")]
    UnknownMember { id: String },

    #[error("there is no invitation {id}")]
    UnknownInvite { id: String },

    /// Of members: only owners make and unmake owners.
    #[error("your role does not allow this")]
    NotAllowed,

    #[error("an organisation has at least one owner: make somebody else one first")]
    LastOwner,

    #[error("this person is a member already")]
    AlreadyMember,

    #[error("an organisation has at most {max} {what}")]
    TooMany { what: &'static str, max: i64 },

    #[error(
        "there are more than {max} rows, which is more than one file takes: ask for a shorter time, or for a part"
    )]
    TooManyRows { max: usize },

    #[error("{origin} is everybody's own machine: test keys work there without being told, live keys do not")]
    OwnMachine { origin: String },

    #[error("a secret key needs at least one scope")]
    ScopesMissing,

    #[error("a publishable key reads matches, and nothing else: it has no scopes")]
    ScopesOfPublishableKey,

    #[error("a key cannot expire in the past")]
    ExpiresInPast,

    #[error("key {id} was revoked or has expired")]
    KeyOver { id: String },

    #[error(transparent)]
    Origin(#[from] OriginError),

    /// Without one, no page could use the key.
    #[error("a publishable key needs at least one origin, such as https://partner.example")]
    OriginsMissing,

    #[error("a secret key stays on servers and takes no origins; issue a publishable key for pages")]
    OriginsOfSecretKey,

    #[error("a key has at most {max} origins, not {found}; https://*.partner.example covers all sub-domains")]
    TooManyOrigins { found: usize, max: usize },

    #[error("there is no signing secret {id}, or it was revoked")]
    UnknownSecret { id: String },

    #[error(
        "an organisation has at most {max} good signing secrets in each mode; revoke one that is no longer used"
    )]
    TooManySecrets { max: i64 },

    #[error("{what} is {min} to {max}, not {found}")]
    LimitOutOfRange { what: &'static str, min: u64, max: u64, found: u64 },

    #[error("somebody is to be told at {soft}, but it ends at {hard} already")]
    SoftAboveHard { soft: u64, hard: u64 },

    #[error(transparent)]
    Seal(#[from] store::SealError),

    /// A row that this release did not write.
    #[error("{id} has an unreadable {column} in the database")]
    Unreadable { id: String, column: &'static str },

    #[error(transparent)]
    Access(#[from] access::Error),

    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The most characters a name of an organisation or a key has.
const NAME_CHARS_MAX: usize = 100;

/// A name without the blanks around it.
pub(crate) fn name(text: &str) -> Result<&str, Error> {
    let name = text.trim();
    if name.contains(char::is_control) {
        return Err(Error::ControlCharacter);
    }
    match name.chars().count() {
        1..=NAME_CHARS_MAX => Ok(name),
        found => Err(Error::NameLength { found, max: NAME_CHARS_MAX }),
    }
}

/// The patterns among the texts of a row. One that this release cannot read matches nothing, so that it closes a page
/// rather than opening one or keeping all other keys from loading.
pub(crate) fn readable_origins(id: &str, texts: &[String]) -> Vec<OriginPattern> {
    let mut patterns = Vec::with_capacity(texts.len());
    for text in texts {
        match OriginPattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                tracing::warn!(id, %error, "an origin cannot be read and is ignored");
            }
        }
    }
    patterns
}
