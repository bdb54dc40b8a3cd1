//! A match as its scorer sees it: the log folded, every entry told in words.

use super::words;
use cricket::{Bowled, Command, Match, Refusal, Setup};

/// One command of the log as it counts now, corrections taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log; the name by which a correction calls it.
    pub seq: u64,
    /// The feed's id of it; `form.n` for the n-th command that one press sent.
    pub id: String,
    /// The latest version of that id.
    pub version: u32,
    /// Sent by this scorer's source, so that undo may take it back.
    pub mine: bool,
    pub command: Command,
}

impl Entry {
    /// The press that it came with: its id without the number behind the last dot.
    pub fn group(&self) -> &str {
        self.id.rsplit_once('.').map_or(self.id.as_str(), |(group, _)| group)
    }
}

/// An entry, and what it did.
#[derive(Clone, Debug)]
pub struct Told {
    pub entry: Entry,
    /// In words: "Roy to Das, FOUR runs".
    pub line: String,
    /// Index of the innings it fell in.
    pub innings: Option<usize>,
    /// Where it fell and the score after it, for a ball.
    pub bowled: Option<Bowled>,
    /// "4", "W", "1wd" for a ball.
    pub symbol: String,
}

impl Told {
    /// "14.2" for a ball; "ball 14.2 (Roy to Das, FOUR runs)" says more.
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

/// The match and how it came about.
#[derive(Clone, Debug)]
pub struct Record {
    pub game: Match,
    told: Vec<Told>,
}

impl Record {
    /// Folds the log. An entry that the game refuses (a newer release took it) is left out, as it is from the score.
    /// Cost: one fold and a line of text for each entry; about a millisecond for a T20.
    pub fn fold(setup: Setup, log: Vec<Entry>) -> Self {
        let mut game = Match { setup, ..Match::default() };
        let mut told = Vec::with_capacity(log.len());
        for entry in log {
            if game.apply(&entry.command).is_ok() {
                told.push(tell(entry, &game));
            }
        }
        Record { game, told }
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

    /// What this scorer's last press put into the log, newest first: what undo takes back. Empty when there is none.
    pub fn last_press(&self) -> Vec<&Told> {
        let Some(last) = self.told.iter().rev().find(|it| it.entry.mine) else { return Vec::new() };
        self.press(last.entry.group())
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

    /// What the last press did, with the score: "Roy to Das, FOUR runs. 52 for 1".
    pub fn last_words(&self) -> String {
        let Some(last) = self.told.last() else { return String::new() };
        let mut press: Vec<String> = self
            .told
            .iter()
            .rev()
            .take_while(|it| it.entry.mine == last.entry.mine && it.entry.group() == last.entry.group())
            .map(|it| words::sentence(&it.line))
            .collect();
        press.reverse();
        if let Some(innings) = self.game.innings.last() {
            press.push(words::score(innings.runs, innings.wickets));
        }
        press.join(" ")
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
        (Some(bowled), Some(innings)) => (game.ball_line(innings, bowled), game.ball_label(bowled)),
        _ => (words::command(&entry.command, game), String::new()),
    };
    Told { entry, line, innings, bowled, symbol }
}
