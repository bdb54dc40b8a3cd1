//! Payments: the list, and one with its life, its refunds, and the form that asks for one.

use super::money::{amount, cell_of, decimal, unit};
use super::table::Column::{Number, Text};
use super::table::{facts, pager, table};
use super::{Here, Names, Proof, SOUGHT_MAX, Tab, WHY_MAX, at, life, link, person, title};
use crate::controls::{Choice, Filled, Label, Line};
use crate::csv::{Cell, Csv};
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};
use wallet::payment::life::Observation;
use wallet::payment::state::{Outgoing, Stage};
use wallet::payment::{Decision, Payment, PaymentState, Refund};
use wallet::statement::Recorded;

/// The longest amount that is typed.
pub(super) const AMOUNT_MAX: u16 = 24;

/// What is looked for, as it was asked, and what is found.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub asked: &'a Fields,
    pub gateways: &'a [&'a str],
    pub found: &'a [Payment],
    pub next: Option<i64>,
}

pub fn list(here: &Here<'_>, list: &List<'_>) -> Markup {
    let none = Mistakes::default();
    let form = Filled { fields: list.asked, mistakes: &none };
    let states = PaymentState::ALL.map(|it| Choice::new(it.word(), said(it)));
    let gateways: Vec<Choice> = list.gateways.iter().map(|it| Choice::new(it, *it)).collect();
    let mut query = list.asked.clone();
    for name in ["mode", "done", "before"] {
        query.remove(name);
    }
    let main = html! {
        div.line {
            (title(here, "Payments"))
            a.button href=(here.path(&format!("/payments.csv?{}", query.to_query()))) { "Download CSV" }
        }
        form.asked.filters method="get" action={ (super::PATH) "/payments" } {
            input type="hidden" name="mode" value=(here.books.word());
            (form.select(Label::new("state", "State"), Some("All"), &states))
            (form.select(Label::new("gateway", "Gateway"), Some("All"), &gateways))
            (form.line(Label::new("owner", "Whose: fan_…, org_…"), Line::Text, SOUGHT_MAX))
            button type="submit" { "Show" }
        }
        @if list.found.is_empty() {
            p.muted { "No payment is like this. Look for another state, or in the other books." }
        } @else { (listed(here, list.found)) }
        @let newest = list.asked.has("before").then(|| here.path(&format!("/payments?{}", query.to_query())));
        (pager(newest, list.next.map(|next| {
            query.set("before", next);
            here.path(&format!("/payments?{}", query.to_query()))
        })))
    };
    here.page(Tab::Payments, "Payments", main)
}

/// A state as people call it.
const fn said(state: PaymentState) -> &'static str {
    match state {
        PaymentState::At(Stage::Created) => "Begun",
        PaymentState::At(Stage::Pending) => "Being paid",
        PaymentState::At(Stage::Authorised) => "Authorised, not taken",
        PaymentState::At(Stage::Captured) => "Taken",
        PaymentState::At(Stage::Cancelled) => "Cancelled",
        PaymentState::Refused => "Refused by the gateway",
        PaymentState::Unbooked => "Taken, not booked",
    }
}

/// How far it is.
fn state(payment: &Payment) -> PaymentState {
    match payment.known.stage {
        _ if payment.refused.is_some() => PaymentState::Refused,
        Stage::Captured if payment.booked_at.is_none() => PaymentState::Unbooked,
        stage => PaymentState::At(stage),
    }
}

fn mark(payment: &Payment) -> Markup {
    let state = state(payment);
    let class = match state {
        PaymentState::At(Stage::Captured) => "good",
        PaymentState::Unbooked => "bad",
        PaymentState::Refused | PaymentState::At(Stage::Cancelled) => "off",
        PaymentState::At(_) => "",
    };
    html! { span class={ "flag " (class) } { (said(state)) } }
}

fn listed(here: &Here<'_>, found: &[Payment]) -> Markup {
    let columns = [
        Text("Begun (UTC)"),
        Text("Whose"),
        Number("Asked"),
        Number("Taken"),
        Text("State"),
        Text("Gateway"),
        Text("Payment"),
    ];
    let rows = html! { @for it in found {
        tr {
            th scope="row" { (at(it.made_at)) }
            td { (it.owner) }
            (cell_of(it.money.units(), it.money.asset()))
            (cell_of(it.known.captured(), it.money.asset()))
            td { (mark(it)) }
            td { (it.gateway) }
            td { (link(here, &it.id.to_string())) }
        }
    } };
    table("Payments", &columns, rows)
}

/// The names of the columns of payments.
pub fn csv_head() -> Csv {
    Csv::of(&[
        "payment",
        "begun",
        "owner",
        "account",
        "gateway",
        "reference",
        "asset",
        "asked",
        "asked_units",
        "taken",
        "taken_units",
        "coins",
        "state",
        "booked",
    ])
}

/// Adds payments.
pub fn csv_lines(csv: &mut Csv, payments: &[Payment]) {
    for it in payments {
        let (id, account, asset) = (it.id.to_string(), it.account.to_string(), it.money.asset());
        let (asked, taken) = (it.money.units(), it.known.captured());
        csv.row(&[
            Cell::Text(&id),
            Cell::Time(it.made_at),
            Cell::Text(&it.owner),
            Cell::Text(&account),
            Cell::Text(&it.gateway),
            it.reference.as_deref().map_or(Cell::Empty, Cell::Text),
            Cell::Text(asset.text()),
            Cell::Number(decimal(asked, asset)),
            Cell::count(asked),
            Cell::Number(decimal(taken, asset)),
            Cell::count(taken),
            it.credited_coins.map_or(Cell::Empty, Cell::count),
            Cell::Text(state(it).word()),
            it.booked_at.map_or(Cell::Empty, Cell::Time),
        ]);
    }
}

/// Says that there are more: in the first column, where no payment's id is.
pub fn csv_cut(csv: &mut Csv, lines_max: i64) {
    csv.row(&[Cell::Text(&format!("cut after {lines_max} lines: look for less"))]);
}

/// A payment, with all that belongs to it, and the form that asks for a refund as it was filled in last.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub payment: &'a Payment,
    pub refunds: &'a [Refund],
    pub life: &'a [Observation],
    pub transfers: &'a [(&'static str, Recorded)],
    pub names: &'a Names,
    /// With `id`, under which it is asked for however often it is sent.
    pub form: Filled<'a>,
}

/// What can go back still, units: what was taken and booked, without all that went back or is to.
pub fn left(payment: &Payment, refunds: &[Refund]) -> i64 {
    let Some(credited) = payment.credited.filter(|_| payment.booked_at.is_some()) else { return 0 };
    let counts =
        |it: &&Refund| it.going.decision != Decision::Dropped && it.going.outgoing != Some(Outgoing::Failed);
    let ours = refunds.iter().filter(counts).fold(0_i64, |sum, it| sum.saturating_add(it.units));
    let is_ours =
        |reference: &String| refunds.iter().any(|it| it.going.reference.as_ref() == Some(reference));
    let strays =
        payment.known.refunds.iter().filter(|(id, it)| it.outgoing != Outgoing::Failed && !is_ours(id));
    let strays = strays.fold(0_i64, |sum, (_, it)| sum.saturating_add(it.units));
    credited.saturating_sub(ours).saturating_sub(strays).max(0)
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let payment = shown.payment;
    let main = html! {
        div { (title(here, "Payment")) p { code.id { (payment.id.to_string()) } } }
        (money(here, shown))
        section aria-labelledby="refunds" {
            h2 #refunds { "Refunds" }
            (refunds(here, shown))
            (ask(here, shown))
        }
        section aria-labelledby="booked" {
            h2 #booked { "In the ledger" }
            (life::transfers(here, "Transfers of the payment", shown.transfers))
        }
        section aria-labelledby="life" {
            h2 #life { "Its life" }
            (life::life(here, shown.life))
        }
    };
    here.page(Tab::Payments, &format!("Payment {}", payment.id), main)
}

fn money(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let (payment, asset) = (shown.payment, shown.payment.money.asset());
    let mut all = vec![
        ("State", mark(payment)),
        ("Asked", html! { strong { (amount(payment.money.units(), asset)) } }),
        ("Taken", amount(payment.known.captured(), asset)),
        ("Can go back", amount(left(payment, shown.refunds), asset)),
        (
            "Whose",
            html! { (payment.owner) ", " a href=(here.path(&format!("/accounts/{}", payment.account))) { "the account" } },
        ),
        (
            "Gateway",
            html! {
                (payment.gateway)
                @match &payment.reference { Some(it) => { ", as " code { (it) } } None => { ", which has not named it" } }
            },
        ),
        ("Begun", html! { (at(payment.made_at)) " UTC" }),
        (
            "Booked",
            match payment.booked_at {
                Some(booked) => html! { (at(booked)) " UTC" },
                None => html! { "not yet" },
            },
        ),
    ];
    if let Some(coins) = payment.coins {
        let given = payment.credited_coins.unwrap_or_default();
        all.push(("For", html! { (super::money::count(coins)) " coins, of which " (super::money::count(given)) " were given" }));
    }
    if let Some(refused) = &payment.refused {
        all.push(("Refused", html! { code { (refused) } }));
    }
    facts(&all)
}

fn refunds(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let asset = shown.payment.money.asset();
    if shown.refunds.is_empty() {
        return html! { p.muted { "None was asked for." } };
    }
    let columns = [
        Text("Asked (UTC)"),
        Number("Amount"),
        Text("State"),
        Text("Why"),
        Text("Asked by"),
        Text("Decided by"),
        Text("Refund"),
    ];
    let rows = html! { @for it in shown.refunds {
        tr id=(it.id.to_string()) {
            th scope="row" { (at(it.going.asked_at)) }
            (cell_of(it.units, asset))
            td { (life::going(&it.going)) }
            td.wide { (it.why) }
            td.person { (person(shown.names, &it.going.asked_by)) }
            td.person { (it.going.decided_by.as_deref().map_or("—", |by| person(shown.names, by))) }
            td { code.id { (it.id.to_string()) } }
        }
    } };
    html! {
        (table("Refunds of the payment", &columns, rows))
        @if shown.refunds.iter().any(|it| it.going.decision == Decision::Asked) {
            p { a href=(here.path("/approvals")) { "Approve or refuse" } }
        }
    }
}

fn ask(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let asset = shown.payment.money.asset();
    let left = left(shown.payment, shown.refunds);
    if shown.payment.credited.is_none() || shown.payment.booked_at.is_none() {
        return html! { p.muted { "No refund can be asked for: nothing was taken, or it is not booked yet." } };
    }
    if left == 0 {
        return html! { p.muted { "All that was taken is back, or asked for." } };
    }
    if here.who.proof == Proof::Secret {
        return html! { p.notice { (UNPROVEN) } };
    }
    let hint = format!("At most {} {}. Another operator must approve it.", decimal(left, asset), unit(asset));
    html! {
        details.boxed open[!shown.form.mistakes.is_empty()] {
            summary { "Ask for a refund" }
            (shown.form.summary())
            (here.form(&format!("/payments/{}/refunds", shown.payment.id),
                html! {
                    input type="hidden" name="id" value=(shown.form.fields.text("id"));
                    (shown.form.line(Label::new("amount", "Amount").hint(&hint), Line::Text, AMOUNT_MAX))
                    (shown.form.lines(Label::new("why", "Why").hint("For the one who approves it, and for the log"), 2, WHY_MAX))
                },
                html! { button.primary type="submit" { "Ask for the refund" } }))
        }
    }
}

/// Why somebody who knows the secret alone sets no money in motion.
pub const UNPROVEN: &str = "You are here by the operators' secret, which proves no name: whoever knows it could ask and approve alone. \
    Money goes out by two operators who are signed in with accounts of their own. You can look, and refuse.";
