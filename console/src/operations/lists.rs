//! Jobs one by one, schedules and workers.

use super::words::{duration, moment};
use super::{PATH, press};
use jiff::Timestamp;
use jobs::overview::{DeadView, JobView, NodeView, ScheduleView};
use maud::{Markup, html};

/// Beyond it a reason is cut in a list; in a dead job's own part it is whole.
const REASON_MAX: usize = 160;
/// Beyond it a payload is cut.
const PAYLOAD_MAX: usize = 20_000;

pub(super) fn running(jobs: &[JobView], now: Timestamp) -> Markup {
    html! {
        @if jobs.is_empty() { p.muted { "None." } } @else {
            (table("Running jobs", &["Job", "Queue", "Attempt", "Worker", "How far", "Due", ACT], html! { @for job in jobs {
                tr {
                    (name(job.id, &job.kind)) td data-of="Queue" { (job.queue) } (attempt(job))
                    td data-of="Worker" { (job.node.as_deref().unwrap_or("—")) }
                    td data-of="How far" {
                        @if let Some(progress) = job.progress {
                            progress max="1" value=(progress) aria-label={ "Job " (job.id) } {}
                            " " (format!("{:.0} %", progress * 100.0)) " "
                        }
                        span.muted { (job.note.as_deref().unwrap_or_default()) }
                    }
                    td data-of="Due" { (moment(job.run_at, now)) }
                    td { (act(job.id, "cancel", "Cancel")) }
                }
            } }))
        }
    }
}

pub(super) fn retrying(jobs: &[JobView], now: Timestamp) -> Markup {
    html! {
        @if jobs.is_empty() { p.muted { "None." } } @else {
            (table("Jobs to be tried again", &["Job", "Queue", "Attempts", "Again", "Because", ACT], html! { @for job in jobs {
                tr {
                    (name(job.id, &job.kind)) td data-of="Queue" { (job.queue) } (attempt(job)) td data-of="Again" { (moment(job.run_at, now)) }
                    td.reason data-of="Because" { (cut(job.last_failure.as_deref().unwrap_or("not its time yet"), REASON_MAX)) }
                    td { (act(job.id, "cancel", "Cancel")) }
                }
            } }))
        }
    }
}

pub(super) fn dead(jobs: &[DeadView], now: Timestamp) -> Markup {
    html! {
        @if jobs.is_empty() { p.muted { "None. What fails for good is kept here for 30 days." } }
        @for job in jobs {
            details.dead id={ "dead-" (job.id) } {
                summary {
                    strong { (job.kind) } " " span.muted { "#" (job.id) " in " (job.queue) }
                    " " @if job.is_cancelled { span.flag { "cancelled" } }
                    " " span.muted { (moment(job.died_at, now)) }
                    @if let Some((_, _, reason)) = job.failures.last() { span.reason { (cut(reason, REASON_MAX)) } }
                }
                div.actions {
                    (act(job.id, "revive", "Try again"))
                    (sure(job.id))
                }
                h3 { "Failures" }
                ol.failures {
                    @for (number, at, reason) in &job.failures {
                        li value=(number) { time datetime=(at) { (at.get(..19).unwrap_or(at).replace('T', " ")) } pre { (reason) } }
                    }
                }
                h3 { "Payload " span.muted { "version " (job.version) } }
                pre.payload tabindex="0" { (cut(&pretty(job), PAYLOAD_MAX)) }
                p.muted { "Enqueued " (moment(job.created_at, now)) "." }
            }
        }
    }
}

pub(super) fn schedules(all: &[ScheduleView], now: Timestamp) -> Markup {
    html! {
        @if all.is_empty() { p.muted { "No program has declared any." } } @else {
            (table("Schedules", &["Schedule", "When", "Job", "Next", "Last", ACT], html! { @for it in all {
                @let to = format!("{PATH}/schedules/{}", it.name);
                tr {
                    th scope="row" { (it.name) @if it.is_paused { " " span.flag { "paused" } } }
                    td data-of="When" { code { (it.schedule) } " " span.muted { (it.zone) } }
                    td data-of="Job" { (it.kind) " " span.muted { "in " (it.queue) } }
                    td data-of="Next" { @if it.is_paused { "—" } @else { (moment(it.next_at, now)) } }
                    td data-of="Last" { @if let Some(last) = it.last_at { (moment(last, now)) } @else { "never" } }
                    td.actions {
                        (press(&format!("{to}/run"), "Run now", &format!("Run {} now", it.name)))
                        @if it.is_paused { (press(&format!("{to}/resume"), "Resume", &format!("Resume {}", it.name))) }
                        @else { (press(&format!("{to}/pause"), "Pause", &format!("Pause {}", it.name))) }
                    }
                }
            } }))
        }
    }
}

pub(super) fn nodes(nodes: &[NodeView], now: Timestamp) -> Markup {
    html! {
        @if nodes.is_empty() { p.muted { "None." } } @else {
            (table("Workers", &["Worker", "Queue", "Running", "Does", "Since", "Last heard"], html! { @for node in nodes {
                tr {
                    th scope="row" { (node.name) " " span.muted { "#" (node.epoch) } @if node.leads { " " span.flag.good { "leads" } } }
                    td data-of="Queue" { (node.queue) } td.number data-of="Running" { (node.running) }
                    td.wide data-of="Does" { (node.kinds.join(", ")) }
                    td data-of="Since" { (moment(node.started_at, now)) }
                    td data-of="Last heard" { (duration(node.silent)) " ago" }
                }
            } }))
        }
    }
}

/// A table with these columns, of which the one with buttons needs no title for the eye; it scrolls where it is wider than the page, and is a
/// card for each row where that is narrow.
fn table(label: &str, columns: &[&str], rows: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) { table.list.stacks {
            thead { tr { @for column in columns {
                th { @if *column == ACT { span.unseen { (column) } } @else { (column) } }
            } } }
            tbody { (rows) }
        } }
    }
}

/// The column with buttons.
const ACT: &str = "Act";

fn name(id: i64, kind: &str) -> Markup {
    html! { th scope="row" { (kind) " " span.muted { "#" (id) } } }
}

fn attempt(job: &JobView) -> Markup {
    html! { td.number data-of="Attempt" { (job.attempt) span.muted { " of " (job.attempts_max) } } }
}

fn act(id: i64, action: &str, text: &str) -> Markup {
    press(&format!("{PATH}/jobs/{id}/{action}"), text, &format!("{text}: job {id}"))
}

/// What cannot be taken back is asked again, by the script.
fn sure(id: i64) -> Markup {
    let to = format!("{PATH}/jobs/{id}/forget");
    let question = format!("Forget job {id} for good, with its payload?");
    html! { div data-sure=(question) { (press(&to, "Forget", &format!("Forget: job {id}"))) } }
}

fn pretty(job: &DeadView) -> String {
    serde_json::to_string_pretty(&job.payload).unwrap_or_default()
}

fn cut(text: &str, length_max: usize) -> String {
    match text.char_indices().nth(length_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
