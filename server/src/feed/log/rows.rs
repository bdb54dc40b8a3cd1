//! Rows of the two tables, in and out of Rust.

use super::{Entry, LogError, MatchRow};
use crate::feed::summary::Summary;
use cricket::{Command, Op, Phase};
use store::Row;

/// The columns of [`super::APPEND`].
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) seqs: Vec<i64>,
    pub(super) ops: Vec<&'static str>,
    pub(super) ofs: Vec<Option<i64>>,
    pub(super) bodies: Vec<Option<String>>,
    pub(super) sources: Vec<&'a str>,
    pub(super) command_ids: Vec<&'a str>,
    pub(super) versions: Vec<i32>,
    pub(super) places: Vec<Option<i64>>,
    pub(super) times: Vec<i64>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(entries: &'a [Entry]) -> Self {
        let mut columns = Self::default();
        for entry in entries {
            let (op, of, command) = match &entry.op {
                Op::Append(command) => ("append", None, Some(command)),
                Op::Insert { before, command } => ("insert", Some(*before), Some(command)),
                Op::Edit { of, command } => ("edit", Some(*of), Some(command)),
                Op::Remove { of } => ("remove", Some(*of), None),
            };
            columns.seqs.push(signed(entry.seq));
            columns.ops.push(op);
            columns.ofs.push(of.map(signed));
            columns.bodies.push(command.map(wire::encode));
            columns.sources.push(&entry.source);
            columns.command_ids.push(&entry.command_id);
            columns.versions.push(i32::try_from(entry.version).unwrap_or(i32::MAX));
            columns.places.push(entry.place.map(signed));
            columns.times.push(signed(entry.accepted_at_ms));
        }
        columns
    }
}

pub(in crate::feed) fn match_row(row: &Row) -> Result<MatchRow, LogError> {
    let id: String = row.get("id");
    let phase: String = row.get("phase");
    let unreadable = |reason: String| LogError::Unreadable { match_id: id.clone(), seq: 0, reason };
    Ok(MatchRow {
        organisation_id: row.get("organisation_id"),
        sandbox: row.get("sandbox"),
        archive: row.get("archive"),
        epoch: unsigned(row.get("epoch")),
        seq: unsigned(row.get("seq")),
        rev: u32::try_from(row.get::<_, i32>("rev")).unwrap_or(0),
        phase: phase_of(&phase).ok_or_else(|| unreadable(format!("unknown phase {phase}")))?,
        setup: decode(&id, 0, row.get("setup"))?,
        summary: Summary::from_json(row.get("summary")),
        starts_at_ms: row.get("starts_at_ms"),
        changed_at_ms: unsigned(row.get("changed_at_ms")),
        id,
    })
}

pub(super) fn entry(match_id: &str, row: &Row) -> Result<Entry, LogError> {
    let seq = unsigned(row.get("seq"));
    let unreadable =
        |reason: &str| LogError::Unreadable { match_id: match_id.to_owned(), seq, reason: reason.to_owned() };
    let (op, of): (&str, Option<i64>) = (row.get("op"), row.get("of_seq"));
    let body: Option<&str> = row.get("body");
    let command =
        || -> Result<Command, LogError> { decode(match_id, seq, body.ok_or_else(|| unreadable("no body"))?) };
    let of = || of.map(unsigned).ok_or_else(|| unreadable("no of_seq"));
    let op = match op {
        "append" => Op::Append(command()?),
        "insert" => Op::Insert { before: of()?, command: command()? },
        "edit" => Op::Edit { of: of()?, command: command()? },
        "remove" => Op::Remove { of: of()? },
        _ => return Err(unreadable("unknown op")),
    };
    Ok(Entry {
        seq,
        op,
        source: row.get("source"),
        command_id: row.get("source_event_id"),
        version: u32::try_from(row.get::<_, i32>("version")).unwrap_or(0),
        place: row.get::<_, Option<i64>>("place").map(unsigned),
        accepted_at_ms: unsigned(row.get("accepted_at_ms")),
    })
}

pub(super) fn decode<T: wire::Json>(match_id: &str, seq: u64, text: &str) -> Result<T, LogError> {
    wire::decode(text).map_err(|malformed| LogError::Unreadable {
        match_id: match_id.to_owned(),
        seq,
        reason: malformed.to_string(),
    })
}

/// The word for a phase in the table and in the API.
pub fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Upcoming => "upcoming",
        Phase::Play => "play",
        Phase::Break => "break",
        Phase::Delayed => "delayed",
        Phase::Finished => "finished",
    }
}

fn phase_of(word: &str) -> Option<Phase> {
    [Phase::Upcoming, Phase::Play, Phase::Break, Phase::Delayed, Phase::Finished]
        .into_iter()
        .find(|it| phase_word(*it) == word)
}

/// Counters never come near 2^63; PostgreSQL has no unsigned integers.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
