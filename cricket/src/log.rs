//! The log of a match: its commands in the order in which they count, and the match that they fold into.

use crate::{Change, Command, Match, Refusal, Setup, SetupError};

/// A match with its history, so that it can be corrected. Appending folds one command; a correction folds all of them
/// again (a T20 in 0.07 ms, a Test in 0.8 ms, `benches/fold.rs`) and gives the match a new [`Log::rev`].
#[derive(Clone, Debug)]
pub struct Log {
    entries: Vec<(u64, Command)>,
    game: Match,
    last_seq: Option<u64>,
    rev: u32,
}

/// One operation on the log. Each has a `seq` of its own; corrections name the `seq` of the command that they touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// At the end.
    Append(Command),
    /// A command that was missed, before the one with this seq. It is known by the operation's own seq from then on.
    Insert { before: u64, command: Command },
    /// Another command in the place, and under the seq, of this one.
    Edit { of: u64, command: Command },
    /// Takes a command out.
    Remove { of: u64 },
}

impl Log {
    /// Entries a log may hold: three times the longest Test.
    pub const ENTRIES_MAX: usize = 20_000;

    /// A log without commands.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let game = Match::new(setup)?;
        Ok(Log { entries: Vec::new(), game, last_seq: None, rev: 0 })
    }

    /// Applies an operation, or refuses it and stays as it was. `seq` must be greater than every one before. A
    /// correction answers with what its command did at its place; a removal with an empty change.
    pub fn apply(&mut self, seq: u64, op: Op) -> Result<Change, Refusal> {
        if let Some(last) = self.last_seq.filter(|&last| seq <= last) {
            return Err(Refusal::WrongSeq { seq, last });
        }
        let change = match op {
            Op::Append(command) => {
                self.check_length()?;
                let change = self.game.apply(&command)?;
                self.entries.push((seq, command));
                change
            }
            Op::Insert { before, command } => {
                self.check_length()?;
                let at = self.position(before)?;
                self.correct(at, |entries| entries.insert(at, (seq, command)))?
            }
            Op::Edit { of, command } => {
                let at = self.position(of)?;
                self.correct(at, |entries| entries[at].1 = command)?
            }
            Op::Remove { of } => {
                let at = self.position(of)?;
                self.correct(at, |entries| {
                    entries.remove(at);
                })?;
                Change::default()
            }
        };
        self.last_seq = Some(seq);
        Ok(change)
    }

    /// The match as it stands.
    pub fn game(&self) -> &Match {
        &self.game
    }

    /// The commands in the order in which they count, each with its seq.
    pub fn entries(&self) -> &[(u64, Command)] {
        &self.entries
    }

    /// Which history of the match this is: one more with each correction.
    pub fn rev(&self) -> u32 {
        self.rev
    }

    /// The seq of the latest operation.
    pub fn last_seq(&self) -> Option<u64> {
        self.last_seq
    }

    fn check_length(&self) -> Result<(), Refusal> {
        if self.entries.len() >= Log::ENTRIES_MAX {
            return Err(Refusal::TooMany { what: "commands in a match", max: Log::ENTRIES_MAX as u32 });
        }
        Ok(())
    }

    fn position(&self, seq: u64) -> Result<usize, Refusal> {
        self.entries.iter().position(|it| it.0 == seq).ok_or(Refusal::UnknownCommand { seq })
    }

    /// Folds the log again as `change_entries` leaves it; `at` is the place of the correction.
    fn correct(
        &mut self,
        at: usize,
        change_entries: impl FnOnce(&mut Vec<(u64, Command)>),
    ) -> Result<Change, Refusal> {
        let mut entries = self.entries.clone();
        change_entries(&mut entries);
        let mut game = Match { setup: self.game.setup.clone(), ..Match::default() };
        let shortened = entries.len() < self.entries.len();
        let mut answer = Change::default();
        for (index, (entry, command)) in entries.iter().enumerate() {
            match game.apply(command) {
                Ok(change) if index == at => answer = change,
                Ok(_) => {}
                Err(refusal) if index == at && !shortened => return Err(refusal),
                Err(refusal) => return Err(Refusal::BreaksLater { seq: *entry, because: Box::new(refusal) }),
            }
        }
        self.entries = entries;
        self.game = game;
        self.rev += 1;
        Ok(answer)
    }
}
