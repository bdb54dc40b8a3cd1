//! The first page, and the trial balance as a file.

use super::sheet::whole;
use super::view::{Answer, View, html};
use crate::app::App;
use axum::extract::State;
use console::finance::{audit, overview};
use wallet::finance::trial_balance;

/// Lines of the log.
const DEEDS: i64 = 5;

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let trial = app.store.read("wallet.trial", async |db| trial_balance(db).await).await?;
    let open = view.payments(&app).open_matters().await?;
    let deeds = app
        .store
        .read("access.deeds", async |db| access::audit::of_nouns(db, &audit::NOUNS, i64::MAX, DEEDS).await);
    let deeds = deeds.await?;
    let shown = overview::Overview { trial: &trial, open, deeds: &deeds };
    Ok(html(overview::page(&view.here(), &shown)))
}

pub(super) async fn csv(State(app): State<App>, view: View) -> Answer {
    let trial = app.store.read("wallet.trial", async |db| trial_balance(db).await).await?;
    let name = format!("trial-balance-{}-{}.csv", view.books.word(), view.now.strftime("%Y-%m-%d-%H%M%S"));
    Ok(whole(&name, overview::csv(&view.here(), &trial)))
}
