//! What there is to trade, and how it stands.

use super::seen;
use crate::app::App;
use crate::http::openapi::alike;
use crate::http::request::Id;
use crate::http::wallet::fan::{Owner, private};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rewards::exchange::{Best, Error, Last, Listing, Shown, Trade, listing};
use serde::Serialize;
use utoipa::ToSchema;

/// Levels of each side that a look at a market shows.
const LEVELS: usize = 20;
/// The newest fills that it shows.
const TRADES: i64 = 20;

/// A fill that anybody may see.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LastTrade {
    price: u32,
    quantity: u32,
    /// RFC 3339
    at: String,
}

impl From<Last> for LastTrade {
    fn from(it: Last) -> Self {
        Self { price: it.price, quantity: it.quantity, at: it.at.to_string() }
    }
}

/// A market.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Market {
    /// "mkt_…"
    id: String,
    /// "prd_…"
    product: String,
    /// The product's.
    name: String,
    /// open, halted, closed
    state: &'static str,
    /// Prices in points: the lowest, the highest, and what they are apart.
    low: u32,
    high: u32,
    tick: u32,
    /// Quantities are multiples of it, and at most so much.
    lot: u32,
    quantity_max: u32,
    last: Option<LastTrade>,
    /// The best prices.
    bid: Option<u32>,
    ask: Option<u32>,
}

impl From<Listing> for Market {
    fn from(it: Listing) -> Self {
        let terms = it.terms;
        Self {
            state: it.state.word(),
            last: it.last.map(LastTrade::from),
            bid: it.bid,
            ask: it.ask,
            low: terms.low,
            high: terms.high,
            tick: terms.tick,
            lot: terms.lot,
            quantity_max: terms.quantity_max,
            id: it.id,
            product: it.product,
            name: it.name,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Markets {
    items: Vec<Market>,
}

/// Markets of the products that a fan can have, the newest first.
#[utoipa::path(get, path = "/v1/markets", tag = "markets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Markets),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(owner: Owner, State(app): State<App>) -> Result<Response, Problem> {
    let holder = owner.holder();
    let found = app
        .store
        .read("markets.list", async |db| listing::of_fans(db, holder.books, holder.organisation_id).await);
    let items = found.await?.into_iter().map(Market::from).collect();
    Ok(private(Json(Markets { items })))
}

/// The best levels of a market: pairs of a price and what rests there, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Depth {
    /// The last change of the depth that is in it.
    seq: u64,
    #[schema(value_type = Vec<Vec<u64>>)]
    bids: Vec<Shown>,
    #[schema(value_type = Vec<Vec<u64>>)]
    asks: Vec<Shown>,
}

impl From<Best> for Depth {
    fn from(mut it: Best) -> Self {
        it.bids.truncate(LEVELS);
        it.asks.truncate(LEVELS);
        Self { seq: it.seq, bids: it.bids, asks: it.asks }
    }
}

/// A fill.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TradeShown {
    price: u32,
    quantity: u32,
    /// RFC 3339
    at: String,
    /// Of the order that came: buy, sell.
    side: &'static str,
}

impl From<&Trade> for TradeShown {
    fn from(it: &Trade) -> Self {
        Self { price: it.price, quantity: it.quantity, at: it.at.to_string(), side: it.side_word() }
    }
}

/// A market with what rests in it, and what was traded last.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MarketShown {
    #[serde(flatten)]
    market: Market,
    /// Null where nobody writes the market for now.
    depth: Option<Depth>,
    /// The newest first.
    trades: Vec<TradeShown>,
}

/// How a market stands.
#[utoipa::path(get, path = "/v1/markets/{id}", tag = "markets", params(
    ("id" = String, Path, description = "mkt_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = MarketShown), alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let listing = seen(&app, &owner, &id).await?;
    let depth = match app.markets.exchange.follow(&id).best().await {
        Ok(best) => Some(Depth::from(best)),
        Err(Error::Away { .. } | Error::Busy | Error::Unsure) => None,
        Err(error) => return Err(error.into()),
    };
    let read = app.store.read("markets.trades", async |db| listing::trades(db, &listing, TRADES).await);
    let trades = read.await?.iter().map(TradeShown::from).collect();
    Ok(private(Json(MarketShown { market: listing.into(), depth, trades })))
}
