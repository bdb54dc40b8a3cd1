//! How many have chosen what.
//!
//! The counters lie in the table and move in the transactions that write the answers, of whichever process: what they say is exact once that is
//! committed, and nobody has to count anew after a restart. Since answers to one question are written one batch after the other anyway, one row
//! for each choice is enough.

use crate::error::Error;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Clock, Row, Store};

/// How often the counters of a match are read at most, by one process, whoever asks.
pub const EVERY_MS: i64 = 250;
/// Matches whose counters are kept.
const MATCHES_MAX: usize = 256;

/// Of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// "qun_…"
    pub question: String,
    /// By choice; nobody's are left out.
    pub counts: BTreeMap<String, i64>,
    pub total: i64,
}

impl Tally {
    pub(crate) fn of_nobody(question: &str) -> Self {
        Self { question: question.to_owned(), counts: BTreeMap::new(), total: 0 }
    }

    /// [`Tally::percents`] of those choices that anybody has made, by choice.
    pub fn by_choice(&self) -> BTreeMap<String, i64> {
        let choices: Vec<&str> = self.counts.iter().filter(|it| *it.1 > 0).map(|it| it.0.as_str()).collect();
        let percents = self.percents(&choices);
        choices.into_iter().map(str::to_owned).zip(percents).collect()
    }

    /// Whole percents of each of these choices, which sum to 100 where anybody has answered: what rounding leaves goes to those that lost most, of
    /// these to the first by id.
    pub fn percents(&self, choices: &[&str]) -> Vec<i64> {
        let count = |it: &&str| self.counts.get(*it).copied().unwrap_or_default();
        let counts: Vec<i64> = choices.iter().map(count).collect();
        let total: i64 = counts.iter().sum();
        if total == 0 {
            return vec![0; counts.len()];
        }
        let mut percents: Vec<i64> = counts.iter().map(|it| it * 100 / total).collect();
        let left = 100 - percents.iter().sum::<i64>();
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|at| (-(counts[*at] * 100 % total), choices[*at]));
        for at in order.into_iter().take(usize::try_from(left).unwrap_or_default()) {
            percents[at] += 1;
        }
        percents
    }
}

// Of those that may change still, and are for all: each stream of a match is told of them.
const OF_MATCH: &str = "
    select q.id, t.choice, t.fans from quizzes.question q join quizzes.quiz z on z.number = q.quiz
    join quizzes.tally t on t.question = q.number
    where z.match_id = $1 and z.organisation_id is null and z.withdrawn_at is null and q.state in ('planned', 'open', 'locked')
    order by q.number, t.choice";

type OfMatch = (i64, Arc<Vec<Tally>>);

/// The counters of running questions, for all who are to be told of them: read from the table, and not more often than each [`EVERY_MS`].
/// Clones share them.
#[derive(Clone)]
pub struct Live {
    store: Store,
    clock: Clock,
    kept: Arc<Mutex<HashMap<String, OfMatch>>>,
}

impl Live {
    pub fn new(store: &Store, clock: &Clock) -> Self {
        Self { store: store.clone(), clock: clock.clone(), kept: Arc::default() }
    }

    /// Of the questions of a match that are open, or locked and not settled, and for all organisations' fans.
    pub async fn of_match(&self, match_id: &str) -> Result<Arc<Vec<Tally>>, Error> {
        let now = self.clock.now_ms();
        if let Some((at, tallies)) = self.lock().get(match_id)
            && (0..EVERY_MS).contains(&(now - at))
        {
            return Ok(Arc::clone(tallies));
        }
        let read = self.store.read("quizzes.tallies", async |db| db.query(OF_MATCH, &[&match_id]).await);
        let tallies = Arc::new(tallies(&read.await?));
        let mut kept = self.lock();
        if kept.len() >= MATCHES_MAX {
            kept.clear();
        }
        kept.insert(match_id.to_owned(), (now, Arc::clone(&tallies)));
        Ok(tallies)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, OfMatch>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From rows that are in the order of their questions.
pub(crate) fn tallies(rows: &[Row]) -> Vec<Tally> {
    let mut all: Vec<Tally> = Vec::new();
    for row in rows {
        let question: &str = row.get("id");
        if all.last().is_none_or(|it| it.question != question) {
            all.push(Tally { question: question.to_owned(), counts: BTreeMap::new(), total: 0 });
        }
        let Some(tally) = all.last_mut() else { continue };
        let fans: i64 = row.get("fans");
        tally.counts.insert(row.get("choice"), fans);
        tally.total += fans;
    }
    all
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_MATCH];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(counts: &[i64]) -> Tally {
        let named = counts.iter().enumerate().map(|(at, count)| (at.to_string(), *count));
        Tally { question: String::new(), counts: named.collect(), total: counts.iter().sum() }
    }

    #[test]
    fn percents_are_whole_and_sum_to_a_hundred() {
        for (counts, expected) in [
            (&[1, 1, 1][..], &[34, 33, 33][..]),
            (&[0, 0], &[0, 0]),
            (&[2, 1], &[67, 33]),
            (&[999, 1], &[100, 0]),
            (&[0, 5], &[0, 100]),
        ] {
            let names: Vec<String> = (0..counts.len()).map(|it| it.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            assert_eq!(tally(counts).percents(&names), expected, "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn no_percent_is_off_by_one(counts in proptest::collection::vec(0..100_000_i64, 2..8)) {
            let names: Vec<String> = (0..counts.len()).map(|it| it.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let total: i64 = counts.iter().sum();
            let percents = tally(&counts).percents(&names);
            prop_assert_eq!(percents.iter().sum::<i64>(), if total == 0 { 0 } else { 100 });
            let named = tally(&counts).by_choice();
            for (name, percent) in names.iter().zip(&percents) {
                prop_assert_eq!(named.get(*name).copied().unwrap_or_default(), *percent);
            }
            for (percent, count) in percents.iter().zip(&counts) {
                prop_assert!((percent * total - count * 100).abs() < total.max(1));
            }
        }
    }
}
