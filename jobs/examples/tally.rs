//! Does jobs until killed; each writes its number into `tally.mark`, once. `cargo run -p jobs --example tally postgresql://…`

use jobs::{Job, NotDone, Worker};
use serde::{Deserialize, Serialize};
use store::Store;

#[derive(Serialize, Deserialize)]
struct Tally {
    number: i64,
}

impl Job for Tally {
    const KIND: &'static str = "tally";
}

// A second run of the same job finds the first one's mark: the effect is there once, however often the handler runs.
const MARK: &str = "insert into tally.mark (number) values ($1) on conflict (number) do nothing";

const COUNT_RUN: &str = "insert into tally.run (number) values ($1)";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("the database's URL is missing")?;
    let store = Store::connect(&url, 4).await?;
    let effects = store.clone();
    let worker = Worker::new(store, "tally").concurrency(8).handle(move |Tally { number }, _| {
        let store = effects.clone();
        async move {
            let marked = store.run_tx("tally", async |tx| {
                tx.execute(COUNT_RUN, &[&number]).await?;
                tx.execute(MARK, &[&number]).await
            });
            marked.await.map(|_| ()).map_err(|error: store::Error| NotDone::Retry(error.to_string()))
        }
    });
    worker.run(std::future::pending()).await?;
    Ok(())
}
