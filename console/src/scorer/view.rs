//! What a scoring page is drawn from.

use super::choices::Choices;
use super::due::Due;
use super::record::Record;
use crate::controls::{Choice, Filled};
use crate::form::{Fields, Mistakes};
use crate::layout::{Area, Page, csrf_field};
use cricket::{Innings, Match, PlayerId, Side};
use maud::{Markup, html};

/// One showing of a match to one scorer.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// "mat_…"
    pub match_id: &'a str,
    pub record: &'a Record,
    /// The seq of the last operation in it. A press is known by it: the same page pressed twice counts once, and a press
    /// that saw less is asked again.
    pub seen: u64,
    /// The feed that is scored for, and the session's token.
    pub feed: &'a str,
    pub csrf: &'a str,
    pub choices: Choices,
    pub notice: &'a Notice,
    /// What was filled in last, when it could not be taken; else empty.
    pub fields: &'a Fields,
}

/// Why the last press did not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notice {
    #[default]
    None,
    /// To be put right first.
    Wrong(Mistakes),
    /// The same press came before, and counts once: what it did, or what was done last.
    Already(String),
    /// Something else was scored since the page was shown: each in words.
    MovedOn(Vec<String>),
}

impl<'a> View<'a> {
    pub(super) fn game(&self) -> &'a Match {
        &self.record.game
    }

    pub(super) fn due(&self) -> Due {
        Due::of(self.game(), &self.choices)
    }

    /// The address of this match's page, or of one below it ("wicket"), without choices.
    pub(super) fn path(&self, below: &str) -> String {
        let slash = if below.is_empty() { "" } else { "/" };
        format!("/console/scorer/matches/{}{slash}{below}", self.match_id)
    }

    /// A page below this one that goes on knowing what was chosen.
    pub(super) fn below(&self, below: &str) -> String {
        format!("{}{}", self.path(below), self.choices.query())
    }

    /// The same page with other choices.
    pub(super) fn choose(&self, choices: Choices) -> String {
        format!("{}{}", self.path(""), choices.query())
    }

    /// The form as last filled in, or empty.
    pub(super) fn filled<'b>(&'b self, none: &'b Mistakes) -> Filled<'b> {
        let mistakes = if let Notice::Wrong(mistakes) = self.notice { mistakes } else { none };
        Filled { fields: self.fields, mistakes }
    }

    /// A form that does one thing: `act` says what, as [`super::parse`] reads it.
    pub(super) fn form(&self, act: &str, class: &str, inner: Markup) -> Markup {
        html! {
            // A browser that fills a reloaded page in again would leave "wide" chosen for the next ball.
            form class=(class) method="post" action=(self.path("")) autocomplete="off" {
                (csrf_field(self.csrf))
                input type="hidden" name="act" value=(act);
                input type="hidden" name="seen" value=(self.seen);
                // Who was chosen to bowl is still chosen after what is no ball.
                @if let Some(bowler) = self.choices.bowler { input type="hidden" name="then_bowler" value=(bowler.0); }
                (inner)
            }
        }
    }

    /// The document around `main`; `name` is what this page is called beside the teams.
    pub(super) fn page(&self, name: &str, main: Markup) -> Markup {
        let title = format!("{} · {name}", teams(self.game()));
        let said = match self.notice {
            Notice::None => self.record.last_words(),
            Notice::Wrong(mistakes) => {
                format!(
                    "Not done. {}",
                    mistakes.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(" ")
                )
            }
            Notice::Already(line) => format!("Already scored, and counted once. {line}"),
            Notice::MovedOn(_) => "Not counted: the match has moved on.".to_owned(),
        };
        let area = Area::Scorer { feed: self.feed, csrf: self.csrf };
        Page { title: &title, area, say: &said, main }.render()
    }

    /// Above everything: why the last press did not count.
    pub(super) fn notice(&self) -> Markup {
        html! {
            @match self.notice {
                Notice::None => {}
                Notice::Wrong(mistakes) => (Filled { fields: self.fields, mistakes }.summary()),
                Notice::Already(line) => {
                    div.already {
                        p { strong { "Already scored, and counted once." } " " (line) }
                        p { "If that was another ball, press it again." }
                    }
                }
                Notice::MovedOn(lines) => {
                    div.mistakes role="alert" {
                        p { strong { "Not counted: the match has moved on since this page was shown." } }
                        ul { @for line in lines { li { (line) } } }
                        p { "Look at the score below and press again if that is still right." }
                    }
                }
            }
        }
    }

    /// Players of one side as choices of a list, those that `keep` lets through.
    pub(super) fn players(&self, side: Side, keep: impl Fn(PlayerId) -> bool) -> Vec<Choice> {
        players(self.game(), side)
            .filter(|it| keep(*it))
            .map(|it| Choice::new(it.0, self.game().setup.name(it)))
            .collect()
    }
}

/// "Upper Oaks v Lower Elms".
pub(super) fn teams(game: &Match) -> String {
    format!("{} v {}", game.setup.team(Side::Home).name, game.setup.team(Side::Away).name)
}

/// The players of a side, in the order of the team sheet.
pub(super) fn players(game: &Match, side: Side) -> impl Iterator<Item = PlayerId> + '_ {
    (0_u16..).zip(&game.setup.players).filter(move |(_, it)| it.side == side).map(|(at, _)| PlayerId(at))
}

/// Whether the player can come in to bat: not out, not absent, not at the wicket.
pub(super) fn can_come_in(innings: &Innings, player: PlayerId) -> bool {
    use cricket::BatterState;
    !innings.absent.contains(&player)
        && innings.batter(player).is_none_or(|it| it.state == BatterState::Retired)
}
