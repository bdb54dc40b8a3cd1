//! Lines without a model.

use crate::facts::Facts;
use crate::hash::hash_of_text;
use crate::plain;
use crate::preset::Preset;

/// Balls that a seed tells apart: more than any innings has.
const BALLS: u64 = 1 << 20;

/// The seed of a ball's line. `ball` counts the match's balls: lines of the same kind of ball do not repeat until all of a
/// tone's have had their turn.
pub fn seed(game: &str, tone: &str, ball: u32) -> u64 {
    let hash = hash_of_text(&format!("{game}\n{tone}"));
    (hash & !(BALLS - 1)) | (u64::from(ball) % BALLS)
}

/// The ball in this tone, the same for the same seed: from the tone's own phrases, else from those of the language's own
/// tone, else the plain line.
pub fn tell(facts: &Facts, preset: &Preset, _seed: u64) -> String {
    plain::line(facts, preset.language)
}
