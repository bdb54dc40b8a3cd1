//! The ledger of this crate.

use crate::figures::{self, Draw};
use crate::{FANS, Load, Pattern};
use anyhow::Context;
use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use store::{Clock, Store};
use wallet::account::{self, Wanted};
use wallet::{
    AccountId, Act, Amount, Asset, Bounds, Kind, Ledger, Made, Move, Points, Reason, Transfer, TransferId,
};

/// What each fan has at first.
const FUNDS: i64 = 1_000_000;

pub(crate) struct Ours {
    budget: AccountId,
    fans: Arc<[AccountId]>,
}

impl Ours {
    /// Opens the accounts and fills them.
    pub(crate) async fn prepare(store: &Store) -> anyhow::Result<Self> {
        let now = Timestamp::now();
        let open = |kind, owner: String, bounds| async move {
            let wanted = Wanted::new(Points::CODE, kind, &owner, bounds);
            store.run_tx("bench", async |tx| account::open(tx, &wanted, now).await).await
        };
        let issuer = open(Kind::Issuer, "crease".to_owned(), Bounds::NONE).await?;
        let budget = open(Kind::Budget, "campaign".to_owned(), Bounds::NO_OVERDRAFT).await?;
        let mut fans = Vec::with_capacity(FANS);
        for some in (0..FANS).collect::<Vec<_>>().chunks(20) {
            let opened = some.iter().map(|at| open(Kind::Fan, format!("fan_{at}"), Bounds::NO_OVERDRAFT));
            fans.extend(try_join_all(opened).await?);
        }
        let ledger = Ledger::start(store, &Clock::system(), "bench");
        let post = |units, from, to, reason| {
            Transfer::new(TransferId::fresh(), Act::Post(Move::new(amount(units), from, to, reason)))
        };
        let all = FUNDS * FANS as i64;
        ledger.make(post(2 * all, issuer, budget, Reason::Issue)).await?;
        for some in fans.chunks(1_000) {
            try_join_all(some.iter().map(|fan| ledger.make(post(FUNDS, budget, *fan, Reason::Grant))))
                .await?;
        }
        store.run_tx("bench", async |tx| tx.batch("analyze").await).await?;
        Ok(Self { budget, fans: fans.into() })
    }

    /// By so many writers that know nothing of each other, as in so many processes.
    pub(crate) async fn measure(&self, store: &Store, load: Load, writers: usize) -> anyhow::Result<Value> {
        let batches = number(store, "select count(*) from wallet.batch").await?;
        let start = |at| Ledger::start(store, &Clock::system(), &format!("bench {at}"));
        let ledgers: Vec<Ledger> = (0..writers).map(start).collect();
        let (began, ends) = (Instant::now(), Instant::now() + load.lasts);
        let askers = (0..load.outstanding).map(|asker| {
            let (fans, budget) = (self.fans.clone(), self.budget);
            let ledger = ledgers[asker % writers].clone();
            tokio::spawn(async move {
                let (mut draw, mut times) = (Draw::of(asker), figures::times());
                while Instant::now() < ends {
                    let to = draw.below(FANS);
                    let (from, reason) = match load.pattern {
                        Pattern::Hot => (budget, Reason::Grant),
                        Pattern::Uniform => (fans[(to + 1 + draw.below(FANS - 1)) % FANS], Reason::Gift),
                    };
                    let units = 1 + draw.below(100) as i64;
                    let act = Act::Post(Move::new(amount(units), from, fans[to], reason));
                    let asked = Instant::now();
                    let made = ledger.make(Transfer::new(TransferId::fresh(), act)).await?;
                    anyhow::ensure!(made == Made::Now, "an id was there before");
                    times.saturating_record(asked.elapsed().as_nanos() as u64);
                }
                Ok(times)
            })
        });
        let mut all = figures::times();
        for asker in join_all(askers).await {
            all.add(asker??)?;
        }
        let took = began.elapsed();
        let batches = number(store, "select count(*) from wallet.batch").await? - batches;
        let mut measured = figures::of(&all, took);
        measured["per_batch"] = json!((all.len() as f64 / batches as f64).round());
        Ok(measured)
    }
}

fn amount(units: i64) -> Amount<Points> {
    Amount::new(units).expect("between one and all that there is")
}

async fn number(store: &Store, sql: &'static str) -> anyhow::Result<i64> {
    let row = store.read("bench", async |db| db.query_one(sql, &[]).await).await.context("counting")?;
    Ok(row.get(0))
}

/// How many faults the books have after all that.
pub(crate) async fn faults(store: &Store) -> anyhow::Result<u64> {
    let verify = async |tx: &store::Transaction<'_>| {
        tx.batch("set local statement_timeout = 0").await?;
        wallet::verify::verify(tx).await
    };
    let report = store.run_tx("bench", verify).await?;
    Ok(report.faults.len() as u64)
}
