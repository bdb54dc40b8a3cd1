//! Tables of the books: each has a caption, and scrolls by itself where it is wider than the page.

use maud::{Markup, html};

/// A column's name, and what is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column<'a> {
    Text(&'a str),
    /// To the right, under each other by their last digits.
    Number(&'a str),
}

use Column::{Number, Text};

/// `caption` is unlike those of all other tables of the page.
pub(crate) fn table(caption: &str, columns: &[Column<'_>], rows: Markup) -> Markup {
    with_foot(caption, columns, rows, html! {})
}

pub(crate) fn with_foot(caption: &str, columns: &[Column<'_>], rows: Markup, foot: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.list.money {
                caption.unseen { (caption) }
                thead { tr { @for column in columns {
                    @match column {
                        Text(name) => th scope="col" { (name) },
                        Number(name) => th.number scope="col" { (name) },
                    }
                } } }
                tbody { (rows) }
                @let foot = foot.into_string();
                @if !foot.is_empty() { tfoot { (maud::PreEscaped(foot)) } }
            }
        }
    }
}

/// Ways to what is older, and back to the newest.
pub(crate) fn pager(newest: Option<String>, older: Option<String>) -> Markup {
    html! {
        @if newest.is_some() || older.is_some() {
            nav.row aria-label="Pages" {
                @if let Some(to) = newest { a.button href=(to) { "Newest" } }
                @if let Some(to) = older { a.button href=(to) { "Older" } }
            }
        }
    }
}

/// Names with what they are.
pub(crate) fn facts(all: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts { @for (name, what) in all { div { dt { (name) } dd { (what) } } } }
    }
}
