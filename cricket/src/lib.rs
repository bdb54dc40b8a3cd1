//! The game of cricket and its scoring engine.
//!
//! A match is the fold of a log of [`Command`]s: [`Match::apply`] checks one command against the state, refuses it
//! with a typed [`Refusal`] that changes nothing, or folds it in and says what happened ([`Change`]). [`Log`] keeps the
//! commands in their effective order, so that a ball can be edited, removed or inserted after later ones; each such
//! correction refolds the match and gives it a new `rev`.
//!
//! The server and the fan's browser run this same code, so a fan's score can never disagree with ours. It is pure: no
//! I/O, no clock, no randomness, no async, and no floating point in what is folded (only in `projection`, whose estimates are shown).
//!
//! What it says to fans it says in their language: see [`Words`].
//!
//! Read [`Ball`] first, then [`Match`], then [`Innings`].

mod ball;
mod bowl;
mod change;
mod command;
mod commentary;
#[cfg(feature = "cricsheet")]
pub mod cricsheet;
mod game;
mod innings;
mod log;
mod outcome;
mod overs;
mod play;
mod projection;
mod rate;
mod refusal;
mod setup;
mod status;
pub mod text;
mod totals;
mod verdict;
mod wicket;
pub mod words;

pub use ball::{Ball, Boundary, Decision, Dismissal, DismissalKind, Extras, Fielder, Review};
pub use change::Change;
pub use command::{Command, InningsStart, Penalty, PlayerIn, Replacement, Role, TargetSet, Toss};
pub use game::{Match, Phase};
pub use innings::{
    Batter, BatterState, Bowled, Bowler, Fall, Innings, InningsEnd, OverTotal, Partnership, Powerplay,
    PowerplayKind, Target,
};
pub use log::{Log, Op};
pub use outcome::{Outcome, Tiebreak};
pub use projection::Chances;
pub use rate::Rate;
pub use refusal::Refusal;
pub use setup::{Format, Player, PlayerId, Setup, SetupError, Side, Team};
pub use totals::InningsTotals;
pub use words::{Message, Words};
