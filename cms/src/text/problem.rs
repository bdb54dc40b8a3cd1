//! What is wrong with a text, and where.

use super::LinkRefused;
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A JSON pointer (RFC 6901) into what was given: "/content/2/attrs/level"; empty for the whole.
    pub path: String,
    pub what: What,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { self.what.fmt(f) } else { write!(f, "{}: {}", self.path, self.what) }
    }
}

/// What is wrong. Names that come from outside are cut to 40 characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    #[error("a text is {max} bytes at most; this one has {bytes}")]
    Bytes { bytes: usize, max: usize },

    #[error("this is no JSON: {reason}")]
    Json { reason: String },

    #[error("{what} belongs here")]
    Expected { what: &'static str },

    #[error("there is no {name:?} here")]
    Unknown { name: String },

    #[error("{name} is missing")]
    Missing { name: &'static str },

    #[error("it is {max} deep at most")]
    Deep { max: usize },

    #[error("it has {max} parts at most")]
    Nodes { max: usize },

    #[error("it has {max} characters at most")]
    Long { max: usize },

    #[error("there is nothing in it")]
    Hollow,

    #[error("an item begins with a paragraph")]
    Headless,

    #[error("it is there twice")]
    Twice,

    #[error("{0}")]
    Link(LinkRefused),
}
