//! What operators see of rewards, and what they can do about them: campaigns with their budgets, the form in which a version of one is written,
//! what it would have cost, what looks as if it were not a fan's doing, tiers, products with their vouchers, and markets. A partner has the same
//! pages of its own campaigns and products in its dashboard.
//!
//! Every page says of which books it is, live or test. Read [`Here`] first, then [`campaigns`]. A version's form is a [`Draft`].

pub mod audit;
mod bar;
mod builder;
pub mod campaign;
pub mod campaigns;
mod draft;
pub mod fences;
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
use crate::layout::{self, Area, Page, Person, Place, csrf_field, message};
use jiff::Timestamp;
use maud::{Markup, html};
use partners::Permission;
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

/// Whose pages they are.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// Operators', with what everybody has.
    Operators(Who<'a>),
    /// A partner's, in its dashboard, with what is its own.
    Partner { person: Person<'a>, place: Place<'a> },
}

/// Who looks, and at which books.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub side: Side<'a>,
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
        let root = bar::root(self.organisation_id());
        format!("{root}{path}?mode={}{and}{query}{part}", self.books.word())
    }

    /// None on operators' pages.
    fn organisation_id(&self) -> Option<&'a str> {
        match self.side {
            Side::Operators(_) => None,
            Side::Partner { place, .. } => Some(place.organisation_id),
        }
    }

    /// The same, in the pages of the books.
    fn books(&self) -> finance::Here<'a> {
        let who = match self.side {
            Side::Operators(who) => who,
            Side::Partner { person, .. } => {
                Who { id: "", name: person.name, proof: Proof::Account, form_token: person.csrf }
            }
        };
        finance::Here { who, books: self.books, done: self.done, now: self.now }
    }

    fn is_partner(&self) -> bool {
        self.organisation_id().is_some()
    }

    /// What the session's forms send back.
    pub(crate) fn form_token(&self) -> &'a str {
        match self.side {
            Side::Operators(who) => who.form_token,
            Side::Partner { person, .. } => person.csrf,
        }
    }

    pub(crate) fn page(&self, tab: Tab, title: &str, main: Markup) -> Markup {
        let books = match self.books {
            Books::Live => "live",
            Books::Test => "test",
        };
        let full = match self.side {
            Side::Operators(_) => format!("{title} · Rewards, {books}"),
            Side::Partner { place, .. } => format!("{title} · Rewards, {books} · {}", place.organisation),
        };
        let main = html! {
            @if !self.done.is_empty() { p.done role="status" { (self.done) } }
            @if matches!(self.side, Side::Operators(who) if who.proof == Proof::Secret) { p.notice { (UNPROVEN) } }
            (main)
        };
        let bar = Some(Bar { tab, books: self.books, organisation_id: self.organisation_id() });
        let area = match self.side {
            Side::Operators(who) => Area::Rewards { operator: who.name, bar },
            Side::Partner { person, place } => {
                let place = Place { tab: layout::Tab::Rewards, ..place };
                Area::Partner { person, place, bar }
            }
        };
        Page { title: &full, area, say: self.done, main }.render()
    }

    /// Whether what is pressed here is done.
    pub(crate) fn may_act(&self) -> bool {
        match self.side {
            Side::Operators(who) => who.proof == Proof::Account,
            Side::Partner { place, .. } => place.may(Permission::Build),
        }
    }

    /// Whether that is so of budgets: what fans earn in earnest is the platform's to give.
    fn may_fill(&self) -> bool {
        self.may_act() && may_fill(self.books, self.is_partner())
    }

    /// A form that posts: its fields, and its buttons. Nothing for who may only look.
    fn form(&self, rest: &str, fields: Markup, buttons: Markup) -> Markup {
        self.form_as(None, rest, fields, buttons)
    }

    /// The same of a form with a file.
    fn form_with_file(&self, rest: &str, fields: Markup, buttons: Markup) -> Markup {
        self.form_as(Some("multipart/form-data"), rest, fields, buttons)
    }

    fn form_as(&self, kind: Option<&str>, rest: &str, fields: Markup, buttons: Markup) -> Markup {
        html! {
            @if self.may_act() {
                form.act method="post" action=(self.path(rest)) enctype=[kind] {
                    (csrf_field(self.form_token()))
                    (fields)
                    div.row { (buttons) }
                }
            }
        }
    }
}

/// Whether a budget in these books is filled by whoever has the campaign: what fans earn in earnest, the platform alone sets aside, and points of
/// test fans are worth nothing.
pub const fn may_fill(books: Books, is_partner: bool) -> bool {
    !is_partner || matches!(books, Books::Test)
}

/// A page's title, and whether it is of the test books. The bar says so of the others: beside a draft's name, "live" would be said of the campaign.
fn title(here: &Here<'_>, text: &str) -> Markup {
    html! { h1.of-books { (text) @if here.books == Books::Test { " " (finance::mark(here.books)) } } }
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
