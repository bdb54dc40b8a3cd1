//! Coins that a fan buys: what there is to buy, and how a payment stands.

use super::fan::{Owner, private};
use crate::app::App;
use crate::http::caller::country;
use crate::http::feed::parse;
use crate::http::manage::idempotency::IdempotencyKey;
use crate::http::openapi::alike;
use crate::http::request::{Content, Id};
use crate::problem::{Problem, types};
use crate::tills::Pack;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::gateway::{Capture, Page};
use wallet::payment::{Begun, Buying, Payment, TopUp};
use wallet::{Asset, Coins, Inr, PaymentId, Usd, Use};

/// Coins that are bought together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pack)]
pub(super) struct PackShown {
    id: String,
    coins: i64,
    /// "inr", "usd"
    asset: &'static str,
    /// Paise or cents.
    price: i64,
}

impl From<&Pack> for PackShown {
    fn from(it: &Pack) -> Self {
        let (asset, price) = (it.price.asset().text(), it.price.units());
        Self { id: it.id.clone(), coins: it.coins.units(), asset, price }
    }
}

/// What can be bought.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Packs {
    data: Vec<PackShown>,
}

/// What a fan can buy where the fan is.
#[utoipa::path(get, path = "/v1/wallet/packs", tag = "wallets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Packs),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn packs(_: Owner, State(app): State<App>, headers: HeaderMap) -> Response {
    let packs = app.tills.packs().iter().filter(|it| may_buy(&app, it, &headers));
    private(Json(Packs { data: packs.map(PackShown::from).collect() }))
}

/// Whether coins may be bought there, and paid for with such money. Where no proxy says where anybody is, nobody is anywhere else.
fn may_buy(app: &App, pack: &Pack, headers: &HeaderMap) -> bool {
    if app.config.http.country_header.is_empty() {
        return true;
    }
    let country = country(headers, app);
    let country = country.as_ref().and_then(|it| std::str::from_utf8(it).ok());
    let money = match pack.price.asset().text() {
        "inr" => Inr::may(Use::Buy, country),
        _ => Usd::may(Use::Buy, country),
    };
    money && Coins::may(Use::Buy, country)
}

/// A pack that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTopUp)]
pub(super) struct Wanted {
    /// Its id.
    pack: String,
}

/// What the payer's page needs. Card data goes from there to the gateway, and never here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum PaymentPage {
    /// For Stripe.js: confirm the PaymentIntent with this.
    Stripe { client_secret: String, publishable_key: String },
    /// For Razorpay's checkout: pay this order; what it hands over is sent to `…/returned`.
    Razorpay { order: String, key_id: String },
    /// Of test keys: a page of our own.
    Sandbox { url: String },
}

impl From<Page> for PaymentPage {
    fn from(it: Page) -> Self {
        match it {
            Page::Stripe { client_secret, publishable_key } => {
                Self::Stripe { client_secret: client_secret.reveal().to_owned(), publishable_key }
            }
            Page::Razorpay { order, key_id } => Self::Razorpay { order, key_id },
            Page::Sandbox { url } => Self::Sandbox { url },
        }
    }
}

/// A fan's payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopUp)]
pub(super) struct Shown {
    /// "pay_…"
    id: String,
    /// created, pending, authorised, captured, cancelled, or refused; unsure: the gateway was asked and has not answered, and is asked again.
    status: &'static str,
    coins: i64,
    asset: &'static str,
    /// Paise or cents.
    price: i64,
    gateway: String,
    /// Whether the coins are in the wallet.
    is_credited: bool,
    /// Where the fan pays; null when that is over, or not known.
    page: Option<PaymentPage>,
}

impl Shown {
    fn of(it: &Payment, page: Option<PaymentPage>) -> Self {
        let status = match &it.refused {
            Some(_) => "refused",
            None => it.known.stage.word(),
        };
        Self {
            id: it.id.to_string(),
            status,
            coins: it.coins.unwrap_or_default(),
            asset: it.money.asset().text(),
            price: it.money.units(),
            gateway: it.gateway.clone(),
            is_credited: it.credited_coins.is_some(),
            page,
        }
    }
}

/// Begins to buy a pack. Sent again with the same `Idempotency-Key`, it is the same payment, as it stands then; the fan is charged once.
#[utoipa::path(post, path = "/v1/wallet/top-ups", tag = "wallets", request_body = Wanted, params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"), alike::IdempotencyKey,
), responses(
    (status = 201, body = Shown), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 502, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn begin(
    owner: Owner,
    State(app): State<App>,
    headers: HeaderMap,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: Wanted = parse(&body)?;
    let pack = app.tills.packs().iter().find(|it| it.id == wanted.pack && may_buy(&app, it, &headers));
    let Some(pack) = pack else {
        return Err(Problem::new(&types::UNKNOWN_THING, "there is no such pack to buy here"));
    };
    let holder_wallet = owner.open(&app).await?;
    let account = holder_wallet.account(Coins::CODE).ok_or_else(|| Problem::unknown("account of coins"))?;
    let id = match key.text() {
        Some(key) => PaymentId::following_from("top-up", &[&holder_wallet.fan_id, key]),
        None => PaymentId::fresh(),
    };
    let top_up = TopUp {
        id,
        owner: &holder_wallet.fan_id,
        account: account.id,
        buying: Buying::Coins(pack.coins),
        money: pack.price,
        capture: Capture::AtOnce,
    };
    let payments = app.tills.of(owner.mode());
    let (page, is_unsure) = match payments.open_top_up(&top_up).await? {
        Begun::Open { page, .. } => (Some(page.into()), false),
        Begun::Unsure { .. } => (None, true),
        Begun::Over(_) => (None, false),
    };
    let mut shown = Shown::of(&payments.payment(id).await?, page);
    if is_unsure {
        shown.status = "unsure";
    }
    Ok((StatusCode::CREATED, private(Json(shown))).into_response())
}

/// How a payment stands: asked of the gateway where it is not over.
#[utoipa::path(get, path = "/v1/wallet/top-ups/{id}", tag = "wallets", params(
    ("id" = String, Path, description = "pay_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Shown), alike::BadRequest, alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(owner: Owner, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let payment = own(&owner, &app, &id).await?;
    let looked = match payment.is_over() {
        true => payment,
        false => app.tills.of(owner.mode()).look(payment.id).await.unwrap_or(payment),
    };
    Ok(private(Json(Shown::of(&looked, None))))
}

/// What Razorpay's checkout hands to the page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TopUpReturned)]
pub(super) struct Returned {
    /// razorpay_payment_id
    charge: String,
    /// razorpay_signature
    signature: String,
}

/// Says that the fan has paid, with the gateway's word for it: the coins are there without waiting for its webhook.
#[utoipa::path(post, path = "/v1/wallet/top-ups/{id}/returned", tag = "wallets", request_body = Returned, params(
    ("id" = String, Path, description = "pay_…"),
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = Shown), alike::BadRequest, alike::NotFound, alike::Unprocessable,
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 502, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn returned(
    owner: Owner,
    State(app): State<App>,
    Id(id): Id,
    Content(body): Content,
) -> Result<Response, Problem> {
    let said: Returned = parse(&body)?;
    let payment = own(&owner, &app, &id).await?;
    let payments = app.tills.of(owner.mode());
    let payment = payments.returned(payment.id, &said.charge, &said.signature).await?;
    Ok(private(Json(Shown::of(&payment, None))))
}

/// The fan's own payment; another's is not there.
async fn own(owner: &Owner, app: &App, id: &str) -> Result<Payment, Problem> {
    let known = PaymentId::parse(id).ok_or_else(|| Problem::unknown(id))?;
    let payment = app.tills.of(owner.mode()).payment(known).await?;
    if payment.owner == owner.holder().fan_id { Ok(payment) } else { Err(Problem::unknown(id)) }
}
