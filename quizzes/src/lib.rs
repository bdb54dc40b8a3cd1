//! Questions on a live match: who may answer until when, what is right, and who leads.
//!
//! A [`Quiz`] has questions, each of a [`Kind`] and with a [`Window`]. What happens in a match is told with its [`Course`] ([`happened`]): questions
//! open, lock and are [settled](settle()) by it, or settled anew after a correction. A fan answers once ([`answer`], or where many come at once,
//! an [`Intake`]); jobs bring what is right to all who have answered: points on boards, streaks, and what rewards are told of ([`Quizzes`]).
//!
//! Architecture Invariant: taking part is free. No type of this crate has an amount that somebody pays, and it knows no ledger.
//!
//! Architecture Invariant: what counts is when an answer was accepted, by the server's clock, within a lock of its question. A question that was
//! locked does not open again, and an answer that was accepted after the ball it is about counts nowhere, whenever we are told of the ball.

mod answer;
pub mod board;
mod course;
pub mod desk;
mod error;
mod fan;
mod intake;
mod keep;
mod kept;
mod kind;
pub mod news;
pub mod public;
mod put;
mod quiz;
mod quizzes;
mod rank;
mod score;
mod settle;
mod settlement;
mod shown;
mod standing;
mod streak;
mod tally;
pub mod templates;
mod told;
mod turn;
mod usual;
mod window;
mod work;

pub use answer::{Place, Receipt, Rule, Submission, answer};
pub use course::Course;
pub use error::{Error, Invalid, Refusal};
pub use fan::{Handle, InARow, NotAHandle, handle, in_a_row, set_handle};
pub use intake::{Intake, TOGETHER_MAX, WAITING_MAX};
pub use keep::{ANSWER_DAYS, DEVICE_DAYS, forget};
pub use kind::{Band, CHOICES_MAX, CHOICES_MIN, Kind, Named, NotAKind, Team};
pub use public::Public;
pub use put::{Change, Put, close, correct, put, set_right, void, withdraw};
pub use quiz::{Origin, POINTS_MAX, QUESTIONS_MAX, Question, Quiz, Words};
pub use quizzes::Quizzes;
pub use rank::reviewed;
pub use score::{Board, Scope};
pub use settle::{Outcome, Why, settle};
pub use shown::{OwnAnswer, Shown, ShownQuestion, View, shown};
pub use standing::State;
pub use streak::{Mark, Marked, Streak};
pub use tally::{EVERY_MS, Live, Tally};
pub use turn::{Moved, Position, happened, is_asked_about};
pub use usual::{Usual, ask_usual, is_taken_down};
pub use window::{Ended, NotAWindow, Phase, Window, ended_by, known_at, window};
pub use work::{Finish, QUEUE, Rank, Settle, Sweep, Turn};

/// The tables of this crate.
pub const MIGRATIONS: store::Migrations = store::Migrations {
    schema: "quizzes",
    steps: &[store::Step { name: "1_quizzes", sql: include_str!("../migrations/1_quizzes.sql") }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_fits_the_tables() {
        let all = [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS, MIGRATIONS];
        let test = TestStore::new(&all).await;
        let own = [
            answer::STATEMENTS,
            board::STATEMENTS,
            desk::STATEMENTS,
            fan::STATEMENTS,
            keep::STATEMENTS,
            kept::STATEMENTS,
            news::STATEMENTS,
            public::STATEMENTS,
            put::STATEMENTS,
            rank::STATEMENTS,
            score::STATEMENTS,
            settlement::STATEMENTS,
            shown::STATEMENTS,
            tally::STATEMENTS,
            turn::STATEMENTS,
            usual::STATEMENTS,
        ];
        for sql in own.concat() {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }

    /// What a column or a type is called that says what somebody pays.
    const PAYS: [&str; 9] =
        ["amount", "price", "stake", "fee", "cost", "currency", "minor", "entry_points", "wager"];

    #[tokio::test]
    async fn taking_part_is_free() {
        let all = [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS, MIGRATIONS];
        let test = TestStore::new(&all).await;
        let sql = "select table_name || '.' || column_name from information_schema.columns where table_schema = 'quizzes'";
        let rows = test.store().read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        let columns: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(columns.contains(&"answer.choice".to_owned()));
        for word in PAYS {
            assert!(
                !columns.iter().any(|it| it.split(['.', '_']).any(|it| it == word)),
                "{word}: {columns:?}"
            );
        }
        // Nor does it know who could take it.
        let manifest = include_str!("../Cargo.toml");
        let own = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        assert!(own.contains("rewards") && !own.contains("wallet"), "{own}");
    }
}
