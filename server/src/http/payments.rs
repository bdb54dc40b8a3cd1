//! What payment gateways tell, and the page of the one that is for trying things out.

use super::limits::turn_away;
use super::request::Id;
use crate::app::App;
use crate::problem::{Problem, types};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use partners::Mode;
use wallet::gateway::GatewayError;
use wallet::payment::Error;

/// A gateway's message has some kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/payments/{mode}/{gateway}/webhook", post(webhook))
        .route("/v1/payments/sandbox/{reference}", post(pay))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Takes in a gateway's message: what is genuine is kept as it came, and answered for at once; a job makes something of it.
async fn webhook(
    State(app): State<App>,
    Id((mode, code)): Id<(String, String)>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let mode = match mode.as_str() {
        "live" => Mode::Live,
        "test" => Mode::Test,
        _ => return Err(Problem::new(&types::UNKNOWN_ROUTE, "live or test")),
    };
    let (parts, body): (_, Body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| Problem::new(&types::BODY_TOO_LARGE, "a message has some kilobytes"))?;
    let headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    match app.tills.of(mode).receive(&code, &headers, &body).await {
        Ok(_) => Ok(StatusCode::OK),
        Err(refused @ (Error::NotGenuine(_) | Error::UnknownGateway { .. })) => {
            metrics::counter!("payment_webhooks_refused_total").increment(1);
            Err(turn_away(&app, &parts, refused.into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Pays a payment of the sandbox, as its page would: for test keys alone, whose money is none.
async fn pay(State(app): State<App>, Id(reference): Id) -> Result<StatusCode, Problem> {
    app.tills.sandbox().pay(&reference).await.map_err(Error::from)?;
    // Its webhooks, as a gateway's own would come.
    for message in app.tills.sandbox().webhooks().await.map_err(Error::from)? {
        let headers = message.headers();
        app.tills.of(Mode::Test).receive("sandbox", &headers, message.body.as_bytes()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Ledger(error) => error.into(),
            Error::NoMoney(_) | Error::ReasonLength { .. } | Error::TooSmall { .. } => {
                Self::new(&types::INVALID_VALUE, detail)
            }
            Error::NotGenuine(_) => Self::new(&types::NOT_GENUINE, detail),
            Error::UnknownPayment { .. }
            | Error::UnknownRefund { .. }
            | Error::UnknownPayout { .. }
            | Error::UnknownDifference { .. }
            | Error::UnknownGateway { .. } => Self::new(&types::UNKNOWN_THING, detail),
            Error::NoRoute { .. } => Self::new(&types::NOT_SET_UP, detail),
            Error::OtherContent { .. } => Self::new(&types::IDEMPOTENCY_KEY_REUSED, detail),
            Error::Refused { .. } => Self::new(&types::GATEWAY_REFUSED, detail),
            Error::NoGateway { .. } | Error::NoAnswer { .. } => {
                Self::new(&types::GATEWAY_AWAY, detail).again_after(5)
            }
            Error::WrongAccount { .. }
            | Error::NothingAuthorised { .. }
            | Error::NotCaptured { .. }
            | Error::MoreThanCaptured { .. }
            | Error::SameEyes
            | Error::Decided { .. } => Self::new(&types::CONFLICT, detail),
            error @ (Error::WrongMode { .. }
            | Error::Unreadable { .. }
            | Error::Jobs(_)
            | Error::Access(_)) => Self::internal(&error),
        }
    }
}

/// A look at the sandbox says what a look at any gateway does.
impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        Error::from(error).into()
    }
}
