//! News cards.

use super::order::in_order;
use super::{Content, Facts, Href, MediaRef, Number, Relation, Review, RichText, Slot, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Short news between the balls of a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct NewsCard {
    /// One line on a phone.
    #[schemars(title = "Headline", length(min = 1, max = 70), extend("x-localised" = true))]
    pub headline: String,
    #[schemars(title = "Text", extend("x-localised" = true))]
    pub body: RichText,
    #[schemars(title = "Picture")]
    pub picture: Option<MediaRef>,
    /// Where the card leads.
    #[schemars(title = "Leads to")]
    pub leads_to: LeadsTo,
    /// The article that it leads to.
    #[schemars(title = "Article", extend("x-relation" = ["article"], "x-shown-when" = { "field": "leads_to", "is": ["article"] }))]
    pub article: Option<Relation>,
    #[schemars(title = "Address", extend("x-shown-when" = { "field": "leads_to", "is": ["address"] }))]
    pub address: Option<Href>,
    #[schemars(title = "Place")]
    pub slot: Slot,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeadsTo {
    Nowhere,
    Article,
    Address,
}

impl Content for NewsCard {
    const FACTS: Facts = Facts {
        name: "news-card",
        noun: "News card",
        plural: "News cards",
        title: "headline",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        match self.leads_to {
            LeadsTo::Article if self.article.is_none() => {
                problems.push(Problem::new("/article", "is needed"));
            }
            LeadsTo::Address if self.address.is_none() => {
                problems.push(Problem::new("/address", "is needed"));
            }
            _ => {}
        }
        problems
    }
}
