//! What fans earn: what a page sees and says for a fan, and what a partner's server tells of.

mod fan;
mod triggers;

pub(super) use fan::Whence;

use crate::app::App;
use crate::problem::{Problem, types};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use rewards::Error;
use rewards::voucher::Denied;
use utoipa::OpenApi;

/// Thirty-two facts and some: far less than this.
const BODY_BYTES_MAX: usize = 32 * 1024;

/// What pages ask and say for a fan.
pub(super) fn of_fan() -> Router<App> {
    Router::new()
        .route("/v1/rewards", get(fan::show))
        .route("/v1/rewards/follow", post(fan::follow))
        .route("/v1/rewards/watched", post(fan::watched))
        .route("/v1/rewards/check-ins", post(fan::check_in))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What partners' servers tell of.
pub(super) fn of_partners() -> Router<App> {
    Router::new()
        .route("/v1/rewards/triggers", post(triggers::tell))
        .route("/v1/rewards/triggers/{id}", delete(triggers::take_back))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(fan::show, fan::follow, fan::watched, fan::check_in, triggers::tell, triggers::take_back),
    tags((name = "rewards", description = "What fans earn, by campaigns: asked for with the fan's identity, or told of by your server with a secret key with the scope rewards")),
)]
pub(super) struct Description;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::UnknownCampaign { .. }
            | Error::UnknownVersion { .. }
            | Error::UnknownProduct { .. }
            | Error::UnknownSignal { .. }
            | Error::UnknownReservation { .. }
            | Error::UnknownVoucher { .. } => Self::new(&types::UNKNOWN_THING, detail),
            Error::Terms { .. }
            | Error::Invalid(_)
            | Error::OfNobody
            | Error::Text { .. }
            | Error::Units { .. }
            | Error::Codes { .. }
            | Error::NotImported(_) => Self::new(&types::INVALID_VALUE, detail),
            Error::NotOnSale { .. } => Self::new(&types::NOT_ON_SALE, detail),
            Error::NotTransferable { .. }
            | Error::OtherCodes { .. }
            | Error::Ended { .. }
            | Error::TooMany { .. } => Self::new(&types::CONFLICT, detail),
            Error::LimitReached { .. } => Self::new(&types::PURCHASE_LIMIT, detail),
            Error::Denied(denied) => Self::new(
                match denied {
                    Denied::SoldOut => &types::SOLD_OUT,
                    Denied::TooLittle | Denied::NotHeld => &types::TOO_LITTLE,
                    Denied::DayLimit => &types::DAY_LIMIT,
                    Denied::Frozen => &types::WALLET_FROZEN,
                    Denied::Over | Denied::Refused => &types::CONFLICT,
                },
                detail,
            ),
            Error::OtherRequest => Self::new(&types::IDEMPOTENCY_KEY_REUSED, detail),
            Error::TooOften { .. } => Self::new(&types::RATE_LIMITED, detail),
            Error::Busy => Self::unavailable(&error),
            Error::Access(_) | Error::Unreadable { .. } | Error::Jobs(_) => Self::internal(&error),
            Error::Ledger(error) => error.into(),
            Error::Store(error) => Self::from(&*error),
        }
    }
}
