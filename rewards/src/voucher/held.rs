//! What a fan has: units that are held, and vouchers that were opened.

use super::claim::{Opened, State, voucher};
use super::{Vouchers, limits};
use crate::decide::day_of;
use crate::error::Error;
use crate::product::{self, Product};
use jiff::Timestamp;
use std::collections::HashMap;
use store::{At, Client};
use wallet::{Holder, Wallet};

/// Vouchers that a fan is shown, and those that an export has, at most.
pub const OPENED_MAX: i64 = 200;

/// Units of a product that a fan holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub product: Product,
    pub units: i64,
    /// Of them, what can be opened, given or sold.
    pub available: i64,
    /// Of them, what an order keeps apart.
    pub held: i64,
}

const OPENED: &str = "
    select v.id, v.product, v.fan_id, v.state, v.reason, v.settled_at, v.valid_until, v.redeemed_at, v.place,
        c.hash, c.sealed, p.name
    from rewards.voucher v
        join rewards.product p on p.id = v.product
        left join rewards.code c on c.voucher = v.id
    where v.fan_id = $1 and v.state in ('claimed', 'redeemed', 'expired')
    order by v.settled_at desc, v.id desc limit $2";

const CLAIMED: &str = "
    select count(*) as count from rewards.voucher where fan_id = $1 and state = 'claimed' and valid_until > $2";

const NAMED: &str = "
    select exists (select 1 from rewards.voucher where fan_id = $1)
        or exists (select 1 from rewards.reservation where fan_id = $1)
        or exists (select 1 from rewards.bought where fan_id = $1) as is_named";

const FORGET_VOUCHERS: &str = "update rewards.voucher set fan_id = null where fan_id = $1 and asked_at <= $2";
const FORGET_RESERVATIONS: &str =
    "update rewards.reservation set fan_id = null where fan_id = $1 and made_at <= $2";
const FORGET_BOUGHT: &str = "delete from rewards.bought where fan_id = $1";

impl Vouchers {
    /// The vouchers that a fan holds, by product.
    pub async fn held(&self, wallet: &Wallet) -> Result<Vec<Held>, Error> {
        let own = wallet.accounts.iter().map(|it| &it.standing);
        let own: HashMap<&str, _> =
            own.filter(|it| it.posted > 0).filter_map(|it| Some((it.asset.product()?, it))).collect();
        let ids: Vec<&str> = own.keys().copied().collect();
        let products = self.store.read("vouchers.held", async |db| product::named(db, &ids).await).await?;
        let held = products.into_iter().filter_map(|product| {
            let of = own.get(product.id.as_str())?;
            Some(Held { units: of.posted, available: of.available(), held: of.held_out, product })
        });
        Ok(held.collect())
    }

    /// Vouchers that a fan has opened, newest first, with what each is for; a code where it is good still.
    pub async fn opened_by(&self, holder: &Holder<'_>) -> Result<Vec<(Opened, String)>, Error> {
        let now = self.clock.now();
        let read = async |db: &Client<'_>| db.query(OPENED, &[&holder.fan_id, &OPENED_MAX]).await;
        let mut all = Vec::new();
        for row in self.store.read("vouchers.opened", read).await? {
            let voucher = voucher(&row);
            let is_good = voucher.state_at(now) == State::Claimed;
            let code = if is_good { Some(self.code_of(&row)?) } else { None };
            all.push((Opened { voucher, code }, row.get("name")));
        }
        Ok(all)
    }

    /// How many vouchers a fan has opened that can be redeemed now.
    pub async fn claimed_count(&self, fan_id: &str) -> Result<i64, Error> {
        let now = self.clock.now();
        let read = async |db: &Client<'_>| db.query_one(CLAIMED, &[&fan_id, &At(now)]).await;
        Ok(self.store.read("vouchers.claimed", read).await?.get("count"))
    }

    /// What a fan may buy still of each of these products; none of one without limits.
    pub async fn left(&self, fan_id: &str, products: &[Product]) -> Result<Vec<Option<i64>>, Error> {
        let today = day_of(self.clock.now());
        let ids: Vec<&str> = products.iter().map(|it| it.id.as_str()).collect();
        let had = self.store.read("vouchers.left", async |db| limits::had(db, fan_id, &ids).await).await?;
        let left = |it: &Product| had.get(&it.id).copied().unwrap_or_default().left(&it.terms, today);
        Ok(products.iter().map(left).collect())
    }

    /// Gives up what a fan has reserved: the wallet can be erased then.
    pub async fn before_erasure(&self, fan_id: &str) -> Result<(), Error> {
        self.release_all(fan_id).await
    }

    /// Vouchers, reservations and counts name the fan no more, whose wallet was erased at that moment. A code that was
    /// shown stays good: who has it has it. What came since is of whoever has come back.
    pub async fn after_erasure(&self, fan_id: &str, erased_at: Timestamp) -> Result<(), Error> {
        self.store
            .run_tx("vouchers.forget", async |tx| {
                limits::lock_fan(tx, fan_id).await?;
                for sql in [FORGET_VOUCHERS, FORGET_RESERVATIONS] {
                    tx.execute(sql, &[&fan_id, &At(erased_at)]).await?;
                }
                tx.execute(FORGET_BOUGHT, &[&fan_id]).await?;
                limits::forget_fan(tx, fan_id).await
            })
            .await
    }

    /// The same where there is no wallet: an earlier try may have ended between the ledger and this. Does nothing where
    /// somebody has one.
    pub async fn repair_erasure(&self, fan_id: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let read = async |db: &Client<'_>| {
            let is_named: bool = db.query_one(NAMED, &[&fan_id]).await?.get("is_named");
            Ok::<_, Error>(is_named && !wallet::holder::is_open(db, fan_id).await?)
        };
        if self.store.read("vouchers.named", read).await? {
            self.after_erasure(fan_id, now).await?;
        }
        Ok(())
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[OPENED, CLAIMED, NAMED, FORGET_VOUCHERS, FORGET_RESERVATIONS, FORGET_BOUGHT];
