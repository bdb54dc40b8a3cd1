//! The state of the match on the scoring page: score, batters, bowler, this over, what is needed.

use super::due::{Crease, Due};
use super::record::{Newest, Told};
use super::view::View;
use cricket::{Batter, BatterState, Innings, Match, PlayerId, Rate, Words};
use maud::{Markup, html};

/// Balls in view below the pad, each with a link to put it right.
const RECENT: usize = 12;

/// The score and what it means.
pub(super) fn score(view: &View<'_>) -> Markup {
    let game = view.game();
    html! {
        div.score {
            @match game.innings.last() {
                None => h1 { (super::view::teams(game)) },
                Some(innings) => {
                    h1 {
                        span.team title=(game.setup.team(innings.batting).name) {
                            (game.setup.team(innings.batting).name) @if innings.super_over { " (super over)" }
                        }
                        " "
                        span.total { (innings.score_text()) }
                        " "
                        span.overs { "(" (overs_of(innings)) ")" }
                    }
                }
            }
            p.status { (game.result_text(Words::ENGLISH).unwrap_or_else(|| game.status_text(Words::ENGLISH))) }
            (rates(game))
        }
    }
}

/// "7.3 ov", with the limit where there is one: "7.3 of 20".
fn overs_of(innings: &Innings) -> String {
    match (innings.overs_max, innings.balls_max) {
        (Some(most), 0) => format!("{} of {most} ov", innings.overs_text()),
        (Some(most), balls) => format!("{} of {most}.{balls} ov", innings.overs_text()),
        (None, _) => format!("{} ov", innings.overs_text()),
    }
}

fn rates(game: &Match) -> Markup {
    let rate = |label: &str, rate: Option<Rate>| {
        html! { @if let Some(rate) = rate { div { dt { (label) } dd { (rate) } } } }
    };
    let Some(innings) = game.current() else { return html! {} };
    html! {
        dl.rates {
            (rate("Run rate", game.run_rate()))
            (rate("Required", game.required_rate()))
            @if let Some(target) = innings.target { div { dt { "Target" } dd { (target.runs) } } }
            @if let Some(pair) = innings.partnership() { div { dt { "Partnership" } dd { (pair.runs) " (" (pair.balls) ")" } } }
            div { dt { "Extras" } dd { (innings.extras.total()) } }
        }
    }
}

/// Batters at the wicket, the bowler, and this over.
pub(super) fn figures(view: &View<'_>, due: &Due) -> Markup {
    let game = view.game();
    let Some(innings) = game.innings.last() else { return html! {} };
    let crease = if let Due::Ball(crease) = due { Some(*crease) } else { None };
    html! {
        section.figures-box aria-label="At the wicket" {
            table.figures {
                thead {
                    tr { th scope="col" { "Batter" } th scope="col" { "R" } th scope="col" { abbr title="Balls" { "B" } }
                        th scope="col" { "4s" } th scope="col" { "6s" } th scope="col" { abbr title="Strike rate" { "SR" } } }
                }
                tbody {
                    @for batter in innings.at_wicket() { (batter_row(game, batter, crease)) }
                    @if innings.at_wicket().count() == 0 { tr { td colspan="6" { span.muted { "Nobody is in." } } } }
                }
            }
            (bowler_table(game, innings, crease))
            (this_over(view, innings))
        }
    }
}

fn batter_row(game: &Match, batter: &Batter, crease: Option<Crease>) -> Markup {
    let faces = crease.is_some_and(|it| it.striker == batter.player);
    html! {
        tr.faces[faces] {
            th scope="row" {
                (game.setup.name(batter.player))
                @if faces { " " span.mark title="on strike" aria-hidden="true" { "●" } span.unseen { " (on strike)" } }
            }
            td { (batter.runs) } td { (batter.balls) } td { (batter.fours) } td { (batter.sixes) }
            td { (rate_or_dash(batter.strike_rate())) }
        }
    }
}

/// The bowler of this over; between overs the one of the over before.
fn bowler_table(game: &Match, innings: &Innings, crease: Option<Crease>) -> Markup {
    let Some(bowler) = crease.map(|it| it.bowler).or(innings.bowler).or(innings.last_bowler) else {
        return html! {};
    };
    html! {
        table.figures {
            thead {
                tr { th scope="col" { "Bowler" } th scope="col" { abbr title="Overs" { "O" } } th scope="col" { abbr title="Maidens" { "M" } }
                    th scope="col" { "R" } th scope="col" { "W" } th scope="col" { abbr title="Economy" { "Ec" } } }
            }
            tbody { (bowler_row(game, innings, bowler)) }
        }
    }
}

fn bowler_row(game: &Match, innings: &Innings, player: PlayerId) -> Markup {
    let figures = innings.bowler_of(player).cloned().unwrap_or_default();
    let economy = figures.economy(game.setup.balls_per_over);
    html! {
        tr {
            th scope="row" { (game.setup.name(player)) }
            td { (figures.overs_text()) } td { (figures.maidens) } td { (figures.runs) } td { (figures.wickets) }
            td { (rate_or_dash(economy)) }
        }
    }
}

fn rate_or_dash(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "–".to_owned(), |it| it.to_string())
}

/// The balls of the over in progress, or of the one just completed.
fn this_over(view: &View<'_>, innings: &Innings) -> Markup {
    let over =
        if innings.over_begun() { Some(innings.overs) } else { innings.recent.last().map(|it| it.over) };
    let Some(over) = over else { return html! {} };
    let last = view.game().innings.len().checked_sub(1);
    let balls: Vec<&Told> = view
        .record
        .balls()
        .rev()
        .take_while(|it| it.innings == last)
        .take_while(|it| it.bowled.as_ref().is_some_and(|it| it.over == over))
        .collect();
    let title = if innings.over_begun() { "This over" } else { "Last over" };
    let sum = innings.over_totals.get(usize::from(over)).map_or(0, |it| it.runs);
    html! {
        div.over {
            h2 { (title) " " span.muted { "(" (over + 1) ")" } }
            ol.chips { @for told in balls.iter().rev() { li class=(chip_class(told)) { (told.symbol) } } }
            span.sum { (sum) span.unseen { " runs" } }
        }
    }
}

/// Wickets, boundaries and extras stand out, by shape as well as by colour (WCAG 1.4.1: the text itself differs).
pub(super) fn chip_class(told: &Told) -> &'static str {
    let Some(bowled) = &told.bowled else { return "chip" };
    let ball = &bowled.ball;
    match ball.boundary {
        _ if ball.wickets.iter().any(|it| it.kind.is_wicket()) => "chip out",
        Some(_) => "chip boundary",
        None if ball.extras.total() > 0 => "chip extra",
        None => "chip",
    }
}

/// What happened last, with undo at hand, and the last ball to put right.
pub(super) fn last(view: &View<'_>) -> Markup {
    let newest = view.record.newest();
    let takes_back = newest.as_ref().map(|it| match it {
        Newest::Press(press) => press.iter().rev().map(|it| it.line.as_str()).collect::<Vec<_>>().join("; "),
        Newest::Edit(told) => format!("the edit of {}", told.label()),
    });
    html! {
        div.last {
            p.told { (view.record.last_words()) }
            @match &newest {
                Some(Newest::Press(press)) => (view.form("undo", "undo", html! {
                    input type="hidden" name="group" value=(press.first().map_or("", |it| it.entry.group()));
                    (undo_button(takes_back.as_deref()))
                })),
                Some(Newest::Edit(told)) => (view.form("unedit", "undo", html! {
                    input type="hidden" name="entry" value=(told.entry.seq);
                    input type="hidden" name="version" value=(told.entry.version);
                    (undo_button(takes_back.as_deref()))
                })),
                None => {}
            }
            @if let Some(ball) = view.record.balls().next_back().filter(|it| it.entry.mine) {
                p.puts-right {
                    a href=(view.below(&format!("balls/{}", ball.entry.seq))) data-key="e" aria-keyshortcuts="e" data-swap {
                        kbd aria-hidden="true" { "e" } " Edit the last ball"
                    }
                    a href={ (view.below(&format!("balls/{}", ball.entry.seq))) "#reviewed" } data-key="v" aria-keyshortcuts="v" data-swap {
                        kbd aria-hidden="true" { "v" } " Review"
                    }
                }
            }
            // Another feed has written since, or an earlier ball was edited: the line above is not all that undo says.
            @if is_elsewhere(view, newest.as_ref()) { p.muted.undoes { "Undo takes back " (takes_back.unwrap_or_default()) } }
        }
    }
}

fn undo_button(takes_back: Option<&str>) -> Markup {
    html! {
        button type="submit" data-key="u" aria-keyshortcuts="u" {
            kbd aria-hidden="true" { "u" } " Undo" span.unseen { ": " (takes_back.unwrap_or_default()) }
        }
    }
}

fn is_elsewhere(view: &View<'_>, newest: Option<&Newest<'_>>) -> bool {
    let end = view.record.entries().last().map(|it| it.entry.seq);
    match newest {
        Some(Newest::Press(press)) => press.first().map(|it| it.entry.seq) != end,
        Some(Newest::Edit(_)) => true,
        None => false,
    }
}

/// The last balls, newest first, with links to edit them.
pub(super) fn recent(view: &View<'_>) -> Markup {
    let balls: Vec<&Told> = view.record.balls().rev().take(RECENT).collect();
    html! {
        @if !balls.is_empty() {
            section.recent aria-labelledby="recent" {
                div.line { h2 #recent { "Last balls" } a href=(view.below("balls")) { "All balls" } }
                ol.balls { @for told in &balls { (ball_line(view, told)) } }
            }
        }
    }
}

/// One ball of a list, with the link that puts it right.
pub(super) fn ball_line(view: &View<'_>, told: &Told) -> Markup {
    let Some(bowled) = &told.bowled else { return html! {} };
    html! {
        li {
            span.place { (told.place().unwrap_or_default()) }
            span class=(chip_class(told)) aria-hidden="true" { (told.symbol) }
            span.what { (told.line) }
            span.after { (bowled.runs) "/" (bowled.wickets) }
            @if told.entry.mine {
                a.edit href=(view.below(&format!("balls/{}", told.entry.seq))) data-swap {
                    "Edit" span.unseen { " ball " (told.place().unwrap_or_default()) }
                }
            }
        }
    }
}

/// The scorecard of the innings before and of this one, folded away: to compare with the other scorer's book.
pub(super) fn cards(view: &View<'_>) -> Markup {
    let game = view.game();
    html! {
        @for innings in game.innings.iter().rev() {
            details.card {
                summary { (game.setup.team(innings.batting).name) " " (innings.score_text()) " (" (innings.overs_text()) ")" }
                table.figures {
                    thead { tr { th scope="col" { "Batter" } th scope="col" { "How out" } th scope="col" { "R" } th scope="col" { "B" } } }
                    tbody {
                        @for batter in &innings.batters {
                            tr {
                                th scope="row" { (game.setup.name(batter.player)) }
                                td.text { @if batter.state == BatterState::Batting { "not out" } @else { (game.how_out(Words::ENGLISH, batter)) } }
                                td { (batter.runs) } td { (batter.balls) }
                            }
                        }
                    }
                }
                p.muted { "Extras " (innings.extras.total()) ": " (innings.extras.wides) " wd, " (innings.extras.no_balls) " nb, "
                    (innings.extras.byes) " b, " (innings.extras.leg_byes) " lb, " (innings.extras.penalty) " pen" }
                table.figures {
                    thead { tr { th scope="col" { "Bowler" } th scope="col" { "O" } th scope="col" { "M" } th scope="col" { "R" } th scope="col" { "W" } th scope="col" { "Ec" } } }
                    tbody { @for bowler in &innings.bowlers { (bowler_row(game, innings, bowler.player)) } }
                }
            }
        }
    }
}
