//! Quizzes of a process.

use store::{Clock, Store};

/// What does the jobs of quizzes: see [`Quizzes::on`]. Clones share everything.
#[derive(Clone)]
pub struct Quizzes {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

impl Quizzes {
    pub fn new(store: &Store, clock: &Clock) -> Self {
        Self { store: store.clone(), clock: clock.clone() }
    }
}
