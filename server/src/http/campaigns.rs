//! The operators' pages under `/console/rewards`: campaigns and their budgets, fences, products, markets, signals, tiers. The pages are the crate `console`'s, for whoever is
//! an [`Operator`](super::operator::Operator); what changes something is done by one whose name is proven, and is in the audit log. A partner's
//! members have the same pages, by the same handlers, of the campaigns, fences and products that are its own: [`View`](view::View) says whose they are.

mod audit;
mod budget;
mod campaign;
mod fences;
mod list;
mod live;
mod markets;
mod products;
mod redeem;
mod signals;
mod tiers;
mod view;
mod write;

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

/// A reason, and the longest form of all: a campaign's, whose conditions may be JSON.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// A partner's codes, as browsers send what was pasted or chosen.
const CODES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Rows of a page.
const PAGE: usize = 50;

/// What operators have of everybody's, and a partner of its own, under `root`.
fn shared(root: &str) -> Router<App> {
    let at = |rest: &str| format!("{root}{rest}");
    let codes = Router::new()
        .route(&at("/products/{id}/codes"), post(products::codes))
        .layer(DefaultBodyLimit::max(CODES_BYTES_MAX));
    Router::new()
        .route(root, get(list::page))
        .route(&at("/campaigns/new"), get(list::new).post(list::make))
        .route(&at("/campaigns/{id}"), get(campaign::show))
        .route(&at("/campaigns/{id}/versions/{number}"), get(campaign::version))
        .route(&at("/campaigns/{id}/write"), get(write::show).post(write::press))
        .route(&at("/campaigns/{id}/forecast"), get(live::forecast))
        .route(&at("/campaigns/{id}/live"), post(live::go_live))
        .route(&at("/campaigns/{id}/pause"), post(live::pause))
        .route(&at("/campaigns/{id}/end"), post(live::end))
        .route(&at("/campaigns/{id}/fill"), post(budget::fill))
        .route(&at("/fences"), get(fences::list))
        .route(&at("/fences/new"), get(fences::new).post(fences::make))
        .route(&at("/fences/{id}"), get(fences::show))
        .route(&at("/fences/{id}/write"), get(fences::write).post(fences::change))
        .route(&at("/fences/{id}/try"), get(fences::try_out).post(fences::try_own))
        .route(&at("/fences/{id}/decisions"), get(fences::decisions))
        .route(&at("/fences/{id}/retire"), post(fences::retire))
        .route(&at("/products"), get(products::list))
        .route(&at("/products/new"), get(products::new).post(products::make))
        .route(&at("/products/{id}"), get(products::show).post(products::change))
        .route(&at("/products/{id}/state"), post(products::set_state))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(codes)
}

/// Under a partner's dashboard.
pub(super) fn routes_of_partners() -> Router<App> {
    shared("/console/o/{org}/rewards").layer(middleware::map_response(view::for_partners))
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/rewards/signals", get(signals::page))
        .route("/console/rewards/signals/{number}", post(signals::decide))
        .route("/console/rewards/tiers", get(tiers::page).post(tiers::set))
        .route("/console/rewards/audit", get(audit::page))
        .route("/console/rewards/redeem", get(redeem::form).post(redeem::look))
        .route("/console/rewards/redeem/confirm", post(redeem::confirm))
        .route("/console/rewards/markets", get(markets::list))
        .route("/console/rewards/markets/new", get(markets::new).post(markets::make))
        .route("/console/rewards/markets/{id}", get(markets::show))
        .route("/console/rewards/markets/{id}/halt", post(markets::halt))
        .route("/console/rewards/markets/{id}/reopen", post(markets::reopen))
        .route("/console/rewards/markets/{id}/close", post(markets::close))
        .route("/console/rewards/markets/{id}/try", post(markets::try_stuck))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(shared("/console/rewards"))
}
