//! Who has orders in the book, and which: each owner's orders are a list, in no order.

use crate::slab::{NIL, Slab};

/// A hash table with open addressing. An owner is in it as long as it has an order.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    /// Invariant: a power of two, at least [`spare`] times as many as are taken.
    entries: Vec<Owned>,
    taken: usize,
}

/// How many entries there are for each owner at least, in a table of this length. In a sparse one most owners are found where they are first looked for: a second
/// look is a guess that the processor gets wrong, which costs more than room in its cache. Larger tables (here: 2 MiB) are not in that.
const fn spare(len: usize) -> usize {
    if len < 1 << 17 { 4 } else { 2 }
}

/// The orders of one owner.
#[derive(Clone, Copy, Debug)]
struct Owned {
    owner: u64,
    /// With none, there is no such owner.
    orders: u32,
    first: u32,
}

const NONE: Owned = Owned { owner: 0, orders: 0, first: NIL };

/// A place that was looked up.
#[derive(Clone, Copy)]
pub(crate) struct Place(usize);

fn hash(owner: u64) -> usize {
    ((owner ^ (owner >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

impl Owners {
    pub(crate) fn new() -> Self {
        Self { entries: vec![NONE; 64], taken: 0 }
    }

    /// Makes room for so many owners in all.
    pub(crate) fn reserve(&mut self, owners: usize) {
        let mut wanted = self.entries.len();
        while owners * spare(wanted) > wanted {
            wanted *= 2;
        }
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

    /// Reads where a search for this owner begins.
    pub(crate) fn touch(&self, owner: u64) -> u64 {
        self.entries[hash(owner) & (self.entries.len() - 1)].orders.into()
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
        let is_there = |slot: &u32| *slot != NIL;
        let first = self.entries[self.place(owner)].first;
        std::iter::successors(Some(first).filter(is_there), move |slot| {
            Some(slab.extra(*slot).behind).filter(is_there)
        })
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
            if self.taken * spare(self.entries.len()) > self.entries.len() {
                self.grow(self.entries.len() * 2);
                place = self.place(owner);
            }
            self.entries[place].owner = owner;
        }
        let owned = &mut self.entries[place];
        owned.orders += 1;
        let behind = std::mem::replace(&mut owned.first, slot);
        let extra = slab.extra_mut(slot);
        (extra.before, extra.behind) = (NIL, behind);
        if behind != NIL {
            slab.extra_mut(behind).before = slot;
        }
    }

    /// Takes out an order, which is still in its slot.
    pub(crate) fn remove(&mut self, slot: u32, slab: &mut Slab) {
        let (owner, extra) = (slab[slot].owner, slab.extra(slot));
        let (before, behind) = (extra.before, extra.behind);
        if behind != NIL {
            slab.extra_mut(behind).before = before;
        }
        let place = self.place(owner);
        let owned = &mut self.entries[place];
        owned.orders -= 1;
        if before != NIL {
            slab.extra_mut(before).behind = behind;
        } else if behind != NIL {
            owned.first = behind;
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
