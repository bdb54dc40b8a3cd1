//! The score as it is drawn at first: the two teams, the status, the over. Classes and parts are those of the widget's views, so that
//! what takes its place looks the same.

use super::node::{Node, node, span};
use cricket::words::messages as say;
use cricket::{Ball, Boundary, Innings, Match, Phase, Side, Words};
use std::sync::LazyLock;

/// The frame's own style sheet: what the widget's says about these elements, and no more. A rule a line.
const STYLE: &str = include_str!("frame.css");

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

    /// The frame's style sheet: without the rules of the one-line view, a third of them, where it is not that.
    pub(super) fn style(self) -> &'static str {
        static WITHOUT_COMPACT: LazyLock<String> =
            LazyLock::new(|| STYLE.lines().filter(|it| !it.contains("[view=compact]")).collect());
        match self {
            View::Compact => STYLE,
            View::Card | View::Full => &WITHOUT_COMPACT,
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
    pub(super) words: Words,
}

impl Frame {
    pub(super) fn of(game: &Match, view: View, words: Words) -> Self {
        let mut half = vec![header(game, words), teams(game, words)];
        half.push(node("p", "status").with("part", "status").text(game.status_text(words)));
        half.extend(over(game, words).filter(|_| view != View::Compact));
        let summary = node("section", "summary").children([node("div", "half").children(half)]);
        let mut card = node("div", "card").with("part", "card").with("lang", words.tag());
        if let Some(direction) = words.direction() {
            card = card.with("dir", direction);
        }
        let mut root = node("div", "").children([card.children([summary])]);
        if words.has_own_digits() {
            put_digits(words, &mut root);
        }
        Self { root, title: words.digits(&title(game)), words }
    }
}

/// Puts the language's digits into all that is read.
fn put_digits(words: Words, node: &mut Node) {
    match node {
        Node::Text(text) => *text = words.digits(text),
        Node::Element { attributes, children, .. } => {
            for (_, label) in attributes.iter_mut().filter(|it| it.0 == "aria-label") {
                *label = words.digits(label);
            }
            children.iter_mut().for_each(|it| put_digits(words, it));
        }
    }
}

fn title(game: &Match) -> String {
    let side = |side| {
        let (name, score) = (&game.setup.team(side).name, scores(game, side));
        if score.is_empty() { name.clone() } else { format!("{name} {score}") }
    };
    order(game).map(side).join(" · ")
}

fn header(game: &Match, words: Words) -> Node {
    let setup = &game.setup;
    let tone = match game.phase {
        Phase::Play => "live",
        Phase::Delayed => "lost",
        Phase::Upcoming | Phase::Break | Phase::Finished => "quiet",
    };
    let noted = matches!(game.phase, Phase::Break | Phase::Delayed) && !game.note.is_empty();
    let badge = if noted { words.note(&game.note) } else { words.get(say::of_phase(game.phase)) };
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

fn teams(game: &Match, words: Words) -> Node {
    node("div", "teams").with("part", "teams").children(order(game).map(|side| team(game, words, side)))
}

fn team(game: &Match, words: Words, side: Side) -> Node {
    let team = game.setup.team(side);
    let is_batting = game.phase != Phase::Finished && game.current().is_some_and(|it| it.batting == side);
    let shirt = match side {
        Side::Home => "home",
        Side::Away => "away",
    };
    let overs = innings(game, side).next_back().map(|it| overs(game, words, it)).unwrap_or_default();
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
fn overs(game: &Match, words: Words, innings: &Innings) -> String {
    let mut text = innings.overs_text();
    if let Some(max) = innings.overs_max.filter(|_| innings.end.is_none()) {
        text = format!("{text}/{max}");
    }
    words.fill(say::of_overs(game.setup.balls_per_over), &[&text])
}

/// The over in progress, or the last one; none before the first ball and after the result.
fn over(game: &Match, words: Words) -> Option<Node> {
    let innings = game.innings.last().filter(|_| game.phase != Phase::Finished)?;
    let number = innings.recent.last()?.over;
    let is_going_on = number == innings.overs && innings.end.is_none();
    let message = say::of_over(is_going_on, game.setup.balls_per_over);
    let title = words.fill(message, &[&(number + 1).to_string()]);
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
