//! A book that is slow and plain: one flat list in the order of coming, searched from its front for whatever is asked. It shares no code with the
//! crate but the types of commands and answers, and decides what is right.

use book::{
    Amendment, Around, Cancelled, Command, Done, Fill, FillId, Immediate, Order, OrderId, OwnerId, Posting,
    Price, Quantity, Reason, Refusal, Rules, SelfTrade, Side, Terms, Time, TimeInForce, Whose,
};
use std::collections::BTreeMap;

/// An order, with its numbers in the open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flat {
    pub(crate) id: u64,
    pub(crate) owner: u64,
    pub(crate) side: Side,
    pub(crate) price: u32,
    pub(crate) left: u32,
    pub(crate) filled: u32,
    pub(crate) until: Option<u64>,
    posting: Posting,
    self_trade: SelfTrade,
    /// The worst price that it takes on its way in.
    limit: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Arbiter {
    rules: Rules,
    /// Who came first is first.
    pub(crate) orders: Vec<Flat>,
    is_halted: bool,
    centre: u32,
    seq: u64,
    now: u64,
    pub(crate) fills: Vec<Fill>,
    pub(crate) cancelled: Vec<Cancelled>,
}

fn points(points: u32) -> Price {
    Price::new(points).unwrap()
}

fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

impl Arbiter {
    pub(crate) fn new(rules: Rules) -> Self {
        let centre = rules.collar.map_or(rules.low, |it| it.reference).points();
        Self {
            rules,
            orders: vec![],
            is_halted: false,
            centre,
            seq: 0,
            now: 0,
            fills: vec![],
            cancelled: vec![],
        }
    }

    /// What the book is to answer; what it is to do beside is in `fills` and `cancelled`.
    pub(crate) fn apply(&mut self, at: Time, command: &Command) -> Result<Done, Refusal> {
        self.fills.clear();
        self.cancelled.clear();
        self.seq += 1;
        self.now = self.now.max(at.0);
        self.expire();
        match command {
            Command::Place(order) => self.place(order),
            Command::Amend(amendment) => self.amend(amendment),
            Command::Cancel { order, owner } => {
                let at = self.position(*order, *owner)?;
                let left = self.orders[at].left;
                self.take_out(at, Reason::Asked);
                Ok(Done::Cancelled { quantity: units(left) })
            }
            Command::CancelAll(whose) => Ok(self.cancel_all(*whose)),
            Command::Halt => {
                self.is_halted = true;
                Ok(Done::Halted)
            }
            Command::Reopen { reference } => {
                if let Some(reference) = reference {
                    if *reference < self.rules.low || *reference > self.rules.high {
                        return Err(self.out_of_range());
                    }
                    self.centre = reference.points();
                }
                self.is_halted = false;
                Ok(Done::Reopened)
            }
            Command::Expire => Ok(Done::Expired),
        }
    }

    /// By date; of two with one date the one with the lesser id.
    fn expire(&mut self) {
        while let Some(until) =
            self.orders.iter().filter_map(|it| it.until).min().filter(|it| *it <= self.now)
        {
            let due = self.orders.iter().filter(|it| it.until == Some(until));
            let id = due.map(|it| it.id).min().unwrap();
            let at = self.orders.iter().position(|it| it.id == id).unwrap();
            self.take_out(at, Reason::Expired);
        }
    }

    fn cancel_all(&mut self, whose: Whose) -> Done {
        let before = self.orders.len();
        match whose {
            // By id.
            Whose::Owner(owner) => {
                while let Some(id) = self.orders.iter().filter(|it| it.owner == owner.0).map(|it| it.id).min()
                {
                    let at = self.orders.iter().position(|it| it.id == id).unwrap();
                    self.take_out(at, Reason::Mass);
                }
            }
            Whose::Everybody => {
                for side in [Side::Buy, Side::Sell] {
                    while let Some(at) = self.best(side) {
                        self.take_out(at, Reason::Mass);
                    }
                }
            }
        }
        Done::CancelledAll { orders: (before - self.orders.len()) as u32 }
    }

    fn place(&mut self, order: &Order) -> Result<Done, Refusal> {
        if self.is_halted {
            return Err(Refusal::Halted);
        }
        self.check_quantity(order.quantity)?;
        let mut flat = Flat {
            id: order.id.0,
            owner: order.owner.0,
            side: order.side,
            price: 0,
            left: order.quantity.units(),
            filled: 0,
            until: None,
            posting: Posting::MayTake,
            self_trade: order.self_trade,
            limit: 0,
        };
        let (low, high) = self.collar();
        let mut immediate = None;
        match order.terms {
            Terms::Market(how) => {
                flat.limit = if order.side == Side::Buy { high } else { low };
                immediate = Some(how);
            }
            Terms::Limit(price, time_in_force) => {
                self.check_price(price)?;
                self.check_collar(price)?;
                (flat.price, flat.limit) = (price.points(), price.points());
                match time_in_force {
                    TimeInForce::GoodTillCancel(posting) => flat.posting = posting,
                    TimeInForce::GoodTillDate(until, posting) => {
                        if until.0 <= self.now {
                            return Err(Refusal::AlreadyOver { until });
                        }
                        (flat.until, flat.posting) = (Some(until.0), posting);
                    }
                    TimeInForce::Immediate(how) => immediate = Some(how),
                }
            }
        }
        if self.orders.iter().any(|it| it.id == flat.id) {
            return Err(Refusal::DuplicateOrder(order.id));
        }
        if immediate.is_none() {
            if self.orders.len() >= self.rules.orders_max as usize {
                return Err(Refusal::BookFull { max: self.rules.orders_max });
            }
            let max = self.rules.orders_per_owner_max;
            if self.orders.iter().filter(|it| it.owner == flat.owner).count() >= max as usize {
                return Err(Refusal::TooManyOrders { max });
            }
            self.check_post_only(&flat)?;
        }
        if immediate == Some(Immediate::FillOrKill) {
            // Tried on a copy.
            let mut copy = self.clone();
            let mut tried = flat;
            copy.cross(&mut tried);
            if tried.filled < order.quantity.units() {
                self.give_up(&mut flat, Reason::Killed);
                return Ok(Done::Placed { filled: units(0), rests: units(0) });
            }
        }
        self.cross(&mut flat);
        let filled = flat.filled;
        if flat.left > 0 {
            match immediate {
                Some(_) => self.give_up(&mut flat, Reason::Unfilled),
                None => self.orders.push(flat),
            }
        }
        Ok(Done::Placed { filled: units(filled), rests: units(flat.left) })
    }

    fn amend(&mut self, wanted: &Amendment) -> Result<Done, Refusal> {
        if self.is_halted {
            return Err(Refusal::Halted);
        }
        let at = self.position(wanted.order, wanted.owner)?;
        self.check_quantity(wanted.quantity)?;
        self.check_price(wanted.price)?;
        let it = self.orders[at];
        if wanted.quantity.units() <= it.filled {
            self.take_out(at, Reason::Amended);
            return Ok(Done::Amended { filled: units(0), rests: units(0) });
        }
        let left = wanted.quantity.units() - it.filled;
        let keeps_place = wanted.price.points() == it.price && left <= it.left;
        let mut changed = Flat { price: wanted.price.points(), limit: wanted.price.points(), left, ..it };
        if !keeps_place {
            self.check_collar(wanted.price)?;
            self.check_post_only(&changed)?;
        }
        if left < it.left {
            self.cancelled.push(Cancelled {
                order: OrderId(it.id),
                owner: OwnerId(it.owner),
                quantity: units(it.left - left),
                left: units(left),
                reason: Reason::Amended,
            });
        }
        if keeps_place {
            self.orders[at] = changed;
            return Ok(Done::Amended { filled: units(0), rests: units(left) });
        }
        self.orders.remove(at);
        self.cross(&mut changed);
        if changed.left > 0 {
            self.orders.push(changed);
        }
        Ok(Done::Amended { filled: units(changed.filled - it.filled), rests: units(changed.left) })
    }

    /// The order of a side that is to be filled next.
    fn best(&self, side: Side) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (at, it) in self.orders.iter().enumerate().filter(|(_, it)| it.side == side) {
            let is_better = best.is_none_or(|best| match side {
                Side::Buy => it.price > self.orders[best].price,
                Side::Sell => it.price < self.orders[best].price,
            });
            if is_better {
                best = Some(at);
            }
        }
        best
    }

    fn would_cross(&self, flat: &Flat) -> Option<usize> {
        self.best(flat.side.opposite()).filter(|best| match flat.side {
            Side::Buy => self.orders[*best].price <= flat.limit,
            Side::Sell => self.orders[*best].price >= flat.limit,
        })
    }

    fn cross(&mut self, taker: &mut Flat) {
        let mut n = 0;
        while taker.left > 0 {
            let Some(at) = self.would_cross(taker) else { break };
            if self.orders[at].owner == taker.owner {
                self.meet_own(taker, at);
                continue;
            }
            let maker = &mut self.orders[at];
            let quantity = maker.left.min(taker.left);
            maker.left -= quantity;
            maker.filled += quantity;
            taker.left -= quantity;
            taker.filled += quantity;
            let maker = *maker;
            self.fills.push(Fill {
                id: FillId { market: self.rules.market, seq: self.seq, n },
                price: points(maker.price),
                quantity: units(quantity),
                maker: OrderId(maker.id),
                maker_owner: OwnerId(maker.owner),
                maker_left: units(maker.left),
                taker: OrderId(taker.id),
                taker_owner: OwnerId(taker.owner),
                taker_side: taker.side,
            });
            n += 1;
            if maker.left == 0 {
                self.orders.remove(at);
            }
            if self.rules.collar.is_some_and(|it| it.around == Around::LastFill) {
                self.centre = maker.price;
            }
        }
    }

    fn meet_own(&mut self, taker: &mut Flat, at: usize) {
        match taker.self_trade {
            SelfTrade::CancelNewest => self.give_up(taker, Reason::SelfTrade),
            SelfTrade::CancelOldest => self.take_out(at, Reason::SelfTrade),
            SelfTrade::CancelBoth => {
                self.take_out(at, Reason::SelfTrade);
                self.give_up(taker, Reason::SelfTrade);
            }
            SelfTrade::Decrement => {
                let quantity = self.orders[at].left.min(taker.left);
                self.orders[at].left -= quantity;
                taker.left -= quantity;
                for it in [self.orders[at], *taker] {
                    self.cancelled.push(Cancelled {
                        order: OrderId(it.id),
                        owner: OwnerId(it.owner),
                        quantity: units(quantity),
                        left: units(it.left),
                        reason: Reason::SelfTrade,
                    });
                }
                if self.orders[at].left == 0 {
                    self.orders.remove(at);
                }
            }
        }
    }

    fn take_out(&mut self, at: usize, reason: Reason) {
        let mut it = self.orders.remove(at);
        self.give_up(&mut it, reason);
    }

    fn give_up(&mut self, it: &mut Flat, reason: Reason) {
        self.cancelled.push(Cancelled {
            order: OrderId(it.id),
            owner: OwnerId(it.owner),
            quantity: units(it.left),
            left: units(0),
            reason,
        });
        it.left = 0;
    }

    fn position(&self, order: OrderId, owner: OwnerId) -> Result<usize, Refusal> {
        let found = self.orders.iter().position(|it| it.id == order.0 && it.owner == owner.0);
        found.ok_or(Refusal::UnknownOrder(order))
    }

    fn check_quantity(&self, quantity: Quantity) -> Result<(), Refusal> {
        if quantity.units() == 0 || !quantity.units().is_multiple_of(self.rules.lot.units()) {
            return Err(Refusal::NotInLots { lot: self.rules.lot });
        }
        if quantity > self.rules.quantity_max {
            return Err(Refusal::QuantityTooLarge { max: self.rules.quantity_max });
        }
        Ok(())
    }

    fn out_of_range(&self) -> Refusal {
        Refusal::OutOfRange { low: self.rules.low, high: self.rules.high }
    }

    fn check_price(&self, price: Price) -> Result<(), Refusal> {
        if price < self.rules.low || price > self.rules.high {
            return Err(self.out_of_range());
        }
        if !(price.points() - self.rules.low.points()).is_multiple_of(self.rules.tick.points()) {
            return Err(Refusal::NotOnTick { tick: self.rules.tick });
        }
        Ok(())
    }

    /// The lowest and highest price that are allowed: by trying each.
    fn collar(&self) -> (u32, u32) {
        let (low, high, tick) = (self.rules.low.points(), self.rules.high.points(), self.rules.tick.points());
        let Some(collar) = self.rules.collar else { return (low, high) };
        let prices: Vec<u32> = (low..=high).step_by(tick as usize).collect();
        let centre = prices.iter().rposition(|it| *it <= self.centre).unwrap();
        let points = u64::from(self.centre) * u64::from(collar.basis_points) / 10_000;
        let steps = (points as usize / tick as usize).max(1);
        (prices[centre.saturating_sub(steps)], prices[(centre + steps).min(prices.len() - 1)])
    }

    fn check_collar(&self, price: Price) -> Result<(), Refusal> {
        let (low, high) = self.collar();
        if price.points() < low || price.points() > high {
            return Err(Refusal::OutsideCollar { low: points(low), high: points(high) });
        }
        Ok(())
    }

    fn check_post_only(&self, flat: &Flat) -> Result<(), Refusal> {
        match self.would_cross(flat) {
            Some(best) if flat.posting == Posting::PostOnly => {
                Err(Refusal::WouldCross { best: points(self.orders[best].price) })
            }
            _ => Ok(()),
        }
    }

    /// What rests at each price of a side.
    pub(crate) fn levels(&self, side: Side) -> BTreeMap<u32, u64> {
        let mut levels = BTreeMap::new();
        for it in self.orders.iter().filter(|it| it.side == side) {
            *levels.entry(it.price).or_default() += u64::from(it.left);
        }
        levels
    }
}
