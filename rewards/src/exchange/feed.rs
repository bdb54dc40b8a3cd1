//! What anybody may see of a market, live: its best levels, trades, and whether it is open. Each event has the next number, so that who has
//! missed some is given the depth anew and never folds across a gap.

use super::listing::{State, Trade};
use book::{Depth, Level};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Levels of each side that are shown, at most: the best.
pub const LEVELS_MAX: usize = 50;
/// Events that are kept for who comes a little later.
const KEPT_MAX: usize = 512;

/// A price in points, and what rests there in units.
pub type Shown = (u32, u64);

/// The best levels of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Best {
    /// The last change of the book's depth that is in it.
    pub seq: u64,
    pub bids: Vec<Shown>,
    pub asks: Vec<Shown>,
}

/// Something that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// All that is shown: replace what was.
    Depth(Best),
    /// What is different from when the depth was at `since`; a level with nothing is not shown any more.
    Change {
        since: u64,
        seq: u64,
        bids: Vec<Shown>,
        asks: Vec<Shown>,
    },
    Trade {
        price: u32,
        quantity: u32,
        side: String,
        at_ms: i64,
    },
    State(String),
}

/// How many events of which holder's somebody has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub epoch: i64,
    pub events: u64,
}

/// What is shown of one market in this process. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    told: Mutex<Told>,
    news: watch::Sender<u64>,
}

#[derive(Debug)]
struct Told {
    place: Place,
    best: Best,
    state: State,
    /// The last of all.
    events: VecDeque<Event>,
    is_over: bool,
}

impl Feed {
    pub(crate) fn new(epoch: i64, best: Best, state: State) -> Self {
        let place = Place { epoch, events: 0 };
        let told = Told { place, best, state, events: VecDeque::new(), is_over: false };
        Self(Arc::new(Inner { told: Mutex::new(told), news: watch::channel(0).0 }))
    }

    /// Shows these levels from now on.
    pub(crate) fn show(&self, best: Best) {
        let mut told = self.lock();
        let (bids, asks) = (differ(&told.best.bids, &best.bids), differ(&told.best.asks, &best.asks));
        // Where nothing of it is shown, nobody hears of it, and it counts with the next that is.
        if !bids.is_empty() || !asks.is_empty() {
            let (since, seq) = (told.best.seq, best.seq);
            told.best = best;
            told.push(Event::Change { since, seq, bids, asks });
            self.tell(told);
        }
    }

    pub(crate) fn trades(&self, trades: impl Iterator<Item = Trade>) {
        let mut trades = trades.peekable();
        if trades.peek().is_none() {
            return;
        }
        let mut told = self.lock();
        for it in trades {
            let (side, at_ms) = (it.side_word().to_owned(), it.at.as_millisecond());
            told.push(Event::Trade { price: it.price, quantity: it.quantity, side, at_ms });
        }
        self.tell(told);
    }

    pub(crate) fn state(&self, state: State) {
        let mut told = self.lock();
        if told.state != state {
            told.state = state;
            told.push(Event::State(state.word().to_owned()));
            self.tell(told);
        }
    }

    /// Whoever wrote it does not any more: who follows looks for the next.
    pub(crate) fn end(&self) {
        let mut told = self.lock();
        told.is_over = true;
        self.tell(told);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// What has come since this place, and the place after that. With none, or where that is not known any more, the depth anew.
    pub(crate) fn after(&self, place: Option<Place>) -> (Vec<Event>, Place) {
        let told = self.lock();
        let first = told.place.events - told.events.len() as u64;
        let known = place.filter(|it| it.epoch == told.place.epoch && it.events >= first);
        let events = match known {
            Some(known) => {
                let had = usize::try_from(known.events - first).unwrap_or(usize::MAX);
                told.events.iter().skip(had).cloned().collect()
            }
            None => vec![Event::Depth(told.best.clone()), Event::State(told.state.word().to_owned())],
        };
        (events, told.place)
    }

    /// Takes in what another process has told.
    pub(crate) fn take(&self, events: Vec<Event>, place: Place) {
        let mut told = self.lock();
        for event in events {
            match &event {
                Event::Depth(best) => {
                    told.best = best.clone();
                    // Nobody may go on from before.
                    told.events.clear();
                    told.place = Place { epoch: place.epoch, events: u64::MAX };
                    continue;
                }
                Event::Change { seq, bids, asks, .. } => {
                    let seq = *seq;
                    fold(&mut told.best.bids, bids, Order::Falling);
                    fold(&mut told.best.asks, asks, Order::Rising);
                    told.best.seq = seq;
                }
                Event::State(word) => {
                    if let Some(state) = State::of(word) {
                        told.state = state;
                    }
                }
                Event::Trade { .. } => {}
            }
            if told.place.events != u64::MAX {
                told.push(event);
            }
        }
        told.place = place;
        self.tell(told);
    }

    /// Resolves with each change from now on.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    /// The best levels now.
    #[cfg(test)]
    pub(crate) fn best(&self) -> Best {
        self.lock().best.clone()
    }

    fn tell(&self, told: MutexGuard<'_, Told>) {
        drop(told);
        self.0.news.send_modify(|it| *it += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn push(&mut self, event: Event) {
        if self.events.len() == KEPT_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
        self.place.events += 1;
    }
}

/// As a book has it.
pub(crate) fn best_of(depth: &Depth) -> Best {
    let shown = |levels: &[Level]| levels.iter().map(|it| (it.price.points(), it.total)).collect();
    Best { seq: depth.seq, bids: shown(&depth.bids), asks: shown(&depth.asks) }
}

/// The levels that are not as they were, with what is there now.
fn differ(before: &[Shown], after: &[Shown]) -> Vec<Shown> {
    let gone = before.iter().filter(|it| !after.iter().any(|other| other.0 == it.0)).map(|it| (it.0, 0));
    let fresh = after.iter().filter(|it| !before.contains(it)).copied();
    gone.chain(fresh).collect()
}

/// How a side's levels follow one another, the best first.
#[derive(Clone, Copy)]
enum Order {
    Falling,
    Rising,
}

fn fold(levels: &mut Vec<Shown>, changes: &[Shown], order: Order) {
    for (price, total) in changes {
        let found = levels.binary_search_by(|it| match order {
            Order::Falling => price.cmp(&it.0),
            Order::Rising => it.0.cmp(price),
        });
        match (found, *total) {
            (Ok(at), 0) => drop(levels.remove(at)),
            (Ok(at), total) => levels[at].1 = total,
            (Err(_), 0) => {}
            (Err(at), total) => levels.insert(at, (*price, total)),
        }
    }
}

impl Best {
    /// What follows of it by these changes, as who follows has it.
    pub fn fold(&mut self, event: &Event) {
        match event {
            Event::Depth(best) => *self = best.clone(),
            Event::Change { seq, bids, asks, .. } => {
                fold(&mut self.bids, bids, Order::Falling);
                fold(&mut self.asks, asks, Order::Rising);
                self.seq = *seq;
            }
            Event::Trade { .. } | Event::State(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(seq: u64, bids: &[Shown], asks: &[Shown]) -> Best {
        Best { seq, bids: bids.to_vec(), asks: asks.to_vec() }
    }

    #[test]
    fn whoever_folds_what_is_told_has_what_is_shown_and_who_is_behind_begins_anew() {
        let feed = Feed::new(1, best(0, &[], &[]), State::Open);
        let other = Feed::new(0, Best::default(), State::Open);
        let (mut mine, (first, mut place)) = (Best::default(), feed.after(None));
        first.iter().for_each(|it| mine.fold(it));
        let mut far = None;
        let mut rng = 7_u64;
        let mut next = |below: u64| {
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (rng >> 33) % below
        };
        for seq in 1..2_000 {
            let bids: Vec<Shown> =
                (0..next(6)).map(|it| (50 - it as u32, 1 + next(3))).filter(|it| it.0 % 3 != 0).collect();
            let asks: Vec<Shown> = (0..next(6)).map(|it| (60 + it as u32, 1 + next(3))).collect();
            feed.show(best(seq, &bids, &asks));
            if next(3) == 0 {
                feed.trades(std::iter::empty());
            }
            if next(4) == 0 {
                let (events, at) = feed.after(Some(place));
                events.iter().for_each(|it| mine.fold(it));
                place = at;
                assert_eq!((&mine.bids, &mine.asks), (&bids, &asks));
            }
            // Another process asks now and then, at times too late for what is kept.
            if next(200) == 0 {
                let (events, at) = feed.after(far);
                other.take(events, at);
                far = Some(at);
                assert_eq!((other.best().bids, other.best().asks), (bids, asks));
                assert_eq!(other.after(Some(at)), (vec![], at));
            }
        }
        assert!(matches!(feed.after(Some(Place { epoch: 0, events: 0 })).0[0], Event::Depth(_)));
        assert!(matches!(feed.after(Some(Place { epoch: 1, events: 0 })).0[0], Event::Depth(_)));
    }
}
