//! One version of a campaign, as it is and in words.

use super::campaign::may_change;
use super::{Here, Tab, moment, title, words};
use crate::finance::table::Column::Text;
use crate::finance::table::table;
use crate::finance::{Names, at, person};
use maud::{Markup, html};
use rewards::Campaign;
use rewards::campaigns::{Listed, Version};

/// Its rules, and what holds for all of them.
pub(super) fn told(campaign: &Campaign) -> Markup {
    let columns = [Text("Rule"), Text("Earns"), Text("When"), Text("Streak"), Text("At most")];
    let rows = html! { @for rule in &campaign.rules {
        @let most = words::caps(&rule.caps);
        tr {
            th.named scope="row" { (rule.said()) " " code.id { (rule.id) } }
            td.wide { (words::amount(&rule.amount)) }
            td.wide { (words::when(&rule.when)) }
            td { @match rule.streak { Some(it) => { (words::streak(it)) } None => { span.muted { "—" } } } }
            td { @if most.is_empty() { span.muted { "—" } } @else { (most) } }
        }
    } };
    let most = words::caps(&campaign.caps);
    html! {
        p {
            (moment(campaign.starts_at)) " – " (moment(campaign.ends_at)) " UTC"
            @if !most.is_empty() { " · at most " (most) }
            @if let Some(group) = &campaign.group { " · in the group " code { (group) } ", priority " (campaign.priority) }
        }
        (table("Rules", &columns, rows))
    }
}

pub fn page(here: &Here<'_>, campaign: &Listed, version: &Version, names: &Names) -> Markup {
    let number = version.campaign.version;
    let name = format!("{}: version {number}", campaign.name);
    let to = |rest: &str| here.path(&format!("/campaigns/{}{rest}", campaign.id));
    let main = html! {
        div {
            (title(here, &name))
            p {
                @if campaign.live_version == Some(number) { span.flag.good { "live" } " " }
                span.muted { "Written by " (person(names, &version.made_by)) ", " (at(version.made_at)) " UTC. A version is never changed." }
            }
            p { a href=(to("")) { "Back to the campaign" } }
        }
        (told(&version.campaign))
        div.row {
            a.button.primary href=(to(&format!("/forecast?version={number}"))) { "Try it on what was heard" }
            @if may_change(here, campaign) { a.button href=(to(&format!("/write?from={number}"))) { "Write the next one from it" } }
        }
        details.boxed {
            summary { "As JSON" }
            pre.seen { (serde_json::to_string_pretty(&version.campaign).unwrap_or_default()) }
        }
    };
    here.page(Tab::Campaigns, &name, main)
}
