//! What operators see of the books, and what they can do about them: the trial balance, accounts and their statements, how a transfer went,
//! payments, refunds and payouts that wait for a second pair of eyes, differences with gateways, and the log of what was done.
//!
//! Every page says of which books it is, live or test. Read [`Here`] first, then [`overview`].

pub mod accounts;
pub mod approvals;
pub mod audit;
mod bar;
mod life;
pub mod money;
pub mod overview;
pub mod payments;
pub mod payout;
pub mod reconciliation;
pub(crate) mod table;
pub mod transfer;
pub mod webhooks;

pub use bar::{Bar, Tab};

use crate::layout::{Area, Page, csrf_field, message};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::HashMap;
use wallet::Books;

/// Where the pages are.
pub const PATH: &str = "/console/finance";

/// The longest reason that a form takes.
pub const WHY_MAX: u16 = 500;
/// The longest text that is looked for.
pub const SOUGHT_MAX: u16 = 100;

/// The id of whoever knows the operators' secret, whatever the name that is said.
pub const BY_SECRET: &str = "operations.secret";

/// How sure it is who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Signed in with an account of their own.
    Account,
    /// Knows the operators' secret, and says a name.
    Secret,
}

/// Who looks, and acts.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// `usr_…`
    pub id: &'a str,
    pub name: &'a str,
    pub proof: Proof,
    /// What the session's forms send back; empty without one.
    pub form_token: &'a str,
}

/// Who looks, and at which books.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub who: Who<'a>,
    pub books: Books,
    /// What was just done, told above the page.
    pub done: &'a str,
    pub now: Timestamp,
}

impl Here<'_> {
    /// The address of a page of these books; what follows the question mark goes on with "&".
    pub fn path(&self, rest: &str) -> String {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let and = if query.is_empty() { "" } else { "&" };
        format!("{PATH}{path}?mode={}{and}{query}", self.books.word())
    }

    fn page(&self, tab: Tab, title: &str, main: Markup) -> Markup {
        let books = match self.books {
            Books::Live => "live books",
            Books::Test => "test books",
        };
        let full = format!("{title} · Finance, {books}");
        let main = html! {
            @if !self.done.is_empty() { p.done role="status" { (self.done) } }
            (main)
        };
        let area =
            Area::Finance { operator: self.who.name, bar: Some(Bar { tab, books: self.books, sought: "" }) };
        Page { title: &full, area, say: self.done, main }.render()
    }

    /// A form that posts: its fields, and one button.
    fn form(&self, rest: &str, fields: Markup, button: Markup) -> Markup {
        html! {
            form.act method="post" action=(self.path(rest)) {
                (csrf_field(self.who.form_token))
                (fields)
                (button)
            }
        }
    }
}

/// Which books a page is of, as a mark beside its title.
pub(crate) fn mark(books: Books) -> Markup {
    match books {
        Books::Live => html! { span.flag.good { "live" } },
        Books::Test => html! { span.flag { "test" } },
    }
}

/// A page's title, and its books.
fn title(here: &Here<'_>, text: &str) -> Markup {
    html! { h1.of-books { (text) " " (mark(here.books)) } }
}

/// A moment as books have it: to the second, in UTC.
pub(crate) fn at(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_string()) { (at.strftime("%Y-%m-%d %H:%M:%S").to_string()) } }
}

/// People's names by their ids, for those who did something.
pub type Names = HashMap<String, String>;

/// Who somebody was, by name where it is known.
pub(crate) fn person<'a>(names: &'a Names, id: &'a str) -> &'a str {
    match id {
        BY_SECRET => "somebody with the operators' secret",
        id => names.get(id).map_or(id, String::as_str),
    }
}

/// A link to what an id names, where it names something here.
fn link(here: &Here<'_>, id: &str) -> Markup {
    let kind = id.split_once('_').map(|it| it.0);
    let to = match kind {
        Some(kind @ ("cmp" | "prd" | "mkt")) if is_id(id) => {
            let part = match kind {
                "cmp" => "campaigns",
                "prd" => "products",
                _ => "markets",
            };
            let to = format!("{}/{part}/{id}?mode={}", crate::rewards::PATH, here.books.word());
            return html! { a href=(to) { code.id { (id) } } };
        }
        Some("acc") => Some(format!("/accounts/{id}")),
        Some("trf") => Some(format!("/transfers/{id}")),
        Some("pay") => Some(format!("/payments/{id}")),
        Some("rfd") => Some(format!("/refunds/{id}")),
        Some("pot") => Some(format!("/payouts/{id}")),
        _ => None,
    };
    match to.filter(|_| is_id(id)) {
        Some(to) => html! { a href=(here.path(&to)) { code.id { (id) } } },
        None => html! { code.id { (id) } },
    }
}

/// Whether it is written as ids are.
fn is_id(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// Why something was not done or is not there, in a page of its own.
pub fn refused(title: &str, text: &str, operator: &str) -> Markup {
    message(title, text, Area::Finance { operator, bar: None })
}

#[cfg(test)]
mod tests;
