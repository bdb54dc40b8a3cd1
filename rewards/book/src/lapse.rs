//! Which orders are over at a date, the next one first.

use crate::Time;
use crate::slab::{Mark, Slab};

/// A binary heap by date, then by id. Each order's slot knows its place in it, so that one that goes before its date leaves nothing behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lapses {
    heap: Vec<Lapse>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lapse {
    until: Time,
    id: u64,
    slot: u32,
}

impl Lapses {
    /// Makes room for so many in all.
    pub(crate) fn reserve(&mut self, orders: usize) {
        self.heap.reserve_exact(orders.saturating_sub(self.heap.len()));
    }

    /// An order that is over by now.
    pub(crate) fn due(&self, now: Time) -> Option<u32> {
        self.heap.first().filter(|it| it.until <= now).map(|it| it.slot)
    }

    /// When the order of this slot is over.
    pub(crate) fn until(&self, slot: u32, slab: &Slab) -> Option<Time> {
        slab[slot].word.has(Mark::Dated).then(|| self.heap[slab.extra(slot).lapse as usize].until)
    }

    pub(crate) fn insert(&mut self, until: Time, slot: u32, slab: &mut Slab) {
        slab[slot].word.set(Mark::Dated);
        self.heap.push(Lapse { until, id: slab[slot].id, slot });
        self.rise(self.heap.len() - 1, slab);
    }

    /// Takes out the order of this slot, which has a date.
    pub(crate) fn remove(&mut self, slot: u32, slab: &mut Slab) {
        let place = slab.extra(slot).lapse as usize;
        let last = self.heap.pop().expect("the order that goes is in it");
        if place < self.heap.len() {
            self.heap[place] = last;
            self.sink(place, slab);
            self.rise(place, slab);
        }
    }

    fn rise(&mut self, mut place: usize, slab: &mut Slab) {
        let it = self.heap[place];
        while place > 0 && it < self.heap[(place - 1) / 2] {
            self.settle(place, self.heap[(place - 1) / 2], slab);
            place = (place - 1) / 2;
        }
        self.settle(place, it, slab);
    }

    fn sink(&mut self, mut place: usize, slab: &mut Slab) {
        let it = self.heap[place];
        loop {
            let mut child = place * 2 + 1;
            if child + 1 < self.heap.len() && self.heap[child + 1] < self.heap[child] {
                child += 1;
            }
            if child >= self.heap.len() || it < self.heap[child] {
                break;
            }
            self.settle(place, self.heap[child], slab);
            place = child;
        }
        self.settle(place, it, slab);
    }

    fn settle(&mut self, place: usize, it: Lapse, slab: &mut Slab) {
        self.heap[place] = it;
        slab.extra_mut(it.slot).lapse = place as u32;
    }
}
