//! A market as it is kept: what it trades, by which rules, and how it stands as far as is settled.

use super::error::Error;
use super::wanted::{moment, side_word, time};
use crate::product::{self, Product, State as OfProduct};
use book::{Around, Collar, MarketId, Price, Quantity, Rules, Side, Time};
use jiff::Timestamp;
use store::{At, Client, Row, Transaction};
use uuid::Uuid;
use wallet::account::{self, Wanted};
use wallet::{AccountId, Asset, AssetCode, Books, Bounds, Kind, Points};

/// Whether a market takes orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// Nothing but cancelling, until it is reopened.
    Halted,
    /// For good; nothing rests in it.
    Closed,
}

impl State {
    pub const ALL: [State; 3] = [State::Open, State::Halted, State::Closed];

    pub const fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Halted => "halted",
            State::Closed => "closed",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// By which rules a market trades. They hold for as long as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Points: the lowest price, what prices are apart, and the highest.
    pub low: u32,
    pub tick: u32,
    pub high: u32,
    /// Units: quantities are multiples of the lot.
    pub lot: u32,
    pub quantity_max: u32,
    pub collar: Option<Collar>,
    /// Orders that may rest, of all and of one fan.
    pub orders_max: u32,
    pub fan_orders_max: u32,
    /// Orders that one fan may make within a minute.
    pub fan_minute_max: u32,
}

impl Terms {
    /// Of a market of single units at 1 to 10,000 points.
    pub const USUAL: Terms = Terms {
        low: 1,
        tick: 1,
        high: 10_000,
        lot: 1,
        quantity_max: 1_000,
        collar: None,
        orders_max: 1_000_000,
        fan_orders_max: 100,
        fan_minute_max: 60,
    };

    /// As the book has them.
    fn rules(&self, number: i64) -> Result<Rules, Error> {
        let price = |points: u32| Price::new(points).ok_or(book::RulesError::Range);
        let quantity = |units: u32| Quantity::new(units).ok_or(book::RulesError::Lot);
        let rules = Rules {
            market: MarketId(number.unsigned_abs()),
            low: price(self.low)?,
            tick: price(self.tick)?,
            high: price(self.high)?,
            lot: quantity(self.lot)?,
            quantity_max: quantity(self.quantity_max)?,
            collar: self.collar,
            orders_max: self.orders_max,
            orders_per_owner_max: self.fan_orders_max,
        };
        rules.check()?;
        if self.low == 0 {
            return Err(Error::Wanted { what: "the lowest price is 1 or more".to_owned() });
        }
        if self.fan_minute_max == 0 {
            return Err(Error::Wanted { what: "a fan may make an order in a minute at least".to_owned() });
        }
        Ok(rules)
    }
}

/// The last fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    pub price: u32,
    pub quantity: u32,
    pub at: Timestamp,
}

/// A market.
#[derive(Clone, Debug)]
pub struct Listing {
    pub(crate) number: i64,
    /// "mkt_…"
    pub id: String,
    /// "prd_…", and what it is called.
    pub product: String,
    pub name: String,
    pub(crate) asset: AssetCode,
    pub books: Books,
    pub terms: Terms,
    pub(crate) rules: Rules,
    /// The accounts between those who fill each other.
    pub(crate) points: AccountId,
    pub(crate) vouchers: AccountId,
    pub state: State,
    /// As far as is settled.
    pub(crate) settled: u64,
    pub last: Option<Last>,
    pub bid: Option<u32>,
    pub ask: Option<u32>,
    /// Who holds its lease, if somebody does for now.
    pub holder: Option<String>,
}

const MAKE: &str = "
    insert into rewards.market (id, product, books, low, tick, high, lot, quantity_max, collar_around, collar_reference,
        collar_basis_points, orders_max, fan_orders_max, fan_minute_max, points, vouchers, made_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

/// A new market of a product whose vouchers may be traded; it is open when somebody has taken its lease. Answers its id.
pub async fn make(
    tx: &Transaction<'_>,
    product_id: &str,
    terms: &Terms,
    now: Timestamp,
) -> Result<String, Error> {
    terms.rules(0)?;
    let product = product::find(tx, product_id).await?;
    let product = product.ok_or_else(|| crate::Error::UnknownProduct { id: product_id.to_owned() })?;
    if !product.terms.between.tradable || product.state == OfProduct::Over {
        return Err(Error::NotTraded { product: product.id });
    }
    let id = store::ids::new("mkt");
    let owner = match product.books {
        Books::Live => id.clone(),
        Books::Test => format!("{id}/test"),
    };
    let mut accounts = Vec::new();
    for asset in [Points::CODE, product.asset()?] {
        let wanted = Wanted::new(asset, Kind::Market, &owner, Bounds::NO_OVERDRAFT);
        accounts.push(Uuid::from_u128(account::open(tx, &wanted, now).await?.number()));
    }
    let int = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    let around = terms.collar.map(|it| match it.around {
        Around::Reference => "reference",
        Around::LastFill => "last-fill",
    });
    let reference = terms.collar.map(|it| int(it.reference.points()));
    let basis_points = terms.collar.map(|it| int(it.basis_points));
    let params: store::Params<'_> = &[
        &id,
        &product.id,
        &product.books.word(),
        &int(terms.low),
        &int(terms.tick),
        &int(terms.high),
        &int(terms.lot),
        &int(terms.quantity_max),
        &around,
        &reference,
        &basis_points,
        &int(terms.orders_max),
        &int(terms.fan_orders_max),
        &int(terms.fan_minute_max),
        &accounts[0],
        &accounts[1],
        &At(now),
    ];
    tx.execute(MAKE, params).await?;
    Ok(id)
}

const FIND: &str = "
    select m.*, p.name, m.until > clock_timestamp() as is_held from rewards.market m
    join rewards.product p on p.id = m.product where m.id = $1";

pub async fn find(client: &Client<'_>, id: &str) -> Result<Option<Listing>, Error> {
    client.query_opt(FIND, &[&id]).await?.as_ref().map(read).transpose()
}

const BY_NUMBER: &str = "
    select m.*, p.name, m.until > clock_timestamp() as is_held from rewards.market m
    join rewards.product p on p.id = m.product where m.number = $1";

pub(crate) async fn by_number(client: &Client<'_>, number: i64) -> Result<Listing, Error> {
    read(&client.query_one(BY_NUMBER, &[&number]).await?)
}

const OF_FANS: &str = "
    select m.*, p.name, m.until > clock_timestamp() as is_held from rewards.market m
    join rewards.product p on p.id = m.product
    where p.books = $1 and (p.organisation_id is null or p.organisation_id = $2) and p.state <> 'draft'
    order by m.number desc limit 200";

/// Those that fans of an organisation can see, the newest first.
pub async fn of_fans(
    client: &Client<'_>,
    books: Books,
    organisation_id: &str,
) -> Result<Vec<Listing>, Error> {
    let rows = client.query(OF_FANS, &[&books.word(), &organisation_id]).await?;
    rows.iter().map(read).collect()
}

/// Whether a fan of an organisation in these books can see it.
pub async fn is_for(
    client: &Client<'_>,
    listing: &Listing,
    books: Books,
    organisation_id: &str,
) -> Result<bool, Error> {
    let product = product::find(client, &listing.product).await?;
    Ok(product.is_some_and(|it: Product| it.is_for(books, organisation_id)))
}

/// What operators look at.
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

const FIGURES: &str = "
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
pub async fn figures(client: &Client<'_>, now: Timestamp) -> Result<Vec<Figures>, Error> {
    let day = now.as_second().div_euclid(86_400) * 86_400;
    let midnight = Timestamp::from_second(day).unwrap_or(now);
    let rows = client.query(FIGURES, &[&At(midnight)]).await?;
    let figures = |row: &Row| {
        Ok(Figures {
            listing: read(row)?,
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

/// A fill that anybody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    pub price: u32,
    pub quantity: u32,
    /// Of the order that came.
    pub side: Side,
    pub at: Timestamp,
}

impl Trade {
    pub(crate) fn of(fill: &book::Fill, at: Time) -> Self {
        Self {
            price: fill.price.points(),
            quantity: fill.quantity.units(),
            side: fill.taker_side,
            at: moment(at),
        }
    }

    pub const fn side_word(&self) -> &'static str {
        side_word(self.side)
    }
}

const TRADES: &str = "
    select price, quantity, side, made_at from rewards.fill where market = $1
    order by made_at desc, seq desc, n desc limit $2";

/// The newest fills.
pub async fn trades(client: &Client<'_>, listing: &Listing, limit: i64) -> Result<Vec<Trade>, Error> {
    let trade = |row: &Row| Trade {
        price: uint(row, "price"),
        quantity: uint(row, "quantity"),
        side: if row.get::<_, &str>("side") == "buy" { Side::Buy } else { Side::Sell },
        at: row.get::<_, At>("made_at").0,
    };
    Ok(client.query(TRADES, &[&listing.number, &limit]).await?.iter().map(trade).collect())
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

/// A column that holds none below zero.
pub(crate) fn uint(row: &Row, column: &str) -> u32 {
    row.get::<_, i32>(column).unsigned_abs()
}

pub(crate) fn account(row: &Row, column: &str) -> AccountId {
    AccountId::of_number(row.get::<_, Uuid>(column).as_u128())
}

fn read(row: &Row) -> Result<Listing, Error> {
    let id: String = row.get("id");
    let unreadable = |column: &str| Error::Unreadable { what: id.clone(), column: column.to_owned() };
    let number: i64 = row.get("number");
    let product: String = row.get("product");
    let collar = match row.get::<_, Option<&str>>("collar_around") {
        None => None,
        Some(around) => Some(Collar {
            around: if around == "reference" { Around::Reference } else { Around::LastFill },
            reference: Price::new(uint(row, "collar_reference"))
                .ok_or_else(|| unreadable("collar_reference"))?,
            basis_points: uint(row, "collar_basis_points"),
        }),
    };
    let terms = Terms {
        low: uint(row, "low"),
        tick: uint(row, "tick"),
        high: uint(row, "high"),
        lot: uint(row, "lot"),
        quantity_max: uint(row, "quantity_max"),
        collar,
        orders_max: uint(row, "orders_max"),
        fan_orders_max: uint(row, "fan_orders_max"),
        fan_minute_max: uint(row, "fan_minute_max"),
    };
    let maybe = |column| row.get::<_, Option<i32>>(column).map(i32::unsigned_abs);
    let last = match (maybe("last_price"), maybe("last_quantity"), row.get::<_, Option<At>>("last_at")) {
        (Some(price), Some(quantity), Some(at)) => Some(Last { price, quantity, at: at.0 }),
        _ => None,
    };
    let is_held = row.get::<_, Option<bool>>("is_held").unwrap_or(false);
    Ok(Listing {
        number,
        name: row.get("name"),
        asset: AssetCode::voucher(&product).ok_or_else(|| unreadable("product"))?,
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        rules: terms.rules(number)?,
        terms,
        points: account(row, "points"),
        vouchers: account(row, "vouchers"),
        state: State::of(row.get("state")).ok_or_else(|| unreadable("state"))?,
        settled: row.get::<_, i64>("settled").unsigned_abs(),
        last,
        bid: maybe("bid"),
        ask: maybe("ask"),
        holder: row.get::<_, Option<String>>("holder").filter(|_| is_held),
        product,
        id,
    })
}

impl Listing {
    /// What is wrong with a price and a quantity, whatever the book holds.
    pub(crate) fn check(&self, wanted: &super::Wanted, now: Timestamp) -> Result<(), super::Refused> {
        self.check_quantity(wanted.quantity)?;
        if let Some(price) = wanted.price() {
            self.check_price(price)?;
        }
        match wanted.until() {
            Some(until) if until <= time(now) => Err(book::Refusal::AlreadyOver { until }.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_quantity(&self, quantity: Quantity) -> Result<(), super::Refused> {
        let Rules { lot, quantity_max, .. } = self.rules;
        if quantity.units() == 0 || !quantity.units().is_multiple_of(lot.units()) {
            return Err(book::Refusal::NotInLots { lot }.into());
        }
        if quantity > quantity_max {
            return Err(book::Refusal::QuantityTooLarge { max: quantity_max }.into());
        }
        Ok(())
    }

    pub(crate) fn check_price(&self, price: Price) -> Result<(), super::Refused> {
        let Rules { low, high, tick, .. } = self.rules;
        if !(low..=high).contains(&price) {
            return Err(book::Refusal::OutOfRange { low, high }.into());
        }
        if !(price.points() - low.points()).is_multiple_of(tick.points()) {
            return Err(book::Refusal::NotOnTick { tick }.into());
        }
        Ok(())
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, FIND, BY_NUMBER, OF_FANS, FIGURES, TRADES, STUCK];
