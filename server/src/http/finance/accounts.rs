//! Accounts, their statements, and wallets that are frozen.

use super::refusal::Refused;
use super::sheet::{LINES_MAX, sheet, too_long};
use super::view::{Answer, Pressed, View, html};
use super::{PAGE, payouts};
use crate::app::App;
use crate::http::dashboard::Path;
use access::{Deed, audit};
use axum::extract::State;
use axum::http::StatusCode;
use console::controls::Filled;
use console::csv::Csv;
use console::finance::accounts as pages;
use console::finance::payout::Asking;
use console::{Fields, Mistakes};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use wallet::finance::period::{self, Period};
use wallet::finance::{self, Listed};
use wallet::{AccountId, AssetCode, Holder, Kind, PayoutId, holder};

/// Lines of a file that are read at a time.
const CHUNK: i64 = period::LINES_MAX;

pub(super) async fn list(State(app): State<App>, view: View) -> Answer {
    let before = match view.asked.text("before") {
        "" => None,
        text => Some(
            AccountId::parse(text)
                .ok_or_else(|| Refused::filter("\"before\" is an account, from a link of a page before."))?,
        ),
    };
    let asked = finance::Asked {
        books: view.books,
        asset: view.choice("asset", asset_of)?,
        kind: view.choice("kind", Kind::of)?,
        state: view.choice("state", finance::State::of)?,
        owner: view.sought("owner")?,
        before,
        limit: PAGE as i64 + 1,
    };
    let read = app.store.read("wallet.accounts", async |db| finance::accounts(db, &asked).await);
    let mut found = read.await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].account.id);
    found.truncate(PAGE);
    Ok(html(pages::list(&view.here(), &pages::List { asked: &view.asked, found: &found, next })))
}

fn parse(id: &str) -> Result<AccountId, Refused> {
    let unknown =
        || Refused::not_found("There is no such account: an account's id is acc_ and 22 letters and digits.");
    AccountId::parse(id).ok_or_else(unknown)
}

pub(super) async fn find(app: &App, id: &str) -> Result<Listed, Refused> {
    let id = parse(id)?;
    let found = app.store.read("wallet.account", async |db| finance::account(db, id).await).await?;
    found.ok_or_else(|| Refused::not_found(format!("There is no account {id}.")))
}

/// The days that are asked for, from the first's beginning to the last's end.
struct Days<'a> {
    from: &'a str,
    to: &'a str,
    span: (Option<Timestamp>, Option<Timestamp>),
}

fn days(view: &View) -> Result<Days<'_>, Refused> {
    let (from, to) = (view.asked.text("from"), view.asked.text("to"));
    let day = |text: &str| match text {
        "" => Ok(None),
        text => {
            let wrong = || Refused::filter("A day is written like 2026-11-30: choose both again.");
            // Others than these four digits are no day that anything was done on.
            let day =
                text.parse::<Date>().ok().filter(|it| (1970..=9000).contains(&it.year()) && text.len() == 10);
            day.map(Some).ok_or_else(wrong)
        }
    };
    let (first, last) = (day(from)?, day(to)?);
    if first.zip(last).is_some_and(|(first, last)| first > last) {
        return Err(Refused::filter("The first day is after the last one: choose both again."));
    }
    let begins = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let span = (first.and_then(begins), last.map(|it| it.saturating_add(1.day())).and_then(begins));
    Ok(Days { from, to, span })
}

async fn period_of(app: &App, id: AccountId, days: &Days<'_>) -> Result<Period, Refused> {
    let (from, to) = days.span;
    Ok(app.store.read("wallet.period", async |db| period::period(db, id, from, to).await).await?)
}

pub(super) async fn show(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let account = find(&app, &id).await?;
    let view = view.of_books(account.books);
    let form = Fields::of([("id", PayoutId::fresh().to_string().as_str())]);
    shown(&app, &view, &account, Filled { fields: &form, mistakes: &Mistakes::default() }).await
}

/// With the form that asks for a payout as it was filled in.
pub(super) async fn shown(app: &App, view: &View, account: &Listed, form: Filled<'_>) -> Answer {
    let (days, before) = (days(view)?, view.before("before")?);
    let period = period_of(app, account.account.id, &days).await?;
    let read =
        app.store.read("wallet.statement", async |db| period::newest(db, &period, before, PAGE as i64).await);
    let lines = read.await?;
    let gateways = payouts::gateways(view.payments(app), account);
    let payout = gateways.as_deref().map(|gateways| Asking { gateways, form });
    let (from, to) = (days.from, days.to);
    let shown = pages::Shown { account, period, lines: &lines, from, to, before, payout };
    let status = if form.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(crate::http::scorer::html(status, pages::show(&view.here(), &shown)))
}

/// The whole of a period, the oldest line first.
pub(super) async fn csv(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let account = find(&app, &id).await?;
    let days = days(&view)?;
    let (id, asset) = (account.account.id, account.account.standing.asset);
    let period = period_of(&app, id, &days).await?;
    if period.lines() > LINES_MAX {
        return Err(too_long(period.lines()));
    }
    let of = |day: &str, none: &'static str| if day.is_empty() { none.to_owned() } else { day.to_owned() };
    let name = format!("statement-{id}-{}-{}.csv", of(days.from, "first"), of(days.to, "last"));
    let next = move |after: Option<i64>| {
        let store = app.store.clone();
        async move {
            let read =
                store.read("wallet.statement", async |db| period::oldest(db, &period, after, CHUNK).await);
            let lines = read.await?;
            let mut rows = Csv::default();
            pages::csv_lines(&mut rows, asset, &lines);
            let last = lines.last().map(|it| it.line.version).filter(|it| it + 1 < period.end);
            Ok::<_, wallet::Error>((rows, last.map(Some)))
        }
    };
    Ok(sheet(&name, pages::csv_head(), None, next))
}

#[derive(Clone, Copy)]
enum Change {
    Freeze,
    Thaw,
}

pub(super) async fn freeze(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    change(&app, &id, &pressed, Change::Freeze).await
}

pub(super) async fn thaw(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    change(&app, &id, &pressed, Change::Thaw).await
}

async fn change(app: &App, id: &str, pressed: &Pressed, change: Change) -> Answer {
    let account = find(app, id).await?;
    let Some(organisation_id) = account.organisation_id.as_deref() else {
        return Err(Refused::conflict("Only a fan's wallet is frozen here. Nothing was changed."));
    };
    let (why, by) = (pressed.why("why")?, &pressed.view.operator.by);
    let fan_id = account.account.owner.as_str();
    let holder = Holder { fan_id, organisation_id, books: account.books };
    let (action, done) = match change {
        Change::Freeze => ("wallet.freeze", "frozen"),
        Change::Thaw => ("wallet.thaw", "thawed"),
    };
    let changed = app.store.run_tx("wallet.freeze", async |tx| {
        match change {
            Change::Freeze => holder::freeze(tx, &holder, by.at).await?,
            Change::Thaw => holder::thaw(tx, &holder).await?,
        }
        let deed = Deed {
            organisation_id: Some(organisation_id),
            action,
            object: fan_id,
            after: Some(json!({ "why": why, "mode": account.books.word() })),
            ..Deed::default()
        };
        audit::record(tx, by, &deed).await.map_err(wallet::Error::from)
    });
    changed.await?;
    Ok(pressed.view.back(&format!("/accounts/{}", account.account.id), done))
}

/// An asset of a list: one with a name of its own, or a product's vouchers.
fn asset_of(text: &str) -> Option<AssetCode> {
    AssetCode::of(text).or_else(|| AssetCode::voucher(text.strip_prefix("voucher.")?))
}
