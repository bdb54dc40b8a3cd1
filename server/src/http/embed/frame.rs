//! The score as it is drawn at first: the two teams, the status, the over. Classes and parts are those of the widget's views, so that
//! what takes its place looks the same.

use super::node::{Node, node, span};
use cricket::{Ball, Boundary, Innings, Match, Phase, Side, Words};

/// The frame's own style sheet: what the widget's says about these elements, and no more.
pub(super) const STYLE: &str = include_str!("frame.css");

/// How much is shown, as the element's `view` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Compact,
    Card,
    Full,
}

impl View {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "compact" => View::Compact,
            "full" => View::Full,
            _ => View::Card,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            View::Compact => "compact",
            View::Card => "card",
            View::Full => "full",
        }
    }
}

/// A match at one moment.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) root: Node,
    /// "Harbour 120/3 · Meadow 98": a page's title.
    pub(super) title: String,
}

impl Frame {
    pub(super) fn of(game: &Match, view: View) -> Self {
        let mut half = vec![header(game), teams(game)];
        half.push(node("p", "status").with("part", "status").text(game.status_text(Words::ENGLISH)));
        half.extend(over(game).filter(|_| view != View::Compact));
        let summary = node("section", "summary").children([node("div", "half").children(half)]);
        let card = node("div", "card").with("part", "card").children([summary]);
        Self { root: node("div", "").children([card]), title: title(game) }
    }
}

fn title(game: &Match) -> String {
    let side = |side| {
        let (name, score) = (&game.setup.team(side).name, scores(game, side));
        if score.is_empty() { name.clone() } else { format!("{name} {score}") }
    };
    order(game).map(side).join(" · ")
}

fn header(game: &Match) -> Node {
    let setup = &game.setup;
    let (tone, word) = match game.phase {
        Phase::Upcoming => ("quiet", "Upcoming"),
        Phase::Play => ("live", "Live"),
        Phase::Break => ("quiet", "Break"),
        Phase::Delayed => ("lost", "Delayed"),
        Phase::Finished => ("quiet", "Result"),
    };
    let noted = matches!(game.phase, Phase::Break | Phase::Delayed) && !game.note.is_empty();
    let badge = if noted { game.note.as_str() } else { word };
    let named =
        |parts: [&str; 2]| parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ");
    let occasion = node("div", "occasion").children([
        span("competition", named([&setup.competition, &setup.stage])),
        span("place", &*setup.venue),
    ]);
    let badge = span("badge", badge).with("part", "badge").with("data-tone", tone);
    node("header", "").with("part", "header").children([occasion, badge])
}

/// The side that batted first on top.
fn order(game: &Match) -> [Side; 2] {
    let first = game.innings.first().map_or(Side::Home, |it| it.batting);
    [first, first.other()]
}

fn teams(game: &Match) -> Node {
    node("div", "teams").with("part", "teams").children(order(game).map(|side| team(game, side)))
}

fn team(game: &Match, side: Side) -> Node {
    let team = game.setup.team(side);
    let is_batting = game.phase != Phase::Finished && game.current().is_some_and(|it| it.batting == side);
    let shirt = match side {
        Side::Home => "home",
        Side::Away => "away",
    };
    let overs = innings(game, side).next_back().map(|it| overs(game, it)).unwrap_or_default();
    node("div", if is_batting { "team batting" } else { "team" }).children([
        span("shirt", &*team.short).with("data-side", shirt).with("aria-hidden", "true"),
        node("div", "names").children([span("name", &*team.name)]),
        node("div", "score")
            .with("part", "score")
            .children([span("runs", scores(game, side)), span("overs", overs)]),
    ])
}

/// A side's innings, super overs aside.
fn innings(game: &Match, side: Side) -> impl DoubleEndedIterator<Item = &Innings> {
    game.innings.iter().filter(move |it| it.batting == side && !it.super_over)
}

/// "312 & 40/1"; empty before they bat.
fn scores(game: &Match, side: Side) -> String {
    innings(game, side).map(Innings::score_text).collect::<Vec<_>>().join(" & ")
}

/// "18.3/20 ov"
fn overs(game: &Match, innings: &Innings) -> String {
    let unit = if game.setup.balls_per_over == 6 { "ov" } else { "sets" };
    match innings.overs_max.filter(|_| innings.end.is_none()) {
        Some(max) => format!("{}/{max} {unit}", innings.overs_text()),
        None => format!("{} {unit}", innings.overs_text()),
    }
}

/// The over in progress, or the last one; none before the first ball and after the result.
fn over(game: &Match) -> Option<Node> {
    let innings = game.innings.last().filter(|_| game.phase != Phase::Finished)?;
    let number = innings.recent.last()?.over;
    let is_going_on = number == innings.overs && innings.end.is_none();
    let title = if is_going_on { "This over".to_owned() } else { format!("Over {}", number + 1) };
    let balls = innings.recent.iter().filter(|it| it.over == number);
    let chips =
        balls.map(|it| node("li", "chip").with("data-kind", kind(&it.ball)).text(game.ball_label(it)));
    let list = node("ol", "").with("aria-label", &*title).children(chips);
    let head = node("div", "over-head").children([span("", title.as_str())]);
    let over = node("div", "over").children([head, list]);
    Some(node("div", "overs").with("part", "overs").children([over]))
}

/// What a ball is remembered for; the style sheet's word.
fn kind(ball: &Ball) -> &'static str {
    match ball.boundary {
        _ if ball.wickets.iter().any(|it| it.kind.is_wicket()) => "wicket",
        Some(Boundary::Four) => "four",
        Some(Boundary::Six) => "six",
        None if ball.extras.total() > 0 => "extra",
        None if ball.runs > 0 => "run",
        None => "dot",
    }
}
