//! The pad: one press a ball, or two for extras.

use super::choices::Choices;
use super::due::Crease;
use super::view::View;
use super::words;
use maud::{Markup, html};

/// Runs with a button of their own.
const RUNS: std::ops::RangeInclusive<u8> = 0..=6;

/// A switch of the pad: its value, its key and its words. The first of a group is the usual one.
type Switch = (&'static str, Option<&'static str>, &'static str);
const CALLED: [Switch; 3] =
    [("fair", None, "Fair"), ("wide", Some("w"), "Wide"), ("no_ball", Some("n"), "No-ball")];
const OFF: [Switch; 3] =
    [("bat", None, "Bat"), ("byes", Some("b"), "Byes"), ("leg_byes", Some("l"), "Leg-byes")];

/// The pad for the ball that is due. What kind of ball it was is a switch, how many runs a button: a plain four is one
/// press, four leg-byes are two.
pub(super) fn pad(view: &View<'_>, crease: Crease) -> Markup {
    let game = view.game();
    let innings = game.innings.last();
    let free_hit = innings.is_some_and(|it| it.free_hit);
    let swapped = Choices { striker: Some(crease.non_striker), ..view.choices };
    html! {
        section.pad-box aria-label="The next ball" {
            p.facing {
                strong { (game.setup.name(crease.bowler)) } " to " strong { (game.setup.name(crease.striker)) }
                @if free_hit { " " span.flag { "Free hit" } }
                @if let Some(over) = crease.over { " " span.flag { (words::one_more_in(over)) } }
            }
            (view.form("ball", "pad", html! {
                input type="hidden" name="striker" value=(crease.striker.0);
                input type="hidden" name="non_striker" value=(crease.non_striker.0);
                input type="hidden" name="bowler" value=(crease.bowler.0);
                @if let Some(over) = crease.over { input type="hidden" name="over" value=(over); }
                (switches("called", "The ball was", &CALLED))
                (switches("off", "Runs came off", &OFF))
                label.switch.all-run {
                    input type="checkbox" name="all_run" value="yes" data-key="r" aria-keyshortcuts="r";
                    span { kbd aria-hidden="true" { "r" } " 4 or 6 all run, no boundary" }
                }
                p.hint.for-wide { "Wide: press how many were run besides. 0 is the plain wide." }
                p.hint.for-no-ball { "No-ball: press the runs besides. 0 is the plain no-ball." }
                div.runs role="group" aria-label="Runs" {
                    @for runs in RUNS {
                        button type="submit" name="runs" value=(runs) data-key=(runs) aria-keyshortcuts=(runs) { (runs) }
                    }
                    a.button.wicket href=(below(view, "wicket", crease)) data-key="x o" aria-keyshortcuts="x" data-swap {
                        "Wicket" kbd aria-hidden="true" { "x" }
                    }
                }
            }))
            div.acts {
                a.button href=(view.choose(swapped)) data-key="s" aria-keyshortcuts="s" data-swap { kbd aria-hidden="true" { "s" } " Swap ends" }
                a.button href=(below(view, "ball", crease)) data-key="a" aria-keyshortcuts="a" data-swap { kbd aria-hidden="true" { "a" } " Any ball" }
                a.button href=(view.below("more")) data-key="m" aria-keyshortcuts="m" data-swap { kbd aria-hidden="true" { "m" } " More" }
            }
        }
    }
}

fn switches(name: &str, legend: &str, switches: &[Switch]) -> Markup {
    html! {
        fieldset.switches-row {
            legend.unseen { (legend) }
            @for (at, (value, key, text)) in switches.iter().enumerate() {
                label.switch {
                    input type="radio" name=(name) value=(value) checked[at == 0] data-usual[at == 0] data-key=[*key] aria-keyshortcuts=[*key];
                    span { @if let Some(key) = key { kbd aria-hidden="true" { (key) } " " } (text) }
                }
            }
        }
    }
}

/// A page that asks more about the ball that is due, with who is where.
fn below(view: &View<'_>, page: &str, crease: Crease) -> String {
    let choices = Choices {
        bowler: Some(crease.bowler),
        striker: Some(crease.striker),
        over: crease.over,
        ..Choices::default()
    };
    format!("{}{}", view.path(page), choices.query())
}
