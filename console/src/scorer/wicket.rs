//! How a batter was out: the way, who, by whom, and who comes in.

use super::ball_form::WAYS_OUT;
use super::due::{Crease, Due};
use super::view::View;
use super::{any_ball, steps};
use crate::controls::{Choice, Filled, Label};
use crate::form::Mistakes;
use cricket::{Innings, PlayerId};
use maud::{Markup, html};

/// The page; without a ball due there is nothing to be out on, and the scoring page answers instead.
pub fn page(view: &View<'_>) -> Markup {
    let (Due::Ball(crease), Some(innings)) = (view.due(), view.game().innings.last()) else {
        return super::score::page(view);
    };
    let game = view.game();
    let mut fields = view.fields.clone();
    if !fields.has("out") {
        fields.set("out", crease.striker.0);
        fields.set("runs", 0);
        fields.set("called", "fair");
        fields.set("off", "bat");
    }
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    let main = html! {
        div.narrow {
            h1 { "Wicket" }
            p.facing { strong { (game.setup.name(crease.bowler)) } " to " strong { (game.setup.name(crease.striker)) }
                @if innings.free_hit { " " span.flag { "Free hit" } } }
            (view.notice())
            (view.form("wicket", "stack", html! {
                input type="hidden" name="striker" value=(crease.striker.0);
                input type="hidden" name="non_striker" value=(crease.non_striker.0);
                input type="hidden" name="bowler" value=(crease.bowler.0);
                @if let Some(over) = crease.over { input type="hidden" name="over" value=(over); }
                (ways_out(filled, false))
                (who(view, filled, crease))
                (fielders(view, filled, innings))
                (runs(filled))
                (next(view, filled, innings))
                (any_ball::review(filled, &[crease.striker, crease.non_striker].map(|it| Choice::new(it.0, game.setup.name(it)))))
                p.line { button.primary.wicket type="submit" { "Out" } a.button href=(view.choose(view.choices)) data-key="escape" data-swap { "Not out: go back" } }
            }))
        }
    };
    view.page("Wicket", main)
}

/// Who is out: asked only where it may be the other batter.
fn who(view: &View<'_>, filled: Filled<'_>, crease: Crease) -> Markup {
    let chosen = filled.fields.text("out");
    html! {
        fieldset.field.radios.for-who #out {
            legend { "Who is out?" }
            div.options {
                @for player in [crease.striker, crease.non_striker] {
                    label {
                        input type="radio" name="out" value=(player.0) checked[chosen == player.0.to_string()] data-usual[player == crease.striker];
                        span { (view.game().setup.name(player)) @if player == crease.striker { " (faced)" } }
                    }
                }
            }
        }
    }
}

/// The ways to be out, each with its key; with "not out" first where a ball is edited.
pub(super) fn ways_out(filled: Filled<'_>, or_none: bool) -> Markup {
    let chosen = filled.fields.text("how");
    html! {
        fieldset.field.radios #how {
            legend { @if or_none { "Was anybody out?" } @else { "How?" } }
            @if let Some(text) = filled.mistakes.of("how") { p.mistake { (text) } }
            div.options.short {
                @if or_none {
                    label { input type="radio" name="how" value="none" checked[matches!(chosen, "" | "none")]; span { "Not out" } }
                }
                @for (kind, value, key) in WAYS_OUT {
                    label {
                        input type="radio" name="how" value=(value) checked[chosen == value] data-key=[key] aria-keyshortcuts=[key];
                        span { @if let Some(key) = key { kbd aria-hidden="true" { (key) } " " } (capital(kind.words())) }
                    }
                }
            }
        }
    }
}

pub(super) fn capital(text: &str) -> String {
    if text == "lbw" {
        "LBW".to_owned()
    } else {
        super::words::sentence(text).trim_end_matches('.').to_owned()
    }
}

/// Who fielded.
pub(super) fn fielders(view: &View<'_>, filled: Filled<'_>, innings: &Innings) -> Markup {
    let mut list = view.players(innings.batting.other(), |_| true);
    list.push(Choice::new("substitute", "A substitute"));
    html! {
        fieldset.for-fielders {
            legend { "Fielders" }
            (filled.select(Label::new("fielder", "Caught or stumped by, or who threw"), Some("Nobody, or not known"), &list))
            div.for-run-out { (filled.select(Label::new("fielder2", "Then who broke the wicket"), Some("The same, or not known"), &list)) }
            div.for-substitute { (filled.line(Label::new("substitute", "The substitute's name").hint("May stay empty."), crate::controls::Line::Text, 60)) }
        }
    }
}

/// What else the ball was: for stumpings off a wide, run outs with runs.
pub(super) fn runs(filled: Filled<'_>) -> Markup {
    let choices = |list: &[(&str, &str)]| {
        list.iter().map(|(value, text)| Choice::new(value, *text)).collect::<Vec<_>>()
    };
    html! {
        fieldset.for-runs {
            legend { "Runs on this ball" }
            (filled.radios(Label::new("runs", "Runs completed"), &(0..=6).map(|it| Choice::new(it, it.to_string())).collect::<Vec<_>>()))
            (filled.radios(Label::new("called", "The ball was"), &choices(&[("fair", "Fair"), ("wide", "Wide"), ("no_ball", "No-ball")])))
            (filled.radios(Label::new("off", "Runs came off"), &choices(&[("bat", "Bat"), ("byes", "Byes"), ("leg_byes", "Leg-byes")])))
        }
    }
}

fn next(view: &View<'_>, filled: Filled<'_>, innings: &Innings) -> Markup {
    let coming: Vec<PlayerId> = steps::coming(view, innings);
    let choices: Vec<Choice> =
        coming.iter().map(|it| Choice::new(it.0, view.game().setup.name(*it))).collect();
    let mut fields = filled.fields.clone();
    // The next on the team sheet is the likely one; asked again later when nobody is chosen.
    if !fields.has("how") && !fields.has("next") {
        if let Some(first) = coming.first() {
            fields.set("next", first.0);
        }
        fields.set("faces", "usual");
    }
    let filled = Filled { fields: &fields, mistakes: filled.mistakes };
    html! {
        fieldset {
            legend { "Who comes in" }
            (filled.select(Label::new("next", "New batter"), Some("Ask me later, or all out"), &choices))
            div.for-crossing {
                (filled.radios(Label::new("faces", "Who faces the next ball?").hint("Say it after a run out: the scores cannot tell."),
                    &[Choice::new("usual", "As usual"), Choice::new("new", "The new batter"), Choice::new("other", "The other batter")]))
            }
        }
    }
}
