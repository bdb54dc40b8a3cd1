//! Legal notices.

use super::order::in_order;
use super::{Content, DateTime, Facts, Number, Review, RichText, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Terms, privacy, rules of play: what has to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct LegalNotice {
    #[schemars(title = "Title", length(min = 1, max = 120), extend("x-localised" = true))]
    pub title: String,
    #[schemars(title = "Text", extend("x-localised" = true))]
    pub body: RichText,
    #[schemars(title = "In force from")]
    pub in_force: DateTime,
    /// Where it holds, for whom and how long.
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
    /// Whether fans have to agree anew.
    #[serde(default)]
    #[schemars(title = "Agreed to anew", extend("x-role" = "reviewer"))]
    pub is_agreed_anew: bool,
}

impl Content for LegalNotice {
    const FACTS: Facts = Facts {
        name: "legal-notice",
        noun: "Legal notice",
        plural: "Legal notices",
        title: "title",
        number: Number::Many,
        review: Review::Needed,
    };

    fn check(&self) -> Vec<Problem> {
        self.targets.check("/targets")
    }
}
