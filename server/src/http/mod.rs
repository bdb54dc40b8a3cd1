//! The HTTP surface: one file a resource, each with its types, its OpenAPI description and its function together.

mod balls;
mod caller;
mod campaigns;
mod content;
mod dashboard;
mod embed;
mod etag;
mod examples;
mod fan;
mod fans;
pub mod feed;
mod finance;
mod form;
mod guard;
mod health;
mod layers;
mod limits;
mod manage;
mod markets;
mod matches;
pub mod openapi;
mod operations;
mod operator;
mod payments;
mod place;
mod places;
mod published;
mod quizzes;
mod redeem;
mod refused;
mod reports;
mod request;
mod rewards;
mod scorecard;
pub mod scorer;
mod stream;
mod vouchers;
mod wallet;
mod web;

pub(crate) use dashboard::preview_key;
pub(crate) use manage::{MIGRATIONS as REQUEST_MIGRATIONS, forget_over as forget_requests};

use crate::app::App;
use crate::door::{AtOnce, Service};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;

/// Which routes a process serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Everything.
    All,
    /// Reading and streams only.
    Edge,
    /// Everything but streams.
    Api,
    /// Feeds only.
    Ingest,
    /// Health and metrics only.
    Worker,
}

/// What a surface serves.
pub async fn service(app: App, surface: Surface) -> Service {
    let at_once: Option<Arc<dyn AtOnce>> = match surface {
        Surface::All | Surface::Edge => Some(Arc::new(stream::Streams::of(&app).await)),
        Surface::Api | Surface::Ingest | Surface::Worker => None,
    };
    Service { routes: router(app, surface), at_once }
}

fn router(app: App, surface: Surface) -> Router {
    let mut routes = layers::timely(health::routes(), &app);
    if matches!(surface, Surface::All | Surface::Edge | Surface::Api) {
        routes = routes.merge(layers::open(
            reading()
                .merge(published::routes())
                .merge(embed::routes(&app.config))
                .merge(web::routes(&app.config)),
            &app,
        ));
        routes = routes.merge(layers::open_to_fans(
            fans::routes()
                .merge(wallet::of_fan())
                .merge(rewards::of_fan())
                .merge(quizzes::routes())
                .merge(vouchers::of_fan())
                .merge(markets::of_fan())
                .merge(places::of_fan())
                .merge(manage::tickets()),
            &app,
        ));
    }
    if matches!(surface, Surface::All | Surface::Edge) {
        routes = routes.merge(layers::open(streaming(), &app));
    }
    if matches!(surface, Surface::All | Surface::Api | Surface::Ingest) {
        routes = routes.merge(layers::timely(feeding(&app), &app));
    }
    if matches!(surface, Surface::All | Surface::Api) {
        routes = routes.merge(layers::timely(
            openapi::routes()
                .merge(scorer::routes())
                .merge(operator::guarded(
                    operations::routes()
                        .merge(finance::routes())
                        .merge(campaigns::routes())
                        .merge(content::routes()),
                ))
                .merge(dashboard::routes())
                .merge(campaigns::routes_of_partners())
                .merge(manage::routes())
                .merge(wallet::of_holders())
                .merge(payments::routes())
                .merge(rewards::of_partners())
                .merge(vouchers::of_partners()),
            &app,
        ));
    }
    if app.demo.is_some() {
        routes = routes.merge(layers::timely(examples::routes(), &app));
    }
    let routes = routes.fallback(layers::no_route);
    layers::around(routes, &app).with_state(app)
}

/// What partners' pages read.
fn reading() -> Router<App> {
    Router::new()
        .route("/v1/matches", get(matches::list))
        .route("/v1/matches/{id}", get(matches::snapshot))
        .route("/v1/matches/{id}/scorecard", get(scorecard::show))
        .route("/v1/matches/{id}/reports", get(reports::list))
        .route("/v1/matches/{id}/balls", get(balls::list))
}

/// What partners' pages follow.
fn streaming() -> Router<App> {
    Router::new().route(stream::ROUTE, get(stream::open).head(stream::probe))
}

/// What feeds send.
fn feeding(app: &App) -> Router<App> {
    let routes = Router::new()
        .route("/v1/feed/matches", post(feed::create_match))
        .route("/v1/feed/matches/{id}/commands", post(feed::commands));
    routes.layer(DefaultBodyLimit::max(app.config.http.body_bytes_max))
}
