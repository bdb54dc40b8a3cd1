//! Ours and the libraries that it is measured beside, each by way of the same two questions.

use crate::stream::{Limit, Op, Stream, command, rules};
use book::{Book, Command, Effects, Side, Time};
use rust_decimal::Decimal;

/// A fill as every engine can say it: the order that rested, the price and how much.
pub(crate) type Seen = (u32, u32, u32);

/// What came of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) fills: u32,
    pub(crate) units: u64,
    pub(crate) cancelled: u32,
}

pub(crate) trait Engine {
    /// Looks at the requests that come next, at most [`book::AHEAD`], if it has a way to.
    fn look_ahead(&mut self, _: &[Op]) {}

    /// Carries out one request; with `seen`, appends its fills.
    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came;
}

/// Name and version, whether it is a peer of ours, and how it is made for so many orders that rest and requests in all.
pub(crate) struct Maker {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Stream) -> Box<dyn Engine>,
}

pub(crate) const OURS: Maker = Maker { name: "ours", make: ours };

pub(crate) const PEERS: [Maker; 5] = [
    Maker { name: "lobster 0.7.0", make: lobster },
    Maker { name: "orderbook-rs 0.15.3", make: orderbook_rs },
    Maker { name: "matchcore 0.4.0", make: matchcore },
    Maker { name: "rust_ob 2.5.3", make: rust_ob },
    Maker { name: "rust-order-book 0.0.2", make: rust_order_book },
];

/// Counts fills that an engine answers as a list.
fn count(fills: impl Iterator<Item = Seen>, seen: Option<&mut Vec<Seen>>) -> Came {
    let mut came = Came::default();
    let mut each = |fill: Seen| {
        came.fills += 1;
        came.units += u64::from(fill.2);
    };
    match seen {
        None => fills.for_each(each),
        Some(seen) => fills.for_each(|fill| {
            each(fill);
            seen.push(fill);
        }),
    }
    came
}

fn cancelled(is_gone: bool) -> Came {
    Came { cancelled: is_gone.into(), ..Came::default() }
}

struct Ours {
    book: Book,
    effects: Effects,
}

fn ours(stream: &Stream) -> Box<dyn Engine> {
    let mut book = Book::new(rules()).expect("these rules are good");
    let orders = stream.fill.len() as u32 * 5 / 4;
    book.reserve(orders, orders / 5);
    Box::new(Ours { book, effects: Effects::default() })
}

impl Engine for Ours {
    fn look_ahead(&mut self, ops: &[Op]) {
        let commands = ops.iter().map(command);
        let mut all = [Command::Expire; book::AHEAD];
        for (to, command) in all.iter_mut().zip(commands) {
            *to = command;
        }
        self.book.look_ahead(all[..ops.len()].iter());
    }

    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came {
        self.effects.clear();
        let done = self.book.apply(Time(0), &command(op), &mut self.effects);
        match op.order() {
            None => cancelled(done.is_ok()),
            Some(_) => {
                let fills = self.effects.fills.iter();
                count(fills.map(|it| (it.maker.0 as u32, it.price.points(), it.quantity.units())), seen)
            }
        }
    }
}

struct Lobster(lobster::OrderBook);

fn lobster(stream: &Stream) -> Box<dyn Engine> {
    // All that will ever rest has a place before it begins.
    Box::new(Lobster(lobster::OrderBook::new(stream.fill.len() * 2, 64, false)))
}

impl Engine for Lobster {
    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came {
        use lobster::{OrderEvent, OrderType, Side as Theirs};
        let id = op.number.into();
        let Some(Limit { side, price, units, .. }) = op.order() else {
            return cancelled(matches!(
                self.0.execute(OrderType::Cancel { id }),
                OrderEvent::Canceled { .. }
            ));
        };
        let side = if side == Side::Buy { Theirs::Bid } else { Theirs::Ask };
        let order = OrderType::Limit { id, side, qty: units.into(), price: price.into() };
        match self.0.execute(order) {
            OrderEvent::Filled { fills, .. } | OrderEvent::PartiallyFilled { fills, .. } => {
                count(fills.iter().map(|it| (it.order_2 as u32, it.price as u32, it.qty as u32)), seen)
            }
            _ => Came::default(),
        }
    }
}

struct OrderbookRs(orderbook_rs::OrderBook<()>);

fn orderbook_rs(_: &Stream) -> Box<dyn Engine> {
    Box::new(OrderbookRs(orderbook_rs::OrderBook::new("X")))
}

impl Engine for OrderbookRs {
    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came {
        use pricelevel::{Id, Side as Theirs, TimeInForce};
        let id = Id::Sequential(op.number.into());
        let Some(Limit { side, price, units, .. }) = op.order() else {
            return cancelled(matches!(self.0.cancel_order(id), Ok(Some(_))));
        };
        let side = if side == Side::Buy { Theirs::Buy } else { Theirs::Sell };
        let placed =
            self.0.add_limit_order_with_result(id, price.into(), units.into(), side, TimeInForce::Gtc, None);
        let Ok((_, Some(trades))) = placed else { return Came::default() };
        let fills = trades.match_result.trades().as_vec().iter().map(|it| {
            let maker = it.maker_order_id().as_u64().expect("all ids are numbers");
            (maker as u32, it.price().as_u128() as u32, it.quantity().as_u64() as u32)
        });
        count(fills, seen)
    }
}

struct Matchcore {
    book: matchcore::OrderBook,
    seq: u64,
    /// It gives its own ids: by our number, and by its own.
    theirs: Vec<u64>,
    ours: Vec<u32>,
}

fn matchcore(stream: &Stream) -> Box<dyn Engine> {
    let all = stream.fill.len() + stream.ops.len() + 1;
    Box::new(Matchcore {
        book: matchcore::OrderBook::new("X"),
        seq: 0,
        theirs: vec![0; all],
        ours: vec![0; all],
    })
}

impl Matchcore {
    fn execute(&mut self, kind: matchcore::CommandKind) -> matchcore::CommandOutcome {
        use matchcore::{Command, CommandMeta, SequenceNumber, Timestamp};
        let meta = CommandMeta { sequence_number: SequenceNumber(self.seq), timestamp: Timestamp(self.seq) };
        self.seq += 1;
        self.book.execute(&Command { meta, kind })
    }
}

impl Engine for Matchcore {
    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came {
        use matchcore::{
            CancelCmd, CommandKind, CommandOutcome, CommandReport, LimitOrder, NewOrder, OrderFlags, OrderId,
            OrderKind, Price, Quantity, QuantityPolicy, Side as Theirs, SubmitCmd, TimeInForce,
        };
        let Some(Limit { side, price, units, .. }) = op.order() else {
            let order_id = OrderId(self.theirs[op.number as usize]);
            let cancel = CommandKind::Cancel(CancelCmd { order_id, order_kind: OrderKind::Limit });
            return cancelled(matches!(self.execute(cancel), CommandOutcome::Applied(_)));
        };
        let side = if side == Side::Buy { Theirs::Buy } else { Theirs::Sell };
        let order = LimitOrder::new(
            Price(price.into()),
            QuantityPolicy::Standard { quantity: Quantity(units.into()) },
            OrderFlags::new(side, false, TimeInForce::Gtc),
        );
        let submit = CommandKind::Submit(SubmitCmd { order: NewOrder::Limit(order) });
        let CommandOutcome::Applied(CommandReport::Submit(effects)) = self.execute(submit) else {
            return Came::default();
        };
        let outcome = effects.target_order();
        let id = outcome.order_id().0;
        self.theirs[op.number as usize] = id;
        self.ours[id as usize] = op.number;
        let Some(result) = outcome.match_result() else { return Came::default() };
        let ours = &self.ours;
        let fills = result
            .trades()
            .iter()
            .map(|it| (ours[it.maker_order_id().0 as usize], it.price().0 as u32, it.quantity().0 as u32));
        count(fills, seen)
    }
}

struct RustOb(rust_ob::OrderBook<u32>);

fn rust_ob(_: &Stream) -> Box<dyn Engine> {
    Box::new(RustOb(rust_ob::OrderBook::new()))
}

impl Engine for RustOb {
    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came {
        let Some(Limit { side, price, units, .. }) = op.order() else {
            return cancelled(self.0.cancel_order(op.number).is_ok());
        };
        let side = if side == Side::Buy { rust_ob::Side::Buy } else { rust_ob::Side::Sell };
        let (price, units) = (Decimal::from(price), Decimal::from(units));
        let Ok(filled) = self.0.process_limit_order(op.number, side, price, units) else {
            return Came::default();
        };
        // The last one is the order itself.
        let makers = filled.iter().take(filled.len().saturating_sub(1));
        let whole = |it: Decimal| u32::try_from(it).expect("whole numbers went in");
        count(makers.map(|it| (it.order, whole((it.cost / it.quantity).abs()), whole(it.quantity))), seen)
    }
}

struct RustOrderBook {
    book: rust_order_book::OrderBook,
    /// It gives its own ids: by our number, and by its own.
    theirs: Vec<u64>,
    ours: Vec<u32>,
}

fn rust_order_book(stream: &Stream) -> Box<dyn Engine> {
    let all = stream.fill.len() + stream.ops.len() + 2;
    let book = rust_order_book::OrderBookBuilder::new("X").build();
    Box::new(RustOrderBook { book, theirs: vec![0; all], ours: vec![0; all] })
}

impl Engine for RustOrderBook {
    fn apply(&mut self, op: &Op, seen: Option<&mut Vec<Seen>>) -> Came {
        use rust_order_book::Side as Theirs;
        let Some(Limit { side, price, units, .. }) = op.order() else {
            return cancelled(self.book.cancel_raw(self.theirs[op.number as usize]).is_ok());
        };
        let side = if side == Side::Buy { Theirs::Buy } else { Theirs::Sell };
        let placed = self.book.limit_raw(side, units.into(), price.into(), None, None);
        let Ok(report) = placed else { return Came::default() };
        let id = report.order_id.0;
        self.theirs[op.number as usize] = id;
        self.ours[id as usize] = op.number;
        let ours = &self.ours;
        let fills = report.fills.iter();
        count(fills.map(|it| (ours[it.order_id.0 as usize], it.price.0 as u32, it.quantity.0 as u32)), seen)
    }
}
