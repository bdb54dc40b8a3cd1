//! What fans earn for what they do around a match.
//!
//! A [`Trigger`] is something that happened: a six, an answer, ten minutes watched. A [`Campaign`] has rules for which triggers earn how much,
//! and [`decide`] says what one trigger earns one fan: pure, so that a rule is tried on triggers of the past before it goes live, by the same
//! code that will judge those to come. [`hear`] takes a trigger into the caller's transaction; a job judges it, once for each fan, and pays
//! through the ledger: [`Rewards`]. What points are spent on are [`Vouchers`] of a [`Product`](product::Product).
//!
//! Architecture Invariant: no floating point, and rules know no clock: time comes with the trigger.

mod campaign;
pub mod campaigns;
mod code;
mod condition;
mod decide;
mod dry_run;
mod error;
pub mod exchange;
mod fan;
pub mod figures;
pub mod fill;
mod inbox;
pub mod product;
pub mod review;
mod rewards;
mod trigger;
pub mod voucher;
mod watch;
mod whose;
mod work;

pub use campaign::{Amount, Campaign, Caps, Invalid, Per, Rule, Streak};
pub use code::{Code, NotACode};
pub use condition::{Condition, Name, Scene};
pub use decide::{Decision, Earned, Past, PastOfRule, Why, decide, grant_id};
pub use dry_run::{DryRun, RuleCost};
pub use error::Error;
pub use fan::{EarnedOnce, GrantState, Mission, OfFan, Progress};
pub use inbox::{
    Heard, OfMatch, Told, follow, hear, hear_all, is_followed, leave, of_match, take_back, take_back_all,
};
pub use rewards::{Granted, Judged, Rewards, budget_of};
pub use trigger::{Fact, Source, Trigger};
pub use voucher::Vouchers;
/// Whether it is in earnest, for those who tell of triggers and have nothing to do with the ledger.
pub use wallet::Books;
pub use watch::{MINUTES, Watched, Watching, check_in, watched};
pub use whose::Whose;
pub use work::{Judge, QUEUE, Spread, TakeBack};

/// The tables of this crate. They refer to those of `wallet` and `jobs`, which are migrated before.
pub const MIGRATIONS: store::Migrations = store::Migrations {
    schema: "rewards",
    steps: &[
        store::Step { name: "1_rewards", sql: include_str!("../migrations/1_rewards.sql") },
        store::Step { name: "2_products", sql: include_str!("../migrations/2_products.sql") },
        store::Step { name: "3_vouchers", sql: include_str!("../migrations/3_vouchers.sql") },
        store::Step { name: "4_markets", sql: include_str!("../migrations/4_markets.sql") },
        store::Step { name: "5_reviews", sql: include_str!("../migrations/5_reviews.sql") },
        store::Step { name: "6_fills", sql: include_str!("../migrations/6_fills.sql") },
        store::Step { name: "7_ends", sql: include_str!("../migrations/7_ends.sql") },
        store::Step { name: "8_left", sql: include_str!("../migrations/8_left.sql") },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_fits_the_tables() {
        let all = [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, MIGRATIONS];
        let test = TestStore::new(&all).await;
        let own = [
            campaigns::STATEMENTS,
            dry_run::STATEMENTS,
            fan::STATEMENTS,
            figures::STATEMENTS,
            fill::STATEMENTS,
            inbox::STATEMENTS,
            product::STATEMENTS,
            review::STATEMENTS,
            rewards::STATEMENTS,
            watch::STATEMENTS,
        ];
        let all = [own.concat(), voucher::statements()].concat();
        for sql in all.into_iter().chain(exchange::statements()) {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
