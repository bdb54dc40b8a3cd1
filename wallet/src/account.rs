//! Accounts, as they are kept.

use crate::asset::AssetCode;
use crate::error::Error;
use crate::id::{AccountId, CHAINS};
use crate::ledger::{Bounds, Day, DayLimits, Kind, Standing};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{At, Client, Row, Transaction};
use uuid::Uuid;

/// An account that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub asset: AssetCode,
    pub kind: Kind,
    /// Whose it is, as the crate that opens it calls them: `fan_…`, `org_…`, a campaign's id.
    pub owner: &'a str,
    pub bounds: Bounds,
    pub limits: DayLimits,
}

impl<'a> Wanted<'a> {
    /// Without limits of a day.
    pub fn new(asset: AssetCode, kind: Kind, owner: &'a str, bounds: Bounds) -> Self {
        Self { asset, kind, owner, bounds, limits: DayLimits::default() }
    }
}

/// An account, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub owner: String,
    pub standing: Standing,
}

/// The chain on which an owner's account is: the same each time.
pub fn chain_of(owner: &str) -> u8 {
    Sha256::digest(owner)[0] % CHAINS
}

const OPEN: &str = "
    insert into wallet.account (id, chain, asset, kind, owner, bound_min, bound_max, day_in_max, day_out_max, opened_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (owner, asset, kind, chain) do nothing";

const OF: &str = "select id from wallet.account where owner = $1 and asset = $2 and kind = $3 and chain = $4";

/// Opens an account on its owner's chain, with nothing on it; answers the one that there is where it was opened before, with the bounds that
/// it has.
pub async fn open(tx: &Transaction<'_>, wanted: &Wanted<'_>, now: Timestamp) -> Result<AccountId, Error> {
    open_on(tx, wanted, chain_of(wanted.owner), now).await
}

/// The same on a chain of its own, for an owner with much to do: a budget has an account on each.
pub async fn open_on(
    tx: &Transaction<'_>,
    wanted: &Wanted<'_>,
    chain: u8,
    now: Timestamp,
) -> Result<AccountId, Error> {
    let id = AccountId::new_on(chain);
    let (chain, asset, kind) = (i16::from(chain % CHAINS), wanted.asset.text(), wanted.kind.word());
    let Bounds { min, max } = wanted.bounds;
    let DayLimits { in_max, out_max } = wanted.limits;
    let (id_of, owner) = (id.uuid(), wanted.owner);
    let params: store::Params<'_> =
        &[&id_of, &chain, &asset, &kind, &owner, &min, &max, &in_max, &out_max, &At(now)];
    if tx.execute(OPEN, params).await? == 1 {
        return Ok(id);
    }
    let row = tx.query_one(OF, &[&wanted.owner, &asset, &kind, &chain]).await?;
    Ok(AccountId::of_uuid(row.get("id")))
}

const FIND: &str = "
    select id, owner, asset, kind, bound_min, bound_max, day_in_max, day_out_max, frozen_at is not null as is_frozen,
        posted, held_out, held_in, version, day, day_in, day_out
    from wallet.standing where id = $1";

pub async fn find(client: &Client<'_>, id: AccountId) -> Result<Option<Account>, Error> {
    let row = client.query_opt(FIND, &[&id.uuid()]).await?;
    row.map(|row| Ok(Account { id, owner: row.get("owner"), standing: standing(&row)? })).transpose()
}

/// Locks the chain, under which batches read its accounts, and says to who knows them that they have changed.
const CHANGE: &str = "update wallet.chain set changes = changes + 1 where number = $1";

const OF_OWNER: &str = "
    select id, owner, asset, kind, bound_min, bound_max, day_in_max, day_out_max, frozen_at is not null as is_frozen,
        posted, held_out, held_in, version, day, day_in, day_out
    from wallet.standing where owner = $1 and kind = $2 order by asset, id";

/// All accounts of a kind that an owner has, by asset.
pub async fn of_owner(client: &Client<'_>, owner: &str, kind: Kind) -> Result<Vec<Account>, Error> {
    let rows = client.query(OF_OWNER, &[&owner, &kind.word()]).await?;
    rows.iter().map(account).collect()
}

/// What accounts of one asset and kind have together, units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub asset: AssetCode,
    pub kind: Kind,
    pub posted: i64,
    /// Of it, what holds keep apart.
    pub held_out: i64,
    /// What holds may bring.
    pub held_in: i64,
}

const SUMS: &str = "
    select asset, kind, sum(posted)::bigint as posted, sum(held_out)::bigint as held_out, sum(held_in)::bigint as held_in
    from wallet.standing where asset = any($1) group by asset, kind order by asset, kind";

/// What there is of each of these assets, by the kind of account on which it is.
pub async fn sums(client: &Client<'_>, assets: &[AssetCode]) -> Result<Vec<Sum>, Error> {
    let names: Vec<&str> = assets.iter().map(|it| it.text()).collect();
    let rows = client.query(SUMS, &[&names]).await?;
    let sum = |row: &Row| {
        let asset: &str = row.get("asset");
        let unreadable = |column| Error::Unreadable { what: asset.to_owned(), column };
        Ok(Sum {
            asset: AssetCode::kept(asset).ok_or_else(|| unreadable("asset"))?,
            kind: Kind::of(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
            posted: row.get("posted"),
            held_out: row.get("held_out"),
            held_in: row.get("held_in"),
        })
    };
    rows.iter().map(sum).collect()
}

const WITH_UNITS: &str = "
    select id, owner, asset, kind, bound_min, bound_max, day_in_max, day_out_max, frozen_at is not null as is_frozen,
        posted, held_out, held_in, version, day, day_in, day_out
    from wallet.standing
    where asset = $1 and kind = $2 and id > $3 and frozen_at is null and posted > held_out order by id limit $4";

/// Accounts of an asset and a kind that have something to give, by id from after one; without those that are frozen.
pub async fn with_units(
    client: &Client<'_>,
    (asset, kind): (AssetCode, Kind),
    after: AccountId,
    limit: i64,
) -> Result<Vec<Account>, Error> {
    let params: store::Params<'_> = &[&asset.text(), &kind.word(), &after.uuid(), &limit];
    client.query(WITH_UNITS, params).await?.iter().map(account).collect()
}

fn account(row: &Row) -> Result<Account, Error> {
    let id = AccountId::of_uuid(row.get("id"));
    Ok(Account { id, owner: row.get("owner"), standing: standing(row)? })
}

const AVAILABLE: &str = "
    select id, posted - held_out - bound_min as available from wallet.standing where id = any($1) and frozen_at is null";

/// What can be spent of each of these, units; those that are frozen are left out.
pub(crate) async fn available(
    client: &Client<'_>,
    ids: &[AccountId],
) -> Result<Vec<(AccountId, i64)>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|it| it.uuid()).collect();
    let rows = client.query(AVAILABLE, &[&ids]).await?;
    Ok(rows.iter().map(|it| (AccountId::of_uuid(it.get("id")), it.get("available"))).collect())
}

const LIMIT: &str = "update wallet.account set day_in_max = $2, day_out_max = $3 where id = $1";

/// Sets the most that it may take and give in a day.
pub async fn limit(tx: &Transaction<'_>, id: AccountId, limits: DayLimits) -> Result<(), Error> {
    tx.execute(CHANGE, &[&i16::from(id.chain())]).await?;
    found(tx.execute(LIMIT, &[&id.uuid(), &limits.in_max, &limits.out_max]).await?, id)
}

const FREEZE: &str = "update wallet.account set frozen_at = coalesce(frozen_at, $2) where id = $1";
const THAW: &str = "update wallet.account set frozen_at = null where id = $1";

/// Nothing moves on it any more but what it held and gives back.
pub async fn freeze(tx: &Transaction<'_>, id: AccountId, now: Timestamp) -> Result<(), Error> {
    tx.execute(CHANGE, &[&i16::from(id.chain())]).await?;
    found(tx.execute(FREEZE, &[&id.uuid(), &At(now)]).await?, id)
}

pub async fn thaw(tx: &Transaction<'_>, id: AccountId) -> Result<(), Error> {
    tx.execute(CHANGE, &[&i16::from(id.chain())]).await?;
    found(tx.execute(THAW, &[&id.uuid()]).await?, id)
}

const RENAME: &str = "update wallet.account set owner = $2 where id = $1";

/// Names an account after somebody else.
pub(crate) async fn rename(tx: &Transaction<'_>, id: AccountId, owner: &str) -> Result<(), Error> {
    found(tx.execute(RENAME, &[&id.uuid(), &owner]).await?, id)
}

fn found(count: u64, id: AccountId) -> Result<(), Error> {
    if count == 1 { Ok(()) } else { Err(Error::UnknownAccount { id }) }
}

/// An account of a row with its columns.
pub(crate) fn standing(row: &Row) -> Result<Standing, Error> {
    let id = AccountId::of_uuid(row.get::<_, Uuid>("id"));
    let unreadable = |column| Error::Unreadable { what: id.to_string(), column };
    Ok(Standing {
        asset: AssetCode::kept(row.get("asset")).ok_or_else(|| unreadable("asset"))?,
        kind: Kind::of(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        bounds: Bounds { min: row.get("bound_min"), max: row.get("bound_max") },
        limits: DayLimits { in_max: row.get("day_in_max"), out_max: row.get("day_out_max") },
        is_frozen: row.get("is_frozen"),
        posted: row.get("posted"),
        held_out: row.get("held_out"),
        held_in: row.get("held_in"),
        version: row.get("version"),
        day: Day { number: row.get("day"), came: row.get("day_in"), went: row.get("day_out") },
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[OPEN, OF, FIND, OF_OWNER, SUMS, WITH_UNITS, AVAILABLE, CHANGE, LIMIT, FREEZE, THAW, RENAME];
