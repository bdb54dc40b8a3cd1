//! Every balance: points, coins, vouchers' value, money in minor units; and how money comes in and goes out.
//!
//! A [`Transfer`] moves an [`Amount`] of one asset from one [`Account`](Standing) to another; nothing else changes a balance. The rules by
//! which it may are [`Book`]'s: pure, and the same for one transfer as for hundreds in a batch. [`payment::Payments`] brings money in and out by way
//! of a [`gateway::Gateway`].
//!
//! Architecture Invariant: no floating point. Amounts are whole numbers of an asset's smallest unit, and an asset is a type.

pub mod account;
mod amount;
mod asset;
mod budget;
mod error;
pub mod finance;
pub mod gateway;
pub mod holder;
mod id;
mod lapse;
mod ledger;
mod metadata;
mod money;
pub mod payment;
mod reverse;
pub mod statement;
pub mod told;
pub mod verify;
mod writer;

use store::{Migrations, Step};

pub use amount::{Amount, AmountError, UNITS_MAX};
pub use asset::{Asset, AssetCode, Coins, Convertible, Inr, Origin, Points, Usd, Use, Where};
pub use budget::{Budget, Grant};
pub use error::Error;
pub use holder::{Books, Holder, Wallet};
pub use id::{AccountId, PaymentId, PayoutId, RefundId, TransferId};
pub use lapse::lapse_due;
pub use ledger::{
    Act, Book, Bounds, Day, DayLimits, Direction, Entry, Hold, HoldState, Kind, Made, Move, Reason, Refusal,
    Standing, Transfer,
};
pub use metadata::{Metadata, MetadataError};
pub use money::{Money, NoMoney};
pub use writer::Ledger;

/// The tables of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "wallet",
    steps: &[
        Step { name: "1_ledger", sql: include_str!("../migrations/1_ledger.sql") },
        Step { name: "2_payments", sql: include_str!("../migrations/2_payments.sql") },
        Step { name: "3_holders", sql: include_str!("../migrations/3_holders.sql") },
        Step { name: "4_standing", sql: include_str!("../migrations/4_standing.sql") },
        Step { name: "5_by_asset", sql: include_str!("../migrations/5_by_asset.sql") },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_fits_the_tables() {
        let test = TestStore::new(&[MIGRATIONS]).await;
        let own = [
            account::STATEMENTS,
            finance::STATEMENTS,
            finance::period::STATEMENTS,
            finance::story::STATEMENTS,
            holder::STATEMENTS,
            lapse::STATEMENTS,
            statement::STATEMENTS,
            told::STATEMENTS,
            verify::STATEMENTS,
        ];
        let ledger = [&own[..], &writer::STATEMENTS[..]].concat().concat();
        let sandbox = gateway::sandbox::STATEMENTS.to_vec();
        for sql in [ledger, sandbox, payment::statements()].concat() {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
