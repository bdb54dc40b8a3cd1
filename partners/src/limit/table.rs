//! The tables of limits.

use super::{Quota, Rate};
use crate::audit::{self, Change};
use crate::{Error, key};
use access::By;
use serde_json::{Value, json};
use store::{Client, Row, Transaction};

/// What an organisation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of each secret key that has no rate of its own.
    pub secret: Rate,
    /// Of each publishable key that has none. All visitors of a site share one, and each process counts for itself.
    pub publishable: Rate,
    /// Open at once, of all keys together.
    pub streams: Quota,
    /// In a month.
    pub stream_minutes: Quota,
    /// In a month.
    pub impressions: Quota,
}

impl Limits {
    /// Of an organisation that was given none: what one process serves, and no month's end.
    pub const DEFAULT: Limits = Limits {
        secret: Rate::SECRET,
        publishable: Rate::PUBLISHABLE,
        streams: Quota::up_to(250_000),
        stream_minutes: Quota::NONE,
        impressions: Quota::NONE,
    };

    /// For the audit log.
    fn told(&self) -> Value {
        json!({
            "secret": told(self.secret),
            "publishable": told(self.publishable),
            "streams": amounts(self.streams),
            "stream_minutes": amounts(self.stream_minutes),
            "impressions": amounts(self.impressions),
        })
    }
}

/// What a key may use where that is not what its organisation's keys may. Of the organisation's streams it still takes its part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Override {
    pub rate: Option<Rate>,
    /// Streams open at once.
    pub streams_max: Option<u64>,
}

impl Override {
    fn told(&self) -> Value {
        json!({ "rate": self.rate.map(told), "streams_max": self.streams_max })
    }
}

fn told(rate: Rate) -> Value {
    json!({ "per_minute": rate.per_minute(), "burst": rate.burst() })
}

fn amounts(quota: Quota) -> Value {
    json!({ "soft": quota.soft(), "hard": quota.hard() })
}

const HOLD: &str = "select id from partners.organisation where id = $1 for update";

const FIND: &str = "
    select organisation_id, secret_per_minute, secret_burst, publishable_per_minute, publishable_burst, streams_soft, streams_hard,
        stream_minutes_soft, stream_minutes_hard, impressions_soft, impressions_hard
    from partners.limits where organisation_id = $1";

/// What an organisation may use: the defaults where nobody said anything else.
pub async fn find(client: &Client<'_>, organisation_id: &str) -> Result<Limits, Error> {
    let row = client.query_opt(FIND, &[&organisation_id]).await?;
    row.map_or(Ok(Limits::DEFAULT), |row| limits(&row))
}

const SET: &str = "
    insert into partners.limits (organisation_id, secret_per_minute, secret_burst, publishable_per_minute, publishable_burst, streams_soft,
        streams_hard, stream_minutes_soft, stream_minutes_hard, impressions_soft, impressions_hard, changed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict (organisation_id) do update set
        secret_per_minute = excluded.secret_per_minute, secret_burst = excluded.secret_burst,
        publishable_per_minute = excluded.publishable_per_minute, publishable_burst = excluded.publishable_burst,
        streams_soft = excluded.streams_soft, streams_hard = excluded.streams_hard,
        stream_minutes_soft = excluded.stream_minutes_soft, stream_minutes_hard = excluded.stream_minutes_hard,
        impressions_soft = excluded.impressions_soft, impressions_hard = excluded.impressions_hard,
        changed = excluded.changed";

/// Gives an organisation limits. Every process that follows them knows within a second of the commit; what was counted so far stays counted.
pub async fn set(tx: &Transaction<'_>, organisation_id: &str, limits: &Limits, by: &By) -> Result<(), Error> {
    if tx.query_opt(HOLD, &[&organisation_id]).await?.is_none() {
        return Err(Error::UnknownOrganisation { id: organisation_id.to_owned() });
    }
    let before = find(tx, organisation_id).await?;
    if before == *limits {
        return Ok(());
    }
    let number = begin_change(tx).await?;
    let Limits { secret, publishable, streams, stream_minutes, impressions } = limits;
    let params: store::Params<'_> = &[
        &organisation_id,
        &stored(secret.per_minute()),
        &stored(secret.burst()),
        &stored(publishable.per_minute()),
        &stored(publishable.burst()),
        &streams.soft().map(amount),
        &streams.hard().map(amount),
        &stream_minutes.soft().map(amount),
        &stream_minutes.hard().map(amount),
        &impressions.soft().map(amount),
        &impressions.hard().map(amount),
        &number,
    ];
    tx.execute(SET, params).await?;
    let change = Change::of(before.told(), limits.told());
    Ok(audit::record(tx, by, organisation_id, "limits.change", organisation_id, change).await?)
}

const HOLD_KEY: &str = "select id from partners.api_key where organisation_id = $1 and id = $2 for update";

const OVERRIDES: &str = "
    select key_id, per_minute, burst, streams_max from partners.key_limits
    where organisation_id = $1 order by key_id";

/// The keys of an organisation that have limits of their own.
pub async fn overrides(client: &Client<'_>, organisation_id: &str) -> Result<Vec<(String, Override)>, Error> {
    let rows = client.query(OVERRIDES, &[&organisation_id]).await?;
    let all = rows.iter().map(|row| Ok((row.get("key_id"), own(row)?)));
    let mut overrides: Vec<(String, Override)> = all.collect::<Result<_, Error>>()?;
    overrides.retain(|it| it.1 != Override::default());
    Ok(overrides)
}

const FIND_OVERRIDE: &str =
    "select key_id, per_minute, burst, streams_max from partners.key_limits where key_id = $1";

const OVERRIDE: &str = "
    insert into partners.key_limits (key_id, organisation_id, per_minute, burst, streams_max, changed)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (key_id) do update set
        per_minute = excluded.per_minute, burst = excluded.burst, streams_max = excluded.streams_max, changed = excluded.changed";

/// Gives a key limits of its own, or with [`Override::default`] takes them away.
pub async fn set_for_key(
    tx: &Transaction<'_>,
    organisation_id: &str,
    key_id: &str,
    own_limits: &Override,
    by: &By,
) -> Result<(), Error> {
    if tx.query_opt(HOLD_KEY, &[&organisation_id, &key_id]).await?.is_none() {
        return Err(Error::UnknownKey { id: key_id.to_owned() });
    }
    let before = find_for_key(tx, key_id).await?;
    if before == *own_limits {
        return Ok(());
    }
    let number = begin_change(tx).await?;
    let Override { rate, streams_max } = own_limits;
    let params: store::Params<'_> = &[
        &key_id,
        &organisation_id,
        &rate.map(|it| stored(it.per_minute())),
        &rate.map(|it| stored(it.burst())),
        &streams_max.map(amount),
        &number,
    ];
    tx.execute(OVERRIDE, params).await?;
    let change = Change::of(before.told(), own_limits.told());
    Ok(audit::record(tx, by, organisation_id, "key.limit", key_id, change).await?)
}

/// The same as a partner may do it for a key of its own: no more requests than its plan gives each key. Of streams the organisation's number
/// holds beside it.
pub async fn set_within_plan(
    tx: &Transaction<'_>,
    organisation_id: &str,
    key_id: &str,
    own_limits: &Override,
    by: &By,
) -> Result<(), Error> {
    let found = key::find(tx, key_id).await?.filter(|it| it.organisation_id == organisation_id);
    let key = found.ok_or_else(|| Error::UnknownKey { id: key_id.to_owned() })?;
    let plan = find(tx, organisation_id).await?.rate_of(key.kind);
    if let Some(rate) = own_limits.rate {
        for (what, found, max) in [
            ("the number of requests a minute, in your plan,", rate.per_minute(), plan.per_minute()),
            ("the number of requests at once, in your plan,", rate.burst(), plan.burst()),
        ] {
            if found > max {
                let (max, found) = (u64::from(max), u64::from(found));
                return Err(Error::LimitOutOfRange { what, min: 1, max, found });
            }
        }
    }
    set_for_key(tx, organisation_id, key_id, own_limits, by).await
}

/// What a key has of its own.
pub async fn find_for_key(client: &Client<'_>, key_id: &str) -> Result<Override, Error> {
    let row = client.query_opt(FIND_OVERRIDE, &[&key_id]).await?;
    row.map_or(Ok(Override::default()), |row| own(&row))
}

const INHERIT: &str = "
    insert into partners.key_limits (key_id, organisation_id, per_minute, burst, streams_max, changed)
    select $2, organisation_id, per_minute, burst, streams_max, $3 from partners.key_limits where key_id = $1";

/// Gives a key the limits that the one has whose place it takes.
pub(crate) async fn inherit(tx: &Transaction<'_>, from_key_id: &str, key_id: &str) -> Result<(), Error> {
    if tx.query_opt(FIND_OVERRIDE, &[&from_key_id]).await?.is_some() {
        let number = begin_change(tx).await?;
        tx.execute(INHERIT, &[&from_key_id, &key_id, &number]).await?;
    }
    Ok(())
}

/// PostgreSQL's channel for whoever follows the limits.
pub(super) const CHANNEL: &str = "crease_limits";

const TELL: &str = "select pg_notify('crease_limits', '')";
const NEXT: &str = "update partners.limits_epoch set at = at + 1 returning at";

/// The number of the change that begins. Whoever comes second waits here until the first is committed, so that numbers come in the order of the
/// commits.
async fn begin_change(tx: &Transaction<'_>) -> Result<i64, Error> {
    let number = tx.query_one(NEXT, &[]).await?.get("at");
    tx.query(TELL, &[]).await?;
    Ok(number)
}

/// What changed, each with the number of the change.
#[derive(Default)]
pub(super) struct Changes {
    /// By organisation.
    pub(super) limits: Vec<(String, i64, Limits)>,
    /// By organisation and key.
    pub(super) overrides: Vec<(String, String, i64, Override)>,
}

const EPOCH: &str = "select at from partners.limits_epoch";

const CHANGED: &str = "
    select organisation_id, secret_per_minute, secret_burst, publishable_per_minute, publishable_burst, streams_soft, streams_hard,
        stream_minutes_soft, stream_minutes_hard, impressions_soft, impressions_hard, changed
    from partners.limits where changed > $1";

const CHANGED_OVERRIDES: &str = "
    select key_id, organisation_id, per_minute, burst, streams_max, changed from partners.key_limits where changed > $1";

/// What changed since a number, and the number up to which nothing is missing. Since 0: all.
///
/// The number is read first: it may be that more is known than it says, and that is read once more, but not less.
pub(super) async fn changed(client: &Client<'_>, since: i64) -> Result<(Changes, i64), Error> {
    let last: i64 = client.query_one(EPOCH, &[]).await?.get("at");
    if last == since {
        return Ok((Changes::default(), since));
    }
    let mut changes = Changes::default();
    for row in client.query(CHANGED, &[&since]).await? {
        changes.limits.push((row.get("organisation_id"), row.get("changed"), limits(&row)?));
    }
    for row in client.query(CHANGED_OVERRIDES, &[&since]).await? {
        changes.overrides.push((
            row.get("organisation_id"),
            row.get("key_id"),
            row.get("changed"),
            own(&row)?,
        ));
    }
    Ok((changes, last))
}

fn limits(row: &Row) -> Result<Limits, Error> {
    let unreadable = |column| Error::Unreadable { id: row.get("organisation_id"), column };
    let rate =
        |per_minute, burst| rate(row.get(per_minute), row.get(burst)).ok_or_else(|| unreadable(per_minute));
    let quota = |soft, hard| quota(row.get(soft), row.get(hard)).ok_or_else(|| unreadable(hard));
    Ok(Limits {
        secret: rate("secret_per_minute", "secret_burst")?,
        publishable: rate("publishable_per_minute", "publishable_burst")?,
        streams: quota("streams_soft", "streams_hard")?,
        stream_minutes: quota("stream_minutes_soft", "stream_minutes_hard")?,
        impressions: quota("impressions_soft", "impressions_hard")?,
    })
}

fn own(row: &Row) -> Result<Override, Error> {
    let unreadable = |column| Error::Unreadable { id: row.get("key_id"), column };
    let rate = match (row.get("per_minute"), row.get("burst")) {
        (Some(per_minute), Some(burst)) => {
            Some(rate(per_minute, burst).ok_or_else(|| unreadable("per_minute"))?)
        }
        _ => None,
    };
    let streams_max: Option<i64> = row.get("streams_max");
    let streams_max = streams_max.map(|it| u64::try_from(it).map_err(|_| unreadable("streams_max")));
    Ok(Override { rate, streams_max: streams_max.transpose()? })
}

fn rate(per_minute: i32, burst: i32) -> Option<Rate> {
    Rate::new(u32::try_from(per_minute).ok()?, u32::try_from(burst).ok()?).ok()
}

fn quota(soft: Option<i64>, hard: Option<i64>) -> Option<Quota> {
    let (soft, hard) = (soft.map(u64::try_from).transpose(), hard.map(u64::try_from).transpose());
    Quota::new(soft.ok()?, hard.ok()?).ok()
}

fn stored(number: u32) -> i32 {
    i32::try_from(number).expect("a rate's numbers are at most 600,000")
}

fn amount(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    HOLD,
    FIND,
    SET,
    HOLD_KEY,
    OVERRIDES,
    FIND_OVERRIDE,
    OVERRIDE,
    INHERIT,
    TELL,
    NEXT,
    EPOCH,
    CHANGED,
    CHANGED_OVERRIDES,
];
