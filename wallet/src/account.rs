//! Accounts, as they are kept.

use crate::asset::AssetCode;
use crate::error::Error;
use crate::id::{AccountId, CHAINS};
use crate::ledger::{Bounds, Kind, Standing};
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
    insert into wallet.account (id, chain, asset, kind, owner, bound_min, bound_max, opened_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
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
    let params: store::Params<'_> = &[&id.uuid(), &chain, &asset, &kind, &wanted.owner, &min, &max, &At(now)];
    if tx.execute(OPEN, params).await? == 1 {
        return Ok(id);
    }
    let row = tx.query_one(OF, &[&wanted.owner, &asset, &kind, &chain]).await?;
    Ok(AccountId::of_uuid(row.get("id")))
}

const FIND: &str = "
    select id, owner, asset, kind, bound_min, bound_max, frozen_at is not null as is_frozen, posted, held_out, held_in, version
    from wallet.account where id = $1";

pub async fn find(client: &Client<'_>, id: AccountId) -> Result<Option<Account>, Error> {
    let row = client.query_opt(FIND, &[&id.uuid()]).await?;
    row.map(|row| Ok(Account { id, owner: row.get("owner"), standing: standing(&row)? })).transpose()
}

/// Batches of the chain read its accounts under this lock.
const LOCK: &str = "select number from wallet.chain where number = $1 for update";

const FREEZE: &str = "update wallet.account set frozen_at = coalesce(frozen_at, $2) where id = $1";
const THAW: &str = "update wallet.account set frozen_at = null where id = $1";

/// Nothing moves on it any more but what it held and gives back.
pub async fn freeze(tx: &Transaction<'_>, id: AccountId, now: Timestamp) -> Result<(), Error> {
    tx.query(LOCK, &[&i16::from(id.chain())]).await?;
    found(tx.execute(FREEZE, &[&id.uuid(), &At(now)]).await?, id)
}

pub async fn thaw(tx: &Transaction<'_>, id: AccountId) -> Result<(), Error> {
    tx.query(LOCK, &[&i16::from(id.chain())]).await?;
    found(tx.execute(THAW, &[&id.uuid()]).await?, id)
}

fn found(count: u64, id: AccountId) -> Result<(), Error> {
    if count == 1 { Ok(()) } else { Err(Error::UnknownAccount { id }) }
}

/// An account of a row with its columns.
pub(crate) fn standing(row: &Row) -> Result<Standing, Error> {
    let id = AccountId::of_uuid(row.get::<_, Uuid>("id"));
    let unreadable = |column| Error::Unreadable { what: id.to_string(), column };
    Ok(Standing {
        asset: AssetCode::of(row.get("asset")).ok_or_else(|| unreadable("asset"))?,
        kind: Kind::of(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        bounds: Bounds { min: row.get("bound_min"), max: row.get("bound_max") },
        is_frozen: row.get("is_frozen"),
        posted: row.get("posted"),
        held_out: row.get("held_out"),
        held_in: row.get("held_in"),
        version: row.get("version"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OPEN, OF, FIND, LOCK, FREEZE, THAW];
