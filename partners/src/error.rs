//! What can go wrong with organisations and keys.

use crate::{OriginError, OriginPattern};

/// Why an organisation or a key could not be made, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a name has 1 to {max} characters, this one has {found}")]
    NameLength { found: usize, max: usize },

    #[error("there is no organisation {id}")]
    UnknownOrganisation { id: String },

    #[error("there is no key {id}")]
    UnknownKey { id: String },

    #[error(transparent)]
    Origin(#[from] OriginError),

    /// Without one, no page could use the key.
    #[error("a publishable key needs at least one origin, such as https://partner.example")]
    OriginsMissing,

    #[error("a secret key stays on servers and takes no origins; issue a publishable key for pages")]
    OriginsOfSecretKey,

    #[error("a key has at most {max} origins, not {found}; https://*.partner.example covers all sub-domains")]
    TooManyOrigins { found: usize, max: usize },

    /// A row that this release did not write.
    #[error("key {id} has an unreadable {column} in the database")]
    Unreadable { id: String, column: &'static str },

    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The most characters a name of an organisation or a key has.
const NAME_CHARS_MAX: usize = 100;

/// A name without the blanks around it.
pub(crate) fn name(text: &str) -> Result<&str, Error> {
    let name = text.trim();
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
                tracing::warn!(key = id, %error, "an origin of a key cannot be read and is ignored");
            }
        }
    }
    patterns
}
