//! What an organisation's fans did, and where its keys were refused.

use super::asked::{Path, Query};
use super::door::WRONG;
use super::failure::{Failure, mistake};
use super::signed_in::{MemberOf, PressedIn};
use super::sites;
use crate::app::App;
use crate::feed::log;
use crate::http::scorer::html;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use console::layout::Tab;
use console::partner::usage::{self as pages, Asked, Figure, Usage};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use partners::limit::{Sums, judge, table};
use partners::usage::{self, Dimension, Part, Reason, RefusedOrigin, Rows, Span, Step, What, Which};
use partners::{Mode, OriginPattern, Permission, key, site};
use serde::Deserialize;
use std::collections::HashMap;

/// The longest time that is looked at: 25 months are kept.
const DAYS_MAX: i64 = 800;
/// Up to here the chart has a bar an hour.
const HOURS_BY_HOUR_MAX: i64 = 72;
/// Sites, keys, matches and countries that are listed.
const TOP: i64 = 10;
/// Reasons that are listed: more than there are.
const REASONS_MAX: i64 = 100;
/// Origins that are offered to be allowed, the most frequent ones.
const ORIGINS_MAX: i64 = 100;
/// Refusals that may be allowed are told of for so long.
const REFUSED_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// As the form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UsageQuery {
    period: String,
    from: String,
    until: String,
    of: String,
    show: String,
    /// Of a file alone.
    what: String,
}

/// What is looked at, understood.
struct Looked {
    span: Span,
    /// As long a time before.
    before: Span,
    step: Step,
    mistake: &'static str,
}

const NO_PERIOD: &str = "There is no such period. These are the last seven days.";
const NO_PART: &str = "That is no site, key or match. These are the figures of all.";
const NO_FILE: &str = "There is no such file: there are hours, countries and refusals.";
const NO_FIGURE: &str = "There is no such chart. This one shows fans who tuned in.";

impl UsageQuery {
    /// The period, the last seven days where none is named, or one that there is not.
    fn period(&self) -> Result<&str, &'static str> {
        match self.period.as_str() {
            "" => Ok("7d"),
            word if pages::PERIODS.iter().any(|it| it.0 == word) => Ok(word),
            _ => Err(NO_PERIOD),
        }
    }

    /// The chart's figure, the first one where none is named.
    fn figure(&self) -> Result<Figure, &'static str> {
        match self.show.as_str() {
            "" => Ok(Figure::default()),
            word => Figure::of_word(word).ok_or(NO_FIGURE),
        }
    }

    /// What is in a file; figures where nothing is named.
    fn what(&self) -> Result<What, &'static str> {
        match self.what.as_str() {
            "" => Ok(What::default()),
            word => What::of_word(word).ok_or(NO_FILE),
        }
    }

    /// What figures are of, and as the address has it; all where nothing is named.
    fn part(&self) -> Result<(Part<'_>, &str), &'static str> {
        let of = self.of.as_str();
        let is_id = of.len() <= 64 && of.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        let part = match of {
            "live" => Part::Mode(Mode::Live),
            "test" => Part::Mode(Mode::Test),
            id if is_id && id.starts_with("sit_") => Part::Site(id),
            id if is_id && id.starts_with("key_") => Part::Key(id),
            id if is_id && id.starts_with("mat_") => Part::Match(id),
            "" | "all" => return Ok((Part::All, "all")),
            _ => return Err(NO_PART),
        };
        Ok((part, of))
    }

    fn look(&self, now: Timestamp) -> Looked {
        let today = TimeZone::UTC.to_datetime(now).date();
        let days = |count: i64| (midnight(today.saturating_sub((count - 1).days())), now);
        let period = self.period();
        let ((from, until), mistake) = match period.unwrap_or("7d") {
            "24h" => ((now - SignedDuration::from_hours(24), now), ""),
            "30d" => (days(30), ""),
            "month" => ((Span::month_of(now).from(), now), ""),
            "last-month" => {
                let first = Span::month_of(now).from();
                let last = Span::month_of(first - SignedDuration::from_secs(1));
                ((last.from(), last.until()), "")
            }
            "custom" => match self.days() {
                Ok(span) => (span, ""),
                Err(mistake) => (days(7), mistake),
            },
            _ => (days(7), period.err().unwrap_or_default()),
        };
        let others = [self.part().err(), self.figure().err()];
        let mistake = others.into_iter().flatten().fold(mistake, |first, next| match first {
            "" => next,
            first => first,
        });
        let long = until.duration_since(from);
        let before = Span::new(from.saturating_sub(long).unwrap_or(Timestamp::UNIX_EPOCH), from);
        let step = if long.as_hours() <= HOURS_BY_HOUR_MAX { Step::Hour } else { Step::Day };
        Looked { span: Span::new(from, until), before, step, mistake }
    }

    /// The days of the form, from the first's beginning to the last's end.
    fn days(&self) -> Result<(Timestamp, Timestamp), &'static str> {
        let day = |text: &str| text.trim().parse::<Date>().ok();
        let (Some(first), Some(last)) = (day(&self.from), day(&self.until)) else {
            return Err("Say both days, such as 2026-11-01. These are the last seven.");
        };
        if first > last {
            return Err("The first day is after the last one. These are the last seven.");
        }
        let (from, until) = (midnight(first), midnight(last.saturating_add(1.day())));
        if until.duration_since(from) > SignedDuration::from_hours(24 * DAYS_MAX) {
            return Err("Two years at most are shown at once. These are the last seven days.");
        }
        Ok((from, until))
    }
}

fn midnight(day: Date) -> Timestamp {
    let at = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    at.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The last day that is looked at.
fn last_day(until: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(until.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(until)).date()
}

pub(super) async fn page(
    State(app): State<App>,
    member: MemberOf,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    member.may(Permission::Look)?;
    let mistake = query.look(member.signed_in.caller.now).mistake;
    shown(&app, &member, &query, mistake).await
}

async fn shown(app: &App, member: &MemberOf, query: &UsageQuery, mistake: &str) -> Result<Response, Failure> {
    let now = member.signed_in.caller.now;
    let Looked { span, before, step, .. } = query.look(now);
    let (part, of) = query.part().unwrap_or((Part::All, "all"));
    let id = member.id();
    let read = app.store.read("partners.usage", async |db| {
        let sites = site::list(db, id).await?;
        let keys = key::of_organisation(db, id).await?;
        let limits = table::find(db, id).await?;
        let month = usage::month(db, id, Mode::Live, now).await?;
        let sums = usage::summary(db, id, part, span).await?;
        let earlier = usage::summary(db, id, part, before).await?;
        let points = usage::series(db, id, part, span, step).await?;
        let mut parts = Vec::new();
        let which = Which { part, span, step: None };
        for dimension in [Dimension::Site, Dimension::Key, Dimension::Match, Dimension::Country] {
            parts.push(match is_told_apart(part, dimension) {
                true => usage::by(db, id, dimension, which, Rows::first(TOP)).await?,
                false => Vec::new(),
            });
        }
        let reasons = usage::reasons(db, id, which, Rows::first(REASONS_MAX)).await?;
        Ok::<_, partners::Error>((sites, keys, limits, month, sums, earlier, points, parts, reasons))
    });
    let (sites, keys, limits, month, sums, earlier, points, parts, reasons) = read.await?;
    let used = Sums {
        stream_minutes: month.stream_minutes().unsigned_abs(),
        impressions: month.impressions.unsigned_abs(),
    };
    let asked = Asked {
        period: query.period().unwrap_or("7d"),
        from: TimeZone::UTC.to_datetime(span.from()).date().to_string(),
        until: last_day(span.until()).to_string(),
        part: of,
        figure: query.figure().unwrap_or_default(),
        mistake,
    };
    let looked_at = parts[2].iter().map(|it| it.id.as_str()).chain([of]);
    let names = names_of_matches(app, looked_at).await?;
    let usage = Usage {
        asked: &asked,
        sites: &sites,
        keys: &keys,
        matches: &names,
        sums,
        before: earlier,
        points: &points,
        step,
        by_site: &parts[0],
        by_key: &parts[1],
        by_match: &parts[2],
        by_country: &parts[3],
        reasons: &reasons,
        quotas: &judge(&limits, used),
    };
    let status = if mistake.is_empty() { StatusCode::OK } else { WRONG };
    Ok(html(status, pages::page(member.here(Tab::Usage, ""), &usage)))
}

/// Whether a part can have more than one of them: a key is of one site, and a match is itself.
fn is_told_apart(part: Part<'_>, dimension: Dimension) -> bool {
    match dimension {
        Dimension::Site => !matches!(part, Part::Site(_) | Part::Key(_)),
        Dimension::Key => !matches!(part, Part::Key(_)),
        Dimension::Match => !matches!(part, Part::Match(_)),
        Dimension::Country => true,
    }
}

/// "Harbour – Meadow", by the match's id.
async fn names_of_matches(
    app: &App,
    ids: impl Iterator<Item = &str>,
) -> Result<HashMap<String, String>, Failure> {
    let mut names = HashMap::new();
    for id in ids.filter(|it| it.starts_with("mat_")) {
        let read = app.store.read("matches.name", async |db| log::match_by_id(db, id).await);
        match read.await {
            Ok(Some(row)) => {
                let teams: Vec<&str> = row.setup.teams.iter().map(|it| it.name.as_str()).collect();
                names.insert(id.to_owned(), teams.join(" – "));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, match_id = id, "a match has no name on a page of usage"),
        }
    }
    Ok(names)
}

pub(super) async fn csv(
    State(app): State<App>,
    member: MemberOf,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    member.may(Permission::Look)?;
    let Looked { span, mistake: wrong, .. } = query.look(member.signed_in.caller.now);
    let (part, what) = match (wrong, query.part(), query.what()) {
        ("", Ok((part, _)), Ok(what)) => (part, what),
        ("", Err(wrong), _) | ("", _, Err(wrong)) | (wrong, ..) => {
            return shown(&app, &member, &query, wrong).await;
        }
    };
    let read =
        app.store.read("partners.usage_csv", async |db| usage::csv(db, member.id(), what, part, span).await);
    let csv = match read.await {
        Ok(csv) => csv,
        Err(error) => match mistake(&error) {
            Some(text) => return shown(&app, &member, &query, &text).await,
            None => return Err(error.into()),
        },
    };
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    let of = if what == What::Hours { "usage" } else { what.word() };
    let name = format!("crease-{of}-{}-{}.csv", day(span.from()), last_day(span.until()));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition.expect("dates are ASCII")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, csv.text).into_response())
}

/// What was refused lately of a part of an organisation: why, and where keys could be allowed.
pub(super) struct Refused {
    pub(super) reasons: Vec<Reason>,
    pub(super) origins: Vec<RefusedOrigin>,
}

pub(super) async fn refused(app: &App, member: &MemberOf, part: Part<'_>) -> Result<Refused, Failure> {
    let now = member.signed_in.caller.now;
    let since = now.saturating_sub(REFUSED_WITHIN).unwrap_or(Timestamp::UNIX_EPOCH);
    let which = Which { part, span: Span::new(since, now), step: None };
    let read = app.store.read("partners.refused", async |db| {
        let reasons = usage::reasons(db, member.id(), which, Rows::first(REASONS_MAX)).await?;
        let origins = usage::refused_origins(db, member.id(), which, Rows::first(ORIGINS_MAX)).await?;
        Ok::<_, partners::Error>(Refused { reasons, origins })
    });
    let mut refused = read.await?;
    // On one's own machine test keys work without being told: there is nothing to allow.
    refused.origins.retain(|it| OriginPattern::parse(&it.origin).is_ok_and(|it| !it.is_own_machine()));
    Ok(refused)
}

/// Adds an origin to a site, where its keys were refused.
pub(super) async fn allow(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let origin = fields.text("origin");
    let allowed = app.store.run_tx("partners.allow_origin", async |tx| {
        site::allow(tx, member.id(), &id, origin, &member.by()).await
    });
    match allowed.await {
        Ok(_) => Ok(Redirect::to(&format!("/console/o/{}/sites?done=allowed", member.id())).into_response()),
        Err(error) => match mistake(&error) {
            Some(text) => sites::not_allowed(&app, &member, &id, origin, text).await,
            None => Err(error.into()),
        },
    }
}
