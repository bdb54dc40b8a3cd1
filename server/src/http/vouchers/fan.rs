//! What a fan buys, holds, opens, gives and shows.

use super::shown::{self, Claimed, Had, OnSale, Reserved};
use crate::app::App;
use crate::http::dashboard::base;
use crate::http::feed::parse;
use crate::http::guard::is_secure;
use crate::http::manage::idempotency::IdempotencyKey;
use crate::http::manage::page::{Page, PageQuery};
use crate::http::openapi::alike;
use crate::http::request::{Asked, Content, Id};
use crate::http::wallet::{Owner, private};
use crate::problem::{Problem, types};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use qrcodegen::{QrCode, QrCodeEcc};
use rewards::product;
use rewards::voucher::{id_of, stock};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What there is to be had.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Products {
    items: Vec<OnSale>,
    /// Ask again with `cursor=` this; null on the last page.
    next: Option<String>,
}

/// What a fan can have for points, and how many of it.
#[utoipa::path(get, path = "/v1/products", tag = "vouchers", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), PageQuery,
), responses(
    (status = 200, body = Products), alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn products(
    owner: Owner,
    State(app): State<App>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Response, Problem> {
    let (rows_max, after) = (asked.rows()?, asked.after::<String>()?.unwrap_or_default());
    let (holder, now) = (owner.holder(), app.clock.now());
    let limit = i64::try_from(rows_max).unwrap_or(1) + 1;
    let of = (holder.books, holder.organisation_id);
    let read = async |db: &store::Client<'_>| {
        let products = product::of_fans(db, of, now, &after, limit).await?;
        let in_stock = stock::in_stock(db, &products).await?;
        Ok::<_, rewards::Error>((products, in_stock))
    };
    let (products, in_stock) = app.store.read("vouchers.products", read).await?;
    let left = app.vouchers.left(holder.fan_id, &products).await?;
    let all = products.into_iter().zip(in_stock).zip(left).collect();
    let page = Page::of_rows(all, rows_max, |((it, _), _): &((product::Product, i64), _)| it.id.clone());
    let page = page.map(|((it, stock), left)| OnSale::of(it, stock, left));
    Ok(private(Json(Products { items: page.data, next: page.next })))
}

/// How many are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReservation)]
pub(super) struct Wanted {
    #[schema(minimum = 1, maximum = 100)]
    units: i32,
}

/// Keeps vouchers for a fan, and the points for them, for ten minutes. Sent again with the same `Idempotency-Key`, it
/// is the same reservation, as it stands then.
#[utoipa::path(post, path = "/v1/products/{id}/reservations", tag = "vouchers", request_body = Wanted, params(
    ("id" = String, Path, description = "prd_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), alike::IdempotencyKey,
), responses(
    (status = 201, body = Reserved), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn reserve(
    owner: Owner,
    State(app): State<App>,
    Id(product): Id,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: Wanted = parse(&body)?;
    owner.open(&app).await?;
    let holder = owner.holder();
    let id = id_of("rsv", holder.fan_id, key.text());
    let reserved = app.vouchers.reserve(&holder, &product, wanted.units, &id).await?;
    Ok((StatusCode::CREATED, private(Json(Reserved::from(reserved)))).into_response())
}

/// How a reservation stands.
#[utoipa::path(get, path = "/v1/reservations/{id}", tag = "vouchers", params(
    ("id" = String, Path, description = "rsv_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Reserved), alike::BadRequest, alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn reservation(
    owner: Owner,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Response, Problem> {
    let own = app.vouchers.reservation(&owner.holder(), &id).await?;
    Ok(private(Json(Reserved::from(own))))
}

/// Buys what is reserved, once. One that was released, or is too late, stays so: its state says so.
#[utoipa::path(post, path = "/v1/reservations/{id}/confirm", tag = "vouchers", params(
    ("id" = String, Path, description = "rsv_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Reserved), alike::BadRequest, alike::NotFound, alike::Conflict,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn confirm(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let own = app.vouchers.confirm(&owner.holder(), &id).await?;
    Ok(private(Json(Reserved::from(own))))
}

/// Gives up what is reserved, once. One that was bought stays so: its state says so.
#[utoipa::path(post, path = "/v1/reservations/{id}/release", tag = "vouchers", params(
    ("id" = String, Path, description = "rsv_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Reserved), alike::BadRequest, alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn release(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let own = app.vouchers.release(&owner.holder(), &id).await?;
    Ok(private(Json(Reserved::from(own))))
}

/// What a fan holds, and what the fan has opened.
#[utoipa::path(get, path = "/v1/vouchers", tag = "vouchers", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Had),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn vouchers(owner: Owner, State(app): State<App>) -> Result<Response, Problem> {
    let wallet = owner.open(&app).await?;
    Ok(private(Json(shown::had(&app, &wallet).await?)))
}

/// Opens one of a product's vouchers that the fan holds: its code is shown, and it is given or sold no more. Sent again
/// with the same `Idempotency-Key`, it is the same voucher.
#[utoipa::path(post, path = "/v1/products/{id}/claims", tag = "vouchers", params(
    ("id" = String, Path, description = "prd_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), alike::IdempotencyKey,
), responses(
    (status = 201, body = Claimed), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn claim(
    owner: Owner,
    State(app): State<App>,
    Id(product): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    owner.open(&app).await?;
    let holder = owner.holder();
    let id = id_of("vch", holder.fan_id, key.text());
    let opened = app.vouchers.claim(&holder, &product, &id).await?;
    let found = app.store.read("vouchers.product", async |db| product::find(db, &product).await).await?;
    let name = found.map(|it| it.terms.name).unwrap_or_default();
    let claimed = Claimed::of(opened, name, app.clock.now());
    Ok((StatusCode::CREATED, private(Json(claimed))).into_response())
}

/// A picture for a till to scan, as rows of modules.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherQr)]
pub(super) struct Qr {
    /// What it says: an address, with what is signed behind its number sign, so that it comes into no log.
    text: String,
    /// RFC 3339: until then it is good; ask for another one before.
    until: String,
    /// Modules on a side, without the quiet zone of four around it.
    size: i32,
    /// From the top, each from the left: "1" is dark.
    rows: Vec<String>,
}

/// A QR code of a voucher that the fan has opened, signed and good for a minute.
#[utoipa::path(get, path = "/v1/vouchers/{id}/qr", tag = "vouchers", params(
    ("id" = String, Path, description = "vch_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Qr), alike::BadRequest, alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn qr(
    owner: Owner,
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let public_url = &app.config.http.public_url;
    let base = base(&headers, public_url, is_secure(&headers, public_url));
    let base = base.ok_or_else(|| Problem::new(&types::NOT_SET_UP, "http.public_url is not set"))?;
    let (link, until) = app.vouchers.link(&owner.holder(), &id).await?;
    let text = format!("{base}/redeem#{link}");
    let code = QrCode::encode_text(&text, QrCodeEcc::Medium).map_err(|error| Problem::internal(&error))?;
    let row = |y: i32| (0..code.size()).map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect();
    let rows = (0..code.size()).map(row).collect();
    Ok(private(Json(Qr { text, until: until.to_string(), size: code.size(), rows })))
}

/// Who is to have how many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGift)]
pub(super) struct Gift {
    /// "fan_…": of the same site, with a wallet.
    to: String,
    #[schema(minimum = 1)]
    units: i64,
}

/// What was given.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gift)]
pub(super) struct GiftMade {
    /// The transfer, "trf_…"
    id: String,
    product: String,
    to: String,
    units: i64,
}

/// Gives vouchers that the fan holds to another fan. Sent again with the same `Idempotency-Key`, they are given once.
#[utoipa::path(post, path = "/v1/products/{id}/gifts", tag = "vouchers", request_body = Gift, params(
    ("id" = String, Path, description = "prd_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), alike::IdempotencyKey,
), responses(
    (status = 201, body = GiftMade), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn give(
    owner: Owner,
    State(app): State<App>,
    Id(product): Id,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let Gift { to, units } = parse(&body)?;
    owner.open(&app).await?;
    let given = app.vouchers.give(&owner.holder(), &product, &to, units, key.text()).await?;
    let made =
        GiftMade { id: given.id.to_string(), product: given.product, to: given.to, units: given.units };
    Ok((StatusCode::CREATED, private(Json(made))).into_response())
}
