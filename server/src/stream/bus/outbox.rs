//! Updates that wait for Redis, by match.

use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use wire::Position;

/// An update on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) position: Position,
    pub(super) frame: Bytes,
}

/// All that waits for one match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mail {
    /// In order.
    pub(super) letters: Vec<Letter>,
    /// Others have to look at the log: a new history began, or letters found the outbox full.
    pub(super) look: bool,
}

/// A bounded queue for each match. The mail of one match is under way once at a time, so that it stays in order; a match whose part of
/// Redis is slow holds up no other.
pub(super) struct Outbox {
    letters_max: usize,
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Default)]
struct Waiting {
    mail: HashMap<String, Mail>,
    letters: usize,
    under_way: HashSet<String>,
}

impl Outbox {
    pub(super) fn new(letters_max: usize) -> Self {
        Self { letters_max, waiting: Mutex::default(), filled: Notify::new() }
    }

    /// Adds a letter, or the word to look when there are too many.
    pub(super) fn push(&self, match_id: &str, letter: Letter) {
        let mut waiting = self.waiting();
        if waiting.letters >= self.letters_max {
            metrics::counter!("bus_lost_total").increment(1);
            waiting.of(match_id).look = true;
        } else {
            waiting.letters += 1;
            waiting.of(match_id).letters.push(letter);
        }
        drop(waiting);
        self.filled.notify_one();
    }

    pub(super) fn push_look(&self, match_id: &str) {
        self.waiting().of(match_id).look = true;
        self.filled.notify_one();
    }

    /// Waits until there may be mail.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes the mail of every match of which none is under way.
    pub(super) fn take(&self) -> Vec<(String, Mail)> {
        let mut waiting = self.waiting();
        let Waiting { mail, letters, under_way } = &mut *waiting;
        let ready: Vec<(String, Mail)> =
            mail.extract_if(|match_id, _| !under_way.contains(match_id)).collect();
        for (match_id, mail) in &ready {
            *letters -= mail.letters.len();
            under_way.insert(match_id.clone());
        }
        ready
    }

    /// The mail of a match has arrived.
    pub(super) fn delivered(&self, match_id: &str) {
        self.waiting().under_way.remove(match_id);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn of(&mut self, match_id: &str) -> &mut Mail {
        if !self.mail.contains_key(match_id) {
            self.mail.insert(match_id.to_owned(), Mail::default());
        }
        self.mail.get_mut(match_id).expect("it was just put in")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(seq: u64) -> Letter {
        Letter { position: Position { epoch: 1, seq }, frame: Bytes::new() }
    }

    fn taken(outbox: &Outbox) -> Vec<(String, Vec<u64>, bool)> {
        let seqs = |mail: &Mail| mail.letters.iter().map(|it| it.position.seq).collect();
        let mut all: Vec<_> = outbox.take().iter().map(|(id, it)| (id.clone(), seqs(it), it.look)).collect();
        all.sort();
        all
    }

    #[test]
    fn the_mail_of_a_match_stays_in_order_and_holds_up_no_other() {
        let outbox = Outbox::new(10);
        outbox.push("a", letter(1));
        outbox.push("a", letter(2));
        outbox.push("b", letter(1));
        let both = [("a".to_owned(), vec![1, 2], false), ("b".to_owned(), vec![1], false)];
        assert_eq!(taken(&outbox), both);
        outbox.push("a", letter(3));
        outbox.push("b", letter(2));
        outbox.delivered("b");
        assert_eq!(taken(&outbox), [("b".to_owned(), vec![2], false)]);
        outbox.delivered("a");
        assert_eq!(taken(&outbox), [("a".to_owned(), vec![3], false)]);
        assert_eq!(taken(&outbox), []);
    }

    #[test]
    fn where_there_is_no_room_the_word_to_look_is_sent() {
        let outbox = Outbox::new(2);
        for seq in 1..=4 {
            outbox.push("a", letter(seq));
        }
        outbox.push_look("b");
        assert_eq!(taken(&outbox), [("a".to_owned(), vec![1, 2], true), ("b".to_owned(), vec![], true)]);
        outbox.delivered("a");
        outbox.push("a", letter(5));
        assert_eq!(taken(&outbox), [("a".to_owned(), vec![5], false)]);
    }
}
