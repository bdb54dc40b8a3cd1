//! A figure over time: a bar for each hour or day, and all of it as a table for whoever does not see them.

use super::Figure;
use super::words::grouped;
use jiff::Timestamp;
use maud::{Markup, html};
use partners::usage::{Point, Step};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
/// The room between two bars, as a part of what each has.
const GAP: f64 = 0.2;

pub(super) fn of(figure: Figure, points: &[Point], step: Step) -> Markup {
    let (name, what) = figure.words();
    let values: Vec<i64> = points.iter().map(|it| figure.of(&it.figures)).collect();
    let most = top(values.iter().copied().max().unwrap_or_default());
    let each = WIDTH / points.len().max(1) as f64;
    let label = format!("{name}, by the {}", if step == Step::Hour { "hour" } else { "day" });
    html! {
        figure.chart.boxed {
            figcaption { strong { (label) } span.muted { (what) } }
            @if points.is_empty() { p.muted { "Nothing yet." } }
            @else {
                div.plot {
                    ol.scale aria-hidden="true" { li { (grouped(most)) } li { (grouped(most / 2)) } li { "0" } }
                    svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
                        @for y in [0.0, HEIGHT / 2.0, HEIGHT] { line.grid x1="0" x2=(WIDTH) y1=(fixed(y)) y2=(fixed(y)) {} }
                        @for (at, (point, value)) in points.iter().zip(&values).enumerate() {
                            @let high = *value as f64 / most as f64 * HEIGHT;
                            rect.bar x=(fixed(at as f64 * each + each * GAP / 2.0)) y=(fixed(HEIGHT - high)) width=(fixed(each * (1.0 - GAP))) height=(fixed(high)) {
                                title { (moment(point.at, step)) ": " (grouped(*value)) }
                            }
                        }
                    }
                    p.ends aria-hidden="true" {
                        span { (moment(points[0].at, step)) }
                        span { (moment(points[points.len() - 1].at, step)) }
                    }
                }
                details {
                    summary { "As a table" }
                    div.scroll {
                        table.list {
                            thead { tr { th scope="col" { "From (UTC)" } @for it in Figure::ALL { th.number scope="col" { (it.words().0) } } } }
                            tbody {
                                @for point in points.iter().rev() {
                                    tr { th scope="row" { (moment(point.at, step)) } @for it in Figure::ALL { td.number { (grouped(it.of(&point.figures))) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The top of the scale: the next of 2, 4, 10, 20, 40, 100 …, so that its half is a whole number too.
fn top(most: i64) -> i64 {
    let mut tens = 1;
    loop {
        for step in [2, 4, 10] {
            if most <= step * tens {
                return step * tens;
            }
        }
        tens *= 10;
    }
}

fn moment(at: Timestamp, step: Step) -> String {
    let shape = if step == Step::Hour { "%-d %b, %H:%M" } else { "%-d %b %Y" };
    at.strftime(shape).to_string()
}

fn fixed(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number_with_a_whole_half() {
        for (most, expected) in
            [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (41, 100), (100, 100), (101, 200), (999, 1_000)]
        {
            assert_eq!(top(most), expected, "{most}");
        }
    }
}
