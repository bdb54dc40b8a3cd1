//! Opening a market: what its folder has and the tables have not is settled first, and then what was asked for and is not in its journal is
//! entered or given up.

use super::carried::Carried;
use super::desk::Desk;
use super::error::{Error, Why};
use super::feed::{self, Feed, LEVELS_MAX};
use super::house::House;
use super::intake::Intake;
use super::lease::Lease;
use super::listing::{self, Listing, State as OfMarket};
use super::order::{self, Order, State, extra_id, hold_id};
use super::orders::Orders;
use super::settler::{Note, Settler};
use super::traders::Traders;
use super::turns::{Turn, Turns};
use super::writer::{Seen, Writer, top_of};
use futures_util::future::join_all;
use jiff::SignedDuration;
use market::{Disk, Epoch, Market, Opening};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use wallet::{Act, Transfer, TransferId, statement};

/// Commands that wait for the writer, at most.
const WAITING_MAX: usize = 16_384;
/// What a segment of a journal takes: 16,000 commands.
const SEGMENT_BYTES: u64 = 1 << 20;
/// Commands that are settled together when a market is opened.
const REDONE_MAX: usize = 2_000;
/// Orders that are looked at in one sweep, the oldest first.
const SWEPT_MAX: i64 = 1_000;
/// An order that is not in the book so long after it was asked for is given up: whoever asked is gone. What was on its way to the ledger then
/// has come there, or never will.
const GIVEN_UP: SignedDuration = SignedDuration::from_secs(60);

/// What works for a market that is open.
pub(crate) struct Working {
    pub(crate) desk: Arc<Desk>,
    pub(crate) writer: JoinHandle<()>,
    pub(crate) settler: tokio::task::JoinHandle<()>,
    pub(crate) disk: Arc<Disk>,
}

/// Opens a market whose lease was had.
pub(crate) async fn open(house: &House, folder: &Path, lease: Lease) -> Result<Working, Error> {
    let (number, lease) = (lease.market, Arc::new(lease));
    let read = house.store.read("rewards.market", async |db| {
        let (resting, left) =
            (order::resting_in(db, number).await?, order::left(db, number, i64::MAX).await?);
        Ok::<_, Error>((listing::by_number(db, number).await?, resting, left))
    });
    let (listing, resting, left) = read.await?;
    let market = Arc::new(listing);
    let disk = Arc::new(Disk::open(folder.join(&market.id)).map_err(|source| market::Error::Io {
        doing: format!("opening the folder of {}", market.id),
        source,
    })?);
    let (opened, redone) = read_journal(&market, &lease, Arc::clone(&disk)).await?;
    let (recorded, recorded_is) = watch::channel(market.settled);
    let (ended, stop) = (CancellationToken::new(), CancellationToken::new());
    let mut known = Orders::default();
    // One that rests and has something more held is in both.
    let open = resting.into_iter().chain(left.iter().cloned());
    open.filter(|it| it.state.is_open()).for_each(|it| known.insert(it));
    let parts = (&house.store, &house.clock, &house.ledger);
    let mut settler = Settler::new(parts, &market, &lease, known, recorded, (&ended, &stop));
    let top = top_of(opened.book()?);
    let mut redone = redone;
    while !redone.is_empty() {
        let later = redone.split_off(redone.len().min(REDONE_MAX));
        settler.settle(std::mem::replace(&mut redone, later), Some(top)).await?;
    }
    settler.begin(top).await?;
    let is_closed = market.state == OfMarket::Closed;
    let state = if is_closed { OfMarket::Closed } else { top.state };
    let best = feed::best_of(&opened.book()?.depth(LEVELS_MAX));
    let feed = Feed::new(lease.epoch, best, state);
    let seen = Arc::new(Seen::of(opened.book()?));
    let (tasks, asked) = sync_channel(WAITING_MAX);
    let (notes, noted) = mpsc::unbounded_channel::<Note>();
    let desk = Arc::new(Desk {
        market: Arc::clone(&market),
        store: house.store.clone(),
        clock: house.clock.clone(),
        ledger: house.ledger.clone(),
        intake: Intake::start(&house.store, (market.number, lease.epoch)),
        lease,
        tasks: Mutex::new(Some(tasks)),
        seen: Arc::clone(&seen),
        recorded: recorded_is,
        waited: Arc::clone(&settler.waited),
        notes: notes.downgrade(),
        feed: feed.clone(),
        turns: Turns::default(),
        traders: Traders::default(),
        is_closed: AtomicBool::new(is_closed),
        ended: ended.clone(),
        stop: stop.clone(),
    });
    let (clock, name) = (house.clock.clone(), market.id.clone());
    let writer = Writer { market: opened, clock, seen, feed, notes, ended, stop, name };
    let writer = std::thread::Builder::new()
        .name("market".to_owned())
        .spawn(move || writer.run(asked))
        .map_err(|source| market::Error::Io { doing: "starting the market's thread".to_owned(), source })?;
    let settler = tokio::spawn(settler.run(noted));
    for done in join_all(left.iter().map(|it| desk.take_up(it))).await {
        done?;
    }
    Ok(Working { desk, writer, settler, disk })
}

/// What is on the disk, read on a thread that may wait for it.
async fn read_journal(
    market: &Arc<Listing>,
    lease: &Lease,
    disk: Arc<Disk>,
) -> Result<(Market, Vec<Carried>), Error> {
    let opening = Opening {
        rules: market.rules,
        epoch: Epoch(lease.epoch.unsigned_abs()),
        settled: market.settled,
        segment_bytes: SEGMENT_BYTES,
    };
    let read = tokio::task::spawn_blocking(move || {
        let mut redone = Vec::new();
        let market = Market::open(disk, &opening, &mut |it| redone.push(Carried::again(&it)))?;
        Ok::<_, Error>((market, redone))
    });
    read.await.unwrap_or(Err(Error::Unsure))
}

impl Desk {
    /// Sees to orders that are neither in the journal nor refused, and to what was held for amendments that never came; now and then, so that
    /// nothing is held for ever for who has gone in between.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        let number = self.market.number;
        let all =
            self.store.read("rewards.orders", async |db| order::left(db, number, SWEPT_MAX).await).await?;
        for it in &all {
            let is_old = self.is_old(it);
            let Some(turn) = self.turns.take(&it.id).filter(|_| is_old || it.extra.is_some()) else {
                continue;
            };
            self.catch_up().await?;
            if let Some(order) = self.again(it).await? {
                self.give_up(&order, &turn).await?;
            }
        }
        Ok(())
    }

    fn is_old(&self, order: &Order) -> bool {
        self.clock.now().duration_since(order.made_at) >= GIVEN_UP
    }

    /// What a market finds when it is opened: what is held for is entered, and what is not is given up.
    async fn take_up(&self, found: &Order) -> Result<(), Error> {
        let turn = self.turns.wait(&found.id).await;
        let Some(order) = self.again(found).await? else { return Ok(()) };
        if order.state == State::Asked && !self.is_old(&order) && self.is_held(&order).await? {
            // Refused or not, it is known then.
            return match self.enter(order).await {
                Ok(_) | Err(Error::Refused(_)) => Ok(()),
                Err(error) => Err(error),
            };
        }
        self.give_up(&order, &turn).await
    }

    /// The order as it is by now, if it is open still.
    async fn again(&self, order: &Order) -> Result<Option<Order>, Error> {
        let numbers = [order.number];
        let found =
            self.store.read("rewards.orders", async |db| order::by_numbers(db, &numbers).await).await?;
        let is_open = |it: &Order| it.state.is_open() || it.state == State::GivenUp || it.extra.is_some();
        Ok(found.into_iter().next().filter(is_open))
    }

    async fn is_held(&self, order: &Order) -> Result<bool, Error> {
        let hold = hold_id(&order.id, 1);
        let found = self.store.read("rewards.held", async |db| statement::transfer(db, hold).await).await?;
        Ok(found.is_some())
    }

    /// Gives up what is not in the journal and never will be, in whoever's turn this is. Its hold is voided when what was on its way to the
    /// ledger has come there.
    async fn give_up(&self, order: &Order, _turn: &Turn) -> Result<(), Error> {
        if let Some(extra) = order.extra {
            self.give_back(order, extra).await?;
        }
        if !matches!(order.state, State::Asked | State::GivenUp) {
            return Ok(());
        }
        let (number, now) = ((order.number, self.lease.epoch), self.clock.now());
        let refused = Why::GivenUp.because("whoever asked for it was gone before it was in the book");
        if !order::refuse(&self.store, number, State::GivenUp, &refused, now).await? {
            return Ok(());
        }
        self.void(hold_id(&order.id, 1)).await?;
        if self.is_old(order) {
            order::refuse(&self.store, number, State::Refused, &refused, now).await?;
        }
        Ok(())
    }

    /// What was held for an amendment that is not carried out is free again.
    pub(crate) async fn give_back(&self, order: &Order, extra: u32) -> Result<(), Error> {
        self.void(extra_id(&order.id, extra)).await?;
        order::end_extra(&self.store, order.number, extra).await
    }

    /// Voids a hold, if there is one.
    async fn void(&self, hold: TransferId) -> Result<(), Error> {
        let id = TransferId::following_from("market.void", &[&hold.to_string()]);
        match self.ledger.make(Transfer::new(id, Act::Void { hold })).await {
            Ok(_) | Err(wallet::Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
