//! One campaign: what is live, what came of it, its budget and its versions.

use super::campaigns::{State, flag, state, whose};
use super::{Here, Tab, WHY_MAX, counted, moment, percent, title, version, words};
use crate::controls::{Filled, Label, Line};
use crate::finance::money::count;
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::table;
use crate::finance::{Names, at, person};
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};
use rewards::Rule;
use rewards::campaigns::{Listed, Version};
use rewards::figures::Figures;
use rewards::fill::Filled as Put;
use std::collections::BTreeMap;

/// The longest amount that is typed.
const AMOUNT_MAX: u16 = 24;

/// A campaign with all that belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub campaign: &'a Listed,
    /// The name of its organisation; none: it is of all fans.
    pub organisation: Option<&'a str>,
    /// The last one first.
    pub versions: &'a [Version],
    /// The live one, which may be older than those.
    pub live: Option<&'a Version>,
    /// By the rule's id.
    pub figures: &'a BTreeMap<String, Figures>,
    pub fills: &'a [Put],
    /// Of its budget, units.
    pub left: i64,
    pub names: &'a Names,
    /// The form that fills the budget; with `id`, under which it is done however often it is sent.
    pub form: Filled<'a>,
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let campaign = shown.campaign;
    let main = html! {
        div {
            (title(here, &campaign.name))
            p {
                (flag(campaign, here.now)) @if !here.is_partner() { " for " (whose(shown.organisation)) } " · " code.id { (campaign.id) }
                @if let Some(at) = campaign.ended_at { " · ended " (moment(at)) " UTC" }
            }
        }
        (warning(here, shown))
        (tiles(shown))
        section aria-labelledby="live" {
            div.line {
                h2 #live { @match campaign.live_version { Some(it) => { "Live: version " (it) } None => { "Nothing is live" } } }
                (stop(here, campaign))
            }
            @match shown.live {
                Some(live) => { (version::told(&live.campaign)) }
                None => { (next_step(here, shown)) }
            }
        }
        section aria-labelledby="figures" {
            h2 #figures { "What came of it, by rule" }
            (figures(shown))
        }
        section aria-labelledby="budget" {
            h2 #budget { "Budget" }
            (budget(here, shown))
        }
        section aria-labelledby="versions" {
            div.line {
                h2 #versions { "Versions" }
                @if may_change(here, campaign) {
                    a.button href=(here.path(&format!("/campaigns/{}/write", campaign.id))) {
                        "Write version " (campaign.last_version + 1)
                    }
                }
            }
            (versions(here, shown))
        }
    };
    here.page(Tab::Campaigns, &campaign.name, main)
}

fn warning(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let is_live = matches!(state(shown.campaign, here.now), State::Live(_) | State::Waiting(_));
    html! {
        @if is_live && shown.left <= 0 {
            p.notice role="alert" { strong { "Its budget is empty." } " What fans earn by it is not paid, and \
                is not made up for when it is filled." }
        }
    }
}

fn tiles(shown: &Shown<'_>) -> Markup {
    let campaign = shown.campaign;
    html! {
        dl.tiles.wide.sums {
            div { dt { "Points given" } dd { (count(campaign.units)) } }
            div { dt { "Budget left" } dd.negative[shown.left <= 0] { (count(shown.left)) } }
            div { dt { "Grants" } dd { (count(campaign.grants)) } }
            div { dt { "From – until (UTC)" } dd.span {
                @match campaign.span {
                    Some((starts, ends)) => { (moment(starts)) br; (moment(ends)) }
                    None => { "not written yet" }
                }
            } }
        }
    }
}

/// What stops it: for a while, or for good.
fn stop(here: &Here<'_>, campaign: &Listed) -> Markup {
    let (fields, none) = (Fields::default(), Mistakes::default());
    let form = Filled { fields: &fields, mistakes: &none };
    let why = |name: &str| form.line(Label::new(name, "Why").hint("For the log"), Line::Text, WHY_MAX);
    html! {
        @if may_change(here, campaign) && campaign.has_been_live {
            div.stops {
                @if campaign.live_version.is_some() {
                    details.boxed.aside {
                        summary { "Pause it" }
                        (here.form(&format!("/campaigns/{}/pause", campaign.id), why("pause-why"),
                            html! { button.danger type="submit" { "Pause: fans earn nothing by it" } }))
                    }
                }
                details.boxed.aside {
                    summary { "End it" }
                    p.hint { "For good: no version of it goes live again. What was earned is paid, and what is left in its budget stays there." }
                    (here.form(&format!("/campaigns/{}/end", campaign.id), why("end-why"),
                        html! { button.danger type="submit" { "End it for good" } }))
                }
            }
        }
    }
}

/// Whether whoever looks may go on with it.
pub(super) fn may_change(here: &Here<'_>, campaign: &Listed) -> bool {
    here.may_act() && campaign.ended_at.is_none()
}

fn next_step(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let campaign = shown.campaign;
    html! {
        @match shown.versions.first() {
            _ if campaign.ended_at.is_some() => {
                p.muted { "It was ended: fans earn nothing by it, and no version of it goes live again." }
            }
            None => {
                p.muted { "No version is written. Write one: when it runs, what earns how much, and the most that \
                    is given." }
                @if may_change(here, campaign) {
                    p { a.button.primary href=(here.path(&format!("/campaigns/{}/write", campaign.id))) { "Write version 1" } }
                }
            }
            Some(last) => {
                p.muted { "Fans earn nothing by it. See what a version would cost by what was heard, and have it \
                    go live from there." }
                p { a.button.primary href=(try_it(here, campaign, last.campaign.version)) { "Try version " (last.campaign.version) ", and go live" } }
            }
        }
    }
}

fn try_it(here: &Here<'_>, campaign: &Listed, version: u32) -> String {
    here.path(&format!("/campaigns/{}/forecast?version={version}", campaign.id))
}

/// Titles by ids: as the live version has them, else the last one that speaks of them.
fn titles<'a>(shown: &Shown<'a>) -> BTreeMap<&'a str, &'a Rule> {
    let all = shown.versions.iter().rev().chain(shown.live);
    all.flat_map(|it| &it.campaign.rules).map(|it| (it.id.as_str(), it)).collect()
}

fn figures(shown: &Shown<'_>) -> Markup {
    let rules = titles(shown);
    let mut ids: Vec<&str> =
        shown.live.iter().flat_map(|it| &it.campaign.rules).map(|it| it.id.as_str()).collect();
    ids.extend(shown.figures.keys().map(String::as_str).filter(|it| !ids.contains(it)).collect::<Vec<_>>());
    if ids.is_empty() {
        return html! { p.muted { "Nothing was earned by it yet." } };
    }
    let none = Figures::default();
    let columns = [
        Text("Rule"),
        Number("Grants"),
        Number("Points"),
        Number("Taken back"),
        Number("Not paid"),
        Text("Why not"),
    ];
    let rows = html! { @for id in ids {
        @let of = shown.figures.get(id).unwrap_or(&none);
        @let refused: i64 = of.refused.values().sum();
        tr {
            th.named scope="row" { (rules.get(id).map_or(id, |it| it.said())) " " code.id { (id) } }
            td.number { (count(of.grants)) }
            td.number { (count(of.units)) }
            td.number { (count(of.taken)) }
            td.number.negative[refused > 0] { (count(refused)) }
            td.wide { @if of.refused.is_empty() { span.muted { "—" } } @else { (reasons(&of.refused)) } }
        }
    } };
    table("Figures of rules", &columns, rows)
}

fn reasons(refused: &BTreeMap<String, i64>) -> String {
    let all = refused.iter().map(|(why, number)| format!("{why}: {}", count(*number)));
    all.collect::<Vec<_>>().join(", ")
}

fn budget(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let (given, left) = (shown.campaign.units, shown.left);
    let whole = given.saturating_add(left.max(0));
    html! {
        div.boxed.budget {
            p {
                strong { (count(left)) } " points left, " (count(given)) " given"
                @if whole > 0 { ": " (percent(given, whole)) " of it is used" }
                "."
            }
            @if whole > 0 {
                meter min="0" max=(whole) value=(given) aria-label="Used of the budget" { (percent(given, whole)) }
            }
            (fill(here, shown))
        }
        (fills(here, shown))
    }
}

fn fill(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let form = shown.form;
    html! {
        @if !here.may_fill() && here.is_partner() {
            p.muted {
                "Whoever runs this platform fills it: tell them the campaign's id, and how many points it is to give. In the test books \
                you fill budgets yourself."
            }
        }
        @if here.may_fill() && shown.campaign.ended_at.is_none() {
            details open[!form.mistakes.is_empty() || shown.left <= 0] {
                summary { "Fill it" }
                (form.summary())
                (here.form(&format!("/campaigns/{}/fill", shown.campaign.id),
                    html! {
                        input type="hidden" name="id" value=(form.fields.text("id"));
                        (form.line(Label::new("amount", "Points").hint("Whole points, as digits alone: 50000"), Line::Number, AMOUNT_MAX))
                        (form.line(Label::new("why", "Why").hint("For the log: who has ordered it, for what"), Line::Text, WHY_MAX))
                    },
                    html! { button.primary type="submit" { "Fill the budget" } }))
            }
        }
    }
}

/// What the ledger has not is asked for again, under the same id: once, whoever presses.
fn again(here: &Here<'_>, shown: &Shown<'_>, it: &Put) -> Markup {
    if !here.may_fill() {
        return html! {};
    }
    here.form(
        &format!("/campaigns/{}/fill", shown.campaign.id),
        html! {
            input type="hidden" name="id" value=(it.id.to_string());
            input type="hidden" name="amount" value=(it.units);
            input type="hidden" name="why" value=(it.why);
        },
        html! { button type="submit" { "Put it into the ledger" } },
    )
}

fn fills(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let mut columns = vec![Text("Filled (UTC)"), Number("Points")];
    // Why the platform has given it is its own to know, and who it was.
    let has_whys = here.may_fill() || !here.is_partner();
    if has_whys {
        columns.extend([Text("Why"), Text("By")]);
    }
    columns.push(Text("State"));
    let rows = html! { @for it in shown.fills {
        tr {
            th scope="row" { (at(it.asked_at)) }
            td.number { (count(it.units)) }
            @if has_whys {
                td.wide { (it.why) }
                td.person { (person(shown.names, &it.by)) }
            }
            td { @match it.filled_at {
                Some(_) => { span.flag.good { "filled" } }
                None => { span.flag.bad { "not in the ledger" } (again(here, shown, it)) }
            } }
        }
    } };
    html! { @if !shown.fills.is_empty() { (table("What was put into the budget", &columns, rows)) } }
}

fn versions(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let campaign = shown.campaign;
    if shown.versions.is_empty() {
        return html! { p.muted { "None is written." } };
    }
    let columns = [
        Text("Version"),
        Text("What next"),
        Text("From – until (UTC)"),
        Text("Rules"),
        Text("At most"),
        Text("Written"),
    ];
    let rows = html! { @for it in shown.versions {
        @let number = it.campaign.version;
        @let most = words::caps(&it.campaign.caps);
        tr {
            th scope="row" {
                a href=(here.path(&format!("/campaigns/{}/versions/{number}", campaign.id))) { "Version " (number) }
                @if campaign.live_version == Some(number) { " " span.flag.good { "live" } }
            }
            td { span.links {
                a href=(try_it(here, campaign, number)) { "Try it" }
                @if may_change(here, campaign) {
                    " · " a href=(here.path(&format!("/campaigns/{}/write?from={number}", campaign.id))) { "Change it" }
                }
            } }
            td { (moment(it.campaign.starts_at)) " – " (moment(it.campaign.ends_at)) }
            td { (counted(it.campaign.rules.len() as i64, "rule", "rules")) }
            td { @if most.is_empty() { span.muted { "the budget" } } @else { (most) } }
            td { (at(it.made_at)) " " span.muted { (person(shown.names, &it.made_by)) } }
        }
    } };
    table("Versions of the campaign", &columns, rows)
}
