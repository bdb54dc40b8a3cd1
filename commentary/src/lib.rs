//! One ball told in many tones.
//!
//! What a ball says is data: [`Facts`]. A line in a tone holds places for values ("{batter} lifts {bowler} for SIX"), which [`fill()`] fills, so
//! that a figure cannot be wrong; and [`guard::check`] refuses what the facts do not say. [`phrases::tell`] makes such lines without any model:
//! it is always there, and what stands when a model's line does not.
//!
//! Architecture Invariant: facts, phrases and guard are pure: no I/O, no clock, no randomness. A text of a feed is data to them, never a part of
//! what is asked of a model.
//!
//! Read [`Facts`] first, then [`Preset`], then [`guard`].

mod facts;
pub mod guard;
mod hash;
mod language;
pub mod phrases;
mod place;
pub mod plain;
mod preset;
mod report;

pub use facts::{By, Chase, Edge, Ending, Extras, Facts, How, Kind, Out, OverEnd, Score, Verdict};
pub use guard::Refusal;
pub use language::{Language, Script};
pub use place::{FillError, Place, fill};
pub use preset::{Example, LIVELY_KEY, Preset};
pub use report::{About, BatterFigures, BowlerFigures, Gone, Report};
