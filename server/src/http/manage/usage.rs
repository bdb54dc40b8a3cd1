//! What an organisation's fans did, and where its keys were refused.

use super::caller::{Manager, Reporter};
use super::keys::find;
use super::mode::Mode;
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::http::openapi::alike;
use crate::http::request::{Asked, Id};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use partners::Error;
use partners::usage::{
    self, Dimension, Figures, KeyOrigin, Part, Point, Reason, RefusedOrigin, Rows, Span, Step, Top, Which,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The longest time that may be asked for: 25 months are kept.
const DAYS_MAX: i64 = 800;
/// The longest one by the hour.
const DAYS_BY_HOUR_MAX: i64 = 100;
/// Without a beginning, the last thirty days.
const DAYS_DEFAULT: i64 = 30;

/// Which time, and of what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageQuery {
    /// RFC 3339; hours are whole, so that this is the beginning of the hour that it is in. Thirty days before `until` when left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// RFC 3339, 800 days after `from` at most; now when left out.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `live` or `test`. Of this and the three below at most one.
    #[param(inline)]
    mode: Option<Mode>,
    /// "sit_…"
    site: Option<String>,
    /// "key_…"
    key: Option<String>,
    /// "mat_…"
    #[serde(rename = "match")]
    match_id: Option<String>,
    /// `hour` (100 days at most) or `day` (UTC): then each has its figures. The sums alone when left out.
    #[param(inline)]
    step: Option<StepWord>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StepWord {
    Hour,
    Day,
}

impl From<StepWord> for Step {
    fn from(it: StepWord) -> Self {
        match it {
            StepWord::Hour => Step::Hour,
            StepWord::Day => Step::Day,
        }
    }
}

impl UsageQuery {
    fn which(&self, now: Timestamp) -> Result<Which<'_>, Problem> {
        Ok(Which { part: self.part()?, span: self.span(now)?, step: self.step.map(Into::into) })
    }

    fn span(&self, now: Timestamp) -> Result<Span, Problem> {
        let until = self.until.unwrap_or(now);
        let default = || until.saturating_sub(SignedDuration::from_hours(24 * DAYS_DEFAULT)).unwrap_or(until);
        let from = self.from.unwrap_or_else(default);
        let long = until.duration_since(from);
        if long.is_negative() {
            return Err(Problem::invalid("from: it is after until"));
        }
        let days_max = if matches!(self.step, Some(StepWord::Hour)) { DAYS_BY_HOUR_MAX } else { DAYS_MAX };
        if long > SignedDuration::from_hours(24 * days_max) {
            return Err(Problem::invalid(format!("from: {days_max} days before until at most")));
        }
        Ok(Span::new(from, until))
    }

    fn part(&self) -> Result<Part<'_>, Problem> {
        let id = |name: &str, prefix: &str, id: &str| match store::ids::is_valid(prefix, id) {
            true => Ok(()),
            false => Err(Problem::invalid(format!("{name}: not an id like {prefix}_…"))),
        };
        match (self.mode, self.site.as_deref(), self.key.as_deref(), self.match_id.as_deref()) {
            (None, None, None, None) => Ok(Part::All),
            (Some(mode), None, None, None) => Ok(Part::Mode(mode.into())),
            (None, Some(site), None, None) => id("site", "sit", site).map(|()| Part::Site(site)),
            (None, None, Some(key), None) => id("key", "key", key).map(|()| Part::Key(key)),
            (None, None, None, Some(it)) => id("match", "mat", it).map(|()| Part::Match(it)),
            _ => Err(Problem::invalid("mode, site, key, match: at most one of them")),
        }
    }
}

/// What was used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageFigures)]
pub(super) struct ShownFigures {
    /// Frames and snapshots that were served, those that a cache served left out.
    impressions: i64,
    /// Streams that were opened.
    opens: i64,
    /// For how long streams were open, of all of them together.
    stream_seconds: i64,
    /// Streams at the same time: the average of the busiest minute, rounded up.
    peak_streams: i64,
    /// Updates, times the streams that they were sent to.
    updates: i64,
}

impl From<Figures> for ShownFigures {
    fn from(it: Figures) -> Self {
        Self {
            impressions: it.impressions,
            opens: it.opens,
            stream_seconds: it.stream_ms / 1_000,
            peak_streams: it.peak,
            updates: it.updates,
        }
    }
}

/// The figures of an hour or day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsagePoint)]
pub(super) struct ShownPoint {
    /// When it begins, RFC 3339.
    at: String,
    #[serde(flatten)]
    figures: ShownFigures,
}

impl From<Point> for ShownPoint {
    fn from(it: Point) -> Self {
        Self { at: it.at.to_string(), figures: it.figures.into() }
    }
}

/// The figures of a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(super) struct Shown {
    from: String,
    until: String,
    #[serde(flatten)]
    figures: ShownFigures,
    /// With `step`: each hour or day, in order, also where nothing was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<Vec<ShownPoint>>,
}

/// Figures of your organisation, or of a part of it. They are ten seconds old at most.
#[utoipa::path(get, path = "/v1/usage", tag = "usage", params(UsageQuery), responses(
    (status = 200, body = Shown),
    alike::BadRequest,
))]
pub(super) async fn show(
    State(app): State<App>,
    reporter: Reporter,
    Asked(asked): Asked<UsageQuery>,
) -> Result<Json<Shown>, Problem> {
    let Which { part, span, step } = asked.which(reporter.now())?;
    let organisation = reporter.organisation_id();
    let read = app.store.read("partners.usage", async |db| {
        let figures = usage::summary(db, organisation, part, span).await?;
        let Some(step) = step else { return Ok((figures, None)) };
        Ok::<_, Error>((figures, Some(usage::series(db, organisation, part, span, step).await?)))
    });
    let (figures, points) = read.await?;
    Ok(Json(Shown {
        from: span.from().to_string(),
        until: span.until().to_string(),
        figures: figures.into(),
        points: points.map(|it| it.into_iter().map(Into::into).collect()),
    }))
}

/// By what figures are told apart.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ByWord {
    Site,
    Key,
    Match,
    Country,
}

/// Which time, of what, and which page of the list. Say `until` to see pages of the same time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// As of `/v1/usage`.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// As of `/v1/usage`.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `live` or `test`. Of this and the three below at most one.
    #[param(inline)]
    mode: Option<Mode>,
    /// "sit_…"
    site: Option<String>,
    /// "key_…"
    key: Option<String>,
    /// "mat_…"
    #[serde(rename = "match")]
    match_id: Option<String>,
    /// `hour` (100 days at most) or `day` (UTC): then each has its own things, in order. The sums alone when left out.
    #[param(inline)]
    step: Option<StepWord>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Things on the page, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

impl ListQuery {
    fn split(self) -> (UsageQuery, PageQuery) {
        let Self { from, until, mode, site, key, match_id, step, cursor, limit } = self;
        (UsageQuery { from, until, mode, site, key, match_id, step }, PageQuery { cursor, limit })
    }
}

/// The figures of one site, key, match or country.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsagePart)]
pub(super) struct ShownPart {
    /// With `step`: when its hour or day begins, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// "sit_…" (empty: keys of no site), "key_…", "mat_…" ("other": those that are not told apart), or ISO 3166-1 ("ZZ": not known).
    id: String,
    opens: i64,
    /// This and all below: not known of countries.
    impressions: Option<i64>,
    stream_seconds: Option<i64>,
    updates: Option<i64>,
    /// Not known either where only a part is asked for.
    peak_streams: Option<i64>,
}

impl ShownPart {
    fn of(top: Top, dimension: Dimension, part: Part<'_>) -> Self {
        let known = |figure: i64| (dimension != Dimension::Country).then_some(figure);
        Self {
            at: top.at.map(|it| it.to_string()),
            opens: top.figures.opens,
            impressions: known(top.figures.impressions),
            stream_seconds: known(top.figures.stream_ms / 1_000),
            updates: known(top.figures.updates),
            peak_streams: known(top.figures.peak).filter(|_| part == Part::All),
            id: top.id,
        }
    }
}

/// Figures by site, key, match or country, those that opened the most streams first.
#[utoipa::path(get, path = "/v1/usage/by/{dimension}", tag = "usage",
    params(("dimension" = inline(ByWord), Path, description = "site, key, match or country"), ListQuery), responses(
    (status = 200, body = Page<ShownPart>),
    alike::BadRequest,
    (status = 404, description = "nothing is told apart by that", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn by(
    State(app): State<App>,
    reporter: Reporter,
    Id(dimension): Id,
    Asked(asked): Asked<ListQuery>,
) -> Result<Json<Page<ShownPart>>, Problem> {
    let dimension = match dimension.as_str() {
        "site" => Dimension::Site,
        "key" => Dimension::Key,
        "match" => Dimension::Match,
        "country" => Dimension::Country,
        _ => return Err(Problem::unknown_route("/v1/usage/by")),
    };
    let (asked, page) = asked.split();
    let (which, after) = (asked.which(reporter.now())?, page.after()?);
    let (rows_max, rows) = rows(&page, after.as_ref())?;
    let organisation = reporter.organisation_id();
    let read = app
        .store
        .read("partners.usage_by", async |db| usage::by(db, organisation, dimension, which, rows).await);
    let page = Page::of_rows(read.await?, rows_max, Top::place);
    Ok(Json(page.map(|it| ShownPart::of(it, dimension, which.part))))
}

/// What a page asks the database for: one row more than it has, to know whether there is another page.
fn rows<'a, P>(page: &PageQuery, after: Option<&'a P>) -> Result<(usize, Rows<'a, P>), Problem> {
    let rows_max = page.rows()?;
    Ok((rows_max, Rows { after, rows_max: rows_max as i64 + 1 }))
}

/// What is written into a file.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhatWord {
    /// Figures: a row for each hour, key and match.
    #[default]
    Hours,
    /// Streams that were opened: a row for each hour, key, match and country.
    Countries,
    /// A row for each hour, key, match, reason and origin.
    Refusals,
}

/// Which time, of what, and what of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CsvQuery {
    /// `hours` (the figures of each key and match), `countries` or `refusals`; hours when left out.
    #[serde(default)]
    #[param(inline)]
    what: WhatWord,
    /// As of `/v1/usage`.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// As of `/v1/usage`.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `live` or `test`. Of this and the three below at most one.
    #[param(inline)]
    mode: Option<Mode>,
    /// "sit_…"
    site: Option<String>,
    /// "key_…"
    key: Option<String>,
    /// "mat_…"
    #[serde(rename = "match")]
    match_id: Option<String>,
}

/// The same for a spreadsheet: a header, and a row for each hour, key and match; with `what` each country, or each reason and origin.
#[utoipa::path(get, path = "/v1/usage.csv", tag = "usage", params(CsvQuery), responses(
    (status = 200, description = "RFC 4180, with a header: all rows", content_type = "text/csv", body = String),
    alike::BadRequest,
    (status = 422, description = "more than 100,000 rows", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn csv(
    State(app): State<App>,
    reporter: Reporter,
    Asked(asked): Asked<CsvQuery>,
) -> Result<Response, Problem> {
    let CsvQuery { what, from, until, mode, site, key, match_id } = asked;
    let asked = UsageQuery { from, until, mode, site, key, match_id, step: None };
    let Which { part, span, .. } = asked.which(reporter.now())?;
    let what = match what {
        WhatWord::Hours => usage::What::Hours,
        WhatWord::Countries => usage::What::Countries,
        WhatWord::Refusals => usage::What::Refusals,
    };
    let organisation = reporter.organisation_id();
    let read =
        app.store.read("partners.usage_csv", async |db| usage::csv(db, organisation, what, part, span).await);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, read.await?.text).into_response())
}

/// How often something was refused for a reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusalReason)]
pub(super) struct ShownReason {
    /// With `step`: when its hour or day begins, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// "key_expired"
    code: String,
    count: i64,
}

/// An origin on which a key was refused, and that could be allowed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedOrigin)]
pub(super) struct ShownOrigin {
    origin: String,
    key: String,
    /// The site whose origins the key has.
    site: Option<String>,
    count: i64,
    last_at: String,
}

/// Why your keys were refused, the most frequent reason first.
#[utoipa::path(get, path = "/v1/usage/refusals", tag = "usage", params(ListQuery), responses(
    (status = 200, body = Page<ShownReason>),
    alike::BadRequest,
))]
pub(super) async fn refusals(
    State(app): State<App>,
    reporter: Reporter,
    Asked(asked): Asked<ListQuery>,
) -> Result<Json<Page<ShownReason>>, Problem> {
    let (asked, page) = asked.split();
    let (which, after) = (asked.which(reporter.now())?, page.after()?);
    let (rows_max, rows) = rows(&page, after.as_ref())?;
    let organisation = reporter.organisation_id();
    let read =
        app.store.read("partners.refusals", async |db| usage::reasons(db, organisation, which, rows).await);
    let page = Page::of_rows(read.await?, rows_max, Reason::place);
    let at = |it: &Reason| it.at.map(|it| it.to_string());
    Ok(Json(page.map(|it| ShownReason { at: at(&it), code: it.code, count: it.count })))
}

/// On which pages your keys were refused that they could be allowed on, the most frequent first. There is no `step` here.
#[utoipa::path(get, path = "/v1/usage/refusals/origins", tag = "usage", params(ListQuery), responses(
    (status = 200, body = Page<ShownOrigin>),
    alike::BadRequest,
))]
pub(super) async fn refused_origins(
    State(app): State<App>,
    reporter: Reporter,
    Asked(asked): Asked<ListQuery>,
) -> Result<Json<Page<ShownOrigin>>, Problem> {
    let (asked, page) = asked.split();
    if asked.step.is_some() {
        return Err(Problem::invalid("step: origins are listed of the whole time"));
    }
    let (which, after) = (asked.which(reporter.now())?, page.after()?);
    let (rows_max, rows) = rows(&page, after.as_ref())?;
    let organisation = reporter.organisation_id();
    let read = app.store.read("partners.refused_origins", async |db| {
        usage::refused_origins(db, organisation, which, rows).await
    });
    let shown = |it: RefusedOrigin| ShownOrigin {
        origin: it.origin,
        key: it.key_id,
        site: it.site_id,
        count: it.count,
        last_at: it.last_at.to_string(),
    };
    Ok(Json(Page::of_rows(read.await?, rows_max, RefusedOrigin::place).map(shown)))
}

/// An origin on which a key is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyOrigin)]
pub(super) struct ShownUse {
    /// Empty: no origin, which apps, frames and servers have none of; "null": a page without an address; "other": those beyond the first fifty of a
    /// day.
    origin: String,
    first_used_at: String,
    last_used_at: String,
    uses: i64,
}

impl From<KeyOrigin> for ShownUse {
    fn from(it: KeyOrigin) -> Self {
        Self {
            origin: it.origin,
            first_used_at: it.first_used_at.to_string(),
            last_used_at: it.last_used_at.to_string(),
            uses: it.uses,
        }
    }
}

/// Where a key is used, the latest first: after a rotation, who still has the old one.
#[utoipa::path(get, path = "/v1/keys/{id}/origins", tag = "keys", params(
    ("id" = String, Path, description = "key_…"), PageQuery,
), responses(
    (status = 200, body = Page<ShownUse>),
    alike::BadRequest, alike::NotFound,
))]
pub(super) async fn origins_of_key(
    State(app): State<App>,
    manager: Manager,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ShownUse>>, Problem> {
    let after = asked.after()?;
    let (rows_max, rows) = rows(&asked, after.as_ref())?;
    let read = app.store.read("partners.key_origins", async |db| {
        find(db, &manager, &id).await?;
        Ok::<_, Problem>(usage::origins_of_key(db, manager.organisation_id(), &id, rows).await?)
    });
    Ok(Json(Page::of_rows(read.await?, rows_max, KeyOrigin::place).map(Into::into)))
}
