//! One payout, and the form that asks for one.

use super::approvals::{Asked, decide};
use super::money::{amount, decimal, unit};
use super::payments::{AMOUNT_MAX, UNPROVEN};
use super::table::facts;
use super::{Here, Names, Proof, Tab, WHY_MAX, at, life, person, title};
use crate::controls::{Choice, Filled, Label, Line};
use maud::{Markup, html};
use wallet::finance::Listed;
use wallet::payment::life::Observation;
use wallet::payment::{Decision, Payout};
use wallet::statement::Recorded;

/// The longest name of where a payout goes.
const DESTINATION_MAX: u16 = 100;

/// The form that asks for one, as it was filled in last; with `id`, under which it is asked for however often it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Those that pay out in this money.
    pub gateways: &'a [&'a str],
    pub form: Filled<'a>,
}

pub(super) fn ask(here: &Here<'_>, account: &Listed, asking: &Asking<'_>) -> Markup {
    let (standing, form) = (&account.account.standing, asking.form);
    let free = standing.available().max(0);
    if here.who.proof == Proof::Secret {
        return html! { p.notice { (UNPROVEN) } };
    }
    if free == 0 || standing.is_frozen || asking.gateways.is_empty() {
        return html! { p.muted { "No payout can be asked for: nothing is free on this account, it is frozen, or no gateway pays out in this money." } };
    }
    let (most, unit) = (decimal(free, standing.asset), unit(standing.asset));
    let hint = format!("At most {most} {unit}. Another operator must approve it.");
    let gateways: Vec<Choice> = asking.gateways.iter().map(|it| Choice::new(it, *it)).collect();
    let to = Label::new("destination", "To").hint("The gateway's name of the bank account: acct_…, fa_…");
    html! {
        details.boxed open[!form.mistakes.is_empty()] {
            summary { "Ask for a payout" }
            (form.summary())
            (here.form(&format!("/accounts/{}/payouts", account.account.id),
                html! {
                    input type="hidden" name="id" value=(form.fields.text("id"));
                    (form.line(Label::new("amount", "Amount").hint(&hint), Line::Text, AMOUNT_MAX))
                    (form.select(Label::new("gateway", "Gateway"), None, &gateways))
                    (form.line(to, Line::Text, DESTINATION_MAX))
                    (form.lines(Label::new("why", "Why").hint("For the one who approves it, and for the log"), 2, WHY_MAX))
                },
                html! { button.primary type="submit" { "Ask for the payout" } }))
        }
    }
}

/// A payout, with all that belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub payout: &'a Payout,
    pub life: &'a [Observation],
    pub transfers: &'a [(&'static str, Recorded)],
    pub names: &'a Names,
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let (payout, going) = (shown.payout, &shown.payout.going);
    let mut all = vec![
        ("State", life::going(going)),
        ("Amount", html! { strong { (amount(payout.money.units(), payout.money.asset())) } }),
        (
            "Whose",
            html! { (payout.owner) ", " a href=(here.path(&format!("/accounts/{}", payout.account))) { "the account" } },
        ),
        ("To", html! { code { (payout.destination) } " at " (payout.gateway) }),
        ("Why", html! { (payout.why) }),
        ("Asked", html! { (person(shown.names, &going.asked_by)) ", " (at(going.asked_at)) " UTC" }),
    ];
    if let (Some(by), Some(when)) = (&going.decided_by, going.decided_at) {
        all.push(("Decided", html! { (person(shown.names, by)) ", " (at(when)) " UTC" }));
    }
    if let Some(reference) = &going.reference {
        all.push(("At the gateway", html! { code { (reference) } }));
    }
    let main = html! {
        div { (title(here, "Payout")) p { code.id { (payout.id.to_string()) } } }
        (facts(&all))
        @if going.decision == Decision::Asked {
            (decide(here, &Asked::payout(payout)))
        }
        section aria-labelledby="booked" {
            h2 #booked { "In the ledger" }
            (life::transfers(here, "Transfers of the payout", shown.transfers))
        }
        section aria-labelledby="life" {
            h2 #life { "Its life" }
            (life::life(here, shown.life))
        }
    };
    here.page(Tab::Approvals, &format!("Payout {}", payout.id), main)
}
