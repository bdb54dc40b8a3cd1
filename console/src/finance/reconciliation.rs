//! Where gateways' books and ours do not agree, and when they were compared last.

use super::money::count;
use super::table::Column::{Number, Text};
use super::table::{pager, table};
use super::{Here, Names, Tab, WHY_MAX, at, person, title};
use jiff::Timestamp;
use maud::{Markup, html};
use wallet::payment::{Closed, Difference, DifferenceKind};

/// A gateway, and when its books were and will be compared with ours by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateway {
    pub code: String,
    pub last_at: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
    /// When somebody had them compared, and of which day.
    pub asked: Option<(Timestamp, String)>,
}

/// Which differences are shown.
#[derive(Clone, Copy, Debug)]
pub enum Differences<'a> {
    Open(&'a [Difference]),
    Closed(&'a [Closed]),
}

/// All that is on the page.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub gateways: &'a [Gateway],
    pub differences: Differences<'a>,
    pub names: &'a Names,
    pub before: Option<i64>,
    pub next: Option<i64>,
}

pub fn page(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let (show, other, name) = match shown.differences {
        Differences::Open(_) => ("open", "closed", "Those that were settled"),
        Differences::Closed(_) => ("closed", "open", "Those that are open"),
    };
    let to = |before: Option<i64>| match before {
        Some(before) => here.path(&format!("/reconciliation?show={show}&before={before}")),
        None => here.path(&format!("/reconciliation?show={show}")),
    };
    let main = html! {
        (title(here, "Reconciliation"))
        section aria-labelledby="runs" {
            h2 #runs { "Comparing" }
            p.muted { "Every night each gateway's books of the day before yesterday are compared with ours, line by line." }
            (gateways(here, shown.gateways))
        }
        section aria-labelledby="differences" {
            div.line {
                h2 #differences { @if show == "open" { "Open differences" } @else { "Settled differences" } }
                a href=(here.path(&format!("/reconciliation?show={other}"))) { (name) }
            }
            @match shown.differences {
                Differences::Open(all) => (open(here, all)),
                Differences::Closed(all) => (closed(all, shown.names)),
            }
            (pager(shown.before.map(|_| to(None)), shown.next.map(|it| to(Some(it)))))
        }
    };
    here.page(Tab::Reconciliation, "Reconciliation", main)
}

fn gateways(here: &Here<'_>, all: &[Gateway]) -> Markup {
    if all.is_empty() {
        return html! { p.muted { "No gateway is set up for these books: see [payments] of the configuration." } };
    }
    html! {
        div.cards { @for it in all {
            @let day = format!("day-{}", it.code);
            article.card aria-labelledby={ "gateway-" (it.code) } {
                h3 id={ "gateway-" (it.code) } { (it.code) }
                p {
                    "Last: " @match it.last_at { Some(last) => { (at(last)) " UTC" } None => "not yet" }
                    br;
                    "Next: " @match it.next_at { Some(next) => { (at(next)) " UTC" } None => "no worker has said: is one running?" }
                    @if let Some((asked, of)) = &it.asked { br; "By hand: " (at(*asked)) " UTC, of " (of) }
                }
                (here.form(&format!("/gateways/{}/reconcile", it.code),
                    html! {
                        div.field {
                            label for=(day) { "Day (UTC)" }
                            p.hint id={ (day) "-hint" } { "Without one: the day before yesterday." }
                            input id=(day) name="day" type="date" aria-describedby={ (day) "-hint" };
                        }
                    },
                    html! { button type="submit" aria-label={ "Compare " (it.code) " now" } { "Compare now" } }))
            }
        } }
    }
}

fn open(here: &Here<'_>, all: &[Difference]) -> Markup {
    if all.is_empty() {
        return html! { p.verdict { span.flag.good { "✓ none" } " All that was compared agrees, or was settled." } };
    }
    html! {
        div.cards { @for it in all {
            @let id = format!("note-{}", it.number);
            article.card aria-labelledby={ "difference-" (it.number) } {
                h3 id={ "difference-" (it.number) } { (name(it.kind)) " " span.muted { "#" (it.number) } }
                p { (it.gateway) ", day " (it.day) ": " code { (it.subject) } }
                dl.figures-row {
                    div { dt { "Ours, smallest units" } dd { (units(it.ours)) } }
                    div { dt { "Theirs" } dd { (units(it.theirs)) } }
                    @if let (Some(ours), Some(theirs)) = (it.ours, it.theirs) { div { dt { "Theirs more by" } dd { (count(theirs.saturating_sub(ours))) } } }
                }
                p.muted { "Found " (at(it.found_at)) " UTC" }
                p { strong { "What to do: " } (what_to_do(it.kind)) }
                (here.form(&format!("/differences/{}/settle", it.number),
                    html! {
                        div.field {
                            label for=(id) { "How it was settled" }
                            input id=(id) name="note" type="text" maxlength=(WHY_MAX) autocomplete="off" required;
                        }
                    },
                    html! { button type="submit" aria-label={ "Note difference " (it.number) " as settled" } { "Note it settled" } }))
            }
        } }
    }
}

fn units(units: Option<i64>) -> Markup {
    match units {
        Some(units) => html! { (count(units)) },
        None => html! { "nothing" },
    }
}

fn closed(all: &[Closed], names: &Names) -> Markup {
    if all.is_empty() {
        return html! { p.muted { "None was settled yet." } };
    }
    let columns = [
        Number("Number"),
        Text("Settled (UTC)"),
        Text("By"),
        Text("Gateway and day"),
        Text("What"),
        Text("Subject"),
        Number("Ours"),
        Number("Theirs"),
        Text("How"),
    ];
    let rows = html! { @for it in all {
        tr {
            td.number { (it.difference.number) }
            td { (at(it.at)) }
            td.person { (person(names, &it.by)) }
            td { (it.difference.gateway) ", " (it.difference.day) }
            td { (name(it.difference.kind)) }
            td { code.id { (it.difference.subject) } }
            td.number { (units(it.difference.ours)) }
            td.number { (units(it.difference.theirs)) }
            td.wide { (it.note) }
        }
    } };
    table("Settled differences", &columns, rows)
}

const fn name(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Captured => "More or less was taken than was booked",
        DifferenceKind::OtherCurrency => "Taken in another currency",
        DifferenceKind::Stray => "A payment that no payer was shown",
        DifferenceKind::UnaskedRefund => "A refund that was made at the gateway",
        DifferenceKind::SentOther => "Another amount went out than was asked",
        DifferenceKind::MissingHere => "Missing in our books",
        DifferenceKind::MissingThere => "Missing in the gateway's books",
        DifferenceKind::Amount => "The amounts differ",
        DifferenceKind::Currency => "The currencies differ",
        DifferenceKind::Fee => "A fee that is not booked",
        DifferenceKind::Dispute => "The payer disputes the payment",
    }
}

/// For who has the gateway's own pages open beside it.
const fn what_to_do(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Captured => {
            "find the charge at the gateway. If it took more, ask for a refund of what is over; if less, the payer has more than was paid for: \
             agree with whoever owns the campaign what stays."
        }
        DifferenceKind::OtherCurrency => {
            "nothing is booked. Refund the charge at the gateway, in full, and write its reference here."
        }
        DifferenceKind::Stray => {
            "somebody was charged for nothing. Refund it at the gateway, in full, and write the refund's reference here."
        }
        DifferenceKind::UnaskedRefund => {
            "the payer has the money and still what was bought with it. Ask whoever has access to the gateway's pages why, and take the units back by \
             hand if it was right."
        }
        DifferenceKind::SentOther => {
            "look at the refund or payout at the gateway. If what went is wrong, have the gateway put it right before you settle this."
        }
        DifferenceKind::MissingHere => {
            "look for the reference among the payments. If its webhook waits or failed, the next look at the payment books it; if it is not ours at all, \
             ask who else uses this gateway account."
        }
        DifferenceKind::MissingThere => {
            "compare the day again tomorrow: a report may be late. If it stays missing, ask the gateway with our reference: the money may never have come."
        }
        DifferenceKind::Amount => {
            "compare both amounts with the gateway's receipt. Fees are not meant to be in them: if they are, the report's setting is wrong."
        }
        DifferenceKind::Currency => {
            "the account at the gateway converts. Have it settle in the currency that was charged, and note the rate here."
        }
        DifferenceKind::Fee => {
            "the gateway gave a fee back, or took another than before. Compare it with its invoice: what is booked stays until somebody puts it right."
        }
        DifferenceKind::Dispute => {
            "answer it on the gateway's own pages before its date, with what the payer got. Freeze the fan's wallet if the coins are still there, \
             and note here how it ended."
        }
    }
}
