//! For how long usage is kept.

use crate::Error;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use store::{At, Transaction};

/// Hours: the present month, and each of the two years before to compare it with.
const MONTHS_KEPT: i64 = 25;
const REFUSALS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Since the last use.
const ORIGINS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What a process adds later, having been cut off from the database for so long, counts for no peak but its own.
const MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Since the last flush of a process. A batch that it writes again after that would count twice.
const FLUSHES_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many rows of each table [`forget_over`] forgets at most.
pub const FORGET_MAX: i64 = 10_000;

const HOURS: &str = "
    delete from partners.usage_hour where ctid = any (array(
        select ctid from partners.usage_hour where hour < $1 order by hour limit $2))";

const COUNTRIES: &str = "
    delete from partners.usage_open where ctid = any (array(
        select ctid from partners.usage_open where hour < $1 order by hour limit $2))";

const PEAKS: &str = "
    delete from partners.usage_peak where ctid = any (array(
        select ctid from partners.usage_peak where hour < $1 order by hour limit $2))";

const MINUTES: &str = "
    delete from partners.usage_minute where ctid = any (array(
        select ctid from partners.usage_minute where minute < $1 order by minute limit $2))";

const REFUSALS: &str = "
    delete from partners.usage_refused where ctid = any (array(
        select ctid from partners.usage_refused where hour < $1 order by hour limit $2))";

const ORIGINS: &str = "
    delete from partners.key_origin where last_used_at < $1 and ctid = any (array(
        select ctid from partners.key_origin where last_used_at < $1 order by last_used_at limit $2))";

const FLUSHES: &str = "
    delete from partners.usage_flush where at < $1 and ctid = any (array(
        select ctid from partners.usage_flush where at < $1 order by at limit $2))";

/// Forgets what is over: hours after 25 months, refusals and origins without use after 90 days, and what flushes no longer need. Answers how
/// many rows of the table of which it was most; where it is [`FORGET_MAX`] there may be more. Minutes need it oftenest: once an hour at least.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    let months_ago = now.to_zoned_datetime(TimeZone::UTC).saturating_sub(MONTHS_KEPT.months()).timestamp();
    let mut most = 0;
    for (sql, before) in [
        (HOURS, At(months_ago)),
        (COUNTRIES, At(months_ago)),
        (PEAKS, At(months_ago)),
        (MINUTES, At::after(now, -MINUTES_KEPT)),
        (REFUSALS, At::after(now, -REFUSALS_KEPT)),
        (ORIGINS, At::after(now, -ORIGINS_KEPT)),
        (FLUSHES, At::after(now, -FLUSHES_KEPT)),
    ] {
        most = most.max(tx.execute(sql, &[&before, &FORGET_MAX]).await?);
    }
    Ok(most)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[HOURS, COUNTRIES, PEAKS, MINUTES, REFUSALS, ORIGINS, FLUSHES];
