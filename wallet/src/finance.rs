//! What people look at who answer for the books: the trial balance, accounts, periods of a statement, how a transfer went. Reads alone.
//!
//! Read [`trial_balance`] first; [`period`] is an account's statement, [`story`] a transfer's.

pub mod period;
pub mod story;

use crate::account::{self, Account};
use crate::asset::AssetCode;
use crate::error::Error;
use crate::holder::Books;
use crate::id::AccountId;
use crate::ledger::Kind;
use jiff::Timestamp;
use store::{At, Client, Row};
use uuid::Uuid;

/// Accounts that are read at a time, at most.
pub const ACCOUNTS_MAX: i64 = 200;

/// All accounts of a kind, an asset and of one of both books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialLine {
    pub books: Books,
    pub asset: AssetCode,
    pub kind: Kind,
    pub accounts: i64,
    pub frozen: i64,
    /// What those have together that are below zero: units, as a number above it.
    pub debit: i64,
    /// What those have together that are above zero, units.
    pub credit: i64,
    /// What holds keep apart, and what they may bring.
    pub held_out: i64,
    pub held_in: i64,
}

impl TrialLine {
    /// Units; over all lines of an asset they are nothing.
    pub const fn balance(&self) -> i64 {
        self.credit - self.debit
    }
}

/// An account's books are those of its fan's wallet, or said by its owner's name.
macro_rules! with_books {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            ", case when a.owner like '%/test' or h.books = 'test' then 'test' else 'live' end as books
            from wallet.standing a left join wallet.holder h on a.kind = 'fan' and h.fan_id = a.owner ",
            $rest
        )
    };
}

const TRIAL: &str = concat!(
    "select books, asset, kind, count(*) as accounts, count(*) filter (where is_frozen) as frozen,
        coalesce(sum(-posted) filter (where posted < 0), 0)::bigint as debit,
        coalesce(sum(posted) filter (where posted > 0), 0)::bigint as credit,
        sum(held_out)::bigint as held_out, sum(held_in)::bigint as held_in
    from (",
    with_books!("a.asset, a.kind, a.posted, a.held_out, a.held_in, a.frozen_at is not null as is_frozen", ""),
    ") it group by books, asset, kind order by books, asset, kind"
);

/// Every asset, by kinds of account, of both books, at one moment: reads the last line of each account, some 3 s for 500,000.
pub async fn trial_balance(client: &Client<'_>) -> Result<Vec<TrialLine>, Error> {
    client.query(TRIAL, &[]).await?.iter().map(trial_line).collect()
}

fn trial_line(row: &Row) -> Result<TrialLine, Error> {
    let unreadable = |column| Error::Unreadable { what: "the trial balance".to_owned(), column };
    Ok(TrialLine {
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        asset: AssetCode::kept(row.get("asset")).ok_or_else(|| unreadable("asset"))?,
        kind: Kind::of(row.get("kind")).ok_or_else(|| unreadable("kind"))?,
        accounts: row.get("accounts"),
        frozen: row.get("frozen"),
        debit: row.get("debit"),
        credit: row.get("credit"),
        held_out: row.get("held_out"),
        held_in: row.get("held_in"),
    })
}

/// An account, and what is known of it beside its balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub account: Account,
    pub books: Books,
    pub opened_at: Timestamp,
    pub frozen_at: Option<Timestamp>,
    /// Who vouches for the fan whose wallet it is in: `org_…`.
    pub organisation_id: Option<String>,
}

/// Whether anything may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Usable,
    Frozen,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            State::Usable => "usable",
            State::Frozen => "frozen",
        }
    }

    /// None where there is no such state.
    pub fn of(word: &str) -> Option<Self> {
        [State::Usable, State::Frozen].into_iter().find(|it| it.word() == word)
    }
}

/// Which accounts are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub books: Books,
    pub asset: Option<AssetCode>,
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// How the owner's name begins.
    pub owner: &'a str,
    /// Older than this one: the last of the page before.
    pub before: Option<AccountId>,
    /// 1 to [`ACCOUNTS_MAX`].
    pub limit: i64,
}

macro_rules! accounts {
    ($rest:literal) => {
        with_books!(
            "a.id, a.owner, a.asset, a.kind, a.bound_min, a.bound_max, a.day_in_max, a.day_out_max,
            a.frozen_at is not null as is_frozen, a.frozen_at, a.opened_at, a.posted, a.held_out, a.held_in, a.version,
            a.day, a.day_in, a.day_out, h.organisation_id",
            $rest
        )
    };
}

const LIST: &str = accounts!(
    "where (case when a.owner like '%/test' or h.books = 'test' then 'test' else 'live' end) = $1
        and ($2::text is null or a.asset = $2) and ($3::text is null or a.kind = $3)
        and ($4::text is null or (a.frozen_at is not null) = ($4 = 'frozen'))
        and starts_with(a.owner, $5) and ($6::uuid is null or a.id < $6)
    order by a.id desc limit $7"
);

const FIND: &str = accounts!("where a.id = $1");
const FIND_ALL: &str = accounts!("where a.id = any($1) order by a.id");

/// The last opened first.
pub async fn accounts(client: &Client<'_>, asked: &Asked<'_>) -> Result<Vec<Listed>, Error> {
    let (asset, kind) = (asked.asset.map(AssetCode::text), asked.kind.map(Kind::word));
    let (state, before) = (asked.state.map(State::word), asked.before.map(AccountId::uuid));
    let limit = asked.limit.clamp(1, ACCOUNTS_MAX);
    let params: store::Params<'_> =
        &[&asked.books.word(), &asset, &kind, &state, &asked.owner, &before, &limit];
    client.query(LIST, params).await?.iter().map(listed).collect()
}

pub async fn account(client: &Client<'_>, id: AccountId) -> Result<Option<Listed>, Error> {
    client.query_opt(FIND, &[&id.uuid()]).await?.as_ref().map(listed).transpose()
}

/// Those of these that there are.
pub async fn accounts_of(client: &Client<'_>, ids: &[AccountId]) -> Result<Vec<Listed>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|it| it.uuid()).collect();
    client.query(FIND_ALL, &[&ids]).await?.iter().map(listed).collect()
}

fn listed(row: &Row) -> Result<Listed, Error> {
    let id = AccountId::of_uuid(row.get("id"));
    let books = Books::of(row.get("books"));
    Ok(Listed {
        account: Account { id, owner: row.get("owner"), standing: account::standing(row)? },
        books: books.ok_or_else(|| Error::Unreadable { what: id.to_string(), column: "books" })?,
        opened_at: row.get::<_, At>("opened_at").0,
        frozen_at: row.get::<_, Option<At>>("frozen_at").map(|it| it.0),
        organisation_id: row.get("organisation_id"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[TRIAL, LIST, FIND, FIND_ALL];
