//! Following what is shown of a market, wherever it is written.

use super::error::Error;
use super::feed::{Best, Event, Feed, Place};
use super::house::House;
use super::listing::State;
use super::reach::{self, Ask, Told};
use jobs::rpc::Caller;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// How soon it is looked again for who writes a market.
const AGAIN: Duration = Duration::from_millis(500);

/// What other processes tell of their markets, as long as somebody follows here.
#[derive(Default)]
pub(crate) struct Mirrors(Mutex<HashMap<String, Weak<Mirror>>>);

/// One market that is written elsewhere, as it is told.
pub(crate) struct Mirror {
    feed: Feed,
}

impl Mirrors {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Mirror>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that there is, or a new one.
    fn of(&self, house: &Arc<House>, caller: &Caller, market: &str) -> Arc<Mirror> {
        let mut all = self.lock();
        if let Some(mirror) = all.get(market).and_then(Weak::upgrade) {
            return mirror;
        }
        all.retain(|_, it| it.strong_count() > 0);
        let mirror = Arc::new(Mirror { feed: Feed::new(0, Best::default(), State::Open) });
        all.insert(market.to_owned(), Arc::downgrade(&mirror));
        let (house, caller) = (Arc::clone(house), caller.clone());
        tokio::spawn(mirrored(Arc::downgrade(&mirror), house, caller, market.to_owned()));
        mirror
    }
}

/// Asks for what is new, until nobody follows any more.
async fn mirrored(mirror: Weak<Mirror>, house: Arc<House>, caller: Caller, market: String) {
    let mut place = None;
    loop {
        let told = reach::ask(&house, Some(&caller), &market, Ask::Feed(place)).await;
        let Some(mirror) = mirror.upgrade() else { return };
        match told {
            Ok(Told::Events(events, at)) => {
                if !events.is_empty() {
                    mirror.feed.take(events, at);
                }
                place = Some(at);
            }
            _ => {
                drop(mirror);
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Where something of a market is heard.
enum Source {
    /// It is written here.
    Here(Feed),
    There(Arc<Mirror>),
}

/// One who follows a market. The depth comes first, and anew wherever something was missed.
pub struct Following {
    house: Arc<House>,
    caller: Option<Caller>,
    mirrors: Arc<Mirrors>,
    market: String,
    source: Option<(Source, watch::Receiver<u64>)>,
    place: Option<Place>,
    waiting: VecDeque<Event>,
}

impl Following {
    pub(crate) fn new(
        house: &Arc<House>,
        caller: Option<&Caller>,
        mirrors: &Arc<Mirrors>,
        market: &str,
    ) -> Self {
        Self {
            house: Arc::clone(house),
            caller: caller.cloned(),
            mirrors: Arc::clone(mirrors),
            market: market.to_owned(),
            source: None,
            place: None,
            waiting: VecDeque::new(),
        }
    }

    /// The next event, when there is one. It may be dropped while it waits: nothing is lost by that.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return event;
            }
            self.find();
            let Some((source, news)) = &mut self.source else {
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            let (feed, is_here) = match source {
                Source::Here(feed) => (&*feed, true),
                Source::There(mirror) => (&mirror.feed, false),
            };
            news.mark_unchanged();
            let (events, place) = feed.after(self.place);
            // Nothing was told by then.
            let is_known = is_here || place.epoch != 0;
            if is_known && !events.is_empty() {
                self.place = Some(place);
                self.waiting.extend(events);
                continue;
            }
            if feed.is_over() {
                self.source = None;
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            // Also where it is quiet, who writes it is looked at again now and then.
            let _quiet = tokio::time::timeout(reach::WAITS, news.changed()).await;
        }
    }

    /// The depth as it is now.
    pub async fn best(&mut self) -> Result<Best, Error> {
        match reach::ask(&self.house, self.caller.as_ref(), &self.market, Ask::Feed(None)).await? {
            Told::Events(events, _) => {
                let best = events.into_iter().find_map(|it| match it {
                    Event::Depth(best) => Some(best),
                    _ => None,
                });
                Ok(best.unwrap_or_default())
            }
            _ => Ok(Best::default()),
        }
    }

    /// Here, if it is written here by now.
    fn find(&mut self) {
        let here = self.house.desk(&self.market).map(|it| it.feed.clone());
        match (&self.source, here, &self.caller) {
            (Some((Source::Here(_), _)), Some(_), _) | (Some((Source::There(_), _)), None, _) => {}
            (_, Some(feed), _) => {
                let news = feed.news();
                self.source = Some((Source::Here(feed), news));
            }
            (_, None, Some(caller)) => {
                let mirror = self.mirrors.of(&self.house, caller, &self.market);
                let news = mirror.feed.news();
                self.source = Some((Source::There(mirror), news));
            }
            (_, None, None) => self.source = None,
        }
    }
}
