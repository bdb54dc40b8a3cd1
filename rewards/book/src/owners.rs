//! Who has orders in the book, and which.

use crate::slab::{NIL, Slab};
use std::cmp::Reverse;

/// A hash table with open addressing. An owner is in it as long as it has an order.
///
/// An entry is one line of the cache and has room for a fan's orders; those of an owner with more are in a list through their slots, whose neighbours cost a
/// miss each. Neither is in any order: age is in the slots.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    /// Invariant: a power of two, at least twice as many as are taken.
    entries: Vec<Owned>,
    taken: usize,
}

/// Places in an entry.
const HELD: usize = 11;
/// What `before` is of a slot that is held in its owner's entry.
const IN_ENTRY: u32 = NIL - 1;

/// The orders of one owner.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Owned {
    owner: u64,
    /// In all. With none, there is no such owner.
    orders: u32,
    /// The first of the list.
    first: u32,
    /// How many are held here, at the front of the places.
    held: u32,
    slots: [u32; HELD],
}

const NONE: Owned = Owned { owner: 0, orders: 0, first: NIL, held: 0, slots: [NIL; HELD] };

fn hash(owner: u64) -> usize {
    ((owner ^ (owner >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
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

    /// How many orders this owner has.
    pub(crate) fn orders(&self, owner: u64) -> u32 {
        self.entries[self.place(owner)].orders
    }

    /// All orders of this owner.
    pub(crate) fn slots(&self, owner: u64, slab: &Slab) -> impl Iterator<Item = u32> {
        let owned = &self.entries[self.place(owner)];
        let is_there = |slot: &u32| *slot != NIL;
        let listed = std::iter::successors(Some(owned.first).filter(is_there), move |slot| {
            Some(slab[*slot].behind).filter(is_there)
        });
        owned.slots[..owned.held as usize].iter().copied().chain(listed)
    }

    /// Of the orders of this owner the one that came last.
    pub(crate) fn youngest(&self, owner: u64, slab: &Slab) -> Option<u32> {
        let owned = &self.entries[self.place(owner)];
        // The list has the youngest of its own in front.
        let held = owned.slots[..owned.held as usize].iter().copied();
        let listed = Some(owned.first).filter(|slot| *slot != NIL);
        held.chain(listed).min_by_key(|slot| Reverse(slab[*slot].rank))
    }

    pub(crate) fn insert(&mut self, slot: u32, slab: &mut Slab) {
        let owner = slab[slot].owner;
        let mut place = self.place(owner);
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
        if let Some(free) = owned.slots.get_mut(owned.held as usize) {
            *free = slot;
            owned.held += 1;
            slab[slot].before = IN_ENTRY;
            return;
        }
        let behind = std::mem::replace(&mut owned.first, slot);
        slab[slot].behind = behind;
        if behind != NIL {
            slab[behind].before = slot;
        }
    }

    /// Takes out an order, which is still in its slot.
    pub(crate) fn remove(&mut self, slot: u32, slab: &mut Slab) {
        let it = &slab[slot];
        let (owner, before, behind) = (it.owner, it.before, it.behind);
        let place = self.place(owner);
        let owned = &mut self.entries[place];
        owned.orders -= 1;
        if before == IN_ENTRY {
            owned.held -= 1;
            let last = owned.slots[owned.held as usize];
            let at = owned.slots.iter().position(|it| *it == slot).expect("its entry holds it");
            owned.slots[at] = last;
        } else {
            match before {
                NIL => owned.first = behind,
                before => slab[before].behind = behind,
            }
            if behind != NIL {
                slab[behind].before = before;
            }
        }
        if owned.orders == 0 {
            self.forget(place);
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
