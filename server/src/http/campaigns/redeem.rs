//! Redeeming vouchers of the house's own products, by operators.

use super::view::{Answer, Pressed, View};
use crate::app::App;
use crate::http::redeem::Counter;
use axum::extract::State;
use axum::response::Response;
use console::redeem::Till;

fn counter(view: &View) -> Counter<'_> {
    Counter { till: Till::House(view.here()), organisation_id: None, by: &view.by }
}

pub(super) async fn form(view: View) -> Response {
    counter(&view).form()
}

/// Shows what a code or a link is of.
pub(super) async fn look(State(app): State<App>, pressed: Pressed) -> Answer {
    Ok(counter(&pressed.view).look(&app, &pressed.form).await?)
}

/// Redeems what was shown.
pub(super) async fn confirm(State(app): State<App>, pressed: Pressed) -> Answer {
    Ok(counter(&pressed.view).confirm(&app, &pressed.form).await?)
}
