//! Asking memory for what commands will need before they are carried out.

use crate::book::Book;
use crate::slab::NIL;
use crate::{Command, Terms};

/// Commands that are looked at together: more than a processor waits for at a time gain nothing.
pub const AHEAD: usize = 16;

/// A book with fewer orders lies in the processor's cache, and looking ahead would cost more than it gains.
const ORDERS_MIN: usize = 50_000;

/// What is known of a command so far: where its order lies, and who lies beside it.
#[derive(Clone, Copy)]
struct Near {
    slot: u32,
    last: u32,
}

impl Book {
    /// Reads what the next commands will need, at most [`AHEAD`] of them, step by step for all of them: so memory is waited for once a step, and not
    /// once a command and step. It changes nothing; commands are the same without it, and of a large book nearly twice as slow.
    pub fn look_ahead<'a>(&self, commands: impl Iterator<Item = &'a Command> + Clone) {
        if self.index.len() < ORDERS_MIN {
            return;
        }
        // Something that is read and used for nothing is left out by a compiler: all is added up, and the sum is taken for used.
        let mut sum = 0;
        for command in commands.clone().take(AHEAD) {
            sum += match command {
                Command::Place(order) => {
                    let rung = match order.terms {
                        Terms::Limit(price, _) => {
                            self.ladder.grid.tick(price).map_or(0, |tick| self.ladder.rung(tick).total)
                        }
                        Terms::Market(_) => 0,
                    };
                    self.index.touch(order.id.0) + self.owners.touch(order.owner.0) + rung
                }
                Command::Cancel { order, owner } => self.index.touch(order.0) + self.owners.touch(owner.0),
                Command::Amend(it) => self.index.touch(it.order.0) + self.owners.touch(it.owner.0),
                Command::CancelAll(_) | Command::Halt | Command::Reopen { .. } | Command::Expire => 0,
            };
        }
        let mut near = [Near { slot: NIL, last: NIL }; AHEAD];
        for (command, near) in commands.take(AHEAD).zip(&mut near) {
            match command {
                Command::Cancel { order, .. } => near.slot = self.index.guess(order.0),
                Command::Amend(it) => near.slot = self.index.guess(it.order.0),
                Command::Place(order) => {
                    if let Terms::Limit(price, _) = order.terms
                        && let Ok(tick) = self.ladder.grid.tick(price)
                    {
                        near.last = self.ladder.last(tick);
                    }
                }
                Command::CancelAll(_) | Command::Halt | Command::Reopen { .. } | Command::Expire => {}
            }
        }
        for it in near {
            if it.slot != NIL {
                sum += u64::from(self.slab[it.slot].left) + u64::from(self.slab.extra(it.slot).behind);
            }
            if it.last != NIL {
                sum += u64::from(self.slab[it.last].left);
            }
        }
        for it in near.iter().filter(|it| it.slot != NIL) {
            let slot = &self.slab[it.slot];
            for beside in [slot.prev, slot.next] {
                if beside != NIL {
                    sum += u64::from(self.slab[beside].left);
                }
            }
            let extra = self.slab.extra(it.slot);
            for beside in [extra.before, extra.behind] {
                if beside != NIL {
                    sum += u64::from(self.slab.extra(beside).filled);
                }
            }
            sum += self.ladder.rung(slot.word.tick()).total;
        }
        std::hint::black_box(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Amendment, Effects, Immediate, MarketId, Order, OrderId, OwnerId, Posting, Price, Quantity, Rules,
        SelfTrade, Side, Time, TimeInForce, Whose,
    };

    /// Of a book that is large enough, for each kind of command, and for orders, owners and prices that are not there.
    #[test]
    fn any_commands_are_looked_at() {
        let (points, units) = (|it| Price::new(it).unwrap(), |it| Quantity::new(it).unwrap());
        let orders = ORDERS_MIN as u32 + 1_000;
        let rules = Rules {
            market: MarketId(1),
            low: points(1),
            tick: points(1),
            high: points(1_000),
            lot: units(1),
            quantity_max: units(10),
            collar: None,
            orders_max: orders,
            orders_per_owner_max: 100,
        };
        let place = |id: u32, price| {
            let time = TimeInForce::GoodTillCancel(Posting::MayTake);
            Command::Place(Order {
                id: OrderId(id.into()),
                owner: OwnerId(u64::from(id) / 50),
                side: Side::Buy,
                quantity: units(1),
                terms: Terms::Limit(points(price), time),
                self_trade: SelfTrade::CancelNewest,
            })
        };
        let (mut book, mut effects) = (Book::new(rules).unwrap(), Effects::default());
        for id in 0..orders {
            assert!(book.apply(Time(0), &place(id, 1 + id % 900), &mut effects).is_ok());
        }
        let hash = book.state_hash();
        let (order, owner) = (OrderId(7), OwnerId(0));
        let mut market = place(orders, 5);
        if let Command::Place(order) = &mut market {
            order.terms = Terms::Market(Immediate::OrCancel);
        }
        let mut commands = vec![
            Command::Cancel { order, owner },
            Command::Cancel { order: OrderId(u64::MAX), owner: OwnerId(u64::MAX) },
            Command::Amend(Amendment { order, owner, price: points(5), quantity: units(2) }),
            Command::CancelAll(Whose::Everybody),
            Command::Halt,
            Command::Reopen { reference: None },
            Command::Expire,
            place(orders, 1_000),
            place(orders, 1_001),
            market,
        ];
        commands.extend((0..2 * AHEAD as u32).map(|it| place(it, 3)));
        book.look_ahead(commands.iter());
        book.look_ahead([].iter());
        assert_eq!(book.state_hash(), hash);
    }
}
