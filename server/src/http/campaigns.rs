//! The operators' pages under `/console/rewards`: campaigns and their budgets, products, markets, signals, tiers. The pages are the crate `console`'s, for whoever is
//! an [`Operator`](super::operator::Operator); what changes something is done by one whose name is proven, and is in the audit log.

mod audit;
mod budget;
mod campaign;
mod list;
mod live;
mod markets;
mod products;
mod signals;
mod tiers;
mod view;
mod write;

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// A reason, and the longest form of all: a campaign's, whose conditions may be JSON.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// A partner's codes, as browsers send what was pasted.
const CODES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Rows of a page.
const PAGE: usize = 50;

/// What takes a longer body than others.
fn codes() -> Router<App> {
    let codes = post(products::codes).layer(DefaultBodyLimit::max(CODES_BYTES_MAX));
    Router::new().route("/console/rewards/products/{id}/codes", codes)
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/rewards", get(list::page))
        .route("/console/rewards/campaigns/new", get(list::new).post(list::make))
        .route("/console/rewards/campaigns/{id}", get(campaign::show))
        .route("/console/rewards/campaigns/{id}/versions/{number}", get(campaign::version))
        .route("/console/rewards/campaigns/{id}/write", get(write::show).post(write::press))
        .route("/console/rewards/campaigns/{id}/forecast", get(live::forecast))
        .route("/console/rewards/campaigns/{id}/live", post(live::go_live))
        .route("/console/rewards/campaigns/{id}/pause", post(live::pause))
        .route("/console/rewards/campaigns/{id}/fill", post(budget::fill))
        .route("/console/rewards/signals", get(signals::page))
        .route("/console/rewards/signals/{number}", post(signals::decide))
        .route("/console/rewards/tiers", get(tiers::page).post(tiers::set))
        .route("/console/rewards/audit", get(audit::page))
        .route("/console/rewards/markets", get(markets::list))
        .route("/console/rewards/markets/new", get(markets::new).post(markets::make))
        .route("/console/rewards/markets/{id}", get(markets::show))
        .route("/console/rewards/markets/{id}/halt", post(markets::halt))
        .route("/console/rewards/markets/{id}/reopen", post(markets::reopen))
        .route("/console/rewards/markets/{id}/close", post(markets::close))
        .route("/console/rewards/markets/{id}/try", post(markets::try_stuck))
        .route("/console/rewards/products", get(products::list))
        .route("/console/rewards/products/new", get(products::new).post(products::make))
        .route("/console/rewards/products/{id}", get(products::show).post(products::change))
        .route("/console/rewards/products/{id}/state", post(products::set_state))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(codes())
}
