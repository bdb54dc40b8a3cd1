//! What gateways have sent.

use super::PAGE;
use super::refusal::Refused;
use super::view::{Answer, View, html};
use crate::app::App;
use axum::extract::State;
use console::finance::webhooks as pages;
use wallet::payment::WebhookState;

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let payments = view.payments(&app);
    let gateway = Some(view.sought("gateway")?).filter(|it| !it.is_empty());
    if gateway.is_some_and(|code| !payments.gateways().any(|it| it == code)) {
        return Err(Refused::filter("There is no gateway of that name: choose one of the list."));
    }
    let (state, before) = (view.choice("state", WebhookState::of)?, view.before("before")?);
    let mut found = payments.webhooks_in(state, gateway, before, PAGE as i64 + 1).await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].id);
    found.truncate(PAGE);
    let gateways: Vec<&str> = payments.gateways().collect();
    let list = pages::List { asked: &view.asked, gateways: &gateways, found: &found, next };
    Ok(html(pages::page(&view.here(), &list)))
}
