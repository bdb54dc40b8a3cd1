//! The ball log in PostgreSQL: schema `server`, tables `match` and `command`.

mod rows;

pub(super) use rows::match_row;
pub use rows::phase_word;

use super::summary::Summary;
use cricket::{Log, Op, Phase, Setup};
use rows::{Columns, decode, entry, signed};
use store::{Client, Migrations, Step, Transaction};
use wire::Position;

/// The tables of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "server",
    steps: &[
        Step { name: "0001_match_log", sql: include_str!("migrations/0001_match_log.sql") },
        Step { name: "0002_archive", sql: include_str!("migrations/0002_archive.sql") },
        Step { name: "0003_list", sql: include_str!("migrations/0003_list.sql") },
    ],
};

const INSERT_MATCH: &str = "
insert into server.match
    (id, organisation_id, source, source_match_id, sandbox, archive, epoch, phase, setup, summary, starts_at_ms,
    first_day_ms, created_at_ms, changed_at_ms)
values ($1, $2, $3, $4, $5, $6, $7, 'upcoming', $8, $9, $10, $11, $7, $7)
on conflict (organisation_id, source, source_match_id) do nothing";

const FIND_MATCH: &str = "
select id, archive, setup from server.match where organisation_id = $1 and source = $2 and source_match_id = $3";

const MATCH_BY_ID: &str = "
select id, organisation_id, sandbox, archive, epoch, seq, rev, phase, setup, summary, starts_at_ms, changed_at_ms
from server.match where id = $1";

/// Locks the row, so that two writers of one match take turns.
const MATCH_HEAD: &str = "select epoch, seq from server.match where id = $1 for update";

const APPEND: &str = "
insert into server.command
    (match_id, epoch, seq, op, of_seq, body, source, source_event_id, version, place, accepted_at_ms)
select $1, $2, * from unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::integer[],
    $10::bigint[], $11::bigint[])";

const ADVANCE: &str = "
update server.match set seq = $2, rev = $3, phase = $4, summary = $5, changed_at_ms = $6 where id = $1";

const READ: &str = "
select seq, op, of_seq, body, source, source_event_id, version, place, accepted_at_ms
from server.command where match_id = $1 and epoch = $2 and seq > $3 order by seq";

const START_OVER: &str = "
update server.match set epoch = $3, seq = 0, rev = 0, phase = 'upcoming', setup = $4, summary = $5,
    changed_at_ms = $3 where id = $1 and epoch = $2";

const FORGET: &str = "delete from server.command where match_id = $1 and epoch < $2";

/// A match's row.
#[derive(Clone, Debug)]
pub struct MatchRow {
    pub id: String,
    pub organisation_id: String,
    pub sandbox: bool,
    /// A recorded match: it takes commands as recorded.
    pub archive: bool,
    pub epoch: u64,
    pub seq: u64,
    pub rev: u32,
    pub phase: Phase,
    pub setup: Setup,
    pub summary: Summary,
    pub starts_at_ms: Option<i64>,
    pub changed_at_ms: u64,
}

/// A row of the log: one accepted command.
#[derive(Clone, Debug)]
pub struct Entry {
    pub seq: u64,
    pub op: Op,
    pub source: String,
    /// The feed's id of the command.
    pub command_id: String,
    pub version: u32,
    pub place: Option<u64>,
    pub accepted_at_ms: u64,
}

/// What is stored cannot be understood: a newer release wrote it, or somebody did by hand.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("match {match_id}, row {seq}: {reason}")]
    Unreadable { match_id: String, seq: u64, reason: String },
    /// Another process wrote this match since we read it.
    #[error("match {match_id}: the log went on without this writer")]
    Overtaken { match_id: String },
}

/// Creates a match unless this feed already did.
pub async fn insert_match(
    tx: &Transaction<'_>,
    row: &MatchRow,
    source: &str,
    source_match_id: &str,
) -> Result<(), store::Error> {
    let setup = wire::encode(&row.setup);
    let (epoch, summary) = (signed(row.epoch), row.summary.to_json());
    let (starts, first_day) = (row.starts_at_ms, first_day_ms(&row.setup));
    let params: store::Params<'_> = &[
        &row.id,
        &row.organisation_id,
        &source,
        &source_match_id,
        &row.sandbox,
        &row.archive,
        &epoch,
        &setup,
        &summary,
        &starts,
        &first_day,
    ];
    tx.execute(INSERT_MATCH, params).await.map(drop)
}

/// The first day at midnight UTC; none where the feed sent no date.
fn first_day_ms(setup: &Setup) -> Option<i64> {
    let day: jiff::civil::Date = setup.date.parse().ok()?;
    let midnight =
        jiff::tz::TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?;
    Some(midnight.as_millisecond())
}

/// What a feed announced under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub id: String,
    pub archive: bool,
    pub setup: Setup,
}

/// The match that this feed created under this name.
pub async fn find_match(
    client: &Client<'_>,
    organisation_id: &str,
    source: &str,
    source_match_id: &str,
) -> Result<Option<Announced>, LogError> {
    let row = client.query_opt(FIND_MATCH, &[&organisation_id, &source, &source_match_id]).await?;
    row.map(|row| {
        let id: String = row.get(0);
        Ok(Announced { setup: decode(&id, 0, row.get(2))?, archive: row.get(1), id })
    })
    .transpose()
}

/// The row of a match.
pub async fn match_by_id(client: &Client<'_>, id: &str) -> Result<Option<MatchRow>, LogError> {
    client.query_opt(MATCH_BY_ID, &[&id]).await?.as_ref().map(match_row).transpose()
}

/// Appends `entries` and moves the head, if the log still ends at `head`.
pub async fn append(
    tx: &Transaction<'_>,
    match_id: &str,
    head: Position,
    entries: &[Entry],
    log: &Log,
) -> Result<(), LogError> {
    check_head(tx, match_id, head).await?;
    let Some(last) = entries.last() else { return Ok(()) };
    let rows = Columns::of(entries);
    let params: store::Params<'_> = &[
        &match_id,
        &signed(head.epoch),
        &rows.seqs,
        &rows.ops,
        &rows.ofs,
        &rows.bodies,
        &rows.sources,
        &rows.command_ids,
        &rows.versions,
        &rows.places,
        &rows.times,
    ];
    tx.execute(APPEND, params).await?;
    let rev = i32::try_from(log.rev()).unwrap_or(i32::MAX);
    let phase = phase_word(log.game().phase);
    let summary = Summary::of(log.game()).to_json();
    let changed = signed(last.accepted_at_ms);
    tx.execute(ADVANCE, &[&match_id, &signed(last.seq), &rev, &phase, &summary, &changed]).await?;
    Ok(())
}

/// Makes other writers of this match wait until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, match_id: &str) -> Result<(), store::Error> {
    tx.query_opt(MATCH_HEAD, &[&match_id]).await.map(drop)
}

/// Whether the log still ends at `head`; in a transaction it does so until that ends.
pub async fn check_head(client: &Client<'_>, match_id: &str, head: Position) -> Result<(), LogError> {
    let found = client.query_opt(MATCH_HEAD, &[&match_id]).await?;
    match found.map(|row| (row.get(0), row.get(1))) {
        Some(found) if found == (signed(head.epoch), signed(head.seq)) => Ok(()),
        _ => Err(LogError::Overtaken { match_id: match_id.to_owned() }),
    }
}

/// A match as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    pub row: MatchRow,
    pub entries: Vec<Entry>,
}

/// A match with its whole log; none when there is no such match.
pub async fn load(client: &Client<'_>, match_id: &str) -> Result<Option<Stored>, LogError> {
    let Some(row) = match_by_id(client, match_id).await? else { return Ok(None) };
    let entries = read(client, match_id, row.epoch, 0).await?;
    Ok(Some(Stored { row, entries }))
}

impl Stored {
    /// Folds the log; `each` sees every entry with the log as the entry left it. A Test takes some 2 ms: not for an async thread.
    pub fn fold(self, mut each: impl FnMut(&Log, Entry)) -> Result<(MatchRow, Log), LogError> {
        let Stored { mut row, entries } = self;
        let mut log = empty(&row)?;
        for entry in entries {
            row.changed_at_ms = row.changed_at_ms.max(entry.accepted_at_ms);
            log.apply(entry.seq, entry.op.clone()).map_err(|refusal| LogError::Unreadable {
                match_id: row.id.clone(),
                seq: entry.seq,
                reason: refusal.to_string(),
            })?;
            each(&log, entry);
        }
        // Row and log are read one after the other, and another process may have written in between: the log has the last word.
        row.seq = log.last_seq().unwrap_or(0);
        row.rev = log.rev();
        Ok((row, log))
    }
}

/// The whole state of a match as its folded log has it; `t` is when the last command was accepted.
pub fn snapshot(row: &MatchRow, log: &Log, t: u64) -> wire::Snapshot {
    wire::Snapshot {
        t,
        id: row.id.clone(),
        epoch: row.epoch,
        seq: log.last_seq().unwrap_or(0),
        rev: log.rev(),
        state: log.game().clone(),
    }
}

/// The log of a match after `seq`, in order.
pub async fn read(client: &Client<'_>, match_id: &str, epoch: u64, seq: u64) -> Result<Vec<Entry>, LogError> {
    let rows = client.query(READ, &[&match_id, &signed(epoch), &signed(seq)]).await?;
    rows.iter().map(|row| entry(match_id, row)).collect()
}

/// Gives a sandbox match a new, empty history of epoch `to` in place of the one of epoch `from`. When that has been replaced already,
/// by another process, nothing is done.
pub async fn start_over(
    tx: &Transaction<'_>,
    match_id: &str,
    (from, to): (u64, u64),
    setup: &Setup,
) -> Result<(), store::Error> {
    let summary = Summary::default().to_json();
    let params: store::Params<'_> = &[&match_id, &signed(from), &signed(to), &wire::encode(setup), &summary];
    if tx.execute(START_OVER, params).await? > 0 {
        tx.execute(FORGET, &[&match_id, &signed(to)]).await?;
    }
    Ok(())
}

/// The log of a match before its first command.
pub fn empty(row: &MatchRow) -> Result<Log, LogError> {
    Log::new(row.setup.clone()).map_err(|error| LogError::Unreadable {
        match_id: row.id.clone(),
        seq: 0,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared_on_a_migrated_database() {
        let database = TestStore::new(&[MIGRATIONS]).await;
        let prepared = database.store().read("prepare", async |client| {
            for sql in
                [INSERT_MATCH, FIND_MATCH, MATCH_HEAD, MATCH_BY_ID, APPEND, ADVANCE, READ, START_OVER, FORGET]
            {
                client.prepare(sql).await?;
            }
            Ok::<_, store::Error>(())
        });
        prepared.await.expect("each is SQL that fits the tables");
    }
}
