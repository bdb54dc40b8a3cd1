//! Gateways' books beside ours.

use super::PAGE;
use super::refusal::Refused;
use super::view::{Answer, Pressed, View, html, names};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use console::finance::reconciliation::{self as pages, Differences, Gateway, Shown};
use jiff::Timestamp;
use jiff::civil::Date;
use jobs::overview::overview;

/// Which differences are looked at.
#[derive(Clone, Copy)]
enum Show {
    Open,
    Closed,
}

impl Show {
    fn of(word: &str) -> Option<Self> {
        match word {
            "open" => Some(Show::Open),
            "closed" => Some(Show::Closed),
            _ => None,
        }
    }
}

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let (payments, before) = (view.payments(&app), view.before("before")?);
    let count = PAGE as i64 + 1;
    let gateways = gateways(&app, &view).await?;
    let mut shown = Shown {
        gateways: &gateways,
        differences: Differences::Open(&[]),
        names: &names(&app.store, std::iter::empty()).await?,
        before,
        next: None,
    };
    match view.choice("show", Show::of)?.unwrap_or(Show::Open) {
        Show::Open => {
            let mut all = payments.differences(before, count).await?;
            shown.next = (all.len() > PAGE).then(|| all[PAGE - 1].number);
            all.truncate(PAGE);
            shown.differences = Differences::Open(&all);
            Ok(html(pages::page(&view.here(), &shown)))
        }
        Show::Closed => {
            let mut all = payments.differences_closed(before, count).await?;
            shown.next = (all.len() > PAGE).then(|| all[PAGE - 1].difference.number);
            all.truncate(PAGE);
            let names = names(&app.store, all.iter().map(|it| it.by.as_str())).await?;
            let shown = Shown { differences: Differences::Closed(&all), names: &names, ..shown };
            Ok(html(pages::page(&view.here(), &shown)))
        }
    }
}

/// Those that are set up, with their schedules, which workers declare.
async fn gateways(app: &App, view: &View) -> Result<Vec<Gateway>, Refused> {
    let payments = view.payments(app);
    let schedules = overview(&app.store).await?.schedules;
    let asked = asked_by_hand(app, view).await?;
    let gateway = |code: &str| {
        let name = payments.schedule(code);
        let found = schedules.iter().find(|it| it.name == name);
        Gateway {
            code: code.to_owned(),
            last_at: found.and_then(|it| it.last_at),
            next_at: found.filter(|it| !it.is_paused).map(|it| it.next_at),
            asked: asked.iter().find(|it| it.0 == code).map(|it| (it.1, it.2.clone())),
        }
    };
    Ok(payments.gateways().map(gateway).collect())
}

/// Of which gateway, when and of which day somebody had books compared; the latest first, as the log has it.
async fn asked_by_hand(app: &App, view: &View) -> Result<Vec<(String, Timestamp, String)>, Refused> {
    let read = app.store.read("access.deeds", async |db| {
        access::audit::of_nouns(db, (&["payments"], &[]), i64::MAX, PAGE as i64).await
    });
    let mode = view.books.word();
    let asked = read.await?.into_iter().filter_map(|it| {
        let after = it.after.filter(|after| after["mode"] == mode)?;
        Some((it.object, it.at, after["day"].as_str()?.to_owned()))
    });
    Ok(asked.collect())
}

pub(super) async fn settle(State(app): State<App>, Path(number): Path<i64>, pressed: Pressed) -> Answer {
    let note = pressed.why("note")?;
    pressed.view.payments(&app).close_difference(number, note, &pressed.view.operator.by).await?;
    Ok(pressed.view.back("/reconciliation", "settled"))
}

pub(super) async fn compare(State(app): State<App>, Path(code): Path<String>, pressed: Pressed) -> Answer {
    let day = match pressed.form.text("day") {
        "" => None,
        text => {
            let day = text.parse::<Date>().ok().filter(|it| text.len() == 10 && it.year() >= 1970);
            Some(day.ok_or_else(|| Refused::form("A day is written like 2026-11-30."))?)
        }
    };
    pressed.view.payments(&app).ask_reconcile(&code, day, &pressed.view.operator.by).await?;
    Ok(pressed.view.back("/reconciliation", "comparing"))
}
