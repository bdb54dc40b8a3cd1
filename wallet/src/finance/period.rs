//! An account's statement of a period, whole: how many lines, the balance before and after, and the lines in either order.
//!
//! Lines have versions without a gap and follow one another in time, so that a moment's place among them is found by halving: some twenty
//! look-ups among a million, some 2 ms, whatever the period.

use crate::error::Error;
use crate::id::AccountId;
use crate::ledger::Kind;
use crate::statement::{self, Line};
use jiff::Timestamp;
use store::{At, Client, Row};

/// Lines that are read at a time, at most.
pub const LINES_MAX: i64 = 1_000;

/// A period's part of an account's lines: their versions, `first` and all before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub account: AccountId,
    pub first: i64,
    pub end: i64,
    /// The balance before the first and after the last of them, units.
    pub opening: i64,
    pub closing: i64,
}

impl Period {
    /// How many there are.
    pub const fn lines(&self) -> i64 {
        self.end - self.first
    }
}

/// A line, and whose the other account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    pub line: Line,
    pub other_owner: String,
    pub other_kind: Kind,
}

const FIRST_FROM: &str = "
    with recursive search (low, high) as (
        select 1::bigint, version + 1 from wallet.standing where id = $1
        union all
        select case when e.made_at < $2 then s.middle + 1 else s.low end,
            case when e.made_at < $2 then s.high else s.middle end
        from (select low, high, (low + high) / 2 as middle from search where low < high) s
            join wallet.entry e on e.account = $1 and e.version = s.middle
    )
    select low from search where low >= high";

const BALANCE: &str = "select balance_after from wallet.entry where account = $1 and version = $2";

macro_rules! lines {
    ($rest:literal) => {
        concat!(
            "select it.*, o.owner as other_owner, o.kind as other_kind from (
                select e.version, e.transfer, e.change, e.balance_after, e.made_at, t.metadata::text as metadata,
                    coalesce(t.reason, h.reason) as reason,
                    case when e.account = coalesce(t.debit, h.debit) then coalesce(t.credit, h.credit)
                        else coalesce(t.debit, h.debit) end as other
                from wallet.entry e
                    join wallet.transfer t on t.id = e.transfer
                    left join wallet.hold h on h.id = t.hold
                where e.account = $1 and e.version >= $2 and e.version < $3
            ) it join wallet.account o on o.id = it.other ",
            $rest
        )
    };
}

const NEWEST: &str = lines!("order by it.version desc limit $4");
const OLDEST: &str = lines!("order by it.version limit $4");

/// The version of the first line from a moment on; one more than there are where there is none.
pub(super) async fn first_from(
    client: &Client<'_>,
    account: AccountId,
    moment: Timestamp,
) -> Result<i64, Error> {
    let row = client.query_opt(FIRST_FROM, &[&account.uuid(), &At(moment)]).await?;
    row.map(|it| it.get("low")).ok_or(Error::UnknownAccount { id: account })
}

/// From a moment on, and before another; from the first line and to the last where none is said.
pub async fn period(
    client: &Client<'_>,
    account: AccountId,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Period, Error> {
    let from = from.unwrap_or(Timestamp::UNIX_EPOCH);
    let first = first_from(client, account, from).await?;
    let end = first_from(client, account, to.unwrap_or(statement::FAR)).await?.max(first);
    let opening = balance(client, account, first - 1).await?;
    let closing = if end == first { opening } else { balance(client, account, end - 1).await? };
    Ok(Period { account, first, end, opening, closing })
}

async fn balance(client: &Client<'_>, account: AccountId, version: i64) -> Result<i64, Error> {
    let row = client.query_opt(BALANCE, &[&account.uuid(), &version]).await?;
    Ok(row.map_or(0, |it| it.get("balance_after")))
}

/// The newest first, older than the line `before`: at most [`LINES_MAX`].
pub async fn newest(
    client: &Client<'_>,
    period: &Period,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<StatementLine>, Error> {
    let end = before.map_or(period.end, |it| it.min(period.end));
    read(client, NEWEST, (period.account, period.first, end), limit).await
}

/// The oldest first, newer than the line `after`: at most [`LINES_MAX`].
pub async fn oldest(
    client: &Client<'_>,
    period: &Period,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<StatementLine>, Error> {
    let first = after.map_or(period.first, |it| it.saturating_add(1).max(period.first));
    read(client, OLDEST, (period.account, first, period.end), limit).await
}

async fn read(
    client: &Client<'_>,
    sql: &'static str,
    (account, first, end): (AccountId, i64, i64),
    limit: i64,
) -> Result<Vec<StatementLine>, Error> {
    let limit = limit.clamp(1, LINES_MAX);
    let params: store::Params<'_> = &[&account.uuid(), &first, &end, &limit];
    client.query(sql, params).await?.iter().map(line).collect()
}

fn line(row: &Row) -> Result<StatementLine, Error> {
    let line = statement::line(row)?;
    let unreadable = || Error::Unreadable { what: line.other.to_string(), column: "kind" };
    let other_kind = Kind::of(row.get("other_kind")).ok_or_else(unreadable)?;
    Ok(StatementLine { other_owner: row.get("other_owner"), other_kind, line })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIRST_FROM, BALANCE, NEWEST, OLDEST];
