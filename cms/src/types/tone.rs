//! Tones in which balls are told.

use super::order::in_order;
use super::{Content, Facts, ItemId, Number, Review, Targets};
use crate::problem::Problem;
use crate::types::value::check_ids;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tone of commentary that a fan may choose. The entry's key is what streams call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Tone {
    #[schemars(title = "Name", length(min = 1, max = 30), extend("x-localised" = true))]
    pub name: String,
    /// For fans who choose.
    #[schemars(title = "In a line", length(max = 80), extend("x-localised" = true))]
    pub line: Option<String>,
    /// How it sounds, for who writes in it.
    #[schemars(title = "How it sounds", length(min = 1, max = 1000), extend("x-localised" = true, "x-widget" = "lines"))]
    pub guide: String,
    #[serde(default)]
    #[schemars(title = "Examples", length(max = 12), extend("x-localised" = true))]
    pub examples: Vec<Example>,
    /// Words that it never says.
    #[serde(default)]
    #[schemars(title = "Never said", length(max = 200), inner(length(max = 40)), extend("x-localised" = true))]
    pub never: Vec<String>,
    /// From 0, sober, to 10, beside itself.
    #[schemars(title = "Warmth", range(min = 0, max = 10))]
    pub warmth: u8,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Example {
    pub id: ItemId,
    #[schemars(title = "What happened", length(min = 1, max = 120))]
    pub ball: String,
    #[schemars(title = "How it is told", length(min = 1, max = 280))]
    pub told: String,
}

impl Content for Tone {
    const FACTS: Facts = Facts {
        name: "tone",
        noun: "Tone",
        plural: "Tones",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        problems.extend(check_ids("/examples", self.examples.iter().map(|it| &it.id)));
        problems
    }
}
