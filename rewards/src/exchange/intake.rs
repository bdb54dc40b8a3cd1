//! Writing new orders of a market down: those that come while others are being written go together, in one statement. A statement costs the
//! database more than a row of it.

use super::error::Error;
use super::wanted::Wanted;
use jiff::Timestamp;
use std::collections::HashMap;
use store::{At, Store};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use wallet::AccountId;

/// Orders that are written together, at most.
const TOGETHER_MAX: usize = 256;
/// Orders that wait for it: more are refused at once.
const WAITING_MAX: usize = 16_384;

// They are in the log before the holds that are made for them, and so on the disk when those are: they need not be waited for. The lease is
// whoever's asks, or nothing is written. Their numbers are in the order in which they came.
const INSERT: &str = "
    insert into rewards.market_order (id, market, trader, side, kind, price, quantity, time_in_force, until, post_only, self_trade,
        points, vouchers, remaining, made_at, changed_at)
    select it.id, m.number, it.trader, it.side, it.kind, it.price, it.quantity, it.time_in_force, it.until, it.post_only, it.self_trade,
        it.points, it.vouchers, it.quantity, it.at, it.at
    from unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[], $10::timestamptz[], $11::boolean[],
        $12::text[], $13::uuid[], $14::uuid[], $15::timestamptz[]) with ordinality
        as it (id, trader, side, kind, price, quantity, time_in_force, until, post_only, self_trade, points, vouchers, at, place)
    join rewards.market m on m.number = $1 and m.epoch = $2 and m.state <> 'closed'
    order by it.place
    on conflict (id) do nothing
    returning id, number, set_config('synchronous_commit', 'off', true)";

/// Who makes an order, and what is held for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Maker {
    pub(crate) trader: i64,
    pub(crate) points: AccountId,
    pub(crate) vouchers: AccountId,
    /// For one unit.
    pub(crate) price: u32,
}

/// An order that is to be written.
pub(crate) struct New {
    pub(crate) id: String,
    pub(crate) wanted: Wanted,
    pub(crate) maker: Maker,
    pub(crate) at: Timestamp,
}

struct Waiting {
    new: New,
    answer: oneshot::Sender<Result<Option<i64>, Error>>,
}

/// Where they are handed in; its task ends with it.
pub(crate) struct Intake(mpsc::Sender<Waiting>);

impl Intake {
    pub(crate) fn start(store: &Store, (market, epoch): (i64, i64)) -> Self {
        let (sender, mut waiting) = mpsc::channel(WAITING_MAX);
        let store = store.clone();
        tokio::spawn(async move {
            let mut some = Vec::with_capacity(TOGETHER_MAX);
            while waiting.recv_many(&mut some, TOGETHER_MAX).await > 0 {
                write(&store, (market, epoch), std::mem::take(&mut some)).await;
            }
        });
        Self(sender)
    }

    /// Writes one down; answers its number. None where it was before, or the lease is somebody else's.
    ///
    /// # Errors
    /// [`Error::Busy`]; and where the database could not.
    pub(crate) async fn write(&self, new: New) -> Result<Option<i64>, Error> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { new, answer }).map_err(|_| Error::Busy)?;
        answered.await.map_err(|_| Error::Unsure)?
    }
}

async fn write(store: &Store, market: (i64, i64), waiting: Vec<Waiting>) {
    let (new, answers): (Vec<New>, Vec<_>) = waiting.into_iter().map(|it| (it.new, it.answer)).unzip();
    match insert(store, market, &new).await {
        Ok(mut numbers) => {
            for (new, answer) in new.iter().zip(answers) {
                // Of two with one id the first is it.
                let _gone = answer.send(Ok(numbers.remove(&new.id)));
            }
        }
        // One that the database would not have must not hold up the others.
        Err(Error::Store(error)) if new.len() > 1 && error.sql_state().is_some() => {
            for (new, answer) in new.into_iter().zip(answers) {
                let written = insert(store, market, std::slice::from_ref(&new)).await;
                let _gone = answer.send(written.map(|mut it| it.remove(&new.id)));
            }
        }
        Err(error) => {
            for answer in answers {
                let _gone = answer.send(Err(error.clone()));
            }
        }
    }
}

/// The numbers of those that are new, by their ids.
async fn insert(
    store: &Store,
    (market, epoch): (i64, i64),
    new: &[New],
) -> Result<HashMap<String, i64>, Error> {
    let int = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    let words: Vec<_> = new.iter().map(|it| it.wanted.words()).collect();
    let ids: Vec<&str> = new.iter().map(|it| it.id.as_str()).collect();
    let traders: Vec<i64> = new.iter().map(|it| it.maker.trader).collect();
    let sides: Vec<&str> = words.iter().map(|it| it.side.as_str()).collect();
    let kinds: Vec<&str> = words.iter().map(|it| it.kind.as_str()).collect();
    let prices: Vec<i32> = new.iter().map(|it| int(it.maker.price)).collect();
    let quantities: Vec<i32> = words.iter().map(|it| int(it.quantity)).collect();
    let times: Vec<&str> = words.iter().map(|it| it.time_in_force.as_str()).collect();
    let untils: Vec<Option<At>> = words.iter().map(|it| it.until.map(At)).collect();
    let post_only: Vec<bool> = words.iter().map(|it| it.post_only).collect();
    let self_trades: Vec<&str> = words.iter().map(|it| it.self_trade.as_str()).collect();
    let uuid = |it: AccountId| Uuid::from_u128(it.number());
    let points: Vec<Uuid> = new.iter().map(|it| uuid(it.maker.points)).collect();
    let vouchers: Vec<Uuid> = new.iter().map(|it| uuid(it.maker.vouchers)).collect();
    let ats: Vec<At> = new.iter().map(|it| At(it.at)).collect();
    let params: store::Params<'_> = &[
        &market,
        &epoch,
        &ids,
        &traders,
        &sides,
        &kinds,
        &prices,
        &quantities,
        &times,
        &untils,
        &post_only,
        &self_trades,
        &points,
        &vouchers,
        &ats,
    ];
    let rows = store.run_one("rewards.orders", INSERT, params).await?;
    Ok(rows.iter().map(|it| (it.get("id"), it.get("number"))).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT];
