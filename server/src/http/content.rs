//! What editors work on: their pages under `/console/content`. The pages are the crate `console`'s, what is pressed is done by the crate `cms`
//! for whoever is at the [`Desk`](desk::Desk).

mod desk;
mod entries;
mod library;
mod matches;
mod newsroom;
mod outside;
mod preview;
mod refusal;

use crate::app::App;
use axum::Router;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(entries::routes())
        .merge(library::routes())
        .merge(newsroom::routes())
        .merge(outside::routes())
        .merge(preview::routes())
}
