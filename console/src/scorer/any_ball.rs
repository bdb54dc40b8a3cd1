//! The whole form of a ball: all that a ball can have, for the one in a hundred that the pad has no button for, for a
//! ball that was forgotten, and for one that is put right.

use super::ball_details::{DECISIONS, UMPIRE_LENGTH_MAX, ways_of_second};
use super::due::{Crease, Due};
use super::record::Told;
use super::view::{View, players};
use super::{ball_form, wicket, words};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use cricket::{Ball, Command, Innings, Side};
use maud::{Markup, html};

/// The ball that is due; without one, the scoring page answers instead.
pub fn due_page(view: &View<'_>) -> Markup {
    let (Due::Ball(crease), Some(innings)) = (view.due(), view.game().innings.last()) else {
        return super::score::page(view);
    };
    let fields = filled_or(view, || ball_form::write(&from_crease(crease)));
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    let main = html! {
        div.narrow {
            h1 { "Any ball" }
            p.muted { "Seven runs and more, penalty runs, two batters gone, a review: what the pad has no button for." }
            (view.notice())
            (view.form("ball", "stack", html! {
                (over_field(crease.over))
                (controls(view, filled, innings))
                (save(view, "Score the ball", "Go back"))
            }))
        }
    };
    view.page("Any ball", main)
}

/// A ball that was bowled before the one of this entry and not written down; none when there is no such entry, or it is
/// another feed's.
pub fn forgotten_page(view: &View<'_>, seq: u64) -> Option<Markup> {
    let told = view.record.told(seq).filter(|it| it.entry.mine)?;
    let Command::Ball(ball) = &told.entry.command else { return None };
    let innings = told.innings.and_then(|at| view.game().innings.get(at))?;
    // Who faced and who bowled was most likely the same; all else was another ball's.
    let like = Ball {
        striker: ball.striker,
        non_striker: ball.non_striker,
        bowler: ball.bowler,
        over: ball.over,
        ..Ball::default()
    };
    let fields = filled_or(view, || ball_form::write(&like));
    let none = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: view.filled(&none).mistakes };
    let main = html! {
        div.narrow {
            h1 { "A forgotten ball" }
            p { "It goes in right before " (told.label()) ", and everything after it counts again." }
            (view.notice())
            (view.form("insert", "stack", html! {
                input type="hidden" name="entry" value=(seq);
                (which_over(filled, told))
                (controls(view, filled, innings))
                (save(view, "Put it in", "Go back"))
            }))
        }
    };
    Some(view.page("A forgotten ball", main))
}

/// What was filled in before, or what the form shows first.
pub(super) fn filled_or(view: &View<'_>, first: impl FnOnce() -> Fields) -> Fields {
    if view.fields.has("striker") { view.fields.clone() } else { first() }
}

fn from_crease(crease: Crease) -> Ball {
    Ball {
        over: crease.over,
        striker: crease.striker,
        non_striker: crease.non_striker,
        bowler: crease.bowler,
        ..Ball::default()
    }
}

/// The over that was said with a ball stays said.
pub(super) fn over_field(over: Option<u16>) -> Markup {
    html! { @if let Some(over) = over { input type="hidden" name="over" value=(over); } }
}

/// Where an over began, a forgotten ball may have been one more of the over before.
fn which_over(filled: Filled<'_>, told: &Told) -> Markup {
    let over = told.bowled.as_ref().map_or(0, |it| it.over);
    let before = over.checked_sub(1);
    html! {
        @if let Some(before) = before {
            (filled.select(Label::new("over", "It belongs to"), Some("The over that its place gives"),
                &[Choice::new(before, words::one_more_in(before)), Choice::new(over, format!("Over {}", over + 1))]))
        }
    }
}

/// The buttons below the form.
pub(super) fn save(view: &View<'_>, does: &str, leaves: &str) -> Markup {
    html! {
        p.line {
            button.primary type="submit" { (does) }
            a.button href=(view.choose(view.choices)) data-key="escape" data-swap { (leaves) }
        }
    }
}

/// All that a ball can have. Rare parts are folded away unless they say something.
pub(super) fn controls(view: &View<'_>, filled: Filled<'_>, innings: &Innings) -> Markup {
    let list = |side: Side| -> Vec<Choice> {
        players(view.game(), side).map(|it| Choice::new(it.0, view.game().setup.name(it))).collect()
    };
    let bats = list(innings.batting);
    let bowls = list(innings.batting.other());
    html! {
        // Says that all of it was asked, so that what is empty is meant to be empty.
        input type="hidden" name="whole" value="yes";
        div.two {
            (filled.select(Label::new("striker", "Faced"), None, &bats))
            (filled.select(Label::new("non_striker", "At the other end"), None, &bats))
        }
        (filled.select(Label::new("bowler", "Bowled"), None, &bowls))
        (filled.line(Label::new("runs", "Runs").hint("Off the bat, or run as wides, byes or leg-byes. The wide or no-ball itself is added."), Line::Number, 2))
        (filled.tick(Label::new("all_run", "4 or 6 all run, no boundary")))
        (filled.radios(Label::new("called", "The ball was"), &[Choice::new("fair", "Fair"), Choice::new("wide", "Wide"), Choice::new("no_ball", "No-ball")]))
        (filled.radios(Label::new("off", "Runs came off"), &[Choice::new("bat", "Bat"), Choice::new("byes", "Byes"), Choice::new("leg_byes", "Leg-byes")]))
        (wicket::ways_out(filled, true))
        (filled.select(Label::new("out", "Who is out"), Some("Nobody, or who faced"), &bats))
        (wicket::fielders(view, filled, innings))
        (review(filled, &bats))
        (rare(filled, &bats))
    }
}

/// A decision looked at again (DRS).
pub(super) fn review(filled: Filled<'_>, bats: &[Choice]) -> Markup {
    let by = [
        Choice::new("none", "No review"),
        Choice::new("batting", "The batting side, against out"),
        Choice::new("fielding", "The fielding side, against not out"),
    ];
    let decisions = DECISIONS.map(|(_, value, words)| Choice::new(value, words));
    let open = matches!(filled.fields.text("review"), "batting" | "fielding");
    html! {
        details.more #reviewed open[open] {
            summary { strong { "Review" } span.muted { "A decision looked at again (DRS)" } }
            div.stack {
                (filled.radios(Label::new("review", "Who asked"), &by))
                (filled.select(Label::new("review_batter", "The batter concerned"), Some("Not said"), bats))
                (filled.radios(Label::new("decision", "What became of it"), &decisions))
                (filled.tick(Label::new("umpires_call", "Umpire's call: the side keeps its review")))
                (filled.line(Label::new("umpire", "Umpire whose decision it was").hint("May stay empty."), Line::Text, UMPIRE_LENGTH_MAX as u16))
            }
        }
    }
}

fn rare(filled: Filled<'_>, bats: &[Choice]) -> Markup {
    let ways: Vec<Choice> =
        ways_of_second().map(|(kind, value)| Choice::new(value, wicket::capital(kind.words()))).collect();
    let open = ["ball_penalty", "how2", "out2"].iter().any(|it| filled.fields.has(it));
    html! {
        details.more open[open] {
            summary { strong { "Rare" } span.muted { "Penalty runs on the ball, a second batter gone" } }
            div.stack {
                (filled.line(Label::new("ball_penalty", "Penalty runs on this ball").hint("Five for a helmet on the ground (Law 28.3). Empty: none."), Line::Number, 2))
                (filled.line(Label::new("no_ball_runs", "Runs for the no-ball itself").hint("Empty: as the format has it."), Line::Number, 1))
                div.two {
                    (filled.select(Label::new("how2", "A second batter went"), Some("No"), &ways))
                    (filled.select(Label::new("out2", "Which"), Some("Nobody"), bats))
                }
            }
        }
    }
}
