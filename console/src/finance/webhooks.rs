//! What gateways have sent, as far as something is left to do about it. What is in a message is never shown: payers' addresses may be.

use super::table::Column::{Number, Text};
use super::table::{pager, table};
use super::{Here, Tab, at, title};
use crate::controls::{Choice, Filled, Label};
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};
use wallet::payment::Webhook;

/// What is looked for, as it was asked, and what is found.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub asked: &'a Fields,
    pub gateways: &'a [&'a str],
    pub found: &'a [Webhook],
    pub next: Option<i64>,
}

pub fn page(here: &Here<'_>, list: &List<'_>) -> Markup {
    let none = Mistakes::default();
    let form = Filled { fields: list.asked, mistakes: &none };
    let states = [Choice::new("waiting", "Waiting"), Choice::new("failed", "Failed")];
    let gateways: Vec<Choice> = list.gateways.iter().map(|it| Choice::new(it, *it)).collect();
    let mut query = list.asked.clone();
    for name in ["mode", "done", "before"] {
        query.remove(name);
    }
    let main = html! {
        (title(here, "Webhooks"))
        p.muted { "A message that is genuine is kept as it came, and read by a job. One that is not genuine is refused, and nothing of it is kept." }
        form.asked.filters method="get" action={ (super::PATH) "/webhooks" } {
            input type="hidden" name="mode" value=(here.books.word());
            (form.select(Label::new("state", "State"), Some("All"), &states))
            (form.select(Label::new("gateway", "Gateway"), Some("All"), &gateways))
            button type="submit" { "Show" }
        }
        @if list.found.is_empty() {
            p.muted { "No message is like this." @if list.asked.text("state") == "failed" { " That is as it should be." } }
        } @else { (listed(list.found)) }
        @let newest = list.asked.has("before").then(|| here.path(&format!("/webhooks?{}", query.to_query())));
        (pager(newest, list.next.map(|next| {
            query.set("before", next);
            here.path(&format!("/webhooks?{}", query.to_query()))
        })))
    };
    here.page(Tab::Webhooks, "Webhooks", main)
}

fn listed(found: &[Webhook]) -> Markup {
    let columns = [
        Number("Number"),
        Text("Received (UTC)"),
        Text("Gateway"),
        Text("State"),
        Text("Their name of it"),
        Text("What to do"),
    ];
    let rows = html! { @for it in found {
        tr {
            td.number { (it.id) }
            td { (at(it.received_at)) }
            td { (it.gateway) }
            td { (state(it)) }
            td { code.id { (it.event_id) } }
            td.wide { (what_to_do(it)) }
        }
    } };
    table("Messages of gateways", &columns, rows)
}

fn state(it: &Webhook) -> Markup {
    match it.outcome.as_deref() {
        None => html! { span.flag { "waiting" } },
        Some(failed @ ("unreadable" | "unknown")) => html! { span.flag.bad { (failed) } },
        Some(outcome) => html! { span.flag.good { (outcome) } },
    }
}

fn what_to_do(it: &Webhook) -> &'static str {
    match it.outcome.as_deref() {
        None => {
            "Nothing, for a minute. If it stays: is a worker running, and its queue not paused? See operations."
        }
        Some("unreadable") => {
            "The gateway has changed what it sends: tell whoever keeps this software. The payment is learned of by asking all the same."
        }
        Some("unknown") => {
            "It is of no payment of ours: look whether something else uses this gateway account."
        }
        Some("other") => "Nothing: it tells of something that we do not keep.",
        Some(_) => "Nothing.",
    }
}
