//! Flags that turn features on.

use super::order::in_order;
use super::{Content, Facts, Number, Review, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a feature of the widget is on, and for whom. The entry's key is the feature's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Flag {
    #[schemars(title = "Name", length(min = 1, max = 80))]
    pub name: String,
    /// Why it is there, and when it can go.
    #[schemars(title = "Why", length(max = 300), extend("x-widget" = "lines"))]
    pub why: Option<String>,
    #[schemars(title = "On", extend("x-role" = "reviewer"))]
    pub is_on: bool,
    /// To how many fans of a hundred.
    #[schemars(title = "Share", range(min = 0, max = 100), extend("x-role" = "reviewer", "x-shown-when" = { "field": "is_on", "is": [true] }))]
    pub percent: Option<u8>,
    #[serde(default)]
    #[schemars(title = "Who sees it", extend("x-role" = "reviewer"))]
    pub targets: Targets,
}

impl Content for Flag {
    const FACTS: Facts = Facts {
        name: "flag",
        noun: "Feature flag",
        plural: "Feature flags",
        title: "name",
        number: Number::Many,
        review: Review::Needed,
    };

    fn check(&self) -> Vec<Problem> {
        self.targets.check("/targets")
    }
}
