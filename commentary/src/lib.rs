//! One ball told in many tones.
//!
//! What a ball says is data: [`Facts`]. A line in a tone holds places for values ("{batter} lifts {bowler} for SIX"), which [`fill()`] fills, so
//! that a figure cannot be wrong; and [`guard::check`] refuses what the facts do not say. [`phrases::tell`] makes such lines without any model:
//! it is always there, and what stands when a model's line does not.
//!
//! A [`Model`] says a ball in all tones at once, and [`Retell`] has one asked: within a budget, behind a breaker, with a cache before it and
//! the guard after it. It answers a line for each tone, always, and never an error. Its jobs ([`RetellBall`]) and its lines ([`line`]) are what
//! a server needs of it.
//!
//! Architecture Invariant: facts, phrases and guard are pure: no I/O, no clock, no randomness. A text of a feed is data to them, and to a model
//! a marked value in JSON ([`prompt`]). Nothing that a model says is seen by anybody before the guard has let it stand.
//!
//! Read [`Facts`] first, then [`Preset`], then [`guard`], then [`Retell`].

mod breaker;
mod budget;
mod cache;
mod error;
mod facts;
#[cfg(test)]
mod fake;
pub mod figures;
pub mod guard;
mod hash;
mod language;
pub mod line;
pub mod model;
pub mod phrases;
mod place;
pub mod plain;
mod preset;
pub mod prompt;
mod report;
mod retell;
mod subject;
mod work;

pub use breaker::{Breaker, Patience, Went};
pub use budget::{Caps, Price, spent_on, spent_on_day};
pub use error::Error;
pub use facts::{By, Chase, Edge, Ending, Extras, Facts, How, Kind, Out, OverEnd, Score, Verdict};
pub use guard::Refusal;
pub use language::{Language, Script};
pub use model::{Model, ModelError};
pub use place::{FillError, Place, fill};
pub use preset::{Example, LIVELY_KEY, Preset};
pub use report::{About, BatterFigures, BowlerFigures, Gone, Report};
pub use retell::{Ball, Retell, Retold, Source, Stretch, Terms};
pub use subject::Subject;
pub use work::{QUEUE, RetellBall, ToTell, enqueue};

/// The tables of this crate.
pub const MIGRATIONS: store::Migrations = store::Migrations {
    schema: "commentary",
    steps: &[store::Step { name: "1_commentary", sql: include_str!("../migrations/1_commentary.sql") }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_fits_the_tables() {
        let test = TestStore::new(&[MIGRATIONS]).await;
        let all = [budget::STATEMENTS, cache::STATEMENTS, figures::STATEMENTS, line::STATEMENTS].concat();
        for sql in all {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
