//! Texts of campaigns.

use super::order::in_order;
use super::{Content, Facts, MediaRef, Number, Review, RichText, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What fans read of a campaign of rewards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct CampaignText {
    #[schemars(title = "Title", length(min = 1, max = 60), extend("x-localised" = true))]
    pub title: String,
    /// "cmp_…"
    #[schemars(title = "Campaign", length(max = 40), regex(pattern = "^cmp_[0-9A-Za-z]{22}$"), extend("x-widget" = "campaign"))]
    pub campaign: String,
    #[schemars(title = "In a line", length(min = 1, max = 120), extend("x-localised" = true))]
    pub line: String,
    #[schemars(title = "How it works", extend("x-localised" = true))]
    pub body: Option<RichText>,
    #[schemars(title = "Terms", extend("x-localised" = true))]
    pub terms: RichText,
    #[schemars(title = "Picture")]
    pub picture: Option<MediaRef>,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

impl Content for CampaignText {
    const FACTS: Facts = Facts {
        name: "campaign-text",
        noun: "Campaign text",
        plural: "Campaign texts",
        title: "title",
        number: Number::Many,
        review: Review::Needed,
    };

    fn check(&self) -> Vec<Problem> {
        self.targets.check("/targets")
    }
}
