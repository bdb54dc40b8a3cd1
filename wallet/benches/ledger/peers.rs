//! What is done without a batch writer: a transaction for each transfer, on as many connections as there are requests under way.

use crate::figures::{self, Draw};
use crate::{FANS, Load, Pattern};
use futures_util::future::join_all;
use serde_json::Value;
use std::time::Instant;
use store::{Error, Store, Transaction};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Begin, lock both accounts, check, write, commit: as programs do it.
    Transactions,
    /// The same as one function in the database.
    Function,
    /// The approach that pgledger publishes: text ids, numeric amounts, foreign keys, an index on each.
    Pgledger,
}

pub(crate) const ALL: &[Peer] = &[Peer::Transactions, Peer::Function, Peer::Pgledger];

impl Peer {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Peer::Transactions => "transactions",
            Peer::Function => "function",
            Peer::Pgledger => "pgledger",
        }
    }
}

/// A transfer; account 0 is the budget.
#[derive(Clone, Copy)]
struct Asked {
    id: i64,
    debit: i64,
    credit: i64,
    units: i64,
}

/// Makes the peers' tables, with as many accounts as ours.
pub(crate) async fn prepare(store: &Store) -> anyhow::Result<()> {
    for sql in [include_str!("plain.sql"), include_str!("pgledger.sql"), "analyze"] {
        store.run_tx("peers", async |tx| tx.batch(sql).await).await?;
    }
    Ok(())
}

/// `store` has as many connections as requests are under way.
pub(crate) async fn measure(store: &Store, peer: Peer, load: Load) -> anyhow::Result<Value> {
    let first: i64 = store.read("peers", async |db| db.query_one(FIRST, &[]).await).await?.get(0);
    let (began, ends) = (Instant::now(), Instant::now() + load.lasts);
    let askers = (0..load.outstanding).map(|asker| {
        let store = store.clone();
        tokio::spawn(async move {
            let (mut draw, mut times) = (Draw::of(asker), figures::times());
            let mut id = first + asker as i64;
            while Instant::now() < ends {
                let credit = draw.below(FANS);
                let debit = match load.pattern {
                    Pattern::Hot => 0,
                    Pattern::Uniform => 1 + (credit + 1 + draw.below(FANS - 1)) % FANS,
                };
                id += load.outstanding as i64;
                let (debit, credit) = (debit as i64, 1 + credit as i64);
                let asked = Asked { id, debit, credit, units: 1 + draw.below(100) as i64 };
                let began = Instant::now();
                transfer(peer, &store, asked).await?;
                times.saturating_record(began.elapsed().as_nanos() as u64);
            }
            Ok::<_, Error>(times)
        })
    });
    let mut all = figures::times();
    for asker in join_all(askers).await {
        all.add(asker??)?;
    }
    Ok(figures::of(&all, began.elapsed()))
}

const FIRST: &str = "select coalesce(max(id), 0) from plain.transfer";
const LOCK: &str =
    "select id, posted, min_balance, version from plain.account where id in ($1, $2) order by id for update";
const TRANSFER: &str = "insert into plain.transfer (id, debit, credit, amount) values ($1, $2, $3, $4)";
const ACCOUNT: &str = "update plain.account set posted = $2, version = $3 where id = $1";
const ENTRIES: &str = "insert into plain.entry values ($1, $2, $3, $4, $5), ($1, $6, $7, $8, $9)";
const FUNCTION: &str = "select plain.transfer($1, $2, $3, $4)";
const PGLEDGER: &str = "select * from peer.create_transfer($1, $2, $3::bigint::numeric)";

async fn transfer(peer: Peer, store: &Store, asked: Asked) -> Result<(), Error> {
    let Asked { id, debit, credit, units } = asked;
    match peer {
        Peer::Transactions => store.run_tx("peers", async |tx| in_transaction(tx, asked).await).await,
        Peer::Function => {
            let rows = store.run_one("peers", FUNCTION, &[&id, &debit, &credit, &units]).await?;
            assert_eq!(rows[0].get::<_, i32>(0), 0, "an id was there before");
            Ok(())
        }
        Peer::Pgledger => {
            let (debit, credit) = (format!("pgla_{debit:026}"), format!("pgla_{credit:026}"));
            store.run_one("peers", PGLEDGER, &[&debit, &credit, &units]).await.map(drop)
        }
    }
}

async fn in_transaction(tx: &Transaction<'_>, asked: Asked) -> Result<(), Error> {
    let Asked { id, debit, credit, units } = asked;
    let rows = tx.query(LOCK, &[&debit, &credit]).await?;
    let of = |account: i64| {
        let row = rows.iter().find(|it| it.get::<_, i64>(0) == account).expect("both are there");
        (row.get::<_, i64>(1), row.get::<_, i64>(2), row.get::<_, i64>(3))
    };
    let (from, to) = (of(debit), of(credit));
    assert!(from.0 - units >= from.1, "there is enough for all that is asked");
    tx.execute(TRANSFER, &[&id, &debit, &credit, &units]).await?;
    tx.execute(ACCOUNT, &[&debit, &(from.0 - units), &(from.2 + 1)]).await?;
    tx.execute(ACCOUNT, &[&credit, &(to.0 + units), &(to.2 + 1)]).await?;
    let (out, left, has) = (-units, from.0 - units, to.0 + units);
    let entries: store::Params<'_> =
        &[&id, &debit, &out, &left, &(from.2 + 1), &credit, &units, &has, &(to.2 + 1)];
    tx.execute(ENTRIES, entries).await?;
    Ok(())
}
