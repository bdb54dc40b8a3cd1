//! Where orders of a market are taken, in the process that holds its lease: each is written down, its funds are held, and then it is entered.

mod amend;

pub use amend::Amended;

use super::error::{Error, Refused, Why};
use super::feed::Feed;
use super::intake::{Intake, Maker, New};
use super::lease::Lease;
use super::listing::Listing;
use super::order::{self, Order, Part, State, View};
use super::orders::reason_word;
use super::settler::Note;
use super::step;
use super::traders::{Fan, Trader, Traders};
use super::turns::Turns;
use super::wanted::{Wanted, Words};
use super::writer::{Outcome, Seen, Task};
use crate::product;
use book::{Command, Done, OrderId, OwnerId, Phase, Price, Side, Terms, Whose};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Clock, Store};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use wallet::{Ledger, Transfer};

/// How long an answer waits for what is committed to be in the tables.
const SETTLES: Duration = Duration::from_secs(5);
/// Commands that are committed and not settled, at most, where another order is taken.
const BEHIND_MAX: u64 = 20_000;
/// How often the ledger is asked for a hold that it could not make for now.
const TRIES_MAX: usize = 3;
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// A new order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// "ord_…": [`order::id_of`].
    pub id: String,
    pub fan: Fan,
    pub words: Words,
}

pub(crate) struct Desk {
    pub(crate) market: Arc<Listing>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) lease: Arc<Lease>,
    pub(crate) intake: Intake,
    /// None when it is to end.
    pub(crate) tasks: Mutex<Option<SyncSender<Task>>>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) recorded: watch::Receiver<u64>,
    pub(crate) waited: Arc<Notify>,
    pub(crate) notes: mpsc::WeakUnboundedSender<Note>,
    pub(crate) feed: Feed,
    pub(crate) turns: Turns,
    pub(crate) traders: Traders,
    pub(crate) is_closed: AtomicBool,
    pub(crate) ended: CancellationToken,
    pub(crate) stop: CancellationToken,
}

impl Desk {
    pub(crate) fn away(&self) -> Error {
        Error::Away { id: self.market.id.clone() }
    }

    /// Has something done. When it is answered, it is on the disk.
    async fn ask(
        &self,
        command: Command,
        order: Option<Box<Order>>,
        extra: Option<u32>,
    ) -> Result<Outcome, Error> {
        let (answer, answered) = oneshot::channel();
        let task = Task { command, order, extra, answer };
        let sent = match self.tasks.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(tasks) => tasks.try_send(task),
            None => return Err(self.away()),
        };
        sent.map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => self.away(),
        })?;
        answered.await.map_err(|_| Error::Unsure)
    }

    /// Waits until all that is committed by now is in the tables.
    pub(crate) async fn catch_up(&self) -> Result<(), Error> {
        let (committed, mut recorded) = (self.seen.committed(), self.recorded.clone());
        if *recorded.borrow() < committed {
            self.waited.notify_one();
        }
        let caught = tokio::time::timeout(SETTLES, recorded.wait_for(|it| *it >= committed));
        match caught.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(self.away()),
            Err(_) => Err(Error::Unsure),
        }
    }

    /// Takes an order: once, however often it is asked for under its id. It goes on also where who asked has gone.
    pub(crate) async fn place(self: &Arc<Self>, asked: Asked) -> Result<View, Error> {
        let desk = Arc::clone(self);
        whole(async move { desk.place_in_turn(&asked).await }).await
    }

    async fn place_in_turn(&self, asked: &Asked) -> Result<View, Error> {
        let wanted = Wanted::parse(&asked.words)?;
        let _turn = self.turns.wait(&asked.id).await;
        let now = self.clock.now();
        let trader = self.traders.of(&self.store, &self.market, &asked.fan, now).await?;
        let maker = self.maker(&trader, &wanted);
        let refused = self.check(&trader, &wanted, now);
        let inserted = match refused {
            Ok(()) => self.intake.write(New { id: asked.id.clone(), wanted, maker, at: now }).await?,
            Err(_) => None,
        };
        let order = match (inserted, refused) {
            (Some(number), _) => {
                self.traders.count(trader.number, now);
                self.fresh(number, &asked.id, wanted, &maker, now)
            }
            (None, refused) => {
                let Some(known) = self.known(asked, &wanted).await? else {
                    // Of a repeat there is a row, whatever holds by now.
                    return Err(refused.err().unwrap_or_else(|| self.away()));
                };
                match known.state {
                    State::Asked => known,
                    _ => return self.answer(&known).await,
                }
            }
        };
        let entered = self.enter(order).await;
        if let Err(Error::Refused(Refused { why: Why::Frozen, .. })) = &entered {
            // Of a wallet that was erased, too.
            self.traders.forget(&asked.fan.fan_id);
        }
        entered
    }

    /// What was asked for before under this id, with what has become of it.
    async fn known(&self, asked: &Asked, wanted: &Wanted) -> Result<Option<Order>, Error> {
        let Some(found) = self.find(&asked.id, &asked.fan.fan_id).await? else { return Ok(None) };
        if found.market != self.market.number || found.wanted.side != wanted.side {
            return Err(Error::OtherOrder { id: found.id });
        }
        self.catch_up().await?;
        self.find(&asked.id, &asked.fan.fan_id).await
    }

    pub(crate) async fn find(&self, id: &str, fan_id: &str) -> Result<Option<Order>, Error> {
        self.store.read("rewards.order", async |db| order::find(db, id, fan_id).await).await
    }

    async fn answer(&self, order: &Order) -> Result<View, Error> {
        if let Some(refused) = order.refused() {
            return Err(refused.into());
        }
        let parts = self.store.read("rewards.parts", async |db| order::parts(db, order).await).await?;
        Ok(View::of(order, parts))
    }

    fn check(&self, trader: &Trader, wanted: &Wanted, now: Timestamp) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Why::Closed.because("the market is closed").into());
        }
        if self.seen.look().phase == Phase::Halted {
            return Err(Refused::from(book::Refusal::Halted).into());
        }
        if self.seen.committed().saturating_sub(*self.recorded.borrow()) > BEHIND_MAX {
            return Err(Error::Busy);
        }
        self.market.check(wanted, now)?;
        self.traders.check(trader.number, self.market.terms.fan_minute_max, now)
    }

    /// What a buyer's market order costs at most is known by the price at which it may be filled.
    fn maker(&self, trader: &Trader, wanted: &Wanted) -> Maker {
        let look = self.seen.look();
        let price = match wanted.terms {
            Terms::Limit(price, _) => price,
            Terms::Market(_) if wanted.side == Side::Buy => look.high,
            Terms::Market(_) => look.low,
        };
        Maker {
            trader: trader.number,
            points: trader.points,
            vouchers: trader.vouchers,
            price: price.points(),
        }
    }

    fn fresh(&self, number: i64, id: &str, wanted: Wanted, maker: &Maker, now: Timestamp) -> Order {
        Order {
            number,
            id: id.to_owned(),
            market: self.market.number,
            market_id: self.market.id.clone(),
            trader: maker.trader,
            wanted,
            price: maker.price,
            quantity: wanted.quantity.units(),
            filled: 0,
            left: wanted.quantity.units(),
            state: State::Asked,
            reason: None,
            detail: None,
            points: maker.points,
            vouchers: maker.vouchers,
            hold: 1,
            extra: None,
            made_at: now,
        }
    }

    /// Holds what the order may cost, and enters it.
    pub(crate) async fn enter(&self, order: Order) -> Result<View, Error> {
        let hold = step::hold(&self.market, &order, 1, order.cost(order.quantity))?;
        if let Err(refused) = self.hold(&hold).await? {
            let (number, now) = ((order.number, self.lease.epoch), self.clock.now());
            order::refuse(&self.store, number, State::Refused, &refused, now).await?;
            return Err(refused.into());
        }
        if !self.lease.is_good() {
            return Err(self.away());
        }
        let command = Command::Place(book::Order {
            id: order_id(&order),
            owner: owner_id(order.trader),
            side: order.wanted.side,
            quantity: order.wanted.quantity,
            terms: order.wanted.terms,
            self_trade: order.wanted.self_trade,
        });
        let mut view = View::of(&order, Vec::new());
        let outcome = self.ask(command, Some(Box::new(order)), None).await?;
        let rests = match outcome.done {
            Ok(Done::Placed { rests, .. }) => rests.units(),
            Ok(_) => 0,
            Err(refusal) => return Err(Refused::from(refusal).into()),
        };
        let part = |it: &book::Fill| Part { price: it.price.points(), quantity: it.quantity.units() };
        view.parts = outcome.fills.iter().map(part).collect();
        view.filled = view.parts.iter().map(|it| it.quantity).sum();
        view.left = rests;
        view.state = match rests {
            0 if view.filled == view.words.quantity => State::Filled,
            0 => State::Cancelled,
            _ => State::Resting,
        };
        view.reason =
            outcome.cancelled.filter(|_| view.state == State::Cancelled).map(reason_word).map(str::to_owned);
        Ok(view)
    }

    /// Holds something: with what is refused inside. Too little is said when what is answered for by now is settled, since that may give
    /// something back.
    async fn hold(&self, hold: &Transfer) -> Result<Result<(), Refused>, Error> {
        let mut is_settled = false;
        for tried in 1.. {
            if !self.lease.is_good() {
                return Err(self.away());
            }
            let is_behind = self.seen.committed() > *self.recorded.borrow();
            match self.ledger.make(hold.clone()).await {
                Ok(_) => return Ok(Ok(())),
                Err(wallet::Error::Refused(refusal)) => {
                    let refused = Refused::from(refusal);
                    if refused.why != Why::TooLittle || is_settled || !is_behind {
                        return Ok(Err(refused));
                    }
                    self.catch_up().await?;
                    is_settled = true;
                }
                Err(error) if tried == TRIES_MAX => {
                    tracing::warn!(market = self.market.id, %error, "whether something is held is not known");
                    break;
                }
                Err(_) => tokio::time::sleep(TRY_AGAIN).await,
            }
        }
        Err(Error::Unsure)
    }

    /// Takes a resting order out.
    pub(crate) async fn cancel(self: &Arc<Self>, fan_id: String, id: String) -> Result<View, Error> {
        let desk = Arc::clone(self);
        whole(async move {
            let _turn = desk.turns.wait(&id).await;
            let unknown = || Error::UnknownOrder { id: id.clone() };
            let order = desk.find(&id, &fan_id).await?.ok_or_else(unknown)?;
            let command = Command::Cancel { order: order_id(&order), owner: owner_id(order.trader) };
            let outcome = desk.ask(command, None, None).await?;
            desk.catch_up().await?;
            let order = desk.find(&id, &fan_id).await?.ok_or_else(unknown)?;
            match outcome.done {
                Ok(_) => desk.answer(&order).await,
                Err(_) => Err(Error::Over { id, state: order.state.word().to_owned() }),
            }
        })
        .await
    }

    /// Takes all orders of a fan out; answers how many.
    pub(crate) async fn cancel_all(&self, fan: &Fan) -> Result<u32, Error> {
        let trader = self.traders.of(&self.store, &self.market, fan, self.clock.now()).await?;
        self.cancel_these(Whose::Owner(owner_id(trader.number))).await
    }

    async fn cancel_these(&self, whose: Whose) -> Result<u32, Error> {
        let outcome = self.ask(Command::CancelAll(whose), None, None).await?;
        self.catch_up().await?;
        match outcome.done {
            Ok(Done::CancelledAll { orders }) => Ok(orders),
            _ => Ok(0),
        }
    }

    /// From now on nothing but cancelling is taken.
    pub(crate) async fn halt(&self) -> Result<(), Error> {
        self.ask(Command::Halt, None, None).await?;
        self.catch_up().await
    }

    /// Goes on; with another centre of the collar, if one is named.
    pub(crate) async fn reopen(&self, reference: Option<u32>) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Why::Closed.because("the market is closed").into());
        }
        let out = || Error::Wanted { what: "reference: more than there can be".to_owned() };
        let reference = reference.map(|it| Price::new(it).ok_or_else(out)).transpose()?;
        self.ask(Command::Reopen { reference }, None, None).await?.done.map_err(Refused::from)?;
        self.catch_up().await
    }

    /// Cancels all that rests, and takes no more for good.
    pub(crate) async fn close(&self) -> Result<u32, Error> {
        self.is_closed.store(true, Ordering::Relaxed);
        self.halt().await?;
        let orders = self.cancel_these(Whose::Everybody).await?;
        if !super::record::close(&self.store, self.market.number, self.lease.epoch).await? {
            return Err(self.away());
        }
        self.feed.state(super::listing::State::Closed);
        Ok(orders)
    }

    /// Closes the market where its product is over: nobody could have what is bought in it.
    pub(crate) async fn close_if_over(&self) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let find = async |db: &store::Client<'_>| product::find(db, &self.market.product).await;
        let found = self.store.read("rewards.product", find).await?;
        let now = self.clock.now();
        if found.is_some_and(|it| it.state != product::State::Over && now < it.terms.valid_until) {
            return Ok(());
        }
        let orders = self.close().await?;
        tracing::info!(market = self.market.id, orders, "a market is closed, since its product is over");
        Ok(())
    }

    /// Tries what is stuck now; answers how much still is.
    pub(crate) async fn try_stuck(&self) -> Result<usize, Error> {
        let notes = self.notes.upgrade().ok_or_else(|| self.away())?;
        let (answer, answered) = oneshot::channel();
        notes.send(Note::Try(answer)).map_err(|_| self.away())?;
        drop(notes);
        answered.await.map_err(|_| Error::Unsure)
    }
}

/// Does it to its end, also where who waits for it goes away.
async fn whole<T: Send + 'static>(
    doing: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(doing).await.unwrap_or(Err(Error::Unsure))
}

pub(crate) fn order_id(order: &Order) -> OrderId {
    OrderId(order.number.unsigned_abs())
}

fn owner_id(trader: i64) -> OwnerId {
    OwnerId(trader.unsigned_abs())
}
