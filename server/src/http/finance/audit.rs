//! What was done about money.

use super::PAGE;
use super::view::{Answer, View, html};
use crate::app::App;
use axum::extract::State;
use console::finance::audit as pages;

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let before = view.before("before")?;
    let read = app.store.read("access.deeds", async |db| {
        access::audit::of_nouns(db, (&pages::NOUNS, &[]), before.unwrap_or(i64::MAX), PAGE as i64 + 1).await
    });
    let mut found = read.await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].id);
    found.truncate(PAGE);
    Ok(html(pages::page(&view.here(), &found, before, next)))
}
