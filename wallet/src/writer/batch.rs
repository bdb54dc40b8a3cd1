//! One batch: what its transfers name is read under locks, judged in memory, and written.

use super::{Outcome, chain_of};
use crate::account;
use crate::asset::AssetCode;
use crate::error::Error;
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Book, Hold, HoldState, Kind, Made, Move, Reason, Transfer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::time::Duration;
use store::{At, Client, Row, Transaction};
use uuid::Uuid;

/// What a batch is made of.
pub(super) struct Lot<'a> {
    /// Each with the transfers that belong together.
    pub(super) asked: &'a [&'a [Transfer]],
    pub(super) writer: &'a str,
    pub(super) now: Timestamp,
}

/// What came of a lot.
pub(super) struct Judged {
    /// In the order of what was asked.
    pub(super) outcomes: Vec<Outcome>,
    /// Fans' accounts that are not as they were.
    pub(super) changed: Vec<AccountId>,
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

/// What a transaction has made is not waited for to be on the disk before others may read it: [`super::keep`] is, before anybody is answered.
/// Its locks last some milliseconds less for it. And while there are few accounts, the planner would read them all to find a hundred: by
/// their ids it is ten times as fast, and as fast with millions of them. Where it reads a table all the same, such as that of the sixteen chains, its
/// cost is then so high that it would be compiled first: a hundred milliseconds a batch.
const SOON: &str = "set local synchronous_commit = off; set local enable_seqscan = off; set local jit = off";

/// Between whose accounts holds are: a hold's never change, so that they are looked for before anything is locked.
const BETWEEN: &str = "select debit, credit from wallet.hold where id = any($1)";

/// Invariant: whoever changes an account has its chain locked. All that a batch needs are locked at once and in one order, so that two wait for
/// each other and never both; batches of a chain follow one another, whichever process writes them.
const CHAINS: &str = "
    select number, seq, hash, epoch, writer, (select max(made_at) from wallet.chain) as latest
    from wallet.chain where number = any($1) order by number for update";

const ACCOUNTS: &str = "
    select id, asset, kind, bound_min, bound_max, day_in_max, day_out_max, frozen_at is not null as is_frozen,
        posted, held_out, held_in, version, day, day_in, day_out
    from wallet.account where id = any($1)";

const HOLDS: &str =
    "select id, debit, credit, asset, units, reason, until, state, taken from wallet.hold where id = any($1)";

const MADE: &str = "select id, digest from wallet.transfer where id = any($1)";

const TRANSFERS: &str = "
    insert into wallet.transfer (id, chain, seq, number, digest, act, debit, credit, asset, units, reason, hold, until, metadata, made_at)
    select it.id, it.chain, it.seq, it.number, it.digest, it.act, it.debit, it.credit, it.asset, it.units, it.reason, it.hold, it.until,
        it.metadata::jsonb, $1
    from unnest(
        $2::uuid[], $3::smallint[], $4::bigint[], $5::int[], $6::bytea[], $7::text[], $8::uuid[], $9::uuid[], $10::text[], $11::bigint[],
        $12::text[], $13::uuid[], $14::timestamptz[], $15::text[])
        as it (id, chain, seq, number, digest, act, debit, credit, asset, units, reason, hold, until, metadata)";

const STANDINGS: &str = "
    update wallet.account a set posted = it.posted, held_out = it.held_out, held_in = it.held_in, version = it.version,
        day = it.day, day_in = it.day_in, day_out = it.day_out
    from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[])
        as it (id, posted, held_out, held_in, version, day, day_in, day_out)
    where a.id = it.id";

const ENTRIES: &str = "
    insert into wallet.entry (account, version, transfer, change, balance_after, made_at)
    select it.account, it.version, it.transfer, it.change, it.balance_after, $6
    from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[]) as it (account, version, transfer, change, balance_after)";

const KEEP: &str = "
    insert into wallet.hold (id, debit, credit, asset, units, reason, until, state, taken)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[], $9::bigint[])
    on conflict (id) do update set state = excluded.state, taken = excluded.taken";

const BATCHES: &str = "
    insert into wallet.batch (chain, seq, epoch, transfers, hash, made_at)
    select it.*, $6 from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::int[], $5::bytea[]) as it";

const NEXT: &str = "
    update wallet.chain c set seq = it.seq, hash = it.hash, epoch = it.epoch, writer = $5, made_at = $6
    from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bytea[]) as it (number, seq, epoch, hash)
    where c.number = it.number";

/// Every statement that is prepared.
pub(crate) const STATEMENTS: &[&str] =
    &[BETWEEN, CHAINS, ACCOUNTS, HOLDS, MADE, TRANSFERS, STANDINGS, ENTRIES, KEEP, BATCHES, NEXT];

/// Judges all that was asked for in its order, and writes what is made.
pub(super) async fn write(tx: &Transaction<'_>, lot: &Lot<'_>) -> Result<Judged, NotWritten> {
    // All are on their way before the first is answered, below, which keeps its order only if none has to be prepared first.
    for sql in STATEMENTS {
        tx.prepare(sql).await?;
    }
    let (chains, mut book) = read(tx, lot).await?;
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
        // A chain's in the order in which they were made.
        made.sort_by_key(|it| chain_of(it));
        store(tx, lot, &chains, (&before, &book), &made).await?;
    }
    let fans = book.accounts().filter(|(id, it)| it.kind == Kind::Fan && before.account(*id) != Some(*it));
    Ok(Judged { outcomes, changed: fans.map(|it| it.0).collect() })
}

/// What the transfers of a lot name.
#[derive(Default)]
struct Named {
    chains: BTreeSet<i16>,
    accounts: BTreeSet<Uuid>,
    holds: BTreeSet<Uuid>,
    ids: BTreeSet<Uuid>,
}

impl Named {
    fn by(lot: &Lot<'_>) -> Self {
        let mut named = Self::default();
        for transfer in lot.asked.iter().copied().flatten() {
            named.chains.insert(i16::from(chain_of(transfer)));
            named.ids.insert(transfer.id.uuid());
            match transfer.act {
                Act::Post(of) | Act::Hold { of, .. } => {
                    named.account(of.debit);
                    named.account(of.credit);
                }
                Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } => {
                    named.holds.insert(hold.uuid());
                }
            }
        }
        named
    }

    fn account(&mut self, id: AccountId) {
        self.chains.insert(i16::from(id.chain()));
        self.accounts.insert(id.uuid());
    }
}

/// The chains, locked; the accounts and holds that are named, and what was made under these ids before.
async fn read(tx: &Transaction<'_>, lot: &Lot<'_>) -> Result<(Vec<Row>, Book), NotWritten> {
    let list = |of: BTreeSet<Uuid>| of.into_iter().collect::<Vec<Uuid>>();
    let mut named = Named::by(lot);
    let holds = list(std::mem::take(&mut named.holds));
    if !holds.is_empty() {
        for row in tx.query(BETWEEN, &[&holds]).await? {
            named.account(AccountId::of_uuid(row.get("debit")));
            named.account(AccountId::of_uuid(row.get("credit")));
        }
    }
    let chains: Vec<i16> = named.chains.into_iter().collect();
    let (accounts, ids) = (list(named.accounts), list(named.ids));
    let (of_chains, of_accounts): (store::Params<'_>, store::Params<'_>) = (&[&chains], &[&accounts]);
    let (of_holds, of_ids): (store::Params<'_>, store::Params<'_>) = (&[&holds], &[&ids]);
    // Each is run when the one before is: the chains are locked when the rest is read.
    let (soon, chains, accounts, held, made) = tokio::join!(
        biased;
        tx.batch(SOON),
        tx.query(CHAINS, of_chains),
        tx.query(ACCOUNTS, of_accounts),
        tx.query(HOLDS, of_holds),
        tx.query(MADE, of_ids),
    );
    soon?;
    let mut book = Book::default();
    for row in accounts? {
        book.open(AccountId::of_uuid(row.get("id")), account::standing(&row)?);
    }
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
    Ok((chains?, book))
}

/// A hold as it stands.
pub(crate) async fn find_hold(client: &Client<'_>, id: TransferId) -> Result<Option<Hold>, Error> {
    let rows = client.query(HOLDS, &[&vec![id.uuid()]]).await?;
    rows.first().map(|row| hold(row).map(|it| it.1)).transpose()
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

/// A batch of a chain, and where its transfers are in it.
struct Link {
    chain: i16,
    seq: i64,
    epoch: i64,
    hash: Vec<u8>,
    transfers: i32,
}

/// The next batch of each chain that has some of these.
fn links(lot: &Lot<'_>, chains: &[Row], made: &[&Transfer], digests: &[&[u8]]) -> Vec<Link> {
    let link = |row: &Row| {
        let (chain, epoch): (i16, i64) = (row.get("number"), row.get("epoch"));
        let of_chain = made.iter().zip(digests).filter(|(it, _)| i16::from(chain_of(it)) == chain);
        let (mut hash, mut transfers) = (Sha256::new(), 0);
        hash.update(row.get::<_, &[u8]>("hash"));
        for (_, digest) in of_chain {
            hash.update(digest);
            transfers += 1;
        }
        let epoch = if row.get::<_, &str>("writer") == lot.writer { epoch } else { epoch + 1 };
        let hash = hash.finalize().to_vec();
        (transfers > 0).then(|| Link { chain, seq: row.get::<_, i64>("seq") + 1, epoch, hash, transfers })
    };
    chains.iter().filter_map(link).collect()
}

/// Writes what has become of the book. All statements are on their way before the first is answered.
async fn store(
    tx: &Transaction<'_>,
    lot: &Lot<'_>,
    chains: &[Row],
    (before, after): (&Book, &Book),
    made: &[&Transfer],
) -> Result<(), NotWritten> {
    let digest = |it: &&Transfer| after.digest(it.id).expect("the book has made it").as_slice();
    let digests: Vec<&[u8]> = made.iter().map(digest).collect();
    let links = links(lot, chains, made, &digests);
    // After every batch that was there, of whichever chain, whatever this process's clock says: what the books were at a moment that is over
    // stays what they were.
    let latest = chains.iter().map(|it| it.get::<_, At>("latest").0).max();
    let now = At(latest.map_or(lot.now, |it| lot.now.max(it + Duration::from_micros(1))));
    let link_chains: Vec<i16> = links.iter().map(|it| it.chain).collect();
    let link_seqs: Vec<i64> = links.iter().map(|it| it.seq).collect();
    let epochs: Vec<i64> = links.iter().map(|it| it.epoch).collect();
    let hashes: Vec<&[u8]> = links.iter().map(|it| it.hash.as_slice()).collect();
    let counts: Vec<i32> = links.iter().map(|it| it.transfers).collect();
    let place = links.iter().flat_map(|it| (1..=it.transfers).map(|number| (it.chain, it.seq, number)));
    let (mut in_chains, mut seqs, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for (chain, seq, number) in place {
        in_chains.push(chain);
        seqs.push(seq);
        numbers.push(number);
    }

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

    let metadata: Vec<Option<String>> = made.iter().map(|it| it.metadata.json()).collect();

    let changed: Vec<_> = after.accounts().filter(|(id, it)| before.account(*id) != Some(*it)).collect();
    let column = |of: fn(&crate::Standing) -> i64| changed.iter().map(|it| of(it.1)).collect::<Vec<i64>>();
    let accounts: Vec<Uuid> = changed.iter().map(|it| it.0.uuid()).collect();
    let (posted, held_out) = (column(|it| it.posted), column(|it| it.held_out));
    let (held_in, versions) = (column(|it| it.held_in), column(|it| it.version));

    let days: Vec<i32> = changed.iter().map(|it| it.1.day.number).collect();
    let (came, went) = (column(|it| it.day.came), column(|it| it.day.went));

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
        &now, &ids, &in_chains, &seqs, &numbers, &digests, &acts, &debits, &credits, &assets, &units,
        &reasons, &holds, &untils, &metadata,
    ];
    let standings: store::Params<'_> =
        &[&accounts, &posted, &held_out, &held_in, &versions, &days, &came, &went];
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
    let batches: store::Params<'_> = &[&link_chains, &link_seqs, &epochs, &counts, &hashes, &now];
    let next: store::Params<'_> = &[&link_chains, &link_seqs, &epochs, &hashes, &lot.writer, &now];
    let done = tokio::join!(
        tx.execute(TRANSFERS, transfers),
        tx.execute(STANDINGS, standings),
        tx.execute(ENTRIES, entries),
        tx.execute(KEEP, keep),
        tx.execute(BATCHES, batches),
        tx.execute(NEXT, next),
    );
    for count in [done.0, done.1, done.2, done.3, done.4, done.5] {
        count?;
    }
    Ok(())
}
