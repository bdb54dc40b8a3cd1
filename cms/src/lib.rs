//! What editors write: content types, entries, revisions, publishing; texts with structure ([`text`]) and pictures ([`media`]).
//!
//! A content type is a struct ([`types`]); its JSON Schema, form, checks and differences come from that alone ([`schema::Kind`]). An
//! [`entry::Entry`] has a document in its main language with all fields, and in others one with the fields that each language has of its own.
//! Each is written as a [`draft::Draft`], on a version that the writer names: who comes late is told what differs ([`diff`]), and what they
//! wrote is kept. What is saved or published is a [`revision`] for ever. [`publish::carry_out`] makes documents what fans read, now, at a time
//! or at a moment of a match ([`schedule`], [`moments`]), alone or in a [`release`]; it writes [`news`] in the same transaction, which the
//! server tells open widgets and caches. [`delivery`] answers what is shown to whom. Read [`draft::write`] and [`publish`] first.
//!
//! Whoever does something is an [`rights::Editor`], whose rights each function that changes something checks; for what is only read, and is not
//! published, the caller asks [`rights::Rights::check`]. A list takes the types that somebody may see ([`list::Filter::kinds`]).
//!
//! Architecture Invariant: a language is written, published, unpublished and brought back without a trace in any other; nothing that somebody
//! has written is lost; and what is published is whole and names nothing that is not published.

pub mod delivery;
pub mod diff;
pub mod draft;
pub mod entry;
mod error;
pub mod file;
mod language;
pub mod list;
pub mod media;
pub mod member;
pub mod missing;
pub mod moments;
pub mod news;
pub mod presence;
pub mod preview;
mod problem;
pub mod publish;
pub mod relation;
pub mod release;
pub mod review;
pub mod revision;
pub mod rights;
pub mod schedule;
pub mod schema;
pub mod text;
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
    steps: &[
        store::Step { name: "1_cms", sql: include_str!("../migrations/1_cms.sql") },
        store::Step { name: "2_media", sql: include_str!("../migrations/2_media.sql") },
        store::Step { name: "3_about", sql: include_str!("../migrations/3_about.sql") },
        store::Step { name: "4_media_list", sql: include_str!("../migrations/4_media_list.sql") },
        store::Step { name: "5_review_note", sql: include_str!("../migrations/5_review_note.sql") },
        store::Step { name: "6_shown_first", sql: include_str!("../migrations/6_shown_first.sql") },
    ],
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
            file::STATEMENTS,
            list::STATEMENTS,
            member::STATEMENTS,
            missing::STATEMENTS,
            moments::STATEMENTS,
            news::STATEMENTS,
            presence::STATEMENTS,
            preview::STATEMENTS,
            relation::STATEMENTS,
            release::STATEMENTS,
            review::STATEMENTS,
            revision::STATEMENTS,
            schedule::STATEMENTS,
            window::STATEMENTS,
        ];
        for sql in own.concat().into_iter().chain(publish::statements()).chain(media::statements()) {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
