//! The levels: at each price, who rests there in the order of coming.

use crate::bits::Bits;
use crate::rules::Grid;
use crate::slab::{NIL, Slab};
use crate::{DepthChange, Side};

/// The orders at one price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung {
    /// What is open of all of them.
    pub(crate) total: u64,
    pub(crate) first: u32,
    last: u32,
}

const EMPTY: Rung = Rung { total: 0, first: NIL, last: NIL };

/// Every price of the grid, for both sides: since they never cross, a price has orders of one side only.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    pub(crate) grid: Grid,
    rungs: Box<[Rung]>,
    sides: [Bits; 2],
    /// The key of each side's best price, or [`u32::MAX`].
    best: [u32; 2],
    /// The number of the last change of a level.
    pub(crate) depth_seq: u64,
}

impl Ladder {
    pub(crate) fn new(grid: Grid) -> Self {
        let bits = Bits::up_to(grid.count);
        Self {
            grid,
            rungs: vec![EMPTY; grid.count as usize + 1].into(),
            sides: [bits.clone(), bits],
            best: [u32::MAX; 2],
            depth_seq: 0,
        }
    }

    /// The key of a side's best price, or [`u32::MAX`]: less is better.
    pub(crate) const fn best(&self, side: Side) -> u32 {
        self.best[side as usize]
    }

    /// The key of the next worse price after this one, or [`u32::MAX`].
    pub(crate) fn after(&self, side: Side, key: u32) -> u32 {
        self.sides[side as usize].after(key)
    }

    pub(crate) fn rung(&self, tick: u32) -> &Rung {
        &self.rungs[tick as usize]
    }

    /// Who came last at this price, or [`NIL`].
    pub(crate) fn last(&self, tick: u32) -> u32 {
        self.rungs[tick as usize].last
    }

    pub(crate) fn rung_mut(&mut self, tick: u32) -> &mut Rung {
        &mut self.rungs[tick as usize]
    }

    /// Puts an order at the back of its level.
    pub(crate) fn push(&mut self, slot: u32, slab: &mut Slab) {
        let it = &slab[slot];
        let (side, tick, left) = (it.word.side(), it.word.tick(), it.left);
        let rung = &mut self.rungs[tick as usize];
        rung.total += u64::from(left);
        if rung.first != NIL {
            let last = std::mem::replace(&mut rung.last, slot);
            slab[last].next = slot;
            slab[slot].prev = last;
            return;
        }
        rung.first = slot;
        rung.last = slot;
        let key = self.grid.key(side, tick);
        self.sides[side as usize].insert(key);
        let best = &mut self.best[side as usize];
        *best = key.min(*best);
    }

    /// Takes an order, which is still in its slot, out of its level.
    pub(crate) fn unlink(&mut self, slot: u32, slab: &mut Slab) {
        let it = &slab[slot];
        let (word, left, prev, next) = (it.word, it.left, it.prev, it.next);
        let (side, tick) = (word.side(), word.tick());
        let rung = &mut self.rungs[tick as usize];
        rung.total -= u64::from(left);
        match prev {
            NIL => rung.first = next,
            prev => slab[prev].next = next,
        }
        match next {
            NIL => rung.last = prev,
            next => slab[next].prev = prev,
        }
        if rung.first == NIL {
            self.empty(side, tick);
        }
    }

    /// Notes that a level has no orders any more.
    fn empty(&mut self, side: Side, tick: u32) {
        let key = self.grid.key(side, tick);
        let bits = &mut self.sides[side as usize];
        bits.remove(key);
        if self.best[side as usize] == key {
            self.best[side as usize] = bits.first();
        }
    }

    /// Says what a level has now, under the next number.
    pub(crate) fn changed(&mut self, side: Side, tick: u32) -> DepthChange {
        self.depth_seq += 1;
        DepthChange {
            seq: self.depth_seq,
            side,
            price: self.grid.price(tick),
            total: self.rungs[tick as usize].total,
        }
    }
}
