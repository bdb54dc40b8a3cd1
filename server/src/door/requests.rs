//! The requests of one HTTP/2 connection: each can be cut off by itself, and it is known when there are none.

use crate::stream::Cut;
use hyper::rt::Executor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// hyper runs each request of a connection as a task of its own, by this. Cloning shares it.
#[derive(Clone)]
pub(super) struct Requests {
    state: Arc<Mutex<State>>,
}

struct State {
    open: usize,
    /// Whether there ever was one.
    have_begun: bool,
    /// When the last one ended, or the connection began.
    idle_since: Instant,
    /// Of the request that has come in, and whose task is about to be started.
    next: Option<Cut>,
}

impl Requests {
    /// None yet.
    pub(super) fn new() -> Self {
        let state = State { open: 0, have_begun: false, idle_since: Instant::now(), next: None };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// What ends the request that has just come in: its task is dropped, which resets its HTTP/2 stream and no other.
    ///
    /// Invariant: called by the connection's service, which hyper calls right before it starts the request's task.
    pub(super) fn cut_next(&self) -> Cut {
        self.state().next.insert(Cut::new()).clone()
    }

    /// Since when there has been no request; none while there is one.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.open == 0).then_some(state.idle_since)
    }

    /// Whether there ever was one.
    pub(super) fn have_begun(&self) -> bool {
        self.state().have_begun
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Requests {
    fn execute(&self, request: F) {
        let cut = {
            let mut state = self.state();
            state.open += 1;
            state.have_begun = true;
            state.next.take().unwrap_or_default()
        };
        let open = Open(self.clone());
        tokio::spawn(async move {
            let _open = open;
            cut.run_until_cancelled_owned(request).await;
        });
    }
}

/// Counts a request for as long as its task is there.
struct Open(Requests);

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.open -= 1;
        state.idle_since = Instant::now();
    }
}
