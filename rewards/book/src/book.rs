//! The book: what rests, and what each command does to it.

use crate::index::Index;
use crate::ladder::Ladder;
use crate::lapse::Lapses;
use crate::owners::{Owners, Place};
use crate::rules::{Band, Grid};
use crate::slab::{Mark, NIL, Slab, Slot, Word};
use crate::{
    Amendment, Around, Cancelled, Command, Depth, Done, Effects, Immediate, Level, Order, OrderId, OwnerId,
    Posting, Price, Quantity, Reason, Refusal, Rules, RulesError, SelfTrade, Side, Terms, Time, TimeInForce,
    Top, Whose,
};

/// All orders that rest in one market.
///
/// ```
/// use book::{Book, Command, Done, Effects, MarketId, Order, OrderId, OwnerId, Posting, Price, Quantity, Rules};
/// use book::{SelfTrade, Side, Terms, Time, TimeInForce};
///
/// let points = |points| Price::new(points).expect("within a price's limit");
/// let units = |units| Quantity::new(units).expect("within a quantity's limit");
/// let rules = Rules {
///     market: MarketId(1),
///     low: points(1),
///     tick: points(1),
///     high: points(10_000),
///     lot: units(1),
///     quantity_max: units(1_000),
///     collar: None,
///     orders_max: 100_000,
///     orders_per_owner_max: 100,
/// };
/// let mut book = Book::new(rules)?;
/// let mut effects = Effects::default();
/// for (id, side, price) in [(1, Side::Sell, 250), (2, Side::Buy, 260)] {
///     let order = Order {
///         id: OrderId(id),
///         owner: OwnerId(id),
///         side,
///         quantity: units(3),
///         terms: Terms::Limit(points(price), TimeInForce::GoodTillCancel(Posting::MayTake)),
///         self_trade: SelfTrade::CancelNewest,
///     };
///     let done = book.apply(Time(0), &Command::Place(order), &mut effects);
///     assert!(matches!(done, Ok(Done::Placed { .. })));
/// }
/// // The buyer pays what the seller asked.
/// assert_eq!((effects.fills[0].price, effects.fills[0].quantity), (points(250), units(3)));
/// # Ok::<(), book::RulesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Book {
    pub(crate) rules: Rules,
    pub(crate) phase: Phase,
    /// The number of the last command, and the latest time of any.
    pub(crate) seq: u64,
    pub(crate) now: Time,
    /// The last fill's price.
    pub(crate) last: Option<Price>,
    /// The collar's, and the ticks that follow from it.
    pub(crate) centre: Price,
    pub(crate) band: Band,
    pub(crate) ladder: Ladder,
    pub(crate) slab: Slab,
    pub(crate) index: Index,
    pub(crate) owners: Owners,
    pub(crate) lapses: Lapses,
    /// Orders that are about to be cancelled together; empty between commands.
    doomed: Vec<u32>,
}

/// Whether a market crosses orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Continuous,
    Halted,
}

/// An order that rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    pub id: OrderId,
    pub owner: OwnerId,
    pub side: Side,
    pub price: Price,
    /// What is open.
    pub left: Quantity,
    /// What was filled before.
    pub filled: Quantity,
    /// When it is over by itself.
    pub until: Option<Time>,
    pub posting: Posting,
    pub self_trade: SelfTrade,
}

/// An order on its way through the other side.
pub(crate) struct Taker {
    pub(crate) id: OrderId,
    pub(crate) owner: OwnerId,
    pub(crate) side: Side,
    pub(crate) self_trade: SelfTrade,
    /// It fills at this tick or a better one.
    pub(crate) worst: u32,
    pub(crate) left: u32,
    pub(crate) filled: u32,
}

/// What becomes of what is not filled at once.
#[derive(Clone, Copy)]
enum Remainder {
    Rests(Posting, Option<Time>),
    Cancelled(Immediate),
}

impl Book {
    /// An empty book.
    pub fn new(rules: Rules) -> Result<Self, RulesError> {
        rules.check()?;
        let grid = Grid::of(&rules);
        let centre = rules.collar.map_or(rules.low, |it| it.reference);
        Ok(Self {
            rules,
            phase: Phase::Continuous,
            seq: 0,
            now: Time::default(),
            last: None,
            centre,
            band: Band::around(centre, rules.collar, &grid),
            ladder: Ladder::new(grid),
            slab: Slab::new(),
            index: Index::new(),
            owners: Owners::new(),
            lapses: Lapses::default(),
            doomed: Vec::new(),
        })
    }

    /// Makes room for so many orders in all, of so many owners, so that nothing is allocated until there are more. Some 100 bytes an order, and 32
    /// to 128 an owner.
    pub fn reserve(&mut self, orders: u32, owners: u32) {
        let orders = orders.min(self.rules.orders_max);
        self.slab.reserve(orders as usize);
        self.index.reserve(orders as usize, &self.slab);
        self.owners.reserve(owners.min(orders) as usize);
        self.lapses.reserve(orders as usize);
        self.doomed.reserve(orders.min(self.rules.orders_per_owner_max) as usize);
    }

    /// Carries out a command, as the next one of its market, and appends what it does to `effects`.
    ///
    /// Time never goes back: an earlier time counts as the latest that was given. Orders that are over by then go first, whatever becomes of the command.
    pub fn apply(&mut self, at: Time, command: &Command, effects: &mut Effects) -> Result<Done, Refusal> {
        self.seq += 1;
        self.now = self.now.max(at);
        while let Some(slot) = self.lapses.due(self.now) {
            self.cancel_slot(slot, Reason::Expired, effects);
        }
        match command {
            Command::Place(order) => self.place(order, effects),
            Command::Cancel { order, owner } => self.cancel(*order, *owner, effects),
            Command::Amend(amendment) => self.amend(amendment, effects),
            Command::CancelAll(Whose::Owner(owner)) => Ok(self.cancel_owner(*owner, effects)),
            Command::CancelAll(Whose::Everybody) => Ok(self.cancel_everybody(effects)),
            Command::Halt => {
                self.phase = Phase::Halted;
                Ok(Done::Halted)
            }
            Command::Reopen { reference } => self.reopen(*reference),
            Command::Expire => Ok(Done::Expired),
        }
    }

    fn place(&mut self, order: &Order, effects: &mut Effects) -> Result<Done, Refusal> {
        self.check_open()?;
        self.rules.check_quantity(order.quantity)?;
        let (worst, remainder) = self.read_terms(order.side, order.terms)?;
        if self.index.find(order.id.0, &self.slab) != NIL {
            return Err(Refusal::DuplicateOrder(order.id));
        }
        let mut taker = Taker {
            id: order.id,
            owner: order.owner,
            side: order.side,
            self_trade: order.self_trade,
            worst,
            left: order.quantity.units(),
            filled: 0,
        };
        match remainder {
            Remainder::Rests(posting, until) => {
                let place = self.check_room(order.owner)?;
                self.check_posting(posting, order.side, worst)?;
                let before = self.len();
                self.cross(&mut taker, effects);
                if taker.left > 0 {
                    let slot = self.insert(&taker, posting, 0, until);
                    // Most orders have nobody to fill, and then this is where their owner still is.
                    match self.len() == before + 1 {
                        true => self.owners.insert_at(place, slot, &mut self.slab),
                        false => self.owners.insert(slot, &mut self.slab),
                    }
                    effects.depth.push(self.ladder.changed(taker.side, taker.worst));
                }
            }
            Remainder::Cancelled(Immediate::FillOrKill) if !self.can_fill_whole(&taker) => {
                self.drop_rest(&mut taker, Reason::Killed, effects);
            }
            Remainder::Cancelled(_) => {
                self.cross(&mut taker, effects);
                if taker.left > 0 {
                    self.drop_rest(&mut taker, Reason::Unfilled, effects);
                }
            }
        }
        Ok(Done::Placed { filled: Quantity::within(taker.filled), rests: Quantity::within(taker.left) })
    }

    /// The worst tick at which an order may fill, and what becomes of the rest of it.
    fn read_terms(&self, side: Side, terms: Terms) -> Result<(u32, Remainder), Refusal> {
        let (price, time_in_force) = match terms {
            Terms::Market(immediate) => return Ok((self.band.worst(side), Remainder::Cancelled(immediate))),
            Terms::Limit(price, time_in_force) => (price, time_in_force),
        };
        let tick = self.ladder.grid.tick(price)?;
        self.band.check(tick, &self.ladder.grid)?;
        let remainder = match time_in_force {
            TimeInForce::GoodTillCancel(posting) => Remainder::Rests(posting, None),
            TimeInForce::GoodTillDate(until, _) if until <= self.now => {
                return Err(Refusal::AlreadyOver { until });
            }
            TimeInForce::GoodTillDate(until, posting) => Remainder::Rests(posting, Some(until)),
            TimeInForce::Immediate(immediate) => Remainder::Cancelled(immediate),
        };
        Ok((tick, remainder))
    }

    fn check_open(&self) -> Result<(), Refusal> {
        match self.phase {
            Phase::Continuous => Ok(()),
            Phase::Halted => Err(Refusal::Halted),
        }
    }

    fn check_room(&self, owner: OwnerId) -> Result<Place, Refusal> {
        if self.index.len() >= self.rules.orders_max as usize {
            return Err(Refusal::BookFull { max: self.rules.orders_max });
        }
        let max = self.rules.orders_per_owner_max;
        match self.owners.look_up(owner.0) {
            (_, orders) if orders >= max => Err(Refusal::TooManyOrders { max }),
            (place, _) => Ok(place),
        }
    }

    fn check_posting(&self, posting: Posting, side: Side, tick: u32) -> Result<(), Refusal> {
        if posting == Posting::MayTake {
            return Ok(());
        }
        let (grid, makers) = (&self.ladder.grid, side.opposite());
        let best = self.ladder.best(makers);
        if best > grid.key(makers, tick) {
            return Ok(());
        }
        Err(Refusal::WouldCross { best: grid.price(grid.key(makers, best)) })
    }

    /// Puts what is left of an order into the book, but for its owner's entry. `filled` is what it had filled before it came.
    fn insert(&mut self, taker: &Taker, posting: Posting, filled: u32, until: Option<Time>) -> u32 {
        let slot = Slot {
            id: taker.id.0,
            owner: taker.owner.0,
            left: taker.left,
            word: Word::new(taker.worst, taker.side, posting, taker.self_trade),
            prev: NIL,
            next: NIL,
        };
        self.link(slot, filled + taker.filled, until)
    }

    fn link(&mut self, order: Slot, filled: u32, until: Option<Time>) -> u32 {
        let slot = self.slab.insert(order);
        self.slab.set_filled(slot, filled);
        self.index.insert(order.id, slot, &self.slab);
        self.ladder.push(slot, &mut self.slab);
        if let Some(until) = until {
            self.lapses.insert(until, slot, &mut self.slab);
        }
        slot
    }

    /// Puts an order into the book.
    pub(crate) fn rest(&mut self, order: Slot, filled: u32, until: Option<Time>) {
        let slot = self.link(order, filled, until);
        self.owners.insert(slot, &mut self.slab);
    }

    /// Takes an order out of the book; whoever does so says what its level has now.
    pub(crate) fn remove(&mut self, slot: u32) {
        self.ladder.unlink(slot, &mut self.slab);
        self.owners.remove(slot, &mut self.slab);
        if self.slab[slot].word.has(Mark::Dated) {
            self.lapses.remove(slot, &mut self.slab);
        }
        self.index.remove(self.slab[slot].id, slot);
        self.slab.remove(slot);
    }

    /// The slot of an order that rests and is this owner's.
    fn find(&self, order: OrderId, owner: OwnerId) -> Result<u32, Refusal> {
        match self.index.find(order.0, &self.slab) {
            slot if slot != NIL && self.slab[slot].owner == owner.0 => Ok(slot),
            _ => Err(Refusal::UnknownOrder(order)),
        }
    }

    fn cancel(&mut self, order: OrderId, owner: OwnerId, effects: &mut Effects) -> Result<Done, Refusal> {
        let slot = self.find(order, owner)?;
        Ok(Done::Cancelled { quantity: self.cancel_slot(slot, Reason::Asked, effects) })
    }

    /// Takes an order out and says so; answers how much of it was open.
    fn cancel_slot(&mut self, slot: u32, reason: Reason, effects: &mut Effects) -> Quantity {
        let Slot { id, owner, left, word, .. } = self.slab[slot];
        self.remove(slot);
        let (order, owner, quantity) = (OrderId(id), OwnerId(owner), Quantity::within(left));
        effects.cancelled.push(Cancelled { order, owner, quantity, left: Quantity::ZERO, reason });
        effects.depth.push(self.ladder.changed(word.side(), word.tick()));
        quantity
    }

    fn cancel_owner(&mut self, owner: OwnerId, effects: &mut Effects) -> Done {
        let mut doomed = std::mem::take(&mut self.doomed);
        doomed.extend(self.owners.slots(owner.0, &self.slab));
        doomed.sort_unstable_by_key(|slot| self.slab[*slot].id);
        let orders = doomed.len() as u32;
        for slot in doomed.drain(..) {
            self.cancel_slot(slot, Reason::Mass, effects);
        }
        self.doomed = doomed;
        Done::CancelledAll { orders }
    }

    fn cancel_everybody(&mut self, effects: &mut Effects) -> Done {
        let mut orders = 0;
        for side in [Side::Buy, Side::Sell] {
            while self.ladder.best(side) != u32::MAX {
                let tick = self.ladder.grid.key(side, self.ladder.best(side));
                self.cancel_slot(self.ladder.rung(tick).first, Reason::Mass, effects);
                orders += 1;
            }
        }
        Done::CancelledAll { orders }
    }

    /// Takes away what is left of an order that came.
    pub(crate) fn drop_rest(&self, taker: &mut Taker, reason: Reason, effects: &mut Effects) {
        let quantity = Quantity::within(std::mem::take(&mut taker.left));
        let (order, owner) = (taker.id, taker.owner);
        effects.cancelled.push(Cancelled { order, owner, quantity, left: Quantity::ZERO, reason });
    }

    fn amend(&mut self, wanted: &Amendment, effects: &mut Effects) -> Result<Done, Refusal> {
        self.check_open()?;
        let slot = self.find(wanted.order, wanted.owner)?;
        self.rules.check_quantity(wanted.quantity)?;
        let tick = self.ladder.grid.tick(wanted.price)?;
        let (it, filled) = (self.slab[slot], self.slab.filled(slot));
        let side = it.word.side();
        let left = wanted.quantity.units().saturating_sub(filled);
        if left == 0 {
            self.cancel_slot(slot, Reason::Amended, effects);
            return Ok(Done::Amended { filled: Quantity::ZERO, rests: Quantity::ZERO });
        }
        if tick == it.word.tick() && left <= it.left {
            self.lower(slot, left, effects);
            return Ok(Done::Amended { filled: Quantity::ZERO, rests: Quantity::within(left) });
        }
        self.band.check(tick, &self.ladder.grid)?;
        self.check_posting(it.word.posting(), side, tick)?;
        let until = self.lapses.until(slot, &self.slab);
        self.remove(slot);
        if left < it.left {
            self.say_amended(&it, left, effects);
        }
        // At the same price it goes to the back, and its level is said once: when it is there again.
        if tick != it.word.tick() {
            effects.depth.push(self.ladder.changed(side, it.word.tick()));
        }
        let mut taker = Taker {
            id: wanted.order,
            owner: wanted.owner,
            side,
            self_trade: it.word.self_trade(),
            worst: tick,
            left,
            filled: 0,
        };
        self.cross(&mut taker, effects);
        if taker.left > 0 {
            let slot = self.insert(&taker, it.word.posting(), filled, until);
            self.owners.insert(slot, &mut self.slab);
            effects.depth.push(self.ladder.changed(side, tick));
        }
        Ok(Done::Amended { filled: Quantity::within(taker.filled), rests: Quantity::within(taker.left) })
    }

    /// An order keeps its place with as much or less.
    fn lower(&mut self, slot: u32, left: u32, effects: &mut Effects) {
        let it = self.slab[slot];
        if left == it.left {
            return;
        }
        self.slab[slot].left = left;
        self.ladder.rung_mut(it.word.tick()).total -= u64::from(it.left - left);
        self.say_amended(&it, left, effects);
        effects.depth.push(self.ladder.changed(it.word.side(), it.word.tick()));
    }

    fn say_amended(&self, it: &Slot, left: u32, effects: &mut Effects) {
        effects.cancelled.push(Cancelled {
            order: OrderId(it.id),
            owner: OwnerId(it.owner),
            quantity: Quantity::within(it.left - left),
            left: Quantity::within(left),
            reason: Reason::Amended,
        });
    }

    fn reopen(&mut self, reference: Option<Price>) -> Result<Done, Refusal> {
        if let Some(reference) = reference {
            let (low, high) = (self.rules.low, self.rules.high);
            if !(low..=high).contains(&reference) {
                return Err(Refusal::OutOfRange { low, high });
            }
            self.centre_at(reference);
        }
        self.phase = Phase::Continuous;
        Ok(Done::Reopened)
    }

    pub(crate) fn centre_at(&mut self, centre: Price) {
        self.centre = centre;
        self.band = Band::around(centre, self.rules.collar, &self.ladder.grid);
    }

    /// Notes the price of a command's last fill.
    pub(crate) fn filled_at(&mut self, price: Price) {
        self.last = Some(price);
        if self.rules.collar.is_some_and(|it| it.around == Around::LastFill) && self.centre != price {
            self.centre_at(price);
        }
    }
}

/// What is there to be seen.
impl Book {
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The number of the last command: the next is one more.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The latest time of any command.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The price of the last fill.
    pub const fn last(&self) -> Option<Price> {
        self.last
    }

    /// The number of the last change of the depth.
    pub const fn depth_seq(&self) -> u64 {
        self.ladder.depth_seq
    }

    /// How many orders rest.
    pub const fn len(&self) -> usize {
        self.index.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lowest and the highest price that a new order may have for now.
    pub fn allowed(&self) -> (Price, Price) {
        (self.ladder.grid.price(self.band.low), self.ladder.grid.price(self.band.high))
    }

    /// The best level of each side.
    pub fn top(&self) -> Top {
        let best = |side| self.levels(side).next();
        Top { bid: best(Side::Buy), ask: best(Side::Sell) }
    }

    /// At most so many levels of each side. Changes may be folded into the whole depth only ([`usize::MAX`]).
    pub fn depth(&self, levels_max: usize) -> Depth {
        let of = |side| self.levels(side).take(levels_max).collect();
        Depth { seq: self.ladder.depth_seq, bids: of(Side::Buy), asks: of(Side::Sell) }
    }

    /// A side's levels, the best first.
    fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        let ladder = &self.ladder;
        self.ticks(side).map(|tick| Level { price: ladder.grid.price(tick), total: ladder.rung(tick).total })
    }

    fn ticks(&self, side: Side) -> impl Iterator<Item = u32> {
        let ladder = &self.ladder;
        let is_there = |key: &u32| *key != u32::MAX;
        let keys = std::iter::successors(Some(ladder.best(side)).filter(is_there), move |key| {
            Some(ladder.after(side, *key)).filter(is_there)
        });
        keys.map(move |key| ladder.grid.key(side, key))
    }

    /// Every order that rests: the buyers' and then the sellers', as they would be filled.
    pub fn orders(&self) -> impl Iterator<Item = Resting> {
        let of_level = |tick| {
            let first = self.ladder.rung(tick).first;
            std::iter::successors(Some(first), |slot| Some(self.slab[*slot].next).filter(|it| *it != NIL))
        };
        [Side::Buy, Side::Sell]
            .into_iter()
            .flat_map(|side| self.ticks(side))
            .flat_map(of_level)
            .map(|slot| self.resting(slot))
    }

    /// An order that rests.
    pub fn order(&self, id: OrderId) -> Option<Resting> {
        let slot = self.index.find(id.0, &self.slab);
        (slot != NIL).then(|| self.resting(slot))
    }

    /// The orders of one owner, by id.
    pub fn orders_of(&self, owner: OwnerId) -> Vec<Resting> {
        let mut orders: Vec<Resting> =
            self.owners.slots(owner.0, &self.slab).map(|slot| self.resting(slot)).collect();
        orders.sort_unstable_by_key(|it| it.id);
        orders
    }

    fn resting(&self, slot: u32) -> Resting {
        let it = &self.slab[slot];
        Resting {
            id: OrderId(it.id),
            owner: OwnerId(it.owner),
            side: it.word.side(),
            price: self.ladder.grid.price(it.word.tick()),
            left: Quantity::within(it.left),
            filled: Quantity::within(self.slab.filled(slot)),
            until: self.lapses.until(slot, &self.slab),
            posting: it.word.posting(),
            self_trade: it.word.self_trade(),
        }
    }
}
