//! The bar above each page: its parts, and which books.

use super::PATH;
use maud::{Markup, html};
use wallet::Books;

/// The parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Campaigns,
    Vouchers,
    Fences,
    Redeem,
    Markets,
    Signals,
    Tiers,
    Audit,
}

impl Tab {
    /// Each with the last part of its address, and its name. Partners have the first of them.
    const ALL: [(Tab, &'static str, &'static str); 8] = [
        (Tab::Campaigns, "", "Campaigns"),
        (Tab::Vouchers, "/products", "Vouchers"),
        (Tab::Fences, "/fences", "Fences"),
        (Tab::Redeem, "/redeem", "Redeem"),
        (Tab::Markets, "/markets", "Markets"),
        (Tab::Signals, "/signals", "Signals"),
        (Tab::Tiers, "/tiers", "Tiers"),
        (Tab::Audit, "/audit", "Audit"),
    ];
    const OF_PARTNERS: usize = 3;
}

/// Where in rewards.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    pub tab: Tab,
    pub books: Books,
    /// Of a partner's dashboard; none: operators'.
    pub organisation_id: Option<&'a str>,
}

/// Where the pages are: operators', or an organisation's own.
pub(super) fn root(organisation_id: Option<&str>) -> String {
    organisation_id.map_or_else(|| PATH.to_owned(), |id| format!("/console/o/{id}/rewards"))
}

impl Bar<'_> {
    pub(crate) fn render(self) -> Markup {
        let root = root(self.organisation_id);
        let count = if self.organisation_id.is_some() { Tab::OF_PARTNERS } else { Tab::ALL.len() };
        let rest = Tab::ALL.iter().find(|it| it.0 == self.tab).map_or("", |it| it.1);
        html! {
            nav.tabs aria-label="Rewards" {
                ul {
                    @for (tab, rest, name) in Tab::ALL.into_iter().take(count) {
                        li { a href={ (root) (rest) "?mode=" (self.books.word()) } aria-current=[(tab == self.tab).then_some("page")] { (name) } }
                    }
                }
            }
            section.which.test[self.books == Books::Test] aria-label="Which books" {
                div {
                    nav.books aria-label="Books" {
                        @for (books, name) in [(Books::Live, "Live"), (Books::Test, "Test")] {
                            a href={ (root) (rest) "?mode=" (books.word()) } aria-current=[(books == self.books).then_some("true")] { (name) }
                        }
                    }
                    p { @match self.books {
                        Books::Live => "Live books: fans earn in earnest",
                        Books::Test => "Test books: fans of test keys alone earn",
                    } }
                }
            }
        }
    }
}
