//! Campaigns: the list, and the form that makes one.

use super::{Here, NAME_MAX, Tab, moment, title};
use crate::controls::{Choice, Filled, Label, Line};
use crate::finance::money::count;
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::{pager, table};
use jiff::Timestamp;
use maud::{Markup, html};
use rewards::campaigns::Listed;

/// How a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was never live.
    Draft,
    /// Live, and not begun.
    Waiting(u32),
    Live(u32),
    Paused,
    /// What happens now is after its end, or it was ended.
    Over,
}

/// How it stands at this moment.
pub fn state(campaign: &Listed, now: Timestamp) -> State {
    let span = campaign.span.filter(|_| campaign.has_been_live);
    match (span, campaign.live_version) {
        _ if campaign.ended_at.is_some() => State::Over,
        (Some((_, ends)), _) if now >= ends => State::Over,
        (Some((starts, _)), Some(version)) if now < starts => State::Waiting(version),
        (_, Some(version)) => State::Live(version),
        _ if campaign.has_been_live => State::Paused,
        _ => State::Draft,
    }
}

pub(super) fn flag(campaign: &Listed, now: Timestamp) -> Markup {
    match state(campaign, now) {
        State::Draft => html! { span.flag.off { "draft" } },
        State::Waiting(version) => html! { span.flag { "live v" (version) ", not begun" } },
        State::Live(version) => html! { span.flag.good { "live v" (version) } },
        State::Paused => html! { span.flag { "paused" } },
        State::Over => html! { span.flag.off { "over" } },
    }
}

/// A campaign of the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub campaign: Listed,
    /// The name of its organisation; none: it is of all fans.
    pub organisation: Option<String>,
    /// Of its budget, units.
    pub left: i64,
}

/// A page of them.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub found: &'a [Row],
    /// Whether it is not the first page.
    pub before: Option<&'a str>,
    pub next: Option<&'a str>,
}

pub fn list(here: &Here<'_>, list: &List<'_>) -> Markup {
    let main = html! {
        div.line {
            (title(here, "Campaigns"))
            @if here.may_act() { a.button.primary href=(here.path("/campaigns/new")) { "New campaign" } }
        }
        @if list.found.is_empty() {
            div.boxed.empty {
                p { "There is no campaign in these books yet." }
                p.muted { "A campaign gives fans points for what happens: a six while they watch, a right answer, a day that they come back. \
                    Make one, write its rules, try them on what was heard, and have it go live." }
            }
        } @else { (listed(here, list.found)) }
        (pager(list.before.map(|_| here.path("")), list.next.map(|it| here.path(&format!("?before={it}")))))
    };
    here.page(Tab::Campaigns, "Campaigns", main)
}

pub(super) fn whose(organisation: Option<&str>) -> Markup {
    match organisation {
        None => html! { "all fans" },
        Some(name) => html! { (name) },
    }
}

fn listed(here: &Here<'_>, found: &[Row]) -> Markup {
    let mut columns = vec![
        Text("Campaign"),
        Text("State"),
        Number("Budget left"),
        Number("Points given"),
        Number("Grants"),
    ];
    if !here.is_partner() {
        columns.push(Text("Whose fans"));
    }
    columns.extend([Text("From (UTC)"), Text("Until (UTC)")]);
    let rows = html! { @for Row { campaign, organisation, left } in found {
        @let is_short = *left <= 0 && matches!(state(campaign, here.now), State::Live(_) | State::Waiting(_));
        tr {
            th.named scope="row" { a href=(here.path(&format!("/campaigns/{}", campaign.id))) { (campaign.name) } }
            td { (flag(campaign, here.now)) }
            td.number.negative[is_short] { (count(*left)) @if is_short { " " span.flag.bad { "empty" } } }
            td.number { (count(campaign.units)) }
            td.number { (count(campaign.grants)) }
            @if !here.is_partner() { td { (whose(organisation.as_deref())) } }
            @match campaign.span {
                Some((starts, ends)) => { td { (moment(starts)) } td { (moment(ends)) } }
                None => { td.muted { "—" } td.muted { "—" } }
            }
        }
    } };
    table("Campaigns", &columns, rows)
}

/// The id of what is made by a form: once, however often it is sent.
pub(super) fn id(form: Filled<'_>) -> Markup {
    html! { input type="hidden" name="id" value=(form.fields.text("id")); }
}

/// Whose it is to be. A partner's is its own: there is nothing to choose.
pub(super) fn of_whom(here: &Here<'_>, form: Filled<'_>, label: &str) -> Markup {
    let whose = [Choice::new("all", "All fans"), Choice::new("one", "One organisation's fans")];
    let organisation = Label::new("organisation", "Organisation").hint("Its id, org_…, or its whole name");
    html! {
        @if !here.is_partner() {
            (form.radios(Label::new("whose", label), &whose))
            div.of-one { (form.line(organisation, Line::Text, NAME_MAX)) }
        }
    }
}

/// The form that makes one, with `id`.
pub fn new(here: &Here<'_>, form: Filled<'_>) -> Markup {
    let main = html! {
        (title(here, "New campaign"))
        div.narrow {
            (form.summary())
            (here.form("/campaigns/new",
                html! {
                    (id(form))
                    (form.line(Label::new("name", "Name").hint("For you and the log; fans read the titles of rules"), Line::Text, NAME_MAX))
                    (of_whom(here, form, "Whose fans earn"))
                },
                html! { button.primary type="submit" { "Make it, and write its rules" } }))
        }
    };
    here.page(Tab::Campaigns, "New campaign", main)
}
