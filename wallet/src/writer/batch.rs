//! One batch: what its transfers name is known, or read under locks; it is judged in memory, and written.

use super::{Asked, Outcome, chain_of};
use crate::account;
use crate::asset::AssetCode;
use crate::error::Error;
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Book, Entry, Hold, HoldState, Made, Move, Reason, Standing, Transfer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::{At, Client, Row, Statement, Transaction};
use uuid::Uuid;

/// Who writes, and when.
#[derive(Clone, Debug)]
pub(super) struct By {
    pub(super) writer: String,
    pub(super) now: Timestamp,
    /// How far that may be from the database's time, seconds; none where a test makes the time.
    pub(super) apart_max: Option<f64>,
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

/// Raised by [`ADVANCE`].
const MOVED_ON: &str = "CW001";
const OTHER_TIME: &str = "CW002";

impl From<store::Error> for NotWritten {
    fn from(error: store::Error) -> Self {
        match error.sql_state().map(|it| it.code()) {
            Some(MOVED_ON) => Self::Again,
            Some(OTHER_TIME) => Self::Error(Error::Clock),
            // Another process has made one of these since this one looked.
            _ if error.is_unique_violation() => Self::Again,
            _ => Self::Error(error.into()),
        }
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

/// As [`ADVANCE`] does it, for what is read before.
const SOON: &str = "set local synchronous_commit = off; set local enable_seqscan = off";

/// Between whose accounts holds are: a hold's never change, so that they are looked for before anything is locked.
const BETWEEN: &str = "select debit, credit from wallet.hold where id = any($1)";

/// Invariant: whoever changes an account has its chain locked. All that a batch needs are locked at once and in one order, so that two wait for
/// each other and never both; batches of a chain follow one another, whichever process writes them.
const CHAINS: &str = "
    select number, seq, changes, hash, epoch, writer from wallet.chain where number = any($1) order by number for update";

const ACCOUNTS: &str = "
    select id, asset, kind, bound_min, bound_max, day_in_max, day_out_max, frozen_at is not null as is_frozen,
        posted, held_out, held_in, version, day, day_in, day_out
    from wallet.standing where id = any($1)";

const HOLDS: &str =
    "select id, debit, credit, asset, units, reason, until, state, taken from wallet.hold where id = any($1)";

const MADE: &str = "select id, digest from wallet.transfer where id = any($1)";

const ADVANCE: &str =
    "select wallet.advance($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::float8 * interval '1 second')";

const TRANSFERS: &str = "
    insert into wallet.transfer (id, chain, seq, number, digest, act, debit, credit, asset, units, reason, hold, until, metadata, made_at)
    select it.id, it.chain, it.seq, it.number, it.digest, it.act, it.debit, it.credit, it.asset, it.units, it.reason, it.hold, it.until,
        it.metadata::jsonb, (select made_at from wallet.chain where number = $1)
    from unnest(
        $2::uuid[], $3::smallint[], $4::bigint[], $5::int[], $6::bytea[], $7::text[], $8::uuid[], $9::uuid[], $10::text[], $11::bigint[],
        $12::text[], $13::uuid[], $14::timestamptz[], $15::text[])
        as it (id, chain, seq, number, digest, act, debit, credit, asset, units, reason, hold, until, metadata)";

const HELD: &str = "
    update wallet.account a set held_out = it.held_out, held_in = it.held_in
    from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as it (id, held_out, held_in)
    where a.id = it.id";

const ENTRIES: &str = "
    insert into wallet.entry (account, version, transfer, change, balance_after, day, day_in, day_out, made_at)
    select it.*, (select made_at from wallet.chain where number = $9)
    from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[]) as it";

const KEEP: &str = "
    insert into wallet.hold (id, debit, credit, asset, units, reason, until, state, taken)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[], $9::bigint[])
    on conflict (id) do update set state = excluded.state, taken = excluded.taken";

/// Every statement that is prepared.
pub(crate) const STATEMENTS: &[&str] =
    &[BETWEEN, CHAINS, ACCOUNTS, HOLDS, MADE, ADVANCE, TRANSFERS, ENTRIES, KEEP, HELD];

/// A chain as a batch finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) number: u8,
    /// Batches so far, and the hash over all of them.
    pub(super) seq: i64,
    pub(super) hash: [u8; 32],
    /// Changes of its accounts so far, by batches of whichever chain and otherwise.
    pub(super) changes: i64,
    /// Of the next batch, if who has found it writes that.
    pub(super) epoch: i64,
}

/// What the transfers of a batch name.
#[derive(Default)]
pub(super) struct Named {
    pub(super) chains: BTreeSet<u8>,
    pub(super) accounts: BTreeSet<AccountId>,
    pub(super) holds: BTreeSet<TransferId>,
    pub(super) ids: BTreeSet<TransferId>,
}

impl Named {
    pub(super) fn by(asked: &[Asked]) -> Self {
        let mut named = Self::default();
        for transfer in asked.iter().flat_map(|it| &it.together) {
            named.chains.insert(chain_of(transfer));
            named.ids.insert(transfer.id);
            match transfer.act {
                Act::Post(of) | Act::Hold { of, .. } => named.between(&of),
                Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } => {
                    named.holds.insert(hold);
                }
            }
        }
        named
    }

    pub(super) fn between(&mut self, of: &Move) {
        for account in [of.debit, of.credit] {
            self.account(account);
        }
    }

    fn account(&mut self, id: AccountId) {
        self.chains.insert(id.chain());
        self.accounts.insert(id);
    }
}

pub(super) fn uuids<'a>(of: impl IntoIterator<Item = &'a TransferId>) -> Vec<Uuid> {
    of.into_iter().map(|it| it.uuid()).collect()
}

/// The chains, locked; the accounts and holds that are named, and what was made under these ids before.
pub(super) async fn read(
    tx: &Transaction<'_>,
    asked: &[Asked],
    writer: &str,
) -> Result<(Vec<Chain>, Book), NotWritten> {
    // All are on their way before the first is answered, below, which keeps its order only if none has to be prepared first.
    for sql in STATEMENTS {
        tx.prepare(sql).await?;
    }
    let mut named = Named::by(asked);
    let holds = uuids(&named.holds);
    if !holds.is_empty() {
        for row in tx.query(BETWEEN, &[&holds]).await? {
            named.account(AccountId::of_uuid(row.get("debit")));
            named.account(AccountId::of_uuid(row.get("credit")));
        }
    }
    let chains: Vec<i16> = named.chains.iter().map(|it| i16::from(*it)).collect();
    let accounts: Vec<Uuid> = named.accounts.iter().map(|it| it.uuid()).collect();
    let ids = uuids(&named.ids);
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
    let chains = chains?.iter().map(|row| chain(row, writer)).collect::<Result<Vec<_>, _>>()?;
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
        let (id, digest) = of_made(&row)?;
        book.remember(id, digest);
    }
    Ok((chains, book))
}

fn chain(row: &Row, writer: &str) -> Result<Chain, Error> {
    let number: i16 = row.get("number");
    let unreadable = |column| Error::Unreadable { what: format!("chain {number}"), column };
    let epoch: i64 = row.get("epoch");
    Ok(Chain {
        number: u8::try_from(number).map_err(|_| unreadable("number"))?,
        seq: row.get("seq"),
        hash: row.get::<_, &[u8]>("hash").try_into().map_err(|_| unreadable("hash"))?,
        changes: row.get("changes"),
        epoch: if row.get::<_, &str>("writer") == writer { epoch } else { epoch + 1 },
    })
}

fn of_made(row: &Row) -> Result<(TransferId, [u8; 32]), Error> {
    let id = TransferId::of_uuid(row.get("id"));
    let digest = row.get::<_, &[u8]>("digest").try_into();
    Ok((id, digest.map_err(|_| unreadable(id, "digest"))?))
}

/// What was made under these ids before.
pub(super) async fn made(client: &Client<'_>, ids: &[Uuid]) -> Result<Vec<(TransferId, [u8; 32])>, Error> {
    client.query(MADE, &[&ids]).await?.iter().map(of_made).collect()
}

/// These holds as they stand.
pub(super) async fn holds(client: &Client<'_>, ids: &[Uuid]) -> Result<Vec<(TransferId, Hold)>, Error> {
    client.query(HOLDS, &[&ids]).await?.iter().map(hold).collect()
}

/// A hold as it stands.
pub(crate) async fn find_hold(client: &Client<'_>, id: TransferId) -> Result<Option<Hold>, Error> {
    Ok(holds(client, &[id.uuid()]).await?.first().map(|it| it.1))
}

fn unreadable(id: TransferId, column: &'static str) -> Error {
    Error::Unreadable { what: id.to_string(), column }
}

fn hold(row: &Row) -> Result<(TransferId, Hold), Error> {
    let id = TransferId::of_uuid(row.get("id"));
    let asset = AssetCode::kept(row.get("asset")).ok_or_else(|| unreadable(id, "asset"))?;
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

/// A chain that a batch was judged by, and what comes next on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) chain: Chain,
    transfers: i32,
    /// Where there is something: after it.
    hash: Option<[u8; 32]>,
    /// Whether its accounts change, or there is something.
    is_touched: bool,
}

impl Link {
    /// The chain when it is written.
    pub(super) fn after(&self) -> Chain {
        let chain = Chain { changes: self.chain.changes + i64::from(self.is_touched), ..self.chain };
        match self.hash {
            Some(hash) => Chain { seq: self.chain.seq + 1, hash, ..chain },
            None => chain,
        }
    }
}

/// What came of a batch, to be written.
pub(super) struct Judgement {
    /// In the order of what was asked.
    pub(super) outcomes: Vec<Outcome>,
    /// Which of what was asked is made: of which, and at which place among what belongs together. A chain's are beside each other, in the
    /// order in which they were made.
    made: Vec<(usize, usize)>,
    pub(super) links: Vec<Link>,
    before: Book,
    pub(super) after: Book,
}

/// Judges all that was asked for in its order.
pub(super) fn judge(asked: &[Asked], chains: &[Chain], mut book: Book, now: Timestamp) -> Judgement {
    let before = book.clone();
    let (mut made, mut outcomes) = (Vec::new(), Vec::with_capacity(asked.len()));
    for (at, it) in asked.iter().enumerate() {
        let outcome = book.make(&it.together, now);
        if outcome == Ok(Made::Now) {
            made.extend((0..it.together.len()).map(|place| (at, place)));
        }
        outcomes.push(outcome);
    }
    let chain = |it: &(usize, usize)| chain_of(&asked[it.0].together[it.1]);
    made.sort_by_key(chain);
    let changed = book.accounts().filter(|(id, it)| before.account(*id) != Some(*it));
    let touched: BTreeSet<u8> = changed.map(|it| it.0.chain()).collect();
    let link = |of: &Chain| {
        let (mut hash, mut transfers) = (Sha256::new(), 0);
        hash.update(of.hash);
        for (at, place) in made.iter().filter(|it| chain(it) == of.number) {
            hash.update(digest(&book, &asked[*at].together[*place]));
            transfers += 1;
        }
        let is_touched = transfers > 0 || touched.contains(&of.number);
        Link { chain: *of, transfers, hash: (transfers > 0).then(|| hash.finalize().into()), is_touched }
    };
    let links = chains.iter().map(link).collect();
    Judgement { outcomes, made, links, before, after: book }
}

fn digest<'a>(book: &'a Book, of: &Transfer) -> &'a [u8; 32] {
    book.digest(of.id).expect("the book has made it")
}

impl Judgement {
    /// Accounts that are not as they were.
    pub(super) fn changed(&self) -> impl Iterator<Item = (AccountId, &Standing)> {
        self.after.accounts().filter(|(id, it)| self.before.account(*id) != Some(*it))
    }

    /// Holds that are not as they were.
    pub(super) fn kept(&self) -> impl Iterator<Item = (TransferId, &Hold)> {
        self.after.holds().filter(|(id, it)| self.before.hold(*id) != Some(*it))
    }

    /// What was made of what was asked.
    pub(super) fn made<'a>(&self, asked: &'a [Asked]) -> impl Iterator<Item = &'a Transfer> {
        self.made.iter().map(|(at, place)| &asked[*at].together[*place])
    }

    /// Says how to write what has become of the book: `run` runs all or none of the statements. The first locks the chains, and fails where one
    /// is not as it was judged by.
    pub(super) async fn write<R>(
        &self,
        asked: &[Asked],
        by: &By,
        run: impl AsyncFnOnce(&[Statement<'_>]) -> R,
    ) -> R {
        let made: Vec<&Transfer> = self.made(asked).collect();
        let numbers: Vec<i16> = self.links.iter().map(|it| i16::from(it.chain.number)).collect();
        let seqs: Vec<i64> = self.links.iter().map(|it| it.chain.seq).collect();
        let changes: Vec<i64> = self.links.iter().map(|it| it.chain.changes).collect();
        let epochs: Vec<i64> = self.links.iter().map(|it| it.chain.epoch).collect();
        let hashes: Vec<Option<&[u8]>> =
            self.links.iter().map(|it| it.hash.as_ref().map(<[u8; 32]>::as_slice)).collect();
        let counts: Vec<i32> = self.links.iter().map(|it| it.transfers).collect();
        let touched: Vec<bool> = self.links.iter().map(|it| it.is_touched).collect();
        let now = At(by.now);
        let links: store::Params<'_> = &[
            &numbers,
            &seqs,
            &changes,
            &epochs,
            &hashes,
            &counts,
            &touched,
            &by.writer,
            &now,
            &by.apart_max,
        ];
        let advance = Statement { sql: ADVANCE, params: links };
        // Any that has a batch says when.
        let Some(first) = self.links.iter().find(|it| it.hash.is_some()) else {
            return run(&[advance]).await;
        };
        let first = i16::from(first.chain.number);
        let place = self.links.iter().flat_map(|it| {
            (1..=it.transfers).map(|number| (i16::from(it.chain.number), it.chain.seq + 1, number))
        });
        let (mut in_chains, mut in_seqs, mut in_numbers) = (Vec::new(), Vec::new(), Vec::new());
        for (chain, seq, number) in place {
            in_chains.push(chain);
            in_seqs.push(seq);
            in_numbers.push(number);
        }
        let of = |it: &&Transfer| match it.act {
            Act::Post(of) | Act::Hold { of, .. } => Some(of),
            _ => None,
        };
        let digests: Vec<&[u8]> = made.iter().map(|it| digest(&self.after, it).as_slice()).collect();
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
        let transfers: store::Params<'_> = &[
            &first,
            &ids,
            &in_chains,
            &in_seqs,
            &in_numbers,
            &digests,
            &acts,
            &debits,
            &credits,
            &assets,
            &units,
            &reasons,
            &holds,
            &untils,
            &metadata,
        ];

        let lines = self.after.entries();
        let column = |of: fn(&Entry) -> i64| lines.iter().map(of).collect::<Vec<i64>>();
        let line_accounts: Vec<Uuid> = lines.iter().map(|it| it.account.uuid()).collect();
        let line_transfers: Vec<Uuid> = lines.iter().map(|it| it.transfer.uuid()).collect();
        let (versions, changes) = (column(|it| it.version), column(|it| it.change));
        let days: Vec<i32> = lines.iter().map(|it| it.day.number).collect();
        let (came, went) = (column(|it| it.day.came), column(|it| it.day.went));
        let balances = column(|it| it.balance_after);
        let entries: store::Params<'_> =
            &[&line_accounts, &versions, &line_transfers, &changes, &balances, &days, &came, &went, &first];

        let kept: Vec<_> = self.kept().collect();
        let hold_ids: Vec<Uuid> = kept.iter().map(|it| it.0.uuid()).collect();
        let hold_debits: Vec<Uuid> = kept.iter().map(|it| it.1.of.debit.uuid()).collect();
        let hold_credits: Vec<Uuid> = kept.iter().map(|it| it.1.of.credit.uuid()).collect();
        let hold_assets: Vec<&str> = kept.iter().map(|it| it.1.of.asset.text()).collect();
        let hold_units: Vec<i64> = kept.iter().map(|it| it.1.of.units).collect();
        let hold_reasons: Vec<&str> = kept.iter().map(|it| it.1.of.reason.word()).collect();
        let hold_untils: Vec<Option<At>> = kept.iter().map(|it| it.1.until.map(At)).collect();
        let hold_states: Vec<&str> = kept.iter().map(|it| it.1.state.word()).collect();
        let hold_taken: Vec<Option<i64>> = kept.iter().map(|it| it.1.state.taken()).collect();
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
        let held = |of: &Standing| (of.held_out, of.held_in);
        let changed = self.changed().filter(|(id, it)| self.before.account(*id).map(held) != Some(held(it)));
        let changed: Vec<(AccountId, &Standing)> = changed.collect();
        let accounts: Vec<Uuid> = changed.iter().map(|it| it.0.uuid()).collect();
        let held_out: Vec<i64> = changed.iter().map(|it| it.1.held_out).collect();
        let held_in: Vec<i64> = changed.iter().map(|it| it.1.held_in).collect();
        let held: store::Params<'_> = &[&accounts, &held_out, &held_in];

        let mut statements = vec![advance, Statement { sql: TRANSFERS, params: transfers }];
        for (sql, params, is_empty) in [
            (ENTRIES, entries, lines.is_empty()),
            (KEEP, keep, hold_ids.is_empty()),
            (HELD, held, accounts.is_empty()),
        ] {
            if !is_empty {
                statements.push(Statement { sql, params });
            }
        }
        run(&statements).await
    }
}
