//! What a node took at each of its turns, and has not ended yet: in the database the rows of `jobs.hand`, by which its jobs are found when it is
//! gone. Here is known which of them may go, and of which turns no answer came.

use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// For how long a turn that had no answer may still come about.
const LOST: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Hands {
    /// How many jobs of each turn have not ended.
    open: HashMap<i64, usize>,
    /// Turns of which all have.
    empty: Vec<i64>,
    /// Turns without an answer, and since when.
    lost: Vec<(i64, Instant)>,
}

impl Hands {
    /// A turn took so many jobs.
    pub(crate) fn took(&mut self, turn: i64, jobs: usize) {
        if jobs > 0 {
            self.open.insert(turn, jobs);
        }
    }

    /// One of a turn's jobs has ended, and that is written down.
    pub(crate) fn ended(&mut self, turn: i64) {
        let Some(left) = self.open.get_mut(&turn) else { return };
        *left -= 1;
        if *left == 0 {
            self.open.remove(&turn);
            self.empty.push(turn);
        }
    }

    /// The turns whose rows may go.
    pub(crate) fn take_empty(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.empty)
    }

    /// A turn had no answer: it may have taken jobs, and may have let go of these turns or not.
    pub(crate) fn unanswered(&mut self, turn: i64, let_go: Vec<i64>) {
        self.empty.extend(let_go);
        self.lost.push((turn, Instant::now()));
    }

    /// The turns without an answer that may have come about.
    pub(crate) fn lost(&mut self) -> Vec<i64> {
        self.lost.retain(|(_, since)| since.elapsed() < LOST);
        self.lost.iter().map(|(turn, _)| *turn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_may_go_when_its_last_job_has_ended() {
        let mut hands = Hands::default();
        hands.took(1, 2);
        hands.took(2, 0);
        hands.took(3, 1);
        hands.ended(1);
        assert!(hands.take_empty().is_empty());
        hands.ended(3);
        hands.ended(1);
        hands.ended(1);
        hands.ended(9);
        assert_eq!(hands.take_empty(), [3, 1]);
        assert!(hands.take_empty().is_empty());
        hands.unanswered(4, vec![3, 1]);
        assert_eq!((hands.take_empty(), hands.lost()), (vec![3, 1], vec![4]), "again with the next");
    }
}
