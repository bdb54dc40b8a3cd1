//! A worker at work: claims, spawns, settles. Beats and duties are tasks of their own ([`crate::heart`]), so that none waits for another.

use crate::attempt::Attempt;
use crate::bell::Hearing;
use crate::error::Error;
use crate::handler::{self, Answer, Meter, NotDone, panicked};
use crate::hands::Hands;
use crate::heart::{Load, until};
use crate::node::{BEAT, Pulse};
use crate::queue::{self, Claimed, Known, Order, Outcome, Place, Turned};
use crate::tally::{self, Tally};
use crate::trace;
use crate::worker::Worker;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use opentelemetry::trace::Status;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// How many turns are on their way at once: while one commits, the other's jobs run.
const TURNS_MAX: usize = 2;

/// For how long an attempt may be over its time before it counts as one that does not let go of its thread.
const STUCK: Duration = Duration::from_secs(1);

/// How often figures are written down.
const TALLY: Duration = Duration::from_secs(5);

/// What a running worker holds.
pub(crate) struct Shift<'w> {
    worker: &'w Worker,
    known: Arc<Known>,
    epoch: i64,
    pulse: watch::Receiver<Pulse>,
    hearing: Hearing,
    load: Arc<Load>,
    /// Of each kind: for the metrics of this process, and for the charts of all.
    meters: Vec<Meter>,
    tallies: Vec<Tally>,
    tallied: Instant,
    running: JoinSet<Answer>,
    jobs: HashMap<Id, Running>,
    /// Claimed, and not begun: as few as begin while the next turn is on its way.
    buffer: VecDeque<Claimed>,
    /// Not written down yet, and not being written down either.
    outcomes: Vec<(Claimed, Outcome)>,
    /// Driven by the worker itself: to hand them to another task and back takes longer than they do.
    turns: FuturesUnordered<Pin<Box<dyn Future<Output = Turn> + Send>>>,
    /// How many jobs the turns that are on their way ask for.
    asked: usize,
    /// Whether there may be ready jobs, and how often that was heard.
    is_wanting: bool,
    heard: u64,
    /// What had been heard when the queue was last looked at from its front, and where the last look from there ended.
    looked: u64,
    behind: Place,
    /// Ended by their handlers themselves, and those of which it is being asked whether they have.
    completed: Vec<Completed>,
    checks: JoinSet<(Vec<Completed>, Result<u64, Error>)>,
    /// The last turn's number, and what was taken with which.
    turn: i64,
    hands: Hands,
    /// How many ended since the last turn.
    ended: usize,
    /// After a failure of the database, or until there is a token.
    not_before: Option<Instant>,
}

struct Running {
    attempt: Attempt,
    begun: Instant,
    time_max: Duration,
    abort: AbortHandle,
    is_cancelled: bool,
}

/// A job that its handler has ended in a transaction of its own.
#[derive(Clone, Copy)]
struct Completed {
    id: i64,
    attempt: i16,
    turn: i64,
}

/// A turn that has come back.
struct Turn {
    order: Order,
    heard: u64,
    outcomes: Vec<(Claimed, Outcome)>,
    let_go: Vec<i64>,
    turned: Result<Turned, Error>,
}

type Ended = Result<(Id, Answer), JoinError>;

impl<'w> Shift<'w> {
    pub(crate) fn new(
        worker: &'w Worker,
        known: Arc<Known>,
        pulse: watch::Receiver<Pulse>,
        hearing: Hearing,
        load: Arc<Load>,
    ) -> Shift<'w> {
        let meters = worker.handlers.iter().map(|it| Meter::new(&worker.queue, it.kind)).collect();
        let epoch = pulse.borrow().epoch;
        Shift {
            epoch,
            worker,
            known,
            pulse,
            hearing,
            load,
            meters,
            tallies: vec![Tally::default(); worker.handlers.len()],
            tallied: Instant::now(),
            running: JoinSet::new(),
            jobs: HashMap::new(),
            buffer: VecDeque::new(),
            outcomes: Vec::new(),
            turns: FuturesUnordered::new(),
            asked: 0,
            is_wanting: true,
            heard: 1,
            looked: 0,
            behind: Place::FRONT,
            completed: Vec::new(),
            checks: JoinSet::new(),
            turn: 0,
            hands: Hands::default(),
            ended: 0,
            not_before: None,
        }
    }

    /// Until `stop` resolves, and what runs has ended or has had its grace; `tasks` go with it.
    pub(crate) async fn run(
        mut self,
        stop: impl Future<Output = ()>,
        tasks: JoinSet<()>,
    ) -> Result<(), Error> {
        tokio::pin!(stop);
        loop {
            self.turn();
            let ear = Arc::clone(&self.hearing.ear);
            tokio::select! {
                () = &mut stop => break,
                _ = self.pulse.changed() => self.feel(),
                Some(turn) = self.turns.next() => self.turned(turn),
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
                Some(checked) = self.checks.join_next() => self.checked(checked),
                () = ear.jobs.notified() => self.want(),
                () = until(self.not_before) => self.not_before = None,
            }
            while let Some(ended) = self.running.try_join_next_with_id() {
                self.ended(ended);
            }
            while let Some(Some(turn)) = self.turns.next().now_or_never() {
                self.turned(turn);
            }
            self.begin();
        }
        self.finish(tasks).await
    }

    /// There may be ready jobs.
    fn want(&mut self) {
        self.is_wanting = true;
        self.heard += 1;
    }

    /// A beat has told something, and be it that it is time to look for jobs.
    fn feel(&mut self) {
        let pulse = self.pulse.borrow_and_update().clone();
        self.want();
        if pulse.epoch != self.epoch {
            // Ended without being waited for: one that blocks its thread must not hold up the others.
            self.epoch = pulse.epoch;
            self.running = JoinSet::new();
            self.jobs.clear();
            self.buffer.clear();
            self.outcomes.clear();
            self.completed.clear();
            self.checks = JoinSet::new();
            self.hands = Hands::default();
        }
        for running in self.jobs.values_mut().filter(|it| pulse.cancelled.contains(&it.attempt.job_id())) {
            running.is_cancelled = true;
            running.abort.abort();
        }
        self.buffer.retain(|job| {
            let is_cancelled = pulse.cancelled.contains(&job.id);
            if is_cancelled {
                self.outcomes.push((job.clone(), Outcome::Cancelled));
            }
            !is_cancelled
        });
        if self.tallied.elapsed() >= TALLY {
            let (store, known, epoch) = (self.worker.store.clone(), Arc::clone(&self.known), self.epoch);
            let tallies = self.take_tallies();
            tokio::spawn(async move {
                if let Err(error) = tally::write(&store, &known, epoch, &tallies).await {
                    tracing::debug!(%error, "some figures are lost");
                }
            });
        }
        self.note_progress();
        self.check_completed();
        self.give_back_lost();
        self.let_go_of_the_stuck();
    }

    fn take_tallies(&mut self) -> Vec<Tally> {
        self.tallied = Instant::now();
        let none = vec![Tally::default(); self.tallies.len()];
        std::mem::replace(&mut self.tallies, none)
    }

    fn note_progress(&mut self) {
        let notes: Vec<(i64, i16, f32, String)> = self
            .jobs
            .values()
            .filter_map(|it| {
                let job = it.attempt.job();
                it.attempt.take_progress().map(|progress| (job.id, job.attempt, progress.done, progress.note))
            })
            .collect();
        if notes.is_empty() {
            return;
        }
        let (store, epoch) = (self.worker.store.clone(), self.epoch);
        tokio::spawn(async move {
            if let Err(error) = queue::note_progress(&store, epoch, &notes).await {
                tracing::debug!(%error, "how far jobs are was not written down");
            }
        });
    }

    /// A handler that says that it ended its job, and whose transaction was not committed, has not done it.
    fn check_completed(&mut self) {
        if self.completed.is_empty() {
            return;
        }
        let (store, epoch, completed) =
            (self.worker.store.clone(), self.epoch, std::mem::take(&mut self.completed));
        self.checks.spawn(async move {
            let jobs: Vec<(i64, i16)> = completed.iter().map(|it| (it.id, it.attempt)).collect();
            let back = queue::give_back(&store, epoch, &jobs).await;
            (completed, back)
        });
    }

    fn checked(&mut self, checked: Result<(Vec<Completed>, Result<u64, Error>), JoinError>) {
        let Ok((completed, back)) = checked else { return };
        match back {
            Ok(back) => {
                if back > 0 {
                    tracing::error!(
                        back,
                        "jobs were ended in transactions that were not committed: they run again"
                    );
                }
                completed.iter().for_each(|it| self.hands.ended(it.turn));
            }
            Err(error) => {
                tracing::warn!(%error, "whether jobs were ended by their handlers is not known yet");
                self.completed.extend(completed);
            }
        }
    }

    /// A turn without an answer may have taken jobs, and be it later: nobody runs them.
    fn give_back_lost(&mut self) {
        let turns = self.hands.lost();
        if turns.is_empty() {
            return;
        }
        let (store, epoch, ear) = (self.worker.store.clone(), self.epoch, Arc::clone(&self.hearing.ear));
        tokio::spawn(async move {
            match queue::give_back_turns(&store, epoch, &turns).await {
                Ok(0) => {}
                Ok(back) => {
                    tracing::warn!(back, "jobs were taken without an answer: they are back in their queue");
                    ear.jobs.notify_one();
                }
                Err(error) => tracing::debug!(%error, "jobs may have been taken without an answer"),
            }
        });
    }

    /// An attempt that is long over its time blocks its thread: it cannot be ended, but its job fails, and its place is given to another.
    fn let_go_of_the_stuck(&mut self) {
        let now = Instant::now();
        let stuck = |it: &Running| now.saturating_duration_since(it.begun) > it.time_max + STUCK;
        let ids: Vec<Id> = self.jobs.iter().filter(|(_, it)| stuck(it)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(running) = self.jobs.remove(&id) else { continue };
            let job = running.attempt.job();
            let kind = self.known.kinds[job.kind];
            tracing::error!(job = job.id, kind, "does not end although its time is over: it blocks a thread");
            metrics::counter!("jobs_stuck_total", "queue" => self.known.queue.clone(), "kind" => kind)
                .increment(1);
            running.abort.abort();
            let reason = format!("blocks its thread beyond its {} ms", running.time_max.as_millis());
            self.settle(running.attempt.job().clone(), Err(NotDone::Retry(reason)));
        }
    }

    /// Sends outcomes on their way and asks for as many new jobs as there is room for.
    fn turn(&mut self) {
        let held = self.jobs.len() + self.buffer.len();
        let load = Arc::clone(&self.load);
        let mut grip = load.grip();
        grip.held = held + self.asked;
        if self.turns.len() >= TURNS_MAX || self.not_before.is_some_and(|it| it > Instant::now()) {
            return;
        }
        let (slots, is_rated) = (grip.most, self.pulse.borrow().is_rated);
        let concurrency = self.worker.concurrency;
        // What ended since the last turn is what will end until the next one comes back.
        let wanted = (concurrency + self.ended.min(concurrency)).min(slots).saturating_sub(held + self.asked);
        let is_limited = slots < concurrency && self.is_wanting;
        if !grip.is_open {
            self.load.is_hungry.store(is_limited && wanted == 0, Ordering::Relaxed);
        }
        let most = if self.is_wanting { wanted.min(concurrency) } else { 0 };
        // Beside another turn a small one is not worth its commit: its jobs go with the next.
        let is_small = self.outcomes.len() + most < concurrency / 2;
        if self.outcomes.is_empty() && most == 0 || is_small && !self.turns.is_empty() {
            return;
        }
        self.ended = 0;
        let outcomes = std::mem::take(&mut self.outcomes);
        self.asked += most;
        grip.held += most;
        drop(grip);
        let (store, known) = (self.worker.store.clone(), Arc::clone(&self.known));
        if most > 0 && self.looked < self.heard {
            self.looked = self.heard;
            self.behind = Place::FRONT;
        }
        self.turn += 1;
        let order = Order { epoch: self.epoch, turn: self.turn, most, behind: self.behind, is_rated };
        let (heard, let_go) = (self.heard, self.hands.take_empty());
        self.turns.push(Box::pin(async move {
            let turned = queue::turn(&store, &known, &outcomes, &let_go, order).await;
            Turn { order, heard, outcomes, let_go, turned }
        }));
    }

    fn turned(&mut self, turn: Turn) {
        self.asked -= turn.order.most;
        // A node that was taken for dead in the meantime has lost what it asked for.
        let is_own = turn.order.epoch == self.epoch;
        match turn.turned {
            Ok(turned) => {
                if turned.late > 0 {
                    tracing::warn!(
                        late = turned.late,
                        "jobs had gone to another node before they ended here"
                    );
                }
                if !is_own {
                    return;
                }
                turn.outcomes.iter().for_each(|(job, _)| self.hands.ended(job.turn));
                self.hands.took(turn.order.turn, turned.claimed.len());
                if turned.claimed.len() < turn.order.most && turn.heard == self.heard {
                    // None behind that place; before it there may be some that came back.
                    self.is_wanting = turn.order.behind > Place::FRONT;
                    self.looked = self.heard - u64::from(self.is_wanting);
                }
                if let Some(last) = turned.last {
                    self.behind = last;
                }
                if let Some(pause) = turned.token_in.filter(|it| !it.is_zero()) {
                    self.want();
                    self.not_before = Some(Instant::now() + pause);
                }
                self.buffer.extend(turned.claimed);
            }
            Err(error) => {
                tracing::warn!(%error, queue = self.known.queue, "jobs have to wait for the database");
                self.not_before = Some(Instant::now() + BEAT);
                if is_own {
                    self.outcomes.extend(turn.outcomes);
                    self.hands.unanswered(turn.order.turn, turn.let_go);
                }
            }
        }
    }

    /// Begins what was claimed, as far as there is room.
    fn begin(&mut self) {
        while self.jobs.len() < self.worker.concurrency {
            let Some(job) = self.buffer.pop_front() else { return };
            self.start(job);
        }
    }

    fn start(&mut self, job: Claimed) {
        self.meters[job.kind].waited.record(job.waited.as_secs_f64());
        self.tallies[job.kind].begin(job.waited);
        let attempt = Attempt::new(self.worker.store.clone(), self.epoch, job);
        let job = attempt.job();
        let time_max = job.time_max.unwrap_or(self.worker.time_max);
        let kind = self.known.kinds[job.kind];
        let span = tracing::info_span!(
            "job",
            otel.name = kind,
            otel.kind = "consumer",
            queue = self.known.queue,
            kind,
            job = job.id,
            attempt = job.attempt
        );
        match job.trace.as_deref() {
            Some(from) if job.is_soon => trace::join(&span, from),
            // Such a trace would go on for hours, and one of jobs that enqueue each other for ever.
            Some(from) => trace::link(&span, from),
            None => {}
        }
        match span.in_scope(|| (self.worker.handlers[job.kind].handle)(job, attempt.clone())) {
            Ok(handled) => {
                let own = span.clone();
                let timed = async move {
                    step_back().await;
                    let answer = handler::within(time_max, handled).await;
                    if let Err(NotDone::Retry(reason) | NotDone::Dead(reason)) = &answer {
                        own.set_status(Status::error(reason.clone()));
                    }
                    answer
                };
                let abort = self.running.spawn(timed.instrument(span));
                let begun = Instant::now();
                let id = abort.id();
                self.jobs.insert(id, Running { attempt, begun, time_max, abort, is_cancelled: false });
            }
            Err(not_done) => self.settle(job.clone(), Err(not_done)),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let (id, answer) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(NotDone::Retry(panicked(error)))),
        };
        let Some(running) = self.jobs.remove(&id) else { return };
        self.ended += 1;
        let job = running.attempt.job();
        let took = running.begun.elapsed();
        self.meters[job.kind].ran.record(took.as_secs_f64());
        self.tallies[job.kind].ran(took);
        if running.is_cancelled && answer.is_err() {
            self.count(job.kind, &Outcome::Cancelled);
            self.outcomes.push((job.clone(), Outcome::Cancelled));
        } else if running.attempt.is_completed() && answer.is_ok() {
            // It ended in a transaction of its own, if that was committed.
            self.count(job.kind, &Outcome::Done { result: None });
            self.completed.push(Completed { id: job.id, attempt: job.attempt, turn: job.turn });
        } else {
            self.settle(job.clone(), answer);
        }
    }

    fn settle(&mut self, job: Claimed, answer: Answer) {
        let outcome = handler::outcome(&job, answer, &self.worker.backoff);
        let kind = self.known.kinds[job.kind];
        match &outcome {
            Outcome::Discard { reason } => tracing::info!(job = job.id, kind, reason, "discarded"),
            Outcome::Dead { reason } => tracing::warn!(job = job.id, kind, reason, "dead"),
            _ => {}
        }
        self.count(job.kind, &outcome);
        self.outcomes.push((job, outcome));
    }

    fn count(&mut self, kind: usize, outcome: &Outcome) {
        self.meters[kind].count(outcome);
        self.tallies[kind].end(outcome);
    }

    /// Lets what runs end within the grace; the rest, and what was not begun, goes back. The node goes on beating meanwhile.
    async fn finish(mut self, mut tasks: JoinSet<()>) -> Result<(), Error> {
        self.worker.health.stops();
        let deadline = Instant::now() + self.worker.grace;
        while !self.jobs.is_empty() || !self.turns.is_empty() {
            tokio::select! {
                () = tokio::time::sleep_until(deadline), if !self.jobs.is_empty() => break,
                Some(turn) = self.turns.next() => self.turned(turn),
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
                _ = self.pulse.changed() => self.feel(),
            }
        }
        while let Some(turn) = self.turns.next().await {
            self.turned(turn);
        }
        self.running.abort_all();
        let tallies = self.take_tallies();
        let (store, epoch) = (&self.worker.store, self.epoch);
        queue::settle(store, epoch, &self.outcomes).await?;
        tally::write(store, &self.known, epoch, &tallies).await?;
        tasks.shutdown().await;
        let released = queue::release(store, &self.known.queue, epoch).await?;
        if released > 0 {
            tracing::info!(released, "jobs that did not end in time went back to their queue");
        }
        Ok(())
    }
}

/// Lets others run first, once. A thread of tokio that takes a task from elsewhere may keep another one aside, which no other thread can take
/// while this one is at work: a handler that blocks would hold it up, and it may be a connection to the database. What steps back runs after
/// it, and in the order in which it came (tokio's own `yield_now` turns the order around).
async fn step_back() {
    let mut is_back = false;
    std::future::poll_fn(|context| {
        if is_back {
            return Poll::Ready(());
        }
        is_back = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
