//! Migrations: each crate owns a schema and the list of steps that made it.

use crate::error::{Error, reason};
use crate::store::Store;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use tokio_postgres::Client;

/// One crate's schema and the steps that built it, oldest first. Steps are only ever added at the end, and each must
/// work with the previous release still running.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    pub schema: &'static str,
    pub steps: &'static [Step],
}

/// One change, run once in a transaction of its own. Its SQL names the schema: `create table wallet.account (…)`.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub name: &'static str,
    pub sql: &'static str,
}

/// What [`Store::migrate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// `schema.step` of each step applied now, in order.
    pub applied: Vec<String>,
    /// How many steps were there already.
    pub present: usize,
    /// `schema.step` of each step in the database that this program does not list: a newer release ran here.
    pub unknown: Vec<String>,
}

/// Under this lock one process migrates and the others wait. Any number will do as long as it stays.
const LOCK: i64 = 0x6372_6561_7365; // "crease"

const OWN_TABLE: &str = "
    create schema if not exists store;
    create table if not exists store.migration (
        schema text not null,
        name text not null,
        sha256 text not null,
        applied_at timestamptz not null default now(),
        primary key (schema, name)
    )";

const RECORDED: &str = "select schema, name, sha256 from store.migration order by applied_at, schema, name";

const RECORD: &str = "insert into store.migration (schema, name, sha256) values ($1, $2, $3)";

/// Waiting for another process' migrations, and a step over a large table, may take longer than other statements.
const UNLIMITED: &str = "set statement_timeout = 0";

/// The sha256 of each recorded step by schema and name.
type Recorded = HashMap<(String, String), String>;

impl Store {
    /// Brings every schema up to date, one transaction a step. Several processes may call this at once: one works, the
    /// others wait and find it done. A failed step leaves the earlier ones applied.
    pub async fn migrate(&self, migrations: &[Migrations]) -> Result<Applied, Error> {
        refuse_names_given_twice(migrations)?;
        // A connection of its own: closing it frees the lock whatever happens, a dropped future included.
        let mut client = deadpool_postgres::Object::take(self.connection().await?);
        client.batch_execute(UNLIMITED).await.map_err(|error| Error::statement(UNLIMITED, error))?;
        run(&client, "select pg_advisory_lock($1)", &[&LOCK]).await?;
        client.batch_execute(OWN_TABLE).await.map_err(|error| Error::statement(OWN_TABLE, error))?;
        let recorded = recorded(&client).await?;
        let mut done = Applied { unknown: unknown(&recorded, migrations), ..Applied::default() };
        for Migrations { schema, steps } in migrations {
            for step in *steps {
                let sha256 = sha256(step.sql);
                match recorded.get(&((*schema).to_owned(), step.name.to_owned())) {
                    Some(applied) if *applied == sha256 => done.present += 1,
                    Some(applied) => return Err(changed(schema, step, applied, &sha256)),
                    None => {
                        apply(&mut client, schema, step, &sha256).await?;
                        done.applied.push(format!("{schema}.{}", step.name));
                    }
                }
            }
        }
        Ok(done)
    }
}

async fn apply(client: &mut Client, schema: &str, step: &Step, sha256: &str) -> Result<(), Error> {
    let create_schema = format!("create schema if not exists {}", quoted(schema));
    let done = async {
        let tx = client.transaction().await?;
        tx.batch_execute(&create_schema).await?;
        tx.batch_execute(step.sql).await?;
        tx.execute(RECORD, &[&schema, &step.name, &sha256]).await?;
        tx.commit().await
    };
    let failed = |error| Error::MigrationFailed {
        schema: schema.into(),
        step: step.name.into(),
        reason: reason(&error),
    };
    done.await.map_err(failed)
}

async fn recorded(client: &Client) -> Result<Recorded, Error> {
    let rows = run(client, RECORDED, &[]).await?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
}

async fn run(
    client: &Client,
    sql: &str,
    params: crate::client::Params<'_>,
) -> Result<Vec<tokio_postgres::Row>, Error> {
    client.query(sql, params).await.map_err(|error| Error::statement(sql, error))
}

fn refuse_names_given_twice(migrations: &[Migrations]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for Migrations { schema, steps } in migrations {
        for step in *steps {
            if !seen.insert((schema, step.name)) {
                return Err(Error::MigrationTwice { schema: (*schema).into(), step: step.name.into() });
            }
        }
    }
    Ok(())
}

/// Recorded steps of the listed schemas that the program does not list.
fn unknown(recorded: &Recorded, migrations: &[Migrations]) -> Vec<String> {
    let listed = |schema: &str, name: &str| {
        let mut ours = migrations.iter().filter(|ours| ours.schema == schema);
        ours.any(|ours| ours.steps.iter().any(|step| step.name == name))
    };
    let is_ours = |schema: &str| migrations.iter().any(|ours| ours.schema == schema);
    let mut unknown: Vec<String> = recorded
        .keys()
        .filter(|(schema, name)| is_ours(schema) && !listed(schema, name))
        .map(|(schema, name)| format!("{schema}.{name}"))
        .collect();
    unknown.sort();
    unknown
}

fn changed(schema: &str, step: &Step, applied: &str, now: &str) -> Error {
    let start = |hash: &str| hash.chars().take(12).collect();
    Error::MigrationChanged {
        schema: schema.into(),
        step: step.name.into(),
        applied: start(applied),
        now: start(now),
    }
}

/// Lower-case hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
