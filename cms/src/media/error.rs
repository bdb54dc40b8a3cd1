//! What can go wrong with media.

use std::sync::Arc;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refused),

    #[error("there is no picture {id}")]
    Unknown { id: String },

    /// Somebody else has changed it since: look at it anew.
    #[error("{id} is at version {version}")]
    Stale { id: String, version: i32 },

    #[error("{what} has {max} characters at most")]
    Text { what: &'static str, max: usize },

    #[error("{x}, {y} is outside of the picture: it is 1000 wide and high here")]
    Outside { x: u16, y: u16 },

    #[error("{id} is shown by {}", by.join(", "))]
    Used { id: String, by: Vec<String> },

    /// So many are being looked at: ask again.
    #[error("other pictures are looked at now: try again")]
    Busy,

    #[error("{id}: the column {column} cannot be read")]
    Unreadable { id: String, column: &'static str },

    /// Of the place where files are kept.
    #[error("files of pictures: {0}")]
    Shelf(Arc<object_store::Error>),

    #[error("the place of pictures: {reason}")]
    Place { reason: String },

    #[error("a picture could not be written: {reason}")]
    Encoding { reason: String },

    /// Of the audit log.
    #[error("{0}")]
    Access(Arc<access::Error>),

    #[error("{0}")]
    Store(Arc<store::Error>),
}

/// Why bytes are no picture that can be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("a picture has {max} bytes at most; this one has {bytes}")]
    Bytes { bytes: usize, max: usize },

    #[error("this is {what}: upload a JPEG, PNG or WebP, or a GIF that stands still")]
    Kind { what: &'static str },

    /// A drawing is a program as much as a picture, and is shown by who draws it.
    #[error("this is an SVG drawing: save it as a PNG and upload that")]
    Drawing,

    #[error("this picture moves: upload one that stands still")]
    Moving,

    #[error("a picture has {megapixels_max} million pixels at most, and {side_max} on a side")]
    Large { megapixels_max: u64, side_max: u32 },

    #[error("this picture takes more memory than it may")]
    Heavy,

    /// Cut off, or no picture behind its first bytes.
    #[error("this picture cannot be read: {reason}")]
    Broken { reason: String },
}

impl From<access::Error> for Error {
    fn from(error: access::Error) -> Self {
        match error {
            access::Error::Store(error) => error.into(),
            error => Self::Access(Arc::new(error)),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Self::Shelf(Arc::new(error))
    }
}
