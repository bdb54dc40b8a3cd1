//! What is likely to come of a match: each side's chance of winning a chase, and the total of a first innings.
//!
//! Estimates, shown and never folded: the only floating point of this crate is here, and nothing in [`Match`] depends on it. They are
//! given for T20 (men's and women's) and men's one-day internationals, the formats that the model knows, and for nothing else.
//!
//! A chase is judged by runs needed, balls left and wickets in hand ([`chase`]); its last balls by counting through all that they may
//! bring ([`finish`]).

mod chase;
mod finish;

use crate::{Format, Innings, Match, Outcome, Setup, Side, Tiebreak};
use chase::Model;

/// Each side's chance of winning, in whole per cent. The two add up to 100; 0 and 100 are kept for matches that are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chances {
    home: u8,
}

impl Chances {
    /// Per cent, 0 to 100.
    pub const fn of(self, side: Side) -> u8 {
        match side {
            Side::Home => self.home,
            Side::Away => 100 - self.home,
        }
    }

    const fn won_by(side: Side) -> Self {
        Chances::new(side, 100)
    }

    const fn new(side: Side, per_cent: u8) -> Self {
        match side {
            Side::Home => Chances { home: per_cent },
            Side::Away => Chances { home: 100 - per_cent },
        }
    }

    /// While play can still change it, nobody has a chance of all or nothing.
    fn open(side: Side, probability: f64) -> Self {
        // In 1..=99, so nothing is cut off.
        Chances::new(side, (probability * 100.0).round().clamp(1.0, 99.0) as u8)
    }
}

/// What a chase stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chase {
    /// Runs needed to win, at least 1.
    need: u16,
    /// Legal balls left, at least 1.
    balls: u16,
    /// Wickets in hand, 1 to 10.
    wickets: u8,
}

impl Match {
    /// Each side's chance of winning. None before the second innings is due, in a super over, after a tie or a match without a result,
    /// and in every format that the model does not know.
    pub fn chances(&self) -> Option<Chances> {
        let model = Model::of(&self.setup)?;
        if let Some(outcome) = self.outcome.clone().or_else(|| self.computed_outcome()) {
            return outcome.winner().map(Chances::won_by);
        }
        let (batting, chase) = self.chase()?;
        Some(Chances::open(batting, model.chance(chase)))
    }

    /// What the first innings is likely to end at: what the side has, and what it is as likely as not to add. None before an over has
    /// been bowled, once it is over, and in every format that the model does not know.
    pub fn projected_score(&self) -> Option<u16> {
        let model = Model::of(&self.setup)?;
        let [innings] = self.innings.as_slice() else { return None };
        if innings.end.is_some() || innings.overs == 0 || self.outcome.is_some() {
            return None;
        }
        let bowled = u16::try_from(innings.balls_counted(self.setup.balls_per_over)).ok()?;
        let limit = u16::try_from(innings.balls_limit(self.setup.balls_per_over)?).ok()?;
        let left = limit.checked_sub(bowled).filter(|it| *it > 0)?;
        let more = model.runs_to_come(left, in_hand(&self.setup, innings)?, innings.runs, bowled);
        Some(innings.runs.saturating_add(more))
    }

    /// The chase that goes on, or that is due when the first innings has ended; none once it is settled.
    fn chase(&self) -> Option<(Side, Chase)> {
        let per = self.setup.balls_per_over;
        match self.innings.as_slice() {
            [first] if first.end.is_some() => {
                let balls = u32::from(self.setup.overs?) * u32::from(per);
                let chase = Chase {
                    need: first.runs.saturating_add(1),
                    balls: u16::try_from(balls).ok()?,
                    wickets: 10,
                };
                Some((first.batting.other(), chase))
            }
            [_, second] if second.end.is_none() && !second.super_over => {
                let left = second.balls_limit(per)?.checked_sub(second.balls_counted(per))?;
                let need = second.target?.runs.checked_sub(second.runs).filter(|it| *it > 0)?;
                let balls = u16::try_from(left).ok().filter(|it| *it > 0)?;
                Some((second.batting, Chase { need, balls, wickets: in_hand(&self.setup, second)? }))
            }
            _ => None,
        }
    }
}

/// Wickets that the side can still lose; none when that is none.
fn in_hand(setup: &Setup, innings: &Innings) -> Option<u8> {
    innings.wickets_max(setup).checked_sub(innings.wickets).filter(|it| *it > 0)
}

impl Outcome {
    /// Who won, ties that were broken included.
    pub fn winner(&self) -> Option<Side> {
        match self {
            Outcome::Runs { winner, .. }
            | Outcome::Wickets { winner, .. }
            | Outcome::Innings { winner, .. }
            | Outcome::Win { winner, .. } => Some(*winner),
            Outcome::Tie { tiebreak, .. } => tiebreak.map(|it| match it {
                Tiebreak::SuperOver(side) | Tiebreak::BowlOut(side) | Tiebreak::Rule(side) => side,
            }),
            Outcome::Draw | Outcome::NoResult | Outcome::Abandoned => None,
        }
    }
}

/// Whether women play. [`Setup`] does not say; a women's competition or tour does in its name, and where it does not, its teams do (so
/// it is in all twelve women's T20s and internationals of the project's recorded matches).
fn women_play(setup: &Setup) -> bool {
    let says = |name: &str| name.as_bytes().windows(5).any(|it| it.eq_ignore_ascii_case(b"women"));
    says(&setup.competition) || says(&setup.stage) || setup.teams.iter().any(|it| says(&it.name))
}

impl Model {
    fn of(setup: &Setup) -> Option<&'static Model> {
        match (setup.format, women_play(setup)) {
            (Format::T20 | Format::It20, false) => Some(&chase::T20_MEN),
            (Format::T20 | Format::It20, true) => Some(&chase::T20_WOMEN),
            (Format::Odi, false) => Some(&chase::ODI_MEN),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MODELS: [&Model; 3] = [&chase::T20_MEN, &chase::T20_WOMEN, &chase::ODI_MEN];

    fn states() -> impl Strategy<Value = (usize, Chase)> {
        let chase = (1..=400_u16, 1..=300_u16, 1..=10_u8);
        (0..MODELS.len(), chase.prop_map(|(need, balls, wickets)| Chase { need, balls, wickets }))
    }

    proptest! {
        #[test]
        fn a_chance_is_a_probability((model, chase) in states()) {
            let chance = MODELS[model].chance(chase);
            prop_assert!((0.0..=1.0).contains(&chance), "{chance}");
        }

        #[test]
        fn a_wicket_never_helps_the_side_that_bats((model, chase) in states()) {
            prop_assume!(chase.wickets > 1);
            let before = MODELS[model].chance(chase);
            let after = MODELS[model].chance(Chase { wickets: chase.wickets - 1, ..chase });
            prop_assert!(after <= before + 1e-12, "{before} to {after}");
        }

        #[test]
        fn chances_of_an_open_match_add_up_and_leave_both_sides_something(probability in 0.0..=1.0_f64) {
            for side in [Side::Home, Side::Away] {
                let chances = Chances::open(side, probability);
                prop_assert_eq!(chances.of(Side::Home) + chances.of(Side::Away), 100);
                prop_assert!((1..=99).contains(&chances.of(side)));
            }
        }

        #[test]
        fn runs_to_come_are_possible_and_fewer_with_fewer_wickets(
            (model, balls, wickets) in (0..MODELS.len(), 1..=300_u16, 2..=10_u8)
        ) {
            let runs = |wickets| MODELS[model].runs_to_come(balls, wickets, 60, 40);
            prop_assert!(runs(wickets) <= 6 * balls);
            prop_assert!(runs(wickets - 1) <= runs(wickets));
        }
    }

    #[test]
    fn women_are_told_by_the_names() {
        let setup = |competition: &str, team: &str| Setup {
            competition: competition.to_owned(),
            teams: vec![crate::Team::named(team), crate::Team::named("Other")],
            ..Setup::default()
        };
        for (competition, team, women) in [
            ("ICC Women's World Cup", "India", true),
            ("", "India Women", true),
            ("WOMEN'S T20", "India", true),
            ("World Cup", "India", false),
            ("", "", false),
        ] {
            assert_eq!(women_play(&setup(competition, team)), women, "{competition} {team}");
        }
    }
}
