//! An order as it is kept.

use super::error::{Error, Refused, Why};
use super::listing::{account, uint};
use super::wanted::{Wanted, Words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{At, Client, Row, Store};
use wallet::{AccountId, TransferId};

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It is on its way into the book; or what became of it is not in the tables yet.
    Asked,
    /// It never was in the book, nor will it be; its hold is about to be voided.
    GivenUp,
    Resting,
    Filled,
    Cancelled,
    Refused,
}

impl State {
    const ALL: [State; 6] =
        [State::Asked, State::GivenUp, State::Resting, State::Filled, State::Cancelled, State::Refused];

    pub const fn word(self) -> &'static str {
        match self {
            State::Asked => "asked",
            State::GivenUp => "given-up",
            State::Resting => "resting",
            State::Filled => "filled",
            State::Cancelled => "cancelled",
            State::Refused => "refused",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether it is in the book, or may come there.
    pub const fn is_open(self) -> bool {
        matches!(self, State::Asked | State::Resting)
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub(crate) number: i64,
    /// "ord_…"
    pub id: String,
    pub(crate) market: i64,
    /// "mkt_…"
    pub market_id: String,
    pub(crate) trader: i64,
    pub wanted: Wanted,
    /// What is held for one unit: the limit of a buyer's limit order.
    pub(crate) price: u32,
    /// As it was amended last.
    pub quantity: u32,
    pub filled: u32,
    pub left: u32,
    pub state: State,
    /// Of one that is refused or cancelled.
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub(crate) points: AccountId,
    pub(crate) vouchers: AccountId,
    /// The number of the hold that is open.
    pub(crate) hold: u32,
    /// What an amendment has held beforehand.
    pub(crate) extra: Option<u32>,
    pub made_at: Timestamp,
}

impl Order {
    /// The limit as it stands; none of a market order.
    pub fn limit(&self) -> Option<u32> {
        self.wanted.price().map(|_| self.price)
    }

    /// Why it was refused.
    pub fn refused(&self) -> Option<Refused> {
        let why = match self.state {
            State::Refused => self.reason.as_deref().and_then(Why::of).unwrap_or(Why::Book),
            State::GivenUp => Why::GivenUp,
            _ => return None,
        };
        let detail =
            self.detail.clone().unwrap_or_else(|| "the order was not taken: make another".to_owned());
        Some(why.because(detail))
    }
}

/// A hold of an order, by its number.
pub(crate) fn hold_id(order_id: &str, hold: u32) -> TransferId {
    TransferId::following_from("market.hold", &[order_id, &hold.to_string()])
}

/// What an amendment of it holds beforehand.
pub(crate) fn extra_id(order_id: &str, extra: u32) -> TransferId {
    TransferId::following_from("market.extra", &[order_id, &extra.to_string()])
}

/// The id of an order: the same for what a fan asks for under one key.
pub fn id_of(fan_id: &str, key: Option<&str>) -> String {
    match key {
        // A transfer's text has the digits of a number that follows from both.
        Some(key) => {
            TransferId::following_from("order", &[fan_id, key]).to_string().replacen("trf_", "ord_", 1)
        }
        None => store::ids::new("ord"),
    }
}

const FIND: &str = "
    select o.*, m.id as market_id, t.fan_id from rewards.market_order o
    join rewards.market m on m.number = o.market join rewards.trader t on t.number = o.trader where o.id = $1";

/// An order, if it is this fan's.
pub async fn find(client: &Client<'_>, id: &str, fan_id: &str) -> Result<Option<Order>, Error> {
    let row = client.query_opt(FIND, &[&id]).await?;
    row.filter(|it| it.get::<_, &str>("fan_id") == fan_id).as_ref().map(read).transpose()
}

const RESTING: &str = "
    select o.*, m.id as market_id from rewards.market_order o join rewards.market m on m.number = o.market
    where o.market = $1 and o.state = 'resting' order by o.number";

/// All that rest in a market.
pub(crate) async fn resting_in(client: &Client<'_>, market: i64) -> Result<Vec<Order>, Error> {
    client.query(RESTING, &[&market]).await?.iter().map(read).collect()
}

const LEFT: &str = "
    select o.*, m.id as market_id from rewards.market_order o join rewards.market m on m.number = o.market
    where o.market = $1 and (o.state in ('asked', 'given-up') or o.extra is not null) order by o.number limit $2";

/// Those of a market that are on their way, or have something held beside what they rest with: so many at most, the oldest first.
pub(crate) async fn left(client: &Client<'_>, market: i64, limit: i64) -> Result<Vec<Order>, Error> {
    client.query(LEFT, &[&market, &limit]).await?.iter().map(read).collect()
}

const BY_NUMBERS: &str = "
    select o.*, m.id as market_id from rewards.market_order o join rewards.market m on m.number = o.market
    where o.number = any($1)";

pub(crate) async fn by_numbers(client: &Client<'_>, numbers: &[i64]) -> Result<Vec<Order>, Error> {
    client.query(BY_NUMBERS, &[&numbers]).await?.iter().map(read).collect()
}

const OF_FAN: &str = "
    select o.*, m.id as market_id from rewards.market_order o
    join rewards.market m on m.number = o.market
    where o.trader = (select number from rewards.trader where fan_id = $1) and o.number < $2
        and ($3::text is null or o.state = $3) and ($4::text is null or m.id = $4)
    order by o.number desc limit $5";

/// Which orders of a fan.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    pub fan_id: &'a str,
    pub state: Option<State>,
    /// "mkt_…"
    pub market: Option<&'a str>,
    /// Older than this, by [`Order::number`].
    pub before: Option<i64>,
    pub limit: i64,
}

/// The newest first.
pub async fn of_fan(client: &Client<'_>, listed: &Listed<'_>) -> Result<Vec<Order>, Error> {
    let (before, state) = (listed.before.unwrap_or(i64::MAX), listed.state.map(State::word));
    let params: store::Params<'_> = &[&listed.fan_id, &before, &state, &listed.market, &listed.limit];
    client.query(OF_FAN, params).await?.iter().map(read).collect()
}

/// An order as its fan sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// In the order in which they were asked for.
    pub number: i64,
    /// "ord_…"
    pub id: String,
    /// "mkt_…"
    pub market: String,
    /// As it was asked for, but for what was amended.
    pub words: Words,
    pub filled: u32,
    pub left: u32,
    pub state: State,
    /// Of one that is refused or cancelled.
    pub reason: Option<String>,
    pub detail: Option<String>,
    /// What has filled it, as far as that was asked for.
    pub parts: Vec<Part>,
    pub made_at: Timestamp,
}

impl View {
    pub fn of(order: &Order, parts: Vec<Part>) -> Self {
        let words = Words { price: order.limit(), quantity: order.quantity, ..order.wanted.words() };
        Self {
            number: order.number,
            id: order.id.clone(),
            market: order.market_id.clone(),
            words,
            filled: order.filled,
            left: order.left,
            state: order.state,
            reason: order.reason.clone(),
            detail: order.detail.clone(),
            parts,
            made_at: order.made_at,
        }
    }
}

const COUNT: &str = "
    select count(*) as orders from rewards.market_order
    where trader = (select number from rewards.trader where fan_id = $1) and state = 'resting'";

/// How many of a fan's rest.
pub async fn resting(client: &Client<'_>, fan_id: &str) -> Result<i64, Error> {
    Ok(client.query_one(COUNT, &[&fan_id]).await?.get("orders"))
}

const MARKETS: &str = "
    select distinct m.id from rewards.market_order o join rewards.market m on m.number = o.market
    where o.trader = (select number from rewards.trader where fan_id = $1) and o.state in ('asked', 'resting')";

/// The markets in which orders of a fan rest, or may.
pub async fn markets_of(client: &Client<'_>, fan_id: &str) -> Result<Vec<String>, Error> {
    Ok(client.query(MARKETS, &[&fan_id]).await?.iter().map(|it| it.get("id")).collect())
}

/// A part of an order that was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub price: u32,
    pub quantity: u32,
}

const PARTS: &str = "
    select price, quantity from rewards.fill where buy_order = $1 or sell_order = $1 order by seq, n limit 1000";

/// What has filled an order, as far as is settled.
pub async fn parts(client: &Client<'_>, order: &Order) -> Result<Vec<Part>, Error> {
    let part = |row: &Row| Part { price: uint(row, "price"), quantity: uint(row, "quantity") };
    Ok(client.query(PARTS, &[&order.number]).await?.iter().map(part).collect())
}

const REFUSE: &str = "
    update rewards.market_order o set state = $3, reason = $4, detail = $5, remaining = 0, changed_at = $6
    where number = $1 and state in ('asked', 'given-up')
        and exists (select 1 from rewards.market m where m.number = o.market and m.epoch = $2)
    returning number";

/// Refuses one that is not in the journal, or gives it up; whether it was so. Not for whoever has lost the lease.
pub(crate) async fn refuse(
    store: &Store,
    (order, epoch): (i64, i64),
    state: State,
    refused: &Refused,
    now: Timestamp,
) -> Result<bool, Error> {
    let params: store::Params<'_> =
        &[&order, &epoch, &state.word(), &refused.why.word(), &refused.detail, &At(now)];
    Ok(!store.run_one("rewards.refuse", REFUSE, params).await?.is_empty())
}

const EXTRA: &str = "
    update rewards.market_order o set extra = extras + 1, extras = extras + 1
    where number = $1 and state = 'resting' and extra is null
        and exists (select 1 from rewards.market m where m.number = o.market and m.epoch = $2)
    returning extra, set_config('synchronous_commit', 'off', true)";

/// Says that an amendment is about to hold something: under which number.
pub(crate) async fn begin_extra(store: &Store, order: i64, epoch: i64) -> Result<Option<u32>, Error> {
    let rows = store.run_one("rewards.extra", EXTRA, &[&order, &epoch]).await?;
    Ok(rows.first().map(|it| uint(it, "extra")))
}

const NO_EXTRA: &str =
    "update rewards.market_order set extra = null where number = $1 and extra = $2 returning number";

/// What was held for an amendment is not any more.
pub(crate) async fn end_extra(store: &Store, order: i64, extra: u32) -> Result<(), Error> {
    let extra = i32::try_from(extra).unwrap_or(i32::MAX);
    store.run_one("rewards.extra", NO_EXTRA, &[&order, &extra]).await?;
    Ok(())
}

pub(crate) fn read(row: &Row) -> Result<Order, Error> {
    let id: String = row.get("id");
    let unreadable = |column: &str| Error::Unreadable { what: id.clone(), column: column.to_owned() };
    let (kind, price): (String, u32) = (row.get("kind"), uint(row, "price"));
    let words = Words {
        side: row.get("side"),
        price: (kind == "limit").then_some(price),
        kind,
        quantity: uint(row, "quantity"),
        time_in_force: row.get("time_in_force"),
        until: row.get::<_, Option<At>>("until").map(|it| it.0),
        post_only: row.get("post_only"),
        self_trade: row.get("self_trade"),
    };
    Ok(Order {
        number: row.get("number"),
        market: row.get("market"),
        market_id: row.get("market_id"),
        trader: row.get("trader"),
        wanted: Wanted::parse(&words).map_err(|_| unreadable("kind"))?,
        price,
        quantity: words.quantity,
        filled: uint(row, "filled"),
        left: uint(row, "remaining"),
        state: State::of(row.get("state")).ok_or_else(|| unreadable("state"))?,
        reason: row.get("reason"),
        detail: row.get("detail"),
        points: account(row, "points"),
        vouchers: account(row, "vouchers"),
        hold: uint(row, "hold"),
        extra: row.get::<_, Option<i32>>("extra").map(i32::unsigned_abs),
        made_at: row.get::<_, At>("made_at").0,
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[FIND, RESTING, LEFT, BY_NUMBERS, OF_FAN, COUNT, MARKETS, PARTS, REFUSE, EXTRA, NO_EXTRA];
