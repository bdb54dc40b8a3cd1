//! Articles.

use super::order::in_order;
use super::{Content, DateTime, Facts, MediaRef, Number, Relation, Review, RichText, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A story that is read on a page of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Article {
    /// As it stands above the story and in lists.
    #[schemars(title = "Headline", length(min = 1, max = 110), extend("x-localised" = true))]
    pub headline: String,
    /// Two sentences that say what it is about.
    #[schemars(title = "Summary", length(max = 300), extend("x-localised" = true, "x-widget" = "lines"))]
    pub summary: Option<String>,
    #[schemars(title = "Story", extend("x-localised" = true))]
    pub body: RichText,
    #[schemars(title = "Picture")]
    pub picture: Option<MediaRef>,
    /// As the reader is told who wrote it.
    #[schemars(title = "Author", length(max = 80))]
    pub author: Option<String>,
    /// When it happened or is dated, if not when it is published.
    #[schemars(title = "Dated")]
    pub dated: Option<DateTime>,
    /// Players, teams and matches that it is about.
    #[serde(default)]
    #[schemars(title = "About", length(max = 20), extend("x-relation" = ["player", "team", "venue", "match-preview"]))]
    pub about: Vec<Relation>,
    /// Read next.
    #[serde(default)]
    #[schemars(title = "Related", length(max = 10), extend("x-relation" = ["article"]))]
    pub related: Vec<Relation>,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

impl Content for Article {
    const FACTS: Facts = Facts {
        name: "article",
        noun: "Article",
        plural: "Articles",
        title: "headline",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        self.targets.check("/targets")
    }
}
