//! The bar above each page of the books: its parts, which books, and the field that finds anything by its id.

use super::{PATH, SOUGHT_MAX};
use maud::{Markup, html};
use wallet::Books;

/// The parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Accounts,
    Transfers,
    Payments,
    Approvals,
    Reconciliation,
    Webhooks,
    Audit,
}

impl Tab {
    /// Each with the last part of its address, and its name. A transfer is found by its id.
    const ALL: [(Tab, &'static str, &'static str); 7] = [
        (Tab::Overview, "", "Overview"),
        (Tab::Accounts, "/accounts", "Accounts"),
        (Tab::Payments, "/payments", "Payments"),
        (Tab::Approvals, "/approvals", "Approvals"),
        (Tab::Reconciliation, "/reconciliation", "Reconciliation"),
        (Tab::Webhooks, "/webhooks", "Webhooks"),
        (Tab::Audit, "/audit", "Audit"),
    ];
}

/// Where in the books.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    pub tab: Tab,
    pub books: Books,
    /// What was looked for, where it was not found.
    pub sought: &'a str,
}

impl Bar<'_> {
    pub(crate) fn render(&self) -> Markup {
        let mode = self.books.word();
        let rest = Self::rest(self.tab);
        html! {
            nav.tabs aria-label="Finance" {
                ul {
                    @for (tab, rest, name) in Tab::ALL {
                        li { a href={ (PATH) (rest) "?mode=" (mode) } aria-current=[(tab == self.tab).then_some("page")] { (name) } }
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
                        Books::Live => "Live books: real money",
                        Books::Test => "Test books: no money moves",
                    } }
                    form.find role="search" method="get" action={ (PATH) "/find" } {
                        input type="hidden" name="mode" value=(mode);
                        input type="text" name="id" value=(self.sought) maxlength=(SOUGHT_MAX) autocomplete="off" spellcheck="false"
                            aria-label="Find by id or owner" placeholder="trf_…, acc_…, pay_…, fan_…";
                        button type="submit" { "Find" }
                    }
                }
            }
        }
    }

    /// The part that is shown, of the other books: what is only in these is left.
    fn rest(at: Tab) -> &'static str {
        Tab::ALL.iter().find(|it| it.0 == at).map_or("", |it| it.1)
    }
}
