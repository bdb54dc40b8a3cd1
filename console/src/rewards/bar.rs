//! The bar above each page: its parts, and which books.

use super::PATH;
use maud::{Markup, html};
use wallet::Books;

/// The parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Campaigns,
    Vouchers,
    Markets,
    Signals,
    Tiers,
    Audit,
}

impl Tab {
    /// Each with the last part of its address, and its name.
    const ALL: [(Tab, &'static str, &'static str); 6] = [
        (Tab::Campaigns, "", "Campaigns"),
        (Tab::Vouchers, "/products", "Vouchers"),
        (Tab::Markets, "/markets", "Markets"),
        (Tab::Signals, "/signals", "Signals"),
        (Tab::Tiers, "/tiers", "Tiers"),
        (Tab::Audit, "/audit", "Audit"),
    ];
}

/// Where in rewards.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    pub tab: Tab,
    pub books: Books,
}

impl Bar {
    pub(crate) fn render(self) -> Markup {
        let rest = Tab::ALL.iter().find(|it| it.0 == self.tab).map_or("", |it| it.1);
        html! {
            nav.tabs aria-label="Rewards" {
                ul {
                    @for (tab, rest, name) in Tab::ALL {
                        li { a href={ (PATH) (rest) "?mode=" (self.books.word()) } aria-current=[(tab == self.tab).then_some("page")] { (name) } }
                    }
                }
            }
            section.which.test[self.books == Books::Test] aria-label="Which books" {
                div {
                    nav.books aria-label="Books" {
                        @for (books, name) in [(Books::Live, "Live"), (Books::Test, "Test")] {
                            a href={ (PATH) (rest) "?mode=" (books.word()) } aria-current=[(books == self.books).then_some("true")] { (name) }
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
