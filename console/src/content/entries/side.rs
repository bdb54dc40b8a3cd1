//! Beside the form: how far it is, who else is there, and what may be done with it.

use super::edit::Editing;
use super::{path, state_words, within};
use crate::content::form::{Named, moment};
use crate::content::{Here, PATH, pick};
use crate::layout::csrf_field;
use crate::when;
use cms::draft::{Aside, Draft};
use cms::moments::Moment;
use cms::release::Release;
use cms::rights::Role;
use cms::schedule::{self, Schedule};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Schedules that stand beside the form.
const SCHEDULES_MAX: usize = 20;
/// Characters of what a reviewer says.
const NOTE_MAX: u16 = 2_000;

/// Open pages that were sent what was done last, and how long that took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub at: jiff::Timestamp,
    pub streams: i64,
    pub slowest_ms: i32,
}

/// What is known beside the document.
pub struct Side<'a> {
    /// How far what was done last with it went.
    pub reach: Option<Reach>,
    pub may_publish: bool,
    pub may_approve: bool,
    pub may_trash: bool,
    /// Whether somebody else has to approve what they publish.
    pub needs_review: bool,
    /// What others, or one's own other forms, wrote too late.
    pub asides: &'a [Aside],
    pub schedules: &'a [Schedule],
    /// Those that are not published yet.
    pub releases: &'a [Release],
    /// What a reviewer said when it was last sent back.
    pub note: Option<&'a cms::review::Note>,
}

impl Side<'_> {
    pub(super) fn render(&self, here: &Here<'_>, it: &Editing<'_>) -> Markup {
        html! {
            aside #state .entry-side aria-label="State" tabindex="-1" {
                @match it.draft {
                    None => section.panel { h2 { "Not begun" } p.muted { "It begins with what you write here." } },
                    Some(draft) => {
                        (self.state(here, it, draft))
                        (self.asides(here, it, draft))
                        (self.schedules(here, it, draft))
                        (self.releases(here, it, draft))
                        (self.more(here, it, draft))
                    }
                }
            }
        }
    }

    fn state(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        let is_news = draft.published_version != Some(draft.version);
        let can_publish = self.may_publish
            && is_news
            && (!self.needs_review || draft.approved_version == Some(draft.version));
        html! {
            section.panel {
                h2 { "State" }
                p { (state_words(draft.state)) }
                @if let Some(note) = self.note { p.notice { strong { (note.author_name) " sent it back: " } (note.text) } }
                p.muted { "Changed " (when(draft.changed_at)) " by " (draft.author_name) "." }
                @if can_publish {
                    (act(here, it, "/publish", draft, html! {}, html! { button.primary type="submit" { "Publish now" } }))
                } @else if self.may_publish && is_news && self.needs_review {
                    p.hint { "Somebody else approves it before it is published." }
                }
                (self.review(here, it, draft))
                @if let Some(reach) = self.reach { (told(reach)) }
                @if draft.published_version.is_some() && self.may_publish {
                    div.row {
                        (act(here, it, "/roll-back", draft, html! {}, html! { button type="submit" { "Roll back" } }))
                        (act(here, it, "/unpublish", draft, html! {}, html! { button type="submit" { "Unpublish" } }))
                    }
                    p.hint { "Rolling back shows fans what was published before this." }
                }
            }
        }
    }

    fn review(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        let is_news = draft.published_version != Some(draft.version);
        let is_asked = draft.asked_version == Some(draft.version);
        let is_approved = draft.approved_version == Some(draft.version);
        html! {
            @if it.may_write && is_news && !is_asked && !is_approved {
                (act(here, it, "/review", draft, html! { input type="hidden" name="do" value="ask"; }, html! { button type="submit" { "Ask for a review" } }))
            }
            @if is_asked { p.flagged { "A review is asked for." } }
            @if self.may_approve && is_asked {
                (act(here, it, "/review", draft, html! { input type="hidden" name="do" value="approve"; }, html! { button.primary type="submit" { "Approve" } }))
                details.plain-details {
                    summary { "Send it back" }
                    (act(here, it, "/review", draft, html! {
                        input type="hidden" name="do" value="send-back";
                        div.field { label for="note" { "What is to be done" } textarea #note name="note" rows="3" maxlength=(NOTE_MAX) required {} }
                    }, html! { button type="submit" { "Send back" } }))
                }
            }
        }
    }

    fn asides(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        html! {
            @if !self.asides.is_empty() {
                section.panel.doubt {
                    h2 { "Kept aside" }
                    p { "Written on an older version, and not in it yet." }
                    ul.asides {
                        @for aside in self.asides {
                            li {
                                p { (aside.author_name) ", " (when(aside.at)) }
                                div.row {
                                    a.button href={ (path(&it.entry.id, it.language.as_str(), "/clash")) "&sitting=" (aside.session) "&by=" (aside.author_id) } { "See both" }
                                    @if aside.author_id == here.who.id || self.may_approve {
                                        (act(here, it, "/let-go", draft, html! {
                                            input type="hidden" name="sitting" value=(aside.session);
                                            input type="hidden" name="by" value=(aside.author_id);
                                        }, html! { button type="submit" { "Let go" } }))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn schedules(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        let own = self
            .schedules
            .iter()
            .filter(|it| it.entry.as_ref().is_some_and(|(_, language)| *language == draft.language));
        let is_past = |it: &&Schedule| matches!(it.state, schedule::State::Done | schedule::State::Withdrawn);
        let (past, mut shown): (Vec<&Schedule>, Vec<&Schedule>) = own.partition(is_past);
        shown.truncate(SCHEDULES_MAX);
        let past = past.len();
        html! {
            section.panel {
                h2 { "Later" }
                @if shown.is_empty() { p.muted { "Nothing is scheduled." } }
                ul.schedules { @for one in shown { li.trouble[one.state != schedule::State::Waiting || one.is_overdue(here.now)] { (scheduled(here, one, it.form.named)) } } }
                @if past > 0 { p.hint { (past) " done or withdrawn before." } }
                @if self.may_publish { (self.plan(here, it, draft)) }
            }
        }
    }

    fn plan(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        let what = html! {
            div.field { label for="what" { "What" } select #what name="what" {
                option value="publish" { "Publish it as it is now" }
                @if draft.published_version.is_some() { option value="unpublish" { "Unpublish it" } }
            } }
        };
        html! {
            details.plain-details {
                summary { "At a time" }
                (act(here, it, "/schedule", draft, html! { (what) (time_fields(here)) }, html! { button type="submit" name="when" value="time" { "Schedule" } }))
            }
            details.plain-details {
                summary { "At a moment of a match" }
                (act(here, it, "/schedule", draft, html! {
                    div.field { label for="what-moment" { "What" } select #what-moment name="what" {
                        option value="publish" { "Publish it as it is now" }
                        @if draft.published_version.is_some() { option value="unpublish" { "Unpublish it" } }
                    } }
                    (moment_fields(draft, it.form.named))
                }, html! { button type="submit" name="when" value="moment" { "Schedule" } }))
            }
        }
    }

    fn releases(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        html! {
            @if self.may_publish {
                section.panel {
                    h2 { "With others" }
                    @if self.releases.is_empty() {
                        p.muted { "There is no open release. " a href={ (PATH) "/releases" } { "Make one" } " to publish several entries together." }
                    } @else {
                        (act(here, it, "/release", draft, html! {
                            div.field { label for="release" { "Release" } select #release name="release" {
                                @for release in self.releases { option value=(release.id) { (release.title) } }
                            } }
                        }, html! { button type="submit" { "Put it in, as it is now" } }))
                    }
                }
            }
        }
    }

    fn more(&self, here: &Here<'_>, it: &Editing<'_>, draft: &Draft) -> Markup {
        html! {
            section.panel {
                h2 { "More" }
                ul.links {
                    li { a href=(path(&it.entry.id, it.language.as_str(), "/revisions")) { "Revisions" } " " span.muted { (draft.revision) } }
                    @if here.rights.role > Role::Viewer {
                        li { a href={ (PATH) "/preview?entry=" (it.entry.id) "&lang=" (it.language.as_str()) } { "Preview in the widget" } }
                    }
                }
                @if let Some(key) = &it.entry.key { p.muted { "Key " code { (key) } } }
                p.muted { code.id { (it.entry.id) } }
                @if self.may_trash {
                    (act(here, it, "/trash", draft, html! {}, html! { button.danger-quiet type="submit" { "Put it into the trash" } }))
                }
            }
        }
    }
}

fn told(reach: Reach) -> Markup {
    html! {
        p.muted { "Last told " (when(reach.at)) ": "
            @match reach.streams {
                0 => "no page was open to be sent it.",
                1 => { "one open page was sent it within " (reach.slowest_ms) " ms." }
                many => { (many) " open pages were sent it within " (reach.slowest_ms) " ms." }
            }
        }
    }
}

/// A form of something that is done with the draft of this version.
fn act(
    here: &Here<'_>,
    it: &Editing<'_>,
    rest: &str,
    draft: &Draft,
    fields: Markup,
    buttons: Markup,
) -> Markup {
    html! {
        form.act method="post" action={ (PATH) (within(&it.entry.id, it.language.as_str(), rest)) } data-follows {
            (csrf_field(here.who.form_token))
            input type="hidden" name="version" value=(draft.version);
            (fields)
            (buttons)
        }
    }
}

/// A day, a time of it and its zone, to the second.
pub(in crate::content) fn time_fields(here: &Here<'_>) -> Markup {
    let zone = moment::ZONES[0];
    let soon = here.now + jiff::SignedDuration::from_hours(1);
    let soon = soon.in_tz(zone).map_or_else(|_| String::new(), |it| it.strftime("%Y-%m-%d").to_string());
    html! {
        div.moment-parts {
            label { span { "Day" } input type="date" name="date" value=(soon) required; }
            label { span { "Time" } input type="time" name="time" step="1" required; }
            label { span { "Time zone" } input type="text" name="zone" list="zones-later" value=(zone) autocomplete="off" spellcheck="false" required; }
        }
        datalist id="zones-later" { @for zone in moment::ZONES { option value=(zone) {} } }
    }
}

fn moment_fields(draft: &Draft, named: &BTreeMap<String, Named>) -> Markup {
    let of = draft.body.get("match_id").and_then(|it| it.as_str());
    html! {
        (pick::of_match(of.map(|it| (it, named.get(it)))))
        div.field { label for="moment" { "Moment" } select #moment name="moment" {
            @for it in Moment::ALL { option value=(it.word()) { (moment_name(it)) } }
        } }
    }
}

pub(in crate::content) const fn moment_name(moment: Moment) -> &'static str {
    match moment {
        Moment::Toss => "At the toss",
        Moment::FirstBall => "At the first ball",
        Moment::InningsBreak => "At the innings break",
        Moment::Result => "On the result",
    }
}

/// What is scheduled, when, and what became of it, with a button to withdraw it.
pub(in crate::content) fn scheduled(
    here: &Here<'_>,
    it: &Schedule,
    named: &BTreeMap<String, Named>,
) -> Markup {
    let what = if it.revision.is_some() || it.release.is_some() { "Publish" } else { "Unpublish" };
    html! {
        p {
            strong { (what) } " "
            @match (it.due_at, &it.moment) {
                (Some(at), None) => { (moment::told(at, it.zone.as_deref().unwrap_or("UTC"))) }
                (_, Some((match_id, moment))) => { (moment_name(*moment).to_lowercase()) " of " @match named.get(match_id) {
                    Some(named) => { (named.label) }
                    None => code.id { (match_id) },
                } }
                (None, None) => {}
            }
        }
        p.muted { "by " (it.asked_name) @if let Some(number) = it.revision { ", revision " (number) } }
        @match it.state {
            schedule::State::Missed => {
                p.mistake { "Missed: " (it.reason.as_deref().unwrap_or_default()) }
                p.hint { "Nothing was done. Do it now, or schedule it again." }
            },
            schedule::State::Failed => p.mistake { "Failed: " (it.reason.as_deref().unwrap_or_default()) },
            schedule::State::Waiting if it.is_overdue(here.now) => p.mistake { "Overdue: no worker does it." },
            schedule::State::Waiting => (here.form(&format!("/schedules/{}/withdraw", it.id), html! {}, html! { button.small type="submit" { "Withdraw" } })),
            schedule::State::Done | schedule::State::Withdrawn => p.muted { (it.state.word()) },
        }
    }
}
