//! What a partner's till does: it asks what a code is, and redeems it.

use crate::app::App;
use crate::http::caller::{from_headers, refused};
use crate::http::dashboard::address;
use crate::http::feed::parse;
use crate::http::limits::pass_exactly;
use crate::http::manage::idempotency::IdempotencyKey;
use crate::http::openapi::alike;
use crate::http::request::Content;
use crate::http::wallet::{books, private};
use crate::problem::{Problem, types};
use access::{Actor, ActorKind, By, Visitor};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{header, request::Parts};
use axum::response::Response;
use partners::{Need, PartnerKey, Scope};
use rewards::Error;
use rewards::voucher::{Found, Owner, Redeemer, Said, Shown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Holds a secret key with the scope `redeem`; of a test key, for vouchers of its test fans.
#[derive(Clone, Debug)]
pub(super) struct Till {
    key: PartnerKey,
    by: By,
}

impl Till {
    fn redeemer<'a>(&'a self, place: Option<&'a str>, request: Option<&'a str>) -> Redeemer<'a> {
        let owner =
            Owner { books: books(self.key.mode()), organisation_id: Some(self.key.organisation_id()) };
        Redeemer { owner, by: &self.by, place, request }
    }
}

impl FromRequestParts<App> for Till {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let checked = app.keys.check(from_headers(&parts.headers), None, Need::Scope(Scope::Redeem));
        let key = checked.map_err(|refusal| refused(app, parts, refusal))?;
        pass_exactly(app, &key, parts).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let visitor = Visitor::new(address(parts), agent);
        let actor = Actor { kind: ActorKind::Key, id: key.key_id().to_owned(), name: key.name().to_owned() };
        Ok(Self { key, by: By { actor, visitor: Some(visitor), at: app.clock.now() } })
    }
}

/// A voucher as the till has it: typed, or scanned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VoucherSaid)]
pub(super) struct Wanted {
    /// As it was typed, whatever its hyphens; or all that was scanned.
    code: Option<String>,
    /// What is behind the number sign of a fan's QR code.
    token: Option<String>,
    /// Where that is, for your audit log: 120 characters at most.
    place: Option<String>,
}

impl Wanted {
    fn said(&self) -> Result<Said<'_>, Problem> {
        match (&self.code, &self.token) {
            (Some(code), None) => Ok(Said::typed(code)),
            (None, Some(token)) => Ok(Said::Link(token)),
            _ => Err(Problem::invalid("code or token: one of them")),
        }
    }
}

/// A voucher that can be redeemed, or just was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherToRedeem)]
pub(super) struct Told {
    /// "vch_…"
    id: String,
    /// "prd_…"
    product: String,
    name: String,
    description: String,
    /// claimed, or redeemed
    state: &'static str,
    /// RFC 3339
    valid_until: String,
    redeemed_at: Option<String>,
}

impl From<Shown> for Told {
    fn from(it: Shown) -> Self {
        Self {
            state: it.voucher.state.word(),
            valid_until: it.voucher.valid_until.to_string(),
            redeemed_at: it.voucher.redeemed_at.map(|it| it.to_string()),
            id: it.voucher.id,
            product: it.voucher.product,
            name: it.name,
            description: it.description,
        }
    }
}

/// One answer for whatever is not to be redeemed.
fn answer(found: Result<Found, Error>, by: &By) -> Result<Response, Problem> {
    match found {
        Ok(Found::Good(shown)) => Ok(private(Json(Told::from(shown)))),
        Ok(Found::Redeemed(_) | Found::Nothing) => {
            Err(Problem::new(&types::NOT_REDEEMABLE, "there is no voucher of yours that this redeems"))
        }
        Err(Error::TooOften { until }) => Err(Problem::too_often("codes were tried in vain", until, by.at)),
        Err(error) => Err(error.into()),
    }
}

/// Says what a voucher is, before it is redeemed. Codes that are tried in vain are counted.
#[utoipa::path(post, path = "/v1/vouchers/look-up", tag = "vouchers", request_body = Wanted, responses(
    (status = 200, body = Told), alike::BadRequest, alike::Conflict,
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn look_up(
    till: Till,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: Wanted = parse(&body)?;
    let found = app.vouchers.look_up(&till.redeemer(None, None), wanted.said()?).await;
    answer(found, &till.by)
}

/// Redeems a voucher, once. Whatever is not to be redeemed is one answer: unknown, another organisation's, over, or
/// redeemed before. Sent again with the same `Idempotency-Key`, what was redeemed under it is answered again.
#[utoipa::path(post, path = "/v1/vouchers/redeem", tag = "vouchers", request_body = Wanted,
    params(alike::IdempotencyKey), responses(
    (status = 200, body = Told), alike::BadRequest, alike::Conflict, alike::Unprocessable,
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn redeem(
    till: Till,
    State(app): State<App>,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: Wanted = parse(&body)?;
    let place = wanted.place.as_deref().map(str::trim).filter(|it| !it.is_empty());
    let found = app.vouchers.redeem(&till.redeemer(place, key.text()), wanted.said()?).await;
    answer(found, &till.by)
}
