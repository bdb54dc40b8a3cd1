//! The doorbell: who waits for jobs hears at once that there are some. It is a hint, rung after the commit and as seldom as it can be: while
//! one ring is on its way, all others wait and go together in the next. What nobody heard is found by looking every half second.

use crate::queue;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::Notify;

/// PostgreSQL's channel. What is said: the name of the bell that rings, a blank, and the name of a queue with news, or [`CANCEL`].
pub(crate) const CHANNEL: &str = "crease_jobs";

/// No queue has such a name.
const CANCEL: &str = "!";

/// How long others wait for the ring where this process has a worker that heard of it already.
const OWN_FIRST: Duration = Duration::from_millis(1);

/// Between two rings: each is a transaction that all others' commits wait for.
const PAUSE: Duration = Duration::from_millis(2);

/// After how long a lost connection is made again.
const AGAIN: Duration = Duration::from_millis(500);

/// One for a [`Store`] and its clones.
pub(crate) struct Bell {
    /// Tells its own rings, which were heard without PostgreSQL, from the others'.
    name: String,
    state: Mutex<State>,
}

impl Default for Bell {
    fn default() -> Self {
        Self { name: format!("{:x}", rand::random::<u64>()), state: Mutex::default() }
    }
}

#[derive(Default)]
struct State {
    /// What the next ring says.
    news: BTreeSet<String>,
    /// Partitions with new jobs, which may have to go to the head.
    partitions: BTreeSet<(String, String)>,
    is_ringing: bool,
    is_listening: bool,
    ears: HashMap<u64, Arc<Ear>>,
    ears_ever: u64,
}

/// What a worker hears with.
pub(crate) struct Ear {
    queue: String,
    /// There may be jobs.
    pub(crate) jobs: Notify,
    /// A running job may have been cancelled.
    pub(crate) cancelled: Notify,
}

/// Hears until it is dropped.
pub(crate) struct Hearing {
    bell: Arc<Bell>,
    number: u64,
    pub(crate) ear: Arc<Ear>,
}

pub(crate) fn of(store: &Store) -> Arc<Bell> {
    store.shared()
}

impl Bell {
    /// That there is a job in that queue, and in that partition of it.
    pub(crate) fn ring(self: &Arc<Self>, store: &Store, queue: String, partition: Option<String>) {
        let mut state = self.lock();
        match partition {
            Some(key) => {
                state.partitions.insert((queue, key));
            }
            None => {
                state.tell(&queue);
                state.news.insert(queue);
            }
        }
        self.say(state, store);
    }

    /// That a running job is to be ended.
    pub(crate) fn cancel(self: &Arc<Self>, store: &Store) {
        let mut state = self.lock();
        state.tell(CANCEL);
        state.news.insert(CANCEL.to_owned());
        self.say(state, store);
    }

    fn say(self: &Arc<Self>, mut state: MutexGuard<'_, State>, store: &Store) {
        if !std::mem::replace(&mut state.is_ringing, true) {
            tokio::spawn(Arc::clone(self).say_all(store.clone()));
        }
    }

    async fn say_all(self: Arc<Self>, store: Store) {
        // With another process's workers alone there is no time to lose; with one's own there is a claim that should not wait for the ring.
        if !self.lock().ears.is_empty() {
            tokio::time::sleep(OWN_FIRST).await;
        }
        loop {
            let (mut news, partitions) = {
                let mut state = self.lock();
                if state.news.is_empty() && state.partitions.is_empty() {
                    state.is_ringing = false;
                    return;
                }
                (std::mem::take(&mut state.news), std::mem::take(&mut state.partitions))
            };
            // Whoever does not hear of it looks by itself before long.
            if !partitions.is_empty() {
                match queue::promote(&store, &partitions).await {
                    Ok(queues) => {
                        let state = self.lock();
                        queues.iter().for_each(|it| state.tell(it));
                        news.extend(queues);
                    }
                    Err(error) => tracing::debug!(%error, "new jobs of partitions wait for the next look"),
                }
            }
            let said: Vec<String> = news.iter().map(|it| format!("{} {it}", self.name)).collect();
            if !said.is_empty()
                && let Err(error) = queue::notify(&store, &said).await
            {
                tracing::debug!(%error, "the doorbell is out of order");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Hears of jobs in this queue, from this process and from others.
    pub(crate) fn hear(self: &Arc<Self>, store: &Store, queue: &str) -> Hearing {
        let ear = Ear { queue: queue.to_owned(), jobs: Notify::new(), cancelled: Notify::new() };
        let ear = Arc::new(ear);
        let mut state = self.lock();
        state.ears_ever += 1;
        let number = state.ears_ever;
        state.ears.insert(number, Arc::clone(&ear));
        if !std::mem::replace(&mut state.is_listening, true) {
            tokio::spawn(Arc::clone(self).listen(store.clone()));
        }
        Hearing { bell: Arc::clone(self), number, ear }
    }

    /// As long as somebody hears.
    async fn listen(self: Arc<Self>, store: Store) {
        loop {
            let mut listener = match store.listen(CHANNEL).await {
                Ok(listener) => listener,
                Err(error) => {
                    tracing::debug!(%error, "nobody hears the doorbell of other processes");
                    tokio::time::sleep(AGAIN).await;
                    if self.is_alone() {
                        return;
                    }
                    continue;
                }
            };
            loop {
                let said = tokio::time::timeout(AGAIN, listener.next()).await;
                if self.is_alone() {
                    return;
                }
                match said {
                    Ok(Some(said)) => self.heard(&said),
                    Ok(None) => break,
                    Err(_) => {}
                }
            }
        }
    }

    fn heard(&self, said: &str) {
        match said.split_once(' ') {
            Some((bell, news)) if bell != self.name => self.lock().tell(news),
            _ => {}
        }
    }

    /// Whether nobody hears any more; then listening ends.
    fn is_alone(&self) -> bool {
        let mut state = self.lock();
        state.is_listening = !state.ears.is_empty();
        !state.is_listening
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&self, news: &str) {
        for ear in self.ears.values() {
            if news == CANCEL {
                ear.cancelled.notify_one();
            } else if ear.queue == news {
                ear.jobs.notify_one();
            }
        }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.bell.lock().ears.remove(&self.number);
    }
}
