//! The match over by over, as figures to draw: how each innings grew, what each over brought, what each pair put on.

use crate::scorecard::title;
use cricket::{Innings, Match, Side, Words};

/// All innings but super overs, and how far the axes reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charts {
    /// In the order played.
    pub innings: Vec<Series>,
    /// Legal balls an over: the axis of overs is measured in balls.
    pub balls_per_over: u16,
    /// Balls, runs and runs an over on the longest axis; 1 at least.
    pub balls: u16,
    pub runs: u16,
    pub over_runs: u16,
    /// What the chase needs, while it lasts.
    pub target: Option<u16>,
}

/// One innings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// "Australia", "Australia, second innings"
    pub title: String,
    pub short: String,
    pub side: Side,
    /// The side has batted before.
    pub again: bool,
    /// "187/4"
    pub score: String,
    pub overs: Vec<OverSum>,
    pub falls: Vec<Point>,
    pub pairs: Vec<Pair>,
}

/// What stood after so many legal balls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    pub balls: u16,
    pub runs: u16,
}

/// One over, the one in progress too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverSum {
    pub runs: u16,
    pub wickets: u8,
    /// Where the innings stood after it.
    pub after: Point,
}

/// A partnership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    pub first: String,
    pub second: String,
    pub first_runs: u16,
    pub second_runs: u16,
    /// Extras included.
    pub runs: u16,
    pub balls: u16,
    pub unbroken: bool,
}

impl Charts {
    pub fn of(game: &Match, words: Words) -> Self {
        let per = u16::from(game.setup.balls_per_over);
        let regular = game.innings.iter().enumerate().filter(|it| !it.1.super_over);
        let innings: Vec<Series> = regular.map(|(index, it)| series(game, words, index, it, per)).collect();
        let limits = game.innings.iter().filter_map(|it| Some(it.overs_max?.saturating_mul(per))).max();
        let overs = || innings.iter().flat_map(|it| &it.overs);
        let target = game.current().filter(|it| !it.super_over).and_then(|it| it.target).map(|it| it.runs);
        let most = |figures: &mut dyn Iterator<Item = u16>| figures.max().unwrap_or(0).max(1);
        Charts {
            balls_per_over: per,
            balls: most(&mut overs().map(|it| it.after.balls).chain(limits)),
            runs: most(&mut overs().map(|it| it.after.runs).chain(target)),
            over_runs: most(&mut overs().map(|it| it.runs)),
            target,
            innings,
        }
    }
}

fn series(game: &Match, words: Words, index: usize, innings: &Innings, per: u16) -> Series {
    let name = |player| game.setup.short_name(player).to_owned();
    let going_on = innings.partnership().filter(|_| innings.end.is_none());
    let pairs = innings.partnerships.iter().map(|it| Pair {
        first: name(it.first),
        second: name(it.second),
        first_runs: it.first_runs,
        second_runs: it.second_runs,
        runs: it.runs,
        balls: it.balls,
        unbroken: Some(it) == going_on,
    });
    let falls = innings.falls.iter().map(|it| Point { balls: balls(it.overs, per, it.balls), runs: it.runs });
    Series {
        title: title(game, words, index),
        short: game.setup.team(innings.batting).short.clone(),
        side: innings.batting,
        again: game.innings[..index].iter().any(|it| it.batting == innings.batting),
        score: innings.score_text(),
        overs: overs(innings, per),
        falls: falls.collect(),
        pairs: pairs.collect(),
    }
}

fn balls(overs: u16, per: u16, more: u8) -> u16 {
    overs.saturating_mul(per).saturating_add(u16::from(more))
}

fn overs(innings: &Innings, per: u16) -> Vec<OverSum> {
    let mut runs: u16 = 0;
    let totals = innings.over_totals.iter().zip(1_u16..);
    let sums = totals.map(|(over, number)| {
        runs = runs.saturating_add(over.runs);
        // The over in progress ends where it stands.
        let balls = if number > innings.overs {
            balls(innings.overs, per, innings.over_balls)
        } else {
            balls(number, per, 0)
        };
        OverSum { runs: over.runs, wickets: over.wickets, after: Point { balls, runs } }
    });
    sums.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl, caught};
    use cricket::{Ball, Command, InningsEnd, InningsStart, PlayerId};

    #[test]
    fn an_innings_is_summed_over_by_over_the_one_in_progress_too() {
        let mut game = begun();
        bowl(&mut game, (0..6).map(|_| ball(2)));
        bowl(
            &mut game,
            [Ball { bowler: PlayerId(12), striker: PlayerId(1), non_striker: PlayerId(0), ..ball(4) }],
        );
        let charts = Charts::of(&game, Words::ENGLISH);
        let overs = &charts.innings[0].overs;
        assert_eq!(overs.len(), 2);
        assert_eq!(overs[0], OverSum { runs: 12, wickets: 0, after: Point { balls: 6, runs: 12 } });
        assert_eq!(overs[1], OverSum { runs: 4, wickets: 0, after: Point { balls: 7, runs: 16 } });
        assert_eq!((charts.balls, charts.runs, charts.over_runs, charts.target), (120, 16, 12, None));
    }

    #[test]
    fn pairs_and_falls_are_told() {
        let mut game = begun();
        bowl(&mut game, [ball(4), caught()]);
        let innings = &Charts::of(&game, Words::ENGLISH).innings[0];
        assert_eq!(innings.falls, [Point { balls: 2, runs: 4 }]);
        assert_eq!(
            (innings.pairs[0].first_runs, innings.pairs[0].runs, innings.pairs[0].unbroken),
            (4, 4, false)
        );
    }

    #[test]
    fn a_chase_has_a_target_and_shares_the_axes() {
        let mut game = begun();
        bowl(&mut game, [ball(6), ball(6)]);
        game.apply(&Command::InningsEnd(InningsEnd::Declared)).unwrap();
        game.apply(&Command::InningsStart(InningsStart { batting: Side::Away, ..InningsStart::default() }))
            .unwrap();
        let charts = Charts::of(&game, Words::ENGLISH);
        assert_eq!((charts.innings.len(), charts.target, charts.runs), (2, Some(13), 13));
    }

    #[test]
    fn before_the_first_ball_the_axes_are_not_empty() {
        let charts = Charts::of(&crate::testing::game(), Words::ENGLISH);
        assert_eq!((charts.balls, charts.runs, charts.over_runs, charts.innings.len()), (1, 1, 1, 0));
    }
}
