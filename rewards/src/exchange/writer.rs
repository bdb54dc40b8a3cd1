//! The thread that writes a market: it gathers what is asked into groups, commits each, and answers when that is on the disk.

use super::carried::Carried;
use super::feed::{self, Feed, LEVELS_MAX};
use super::listing::{State, Trade};
use super::order::Order;
use super::record::Top;
use super::settler::Note;
use super::wanted::time;
use book::{Book, Command, Done, Fill, Phase, Price, Reason, Refusal, Side, Terms, Time, TimeInForce};
use market::Market;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::Clock;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Commands of a group, at most.
const GROUP_MAX: usize = 1_024;
/// At which distance changes of the depth are told, at least: 20 in a second.
const TOLD: Duration = Duration::from_millis(50);
/// How often it is looked whether an order's date has come.
const LOOKED: Duration = Duration::from_millis(200);
/// How long it waits where nothing is due.
const IDLE: Duration = Duration::from_secs(60);

/// Something to be done.
pub(crate) struct Task {
    pub(crate) command: Command,
    /// Of a new order.
    pub(crate) order: Option<Box<Order>>,
    /// What an amendment has held beforehand.
    pub(crate) extra: Option<u32>,
    pub(crate) answer: oneshot::Sender<Outcome>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) done: Result<Done, Refusal>,
    pub(crate) fills: Vec<Fill>,
    /// Why something of the order itself was cancelled, if it was.
    pub(crate) cancelled: Option<Reason>,
}

/// What others see of the book without asking for it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The last command that is on the disk.
    committed: AtomicU64,
    look: Mutex<Look>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) phase: Phase,
    /// The lowest and the highest price of a new order for now.
    pub(crate) low: Price,
    pub(crate) high: Price,
}

impl Seen {
    pub(crate) fn of(book: &Book) -> Self {
        Self { committed: AtomicU64::new(book.seq()), look: Mutex::new(look_at(book)) }
    }

    pub(crate) fn committed(&self) -> u64 {
        self.committed.load(Ordering::Acquire)
    }

    pub(crate) fn look(&self) -> Look {
        *self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, book: &Book) {
        *self.look.lock().unwrap_or_else(PoisonError::into_inner) = look_at(book);
        self.committed.store(book.seq(), Ordering::Release);
    }
}

fn look_at(book: &Book) -> Look {
    let (low, high) = book.allowed();
    Look { phase: book.phase(), low, high }
}

pub(crate) struct Writer {
    pub(crate) market: Market,
    pub(crate) clock: Clock,
    pub(crate) seen: Arc<Seen>,
    pub(crate) feed: Feed,
    pub(crate) notes: mpsc::UnboundedSender<Note>,
    /// Cancelled when it ends, for whatever reason.
    pub(crate) ended: CancellationToken,
    /// Whether it is to end at once.
    pub(crate) stop: CancellationToken,
    pub(crate) name: String,
}

/// Which orders are over at a date; some of them are gone before.
type Dates = BinaryHeap<Reverse<Time>>;

impl Writer {
    /// Works until nobody asks any more, or it has failed: then whoever waits hears nothing.
    pub(crate) fn run(mut self, tasks: Receiver<Task>) {
        let _over = self.ended.clone().drop_guard();
        let feed = self.feed.clone();
        if let Err(error) = self.work(&tasks) {
            tracing::error!(market = self.name, %error, "a market is written no more until it is opened anew");
        }
        feed.end();
    }

    fn work(&mut self, tasks: &Receiver<Task>) -> Result<(), market::Error> {
        let mut dates: Dates = self.market.book()?.orders().filter_map(|it| it.until).map(Reverse).collect();
        let (mut told, mut shown) = (Instant::now(), self.market.book()?.depth_seq());
        let mut group = Vec::with_capacity(GROUP_MAX);
        loop {
            let is_new = self.market.book()?.depth_seq() != shown;
            let wait = match (is_new, dates.is_empty()) {
                (true, _) => TOLD.saturating_sub(told.elapsed()),
                (false, false) => LOOKED,
                (false, true) => IDLE,
            };
            match tasks.recv_timeout(wait) {
                Ok(task) => group.push(task),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            group.extend(tasks.try_iter().take(GROUP_MAX - group.len()));
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let now = time(self.clock.now());
            let is_due = dates.peek().is_some_and(|it| it.0 <= now);
            if !group.is_empty() || is_due {
                self.commit(&mut group, now, &mut dates)?;
            }
            if told.elapsed() >= TOLD || self.seen.look().phase == Phase::Halted {
                let book = self.market.book()?;
                if book.depth_seq() != shown {
                    (told, shown) = (Instant::now(), book.depth_seq());
                    self.feed.show(feed::best_of(&book.depth(LEVELS_MAX)));
                }
            }
        }
    }

    /// Commits a group, answers, and hands on what came of it.
    fn commit(&mut self, group: &mut Vec<Task>, now: Time, dates: &mut Dates) -> Result<(), market::Error> {
        let (_, high) = self.market.book()?.allowed();
        let command = |it: &Task| (now, within(it.command, it.order.as_deref(), high));
        let mut commands: Vec<(Time, Command)> = group.iter().map(command).collect();
        if commands.is_empty() {
            commands.push((now, Command::Expire));
        }
        let answers = self.market.commit(&commands)?;
        let mut tasks = group.drain(..);
        let (mut carried, mut said) =
            (Vec::with_capacity(commands.len()), Vec::with_capacity(commands.len()));
        for (answer, (at, command)) in answers.each.iter().zip(&commands) {
            let fills = answers.effects.fills[answer.fills.clone()].to_vec();
            let cancelled = answers.effects.cancelled[answer.cancelled.clone()].to_vec();
            let (mut order, mut extra) = (None, None);
            if let Some(task) = tasks.next() {
                let until = task.order.as_ref().and_then(|it| it.wanted.until());
                dates.extend(until.filter(|_| answer.done.is_ok()).map(Reverse));
                (order, extra) = (task.order, task.extra);
                let own = order.as_ref().map(|it| it.number);
                let gone = cancelled.iter().rev().find(|it| i64::try_from(it.order.0).ok() == own);
                let (done, fills) = (answer.done, fills.clone());
                said.push((task.answer, Outcome { done, fills, cancelled: gone.map(|it| it.reason) }));
            }
            let (seq, at, command, done) = (answer.seq, *at, *command, answer.done);
            carried.push(Carried { seq, at, command, done, fills, cancelled, order, extra });
        }
        drop(tasks);
        while dates.peek().is_some_and(|it| it.0 <= now) {
            dates.pop();
        }
        let book = self.market.book()?;
        self.seen.set(book);
        for (answer, outcome) in said {
            // Who has gone meanwhile asks again.
            let _gone = answer.send(outcome);
        }
        let top = top_of(book);
        self.feed.state(top.state);
        let trades = carried.iter().flat_map(|it| it.fills.iter().map(|fill| Trade::of(fill, it.at)));
        self.feed.trades(trades);
        // The settler ends with the market.
        let _over = self.notes.send(Note::Group { carried, top });
        Ok(())
    }
}

/// What is written of a book beside its orders.
pub(crate) fn top_of(book: &Book) -> Top {
    let top = book.top();
    let points = |it: Option<book::Level>| it.map(|it| it.price.points());
    let state = match book.phase() {
        Phase::Continuous => State::Open,
        Phase::Halted => State::Halted,
    };
    Top { bid: points(top.bid), ask: points(top.ask), state }
}

/// A buyer's market order goes no further than what is held for it, and than the collar allows by now.
fn within(command: Command, order: Option<&Order>, high: Price) -> Command {
    let (Command::Place(mut place), Some(order)) = (command, order) else { return command };
    if let (Terms::Market(immediate), Side::Buy) = (place.terms, place.side) {
        let held = Price::new(order.price).unwrap_or(high);
        place.terms = Terms::Limit(held.min(high), TimeInForce::Immediate(immediate));
    }
    Command::Place(place)
}
