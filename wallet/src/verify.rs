//! Whether the books are right: `crease ledger verify`.

use crate::error::Error;
use crate::id::{AccountId, CHAINS, TransferId};
use crate::statement;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use store::{At, Client, Row};

/// Something that is not as the rules leave it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("transfer {id} is not what it was when it was made")]
    Changed { id: TransferId },

    #[error("chain {chain}: the hash of batch {seq} does not follow from the one before and its transfers")]
    Broken { chain: i16, seq: i64 },

    #[error("chain {chain} says that it has {says} batches, and has {has}")]
    Length { chain: i16, says: i64, has: i64 },

    #[error("all balances of {asset} together are {sum}, and not nothing")]
    Sum { asset: String, sum: i64 },

    #[error("account {id}: its lines do not lead to its balance, or have a gap")]
    Lines { id: AccountId },

    #[error("account {id}: what its holds keep apart is not what it says")]
    Held { id: AccountId },
}

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub batches: u64,
    pub transfers: u64,
    pub faults: Vec<Fault>,
}

/// Batches that are read at a time.
const PAGE: i64 = 200;

const ENDS: &str = "select number, seq, hash from wallet.chain order by number";

const BATCHES: &str = "
    select seq, transfers, hash, made_at from wallet.batch where chain = $1 and seq > $2 and seq <= $3 order by seq";

const TRANSFERS: &str = "
    select id, seq, digest, act, debit, credit, asset, units, reason, hold, until, metadata::text as metadata
    from wallet.transfer
    where chain = $1 and seq > $2 and seq <= $3 and made_at between $4 and $5 order by seq, number";

const SUMS: &str = "
    select a.asset, sum(e.change)::bigint as sum from wallet.entry e join wallet.account a on a.id = e.account
    group by a.asset having sum(e.change) <> 0 order by a.asset";

const LINES: &str = "
    select distinct account as id from (
        select account, version, balance_after,
            row_number() over lines as number, sum(change) over lines as balance
        from wallet.entry window lines as (partition by account order by version)
    ) it where version <> number or balance_after <> balance
    union
    select account from wallet.entry where account not in (select id from wallet.account)
    order by 1";

const HELD: &str = "
    select a.id from wallet.account a
    left join (select debit, sum(units)::bigint as units from wallet.hold where state = 'open' group by debit) o on o.debit = a.id
    left join (select credit, sum(units)::bigint as units from wallet.hold where state = 'open' group by credit) i on i.credit = a.id
    where a.held_out <> coalesce(o.units, 0) or a.held_in <> coalesce(i.units, 0)
    order by a.id";

/// Reads everything. While transfers are made, call it in a transaction that sees one moment.
pub async fn verify(client: &Client<'_>) -> Result<Report, Error> {
    let mut report = Report::default();
    let ends = client.query(ENDS, &[]).await?;
    debug_assert_eq!(ends.len(), usize::from(CHAINS));
    for end in &ends {
        chain(client, end, &mut report).await?;
    }
    for row in client.query(SUMS, &[]).await? {
        report.faults.push(Fault::Sum { asset: row.get("asset"), sum: row.get("sum") });
    }
    for row in client.query(LINES, &[]).await? {
        report.faults.push(Fault::Lines { id: AccountId::of_uuid(row.get("id")) });
    }
    for row in client.query(HELD, &[]).await? {
        report.faults.push(Fault::Held { id: AccountId::of_uuid(row.get("id")) });
    }
    Ok(report)
}

async fn chain(client: &Client<'_>, end: &Row, report: &mut Report) -> Result<(), Error> {
    let (chain, says): (i16, i64) = (end.get("number"), end.get("seq"));
    let mut hash = vec![0_u8; 32];
    let mut has = 0;
    loop {
        let (from, to) = (has, has + PAGE);
        let params: store::Params<'_> = &[&chain, &from, &to];
        let batches = client.query(BATCHES, params).await?;
        let times = || batches.iter().map(|it| it.get::<_, At>("made_at").0);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { break };
        let (first, last) = (At(first), At(last));
        let params: store::Params<'_> = &[&chain, &from, &to, &first, &last];
        let mut transfers: HashMap<i64, Vec<Row>> = HashMap::new();
        for row in client.query(TRANSFERS, params).await? {
            transfers.entry(row.get("seq")).or_default().push(row);
        }
        for batch in &batches {
            let seq: i64 = batch.get("seq");
            let rows = transfers.remove(&seq).unwrap_or_default();
            let mut all = Sha256::new();
            all.update(&hash);
            for row in &rows {
                let digest: &[u8] = row.get("digest");
                all.update(digest);
                if statement::read(row).is_none_or(|it| it.digest() != digest) {
                    report.faults.push(Fault::Changed { id: TransferId::of_uuid(row.get("id")) });
                }
            }
            let kept: &[u8] = batch.get("hash");
            has += 1;
            if seq != has
                || all.finalize().as_slice() != kept
                || i64::from(batch.get::<_, i32>("transfers")) != rows.len() as i64
            {
                report.faults.push(Fault::Broken { chain, seq });
            }
            hash = kept.to_vec();
            report.transfers += rows.len() as u64;
        }
        report.batches += batches.len() as u64;
    }
    if has != says {
        report.faults.push(Fault::Length { chain, says, has });
    } else if end.get::<_, &[u8]>("hash") != hash {
        report.faults.push(Fault::Broken { chain, seq: says });
    }
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ENDS, BATCHES, TRANSFERS, SUMS, LINES, HELD];
