//! What operators look at: how each market stands, and what of it the ledger refuses for now.

use super::error::Error;
use super::listing::{self, Listing};
use jiff::Timestamp;
use store::{At, Client, Row};

/// A market, and what is going on there.
#[derive(Clone, Debug)]
pub struct Figures {
    pub listing: Listing,
    pub open_orders: i64,
    /// Units that rest on each side.
    pub bids: i64,
    pub asks: i64,
    /// Since midnight (UTC): units, and the points that they went for.
    pub units_today: i64,
    pub points_today: i64,
    pub stuck: i64,
}

const ALL: &str = "
    select m.*, p.name, m.until > clock_timestamp() as is_held, o.orders, o.bids, o.asks, f.units, f.points_of, s.stuck
    from rewards.market m
    join rewards.product p on p.id = m.product
    cross join lateral (
        select count(*) as orders, coalesce(sum(remaining) filter (where side = 'buy'), 0)::bigint as bids,
            coalesce(sum(remaining) filter (where side = 'sell'), 0)::bigint as asks
        from rewards.market_order where market = m.number and state = 'resting') o
    cross join lateral (
        select coalesce(sum(quantity), 0)::bigint as units, coalesce(sum(quantity::bigint * price), 0)::bigint as points_of
        from rewards.fill where market = m.number and made_at >= $1) f
    cross join lateral (select count(*) as stuck from rewards.stuck where market = m.number) s
    order by m.number desc limit 200";

/// All markets, the newest first.
pub async fn all(client: &Client<'_>, now: Timestamp) -> Result<Vec<Figures>, Error> {
    let day = now.as_second().div_euclid(86_400) * 86_400;
    let midnight = Timestamp::from_second(day).unwrap_or(now);
    let rows = client.query(ALL, &[&At(midnight)]).await?;
    let figures = |row: &Row| {
        Ok(Figures {
            listing: listing::read(row)?,
            open_orders: row.get("orders"),
            bids: row.get("bids"),
            asks: row.get("asks"),
            units_today: row.get("units"),
            points_today: row.get("points_of"),
            stuck: row.get("stuck"),
        })
    };
    rows.iter().map(figures).collect()
}

/// Something that the ledger refuses for now.
#[derive(Clone, Debug)]
pub struct Stuck {
    pub seq: i64,
    /// Of a fill; none of what was only to be given back.
    pub price: Option<u32>,
    pub quantity: Option<u32>,
    pub reason: String,
    pub since: Timestamp,
    pub tried_at: Timestamp,
}

const STUCK: &str = "
    select seq, price, quantity, reason, since, tried_at from rewards.stuck where market = $1
    order by seq, place limit 200";

/// What waits, in the order in which it is tried.
pub async fn stuck(client: &Client<'_>, listing: &Listing) -> Result<Vec<Stuck>, Error> {
    let maybe = |row: &Row, column| row.get::<_, Option<i32>>(column).map(i32::unsigned_abs);
    let stuck = |row: &Row| Stuck {
        seq: row.get("seq"),
        price: maybe(row, "price"),
        quantity: maybe(row, "quantity"),
        reason: row.get("reason"),
        since: row.get::<_, At>("since").0,
        tried_at: row.get::<_, At>("tried_at").0,
    };
    Ok(client.query(STUCK, &[&listing.number]).await?.iter().map(stuck).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ALL, STUCK];
