//! A queue's last hour, by the minute: how many jobs were done and failed, and how long they waited and ran.

use super::words::{duration, grouped};
use jiff::Timestamp;
use jobs::overview::MinuteView;
use maud::{Markup, html};
use std::time::Duration;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 56.0;
const MINUTES: i64 = 60;
const STEP: f64 = WIDTH / MINUTES as f64;

/// Times are drawn by their logarithm, from a tenth of a millisecond to a thousand seconds.
const LEAST: f64 = 1e-4;
const DECADES: f64 = 7.0;

/// Two charts, one below the other, and all of it as a table for whoever does not see them. `now` is at their right end.
pub(super) fn of(queue: &str, minutes: &[MinuteView], now: Timestamp) -> Markup {
    let end = now.as_second() / 60;
    let placed: Vec<(f64, &MinuteView)> = minutes
        .iter()
        .map(|it| ((MINUTES - 1 - (end - it.minute.as_second() / 60)) as f64 * STEP, it))
        .filter(|(x, _)| (0.0..WIDTH).contains(x))
        .collect();
    let Some((_, last)) = placed.last() else {
        return html! { p.muted.chart-none { "Nothing ran within the last hour." } };
    };
    let most = placed.iter().map(|(_, it)| it.done + it.failed).max().unwrap_or(0).max(1);
    let done: i64 = placed.iter().map(|(_, it)| it.done).sum();
    let failed: i64 = placed.iter().map(|(_, it)| it.failed).sum();
    let rate = format!("{queue}: {} done and {} failed within the last hour", grouped(done), grouped(failed));
    let told = |time: Option<Duration>| time.map_or_else(|| "—".to_owned(), duration);
    let (waited, ran) = (told(last.waited_p99), told(last.ran_p99));
    let times = format!(
        "{queue}: in the last minute with jobs, 99 of 100 waited less than {waited} and ran less than {ran}"
    );
    html! {
        figure.chart {
            figcaption { "Done " b { (grouped(done)) } @if failed > 0 { ", failed " b.bad { (grouped(failed)) } } span.muted { " within an hour, at most " (grouped(most)) " a minute" } }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(rate) {
                @for (x, it) in &placed {
                    @let high = height(it.done, most);
                    @let bad = height(it.failed, most);
                    rect.done x=(fixed(*x)) y=(fixed(HEIGHT - high)) width=(fixed(STEP - 1.0)) height=(fixed(high)) {}
                    @if it.failed > 0 {
                        rect.failed x=(fixed(*x)) y=(fixed(HEIGHT - high - bad)) width=(fixed(STEP - 1.0)) height=(fixed(bad)) {}
                    }
                }
            }
        }
        figure.chart {
            figcaption {
                span.key.waited { "Waited " b { (told(last.waited_p50)) } span.muted { " · p99 " } b { (waited) } }
                " " span.key.ran { "Ran " b { (told(last.ran_p50)) } span.muted { " · p99 " } b { (ran) } }
            }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(times) {
                @for decade in 1..7 {
                    @let y = fixed(HEIGHT - f64::from(decade) * HEIGHT / DECADES);
                    line.grid x1="0" x2=(WIDTH) y1=(y) y2=(y) {}
                }
                (line("waited", &placed, |it| it.waited_p99))
                (line("ran", &placed, |it| it.ran_p99))
            }
        }
        details.table id={ "minutes-" (queue) } {
            summary { "By the minute" }
            div.scroll tabindex="0" role="region" aria-label={ (queue) " by the minute" } { table.list {
                thead { tr { th { "Minute" } th { "Done" } th { "Failed" } th { "Dead" } th { "Waited p50" } th { "p99" } th { "Ran p50" } th { "p99" } } }
                tbody { @for (_, it) in placed.iter().rev() {
                    tr {
                        th scope="row" { (it.minute.to_string().get(11..16).unwrap_or_default()) }
                        td.number { (grouped(it.done)) } td.number { (grouped(it.failed)) } td.number { (grouped(it.dead)) }
                        @for time in [it.waited_p50, it.waited_p99, it.ran_p50, it.ran_p99] {
                            td.number { (time.map(duration).unwrap_or_default()) }
                        }
                    }
                } }
            } }
        }
    }
}

/// One line through the minutes that have a time, broken where some are missing.
fn line(
    class: &str,
    placed: &[(f64, &MinuteView)],
    time: impl Fn(&MinuteView) -> Option<Duration>,
) -> Markup {
    let mut path = String::new();
    let mut last = f64::NEG_INFINITY;
    for (x, it) in placed {
        let Some(span) = time(it) else { continue };
        let share = ((span.as_secs_f64().max(LEAST) / LEAST).log10() / DECADES).min(1.0);
        let is_next = x - last < STEP * 1.5;
        let middle = x + STEP / 2.0;
        let command = if is_next { 'L' } else { 'M' };
        path.push_str(&format!("{command}{} {}", fixed(middle), fixed(HEIGHT - share * HEIGHT)));
        if !is_next {
            // A minute alone is a dot.
            path.push_str("h0.1");
        }
        last = *x;
    }
    html! { path class=(class) d=(path) {} }
}

fn height(number: i64, most: i64) -> f64 {
    number as f64 / most as f64 * HEIGHT
}

fn fixed(number: f64) -> String {
    format!("{number:.1}")
}
