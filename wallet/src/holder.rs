//! Fans who have a wallet: an account of points and one of coins.

use crate::account::{self, Account, Wanted};
use crate::asset::{Asset, AssetCode, Coins, Points};
use crate::error::Error;
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Bounds, DayLimits, Kind, Move, Reason, Refusal, Transfer};
use crate::told;
use crate::writer::Ledger;
use access::audit::{self, By, Deed};
use jiff::Timestamp;
use store::{At, Client, Row, Store, Transaction};

/// Which books: those in earnest, or those of test keys. Nothing moves from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Books {
    Live,
    Test,
}

impl Books {
    pub const fn word(self) -> &'static str {
        match self {
            Books::Live => "live",
            Books::Test => "test",
        }
    }

    /// None where there are no such books.
    pub fn of(word: &str) -> Option<Self> {
        [Books::Live, Books::Test].into_iter().find(|it| it.word() == word)
    }

    /// Who owns the accounts of the house in these books: issuers, fees, gateways.
    pub const fn house(self) -> &'static str {
        match self {
            Books::Live => "crease",
            Books::Test => "crease/test",
        }
    }
}

/// The account that units of an asset come from when they come into being; opened when it is first asked for.
pub async fn issuer(
    tx: &Transaction<'_>,
    books: Books,
    asset: AssetCode,
    now: Timestamp,
) -> Result<AccountId, Error> {
    account::open(tx, &Wanted::new(asset, Kind::Issuer, books.house(), Bounds::NONE), now).await
}

/// A fan, and who vouches for the fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder<'a> {
    /// `fan_…`
    pub fan_id: &'a str,
    /// `org_…`
    pub organisation_id: &'a str,
    pub books: Books,
}

/// What a fan's accounts are opened with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    pub points: DayLimits,
    pub coins: DayLimits,
}

/// A fan's wallet as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub fan_id: String,
    pub organisation_id: String,
    pub books: Books,
    pub frozen_at: Option<Timestamp>,
    pub opened_at: Timestamp,
    /// By asset.
    pub accounts: Vec<Account>,
}

impl Wallet {
    /// The account of an asset.
    pub fn account(&self, asset: AssetCode) -> Option<&Account> {
        self.accounts.iter().find(|it| it.standing.asset == asset)
    }
}

const OPEN: &str = "
    insert into wallet.holder (fan_id, organisation_id, books, opened_at) values ($1, $2, $3, $4)
    on conflict (fan_id) do nothing";

/// Opens a fan's wallet, with nothing in it; does nothing where it is open.
pub async fn open(
    tx: &Transaction<'_>,
    holder: &Holder<'_>,
    terms: &Terms,
    now: Timestamp,
) -> Result<(), Error> {
    let Holder { fan_id, organisation_id, books } = *holder;
    if tx.execute(OPEN, &[&fan_id, &organisation_id, &books.word(), &At(now)]).await? == 0 {
        return Ok(());
    }
    for (asset, limits) in [(Points::CODE, terms.points), (Coins::CODE, terms.coins)] {
        let wanted = Wanted { limits, ..Wanted::new(asset, Kind::Fan, fan_id, Bounds::NO_OVERDRAFT) };
        account::open(tx, &wanted, now).await?;
    }
    Ok(())
}

const FIND: &str = "
    select fan_id, organisation_id, books, frozen_at, opened_at from wallet.holder
    where fan_id = $1 and organisation_id = $2 and books = $3";

/// The wallet of a fan of this organisation; none where there is none, or it is another organisation's.
pub async fn find(client: &Client<'_>, holder: &Holder<'_>) -> Result<Option<Wallet>, Error> {
    let params: store::Params<'_> = &[&holder.fan_id, &holder.organisation_id, &holder.books.word()];
    let Some(row) = client.query_opt(FIND, params).await? else { return Ok(None) };
    let accounts = account::of_owner(client, holder.fan_id, Kind::Fan).await?;
    wallet(&row, accounts).map(Some)
}

const IS_THERE: &str = "
    select exists (select from wallet.holder where fan_id = $1 and organisation_id = $2 and books = $3)";

/// Whether a fan of this organisation has a wallet, whatever is in it: a tenth of what [`find`] costs.
pub async fn is_there(client: &Client<'_>, holder: &Holder<'_>) -> Result<bool, Error> {
    let params: store::Params<'_> = &[&holder.fan_id, &holder.organisation_id, &holder.books.word()];
    Ok(client.query_one(IS_THERE, params).await?.get(0))
}

fn wallet(row: &Row, accounts: Vec<Account>) -> Result<Wallet, Error> {
    let fan_id: String = row.get("fan_id");
    let Some(books) = Books::of(row.get("books")) else {
        return Err(Error::Unreadable { what: fan_id, column: "books" });
    };
    Ok(Wallet {
        organisation_id: row.get("organisation_id"),
        books,
        frozen_at: row.get::<_, Option<At>>("frozen_at").map(|it| it.0),
        opened_at: row.get::<_, At>("opened_at").0,
        fan_id,
        accounts,
    })
}

const LIST: &str = "
    select fan_id, organisation_id, books, frozen_at, opened_at from wallet.holder
    where organisation_id = $1 and books = $2 and fan_id > $3 order by fan_id limit $4";

/// Fans of an organisation who have a wallet, by id from after one, without their accounts.
pub async fn list(
    client: &Client<'_>,
    organisation_id: &str,
    books: Books,
    after: &str,
    limit: i64,
) -> Result<Vec<Wallet>, Error> {
    let rows = client.query(LIST, &[&organisation_id, &books.word(), &after, &limit]).await?;
    rows.iter().map(|row| wallet(row, Vec::new())).collect()
}

/// The row is locked, so that freezing and erasing follow one another.
const LOCK: &str = "
    select fan_id from wallet.holder where fan_id = $1 and organisation_id = $2 and books = $3 for update";

const FREEZE: &str = "update wallet.holder set frozen_at = coalesce(frozen_at, $2) where fan_id = $1";
const THAW: &str = "update wallet.holder set frozen_at = null where fan_id = $1";

/// Nothing comes or goes any more, but what is held and given back.
pub async fn freeze(tx: &Transaction<'_>, holder: &Holder<'_>, now: Timestamp) -> Result<(), Error> {
    let accounts = locked(tx, holder).await?;
    tx.execute(FREEZE, &[&holder.fan_id, &At(now)]).await?;
    for account in &accounts {
        account::freeze(tx, account.id, now).await?;
    }
    told::tell_in(tx, accounts.iter().map(|it| it.id)).await
}

pub async fn thaw(tx: &Transaction<'_>, holder: &Holder<'_>) -> Result<(), Error> {
    let accounts = locked(tx, holder).await?;
    tx.execute(THAW, &[&holder.fan_id]).await?;
    for account in &accounts {
        account::thaw(tx, account.id).await?;
    }
    told::tell_in(tx, accounts.iter().map(|it| it.id)).await
}

/// Sets the most that may come and go in a day.
pub async fn limit(
    tx: &Transaction<'_>,
    holder: &Holder<'_>,
    asset: AssetCode,
    limits: DayLimits,
) -> Result<(), Error> {
    let accounts = locked(tx, holder).await?;
    let account = accounts.iter().find(|it| it.standing.asset == asset);
    let account = account.ok_or_else(|| unknown(holder))?;
    account::limit(tx, account.id, limits).await
}

async fn locked(tx: &Transaction<'_>, holder: &Holder<'_>) -> Result<Vec<Account>, Error> {
    let params: store::Params<'_> = &[&holder.fan_id, &holder.organisation_id, &holder.books.word()];
    tx.query_opt(LOCK, params).await?.ok_or_else(|| unknown(holder))?;
    account::of_owner(tx, holder.fan_id, Kind::Fan).await
}

fn unknown(holder: &Holder<'_>) -> Error {
    Error::UnknownHolder { fan_id: holder.fan_id.into() }
}

/// Shared with others who do something with the wallet, and not with who freezes or erases it.
const SHARE: &str = "
    select frozen_at from wallet.holder where fan_id = $1 and organisation_id = $2 and books = $3 for share";

/// The accounts that something is bought on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    pub points: AccountId,
    /// Of the asset that was asked for.
    pub other: AccountId,
}

/// A fan's accounts of points and of another asset, which is opened where it is not yet. The wallet is neither frozen nor erased before the
/// transaction ends; one that is frozen is refused, and so is one that is not there.
pub async fn purse(
    tx: &Transaction<'_>,
    holder: &Holder<'_>,
    asset: AssetCode,
    now: Timestamp,
) -> Result<Purse, Error> {
    let params: store::Params<'_> = &[&holder.fan_id, &holder.organisation_id, &holder.books.word()];
    let row = tx.query_opt(SHARE, params).await?.ok_or_else(|| unknown(holder))?;
    let accounts = account::of_owner(tx, holder.fan_id, Kind::Fan).await?;
    let of = |asset| accounts.iter().find(|it| it.standing.asset == asset).map(|it| it.id);
    let points = of(Points::CODE).ok_or_else(|| unknown(holder))?;
    if row.get::<_, Option<At>>("frozen_at").is_some() {
        return Err(Refusal::Frozen { account: points }.into());
    }
    if let Some(other) = of(asset) {
        return Ok(Purse { points, other });
    }
    let wanted = Wanted::new(asset, Kind::Fan, holder.fan_id, Bounds::NO_OVERDRAFT);
    let other = account::open(tx, &wanted, now).await?;
    // Who looks at the wallet looks at this account too from now on.
    told::tell_in(tx, [points].into_iter()).await?;
    Ok(Purse { points, other })
}

const IS_OPEN: &str = "select 1 as there from wallet.holder where fan_id = $1";

/// Whether a fan has a wallet, with whomever.
pub async fn is_open(client: &Client<'_>, fan_id: &str) -> Result<bool, Error> {
    Ok(client.query_opt(IS_OPEN, &[&fan_id]).await?.is_some())
}

/// Tells who looks at a fan's wallet that there is something new of it beside balances.
pub async fn tell(tx: &Transaction<'_>, fan_id: &str) -> Result<(), Error> {
    let accounts = account::of_owner(tx, fan_id, Kind::Fan).await?;
    let points = accounts.iter().filter(|it| it.standing.asset == Points::CODE);
    told::tell_in(tx, points.map(|it| it.id)).await
}

const FORGET: &str = "delete from wallet.holder where fan_id = $1";

/// Erases a wallet: what is in it goes back to where it came into being, its accounts are closed and named after nobody. The books stay as they
/// are, and right.
///
/// It is in the audit log, which does not say whose it was.
///
/// Refused where something is held still: by an order, or a refund that is under way.
pub async fn erase(store: &Store, ledger: &Ledger, holder: &Holder<'_>, by: &By) -> Result<(), Error> {
    let now = by.at;
    let accounts = store.run_tx("wallet.erase", async |tx| locked(tx, holder).await).await?;
    if accounts.iter().any(|it| it.standing.held_out > 0 || it.standing.held_in > 0) {
        return Err(Error::SomethingHeld { fan_id: holder.fan_id.into() });
    }
    // One that is frozen keeps what it has: nothing leaves it.
    for it in accounts.iter().filter(|it| it.standing.posted > 0 && !it.standing.is_frozen) {
        let asset = it.standing.asset;
        let to = store.run_tx("wallet.issuer", async |tx| issuer(tx, holder.books, asset, now).await).await?;
        let of = Move::of(asset, it.standing.posted, it.id, to, Reason::Expiry)?;
        // As often as it is tried: with the balance that it is about.
        let version = it.standing.version.to_string();
        let id = TransferId::following_from("erasure", &[&it.id.to_string(), &version]);
        ledger.make(Transfer::new(id, Act::Post(of))).await?;
    }
    store
        .run_tx("wallet.erase", async |tx| {
            for it in locked(tx, holder).await? {
                account::freeze(tx, it.id, now).await?;
                // Read under the lock of its chain: nothing has come since, or it is tried again.
                let found = account::find(tx, it.id).await?;
                let is_over = found.is_some_and(|found| {
                    (found.standing.posted == 0 || it.standing.is_frozen) && found.standing.held_out == 0
                });
                if !is_over {
                    return Err(Error::SomethingHeld { fan_id: holder.fan_id.into() });
                }
                // Whose it was is forgotten, but not in which books.
                let suffix = match holder.books {
                    Books::Live => "",
                    Books::Test => "/test",
                };
                let nobody = format!("erased_{}{suffix}", store::ids::random_base62(22));
                account::rename(tx, it.id, &nobody).await?;
            }
            tx.execute(FORGET, &[&holder.fan_id]).await?;
            let organisation_id = Some(holder.organisation_id);
            let deed = Deed { organisation_id, action: "wallet.erase", object: "fan", ..Deed::default() };
            Ok(audit::record(tx, by, &deed).await?)
        })
        .await
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[OPEN, FIND, IS_THERE, LIST, LOCK, FREEZE, THAW, SHARE, IS_OPEN, FORGET];
