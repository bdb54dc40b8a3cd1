//! The fan's own view of the wallet.

use super::shown::{self, EntriesQuery, Shown};
use super::{books, terms};
use crate::app::App;
use crate::http::fan::ForFan;
use crate::http::manage::page::Page;
use crate::http::openapi::alike;
use crate::http::request::Asked;
use crate::problem::{Problem, types};
use access::By;
use access::place::decision;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use partners::Fan;
use partners::fan::FanKind;
use wallet::{Holder, Wallet, holder};

/// Acts for a fan who can have a wallet: one whom a partner's server vouches for.
#[derive(Clone, Debug)]
pub(in crate::http) struct Owner {
    fan: Fan,
}

impl Owner {
    pub(in crate::http) fn mode(&self) -> partners::Mode {
        self.fan.mode()
    }

    pub(in crate::http) fn holder(&self) -> Holder<'_> {
        Holder {
            fan_id: self.fan.fan_id(),
            organisation_id: self.fan.organisation_id(),
            books: books(self.fan.mode()),
        }
    }

    /// The wallet, if it was ever opened.
    pub(in crate::http) async fn find(&self, app: &App) -> Result<Option<Wallet>, Problem> {
        let holder = self.holder();
        Ok(app.store.read("wallet.find", async |db| holder::find(db, &holder).await).await?)
    }

    /// The wallet, opened now if it was not before.
    pub(in crate::http) async fn open(&self, app: &App) -> Result<Wallet, Problem> {
        if let Some(wallet) = self.find(app).await? {
            return Ok(wallet);
        }
        self.make(app).await?;
        self.find(app)
            .await?
            .ok_or_else(|| Problem::new(&types::CONFLICT, "this wallet was erased at this moment: ask again"))
    }

    /// Opens the wallet if it is not open, for who does not ask what is in it.
    pub(in crate::http) async fn have_open(&self, app: &App) -> Result<(), Problem> {
        let holder = self.holder();
        let is_there = async |db: &store::Client<'_>| holder::is_there(db, &holder).await;
        match app.store.read("wallet.is_there", is_there).await? {
            true => Ok(()),
            false => self.make(app).await,
        }
    }

    async fn make(&self, app: &App) -> Result<(), Problem> {
        let (holder, terms, now) = (self.holder(), terms(app), app.clock.now());
        Ok(app.store.run_tx("wallet.open", async |tx| holder::open(tx, &holder, &terms, now).await).await?)
    }
}

impl FromRequestParts<App> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if !app.config.wallet.enabled {
            return Err(Problem::new(&types::NOT_SET_UP, "wallet.enabled is false"));
        }
        let ForFan { fan } = ForFan::from_request_parts(parts, app).await?;
        match fan.kind() {
            FanKind::Signed => Ok(Self { fan }),
            FanKind::Guest => {
                let detail = "nobody vouches for a guest: have your server sign who the user is";
                Err(Problem::new(&types::WALLET_FOR_GUESTS, detail))
            }
        }
    }
}

/// What a fan has.
#[utoipa::path(get, path = "/v1/wallet", tag = "wallets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is: a JWT that your server signed, or user=…&expires=…&signature=…"),
), responses(
    (status = 200, body = Shown),
    (status = 401, description = "no good key, or nobody who is believed", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(owner: Owner, State(app): State<App>) -> Result<Response, Problem> {
    let wallet = owner.open(&app).await?;
    Ok(private(Json(Shown::of(&app, &wallet).await?)))
}

/// What came and went, newest first.
#[utoipa::path(get, path = "/v1/wallet/entries", tag = "wallets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    EntriesQuery,
), responses(
    (status = 200, body = inline(Page<shown::Entry>)),
    alike::BadRequest,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn entries(
    owner: Owner,
    State(app): State<App>,
    Asked(query): Asked<EntriesQuery>,
) -> Result<Response, Problem> {
    let wallet = owner.find(&app).await?;
    Ok(private(Json(shown::entries(&app, wallet.as_ref(), &query).await?)))
}

/// All that is kept of the wallet, as a file.
#[utoipa::path(get, path = "/v1/wallet/export", tag = "wallets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, body = shown::WalletExport),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn export(owner: Owner, State(app): State<App>) -> Result<Response, Problem> {
    let wallet = owner.open(&app).await?;
    let file = [(header::CONTENT_DISPOSITION, "attachment; filename=\"wallet.json\"")];
    Ok((file, private(Json(shown::export(&app, &wallet).await?))).into_response())
}

/// Erases the wallet: what is in it is given up, and nothing that is kept names the fan. The books stay right: lines of accounts that belong
/// to nobody any more.
#[utoipa::path(delete, path = "/v1/wallet", tag = "wallets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 204, description = "it is erased, or there was none"),
    alike::Conflict,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn erase(owner: Owner, State(app): State<App>) -> Result<StatusCode, Problem> {
    let wallet = owner.find(&app).await?;
    if wallet.as_ref().is_some_and(|it| it.frozen_at.is_some()) {
        let detail = "a wallet that is frozen is erased by the site that it belongs to";
        return Err(Problem::new(&types::WALLET_FROZEN, detail));
    }
    let by = By::system("fan", app.clock.now());
    match erased(&app, &owner.holder(), &by).await? {
        Ok(()) | Err(wallet::Error::UnknownHolder { .. }) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}

/// Erases a wallet, and what is kept of its fan beside the ledger: also where an earlier try came as far as the ledger alone.
pub(super) async fn erased(
    app: &App,
    holder: &Holder<'_>,
    by: &By,
) -> Result<Result<(), wallet::Error>, Problem> {
    let forget = async |tx: &store::Transaction<'_>| decision::forget_fan(tx, holder.fan_id).await;
    app.store.run_tx("access.forget_fan", forget).await?;
    if app.store.read("wallet.find", async |db| holder::find(db, holder).await).await?.is_none() {
        app.vouchers.repair_erasure(holder.fan_id).await?;
        forget_answers(app, holder.fan_id).await?;
        return Ok(Err(wallet::Error::UnknownHolder { fan_id: holder.fan_id.into() }));
    }
    app.vouchers.before_erasure(holder.fan_id).await?;
    let erased = holder::erase(&app.store, &app.ledger, holder, by).await;
    if erased.is_ok() {
        app.vouchers.after_erasure(holder.fan_id, app.clock.now()).await?;
        forget_answers(app, holder.fan_id).await?;
    }
    Ok(erased)
}

async fn forget_answers(app: &App, fan_id: &str) -> Result<(), Problem> {
    Ok(app.store.run_tx("quizzes.forget", async |tx| quizzes::forget(tx, fan_id).await).await?)
}

/// In no cache.
pub(in crate::http) fn private(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}
