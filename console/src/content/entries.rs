//! Entries: the list, new ones, and all that is done with one in a language.
//!
//! Read [`edit`] first. What is done is pressed on its pages, and told on the one that comes back; each page works without a script.

pub mod clash;
pub mod edit;
pub mod list;
pub mod publish;
pub mod revisions;
mod side;
mod value;

pub use side::{Reach, Side};
pub(super) use side::{moment_name, scheduled, time_fields};

use super::PATH;
use cms::draft::State;
use maud::{Markup, html};

/// The address of an entry's page in a language; `rest` begins with "/" or is empty.
pub fn path(id: &str, language: &str, rest: &str) -> String {
    format!("{PATH}{}", within(id, language, rest))
}

/// The same, from the root of these pages.
pub fn within(id: &str, language: &str, rest: &str) -> String {
    format!("/entries/{id}{rest}?lang={language}")
}

/// How far a draft is, as a mark.
pub(super) fn flag(state: State) -> Markup {
    let (class, text) = match state {
        State::Draft => ("off", "Draft"),
        State::InReview => ("wait", "In review"),
        State::Approved => ("wait", "Approved"),
        State::Published => ("good", "Published"),
        State::Changed => ("wait", "Changed"),
    };
    html! { span.flag.(class) data-state=(state.word()) { (text) } }
}

/// What a document is called, or that it is not called anything yet.
pub(super) fn titled(title: &str) -> &str {
    if title.is_empty() { "Untitled" } else { title }
}

/// As it is said in a sentence.
pub(super) const fn state_words(state: State) -> &'static str {
    match state {
        State::Draft => "Fans do not see it.",
        State::InReview => "Somebody is asked to look at it.",
        State::Approved => "It may be published as it is.",
        State::Published => "Fans see it as it is here.",
        State::Changed => "Fans see an older one.",
    }
}

#[cfg(test)]
mod tests;
