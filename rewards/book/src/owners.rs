//! Who has orders in the book, and which.

use crate::index::Index;
use crate::slab::{Mark, NIL, Slab};

/// An owner has an entry as long as it has an order.
///
/// An entry is half a line of the cache and has room for the few orders of a fan; further ones are in a list through the slots, whose neighbours cost a miss
/// each. Neither is in any order.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    index: Index,
    entries: Vec<Owned>,
    /// A free entry; `first` of each is the next.
    free: u32,
}

/// Places in an entry: a power of two.
const HELD: usize = 4;

/// The orders of one owner.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Owned {
    owner: u64,
    orders: u32,
    /// The first of the list.
    first: u32,
    /// Those that are held here, and [`NIL`] behind them.
    slots: [u32; HELD],
}

impl Owned {
    /// How many are held here.
    fn held(&self) -> usize {
        self.slots.iter().filter(|slot| **slot != NIL).count()
    }
}

impl Owners {
    pub(crate) fn new() -> Self {
        Self { index: Index::new(), entries: Vec::new(), free: NIL }
    }

    /// Makes room for so many owners in all.
    pub(crate) fn reserve(&mut self, owners: usize) {
        self.index.reserve(owners, |entry| self.entries[entry as usize].owner);
        self.entries.reserve_exact(owners.saturating_sub(self.entries.len()));
    }

    /// The entry of this owner, or [`NIL`].
    pub(crate) fn find(&self, owner: u64) -> u32 {
        self.index.find(owner, |entry| self.entries[entry as usize].owner)
    }

    /// How many orders are in this entry.
    pub(crate) fn orders(&self, entry: u32) -> u32 {
        self.entries.get(entry as usize).map_or(0, |it| it.orders)
    }

    /// All orders of this owner.
    pub(crate) fn slots(&self, owner: u64, slab: &Slab) -> impl Iterator<Item = u32> {
        let owned = self.entries.get(self.find(owner) as usize);
        let is_there = |slot: &u32| *slot != NIL;
        let first = owned.map(|it| it.first).filter(is_there);
        let listed =
            std::iter::successors(first, move |slot| Some(slab.extra(*slot).behind).filter(is_there));
        owned.into_iter().flat_map(|it| it.slots).filter(is_there).chain(listed)
    }

    /// `entry` is that of its owner, or [`NIL`] where it has none.
    pub(crate) fn insert(&mut self, entry: u32, slot: u32, slab: &mut Slab) {
        let entry = if entry == NIL { self.enter(slab[slot].owner) } else { entry };
        slab[slot].entry = entry;
        let owned = &mut self.entries[entry as usize];
        owned.orders += 1;
        let held = owned.held();
        if let Some(free) = owned.slots.get_mut(held) {
            *free = slot;
            return;
        }
        let behind = std::mem::replace(&mut owned.first, slot);
        slab[slot].word.set(Mark::Listed);
        let extra = slab.extra_mut(slot);
        (extra.before, extra.behind) = (NIL, behind);
        if behind != NIL {
            slab.extra_mut(behind).before = slot;
        }
    }

    /// A new entry.
    fn enter(&mut self, owner: u64) -> u32 {
        let fresh = Owned { owner, orders: 0, first: NIL, slots: [NIL; HELD] };
        let entry = if self.free == NIL {
            self.entries.push(fresh);
            (self.entries.len() - 1) as u32
        } else {
            let entry = self.free;
            self.free = self.entries[entry as usize].first;
            self.entries[entry as usize] = fresh;
            entry
        };
        self.index.insert(owner, entry, |entry| self.entries[entry as usize].owner);
        entry
    }

    /// Takes out an order, which is still in its slot.
    pub(crate) fn remove(&mut self, slot: u32, slab: &mut Slab) {
        let entry = slab[slot].entry;
        let owned = &mut self.entries[entry as usize];
        owned.orders -= 1;
        if owned.orders == 0 {
            self.index.remove(owned.owner, entry);
            owned.first = self.free;
            self.free = entry;
        } else if slab[slot].word.has(Mark::Listed) {
            let (before, behind) = (slab.extra(slot).before, slab.extra(slot).behind);
            match before {
                NIL => owned.first = behind,
                before => slab.extra_mut(before).behind = behind,
            }
            if behind != NIL {
                slab.extra_mut(behind).before = before;
            }
        } else {
            let last = owned.held() - 1;
            // All four are compared, since where it is cannot be guessed.
            let found = (0..HELD).fold(0_u32, |bits, at| bits | u32::from(owned.slots[at] == slot) << at);
            owned.slots[found.trailing_zeros() as usize & (HELD - 1)] = owned.slots[last];
            owned.slots[last] = NIL;
        }
    }
}
