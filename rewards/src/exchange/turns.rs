//! One at a time of those who want the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

type Queue = Arc<tokio::sync::Mutex<()>>;

/// Whose turn it is, by name. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<String, Queue>>>);

/// Its holder's turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    name: String,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for those who came before.
    pub(crate) async fn wait(&self, name: &str) -> Turn {
        let queue = Arc::clone(self.lock().entry(name.to_owned()).or_default());
        // Also who goes away while it waits takes the name out, if nobody else wants it.
        let mut turn = Turn { turns: self.clone(), name: name.to_owned(), guard: None };
        turn.guard = Some(queue.lock_owned().await);
        turn
    }

    /// None where somebody is there.
    pub(crate) fn take(&self, name: &str) -> Option<Turn> {
        let queue = Arc::clone(self.lock().entry(name.to_owned()).or_default());
        let guard = queue.try_lock_owned().ok()?;
        Some(Turn { turns: self.clone(), name: name.to_owned(), guard: Some(guard) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.guard = None;
        let mut all = self.turns.lock();
        // Whoever waits has a clone of it.
        if all.get(&self.name).is_some_and(|it| Arc::strong_count(it) == 1) {
            all.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_later_waits_and_nothing_stays() {
        let turns = Turns::default();
        let first = turns.wait("a").await;
        assert!(turns.take("a").is_none());
        let other = turns.take("b").unwrap();
        let (waiting, shared) = (turns.clone(), turns.clone());
        let second = tokio::spawn(async move { waiting.wait("a").await });
        let gone = tokio::spawn(async move { shared.wait("a").await });
        tokio::task::yield_now().await;
        gone.abort();
        let _aborted = gone.await;
        drop((first, other));
        drop(second.await.unwrap());
        assert!(turns.lock().is_empty(), "{turns:?}");
    }
}
