//! Where an order lies, by its id.

use crate::slab::{NIL, Slab};

/// A hash table of buckets. A bucket is one line of the cache, and looked through at once: it has 16 bits of each id's hash and the slot, which has the id
/// itself. An order that finds its bucket full stands in the next, and is counted in those that it has passed: so a search goes on only where it must, and
/// nothing moves when an order goes.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// Invariant: [`FILLED`] are taken of each on average at most.
    buckets: Vec<Bucket>,
    taken: usize,
}

/// Places of a bucket.
const PLACES: usize = 8;
/// How many are taken on average at most.
const FILLED: usize = 4;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket {
    /// 0 where a place is free.
    tags: [u16; PLACES],
    slots: [u32; PLACES],
    /// How many have passed this bucket because it was full.
    passed: u32,
}

const EMPTY: Bucket = Bucket { tags: [0; PLACES], slots: [NIL; PLACES], passed: 0 };

/// Four ids that follow one another begin in one bucket, since ids mostly come in order: who comes next finds its line in the cache. The lowest bits are the
/// tag, which tells the four apart and is never 0; the uppermost choose the bucket.
fn hash(id: u64) -> u64 {
    let line = ((id >> 2) ^ (id >> 34)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (line & !0xffff) | (line >> 16 & 0xfff8) | (id & 3) << 1 | 1
}

fn tag(hash: u64) -> u16 {
    hash as u16
}

impl Bucket {
    /// A bit for each place with this tag. Compilers make a few vector instructions of it.
    fn places(&self, tag: u16) -> u32 {
        const BITS: [u16; PLACES] = [1, 2, 4, 8, 16, 32, 64, 128];
        let bits = self.tags.iter().zip(BITS).map(|(it, bit)| if *it == tag { bit } else { 0 });
        bits.fold(0, |all, bit| all | bit).into()
    }

    fn set(&mut self, place: usize, tag: u16, slot: u32) {
        self.tags[place] = tag;
        self.slots[place] = slot;
    }
}

/// The first of such places.
const fn first(places: u32) -> usize {
    places.trailing_zeros() as usize & (PLACES - 1)
}

impl Index {
    pub(crate) fn new() -> Self {
        Self::with_buckets(16)
    }

    fn with_buckets(count: usize) -> Self {
        Self { buckets: vec![EMPTY; count], taken: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.taken
    }

    /// Makes room for so many orders in all.
    pub(crate) fn reserve(&mut self, orders: usize, slab: &Slab) {
        let wanted = orders.div_ceil(FILLED);
        if wanted > self.buckets.len() {
            self.grow(wanted, slab);
        }
    }

    #[cold]
    fn grow(&mut self, count: usize, slab: &Slab) {
        let old = std::mem::replace(self, Self::with_buckets(count));
        for slot in old.buckets.iter().flat_map(|it| it.slots).filter(|it| *it != NIL) {
            self.put(hash(slab[slot].id), slot);
        }
    }

    /// The upper half of the hash as a fraction of all buckets.
    fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.buckets.len() as u64) >> 32) as usize
    }

    fn next(&self, bucket: usize) -> usize {
        if bucket + 1 == self.buckets.len() { 0 } else { bucket + 1 }
    }

    fn put(&mut self, hash: u64, slot: u32) {
        self.taken += 1;
        let mut at = self.home(hash);
        loop {
            let bucket = &mut self.buckets[at];
            let free = bucket.places(0);
            if free != 0 {
                bucket.set(first(free), tag(hash), slot);
                return;
            }
            bucket.passed += 1;
            at = self.next(at);
        }
    }

    /// The slot of this id, or [`NIL`].
    pub(crate) fn find(&self, id: u64, slab: &Slab) -> u32 {
        let hash = hash(id);
        let mut at = self.home(hash);
        loop {
            let bucket = &self.buckets[at];
            let mut places = bucket.places(tag(hash));
            while places != 0 {
                let slot = bucket.slots[first(places)];
                // It may be of another id.
                if slab[slot].id == id {
                    return slot;
                }
                places &= places - 1;
            }
            if bucket.passed == 0 {
                return NIL;
            }
            at = self.next(at);
        }
    }

    /// Reads the line in which a search for this id begins.
    pub(crate) fn touch(&self, id: u64) -> u64 {
        self.buckets[self.home(hash(id))].passed.into()
    }

    /// A slot that is likely to be of this id, or [`NIL`]: without looking at the slot.
    pub(crate) fn guess(&self, id: u64) -> u32 {
        let hash = hash(id);
        let bucket = &self.buckets[self.home(hash)];
        match bucket.places(tag(hash)) {
            0 => NIL,
            places => bucket.slots[first(places)],
        }
    }

    /// Invariant: the id is not in it, and is the slot's.
    pub(crate) fn insert(&mut self, id: u64, slot: u32, slab: &Slab) {
        if self.taken >= self.buckets.len() * FILLED {
            self.grow(self.buckets.len() * 2, slab);
        }
        self.put(hash(id), slot);
    }

    /// Invariant: the id is in it, with this slot.
    pub(crate) fn remove(&mut self, id: u64, slot: u32) {
        self.taken -= 1;
        let hash = hash(id);
        let mut at = self.home(hash);
        loop {
            let bucket = &mut self.buckets[at];
            let mut places = bucket.places(tag(hash));
            while places != 0 {
                let place = first(places);
                if bucket.slots[place] == slot {
                    bucket.set(place, 0, NIL);
                    return;
                }
                places &= places - 1;
            }
            bucket.passed -= 1;
            at = self.next(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::{Slot, Word};
    use crate::{Posting, SelfTrade, Side};
    use std::collections::BTreeMap;

    fn slot(id: u64) -> Slot {
        let word = Word::new(1, Side::Buy, Posting::MayTake, SelfTrade::CancelNewest);
        Slot { id, owner: 0, left: 1, word, prev: NIL, next: NIL }
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
                index.insert(id, slot, &slab);
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
