//! Crossing: an incoming order fills the other side's, the best price first and at one price who came first.

use crate::book::{Book, Taker};
use crate::slab::NIL;
use crate::{Cancelled, Effects, Fill, FillId, OrderId, OwnerId, Price, Quantity, Reason, SelfTrade, Side};

impl Book {
    /// Fills what can be filled. What is left of the taker has nobody to fill, or was taken away as self-trade.
    #[inline]
    pub(crate) fn cross(&mut self, taker: &mut Taker, effects: &mut Effects) {
        let makers = taker.side.opposite();
        let worst = self.ladder.grid.key(makers, taker.worst);
        // Most orders find nothing to fill.
        if self.ladder.best(makers) <= worst {
            self.cross_to(taker, makers, worst, effects);
        }
    }

    fn cross_to(&mut self, taker: &mut Taker, makers: Side, worst: u32, effects: &mut Effects) {
        let mut key = self.ladder.best(makers);
        let mut fills = 0;
        while taker.left > 0 && key <= worst {
            self.cross_level(taker, self.ladder.grid.key(makers, key), makers, &mut fills, effects);
            key = self.ladder.best(makers);
        }
        if fills > 0
            && let Some(fill) = effects.fills.last()
        {
            self.filled_at(fill.price);
        }
    }

    fn cross_level(
        &mut self,
        taker: &mut Taker,
        tick: u32,
        makers: Side,
        fills: &mut u32,
        effects: &mut Effects,
    ) {
        let price = self.ladder.grid.price(tick);
        let before = self.ladder.rung(tick).total;
        while taker.left > 0 {
            let slot = self.ladder.rung(tick).first;
            if slot == NIL {
                break;
            }
            if self.slab[slot].owner == taker.owner.0 {
                self.meet_own(taker, slot, effects);
            } else {
                self.fill(taker, slot, price, *fills, effects);
                *fills += 1;
            }
        }
        if self.ladder.rung(tick).total != before {
            effects.depth.push(self.ladder.changed(makers, tick));
        }
    }

    /// Fills the taker from the order of this slot, which goes when nothing is left of it.
    fn fill(&mut self, taker: &mut Taker, slot: u32, price: Price, n: u32, effects: &mut Effects) {
        let maker = &mut self.slab[slot];
        let units = maker.left.min(taker.left);
        maker.left -= units;
        taker.left -= units;
        taker.filled += units;
        let left = maker.left;
        effects.fills.push(Fill {
            id: FillId { market: self.rules.market, seq: self.seq, n },
            price,
            quantity: Quantity::within(units),
            maker: OrderId(maker.id),
            maker_owner: OwnerId(maker.owner),
            maker_left: Quantity::within(left),
            taker: taker.id,
            taker_owner: taker.owner,
            taker_side: taker.side,
        });
        let tick = maker.word.tick();
        self.ladder.rung_mut(tick).total -= u64::from(units);
        if left == 0 {
            self.remove(slot);
        } else {
            self.slab.set_filled(slot, self.slab.filled(slot) + units);
        }
    }

    /// The taker has come to an order of its own owner.
    fn meet_own(&mut self, taker: &mut Taker, slot: u32, effects: &mut Effects) {
        match taker.self_trade {
            SelfTrade::CancelNewest => self.drop_rest(taker, Reason::SelfTrade, effects),
            SelfTrade::CancelOldest => self.lose(slot, self.slab[slot].left, effects),
            SelfTrade::CancelBoth => {
                self.lose(slot, self.slab[slot].left, effects);
                self.drop_rest(taker, Reason::SelfTrade, effects);
            }
            SelfTrade::Decrement => {
                let units = self.slab[slot].left.min(taker.left);
                self.lose(slot, units, effects);
                taker.left -= units;
                effects.cancelled.push(Cancelled {
                    order: taker.id,
                    owner: taker.owner,
                    quantity: Quantity::within(units),
                    left: Quantity::within(taker.left),
                    reason: Reason::SelfTrade,
                });
            }
        }
    }

    /// Takes so much from a resting order as self-trade; with nothing left it goes.
    fn lose(&mut self, slot: u32, units: u32, effects: &mut Effects) {
        let it = &mut self.slab[slot];
        it.left -= units;
        let (tick, left) = (it.word.tick(), it.left);
        effects.cancelled.push(Cancelled {
            order: OrderId(it.id),
            owner: OwnerId(it.owner),
            quantity: Quantity::within(units),
            left: Quantity::within(left),
            reason: Reason::SelfTrade,
        });
        self.ladder.rung_mut(tick).total -= u64::from(units);
        if left == 0 {
            self.remove(slot);
        }
    }

    /// Whether a fill-or-kill order would be filled whole. Orders of its owner are passed over where they would be cancelled for it; in any other mode the first
    /// of them is where filling ends.
    pub(crate) fn can_fill_whole(&self, taker: &Taker) -> bool {
        let makers = taker.side.opposite();
        let worst = self.ladder.grid.key(makers, taker.worst);
        let has_own = self.owners.orders(taker.owner.0) > 0;
        let mut missing = u64::from(taker.left);
        let mut key = self.ladder.best(makers);
        while key <= worst {
            let rung = self.ladder.rung(self.ladder.grid.key(makers, key));
            if !has_own {
                missing = missing.saturating_sub(rung.total);
            } else {
                let mut slot = rung.first;
                while slot != NIL && missing > 0 {
                    let maker = &self.slab[slot];
                    if maker.owner != taker.owner.0 {
                        missing = missing.saturating_sub(u64::from(maker.left));
                    } else if taker.self_trade != SelfTrade::CancelOldest {
                        return false;
                    }
                    slot = maker.next;
                }
            }
            if missing == 0 {
                return true;
            }
            key = self.ladder.after(makers, key);
        }
        false
    }
}
