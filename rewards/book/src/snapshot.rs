//! A book as it can be kept and built anew, and a number that two equal books share.

use crate::slab::{NIL, Slot, Word};
use crate::{Book, Phase, Price, Resting, Rules, RulesError, Side, Time};
use std::fmt;

/// All that a book is. Two books that answer every further command alike have equal snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub rules: Rules,
    pub phase: Phase,
    pub seq: u64,
    pub depth_seq: u64,
    pub now: Time,
    pub last: Option<Price>,
    /// The collar's centre.
    pub centre: Price,
    /// The buyers' and then the sellers', as they would be filled.
    pub orders: Vec<Resting>,
}

/// A snapshot that is of no book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    Rules(RulesError),
    /// An order breaks the rules, has the id of another, or is over.
    Order(u64),
    /// The orders are not in the order in which they would be filled.
    Priority,
    /// A buyer's price is a seller's or above.
    Crossed,
    Centre,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules(error) => error.fmt(f),
            Self::Order(id) => write!(f, "order {id} cannot rest in this book"),
            Self::Priority => write!(f, "the orders are not in the order in which they would be filled"),
            Self::Crossed => write!(f, "the orders cross"),
            Self::Centre => write!(f, "the collar's centre is outside the range of prices"),
        }
    }
}

impl std::error::Error for SnapshotError {}

impl Book {
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            rules: self.rules,
            phase: self.phase,
            seq: self.seq,
            depth_seq: self.ladder.depth_seq,
            now: self.now,
            last: self.last,
            centre: self.centre,
            orders: self.orders().collect(),
        }
    }

    /// The book of a snapshot.
    pub fn restore(snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let mut book = Self::new(snapshot.rules).map_err(SnapshotError::Rules)?;
        let (low, high) = (book.rules.low, book.rules.high);
        if !(low..=high).contains(&snapshot.centre) {
            return Err(SnapshotError::Centre);
        }
        book.phase = snapshot.phase;
        book.seq = snapshot.seq;
        book.now = snapshot.now;
        book.last = snapshot.last;
        book.centre_at(snapshot.centre);
        book.reserve(u32::try_from(snapshot.orders.len()).unwrap_or(u32::MAX), 0);
        for it in &snapshot.orders {
            let slot = book.slot_of(it).ok_or(SnapshotError::Order(it.id.0))?;
            book.rest(slot, it.filled.units(), it.until);
        }
        // Levels came in any order, but each of them as it is filled: which all of them say.
        if book.orders().zip(&snapshot.orders).any(|(one, other)| one != *other) {
            return Err(SnapshotError::Priority);
        }
        let top = book.top();
        if let (Some(bid), Some(ask)) = (top.bid, top.ask)
            && bid.price >= ask.price
        {
            return Err(SnapshotError::Crossed);
        }
        book.ladder.depth_seq = snapshot.depth_seq;
        Ok(book)
    }

    /// The slot of an order that may rest here.
    fn slot_of(&self, it: &Resting) -> Option<Slot> {
        let tick = self.ladder.grid.tick(it.price).ok()?;
        let whole = it.left.units().checked_add(it.filled.units())?;
        let fits = it.left.units() > 0
            && self.rules.check_quantity(it.left).is_ok()
            && whole <= self.rules.quantity_max.units()
            && it.until.is_none_or(|until| until > self.now)
            && self.len() < self.rules.orders_max as usize
            && self.owners.orders(it.owner.0) < self.rules.orders_per_owner_max
            && self.order(it.id).is_none();
        // Both sides at one price would share a level.
        let rung = self.ladder.rung(tick);
        let is_alone = rung.first == NIL || self.slab[rung.first].word.side() == it.side;
        (fits && is_alone).then_some(Slot {
            id: it.id.0,
            owner: it.owner.0,
            left: it.left.units(),
            word: Word::new(tick, it.side, it.posting, it.self_trade),
            prev: NIL,
            next: NIL,
        })
    }

    /// A number that follows from all that a [`Snapshot`] holds, so that books which differ have different ones, but for one in 2⁶⁴. No
    /// defence against somebody who wants two alike. Some 3 ns an order, and its cache miss.
    pub fn state_hash(&self) -> u64 {
        let mut hash = Hash(0x243f_6a88_85a3_08d3);
        let rules = &self.rules;
        hash.mix(rules.market.0);
        hash.pair(rules.low.points(), rules.high.points());
        hash.pair(rules.tick.points(), rules.lot.units());
        hash.pair(rules.quantity_max.units(), rules.orders_max);
        hash.pair(rules.orders_per_owner_max, self.phase as u32);
        match rules.collar {
            None => hash.mix(0),
            Some(collar) => {
                hash.mix(1 + collar.around as u64);
                hash.pair(collar.reference.points(), collar.basis_points);
            }
        }
        hash.mix(self.seq);
        hash.mix(self.ladder.depth_seq);
        hash.mix(self.now.0);
        hash.pair(self.last.map_or(u32::MAX, Price::points), self.centre.points());
        for it in self.orders() {
            hash.mix(it.id.0);
            hash.mix(it.owner.0);
            hash.pair(it.left.units(), it.filled.units());
            let is_buy = u32::from(it.side == Side::Buy);
            hash.pair(it.price.points(), is_buy | (it.posting as u32) << 1 | (it.self_trade as u32) << 2);
            hash.mix(it.until.map_or(0, |until| until.0));
        }
        hash.mix(self.len() as u64);
        hash.0
    }
}

/// Folds words into one: a 128-bit product whose halves are put together.
struct Hash(u64);

impl Hash {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15_u128;
        self.0 = (product as u64) ^ ((product >> 64) as u64).wrapping_add(0x1319_8a2e_0370_7344);
    }

    fn pair(&mut self, high: u32, low: u32) {
        self.mix(u64::from(high) << 32 | u64::from(low));
    }
}
