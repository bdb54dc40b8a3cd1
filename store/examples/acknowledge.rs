//! Inserts rows into a private PostgreSQL and prints the number of each one when it is committed, until killed. What
//! was printed must be there afterwards, however this program ended: `cargo run -p store --example acknowledge /tmp/data`

use std::io::Write as _;
use store::postgres::{Embedded, Postgres, Source, open};
use store::{Error, Migrations, Step, Store};

const MIGRATIONS: Migrations = Migrations {
    schema: "acknowledge",
    steps: &[Step {
        name: "row",
        sql: "create table acknowledge.row (number bigint generated always as identity)",
    }],
};

const INSERT: &str = "insert into acknowledge.row default values returning number";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("the data folder is missing")?;
    let postgres: Postgres = open(folder.as_ref(), Source::from_env(), Embedded::Allowed).await?;
    let store = Store::connect(postgres.url(), 1).await?;
    store.migrate(&[MIGRATIONS]).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", postgres.process_id().unwrap_or_default())?;
    loop {
        let number =
            store.run_tx("acknowledge", async |tx| Ok::<i64, Error>(tx.query_one(INSERT, &[]).await?.get(0)));
        writeln!(out, "{}", number.await?)?;
    }
}
