//! One batch: what its transfers name is read under locks, judged in memory, and written.

use super::Outcome;
use crate::account;
use crate::asset::AssetCode;
use crate::error::Error;
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Book, Hold, HoldState, Made, Move, Reason, Transfer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::{At, Row, Transaction};
use uuid::Uuid;

/// What a batch is made of.
pub(super) struct Lot<'a> {
    /// Each with the transfers that belong together.
    pub(super) asked: &'a [&'a [Transfer]],
    pub(super) chain: i16,
    pub(super) writer: &'a str,
    pub(super) now: Timestamp,
}

/// Why a batch was not written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// Something came in between: the same again may go through.
    Again,
    Error(Error),
}

impl From<Error> for NotWritten {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<store::Error> for NotWritten {
    fn from(error: store::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<NotWritten> for Error {
    fn from(why: NotWritten) -> Self {
        match why {
            NotWritten::Again => Error::Busy,
            NotWritten::Error(error) => error,
        }
    }
}

/// Locked first, and in every batch of the chain: batches follow one another, whichever process writes them.
const CHAIN: &str = "select seq, hash, epoch, writer from wallet.chain where number = $1 for update";

/// Locked in one order everywhere, so that batches of two chains wait for each other and never both.
const ACCOUNTS: &str = "
    select id, asset, kind, bound_min, bound_max, frozen_at is not null as is_frozen, posted, held_out, held_in, version
    from wallet.account a
    where id in (
        select unnest($1::uuid[])
        union select debit from wallet.hold where id = any($2)
        union select credit from wallet.hold where id = any($2))
    order by id for update of a";

const HOLDS: &str =
    "select id, debit, credit, asset, units, reason, until, state, taken from wallet.hold where id = any($1)";

const MADE: &str = "select id, digest from wallet.transfer where id = any($1)";

const TRANSFERS: &str = "
    insert into wallet.transfer (id, chain, seq, number, digest, act, debit, credit, asset, units, reason, hold, until, made_at)
    select it.id, $1, $2, it.number, it.digest, it.act, it.debit, it.credit, it.asset, it.units, it.reason, it.hold, it.until, $3
    from unnest($4::uuid[], $5::bytea[], $6::text[], $7::uuid[], $8::uuid[], $9::text[], $10::bigint[], $11::text[], $12::uuid[], $13::timestamptz[])
        with ordinality as it (id, digest, act, debit, credit, asset, units, reason, hold, until, number)";

const STANDINGS: &str = "
    update wallet.account a set posted = it.posted, held_out = it.held_out, held_in = it.held_in, version = it.version
    from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) as it (id, posted, held_out, held_in, version)
    where a.id = it.id";

const ENTRIES: &str = "
    insert into wallet.entry (account, version, transfer, change, balance_after, made_at)
    select it.account, it.version, it.transfer, it.change, it.balance_after, $6
    from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[]) as it (account, version, transfer, change, balance_after)";

const KEEP: &str = "
    insert into wallet.hold (id, debit, credit, asset, units, reason, until, state, taken)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[], $9::bigint[])
    on conflict (id) do update set state = excluded.state, taken = excluded.taken";

const BATCH: &str =
    "insert into wallet.batch (chain, seq, epoch, transfers, hash, made_at) values ($1, $2, $3, $4, $5, $6)";

const NEXT: &str = "update wallet.chain set seq = $2, hash = $3, epoch = $4, writer = $5 where number = $1";

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[CHAIN, ACCOUNTS, HOLDS, MADE, TRANSFERS, STANDINGS, ENTRIES, KEEP, BATCH, NEXT];

/// Judges all that was asked for in its order, and writes what is made.
pub(super) async fn write(tx: &Transaction<'_>, lot: &Lot<'_>) -> Result<Vec<Outcome>, NotWritten> {
    let chain = tx.query_one(CHAIN, &[&lot.chain]).await?;
    let mut book = read(tx, lot).await?;
    let before = book.clone();
    let mut made: Vec<&Transfer> = Vec::new();
    let mut outcomes = Vec::with_capacity(lot.asked.len());
    for together in lot.asked {
        let outcome = book.make(together, lot.now);
        if outcome == Ok(Made::Now) {
            made.extend(together.iter());
        }
        outcomes.push(outcome);
    }
    if !made.is_empty() {
        store(tx, lot, &chain, (&before, &book), &made).await?;
    }
    Ok(outcomes)
}

/// The accounts and holds that are named, and what was made under these ids before.
async fn read(tx: &Transaction<'_>, lot: &Lot<'_>) -> Result<Book, NotWritten> {
    let (mut accounts, mut holds, mut ids) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for transfer in lot.asked.iter().copied().flatten() {
        ids.insert(transfer.id.uuid());
        match transfer.act {
            Act::Post(of) | Act::Hold { of, .. } => accounts.extend([of.debit.uuid(), of.credit.uuid()]),
            Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } => {
                holds.insert(hold.uuid());
            }
        }
    }
    let list = |of: BTreeSet<Uuid>| of.into_iter().collect::<Vec<Uuid>>();
    let (accounts, holds, ids) = (list(accounts), list(holds), list(ids));
    let mut book = Book::default();
    for row in tx.query(ACCOUNTS, &[&accounts, &holds]).await? {
        book.open(AccountId::of_uuid(row.get("id")), account::standing(&row)?);
    }
    // After the accounts are locked: nobody else resolves a hold of theirs, or makes the same transfer, from here on.
    let (of_holds, of_ids): (store::Params<'_>, store::Params<'_>) = (&[&holds], &[&ids]);
    let (held, made) = tokio::join!(tx.query(HOLDS, of_holds), tx.query(MADE, of_ids));
    for row in held? {
        let (id, hold) = hold(&row)?;
        // Made after its accounts were looked for.
        if [hold.of.debit, hold.of.credit].into_iter().any(|it| book.account(it).is_none()) {
            return Err(NotWritten::Again);
        }
        book.remember_hold(id, hold);
    }
    for row in made? {
        let id = TransferId::of_uuid(row.get("id"));
        let digest = row.get::<_, &[u8]>("digest").try_into();
        book.remember(id, digest.map_err(|_| unreadable(id, "digest"))?);
    }
    Ok(book)
}

fn unreadable(id: TransferId, column: &'static str) -> Error {
    Error::Unreadable { what: id.to_string(), column }
}

fn hold(row: &Row) -> Result<(TransferId, Hold), Error> {
    let id = TransferId::of_uuid(row.get("id"));
    let asset = AssetCode::of(row.get("asset")).ok_or_else(|| unreadable(id, "asset"))?;
    let reason = Reason::of(row.get("reason")).ok_or_else(|| unreadable(id, "reason"))?;
    let (debit, credit) = (AccountId::of_uuid(row.get("debit")), AccountId::of_uuid(row.get("credit")));
    let of = Move::of(asset, row.get("units"), debit, credit, reason).map_err(|_| unreadable(id, "units"))?;
    let state = match (row.get("state"), row.get("taken")) {
        ("open", None) => HoldState::Open,
        ("finished", Some(units)) => HoldState::Finished { units },
        ("voided", None) => HoldState::Voided,
        ("lapsed", None) => HoldState::Lapsed,
        _ => return Err(unreadable(id, "state")),
    };
    Ok((id, Hold { of, until: row.get::<_, Option<At>>("until").map(|it| it.0), state }))
}

/// Writes what has become of the book. All statements are on their way before the first is answered.
async fn store(
    tx: &Transaction<'_>,
    lot: &Lot<'_>,
    chain: &Row,
    (before, after): (&Book, &Book),
    made: &[&Transfer],
) -> Result<(), NotWritten> {
    let (seq, epoch): (i64, i64) = (chain.get::<_, i64>("seq") + 1, chain.get("epoch"));
    let epoch = if chain.get::<_, &str>("writer") == lot.writer { epoch } else { epoch + 1 };
    let mut hash = Sha256::new();
    hash.update(chain.get::<_, &[u8]>("hash"));
    let digests: Vec<Vec<u8>> = made.iter().map(|it| it.digest().to_vec()).collect();
    digests.iter().for_each(|it| hash.update(it));
    let hash = hash.finalize().to_vec();
    let now = At(lot.now);
    let count = i32::try_from(made.len()).unwrap_or(i32::MAX);

    let of = |it: &&Transfer| match it.act {
        Act::Post(of) | Act::Hold { of, .. } => Some(of),
        _ => None,
    };
    let moves: Vec<Option<Move>> = made.iter().map(of).collect();
    let ids: Vec<Uuid> = made.iter().map(|it| it.id.uuid()).collect();
    let acts: Vec<&str> = made.iter().map(|it| it.act.word()).collect();
    let debits: Vec<Option<Uuid>> = moves.iter().map(|it| it.map(|of| of.debit.uuid())).collect();
    let credits: Vec<Option<Uuid>> = moves.iter().map(|it| it.map(|of| of.credit.uuid())).collect();
    let assets: Vec<Option<&str>> = moves.iter().map(|it| it.map(|of| of.asset.text())).collect();
    let reasons: Vec<Option<&str>> = moves.iter().map(|it| it.map(|of| of.reason.word())).collect();
    let units: Vec<Option<i64>> = made.iter().map(|it| it.act.units()).collect();
    let holds: Vec<Option<Uuid>> = made.iter().map(|it| it.act.hold().map(TransferId::uuid)).collect();
    let untils: Vec<Option<At>> = made.iter().map(|it| it.act.until().map(At)).collect();

    let changed: Vec<_> = after.accounts().filter(|(id, it)| before.account(*id) != Some(*it)).collect();
    let column = |of: fn(&crate::Standing) -> i64| changed.iter().map(|it| of(it.1)).collect::<Vec<i64>>();
    let accounts: Vec<Uuid> = changed.iter().map(|it| it.0.uuid()).collect();
    let (posted, held_out) = (column(|it| it.posted), column(|it| it.held_out));
    let (held_in, versions) = (column(|it| it.held_in), column(|it| it.version));

    let lines = after.entries();
    let line_accounts: Vec<Uuid> = lines.iter().map(|it| it.account.uuid()).collect();
    let line_versions: Vec<i64> = lines.iter().map(|it| it.version).collect();
    let line_transfers: Vec<Uuid> = lines.iter().map(|it| it.transfer.uuid()).collect();
    let line_changes: Vec<i64> = lines.iter().map(|it| it.change).collect();
    let line_balances: Vec<i64> = lines.iter().map(|it| it.balance_after).collect();

    let kept: Vec<(TransferId, &Hold)> =
        after.holds().filter(|(id, it)| before.hold(*id) != Some(*it)).collect();
    let hold_ids: Vec<Uuid> = kept.iter().map(|it| it.0.uuid()).collect();
    let hold_debits: Vec<Uuid> = kept.iter().map(|it| it.1.of.debit.uuid()).collect();
    let hold_credits: Vec<Uuid> = kept.iter().map(|it| it.1.of.credit.uuid()).collect();
    let hold_assets: Vec<&str> = kept.iter().map(|it| it.1.of.asset.text()).collect();
    let hold_units: Vec<i64> = kept.iter().map(|it| it.1.of.units).collect();
    let hold_reasons: Vec<&str> = kept.iter().map(|it| it.1.of.reason.word()).collect();
    let hold_untils: Vec<Option<At>> = kept.iter().map(|it| it.1.until.map(At)).collect();
    let hold_states: Vec<&str> = kept.iter().map(|it| it.1.state.word()).collect();
    let hold_taken: Vec<Option<i64>> = kept.iter().map(|it| it.1.state.taken()).collect();

    let transfers: store::Params<'_> = &[
        &lot.chain, &seq, &now, &ids, &digests, &acts, &debits, &credits, &assets, &units, &reasons, &holds,
        &untils,
    ];
    let standings: store::Params<'_> = &[&accounts, &posted, &held_out, &held_in, &versions];
    let entries: store::Params<'_> =
        &[&line_accounts, &line_versions, &line_transfers, &line_changes, &line_balances, &now];
    let keep: store::Params<'_> = &[
        &hold_ids,
        &hold_debits,
        &hold_credits,
        &hold_assets,
        &hold_units,
        &hold_reasons,
        &hold_untils,
        &hold_states,
        &hold_taken,
    ];
    let batch: store::Params<'_> = &[&lot.chain, &seq, &epoch, &count, &hash, &now];
    let next: store::Params<'_> = &[&lot.chain, &seq, &hash, &epoch, &lot.writer];
    let done = tokio::join!(
        tx.execute(TRANSFERS, transfers),
        tx.execute(STANDINGS, standings),
        tx.execute(ENTRIES, entries),
        tx.execute(KEEP, keep),
        tx.execute(BATCH, batch),
        tx.execute(NEXT, next),
    );
    for count in [done.0, done.1, done.2, done.3, done.4, done.5] {
        count?;
    }
    Ok(())
}
