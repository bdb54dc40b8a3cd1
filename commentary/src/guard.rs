//! What a model says, judged by the facts.

use crate::facts::Facts;
use crate::place::{FillError, Piece, fill, pieces};
use crate::preset::Preset;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// Letters (grapheme clusters) of a filled line.
pub const LETTERS_MAX: usize = 180;
/// Bytes of a line with places, before anything else is looked at.
pub const BYTES_MAX: usize = 2_000;

/// Why a line does not stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    #[error("{what}")]
    Place { what: String },
    #[error("nothing is said")]
    Empty,
    #[error("{letters} letters, {max} at most")]
    TooLong { letters: usize, max: usize },
    #[error("{found:?} has no place in a line")]
    Character { found: char },
    #[error("{found:?} is a number that the facts do not have there")]
    Number { found: String },
}

impl Refusal {
    /// A short word for counts that never changes.
    pub const fn word(&self) -> &'static str {
        match self {
            Refusal::Place { .. } => "place",
            Refusal::Empty => "empty",
            Refusal::TooLong { .. } => "length",
            Refusal::Character { .. } => "character",
            Refusal::Number { .. } => "number",
        }
    }
}

impl From<FillError> for Refusal {
    fn from(error: FillError) -> Refusal {
        Refusal::Place { what: error.to_string() }
    }
}

/// The filled line, or all that is wrong with it. Every number must stand in a place.
pub fn check(facts: &Facts, preset: &Preset, template: &str) -> Result<String, Vec<Refusal>> {
    if template.len() > BYTES_MAX {
        return Err(vec![Refusal::TooLong { letters: template.len(), max: BYTES_MAX }]);
    }
    let pieces = pieces(template).map_err(|it| vec![it.into()])?;
    let mut refusals = Vec::new();
    for piece in &pieces {
        if let Piece::Text(text) = piece {
            refusals
                .extend(text.chars().filter(|it| is_refused(*it)).map(|found| Refusal::Character { found }));
            let numbers = text.split(|it: char| !it.is_numeric()).filter(|it| !it.is_empty());
            refusals.extend(numbers.map(|it| Refusal::Number { found: it.to_owned() }));
        }
    }
    let line = fill(template, facts, preset.language).map_err(|it| vec![it.into()])?;
    match line.trim().graphemes(true).count() {
        0 => refusals.push(Refusal::Empty),
        letters if letters > LETTERS_MAX => refusals.push(Refusal::TooLong { letters, max: LETTERS_MAX }),
        _ => {}
    }
    if refusals.is_empty() { Ok(line) } else { Err(refusals) }
}

fn is_refused(letter: char) -> bool {
    letter.is_control() || "<>@#$%^*_=+|\\~`[]".contains(letter)
}
