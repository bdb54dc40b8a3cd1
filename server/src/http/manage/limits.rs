//! How much an organisation and its keys may use.

use super::caller::{Manager, Reporter};
use super::idempotency::{check_match, shown};
use super::keys::find;
use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::{Content, Id};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use partners::limit::{Limits, Override, Quota, Sums, judge, table};
use partners::{Error, Mode, key, usage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How fast requests may come.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rate)]
struct RateShown {
    /// 1 to 600,000
    #[schema(minimum = 1, maximum = 600_000)]
    per_minute: u32,
    /// How many may come at once, 1 to 600,000
    #[schema(minimum = 1, maximum = 600_000)]
    burst: u32,
}

impl From<partners::limit::Rate> for RateShown {
    fn from(it: partners::limit::Rate) -> Self {
        Self { per_minute: it.per_minute(), burst: it.burst() }
    }
}

/// How much there is of something.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
struct QuotaShown {
    /// From here on you are told; null: you are not.
    soft: Option<u64>,
    /// Here it ends; null: it does not.
    hard: Option<u64>,
    /// What is used of it, where it is of a month.
    used: Option<u64>,
}

impl QuotaShown {
    fn of(quota: Quota, used: Option<u64>) -> Self {
        Self { soft: quota.soft(), hard: quota.hard(), used }
    }
}

/// What your plan has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(super) struct Shown {
    /// Of each secret key.
    secret: RateShown,
    /// Of each publishable key, in each of our processes.
    publishable: RateShown,
    /// Open at once, of all keys together.
    streams: QuotaShown,
    /// In this calendar month (UTC), of live keys.
    stream_minutes: QuotaShown,
    /// The same.
    impressions: QuotaShown,
}

/// What your plan has, and what is used of it this month.
#[utoipa::path(get, path = "/v1/limits", tag = "usage", responses((status = 200, body = Shown)))]
pub(super) async fn show(State(app): State<App>, reporter: Reporter) -> Result<Json<Shown>, Problem> {
    let (organisation, now) = (reporter.organisation_id(), reporter.now());
    let read = app.store.read("partners.limits", async |db| {
        let limits = table::find(db, organisation).await?;
        Ok::<_, Error>((limits, usage::month(db, organisation, Mode::Live, now).await?))
    });
    let (limits, month) = read.await?;
    let sums = Sums {
        stream_minutes: month.stream_minutes().unsigned_abs(),
        impressions: month.impressions.unsigned_abs(),
    };
    let [minutes, impressions] = judge(&limits, sums).map(|it| it.used);
    let Limits { secret, publishable, streams, stream_minutes, impressions: of_impressions } = limits;
    Ok(Json(Shown {
        secret: secret.into(),
        publishable: publishable.into(),
        streams: QuotaShown::of(streams, None),
        stream_minutes: QuotaShown::of(stream_minutes, Some(minutes)),
        impressions: QuotaShown::of(of_impressions, Some(impressions)),
    }))
}

/// What a key has of its own; null where it is as in the plan.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyLimits)]
pub(super) struct OfKey {
    /// No more than the plan gives each key.
    rate: Option<RateShown>,
    /// Streams open at once; of the organisation's number it takes its part.
    #[schema(maximum = 1_000_000_000)]
    streams_max: Option<u64>,
}

impl From<Override> for OfKey {
    fn from(it: Override) -> Self {
        Self { rate: it.rate.map(Into::into), streams_max: it.streams_max }
    }
}

/// Streams of a key, far beyond what one has.
const STREAMS_MAX: u64 = 1_000_000_000;

/// A key's own limits.
#[utoipa::path(get, path = "/v1/keys/{id}/limits", tag = "keys", params(("id" = String, Path, description = "key_…")), responses(
    (status = 200, body = OfKey, headers(("etag" = String, description = "for If-Match"))),
    alike::NotFound,
))]
pub(super) async fn of_key(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
) -> Result<Response, Problem> {
    let read = app.store.read("partners.key_limits", async |db| {
        find(db, &manager, &id).await?;
        Ok::<_, Problem>(table::find_for_key(db, &id).await?)
    });
    Ok(shown(&OfKey::from(read.await?)))
}

/// Gives a key limits of its own: all that is said here takes the place of what was.
#[utoipa::path(put, path = "/v1/keys/{id}/limits", tag = "keys", request_body = OfKey, params(
    ("id" = String, Path, description = "key_…"),
    alike::IfMatch,
), responses(
    (status = 200, body = OfKey),
    alike::BadRequest, alike::NotFound, alike::PreconditionFailed,
    (status = 422, description = "more than the plan has", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn set_of_key(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Problem> {
    let wanted: OfKey = parse(&body)?;
    if wanted.streams_max.is_some_and(|it| it > STREAMS_MAX) {
        return Err(Problem::invalid(format!("streams_max: {STREAMS_MAX} at most")));
    }
    let rate = wanted.rate.map(|it| partners::limit::Rate::new(it.per_minute, it.burst)).transpose()?;
    let own = Override { rate, streams_max: wanted.streams_max };
    let set = app.store.run_tx("partners.limit_key", async |tx| {
        let organisation = manager.organisation_id();
        // Held, so that of two who read the same one is told.
        key::hold(tx, organisation, &id).await?;
        check_match(&headers, &OfKey::from(table::find_for_key(tx, &id).await?))?;
        Ok::<_, Problem>(table::set_within_plan(tx, organisation, &id, &own, &manager.by).await?)
    });
    set.await?;
    Ok(shown(&OfKey::from(own)))
}
