//! A fan's orders.

use super::{fan, seen};
use crate::app::App;
use crate::http::feed::parse;
use crate::http::manage::idempotency::IdempotencyKey;
use crate::http::manage::page::{Page, PageQuery};
use crate::http::openapi::alike;
use crate::http::request::{Asked, Content, Id};
use crate::http::wallet::fan::{Owner, private};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use rewards::exchange::order::{self, Listed, State as OfOrder};
use rewards::exchange::{self, Amended, Error, Order, Part, View, Words};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An order that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderWanted)]
pub(super) struct Wanted {
    /// buy, sell
    side: String,
    /// limit, market
    #[serde(rename = "type")]
    kind: String,
    /// Points for one unit; of a limit order.
    price: Option<u32>,
    quantity: u32,
    /// gtc (until it is cancelled), ioc (what can be filled at once), fok (all at once or nothing), gtd (until a date)
    time_in_force: String,
    /// RFC 3339; of an order with gtd.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// It is refused where it would be filled at once.
    #[serde(default)]
    post_only: bool,
    /// Where it would fill an order of the same fan: cancel-newest (when left out), cancel-oldest, cancel-both, decrement.
    self_trade: Option<String>,
}

impl Wanted {
    fn words(self) -> Words {
        Words {
            side: self.side,
            kind: self.kind,
            price: self.price,
            quantity: self.quantity,
            time_in_force: self.time_in_force,
            until: self.until,
            post_only: self.post_only,
            self_trade: self.self_trade.unwrap_or_else(|| "cancel-newest".to_owned()),
        }
    }
}

/// What has filled a part of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderPart)]
pub(super) struct PartShown {
    price: u32,
    quantity: u32,
}

/// A fan's order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(super) struct Shown {
    /// "ord_…"
    id: String,
    /// "mkt_…"
    market: String,
    side: String,
    #[serde(rename = "type")]
    kind: String,
    price: Option<u32>,
    quantity: u32,
    filled: u32,
    left: u32,
    time_in_force: String,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// resting, filled, cancelled, refused; asked: what became of it is not known yet, as when nobody writes its market for now.
    state: &'static str,
    /// Of one that is cancelled: asked, mass, amended, unfilled, killed, self-trade, expired. Of one that is refused: the problem's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// In a list they are left out.
    fills: Vec<PartShown>,
    /// RFC 3339
    made_at: String,
}

impl From<View> for Shown {
    fn from(it: View) -> Self {
        let Words { side, kind, price, quantity, time_in_force, until, .. } = it.words;
        let part = |it: &Part| PartShown { price: it.price, quantity: it.quantity };
        let state = match it.state {
            OfOrder::GivenUp => OfOrder::Refused,
            other => other,
        };
        Self {
            id: it.id,
            market: it.market,
            side,
            kind,
            price,
            quantity,
            filled: it.filled,
            left: it.left,
            time_in_force,
            until: until.map(|it| it.to_string()),
            state: state.word(),
            reason: it.reason,
            fills: it.parts.iter().map(part).collect(),
            made_at: it.made_at.to_string(),
        }
    }
}

/// Makes an order: what it may cost is held, and then it is in the market. Sent again with the same `Idempotency-Key`, it is the same order, as it
/// stands then.
#[utoipa::path(post, path = "/v1/markets/{id}/orders", tag = "markets", request_body = Wanted, params(
    ("id" = String, Path, description = "mkt_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), alike::IdempotencyKey,
), responses(
    (status = 201, body = Shown), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn place(
    owner: Owner,
    State(app): State<App>,
    Id(market): Id,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: Wanted = parse(&body)?;
    let fan = fan(&owner);
    let id = order::id_of(&fan.fan_id, key.text());
    let asked = exchange::Asked { id, fan, words: wanted.words() };
    match app.markets.exchange.place(&market, asked).await {
        Ok(view) => Ok((StatusCode::CREATED, private(Json(Shown::from(view)))).into_response()),
        Err(away @ Error::Away { .. }) => {
            // Nobody writes one that does not exist.
            seen(&app, &owner, &market).await?;
            Err(away.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersQuery {
    /// resting, filled, cancelled or refused alone.
    state: Option<String>,
    /// Of this market alone, "mkt_…".
    market: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Orders on the page, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of orders, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Orders {
    items: Vec<Shown>,
    /// Ask again with `cursor=` this; null on the last page.
    next: Option<String>,
}

/// A fan's orders, the newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "markets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), OrdersQuery,
), responses(
    (status = 200, body = Orders), alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    owner: Owner,
    State(app): State<App>,
    Asked(query): Asked<OrdersQuery>,
) -> Result<Response, Problem> {
    let states = [OfOrder::Resting, OfOrder::Filled, OfOrder::Cancelled, OfOrder::Refused];
    let state = match query.state.as_deref() {
        None => None,
        Some(word) => {
            let known = states.into_iter().find(|it| it.word() == word);
            Some(known.ok_or_else(|| Problem::invalid("state: resting, filled, cancelled or refused"))?)
        }
    };
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let (rows_max, before) = (page.rows()?, page.after::<i64>()?);
    let fan_id = owner.holder().fan_id;
    caught_up(&app, fan_id).await?;
    let limit = i64::try_from(rows_max).unwrap_or(i64::MAX - 1) + 1;
    let listed = Listed { fan_id, state, market: query.market.as_deref(), before, limit };
    let orders = app.store.read("orders.list", async |db| order::of_fan(db, &listed).await).await?;
    let views = orders.iter().map(|it| View::of(it, Vec::new())).collect();
    let page = Page::of_rows(views, rows_max, |it: &View| it.number).map(Shown::from);
    Ok(private(Json(Orders { items: page.data, next: page.next })))
}

/// What was answered is in the tables, of each market that is written by somebody.
async fn caught_up(app: &App, fan_id: &str) -> Result<(), Problem> {
    let markets = app.store.read("orders.markets", async |db| order::markets_of(db, fan_id).await).await?;
    for market in markets {
        // Of one that is away, what is known is shown.
        if let Err(error) = app.markets.exchange.catch_up(&market).await {
            tracing::debug!(market, %error, "orders are shown as far as they are settled");
        }
    }
    Ok(())
}

/// A fan's own order; another's is not there.
async fn own(app: &App, owner: &Owner, id: &str) -> Result<Order, Problem> {
    let fan_id = owner.holder().fan_id;
    let found = app.store.read("orders.find", async |db| order::find(db, id, fan_id).await).await?;
    found.ok_or_else(|| Problem::unknown(id))
}

/// How an order stands.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "markets", params(
    ("id" = String, Path, description = "ord_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Shown), alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let mut order = own(&app, &owner, &id).await?;
    if order.state.is_open() {
        caught_up(&app, owner.holder().fan_id).await?;
        order = own(&app, &owner, &id).await?;
    }
    let parts = app.store.read("orders.parts", async |db| order::parts(db, &order).await).await?;
    Ok(private(Json(Shown::from(View::of(&order, parts)))))
}

/// What a resting order is to be: what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderChange)]
pub(super) struct Change {
    price: Option<u32>,
    /// With what is filled.
    quantity: Option<u32>,
}

/// Amends a resting order. With less of it at the same price it keeps its place; else it goes behind the others, and may be filled at once.
#[utoipa::path(patch, path = "/v1/orders/{id}", tag = "markets", request_body = Change, params(
    ("id" = String, Path, description = "ord_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Shown), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn amend(
    owner: Owner,
    State(app): State<App>,
    Id(id): Id,
    Content(body): Content,
) -> Result<Response, Problem> {
    let Change { price, quantity } = parse(&body)?;
    let order = own(&app, &owner, &id).await?;
    let to = Amended { price, quantity };
    let view = app.markets.exchange.amend(&order.market_id, owner.holder().fan_id, &id, to).await?;
    Ok(private(Json(Shown::from(view))))
}

/// Cancels a resting order.
#[utoipa::path(delete, path = "/v1/orders/{id}", tag = "markets", params(
    ("id" = String, Path, description = "ord_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Shown), alike::NotFound, alike::Conflict,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn cancel(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let order = own(&app, &owner, &id).await?;
    let view = app.markets.exchange.cancel(&order.market_id, owner.holder().fan_id, &id).await?;
    Ok(private(Json(Shown::from(view))))
}

/// Whose orders are cancelled.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CancelQuery {
    /// Of this market alone, "mkt_…".
    market: Option<String>,
}

/// How many orders were cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CancelledAll {
    cancelled: u64,
}

/// Cancels all orders of a fan, on one market or on all.
#[utoipa::path(delete, path = "/v1/orders", tag = "markets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), CancelQuery,
), responses(
    (status = 200, body = CancelledAll), alike::NotFound, alike::Conflict,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn cancel_all(
    owner: Owner,
    State(app): State<App>,
    Asked(query): Asked<CancelQuery>,
) -> Result<Response, Problem> {
    let markets = match query.market {
        Some(market) => vec![seen(&app, &owner, &market).await?.id],
        None => {
            let fan_id = owner.holder().fan_id;
            app.store.read("orders.markets", async |db| order::markets_of(db, fan_id).await).await?
        }
    };
    let mut cancelled = 0;
    for market in markets {
        cancelled += app.markets.exchange.cancel_all(&market, fan(&owner)).await?;
    }
    Ok(private(Json(CancelledAll { cancelled })))
}
