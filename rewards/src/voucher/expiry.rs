//! What is over, and what a process left unfinished: seen to by a job, in rounds that end.

use super::Vouchers;
use crate::error::Error;
use crate::product::{self, Product};
use jiff::{SignedDuration, Timestamp};
use jobs::{Cron, Job, NotDone, Worker};
use serde::{Deserialize, Serialize};
use store::{At, Client, Transaction};
use wallet::account::{self, Account};
use wallet::{AccountId, Act, AssetCode, Kind, Metadata, Move, Reason, Refusal, Transfer, TransferId};

/// Rows of one statement.
const PAGE: i64 = 500;
/// Statements of one round: what is more is seen to by the next.
const PAGES_MAX: usize = 20;
/// Products that are over, and are looked at in one round.
const PRODUCTS_MAX: i64 = 50;
/// After how long one is looked at again that had vouchers still which are not free: those that an order holds.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Sees to what is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "rewards.sweep_vouchers";
}

/// What a round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Batches whose units were not there yet.
    pub issued: u64,
    /// Vouchers that were asked for, and whose process has ended.
    pub settled: u64,
    /// Reservations that have ended.
    pub reservations: u64,
    /// Products that are over since.
    pub over: u64,
    /// Units that were given up with them.
    pub units: i64,
    /// Vouchers whose codes are over.
    pub expired: u64,
}

const OVER: &str = "
    update rewards.product set state = 'over', version = version + 1
    where id in (
        select id from rewards.product where state <> 'over' and valid_until <= $1 order by valid_until limit $2
        for update skip locked)";

const FULL: &str = "
    select id from rewards.product
    where state = 'over' and emptied_at is null and (looked_at is null or looked_at <= $1)
    order by looked_at nulls first limit $2";

const LOOKED_AT: &str = "update rewards.product set looked_at = $2 where id = $1";

// One that has batches whose units are to come has vouchers still.
const EMPTIED: &str = "
    update rewards.product p set emptied_at = $2
    where p.id = $1 and p.state = 'over'
        and not exists (select 1 from rewards.batch b where b.product = p.id and b.issued_at is null)";

const EXPIRED: &str = "
    update rewards.voucher set state = 'expired'
    where id in (
        select id from rewards.voucher where state = 'claimed' and valid_until <= $1 order by valid_until limit $2
        for update skip locked)
    returning fan_id";

impl Vouchers {
    /// Has this worker, of the queue [`QUEUE`](crate::QUEUE), see to what is over each minute.
    pub fn on(&self, worker: Worker) -> Worker {
        let each_minute = Cron::new("rewards-vouchers", "* * * * *", "UTC").expect("a schedule that is one");
        let own = self.clone();
        worker
            .handle(move |_: Sweep, _| {
                let vouchers = own.clone();
                async move {
                    let swept = vouchers.sweep().await;
                    swept.map(drop).map_err(|error| NotDone::Retry(error.to_string()))
                }
            })
            .repeat(each_minute, &Sweep {})
    }

    /// Sees to all that is over now, and to what was left unfinished; as often as it is done, each once. Units that
    /// orders hold are left until they are free, and those of wallets that are frozen stay there.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let now = self.clock.now();
        // What cannot be done of one kind keeps none of the others.
        let issued = self.issue_due().await;
        let settled = self.settle_due(now).await;
        let reservations = self.expire_reservations(now).await;
        let over = async |tx: &Transaction<'_>| Ok::<_, Error>(tx.execute(OVER, &[&At(now), &PAGE]).await?);
        let over = self.store.run_tx("vouchers.over", over).await;
        let units = self.empty_due(now).await;
        let expired = self.expire_claimed(now).await;
        let swept = Swept {
            issued: issued?,
            settled: settled?,
            reservations: reservations?,
            over: over?,
            units: units?,
            expired: expired?,
        };
        if swept != Swept::default() {
            tracing::info!(?swept, "vouchers were seen to");
        }
        Ok(swept)
    }

    async fn expire_claimed(&self, now: Timestamp) -> Result<u64, Error> {
        let mut expired = 0;
        for _ in 0..PAGES_MAX {
            let page = self.store.run_tx("vouchers.expired", async |tx| {
                let rows = tx.query(EXPIRED, &[&At(now), &PAGE]).await?;
                for fan_id in rows.iter().filter_map(|it| it.get::<_, Option<&str>>("fan_id")) {
                    wallet::holder::tell(tx, fan_id).await?;
                }
                Ok::<_, Error>(rows.len())
            });
            let page = page.await?;
            expired += page as u64;
            if (page as i64) < PAGE {
                break;
            }
        }
        Ok(expired)
    }

    /// Takes back what there is of products that are over.
    async fn empty_due(&self, now: Timestamp) -> Result<i64, Error> {
        let read = async |db: &Client<'_>| db.query(FULL, &[&At::after(now, -AGAIN), &PRODUCTS_MAX]).await;
        let mut units = 0;
        for row in self.store.read("vouchers.full", read).await? {
            let id: &str = row.get("id");
            if let Some(product) =
                self.store.read("vouchers.product", async |db| product::find(db, id).await).await?
            {
                units += self.empty(&product, now).await?;
            }
        }
        Ok(units)
    }

    async fn empty(&self, product: &Product, now: Timestamp) -> Result<i64, Error> {
        let asset = product.asset()?;
        let opened = self.store.run_tx("vouchers.issuer", async |tx| product.issuer(tx, now).await);
        let (issuer, mut taken, mut is_all) = (opened.await?, 0, true);
        for kind in [Kind::Stock, Kind::Fan] {
            let mut after = AccountId::of_number(0);
            for round in 0..=PAGES_MAX {
                let read = async |db: &Client<'_>| account::with_units(db, (asset, kind), after, PAGE).await;
                let page = self.store.read("vouchers.with_units", read).await?;
                let Some(last) = page.last() else { break };
                if round == PAGES_MAX {
                    is_all = false;
                    break;
                }
                after = last.id;
                for it in &page {
                    taken += self.take_back(product, asset, it, issuer).await?;
                }
            }
        }
        let sums = self.store.read("vouchers.sums", async |db| account::sums(db, &[asset]).await).await?;
        let is_empty = sums.iter().filter(|it| it.kind != Kind::Issuer).all(|it| it.posted == 0);
        let note = async |tx: &Transaction<'_>| {
            if is_empty {
                tx.execute(EMPTIED, &[&product.id, &At(now)]).await?;
            }
            if is_all {
                tx.execute(LOOKED_AT, &[&product.id, &At(now)]).await?;
            }
            Ok::<_, Error>(())
        };
        self.store.run_tx("vouchers.looked_at", note).await?;
        Ok(taken)
    }

    /// What an account has that is free goes back to where it came into being; answers how much that was.
    async fn take_back(
        &self,
        product: &Product,
        asset: AssetCode,
        it: &Account,
        issuer: AccountId,
    ) -> Result<i64, Error> {
        let (units, reason) = match it.standing.kind {
            Kind::Stock => (it.standing.available(), Reason::Issue),
            _ => (it.standing.available(), Reason::Expiry),
        };
        let of = Move::of(asset, units, it.id, issuer, reason).map_err(wallet::Error::from)?;
        // With the balance that it is about: what is free later is another transfer.
        let texts = [it.id.to_string(), it.standing.version.to_string()];
        let id = TransferId::following_from("voucher.over", &[&texts[0], &texts[1]]);
        let metadata = Metadata::new([("product", product.id.as_str())]).unwrap_or_default();
        match self.ledger.make(Transfer::new(id, Act::Post(of)).about(metadata)).await {
            Ok(wallet::Made::Now) => Ok(units),
            Ok(wallet::Made::Before) => Ok(0),
            // Something moved meanwhile, or the wallet was frozen: it is looked at again.
            Err(wallet::Error::Refused(
                Refusal::BelowBound { .. } | Refusal::Frozen { .. } | Refusal::OtherContent { .. },
            )) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OVER, FULL, LOOKED_AT, EMPTIED, EXPIRED];
