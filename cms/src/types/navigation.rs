//! Navigation.

use super::order::in_order;
use super::value::check_ids;
use super::{Content, Facts, Href, ItemId, Number, Relation, Review, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Items are within each other so deep at most.
const DEPTH_MAX: usize = 3;

/// A menu: a tree of items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Navigation {
    #[schemars(title = "Name", length(min = 1, max = 60))]
    pub name: String,
    #[schemars(title = "Items", length(min = 1, max = 100), extend("x-localised" = true))]
    pub items: Vec<Item>,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

/// One line of a menu.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Item {
    pub id: ItemId,
    #[schemars(title = "Label", length(min = 1, max = 40))]
    pub label: String,
    /// The item that it is under; none: at the top.
    #[schemars(title = "Under")]
    pub under: Option<ItemId>,
    #[schemars(title = "Entry", extend("x-relation" = ["article", "match-preview", "player", "team", "venue", "legal-notice", "quiz"]))]
    pub entry: Option<Relation>,
    #[schemars(title = "Address")]
    pub address: Option<Href>,
}

impl Content for Navigation {
    const FACTS: Facts = Facts {
        name: "navigation",
        noun: "Navigation",
        plural: "Navigation",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        problems.extend(check_ids("/items", self.items.iter().map(|it| &it.id)));
        let above: BTreeMap<&ItemId, Option<&ItemId>> =
            self.items.iter().map(|it| (&it.id, it.under.as_ref())).collect();
        for (at, item) in self.items.iter().enumerate() {
            let path = format!("/items/{at}");
            if item.entry.is_some() && item.address.is_some() {
                problems.push(Problem::new(&path, "leads to an entry or to an address, not to both"));
            }
            // More steps up than there are levels: too deep, or round and round.
            let mut on = Some(&item.id);
            let mut depth = 0;
            while let Some(here) = on.filter(|_| depth <= DEPTH_MAX) {
                depth += 1;
                on = match above.get(here) {
                    Some(next) => *next,
                    None => {
                        problems.push(Problem::new(format!("{path}/under"), "is no item of this menu"));
                        None
                    }
                };
            }
            if depth > DEPTH_MAX {
                let what = format!("is within itself, or more than {DEPTH_MAX} deep");
                problems.push(Problem::new(format!("{path}/under"), what));
            }
        }
        problems
    }
}
