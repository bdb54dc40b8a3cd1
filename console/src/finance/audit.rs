//! What was done about money, from the audit log.

use super::table::Column::Text;
use super::table::{pager, table};
use super::{Here, Tab, at, link, title};
use access::audit::Entry;
use maud::{Markup, html};
use serde_json::Value;

/// The first parts of the actions that are shown: "refund" of "refund.ask".
pub const NOUNS: [&str; 5] = ["wallet", "refund", "payout", "difference", "payments"];

/// What was said is cut beyond it.
const SAID_CHARS_MAX: usize = 600;

pub fn page(here: &Here<'_>, all: &[Entry], before: Option<i64>, next: Option<i64>) -> Markup {
    let main = html! {
        (title(here, "Audit"))
        p.muted { "Who did what about money, of both books, the latest first. Nothing in it is ever changed." }
        (entries(here, all))
        (pager(before.map(|_| here.path("/audit")), next.map(|it| here.path(&format!("/audit?before={it}")))))
    };
    here.page(Tab::Audit, "Audit", main)
}

pub(crate) fn entries(here: &Here<'_>, all: &[Entry]) -> Markup {
    if all.is_empty() {
        return html! { p.muted { "Nothing was done yet." } };
    }
    let columns =
        [Text("Time (UTC)"), Text("Who"), Text("What"), Text("To what"), Text("With"), Text("From")];
    let rows = html! { @for it in all {
        tr {
            th scope="row" { (at(it.at)) }
            td { (it.actor.name) " " span.muted { (it.actor.kind.word()) } br; code.id { (it.actor.id) } }
            td { (it.action) }
            td { (link(here, &it.object)) }
            td.wide { (said(it.after.as_ref())) }
            td { span.muted { (it.address) } }
        }
    } };
    table("What was done", &columns, rows)
}

/// "units 100, why too late".
pub(crate) fn said(value: Option<&Value>) -> Markup {
    let text = match value {
        None => return html! {},
        Some(Value::Object(all)) => {
            let pairs = all.iter().filter(|it| !it.1.is_null()).map(|(name, value)| match value {
                Value::String(text) => format!("{name}: {text}"),
                other => format!("{name}: {other}"),
            });
            pairs.collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    };
    let cut = text.char_indices().nth(SAID_CHARS_MAX).map(|(at, _)| format!("{}…", &text[..at]));
    html! { (cut.unwrap_or(text)) }
}
