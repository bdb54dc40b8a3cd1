//! Markets, where fans sell each other vouchers for points: what is to be seen of them, and a fan's orders.

mod list;
mod orders;
mod stream;

use super::wallet::fan::Owner;
use crate::app::App;
use crate::problem::{Problem, types};
use axum::Router;
use axum::routing::{get, post};
use rewards::exchange::{Error, Fan, Listing, Why, listing};
use utoipa::OpenApi;
use wallet::Books;

/// What pages ask for a fan.
pub(super) fn of_fan() -> Router<App> {
    Router::new()
        .route("/v1/markets", get(list::list))
        .route("/v1/markets/{id}", get(list::show))
        .route("/v1/markets/{id}/stream", get(stream::open))
        .route("/v1/markets/{id}/orders", post(orders::place))
        .route("/v1/orders", get(orders::list).delete(orders::cancel_all))
        .route("/v1/orders/{id}", get(orders::show).patch(orders::amend).delete(orders::cancel))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(
        list::list, list::show, stream::open, orders::place, orders::list, orders::show, orders::amend, orders::cancel,
        orders::cancel_all,
    ),
    tags((name = "markets", description = "Where fans sell each other vouchers for points, asked for with the fan's identity")),
)]
pub(super) struct Description;

/// The fan, as markets know one.
fn fan(owner: &Owner) -> Fan {
    let holder = owner.holder();
    Fan {
        fan_id: holder.fan_id.to_owned(),
        organisation_id: holder.organisation_id.to_owned(),
        is_test: holder.books == Books::Test,
    }
}

/// A market that this fan can see.
async fn seen(app: &App, owner: &Owner, id: &str) -> Result<Listing, Problem> {
    let holder = owner.holder();
    let found = app.store.read("markets.find", async |db| {
        let Some(found) = listing::find(db, id).await? else { return Ok(None) };
        let is_for = listing::is_for(db, &found, holder.books, holder.organisation_id).await?;
        Ok::<_, Error>(is_for.then_some(found))
    });
    found.await?.ok_or_else(|| Problem::unknown(id))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::UnknownMarket { .. } | Error::UnknownOrder { .. } => {
                Self::new(&types::UNKNOWN_THING, detail)
            }
            Error::Wanted { .. } => Self::new(&types::INVALID_VALUE, detail),
            Error::NotTraded { .. } | Error::Over { .. } => Self::new(&types::CONFLICT, detail),
            Error::Refused(refused) => Self::new(
                match refused.why {
                    Why::TooLittle => &types::TOO_LITTLE,
                    Why::Frozen => &types::WALLET_FROZEN,
                    Why::Halted => &types::MARKET_HALTED,
                    Why::Closed => &types::MARKET_CLOSED,
                    Why::OutsideCollar => &types::OUTSIDE_COLLAR,
                    Why::WouldCross => &types::WOULD_CROSS,
                    Why::BookFull | Why::TooManyOrders => &types::TOO_MANY_ORDERS,
                    Why::NotInLots
                    | Why::QuantityTooLarge
                    | Why::OutOfRange
                    | Why::NotOnTick
                    | Why::AlreadyOver => &types::INVALID_VALUE,
                    Why::GivenUp | Why::Ledger | Why::Book => &types::CONFLICT,
                },
                detail,
            ),
            Error::OtherOrder { .. } => Self::new(&types::IDEMPOTENCY_KEY_REUSED, detail),
            Error::TooOften { again_seconds, .. } => {
                Self::new(&types::RATE_LIMITED, detail).again_after(again_seconds)
            }
            Error::Busy => Self::new(&types::MARKET_AWAY, detail).again_after(1),
            Error::Away { .. } => Self::new(&types::MARKET_AWAY, detail).again_after(2),
            Error::Unsure => Self::new(&types::UNSURE, detail).again_after(1),
            Error::Ledger(error) => error.into(),
            Error::Store(error) => Self::from(&*error),
            Error::Rewards(rewards::Error::Store(error)) => Self::from(&*error),
            Error::Unreadable { .. }
            | Error::Failed { .. }
            | Error::Rules(_)
            | Error::Rewards(_)
            | Error::Market(_) => Self::internal(&error),
        }
    }
}
