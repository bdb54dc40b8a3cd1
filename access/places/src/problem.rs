//! What is wrong with a fence, and where.

use serde::Serialize;
use std::fmt;

/// Something that has to be otherwise, as an editor reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// A JSON pointer (RFC 6901): "/allow/shapes/0/coordinates/0/7"; empty for the whole fence.
    pub path: String,
    /// "has 2000 points at most, and 2413 now".
    pub what: String,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }

    /// Why serde could not read it.
    pub(crate) fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        use serde_path_to_error::Segment;
        let segment = |it: &Segment| match it {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        };
        let path: String = error.path().iter().map(segment).collect();
        Self::new(path, error.inner().to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the fence" } else { &self.path };
        write!(out, "{path}: {}", self.what)
    }
}
