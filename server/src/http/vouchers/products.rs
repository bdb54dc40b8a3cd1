//! What a partner's server puts on sale: products, their codes and figures.

use crate::app::App;
use crate::http::caller::{from_headers, refused};
use crate::http::dashboard::address;
use crate::http::feed::parse;
use crate::http::limits::pass_exactly;
use crate::http::manage::idempotency::{IdempotencyKey, check_match, shown};
use crate::http::manage::page::{Page, PageQuery};
use crate::http::openapi::alike;
use crate::http::request::{self, Content, Id};
use crate::http::wallet::{books, private};
use crate::problem::{Problem, types};
use access::{Actor, ActorKind, By, Deed, Visitor, audit};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use partners::{Need, PartnerKey, Scope};
use rewards::product::{self, Between, Codes, Product, State as Sale, Terms};
use rewards::voucher::{Batch, Figures, Owner, id_of, stock as voucher_stock};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use store::Transaction;
use utoipa::ToSchema;
use wallet::Made;

/// Holds a secret key with the scope `manage`; of a test key, the products of its test fans.
#[derive(Clone, Debug)]
pub(super) struct Seller {
    key: PartnerKey,
    by: By,
}

impl Seller {
    fn owner(&self) -> Owner<'_> {
        Owner { books: books(self.key.mode()), organisation_id: Some(self.key.organisation_id()) }
    }

    /// One of its own; another's is not there.
    fn own(&self, id: &str, found: Option<Product>) -> Result<Product, Problem> {
        found.filter(|it| self.owner().has(it)).ok_or_else(|| Problem::unknown(id))
    }

    async fn find(&self, app: &App, id: &str) -> Result<Product, Problem> {
        let found = app.store.read("vouchers.product", async |db| product::find(db, id).await).await?;
        self.own(id, found)
    }

    /// Writes down what was done, with the change itself.
    async fn record(&self, tx: &Transaction<'_>, action: &str, it: &Product) -> Result<(), Problem> {
        let after = json!({
            "name": it.terms.name,
            "price": it.terms.price,
            "state": it.state.word(),
            "valid_until": it.terms.valid_until.to_string(),
        });
        let organisation_id = Some(self.key.organisation_id());
        let deed = Deed { organisation_id, action, object: &it.id, before: None, after: Some(after) };
        Ok(audit::record(tx, &self.by, &deed).await.map_err(rewards::Error::from)?)
    }
}

impl FromRequestParts<App> for Seller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let checked = app.keys.check(from_headers(&parts.headers), None, Need::Scope(Scope::Manage));
        let key = checked.map_err(|refusal| refused(app, parts, refusal))?;
        pass_exactly(app, &key, parts).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let visitor = Visitor::new(address(parts), agent);
        let actor = Actor { kind: ActorKind::Key, id: key.key_id().to_owned(), name: key.name().to_owned() };
        Ok(Self { key, by: By { actor, visitor: Some(visitor), at: app.clock.now() } })
    }
}

/// Where codes come from.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CodesFrom {
    /// They are made here, at random, with a digit that checks the others.
    Made,
    /// They are yours.
    Imported,
}

/// Whether fans can have it.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum NewState {
    /// Nobody sees it.
    Draft,
    OnSale,
    /// None is sold; who has one keeps it.
    Paused,
}

/// What vouchers are for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(super) struct Shown {
    /// "prd_…"
    id: String,
    name: String,
    description: String,
    /// Points; null where it is not sold for points.
    price: Option<i64>,
    /// The most that a fan buys, ever and in a day (UTC); null: as many as there are.
    fan_max: Option<i32>,
    fan_day_max: Option<i32>,
    /// RFC 3339, as the others
    valid_from: String,
    /// All of its vouchers are over then.
    valid_until: String,
    /// How long a code is good after it was shown; null: as long as the product is.
    claim_seconds: Option<i64>,
    /// Whether one fan may give it to another.
    transferable: bool,
    /// Whether it may be sold on a market.
    tradable: bool,
    codes: CodesFrom,
    /// draft, on-sale, paused, over
    state: &'static str,
    version: i32,
    created_at: String,
}

impl From<Product> for Shown {
    fn from(it: Product) -> Self {
        let terms = it.terms;
        Self {
            id: it.id,
            name: terms.name,
            description: terms.description,
            price: terms.price,
            fan_max: terms.fan_max,
            fan_day_max: terms.fan_day_max,
            valid_from: terms.valid_from.to_string(),
            valid_until: terms.valid_until.to_string(),
            claim_seconds: terms.claim_seconds,
            transferable: terms.between.transferable,
            tradable: terms.between.tradable,
            codes: match terms.codes {
                Codes::Made => CodesFrom::Made,
                Codes::Imported => CodesFrom::Imported,
            },
            state: it.state.word(),
            version: it.version,
            created_at: it.made_at.to_string(),
        }
    }
}

/// A new product, which is a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewProduct)]
pub(super) struct Wanted {
    /// 1 to 120 characters.
    name: String,
    /// 2,000 characters at most.
    #[serde(default)]
    description: String,
    #[schema(minimum = 1)]
    price: Option<i64>,
    #[schema(minimum = 1)]
    fan_max: Option<i32>,
    #[schema(minimum = 1)]
    fan_day_max: Option<i32>,
    /// RFC 3339; now, when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
    #[schema(minimum = 1)]
    claim_seconds: Option<i64>,
    #[serde(default)]
    transferable: bool,
    #[serde(default)]
    tradable: bool,
    codes: CodesFrom,
}

impl Wanted {
    fn meant(self, now: Timestamp) -> Terms {
        Terms {
            name: self.name,
            description: self.description,
            price: self.price,
            fan_max: self.fan_max,
            fan_day_max: self.fan_day_max,
            valid_from: self.valid_from.unwrap_or(now),
            valid_until: self.valid_until,
            claim_seconds: self.claim_seconds,
            between: Between { transferable: self.transferable, tradable: self.tradable },
            codes: match self.codes {
                CodesFrom::Made => Codes::Made,
                CodesFrom::Imported => Codes::Imported,
            },
        }
    }
}

/// What of a product is to change; what is left out stays, and null takes a limit away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProductChange)]
pub(super) struct Change {
    name: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    price: Option<Option<i64>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i32>)]
    fan_max: Option<Option<i32>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i32>)]
    fan_day_max: Option<Option<i32>>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_until: Option<Timestamp>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    claim_seconds: Option<Option<i64>>,
    transferable: Option<bool>,
    tradable: Option<bool>,
    state: Option<NewState>,
}

/// A field that is there, be it null.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

impl Change {
    fn of(self, it: &Product) -> (Terms, Sale) {
        let terms = it.terms.clone();
        let state = match self.state {
            None => it.state,
            Some(NewState::Draft) => Sale::Draft,
            Some(NewState::OnSale) => Sale::OnSale,
            Some(NewState::Paused) => Sale::Paused,
        };
        let changed = Terms {
            name: self.name.unwrap_or(terms.name),
            description: self.description.unwrap_or(terms.description),
            price: self.price.unwrap_or(terms.price),
            fan_max: self.fan_max.unwrap_or(terms.fan_max),
            fan_day_max: self.fan_day_max.unwrap_or(terms.fan_day_max),
            valid_from: self.valid_from.unwrap_or(terms.valid_from),
            valid_until: self.valid_until.unwrap_or(terms.valid_until),
            claim_seconds: self.claim_seconds.unwrap_or(terms.claim_seconds),
            between: Between {
                transferable: self.transferable.unwrap_or(terms.between.transferable),
                tradable: self.tradable.unwrap_or(terms.between.tradable),
            },
            codes: terms.codes,
        };
        (changed, state)
    }
}

/// Your products, the oldest first.
#[utoipa::path(get, path = "/v1/rewards/products", tag = "products", params(PageQuery), responses(
    (status = 200, body = inline(Page<Shown>)), alike::BadRequest,
))]
pub(super) async fn list(
    seller: Seller,
    State(app): State<App>,
    request::Asked(asked): request::Asked<PageQuery>,
) -> Result<Response, Problem> {
    let (rows_max, after) = (asked.rows()?, asked.after::<String>()?.unwrap_or_default());
    let (owner, limit) = (seller.owner(), i64::try_from(rows_max).unwrap_or(1) + 1);
    let read = async |db: &store::Client<'_>| product::of_owner(db, &owner, &after, limit).await;
    let rows = app.store.read("vouchers.list", read).await?;
    Ok(private(Json(Page::of_rows(rows, rows_max, |it| it.id.clone()).map(Shown::from))))
}

/// Makes a product, which nobody sees before it is put on sale. Sent again with the same `Idempotency-Key`, it is the
/// same one.
#[utoipa::path(post, path = "/v1/rewards/products", tag = "products", request_body = Wanted,
    params(alike::IdempotencyKey), responses(
    (status = 201, body = Shown), alike::BadRequest, alike::Unprocessable,
))]
pub(super) async fn create(
    seller: Seller,
    State(app): State<App>,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: Wanted = parse(&body)?;
    let (owner, now) = (seller.owner(), app.clock.now());
    let has_from = wanted.valid_from.is_some();
    let terms = wanted.meant(now);
    let whose = format!("{}/{}", owner.books.word(), seller.key.organisation_id());
    let id = id_of("prd", &whose, key.text());
    let made = app.store.run_tx("vouchers.make_product", async |tx| {
        let organisation = owner.organisation_id;
        let made = product::make_as(tx, &id, owner.books, organisation, &terms, now).await?;
        let found = seller.own(&id, product::find(tx, &id).await?)?;
        match made {
            Made::Now => seller.record(tx, "product.make", &found).await?,
            // As it was asked for, while it is as it was made.
            Made::Before => {
                let from = if has_from { terms.valid_from } else { found.terms.valid_from };
                let same = Terms { valid_from: from, ..terms.clone() };
                if found.version == 1 && found.terms != same {
                    return Err(Problem::from(rewards::Error::OtherRequest));
                }
            }
        }
        Ok(found)
    });
    Ok((StatusCode::CREATED, private(Json(Shown::from(made.await?)))).into_response())
}

/// A product.
#[utoipa::path(get, path = "/v1/rewards/products/{id}", tag = "products",
    params(("id" = String, Path, description = "prd_…")), responses(
    (status = 200, body = Shown, headers(("etag" = String, description = "for If-Match"))),
    alike::BadRequest, alike::NotFound,
))]
pub(super) async fn show(seller: Seller, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    Ok(shown(&Shown::from(seller.find(&app, &id).await?)))
}

/// Changes a product, or puts it on sale. What fans have bought they have; where codes come from stays what it was.
#[utoipa::path(patch, path = "/v1/rewards/products/{id}", tag = "products", request_body = Change, params(
    ("id" = String, Path, description = "prd_…"), alike::IfMatch,
), responses(
    (status = 200, body = Shown, headers(("etag" = String, description = "for If-Match"))),
    alike::BadRequest, alike::NotFound, alike::Conflict, alike::PreconditionFailed, alike::Unprocessable,
))]
pub(super) async fn change(
    seller: Seller,
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    parse::<Change>(&body)?;
    let changed = app.store.run_tx("vouchers.change_product", async |tx| {
        let before = seller.own(&id, product::lock(tx, &id).await?)?;
        check_match(&headers, &Shown::from(before.clone()))?;
        let (terms, state) = parse::<Change>(&body)?.of(&before);
        product::change(tx, &id, &terms, state).await?;
        let after = seller.own(&id, product::find(tx, &id).await?)?;
        seller.record(tx, "product.change", &after).await?;
        Ok::<_, Problem>(after)
    });
    Ok(shown(&Shown::from(changed.await?)))
}

/// How many codes are to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCodes)]
pub(super) struct CodesWanted {
    #[schema(minimum = 1, maximum = 50_000)]
    count: usize,
}

/// Codes that came together, and as many vouchers in stock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CodeBatch)]
pub(super) struct BatchShown {
    /// "bat_…"
    id: String,
    /// "prd_…"
    product: String,
    codes: i32,
    /// RFC 3339
    created_at: String,
}

impl From<Batch> for BatchShown {
    fn from(it: Batch) -> Self {
        Self { id: it.id, product: it.product, codes: it.codes, created_at: it.made_at.to_string() }
    }
}

fn created(batch: Batch) -> Response {
    (StatusCode::CREATED, private(Json(BatchShown::from(batch)))).into_response()
}

impl Seller {
    fn batch_id(&self, key: &IdempotencyKey) -> String {
        id_of("bat", &format!("{}/{}", self.owner().books.word(), self.key.organisation_id()), key.text())
    }
}

/// Makes codes at random, and as many vouchers. Sent again with the same `Idempotency-Key`, they are made once.
#[utoipa::path(post, path = "/v1/rewards/products/{id}/codes", tag = "products", request_body = CodesWanted, params(
    ("id" = String, Path, description = "prd_…"), alike::IdempotencyKey,
), responses(
    (status = 201, body = BatchShown), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
))]
pub(super) async fn make_codes(
    seller: Seller,
    State(app): State<App>,
    Id(id): Id,
    key: IdempotencyKey,
    Content(body): Content,
) -> Result<Response, Problem> {
    let CodesWanted { count } = parse(&body)?;
    let batch = seller.batch_id(&key);
    Ok(created(app.vouchers.make_codes(&seller.owner(), &id, count, &batch, &seller.by).await?))
}

/// Takes in codes of yours, and as many vouchers: a CSV file of one column, with or without a head, of 50,000 codes and
/// 4 MiB at most. All of them, or none; the detail of a refusal names lines. Sent again with the same
/// `Idempotency-Key`, they are taken in once.
#[utoipa::path(post, path = "/v1/rewards/products/{id}/codes/import", tag = "products",
    request_body(content = String, content_type = "text/csv"), params(
    ("id" = String, Path, description = "prd_…"), alike::IdempotencyKey,
), responses(
    (status = 201, body = BatchShown), alike::BadRequest, alike::NotFound, alike::Conflict, alike::Unprocessable,
    (status = 413, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn import(
    seller: Seller,
    State(app): State<App>,
    Id(id): Id,
    key: IdempotencyKey,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("text/csv")) {
        return Err(Problem::new(&types::INVALID_REQUEST, "Content-Type: text/csv"));
    }
    let batch = seller.batch_id(&key);
    Ok(created(app.vouchers.import_codes(&seller.owner(), &id, &body, &batch, &seller.by).await?))
}

/// Where a product's vouchers are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductStock)]
pub(super) struct StockShown {
    /// Codes that were made or imported.
    made: i64,
    /// To be had.
    in_stock: i64,
    /// Kept for fans who are buying.
    reserved: i64,
    /// Had by fans who have not opened them.
    held: i64,
    /// Opened, and good still.
    claimed: i64,
    redeemed: i64,
    expired: i64,
}

impl From<Figures> for StockShown {
    fn from(it: Figures) -> Self {
        let Figures { made, in_stock, reserved, held, claimed, redeemed, expired } = it;
        Self { made, in_stock, reserved, held, claimed, redeemed, expired }
    }
}

/// How many vouchers of a product there are, and where.
#[utoipa::path(get, path = "/v1/rewards/products/{id}/stock", tag = "products",
    params(("id" = String, Path, description = "prd_…")), responses(
    (status = 200, body = StockShown), alike::BadRequest, alike::NotFound,
))]
pub(super) async fn stock(seller: Seller, State(app): State<App>, Id(id): Id) -> Result<Response, Problem> {
    let products = [seller.find(&app, &id).await?];
    let read = async |db: &store::Client<'_>| voucher_stock::figures(db, &products).await;
    let figures = app.store.read("vouchers.stock", read).await?;
    Ok(private(Json(StockShown::from(figures.first().copied().unwrap_or_default()))))
}
