//! What operators see of rewards, and what they can do about them: campaigns with their budgets, the form in which a version of one is written,
//! what it would have cost, what looks as if it were not a fan's doing, tiers, products with their vouchers, and markets.
//!
//! Every page says of which books it is, live or test. Read [`Here`] first, then [`campaigns`]. A version's form is a [`Draft`].

pub mod audit;
mod bar;
mod builder;
pub mod campaign;
pub mod campaigns;
mod draft;
pub mod forecast;
pub mod markets;
mod names;
pub mod products;
pub mod signals;
pub mod tiers;
pub mod version;
mod words;

pub use bar::{Bar, Tab};
pub use builder::{Building, Press, page as build};
pub use draft::Draft;

use crate::finance::{self, Proof, Who};
use crate::layout::{Area, Page, csrf_field, message};
use jiff::Timestamp;
use maud::{Markup, html};
use wallet::Books;

/// Where the pages are.
pub const PATH: &str = "/console/rewards";

/// The longest reason and note that a form takes.
pub const WHY_MAX: u16 = 500;
/// The longest name of a campaign.
pub const NAME_MAX: u16 = 120;

/// Why somebody who knows the secret alone changes nothing here.
pub const UNPROVEN: &str = "You are here by the operators' secret, which proves no name. You can look at everything; what changes \
    something is done by operators who are signed in with accounts of their own, so that the log says who it was.";

/// Who looks, and at which books.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub who: Who<'a>,
    pub books: Books,
    /// What was just done, told above the page.
    pub done: &'a str,
    pub now: Timestamp,
}

impl<'a> Here<'a> {
    /// The address of a page of these books; what follows the question mark goes on with "&".
    pub fn path(&self, rest: &str) -> String {
        let (rest, part) =
            rest.split_once('#').map_or((rest, String::new()), |it| (it.0, format!("#{}", it.1)));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let and = if query.is_empty() { "" } else { "&" };
        format!("{PATH}{path}?mode={}{and}{query}{part}", self.books.word())
    }

    /// The same, in the pages of the books.
    fn books(&self) -> finance::Here<'a> {
        finance::Here { who: self.who, books: self.books, done: self.done, now: self.now }
    }

    fn page(&self, tab: Tab, title: &str, main: Markup) -> Markup {
        let books = match self.books {
            Books::Live => "live",
            Books::Test => "test",
        };
        let full = format!("{title} · Rewards, {books}");
        let main = html! {
            @if !self.done.is_empty() { p.done role="status" { (self.done) } }
            @if self.who.proof == Proof::Secret { p.notice { (UNPROVEN) } }
            (main)
        };
        let area = Area::Rewards { operator: self.who.name, bar: Some(Bar { tab, books: self.books }) };
        Page { title: &full, area, say: self.done, main }.render()
    }

    /// Whether what is pressed here is done.
    fn may_act(&self) -> bool {
        self.who.proof == Proof::Account
    }

    /// A form that posts: its fields, and its buttons. Nothing for who may only look.
    fn form(&self, rest: &str, fields: Markup, buttons: Markup) -> Markup {
        html! {
            @if self.may_act() {
                form.act method="post" action=(self.path(rest)) {
                    (csrf_field(self.who.form_token))
                    (fields)
                    div.row { (buttons) }
                }
            }
        }
    }
}

/// A page's title, and its books.
fn title(here: &Here<'_>, text: &str) -> Markup {
    html! { h1.of-books { (text) " " (finance::mark(here.books)) } }
}

/// "20 May 2026, 10:00", for who plans; the second is for programs.
fn moment(at: Timestamp) -> Markup {
    let shown = at.strftime("%-d %b %Y, %H:%M").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}

/// "34 %", of a whole that is not nothing; what is more than nothing is never nothing.
fn percent(part: i64, whole: i64) -> String {
    match (i128::from(part) * 100, i128::from(whole)) {
        (_, ..=0) => "—".to_owned(),
        (1.., whole) if i128::from(part) * 100 < whole => "under 1 %".to_owned(),
        (part, whole) => {
            format!("{} %", finance::money::count(i64::try_from(part / whole).unwrap_or(i64::MAX)))
        }
    }
}

/// "1 fan", "12 fans".
fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", finance::money::count(number), if number == 1 { one } else { many })
}

/// Why something was not done or is not there, in a page of its own.
pub fn refused(title: &str, text: &str, operator: &str) -> Markup {
    message(title, text, Area::Rewards { operator, bar: None })
}

#[cfg(test)]
mod tests;
