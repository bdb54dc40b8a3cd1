//! Writing down what is settled: fills, orders, what is stuck, and up to which command, in one transaction.

use super::error::Error;
use super::listing::State;
use super::order::Order;
use super::step::{Leg, Step};
use super::wanted::{moment, side_word};
use book::Time;
use jiff::Timestamp;
use std::collections::BTreeSet;
use store::{At, Client, Row, Statement, Store, Transaction};
use wallet::told;

/// What a market is like after the last of these commands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top {
    pub(crate) bid: Option<u32>,
    pub(crate) ask: Option<u32>,
    pub(crate) state: State,
}

/// A fill that is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FillRow {
    pub(crate) fill: book::Fill,
    pub(crate) at: Time,
}

/// A step that the ledger has refused.
#[derive(Clone, Debug)]
pub(crate) struct StuckStep {
    pub(crate) step: Step,
    pub(crate) reason: String,
}

/// All that came of some commands.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    pub(crate) fills: Vec<FillRow>,
    pub(crate) orders: Vec<Order>,
    pub(crate) without_extra: BTreeSet<i64>,
    pub(crate) stuck: Vec<StuckStep>,
    pub(crate) top: Option<Top>,
}

const SETTLED: &str = "
    update rewards.market set settled = greatest(settled, $3), bid = $4, ask = $5,
        state = case when state = 'closed' then state else $6 end,
        last_price = coalesce($7, last_price), last_quantity = coalesce($8, last_quantity), last_at = coalesce($9, last_at)
    where number = $1 and epoch = $2 returning number";

const FILLS: &str = "
    insert into rewards.fill (market, seq, n, price, quantity, buy_order, sell_order, side, made_at)
    select $1, it.* from unnest($2::bigint[], $3::int[], $4::int[], $5::int[], $6::bigint[], $7::bigint[], $8::text[], $9::timestamptz[])
        as it
    on conflict do nothing";

const ORDERS: &str = "
    update rewards.market_order o set state = it.state, reason = it.reason, detail = it.detail, price = it.price,
        quantity = it.quantity, filled = it.filled, remaining = it.remaining, hold = it.hold,
        extra = case when o.number = any($10) then null else o.extra end, changed_at = $11
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[])
        as it (number, state, reason, detail, price, quantity, filled, remaining, hold)
    where o.number = it.number";

const STUCK: &str = "
    insert into rewards.stuck (market, seq, place, n, price, quantity, legs, reason, since, tried_at)
    select $1, it.seq, it.place, it.n, it.price, it.quantity, it.legs::jsonb, it.reason, $9, $9
    from unnest($2::bigint[], $3::int[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[])
        as it (seq, place, n, price, quantity, legs, reason)
    on conflict do nothing";

fn int(it: u32) -> i32 {
    i32::try_from(it).unwrap_or(i32::MAX)
}

fn bigint(it: u64) -> i64 {
    i64::try_from(it).unwrap_or(i64::MAX)
}

impl Record {
    /// Writes it, if the lease is still had: [`Error::Away`] where it is not. Tells those who have a wallet open whose orders have changed.
    pub(crate) async fn write(
        &self,
        store: &Store,
        (market, epoch, id): (i64, i64, &str),
        now: Timestamp,
    ) -> Result<(), Error> {
        store.run_tx("rewards.settled", async |tx| self.write_in(tx, (market, epoch, id), now).await).await
    }

    async fn write_in(
        &self,
        tx: &Transaction<'_>,
        (market, epoch, id): (i64, i64, &str),
        now: Timestamp,
    ) -> Result<(), Error> {
        let last = self.fills.last();
        let (bid, ask) = self.top.map_or((None, None), |it| (it.bid.map(int), it.ask.map(int)));
        let state = self.top.map_or(State::Open, |it| it.state).word();
        let last_price = last.map(|it| int(it.fill.price.points()));
        let last_quantity = last.map(|it| int(it.fill.quantity.units()));
        let last_at = last.map(|it| At(moment(it.at)));
        let params: store::Params<'_> =
            &[&market, &epoch, &bigint(self.seq), &bid, &ask, &state, &last_price, &last_quantity, &last_at];
        if tx.query_opt(SETTLED, params).await?.is_none() {
            return Err(Error::Away { id: id.to_owned() });
        }
        self.write_fills(tx, market).await?;
        self.write_orders(tx, now).await?;
        self.write_stuck(tx, market, now).await?;
        let accounts: BTreeSet<_> = self.orders.iter().map(|it| it.points).collect();
        Ok(told::tell_in(tx, accounts.into_iter()).await?)
    }

    async fn write_fills(&self, tx: &Transaction<'_>, market: i64) -> Result<(), Error> {
        if self.fills.is_empty() {
            return Ok(());
        }
        let of = |from: fn(&FillRow) -> i64| self.fills.iter().map(from).collect::<Vec<i64>>();
        let ints =
            |from: fn(&FillRow) -> u32| self.fills.iter().map(|it| int(from(it))).collect::<Vec<i32>>();
        let seqs = of(|it| bigint(it.fill.id.seq));
        let ns = ints(|it| it.fill.id.n);
        let prices = ints(|it| it.fill.price.points());
        let quantities = ints(|it| it.fill.quantity.units());
        let (buys, sells) = (of(|it| bigint(buyer(it).0)), of(|it| bigint(buyer(it).1)));
        let sides: Vec<&str> = self.fills.iter().map(|it| side_word(it.fill.taker_side)).collect();
        let ats: Vec<At> = self.fills.iter().map(|it| At(moment(it.at))).collect();
        let params: store::Params<'_> =
            &[&market, &seqs, &ns, &prices, &quantities, &buys, &sells, &sides, &ats];
        tx.run(&[Statement { sql: FILLS, params }]).await?;
        Ok(())
    }

    async fn write_orders(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
        if self.orders.is_empty() {
            return Ok(());
        }
        let ints = |from: fn(&Order) -> u32| self.orders.iter().map(|it| int(from(it))).collect::<Vec<i32>>();
        let numbers: Vec<i64> = self.orders.iter().map(|it| it.number).collect();
        let states: Vec<&str> = self.orders.iter().map(|it| it.state.word()).collect();
        let reasons: Vec<Option<&str>> = self.orders.iter().map(|it| it.reason.as_deref()).collect();
        let details: Vec<Option<&str>> = self.orders.iter().map(|it| it.detail.as_deref()).collect();
        let (prices, quantities) = (ints(|it| it.price), ints(|it| it.quantity));
        let (filled, left, holds) = (ints(|it| it.filled), ints(|it| it.left), ints(|it| it.hold));
        let without_extra: Vec<i64> = self.without_extra.iter().copied().collect();
        let params: store::Params<'_> = &[
            &numbers,
            &states,
            &reasons,
            &details,
            &prices,
            &quantities,
            &filled,
            &left,
            &holds,
            &without_extra,
            &At(now),
        ];
        tx.run(&[Statement { sql: ORDERS, params }]).await?;
        Ok(())
    }

    async fn write_stuck(&self, tx: &Transaction<'_>, market: i64, now: Timestamp) -> Result<(), Error> {
        if self.stuck.is_empty() {
            return Ok(());
        }
        let steps = || self.stuck.iter().map(|it| &it.step);
        let seqs: Vec<i64> = steps().map(|it| bigint(it.seq)).collect();
        let places: Vec<i32> = steps().map(|it| int(it.place)).collect();
        let ns: Vec<Option<i32>> = steps().map(|it| it.fill.map(|it| int(it.n))).collect();
        let prices: Vec<Option<i32>> = steps().map(|it| it.fill.map(|it| int(it.price))).collect();
        let quantities: Vec<Option<i32>> = steps().map(|it| it.fill.map(|it| int(it.quantity))).collect();
        let legs: Vec<String> =
            steps().map(|it| serde_json::to_string(&it.legs).expect("numbers are JSON")).collect();
        let reasons: Vec<&str> = self.stuck.iter().map(|it| it.reason.as_str()).collect();
        let params: store::Params<'_> =
            &[&market, &seqs, &places, &ns, &prices, &quantities, &legs, &reasons, &At(now)];
        tx.run(&[Statement { sql: STUCK, params }]).await?;
        Ok(())
    }
}

/// The buyer's and the seller's order.
fn buyer(it: &FillRow) -> (u64, u64) {
    match it.fill.taker_side {
        book::Side::Buy => (it.fill.taker.0, it.fill.maker.0),
        book::Side::Sell => (it.fill.maker.0, it.fill.taker.0),
    }
}

const READ_STUCK: &str = "
    select seq, place, n, price, quantity, legs::text as legs, reason from rewards.stuck where market = $1
    order by seq, place limit $2";

/// What waits, in the order of the journal.
pub(crate) async fn stuck(client: &Client<'_>, market: i64, limit: i64) -> Result<Vec<StuckStep>, Error> {
    client.query(READ_STUCK, &[&market, &limit]).await?.iter().map(read_stuck).collect()
}

fn read_stuck(row: &Row) -> Result<StuckStep, Error> {
    let seq: i64 = row.get("seq");
    let legs: Result<Vec<Leg>, _> = serde_json::from_str(row.get("legs"));
    let unreadable = || Error::Unreadable { what: format!("stuck {seq}"), column: "legs".to_owned() };
    let maybe = |column| row.get::<_, Option<i32>>(column).map(i32::unsigned_abs);
    let fill = match (maybe("n"), maybe("price"), maybe("quantity")) {
        // Whose order came is known where it was filled.
        (Some(n), Some(price), Some(quantity)) => {
            Some(super::step::Filled { n, price, quantity, side: book::Side::Buy })
        }
        _ => None,
    };
    let place = row.get::<_, i32>("place").unsigned_abs();
    let step = Step { seq: seq.unsigned_abs(), place, fill, legs: legs.map_err(|_| unreadable())? };
    Ok(StuckStep { step, reason: row.get("reason") })
}

const DONE: &str = "
    delete from rewards.stuck where market = $1 and seq = $2 and place = $3 returning seq";
const STILL: &str = "
    update rewards.stuck set reason = $4, tried_at = $5 where market = $1 and seq = $2 and place = $3 returning seq";

/// One that was stuck is made, or is still stuck for this reason.
pub(crate) async fn tried(
    store: &Store,
    market: i64,
    step: &Step,
    still: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let (seq, place) = (bigint(step.seq), int(step.place));
    match still {
        None => store.run_one("rewards.unstuck", DONE, &[&market, &seq, &place]).await?,
        Some(reason) => {
            store.run_one("rewards.unstuck", STILL, &[&market, &seq, &place, &reason, &At(now)]).await?
        }
    };
    Ok(())
}

const CLOSE: &str = "
    update rewards.market set state = 'closed', bid = null, ask = null where number = $1 and epoch = $2 returning number";

/// Closes it for good.
pub(crate) async fn close(store: &Store, market: i64, epoch: i64) -> Result<bool, Error> {
    Ok(!store.run_one("rewards.close", CLOSE, &[&market, &epoch]).await?.is_empty())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SETTLED, FILLS, ORDERS, STUCK, READ_STUCK, DONE, STILL, CLOSE];
