//! What editors write and publish: texts with structure, and the pictures in them.
//!
//! Read [`text::Doc`] and [`media::Asset`] first. This crate knows no HTTP: whoever serves it says where things are.

pub mod media;
pub mod text;

/// The tables of this crate.
pub const MIGRATIONS: store::Migrations = store::Migrations {
    schema: "cms",
    steps: &[store::Step { name: "2_media", sql: include_str!("../migrations/2_media.sql") }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_fits_the_tables() {
        let test = TestStore::new(&[jobs::MIGRATIONS, access::MIGRATIONS, MIGRATIONS]).await;
        for sql in media::statements() {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
