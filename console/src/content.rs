//! What editors see: entries and their forms, pictures, what is scheduled, who may do what.
//!
//! What somebody may not do is not offered; the crate `cms` refuses it all the same. Read [`Here`] first.

pub mod entries;
pub mod form;
pub mod library;
pub mod newsroom;
mod pick;
pub mod preview;
pub mod releases;
#[cfg(test)]
mod testing;

use crate::finance::Who;
use crate::layout::{Area, Page, csrf_field, message};
use cms::rights::{Act, Rights, Role, Standing, may};
use jiff::Timestamp;
use maud::{Markup, html};

/// Where the pages are.
pub const PATH: &str = "/console/content";

/// The parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Entries,
    Media,
    Releases,
    Calendar,
    Missing,
    Tones,
    Quizzes,
    Files,
    Trash,
    Members,
    Audit,
}

impl Tab {
    /// Each with the last part of its address, and its name.
    const ALL: [(Tab, &'static str, &'static str); 11] = [
        (Tab::Entries, "", "Entries"),
        (Tab::Media, "/media", "Pictures"),
        (Tab::Releases, "/releases", "Releases"),
        (Tab::Calendar, "/calendar", "Calendar"),
        (Tab::Missing, "/missing", "Translations"),
        (Tab::Tones, "/tones", "Tones"),
        (Tab::Quizzes, "/quizzes", "Quizzes"),
        (Tab::Files, "/files", "Files"),
        (Tab::Trash, "/trash", "Trash"),
        (Tab::Members, "/members", "Members"),
        (Tab::Audit, "/audit", "Audit log"),
    ];

    /// Whether whoever has that role has any use for it.
    fn is_for(self, role: Role) -> bool {
        match self {
            Tab::Entries
            | Tab::Media
            | Tab::Releases
            | Tab::Calendar
            | Tab::Missing
            | Tab::Tones
            | Tab::Quizzes => true,
            Tab::Files | Tab::Trash => role > Role::Viewer,
            Tab::Members | Tab::Audit => role == Role::Admin,
        }
    }
}

/// Who is at work, for what stands above a page.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    pub name: &'a str,
    /// What the session's forms send back; empty without one.
    pub csrf: &'a str,
    pub role: Role,
    /// Whether they see what operators see, too.
    pub is_operator: bool,
}

/// Who looks, and what may be done.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub who: Who<'a>,
    pub rights: &'a Rights,
    pub is_operator: bool,
    /// What was just done, told above the page.
    pub done: &'a str,
    pub now: Timestamp,
}

impl<'a> Here<'a> {
    /// A page of the newsroom.
    pub fn page(&self, tab: Tab, title: &str, main: Markup) -> Markup {
        let full = format!("{title} · Content");
        let main = html! {
            @if !self.done.is_empty() { p.done role="status" { (self.done) } }
            (main)
        };
        Page { title: &full, area: Area::Content { desk: self.desk(), tab: Some(tab) }, say: self.done, main }
            .render()
    }

    fn desk(&self) -> Desk<'a> {
        Desk {
            name: self.who.name,
            csrf: self.who.form_token,
            role: self.rights.role,
            is_operator: self.is_operator,
        }
    }

    /// A form that posts to a page of these: its fields, and its buttons.
    pub fn form(&self, rest: &str, fields: Markup, buttons: Markup) -> Markup {
        html! {
            form.act method="post" action={ (PATH) (rest) } {
                (csrf_field(self.who.form_token))
                (fields)
                (buttons)
            }
        }
    }
}

/// Pages that somebody may go to, by name: the parts, the lists of each type, and what makes a new one.
pub fn pages(rights: &Rights) -> impl Iterator<Item = (String, String)> {
    let own = rights.kinds.clone();
    let role = rights.role;
    let parts = Tab::ALL.into_iter().filter(move |it| it.0.is_for(role));
    let parts = parts.map(|(_, rest, name)| (name.to_owned(), format!("{PATH}{rest}")));
    let seen = move |name: &str| own.as_ref().is_none_or(|own| own.contains(name));
    let kinds = cms::schema::kinds().iter().map(|it| it.facts).filter(move |it| seen(it.name));
    let is_maker = may(role, Act::Create, Standing::Main);
    let of = kinds.flat_map(move |it| {
        let list = (it.plural.to_owned(), format!("{PATH}?kind={}", it.name));
        let new = (format!("New {}", it.noun.to_lowercase()), format!("{PATH}/entries/new?kind={}", it.name));
        std::iter::once(list).chain(is_maker.then_some(new))
    });
    parts.chain(of)
}

/// The parts, above each page.
pub(crate) fn bar(desk: Desk<'_>, at: Tab) -> Markup {
    html! {
        nav.tabs aria-label="Content" {
            ul {
                @for (tab, rest, name) in Tab::ALL {
                    @if tab.is_for(desk.role) {
                        li { a href={ (PATH) (rest) } aria-current=[(tab == at).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }
}

/// What is refused, with a way back.
pub fn refused(title: &str, text: &str) -> Markup {
    let desk = Desk { name: "", csrf: "", role: Role::Viewer, is_operator: false };
    message(title, text, Area::Content { desk, tab: None })
}
