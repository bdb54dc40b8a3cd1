//! What is asked between balls so that play can go on: toss, openers, next batter, next bowler.

use super::choices::{Choices, side_value};
use super::due::may_bowl;
use super::view::{View, can_come_in, players, teams};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use cricket::{BatterState, Innings, PlayerId, Side};
use maud::{Markup, html};

/// Who won the toss, and what they chose.
pub(super) fn toss(view: &View<'_>) -> Markup {
    let none = Mistakes::default();
    let filled = view.filled(&none);
    let team = |side: Side| Choice::new(side_value(side), view.game().setup.team(side).name.as_str());
    html! {
        section.step {
            h2 { "Toss" }
            (view.form("toss", "stack", html! {
                (filled.radios(Label::new("winner", "Who won it?"), &[team(Side::Home), team(Side::Away)]))
                (filled.radios(Label::new("chose", "They chose to"), &[Choice::new("bat", "Bat"), Choice::new("field", "Field")]))
                p.line { button.primary type="submit" { "Go on to the openers" } a href=(view.below("more")) data-key="m" data-swap { "More (rain, abandoned)" } }
            }))
        }
    }
}

/// Openers and opening bowler of the innings that begins.
pub(super) fn openers(view: &View<'_>, batting: Side, super_over: bool) -> Markup {
    let game = view.game();
    let fields = if view.fields.has("striker") || view.fields.has("non_striker") {
        view.fields.clone()
    } else {
        usual_openers(view, batting)
    };
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    let bats = view.players(batting, |_| true);
    let bowls = view.players(batting.other(), |_| true);
    let other = Choices { batting: Some(batting.other()), ..view.choices };
    let multi_day = game.setup.format.is_multi_day();
    let number = game.innings.iter().filter(|it| !it.super_over).count();
    html! {
        section.step {
            h2 { @if super_over { "Super over: " } (game.setup.team(batting).name) " to bat" }
            (view.form("openers", "stack", html! {
                input type="hidden" name="batting" value=(side_value(batting));
                @if super_over { input type="hidden" name="super_over" value="yes"; }
                (filled.select(Label::new("striker", "Faces the first ball"), Some("Choose"), &bats))
                (filled.select(Label::new("non_striker", "At the other end"), Some("Choose"), &bats))
                (filled.select(Label::new("bowler", "Bowls the first over"), Some("Choose"), &bowls))
                @if !super_over && !multi_day {
                    (filled.line(Label::new("overs", "Overs of this innings").hint("Change it when rain has shortened the match."), Line::Number, 3))
                }
                @if multi_day && number == 2 { (filled.tick(Label::new("follow_on", "Follow-on: this side bats again at the other's order"))) }
                p.line {
                    button.primary type="submit" { "Start the innings" }
                    a href=(view.choose(other)) data-swap { (game.setup.team(batting.other()).name) " bat instead" }
                }
            }))
            p { a href=(view.below("more")) data-key="m" data-swap { "More: delays, penalties, result" } }
        }
    }
}

/// The form as it is first shown: the first two of the team sheet, and the overs of the match.
fn usual_openers(view: &View<'_>, batting: Side) -> Fields {
    let mut fields = Fields::default();
    for (name, player) in ["striker", "non_striker"].into_iter().zip(players(view.game(), batting)) {
        fields.set(name, player.0);
    }
    if let Some(overs) = view.game().setup.overs {
        fields.set("overs", overs);
    }
    fields
}

/// Play has stopped.
pub(super) fn resume(view: &View<'_>, note: &str) -> Markup {
    html! {
        section.step {
            h2 { "Play has stopped" }
            p { (note) }
            (view.form("resume", "line", html! {
                button.primary type="submit" { "Play goes on" }
                a href=(view.below("more")) data-key="m" data-swap { "More: shorten the match, result" }
            }))
        }
    }
}

/// Who comes in. Those who have not batted come first, in the order of the team sheet.
pub(super) fn batter(view: &View<'_>) -> Markup {
    let game = view.game();
    let Some(innings) = game.innings.last() else { return html! {} };
    let coming: Vec<PlayerId> = coming(view, innings);
    html! {
        section.step {
            h2 { "Who comes in?" }
            (view.form("batter", "stack", html! {
                ol.picks {
                    @for (at, player) in coming.iter().enumerate() {
                        li {
                            button type="submit" name="next" value=(player.0) data-key=[pick_key(at)] aria-keyshortcuts=[pick_key(at)] {
                                @if let Some(key) = pick_key(at) { kbd aria-hidden="true" { (key) } }
                                span { (game.setup.name(*player)) }
                                @if let Some(batter) = innings.batter(*player) { span.muted { (batter.runs) " (" (batter.balls) "), retired" } }
                            }
                        }
                    }
                }
                @if coming.is_empty() { p { "Nobody is left to come in: end the innings under More." } }
            }))
            p { a href=(view.below("more")) data-key="m" data-swap { "More: nobody left, timed out, absent" } }
        }
    }
}

/// Players who can come in, the new ones before those who had retired.
pub(super) fn coming(view: &View<'_>, innings: &Innings) -> Vec<PlayerId> {
    let able = players(view.game(), innings.batting).filter(|it| can_come_in(innings, *it));
    let retired = |it: &PlayerId| innings.batter(*it).is_some_and(|it| it.state == BatterState::Retired);
    let (back, new): (Vec<_>, Vec<_>) = able.partition(retired);
    [new, back].concat()
}

/// Which of the two faces, where the Laws do not tell.
pub(super) fn ends(view: &View<'_>, first: PlayerId, second: PlayerId) -> Markup {
    html! {
        section.step {
            h2 { "Who faces the next ball?" }
            ol.picks {
                @for (at, player) in [first, second].into_iter().enumerate() {
                    li {
                        a.button href=(view.choose(Choices { striker: Some(player), ..view.choices })) data-key=[pick_key(at)] data-swap {
                            @if let Some(key) = pick_key(at) { kbd aria-hidden="true" { (key) } }
                            span { (view.game().setup.name(player)) }
                        }
                    }
                }
            }
        }
    }
}

/// Who bowls the next over: those who have bowled first, with their figures; who bowled the last over cannot.
pub(super) fn bowler(view: &View<'_>) -> Markup {
    let game = view.game();
    let Some(innings) = game.innings.last() else { return html! {} };
    let mut list: Vec<PlayerId> = innings.bowlers.iter().rev().map(|it| it.player).collect();
    // Most likely first: the bowler from this end, two overs ago.
    list.sort_by_key(|it| innings.last_bowler == Some(*it));
    let fresh: Vec<PlayerId> =
        players(game, innings.batting.other()).filter(|it| !list.contains(it)).collect();
    let (may, not): (Vec<PlayerId>, Vec<PlayerId>) =
        [list, fresh].concat().into_iter().partition(|it| may_bowl(&game.setup, innings, *it));
    let over = innings.overs.checked_sub(1).filter(|_| !innings.over_begun());
    html! {
        section.step {
            h2 { "Who bowls over " (innings.overs + 1) "?" }
            ol.picks {
                @for (at, player) in may.iter().enumerate() {
                    li {
                        a.button href=(view.choose(Choices { bowler: Some(*player), ..view.choices })) data-key=[pick_key(at)] data-swap {
                            @if let Some(key) = pick_key(at) { kbd aria-hidden="true" { (key) } }
                            (bowler_words(view, innings, *player))
                        }
                    }
                }
                @for player in &not {
                    li { span.button.off aria-disabled="true" { (bowler_words(view, innings, *player)) span.muted { "last over" } } }
                }
            }
            p.line {
                @if let Some(over) = over {
                    a href=(view.choose(Choices { over: Some(over), ..Choices::default() })) data-swap { "One more ball in over " (over + 1) }
                }
                a href=(view.below("more")) data-key="m" data-swap { "More" }
            }
        }
    }
}

fn bowler_words(view: &View<'_>, innings: &Innings, player: PlayerId) -> Markup {
    html! {
        span { (view.game().setup.name(player)) }
        @if let Some(it) = innings.bowler_of(player) {
            span.muted { (it.overs_text()) "-" (it.maidens) "-" (it.runs) "-" (it.wickets) }
        }
    }
}

/// 1 to 9 for the first nine of a list.
fn pick_key(at: usize) -> Option<String> {
    (at < 9).then(|| (at + 1).to_string())
}

/// What a page without a match in progress is headed with.
pub(super) fn before(view: &View<'_>) -> Markup {
    let setup = &view.game().setup;
    let words: Vec<&str> = [&setup.competition, &setup.stage, &setup.venue, &setup.date]
        .into_iter()
        .map(String::as_str)
        .filter(|it| !it.is_empty())
        .collect();
    html! {
        @if view.game().innings.is_empty() && !words.is_empty() { p.muted title=(teams(view.game())) { (words.join(" · ")) } }
    }
}
