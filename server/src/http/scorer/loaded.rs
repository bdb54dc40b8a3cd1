//! A match's log as the scorer's pages need it: commands in the order in which they count, each with the name it was
//! sent under. It is kept between requests, and each request reads only what was written since.

use super::SOURCE;
use crate::feed::log::{self, LogError};
use console::scorer::{Entry, Record};
use cricket::{Log, Op, Setup};
use std::collections::HashMap;
use store::{Client, Store};

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[HEAD];

const HEAD: &str = "
select epoch, seq from server.match where id = $1 and organisation_id = $2 and not sandbox";

/// A match, folded. Invariant: it is the stored log up to `seq`, so that what was written since can be folded on.
pub(super) struct Loaded {
    pub record: Record,
    /// The seq of the last operation.
    pub seq: u64,
    match_id: String,
    epoch: u64,
    log: Log,
    /// The entries that were ever in the log, by seq; those that no longer are have been taken out.
    entries: HashMap<u64, Entry>,
    /// All operations in order, for who saw an older page.
    operations: Vec<Operation>,
}

struct Operation {
    seq: u64,
    /// The entry it concerns, and whether it corrects it.
    entry: u64,
    corrects: bool,
}

/// What is to be folded on.
enum News {
    /// From the beginning: it is not known here yet, or its history is another one.
    Whole {
        epoch: u64,
        setup: Setup,
        rows: Vec<log::Entry>,
    },
    Since(Vec<log::Entry>),
}

/// Brings what is known of a match of this organisation up to date; none when there is no such match, or it is the
/// sandbox. Costs a row's head when nothing was written since, a row for each command otherwise.
pub(super) async fn catch_up(
    store: &Store,
    organisation_id: &str,
    match_id: &str,
    known: Option<Loaded>,
) -> Result<Option<Loaded>, LogError> {
    let position = known.as_ref().map(|it| (it.epoch, it.seq));
    let reading = async |client: &Client<'_>| read(client, organisation_id, match_id, position).await;
    match (store.read("scorer.match", reading).await?, known) {
        (None, _) => Ok(None),
        (Some(News::Since(rows)), Some(mut loaded)) => {
            loaded.fold(rows)?;
            Ok(Some(loaded))
        }
        (Some(News::Whole { epoch, setup, rows }), _) => {
            let mut loaded = Loaded::empty(match_id, epoch, setup)?;
            loaded.fold(rows)?;
            Ok(Some(loaded))
        }
        // Only what is known can have news since.
        (Some(News::Since(_)), None) => Ok(None),
    }
}

async fn read(
    client: &Client<'_>,
    organisation_id: &str,
    match_id: &str,
    known: Option<(u64, u64)>,
) -> Result<Option<News>, LogError> {
    let Some(row) = client.query_opt(HEAD, &[&match_id, &organisation_id]).await? else { return Ok(None) };
    let unsigned = |column: &str| u64::try_from(row.get::<_, i64>(column)).unwrap_or(0);
    let (epoch, seq) = (unsigned("epoch"), unsigned("seq"));
    match known {
        Some((ours, at)) if ours == epoch && at == seq => Ok(Some(News::Since(Vec::new()))),
        Some((ours, at)) if ours == epoch && at < seq => {
            Ok(Some(News::Since(log::read(client, match_id, epoch, at).await?)))
        }
        _ => {
            let Some(row) = log::match_by_id(client, match_id).await? else { return Ok(None) };
            let rows = log::read(client, match_id, row.epoch, 0).await?;
            Ok(Some(News::Whole { epoch: row.epoch, setup: row.setup, rows }))
        }
    }
}

impl Loaded {
    fn empty(match_id: &str, epoch: u64, setup: Setup) -> Result<Self, LogError> {
        let unreadable =
            |reason: String| LogError::Unreadable { match_id: match_id.to_owned(), seq: 0, reason };
        let log = Log::new(setup.clone()).map_err(|error| unreadable(error.to_string()))?;
        Ok(Loaded {
            record: Record::fold(setup, Vec::new(), Vec::new()),
            seq: 0,
            match_id: match_id.to_owned(),
            epoch,
            log,
            entries: HashMap::new(),
            operations: Vec::new(),
        })
    }

    /// Folds on. What was added at the end is told by itself; a correction is told with the whole match.
    fn fold(&mut self, rows: Vec<log::Entry>) -> Result<(), LogError> {
        let mut is_corrected = false;
        for row in rows {
            let seq = row.seq;
            self.log.apply(seq, row.op.clone()).map_err(|refusal| LogError::Unreadable {
                match_id: self.match_id.clone(),
                seq,
                reason: refusal.to_string(),
            })?;
            let appends = matches!(row.op, Op::Append(_));
            self.note(row);
            self.seq = seq;
            is_corrected |= !appends;
            if !is_corrected && let Some(entry) = self.entries.get(&seq) {
                self.record.push(entry.clone());
            }
        }
        if is_corrected {
            self.tell_again();
        }
        Ok(())
    }

    fn note(&mut self, row: log::Entry) {
        let (of, corrects) = match &row.op {
            Op::Append(_) | Op::Insert { .. } => (row.seq, false),
            Op::Edit { of, .. } | Op::Remove { of } => (*of, true),
        };
        self.operations.push(Operation { seq: row.seq, entry: of, corrects });
        match row.op {
            Op::Append(command) | Op::Insert { command, .. } => {
                let mine = row.source == SOURCE;
                // Put back under its id: what was taken out is in again.
                if mine && row.version > 1 {
                    self.entries.retain(|_, it| !(it.mine && it.id == row.command_id));
                }
                let (id, version, place) = (row.command_id, row.version, row.place);
                let entry = Entry { seq: row.seq, id, version, place, mine, command, before: Vec::new() };
                self.entries.insert(row.seq, entry);
            }
            Op::Edit { command, .. } => {
                if let Some(entry) = self.entries.get_mut(&of) {
                    entry.edit(row.seq, row.version, command);
                }
            }
            Op::Remove { .. } => {
                if let Some(entry) = self.entries.get_mut(&of) {
                    entry.version = row.version;
                }
            }
        }
    }

    fn tell_again(&mut self) {
        let setup = self.record.game.setup.clone();
        let in_log = self.log.entries().iter().filter_map(|(seq, _)| self.entries.get(seq).cloned());
        let in_log: Vec<Entry> = in_log.collect();
        let kept: std::collections::HashSet<u64> = in_log.iter().map(|it| it.seq).collect();
        let mut taken_out: Vec<Entry> =
            self.entries.values().filter(|it| it.mine && !kept.contains(&it.seq)).cloned().collect();
        taken_out.sort_by_key(|it| it.seq);
        self.record = Record::fold(setup, in_log, taken_out);
    }

    /// What happened after `seen`, in words.
    pub(super) fn since(&self, seen: u64) -> Vec<String> {
        self.operations
            .iter()
            .filter(|it| it.seq > seen)
            .map(|it| match (self.record.told(it.entry), it.corrects) {
                (Some(told), false) => told.line.clone(),
                (Some(told), true) => format!("Corrected: {}", told.label()),
                (None, _) => "Something was taken out".to_owned(),
            })
            .collect()
    }
}
