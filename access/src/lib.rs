//! Who is asking, and may they: users and how they prove themselves, sessions, roles, human checks, and the log of what was done.
//!
//! A [`User`] signs up with an e-mail address and a password ([`user::create`]), proves the address by a mailed [`link`], and signs in
//! ([`sign_in`]), which begins a [`Session`]; a [`passkey`] or an identity provider ([`oidc`]) does so without a password. What users do to what is shared goes into the [`audit`] log
//! with the transaction that does it.
//!
//! A [`place`] is where somebody is, and what fences make of it.
//!
//! This crate knows no HTTP and no organisation. Of passwords, tokens and links it keeps hashes; of second factors what [`store::Seal`] made of
//! them. Read [`user`] first, then [`session`].

pub mod attempts;
pub mod audit;
pub mod device;
mod error;
pub mod factor;
pub mod grant;
pub mod human;
pub mod link;
pub mod mail;
pub mod oidc;
pub mod passkey;
pub mod password;
pub mod place;
mod secret;
pub mod session;
pub mod sign_in;
mod token;
pub mod user;
mod visitor;

pub use audit::{Actor, ActorKind, By, Deed};
pub use error::Error;
pub use human::{BotVerifier, Human};
pub use mail::{Letter, Mailer};
pub use oidc::Oidc;
pub use passkey::Passkeys;
pub use password::Passwords;
pub use secret::Secret;
pub use session::Session;
pub use token::Token;
pub use user::{Email, User};
pub use visitor::{Visitor, device_name};

use store::{Migrations, Step};

/// The tables of this crate, in the schema `access`.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "access",
    steps: &[
        Step { name: "1_users", sql: include_str!("../migrations/1_users.sql") },
        Step { name: "2_factors", sql: include_str!("../migrations/2_factors.sql") },
        Step { name: "3_human", sql: include_str!("../migrations/3_human.sql") },
        Step { name: "4_passkeys", sql: include_str!("../migrations/4_passkeys.sql") },
        Step { name: "5_identities", sql: include_str!("../migrations/5_identities.sql") },
        Step { name: "6_places", sql: include_str!("../migrations/6_places.sql") },
    ],
};

/// Forgets what is over: sessions, links, attempts, browsers, human checks, passkeys' ceremonies, ways to identity providers. Run it once in a while.
pub async fn forget_over(tx: &store::Transaction<'_>, now: jiff::Timestamp) -> Result<u64, Error> {
    let sessions = session::forget_over(tx, now).await?;
    let links = link::forget_over(tx, now).await?;
    let attempts = attempts::forget_over(tx, now).await?;
    let devices = device::forget_over(tx, now).await?;
    let checks = human::forget_over(tx, now).await?;
    let ceremonies = passkey::forget_over(tx, now).await?;
    let journeys = oidc::forget_over(tx, now).await?;
    Ok(sessions + links + attempts + devices + checks + ceremonies + journeys)
}

#[cfg(test)]
mod tests;
