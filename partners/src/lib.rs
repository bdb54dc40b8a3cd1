//! Organisations, their members, sites and API keys, and the in-memory check of a key.
//!
//! An organisation has members with roles ([`member`], [`invite`]), sites ([`site`]) and keys ([`key::issue`], [`key::rotate`],
//! [`key::revoke`]); whatever changes one writes it into the audit log in the same transaction. Each process keeps all of them in a [`KeyRing`], which
//! turns a request's key and origin into a [`PartnerKey`] without I/O: the proof that other crates ask for. It follows what other processes
//! change ([`KeyRing::follow`]). It may be told what happens by [`webhook`]s.
//!
//! A partner's server signs its users' ids; [`Identities`] turns that into a [`Fan`], without I/O as well, and [`Guests`] are fans whom nobody
//! signed. A [`Ticket`] opens a stream where no key can be sent. How much of all this an organisation and a key may use is a [`limit`].
//!
//! This crate knows no HTTP. It never stores or logs a key's text, only its SHA-256 and its first characters; the secrets that fans are signed
//! with are sealed at rest.
//! Read [`Key`] first, then [`KeyRing::check`].

mod audit;
mod error;
pub mod fan;
mod follow;
pub mod invite;
pub mod key;
pub mod limit;
pub mod member;
pub mod organisation;
mod origin;
mod ring;
mod role;
mod scope;
mod signed;
pub mod site;
#[cfg(test)]
mod testing;
pub mod ticket;
pub mod usage;
pub mod webhook;

pub use error::Error;
pub use fan::{Fan, FanKind, FanRefusal, Guests, Identities};
pub use invite::Invite;
pub use key::{Issued, Key, KeyError, Kind, Mode, NewKey, Origins, Overlap, Record};
pub use limit::{LimitRefusal, Limiter, Plans};
pub use member::Member;
pub use organisation::Organisation;
pub use origin::{Origin, OriginError, OriginPattern};
pub use ring::{KeyRefusal, KeyRing, Need, PartnerKey};
pub use role::{Permission, Role};
pub use scope::{Scope, Scopes};
pub use signed::SignedText;
pub use site::Site;
pub use ticket::{Ticket, TicketRefusal, Tickets};

use store::{Migrations, Step};

/// The tables of this crate, in the schema `partners`.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "partners",
    steps: &[
        Step { name: "1_keys", sql: include_str!("../migrations/1_keys.sql") },
        Step { name: "2_changes", sql: include_str!("../migrations/2_changes.sql") },
        Step { name: "3_organisations", sql: include_str!("../migrations/3_organisations.sql") },
        Step { name: "4_webhooks", sql: include_str!("../migrations/4_webhooks.sql") },
        Step { name: "5_fans", sql: include_str!("../migrations/5_fans.sql") },
        Step { name: "6_usage", sql: include_str!("../migrations/6_usage.sql") },
        Step { name: "7_limits", sql: include_str!("../migrations/7_limits.sql") },
        Step { name: "8_usage_of_matches", sql: include_str!("../migrations/8_usage_of_matches.sql") },
        Step { name: "9_staff", sql: include_str!("../migrations/9_staff.sql") },
    ],
};

#[cfg(test)]
mod tests {
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(&[access::MIGRATIONS, crate::MIGRATIONS]).await;
        let modules = [
            crate::invite::STATEMENTS,
            crate::key::STATEMENTS,
            crate::limit::table::STATEMENTS,
            crate::limit::told::STATEMENTS,
            crate::member::STATEMENTS,
            crate::organisation::STATEMENTS,
            crate::site::STATEMENTS,
        ];
        for sql in modules.into_iter().chain(crate::usage::STATEMENTS.iter().copied()).flatten() {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
