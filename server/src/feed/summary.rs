//! What a list of matches shows of one: kept in its row, so that a list folds nothing.

use cricket::words::languages::{self, NAMES};
use cricket::{Match, Words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Status and scores in words.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(default)]
pub struct Summary {
    /// "Australia need 23 runs from 14 balls", or the result.
    pub status_text: String,
    /// The same in the other languages, by their tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(ignore)]
    pub statuses: BTreeMap<String, String>,
    /// One for each innings so far.
    pub scores: Vec<Score>,
}

/// An innings in a list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(default)]
pub struct Score {
    pub team: String,
    /// "187/4"
    pub score: String,
    /// "19.3"
    pub overs: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub super_over: bool,
}

impl Summary {
    /// The summary of a match as it stands.
    pub fn of(game: &Match) -> Self {
        let scores = game.innings.iter().map(|innings| Score {
            team: game.setup.team(innings.batting).name.clone(),
            score: innings.score_text(),
            overs: innings.overs_text(),
            super_over: innings.super_over,
        });
        let others = NAMES.iter().skip(1).map(|(tag, _)| (*tag).to_owned());
        Self {
            status_text: game.status_text(Words::ENGLISH),
            statuses: others
                .map(|tag| {
                    let text = game.status_text(languages::named(&tag));
                    (tag, text)
                })
                .collect(),
            scores: scores.collect(),
        }
    }

    /// The summary in one language.
    pub fn in_words(mut self, words: Words) -> Self {
        if let Some(text) = self.statuses.remove(words.tag()) {
            self.status_text = if words.has_own_digits() { words.digits(&text) } else { text };
        }
        self.statuses.clear();
        self
    }

    /// For the row.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// From the row; what a newer release wrote in another shape is shown as nothing rather than refused.
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
