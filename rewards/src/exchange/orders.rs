//! Every order of a market that is open, as of a command of the journal: what the next ones make of them, and what of that the ledger has to do.
//!
//! Pure: the same orders and the same commands give the same steps, so that what a crash has cut short is done again and not twice.

use super::carried::Carried;
use super::order::{Order, State};
use super::step::{Filled, Leg, Step};
use super::wanted::side_word;
use book::{Amendment, Command, Done, Fill, OrderId, Reason, Side};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// By the number of each.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    all: HashMap<i64, Order>,
    /// Changed since the last look.
    changed: BTreeSet<i64>,
    /// Whose amendments' holds are over.
    without_extra: BTreeSet<i64>,
}

fn number(id: OrderId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

/// As rows have it.
pub(crate) const fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Asked => "asked",
        Reason::Mass => "mass",
        Reason::Amended => "amended",
        Reason::Unfilled => "unfilled",
        Reason::Killed => "killed",
        Reason::SelfTrade => "self-trade",
        Reason::Expired => "expired",
    }
}

impl Order {
    /// What is held for what is left.
    fn need(&self) -> i64 {
        self.cost(self.left)
    }

    /// What is held for so many units.
    pub(crate) fn cost(&self, units: u32) -> i64 {
        match self.wanted.side {
            Side::Buy => i64::from(self.price) * i64::from(units),
            Side::Sell => i64::from(units),
        }
    }

    /// The open hold is over, and the next is of what is left.
    fn step(&mut self, take: i64, extra: Option<u32>) -> Leg {
        let over = self.hold;
        self.hold += 1;
        Leg { order: self.number, over, take, extra, next: self.hold, rest: self.need() }
    }
}

impl Orders {
    pub(crate) fn insert(&mut self, order: Order) {
        self.all.insert(order.number, order);
    }

    pub(crate) fn get(&self, number: i64) -> Option<&Order> {
        self.all.get(&number)
    }

    /// What of a command the ledger has to do, in order; its orders are as they are after it.
    pub(crate) fn take(&mut self, it: Carried) -> Vec<Step> {
        if let Some(order) = it.order {
            self.all.insert(order.number, *order);
        }
        let mut steps = Steps { seq: it.seq, all: Vec::new() };
        let mut lost = BTreeMap::<i64, (u32, Reason)>::new();
        let amended = match (&it.command, &it.done) {
            (Command::Amend(wanted), Ok(Done::Amended { .. })) => Some(wanted),
            _ => None,
        };
        for gone in &it.cancelled {
            let is_by_amendment = gone.reason == Reason::Amended;
            if is_by_amendment && amended.is_some_and(|it| it.order == gone.order) {
                continue;
            }
            let sum = lost.entry(number(gone.order)).or_insert((0, gone.reason));
            *sum = (sum.0 + gone.quantity.units(), gone.reason);
        }
        for (order, (units, _)) in &lost {
            self.change(*order, |it| it.left = it.left.saturating_sub(*units));
        }
        match (&it.command, &it.done) {
            (Command::Place(order), Err(refusal)) => {
                let refused = super::Refused::from(*refusal);
                self.change(number(order.id), |it| {
                    (it.state, it.left) = (State::Refused, 0);
                    it.reason = Some(refused.why.word().to_owned());
                    it.detail = Some(refused.detail.clone());
                    steps.push(None, vec![it.step(0, None)]);
                });
            }
            // Of one that was refused, whoever asked gives back what was held for it.
            (Command::Amend(wanted), Ok(_)) => {
                let gone = lost.get(&number(wanted.order)).map_or(0, |it| it.0);
                self.amend(wanted, gone, it.extra, &mut steps);
            }
            _ => {}
        }
        let filled: BTreeSet<i64> =
            it.fills.iter().flat_map(|it| [number(it.maker), number(it.taker)]).collect();
        for fill in &it.fills {
            self.fill(fill, &mut steps);
        }
        for order in lost.keys().filter(|it| !filled.contains(it)) {
            if amended.is_some_and(|it| number(it.order) == *order) {
                continue;
            }
            self.change(*order, |it| steps.push(None, vec![it.step(0, None)]));
        }
        let placed = match &it.command {
            Command::Place(order) => Some(number(order.id)),
            Command::Amend(wanted) if amended.is_some() => Some(number(wanted.order)),
            _ => None,
        };
        let touched: BTreeSet<i64> = filled.iter().chain(lost.keys()).copied().chain(placed).collect();
        for order in touched {
            let reason = match lost.get(&order) {
                Some((_, reason)) => reason_word(*reason),
                None => reason_word(Reason::Amended),
            };
            self.change(order, |it| it.settle_state(reason));
        }
        steps.all
    }

    fn change(&mut self, order: i64, change: impl FnOnce(&mut Order)) {
        match self.all.get_mut(&order) {
            Some(it) => {
                change(it);
                self.changed.insert(order);
            }
            None => tracing::error!(order, "the journal has an order that the tables do not have"),
        }
    }

    /// What was held for the order, and for the amendment, is held as one from now on: of which so much is `gone` by the same command.
    fn amend(&mut self, wanted: &Amendment, gone: u32, extra: Option<u32>, steps: &mut Steps) {
        let order = number(wanted.order);
        self.change(order, |it| {
            let extra = extra.or(it.extra);
            let before = it.cost(it.left + gone);
            it.price = wanted.price.points();
            // Of what is filled nothing is taken back.
            it.quantity = wanted.quantity.units().max(it.filled);
            it.left = it.quantity.saturating_sub(it.filled).saturating_sub(gone);
            if before != it.need() || extra.is_some() {
                it.extra = None;
                steps.push(None, vec![it.step(0, extra)]);
            }
        });
        self.without_extra.insert(order);
    }

    fn fill(&mut self, fill: &Fill, steps: &mut Steps) {
        let units = fill.quantity.units();
        let mut legs = Vec::with_capacity(2);
        for order in [fill.maker, fill.taker] {
            self.change(number(order), |it| {
                it.left = it.left.saturating_sub(units);
                it.filled += units;
                let take = match it.wanted.side {
                    Side::Buy => i64::from(fill.price.points()) * i64::from(units),
                    Side::Sell => i64::from(units),
                };
                legs.push(it.step(take, None));
            });
        }
        let filled =
            Filled { n: fill.id.n, price: fill.price.points(), quantity: units, side: fill.taker_side };
        steps.push(Some(filled), legs);
    }

    /// Those that have changed since the last time, with whose amendments' holds are over.
    pub(crate) fn changed(&mut self) -> (Vec<Order>, BTreeSet<i64>) {
        let changed = std::mem::take(&mut self.changed);
        let orders = changed.iter().filter_map(|it| self.all.get(it)).cloned().collect();
        (orders, std::mem::take(&mut self.without_extra))
    }

    /// Forgets those that are over, when that is written.
    pub(crate) fn forget_over(&mut self, written: &[Order]) {
        for order in written.iter().filter(|it| !it.state.is_open()) {
            if self.all.get(&order.number).is_some_and(|it| !it.state.is_open()) {
                self.all.remove(&order.number);
            }
        }
    }
}

impl Order {
    /// What it is, with what is left of it.
    fn settle_state(&mut self, reason: &str) {
        if self.state == State::Refused {
            return;
        }
        self.state = match self.left {
            0 if self.filled == self.quantity => State::Filled,
            0 => State::Cancelled,
            _ => State::Resting,
        };
        if self.state == State::Cancelled {
            self.reason = Some(reason.to_owned());
        }
    }

    /// "buy" or "sell"
    pub fn side_word(&self) -> &'static str {
        side_word(self.wanted.side)
    }
}

struct Steps {
    seq: u64,
    all: Vec<Step>,
}

impl Steps {
    fn push(&mut self, fill: Option<Filled>, legs: Vec<Leg>) {
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(Step { seq: self.seq, place, fill, legs });
    }
}
