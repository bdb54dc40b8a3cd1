//! Markets: fans sell each other vouchers for points.
//!
//! An order is written down, its funds are held in the ledger, and then it is entered into the book of its market, by the one process that
//! holds the market's lease. What is acknowledged is in that book's journal, on the disk. What comes of it, fill by fill, is settled through the
//! ledger in the order of the journal, each once, and then written into the tables, with the number up to which that was done: after a crash the
//! rest is done again, under the same ids. A fill that the ledger refuses, since a fan's account was frozen meanwhile, waits as "stuck", and with it
//! whatever else touches its orders; all others go on.
//!
//! Read [`Exchange`] first, then `desk.rs` for the way of an order, `orders.rs` for what commands do, and `settler.rs` for how that is settled.
//!
//! Architecture Invariant: nothing enters a book whose worst cost is not held; and no hold is without an order that is open, or about to be given up.

pub mod backup;
mod carried;
mod desk;
mod error;
mod feed;
pub mod figures;
mod following;
mod house;
mod intake;
mod lease;
pub mod listing;
mod opening;
pub mod order;
mod orders;
mod reach;
mod record;
mod settler;
mod step;
mod traders;
mod turns;
mod wanted;
mod writer;

pub use book::{Around, Collar, Price, Side};
pub use desk::{Amended, Asked};
pub use error::{Error, Refused, Why};
pub use feed::{Best, Event, LEVELS_MAX, Place, Shown};
pub use figures::{Figures, Stuck};
pub use following::Following;
pub use listing::{Last, Listing, Trade};
pub use order::{Order, Part, View};
pub use traders::Fan;
pub use wanted::{Wanted, Words};

use following::Mirrors;
use house::House;
use jobs::rpc::{Caller, Server};
use reach::{Ask, Told};
use std::path::PathBuf;
use std::sync::Arc;
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;
use wallet::Ledger;

/// Markets, as a process reaches them: those that it writes, and by calls all others. Clones share everything.
#[derive(Clone)]
pub struct Exchange {
    house: Arc<House>,
    caller: Option<Caller>,
    mirrors: Arc<Mirrors>,
}

impl Exchange {
    /// `name` is what operators know this process by; `folder` is where journals are, none of a process that writes no market; `caller` calls
    /// other processes, where there are some.
    pub fn new(
        (store, clock, ledger): (&Store, &Clock, &Ledger),
        name: &str,
        folder: Option<PathBuf>,
        caller: Option<Caller>,
    ) -> Self {
        let house = Arc::new(House::new((store, clock, ledger), name, folder));
        Self { house, caller, mirrors: Arc::default() }
    }

    /// Takes the leases of markets that nobody writes, until `stop`; then gives them back.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        self.house.run(stop).await
    }

    /// Takes those leases once; answers how many markets it has opened.
    pub async fn look(&self) -> Result<usize, Error> {
        self.house.look().await
    }

    /// Gives all markets back that this process writes, and takes no more.
    pub async fn end(&self) {
        self.house.end().await;
    }

    /// Whether this process writes a market.
    pub fn writes(&self, market: &str) -> bool {
        self.house.desk(market).is_some()
    }

    /// Has a server answer other processes for the markets that this one writes.
    pub fn on(&self, server: Server) -> Server {
        reach::serve(server, &self.house)
    }

    async fn ask(&self, market: &str, ask: Ask) -> Result<Told, Error> {
        reach::ask(&self.house, self.caller.as_ref(), market, ask).await
    }

    async fn order(&self, market: &str, ask: Ask) -> Result<View, Error> {
        match self.ask(market, ask).await? {
            Told::Order(view) => Ok(*view),
            _ => Err(Error::Unsure),
        }
    }

    async fn count(&self, market: &str, ask: Ask) -> Result<u64, Error> {
        match self.ask(market, ask).await? {
            Told::Count(count) => Ok(count),
            _ => Err(Error::Unsure),
        }
    }

    /// Makes an order, once however often it is asked for under its id. It is in the journal when this is answered.
    pub async fn place(&self, market: &str, asked: Asked) -> Result<View, Error> {
        self.order(market, Ask::Place(asked)).await
    }

    /// Takes a fan's order out.
    pub async fn cancel(&self, market: &str, fan_id: &str, order: &str) -> Result<View, Error> {
        let (fan_id, order) = (fan_id.to_owned(), order.to_owned());
        self.order(market, Ask::Cancel { fan_id, order }).await
    }

    pub async fn amend(&self, market: &str, fan_id: &str, order: &str, to: Amended) -> Result<View, Error> {
        let (fan_id, order) = (fan_id.to_owned(), order.to_owned());
        self.order(market, Ask::Amend { fan_id, order, to }).await
    }

    /// Takes all orders of a fan out of a market; answers how many.
    pub async fn cancel_all(&self, market: &str, fan: Fan) -> Result<u64, Error> {
        self.count(market, Ask::CancelAll(fan)).await
    }

    /// Whatever was acknowledged by now is in the tables when this is answered.
    pub async fn catch_up(&self, market: &str) -> Result<(), Error> {
        self.ask(market, Ask::CatchUp).await.map(drop)
    }

    /// An operator's: orders rest, nothing but cancelling is taken.
    pub async fn halt(&self, market: &str) -> Result<(), Error> {
        self.ask(market, Ask::Halt).await.map(drop)
    }

    /// An operator's: it goes on; with another centre of the collar, if one is named.
    pub async fn reopen(&self, market: &str, reference: Option<u32>) -> Result<(), Error> {
        self.ask(market, Ask::Reopen { reference }).await.map(drop)
    }

    /// An operator's, or of a product that is over: all orders are cancelled and what was held is free, for good. Answers how many.
    pub async fn close(&self, market: &str) -> Result<u64, Error> {
        self.count(market, Ask::Close).await
    }

    /// An operator's: tries what is stuck now, rather than soon; answers how much still is.
    pub async fn try_stuck(&self, market: &str) -> Result<u64, Error> {
        self.count(market, Ask::TryStuck).await
    }

    /// Follows what is shown of a market.
    pub fn follow(&self, market: &str) -> Following {
        Following::new(&self.house, self.caller.as_ref(), &self.mirrors, market)
    }
}

/// Every statement below, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) fn statements() -> impl Iterator<Item = &'static str> {
    [
        backup::STATEMENTS,
        figures::STATEMENTS,
        intake::STATEMENTS,
        lease::STATEMENTS,
        listing::STATEMENTS,
        order::STATEMENTS,
        record::STATEMENTS,
        traders::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
