//! What was refused, and where keys are used.

use super::Span;
use crate::error::readable_origins;
use crate::{Error, Origin, OriginPattern};
use jiff::Timestamp;
use store::{At, Client, Row};

/// The most origins that are looked at for one list.
const ORIGINS_LISTED_MAX: i64 = 500;

/// How often something was refused for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The refusal's stable word: `key_expired`.
    pub code: String,
    pub count: i64,
}

const REASONS: &str = "
    select code, sum(count)::bigint as count from partners.usage_refusal
    where organisation_id = $1 and hour >= $2 and hour < $3 group by code order by count desc, code";

/// What was refused of an organisation's keys, the most frequent reason first.
pub async fn reasons(client: &Client<'_>, organisation_id: &str, span: Span) -> Result<Vec<Reason>, Error> {
    let params: store::Params<'_> = &[&organisation_id, &At(span.from()), &At(span.until())];
    Ok(client.query(REASONS, params).await?.iter().map(reason).collect())
}

const OF_STRANGERS: &str = "
    select code, sum(count)::bigint as count from partners.usage_refusal
    where organisation_id is null and hour >= $1 and hour < $2 group by code order by count desc, code";

/// What was refused without a key that is known, for operators: it is no organisation's.
pub async fn reasons_of_strangers(client: &Client<'_>, span: Span) -> Result<Vec<Reason>, Error> {
    let rows = client.query(OF_STRANGERS, &[&At(span.from()), &At(span.until())]).await?;
    Ok(rows.iter().map(reason).collect())
}

fn reason(row: &Row) -> Reason {
    Reason { code: row.get("code"), count: row.get("count") }
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

const REFUSED: &str = "
    select r.origin, r.key_id, k.site_id, k.origins, sum(r.count)::bigint as count, max(r.last_at) as last_at
    from partners.usage_refusal r
    join partners.api_key k on k.id = r.key_id and k.organisation_id = r.organisation_id
    where r.organisation_id = $1 and r.hour >= $2 and r.code = 'origin_refused'
        and r.origin not in ('', 'null', 'other') and k.revoked_at is null
    group by k.id, r.origin, r.key_id order by count desc, r.origin, r.key_id limit $3";

/// The origins on which keys were refused, in the hour of `since` or later, the most frequent first. Those that are allowed by now are left out,
/// and those that cannot be, such as plain http.
pub async fn refused_origins(
    client: &Client<'_>,
    organisation_id: &str,
    since: Timestamp,
) -> Result<Vec<RefusedOrigin>, Error> {
    let since = Span::new(since, since).from();
    let rows = client.query(REFUSED, &[&organisation_id, &At(since), &ORIGINS_LISTED_MAX]).await?;
    let open = rows.iter().filter(|row| {
        let (origin, key_id) = (row.get::<_, &str>("origin"), row.get("key_id"));
        let allowed = readable_origins(key_id, &row.get::<_, Vec<String>>("origins"));
        OriginPattern::parse(origin).is_ok()
            && origin.parse::<Origin>().is_ok_and(|it| !allowed.iter().any(|pattern| pattern.matches(&it)))
    });
    let refused = |row: &Row| RefusedOrigin {
        origin: row.get("origin"),
        key_id: row.get("key_id"),
        site_id: row.get("site_id"),
        count: row.get("count"),
        last_at: row.get::<_, At>("last_at").0,
    };
    Ok(open.map(refused).collect())
}

/// An origin on which a key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOrigin {
    /// `null` for pages without one, [`super::OTHER`] for those beyond the first fifty of a day.
    pub origin: String,
    /// As exactly as counts are flushed, as the last time.
    pub first_used_at: Timestamp,
    pub last_used_at: Timestamp,
    pub uses: i64,
}

const OF_KEY: &str = "
    select origin, first_used_at, last_used_at, uses from partners.key_origin
    where organisation_id = $1 and key_id = $2 order by last_used_at desc, origin limit $3";

/// Where a key is used, the latest first: after a rotation those who still have the old one. Origins on which it was not used for 90 days are
/// forgotten.
pub async fn origins_of_key(
    client: &Client<'_>,
    organisation_id: &str,
    key_id: &str,
) -> Result<Vec<KeyOrigin>, Error> {
    let rows = client.query(OF_KEY, &[&organisation_id, &key_id, &ORIGINS_LISTED_MAX]).await?;
    let origin = |row: &Row| KeyOrigin {
        origin: row.get("origin"),
        first_used_at: row.get::<_, At>("first_used_at").0,
        last_used_at: row.get::<_, At>("last_used_at").0,
        uses: row.get("uses"),
    };
    Ok(rows.iter().map(origin).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[REASONS, OF_STRANGERS, REFUSED, OF_KEY];
