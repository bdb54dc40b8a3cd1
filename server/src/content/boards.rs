//! Boards of this process, each read once until something is published.

use super::board::{self, Board, Whose};
use cms::Error;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;
use tokio::sync::OnceCell;

/// Boards that are kept, some 10 KB each; beyond, all are dropped and read anew as they are asked for.
const BOARDS_MAX: usize = 2048;

/// A board as its readers get it.
pub(crate) struct Answer {
    pub(crate) body: String,
    number: i64,
}

type Cell = Arc<OnceCell<Arc<Answer>>>;

/// Cloning shares them.
#[derive(Clone, Default)]
pub struct Boards {
    kept: Arc<Mutex<HashMap<Whose, Cell>>>,
    /// Of the last news that this process has heard.
    heard: Arc<AtomicI64>,
}

impl Boards {
    /// Something was published: what is kept is old.
    pub(super) fn hear(&self, number: i64) {
        self.heard.fetch_max(number, Ordering::AcqRel);
        self.kept().clear();
    }

    /// The board of such a reader; read by the first who asks, while the others wait. `players` is asked for the names of the match's players.
    pub(crate) async fn of(
        &self,
        store: &Store,
        whose: Whose,
        base: &str,
        now: Timestamp,
        players: impl FnOnce() -> Vec<String>,
    ) -> Result<Arc<Answer>, Error> {
        let cell = self.cell(&whose);
        let read = async || {
            let players = players();
            let board = store
                .read("content.board", async |db| board::read(db, &whose, &players, base, now).await)
                .await?;
            Ok::<_, Error>(Arc::new(answer(&board)))
        };
        let answer = cell.get_or_try_init(read).await?.clone();
        if answer.number < self.heard.load(Ordering::Acquire) {
            // Read before something that has been told since: it is for those who asked then.
            let mut kept = self.kept();
            if kept.get(&whose).is_some_and(|it| Arc::ptr_eq(it, &cell)) {
                kept.remove(&whose);
            }
        }
        Ok(answer)
    }

    fn cell(&self, whose: &Whose) -> Cell {
        let mut kept = self.kept();
        if !kept.contains_key(whose) && kept.len() >= BOARDS_MAX {
            kept.clear();
        }
        kept.entry(whose.clone()).or_default().clone()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Whose, Cell>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(board: &Board) -> Answer {
    let body = serde_json::to_string(board).expect("texts and numbers are JSON");
    Answer { body, number: board.number }
}

/// The same with a draft in it, which is kept nowhere.
pub(crate) async fn with_draft(
    store: &Store,
    whose: &Whose,
    draft: &cms::preview::Preview,
    players: &[String],
    (base, now): (&str, Timestamp),
) -> Result<Answer, Error> {
    let board = store.read("content.preview", async |db| {
        let board = board::read(db, whose, players, base, now).await?;
        board.with_draft(db, draft, base, now).await
    });
    Ok(answer(&board.await?))
}
