//! Who has orders in the book, and which.

use crate::slab::{Mark, NIL, Slab};

/// A hash table with open addressing. An owner is in it as long as it has an order.
///
/// An entry is half a line of the cache and has room for the few orders of a fan; further ones are in a list through the slots, whose neighbours cost a miss
/// each. Neither is in any order.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    /// Invariant: a power of two, at least twice as many as are taken.
    entries: Vec<Owned>,
    taken: usize,
}

/// Places in an entry: a power of two.
const HELD: usize = 4;

/// A place that was looked up.
#[derive(Clone, Copy)]
pub(crate) struct Place(usize);

/// The orders of one owner.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Owned {
    owner: u64,
    /// In all. With none, there is no such owner.
    orders: u32,
    /// The first of the list.
    first: u32,
    /// Those that are held here, and [`NIL`] behind them.
    slots: [u32; HELD],
}

const NONE: Owned = Owned { owner: 0, orders: 0, first: NIL, slots: [NIL; HELD] };

fn hash(owner: u64) -> usize {
    ((owner ^ (owner >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

impl Owned {
    /// How many are held here.
    fn held(&self) -> usize {
        self.slots.iter().filter(|slot| **slot != NIL).count()
    }
}

impl Owners {
    pub(crate) fn new() -> Self {
        Self { entries: vec![NONE; 64], taken: 0 }
    }

    /// Makes room for so many owners in all.
    pub(crate) fn reserve(&mut self, owners: usize) {
        let wanted = (owners * 2).next_power_of_two();
        if wanted > self.entries.len() {
            self.grow(wanted);
        }
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let old = std::mem::replace(&mut self.entries, vec![NONE; len]);
        for owned in old.into_iter().filter(|it| it.orders > 0) {
            let place = self.place(owned.owner);
            self.entries[place] = owned;
        }
    }

    /// Where this owner is, or would be.
    fn place(&self, owner: u64) -> usize {
        let mask = self.entries.len() - 1;
        let mut at = hash(owner) & mask;
        while self.entries[at].orders > 0 && self.entries[at].owner != owner {
            at = (at + 1) & mask;
        }
        at
    }

    /// Where this owner is, or would be, until one is taken out; and how many orders it has.
    pub(crate) fn look_up(&self, owner: u64) -> (Place, u32) {
        let place = self.place(owner);
        (Place(place), self.entries[place].orders)
    }

    /// How many orders this owner has.
    pub(crate) fn orders(&self, owner: u64) -> u32 {
        self.entries[self.place(owner)].orders
    }

    /// All orders of this owner.
    pub(crate) fn slots(&self, owner: u64, slab: &Slab) -> impl Iterator<Item = u32> {
        let owned = &self.entries[self.place(owner)];
        let is_there = |slot: &u32| *slot != NIL;
        let listed = std::iter::successors(Some(owned.first).filter(is_there), move |slot| {
            Some(slab.extra(*slot).behind).filter(is_there)
        });
        owned.slots.iter().copied().filter(is_there).chain(listed)
    }

    pub(crate) fn insert(&mut self, slot: u32, slab: &mut Slab) {
        let (place, _) = self.look_up(slab[slot].owner);
        self.insert_at(place, slot, slab);
    }

    /// Invariant: none was taken out since this place was looked up.
    pub(crate) fn insert_at(&mut self, place: Place, slot: u32, slab: &mut Slab) {
        let (Place(mut place), owner) = (place, slab[slot].owner);
        if self.entries[place].orders == 0 {
            self.taken += 1;
            if self.taken * 2 > self.entries.len() {
                self.grow(self.entries.len() * 2);
                place = self.place(owner);
            }
            self.entries[place].owner = owner;
        }
        let owned = &mut self.entries[place];
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

    /// Takes out an order, which is still in its slot.
    pub(crate) fn remove(&mut self, slot: u32, slab: &mut Slab) {
        let place = self.place(slab[slot].owner);
        let owned = &mut self.entries[place];
        owned.orders -= 1;
        if owned.orders == 0 {
            self.forget(place);
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

    /// Empties a place; those behind that may stand in it move up.
    fn forget(&mut self, mut gap: usize) {
        self.taken -= 1;
        let mask = self.entries.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let owned = self.entries[at];
            if owned.orders == 0 {
                break;
            }
            let from_home = at.wrapping_sub(hash(owned.owner)) & mask;
            if from_home >= (at.wrapping_sub(gap) & mask) {
                self.entries[gap] = owned;
                gap = at;
            }
        }
        self.entries[gap] = NONE;
    }
}
