//! Commands and snapshots as bytes, for a journal: little-endian, of a fixed size.

use crate::{
    Amendment, Around, Collar, Command, Immediate, MarketId, Order, OrderId, OwnerId, Phase, Posting, Price,
    Quantity, Resting, Rules, SelfTrade, Side, Snapshot, Terms, Time, TimeInForce, Whose,
};
use std::fmt;

/// What a command with its time takes.
pub const COMMAND_BYTES: usize = 44;
/// The layout of a snapshot. Another one gets another number.
const SNAPSHOT_VERSION: u64 = 1;
const RESTING_BYTES: usize = 40;

/// Bytes that are no command or snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What was to be read.
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these bytes are no {}", self.what)
    }
}

impl std::error::Error for Malformed {}

/// An enum as a byte: the place of a value in the list of all.
trait Code: Sized + Copy + PartialEq + 'static {
    const ALL: &'static [Self];
    const WHAT: &'static str;

    fn code(self) -> u8 {
        Self::ALL.iter().position(|it| *it == self).expect("the list has all values") as u8
    }

    fn of(code: u8) -> Result<Self, Malformed> {
        Self::ALL.get(usize::from(code)).copied().ok_or(Malformed { what: Self::WHAT })
    }
}

impl Code for Side {
    const ALL: &'static [Self] = &[Self::Buy, Self::Sell];
    const WHAT: &'static str = "side";
}

impl Code for SelfTrade {
    const ALL: &'static [Self] = &[Self::CancelNewest, Self::CancelOldest, Self::CancelBoth, Self::Decrement];
    const WHAT: &'static str = "self-trade mode";
}

impl Code for Posting {
    const ALL: &'static [Self] = &[Self::MayTake, Self::PostOnly];
    const WHAT: &'static str = "posting";
}

impl Code for Immediate {
    const ALL: &'static [Self] = &[Self::OrCancel, Self::FillOrKill];
    const WHAT: &'static str = "time in force";
}

impl Code for Phase {
    const ALL: &'static [Self] = &[Self::Continuous, Self::Halted];
    const WHAT: &'static str = "phase";
}

impl Code for Around {
    const ALL: &'static [Self] = &[Self::Reference, Self::LastFill];
    const WHAT: &'static str = "collar";
}

/// What kind of command; a limit order's time in force is a number of its own.
mod kind {
    pub(super) const MARKET: u8 = 1;
    pub(super) const LIMIT: u8 = 2;
    pub(super) const AMEND: u8 = 3;
    pub(super) const CANCEL: u8 = 4;
    pub(super) const CANCEL_OWNER: u8 = 5;
    pub(super) const CANCEL_EVERYBODY: u8 = 6;
    pub(super) const HALT: u8 = 7;
    pub(super) const REOPEN: u8 = 8;
    pub(super) const REOPEN_AROUND: u8 = 9;
    pub(super) const EXPIRE: u8 = 10;
}

/// The numbers of [`TimeInForce`], to which that of [`Posting`] or [`Immediate`] is added.
mod lasts {
    pub(super) const GOOD_TILL_CANCEL: u8 = 0;
    pub(super) const GOOD_TILL_DATE: u8 = 2;
    pub(super) const IMMEDIATE: u8 = 4;
}

/// The fields that a command may have; those that it has not are 0.
#[derive(Default)]
struct Fields {
    id: u64,
    owner: u64,
    until: u64,
    price: u32,
    quantity: u32,
    kind: u8,
    side: u8,
    lasts: u8,
    self_trade: u8,
}

impl Command {
    /// The command and when it came. 64 bits each: time, order, owner, date; 32 bits each: price, quantity; 8 bits each: kind, side, time in
    /// force, self-trade mode.
    pub fn to_bytes(&self, at: Time) -> [u8; COMMAND_BYTES] {
        let fields = self.fields();
        let mut bytes = [0; COMMAND_BYTES];
        bytes[0..8].copy_from_slice(&at.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&fields.id.to_le_bytes());
        bytes[16..24].copy_from_slice(&fields.owner.to_le_bytes());
        bytes[24..32].copy_from_slice(&fields.until.to_le_bytes());
        bytes[32..36].copy_from_slice(&fields.price.to_le_bytes());
        bytes[36..40].copy_from_slice(&fields.quantity.to_le_bytes());
        bytes[40..44].copy_from_slice(&[fields.kind, fields.side, fields.lasts, fields.self_trade]);
        bytes
    }

    fn fields(&self) -> Fields {
        match self {
            Self::Place(order) => of_order(order),
            Self::Amend(it) => Fields {
                kind: kind::AMEND,
                id: it.order.0,
                owner: it.owner.0,
                price: it.price.points(),
                quantity: it.quantity.units(),
                ..Fields::default()
            },
            Self::Cancel { order, owner } => {
                Fields { kind: kind::CANCEL, id: order.0, owner: owner.0, ..Fields::default() }
            }
            Self::CancelAll(Whose::Owner(owner)) => {
                Fields { kind: kind::CANCEL_OWNER, owner: owner.0, ..Fields::default() }
            }
            Self::CancelAll(Whose::Everybody) => Fields { kind: kind::CANCEL_EVERYBODY, ..Fields::default() },
            Self::Halt => Fields { kind: kind::HALT, ..Fields::default() },
            Self::Reopen { reference: None } => Fields { kind: kind::REOPEN, ..Fields::default() },
            Self::Reopen { reference: Some(price) } => {
                Fields { kind: kind::REOPEN_AROUND, price: price.points(), ..Fields::default() }
            }
            Self::Expire => Fields { kind: kind::EXPIRE, ..Fields::default() },
        }
    }

    /// What [`Command::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8; COMMAND_BYTES]) -> Result<(Time, Self), Malformed> {
        let mut reader = Reader { rest: bytes, what: "command" };
        let at = Time(reader.u64()?);
        let fields = Fields {
            id: reader.u64()?,
            owner: reader.u64()?,
            until: reader.u64()?,
            price: reader.u32()?,
            quantity: reader.u32()?,
            kind: bytes[40],
            side: bytes[41],
            lasts: bytes[42],
            self_trade: bytes[43],
        };
        let (order, owner) = (OrderId(fields.id), OwnerId(fields.owner));
        let command = match fields.kind {
            kind::MARKET | kind::LIMIT => Self::Place(to_order(&fields)?),
            kind::AMEND => Self::Amend(Amendment {
                order,
                owner,
                price: price(fields.price)?,
                quantity: quantity(fields.quantity)?,
            }),
            kind::CANCEL => Self::Cancel { order, owner },
            kind::CANCEL_OWNER => Self::CancelAll(Whose::Owner(owner)),
            kind::CANCEL_EVERYBODY => Self::CancelAll(Whose::Everybody),
            kind::HALT => Self::Halt,
            kind::REOPEN => Self::Reopen { reference: None },
            kind::REOPEN_AROUND => Self::Reopen { reference: Some(price(fields.price)?) },
            kind::EXPIRE => Self::Expire,
            _ => return Err(Malformed { what: "command" }),
        };
        Ok((at, command))
    }
}

fn of_order(order: &Order) -> Fields {
    let (kind, price, lasts, until) = match order.terms {
        Terms::Market(immediate) => (kind::MARKET, 0, lasts::IMMEDIATE + immediate.code(), 0),
        Terms::Limit(price, time_in_force) => {
            let (lasts, until) = match time_in_force {
                TimeInForce::GoodTillCancel(posting) => (lasts::GOOD_TILL_CANCEL + posting.code(), 0),
                TimeInForce::GoodTillDate(until, posting) => {
                    (lasts::GOOD_TILL_DATE + posting.code(), until.0)
                }
                TimeInForce::Immediate(immediate) => (lasts::IMMEDIATE + immediate.code(), 0),
            };
            (kind::LIMIT, price.points(), lasts, until)
        }
    };
    Fields {
        id: order.id.0,
        owner: order.owner.0,
        until,
        price,
        quantity: order.quantity.units(),
        kind,
        side: order.side.code(),
        lasts,
        self_trade: order.self_trade.code(),
    }
}

fn to_order(fields: &Fields) -> Result<Order, Malformed> {
    // Two numbers for each: see `lasts`.
    let (lasts, low) = (fields.lasts & !1, fields.lasts & 1);
    let terms = match (fields.kind, lasts) {
        (kind::MARKET, lasts::IMMEDIATE) => Terms::Market(Immediate::of(low)?),
        (kind::LIMIT, lasts) => {
            let time_in_force = match lasts {
                lasts::GOOD_TILL_CANCEL => TimeInForce::GoodTillCancel(Posting::of(low)?),
                lasts::GOOD_TILL_DATE => TimeInForce::GoodTillDate(Time(fields.until), Posting::of(low)?),
                lasts::IMMEDIATE => TimeInForce::Immediate(Immediate::of(low)?),
                _ => return Err(Malformed { what: "time in force" }),
            };
            Terms::Limit(price(fields.price)?, time_in_force)
        }
        _ => return Err(Malformed { what: "time in force" }),
    };
    Ok(Order {
        id: OrderId(fields.id),
        owner: OwnerId(fields.owner),
        side: Side::of(fields.side)?,
        quantity: quantity(fields.quantity)?,
        terms,
        self_trade: SelfTrade::of(fields.self_trade)?,
    })
}

fn price(points: u32) -> Result<Price, Malformed> {
    Price::new(points).ok_or(Malformed { what: "price" })
}

fn quantity(units: u32) -> Result<Quantity, Malformed> {
    Quantity::new(units).ok_or(Malformed { what: "quantity" })
}

impl Snapshot {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128 + self.orders.len() * RESTING_BYTES);
        let mut word = |word: u64| bytes.extend_from_slice(&word.to_le_bytes());
        let Rules { market, low, tick, high, lot, quantity_max, collar, orders_max, orders_per_owner_max } =
            self.rules;
        let points = |price: Price| u64::from(price.points());
        word(SNAPSHOT_VERSION);
        word(market.0);
        word(pair(low.points(), tick.points()));
        word(pair(high.points(), lot.units()));
        word(pair(quantity_max.units(), orders_max));
        word(u64::from(orders_per_owner_max));
        word(collar.map_or(0, |it| 1 + u64::from(it.around.code())));
        word(collar.map_or(0, |it| pair(it.reference.points(), it.basis_points)));
        word(u64::from(self.phase.code()));
        word(self.seq);
        word(self.depth_seq);
        word(self.now.0);
        word(self.last.map_or(0, |it| 1 + points(it)));
        word(points(self.centre));
        word(self.orders.len() as u64);
        for it in &self.orders {
            word(it.id.0);
            word(it.owner.0);
            word(it.until.map_or(0, |until| until.0));
            word(pair(it.price.points(), it.left.units()));
            let has_date = u32::from(it.until.is_some());
            let marks = u32::from(it.side.code())
                | u32::from(it.posting.code()) << 1
                | u32::from(it.self_trade.code()) << 2
                | has_date << 4;
            word(pair(it.filled.units(), marks));
        }
        bytes
    }

    /// What [`Snapshot::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        const BAD: Malformed = Malformed { what: "snapshot" };
        let mut reader = Reader { rest: bytes, what: BAD.what };
        if reader.u64()? != SNAPSHOT_VERSION {
            return Err(BAD);
        }
        let market = MarketId(reader.u64()?);
        let (low, tick) = reader.pair()?;
        let (high, lot) = reader.pair()?;
        let (quantity_max, orders_max) = reader.pair()?;
        let orders_per_owner_max = u32::try_from(reader.u64()?).map_err(|_| BAD)?;
        let (has_collar, (reference, basis_points)) = (reader.byte()?, reader.pair()?);
        let collar = match has_collar.checked_sub(1) {
            None => None,
            Some(around) => {
                Some(Collar { around: Around::of(around)?, reference: price(reference)?, basis_points })
            }
        };
        let rules = Rules {
            market,
            low: price(low)?,
            tick: price(tick)?,
            high: price(high)?,
            lot: quantity(lot)?,
            quantity_max: quantity(quantity_max)?,
            collar,
            orders_max,
            orders_per_owner_max,
        };
        let phase = Phase::of(reader.byte()?)?;
        let (seq, depth_seq, now) = (reader.u64()?, reader.u64()?, Time(reader.u64()?));
        let last = match reader.u64()?.checked_sub(1) {
            None => None,
            Some(points) => Some(price(u32::try_from(points).map_err(|_| BAD)?)?),
        };
        let centre = price(u32::try_from(reader.u64()?).map_err(|_| BAD)?)?;
        let count = usize::try_from(reader.u64()?).map_err(|_| BAD)?;
        if count.checked_mul(RESTING_BYTES) != Some(reader.rest.len()) {
            return Err(BAD);
        }
        let orders = (0..count).map(|_| reader.resting()).collect::<Result<_, _>>()?;
        Ok(Self { rules, phase, seq, depth_seq, now, last, centre, orders })
    }
}

fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Takes numbers from the front of bytes.
struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Malformed { what: self.what })?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn pair(&mut self) -> Result<(u32, u32), Malformed> {
        let word = self.u64()?;
        Ok(((word >> 32) as u32, word as u32))
    }

    /// A byte that was written as a word.
    fn byte(&mut self) -> Result<u8, Malformed> {
        u8::try_from(self.u64()?).map_err(|_| Malformed { what: self.what })
    }

    fn resting(&mut self) -> Result<Resting, Malformed> {
        let (id, owner, until) = (self.u64()?, self.u64()?, self.u64()?);
        let (points, left) = self.pair()?;
        let (filled, marks) = self.pair()?;
        let bits = |at: u32, mask: u32| (marks >> at & mask) as u8;
        Ok(Resting {
            id: OrderId(id),
            owner: OwnerId(owner),
            side: Side::of(bits(0, 1))?,
            price: price(points)?,
            left: quantity(left)?,
            filled: quantity(filled)?,
            until: (bits(4, 1) == 1).then_some(Time(until)),
            posting: Posting::of(bits(1, 1))?,
            self_trade: SelfTrade::of(bits(2, 3))?,
        })
    }
}
