//! What asking a model costs, and how much it may.
//!
//! Money is in millionths of the currency in which the prices are, as whole numbers. What a call may cost at most is reserved
//! before it and settled after it, in the same rows for all workers: together they never spend more than the budget. A call of
//! which nobody hears again stays charged in full.

use crate::error::Error;
use crate::model::Usage;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;
use store::{At, Store};

/// What a model's tokens cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Millionths of the currency for a million tokens that are sent.
    pub micros_per_million_in: i64,
    /// And for a million that come back.
    pub micros_per_million_out: i64,
}

impl Price {
    /// Rounded up, so that many small calls do not cost nothing.
    pub fn cost(&self, usage: Usage) -> i64 {
        let part = |tokens: u64, price: i64| i128::from(tokens) * i128::from(price.max(0));
        let sum = part(usage.tokens_in, self.micros_per_million_in)
            + part(usage.tokens_out, self.micros_per_million_out);
        i64::try_from((sum + 999_999) / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// How much may be spent, in millionths of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    pub per_game: i64,
    /// Of UTC.
    pub per_day: i64,
}

/// The call for which something is reserved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'c> {
    pub(crate) game: &'c str,
    pub(crate) innings: i32,
    pub(crate) ball: i32,
    pub(crate) model: &'c str,
    pub(crate) tones: i32,
    pub(crate) attempt: i16,
}

/// What a call has set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reserved {
    pub(crate) call: i64,
    pub(crate) amount: i64,
}

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled<'c> {
    pub(crate) outcome: &'c str,
    /// None where it is not known: then what was reserved is what it cost.
    pub(crate) usage: Option<Usage>,
    pub(crate) cost: Option<i64>,
    pub(crate) ms: i32,
}

/// Both scopes or none: the caller rolls back where fewer than two rows come back. In one order, so that two callers never wait
/// for each other.
const RESERVE: &str = "
    insert into commentary.budget (scope, used, made_at)
    select scope, $4, $5 from (values ($1::text, $2::bigint), ($3::text, $6::bigint)) as it (scope, most)
    where $4 <= most order by scope
    on conflict (scope) do update set used = budget.used + excluded.used
        where budget.used + excluded.used <= case budget.scope when $1 then $2 else $6 end
    returning scope";

const BEGIN: &str = "
    insert into commentary.call (game, innings, ball, model, tones, attempt, reserved, outcome, made_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'asked', $8) returning id";

/// One statement: a call that was settled before changes nothing.
const SETTLE: &str = "
    with settled as (
        update commentary.call
        set cost = coalesce($3, reserved), tokens_in = $4, tokens_out = $5, ms = $6, outcome = $2
        where id = $1 and outcome = 'asked'
        returning game, cost - reserved as more, (made_at at time zone 'UTC')::date as day
    )
    update commentary.budget set used = greatest(used + more, 0) from settled
    where scope in ('day:' || day::text, 'game:' || game)";

const LOST: &str = "
    update commentary.call set cost = reserved, outcome = 'lost' where outcome = 'asked' and made_at < $1";

const SPENT: &str = "select coalesce(sum(used), 0)::bigint as used from commentary.budget where scope = $1";

/// Sets aside what the call may cost at most; none where a budget has not so much left.
pub(crate) async fn reserve(
    store: &Store,
    call: &Call<'_>,
    amount: i64,
    caps: &Caps,
    now: Timestamp,
) -> Result<Option<Reserved>, Error> {
    let (day, game) = (day_scope(now), game_scope(call.game));
    let reserved = store.run_tx("commentary.reserve", async |tx| {
        let amount = amount.max(0);
        let params: store::Params<'_> = &[&day, &caps.per_day, &game, &amount, &At(now), &caps.per_game];
        if tx.query(RESERVE, params).await?.len() < 2 {
            return Err(NotReserved::Spent);
        }
        let params: store::Params<'_> = &[
            &call.game,
            &call.innings,
            &call.ball,
            &call.model,
            &call.tones,
            &call.attempt,
            &amount,
            &At(now),
        ];
        Ok(Reserved { call: tx.query_one(BEGIN, params).await?.get("id"), amount })
    });
    match reserved.await {
        Ok(reserved) => Ok(Some(reserved)),
        Err(NotReserved::Spent) => Ok(None),
        Err(NotReserved::Store(error)) => Err(error.into()),
    }
}

enum NotReserved {
    Spent,
    Store(store::Error),
}

impl From<store::Error> for NotReserved {
    fn from(error: store::Error) -> Self {
        NotReserved::Store(error)
    }
}

/// Gives back what the call did not cost.
pub(crate) async fn settle(store: &Store, reserved: Reserved, settled: &Settled<'_>) -> Result<(), Error> {
    let whole = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    let (tokens_in, tokens_out) =
        (settled.usage.map(|it| whole(it.tokens_in)), settled.usage.map(|it| whole(it.tokens_out)));
    let params: store::Params<'_> =
        &[&reserved.call, &settled.outcome, &settled.cost, &tokens_in, &tokens_out, &settled.ms];
    store.run_one("commentary.settle", SETTLE, params).await?;
    Ok(())
}

/// Calls under way for longer than this will not be settled: their process is gone.
const CALL_MAX: Duration = Duration::from_secs(3600);

/// Writes off calls that nobody will settle: they are charged in full.
pub(crate) async fn write_off(store: &Store, now: Timestamp) -> Result<(), Error> {
    let before = At(now.saturating_sub(CALL_MAX).unwrap_or(Timestamp::MIN));
    store.run_one("commentary.write_off", LOST, &[&before]).await?;
    Ok(())
}

/// What a match has cost, and what calls under way may cost at most.
pub async fn spent_on(store: &Store, game: &str) -> Result<i64, Error> {
    spent(store, game_scope(game)).await
}

/// The same of a day of UTC.
pub async fn spent_on_day(store: &Store, at: Timestamp) -> Result<i64, Error> {
    spent(store, day_scope(at)).await
}

async fn spent(store: &Store, scope: String) -> Result<i64, Error> {
    let row = store.read("commentary.spent", async |client| client.query_one(SPENT, &[&scope]).await).await?;
    Ok(row.get("used"))
}

fn game_scope(game: &str) -> String {
    format!("game:{game}")
}

fn day_scope(at: Timestamp) -> String {
    format!("day:{}", TimeZone::UTC.to_datetime(at).date())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[RESERVE, BEGIN, SETTLE, LOST, SPENT];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_call_costs_by_its_tokens_rounded_up() {
        let price = Price { micros_per_million_in: 150_000, micros_per_million_out: 600_000 };
        for (tokens_in, tokens_out, cost) in
            [(0, 0, 0), (1, 0, 1), (1_000_000, 0, 150_000), (900, 40, 159), (u64::MAX, u64::MAX, i64::MAX)]
        {
            assert_eq!(price.cost(Usage { tokens_in, tokens_out }), cost, "{tokens_in} {tokens_out}");
        }
    }

    proptest! {
        /// What is reserved for the most covers whatever less was used.
        #[test]
        fn more_tokens_never_cost_less(
            a in 0_u64..1 << 40, b in 0_u64..1 << 40, more in 0_u64..1 << 40, price in 0_i64..1 << 40,
        ) {
            let price = Price { micros_per_million_in: price, micros_per_million_out: price / 2 };
            let cost = |tokens_in, tokens_out| price.cost(Usage { tokens_in, tokens_out });
            prop_assert!(cost(a, b) <= cost(a + more, b) && cost(a, b) <= cost(a, b + more));
        }
    }
}
