//! The one writer of a match in this process: the folded log, and which of a feed's commands it holds.

use super::log::{self, Entry, LogError, MatchRow};
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

/// What a feed sent at once.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) now_ms: u64,
    pub(super) source: &'a str,
    pub(super) envelopes: &'a [Envelope],
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
    /// By source and event id.
    events: HashMap<(String, String), Event>,
    /// By source and running number: the entry's seq.
    places: BTreeMap<(String, u64), u64>,
}

struct Event {
    version: u32,
    /// The entry in the log; none once removed.
    entry: Option<u64>,
    /// The update in which this version was accepted.
    seq: u64,
}

impl Known {
    fn note(&mut self, entry: &Entry) {
        let name = (entry.source.clone(), entry.event.clone());
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
        self.events.insert(name, Event { version: entry.version, entry: stands_at, seq: entry.seq });
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
    pub(super) fn of(mut row: MatchRow, entries: Vec<Entry>, commands_max: usize) -> Result<Self, LogError> {
        let mut log = log::empty(&row)?;
        let mut known = Known::default();
        for entry in entries {
            row.changed_at_ms = row.changed_at_ms.max(entry.accepted_at_ms);
            known.note(&entry);
            log.apply(entry.seq, entry.op).map_err(|refusal| LogError::Unreadable {
                match_id: row.id.clone(),
                seq: entry.seq,
                reason: refusal.to_string(),
            })?;
        }
        // Row and log are read one after the other, and another process may have written in between: the log has the last word.
        row.seq = log.last_seq().unwrap_or(0);
        row.rev = log.rev();
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
    pub(super) async fn submit(
        mut self,
        store: &Store,
        batch: Batch<'_>,
    ) -> Result<(Self, Judged), FeedError> {
        let head = self.position();
        let judged = self.judge_all(batch);
        let (id, log, accepted) = (&self.row.id, &self.log, &judged.accepted);
        let is_refused = |it: &Answer| matches!(it, Answer::Rejected { .. });
        if !accepted.is_empty() {
            store.run_tx("feed.append", async |tx| log::append(tx, id, head, accepted, log).await).await?;
        } else if judged.submitted.answers.iter().any(is_refused) {
            // What is refused here may be right after what another process wrote.
            store.read("feed.check_head", async |client| log::check_head(client, id, head).await).await?;
        }
        Ok((self, judged))
    }

    /// The same on the log as it is stored, which nobody else can write meanwhile: slower, but sure to come through however many
    /// processes write the match.
    pub(super) async fn submit_locked(
        store: &Store,
        match_id: &str,
        commands_max: usize,
        batch: Batch<'_>,
    ) -> Result<(Self, Judged), FeedError> {
        let submitting = async |tx: &Transaction<'_>| {
            log::lock(tx, match_id).await?;
            let row = log::match_by_id(tx, match_id).await?;
            let row = row.ok_or_else(|| FeedError::UnknownMatch { id: match_id.to_owned() })?;
            let entries = log::read(tx, match_id, row.epoch, 0).await?;
            let mut writer = Self::of(row, entries, commands_max)?;
            let head = writer.position();
            let judged = writer.judge_all(batch);
            log::append(tx, match_id, head, &judged.accepted, &writer.log).await?;
            Ok((writer, judged))
        };
        store.run_tx("feed.append_locked", submitting).await
    }

    /// Folds in what can be of a batch.
    fn judge_all(&mut self, batch: Batch<'_>) -> Judged {
        let (mut answers, mut accepted, mut published) = (Vec::new(), Vec::new(), Vec::new());
        for envelope in batch.envelopes {
            let answer = self.judge(batch.now_ms, batch.source, envelope);
            if let Ok(entry) = &answer {
                if !matches!(entry.op, Op::Append(_)) {
                    // The balls of a long match are half a megabyte, and a batch may correct all of them.
                    published.iter_mut().for_each(Published::is_superseded);
                }
                published.push(self.publication(entry));
                accepted.push(entry.clone());
            }
            answers.push(match answer {
                Ok(entry) => Answer::Accepted { seq: entry.seq },
                Err(answer) => answer,
            });
        }
        let submitted = Submitted { epoch: self.row.epoch, seq: self.row.seq, rev: self.log.rev(), answers };
        Judged { submitted, accepted, published }
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
            event: envelope.id.clone(),
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
        let event = self.known.events.get(&(source.to_owned(), envelope.id.clone()));
        let stands_at = match event {
            Some(event) if envelope.version <= event.version => {
                return Err(Answer::Duplicate { seq: event.seq });
            }
            Some(event) => event.entry,
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

    /// The update that tells the fans.
    fn publication(&self, entry: &Entry) -> Published {
        match &entry.op {
            Op::Append(command) => Published::command(self.row.epoch, entry, self.log.rev(), command.clone()),
            _ => Published::snapshot(self.snapshot(entry), Some(Arc::new(Lines::of(&self.log)))),
        }
    }

    fn snapshot(&self, entry: &Entry) -> wire::Snapshot {
        wire::Snapshot {
            t: entry.accepted_at_ms,
            id: self.row.id.clone(),
            epoch: self.row.epoch,
            seq: entry.seq,
            rev: self.log.rev(),
            state: self.log.game().clone(),
        }
    }
}
