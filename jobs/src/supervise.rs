//! Tasks that are started again when they fail, after Erlang's supervisors: who depends on whom is said once, in the order of starting, and a
//! failure that restarts do not mend goes up to whoever can do more about it.

use crate::handler::panicked;
use crate::retry::Backoff;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long an aborted child may take to end before it is reported: one that blocks its thread never does.
const STUCK: Duration = Duration::from_secs(1);

/// Who is started again with a child that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Nobody else.
    OneForOne,
    /// Those that were started after it, which may rest upon it.
    RestForOne,
    /// All.
    OneForAll,
}

/// When a child is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// However it ended.
    Permanent,
    /// Where it failed or panicked.
    Transient,
    /// Never.
    Temporary,
}

type Running = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A task under a supervisor.
pub struct Child {
    name: String,
    restart: Restart,
    grace: Duration,
    start: Box<dyn Fn(CancellationToken) -> Running + Send + Sync>,
}

impl Child {
    /// `start` is called at each start. When the token is cancelled the child is to end in order, within its grace of 10 s; then it is aborted.
    pub fn new<S, F, E>(name: &str, restart: Restart, start: S) -> Child
    where
        S: Fn(CancellationToken) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        Child {
            name: name.to_owned(),
            restart,
            grace: Duration::from_secs(10),
            start: Box::new(move |stop| {
                let running = start(stop);
                Box::pin(async move { running.await.map_err(|error| error.to_string()) })
            }),
        }
    }

    #[must_use]
    pub fn grace(self, grace: Duration) -> Child {
        Child { grace, ..self }
    }
}

/// A supervisor gave up: its children failed more often than it bears.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "supervisor {supervisor} gave up: {child} {reason}, and was started {restarts} times within {within:?}"
)]
pub struct Escalated {
    pub supervisor: String,
    pub child: String,
    pub reason: String,
    pub restarts: usize,
    pub within: Duration,
}

/// Starts children in their order, starts them again by its strategy, and stops them in reverse.
pub struct Supervisor {
    name: String,
    strategy: Strategy,
    restarts_max: usize,
    within: Duration,
    pause: Backoff,
    children: Vec<Child>,
}

impl Supervisor {
    /// One that gives up at the fourth restart within five seconds.
    pub fn new(name: &str, strategy: Strategy) -> Supervisor {
        Supervisor {
            name: name.to_owned(),
            strategy,
            restarts_max: 3,
            within: Duration::from_secs(5),
            pause: Backoff { first: Duration::from_millis(10), longest: Duration::from_secs(1) },
            children: Vec::new(),
        }
    }

    /// How many restarts it bears in any such time; one more, and it stops all children and fails.
    #[must_use]
    pub fn intensity(self, restarts_max: usize, within: Duration) -> Supervisor {
        Supervisor { restarts_max, within, ..self }
    }

    /// The pauses before restarts that follow each other within the intensity's time.
    #[must_use]
    pub fn pause(self, pause: Backoff) -> Supervisor {
        Supervisor { pause, ..self }
    }

    #[must_use]
    pub fn child(mut self, child: Child) -> Supervisor {
        self.children.push(child);
        self
    }

    /// Runs until `stop` is cancelled, or all children have ended for good. As a child of another supervisor, its failure is that one's to
    /// answer: `Child::new("mails", Restart::Permanent, |stop| mails().run(stop))`.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Escalated> {
        let mut house = House::default();
        for place in 0..self.children.len() {
            house.start(place, &self.children[place]);
        }
        let mut restarts: VecDeque<Instant> = VecDeque::new();
        loop {
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    house.stop_from(0, &self.children).await;
                    return Ok(());
                }
                ended = house.next() => ended,
            };
            let Some((place, result)) = ended else { return Ok(()) };
            let child = &self.children[place];
            let (supervisor, name) = (self.name.as_str(), child.name.as_str());
            let again = match (&result, child.restart) {
                (_, Restart::Permanent) | (Err(_), Restart::Transient) => true,
                (_, Restart::Temporary) | (Ok(()), Restart::Transient) => false,
            };
            let reason = result.err().unwrap_or_else(|| "ended".to_owned());
            if !again {
                tracing::debug!(supervisor, child = name, reason, "ended for good");
                continue;
            }
            let now = Instant::now();
            restarts.retain(|it| now.duration_since(*it) < self.within);
            if restarts.len() >= self.restarts_max {
                tracing::error!(supervisor, child = name, reason, "fails too often: giving up");
                let escalated = Escalated {
                    supervisor: self.name.clone(),
                    child: child.name.clone(),
                    reason,
                    restarts: restarts.len(),
                    within: self.within,
                };
                house.stop_from(0, &self.children).await;
                return Err(escalated);
            }
            restarts.push_back(now);
            tracing::warn!(supervisor, child = name, reason, "starting again");
            metrics::counter!("jobs_restarts_total", "supervisor" => self.name.clone(), "child" => child.name.clone())
                .increment(1);
            let first = match self.strategy {
                Strategy::OneForOne => usize::MAX,
                Strategy::RestForOne => place,
                Strategy::OneForAll => 0,
            };
            // Whoever lives and is stopped with it.
            let mut places = house.living_from(first);
            house.stop_from(first, &self.children).await;
            places.push(place);
            places.sort_unstable();
            let pause = self.pause.pause(u16::try_from(restarts.len()).unwrap_or(u16::MAX));
            tokio::select! {
                () = stop.cancelled() => continue,
                () = tokio::time::sleep(pause) => {}
            }
            for place in places {
                house.start(place, &self.children[place]);
            }
        }
    }
}

/// The children that live.
#[derive(Default)]
struct House {
    tasks: JoinSet<Result<(), String>>,
    places: HashMap<Id, usize>,
    live: HashMap<usize, (CancellationToken, AbortHandle)>,
    /// Ended while others were being stopped, and not looked at yet.
    ended: VecDeque<(usize, Result<(), String>)>,
}

impl House {
    fn start(&mut self, place: usize, child: &Child) {
        let stop = CancellationToken::new();
        let abort = self.tasks.spawn((child.start)(stop.clone()));
        self.places.insert(abort.id(), place);
        self.live.insert(place, (stop, abort));
    }

    fn living_from(&self, first: usize) -> Vec<usize> {
        self.live.keys().copied().filter(|it| *it >= first).collect()
    }

    /// The next child that ends, and how; `None` when none lives.
    async fn next(&mut self) -> Option<(usize, Result<(), String>)> {
        if let Some(ended) = self.ended.pop_front() {
            return Some(ended);
        }
        self.join().await
    }

    async fn join(&mut self) -> Option<(usize, Result<(), String>)> {
        loop {
            if self.live.is_empty() {
                return None;
            }
            let (id, result) = match self.tasks.join_next_with_id().await? {
                Ok(ended) => ended,
                Err(error) => (error.id(), Err(panicked(error))),
            };
            // One that did not end when it was aborted, and does now, is nobody any more.
            let Some(place) = self.places.remove(&id) else { continue };
            self.live.remove(&place);
            return Some((place, result));
        }
    }

    /// Stops the children from this place on, the last one first.
    async fn stop_from(&mut self, first: usize, children: &[Child]) {
        let mut places = self.living_from(first);
        places.sort_unstable();
        while let Some(place) = places.pop() {
            let Some((stop, abort)) = self.live.get(&place).cloned() else { continue };
            let child = &children[place];
            stop.cancel();
            if self.has_ended(place, first, child.grace).await {
                continue;
            }
            tracing::warn!(child = child.name, grace = ?child.grace, "did not end within its grace: aborted");
            abort.abort();
            if !self.has_ended(place, first, STUCK).await {
                tracing::error!(
                    child = child.name,
                    "does not end although it was aborted: it blocks a thread"
                );
                metrics::counter!("jobs_stuck_total", "child" => child.name.clone()).increment(1);
                self.live.remove(&place);
                self.places.remove(&abort.id());
            }
        }
    }

    /// Waits for a child that is being stopped, as those from `first` on are; what ends of the others is looked at later.
    async fn has_ended(&mut self, place: usize, first: usize, grace: Duration) -> bool {
        let deadline = Instant::now() + grace;
        while self.live.contains_key(&place) {
            match tokio::time::timeout_at(deadline, self.join()).await {
                Ok(Some((other, result))) if other < first => self.ended.push_back((other, result)),
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        true
    }
}
