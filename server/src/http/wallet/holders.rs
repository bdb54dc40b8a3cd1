//! What a partner's server sees of its fans' wallets, and does with them.

use super::books;
use super::shown::{self, EntriesQuery, Shown};
use crate::app::App;
use crate::http::caller::{from_headers, refused};
use crate::http::dashboard::address;
use crate::http::feed::parse;
use crate::http::limits::pass_exactly;
use crate::http::manage::page::{Page, PageQuery};
use crate::http::openapi::alike;
use crate::http::request::{self, Content, Id};
use crate::problem::{Problem, types};
use access::{Actor, ActorKind, By, Deed, Visitor};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, header, request::Parts};
use partners::{Need, PartnerKey, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Transaction;
use utoipa::ToSchema;
use wallet::{DayLimits, Holder, Wallet, holder};

/// Holds a secret key with the scope `wallet`; of a test key, the wallets of its test fans.
#[derive(Clone, Debug)]
pub(super) struct Treasurer {
    key: PartnerKey,
    by: By,
}

impl Treasurer {
    fn holder<'a>(&'a self, fan_id: &'a str) -> Holder<'a> {
        Holder { fan_id, organisation_id: self.key.organisation_id(), books: books(self.key.mode()) }
    }

    async fn find(&self, app: &App, fan_id: &str) -> Result<Wallet, Problem> {
        let holder = self.holder(fan_id);
        let found = app.store.read("wallet.find", async |db| holder::find(db, &holder).await).await?;
        found.ok_or_else(|| Problem::unknown(fan_id))
    }

    /// Writes down what was done, with the change itself.
    async fn record(
        &self,
        tx: &Transaction<'_>,
        action: &str,
        fan_id: &str,
        after: Option<Value>,
    ) -> Result<(), Problem> {
        let organisation_id = Some(self.key.organisation_id());
        let deed = Deed { organisation_id, action, object: fan_id, before: None, after };
        access::audit::record(tx, &self.by, &deed).await.map_err(|error| match error {
            access::Error::Store(error) => error.into(),
            error => Problem::internal(&error),
        })
    }
}

impl FromRequestParts<App> for Treasurer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if !app.config.wallet.enabled {
            return Err(Problem::new(&types::NOT_SET_UP, "wallet.enabled is false"));
        }
        let checked = app.keys.check(from_headers(&parts.headers), None, Need::Scope(Scope::Wallet));
        let key = checked.map_err(|refusal| refused(app, parts, refusal))?;
        pass_exactly(app, &key, parts).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let visitor = Visitor::new(address(parts), agent);
        let actor = Actor { kind: ActorKind::Key, id: key.key_id().to_owned(), name: key.name().to_owned() };
        Ok(Self { key, by: By { actor, visitor: Some(visitor), at: app.clock.now() } })
    }
}

/// A fan who has a wallet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletHolder)]
pub(super) struct Listed {
    /// "fan_…"
    fan_id: String,
    /// Whether nothing may come or go.
    frozen: bool,
    /// RFC 3339
    opened_at: String,
}

/// Fans who have a wallet, by id.
#[utoipa::path(get, path = "/v1/wallets", tag = "wallets", params(PageQuery), responses(
    (status = 200, body = inline(Page<Listed>)),
    alike::BadRequest,
))]
pub(super) async fn list(
    treasurer: Treasurer,
    State(app): State<App>,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Json<Page<Listed>>, Problem> {
    let (rows_max, after) = (asked.rows()?, asked.after::<String>()?.unwrap_or_default());
    let (id, books) = (treasurer.key.organisation_id(), books(treasurer.key.mode()));
    let limit = i64::try_from(rows_max).unwrap_or(1) + 1;
    let read = async |db: &store::Client<'_>| holder::list(db, id, books, &after, limit).await;
    let rows = app.store.read("wallet.list", read).await?;
    let listed = |it: Wallet| Listed {
        frozen: it.frozen_at.is_some(),
        opened_at: it.opened_at.to_string(),
        fan_id: it.fan_id,
    };
    Ok(Json(Page::of_rows(rows, rows_max, |it| it.fan_id.clone()).map(listed)))
}

/// What a fan has.
#[utoipa::path(get, path = "/v1/fans/{id}/wallet", tag = "wallets",
    params(("id" = String, Path, description = "fan_…")),
    responses((status = 200, body = Shown), alike::BadRequest, alike::NotFound))]
pub(super) async fn show(
    treasurer: Treasurer,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Shown>, Problem> {
    Ok(Json(Shown::of(&app, &treasurer.find(&app, &id).await?).await?))
}

/// What came and went, newest first.
#[utoipa::path(get, path = "/v1/fans/{id}/wallet/entries", tag = "wallets",
    params(("id" = String, Path, description = "fan_…"), EntriesQuery),
    responses((status = 200, body = inline(Page<shown::Entry>)), alike::BadRequest, alike::NotFound))]
pub(super) async fn entries(
    treasurer: Treasurer,
    State(app): State<App>,
    Id(id): Id,
    request::Asked(query): request::Asked<EntriesQuery>,
) -> Result<Json<Page<shown::Entry>>, Problem> {
    let wallet = treasurer.find(&app, &id).await?;
    Ok(Json(shown::entries(&app, Some(&wallet), &query).await?))
}

/// All that is kept of a fan's wallet.
#[utoipa::path(get, path = "/v1/fans/{id}/wallet/export", tag = "wallets",
    params(("id" = String, Path, description = "fan_…")),
    responses((status = 200, body = shown::WalletExport), alike::BadRequest, alike::NotFound))]
pub(super) async fn export(
    treasurer: Treasurer,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<shown::WalletExport>, Problem> {
    let wallet = treasurer.find(&app, &id).await?;
    Ok(Json(shown::export(&app, &wallet).await?))
}

/// Freezes a wallet: nothing comes or goes, but what is held and given back. Frozen once more, it stays as it is.
#[utoipa::path(post, path = "/v1/fans/{id}/wallet/freeze", tag = "wallets",
    params(("id" = String, Path, description = "fan_…")),
    responses((status = 200, body = Shown), alike::BadRequest, alike::NotFound))]
pub(super) async fn freeze(
    treasurer: Treasurer,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Shown>, Problem> {
    let (holder, now) = (treasurer.holder(&id), app.clock.now());
    app.store
        .run_tx("wallet.freeze", async |tx| {
            holder::freeze(tx, &holder, now).await?;
            treasurer.record(tx, "wallet.freeze", &id, None).await
        })
        .await?;
    show(treasurer, State(app), Id(id)).await
}

/// Lets a wallet be used again.
#[utoipa::path(post, path = "/v1/fans/{id}/wallet/thaw", tag = "wallets",
    params(("id" = String, Path, description = "fan_…")),
    responses((status = 200, body = Shown), alike::BadRequest, alike::NotFound))]
pub(super) async fn thaw(
    treasurer: Treasurer,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Shown>, Problem> {
    let holder = treasurer.holder(&id);
    app.store
        .run_tx("wallet.thaw", async |tx| {
            holder::thaw(tx, &holder).await?;
            treasurer.record(tx, "wallet.thaw", &id, None).await
        })
        .await?;
    show(treasurer, State(app), Id(id)).await
}

/// The most that may come and go in a day (UTC), units.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WalletLimits)]
pub(super) struct Limits {
    /// null: no limit.
    #[schema(minimum = 0, maximum = 9_000_000_000_000_000_i64)]
    in_max: Option<i64>,
    #[schema(minimum = 0, maximum = 9_000_000_000_000_000_i64)]
    out_max: Option<i64>,
}

/// Sets what may come to a fan and go in a day. What is under way is finished whatever is set.
#[utoipa::path(put, path = "/v1/fans/{id}/wallet/limits/{asset}", tag = "wallets",
    params(("id" = String, Path, description = "fan_…"), ("asset" = String, Path, description = "points, coins")),
    request_body = Limits,
    responses((status = 200, body = Limits), alike::BadRequest, alike::NotFound, alike::Unprocessable))]
pub(super) async fn limit(
    treasurer: Treasurer,
    State(app): State<App>,
    Id((id, asset)): Id<(String, String)>,
    Content(body): Content,
) -> Result<Json<Limits>, Problem> {
    let limits: Limits = parse(&body)?;
    let asset = shown::asset(Some(&asset))?;
    for units in [limits.in_max, limits.out_max].into_iter().flatten() {
        if !(0..=wallet::UNITS_MAX).contains(&units) {
            let detail = format!("a limit is 0 to {}, not {units}", wallet::UNITS_MAX);
            return Err(Problem::new(&types::INVALID_VALUE, detail));
        }
    }
    let set = DayLimits { in_max: limits.in_max, out_max: limits.out_max };
    let holder = treasurer.holder(&id);
    app.store
        .run_tx("wallet.limit", async |tx| {
            holder::limit(tx, &holder, asset, set).await?;
            let after = json!({ "asset": asset.text(), "in_max": set.in_max, "out_max": set.out_max });
            treasurer.record(tx, "wallet.limit", &id, Some(after)).await
        })
        .await?;
    Ok(Json(limits))
}

/// Erases a fan's wallet, when the fan asks you to: what is in it is given up, and nothing that is kept names the fan.
#[utoipa::path(delete, path = "/v1/fans/{id}/wallet", tag = "wallets",
    params(("id" = String, Path, description = "fan_…")),
    responses((status = 204, description = "it is erased"), alike::BadRequest, alike::NotFound, alike::Conflict))]
pub(super) async fn erase(
    treasurer: Treasurer,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    super::fan::erased(&app, &treasurer.holder(&id), &treasurer.by).await??;
    Ok(StatusCode::NO_CONTENT)
}
