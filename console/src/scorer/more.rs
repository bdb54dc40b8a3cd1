//! All that is not a ball: retirements, penalties, breaks, the end of an innings, targets, substitutes, the result.

use super::between::{ENDS, LEAVES, POWERPLAYS, ROLES};
use super::due::Due;
use super::view::{View, players};
use super::{steps, verdict};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::Mistakes;
use cricket::{DismissalKind, Format, Innings, Side};
use maud::{Markup, html};

/// Acts whose forms are on this page.
const ACTS: [&str; 11] = [
    "leaves",
    "bowler_off",
    "over_end",
    "absent",
    "penalty",
    "stop",
    "innings_end",
    "target",
    "substitute",
    "powerplay",
    "result",
];

/// Whether the form of this act is here and not on the scoring page, so that what is wrong with it is said here.
pub fn has(view: &View<'_>, act: &str) -> bool {
    let asked_for = act == "result" && matches!(view.due(), Due::Verdict { .. });
    ACTS.contains(&act) && !asked_for
}

/// The page; only what can happen now is on it.
pub fn page(view: &View<'_>) -> Markup {
    let game = view.game();
    let current = game.current();
    let none = Mistakes::default();
    let filled = view.filled(&none);
    let main = html! {
        div.narrow {
            div.line { h1 { "More" } a.button href=(view.choose(view.choices)) data-key="escape" data-swap { "Back to scoring" } }
            (view.notice())
            @if let Some(innings) = current {
                (over(view, filled, innings))
                (leaves(view, filled, innings))
                (penalty(view, filled))
                (powerplay(view, filled, innings))
            } @else if game.outcome.is_none() && !game.innings.is_empty() {
                (penalty(view, filled))
            }
            @if game.outcome.is_none() {
                (stop(view, filled))
                @if game.innings.last().is_some() { (target(view, filled)) }
                @if !game.innings.is_empty() { (end(view, filled)) }
                (substitute(view, filled))
                @if !matches!(view.due(), Due::Verdict { .. }) {
                    (section(view, &["result"], "Result", "The match ends here", verdict::form(view, game.computed_outcome().as_ref())))
                }
            }
        }
    };
    view.page("More", main)
}

/// A group of forms, folded away unless one of its `acts` has just been refused.
fn section(view: &View<'_>, acts: &[&str], title: &str, summary: &str, inner: Markup) -> Markup {
    html! {
        details.more open[acts.contains(&view.fields.text("act"))] {
            summary { strong { (title) } span.muted { (summary) } }
            (inner)
        }
    }
}

fn over(view: &View<'_>, filled: Filled<'_>, innings: &Innings) -> Markup {
    let others = view
        .players(innings.batting.other(), |it| innings.bowler != Some(it) && innings.last_bowler != Some(it));
    html! {
        (section(view, &["over_end", "bowler_off"], "Over", "Called early, or another bowler completes it", html! {
            @if innings.over_balls > 0 { (view.form("over_end", "stack", html! {
                p { "The umpire called \"over\" with " (innings.over_balls) " of " (view.game().setup.balls_per_over) " legal balls bowled." }
                p { button type="submit" { "The over is complete" } }
            })) }
            (view.form("bowler_off", "stack apart", html! {
                (filled.select(Label::new("new_bowler", "Who completes the over"), Some("Choose"), &others))
                (filled.line(Label::new("off_reason", "Why").hint("\"Injury\". May stay empty."), Line::Text, 60))
                p { button type="submit" { "Change the bowler" } }
            }))
        }))
    }
}

fn leaves(view: &View<'_>, filled: Filled<'_>, innings: &Innings) -> Markup {
    let game = view.game();
    let coming = steps::coming(view, innings);
    let name = |it: cricket::PlayerId| Choice::new(it.0, game.setup.name(it));
    let at_wicket = innings.at_wicket().map(|it| name(it.player));
    let waiting: Vec<Choice> = coming.iter().map(|it| name(*it)).collect();
    let who: Vec<Choice> = at_wicket.chain(waiting.iter().cloned()).collect();
    let ways = LEAVES.map(|(kind, value)| {
        let words = match kind {
            DismissalKind::RetiredHurt => "Retired hurt: may come back",
            DismissalKind::RetiredNotOut => "Retired not out: may come back",
            DismissalKind::RetiredOut => "Retired out: a wicket",
            _ => "Timed out: a wicket, of one who was to come in",
        };
        Choice::new(value, words)
    });
    html! {
        (section(view, &["leaves", "absent"], "Batter leaves", "Retired, timed out, cannot bat", html! {
            (view.form("leaves", "stack", html! {
                (filled.select(Label::new("leaver", "Who leaves"), Some("Choose"), &who))
                (filled.radios(Label::new("leave_how", "Why"), &ways))
                (filled.select(Label::new("leave_next", "Who comes in"), Some("Ask me later"), &waiting))
                p { button type="submit" { "Leaves" } }
            }))
            (view.form("absent", "stack apart", html! {
                (filled.select(Label::new("absent", "Who cannot bat in this innings"), Some("Choose"), &waiting))
                p { button type="submit" { "Cannot bat" } }
            }))
        }))
    }
}

fn penalty(view: &View<'_>, filled: Filled<'_>) -> Markup {
    section(view, &["penalty"], "Penalty runs",
        "Five to one side (Law 41)",
        view.form(
            "penalty",
            "stack",
            html! {
                (filled.line(Label::new("penalty", "Runs").hint("Five, nearly always."), Line::Number, 2))
                (filled.radios(Label::new("penalty_to", "To"),
                    &[Choice::new("batting", "The batting side"), Choice::new("fielding", "The fielding side (their last innings)")]))
                p { button type="submit" { "Award" } }
            },
        ),
    )
}

fn stop(view: &View<'_>, filled: Filled<'_>) -> Markup {
    section(view, &["stop"], "Play stops",
        "Rain, light, drinks, tea",
        view.form(
            "stop",
            "stack",
            html! {
                (filled.radios(Label::new("stop", "It is"), &[Choice::new("delay", "A delay"), Choice::new("break", "An interval")]))
                (filled.line(Label::new("reason", "Why").hint("As fans will read it: \"Rain\", \"Bad light\", \"Tea\"."), Line::Text, 100))
                p { button type="submit" { "Play stops" } }
            },
        ),
    )
}

fn target(view: &View<'_>, filled: Filled<'_>) -> Markup {
    section(view, &["target"], "Target and overs",
        "As the umpires say (D/L, VJD)",
        view.form(
            "target",
            "stack",
            html! {
                (filled.line(Label::new("target", "Runs needed to win").hint("Leave it empty in a first innings that is only cut short."), Line::Number, 4))
                div.two {
                    (filled.line(Label::new("target_overs", "In overs").hint("Empty: as before."), Line::Number, 3))
                    (filled.line(Label::new("target_balls", "And balls"), Line::Number, 1))
                }
                p { button type="submit" { "Set" } }
            },
        ),
    )
}

/// Overs with fielding restrictions, said as overs are counted: "1" to "6". The first is the one that is due.
fn powerplay(view: &View<'_>, filled: Filled<'_>, innings: &Innings) -> Markup {
    let mut fields = filled.fields.clone();
    if !fields.has("powerplay") {
        fields.set("powerplay", "mandatory");
        fields.set("from_over", innings.overs + 1);
        fields.set("to_over", usual_end(innings, view.game().setup.format));
    }
    let filled = Filled { fields: &fields, mistakes: filled.mistakes };
    let kinds = POWERPLAYS.map(|(_, value, words)| Choice::new(value, words));
    let said: Vec<String> =
        innings.powerplays.iter().map(|it| format!("{} to {}", it.from_over + 1, it.to_over + 1)).collect();
    html! {
        (section(view, &["powerplay"], "Powerplay", "Overs with fielding restrictions", html! {
            @if !said.is_empty() { p.muted { "So far: overs " (said.join(", ")) "." } }
            (view.form("powerplay", "stack", html! {
                (filled.radios(Label::new("powerplay", "Taken by"), &kinds))
                div.two {
                    (filled.line(Label::new("from_over", "From over"), Line::Number, 3))
                    (filled.line(Label::new("from_ball", "And ball").hint("Empty: the first of the over."), Line::Number, 1))
                    (filled.line(Label::new("to_over", "To the end of over"), Line::Number, 3))
                    (filled.line(Label::new("to_ball", "Or its ball").hint("Empty: the last of the over."), Line::Number, 1))
                }
                p { button type="submit" { "Powerplay" } }
            }))
        }))
    }
}

/// Six overs of a Twenty20, ten of a one-day match, five sets of The Hundred (ICC and ECB playing conditions, 28.7).
fn usual_end(innings: &Innings, format: Format) -> u16 {
    let overs = match format {
        Format::Odi | Format::Odm => 10,
        Format::Hundred => 5,
        Format::T20 | Format::It20 | Format::Test | Format::Mdm => 6,
    };
    innings.overs.max(overs - 1) + 1
}

fn end(view: &View<'_>, filled: Filled<'_>) -> Markup {
    let ends = ENDS.map(|(_, value, words)| Choice::new(value, words));
    section(
        view,
        &["innings_end"],
        "Innings ends",
        "Declared, closed, nobody left",
        view.form(
            "innings_end",
            "stack",
            html! {
                (filled.radios(Label::new("end", "Why"), &ends))
                p { button.danger type="submit" { "End the innings" } }
            },
        ),
    )
}

fn substitute(view: &View<'_>, filled: Filled<'_>) -> Markup {
    let game = view.game();
    let list: Vec<Choice> = [Side::Home, Side::Away]
        .into_iter()
        .flat_map(|side| players(game, side).map(move |it| (side, it)))
        .map(|(side, it)| {
            Choice::new(it.0, format!("{} ({})", game.setup.name(it), game.setup.team(side).short))
        })
        .collect();
    let roles = ROLES.map(|(_, value, words)| Choice::new(value, words));
    section(view, &["substitute"], "Replacement",
        "A player takes another's place",
        view.form(
            "substitute",
            "stack",
            html! {
                (filled.radios(Label::new("sub_role", "How long"), &roles))
                (filled.select(Label::new("sub_out", "Out"), Some("Nobody, or not known"), &list))
                (filled.select(Label::new("sub_in", "In"), Some("Choose"), &list))
                (filled.line(Label::new("sub_reason", "Why").hint("\"Concussion\", \"Injury\"."), Line::Text, 60))
                p { button type="submit" { "Replace" } }
            },
        ),
    )
}
