//! Profiles of teams.

use super::order::in_order;
use super::{Colour, Content, Facts, MediaRef, Number, Relation, Review, RichText};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Team {
    #[schemars(title = "Name", length(min = 1, max = 60), extend("x-localised" = true))]
    pub name: String,
    /// As it stands beside a score: "IND".
    #[schemars(title = "Short name", length(min = 1, max = 5), extend("x-localised" = true))]
    pub short_name: String,
    /// As the feed names the team.
    #[schemars(title = "In the feed", length(max = 40))]
    pub feed_id: Option<String>,
    #[schemars(title = "Crest")]
    pub crest: Option<MediaRef>,
    #[schemars(title = "Colour")]
    pub colour: Option<Colour>,
    #[schemars(title = "Home ground", extend("x-relation" = ["venue"]))]
    pub home: Option<Relation>,
    #[schemars(title = "Captain", extend("x-relation" = ["player"]))]
    pub captain: Option<Relation>,
    #[schemars(title = "About", extend("x-localised" = true))]
    pub about: Option<RichText>,
}

impl Content for Team {
    const FACTS: Facts = Facts {
        name: "team",
        noun: "Team",
        plural: "Teams",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };
}
