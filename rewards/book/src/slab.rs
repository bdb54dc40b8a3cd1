//! Where the resting orders lie.

use crate::{Posting, SelfTrade, Side};
use std::ops::{Index, IndexMut};

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;

/// A resting order with its neighbours: one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Slot {
    pub(crate) id: u64,
    pub(crate) owner: u64,
    /// The number of the command by which it came to the back of its level. It orders all orders of a book by age.
    pub(crate) rank: u64,
    /// What is still open, and what was filled before.
    pub(crate) left: u32,
    pub(crate) filled: u32,
    pub(crate) tick: u32,
    /// At the same price, who came before and after.
    pub(crate) prev: u32,
    pub(crate) next: u32,
    /// Of the same owner, its neighbours in the list of those that its entry has no place for (see `owners`).
    pub(crate) before: u32,
    pub(crate) behind: u32,
    /// Its place among those with a date, or [`NIL`].
    pub(crate) lapse: u32,
    pub(crate) side: Side,
    pub(crate) posting: Posting,
    pub(crate) self_trade: SelfTrade,
}

const _: () = assert!(size_of::<Slot>() == 64, "two lines would be two misses");

/// All slots; free ones are linked by `next`.
#[derive(Clone, Debug)]
pub(crate) struct Slab {
    slots: Vec<Slot>,
    free: u32,
}

impl Slab {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: NIL }
    }

    /// Makes room for so many slots in all.
    pub(crate) fn reserve(&mut self, slots: usize) {
        self.slots.reserve_exact(slots.saturating_sub(self.slots.len()));
    }

    /// Invariant: [`ORDERS_MAX`](crate::ORDERS_MAX) bounds how many there are, so the number fits.
    pub(crate) fn insert(&mut self, slot: Slot) -> u32 {
        if self.free == NIL {
            self.slots.push(slot);
            return (self.slots.len() - 1) as u32;
        }
        let at = self.free;
        let place = &mut self.slots[at as usize];
        self.free = place.next;
        *place = slot;
        at
    }

    pub(crate) fn remove(&mut self, at: u32) {
        self.slots[at as usize].next = self.free;
        self.free = at;
    }
}

impl Index<u32> for Slab {
    type Output = Slot;

    fn index(&self, at: u32) -> &Slot {
        &self.slots[at as usize]
    }
}

impl IndexMut<u32> for Slab {
    fn index_mut(&mut self, at: u32) -> &mut Slot {
        &mut self.slots[at as usize]
    }
}
