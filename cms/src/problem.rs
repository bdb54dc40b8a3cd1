//! What is wrong with a document, and where.

use serde::Serialize;
use std::fmt;

/// Something that has to be otherwise, as an editor reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// A JSON pointer (RFC 6901) to the field: "/questions/2/text"; empty for the whole document.
    pub path: String,
    /// "is needed", "has 80 characters at most, and 93 now".
    pub what: String,
}

impl Problem {
    pub fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the document" } else { &self.path };
        write!(out, "{path} {}", self.what)
    }
}

/// "/title is needed; /link goes nowhere"
pub(crate) fn said(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
