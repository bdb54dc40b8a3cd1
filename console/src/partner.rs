//! A partner's dashboard: sites, keys, the code to paste, the team, the log.

pub mod audit;
pub mod docs;
pub mod embed;
pub mod identity;
pub mod keys;
pub mod overview;
pub mod settings;
pub mod sites;
pub mod team;
pub mod usage;
pub mod webhooks;

use crate::controls::{Filled, Label, Line};
use crate::layout::{self, Area, Page, Person, Place, Tab, csrf_field};
use maud::{Markup, html};
use partners::{Organisation, Role};

/// The longest name that a form takes.
pub(crate) const NAME_MAX: u16 = 100;

/// Who looks, and at what.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub person: Person<'a>,
    pub place: Place<'a>,
    /// What was just done, told above the page.
    pub done: &'a str,
}

impl Here<'_> {
    /// The same with another part of the dashboard in view.
    #[must_use]
    pub fn at(self, tab: Tab) -> Self {
        Self { place: Place { tab, ..self.place }, ..self }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        self.place.path(rest)
    }

    pub(crate) fn page(&self, title: &str, main: Markup) -> Markup {
        let title = format!("{title} · {}", self.place.organisation);
        let main = html! {
            @if !self.done.is_empty() { p.done role="status" { (self.done) } }
            (main)
        };
        let area = Area::Partner { person: self.person, place: self.place, bar: None };
        Page { title: &title, area, say: self.done, main }.render()
    }

    /// A button that posts what is behind it, and nothing else.
    fn button(&self, rest: &str, words: &str, class: &str) -> Markup {
        html! {
            form method="post" action=(self.path(rest)) {
                (csrf_field(self.person.csrf))
                button class=[(!class.is_empty()).then_some(class)] type="submit" { (words) }
            }
        }
    }
}

/// The way to what came before the last line of a list, `list` being the list's id. It is added to the list, or shown alone.
fn earlier(list: &str, to: Option<String>) -> Markup {
    html! {
        p #earlier {
            @if let Some(to) = to {
                a.button href=(to) hx-get=(to) hx-target={ "#" (list) } hx-select={ "#" (list) " > *" } hx-select-oob="#earlier"
                    hx-swap="beforeend" { "Earlier" }
            }
        }
    }
}

/// Why something of the dashboard was not done or is not there, in a page of its own.
pub fn refused(title: &str, text: &str, _: &str) -> Markup {
    layout::message(title, text, Area::SignedOut)
}

/// A page that says one thing about what was asked of the organisation.
pub fn message(here: Here<'_>, title: &str, text: &str) -> Markup {
    here.page(title, html! { div.narrow { h1 { (title) } p { (text) } p { a href=(here.path("")) { "Back to the overview" } } } })
}

/// The organisations that somebody belongs to, and a form for one more.
pub fn organisations(person: Person<'_>, all: &[(Organisation, Role)], filled: Filled<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "Your organisations" }
            @if all.is_empty() { p { "You belong to none yet. Make one, or ask for an invitation." } }
            @else {
                ul.rows {
                    @for (organisation, role) in all {
                        li { a href={ "/console/o/" (organisation.id) } { strong { (organisation.name) } } span.muted { (role.word()) } }
                    }
                }
            }
            (filled.summary())
            form.stack.boxed method="post" action="/console/organisations" {
                (csrf_field(person.csrf))
                (filled.line(Label::new("organisation", "New organisation"), Line::Text, NAME_MAX))
                p { button type="submit" { "Make it" } }
            }
        }
    };
    Page { title: "Your organisations", area: Area::Account(person), say: "", main }.render()
}
