//! A batch into the database, once.

use super::line::{HOUR_MS, KeyName, LineName};
use super::unwritten::{Batch, Occurred, Rows};
use crate::Error;
use jiff::Timestamp;
use std::sync::Arc;
use store::{At, Store, Transaction};

const NUMBER: &str = "
    insert into partners.usage_flush as f (process, number, at) values ($1, $2, $3)
    on conflict (process) do update set number = excluded.number, at = excluded.at where f.number < excluded.number";

/// Adds a batch to the tables, unless it has been: a process writes its batches in the order of their numbers.
pub(super) async fn write(store: &Store, process: &str, batch: &Batch, now: Timestamp) -> Result<(), Error> {
    let written = store.run_tx("partners_usage_flush", async |tx| {
        if tx.execute(NUMBER, &[&process, &batch.number, &At(now)]).await? == 0 {
            return Ok(());
        }
        let rows = &batch.rows;
        hours(tx, rows).await?;
        countries(tx, rows).await?;
        minutes(tx, rows).await?;
        refusals(tx, rows).await?;
        uses(tx, rows).await
    });
    Ok(written.await?)
}

const HOURS: &str = "
    insert into partners.usage_hour as t
        (organisation_id, hour, key_id, match_id, site_id, mode, impressions, opens, stream_ms, updates)
    select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
    on conflict (organisation_id, hour, key_id, match_id) do update set
        impressions = t.impressions + excluded.impressions,
        opens = t.opens + excluded.opens,
        stream_ms = t.stream_ms + excluded.stream_ms,
        updates = t.updates + excluded.updates";

async fn hours(tx: &Transaction<'_>, rows: &Rows) -> Result<(), store::Error> {
    let rows = &rows.hours;
    if rows.is_empty() {
        return Ok(());
    }
    let name =
        |of: fn(&LineName) -> &str| -> Vec<&str> { rows.iter().map(|((line, _), _)| of(line)).collect() };
    let hours: Vec<At> = rows.iter().map(|((_, hour), _)| at_hour(*hour)).collect();
    let params: store::Params<'_> = &[
        &name(|it| &it.key.organisation_id),
        &hours,
        &name(|it| &it.key.key_id),
        &name(|it| &it.match_id),
        &name(|it| &it.key.site_id),
        &name(|it| it.key.mode),
        &column(rows, |it| it.impressions),
        &column(rows, |it| it.opens),
        &column(rows, |it| it.stream_ms),
        &column(rows, |it| it.updates),
    ];
    tx.execute(HOURS, params).await?;
    Ok(())
}

const COUNTRIES: &str = "
    insert into partners.usage_open as t (organisation_id, hour, key_id, match_id, country, site_id, mode, opens)
    select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::bigint[])
    on conflict (organisation_id, hour, key_id, match_id, country) do update set opens = t.opens + excluded.opens";

async fn countries(tx: &Transaction<'_>, rows: &Rows) -> Result<(), store::Error> {
    let rows = &rows.countries;
    if rows.is_empty() {
        return Ok(());
    }
    let name =
        |of: fn(&LineName) -> &str| -> Vec<&str> { rows.iter().map(|((line, ..), _)| of(line)).collect() };
    let hours: Vec<At> = rows.iter().map(|((_, hour, _), _)| at_hour(*hour)).collect();
    let countries: Vec<String> =
        rows.iter().map(|((_, _, country), _)| country.map(char::from).iter().collect()).collect();
    let params: store::Params<'_> = &[
        &name(|it| &it.key.organisation_id),
        &hours,
        &name(|it| &it.key.key_id),
        &name(|it| &it.match_id),
        &countries,
        &name(|it| &it.key.site_id),
        &name(|it| it.key.mode),
        &column(rows, |it| *it),
    ];
    tx.execute(COUNTRIES, params).await?;
    Ok(())
}

/// The sum of a minute only grows, so that the greatest that it ever was in an hour is that of the hour's busiest minute, whichever process adds
/// to which minute last.
const MINUTES: &str = "
    with added as (
        insert into partners.usage_minute as t (organisation_id, minute, kind, part, stream_ms)
        select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[])
        on conflict (organisation_id, minute, kind, part) do update set stream_ms = t.stream_ms + excluded.stream_ms
        returning organisation_id, minute, kind, part, stream_ms)
    insert into partners.usage_peak as p (organisation_id, hour, kind, part, stream_ms)
    select organisation_id, date_trunc('hour', minute, 'UTC'), kind, part, max(stream_ms) from added
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (organisation_id, hour, kind, part) do update set
        stream_ms = greatest(p.stream_ms, excluded.stream_ms)";

async fn minutes(tx: &Transaction<'_>, rows: &Rows) -> Result<(), store::Error> {
    let rows = &rows.minutes;
    if rows.is_empty() {
        return Ok(());
    }
    let organisations: Vec<&str> = rows.iter().map(|(key, _)| &*key.organisation_id).collect();
    let minutes: Vec<At> = rows.iter().map(|(key, _)| at_second(key.minute * 60)).collect();
    let kinds: Vec<&str> = rows.iter().map(|(key, _)| key.kind).collect();
    let parts: Vec<&str> = rows.iter().map(|(key, _)| &*key.part).collect();
    tx.execute(MINUTES, &[&organisations, &minutes, &kinds, &parts, &column(rows, |it| *it)]).await?;
    Ok(())
}

const REFUSALS: &str = "
    insert into partners.usage_refused as t
        (organisation_id, hour, key_id, match_id, code, origin, site_id, mode, count, last_at)
    select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::bigint[], $10::timestamptz[])
    on conflict (organisation_id, hour, key_id, match_id, code, origin) do update set
        count = t.count + excluded.count, last_at = greatest(t.last_at, excluded.last_at)";

async fn refusals(tx: &Transaction<'_>, rows: &Rows) -> Result<(), store::Error> {
    let rows = &rows.refusals;
    if rows.is_empty() {
        return Ok(());
    }
    let name = |of: fn(&KeyName) -> &str| -> Vec<Option<&str>> {
        rows.iter().map(|(key, _)| key.of.as_ref().map(|it: &Arc<KeyName>| of(it))).collect()
    };
    let hours: Vec<At> = rows.iter().map(|(key, _)| at_hour(key.hour)).collect();
    let codes: Vec<&str> = rows.iter().map(|(key, _)| key.code).collect();
    let matches: Vec<&str> = rows.iter().map(|(key, _)| &*key.match_id).collect();
    let origins: Vec<&str> = rows.iter().map(|(key, _)| &*key.origin).collect();
    let params: store::Params<'_> = &[
        &name(|it| &it.organisation_id),
        &hours,
        &name(|it| &it.key_id),
        &matches,
        &codes,
        &origins,
        &name(|it| &it.site_id),
        &name(|it| it.mode),
        &column(rows, |it| it.count),
        &moments(rows, |it| it.last_at_ms),
    ];
    tx.execute(REFUSALS, params).await?;
    Ok(())
}

const USES: &str = "
    insert into partners.key_origin as t (organisation_id, key_id, origin, uses, first_used_at, last_used_at)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
    on conflict (organisation_id, key_id, origin) do update set
        uses = t.uses + excluded.uses,
        first_used_at = least(t.first_used_at, excluded.first_used_at),
        last_used_at = greatest(t.last_used_at, excluded.last_used_at)";

async fn uses(tx: &Transaction<'_>, rows: &Rows) -> Result<(), store::Error> {
    let rows = &rows.uses;
    if rows.is_empty() {
        return Ok(());
    }
    let organisations: Vec<&str> = rows.iter().map(|((key, _), _)| &*key.organisation_id).collect();
    let keys: Vec<&str> = rows.iter().map(|((key, _), _)| &*key.key_id).collect();
    let origins: Vec<&str> = rows.iter().map(|((_, origin), _)| &**origin).collect();
    let params: store::Params<'_> = &[
        &organisations,
        &keys,
        &origins,
        &column(rows, |it| it.count),
        &moments(rows, |it| it.first_at_ms),
        &moments(rows, |it| it.last_at_ms),
    ];
    tx.execute(USES, params).await?;
    Ok(())
}

fn column<K, V>(rows: &[(K, V)], of: fn(&V) -> u64) -> Vec<i64> {
    rows.iter().map(|(_, row)| i64::try_from(of(row)).unwrap_or(i64::MAX)).collect()
}

fn moments<K>(rows: &[(K, Occurred)], of: fn(&Occurred) -> i64) -> Vec<At> {
    let at = |ms| At(Timestamp::from_millisecond(ms).expect("a clock shows a year that jiff knows"));
    rows.iter().map(|(_, row)| at(of(row))).collect()
}

fn at_hour(hour: i64) -> At {
    at_second(hour * HOUR_MS / 1_000)
}

fn at_second(second: i64) -> At {
    At(Timestamp::from_second(second).expect("a clock shows a year that jiff knows"))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[NUMBER, HOURS, COUNTRIES, MINUTES, REFUSALS, USES];
