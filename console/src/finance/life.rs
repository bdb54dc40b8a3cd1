//! The life of a payment or a payout, and what the ledger has of it.

use super::money::cell_of;
use super::table::Column::{Number, Text};
use super::table::table;
use super::{Here, at, link};
use maud::{Markup, html};
use wallet::Act;
use wallet::payment::life::Observation;
use wallet::payment::state::Outgoing;
use wallet::payment::{Decision, Going};
use wallet::statement::Recorded;

/// Data beyond it is cut.
const SEEN_CHARS_MAX: usize = 2_000;

pub(super) fn life(here: &Here<'_>, life: &[Observation]) -> Markup {
    html! {
        @if life.is_empty() { p.muted { "Nothing was seen of it yet." } }
        ol.life { @for it in life {
            li {
                span.flag.source { (it.source.word()) } " " (it.what)
                @if let Some(refund) = it.refund { " " (link(here, &refund.to_string())) }
                p.muted { (at(it.at)) " UTC" }
                @if let Some(seen) = &it.seen {
                    details { summary { "What was seen" } pre.seen tabindex="0" { (cut(&serde_json::to_string_pretty(seen).unwrap_or_default())) } }
                }
            }
        } }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SEEN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

pub(super) fn transfers(here: &Here<'_>, caption: &str, all: &[(&'static str, Recorded)]) -> Markup {
    if all.is_empty() {
        return html! { p.muted { "Nothing: no transfer was made for it." } };
    }
    let columns = [Text("What for"), Text("Act"), Number("Amount"), Text("Made (UTC)"), Text("Transfer")];
    let rows = html! { @for (name, recorded) in all {
        tr {
            th scope="row" { (name.replace('.', ": ")) }
            td { (recorded.transfer.act.word()) }
            @match recorded.transfer.act {
                Act::Post(of) | Act::Hold { of, .. } => (cell_of(of.units(), of.asset())),
                Act::Finish { .. } | Act::Void { .. } | Act::Lapse { .. } => td.number { span.muted { "of the hold" } },
            }
            td { (at(recorded.made_at)) }
            td { (link(here, &recorded.transfer.id.to_string())) }
        }
    } };
    table(caption, &columns, rows)
}

/// How far money is that goes out, as a mark.
pub(super) fn going(going: &Going) -> Markup {
    let (class, text) = match (going.decision, going.outgoing) {
        (Decision::Asked, _) => ("", "to approve"),
        (Decision::Dropped, _) => ("off", "refused"),
        (Decision::Approved, None) => ("", "approved, to be sent"),
        (Decision::Approved, Some(Outgoing::Sent)) => ("", "sent"),
        (Decision::Approved, Some(Outgoing::Succeeded)) => ("good", "done"),
        (Decision::Approved, Some(Outgoing::Failed)) => ("bad", "failed"),
    };
    html! {
        span class={ "flag " (class) } { (text) }
        @if let Some(reason) = &going.reason { " " span.muted { (reason) } }
    }
}
