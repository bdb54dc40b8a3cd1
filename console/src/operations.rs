//! What operators see of the jobs, and what they can do about them: queues with their charts, what runs, what failed and waits, what is
//! dead, schedules, workers.
//!
//! The page is drawn from [`Overview`]. Its script takes each of the parts that changed from the stream of the same page; without it, the
//! page is loaded again.

mod chart;
mod lists;
mod words;

use crate::assets;
use crate::layout::{Area, Page};
use jiff::Timestamp;
use jobs::overview::{COUNT_MAX, Overview, QueueView};
use lists::{dead, nodes, retrying, running, schedules};
use maud::{Markup, PreEscaped, html};
use words::{count, duration};

/// Where the page is; what is done is posted below it.
pub const PATH: &str = "/console/operations";

/// The whole page. `now` is the moment that times are told from; `form_token` is of the session that sees it, empty without one.
pub fn page(overview: &Overview, now: Timestamp, operator: &str, form_token: &str) -> Markup {
    let area = Area::Operations { operator };
    let main = html! {
        link rel="stylesheet" href=(assets::path("operations.css"));
        (PreEscaped(own(&live(overview, now).into_string(), form_token)))
    };
    Page { title: "Operations", area, say: "", main }.render()
}

/// What changes from moment to moment: each part has an id, and the stream sends all of them.
pub fn live(overview: &Overview, now: Timestamp) -> Markup {
    html! {
        div.line {
            h1 { "Operations" }
            p #state .muted data-stream={ (PATH) "/stream" } { "As of " (words::clock(now)) " UTC" }
        }
        section #sums .sums aria-label="In short" { (sums(overview)) }
        section #queues { h2 { "Queues" } (queues(&overview.queues, now)) }
        section #dead { h2 { "Dead " span.muted { (count(overview.dead_count)) } } (dead(&overview.dead, now)) }
        section #retrying { h2 { "Failed, to be tried again" } (retrying(&overview.retrying, now)) }
        section #running { h2 { "Running" } (running(&overview.running, now)) }
        section #schedules { h2 { "Schedules" } (schedules(&overview.schedules, now)) }
        section #workers { h2 { "Workers" } (nodes(&overview.nodes, now)) }
    }
}

fn sums(overview: &Overview) -> Markup {
    let sum = |of: fn(&QueueView) -> i64| overview.queues.iter().map(of).sum::<i64>().min(COUNT_MAX);
    let figures = [
        ("ready", sum(|it| it.ready)),
        ("running", sum(|it| it.running)),
        ("waiting", sum(|it| it.waiting)),
        ("dead", overview.dead_count),
        ("workers", i64::try_from(overview.nodes.len()).unwrap_or(i64::MAX)),
    ];
    html! {
        dl.tiles {
            @for (name, value) in figures {
                div .bad[name == "dead" && value > 0 || name == "workers" && value == 0] {
                    dt { (name) } dd { (count(value)) }
                }
            }
        }
        @if overview.nodes.is_empty() { p.warn role="status" { "No worker runs: jobs stay where they are until one does." } }
    }
}

fn queues(queues: &[QueueView], now: Timestamp) -> Markup {
    html! {
        @if queues.is_empty() { p.muted { "There is no queue yet: the first job, or the first worker, makes one." } }
        div.cards { @for queue in queues { (card(queue, now)) } }
    }
}

fn card(queue: &QueueView, now: Timestamp) -> Markup {
    let to = format!("{PATH}/queues/{}", queue.name);
    html! {
        article.card id={ "queue-" (queue.name) } aria-labelledby={ "queue-" (queue.name) "-name" } {
            div.line {
                h3 id={ "queue-" (queue.name) "-name" } { (queue.name) @if queue.is_paused { " " span.flag { "paused" } } }
                @if queue.is_paused { (press(&format!("{to}/resume"), "Resume", &format!("Resume {}", queue.name))) }
                @else { (press(&format!("{to}/pause"), "Pause", &format!("Pause {}", queue.name))) }
            }
            dl.figures-row {
                div { dt { "ready" } dd { (count(queue.ready)) } }
                div { dt { "running" } dd { (count(queue.running)) @if let Some(most) = queue.running_max { span.muted { " of " (most) } } } }
                div { dt { "waiting" } dd { (count(queue.waiting)) } }
                @if queue.behind > 0 { div { dt { "behind in line" } dd { (count(queue.behind)) } } }
                @if queue.after > 0 { div { dt { "after others" } dd { (count(queue.after)) } } }
                @if queue.unknown > 0 { div.bad { dt { "unknown kind" } dd { (count(queue.unknown)) } } }
                @if let Some(oldest) = queue.oldest { div { dt { "oldest ready" } dd { (duration(oldest)) } } }
                @if let Some(rate) = queue.rate_per_second { div { dt { "at most" } dd { (rate) "/s" } } }
            }
            (chart::of(&queue.name, &queue.minutes, now))
        }
    }
}

/// Stands in each form for the token of the session that sees it: the view is drawn once for all who look.
pub const FORM_TOKEN: &str = "{form-token}";

/// A view as one session sees it; a form's token is letters and digits.
pub fn own(view: &str, form_token: &str) -> String {
    view.replace(FORM_TOKEN, form_token)
}

/// One button that posts. Its id keeps the focus where the part around it is drawn again; `what` says it all where the eye does not see
/// what it stands beside.
fn press(to: &str, text: &str, what: &str) -> Markup {
    let id = to.strip_prefix(PATH).unwrap_or(to).replace('/', "-");
    html! {
        form.press method="post" action=(to) {
            input type="hidden" name="csrf" value=(FORM_TOKEN);
            button type="submit" id={ "press" (id) } aria-label=(what) { (text) }
        }
    }
}

/// Why an action was not done, in a page of its own.
pub fn refused(title: &str, text: &str, operator: &str) -> Markup {
    crate::layout::message(title, text, Area::Operations { operator })
}

#[cfg(test)]
mod tests;
