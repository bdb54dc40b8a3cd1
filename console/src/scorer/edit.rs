//! Putting an earlier ball right, or taking it out.

use super::record::Told;
use super::view::View;
use super::{any_ball, ball_form};
use crate::controls::Filled;
use crate::form::Mistakes;
use cricket::{Ball, Command, Innings};
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
            @if let (Command::Ball(ball), Some(innings)) = (&told.entry.command, innings) {
                (form(view, told, ball, innings))
                section.stack.apart {
                    h2 { "A ball was forgotten before it?" }
                    p { a.button href=(view.below(&format!("balls/{seq}/before"))) data-swap { "Put one in before this" } }
                }
            }
            (view.form("remove", "stack apart", html! {
                input type="hidden" name="entry" value=(told.entry.seq);
                h2 { "It never happened?" }
                p { "Taking it out counts everything after it again. All balls has it below the rest, to be put back." }
                p.line {
                    button.danger type="submit" { "Take it out" }
                    @if told.bowled.is_none() { a.button href=(view.choose(view.choices)) data-key="escape" data-swap { "Leave it as it is" } }
                }
            }))
        }
    };
    Some(view.page(&title, main))
}

fn form(view: &View<'_>, told: &Told, ball: &Ball, innings: &Innings) -> Markup {
    let fields = any_ball::filled_or(view, || ball_form::write(ball));
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    view.form(
        "edit",
        "stack",
        html! {
            input type="hidden" name="entry" value=(told.entry.seq);
            input type="hidden" name="version" value=(told.entry.version);
            (any_ball::over_field(ball.over))
            (any_ball::controls(view, filled, innings))
            (any_ball::save(view, "Save", "Leave it as it is"))
        },
    )
}
