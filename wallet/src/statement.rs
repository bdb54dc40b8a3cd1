//! What has happened on an account: its lines, and what its balance was.

use crate::account;
use crate::asset::AssetCode;
use crate::error::Error;
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Move, Reason, Transfer};
use crate::metadata::Metadata;
use jiff::Timestamp;
use store::{At, Client, Row};
use uuid::Uuid;

/// A line of an account, and the transfer that it came of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 1, 2, 3… of an account, without a gap.
    pub version: i64,
    pub transfer: TransferId,
    /// Units that came, or below zero went.
    pub change: i64,
    pub balance_after: i64,
    pub reason: Reason,
    /// The account on the other side.
    pub other: AccountId,
    pub metadata: Metadata,
    pub made_at: Timestamp,
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub account: AccountId,
    /// From this moment on, and before that one.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Before this version, newest first: the last of the page before.
    pub before: Option<i64>,
    /// 1 to [`LINES_MAX`].
    pub limit: i64,
}

/// Lines that are read at a time, at most.
pub const LINES_MAX: i64 = 200;

const LINES: &str = "
    select e.version, e.transfer, e.change, e.balance_after, e.made_at, t.metadata::text as metadata,
        coalesce(t.reason, h.reason) as reason,
        case when e.account = coalesce(t.debit, h.debit) then coalesce(t.credit, h.credit) else coalesce(t.debit, h.debit) end as other
    from wallet.entry e
        join wallet.transfer t on t.id = e.transfer
        left join wallet.hold h on h.id = t.hold
    where e.account = $1 and e.version < $2 and e.made_at >= $3 and e.made_at < $4
    order by e.version desc limit $5";

/// Newest first.
pub async fn lines(client: &Client<'_>, asked: &Asked) -> Result<Vec<Line>, Error> {
    let from = At(asked.from.unwrap_or(Timestamp::UNIX_EPOCH));
    // Beyond what PostgreSQL's type ends with is nothing that it can be asked about.
    let to = At(asked.to.unwrap_or(FAR));
    let before = asked.before.unwrap_or(i64::MAX);
    let limit = asked.limit.clamp(1, LINES_MAX);
    let params: store::Params<'_> = &[&asked.account.uuid(), &before, &from, &to, &limit];
    client.query(LINES, params).await?.iter().map(line).collect()
}

/// 9000-01-01T00:00:00Z.
pub(crate) const FAR: Timestamp = Timestamp::constant(221_845_392_000, 0);

pub(crate) fn line(row: &Row) -> Result<Line, Error> {
    let transfer = TransferId::of_uuid(row.get("transfer"));
    let unreadable = |column| Error::Unreadable { what: transfer.to_string(), column };
    Ok(Line {
        version: row.get("version"),
        transfer,
        change: row.get("change"),
        balance_after: row.get("balance_after"),
        reason: Reason::of(row.get("reason")).ok_or_else(|| unreadable("reason"))?,
        other: AccountId::of_uuid(row.get("other")),
        metadata: Metadata::parse(row.get("metadata")).ok_or_else(|| unreadable("metadata"))?,
        made_at: row.get::<_, At>("made_at").0,
    })
}

const AS_OF: &str = "
    select balance_after from wallet.entry where account = $1 and made_at < $2 order by version desc limit 1";

/// What the balance was just before a moment, units.
///
/// Lines of an account follow one another in time, whatever clocks did, so that what was answered once for a moment in the past is answered
/// always.
pub async fn as_of(client: &Client<'_>, account: AccountId, moment: Timestamp) -> Result<i64, Error> {
    if account::find(client, account).await?.is_none() {
        return Err(Error::UnknownAccount { id: account });
    }
    let row = client.query_opt(AS_OF, &[&account.uuid(), &At(moment)]).await?;
    Ok(row.map_or(0, |it| it.get("balance_after")))
}

/// A transfer that was made, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub transfer: Transfer,
    pub made_at: Timestamp,
}

const TRANSFER: &str = "
    select id, act, debit, credit, asset, units, reason, hold, until, metadata::text as metadata, made_at
    from wallet.transfer where id = $1";

const OF_HOLD: &str = "
    select id, act, debit, credit, asset, units, reason, hold, until, metadata::text as metadata, made_at
    from wallet.transfer where hold = $1";

/// The transfer of this id, if it was made.
pub async fn transfer(client: &Client<'_>, id: TransferId) -> Result<Option<Recorded>, Error> {
    let row = client.query_opt(TRANSFER, &[&id.uuid()]).await?;
    row.map(|row| recorded(&row)).transpose()
}

/// A transfer and, where it is a hold, what became of it; in the order of time.
pub async fn life(client: &Client<'_>, id: TransferId) -> Result<Vec<Recorded>, Error> {
    let Some(first) = transfer(client, id).await? else { return Ok(Vec::new()) };
    let mut life = vec![first];
    for row in client.query(OF_HOLD, &[&id.uuid()]).await? {
        life.push(recorded(&row)?);
    }
    Ok(life)
}

fn recorded(row: &Row) -> Result<Recorded, Error> {
    let id = TransferId::of_uuid(row.get("id"));
    let transfer = read(row).ok_or_else(|| Error::Unreadable { what: id.to_string(), column: "act" })?;
    Ok(Recorded { transfer, made_at: row.get::<_, At>("made_at").0 })
}

/// None where the row is no transfer.
pub(crate) fn read(row: &Row) -> Option<Transfer> {
    let account = |name| row.get::<_, Option<Uuid>>(name).map(AccountId::of_uuid);
    let moved = || {
        let asset = AssetCode::kept(row.get::<_, Option<&str>>("asset")?)?;
        let reason = Reason::of(row.get::<_, Option<&str>>("reason")?)?;
        Move::of(asset, row.get::<_, Option<i64>>("units")?, account("debit")?, account("credit")?, reason)
            .ok()
    };
    let hold = || row.get::<_, Option<Uuid>>("hold").map(TransferId::of_uuid);
    let act = match row.get("act") {
        "post" => Act::Post(moved()?),
        "hold" => Act::Hold { of: moved()?, until: row.get::<_, Option<At>>("until").map(|it| it.0) },
        "finish" => Act::Finish { hold: hold()?, units: row.get("units") },
        "void" => Act::Void { hold: hold()? },
        "lapse" => Act::Lapse { hold: hold()? },
        _ => return None,
    };
    let metadata = Metadata::parse(row.get("metadata"))?;
    Some(Transfer { id: TransferId::of_uuid(row.get("id")), act, metadata })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LINES, AS_OF, TRANSFER, OF_HOLD];
