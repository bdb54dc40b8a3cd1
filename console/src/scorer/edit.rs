//! Putting an earlier ball right, or taking it out.

use super::record::Told;
use super::view::{View, players};
use super::{ball_form, wicket};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::Mistakes;
use cricket::{Ball, Command, Innings, Side};
use maud::{Markup, html};

/// The page of one ball, or of something between balls, which can only be taken out; none when there is no such entry
/// or it is another feed's.
pub fn page(view: &View<'_>, seq: u64) -> Option<Markup> {
    let told = view.record.told(seq).filter(|it| it.entry.mine)?;
    let innings = told.innings.and_then(|at| view.game().innings.get(at));
    let title = told.place().map_or_else(|| "Between balls".to_owned(), |it| format!("Ball {it}"));
    let main = html! {
        div.narrow {
            h1 { (title) }
            p { (told.line) }
            (view.notice())
            @if let (Command::Ball(ball), Some(innings)) = (&told.entry.command, innings) { (form(view, told, ball, innings)) }
            (view.form("remove", "stack apart", html! {
                input type="hidden" name="entry" value=(told.entry.seq);
                h2 { "It never happened?" }
                p { "Taking it out counts everything after it again." }
                p.line {
                    button.danger type="submit" { "Take it out" }
                    @if told.bowled.is_none() { a href=(view.choose(view.choices)) data-swap { "Leave it as it is" } }
                }
            }))
        }
    };
    Some(view.page(&title, main))
}

fn form(view: &View<'_>, told: &Told, ball: &Ball, innings: &Innings) -> Markup {
    let mut fields = view.fields.clone();
    if !fields.has("striker") {
        fields = ball_form::write(ball);
    }
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    let list = |side: Side| -> Vec<Choice> {
        players(view.game(), side).map(|it| Choice::new(it.0, view.game().setup.name(it))).collect()
    };
    let bats = list(innings.batting);
    let bowls = list(innings.batting.other());
    view.form(
        "edit",
        "stack",
        html! {
            input type="hidden" name="entry" value=(told.entry.seq);
            input type="hidden" name="version" value=(told.entry.version);
            @if let Some(over) = ball.over { input type="hidden" name="over" value=(over); }
            div.two {
                (filled.select(Label::new("striker", "Faced"), None, &bats))
                (filled.select(Label::new("non_striker", "At the other end"), None, &bats))
            }
            (filled.select(Label::new("bowler", "Bowled"), None, &bowls))
            (filled.line(Label::new("runs", "Runs").hint("Off the bat, or run as wides, byes or leg-byes. The wide or no-ball itself is added."), Line::Number, 2))
            (filled.tick(Label::new("all_run", "4 or 6 all run, no boundary")))
            (filled.radios(Label::new("called", "The ball was"), &[Choice::new("fair", "Fair"), Choice::new("wide", "A wide"), Choice::new("no_ball", "A no-ball")]))
            (filled.radios(Label::new("off", "Runs came off"), &[Choice::new("bat", "The bat"), Choice::new("byes", "Byes"), Choice::new("leg_byes", "Leg-byes")]))
            (wicket::ways_out(filled, true))
            (filled.select(Label::new("out", "Who is out"), Some("Nobody, or who faced"), &bats))
            (wicket::fielders(view, filled, innings))
            p.line { button.primary type="submit" { "Save" } a href=(view.choose(view.choices)) data-key="escape" data-swap { "Leave it as it is" } }
        },
    )
}
