//! A match as its scorer sees it: the log folded, every entry told in words.

use super::words;
use cricket::{Bowled, Command, Match, Refusal, Setup, Words};

/// One command of the log as it counts now, corrections taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log; the name by which a correction calls it.
    pub seq: u64,
    /// The feed's id of it; `41.0` for the first command of the press that had seen update 41.
    pub id: String,
    /// The latest version of that id.
    pub version: u32,
    /// The running number by which the feed keeps it in its place; none for another feed's.
    pub place: Option<u64>,
    /// Sent by this scorer's source, so that undo may take it back.
    pub mine: bool,
    pub command: Command,
    /// What it was before each edit that still counts, the newest last.
    pub before: Vec<Edited>,
}

/// An edit of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The update that brought it.
    pub seq: u64,
    /// The command whose place the edit took.
    pub was: Command,
}

impl Entry {
    /// The press that it came with: its id without the number behind the last dot.
    pub fn group(&self) -> &str {
        self.id.rsplit_once('.').map_or(self.id.as_str(), |(group, _)| group)
    }

    /// Takes an edit in. One that brings back what stood before the last edit takes that edit back.
    pub fn edit(&mut self, seq: u64, version: u32, command: Command) {
        if self.before.last().is_some_and(|it| it.was == command) {
            self.before.pop();
        } else {
            self.before.push(Edited { seq, was: self.command.clone() });
        }
        self.command = command;
        self.version = version;
    }

    /// The update that last changed it.
    fn changed_at(&self) -> u64 {
        self.before.last().map_or(self.seq, |it| it.seq)
    }

    /// Whether it says, or ever said, this.
    fn has_said(&self, command: &Command) -> bool {
        self.command == *command || self.before.iter().any(|it| it.was == *command)
    }
}

/// An entry, and what it did.
#[derive(Clone, Debug)]
pub struct Told {
    pub entry: Entry,
    /// In words: "Roy to Das, FOUR".
    pub line: String,
    /// Index of the innings it fell in.
    pub innings: Option<usize>,
    /// Where it fell and the score after it, for a ball.
    pub bowled: Option<Bowled>,
    /// "4", "W", "1wd" for a ball.
    pub symbol: String,
}

impl Told {
    /// "14.2" for a ball; "ball 14.2 (Roy to Das, FOUR)" says more.
    pub fn place(&self) -> Option<String> {
        self.bowled.as_ref().map(|it| format!("{}.{}", it.over, it.number))
    }

    /// Names the entry in a sentence.
    pub fn label(&self) -> String {
        match self.place() {
            Some(place) => format!("ball {place} ({})", self.line),
            None => format!("\"{}\"", self.line),
        }
    }
}

/// What undo takes back: always the newest of what this scorer did.
#[derive(Clone, Debug)]
pub enum Newest<'a> {
    /// What one press put in, newest first.
    Press(Vec<&'a Told>),
    /// The last edit of an entry.
    Edit(&'a Told),
}

/// The match and how it came about.
#[derive(Clone, Debug)]
pub struct Record {
    pub game: Match,
    told: Vec<Told>,
    /// What this scorer put in and took out again, oldest first.
    taken_out: Vec<Entry>,
}

impl Record {
    /// Folds the log. An entry that the game refuses (a newer release took it) is left out, as it is from the score.
    /// Cost: one fold and a line of text for each entry; about a millisecond for a T20.
    pub fn fold(setup: Setup, log: Vec<Entry>, taken_out: Vec<Entry>) -> Self {
        let game = Match { setup, ..Match::default() };
        let mut record = Record { game, told: Vec::with_capacity(log.len()), taken_out };
        log.into_iter().for_each(|entry| record.push(entry));
        record
    }

    /// Folds one entry more, at the end.
    pub fn push(&mut self, entry: Entry) {
        if self.game.apply(&entry.command).is_ok() {
            self.told.push(tell(entry, &self.game));
        }
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[Told] {
        &self.told
    }

    /// The entry with this seq.
    pub fn told(&self, seq: u64) -> Option<&Told> {
        self.told.iter().find(|it| it.entry.seq == seq)
    }

    /// The balls among the entries, oldest first.
    pub fn balls(&self) -> impl DoubleEndedIterator<Item = &Told> {
        self.told.iter().filter(|it| it.bowled.is_some())
    }

    /// What this scorer put in and took out again, oldest first.
    pub fn taken_out(&self) -> &[Entry] {
        &self.taken_out
    }

    /// The newest of what this scorer did that can be taken back; none when there is nothing.
    pub fn newest(&self) -> Option<Newest<'_>> {
        let last = self.told.iter().filter(|it| it.entry.mine).max_by_key(|it| it.entry.changed_at())?;
        Some(match last.entry.before.is_empty() {
            true => Newest::Press(self.press(last.entry.group())),
            false => Newest::Edit(last),
        })
    }

    /// What this scorer sent under an id, whether it still counts or not.
    fn sent(&self, id: &str) -> Option<&Entry> {
        let counts = self.told.iter().map(|it| &it.entry).filter(|it| it.mine);
        counts.chain(&self.taken_out).find(|it| it.id == id)
    }

    /// Whether this scorer sent just this command under this id before.
    pub(super) fn has_taken(&self, id: &str, command: &Command) -> bool {
        self.sent(id).is_some_and(|it| it.has_said(command))
    }

    /// A running number that keeps a new command right before the entry with this seq: half way between it and the one
    /// before it. None when the entry is another feed's, or when twenty were put in one place already.
    pub(super) fn place_before(&self, seq: u64) -> Option<u64> {
        let at = self.told.iter().position(|it| it.entry.seq == seq)?;
        let next = self.told[at].entry.place?;
        let last = self.told[..at].iter().rev().find_map(|it| it.entry.place).unwrap_or(0);
        let place = last + next.checked_sub(last)? / 2;
        (last < place).then_some(place)
    }

    /// What is still in the log of one press, newest first.
    pub fn press(&self, group: &str) -> Vec<&Told> {
        self.told.iter().rev().filter(|it| it.entry.mine && it.entry.group() == group).collect()
    }

    /// Whether the match could still have been as it was, had `change` been done to each entry: the same command back
    /// keeps it, none takes it out. A refusal of what was not changed names the entry that would be impossible.
    pub(super) fn check(&self, change: impl Fn(&Entry) -> Option<Command>) -> Result<(), Refusal> {
        let mut game = Match { setup: self.game.setup.clone(), ..Match::default() };
        for told in &self.told {
            let Some(command) = change(&told.entry) else { continue };
            if let Err(refusal) = game.apply(&command) {
                let changed = command != told.entry.command;
                let later = Refusal::BreaksLater { seq: told.entry.seq, because: Box::new(refusal.clone()) };
                return Err(if changed { refusal } else { later });
            }
        }
        Ok(())
    }

    /// Whether the match could have been as it was with `command` before the entry with this seq.
    pub(super) fn check_before(&self, seq: u64, command: &Command) -> Result<(), Refusal> {
        let at = self.told.iter().position(|it| it.entry.seq == seq).unwrap_or(self.told.len());
        self.check_at(at, command)
    }

    /// The same with `command` where a running number puts it; without one, at the end.
    pub(super) fn check_place(&self, place: Option<u64>, command: &Command) -> Result<(), Refusal> {
        let after = |it: &Told| it.entry.mine && it.entry.place.is_some_and(|it| Some(it) > place);
        let at = place.and_then(|_| self.told.iter().position(after)).unwrap_or(self.told.len());
        self.check_at(at, command)
    }

    fn check_at(&self, at: usize, command: &Command) -> Result<(), Refusal> {
        let mut game = Match { setup: self.game.setup.clone(), ..Match::default() };
        let (before, after) = self.told.split_at(at);
        for told in before {
            game.apply(&told.entry.command)?;
        }
        game.apply(command)?;
        for Told { entry, .. } in after {
            game.apply(&entry.command)
                .map_err(|refusal| Refusal::BreaksLater { seq: entry.seq, because: Box::new(refusal) })?;
        }
        Ok(())
    }

    /// What was done last, with the score: "Roy to Das, FOUR. 52 for 1".
    pub fn last_words(&self) -> String {
        let Some(last) = self.told.iter().max_by_key(|it| it.entry.changed_at()) else {
            return String::new();
        };
        let is_end = self.told.last().is_some_and(|it| it.entry.group() == last.entry.group());
        let mut words: Vec<String> = if !last.entry.before.is_empty() {
            vec![words::sentence(&format!("Corrected: {}", last.label()))]
        } else if !is_end {
            vec![words::sentence(&format!("Put in: {}", last.label()))]
        } else {
            let of_press =
                |it: &&Told| it.entry.mine == last.entry.mine && it.entry.group() == last.entry.group();
            let mut press: Vec<String> =
                self.told.iter().rev().take_while(of_press).map(|it| words::sentence(&it.line)).collect();
            press.reverse();
            press
        };
        if let Some(innings) = self.game.innings.last() {
            words.push(words::score(innings.runs, innings.wickets));
        }
        words.join(" ")
    }

    /// Why the feed refused something, as a sentence for this match.
    pub fn explain(&self, refusal: &Refusal) -> String {
        words::refusal(refusal, self)
    }
}

fn tell(entry: Entry, game: &Match) -> Told {
    let innings = game.innings.len().checked_sub(1);
    let bowled = matches!(entry.command, Command::Ball(_))
        .then(|| game.innings.last().and_then(|it| it.recent.last()))
        .flatten()
        .cloned();
    let (line, symbol) = match (&bowled, innings) {
        (Some(bowled), Some(innings)) => {
            (game.ball_line(Words::ENGLISH, innings, bowled), game.ball_label(bowled))
        }
        _ => (words::command(&entry.command, game), String::new()),
    };
    Told { entry, line, innings, bowled, symbol }
}
