//! Names of things. All but [`FillId`] are chosen by who sends commands.

/// A market: one product priced in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarketId(pub u64);

/// An order. Of those that rest in a book no two have the same; who sends them sees to it that none is used again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

/// Whose an order is. Two orders of one owner never fill each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(pub u64);

/// A fill: the `n`-th (from 0) of the command with this number in its market. The same when the journal is replayed, so that what a fill moves is
/// moved once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FillId {
    pub market: MarketId,
    pub seq: u64,
    pub n: u32,
}
