//! Where the resting orders lie.

use crate::{Posting, SelfTrade, Side};
use std::ops::{Index, IndexMut};

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;

/// What every request touches of a resting order, with its neighbours at the same price: half a line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(crate) struct Slot {
    pub(crate) id: u64,
    pub(crate) owner: u64,
    /// What is still open.
    pub(crate) left: u32,
    pub(crate) word: Word,
    /// Who came before and after.
    pub(crate) prev: u32,
    pub(crate) next: u32,
}

const _: () = assert!(size_of::<Slot>() == 32, "no slot may lie in two lines");

/// The rest of it: a quarter of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extra {
    /// What was filled while it rested or before; where the word says so.
    pub(crate) filled: u32,
    /// Its place among those with a date; where the word says that it has one.
    pub(crate) lapse: u32,
    /// Its neighbours in the list of its owner's orders.
    pub(crate) before: u32,
    pub(crate) behind: u32,
}

const NONE: Extra = Extra { filled: 0, lapse: NIL, before: NIL, behind: NIL };

/// Tick, side, posting and self-trade mode of an order, and what is true of its [`Extra`], in 32 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word(u32);

/// What a [`Word`] may say beside an order's terms.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// Some of it was filled.
    Filled = 1 << 22,
    /// It is over at a date.
    Dated = 1 << 23,
}

impl Word {
    /// Invariant: [`TICKS_MAX`](crate::TICKS_MAX) fits into 18 bits.
    pub(crate) const fn new(tick: u32, side: Side, posting: Posting, self_trade: SelfTrade) -> Self {
        Self(tick | (side as u32) << 18 | (posting as u32) << 19 | (self_trade as u32) << 20)
    }

    pub(crate) const fn tick(self) -> u32 {
        self.0 & ((1 << 18) - 1)
    }

    pub(crate) const fn side(self) -> Side {
        if self.0 >> 18 & 1 == 0 { Side::Buy } else { Side::Sell }
    }

    pub(crate) const fn posting(self) -> Posting {
        if self.0 >> 19 & 1 == 0 { Posting::MayTake } else { Posting::PostOnly }
    }

    pub(crate) const fn self_trade(self) -> SelfTrade {
        match self.0 >> 20 & 3 {
            0 => SelfTrade::CancelNewest,
            1 => SelfTrade::CancelOldest,
            2 => SelfTrade::CancelBoth,
            _ => SelfTrade::Decrement,
        }
    }

    pub(crate) const fn has(self, mark: Mark) -> bool {
        self.0 & mark as u32 != 0
    }

    pub(crate) const fn set(&mut self, mark: Mark) {
        self.0 |= mark as u32;
    }
}

/// All slots; free ones are linked by `next`.
#[derive(Clone, Debug)]
pub(crate) struct Slab {
    slots: Vec<Slot>,
    extras: Vec<Extra>,
    free: u32,
}

impl Slab {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), extras: Vec::new(), free: NIL }
    }

    /// Makes room for so many slots in all.
    pub(crate) fn reserve(&mut self, slots: usize) {
        let more = slots.saturating_sub(self.slots.len());
        self.slots.reserve_exact(more);
        self.extras.reserve_exact(more);
    }

    /// Invariant: [`ORDERS_MAX`](crate::ORDERS_MAX) bounds how many there are, so the number fits.
    pub(crate) fn insert(&mut self, slot: Slot) -> u32 {
        if self.free == NIL {
            self.slots.push(slot);
            self.extras.push(NONE);
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

    pub(crate) fn extra(&self, at: u32) -> &Extra {
        &self.extras[at as usize]
    }

    pub(crate) fn extra_mut(&mut self, at: u32) -> &mut Extra {
        &mut self.extras[at as usize]
    }

    /// What was filled of an order.
    pub(crate) fn filled(&self, at: u32) -> u32 {
        if self[at].word.has(Mark::Filled) { self.extra(at).filled } else { 0 }
    }

    pub(crate) fn set_filled(&mut self, at: u32, units: u32) {
        if units > 0 {
            self[at].word.set(Mark::Filled);
            self.extra_mut(at).filled = units;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_what_was_put_into_it() {
        for tick in [0, 1, crate::TICKS_MAX] {
            for side in [Side::Buy, Side::Sell] {
                for posting in [Posting::MayTake, Posting::PostOnly] {
                    for self_trade in [
                        SelfTrade::CancelNewest,
                        SelfTrade::CancelOldest,
                        SelfTrade::CancelBoth,
                        SelfTrade::Decrement,
                    ] {
                        let mut word = Word::new(tick, side, posting, self_trade);
                        for mark in [Mark::Filled, Mark::Dated] {
                            assert!(!word.has(mark));
                            word.set(mark);
                            assert!(word.has(mark));
                        }
                        let said = (word.tick(), word.side(), word.posting(), word.self_trade());
                        assert_eq!(said, (tick, side, posting, self_trade));
                    }
                }
            }
        }
    }
}
