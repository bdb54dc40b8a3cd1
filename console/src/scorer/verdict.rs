//! The result: proposed by the totals, confirmed by the scorer; then the player of the match.

use super::between::AWARDS;
use super::choices::Choices;
use super::view::{View, players};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use cricket::{Match, Outcome, Side, Words};
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
        Choice::new("home", format!("{} won", team(Side::Home))),
        Choice::new("away", format!("{} won", team(Side::Away))),
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
            div.for-win.stack {
                (filled.radios(Label::new("margin_by", "By"), &[
                    Choice::new("awarded", "Awarded"), Choice::new("runs", "Runs"), Choice::new("wickets", "Wickets"), Choice::new("innings", "An innings"),
                ]))
                (filled.line(Label::new("margin", "So many").hint("Runs or wickets; of an innings, the runs besides."), Line::Number, 4))
            }
            div.for-tie.two {
                (filled.select(Label::new("tie_winner", "Settled for"), Some("Nobody: it stays a tie"), &[
                    Choice::new("home", team(Side::Home)), Choice::new("away", team(Side::Away)),
                ]))
                (filled.select(Label::new("tie_by", "By"), Some("Choose"), &[
                    Choice::new("super_over", "A super over"), Choice::new("bowl_out", "A bowl-out"), Choice::new("rule", "The rules of the competition"),
                ]))
            }
            (filled.line(Label::new("method", "By which rule").hint("Empty for the plain way; \"D/L\" or \"Awarded\" otherwise."), Line::Text, 40))
            p { button.primary type="submit" { "Confirm the result" } }
        },
    )
}

fn in_words(game: &Match, outcome: &Outcome) -> String {
    let told = Match { setup: game.setup.clone(), outcome: Some(outcome.clone()), ..Match::default() };
    told.result_text(Words::ENGLISH).unwrap_or_default()
}

/// The match is over: players of the match may be named.
pub(super) fn finished(view: &View<'_>) -> Markup {
    let game = view.game();
    let none = Mistakes::default();
    let names = |side: Side| players(game, side).map(|it| Choice::new(it.0, game.setup.name(it)));
    let filled = view.filled(&none);
    let awarded: Vec<&str> = game.awards.iter().map(|it| game.setup.name(*it)).collect();
    let everyone: Vec<Choice> = names(Side::Home).chain(names(Side::Away)).collect();
    html! {
        section.step {
            h2 { (game.result_text(Words::ENGLISH).unwrap_or_default()) }
            @if !game.awards.is_empty() {
                p { @if game.awards.len() > 1 { "Players" } @else { "Player" } " of the match: " strong { (awarded.join(", ")) } }
            }
            (view.form("award", "stack", html! {
                (filled.select(Label::new(AWARDS[0], "Player of the match"), Some("Choose"), &everyone))
                details.more open[AWARDS[1..].iter().any(|it| filled.fields.has(it))] {
                    summary { "Shared" span.muted { "by two or three" } }
                    div.two {
                        @for name in &AWARDS[1..] { (filled.select(Label::new(name, "And"), Some("Nobody"), &everyone)) }
                    }
                }
                p { button.primary type="submit" { "Name the player" } }
            }))
            p.muted { "To go on scoring, undo the result." }
        }
    }
}
