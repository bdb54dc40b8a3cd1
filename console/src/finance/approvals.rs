//! Money that is to go out, and waits for a second pair of eyes; and what was decided lately.

use super::money::{amount, cell_of};
use super::payments::UNPROVEN;
use super::table::Column::{Number, Text};
use super::table::{pager, table};
use super::{BY_SECRET, Here, Names, Proof, Tab, WHY_MAX, at, life, link, person, title};
use jiff::Timestamp;
use maud::{Markup, html};
use wallet::payment::{Going, Payout, Refund};
use wallet::{AssetCode, Money};

/// A refund, and the money that it is of.
#[derive(Clone, Debug)]
pub struct OfPayment {
    pub refund: Refund,
    pub asset: AssetCode,
    /// Whose payment it is of.
    pub owner: String,
}

/// All that is on the page.
#[derive(Clone, Copy, Debug)]
pub struct Approvals<'a> {
    pub refunds: &'a [OfPayment],
    pub payouts: &'a [Payout],
    /// The last few that somebody has decided about.
    pub refunds_decided: &'a [OfPayment],
    pub payouts_decided: &'a [Payout],
    pub names: &'a Names,
    /// Where the next page begins, if there are more; older ones are shown from there on.
    pub refunds_next: Option<i64>,
    pub payouts_next: Option<i64>,
    /// A later page is shown.
    pub is_later: Later,
}

/// Whether a page is the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    First,
    Later,
}

/// What is asked, as the page tells it.
pub(super) struct Asked<'a> {
    /// "refund" or "payout", and its address.
    what: &'static str,
    path: String,
    id: String,
    money: (i64, AssetCode),
    going: &'a Going,
}

impl<'a> Asked<'a> {
    fn refund(it: &'a OfPayment) -> Self {
        let id = it.refund.id.to_string();
        let money = (it.refund.units, it.asset);
        Self { what: "refund", path: format!("/refunds/{id}"), id, money, going: &it.refund.going }
    }

    pub(super) fn payout(it: &'a Payout) -> Self {
        let id = it.id.to_string();
        let money: Money = it.money;
        let money = (money.units(), money.asset());
        Self { what: "payout", path: format!("/payouts/{id}"), id, money, going: &it.going }
    }
}

pub fn page(here: &Here<'_>, approvals: &Approvals<'_>) -> Markup {
    let main = html! {
        (title(here, "Approvals"))
        p.muted { "Who asks for money to go out does not approve it: another operator does. Either may refuse it." }
        @if here.who.proof == Proof::Secret { p.notice { (UNPROVEN) } }
        section aria-labelledby="refunds" {
            h2 #refunds { "Refunds to approve" }
            @if approvals.refunds.is_empty() {
                p.muted { "None waits. A refund is asked for on its payment's page." }
            }
            div.cards { @for it in approvals.refunds { (refund(here, it, approvals.names)) } }
            (more(here, approvals, approvals.refunds_next, "refunds_before"))
        }
        section aria-labelledby="payouts" {
            h2 #payouts { "Payouts to approve" }
            @if approvals.payouts.is_empty() { p.muted { "None waits." } }
            div.cards { @for it in approvals.payouts { (payout(here, it, approvals.names)) } }
            (more(here, approvals, approvals.payouts_next, "payouts_before"))
        }
        (decided(here, approvals))
    };
    here.page(Tab::Approvals, "Approvals", main)
}

fn more(here: &Here<'_>, approvals: &Approvals<'_>, next: Option<i64>, name: &str) -> Markup {
    let newest = (approvals.is_later == Later::Later).then(|| here.path("/approvals"));
    match next {
        Some(next) => pager(newest, Some(here.path(&format!("/approvals?{name}={next}")))),
        None => html! {},
    }
}

fn refund(here: &Here<'_>, it: &OfPayment, names: &Names) -> Markup {
    let of = html! { "of " (it.owner) "'s payment " (link(here, &it.refund.payment.to_string())) };
    card(here, &Asked::refund(it), of, &it.refund.why, names)
}

fn payout(here: &Here<'_>, it: &Payout, names: &Names) -> Markup {
    let of = html! { "to " (it.owner) ", " code { (it.destination) } " at " (it.gateway) ", " (link(here, &it.id.to_string())) };
    card(here, &Asked::payout(it), of, &it.why, names)
}

fn card(here: &Here<'_>, asked: &Asked<'_>, of: Markup, why: &str, names: &Names) -> Markup {
    let (units, asset) = asked.money;
    html! {
        article.card id=(asked.id) aria-labelledby={ (asked.id) "-name" } {
            h3 id={ (asked.id) "-name" } { (amount(units, asset)) }
            p { (of) }
            p.quoted { (why) }
            p.muted { "Asked by " (person(names, &asked.going.asked_by)) ", " (at(asked.going.asked_at)) " UTC" }
            (decide(here, asked))
        }
    }
}

/// What this operator may do about it.
pub(super) fn decide(here: &Here<'_>, asked: &Asked<'_>) -> Markup {
    let (units, asset) = asked.money;
    let own = asked.going.asked_by == here.who.id;
    let unknown = asked.going.asked_by == BY_SECRET;
    let of = format!(
        "the {} of {} {}",
        asked.what,
        super::money::grouped(units, asset),
        super::money::unit(asset)
    );
    html! {
        div.decide {
            @if here.who.proof == Proof::Secret { p.muted { "To approve it, sign in with an account of your own." } }
            @else if own { p.muted { "You asked for it: another operator approves it." } }
            @else if unknown { p.muted { "It was asked for by the secret, which proves no name: nobody can be the second. Refuse it, and ask again." } }
            @else {
                (here.form(&format!("{}/approve", asked.path), html! {},
                    html! { button.primary type="submit" aria-label={ "Approve " (of) } { "Approve" } }))
            }
            details {
                summary { "Refuse" }
                (here.form(&format!("{}/refuse", asked.path), why(asked),
                    html! { button.danger type="submit" aria-label={ "Refuse " (of) } { "Refuse" } }))
            }
        }
    }
}

/// Many of these stand on a page: each has ids of its own.
fn why(asked: &Asked<'_>) -> Markup {
    let id = format!("why-{}", asked.id);
    html! {
        div.field {
            label for=(id) { "Why" }
            input id=(id) name="why" type="text" maxlength=(WHY_MAX) autocomplete="off" required;
        }
    }
}

fn decided(here: &Here<'_>, approvals: &Approvals<'_>) -> Markup {
    let columns = [
        Text("Decided (UTC)"),
        Text("What"),
        Number("Amount"),
        Text("State"),
        Text("Asked by"),
        Text("Decided by"),
        Text("Id"),
    ];
    let mut all: Vec<(Option<Timestamp>, Markup)> = Vec::new();
    for it in approvals.refunds_decided {
        all.push((it.refund.going.decided_at, row(here, &Asked::refund(it), approvals.names)));
    }
    for it in approvals.payouts_decided {
        all.push((it.going.decided_at, row(here, &Asked::payout(it), approvals.names)));
    }
    all.sort_by_key(|it| std::cmp::Reverse(it.0));
    html! {
        section aria-labelledby="decided" {
            h2 #decided { "Decided lately" }
            @if all.is_empty() { p.muted { "Nothing yet." } }
            @else { (table("Decided lately", &columns, html! { @for (_, row) in &all { (row) } })) }
        }
    }
}

fn row(here: &Here<'_>, asked: &Asked<'_>, names: &Names) -> Markup {
    let (units, asset) = asked.money;
    html! {
        tr {
            th scope="row" { @if let Some(when) = asked.going.decided_at { (at(when)) } }
            td { (asked.what) }
            (cell_of(units, asset))
            td { (life::going(asked.going)) }
            td.person { (person(names, &asked.going.asked_by)) }
            td.person { (asked.going.decided_by.as_deref().map_or("—", |by| person(names, by))) }
            td { (link(here, &asked.id)) }
        }
    }
}
