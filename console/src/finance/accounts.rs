//! Accounts: the list, and one with its statement.

use super::money::{amount, cell, cell_of, count, decimal, unit};
use super::overview::kind;
use super::table::Column::{Number, Text};
use super::table::{facts, pager, table, with_foot};
use super::{Here, SOUGHT_MAX, Tab, WHY_MAX, at, link, payout, title};
use crate::controls::{Choice, Filled, Label, Line};
use crate::csv::{Cell, Csv};
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};
use wallet::finance::period::{Period, StatementLine};
use wallet::finance::{Listed, State};
use wallet::{AssetCode, Bounds, Kind, UNITS_MAX};

/// What is looked for, as it was asked, and what is found.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub asked: &'a Fields,
    pub found: &'a [Listed],
    /// There are older ones.
    pub next: Option<wallet::AccountId>,
}

/// Assets by their codes.
pub(super) const ASSETS: [&str; 4] = ["points", "coins", "inr", "usd"];

pub fn list(here: &Here<'_>, list: &List<'_>) -> Markup {
    let none = Mistakes::default();
    let form = Filled { fields: list.asked, mistakes: &none };
    let assets = ASSETS.map(|it| Choice::new(it, AssetCode::of(it).map_or_else(|| it.to_owned(), unit)));
    let kinds = Kind::ALL.map(|it| Choice::new(it.word(), kind(it)));
    let states = [State::Usable, State::Frozen].map(|it| Choice::new(it.word(), it.word()));
    let main = html! {
        (title(here, "Accounts"))
        form.asked.filters method="get" action={ (super::PATH) "/accounts" } {
            input type="hidden" name="mode" value=(here.books.word());
            (form.select(Label::new("asset", "Asset"), Some("All"), &assets))
            (form.select(Label::new("kind", "Kind"), Some("All"), &kinds))
            (form.select(Label::new("state", "State"), Some("All"), &states))
            (form.line(Label::new("owner", "Owner begins with"), Line::Text, SOUGHT_MAX))
            button type="submit" { "Show" }
        }
        @if list.found.is_empty() {
            p.muted { "No account is like this. Look for less, or in the other books." }
        } @else { (listed(here, list.found)) }
        (pages(here, list))
    };
    here.page(Tab::Accounts, "Accounts", main)
}

fn listed(here: &Here<'_>, found: &[Listed]) -> Markup {
    let columns = [
        Text("Owner"),
        Number("Balance"),
        Text("Kind"),
        Number("Without holds"),
        Number("Held, going out"),
        Text("State"),
        Text("Opened (UTC)"),
        Text("Account"),
    ];
    let rows = html! { @for it in found {
        @let standing = &it.account.standing;
        tr {
            th scope="row" { a href=(here.path(&format!("/accounts/{}", it.account.id))) { (it.account.owner) } }
            (cell_of(standing.posted, standing.asset))
            td { (kind(standing.kind)) }
            (cell(standing.available(), standing.asset))
            (cell(standing.held_out, standing.asset))
            td { @if standing.is_frozen { span.flag { "frozen" } } @else { "usable" } }
            td { (at(it.opened_at)) }
            td { code.id { (it.account.id.to_string()) } }
        }
    } };
    table("Accounts", &columns, rows)
}

fn pages(here: &Here<'_>, list: &List<'_>) -> Markup {
    let mut query = list.asked.clone();
    for name in ["mode", "done", "before"] {
        query.remove(name);
    }
    let newest = list.asked.has("before").then(|| here.path(&format!("/accounts?{}", query.to_query())));
    let older = list.next.map(|next| {
        query.set("before", next);
        here.path(&format!("/accounts?{}", query.to_query()))
    });
    pager(newest, older)
}

/// An account and a page of its statement.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub account: &'a Listed,
    pub period: Period,
    pub lines: &'a [StatementLine],
    /// As they were asked for: days of UTC, or empty.
    pub from: &'a str,
    pub to: &'a str,
    /// Lines before this one are shown.
    pub before: Option<i64>,
    /// Of a partner's money: the form that asks for a payout.
    pub payout: Option<payout::Asking<'a>>,
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let Listed { account, .. } = shown.account;
    let main = html! {
        div {
            (title(here, &account.owner))
            p.muted { (kind(account.standing.kind)) ", " (unit(account.standing.asset)) " · " code.id { (account.id.to_string()) } }
        }
        (standing(here, shown.account))
        (freezing(here, shown.account))
        @if let Some(asking) = &shown.payout { (payout::ask(here, shown.account, asking)) }
        section aria-labelledby="statement" {
            div.line {
                h2 #statement { "Statement" }
                a.button href=(here.path(&format!("/accounts/{}/statement.csv?{}", account.id, days(shown)))) { "Download CSV" }
            }
            (period_form(here, shown))
            (statement(here, shown))
        }
    };
    here.page(Tab::Accounts, &account.owner, main)
}

fn days(shown: &Shown<'_>) -> String {
    Fields::of([("from", shown.from), ("to", shown.to)]).to_query()
}

fn standing(here: &Here<'_>, listed: &Listed) -> Markup {
    let it = &listed.account.standing;
    let limit = |units: Option<i64>| match units {
        Some(units) => amount(units, it.asset),
        None => html! { "none" },
    };
    let mut all = vec![
        ("Balance", html! { strong { (amount(it.posted, it.asset)) } }),
        ("Without holds", amount(it.available(), it.asset)),
        (
            "Held",
            html! { (amount(it.held_out, it.asset)) " going out, " (amount(it.held_in, it.asset)) " coming in" },
        ),
        ("Bounds", bounds(it.bounds, it.asset)),
        ("Limits of a day", html! { "in: " (limit(it.limits.in_max)) ", out: " (limit(it.limits.out_max)) }),
        ("Lines", html! { (count(it.version)) }),
        ("Opened", html! { (at(listed.opened_at)) " UTC" }),
    ];
    all.push((
        "State",
        match listed.frozen_at {
            Some(since) => html! { span.flag { "frozen" } " since " (at(since)) " UTC" },
            None => html! { "usable" },
        },
    ));
    if let Some(organisation) = &listed.organisation_id {
        all.push(("Vouched for by", link(here, organisation)));
    }
    facts(&all)
}

fn bounds(bounds: Bounds, asset: AssetCode) -> Markup {
    let min = (bounds.min > -UNITS_MAX).then(|| amount(bounds.min, asset));
    let max = (bounds.max < UNITS_MAX).then(|| amount(bounds.max, asset));
    match (min, max) {
        (None, None) => html! { "none" },
        (Some(min), None) => html! { "never below " (min) },
        (None, Some(max)) => html! { "never above " (max) },
        (Some(min), Some(max)) => html! { "from " (min) " to " (max) },
    }
}

/// A fan's wallet is frozen as a whole, by its holder.
fn freezing(here: &Here<'_>, listed: &Listed) -> Markup {
    if listed.organisation_id.is_none() {
        return html! {};
    }
    let id = listed.account.id;
    let (verb, name, text) = match listed.frozen_at {
        None => (
            "freeze",
            "Freeze this fan's wallet",
            "Nothing comes or goes any more, of points and of coins, but what is held and given back.",
        ),
        Some(_) => ("thaw", "Thaw this fan's wallet", "Points and coins come and go again."),
    };
    let (fields, none) = (Fields::default(), Mistakes::default());
    let form = Filled { fields: &fields, mistakes: &none };
    html! {
        details.boxed {
            summary { (name) }
            p { (text) " Who does it, and why, is in the log, which the fan's organisation sees." }
            (here.form(&format!("/accounts/{id}/{verb}"),
                form.line(Label::new("why", "Why"), Line::Text, WHY_MAX),
                html! { button.danger[verb == "freeze"] type="submit" { (name) } }))
        }
    }
}

fn period_form(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let fields = Fields::of([("from", shown.from), ("to", shown.to)]);
    let none = Mistakes::default();
    let form = Filled { fields: &fields, mistakes: &none };
    html! {
        form.asked.filters method="get" action={ (super::PATH) "/accounts/" (shown.account.account.id.to_string()) } {
            input type="hidden" name="mode" value=(here.books.word());
            (form.line(Label::new("from", "From (UTC day)"), Line::Date, 10))
            (form.line(Label::new("to", "To, with that day"), Line::Date, 10))
            button type="submit" { "Show" }
        }
    }
}

fn statement(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let (asset, period) = (shown.account.account.standing.asset, &shown.period);
    let columns = [
        Number("Line"),
        Text("Time (UTC)"),
        Text("Reason"),
        Text("Other side"),
        Text("About"),
        Number("Change"),
        Number("Balance after"),
        Text("Transfer"),
    ];
    let rows = html! { @for it in shown.lines {
        @let line = &it.line;
        tr {
            td.number { (line.version) }
            td { (at(line.made_at)) }
            td { (line.reason.word()) }
            td { a href=(here.path(&format!("/accounts/{}", line.other))) { (it.other_owner) } " " span.muted { (it.other_kind.word()) } }
            td { (about(here, &line.metadata)) }
            td.number.negative[line.change < 0] { @if line.change > 0 { "+" } (super::money::grouped(line.change, asset)) }
            (cell(line.balance_after, asset))
            td { (link(here, &line.transfer.to_string())) }
        }
    } };
    let foot = html! { tr { th scope="row" colspan="6" { "Before the period" } (cell(period.opening, asset)) td {} } };
    let (newest, older) = around(here, shown);
    html! {
        p.muted {
            (count(period.lines())) " lines · before: " (amount(period.opening, asset)) " · after: " (amount(period.closing, asset))
        }
        @if period.lines() == 0 {
            p.muted { "Nothing has moved on this account in this period." }
        } @else {
            // The balance before it stands under the oldest line.
            @if older.is_none() { (with_foot("Lines of the statement", &columns, rows, foot)) }
            @else { (table("Lines of the statement", &columns, rows)) }
        }
        (pager(newest, older))
    }
}

fn around(here: &Here<'_>, shown: &Shown<'_>) -> (Option<String>, Option<String>) {
    let to = format!("/accounts/{}?{}", shown.account.account.id, days(shown));
    let newest = shown.before.map(|_| here.path(&to));
    let last = shown.lines.last().map(|it| it.line.version).filter(|it| *it > shown.period.first);
    (newest, last.map(|last| here.path(&format!("{to}&before={last}"))))
}

/// Names with their texts; what names something here is a link.
pub(super) fn about(here: &Here<'_>, metadata: &wallet::Metadata) -> Markup {
    html! { @for (at, (name, text)) in metadata.pairs().enumerate() {
        @if at > 0 { ", " }
        span.muted { (name) } " " (link(here, text))
    } }
}

/// The names of a statement's columns.
pub fn csv_head() -> Csv {
    Csv::of(&[
        "line",
        "time",
        "transfer",
        "reason",
        "other_account",
        "other_owner",
        "other_kind",
        "asset",
        "change",
        "change_units",
        "balance_after",
        "balance_after_units",
        "about",
    ])
}

/// Adds lines of an account's statement.
pub fn csv_lines(csv: &mut Csv, asset: AssetCode, lines: &[StatementLine]) {
    for it in lines {
        let line = &it.line;
        let (transfer, other) = (line.transfer.to_string(), line.other.to_string());
        let about: Vec<String> = line.metadata.pairs().map(|(name, text)| format!("{name}={text}")).collect();
        csv.row(&[
            Cell::count(line.version),
            Cell::Time(line.made_at),
            Cell::Text(&transfer),
            Cell::Text(line.reason.word()),
            Cell::Text(&other),
            Cell::Text(&it.other_owner),
            Cell::Text(it.other_kind.word()),
            Cell::Text(asset.text()),
            Cell::Number(decimal(line.change, asset)),
            Cell::count(line.change),
            Cell::Number(decimal(line.balance_after, asset)),
            Cell::count(line.balance_after),
            Cell::Text(&about.join("; ")),
        ]);
    }
}
