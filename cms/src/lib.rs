//! What editors write.

pub mod delivery;
pub mod diff;
pub mod draft;
pub mod entry;
mod error;
mod language;
pub mod moments;
pub mod news;
mod problem;
pub mod publish;
pub mod relation;
pub mod release;
pub mod review;
pub mod revision;
pub mod rights;
pub mod schedule;
pub mod schema;
pub mod types;
mod window;
mod work;

pub use error::Error;
pub use language::Language;
pub use problem::Problem;
pub use window::Edge;
pub use work::{Cms, QUEUE, Sweep};

/// The tables of this crate. Publishing enqueues jobs and writes the audit log: `jobs` and `access` are migrated before.
pub const MIGRATIONS: store::Migrations = store::Migrations {
    schema: "cms",
    steps: &[store::Step { name: "1_cms", sql: include_str!("../migrations/1_cms.sql") }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_fits_the_tables() {
        let test = TestStore::new(&[jobs::MIGRATIONS, access::MIGRATIONS, MIGRATIONS]).await;
        let own = [
            delivery::STATEMENTS,
            draft::STATEMENTS,
            entry::STATEMENTS,
            moments::STATEMENTS,
            news::STATEMENTS,
            relation::STATEMENTS,
            release::STATEMENTS,
            review::STATEMENTS,
            revision::STATEMENTS,
            schedule::STATEMENTS,
            window::STATEMENTS,
        ];
        for sql in own.concat().into_iter().chain(publish::statements()) {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
