//! The first page: what waits for somebody, whether the books are in balance, and what was done last.

use super::money::{amount, cell, count, unit};
use super::table::Column::{Number, Text};
use super::table::with_foot;
use super::{Here, Tab, at, audit, title};
use crate::csv::{Cell, Csv};
use access::audit::Entry;
use jiff::Timestamp;
use maud::{Markup, html};
use wallet::finance::TrialLine;
use wallet::payment::Open;
use wallet::{AssetCode, Kind};

/// All that is on it.
#[derive(Clone, Copy, Debug)]
pub struct Overview<'a> {
    /// Of both books: units that went from one to the other are found by it.
    pub trial: &'a [TrialLine],
    pub open: Open,
    /// The last few.
    pub deeds: &'a [Entry],
}

pub fn page(here: &Here<'_>, overview: &Overview<'_>) -> Markup {
    let main = html! {
        (title(here, "Finance"))
        section aria-labelledby="open" {
            h2 #open { "What waits" }
            (waits(here, &overview.open))
        }
        section aria-labelledby="trial" {
            div.line {
                h2 #trial { "Trial balance " span.muted.as-of { "as of " (at(here.now)) " UTC" } }
                a.button href=(here.path("/trial-balance.csv")) { "Download CSV" }
            }
            (trial(here, overview.trial))
        }
        section aria-labelledby="done" {
            div.line { h2 #done { "Done last" } a href=(here.path("/audit")) { "All of the log" } }
            (audit::entries(here, overview.deeds))
        }
    };
    here.page(Tab::Overview, "Overview", main)
}

fn waits(here: &Here<'_>, open: &Open) -> Markup {
    let all = [
        ("Refunds to approve", open.refunds, "/approvals"),
        ("Payouts to approve", open.payouts, "/approvals"),
        ("Differences", open.differences, "/reconciliation"),
        ("Taken, not booked", open.unbooked, "/payments?state=unbooked"),
        ("Webhooks waiting", open.webhooks_waiting, "/webhooks?state=waiting"),
        ("Webhooks failed", open.webhooks_failed, "/webhooks?state=failed"),
    ];
    html! {
        ul.waits { @for (name, number, to) in all {
            li.some[number > 0] { a href=(here.path(to)) { span { (name) } strong { (count(number)) } } }
        } }
    }
}

/// How the balances of an asset add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    Nothing,
    /// These books do not, and both together do: so much went from one to the other.
    Between(i64),
    /// Both together do not.
    Wrong(i64),
}

fn sum(here: &Here<'_>, trial: &[TrialLine], asset: AssetCode) -> Sum {
    let of_asset = || trial.iter().filter(|it| it.asset == asset);
    let own = of_asset().filter(|it| it.books == here.books).map(TrialLine::balance).sum();
    let both: i64 = of_asset().map(TrialLine::balance).sum();
    match (own, both) {
        (_, 1.. | ..=-1) => Sum::Wrong(both),
        (0, 0) => Sum::Nothing,
        (own, 0) => Sum::Between(own),
    }
}

fn trial(here: &Here<'_>, trial: &[TrialLine]) -> Markup {
    let own: Vec<&TrialLine> = trial.iter().filter(|it| it.books == here.books).collect();
    let mut assets: Vec<AssetCode> = own.iter().map(|it| it.asset).collect();
    assets.dedup();
    html! {
        @if assets.is_empty() {
            p.muted { "There is no account in these books yet: a fan's first wallet, or the first payment, opens some." }
        }
        @for asset in assets {
            @let lines: Vec<&&TrialLine> = own.iter().filter(|it| it.asset == asset).collect();
            div.asset {
                div.line {
                    h3 { (unit(asset)) }
                    (verdict(sum(here, trial, asset), asset))
                }
                (of_asset(here, asset, &lines))
            }
        }
    }
}

fn verdict(sum: Sum, asset: AssetCode) -> Markup {
    match sum {
        Sum::Nothing => {
            html! { p.verdict { span.flag.good { "✓ in balance" } " all accounts together: " (amount(0, asset)) } }
        }
        Sum::Between(units) => html! {
            p.verdict.wrong role="alert" {
                span.flag.bad { "✗ out of balance" } " by " (amount(units, asset))
                ": an account of the other books is on the other side. Look for an owner whose name does not say its books."
            }
        },
        Sum::Wrong(units) => html! {
            p.verdict.wrong role="alert" {
                span.flag.bad { "✗ out of balance" } " by " (amount(units, asset))
                ": stop payouts, and run \"crease ledger verify\", which names what is wrong."
            }
        },
    }
}

fn of_asset(here: &Here<'_>, asset: AssetCode, lines: &[&&TrialLine]) -> Markup {
    let total = |of: fn(&TrialLine) -> i64| lines.iter().map(|it| of(it)).sum::<i64>();
    let rows = html! { @for it in lines {
        tr {
            th scope="row" { a href=(here.path(&format!("/accounts?asset={}&kind={}", asset.text(), it.kind.word()))) { (kind(it.kind)) } }
            td.number { (count(it.accounts)) }
            (cell(it.debit, asset)) (cell(it.credit, asset))
            (cell(it.held_out, asset)) (cell(it.held_in, asset))
            (cell(it.balance(), asset))
        }
    } };
    let foot = html! { tr {
        th scope="row" { "Together" }
        td.number { (count(total(|it| it.accounts))) }
        (cell(total(|it| it.debit), asset)) (cell(total(|it| it.credit), asset))
        (cell(total(|it| it.held_out), asset)) (cell(total(|it| it.held_in), asset))
        (cell(total(TrialLine::balance), asset))
    } };
    let columns = [
        Text("Kind"),
        Number("Accounts"),
        Number("Debit"),
        Number("Credit"),
        Number("Held, going out"),
        Number("Held, coming in"),
        Number("Balance"),
    ];
    with_foot(&format!("Trial balance of {}", unit(asset)), &columns, rows, foot)
}

/// A kind of account as people call it.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Fan => "Fans",
        Kind::Partner => "Partners",
        Kind::Budget => "Budgets",
        Kind::Stock => "Vouchers in stock",
        Kind::Market => "Markets",
        Kind::Gateway => "Gateways",
        Kind::Sales => "Sales",
        Kind::Fees => "Fees",
        Kind::Issuer => "Issuers",
    }
}

/// The trial balance of these books, a row for each asset and kind, and one for each asset's sum.
pub fn csv(here: &Here<'_>, trial: &[TrialLine]) -> String {
    let mut csv = Csv::of(&[
        "as_of",
        "books",
        "asset",
        "kind",
        "accounts",
        "debit",
        "debit_units",
        "credit",
        "credit_units",
        "held_out",
        "held_out_units",
        "held_in",
        "held_in_units",
        "balance",
        "balance_units",
    ]);
    let own: Vec<&TrialLine> = trial.iter().filter(|it| it.books == here.books).collect();
    let mut assets: Vec<AssetCode> = own.iter().map(|it| it.asset).collect();
    assets.dedup();
    for asset in assets {
        let of: Vec<&&TrialLine> = own.iter().filter(|it| it.asset == asset).collect();
        for it in &of {
            let figures = [it.debit, it.credit, it.held_out, it.held_in, it.balance()];
            csv.row(&row(here.now, here.books.word(), asset, (it.kind.word(), it.accounts), figures));
        }
        let total = |figure: fn(&TrialLine) -> i64| of.iter().map(|it| figure(it)).sum::<i64>();
        let figures = [
            total(|it| it.debit),
            total(|it| it.credit),
            total(|it| it.held_out),
            total(|it| it.held_in),
            total(TrialLine::balance),
        ];
        csv.row(&row(here.now, here.books.word(), asset, ("total", total(|it| it.accounts)), figures));
    }
    csv.into_text()
}

fn row<'a>(
    now: Timestamp,
    books: &'a str,
    asset: AssetCode,
    (kind, accounts): (&'a str, i64),
    figures: [i64; 5],
) -> Vec<Cell<'a>> {
    let mut row = vec![
        Cell::Time(now),
        Cell::Text(books),
        Cell::Text(asset.text()),
        Cell::Text(kind),
        Cell::count(accounts),
    ];
    for units in figures {
        row.push(Cell::Number(super::money::decimal(units, asset)));
        row.push(Cell::count(units));
    }
    row
}
