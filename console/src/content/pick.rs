//! A field that names something by its id: chosen from what is found while somebody types (`content.js`), or written where there is no script.

use super::form::Named;
use maud::{Markup, html};

/// Where matches, campaigns and partners are looked for.
pub(in crate::content) const LOOK_OUTSIDE: &str = "/console/content/outside";

pub(in crate::content) struct Pick<'a> {
    /// Its name, and the element's id.
    pub(in crate::content) name: &'a str,
    pub(in crate::content) label: &'a str,
    pub(in crate::content) is_needed: bool,
    /// Help, and what is wrong.
    pub(in crate::content) aside: Markup,
    pub(in crate::content) described: Option<String>,
    /// The address that finds some: JSON of `id`, `label`, perhaps `about` and `thumbnail`.
    pub(in crate::content) look: &'a str,
    /// What ids begin with.
    pub(in crate::content) prefix: &'a str,
    pub(in crate::content) count_max: u64,
    /// Of pictures: where each is to be had in small.
    pub(in crate::content) thumbnail: Option<&'a str>,
    /// What is chosen, with what is known of it.
    pub(in crate::content) chosen: Vec<(&'a str, Option<&'a Named>)>,
}

impl Pick<'_> {
    pub(in crate::content) fn render(&self) -> Markup {
        let by_id = format!("{}-id", self.name);
        html! {
            content-pick {
                fieldset.field.plain.pick #(self.name) data-pick=(self.look) data-name=(self.name) data-max=(self.count_max)
                    data-thumbnail=[self.thumbnail] aria-describedby=[self.described.as_deref()] {
                    legend.is-needed[self.is_needed] { (self.label) }
                    (self.aside)
                    ul.chosen { @for (id, named) in &self.chosen { (self.one(id, *named)) } }
                    div.by-id {
                        label for=(by_id) { @if self.count_max == 1 { "Its id" } @else { "Ids of more" } }
                        input #(by_id) name=(self.name) type="text" value="" placeholder={ (self.prefix) "_…" } spellcheck="false" autocomplete="off";
                    }
                }
            }
        }
    }

    fn one(&self, id: &str, named: Option<&Named>) -> Markup {
        html! {
            li {
                label {
                    input type="checkbox" name=(self.name) value=(id) checked;
                    @if let Some(thumbnail) = named.and_then(|it| it.thumbnail.as_ref()) { img src=(thumbnail) alt="" loading="lazy"; }
                    span { (named.map_or(id, |it| it.label.as_str())) }
                    @if let Some(about) = named.map(|it| &it.about).filter(|it| !it.is_empty()) { small.muted { (about) } }
                    @if named.is_none() { small.mistake { "not found" } }
                }
                @if let Some(href) = named.map(|it| &it.href).filter(|it| !it.is_empty()) {
                    a href=(href) { "Open" span.unseen { " " (named.map_or(id, |it| it.label.as_str())) } }
                }
            }
        }
    }
}

/// One match, of a form that is no entry's; `chosen` is one that stands there already.
pub(in crate::content) fn of_match(chosen: Option<(&str, Option<&Named>)>) -> Markup {
    let look = format!("{LOOK_OUTSIDE}/match");
    let pick = Pick {
        name: "match",
        label: "Match",
        is_needed: false,
        aside: html! {},
        described: None,
        look: &look,
        prefix: "mat",
        count_max: 1,
        thumbnail: None,
        chosen: chosen.into_iter().collect(),
    };
    pick.render()
}
