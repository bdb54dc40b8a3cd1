//! Processes that do jobs and are killed in the middle of it, by the signal that nobody can hear.

use jobs::{Job, MIGRATIONS, Wish, enqueue};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::{Child, Command};
use store::testing::TestStore;
use store::{Migrations, Step};

const JOBS: i64 = 2000;
const PROCESSES: usize = 2;
const KILLS: i64 = 12;

#[derive(Serialize, Deserialize)]
struct Tally {
    number: i64,
}

impl Job for Tally {
    const KIND: &'static str = "tally";
}

const TALLY: Migrations = Migrations {
    schema: "tally",
    steps: &[Step {
        name: "mark",
        sql: "create table tally.mark (number bigint primary key); create table tally.run (number bigint not null)",
    }],
};

/// A process that is killed when its owner goes.
struct Doer(Child);

impl Doer {
    /// `cargo test` builds the examples beside the tests.
    fn start(url: &str) -> Doer {
        let test = std::env::current_exe().expect("a test is a program");
        let program: PathBuf =
            test.parent().and_then(|it| it.parent()).expect("target/debug").join("examples/tally");
        Doer(
            Command::new(&program)
                .arg(url)
                .spawn()
                .unwrap_or_else(|error| panic!("{}: {error}", program.display())),
        )
    }
}

impl Drop for Doer {
    fn drop(&mut self) {
        // Child::kill is SIGKILL.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn count(test: &TestStore, sql: &'static str) -> i64 {
    let row = test.store().read("test", async |client| client.query_one(sql, &[]).await).await;
    row.expect("a row").get(0)
}

#[tokio::test]
async fn killed_processes_lose_no_job_and_double_no_effect() {
    let test = TestStore::new(&[MIGRATIONS, TALLY]).await;
    let put = test.store().run_tx("test", async |tx| {
        for number in 0..JOBS {
            enqueue(tx, &Tally { number }, &Wish::default()).await?;
        }
        Ok::<_, jobs::Error>(())
    });
    put.await.unwrap();
    let url = test.url();
    let mut doers: Vec<Doer> = (0..PROCESSES).map(|_| Doer::start(&url)).collect();
    for kill in 1..=KILLS {
        // Evenly spread over the work; where in its turn a process is then, is left to chance.
        while count(&test, "select count(*) from tally.mark").await < kill * JOBS / (KILLS + 1) {
            tokio::task::yield_now().await;
        }
        doers.remove(0);
        doers.push(Doer::start(&url));
    }
    while count(&test, "select count(*) from jobs.job").await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(count(&test, "select count(*) from jobs.dead").await, 0);
    assert_eq!(count(&test, "select count(*) from tally.mark").await, JOBS);
    let runs = count(&test, "select count(*) from tally.run").await;
    let doubled_max = KILLS * 8;
    assert!((JOBS..=JOBS + doubled_max).contains(&runs), "{runs} runs of {JOBS} jobs, {KILLS} kills");
}
