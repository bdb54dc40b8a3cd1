//! The last balls of a chase, counted through: each ball brings what such balls have brought, and the chance is that of all the ways
//! that are left. What cannot happen any more has no weight, as a fitted curve would give it.

use super::Chase;

/// A ball that counts: runs, whether a wicket falls, and how often of [`LEGAL`]. Counted over the last twelve balls of the chases of the
/// project's recorded T20s (32 matches; Cricsheet, ODC-BY 1.0), fives as fours.
const BALLS: [(u16, bool, u16); 8] = [
    (0, false, 69),
    (1, false, 140),
    (2, false, 53),
    (3, false, 2),
    (4, false, 45),
    (6, false, 30),
    (0, true, 46),
    (1, true, 8),
];
const LEGAL: u16 = 393;
/// Wides and no-balls among them: a run each, and the ball again.
const EXTRA: u16 = 25;

/// A tie goes on to a super over, which is anybody's.
const TIE: f64 = 0.5;

/// Beyond eight a ball in the last three overs nobody has a chance that could be shown.
const NEED_MAX: u16 = 144;

/// A chance for each number of wickets in hand from 0 to 10.
type ByWickets = [f64; 11];

/// The probability that the side that bats wins, 0 to 1. Work: 8 products for each run needed, ball and wicket, some 200,000 at most.
pub(super) fn chance(chase: Chase) -> f64 {
    let need = usize::from(chase.need.min(NEED_MAX));
    let mut after = ended(need);
    for _ in 0..chase.balls {
        after = one_ball_more(&after);
    }
    after[need][usize::from(chase.wickets.min(10))]
}

/// No ball left, for each number of runs needed from 0.
fn ended(need: usize) -> Vec<ByWickets> {
    let mut rows = vec![[0.0; 11]; need + 1];
    rows[0] = [1.0; 11];
    if let Some(one) = rows.get_mut(1) {
        *one = [TIE; 11];
    }
    rows
}

fn one_ball_more(after: &[ByWickets]) -> Vec<ByWickets> {
    let extra = f64::from(EXTRA) / f64::from(EXTRA + LEGAL);
    // With no wicket in hand it is over, whatever balls are left; row 0 is won.
    let mut now = ended(after.len() - 1);
    for need in 1..after.len() {
        for wickets in 1..=10 {
            let of = |(runs, falls, often): (u16, bool, u16)| {
                let left = need.saturating_sub(usize::from(runs));
                f64::from(often) / f64::from(LEGAL) * after[left][wickets - usize::from(falls)]
            };
            let legal: f64 = BALLS.into_iter().map(of).sum();
            now[need][wickets] = legal * (1.0 - extra) + now[need - 1][wickets] * extra;
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(need: u16, balls: u16, wickets: u8) -> f64 {
        chance(Chase { need, balls, wickets })
    }

    #[test]
    fn the_counts_add_up() {
        assert_eq!(BALLS.iter().map(|it| it.2).sum::<u16>(), LEGAL);
    }

    #[test]
    fn one_run_off_the_last_ball_is_won_by_any_run_and_tied_by_none() {
        // 69 dots and 46 wickets without a run tie; all other legal balls win, and so does an extra.
        let tie = f64::from(69 + 46) / f64::from(LEGAL);
        let legal = 1.0 - tie * TIE;
        let extra = f64::from(EXTRA) / f64::from(EXTRA + LEGAL);
        assert!((of(1, 1, 3) - (legal * (1.0 - extra) + extra)).abs() < 1e-12);
    }

    #[test]
    fn seven_off_the_last_ball_needs_an_extra_or_ties_with_a_six() {
        let extra = f64::from(EXTRA) / f64::from(EXTRA + LEGAL);
        let six = f64::from(30) / f64::from(LEGAL);
        let most = extra + six * TIE;
        assert!(of(7, 1, 3) > 0.0 && of(7, 1, 3) < most);
    }

    #[test]
    fn the_last_over_goes_as_it_does() {
        for (need, at_least, at_most) in
            [(4, 0.9, 1.0), (8, 0.6, 0.85), (12, 0.25, 0.5), (20, 0.0, 0.06), (40, 0.0, 0.001)]
        {
            let chance = of(need, 6, 5);
            assert!((at_least..=at_most).contains(&chance), "{need} off six: {chance}");
        }
    }

    #[test]
    fn more_runs_fewer_balls_and_fewer_wickets_are_each_harder() {
        for need in [1, 2, 5, 7, 12, 13, 30, 144] {
            for balls in [1, 2, 5, 9] {
                for wickets in [2, 3, 10] {
                    let here = of(need, balls, wickets);
                    assert!(of(need + 1, balls, wickets) <= here);
                    assert!(of(need, balls + 1, wickets) >= here);
                    assert!(of(need, balls, wickets - 1) <= here);
                }
            }
        }
    }
}
