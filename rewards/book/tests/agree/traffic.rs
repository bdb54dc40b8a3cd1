//! Commands that look drawn by lot, and the markets that they go to: few prices, few owners and narrow limits, so that everything happens.

use book::{
    Amendment, Around, Collar, Command, Immediate, MarketId, Order, OrderId, OwnerId, Posting, Price,
    Quantity, Rules, SelfTrade, Side, Terms, Time, TimeInForce, Whose,
};

/// Numbers that look drawn by lot and are the same each time (xorshift).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ (seed + 1).wrapping_mul(0xff51_afd7_ed55_8ccd))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// Whether it is one of so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

pub(crate) fn points(points: u32) -> Price {
    Price::new(points).unwrap()
}

pub(crate) fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

/// A market for single units at 1 to 40 points, without a collar.
pub(crate) const fn plain() -> Rules {
    const fn price(points: u32) -> Price {
        Price::new(points).expect("within the limit")
    }
    const fn quantity(units: u32) -> Quantity {
        Quantity::new(units).expect("within the limit")
    }
    Rules {
        market: MarketId(7),
        low: price(1),
        tick: price(1),
        high: price(40),
        lot: quantity(1),
        quantity_max: quantity(50),
        collar: None,
        orders_max: 40,
        orders_per_owner_max: 9,
    }
}

/// Markets of different rules.
pub(crate) fn markets() -> Vec<Rules> {
    let collar =
        |around, reference, basis_points| Some(Collar { around, reference: points(reference), basis_points });
    vec![
        plain(),
        Rules { collar: collar(Around::LastFill, 20, 2_500), ..plain() },
        Rules {
            low: points(100),
            tick: points(5),
            high: points(300),
            lot: units(10),
            collar: collar(Around::Reference, 203, 1_500),
            orders_max: 12,
            ..plain()
        },
        // From nothing upward, with a tick that is no divisor of anything, a collar that is always one tick wide.
        Rules {
            low: points(0),
            tick: points(7),
            high: points(280),
            collar: collar(Around::LastFill, 140, 1),
            orders_per_owner_max: 3,
            ..plain()
        },
        Rules { orders_max: 2_000, orders_per_owner_max: 400, ..plain() },
        // One price alone.
        Rules { low: points(9), tick: points(1), high: points(9), ..plain() },
    ]
}

/// Makes commands for one market.
pub(crate) struct Traffic {
    rules: Rules,
    draw: Draw,
    now: u64,
    next: u64,
}

impl Traffic {
    pub(crate) fn to(rules: Rules, seed: u64) -> Self {
        Self { rules, draw: Draw::of(seed), now: 1_000, next: 1 }
    }

    pub(crate) fn next(&mut self) -> (Time, Command) {
        self.now += self.draw.below(3);
        // Clocks are set back.
        let at = if self.draw.once_in(50) { self.now.saturating_sub(40) } else { self.now };
        (Time(at), self.command())
    }

    fn command(&mut self) -> Command {
        match self.draw.below(1_000) {
            0..560 => Command::Place(self.order()),
            560..740 => {
                let order = self.recent();
                Command::Cancel { order, owner: self.owner_of(order) }
            }
            740..945 => Command::Amend(self.amendment()),
            945..950 => Command::CancelAll(Whose::Owner(self.owner())),
            950 => Command::CancelAll(Whose::Everybody),
            951..956 => Command::Halt,
            956..985 => {
                let reference = self.draw.once_in(2).then(|| self.price());
                Command::Reopen { reference }
            }
            _ => Command::Expire,
        }
    }

    /// One of the last orders, or one that never was.
    fn recent(&mut self) -> OrderId {
        OrderId(self.next.saturating_sub(self.draw.below(150)))
    }

    fn owner(&mut self) -> OwnerId {
        OwnerId(self.draw.below(6))
    }

    /// Mostly the right one.
    fn owner_of(&mut self, order: OrderId) -> OwnerId {
        if self.draw.once_in(10) { self.owner() } else { OwnerId(order.0 / 3 % 6) }
    }

    fn amendment(&mut self) -> Amendment {
        let order = self.recent();
        let owner = self.owner_of(order);
        Amendment { order, owner, price: self.price(), quantity: self.quantity() }
    }

    fn price(&mut self) -> Price {
        let (low, high) = (self.rules.low.points(), self.rules.high.points());
        let count = (high - low) / self.rules.tick.points() + 1;
        let on_grid = low + self.draw.below(u64::from(count)) as u32 * self.rules.tick.points();
        match self.draw.below(60) {
            0 => points(on_grid + 1),
            1 => points(low.saturating_sub(1)),
            2 => points(high + 1),
            _ => points(on_grid),
        }
    }

    fn quantity(&mut self) -> Quantity {
        let lot = self.rules.lot.units();
        match self.draw.below(60) {
            0 => Quantity::ZERO,
            1 => units(lot + 1),
            2 => units(self.rules.quantity_max.units() + lot),
            _ => units(lot * (1 + self.draw.below(u64::from(self.rules.quantity_max.units() / lot)) as u32)),
        }
    }

    fn order(&mut self) -> Order {
        let id = if self.draw.once_in(25) {
            self.recent()
        } else {
            self.next += 1;
            OrderId(self.next)
        };
        let side = self.draw.one_of(&[Side::Buy, Side::Sell]);
        Order {
            id,
            owner: self.owner_of(id),
            side,
            quantity: self.quantity(),
            terms: self.terms(side),
            self_trade: self.draw.one_of(&[
                SelfTrade::CancelNewest,
                SelfTrade::CancelOldest,
                SelfTrade::CancelBoth,
                SelfTrade::Decrement,
            ]),
        }
    }

    /// Mostly a price that waits.
    fn passive(&mut self, side: Side) -> Price {
        let (one, other) = (self.price(), self.price());
        match side {
            _ if self.draw.once_in(3) => one,
            Side::Buy => one.min(other),
            Side::Sell => one.max(other),
        }
    }

    fn terms(&mut self, side: Side) -> Terms {
        let posting = self.draw.one_of(&[Posting::MayTake, Posting::MayTake, Posting::PostOnly]);
        let immediate = self.draw.one_of(&[Immediate::OrCancel, Immediate::FillOrKill]);
        let until = Time((self.now + self.draw.below(120)).saturating_sub(6));
        match self.draw.below(10) {
            0 => Terms::Market(immediate),
            1..6 => Terms::Limit(self.passive(side), TimeInForce::GoodTillCancel(posting)),
            6..8 => Terms::Limit(self.passive(side), TimeInForce::GoodTillDate(until, posting)),
            _ => Terms::Limit(self.price(), TimeInForce::Immediate(immediate)),
        }
    }
}
