//! The rules by examples, to be read. Whether they hold always is for `agree`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use book::{
    Amendment, Around, Book, Collar, Command, Done, Effects, Immediate, MarketId, Order, OrderId, OwnerId,
    Posting, Price, Quantity, Reason, Refusal, Rules, SelfTrade, Side, Terms, Time, TimeInForce, Whose,
};

const REST: TimeInForce = TimeInForce::GoodTillCancel(Posting::MayTake);

fn price(points: u32) -> Price {
    Price::new(points).unwrap()
}

fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

fn rules() -> Rules {
    Rules {
        market: MarketId(1),
        low: price(1),
        tick: price(1),
        high: price(1_000),
        lot: units(1),
        quantity_max: units(100),
        collar: None,
        orders_max: 1_000,
        orders_per_owner_max: 100,
    }
}

/// A book at one time. The owner of an order is its id, unless another is named.
struct Market {
    book: Book,
    effects: Effects,
    now: u64,
}

impl Market {
    fn of(rules: Rules) -> Self {
        Self { book: Book::new(rules).unwrap(), effects: Effects::default(), now: 0 }
    }

    fn ask(&mut self, command: Command) -> Result<Done, Refusal> {
        self.effects.clear();
        self.book.apply(Time(self.now), &command, &mut self.effects)
    }

    fn place(&mut self, id: u64, side: Side, quantity: u32, terms: Terms) -> Result<Done, Refusal> {
        self.place_as(id, id, SelfTrade::CancelNewest, side, quantity, terms)
    }

    fn place_as(
        &mut self,
        id: u64,
        owner: u64,
        self_trade: SelfTrade,
        side: Side,
        quantity: u32,
        terms: Terms,
    ) -> Result<Done, Refusal> {
        let (id, owner, quantity) = (OrderId(id), OwnerId(owner), units(quantity));
        self.ask(Command::Place(Order { id, owner, side, quantity, terms, self_trade }))
    }

    fn sell(&mut self, id: u64, quantity: u32, at: u32) {
        self.place(id, Side::Sell, quantity, Terms::Limit(price(at), REST)).unwrap();
    }

    fn amend(&mut self, id: u64, at: u32, quantity: u32) -> Result<Done, Refusal> {
        let (order, owner) = (OrderId(id), OwnerId(id));
        self.ask(Command::Amend(Amendment { order, owner, price: price(at), quantity: units(quantity) }))
    }

    /// Who was filled by the last command, at which price and how much.
    fn fills(&self) -> Vec<(u64, u32, u32)> {
        self.effects.fills.iter().map(|it| (it.maker.0, it.price.points(), it.quantity.units())).collect()
    }

    /// What was cancelled by the last command, and why.
    fn cancelled(&self) -> Vec<(u64, u32, Reason)> {
        self.effects.cancelled.iter().map(|it| (it.order.0, it.quantity.units(), it.reason)).collect()
    }
}

fn placed(filled: u32, rests: u32) -> Result<Done, Refusal> {
    Ok(Done::Placed { filled: units(filled), rests: units(rests) })
}

#[test]
fn a_better_price_is_filled_first_and_then_who_came_first() {
    let mut market = Market::of(rules());
    market.sell(1, 5, 20);
    market.sell(2, 5, 19);
    market.sell(3, 5, 20);
    let done = market.place(9, Side::Buy, 12, Terms::Limit(price(20), REST));
    assert_eq!(done, placed(12, 0));
    assert_eq!(market.fills(), [(2, 19, 5), (1, 20, 5), (3, 20, 2)]);
}

#[test]
fn less_keeps_its_place_and_more_goes_to_the_back() {
    let mut market = Market::of(rules());
    market.sell(1, 5, 20);
    market.sell(2, 5, 20);
    market.amend(1, 20, 3).unwrap();
    assert_eq!(market.cancelled(), [(1, 2, Reason::Amended)]);
    market.place(8, Side::Buy, 1, Terms::Market(Immediate::OrCancel)).unwrap();
    assert_eq!(market.fills(), [(1, 20, 1)]);
    // Four in all, of which one is filled.
    assert_eq!(market.amend(1, 20, 4), Ok(Done::Amended { filled: units(0), rests: units(3) }));
    market.place(9, Side::Buy, 9, Terms::Market(Immediate::OrCancel)).unwrap();
    assert_eq!(market.fills(), [(2, 20, 5), (1, 20, 3)]);
    assert_eq!(market.cancelled(), [(9, 1, Reason::Unfilled)]);
}

#[test]
fn a_new_price_may_fill_at_once() {
    let mut market = Market::of(rules());
    market.sell(1, 5, 20);
    market.place(2, Side::Buy, 7, Terms::Limit(price(10), REST)).unwrap();
    assert_eq!(market.amend(2, 20, 7), Ok(Done::Amended { filled: units(5), rests: units(2) }));
    // No more than that was to be filled in all.
    assert_eq!(market.amend(2, 20, 5), Ok(Done::Amended { filled: units(0), rests: units(0) }));
    assert!(market.book.is_empty());
}

#[test]
fn immediate_orders_take_what_there_is_and_fill_or_kill_all_or_nothing() {
    let mut market = Market::of(rules());
    market.sell(1, 5, 20);
    let limit = |immediate| Terms::Limit(price(20), TimeInForce::Immediate(immediate));
    assert_eq!(market.place(2, Side::Buy, 6, limit(Immediate::FillOrKill)), placed(0, 0));
    assert_eq!(market.cancelled(), [(2, 6, Reason::Killed)]);
    assert_eq!(market.place(3, Side::Buy, 6, limit(Immediate::OrCancel)), placed(5, 0));
    assert_eq!(market.cancelled(), [(3, 1, Reason::Unfilled)]);
}

#[test]
fn a_post_only_order_never_takes() {
    let mut market = Market::of(rules());
    market.sell(1, 5, 20);
    let post_only = |at| Terms::Limit(price(at), TimeInForce::GoodTillCancel(Posting::PostOnly));
    assert_eq!(market.place(2, Side::Buy, 1, post_only(20)), Err(Refusal::WouldCross { best: price(20) }));
    assert_eq!(market.place(2, Side::Buy, 1, post_only(19)), placed(0, 1));
    assert_eq!(market.amend(2, 20, 1), Err(Refusal::WouldCross { best: price(20) }));
}

#[test]
fn an_order_is_over_at_its_date_whatever_comes_then() {
    let mut market = Market::of(rules());
    let until = |at| Terms::Limit(price(20), TimeInForce::GoodTillDate(Time(at), Posting::MayTake));
    market.place(1, Side::Sell, 5, until(100)).unwrap();
    market.now = 99;
    assert_eq!(market.place(2, Side::Buy, 1, Terms::Market(Immediate::OrCancel)), placed(1, 0));
    market.now = 100;
    assert_eq!(market.place(3, Side::Buy, 1, Terms::Market(Immediate::OrCancel)), placed(0, 0));
    assert_eq!(market.cancelled(), [(1, 4, Reason::Expired), (3, 1, Reason::Unfilled)]);
    // Clocks may go back, and time does not.
    market.now = 50;
    assert_eq!(market.place(4, Side::Sell, 1, until(100)), Err(Refusal::AlreadyOver { until: Time(100) }));
}

#[test]
fn nobody_fills_an_order_of_their_own() {
    let left_after = |mode| {
        let mut market = Market::of(rules());
        let limit = Terms::Limit(price(20), REST);
        market.place_as(1, 7, mode, Side::Sell, 3, limit).unwrap();
        market.sell(2, 5, 20);
        let done = market.place_as(3, 7, mode, Side::Buy, 4, limit);
        let left: Vec<_> = market.book.orders().map(|it| (it.id.0, it.left.units())).collect();
        (done, market.cancelled(), left)
    };
    let gone = |id, quantity| (id, quantity, Reason::SelfTrade);
    assert_eq!(left_after(SelfTrade::CancelNewest), (placed(0, 0), vec![gone(3, 4)], vec![(1, 3), (2, 5)]));
    assert_eq!(left_after(SelfTrade::CancelOldest), (placed(4, 0), vec![gone(1, 3)], vec![(2, 1)]));
    assert_eq!(left_after(SelfTrade::CancelBoth), (placed(0, 0), vec![gone(1, 3), gone(3, 4)], vec![(2, 5)]));
    assert_eq!(left_after(SelfTrade::Decrement), (placed(1, 0), vec![gone(1, 3), gone(3, 3)], vec![(2, 4)]));
}

#[test]
fn a_collar_moves_with_the_last_fill_and_bounds_market_orders() {
    let collar = Collar { around: Around::LastFill, reference: price(100), basis_points: 1_000 };
    let mut market = Market::of(Rules { collar: Some(collar), ..rules() });
    let limit = |at| Terms::Limit(price(at), REST);
    let outside = Err(Refusal::OutsideCollar { low: price(90), high: price(110) });
    assert_eq!(market.place(1, Side::Sell, 1, limit(111)), outside);
    assert_eq!(market.place(1, Side::Sell, 1, limit(110)), placed(0, 1));
    market.place(2, Side::Buy, 1, Terms::Market(Immediate::OrCancel)).unwrap();
    assert_eq!(market.book.allowed(), (price(99), price(121)));
    // What rests outside stays there, and nothing comes to it.
    market.sell(3, 1, 121);
    market.ask(Command::Reopen { reference: Some(price(100)) }).unwrap();
    assert_eq!(market.place(4, Side::Buy, 1, Terms::Market(Immediate::OrCancel)), placed(0, 0));
    assert_eq!(market.book.len(), 1);
}

#[test]
fn a_halted_market_takes_cancels_alone_and_goes_on_where_it_was() {
    let mut market = Market::of(rules());
    market.sell(1, 5, 20);
    market.sell(2, 5, 21);
    market.ask(Command::Halt).unwrap();
    let buy = Terms::Limit(price(30), REST);
    assert_eq!(market.place(3, Side::Buy, 1, buy), Err(Refusal::Halted));
    assert_eq!(market.amend(1, 20, 1), Err(Refusal::Halted));
    assert_eq!(
        market.ask(Command::Cancel { order: OrderId(1), owner: OwnerId(2) }),
        Err(Refusal::UnknownOrder(OrderId(1)))
    );
    market.ask(Command::Cancel { order: OrderId(1), owner: OwnerId(1) }).unwrap();
    market.ask(Command::Reopen { reference: None }).unwrap();
    assert_eq!(market.place(3, Side::Buy, 1, buy), placed(1, 0));
    assert_eq!(market.fills(), [(2, 21, 1)]);
    assert_eq!(market.ask(Command::CancelAll(Whose::Everybody)), Ok(Done::CancelledAll { orders: 1 }));
}
