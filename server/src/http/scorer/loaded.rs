//! A match's log as the scorer's pages need it: commands in the order in which they count, each with the name it was
//! sent under.

use super::SOURCE;
use crate::feed::log::{self, LogError};
use console::scorer::{Entry, Record};
use cricket::{Log, Op, Setup};
use std::collections::{HashMap, HashSet};
use store::{Client, Store};

/// A match, folded.
pub(super) struct Loaded {
    pub record: Record,
    /// The seq of the last operation.
    pub seq: u64,
    /// All operations after a seq in words, for who saw an older page.
    operations: Vec<Operation>,
    /// Every id this console ever sent to the match.
    sent: HashSet<String>,
}

struct Operation {
    seq: u64,
    /// The entry it concerns, and whether it corrects it.
    entry: u64,
    corrects: bool,
}

/// Reads a match of this organisation; none when there is no such match, or it is the sandbox.
pub(super) async fn load(
    store: &Store,
    organisation_id: &str,
    match_id: &str,
) -> Result<Option<Loaded>, LogError> {
    if !store::ids::is_valid("mat", match_id) {
        return Ok(None);
    }
    let read =
        store.read("scorer.match", async |client| read(client, organisation_id, match_id).await).await?;
    let Some((setup, entries)) = read else { return Ok(None) };
    fold(match_id, setup, entries).map(Some)
}

async fn read(
    client: &Client<'_>,
    organisation_id: &str,
    match_id: &str,
) -> Result<Option<(Setup, Vec<log::Entry>)>, LogError> {
    let row = log::match_by_id(client, match_id).await?;
    let Some(row) = row.filter(|it| it.organisation_id == organisation_id && !it.sandbox) else {
        return Ok(None);
    };
    let entries = log::read(client, match_id, row.epoch, 0).await?;
    Ok(Some((row.setup, entries)))
}

fn fold(match_id: &str, setup: Setup, entries: Vec<log::Entry>) -> Result<Loaded, LogError> {
    let unreadable =
        |seq, reason: String| LogError::Unreadable { match_id: match_id.to_owned(), seq, reason };
    let mut log = Log::new(setup.clone()).map_err(|error| unreadable(0, error.to_string()))?;
    let (mut names, mut operations, mut sent) = (HashMap::new(), Vec::new(), HashSet::new());
    for entry in entries {
        let mine = entry.source == SOURCE;
        if mine {
            sent.insert(entry.event.clone());
        }
        let (of, corrects) = match &entry.op {
            Op::Append(_) | Op::Insert { .. } => (entry.seq, false),
            Op::Edit { of, .. } | Op::Remove { of } => (*of, true),
        };
        operations.push(Operation { seq: entry.seq, entry: of, corrects });
        names.insert(of, (entry.event, entry.version, mine));
        log.apply(entry.seq, entry.op).map_err(|refusal| unreadable(entry.seq, refusal.to_string()))?;
    }
    let named = log.entries().iter().filter_map(|(seq, command)| {
        let (id, version, mine) = names.get(seq)?.clone();
        Some(Entry { seq: *seq, id, version, mine, command: command.clone() })
    });
    let record = Record::fold(setup, named.collect());
    Ok(Loaded { record, seq: log.last_seq().unwrap_or(0), operations, sent })
}

impl Loaded {
    /// Whether this console ever sent this id.
    pub(super) fn has_sent(&self, id: &str) -> bool {
        self.sent.contains(id)
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
