//! What is asked of every engine: a book that is filled, and then 50 % orders that wait, 40 % cancels of orders that rest, and 10 % orders that cross.

use book::{
    Book, Command, Effects, MarketId, Order, OrderId, OwnerId, Posting, Price, Quantity, Rules, SelfTrade,
    Side, Terms, Time, TimeInForce,
};

/// One request, about the order with this number. Small, so that reading requests is little of what is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) number: u32,
    /// Buyers and sellers are others, so that an engine which prevents self-trades finds none: not all do.
    pub(crate) owner: u32,
    /// Of a limit order; 0 where it is cancelled. The uppermost bit says that it sells.
    price: u32,
    units: u32,
}

/// A limit order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) side: Side,
    pub(crate) price: u32,
    pub(crate) units: u32,
}

const SELLS: u32 = 1 << 31;

impl Op {
    /// The order that is placed; without one it is cancelled.
    pub(crate) fn order(&self) -> Option<Limit> {
        let side = if self.price & SELLS == 0 { Side::Buy } else { Side::Sell };
        (self.price > 0).then_some(Limit { side, price: self.price & !SELLS, units: self.units })
    }
}

/// How large the book is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) resting: u32,
    /// How far from the middle orders wait, in ticks: nearer ones are likelier.
    pub(crate) ticks: u32,
}

pub(crate) const SCENES: [Scene; 3] = [
    Scene { resting: 10_000, ticks: 100 },
    Scene { resting: 100_000, ticks: 1_000 },
    Scene { resting: 1_000_000, ticks: 5_000 },
];

/// On which engines are compared with the arbiter, which is slow.
pub(crate) const ARBITRATED: Scene = Scene { resting: 2_000, ticks: 100 };

pub(crate) struct Stream {
    pub(crate) fill: Vec<Op>,
    pub(crate) ops: Vec<Op>,
}

/// Numbers that look drawn by lot and are the same each time (xorshift).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % u64::from(end)) as u32
    }
}

/// Prices of a market for the scenes: the middle is 100,000 and walks a tick in a thousand requests.
pub(crate) fn rules() -> Rules {
    let price = |points| Price::new(points).expect("within the limit");
    Rules {
        market: MarketId(1),
        low: price(1),
        tick: price(1),
        high: price(200_000),
        lot: Quantity::new(1).expect("within the limit"),
        quantity_max: Quantity::MAX,
        collar: None,
        orders_max: book::ORDERS_MAX,
        orders_per_owner_max: u32::MAX,
    }
}

pub(crate) fn command(op: &Op) -> Command {
    let (id, owner) = (OrderId(op.number.into()), OwnerId(op.owner.into()));
    let Some(Limit { side, price, units }) = op.order() else { return Command::Cancel { order: id, owner } };
    Command::Place(Order {
        id,
        owner,
        side,
        quantity: Quantity::new(units).expect("within the limit"),
        terms: Terms::Limit(
            Price::new(price).expect("within the limit"),
            TimeInForce::GoodTillCancel(Posting::MayTake),
        ),
        self_trade: SelfTrade::CancelNewest,
    })
}

pub(crate) fn of(scene: Scene, ops: usize) -> Stream {
    let mut maker = Maker {
        draw: Draw(0x9e37_79b9_7f4a_7c15),
        book: Book::new(rules()).expect("these rules are good"),
        effects: Effects::default(),
        scene,
        middle: 100_000,
        orders: Vec::new(),
        owners: Vec::new(),
    };
    maker.book.reserve(scene.resting, scene.resting / 4);
    let fill = (0..scene.resting).map(|_| maker.waits()).collect();
    let ops = (0..ops).map(|at| maker.next(at)).collect();
    Stream { fill, ops }
}

struct Maker {
    draw: Draw,
    book: Book,
    effects: Effects,
    scene: Scene,
    middle: u32,
    /// Those that rest, and some that did.
    orders: Vec<u32>,
    /// By order.
    owners: Vec<u32>,
}

impl Maker {
    fn next(&mut self, at: usize) -> Op {
        if at % 1_000 == 999 {
            self.middle = self.middle + 1 - 2 * self.draw.below(2);
        }
        match self.draw.below(100) {
            0..50 => self.waits(),
            50..90 => self.cancels(),
            _ => self.crosses(),
        }
    }

    fn waits(&mut self) -> Op {
        let (one, other) = (self.draw.below(self.scene.ticks), self.draw.below(self.scene.ticks));
        let away = 1 + one.min(other);
        let units = 1 + self.draw.below(100);
        match self.side() {
            Side::Buy => self.limit(Side::Buy, self.middle - away, units),
            Side::Sell => self.limit(Side::Sell, self.middle + away, units),
        }
    }

    fn crosses(&mut self) -> Op {
        let top = self.book.top();
        let (Some(bid), Some(ask)) = (top.bid, top.ask) else { return self.waits() };
        let units = 1 + self.draw.below(150);
        match self.side() {
            Side::Buy => self.limit(Side::Buy, ask.price.points() + 3, units),
            Side::Sell => self.limit(Side::Sell, bid.price.points() - 3, units),
        }
    }

    fn side(&mut self) -> Side {
        if self.draw.below(2) == 0 { Side::Buy } else { Side::Sell }
    }

    fn limit(&mut self, side: Side, price: u32, units: u32) -> Op {
        let number = self.owners.len() as u32;
        let owner = self.draw.below(self.scene.resting / 8) * 2 + side as u32;
        self.owners.push(owner);
        let sells = if side == Side::Sell { SELLS } else { 0 };
        let op = Op { number, owner, price: price | sells, units };
        self.apply(&command(&op));
        if self.book.order(OrderId(number.into())).is_some() {
            self.orders.push(number);
        }
        op
    }

    fn cancels(&mut self) -> Op {
        loop {
            let at = self.draw.below(self.orders.len() as u32) as usize;
            let number = self.orders.swap_remove(at);
            if self.book.order(OrderId(number.into())).is_some() {
                let op = Op { number, owner: self.owners[number as usize], price: 0, units: 0 };
                self.apply(&command(&op));
                return op;
            }
        }
    }

    fn apply(&mut self, command: &Command) {
        self.effects.clear();
        self.book.apply(Time(0), command, &mut self.effects).expect("nothing of this is refused");
    }
}
