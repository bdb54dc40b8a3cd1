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
            div.scroll tabindex="0" role="region" aria-label="Running jobs" { table.list.stacks {
                thead { tr { th { "Job" } th { "Queue" } th { "Attempt" } th { "Worker" } th { "How far" } th { "Due" } th { span.unseen { "Act" } } } }
                tbody { @for job in jobs {
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
                } }
            } }
        }
    }
}

pub(super) fn retrying(jobs: &[JobView], now: Timestamp) -> Markup {
    html! {
        @if jobs.is_empty() { p.muted { "None." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Jobs to be tried again" { table.list.stacks {
                thead { tr { th { "Job" } th { "Queue" } th { "Attempts" } th { "Again" } th { "Because" } th { span.unseen { "Act" } } } }
                tbody { @for job in jobs {
                    tr {
                        (name(job.id, &job.kind)) td data-of="Queue" { (job.queue) } (attempt(job)) td data-of="Again" { (moment(job.run_at, now)) }
                        td.reason data-of="Because" { (cut(job.last_failure.as_deref().unwrap_or("not its time yet"), REASON_MAX)) }
                        td { (act(job.id, "cancel", "Cancel")) }
                    }
                } }
            } }
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
                    (act(job.id, "forget", "Forget"))
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
            div.scroll tabindex="0" role="region" aria-label="Schedules" { table.list.stacks {
                thead { tr { th { "Schedule" } th { "When" } th { "Job" } th { "Next" } th { "Last" } th { span.unseen { "Act" } } } }
                tbody { @for it in all {
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
                } }
            } }
        }
    }
}

pub(super) fn nodes(nodes: &[NodeView], now: Timestamp) -> Markup {
    html! {
        @if nodes.is_empty() { p.muted { "None." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Workers" { table.list.stacks {
                thead { tr { th { "Worker" } th { "Queue" } th { "Running" } th { "Does" } th { "Since" } th { "Last heard" } } }
                tbody { @for node in nodes {
                    tr {
                        th scope="row" { (node.name) " " span.muted { "#" (node.epoch) } @if node.leads { " " span.flag.good { "leads" } } }
                        td data-of="Queue" { (node.queue) } td.number data-of="Running" { (node.running) }
                        td.wide data-of="Does" { (node.kinds.join(", ")) }
                        td data-of="Since" { (moment(node.started_at, now)) }
                        td data-of="Last heard" { (duration(node.silent)) " ago" }
                    }
                } }
            } }
        }
    }
}

fn name(id: i64, kind: &str) -> Markup {
    html! { th scope="row" { (kind) " " span.muted { "#" (id) } } }
}

fn attempt(job: &JobView) -> Markup {
    html! { td.number data-of="Attempt" { (job.attempt) span.muted { " of " (job.attempts_max) } } }
}

fn act(id: i64, action: &str, text: &str) -> Markup {
    press(&format!("{PATH}/jobs/{id}/{action}"), text, &format!("{text}: job {id}"))
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
