//! How often something was tried lately: what slows guessing and floods of letters down.

use crate::Error;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use store::{At, Client, Transaction};

/// So many attempts within a time that begins with the first.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Names it among all; a subject counts for each rule by itself.
    pub name: &'static str,
    pub max: i32,
    pub within: SignedDuration,
}

/// Whether one more was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// It is the `count`-th.
    Yes {
        count: i32,
    },
    No {
        until: Timestamp,
    },
}

const COUNT: &str = "
    insert into access.attempt as it (subject, count, ends_at) values ($1, 1, $3)
    on conflict (subject) do update
        set count = case when it.ends_at <= $2 then 1 else it.count + 1 end,
            ends_at = case when it.ends_at <= $2 then $3 else it.ends_at end
    returning count, ends_at";

/// Counts an attempt, before it is made: however many are made at once, no more than the rule's are let through.
pub async fn count(
    tx: &Transaction<'_>,
    rule: Rule,
    subject: &str,
    now: Timestamp,
) -> Result<Allowed, Error> {
    let row = tx
        .query_one(COUNT, &[&hash(rule, subject).as_slice(), &At(now), &At::after(now, rule.within)])
        .await?;
    let (count, At(until)) = (row.get("count"), row.get("ends_at"));
    Ok(if count <= rule.max { Allowed::Yes { count } } else { Allowed::No { until } })
}

const LOOK: &str = "select count from access.attempt where subject = $1 and ends_at > $2";

/// How many were counted, without counting one more.
pub async fn look(client: &Client<'_>, rule: Rule, subject: &str, now: Timestamp) -> Result<i32, Error> {
    let row = client.query_opt(LOOK, &[&hash(rule, subject).as_slice(), &At(now)]).await?;
    Ok(row.map_or(0, |it| it.get("count")))
}

const UNCOUNT: &str = "update access.attempt set count = count - 1 where subject = $1 and count > 0";

/// Takes one back that was right after all; those before it stay counted.
pub async fn uncount(tx: &Transaction<'_>, rule: Rule, subject: &str) -> Result<(), Error> {
    tx.execute(UNCOUNT, &[&hash(rule, subject).as_slice()]).await?;
    Ok(())
}

const CLEAR: &str = "delete from access.attempt where subject = $1";

/// Forgets what was counted.
pub async fn clear(tx: &Transaction<'_>, rule: Rule, subject: &str) -> Result<(), Error> {
    tx.execute(CLEAR, &[&hash(rule, subject).as_slice()]).await?;
    Ok(())
}

const FORGET: &str = "delete from access.attempt where ends_at <= $1";

/// Forgets what no longer counts.
pub async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

/// Addresses of people are not kept in the clear for this.
fn hash(rule: Rule, subject: &str) -> [u8; 32] {
    let hash = Sha256::new().chain_update(rule.name.as_bytes()).chain_update(b"\0");
    hash.chain_update(subject.as_bytes()).finalize().into()
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[COUNT, LOOK, UNCOUNT, CLEAR, FORGET];
