//! The views: functions from [`Shown`] to [`Node`]s, without a browser in them. [`ask`] reads what a click or a key on one of them means.

pub(crate) mod chances;
pub(crate) mod charts;
mod commentary;
pub(crate) mod digits;
mod header;
mod live;
mod pairs;
pub(crate) mod result;
pub(crate) mod scorecard;
pub(crate) mod settings;
mod tabs;

use crate::{
    board::Row,
    news::moment_text,
    node::{Node, node, span},
    parts::{self, Part},
    shown::{Link, Shown, Tab},
};
use cricket::{Match, Phase, Words, text::cut, words::messages as say};
pub use tabs::{Ask, ask, id as tab_id};

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    Compact,
    #[default]
    Card,
    Full,
}

impl Size {
    /// From the `view` attribute; anything unknown is a card.
    pub fn named(name: &str) -> Self {
        match name {
            "compact" => Size::Compact,
            "full" => Size::Full,
            _ => Size::Card,
        }
    }
}

/// The whole widget.
pub fn widget(shown: &Shown, size: Size) -> Node {
    let mut children = vec![
        summary(shown, size),
        // The only live region: what is not said here, a screen reader finds in the page in its own time.
        node("p", "unseen").with("role", "status").text(shown.said.clone()),
    ];
    if size == Size::Full && shown.board.is_some() {
        children
            .push(node("section", "detail").children(vec![tabs::bar(shown.words, shown.tab), panel(shown)]));
    }
    if let Some(moment) = shown.moment {
        let class = if moment.odd { "moment odd" } else { "moment even" };
        let banner = node("div", class).with("data-kind", moment.kind.class()).with("aria-hidden", "true");
        children.push(banner.children(vec![span("", shown.words.get(moment_text(moment.kind)))]));
    }
    let words = shown.words;
    let mut card = node("div", "card").with("part", "card").with("lang", words.tag()).children(children);
    if let Some(direction) = words.direction() {
        card = card.with("dir", direction);
    }
    if words.has_own_digits() {
        parts::put_digits(words, &mut card);
    }
    card
}

fn summary(shown: &Shown, size: Size) -> Node {
    let words = shown.words;
    let mut score = vec![header::header(shown)];
    let mut middle = Vec::new();
    score.extend(shown.board.as_ref().map(header::teams));
    score.push(status(shown));
    if let Some(board) = shown.board.as_ref().filter(|_| size != Size::Compact) {
        middle.extend(Some(live::overs(words, board)).filter(|_| !board.overs.is_empty()));
        middle.extend(Some(live::at_the_wicket(words, board)).filter(|_| !board.batters.is_empty()));
        let finished = board.phase == Phase::Finished && shown.insight == Part::Here;
        middle.extend(
            shown.session.game.as_ref().filter(|_| finished).and_then(|it| parts::performers(it, words)),
        );
        score.extend(board.chances.as_ref().map(|it| parts::chances(words, it)));
        score.extend(Some(live::facts(board)).filter(|_| !board.facts.is_empty()));
    }
    let mut halves = vec![node("div", "half").children(score)];
    if !middle.is_empty() {
        halves.push(node("div", "half").children(middle));
    }
    node("section", "summary").children(halves)
}

/// The sentence under the score, or what stands in its place before there is one.
fn status(shown: &Shown) -> Node {
    let (class, text) = match (&shown.board, &shown.link) {
        (Some(board), _) => ("status", board.status.clone()),
        (None, Link::Refused(why)) => ("status refused", shown.words.note(why).to_owned()),
        (None, _) => ("status waiting", shown.words.get(say::WAITING).to_owned()),
    };
    node("p", class).with("part", "status").text(text)
}

fn panel(shown: &Shown) -> Node {
    let content = match (&shown.session.game, shown.tab) {
        _ if shown.is_panel_late => Vec::new(),
        (Some(game), tab) if tab != Tab::Live => vec![detail(game, shown.words, tab, shown.detail)],
        _ => vec![commentary::lines(shown.words, &shown.lines, shown.filter)],
    };
    node("div", "panel")
        .with("role", "tabpanel")
        .with("id", "panel")
        .with("aria-labelledby", tabs::id(shown.tab))
        .with("tabindex", "0")
        .children(content)
}

fn detail(game: &Match, words: Words, tab: Tab, part: Part) -> Node {
    let message = match part {
        Part::Here => return parts::detail(game, words, tab),
        Part::Failed => say::NOT_LOADED,
        Part::Away | Part::Coming => say::LOADING,
    };
    node("p", "empty").text(words.get(message))
}

/// A column of names and columns of figures; `class` chooses their emphasis in the style sheet. `heads` have bars between them; no
/// heads when empty.
fn table(class: &'static str, mut heads: &'static str, rows: &[Row]) -> Node {
    let mut parts = Vec::new();
    if !heads.is_empty() {
        let mut cells = Vec::new();
        while !heads.is_empty() {
            let (head, after) = cut(heads, b'|');
            cells.push(node("th", "").with("scope", "col").text(head));
            heads = after;
        }
        parts.push(node("thead", "").children(vec![node("tr", "").children(cells)]));
    }
    parts.push(node("tbody", "").children(rows.iter().map(row).collect()));
    node("table", class).with("part", "table").children(parts)
}

fn row(row: &Row) -> Node {
    let mut name = vec![span("who", row.name.clone())];
    if !row.note.is_empty() {
        name.push(span("note", row.note.clone()));
    }
    let mut cells = vec![node("th", "").with("scope", "row").children(name)];
    cells.extend(row.cells.iter().map(|it| node("td", "").text(it.clone())));
    node("tr", if row.marked { "marked" } else { "" }).children(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        session::Step,
        testing::{ball, begun, bowl},
    };

    /// All texts of a tree, in order.
    fn texts(node: &Node) -> String {
        let own = node.text.to_string();
        node.children.iter().map(texts).fold(own, |all, it| [all, it].join("|"))
    }

    fn hearing(state: cricket::Match) -> Shown {
        let mut shown = Shown::default();
        let snapshot = wire::Snapshot { state, ..wire::Snapshot::default() };
        assert_eq!(shown.hear("snapshot", "", &wire::encode(&snapshot)), Step::Replaced);
        shown
    }

    fn shown() -> Shown {
        let mut game = begun();
        bowl(&mut game, [ball(4), ball(6)]);
        hearing(game)
    }

    #[test]
    fn each_size_shows_more() {
        let shown = shown();
        for (size, batters, tabs) in
            [(Size::Compact, false, false), (Size::Card, true, false), (Size::Full, true, true)]
        {
            let texts = texts(&widget(&shown, size));
            assert!(texts.contains("10/0"), "{size:?}");
            assert_eq!(texts.contains("Batter"), batters, "{size:?}");
            assert_eq!(texts.contains("Ball by ball"), tabs, "{size:?}");
        }
    }

    #[test]
    fn a_lost_stream_keeps_the_score_and_says_since_when() {
        let shown = Shown { link: Link::Lost { seconds: 12 }, ..shown() };
        let texts = texts(&widget(&shown, Size::Card));
        assert!(texts.contains("Reconnecting… last heard 12 s ago") && texts.contains("10/0"));
    }

    #[test]
    fn a_refusal_is_told_in_place_of_the_score() {
        let shown = Shown { link: Link::Refused("No such match".to_owned()), ..Shown::default() };
        let texts = texts(&widget(&shown, Size::Full));
        assert!(texts.contains("No such match") && texts.contains("Unavailable"));
    }

    #[test]
    fn a_table_without_rows_is_left_out() {
        let shown = Shown { tab: Tab::Scorecard, detail: Part::Here, ..hearing(begun()) };
        let texts = texts(&widget(&shown, Size::Full));
        assert!(
            texts.contains("Extras") && !texts.contains("Batter") && !texts.contains("Bowler"),
            "{texts}"
        );
    }

    #[test]
    fn tables_name_their_rows_and_columns() {
        fn scopes(node: &Node, tag: &str) -> usize {
            let here = node.tag == tag && node.attributes.iter().any(|it| it.0 == "scope");
            usize::from(here) + node.children.iter().map(|it| scopes(it, tag)).sum::<usize>()
        }
        fn count(node: &Node, tag: &str) -> usize {
            usize::from(node.tag == tag) + node.children.iter().map(|it| count(it, tag)).sum::<usize>()
        }
        let tree = widget(&Shown { tab: Tab::Scorecard, detail: Part::Here, ..shown() }, Size::Full);
        assert!(count(&tree, "th") > 20);
        assert_eq!(scopes(&tree, "th"), count(&tree, "th"));
    }
}
