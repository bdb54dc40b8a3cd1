//! A market that is open: the one who writes it.

use crate::error::{Error, While};
use crate::fence::{self, Epoch};
use crate::folder::Folder;
use crate::journal::{self, End, Position, Segment, segments};
use crate::record::{Chain, Record};
use crate::snapshot::{self, Kept};
use crate::writer::{Appending, Group, Next, Writer};
use book::{AHEAD, Book, Command, Done, Effects, Refusal, Rules, Time};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// The most commands that are committed at once: 4 MiB of journal.
pub const GROUP_MAX: usize = 65_536;

/// How a market is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Those that it was first opened with.
    pub rules: Rules,
    /// Higher than that of everybody before.
    pub epoch: Epoch,
    /// The last command of whose effects nothing is left to do: what came after is told again.
    pub settled: u64,
    /// A segment of the journal has this length from the start, and one that is full is followed by another: what [`compact`](crate::compact) can remove.
    /// The next one is made ready ahead, so that twice as much is on the disk: 1 MiB is for 16,000 commands.
    pub segment_bytes: u64,
}

/// A command of the journal that is told again.
#[derive(Clone, Copy, Debug)]
pub struct Redone<'a> {
    pub seq: u64,
    /// When it came.
    pub at: Time,
    pub command: &'a Command,
    pub done: &'a Result<Done, Refusal>,
    /// Of this command alone.
    pub effects: &'a Effects,
}

/// The only way to a book whose commands are kept.
pub struct Market {
    book: Book,
    writer: Writer,
    /// The checksum of the last record.
    chain: Chain,
    /// Empty between commits.
    bytes: Vec<u8>,
    answers: Vec<Answer>,
    effects: Effects,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The book may be ahead of the disk, so that nobody may see it.
    Stopped,
}

/// What became of one command; the ranges are of [`Answers::effects`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub seq: u64,
    pub done: Result<Done, Refusal>,
    pub fills: Range<usize>,
    pub cancelled: Range<usize>,
    pub depth: Range<usize>,
}

/// What became of the commands of a commit, in their order. All of it is on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    pub each: &'a [Answer],
    pub effects: &'a Effects,
}

impl Market {
    /// Opens a market, for the first time or after any end: reads what is on the disk, tells `redo` each command after [`Opening::settled`], cuts what was
    /// torn off, and goes on in a segment of its own. Nobody else opens or compacts it meanwhile.
    ///
    /// # Errors
    /// See [`Error`]. Nothing is changed on the disk but the epoch and what was prepared, unless all that should be there is good.
    pub fn open(
        folder: Arc<dyn Folder>,
        opening: &Opening,
        redo: &mut dyn FnMut(Redone<'_>),
    ) -> Result<Self, Error> {
        let market = opening.rules.market.0;
        let _lock = folder.lock().doing(|| "locking the folder".to_owned())?;
        fence::raise(folder.as_ref(), opening.epoch)?;
        // While the journal is read.
        let next = Next::first(&folder, opening.epoch, opening.segment_bytes)?;
        let Kept { mut book, chain } = first_or_newest(folder.as_ref(), opening)?;
        if book.seq() > opening.settled {
            return Err(Error::Compacted { snapshot: book.seq(), settled: opening.settled });
        }
        let mut position = Position { seq: book.seq(), chain };
        let mut effects = Effects::default();
        let mut each = |record: &Record| {
            effects.clear();
            let (at, command, done) = replay(&mut book, record, &mut effects)?;
            if record.seq > opening.settled {
                redo(Redone { seq: record.seq, at, command: &command, done: &done, effects: &effects });
            }
            Ok(())
        };
        let end = read_all(folder.as_ref(), market, &mut position, &mut each)?;
        if position.seq < opening.settled {
            return Err(Error::Lost { last: position.seq, settled: opening.settled });
        }
        if let Some((last, end)) = end {
            finish(folder.as_ref(), last, end)?;
        }
        let appending =
            Appending::begin(folder, market, opening.epoch, opening.segment_bytes, next, position)?;
        let writer = Writer::start(appending)?;
        effects.clear();
        Ok(Self {
            book,
            writer,
            chain: position.chain,
            bytes: Vec::new(),
            answers: Vec::new(),
            effects,
            state: State::Open,
        })
    }

    /// Writes these commands down, carries them out, and returns what became of them when they are on the disk: at most [`GROUP_MAX`].
    ///
    /// # Errors
    /// Whatever it is but [`Error::TooMany`], the market has stopped: whether these commands are in the journal is known when it is opened anew.
    pub fn commit(&mut self, commands: &[(Time, Command)]) -> Result<Answers<'_>, Error> {
        if self.state == State::Stopped {
            return Err(Error::Stopped);
        }
        if commands.len() > GROUP_MAX {
            return Err(Error::TooMany { max: GROUP_MAX });
        }
        self.answers.clear();
        self.effects.clear();
        if !commands.is_empty() {
            // Until it is known to be good.
            self.state = State::Stopped;
            let group = self.group(commands);
            self.writer.send(group)?;
            self.apply(commands);
            self.bytes = self.writer.wait()?;
            self.state = State::Open;
        }
        Ok(Answers { each: &self.answers, effects: &self.effects })
    }

    /// The book, all of which is on the disk.
    ///
    /// # Errors
    /// [`Error::Stopped`] where that is not known any more.
    pub fn book(&self) -> Result<&Book, Error> {
        match self.state {
            State::Open => Ok(&self.book),
            State::Stopped => Err(Error::Stopped),
        }
    }

    fn group(&mut self, commands: &[(Time, Command)]) -> Group {
        let (first, before) = (self.book.seq() + 1, self.chain);
        let mut bytes = std::mem::take(&mut self.bytes);
        for ((at, command), of_group) in commands.iter().zip(0..) {
            let record = Record {
                seq: first + u64::from(of_group),
                of_group,
                before: self.chain,
                command: command.to_bytes(*at),
            };
            self.chain = record.write(&mut bytes);
        }
        Group { bytes, first, before }
    }

    fn apply(&mut self, commands: &[(Time, Command)]) {
        for (number, (at, command)) in commands.iter().enumerate() {
            if number % AHEAD == 0 {
                self.book.look_ahead(commands[number..].iter().map(|it| &it.1));
            }
            let lens = |it: &Effects| (it.fills.len(), it.cancelled.len(), it.depth.len());
            let before = lens(&self.effects);
            let done = self.book.apply(*at, command, &mut self.effects);
            let after = lens(&self.effects);
            self.answers.push(Answer {
                seq: self.book.seq(),
                done,
                fills: before.0..after.0,
                cancelled: before.1..after.1,
                depth: before.2..after.2,
            });
        }
    }
}

/// The newest snapshot; where there is none, the first one, of an empty book.
fn first_or_newest(folder: &dyn Folder, opening: &Opening) -> Result<Kept, Error> {
    let names = folder.names().doing(|| "listing the folder".to_owned())?;
    if let Some(kept) = snapshot::read(folder, &names)? {
        return if *kept.book.rules() == opening.rules { Ok(kept) } else { Err(Error::OtherRules) };
    }
    if let Some(segment) = segments(&names).0.first() {
        return Err(Error::Unreadable { file: format!("the snapshot before {}", segment.name()) });
    }
    let kept = Kept { book: Book::new(opening.rules)?, chain: 0 };
    snapshot::write(folder, &kept)?;
    Ok(kept)
}

/// Carries out what a record says.
pub(crate) fn replay(
    book: &mut Book,
    record: &Record,
    effects: &mut Effects,
) -> Result<(Time, Command, Result<Done, Refusal>), Error> {
    let unreadable = |_| Error::Unreadable { file: format!("the journal's command {}", record.seq) };
    let (at, command) = Command::from_bytes(&record.command).map_err(unreadable)?;
    Ok((at, command, book.apply(at, &command, effects)))
}

/// Reads all behind the position; answers where the last segment ends, if there is one. A segment is read from the disk while the one before is carried out.
pub(crate) fn read_all(
    folder: &dyn Folder,
    market: u64,
    position: &mut Position,
    each: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<Option<(Segment, End)>, Error> {
    let names = folder.names().doing(|| "listing the folder".to_owned())?;
    let (mut segments, _) = segments(&names);
    // What a snapshot holds already is not looked at.
    let held = segments.windows(2).take_while(|pair| pair[1].first <= position.seq + 1).count();
    let segments = segments.split_off(held);
    std::thread::scope(|scope| {
        let (send, read) = sync_channel(1);
        scope.spawn({
            let segments = segments.clone();
            // Nobody waits for more after an error.
            move || segments.into_iter().all(|it| send.send(it.read(folder)).is_ok())
        });
        let next = || read.recv().unwrap_or(Err(Error::Stopped));
        for pair in segments.windows(2) {
            journal::read_whole(&next()?, market, pair[0], pair[1], position, each)?;
        }
        let Some(last) = segments.last() else { return Ok(None) };
        Ok(Some((*last, journal::read_last(&next()?, market, *last, position, each)?)))
    })
}

/// Cuts off what is behind the end, and syncs what is before it: it may have been written and not synced, and is about to be built on.
fn finish(folder: &dyn Folder, last: Segment, end: End) -> Result<(), Error> {
    let name = last.name();
    let doing = || format!("ending {name}");
    match end {
        End::Unborn => folder.remove(&name).doing(doing)?,
        End::After(len) => {
            let mut file = folder.open(&name).doing(doing)?;
            file.cut(len).doing(doing)?;
            file.sync().doing(doing)?;
        }
    }
    folder.sync().doing(doing)
}
