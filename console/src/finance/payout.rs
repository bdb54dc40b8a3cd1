//! One payout.

use super::approvals::{Asked, decide};
use super::money::amount;
use super::table::facts;
use super::{Here, Names, Tab, at, life, person, title};
use maud::{Markup, html};
use wallet::payment::life::Observation;
use wallet::payment::{Decision, Payout};
use wallet::statement::Recorded;

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
