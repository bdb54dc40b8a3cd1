//! What fans earn for what they do around a match.
//!
//! A [`Trigger`] is something that happened: a six, an answer, ten minutes watched. A [`Campaign`] has rules for which triggers earn how much,
//! and [`decide`] says what one trigger earns one fan: pure, so that a rule is tried on triggers of the past before it goes live, by the same
//! code that will judge those to come.
//!
//! Architecture Invariant: no floating point, and no clock: time comes with the trigger.

mod campaign;
mod condition;
mod decide;
mod trigger;

pub use campaign::{Amount, Campaign, Caps, Invalid, Per, Rule, Streak};
pub use condition::{Condition, Name, Scene};
pub use decide::{Decision, Earned, Past, PastOfRule, Why, decide, grant_id};
pub use trigger::{Fact, Source, Trigger};
