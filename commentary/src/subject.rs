//! What is told in tones: a ball, or a stretch of play.

use crate::facts::Facts;
use crate::guard::{self, Refusal};
use crate::phrases;
use crate::preset::Preset;
use crate::report::Report;

/// What a line, or a text, is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Ball(Facts),
    Report(Report),
}

impl Subject {
    /// See [`Facts::hash`].
    pub(crate) fn hash(&self) -> String {
        match self {
            Subject::Ball(facts) => facts.hash(),
            Subject::Report(report) => report.hash(),
        }
    }

    /// Of all for which a line may be used again: a text about a stretch of play is of that one alone.
    pub(crate) fn shape_hash(&self) -> String {
        match self {
            Subject::Ball(facts) => facts.shape_hash(),
            Subject::Report(report) => report.hash(),
        }
    }

    /// What a model's words say, filled in; or all that is wrong with them.
    pub fn check(&self, preset: &Preset, words: &str) -> Result<String, Vec<Refusal>> {
        match self {
            Subject::Ball(facts) => guard::check(facts, preset, words),
            Subject::Report(report) => guard::check_report(report, preset, words),
        }
    }

    /// Without a model.
    pub(crate) fn tell(&self, preset: &Preset, seed: u64) -> String {
        match self {
            Subject::Ball(facts) => phrases::tell(facts, preset, seed),
            Subject::Report(report) => report.tell(preset.language),
        }
    }
}

impl Default for Subject {
    fn default() -> Self {
        Subject::Ball(Facts::default())
    }
}

impl From<Facts> for Subject {
    fn from(facts: Facts) -> Self {
        Subject::Ball(facts)
    }
}

impl From<Report> for Subject {
    fn from(report: Report) -> Self {
        Subject::Report(report)
    }
}
