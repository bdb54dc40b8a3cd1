//! What fences have said, kept for audits: the rule, the verdict, the region, a coarse cell; never a coordinate.

use super::Error;
use jiff::{SignedDuration, Timestamp};
use places::{Before, Cell, Code, Decision, Evidence, Kept, Source, Verdict, Version};
use sha2::{Digest, Sha256};
use store::{At, Client, Row, Transaction};

/// The same, said to the same fan again, is kept no more often.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Where a fan was longer ago says nothing of where they can be.
const BEFORE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Decisions of a list.
pub const LIST_MAX: i64 = 200;

const KEEP: &str = "
    insert into access.place_decision
        (fence_id, fence_version, verdict, reasons, source, near, cell, address, who_sha256, at)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
    where not exists (
        select 1 from access.place_decision
        where who_sha256 = $9 and at > $11 and fence_id = $1 and fence_version = $2 and verdict = $3
            and reasons = $4 and source = $5 and near = $6 and cell is not distinct from $7
            and address is not distinct from $8
    )";

/// Keeps what a version of a fence has said of a fan, with the transaction that goes by it. What was said in the last ten minutes is not said twice.
pub async fn keep(
    tx: &Transaction<'_>,
    (fence_id, version): (&str, u32),
    fan_id: &str,
    decision: &Decision,
) -> Result<(), Error> {
    let Decision { verdict, reasons, evidence, at, .. } = decision;
    let reasons: Vec<&str> = reasons.iter().map(|it| it.code()).collect();
    let near: Vec<&str> = evidence.near.iter().map(Code::as_str).collect();
    let address = evidence.address.as_ref().map(Code::as_str);
    let who = who(fan_id);
    let params: store::Params<'_> = &[
        &fence_id,
        &i32::try_from(version).unwrap_or(i32::MAX),
        &verdict.word(),
        &reasons,
        &evidence.source.word(),
        &near,
        &evidence.cell.map(Cell::number),
        &address,
        &who.as_slice(),
        &At(*at),
        &At::after(*at, -AGAIN_AFTER),
    ];
    tx.execute(KEEP, params).await?;
    Ok(())
}

const BEFORE: &str = "
    select cell, at from access.place_decision
    where who_sha256 = $1 and at > $2 and cell is not null and not 'jumped' = any(reasons) order by at desc limit 1";

/// Where a fan was when it was last decided, in the last day: what a jump is seen by. Where somebody has jumped to is no place to have come from,
/// or the second try would be believed.
pub async fn before(client: &Client<'_>, fan_id: &str, now: Timestamp) -> Result<Option<Before>, Error> {
    let who = who(fan_id);
    let params: store::Params<'_> = &[&who.as_slice(), &At::after(now, -BEFORE_MAX)];
    let row = client.query_opt(BEFORE, params).await?;
    Ok(row
        .and_then(|it| Some(Before { cell: Cell::of_number(it.get("cell"))?, at: it.get::<_, At>("at").0 })))
}

/// A decision that was kept, by which fence.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub id: i64,
    pub fence_id: String,
    pub fence_version: u32,
    pub kept: Kept,
}

const OF_FENCE: &str = "
    select d.id, d.fence_id, d.fence_version, v.hash, d.verdict, d.reasons, d.source, d.near, d.cell, d.address, d.at
    from access.place_decision d
    join access.fence_version v on v.fence_id = d.fence_id and v.version = d.fence_version
    where d.fence_id = $1 and d.id < $2 order by d.id desc limit $3";

/// What a fence has said, the last first, before a line (`i64::MAX`: from the end); [`places::replay`] decides it once more.
pub async fn of_fence(
    client: &Client<'_>,
    fence_id: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let rows = client.query(OF_FENCE, &[&fence_id, &before, &limit.clamp(1, LIST_MAX)]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Line, Error> {
    let id: i64 = row.get("id");
    let unreadable = |column| Error::Unreadable { what: format!("decision {id}"), column };
    let code = |text: &str, column| Code::parse(text).map_err(|_| unreadable(column));
    let near: Vec<&str> = row.get("near");
    let cell = row.get::<_, Option<i32>>("cell");
    let evidence = Evidence {
        source: Source::of_word(row.get("source")).ok_or_else(|| unreadable("source"))?,
        near: near.into_iter().map(|it| code(it, "near")).collect::<Result<_, _>>()?,
        cell: cell.map(|it| Cell::of_number(it).ok_or_else(|| unreadable("cell"))).transpose()?,
        address: row.get::<_, Option<&str>>("address").map(|it| code(it, "address")).transpose()?,
    };
    let kept = Kept {
        version: Version::parse(row.get("hash")).ok_or_else(|| unreadable("hash"))?,
        verdict: Verdict::of_word(row.get("verdict")).ok_or_else(|| unreadable("verdict"))?,
        reasons: row.get("reasons"),
        evidence,
        at: row.get::<_, At>("at").0,
    };
    let version: i32 = row.get("fence_version");
    Ok(Line { id, fence_id: row.get("fence_id"), fence_version: version.unsigned_abs(), kept })
}

const FORGET: &str = "
    delete from access.place_decision
    where id in (select id from access.place_decision where at < $1 order by at limit $2)";
/// Decisions that one transaction forgets.
pub const FORGET_MAX: i64 = 10_000;

/// Forgets what is older than that, [`FORGET_MAX`] at most; answers how many it was.
pub async fn forget_over(
    tx: &Transaction<'_>,
    kept_for: SignedDuration,
    now: Timestamp,
) -> Result<u64, store::Error> {
    tx.execute(FORGET, &[&At::after(now, -kept_for), &FORGET_MAX]).await
}

const FORGET_FAN: &str = "delete from access.place_decision where who_sha256 = $1";

/// Forgets all that was decided of a fan, who asks for it.
pub async fn forget_fan(tx: &Transaction<'_>, fan_id: &str) -> Result<u64, Error> {
    Ok(tx.execute(FORGET_FAN, &[&who(fan_id).as_slice()]).await?)
}

/// Whose it is, for whoever knows the fan's id.
fn who(fan_id: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"place\0").chain_update(fan_id.as_bytes()).finalize().into()
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[KEEP, BEFORE, OF_FENCE, FORGET, FORGET_FAN];
