//! What was refused, and where keys are used.

use super::figures::since_1970;
use super::{Rows, Span, Which};
use crate::error::readable_origins;
use crate::{Error, Origin, OriginPattern, Record};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{At, Client, Row};

/// The most rows that are listed at once.
const ROWS_MAX: i64 = 1_000;
/// Origins that are looked at together: some of them may be allowed by now.
const LOOKED_AT: i64 = 500;

/// How often something was refused for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// When its hour or day begins, where each has rows of its own.
    pub at: Option<Timestamp>,
    /// The refusal's stable word: `key_expired`.
    pub code: String,
    pub count: i64,
}

/// Where one stands in the order of [`reasons`].
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ReasonPlace {
    at: Option<Timestamp>,
    count: i64,
    code: String,
}

impl Reason {
    pub fn place(&self) -> ReasonPlace {
        ReasonPlace { at: self.at, count: self.count, code: self.code.clone() }
    }
}

const REASONS: &str = "
    with refused as (
        select case $6 when '' then null else date_trunc($6, hour, 'UTC') end as at, code, sum(count)::bigint as count
        from partners.usage_refused
        where organisation_id = $1 and hour >= $2 and hour < $3 and case $4
            when 'mode' then mode = $5 when 'site' then site_id = $5 when 'key' then key_id = $5
            when 'match' then match_id = $5 else true end
        group by 1, 2)
    select at, code, count from refused
    where $9::text is null or (coalesce(at, 'epoch'), -count, code) > ($7::timestamptz, -$8::bigint, $9::text)
    order by at, count desc, code limit $10";

/// What was refused of an organisation's keys, or of a part of them, the most frequent reason first; at most a thousand.
pub async fn reasons(
    client: &Client<'_>,
    organisation_id: &str,
    which: Which<'_>,
    rows: Rows<'_, ReasonPlace>,
) -> Result<Vec<Reason>, Error> {
    let ((part, part_id), step) = (which.part.words(), which.step_word());
    let at = rows.after.map(|it| At(since_1970(it.at.unwrap_or_default())));
    let (count, code) = rows.after.map(|it| (it.count.max(0), it.code.as_str())).unzip();
    let params: store::Params<'_> = &[
        &organisation_id,
        &At(which.span.from()),
        &At(which.span.until()),
        &part,
        &part_id,
        &step,
        &at,
        &count,
        &code,
        &rows.rows_max.clamp(0, ROWS_MAX),
    ];
    let rows = client.query(REASONS, params).await?;
    let at = |row: &Row| row.get::<_, Option<At>>("at").map(|it| it.0);
    Ok(rows.iter().map(|row| Reason { at: at(row), ..reason(row) }).collect())
}

const OF_STRANGERS: &str = "
    select code, sum(count)::bigint as count from partners.usage_refused
    where organisation_id is null and hour >= $1 and hour < $2 group by code order by count desc, code";

/// What was refused without a key that is known, for operators: it is no organisation's.
pub async fn reasons_of_strangers(client: &Client<'_>, span: Span) -> Result<Vec<Reason>, Error> {
    let rows = client.query(OF_STRANGERS, &[&At(span.from()), &At(span.until())]).await?;
    Ok(rows.iter().map(reason).collect())
}

fn reason(row: &Row) -> Reason {
    Reason { at: None, code: row.get("code"), count: row.get("count") }
}

/// An origin on which a key was refused, and that its owner could allow: "12 refusals from shop.example: allow it?"
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedOrigin {
    pub origin: String,
    pub key_id: String,
    /// The site whose origins the key has.
    pub site_id: Option<String>,
    pub count: i64,
    /// As exactly as counts are flushed.
    pub last_at: Timestamp,
}

/// Where one stands in the order of [`refused_origins`].
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct RefusedPlace {
    count: i64,
    origin: String,
    key_id: String,
}

impl RefusedOrigin {
    pub fn place(&self) -> RefusedPlace {
        RefusedPlace { count: self.count, origin: self.origin.clone(), key_id: self.key_id.clone() }
    }
}

const REFUSED: &str = "
    with refused as (
        select r.origin, r.key_id, k.site_id, k.origins, sum(r.count)::bigint as count, max(r.last_at) as last_at
        from partners.usage_refused r
        join partners.api_key k on k.id = r.key_id and k.organisation_id = r.organisation_id
        where r.organisation_id = $1 and r.hour >= $2 and r.hour < $3 and r.code = 'origin_refused'
            and r.origin not in ('', 'null', 'other') and k.revoked_at is null and case $4
            when 'mode' then r.mode = $5 when 'site' then r.site_id = $5 when 'key' then r.key_id = $5
            when 'match' then r.match_id = $5 else true end
        group by k.id, r.origin, r.key_id)
    select origin, key_id, site_id, origins, count, last_at from refused
    where $7::text is null or (-count, origin, key_id) > (-$6::bigint, $7::text, $8::text)
    order by count desc, origin, key_id limit $9";

/// The origins on which keys were refused, the most frequent first. Those that are allowed by now are left out, and those that cannot be, such
/// as plain http. A step is not asked for.
pub async fn refused_origins(
    client: &Client<'_>,
    organisation_id: &str,
    which: Which<'_>,
    rows: Rows<'_, RefusedPlace>,
) -> Result<Vec<RefusedOrigin>, Error> {
    let rows_max = usize::try_from(rows.rows_max.clamp(0, ROWS_MAX)).unwrap_or_default();
    let (part, part_id) = which.part.words();
    let mut after = rows.after.cloned();
    let mut found = Vec::new();
    loop {
        let place = after.as_ref().map(|it| (it.count.max(0), it.origin.as_str()));
        let ((count, origin), key_id) = (place.unzip(), after.as_ref().map(|it| it.key_id.as_str()));
        let params: store::Params<'_> = &[
            &organisation_id,
            &At(which.span.from()),
            &At(which.span.until()),
            &part,
            &part_id,
            &count,
            &origin,
            &key_id,
            &LOOKED_AT,
        ];
        let looked_at = client.query(REFUSED, params).await?;
        found.extend(looked_at.iter().filter(|row| is_open(row)).map(refused_origin));
        if found.len() >= rows_max || (looked_at.len() as i64) < LOOKED_AT {
            found.truncate(rows_max);
            return Ok(found);
        }
        after = looked_at.last().map(|row| refused_origin(row).place());
    }
}

/// Whether the origin of a row can be allowed, and is not.
fn is_open(row: &Row) -> bool {
    let (origin, key_id) = (row.get::<_, &str>("origin"), row.get("key_id"));
    let allowed = readable_origins(key_id, &row.get::<_, Vec<String>>("origins"));
    OriginPattern::parse(origin).is_ok()
        && origin.parse::<Origin>().is_ok_and(|it| !allowed.iter().any(|pattern| pattern.matches(&it)))
}

fn refused_origin(row: &Row) -> RefusedOrigin {
    RefusedOrigin {
        origin: row.get("origin"),
        key_id: row.get("key_id"),
        site_id: row.get("site_id"),
        count: row.get("count"),
        last_at: row.get::<_, At>("last_at").0,
    }
}

/// An origin on which a key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOrigin {
    /// Empty where none was said: apps, frames and servers. `null` for pages without one, [`super::OTHER`] for those beyond the first fifty of a day.
    pub origin: String,
    /// As exactly as counts are flushed, as the last time.
    pub first_used_at: Timestamp,
    pub last_used_at: Timestamp,
    pub uses: i64,
}

/// Where one stands in the order of [`origins_of_key`].
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct UsePlace {
    last_used_at: Timestamp,
    origin: String,
}

impl KeyOrigin {
    pub fn place(&self) -> UsePlace {
        UsePlace { last_used_at: self.last_used_at, origin: self.origin.clone() }
    }
}

const OF_KEY: &str = "
    select origin, first_used_at, last_used_at, uses from partners.key_origin
    where organisation_id = $1 and key_id = $2
        and ($4::text is null or last_used_at < $3 or (last_used_at = $3 and origin > $4))
    order by last_used_at desc, origin limit $5";

/// Where a key is used, the latest first, at most a thousand: after a rotation those who still have the old one. Origins on which it was not used
/// for 90 days are forgotten.
pub async fn origins_of_key(
    client: &Client<'_>,
    organisation_id: &str,
    key_id: &str,
    rows: Rows<'_, UsePlace>,
) -> Result<Vec<KeyOrigin>, Error> {
    let (at, origin) = rows.after.map(|it| (At(since_1970(it.last_used_at)), it.origin.as_str())).unzip();
    let params: store::Params<'_> =
        &[&organisation_id, &key_id, &at, &origin, &rows.rows_max.clamp(0, ROWS_MAX)];
    let rows = client.query(OF_KEY, params).await?;
    let origin = |row: &Row| KeyOrigin {
        origin: row.get("origin"),
        first_used_at: row.get::<_, At>("first_used_at").0,
        last_used_at: row.get::<_, At>("last_used_at").0,
        uses: row.get("uses"),
    };
    Ok(rows.iter().map(origin).collect())
}

/// What still uses a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    pub last_used_at: Timestamp,
    /// The latest first, a hundred at most; none of a secret key, whose uses have no places.
    pub origins: Vec<KeyOrigin>,
}

/// A key that was used within so long is in use: whoever asks once a day is not missed.
const IN_USE_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Places of a key in use that are told.
const IN_USE_ORIGINS_MAX: i64 = 100;

/// What has used a key within the last 24 hours, as far as it is written down; none where nothing has, or the key is refused anyway.
pub async fn in_use(client: &Client<'_>, key: &Record, now: Timestamp) -> Result<Option<InUse>, Error> {
    if key.is_over(now) {
        return Ok(None);
    }
    let since = now.saturating_sub(IN_USE_WITHIN).unwrap_or(Timestamp::UNIX_EPOCH);
    let rows = Rows::first(IN_USE_ORIGINS_MAX);
    let mut origins = origins_of_key(client, &key.organisation_id, &key.id, rows).await?;
    origins.retain(|it| it.last_used_at > since);
    let last = origins.first().map(|it| it.last_used_at).max(key.last_used_at);
    Ok(last.filter(|it| *it > since).map(|last_used_at| InUse { last_used_at, origins }))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[REASONS, OF_STRANGERS, REFUSED, OF_KEY];
