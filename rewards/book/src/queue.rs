//! Who rests at one price, in the order of coming: chains of blocks, each one line of the cache.
//!
//! An order that goes leaves a gap in its block and touches nobody's slot; one that comes is put into the last block of its level, which is mostly in the
//! cache. A list through the orders themselves would cost up to two misses more for each.

use crate::slab::NIL;

/// Orders of a block.
const PLACES: usize = 12;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Block {
    slots: [u32; PLACES],
    /// Blocks of the same level that came before and after; of a free one, the next free.
    prev: u32,
    next: u32,
    /// A bit for each place whose order is still there. Invariant: a block in a chain has at least one.
    there: u16,
    /// How many places were given away; they are not given again.
    given: u16,
}

const _: () = assert!(size_of::<Block>() == 64, "a block is one line");

/// The blocks of all levels.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    blocks: Vec<Block>,
    free: u32,
}

/// The chain of one level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    first: u32,
    last: u32,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) block: u32,
    /// Below 16.
    pub(crate) place: u32,
}

impl Queue {
    pub(crate) const EMPTY: Self = Self { first: NIL, last: NIL };

    pub(crate) const fn is_empty(&self) -> bool {
        self.first == NIL
    }
}

impl Blocks {
    pub(crate) const fn new() -> Self {
        Self { blocks: Vec::new(), free: NIL }
    }

    /// Makes room for so many blocks in all.
    pub(crate) fn reserve(&mut self, blocks: usize) {
        self.blocks.reserve_exact(blocks.saturating_sub(self.blocks.len()));
    }

    pub(crate) fn push(&mut self, queue: &mut Queue, slot: u32) -> Stand {
        let is_full = queue.last == NIL || self.blocks[queue.last as usize].given as usize == PLACES;
        if is_full {
            self.extend(queue);
        }
        let block = &mut self.blocks[queue.last as usize];
        let place = u32::from(block.given);
        block.slots[place as usize] = slot;
        block.there |= 1 << place;
        block.given += 1;
        Stand { block: queue.last, place }
    }

    /// Adds a block to a chain, which gets its first order at once.
    fn extend(&mut self, queue: &mut Queue) {
        let fresh = Block { slots: [NIL; PLACES], prev: queue.last, next: NIL, there: 0, given: 0 };
        let at = if self.free == NIL {
            self.blocks.push(fresh);
            (self.blocks.len() - 1) as u32
        } else {
            let at = self.free;
            self.free = self.blocks[at as usize].next;
            self.blocks[at as usize] = fresh;
            at
        };
        match queue.last {
            NIL => queue.first = at,
            last => self.blocks[last as usize].next = at,
        }
        queue.last = at;
    }

    pub(crate) fn remove(&mut self, queue: &mut Queue, stand: Stand) {
        let block = &mut self.blocks[stand.block as usize];
        block.there &= !(1 << stand.place);
        if block.there != 0 {
            return;
        }
        let (prev, next) = (block.prev, std::mem::replace(&mut block.next, self.free));
        self.free = stand.block;
        match prev {
            NIL => queue.first = next,
            prev => self.blocks[prev as usize].next = next,
        }
        match next {
            NIL => queue.last = prev,
            next => self.blocks[next as usize].prev = prev,
        }
    }

    /// The order that came first, or [`NIL`].
    pub(crate) fn first(&self, queue: Queue) -> u32 {
        match queue.first {
            NIL => NIL,
            block => self.first_of(block),
        }
    }

    fn first_of(&self, block: u32) -> u32 {
        let block = &self.blocks[block as usize];
        block.slots[block.there.trailing_zeros() as usize % PLACES]
    }

    /// The order that came after this one, or [`NIL`].
    pub(crate) fn after(&self, stand: Stand) -> u32 {
        let block = &self.blocks[stand.block as usize];
        let behind = u32::from(block.there) & (u32::MAX << stand.place << 1);
        match (behind, block.next) {
            (0, NIL) => NIL,
            (0, next) => self.first_of(next),
            (behind, _) => block.slots[behind.trailing_zeros() as usize % PLACES],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_lists_in_the_order_of_coming() {
        let mut blocks = Blocks::new();
        let mut queues = [Queue::EMPTY; 3];
        let mut lists: [Vec<(u32, Stand)>; 3] = Default::default();
        let mut draw = 1_u64;
        for slot in 0..20_000 {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (draw >> 33) as usize % 3;
            let stand = blocks.push(&mut queues[at], slot);
            lists[at].push((slot, stand));
            // Fewer and fewer stay.
            for _ in 0..(if slot < 5_000 { draw >> 63 } else { (draw >> 62).min(2) }) {
                let at = (draw >> 40) as usize % 3;
                if lists[at].is_empty() {
                    continue;
                }
                let (_, stand) = lists[at].remove((draw >> 20) as usize % lists[at].len());
                blocks.remove(&mut queues[at], stand);
            }
            for (queue, list) in queues.iter().zip(&lists) {
                assert_eq!(queue.is_empty(), list.is_empty());
                assert_eq!(blocks.first(*queue), list.first().map_or(NIL, |it| it.0));
                if let Some(near) = (draw as usize >> 8).checked_rem(list.len()) {
                    let next = list.get(near + 1).map_or(NIL, |it| it.0);
                    assert_eq!(blocks.after(list[near].1), next);
                }
            }
        }
        assert!(blocks.blocks.len() < 3_000, "{} blocks: free ones are taken again", blocks.blocks.len());
    }
}
