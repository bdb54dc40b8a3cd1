//! Sums of what an organisation used: in a span, over time, and by its parts.

use crate::{Error, Mode};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::{At, Client, Row};

/// The most points of a series; a longer span is cut at its end.
pub(super) const POINTS_MAX: usize = 2_400;
/// The most parts that are listed at once.
const TOP_MAX: i64 = 1_000;

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Frames and snapshots that were served.
    pub impressions: i64,
    /// Streams that were opened.
    pub opens: i64,
    /// Milliseconds for which streams were open, of all of them together.
    pub stream_ms: i64,
    /// The most streams at the same time: the average of the busiest minute, rounded up.
    pub peak: i64,
    /// Updates, times the streams that they were sent to.
    pub updates: i64,
}

impl Figures {
    /// Full minutes.
    pub fn stream_minutes(&self) -> i64 {
        self.stream_ms / 60_000
    }
}

/// Full hours (UTC), from the one that begins at or before `from` to the last one that begins before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: Timestamp,
    until: Timestamp,
}

impl Span {
    /// Nothing was counted before 1970.
    pub fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { from: Step::Hour.begin(since_1970(from)), until: since_1970(until) }
    }

    /// The calendar month (UTC) that a moment is in.
    pub fn month_of(at: Timestamp) -> Self {
        let first = TimeZone::UTC.to_datetime(at.max(Timestamp::UNIX_EPOCH)).date().first_of_month();
        Self { from: midnight(first), until: midnight(first.saturating_add(1.month())) }
    }

    pub fn from(&self) -> Timestamp {
        self.from
    }

    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// PostgreSQL does not know every year that a caller may say.
pub(super) fn since_1970(at: Timestamp) -> Timestamp {
    at.max(Timestamp::UNIX_EPOCH)
}

fn midnight(day: Date) -> Timestamp {
    TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).unwrap_or(Timestamp::MAX)
}

/// Of what the figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// All that the organisation has.
    All,
    /// Its live keys, or its test keys.
    Mode(Mode),
    /// `sit_…`; empty: keys of no site.
    Site(&'a str),
    /// `key_…`
    Key(&'a str),
    /// `mat_…`
    Match(&'a str),
}

impl<'a> Part<'a> {
    /// As in the column `kind` of the peaks, and the value of their `part`.
    pub(super) fn words(self) -> (&'static str, &'a str) {
        match self {
            Part::All => ("organisation", ""),
            Part::Mode(mode) => ("mode", mode.word()),
            Part::Site(id) => ("site", id),
            Part::Key(id) => ("key", id),
            Part::Match(id) => ("match", id),
        }
    }
}

const SUMMARY: &str = "
    select coalesce(sum(impressions), 0)::bigint as impressions, coalesce(sum(opens), 0)::bigint as opens,
        coalesce(sum(stream_ms), 0)::bigint as stream_ms, coalesce(sum(updates), 0)::bigint as updates,
        (select max(stream_ms) from partners.usage_peak
            where organisation_id = $1 and hour >= $2 and hour < $3 and kind = $4 and part = $5) as peak_ms
    from partners.usage_hour
    where organisation_id = $1 and hour >= $2 and hour < $3 and case $4
        when 'mode' then mode = $5 when 'site' then site_id = $5 when 'key' then key_id = $5
        when 'match' then match_id = $5 else true end";

/// The sums of a part of an organisation.
pub async fn summary(
    client: &Client<'_>,
    organisation_id: &str,
    part: Part<'_>,
    span: Span,
) -> Result<Figures, Error> {
    let (kind, id) = part.words();
    let params: store::Params<'_> = &[&organisation_id, &At(span.from), &At(span.until), &kind, &id];
    Ok(figures(&client.query_one(SUMMARY, params).await?))
}

/// What quotas ask: an organisation's calendar month (UTC), of its live keys or its test keys. Costs some 1 ms for each 2,000 lines and hours.
pub async fn month(
    client: &Client<'_>,
    organisation_id: &str,
    mode: Mode,
    at: Timestamp,
) -> Result<Figures, Error> {
    summary(client, organisation_id, Part::Mode(mode), Span::month_of(at)).await
}

/// How far the points of a series are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Hour,
    /// Of UTC.
    Day,
}

impl Step {
    const fn word(self) -> &'static str {
        match self {
            Step::Hour => "hour",
            Step::Day => "day",
        }
    }

    const fn lasts(self) -> SignedDuration {
        match self {
            Step::Hour => SignedDuration::from_hours(1),
            Step::Day => SignedDuration::from_hours(24),
        }
    }

    /// The beginning of the hour or day that a moment is in.
    fn begin(self, at: Timestamp) -> Timestamp {
        let seconds = self.lasts().as_secs();
        let since = at.as_second().rem_euclid(seconds);
        Timestamp::from_second(at.as_second() - since).unwrap_or(Timestamp::MIN)
    }
}

/// The sums of an hour or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it begins.
    pub at: Timestamp,
    pub figures: Figures,
}

const SERIES: &str = "
    with used as (
        select date_trunc($6, hour, 'UTC') as at, sum(impressions)::bigint as impressions, sum(opens)::bigint as opens,
            sum(stream_ms)::bigint as stream_ms, sum(updates)::bigint as updates
        from partners.usage_hour
        where organisation_id = $1 and hour >= $2 and hour < $3 and case $4
            when 'mode' then mode = $5 when 'site' then site_id = $5 when 'key' then key_id = $5
            when 'match' then match_id = $5 else true end
        group by 1),
    peaks as (
        select date_trunc($6, hour, 'UTC') as at, max(stream_ms) as peak_ms from partners.usage_peak
        where organisation_id = $1 and hour >= $2 and hour < $3 and kind = $4 and part = $5
        group by 1)
    select at, impressions, opens, stream_ms, updates, peak_ms from used left join peaks using (at)";

/// The sums of each hour or day of a span, in order, also where nothing was used.
pub async fn series(
    client: &Client<'_>,
    organisation_id: &str,
    part: Part<'_>,
    span: Span,
    step: Step,
) -> Result<Vec<Point>, Error> {
    let (kind, id) = part.words();
    let params: store::Params<'_> =
        &[&organisation_id, &At(span.from), &At(span.until), &kind, &id, &step.word()];
    let rows = client.query(SERIES, params).await?;
    let used: HashMap<Timestamp, Figures> =
        rows.iter().map(|row| (row.get::<_, At>("at").0, figures(row))).collect();
    let first = step.begin(span.from);
    let all = std::iter::successors(Some(first), |at| at.checked_add(step.lasts()).ok());
    let point = |at| Point { at, figures: used.get(&at).copied().unwrap_or_default() };
    Ok(all.take_while(|at| *at < span.until).take(POINTS_MAX).map(point).collect())
}

/// What a list is of.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    pub part: Part<'a>,
    pub span: Span,
    /// With it each hour or day has its own rows, in order; the sums of the span alone without.
    pub step: Option<Step>,
}

impl Which<'_> {
    /// The sums of all that an organisation has.
    pub const fn all(span: Span) -> Self {
        Self { part: Part::All, span, step: None }
    }

    /// As the statements take it; empty for none.
    pub(super) fn step_word(&self) -> &'static str {
        self.step.map_or("", Step::word)
    }
}

/// Which rows of a list.
#[derive(Debug)]
pub struct Rows<'a, Place> {
    /// Those that come after a place, whether or not there is still something; none: from the first on.
    pub after: Option<&'a Place>,
    pub rows_max: i64,
}

impl<Place> Clone for Rows<'_, Place> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Place> Copy for Rows<'_, Place> {}

impl<Place> Rows<'_, Place> {
    pub const fn first(rows_max: i64) -> Self {
        Self { after: None, rows_max }
    }
}

/// By what an organisation's figures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Site,
    Key,
    Match,
    /// Of countries the opened streams are known, and no more.
    Country,
}

/// The sums of one site, key, match or country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// When its hour or day begins, where each has rows of its own.
    pub at: Option<Timestamp>,
    /// `sit_…` (empty: keys of no site), `key_…`, `mat_…` (or [`super::OTHER`]), or ISO 3166-1 (`ZZ`: not known).
    pub id: String,
    /// The peak is known where all of an organisation is told apart; 0 of a part of it.
    pub figures: Figures,
}

/// Where something stands in the order of [`by`].
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct TopPlace {
    at: Option<Timestamp>,
    opens: i64,
    impressions: i64,
    id: String,
}

impl Top {
    pub fn place(&self) -> TopPlace {
        let Figures { opens, impressions, .. } = self.figures;
        TopPlace { at: self.at, opens, impressions, id: self.id.clone() }
    }
}

const BY: &str = "
    with used as (
        select case $6 when '' then null else date_trunc($6, hour, 'UTC') end as at,
            case $7 when 'site' then site_id when 'key' then key_id else match_id end as id,
            sum(impressions)::bigint as impressions, sum(opens)::bigint as opens, sum(stream_ms)::bigint as stream_ms,
            sum(updates)::bigint as updates
        from partners.usage_hour
        where organisation_id = $1 and hour >= $2 and hour < $3 and case $4
            when 'mode' then mode = $5 when 'site' then site_id = $5 when 'key' then key_id = $5
            when 'match' then match_id = $5 else true end
        group by 1, 2),
    peaks as (
        select case $6 when '' then null else date_trunc($6, hour, 'UTC') end as at, part as id, max(stream_ms) as peak_ms
        from partners.usage_peak
        where organisation_id = $1 and hour >= $2 and hour < $3 and kind = $7 and $4 = 'organisation'
        group by 1, 2)
    select u.at, u.id, impressions, opens, stream_ms, updates, peak_ms
    from used u left join peaks p on p.id = u.id and p.at is not distinct from u.at
    where $11::text is null
        or (coalesce(u.at, 'epoch'), -opens, -impressions, u.id) > ($8::timestamptz, -$9::bigint, -$10::bigint, $11::text)
    order by u.at, opens desc, impressions desc, u.id limit $12";

const BY_COUNTRY: &str = "
    with used as (
        select case $6 when '' then null else date_trunc($6, hour, 'UTC') end as at, country as id, sum(opens)::bigint as opens
        from partners.usage_open
        where organisation_id = $1 and hour >= $2 and hour < $3 and case $4
            when 'mode' then mode = $5 when 'site' then site_id = $5 when 'key' then key_id = $5
            when 'match' then match_id = $5 else true end
        group by 1, 2)
    select at, id, 0::bigint as impressions, opens, 0::bigint as stream_ms, 0::bigint as updates, null::bigint as peak_ms
    from used
    where $9::text is null or (coalesce(at, 'epoch'), -opens, id) > ($7::timestamptz, -$8::bigint, $9::text)
    order by at, opens desc, id limit $10";

/// What an organisation, or a part of it, is made of: what opened the most streams first, at most a thousand.
pub async fn by(
    client: &Client<'_>,
    organisation_id: &str,
    dimension: Dimension,
    which: Which<'_>,
    rows: Rows<'_, TopPlace>,
) -> Result<Vec<Top>, Error> {
    let (from, until, rows_max) =
        (At(which.span.from), At(which.span.until), rows.rows_max.clamp(0, TOP_MAX));
    let ((part, part_id), step) = (which.part.words(), which.step_word());
    let at = rows.after.map(|it| At(since_1970(it.at.unwrap_or_default())));
    // A place is what a caller says: below nothing there is nothing, and the least number has no opposite.
    let (opens, impressions) = rows.after.map(|it| (it.opens.max(0), it.impressions.max(0))).unzip();
    let id = rows.after.map(|it| it.id.as_str());
    let kind = match dimension {
        Dimension::Site => "site",
        Dimension::Key => "key",
        Dimension::Match => "match",
        Dimension::Country => {
            let params: store::Params<'_> =
                &[&organisation_id, &from, &until, &part, &part_id, &step, &at, &opens, &id, &rows_max];
            return Ok(client.query(BY_COUNTRY, params).await?.iter().map(top).collect());
        }
    };
    let params: store::Params<'_> = &[
        &organisation_id,
        &from,
        &until,
        &part,
        &part_id,
        &step,
        &kind,
        &at,
        &opens,
        &impressions,
        &id,
        &rows_max,
    ];
    Ok(client.query(BY, params).await?.iter().map(top).collect())
}

fn top(row: &Row) -> Top {
    Top { at: row.get::<_, Option<At>>("at").map(|it| it.0), id: row.get("id"), figures: figures(row) }
}

/// The streams that were open at the same time in a minute in which they were for so long together.
pub(super) fn streams(minute_ms: Option<i64>) -> i64 {
    (minute_ms.unwrap_or_default() + 59_999) / 60_000
}

fn figures(row: &Row) -> Figures {
    Figures {
        impressions: row.get("impressions"),
        opens: row.get("opens"),
        stream_ms: row.get("stream_ms"),
        peak: streams(row.get("peak_ms")),
        updates: row.get("updates"),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SUMMARY, SERIES, BY, BY_COUNTRY];
