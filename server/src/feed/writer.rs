//! The one writer of a match in this process: the folded log, and which of a feed's commands it holds.

use super::log::{self, Entry, LogError, MatchRow, Stored};
use super::work::aside;
use super::{Action, Answer, Envelope, FeedError, Submitted, Unresolved};
use crate::stream::{Lines, Published};
use cricket::{Command, Log, Op, Side};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use store::{Store, Transaction};
use wire::Position;

/// A match's log in memory. Invariant: it equals what PostgreSQL has; when a commit fails, the writer is dropped and read again.
pub(super) struct Writer {
    row: MatchRow,
    log: Log,
    known: Known,
    commands_max: usize,
}

/// What fans are sent of a ball is at most 400 bytes; time, revision and the names around them take the rest.
const BALL_BYTES_MAX: usize = 340;
/// The same of any other command.
const COMMAND_BYTES_MAX: usize = 2_000;

/// Texts in a command (a substitute's name, an umpire's) could be of any length.
fn check_length(op: &Op) -> Result<(), Answer> {
    let (Op::Append(command) | Op::Insert { command, .. } | Op::Edit { command, .. }) = op else {
        return Ok(());
    };
    let bytes_max = if matches!(command, Command::Ball(_)) { BALL_BYTES_MAX } else { COMMAND_BYTES_MAX };
    let bytes = wire::encode(command).len();
    if bytes <= bytes_max {
        return Ok(());
    }
    let why = format!("with its names it takes {bytes} bytes, {bytes_max} at most");
    Err(Answer::Rejected { code: "too-long", why })
}

/// What a feed sent at once. Cloning shares it.
#[derive(Clone)]
pub(super) struct Batch {
    pub(super) now_ms: u64,
    pub(super) source: Arc<str>,
    pub(super) envelopes: Arc<[Envelope]>,
}

/// Commands that are judged on the spot when none is a correction: 10 µs each, where a correction folds the whole match, twice.
const ON_THE_SPOT_MAX: usize = 16;

/// What the fans are told of an accepted command.
enum Told {
    Command(Published),
    /// The whole state as the correction left it.
    Correction(wire::Snapshot),
}

/// What a writer makes of a batch.
pub(super) struct Judged {
    pub(super) submitted: Submitted,
    /// For the log.
    accepted: Vec<Entry>,
    /// For the fans, once that is committed.
    pub(super) published: Vec<Published>,
}

/// The commands of the log by their feeds' names.
#[derive(Default)]
struct Known {
    /// By source and the feed's id.
    commands: HashMap<(String, String), Held>,
    /// By source and running number: the entry's seq.
    places: BTreeMap<(String, u64), u64>,
}

/// A command of a feed, of which the log holds a version.
struct Held {
    version: u32,
    /// The entry in the log; none once removed.
    entry: Option<u64>,
    /// The update in which this version was accepted.
    seq: u64,
}

impl Known {
    fn note(&mut self, entry: &Entry) {
        let name = (entry.source.clone(), entry.command_id.clone());
        let stands_at = match entry.op {
            Op::Append(_) | Op::Insert { .. } => Some(entry.seq),
            Op::Edit { of, .. } => Some(of),
            Op::Remove { .. } => None,
        };
        if let (Some(place), Op::Append(_) | Op::Insert { .. }) = (entry.place, &entry.op) {
            // Of two commands under one number the first keeps it: what comes before either comes before both.
            self.places.entry((entry.source.clone(), place)).or_insert(entry.seq);
        }
        if let Op::Remove { of } = entry.op {
            self.places.retain(|_, seq| *seq != of);
        }
        self.commands.insert(name, Held { version: entry.version, entry: stands_at, seq: entry.seq });
    }

    /// The first entry of this source that the feed numbered after `place`.
    fn after(&self, source: &str, place: u64) -> Option<u64> {
        let from = (source.to_owned(), place.checked_add(1)?);
        let (key, seq) = self.places.range(from..).next()?;
        (key.0 == source).then_some(*seq)
    }
}

impl Writer {
    /// Folds a match's stored log.
    pub(super) fn of(stored: Stored, commands_max: usize) -> Result<Self, LogError> {
        let mut known = Known::default();
        let (row, log) = stored.fold(|_, entry| known.note(&entry))?;
        Ok(Self { row, log, known, commands_max })
    }

    /// The last update.
    pub(super) fn position(&self) -> Position {
        Position { epoch: self.row.epoch, seq: self.row.seq }
    }

    pub(super) fn row(&self) -> &MatchRow {
        &self.row
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    /// Judges a batch, commits what was accepted, and says what to publish. On an error the writer is gone: what it folded may not
    /// be what is stored.
    pub(super) async fn submit(self, store: &Store, batch: &Batch) -> Result<(Self, Judged), FeedError> {
        let head = self.position();
        let (writer, judged) = self.judged(batch).await;
        let (id, log, accepted) = (&writer.row.id, &writer.log, &judged.accepted);
        let is_refused = |it: &Answer| matches!(it, Answer::Rejected { .. });
        if !accepted.is_empty() {
            store.run_tx("feed.append", async |tx| log::append(tx, id, head, accepted, log).await).await?;
        } else if judged.submitted.answers.iter().any(is_refused) {
            // What is refused here may be right after what another process wrote.
            store.read("feed.check_head", async |client| log::check_head(client, id, head).await).await?;
        }
        Ok((writer, judged))
    }

    /// The same on the log as it is stored, which nobody else can write meanwhile: slower, but sure to come through however many
    /// processes write the match.
    pub(super) async fn submit_locked(
        store: &Store,
        match_id: &str,
        commands_max: usize,
        batch: &Batch,
    ) -> Result<(Self, Judged), FeedError> {
        let submitting = async |tx: &Transaction<'_>| {
            log::lock(tx, match_id).await?;
            let stored = log::load(tx, match_id).await?;
            let stored = stored.ok_or_else(|| FeedError::UnknownMatch { id: match_id.to_owned() })?;
            let writer = aside(move || Self::of(stored, commands_max)).await?;
            let head = writer.position();
            let (writer, judged) = writer.judged(batch).await;
            log::append(tx, match_id, head, &judged.accepted, &writer.log).await?;
            Ok((writer, judged))
        };
        store.run_tx("feed.append_locked", submitting).await
    }

    /// Folds in what can be of a batch: a few new balls here, more than that aside.
    async fn judged(mut self, batch: &Batch) -> (Self, Judged) {
        let corrects =
            |it: &Envelope| self.op(&batch.source, it).is_ok_and(|op| !matches!(op, Op::Append(_)));
        if batch.envelopes.len() <= ON_THE_SPOT_MAX && !batch.envelopes.iter().any(corrects) {
            let judged = self.judge_all(batch);
            return (self, judged);
        }
        let batch = batch.clone();
        aside(move || {
            let judged = self.judge_all(&batch);
            (self, judged)
        })
        .await
    }

    /// Folds in what can be of a batch, each command after those before it.
    fn judge_all(&mut self, batch: &Batch) -> Judged {
        let (mut answers, mut accepted, mut told) = (Vec::new(), Vec::new(), Vec::new());
        for envelope in &*batch.envelopes {
            let answer = self.judge(batch.now_ms, &batch.source, envelope);
            if let Ok(entry) = &answer {
                told.push(match &entry.op {
                    Op::Append(command) => Told::Command(Published::command(
                        self.row.epoch,
                        entry,
                        self.log.rev(),
                        command.clone(),
                    )),
                    _ => Told::Correction(log::snapshot(&self.row, &self.log, entry.accepted_at_ms)),
                });
                accepted.push(entry.clone());
            }
            answers.push(match answer {
                Ok(entry) => Answer::Accepted { seq: entry.seq },
                Err(answer) => answer,
            });
        }
        let submitted = Submitted { epoch: self.row.epoch, seq: self.row.seq, rev: self.log.rev(), answers };
        Judged { submitted, accepted, published: self.published(told) }
    }

    /// The updates that tell the fans. The balls of the new history in words come with the last correction alone: a long match's are
    /// half a megabyte and take milliseconds, and a batch may correct each of them.
    fn published(&self, told: Vec<Told>) -> Vec<Published> {
        let last = told.iter().rposition(|it| matches!(it, Told::Correction(_)));
        let publish = |(at, told): (usize, Told)| match told {
            Told::Command(published) => published,
            Told::Correction(snapshot) => {
                let lines = (Some(at) == last).then(|| Arc::new(self.lines_at(snapshot.seq)));
                Published::snapshot(snapshot, lines)
            }
        };
        told.into_iter().enumerate().map(publish).collect()
    }

    /// The balls as they stood after the correction `seq`, the last one: what follows it was appended.
    fn lines_at(&self, seq: u64) -> Lines {
        let mut lines = Lines::of(&self.log);
        let appended = lines.balls.iter().rev().take_while(|it| it.seq > seq).count();
        lines.balls.truncate(lines.balls.len() - appended);
        lines
    }

    /// Folds one command in, or answers why not.
    fn judge(&mut self, now_ms: u64, source: &str, envelope: &Envelope) -> Result<Entry, Answer> {
        let op = self.op(source, envelope)?;
        let adds = matches!(op, Op::Append(_) | Op::Insert { .. });
        // Corrections are counted too, but a full match can still be put right.
        let max = if adds { self.commands_max } else { self.commands_max.saturating_mul(2) };
        if usize::try_from(self.row.seq).unwrap_or(usize::MAX) >= max {
            let why = format!("a match takes {max} commands at most, corrections included");
            return Err(Answer::Rejected { code: "match-full", why });
        }
        self.check_recorded(&op)?;
        check_length(&op)?;
        let seq = self.row.seq + 1;
        self.log.apply(seq, op.clone()).map_err(|refusal| Answer::Rejected {
            code: refusal.code(),
            why: refusal.explain(&self.log.game().setup),
        })?;
        // Clocks are set back, and two processes have two: fans see times that only grow.
        let now_ms = now_ms.max(self.row.changed_at_ms);
        let entry = Entry {
            seq,
            op,
            source: source.to_owned(),
            command_id: envelope.id.clone(),
            version: envelope.version,
            place: envelope.order,
            accepted_at_ms: now_ms,
        };
        self.known.note(&entry);
        self.row.seq = seq;
        self.row.rev = self.log.rev();
        self.row.changed_at_ms = now_ms;
        Ok(entry)
    }

    /// What is taken as recorded is not checked by the Laws, so no live match may hold it.
    fn check_recorded(&self, op: &Op) -> Result<(), Answer> {
        let as_recorded = match op {
            Op::Append(command) | Op::Insert { command, .. } | Op::Edit { command, .. } => match command {
                Command::Ball(ball) => ball.as_recorded,
                Command::InningsStart(start) => start.as_recorded,
                _ => false,
            },
            Op::Remove { .. } => false,
        };
        if !as_recorded || self.row.archive {
            return Ok(());
        }
        let why =
            "as_recorded: only a match announced as an archive (`archive`: true) takes commands as recorded";
        Err(Answer::Rejected { code: "as-recorded", why: why.to_owned() })
    }

    /// What an envelope does to the log.
    fn op(&self, source: &str, envelope: &Envelope) -> Result<Op, Answer> {
        let held = self.known.commands.get(&(source.to_owned(), envelope.id.clone()));
        let stands_at = match held {
            Some(held) if envelope.version <= held.version => {
                return Err(Answer::Duplicate { seq: held.seq });
            }
            Some(held) => held.entry,
            None => None,
        };
        let before = envelope.order.and_then(|place| self.known.after(source, place));
        let command = self.command(&envelope.action, stands_at.or(before))?;
        Ok(match (command, stands_at) {
            (Some(command), Some(of)) => Op::Edit { of, command },
            (None, Some(of)) => Op::Remove { of },
            (None, None) => {
                let why = format!("no command \"{}\" of this source is in the match", envelope.id);
                return Err(Answer::Rejected { code: "unknown-command", why });
            }
            (Some(command), None) => match before {
                Some(before) => Op::Insert { before, command },
                None => Op::Append(command),
            },
        })
    }

    /// The command in ids of the match, for the place of entry `at`, or for the end.
    fn command(&self, action: &Action, at: Option<u64>) -> Result<Option<Command>, Answer> {
        match action {
            Action::Exact(command) => Ok(Some(command.clone())),
            Action::Named(named) => {
                let resolved = named.resolve_for(&self.log.game().setup, self.batting(at));
                resolved.map(Some).map_err(|unresolved: Unresolved| Answer::Rejected {
                    code: unresolved.code(),
                    why: unresolved.to_string(),
                })
            }
            Action::Remove => Ok(None),
        }
    }

    /// The side that bats at the place of entry `at`, or at the end: a late ball of an earlier innings is not read as one of this.
    fn batting(&self, at: Option<u64>) -> Side {
        let entries = self.log.entries();
        let end = at.and_then(|at| entries.iter().position(|it| it.0 == at)).unwrap_or(entries.len());
        let start = entries[..end].iter().rev().find_map(|(_, command)| match command {
            Command::InningsStart(start) => Some(start.batting),
            _ => None,
        });
        start.unwrap_or_default()
    }
}
