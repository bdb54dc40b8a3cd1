//! Vouchers: what fans buy, hold, open and show; what partners put on sale, and redeem.

mod fan;
mod products;
mod redeem;
pub(super) mod shown;

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use rewards::voucher::BYTES_MAX;
use utoipa::OpenApi;

/// A product's description and some: far less than this.
const BODY_BYTES_MAX: usize = 32 * 1024;

/// What pages ask for a fan.
pub(super) fn of_fan() -> Router<App> {
    Router::new()
        .route("/v1/products", get(fan::products))
        .route("/v1/products/{id}/reservations", post(fan::reserve))
        .route("/v1/products/{id}/claims", post(fan::claim))
        .route("/v1/products/{id}/gifts", post(fan::give))
        .route("/v1/reservations/{id}", get(fan::reservation))
        .route("/v1/reservations/{id}/confirm", post(fan::confirm))
        .route("/v1/reservations/{id}/release", post(fan::release))
        .route("/v1/vouchers", get(fan::vouchers))
        .route("/v1/vouchers/{id}/qr", get(fan::qr))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What partners' servers and tills do.
pub(super) fn of_partners() -> Router<App> {
    let import = Router::new()
        .route("/v1/rewards/products/{id}/codes/import", post(products::import))
        // One more is too many, and is said to be by who reads it.
        .layer(DefaultBodyLimit::max(BYTES_MAX + 1));
    Router::new()
        .route("/v1/rewards/products", get(products::list).post(products::create))
        .route("/v1/rewards/products/{id}", get(products::show).patch(products::change))
        .route("/v1/rewards/products/{id}/codes", post(products::make_codes))
        .route("/v1/rewards/products/{id}/stock", get(products::stock))
        .route("/v1/vouchers/look-up", post(redeem::look_up))
        .route("/v1/vouchers/redeem", post(redeem::redeem))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(import)
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(
        fan::products, fan::reserve, fan::claim, fan::give, fan::reservation, fan::confirm, fan::release, fan::vouchers,
        fan::qr, products::list, products::create, products::show, products::change, products::make_codes,
        products::import, products::stock,
        redeem::look_up, redeem::redeem,
    ),
    tags(
        (name = "vouchers", description = "What fans buy with points: asked for with the fan's identity; redeemed by your \
            tills with a secret key with the scope redeem"),
        (name = "products", description = "What vouchers are for, their codes and stock; a secret key with the scope \
            manage, of a test key for test fans"),
    ),
)]
pub(super) struct Description;
