//! Previews of matches.

use super::order::in_order;
use super::value::check_ids;
use super::{Content, DateTime, Facts, ItemId, MediaRef, Number, Relation, Review, RichText, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is read before a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct MatchPreview {
    #[schemars(title = "Headline", length(min = 1, max = 90), extend("x-localised" = true))]
    pub headline: String,
    /// The match that it is about.
    #[schemars(title = "Match", length(max = 40), regex(pattern = "^mat_[0-9A-Za-z]{22}$"), extend("x-widget" = "match"))]
    pub match_id: String,
    #[schemars(title = "Starts")]
    pub starts: Option<DateTime>,
    #[schemars(title = "Teams", length(max = 2), extend("x-relation" = ["team"]))]
    #[serde(default)]
    pub teams: Vec<Relation>,
    #[schemars(title = "Venue", extend("x-relation" = ["venue"]))]
    pub venue: Option<Relation>,
    /// From 0, a batter's graveyard, to 10, a batter's paradise.
    #[schemars(title = "Pitch", range(min = 0, max = 10))]
    pub pitch: Option<u8>,
    #[serde(default)]
    #[schemars(title = "Parts", length(max = 40), extend("x-localised" = true))]
    pub parts: Vec<Block>,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

/// A part of a preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Block {
    #[schemars(title = "Text")]
    Text {
        id: ItemId,
        #[schemars(title = "Text")]
        text: RichText,
    },
    #[schemars(title = "Picture", extend("x-order" = ["picture", "caption"]))]
    Picture {
        id: ItemId,
        #[schemars(title = "Picture")]
        picture: MediaRef,
        #[schemars(title = "Caption", length(max = 160))]
        caption: Option<String>,
    },
    #[schemars(title = "Quote", extend("x-order" = ["words", "player"]))]
    Quote {
        id: ItemId,
        #[schemars(title = "Words", length(min = 1, max = 400), extend("x-widget" = "lines"))]
        words: String,
        #[schemars(title = "Who said it", extend("x-relation" = ["player"]))]
        player: Option<Relation>,
    },
    #[schemars(title = "Players to watch")]
    Players {
        id: ItemId,
        #[schemars(title = "Players", length(min = 1, max = 6), extend("x-relation" = ["player"]))]
        players: Vec<Relation>,
    },
}

impl Block {
    fn id(&self) -> &ItemId {
        match self {
            Block::Text { id, .. }
            | Block::Picture { id, .. }
            | Block::Quote { id, .. }
            | Block::Players { id, .. } => id,
        }
    }
}

impl Content for MatchPreview {
    const FACTS: Facts = Facts {
        name: "match-preview",
        noun: "Match preview",
        plural: "Match previews",
        title: "headline",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        problems.extend(check_ids("/parts", self.parts.iter().map(Block::id)));
        if let [one, other] = self.teams.as_slice()
            && one == other
        {
            problems.push(Problem::new("/teams/1", "plays itself"));
        }
        problems
    }
}
