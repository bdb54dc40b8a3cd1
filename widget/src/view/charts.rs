//! The worm, the Manhattan and the partnerships, drawn as SVG in percentages of the room there is, so that letters keep their size.
//!
//! What a picture shows is said in words for those who do not see it: a label on each, and a table of all overs below.

use crate::{
    charts::{Charts, OverSum, Point, Series},
    node::{Node, node, span},
};
use cricket::{Words, text, words::messages as say};

pub(crate) fn charts(words: Words, charts: &Charts) -> Node {
    if charts.innings.is_empty() {
        return node("p", "empty").text(words.get(say::NO_CHARTS));
    }
    let mut parts = vec![figure(words.get(say::RUNS_BY_OVER), vec![legend(charts), worm(words, charts)])];
    parts.extend(charts.innings.iter().map(|it| {
        let title = words.fill(say::RUNS_AN_OVER, &[&it.title]);
        figure("", vec![node("h2", "").text(title), manhattan(words, charts, it)])
    }));
    parts.push(over_by_over(words, charts));
    parts.extend(charts.innings.iter().filter(|it| !it.pairs.is_empty()).map(|it| {
        figure(
            "",
            vec![node("h2", "").text(words.fill(say::PARTNERSHIPS, &[&it.title])), super::pairs::pairs(it)],
        )
    }));
    node("div", "charts").children(parts)
}

fn figure(title: &'static str, mut children: Vec<Node>) -> Node {
    if !title.is_empty() {
        children.insert(0, node("h2", "").text(title));
    }
    node("figure", "").with("part", "chart").children(children)
}

fn side(it: &Series) -> &'static str {
    match it.side {
        cricket::Side::Home => "home",
        cricket::Side::Away => "away",
    }
}

/// A line that stands for the innings, its team and its score.
fn legend(charts: &Charts) -> Node {
    let key = |it: &Series| {
        let line = node("i", if it.again { "again" } else { "" }).with("data-side", side(it));
        node("span", "").children(vec![line, span("", it.short.clone()), span("sum", it.score.clone())])
    };
    node("div", "legend").with("aria-hidden", "true").children(charts.innings.iter().map(key).collect())
}

/// Runs over balls, one line an innings, a dot where a wicket fell.
fn worm(words: Words, charts: &Charts) -> Node {
    let runs = Axis::of(charts.runs);
    let mut parts = grid(&runs);
    parts.extend(over_labels(charts));
    if let Some(target) = charts.target {
        let y = from_top(target, runs.end);
        parts.push(line("target", ["0%", &y, "100%", &y]));
        let label = words.fill(say::TARGET, &[&target.to_string()]);
        parts.push(text("target", "0", &y).with("dx", "4").with("dy", "-4").text(label));
    }
    for it in &charts.innings {
        let class = if it.again { "line again" } else { "line" };
        let curve = node("polyline", class).with("points", points(&it.overs)).with("data-side", side(it));
        let room = text!("0 0 ", charts.balls.to_string(), " ", runs.end.to_string());
        parts.push(node("svg", "curve").with("viewBox", room).with("preserveAspectRatio", "none").children(
            vec![
                // Up is down in SVG.
                node("g", "")
                    .with("transform", text!("translate(0 ", runs.end.to_string(), ") scale(1 -1)"))
                    .children(vec![curve]),
            ],
        ));
        let dot = |it: &Point| dot(percent(it.balls, charts.balls), from_top(it.runs, runs.end));
        parts.extend(it.falls.iter().map(|fall| dot(fall).with("data-side", side(it))));
    }
    plot("worm", said(words, charts), parts)
}

fn said(words: Words, charts: &Charts) -> String {
    let mut text = words.get(say::RUNS_BY_OVER).to_owned();
    for it in &charts.innings {
        text.extend(["; ", &it.title, " ", &it.score]);
    }
    text
}

/// One column an over, a dot above it for each wicket.
fn manhattan(words: Words, charts: &Charts, innings: &Series) -> Node {
    let runs = Axis::of(charts.over_runs);
    let mut parts = grid(&runs);
    parts.extend(over_labels(charts));
    let per = charts.balls_per_over;
    let slots = charts.balls.div_ceil(per);
    for (over, at) in innings.overs.iter().zip(0_u16..) {
        let top = from_top(over.runs, runs.end);
        let column = node("rect", "column").with("x", percent(at * 5 + 1, slots * 5)).with("y", top.clone());
        let column = column.with("width", percent(3, slots * 5)).with("height", percent(over.runs, runs.end));
        parts.push(column.with("data-side", side(innings)));
        for wicket in 0..u16::from(over.wickets) {
            let lift = text!("translate(0 -", (7 + 9 * wicket).to_string(), ")");
            parts.push(dot(percent(at * 2 + 1, slots * 2), top.clone()).with("transform", lift));
        }
    }
    let label = text!(words.fill(say::RUNS_AN_OVER, &[&innings.title]), " ", &innings.score);
    plot("manhattan", label, parts)
}

/// All overs in figures.
fn over_by_over(words: Words, charts: &Charts) -> Node {
    let head = |text: String| node("th", "").with("scope", "col").text(text);
    let mut heads = vec![head(words.get(say::OVER).to_owned())];
    heads.extend(charts.innings.iter().map(|it| head(it.short.clone())));
    let longest = charts.innings.iter().map(|it| it.overs.len()).max().unwrap_or(0);
    let row = |at: usize| {
        let mut cells = vec![node("th", "").with("scope", "row").text((at + 1).to_string())];
        cells.extend(charts.innings.iter().map(|it| match it.overs.get(at) {
            Some(over) => over_cell(words, over),
            None => node("td", ""),
        }));
        node("tr", "").children(cells)
    };
    let body = node("tbody", "").children((0..longest).map(row).collect());
    let head = node("thead", "").children(vec![node("tr", "").children(heads)]);
    node("details", "").children(vec![
        node("summary", "").text(words.get(say::IN_FIGURES)),
        node("table", "by-over").with("part", "table").children(vec![head, body]),
    ])
}

/// "9, 2 wickets" and "45".
fn over_cell(words: Words, over: &OverSum) -> Node {
    let mut runs = over.runs.to_string();
    if over.wickets > 0 {
        runs.extend([", ", &words.fill(say::WICKETS_LOST, &[&over.wickets.to_string()])]);
    }
    node("td", "").children(vec![span("note", runs), span("", over.after.runs.to_string())])
}

/// An axis from 0 to `end`, labelled at each `step`.
struct Axis {
    end: u16,
    step: u16,
}

impl Axis {
    /// At most six labels, at round figures, the last of them at or above `most`.
    fn of(most: u16) -> Self {
        let step = step(most);
        Axis { end: most.div_ceil(step).saturating_mul(step), step }
    }

    fn labels(&self) -> impl Iterator<Item = u16> {
        (0..=self.end / self.step).map(|it| it * self.step)
    }
}

/// The smallest round figure of which five reach `most`.
fn step(most: u16) -> u16 {
    const STEPS: [u16; 10] = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500];
    STEPS.into_iter().find(|it| most.div_ceil(*it) <= 5).unwrap_or(2000)
}

fn grid(runs: &Axis) -> Vec<Node> {
    let rule = |label: u16| {
        let y = from_top(label, runs.end);
        let text = text("y", "0", &y).with("dx", "-6").with("dy", "0.32em").text(label.to_string());
        [line("rule", ["0%", &y, "100%", &y]), text]
    };
    runs.labels().flat_map(rule).collect()
}

fn over_labels(charts: &Charts) -> Vec<Node> {
    let overs = charts.balls / charts.balls_per_over;
    let step = step(overs.max(1));
    let label = |over: u16| {
        let x = percent(over * charts.balls_per_over, charts.balls);
        text("x", &x, "100%").with("dy", "1.4em").text(over.to_string())
    };
    (1..=overs / step).map(|it| label(it * step)).collect()
}

fn plot(class: &'static str, label: String, parts: Vec<Node>) -> Node {
    let picture = node("svg", "").with("role", "img").with("aria-label", label).children(parts);
    node("div", "plot").with("data-kind", class).children(vec![picture])
}

fn line(class: &'static str, [x1, y1, x2, y2]: [&str; 4]) -> Node {
    let ends = [("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)];
    ends.into_iter().fold(node("line", class), |it, (name, value)| it.with(name, value.to_owned()))
}

fn text(class: &'static str, x: &str, y: &str) -> Node {
    node("text", class).with("x", x.to_owned()).with("y", y.to_owned())
}

fn dot(x: String, y: String) -> Node {
    node("circle", "fall").with("cx", x).with("cy", y).with("r", "3.5")
}

/// "0,0 6,12 12,20": balls and runs, from nothing.
fn points(overs: &[OverSum]) -> String {
    let mut points = String::from("0,0");
    for it in overs {
        points.extend([" ", &it.after.balls.to_string(), ",", &it.after.runs.to_string()]);
    }
    points
}

fn from_top(value: u16, end: u16) -> String {
    percent(end.saturating_sub(value), end)
}

/// "12.34%"
pub(super) fn percent(value: u16, of: u16) -> String {
    let hundredths = u32::from(value) * 10_000 / u32::from(of.max(1));
    let rest = (hundredths % 100).to_string();
    let zero = if rest.len() < 2 { ".0" } else { "." };
    text!((hundredths / 100).to_string(), zero, rest, "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_figures() {
        for (most, end, step) in
            [(1, 1, 1), (5, 5, 1), (17, 20, 5), (120, 125, 25), (187, 200, 50), (664, 800, 200)]
        {
            let axis = Axis::of(most);
            assert_eq!((axis.end, axis.step), (end, step), "{most}");
            assert!(axis.labels().count() <= 6 && axis.labels().last() == Some(end));
        }
        assert!(Axis::of(u16::MAX).labels().count() > 5, "nothing real, and no overflow");
    }

    #[test]
    fn percentages_have_two_places() {
        for (value, of, text) in
            [(0, 7, "0.00%"), (1, 3, "33.33%"), (7, 7, "100.00%"), (1, 99, "1.01%"), (5, 0, "500.00%")]
        {
            assert_eq!(percent(value, of), text);
        }
    }

    #[test]
    fn a_curve_starts_at_nothing() {
        let over = OverSum { runs: 9, wickets: 0, after: Point { balls: 6, runs: 9 } };
        assert_eq!(points(&[over]), "0,0 6,9");
    }
}
