//! Server-rendered pages for the people who run a match.
//!
//! Pages are pure functions: what is known goes in, HTML comes out ([`maud::Markup`], which escapes every text). Forms
//! come back as [`Fields`] and are parsed into what the domains understand. Nothing here keeps state, reads a clock or
//! knows HTTP; the server owns routes, sessions and the feed.
//!
//! Every page works as plain HTML: links and forms that post and redirect. The one script ([`assets`]) adds keys and
//! swaps `<main>` instead of loading the page anew; it holds no rule of its own.
//!
//! Read [`layout::Page`] first, then [`scorer`]. [`operations`] shows operators the jobs, [`finance`] the books, [`mod@rewards`] what fans
//! earn; [`content`] is the newsroom; [`reference`] is the API's page, for everyone.

pub mod account;
pub mod assets;
pub mod content;
pub mod controls;
pub mod csv;
pub mod finance;
pub mod form;
pub mod human;
pub mod layout;
pub mod operations;
pub mod partner;
pub mod redeem;
pub mod reference;
pub mod rewards;
pub mod rich;
pub mod scorer;
mod when;

pub use form::{Fields, Mistake, Mistakes};
pub use human::Check;
pub use maud::Markup;
pub use when::when;
