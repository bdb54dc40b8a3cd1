//! Profiles of players.

use super::order::in_order;
use super::{Content, Facts, MediaRef, Number, Relation, Review, RichText};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who plays, beside the figures that the feed knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Player {
    #[schemars(title = "Name", length(min = 1, max = 80), extend("x-localised" = true))]
    pub name: String,
    /// As the feed names the player.
    #[schemars(title = "In the feed", length(max = 40))]
    pub feed_id: Option<String>,
    #[schemars(title = "Team", extend("x-relation" = ["team"]))]
    pub team: Option<Relation>,
    #[schemars(title = "Role")]
    pub role: Option<PlayingRole>,
    #[schemars(title = "Bats")]
    pub bats: Option<Hand>,
    #[schemars(title = "Bowls", length(max = 40), extend("x-localised" = true))]
    pub bowls: Option<String>,
    #[schemars(title = "Number on the shirt", range(min = 0, max = 999))]
    pub shirt: Option<u16>,
    #[schemars(title = "Portrait")]
    pub portrait: Option<MediaRef>,
    #[schemars(title = "About", extend("x-localised" = true))]
    pub about: Option<RichText>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlayingRole {
    Batter,
    Bowler,
    AllRounder,
    WicketKeeper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hand {
    Right,
    Left,
}

impl Content for Player {
    const FACTS: Facts = Facts {
        name: "player",
        noun: "Player",
        plural: "Players",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };
}
