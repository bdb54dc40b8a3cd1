//! What payment gateways tell, and the page of the one that is for trying things out.

use super::limits::turn_away;
use super::openapi::alike;
use super::request::Id;
use crate::app::App;
use crate::problem::{Problem, types};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use partners::Mode;
use utoipa::OpenApi;
use wallet::gateway::GatewayError;
use wallet::payment::Error;

/// A gateway's message has some kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/payments/{mode}/{gateway}/webhook", post(webhook))
        .route("/v1/payments/sandbox/{reference}", post(pay))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(webhook, pay),
    tags((name = "payments", description = "What payment gateways send; no key of ours, but their own signature"))
)]
pub(super) struct Description;

/// Takes in a gateway's message: what is genuine is kept as it came, and answered for at once; a job makes something of it.
#[utoipa::path(post, path = "/v1/payments/{mode}/{gateway}/webhook", tag = "payments", request_body(content = String, content_type = "application/json"), params(
    ("mode" = String, Path, description = "live, test"),
    ("gateway" = String, Path, description = "stripe, razorpay, sandbox"),
), responses(
    (status = 200, description = "it is taken in, now or before"),
    (status = 400, description = "it is not the gateway's", body = Problem, content_type = "application/problem+json"),
    alike::NotFound,
    (status = 413, description = "a message has some kilobytes", body = Problem, content_type = "application/problem+json"),
))]
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
#[utoipa::path(post, path = "/v1/payments/sandbox/{reference}", tag = "payments", params(
    ("reference" = String, Path, description = "as the page's address has it"),
), responses(
    (status = 204, description = "the payer has tried to pay"),
    alike::BadRequest,
    alike::NotFound,
))]
async fn pay(State(app): State<App>, Id(reference): Id, request: Request) -> Result<StatusCode, Problem> {
    let (parts, _) = request.into_parts();
    app.tills.sandbox().pay(&reference).await.map_err(|error| match error {
        GatewayError::Refused { .. } => {
            let unknown = Problem::new(&types::UNKNOWN_THING, "the sandbox has no such payment");
            turn_away(&app, &parts, unknown)
        }
        error => error.into(),
    })?;
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
            Error::NoMoney(_)
            | Error::ReasonLength { .. }
            | Error::TooSmall { .. }
            | Error::NotOver { .. } => Self::new(&types::INVALID_VALUE, detail),
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
