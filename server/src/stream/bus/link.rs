//! Keeps a session with Redis, and this process's topics in step through it.

use super::{Bus, News, Open, Pause, read};
use crate::stream::hub::Hub;
use futures_util::future::join_all;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::{Channel, Heard, Hearing, Session};

/// A Redis that is back within this time is not worth a word to the fans.
const GRACE: Duration = Duration::from_millis(300);
/// How often the session is asked whether it still leads anywhere: a peer that vanished says nothing.
const PING_EVERY: Duration = Duration::from_secs(1);

/// Runs until the process ends.
pub(super) async fn run(bus: Bus, hub: Hub) {
    let mut pause = Pause::new();
    loop {
        let (session, hearing) = reach(&bus, &hub).await;
        let begun_at = Instant::now();
        let open = Open { session, is_in_doubt: Arc::default() };
        let link = Link { bus: &bus, hub: &hub, open: open.clone(), channels: Mutex::default() };
        bus.inner.session.send_replace(Some(open));
        tracing::info!("Redis is there");
        tokio::select! {
            () = link.keep() => {}
            () = link.hear(hearing) => {}
        }
        bus.inner.session.send_replace(None);
        tracing::warn!("the session with Redis is over");
        if begun_at.elapsed() >= PING_EVERY {
            pause = Pause::new();
        } else {
            // A Redis that answers and refuses: it is loading, or an account may not do what we need.
            if pause.is_long() {
                hub.set_delayed(true);
            }
            pause.wait().await;
        }
    }
}

/// Tries until Redis is there; when that takes long, fans are told.
async fn reach(bus: &Bus, hub: &Hub) -> (Session, Hearing) {
    let trying = async {
        let mut pause = Pause::new();
        loop {
            match bus.inner.redis.open().await {
                Ok(opened) => return opened,
                Err(error) => tracing::warn!(%error, "Redis is away; updates of others come from the log"),
            }
            pause.wait().await;
        }
    };
    let mut trying = std::pin::pin!(trying);
    match tokio::time::timeout(GRACE, &mut trying).await {
        Ok(opened) => opened,
        Err(_) => {
            hub.set_delayed(true);
            trying.await
        }
    }
}

/// One session.
struct Link<'a> {
    bus: &'a Bus,
    hub: &'a Hub,
    open: Open,
    channels: Mutex<Channels>,
}

/// Matches by what Redis has been told of them.
#[derive(Default)]
struct Channels {
    /// We asked to listen and were not answered yet.
    asked: HashSet<String>,
    /// Redis listens for us.
    joined: HashSet<String>,
}

impl Link<'_> {
    /// Listens to the topics that the hub holds, until the session is over.
    async fn keep(&self) {
        let Open { session, is_in_doubt } = &self.open;
        loop {
            let has_joined_all = self.adjust().await;
            if !has_joined_all && session.is_one() {
                return;
            }
            self.hub.set_delayed(!has_joined_all);
            tokio::select! {
                () = self.bus.inner.has_other_topics.notified() => continue,
                // It answers, perhaps, but takes nothing: a master that has become a replica.
                () = is_in_doubt.notified(), if session.is_one() => return,
                () = tokio::time::sleep(PING_EVERY) => {}
            }
            if let Err(error) = session.ping().await {
                tracing::warn!(%error, "Redis");
                // In a Cluster a node may be away. Which channels it had is found out by asking for all again.
                let had = std::mem::take(&mut self.channels().joined);
                if session.is_one() || had.is_empty() {
                    return;
                }
            }
        }
    }

    /// Listens to what is not listened to yet and leaves what is held no more; says whether that could be done.
    async fn adjust(&self) -> bool {
        let held: HashSet<String> = self.hub.held_ids().into_iter().collect();
        let (new, old) = {
            let mut channels = self.channels();
            let new: Vec<String> = held.difference(&channels.joined).cloned().collect();
            let old: Vec<String> = channels.joined.difference(&held).cloned().collect();
            channels.asked.extend(new.iter().cloned());
            for match_id in &old {
                channels.joined.remove(match_id);
            }
            (new, old)
        };
        let leaving = old.iter().map(|match_id| self.open.session.leave(Channel(match_id)));
        let left = join_all(leaving).await.into_iter().all(|it| it.is_ok());
        let joined = join_all(new.iter().map(|match_id| self.join(match_id))).await;
        self.channels().asked.clear();
        let unproven = new.iter().zip(&joined).filter(|(_, it)| **it == Joined::Unproven);
        let unproven: Vec<String> = unproven.map(|(match_id, _)| match_id.clone()).collect();
        if !unproven.is_empty() {
            self.hub.look_at(&unproven).await;
        }
        left && !joined.contains(&Joined::Not)
    }

    async fn join(&self, match_id: &str) -> Joined {
        if let Err(error) = self.open.session.listen(Channel(match_id)).await {
            tracing::warn!(match_id, %error, "a match could not be listened to");
            return Joined::Not;
        }
        self.channels().joined.insert(match_id.to_owned());
        match self.hub.catch_up_by_tail(match_id).await {
            true => Joined::Proven,
            false => Joined::Unproven,
        }
    }

    /// Takes in what comes, until the session is over.
    async fn hear(&self, mut hearing: Hearing) {
        while let Some(heard) = hearing.next().await {
            match heard {
                Heard::Message { channel, payload } => {
                    if let Some(Channel(match_id)) = Channel::named(&channel) {
                        self.take(match_id, payload);
                    }
                }
                Heard::Joined { channel } => {
                    // We asked, and go on when answered; or a Cluster moved the channel, and the driver asked.
                    if let Some(Channel(match_id)) = Channel::named(&channel)
                        && !self.channels().asked.contains(match_id)
                    {
                        self.hub.catch_up_soon(match_id, None);
                    }
                }
                Heard::Left { channel } => {
                    let is_moved =
                        Channel::named(&channel).is_some_and(|it| self.channels().joined.remove(it.0));
                    if is_moved && self.open.session.is_one() {
                        return;
                    }
                    if is_moved {
                        self.bus.topics_changed();
                    }
                }
                Heard::Lost if self.open.session.is_one() => return,
                Heard::Lost => {
                    self.channels().joined.clear();
                    self.bus.topics_changed();
                }
            }
        }
    }

    /// Never waits: a match that has to be caught up with holds up no other.
    fn take(&self, match_id: &str, payload: Vec<u8>) {
        match read(payload) {
            News::Update(published) => self.hub.hear(match_id, published),
            News::Position(position) => self.hub.catch_up_soon(match_id, Some(position)),
            News::Look => self.hub.look_soon(match_id),
        }
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of listening to a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joined {
    Not,
    /// And the tail held the position that this process was at: nothing is missing.
    Proven,
    /// The tail did not reach back so far.
    Unproven,
}
