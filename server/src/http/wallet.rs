//! A fan's wallet: what the fan sees of it, and what the partner does who vouches for the fan.

pub(in crate::http) mod fan;
mod holders;
mod shown;
mod stream;
mod top_up;

pub(super) use fan::{Owner, private};

use crate::app::App;
use crate::problem::{Problem, types};
use axum::Router;
use axum::routing::{get, post, put};
use partners::Mode;
use utoipa::OpenApi;
use wallet::holder::Terms;
use wallet::{Books, DayLimits, Error, Refusal};

/// What pages ask for a fan.
pub(super) fn of_fan() -> Router<App> {
    Router::new()
        .route("/v1/wallet", get(fan::show).delete(fan::erase))
        .route("/v1/wallet/entries", get(fan::entries))
        .route("/v1/wallet/export", get(fan::export))
        .route("/v1/wallet/packs", get(top_up::packs))
        .route("/v1/wallet/top-ups", post(top_up::begin))
        .route("/v1/wallet/top-ups/{id}", get(top_up::show))
        .route("/v1/wallet/top-ups/{id}/returned", post(top_up::returned))
        .route("/v1/wallet/stream", get(stream::open))
}

/// What partners' servers ask and do.
pub(super) fn of_holders() -> Router<App> {
    Router::new()
        .route("/v1/wallets", get(holders::list))
        .route("/v1/fans/{id}/wallet", get(holders::show).delete(holders::erase))
        .route("/v1/fans/{id}/wallet/entries", get(holders::entries))
        .route("/v1/fans/{id}/wallet/export", get(holders::export))
        .route("/v1/fans/{id}/wallet/freeze", post(holders::freeze))
        .route("/v1/fans/{id}/wallet/thaw", post(holders::thaw))
        .route("/v1/fans/{id}/wallet/limits/{asset}", put(holders::limit))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(
        fan::show, fan::entries, fan::export, fan::erase, stream::open, top_up::packs, top_up::begin, top_up::show, top_up::returned, holders::list, holders::show, holders::entries,
        holders::export, holders::freeze, holders::thaw, holders::limit, holders::erase,
    ),
    tags((name = "wallets", description = "Fans' balances: asked for with the fan's identity, or by your server with a secret key with the scope wallet")),
)]
pub(super) struct Description;

/// The books that a key's fans are in.
pub(in crate::http) fn books(mode: Mode) -> Books {
    match mode {
        Mode::Live => Books::Live,
        Mode::Test => Books::Test,
    }
}

/// What accounts of fans are opened with here.
fn terms(app: &App) -> Terms {
    let config = &app.config.wallet;
    let most = |units: i64| (units > 0).then_some(units);
    Terms {
        points: DayLimits {
            in_max: most(config.points_in_day_max),
            out_max: most(config.points_out_day_max),
        },
        coins: DayLimits { in_max: most(config.coins_in_day_max), out_max: most(config.coins_out_day_max) },
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::UnknownHolder { .. } => Self::new(&types::UNKNOWN_THING, detail),
            Error::UnknownAccount { .. } | Error::UnknownTransfer { .. } => {
                Self::new(&types::UNKNOWN_THING, detail)
            }
            Error::SomethingHeld { .. } | Error::NothingMoved { .. } => Self::new(&types::CONFLICT, detail),
            Error::Amount(_) | Error::TooMany { .. } => Self::new(&types::INVALID_VALUE, detail),
            Error::Refused(refusal) => Self::new(
                match refusal {
                    Refusal::BelowBound { .. } => &types::TOO_LITTLE,
                    Refusal::DayLimit { .. } => &types::DAY_LIMIT,
                    Refusal::Frozen { .. } => &types::WALLET_FROZEN,
                    Refusal::UnknownAccount { .. } | Refusal::UnknownHold { .. } => &types::UNKNOWN_THING,
                    _ => &types::CONFLICT,
                },
                detail,
            ),
            Error::Busy | Error::Ended | Error::NotKept | Error::Clock => Self::unavailable(&error),
            Error::Unreadable { .. } | Error::Access(_) => Self::internal(&error),
            Error::Store(error) => Self::from(&*error),
        }
    }
}
