//! Where an order lies, by its id.

use crate::slab::{NIL, Slab};

/// A hash table with open addressing. An entry is eight bytes: 32 bits of the id's hash and the slot, which has the id itself; so a table for a
/// million orders is 16 MB, and a look-up misses the cache once.
///
/// Eight ids that follow one another begin their search in one line of the cache, since ids mostly come in order.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// Invariant: a power of two, at least twice as many as are taken, so that each search ends.
    entries: Vec<Entry>,
    taken: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    slot: u32,
}

const EMPTY: Entry = Entry { hash: 0, slot: NIL };

fn hash(id: u64) -> u32 {
    let line = ((id >> 3) ^ (id >> 35)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((line >> 32) as u32 & !7) | (id as u32 & 7)
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { entries: vec![EMPTY; 64], taken: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.taken
    }

    /// Makes room for so many orders in all.
    pub(crate) fn reserve(&mut self, orders: usize) {
        let wanted = (orders * 2).next_power_of_two();
        if wanted > self.entries.len() {
            self.grow(wanted);
        }
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let old = std::mem::replace(&mut self.entries, vec![EMPTY; len]);
        for entry in old.into_iter().filter(|it| it.slot != NIL) {
            self.put(entry);
        }
    }

    fn mask(&self) -> usize {
        self.entries.len() - 1
    }

    fn put(&mut self, entry: Entry) {
        let mask = self.mask();
        let mut at = entry.hash as usize & mask;
        while self.entries[at & mask].slot != NIL {
            at += 1;
        }
        self.entries[at & mask] = entry;
    }

    /// The slot of this id, or [`NIL`].
    pub(crate) fn find(&self, id: u64, slab: &Slab) -> u32 {
        let (hash, mask) = (hash(id), self.mask());
        let mut at = hash as usize & mask;
        loop {
            let entry = self.entries[at & mask];
            if entry.slot == NIL || (entry.hash == hash && slab[entry.slot].id == id) {
                return entry.slot;
            }
            at += 1;
        }
    }

    /// Invariant: the id is not in it.
    pub(crate) fn insert(&mut self, id: u64, slot: u32) {
        self.taken += 1;
        if self.taken * 2 > self.entries.len() {
            self.grow(self.entries.len() * 2);
        }
        self.put(Entry { hash: hash(id), slot });
    }

    /// Invariant: the id is in it, with this slot.
    pub(crate) fn remove(&mut self, id: u64, slot: u32) {
        let mask = self.mask();
        let mut gap = hash(id) as usize & mask;
        while self.entries[gap].slot != slot {
            gap = (gap + 1) & mask;
        }
        self.taken -= 1;
        // Those behind that may stand here move up, so that no search ends too early and nothing marks a grave.
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let entry = self.entries[at];
            if entry.slot == NIL {
                break;
            }
            let from_home = at.wrapping_sub(entry.hash as usize) & mask;
            if from_home >= (at.wrapping_sub(gap) & mask) {
                self.entries[gap] = entry;
                gap = at;
            }
        }
        self.entries[gap] = EMPTY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::Slot;
    use crate::{Posting, SelfTrade, Side};
    use std::collections::BTreeMap;

    fn slot(id: u64) -> Slot {
        Slot {
            id,
            owner: 0,
            rank: 0,
            left: 1,
            filled: 0,
            tick: 1,
            prev: NIL,
            next: NIL,
            younger: NIL,
            older: NIL,
            lapse: NIL,
            side: Side::Buy,
            posting: Posting::MayTake,
            self_trade: SelfTrade::CancelNewest,
        }
    }

    /// Ids in order, far apart, and such as begin their search at the same place.
    #[test]
    fn it_finds_what_a_map_finds() {
        for stride in [1_u64, 8, 1_024, 1 << 32, 0x9e37_79b9_7f4a_7c15] {
            let (mut index, mut slab, mut map) = (Index::new(), Slab::new(), BTreeMap::new());
            let mut draw = 1_u64;
            for at in 0..20_000_u64 {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let id = at.wrapping_mul(stride);
                let slot = slab.insert(slot(id));
                index.insert(id, slot);
                map.insert(id, slot);
                // Fewer and fewer stay, and at last none.
                let goes = if at < 10_000 { draw >> 63 } else { (draw >> 62).min(2) };
                for _ in 0..goes {
                    let Some((&id, &slot)) = map.range(draw >> 32..).next().or(map.iter().next()) else {
                        break;
                    };
                    map.remove(&id);
                    index.remove(id, slot);
                    slab.remove(slot);
                    assert_eq!(index.find(id, &slab), NIL);
                }
                assert_eq!(index.len(), map.len());
                let near = draw % (at + 1);
                let wanted = map.get(&near.wrapping_mul(stride)).copied().unwrap_or(NIL);
                assert_eq!(index.find(near.wrapping_mul(stride), &slab), wanted);
            }
            assert!(map.iter().all(|(id, slot)| index.find(*id, &slab) == *slot), "stride {stride}");
        }
    }
}
