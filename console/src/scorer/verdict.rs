//! The result: proposed by the totals, confirmed by the scorer; then the player of the match.

use super::choices::Choices;
use super::view::{View, players};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use cricket::{Match, Outcome, Side};
use maud::{Markup, html};

/// Asks for the result.
pub(super) fn verdict(view: &View<'_>, proposal: Option<&Outcome>) -> Markup {
    let tied = matches!(proposal, Some(Outcome::Tie { .. }));
    html! {
        section.step {
            h2 { "Result" }
            (form(view, proposal))
            @if tied && !view.game().setup.format.is_multi_day() {
                p { a.button href=(view.choose(Choices { super_over: true, ..Choices::default() })) data-swap { "Play a super over" } }
            }
            p.line {
                a href=(view.below("more")) data-key="m" data-swap { "More: penalties, target" }
                @if let Some(over) = last_over(view.game()) {
                    a href=(view.choose(Choices { over: Some(over), ..Choices::default() })) data-swap { "One more ball in the last over" }
                }
            }
        }
    }
}

fn last_over(game: &Match) -> Option<u16> {
    let innings = game.innings.last().filter(|it| it.end == Some(cricket::InningsEnd::OversComplete))?;
    innings.overs.checked_sub(1)
}

/// The form of a result; what the totals say is chosen already.
pub(super) fn form(view: &View<'_>, proposal: Option<&Outcome>) -> Markup {
    let game = view.game();
    let mut fields = view.fields.clone();
    if !fields.has("result") && proposal.is_some() {
        fields = Fields::of([("result", "proposed")]);
    }
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    let team = |side: Side| game.setup.team(side).name.as_str();
    let mut choices: Vec<Choice> =
        proposal.map(|it| Choice::new("proposed", in_words(game, it))).into_iter().collect();
    choices.extend([
        Choice::new("home", format!("{} won (awarded, conceded…)", team(Side::Home))),
        Choice::new("away", format!("{} won (awarded, conceded…)", team(Side::Away))),
        Choice::new("tie", "Match tied"),
        Choice::new("draw", "Match drawn"),
        Choice::new("no_result", "No result"),
        Choice::new("abandoned", "Abandoned without a ball bowled"),
    ]);
    view.form(
        "result",
        "stack",
        html! {
            (filled.radios(Label::new("result", "How did it end?"), &choices))
            (filled.line(Label::new("method", "By which rule").hint("Empty for the plain way; \"D/L\" or \"Awarded\" otherwise."), Line::Text, 40))
            p { button.primary type="submit" { "Confirm the result" } }
        },
    )
}

fn in_words(game: &Match, outcome: &Outcome) -> String {
    let told = Match { setup: game.setup.clone(), outcome: Some(outcome.clone()), ..Match::default() };
    told.result_text().unwrap_or_default()
}

/// The match is over: players of the match may be named.
pub(super) fn finished(view: &View<'_>) -> Markup {
    let game = view.game();
    let none = Mistakes::default();
    let names = |side: Side| players(game, side).map(|it| Choice::new(it.0, game.setup.name(it)));
    let everyone: Vec<Choice> = names(Side::Home).chain(names(Side::Away)).collect();
    html! {
        section.step {
            h2 { (game.result_text().unwrap_or_default()) }
            @if let Some(player) = game.awards.first() { p { "Player of the match: " strong { (game.setup.name(*player)) } } }
            (view.form("award", "stack", html! {
                (view.filled(&none).select(Label::new("award", "Player of the match"), Some("Choose"), &everyone))
                p { button type="submit" { "Name" } }
            }))
            p.muted { "To go on scoring, undo the result." }
        }
    }
}
