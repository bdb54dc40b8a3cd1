//! Who has orders in the book: each owner's orders are a list, the youngest first.

use crate::slab::{NIL, Slab};

/// A hash table with open addressing. An owner is in it as long as it has an order.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    /// Invariant: a power of two, at least twice as many as are taken.
    entries: Vec<Owned>,
    taken: usize,
}

/// The orders of one owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owned {
    owner: u64,
    /// The youngest of them.
    pub(crate) first: u32,
    /// With none, there is no such owner.
    pub(crate) orders: u32,
}

const NONE: Owned = Owned { owner: 0, first: NIL, orders: 0 };

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

    pub(crate) fn find(&self, owner: u64) -> Owned {
        self.entries[self.place(owner)]
    }

    /// Puts an order at the front of its owner's list.
    pub(crate) fn insert(&mut self, slot: u32, slab: &mut Slab) {
        let owner = slab[slot].owner;
        let mut place = self.place(owner);
        if self.entries[place].orders == 0 {
            self.taken += 1;
            if self.taken * 2 > self.entries.len() {
                self.grow(self.entries.len() * 2);
                place = self.place(owner);
            }
            self.entries[place] = Owned { owner, first: slot, orders: 1 };
            return;
        }
        let owned = &mut self.entries[place];
        slab[owned.first].younger = slot;
        slab[slot].older = owned.first;
        owned.first = slot;
        owned.orders += 1;
    }

    /// Takes an order, which is still in its slot, out of its owner's list.
    pub(crate) fn remove(&mut self, slot: u32, slab: &mut Slab) {
        let it = &slab[slot];
        let (owner, younger, older) = (it.owner, it.younger, it.older);
        if older != NIL {
            slab[older].younger = younger;
        }
        let place = self.place(owner);
        let owned = &mut self.entries[place];
        owned.orders -= 1;
        if younger != NIL {
            slab[younger].older = older;
        } else if older != NIL {
            owned.first = older;
        } else {
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
