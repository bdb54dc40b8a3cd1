//! Estimates against what came of the recorded matches.

use cricket::cricsheet::Archive;
use cricket::{Format, Match, Side};

use crate::manifest::each_match;

/// The match after each of its commands.
fn each_state(archive: &Archive, mut look: impl FnMut(&Match)) {
    let mut game = Match::new(archive.setup.clone()).expect("it was read with this setup");
    for command in &archive.commands {
        game.apply(command).expect("the archive's commands can be applied");
        look(&game);
    }
}

/// Whether the model may be asked, by what the file says of gender and format.
fn is_known(archive: &Archive) -> bool {
    match archive.setup.format {
        Format::T20 | Format::It20 => true,
        Format::Odi => archive.gender == "male",
        _ => false,
    }
}

#[test]
fn chances_are_given_for_t20_and_mens_one_day_internationals_alone() {
    each_match(|known, archive| {
        let mut given = false;
        each_state(archive, |game| given |= game.chances().is_some() || game.projected_score().is_some());
        // A men's match that was called off before an over has none either.
        assert!(!given || is_known(archive), "{}", known.id);
        assert!(
            given
                || !is_known(archive)
                || archive.game.outcome.as_ref().is_some_and(|it| it.winner().is_none()),
            "{}",
            known.id
        );
    });
}

#[test]
fn a_decided_match_is_all_or_nothing_and_an_open_one_is_not() {
    each_match(|known, archive| {
        each_state(archive, |game| {
            let Some(chances) = game.chances() else { return };
            let home = chances.of(Side::Home);
            assert_eq!(home + chances.of(Side::Away), 100);
            let decided = game.outcome.is_some() || game.computed_outcome().is_some();
            assert_eq!(decided, home == 0 || home == 100, "{}: {home}", known.id);
        });
        if let (Some(winner), Some(chances)) =
            (archive.game.outcome.as_ref().and_then(|it| it.winner()), archive.game.chances())
        {
            assert_eq!(chances.of(winner), 100, "{}", known.id);
        }
    });
}

/// The mean squared error of a chance (Brier's score) is 0.25 for one that always says even. Over the matches whose totals give their
/// result it is 0.123 with ten overs left and more, then 0.081, and 0.086 in the last three overs.
#[test]
fn chances_know_much_more_than_a_coin() {
    // Balls left, at least; the error allowed; the sum of squared errors and their number.
    let mut kinds = [(60, 0.13, 0.0, 0_u32), (18, 0.09, 0.0, 0), (1, 0.09, 0.0, 0)];
    each_match(|known, archive| {
        if !known.agrees {
            return;
        }
        let Some(winner) = archive.game.outcome.as_ref().and_then(|it| it.winner()) else { return };
        each_state(archive, |game| {
            let (Some(chances), Some(left), true) =
                (game.chances(), game.balls_left(), game.current().is_some())
            else {
                return;
            };
            if let Some(kind) = kinds.iter_mut().find(|it| left >= it.0) {
                kind.2 += (f64::from(chances.of(winner)) / 100.0 - 1.0).powi(2);
                kind.3 += 1;
            }
        });
    });
    for (left, most, sum, states) in kinds.into_iter().filter(|it| it.3 > 0) {
        let error = sum / f64::from(states);
        assert!(error < most, "with {left} balls left and more: {error:.3} over {states} states");
    }
}

#[test]
fn a_projected_score_comes_closer_than_going_on_at_the_same_rate() {
    let (mut ours, mut rate, mut states) = (0, 0, 0);
    each_match(|_, archive| {
        if !matches!(archive.setup.format, Format::T20 | Format::It20) || archive.game.innings.len() < 2 {
            return;
        }
        let total = i64::from(archive.game.innings[0].runs);
        each_state(archive, |game| {
            let Some(projected) = game.projected_score() else { return };
            let innings = &game.innings[0];
            let (per, runs) = (game.setup.balls_per_over, i64::from(innings.runs));
            let (Some(limit), bowled) = (innings.balls_limit(per), innings.balls_counted(per)) else {
                return;
            };
            assert!(i64::from(projected) >= runs);
            ours += (i64::from(projected) - total).abs();
            rate += (runs * i64::from(limit) / i64::from(bowled) - total).abs();
            states += 1;
        });
    });
    assert!(states == 0 || ours * 100 < rate * 85, "{ours} and {rate} runs of error in {states} states");
}
